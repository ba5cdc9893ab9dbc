//! Events made from a grammar and a string of choices: chunks of the dialect, the same again with other texts, as real
//! streams are, then anything else; at last a few bytes of the whole are changed.

use std::ops::Range;

use arbitrary::Unstructured;
use ssefold::sse::decode_lossy;

use crate::grammar::{Grammar, Route, Shape, Take};
use crate::pool::{BYTES, ENDINGS, IDS, INDEXES, NUMBERS, ODD, TEXTS, WORDS};

/// Depth at which places are left to be scalars.
const DEEPEST: u8 = 8;
/// Events of a stream, so that no input runs for long.
const MOST_EVENTS: usize = 32;

/// Makes a body.
pub(crate) struct Generator<'g> {
    grammar: &'g Grammar,
    choices: Unstructured<'g>,
}

impl<'g> Generator<'g> {
    pub(crate) fn new(grammar: &'g Grammar, choices: Unstructured<'g>) -> Self {
        Self { grammar, choices }
    }

    /// The next choice; 0 when there are none left.
    fn dice(&mut self) -> u8 {
        self.choices.arbitrary().unwrap_or(0)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::from(self.dice()) % bound.max(1)
    }

    fn one(&mut self, pool: &[&str]) -> String {
        pool[self.below(pool.len())].to_owned()
    }

    /// The whole body.
    pub(crate) fn body(mut self) -> Vec<u8> {
        let mut events: Vec<Vec<u8>> = Vec::new();
        let damages = self.dice().saturating_sub(200) / 16;
        while !self.choices.is_empty() && events.len() < MOST_EVENTS {
            match self.dice() {
                0..=89 => {
                    let chunk = self.chunk();
                    events.push(self.frame(&chunk));
                }
                dice @ 90..=229 if !events.is_empty() => {
                    // An earlier event, mostly the last one of those, as often as the choice says.
                    let back = if dice < 190 { 0 } else { self.below(4) };
                    let earlier = events[events.len().saturating_sub(1 + back)].clone();
                    for _ in 0..=self.below(5) {
                        let again = self.varied(&earlier);
                        events.push(again);
                    }
                }
                230..=250 => {
                    let ending = self.one(&ENDINGS);
                    events.push(ending.into_bytes());
                }
                _ => {
                    let size = self.below(32).min(self.choices.len());
                    events.push(self.choices.bytes(size).unwrap_or_default().to_vec());
                }
            }
        }
        let mut body = events.concat();
        for _ in 0..damages {
            self.damage(&mut body);
        }
        body
    }

    /// Payloads alone, each one much like that before it.
    pub(crate) fn payloads(mut self) -> Vec<String> {
        let mut payloads = Vec::new();
        while !self.choices.is_empty() && payloads.len() < MOST_EVENTS {
            let mut payload = self.chunk().into_bytes();
            for _ in 0..self.below(4) {
                payloads.push(decode_lossy(&payload).0.into_owned());
                payload = self.varied(&payload);
            }
        }
        payloads
    }

    /// An event's chunk, framed in one of the ways that servers write it.
    fn frame(&mut self, chunk: &str) -> Vec<u8> {
        let dice = self.dice();
        let bare = if self.grammar.bare { dice < 180 } else { dice > 240 };
        if bare {
            return format!("{chunk}\n").into_bytes();
        }
        match dice {
            0..=179 => format!("data: {chunk}\n\n"),
            180..=199 => format!("event: message\ndata: {chunk}\n\n"),
            200..=209 => format!("data:{chunk}\r\n\r\n"),
            210..=219 => format!("id: 7\ndata: {chunk}\n\n"),
            220..=229 => format!("data: [{chunk},{chunk}]\n\n"),
            _ => format!("data: {}\n\n", chunk.replacen(',', ",\ndata: ", 1)),
        }
        .into_bytes()
    }

    /// The event again, with some of its strings or numbers changed: what templates are made for.
    fn varied(&mut self, event: &[u8]) -> Vec<u8> {
        let mut changed = event.to_vec();
        for _ in 0..=self.below(3) {
            let dice = self.dice();
            if dice < 40 {
                continue;
            }
            let texts = texts(&changed);
            if dice < 190 && !texts.is_empty() {
                // From the end: what changes comes last in most chunks.
                let place = texts[texts.len() - 1 - self.below(texts.len())].clone();
                let text = self.one(&TEXTS);
                changed.splice(place, text.bytes());
            } else if dice < 235 {
                let digits: Vec<usize> = (0..changed.len()).filter(|at| changed[*at].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    let at = digits[self.below(digits.len())];
                    let number = if dice < 220 { self.below(10).to_string() } else { self.one(&NUMBERS) };
                    changed.splice(at..=at, number.bytes());
                }
            } else {
                self.damage(&mut changed);
            }
        }
        changed
    }

    /// A byte changed, left out or put in; mostly where a string begins or ends.
    fn damage(&mut self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let mut at = (self.below(256) << 8 | self.below(256)) % bytes.len();
        if self.dice() < 200 {
            at += bytes[at..].iter().position(|byte| *byte == b'"').unwrap_or(0);
            at = (at + self.below(3)).saturating_sub(1).min(bytes.len() - 1);
        }
        let byte = BYTES[self.below(BYTES.len())];
        match self.below(4) {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            2 => bytes.insert(at, byte),
            _ => {
                let until = bytes.len().min(at + self.below(40));
                let copy = bytes[at..until].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }

    /// A chunk, or an event of one of the types that have a route.
    fn chunk(&mut self) -> String {
        let grammar = self.grammar;
        let chunk = if grammar.routes.is_empty() {
            self.object(&grammar.root, 0, "")
        } else {
            let telling: Vec<&Route> = grammar.routes.iter().filter(|route| !route.takes.is_empty()).collect();
            let route = match telling.len() {
                many @ 1.. if self.dice() < 235 => telling[self.below(many)],
                _ => &grammar.routes[self.below(grammar.routes.len())],
            };
            self.event(route)
        };
        match &grammar.unwrap {
            Some(name) if self.dice() > 235 => format!("{{{name:?}:{chunk}}}"),
            _ => chunk,
        }
    }

    /// An event: its type, what its steps take, and the indexes of where that goes.
    fn event(&mut self, route: &Route) -> String {
        let mut event = Tree::default();
        let grammar = self.grammar;
        for step in &route.takes {
            self.step(step, &mut event);
        }
        for (at, kind) in route.types.iter().enumerate() {
            // A second type stands in what the steps take.
            let member = grammar.route.iter().skip(at).find(|path| at == 0 || event.has(&path[0]));
            if let Some(path) = member {
                event.put(path, Tree::Token(format!("{kind:?}")));
            }
        }
        for name in &grammar.noise {
            if self.dice() > 128 {
                let value = if self.dice() < 128 { self.below(10).to_string() } else { self.one(&TEXTS) };
                event.put(std::slice::from_ref(name), Tree::Token(value));
            }
        }
        event.spell()
    }

    fn step(&mut self, step: &Take, event: &mut Tree) {
        let shape = self.grammar.root.at(&step.place);
        let mut wanted = "";
        for (member, kind) in &step.indexes {
            wanted = kind;
            let usual =
                shape.kinds.iter().position(|(_, name)| name.trim_matches('"') == kind).unwrap_or(0).to_string();
            let index = if self.dice() < 190 { usual } else { self.one(&INDEXES) };
            event.put(std::slice::from_ref(member), Tree::Token(index));
        }
        if !step.path.is_empty() {
            let item = shape.list && !step.indexes.is_empty();
            let value = if item { self.object(shape, 2, wanted) } else { self.value(shape, 2) };
            event.put(&step.path, Tree::Token(value));
        }
    }

    /// An object of some of a place's members; `kind` is what it must be, if anything.
    fn object(&mut self, shape: &Shape, depth: u8, kind: &str) -> String {
        let mut fields = Vec::new();
        let named = shape.kinds.iter().find(|(_, name)| name.trim_matches('"') == kind);
        let said = named.or_else(|| shape.kinds.get(self.below(shape.kinds.len() + 1)));
        if let Some((by, kind)) = said {
            fields.push(format!("{by:?}:{kind}"));
        }
        if shape.list && self.dice() < 128 {
            let index = self.one(&INDEXES);
            fields.push(format!("\"index\":{index}"));
        }
        let count = if shape.members.is_empty() { 0 } else { 1 + self.below(4) };
        for _ in 0..count {
            // Places that lead on are as likely as all others together.
            let inner: Vec<&Shape> = shape.members.iter().filter(|member| !member.members.is_empty()).collect();
            let dice = self.dice();
            let member = match inner.len() {
                0 => &shape.members[usize::from(dice) % shape.members.len()],
                many if dice & 1 == 1 => inner[usize::from(dice >> 1) % many],
                _ => &shape.members[usize::from(dice >> 1) % shape.members.len()],
            };
            // What ends the stream is rare.
            if member.name == "error" && self.dice() < 245 {
                continue;
            }
            let value = self.value(member, depth + 1);
            let field = format!("{:?}:", member.name);
            // Mostly each member once.
            if dice > 250 || !fields.iter().any(|other| other.starts_with(&field)) {
                fields.push(field + &value);
            }
        }
        if self.dice() > 235 {
            let (word, value) = (self.one(&WORDS), self.one(&ODD));
            fields.push(format!("{word:?}:{value}"));
        }
        format!("{{{}}}", fields.join(","))
    }

    fn value(&mut self, shape: &Shape, depth: u8) -> String {
        let dice = self.dice();
        if dice > 240 || depth > DEEPEST {
            return self.one(&ODD);
        }
        if shape.list && (shape.op != "content" || dice & 1 == 0) {
            let items: Vec<String> =
                (0..[1, 1, 1, 2, 0][self.below(5)]).map(|_| self.object(shape, depth, "")).collect();
            return format!("[{}]", items.join(","));
        }
        if !shape.members.is_empty() && shape.op != "content" {
            return self.object(shape, depth, "");
        }
        match (shape.name.as_str(), shape.op.as_str()) {
            ("index" | "prompt_index", _) => self.one(&INDEXES),
            ("id" | "name", _) => self.one(&IDS),
            ("done", _) => if dice > 220 { "true" } else { "false" }.to_owned(),
            ("created" | "expires_at", _) => self.one(&NUMBERS),
            (_, "append" | "arguments" | "content" | "base64" | "first" | "last_nonempty") => self.one(&TEXTS),
            (_, "deep" | "guess") => format!("{{\"a\":{},\"b\":{{\"c\":{}}}}}", self.one(&NUMBERS), self.one(&ODD)),
            (_, "extend" | "extend_new" | "scalars" | "collect" | "parts" | "calls") => {
                format!("[{},{}]", self.one(&ODD), self.one(&NUMBERS))
            }
            _ if dice & 1 == 0 => self.one(&TEXTS),
            _ => self.one(&ODD),
        }
    }
}

/// Where the strings are that are no keys.
fn texts(json: &[u8]) -> Vec<Range<usize>> {
    let (mut found, mut start, mut escaped) = (Vec::new(), None, false);
    for (at, byte) in json.iter().enumerate() {
        match (start, byte) {
            (Some(_), b'\\') if !escaped => {
                escaped = true;
                continue;
            }
            (Some(first), b'"') if !escaped => {
                if json.get(at + 1) != Some(&b':') {
                    found.push(first..at + 1);
                }
                start = None;
            }
            (None, b'"') => start = Some(at),
            _ => {}
        }
        escaped = false;
    }
    found
}

/// JSON that is put together: tokens, and objects whose members are added by path.
enum Tree {
    Token(String),
    Object(Vec<(String, Tree)>),
}

impl Default for Tree {
    fn default() -> Self {
        Self::Object(Vec::new())
    }
}

impl Tree {
    fn has(&self, name: &str) -> bool {
        matches!(self, Self::Object(members) if members.iter().any(|(key, _)| key == name))
    }

    /// Puts a value at a path; an object that is a token already gets the member in front.
    fn put(&mut self, path: &[String], value: Self) {
        let Some((name, rest)) = path.split_first() else { return };
        match self {
            Self::Token(text) if text.starts_with('{') && rest.is_empty() => {
                let comma = if text.len() > 2 { "," } else { "" };
                text.insert_str(1, &format!("{name:?}:{}{comma}", value.spell()));
            }
            Self::Token(_) => {}
            Self::Object(members) => {
                let at = members.iter().position(|(key, _)| key == name).unwrap_or_else(|| {
                    members.push((name.clone(), Self::default()));
                    members.len() - 1
                });
                if rest.is_empty() {
                    members[at].1 = value;
                } else {
                    members[at].1.put(rest, value);
                }
            }
        }
    }

    fn spell(&self) -> String {
        match self {
            Self::Token(text) => text.clone(),
            Self::Object(members) => {
                let members: Vec<String> =
                    members.iter().map(|(key, value)| format!("{key:?}:{}", value.spell())).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }
}
