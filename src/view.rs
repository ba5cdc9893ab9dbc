//! The normalised views: where a dialect's table says that text, reasoning, tool calls and usage stand in its message.
//!
//! A path is names joined by dots; `name[]` is each item of a list, `name[0]` one of them, `name[type=text]` those whose
//! member says so (`type=a|b`: one of these; `type!=text`: anything else). A view over a value of the wrong type is None.

use std::borrow::Cow;

use crate::json::{Name, Verdict, judge};
use crate::merge::{Document, KeyId, KeyTable, Node, NodeId, Place, Snapshot, Value, WHOLE};

/// What a path leads through: a message that grows, or one as it stood. Both number their values from 0, the whole.
pub(crate) trait Values {
    fn is_empty(&self) -> bool;
    fn is_null(&self, at: Place) -> bool;
    fn member(&self, object: Place, key: KeyId) -> Option<Place>;
    /// Calls `each` with the items of a list, in order, until it returns false; returns what it did last.
    fn each(&self, list: Place, each: &mut dyn FnMut(Place) -> bool) -> bool;
    fn truth(&self, at: Place) -> Option<bool>;
    fn string(&self, at: Place) -> Option<Cow<'_, str>>;
}

impl Values for Document {
    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn is_null(&self, at: NodeId) -> bool {
        matches!(self.node(at), Node::Null)
    }

    fn member(&self, object: NodeId, key: KeyId) -> Option<NodeId> {
        self.member(object, key)
    }

    fn each(&self, list: NodeId, each: &mut dyn FnMut(NodeId) -> bool) -> bool {
        self.each(list, each)
    }

    fn truth(&self, at: NodeId) -> Option<bool> {
        match self.node(at) {
            Node::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    fn string(&self, at: NodeId) -> Option<Cow<'_, str>> {
        self.string(at)
    }
}

impl Values for Snapshot {
    fn is_empty(&self) -> bool {
        false
    }

    fn is_null(&self, at: Place) -> bool {
        self.is_null(at)
    }

    fn member(&self, object: Place, key: KeyId) -> Option<Place> {
        self.member(object, key)
    }

    fn each(&self, list: Place, each: &mut dyn FnMut(Place) -> bool) -> bool {
        self.items(list).all(each)
    }

    fn truth(&self, at: Place) -> Option<bool> {
        self.truth(at)
    }

    fn string(&self, at: Place) -> Option<Cow<'_, str>> {
        self.string(at).map(Cow::Borrowed)
    }
}

/// Which items of a list a step takes.
#[derive(Debug)]
pub(crate) enum Select {
    /// The member itself.
    Member,
    All,
    One(u32),
    /// Those whose member says one of the words, or none of them.
    Where(KeyId, bool, Box<[Box<str>]>),
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: Name,
    pub(crate) key: KeyId,
    pub(crate) select: Select,
}

/// A compiled path; an empty one finds nothing.
#[derive(Debug, Default)]
pub(crate) struct Path {
    pub(crate) steps: Vec<Step>,
}

impl Path {
    /// Compiles `text`; None if it is no path.
    pub(crate) fn new(text: &str, keys: &mut KeyTable) -> Option<Self> {
        let parts = text.split('.').filter(|_| !text.is_empty());
        let steps = parts.map(|part| step(part, keys)).collect::<Option<_>>()?;
        Some(Self { steps })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// Calls `each` with the values that the path leads to from `at`, until it returns false.
    pub(crate) fn find<V: Values>(&self, values: &V, at: Place, each: &mut dyn FnMut(Place) -> bool) {
        self.find_placed(values, at, &mut |at, _| each(at));
    }

    /// The same, with the place of each in the innermost list.
    fn find_placed<V: Values>(&self, values: &V, at: Place, each: &mut dyn FnMut(Place, u32) -> bool) {
        if !values.is_empty() && !self.steps.is_empty() {
            find(&self.steps, values, (at, 0), each);
        }
    }

    fn first<V: Values>(&self, values: &V, at: Place) -> Option<Place> {
        let mut found = None;
        self.find(values, at, &mut |at| {
            found = Some(at);
            false
        });
        found
    }

    /// The first value found if it is a string.
    pub(crate) fn string<'v, V: Values>(&self, values: &'v V, at: Place) -> Option<Cow<'v, str>> {
        values.string(self.first(values, at)?)
    }
}

fn find<V: Values>(steps: &[Step], values: &V, at: (Place, u32), each: &mut dyn FnMut(Place, u32) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return each(at.0, at.1);
    };
    let Some(inner) = values.member(at.0, step.key) else {
        return true;
    };
    if let Select::Member = step.select {
        return values.is_null(inner) || find(rest, values, (inner, at.1), each);
    }
    let mut next = 0;
    values.each(inner, &mut |item| {
        let place = next;
        next += 1;
        match &step.select {
            Select::One(one) if *one != place => return *one > place,
            Select::Where(key, equal, words) if says(values, item, *key, words) != *equal => return true,
            _ => {}
        }
        find(rest, values, (item, place), each)
    })
}

/// Whether an item's member, a string or a bool, is one of the words.
fn says<V: Values>(values: &V, item: Place, key: KeyId, words: &[Box<str>]) -> bool {
    let Some(held) = values.member(item, key) else { return false };
    let said = match values.truth(held) {
        Some(truth) => Some(if truth { "true" } else { "false" }.into()),
        None => values.string(held),
    };
    said.is_some_and(|said| words.iter().any(|word| **word == *said))
}

fn step(part: &str, keys: &mut KeyTable) -> Option<Step> {
    let plain = |text: &str| !text.is_empty() && !text.contains(['[', ']', '=', '!']);
    let (name, select) = match part.split_once('[') {
        None => (part, Select::Member),
        Some((name, rest)) => {
            let inside = rest.strip_suffix(']')?;
            let select = if inside.is_empty() {
                Select::All
            } else if inside.len() < 10 && inside.bytes().all(|byte| byte.is_ascii_digit()) {
                Select::One(inside.parse().ok()?)
            } else {
                let (member, wanted) = inside.split_once('=')?;
                let (member, equal) = member.strip_suffix('!').map_or((member, true), |member| (member, false));
                if !plain(member) || !plain(wanted) {
                    return None;
                }
                Select::Where(keys.add(member), equal, wanted.split('|').map(Into::into).collect())
            };
            (name, select)
        }
    };
    plain(name).then(|| Step { name: name.into(), key: keys.add(name), select })
}

/// One alternative of a text view: the strings of `parts` of each block, blocks joined by `separator`.
#[derive(Debug)]
pub(crate) struct TextView {
    pub(crate) each: Path,
    pub(crate) parts: Vec<Path>,
    pub(crate) separator: Box<str>,
}

impl TextView {
    fn text<'m>(&self, message: &'m Snapshot) -> Cow<'m, str> {
        let mut blocks: Vec<Cow<'m, str>> = Vec::new();
        self.each.find(message, WHOLE, &mut |block| {
            let mut found: Vec<&'m str> = Vec::new();
            let mut take = |at| {
                found.extend(message.string(at));
                true
            };
            if self.parts.is_empty() {
                take(block);
            }
            for part in &self.parts {
                part.find(message, block, &mut take);
            }
            match found.as_slice() {
                [] => {}
                [only] => blocks.push((*only).into()),
                _ => blocks.push(found.concat().into()),
            }
            true
        });
        blocks.retain(|block| !block.is_empty());
        if blocks.len() > 1 { blocks.join(&*self.separator).into() } else { blocks.pop().unwrap_or_default() }
    }
}

/// Token counts as the provider stated them, None where it stated none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// In this order: input, output, total, reasoning, cached tokens; each an integer's digits.
    pub counts: [Option<String>; 5],
}

/// Where tool-call arguments stand between nothing and one JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// One JSON value.
    Complete,
    /// Nothing.
    Empty,
    /// A proper beginning of one.
    Truncated,
    /// No JSON.
    Invalid,
}

impl Status {
    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Invalid => "invalid",
        }
    }
}

/// One tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolCall {
    /// As sent.
    pub id: Option<String>,
    /// As sent.
    pub name: Option<String>,
    /// The text as streamed.
    pub arguments: String,
    /// Judged on that text.
    pub status: Status,
    /// Its place in the list that it stands in: the index of its deltas.
    pub index: u32,
}

/// Where arguments are found.
#[derive(Debug)]
pub(crate) struct Arguments {
    pub(crate) path: Path,
    pub(crate) source: Source,
}

/// What stands for arguments at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A text, or another value as compact JSON.
    Value,
    /// The same, `{}` where there is none.
    Always,
    /// The text that the member came as.
    Buffer,
}

impl Arguments {
    fn find<'m>(&self, message: &'m Snapshot, call: Place) -> Option<Cow<'m, str>> {
        if self.source == Source::Buffer {
            let text = message.beside(call, self.path.steps.first()?.key)?;
            return Some(text.into()).filter(|_| !text.is_empty());
        }
        match self.path.first(message, call) {
            Some(held) if message.is_null(held) => None,
            Some(held) => Some(message.string(held).map_or_else(|| message.json_of(held).into(), Cow::Borrowed)),
            None => (self.source == Source::Always).then(|| "{}".into()),
        }
    }
}

/// All views of a dialect.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) id: Path,
    pub(crate) model: Path,
    pub(crate) role: Path,
    pub(crate) refusal: Path,
    pub(crate) finish_reasons: Vec<Path>,
    pub(crate) texts: Vec<TextView>,
    pub(crate) reasoning: Vec<TextView>,
    pub(crate) of_usage: Path,
    pub(crate) usage: [Path; 5],
    /// each, id, name, input
    pub(crate) call: [Vec<Path>; 4],
    pub(crate) arguments: Vec<Arguments>,
}

impl View {
    /// All paths from the message, in parts.
    pub(crate) fn paths(&self) -> Vec<Vec<&Path>> {
        let [each, members @ ..] = &self.call;
        let texts = self.texts.iter().chain(&self.reasoning);
        let plain = [&self.id, &self.model, &self.role, &self.refusal, &self.of_usage];
        let plain = plain.into_iter().chain(&self.usage).chain(&self.finish_reasons);
        let mut paths: Vec<Vec<&Path>> = plain.map(|path| vec![path]).collect();
        for text in texts {
            paths.push(vec![&text.each]);
            paths.extend(text.parts.iter().map(|part| vec![&text.each, part]));
        }
        for call in each {
            paths.push(vec![call]);
            paths.extend(members.iter().flatten().map(|member| vec![call, member]));
            paths.extend(self.arguments.iter().map(|arguments| vec![call, &arguments.path]));
        }
        paths
    }

    pub(crate) fn usage_of(&self, message: &Snapshot) -> Option<Usage> {
        if !self.of_usage.steps.is_empty() && !message.is_object(self.of_usage.first(message, WHOLE)?) {
            return None;
        }
        let counts = self.usage.each_ref().map(|path| match message.value(path.first(message, WHOLE)?) {
            Value::Int(value) => Some(value.to_string()),
            Value::BigInt(token) => Some(token.to_owned()),
            _ => None,
        });
        // Counts that stand in no object of their own are stated by being there.
        let stated = !self.of_usage.steps.is_empty() || counts.iter().any(Option::is_some);
        stated.then_some(Usage { counts })
    }

    /// The finish reason, and the member of the message where it stands.
    pub(crate) fn finish_of<'v, V: Values>(&self, values: &'v V) -> Option<(Cow<'v, str>, KeyId)> {
        self.finish_reasons.iter().find_map(|path| Some((path.string(values, WHOLE)?, path.steps.first()?.key)))
    }

    pub(crate) fn tool_calls_of(&self, message: &Snapshot) -> Vec<ToolCall> {
        let [each, id, name, input] = &self.call;
        let mut calls = Vec::new();
        for path in each {
            path.find_placed(message, WHOLE, &mut |call, index| {
                // A call that is no object is none.
                if !message.is_object(call) {
                    return true;
                }
                let text = |paths: &[Path]| paths.iter().find_map(|path| path.string(message, call));
                let json = self.arguments.iter().find_map(|arguments| arguments.find(message, call));
                let json = json.unwrap_or_default();
                // A custom tool's free text is no JSON.
                let free = text(input).filter(|free| json.is_empty() && !free.is_empty());
                let status = if free.is_some() { Status::Complete } else { status_of(&json) };
                calls.push(ToolCall {
                    id: text(id).map(Cow::into_owned),
                    name: text(name).map(Cow::into_owned),
                    arguments: free.unwrap_or(json).into_owned(),
                    status,
                    index,
                });
                true
            });
        }
        calls
    }
}

fn status_of(arguments: &str) -> Status {
    match judge(arguments) {
        Verdict::Complete => Status::Complete,
        Verdict::Empty => Status::Empty,
        Verdict::Truncated => Status::Truncated,
        Verdict::Invalid { .. } => Status::Invalid,
    }
}

/// The first text that is not empty, "" where there is none.
pub(crate) fn first_text<'m>(views: &[TextView], message: &'m Snapshot) -> Cow<'m, str> {
    views.iter().map(|view| view.text(message)).find(|text| !text.is_empty()).unwrap_or_default()
}
