//! Strategy for parts (Gemini): a text continues the text part before it, everything else is a part of its own.
//!
//! Two text parts join only if both are thoughts or both are not, and neither is signed: a signature belongs to its part
//! as it came, or the next turn is refused (vercel/ai#12402). A function call may come in pieces: `partialArgs` set its
//! arguments by path until a piece without `willContinue`.

use super::apply;
use super::call::tell_whole;
use super::document::{Document, Node, NodeId, Object, VALUE_SIZE};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::partial::set_partial;
use super::put::put_object;
use crate::dialect::Dialect;
use crate::json::{Tag, key_hash};
use crate::limits::MAX_PLAIN;
use crate::rule::Rule;

const TEXT: &str = "text";
const THOUGHT: &str = "thought";
const CALL: &str = "functionCall";

/// A list of parts, or of calls that came whole.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) slots: Vec<NodeId>,
    /// A part whose function call goes on, and its ticket.
    open: Option<(NodeId, u64)>,
}

impl Parts {
    /// The ticket of a function call that goes on.
    pub(super) fn going_on(&self) -> Option<u64> {
        self.open.map(|open| open.1)
    }
}

/// The list of parts at `key`, made where there is none.
pub(super) fn parts_at(m: &mut Message, object: NodeId, key: KeyId) -> NodeId {
    let held = m.document.member(object, key).filter(|held| matches!(m.document.node(*held), Node::Parts(_)));
    held.unwrap_or_else(|| m.document.put(object, key, Node::Parts(Box::default())))
}

fn parts_in(document: &Document, list: NodeId) -> Option<&Parts> {
    match document.node(list) {
        Node::Parts(parts) => Some(parts),
        _ => None,
    }
}

/// Adds an empty part; its place is the index of the deltas.
pub(super) fn add_part(m: &mut Message, list: NodeId) -> NodeId {
    let number = parts_in(&m.document, list).map_or(0, |parts| crate::narrow(parts.slots.len()));
    let part = m.document.add(Node::Object(Object::default()), list, number);
    if let Node::Parts(parts) = m.document.node_mut(list) {
        parts.slots.push(part);
    }
    m.document.grow(VALUE_SIZE);
    m.index = Some(number);
    part
}

/// Merges a list of parts.
pub(super) fn parts(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if c.payload.entry(value).tag != Tag::List {
        return m.wrong_type();
    }
    let list = parts_at(m, object, key);
    let before = m.index;
    for item in c.payload.tape.items(value) {
        match c.payload.entry(item).tag {
            Tag::Object => merge_part(m, c, rule, list, item),
            Tag::Null => {}
            _ => m.wrong_type(),
        }
    }
    m.index = before;
}

/// Merges one part into the one that it continues, or adds it.
fn merge_part(m: &mut Message, c: Chunk<'_>, rule: &Rule, list: NodeId, item: u32) {
    let call = c.payload.member(item, CALL).filter(|call| c.payload.entry(*call).tag == Tag::Object);
    let (going_on, before) = match parts_in(&m.document, list) {
        Some(parts) => (parts.open, parts.slots.last().copied()),
        None => (None, None),
    };
    let named = call.is_some_and(|call| c.payload.member(call, "name").is_some_and(|name| is_name(c, name)));
    if let (Some((part, _)), Some(call), false) = (going_on, call, named) {
        m.index = Some(m.document.place(part).1);
        return continue_call(m, c, rule, list, part, call);
    }
    if let Some(last) = before.filter(|last| continues(m, c, *last, item)) {
        m.index = Some(m.document.place(last).1);
        let variant = c.dialect.rule(rule.of_item(&m.document, last));
        let named = variant.fields.find(key_hash(TEXT.as_bytes()), TEXT);
        if let (Some(child), Some(text)) = (named.or(variant.other), c.payload.member(item, TEXT)) {
            let child = c.dialect.rule(child);
            let key = if named.is_some() { child.to } else { m.document.keys.intern(TEXT) };
            apply(m, c, child, last, key, text);
        }
        return;
    }
    if going_on.is_some() {
        end_call(m, c.dialect, rule, list);
    }
    let part = add_part(m, list);
    put_object(m, c, c.dialect.rule(rule.of_value(c.payload, item)), part, item);
    if let Some(call) = call.filter(|_| call_of(m, part).is_some()) {
        m.tickets += 1;
        let ticket = m.tickets;
        if let Node::Parts(parts) = m.document.node_mut(list) {
            parts.open = Some((part, ticket));
        }
        m.parted.insert(ticket, (rule.number, list, m.choice));
        continue_call(m, c, rule, list, part, call);
    }
}

/// Whether a value is a name: anything but null and what is empty.
fn is_name(c: Chunk<'_>, value: u32) -> bool {
    super::scalar::is_truth(c, value)
}

/// The function call of a part.
fn call_of(m: &Message, part: NodeId) -> Option<NodeId> {
    let held = m.document.member(part, m.document.keys.find(CALL)?)?;
    matches!(m.document.node(held), Node::Object(_)).then_some(held)
}

/// Whether a part is a text that continues the last one, which is looked at whole each time.
fn continues(m: &Message, c: Chunk<'_>, last: NodeId, item: u32) -> bool {
    let mut has_text = false;
    let mut thought = false;
    for (name, value) in c.payload.tape.fields(item) {
        let tag = c.payload.entry(value).tag;
        match &*c.payload.tape.text_of(c.payload.text, name) {
            TEXT => has_text = matches!(tag, Tag::Str | Tag::Escaped),
            THOUGHT => thought = tag == Tag::True,
            _ if tag == Tag::Null => {}
            _ => return false,
        }
    }
    if !has_text || m.document.members(last).nth(MAX_PLAIN).is_some() {
        return false;
    }
    let (mut held_text, mut held_thought) = (false, false);
    for (key, id) in m.document.members(last) {
        match (m.document.key(key), m.document.node(id)) {
            (TEXT, node) => held_text = matches!(node, Node::Text(_)),
            (THOUGHT, node) => held_thought = matches!(node, Node::Bool(true)),
            (_, Node::Null) => {}
            _ => return false,
        }
    }
    held_text && thought == held_thought
}

/// Sets the arguments that a piece of a function call brings; the call ends with a piece that says nothing of more.
fn continue_call(m: &mut Message, c: Chunk<'_>, rule: &Rule, list: NodeId, part: NodeId, call: u32) {
    m.trace.blocked = true;
    let said = c.payload.member(call, "partialArgs").filter(|said| c.payload.entry(*said).tag == Tag::List);
    if let (Some(said), Some(held)) = (said, call_of(m, part)) {
        for piece in c.payload.tape.items(said) {
            set_partial(m, c, held, "args", piece);
        }
    }
    let more = c.payload.member(call, "willContinue");
    if more.is_none_or(|more| c.payload.entry(more).tag != Tag::True) {
        end_call(m, c.dialect, rule, list);
    }
}

/// Tells the arguments of the function call that went on; it goes on no more.
fn end_call(m: &mut Message, dialect: &Dialect, rule: &Rule, list: NodeId) {
    let Node::Parts(parts) = m.document.node_mut(list) else { return };
    let Some((part, ticket)) = parts.open.take() else { return };
    m.parted.remove(&ticket);
    let child = rule.fields.find(key_hash(CALL.as_bytes()), CALL).map(|child| dialect.rule(child));
    if let (Some(call), Some(held)) = (child.and_then(|child| child.call.as_ref()), call_of(m, part)) {
        let before = m.index.replace(m.document.place(part).1);
        tell_whole(m, held, &call.arguments);
        m.index = before;
    }
}

/// Ends the function calls that go on, at the end of the stream.
pub(super) fn end_calls(m: &mut Message, dialect: &Dialect) {
    let parted: Vec<_> = m.parted.values().copied().collect();
    for (rule, list, choice) in parted {
        m.choice = choice;
        end_call(m, dialect, dialect.rule(rule), list);
    }
}
