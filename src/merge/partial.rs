//! Arguments that come in pieces, each with the path of the value that it sets or continues (Gemini's `partialArgs`).
//!
//! <https://ai.google.dev/api/caching#FunctionCall>: `jsonPath` (RFC 9535, names and indexes alone) and one of
//! `stringValue`, `numberValue`, `boolValue`, `nullValue`. A string goes on where a string is held.

use super::document::{Document, Node, NodeId, Object, Text};
use super::message::{Chunk, Message};
use crate::json::{Sink, Tag};
use crate::limits::MAX_STEPS;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(usize),
}

/// Reads a path; None where it is none, or too long.
fn steps_of(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        let step;
        (step, rest) = if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[', ']', '\'', '"']).unwrap_or(after.len());
            let (name, rest) = after.split_at(end);
            (Step::Name(name.to_owned()), Some(rest).filter(|_| !name.is_empty())?)
        } else if let Some(after) = rest.strip_prefix("['") {
            quoted(after, '\'')?
        } else if let Some(after) = rest.strip_prefix("[\"") {
            quoted(after, '"')?
        } else {
            let (digits, rest) = rest.strip_prefix('[')?.split_once(']')?;
            let fits = (1..=9).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            (Step::Index(digits.parse().ok().filter(|_| fits)?), rest)
        };
        steps.push(step);
    }
    (1..=MAX_STEPS).contains(&steps.len()).then_some(steps)
}

/// A name in quotes, and what follows its bracket.
fn quoted(after: &str, quote: char) -> Option<(Step, &str)> {
    let (name, rest) = after.split_once(quote)?;
    let rest = rest.strip_prefix(']').filter(|_| !name.contains('\\'))?;
    Some((Step::Name(name.to_owned()), rest))
}

/// Sets or continues one value of the arguments at `key` of a call.
pub(super) fn set_partial(m: &mut Message, c: Chunk<'_>, call: NodeId, key: &str, piece: u32) {
    let said = |name: &str| c.payload.member(piece, name);
    let path = said("jsonPath").filter(|_| c.payload.entry(piece).tag == Tag::Object);
    let steps = path.and_then(|path| steps_of(&c.payload.string(path)?));
    let Some((last, inner)) =
        steps.as_deref().and_then(|steps| steps.split_last().filter(|_| matches!(steps.first(), Some(Step::Name(_)))))
    else {
        return m.wrong_type();
    };
    let key = m.document.keys.intern(key);
    let held = m.document.member(call, key).filter(|held| matches!(m.document.node(*held), Node::Object(_)));
    let mut at = held.unwrap_or_else(|| m.document.put(call, key, Node::Object(Object::default())));
    for (place, step) in inner.iter().enumerate() {
        let following = inner.get(place + 1).unwrap_or(last);
        at = open_at(&mut m.document, at, step, following);
    }
    let text = said("stringValue").and_then(|text| c.payload.string(text));
    if let Some(text) = text {
        return add_string(&mut m.document, at, last, &text);
    }
    let node = if said("nullValue").is_some() {
        Some(Node::Null)
    } else {
        let value = said("numberValue").or_else(|| said("boolValue"));
        let scalar =
            |value: &u32| matches!(c.payload.entry(*value).tag, Tag::True | Tag::False | Tag::Int | Tag::Float);
        value.filter(scalar).map(|value| Document::shell(c.payload, value))
    };
    if let Some(node) = node {
        set_at(&mut m.document, at, last, node);
    }
}

/// What stands at one step; an index beyond the end is the end.
fn held_at(document: &Document, at: NodeId, step: &Step) -> Option<NodeId> {
    match (step, document.node(at)) {
        (Step::Index(index), Node::Blocks(items)) => items.get(*index).copied(),
        (Step::Name(name), _) => document.member(at, document.keys.find(name)?),
        _ => None,
    }
}

/// Sets what stands at one step; behind the last item for an index beyond the end.
fn set_at(document: &mut Document, at: NodeId, step: &Step, node: Node) -> NodeId {
    match step {
        Step::Name(name) => {
            let key = document.keys.intern(name);
            document.put(at, key, node)
        }
        Step::Index(_) => {
            if let Some(held) = held_at(document, at, step) {
                document.replace(held, node);
                return held;
            }
            let number = crate::narrow(document.items(at).len());
            let id = document.add(node, at, number);
            if let Node::Blocks(items) = document.node_mut(at) {
                items.push(id);
            }
            document.grow(document.size_of(id));
            id
        }
    }
}

/// The object or list at one step, as the following one needs it, made where there is none.
fn open_at(document: &mut Document, at: NodeId, step: &Step, following: &Step) -> NodeId {
    let fits = |held: &NodeId| match following {
        Step::Index(_) => matches!(document.node(*held), Node::Blocks(_)),
        Step::Name(_) => matches!(document.node(*held), Node::Object(_)),
    };
    let held = held_at(document, at, step).filter(fits);
    held.unwrap_or_else(|| {
        let node = match following {
            Step::Index(_) => Node::Blocks(Vec::new()),
            Step::Name(_) => Node::Object(Object::default()),
        };
        set_at(document, at, step, node)
    })
}

/// Continues the string at one step, or begins it.
fn add_string(document: &mut Document, at: NodeId, step: &Step, text: &str) {
    let held = held_at(document, at, step).filter(|held| matches!(document.node(*held), Node::Text(_)));
    let id = held.unwrap_or_else(|| set_at(document, at, step, Node::Text(Text::default())));
    if let Node::Text(held) = document.node_mut(id) {
        held.buffer.push_str(text);
    }
    document.grow(text.len() as u64);
}
