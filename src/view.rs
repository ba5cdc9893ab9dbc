//! The normalised views: where a dialect's table says that text, reasoning, tool calls and usage stand in its message.
//!
//! A path is names joined by dots; `name[]` is each item of a list, `name[0]` one of them, `name[type=text]` those whose
//! member says so (`type=a|b`: one of these; `type!=text`: anything else). `name~` is the text that the member came as. A
//! view over a value of the wrong type is None.

use std::borrow::Cow;

use crate::json::{Name, Verdict, judge};
use crate::merge::{Document, KeyId, KeyTable, Node, NodeId, ROOT};

/// Which items of a list a step takes.
#[derive(Debug)]
pub(crate) enum Select {
    /// The member itself.
    Member,
    All,
    One(usize),
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

    /// Calls `each` with the nodes that the path leads to from `at`, until it returns false.
    pub(crate) fn find(&self, document: &Document, at: NodeId, each: &mut dyn FnMut(NodeId) -> bool) {
        self.find_placed(document, at, &mut |id, _| each(id));
    }

    /// The same, with the place of each in the innermost list.
    fn find_placed(&self, document: &Document, at: NodeId, each: &mut dyn FnMut(NodeId, u32) -> bool) {
        if !document.is_empty() && !self.steps.is_empty() {
            find(&self.steps, document, (at, 0), each);
        }
    }

    fn first(&self, document: &Document, at: NodeId) -> Option<NodeId> {
        let mut found = None;
        self.find(document, at, &mut |id| {
            found = Some(id);
            false
        });
        found
    }

    /// The first value found if it is a string.
    pub(crate) fn string<'d>(&self, document: &'d Document, at: NodeId) -> Option<Cow<'d, str>> {
        document.string(self.first(document, at)?)
    }
}

fn find(steps: &[Step], document: &Document, at: (NodeId, u32), each: &mut dyn FnMut(NodeId, u32) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return each(at.0, at.1);
    };
    let Some(inner) = document.member(at.0, step.key) else {
        return true;
    };
    if let Select::Member = step.select {
        return matches!(document.node(inner), Node::Null) || find(rest, document, (inner, at.1), each);
    }
    let items = document.items(inner);
    if let Select::One(place) = step.select {
        return items.get(place).is_none_or(|item| find(rest, document, (*item, crate::narrow(place)), each));
    }
    (0..).zip(items.iter()).all(|(place, item)| {
        let taken = match &step.select {
            Select::Where(key, equal, words) => says(document, *item, *key, words) == *equal,
            _ => true,
        };
        !taken || find(rest, document, (*item, place), each)
    })
}

/// Whether an item's member, a string or a bool, is one of the words.
fn says(document: &Document, item: NodeId, key: KeyId, words: &[Box<str>]) -> bool {
    let Some(held) = document.member(item, key) else { return false };
    let said = match document.node(held) {
        Node::Bool(value) => Some(if *value { "true" } else { "false" }.into()),
        _ => document.string(held),
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
    fn text<'d>(&self, document: &'d Document) -> Cow<'d, str> {
        let mut blocks: Vec<Cow<'d, str>> = Vec::new();
        self.each.find(document, ROOT, &mut |block| {
            let mut found: Vec<Cow<'d, str>> = Vec::new();
            let mut take = |id| {
                found.extend(document.string(id));
                true
            };
            if self.parts.is_empty() {
                take(block);
            }
            for part in &self.parts {
                part.find(document, block, &mut take);
            }
            match found.len() {
                0 => {}
                1 => blocks.extend(found.pop()),
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
    /// In the order of the contract: input, output, total, reasoning, cached tokens; each an integer's digits.
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
    /// The name of the contract.
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
    fn find<'d>(&self, document: &'d Document, call: NodeId) -> Option<Cow<'d, str>> {
        if self.source == Source::Buffer {
            let held = document.member(document.shadow(call)?, self.path.steps.first()?.key)?;
            return document.string(held).filter(|text| !text.is_empty());
        }
        match self.path.first(document, call) {
            Some(held) => Some(document.string(held).unwrap_or_else(|| document.json_of(held).into())),
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

    pub(crate) fn usage_of(&self, document: &Document) -> Option<Usage> {
        if !self.of_usage.steps.is_empty() {
            let held = self.of_usage.first(document, ROOT)?;
            let Node::Object(_) = document.node(held) else { return None };
        }
        let counts = self.usage.each_ref().map(|path| match document.node(path.first(document, ROOT)?) {
            Node::Int(value) => Some(value.to_string()),
            Node::BigInt(token) => Some(token.to_string()),
            _ => None,
        });
        // Counts that stand in no object of their own are stated by being there.
        let stated = !self.of_usage.steps.is_empty() || counts.iter().any(Option::is_some);
        stated.then_some(Usage { counts })
    }

    /// The finish reason, and the member of the message where it stands.
    pub(crate) fn finish_of<'d>(&self, document: &'d Document) -> Option<(Cow<'d, str>, KeyId)> {
        self.finish_reasons.iter().find_map(|path| Some((path.string(document, ROOT)?, path.steps.first()?.key)))
    }

    pub(crate) fn tool_calls_of(&self, document: &Document) -> Vec<ToolCall> {
        let [each, id, name, input] = &self.call;
        let mut calls = Vec::new();
        for path in each {
            path.find_placed(document, ROOT, &mut |call, index| {
                // A call that is no object is none.
                if !matches!(document.node(call), Node::Object(_)) {
                    return true;
                }
                let text = |paths: &[Path]| paths.iter().find_map(|path| path.string(document, call));
                let json = self.arguments.iter().find_map(|arguments| arguments.find(document, call));
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
pub(crate) fn first_text<'d>(views: &[TextView], document: &'d Document) -> Cow<'d, str> {
    views.iter().map(|view| view.text(document)).find(|text| !text.is_empty()).unwrap_or_default()
}
