//! The normalised views: where a dialect's table says that text, reasoning, tool calls and usage stand in its message.
//!
//! A path is names joined by dots; `name[]` is each item of a list, `name[0]` one of them, `name[type=text]` those whose
//! member says so. A view over a value of the wrong type is None.

use std::borrow::Cow;

use crate::json::{Verdict, judge};
use crate::merge::{Document, KeyId, KeyTable, Node, NodeId, ROOT};

/// Which items of a list a step takes.
#[derive(Debug)]
pub(crate) enum Select {
    /// The member itself.
    Member,
    All,
    One(usize),
    Where(KeyId, Box<str>),
}

#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: Box<str>,
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

    /// Calls `each` with the nodes that the path leads to from `at`, until it returns false.
    pub(crate) fn find(&self, document: &Document, at: NodeId, each: &mut dyn FnMut(NodeId) -> bool) {
        if !document.is_empty() && !self.steps.is_empty() {
            find(&self.steps, document, at, each);
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

fn find(steps: &[Step], document: &Document, at: NodeId, each: &mut dyn FnMut(NodeId) -> bool) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return each(at);
    };
    let Some(inner) = document.member(at, step.key) else {
        return true;
    };
    if let Select::Member = step.select {
        return matches!(document.node(inner), Node::Null) || find(rest, document, inner, each);
    }
    let items = document.items(inner);
    let items: &[NodeId] = match &step.select {
        Select::One(place) => items.get(*place..=*place).unwrap_or_default(),
        _ => &items,
    };
    items.iter().all(|item| {
        let taken = match &step.select {
            Select::Where(key, wanted) => {
                let said = document.member(*item, *key).and_then(|id| document.string(id));
                said.is_some_and(|said| *said == **wanted)
            }
            _ => true,
        };
        !taken || find(rest, document, *item, each)
    })
}

fn step(part: &str, keys: &mut KeyTable) -> Option<Step> {
    let plain = |text: &str| !text.is_empty() && !text.contains(['[', ']', '=']);
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
                if !plain(member) || !plain(wanted) {
                    return None;
                }
                Select::Where(keys.add(member), wanted.into())
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
}

/// All views of a dialect.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) id: Path,
    pub(crate) model: Path,
    pub(crate) role: Path,
    pub(crate) refusal: Path,
    pub(crate) finish_reason: Path,
    pub(crate) texts: Vec<TextView>,
    pub(crate) reasoning: Vec<TextView>,
    pub(crate) of_usage: Path,
    pub(crate) usage: [Path; 5],
    /// each, id, name, arguments, input
    pub(crate) call: [Vec<Path>; 5],
}

impl View {
    /// All paths from the message, in parts.
    pub(crate) fn paths(&self) -> Vec<Vec<&Path>> {
        let [each, members @ ..] = &self.call;
        let texts = self.texts.iter().chain(&self.reasoning);
        let plain = [&self.id, &self.model, &self.role, &self.refusal, &self.finish_reason, &self.of_usage];
        let mut paths: Vec<Vec<&Path>> = plain.into_iter().chain(&self.usage).map(|path| vec![path]).collect();
        for text in texts {
            paths.push(vec![&text.each]);
            paths.extend(text.parts.iter().map(|part| vec![&text.each, part]));
        }
        for call in each {
            paths.push(vec![call]);
            paths.extend(members.iter().flatten().map(|member| vec![call, member]));
        }
        paths
    }

    pub(crate) fn usage_of(&self, document: &Document) -> Option<Usage> {
        let held = self.of_usage.first(document, ROOT)?;
        let Node::Object(_) = document.node(held) else { return None };
        let counts = self.usage.each_ref().map(|path| match document.node(path.first(document, ROOT)?) {
            Node::Int(value) => Some(value.to_string()),
            Node::BigInt(token) => Some(token.to_string()),
            _ => None,
        });
        Some(Usage { counts })
    }

    pub(crate) fn tool_calls_of(&self, document: &Document) -> Vec<ToolCall> {
        let [each, id, name, arguments, input] = &self.call;
        let mut calls = Vec::new();
        for path in each {
            path.find(document, ROOT, &mut |call| {
                let text = |paths: &[Path]| paths.iter().find_map(|path| path.string(document, call));
                let json = text(arguments).unwrap_or_default();
                // A custom tool's free text is no JSON.
                let free = text(input).filter(|free| json.is_empty() && !free.is_empty());
                let status = if free.is_some() { Status::Complete } else { status_of(&json) };
                calls.push(ToolCall {
                    id: text(id).map(Cow::into_owned),
                    name: text(name).map(Cow::into_owned),
                    arguments: free.unwrap_or(json).into_owned(),
                    status,
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
