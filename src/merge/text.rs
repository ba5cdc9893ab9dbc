//! Strategies for texts that come in fragments: APPEND, and the arguments of tool calls.
//!
//! A surrogate pair split over two fragments joins (`"\ud83d"`, then `"\ude00"`); a half that nothing completes becomes
//! U+FFFD.

use super::document::{Document, Node, NodeId, Text};
use super::keys::KeyId;
use super::message::{Chunk, Message, Unfinished};
use super::trace::HoleKind;
use crate::json::{Entry, Tag, append_plain, append_unescaped, compact};
use crate::rule::{Op, Rule};

/// APPEND: concatenation. An empty fragment makes a missing field `""`, unless the rule is `lazy`.
pub(super) fn append(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    match entry.tag {
        Tag::Str | Tag::Escaped => {
            let body = c.payload.tape.str_of(c.payload.text, entry);
            append_body(m, rule, object, key, Body { text: body, entry: Some(entry) });
        }
        _ => m.wrong_type(),
    }
}

/// Arguments of a tool call: text is appended, an object stands for its compact JSON (Gemini's gateway).
pub(super) fn arguments(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if c.payload.entry(value).tag == Tag::Object {
        m.quirks.add("arguments_object");
        let mut text = String::new();
        compact(c.payload.tape, c.payload.text, value, &mut text);
        append_body(m, rule, object, key, Body { text: &text, entry: None });
    } else {
        append(m, c, rule, object, key, value);
    }
}

/// The body of a string, and where it is in the payload; None for a text made of something else.
#[derive(Clone, Copy)]
pub(super) struct Body<'a> {
    pub(super) text: &'a str,
    pub(super) entry: Option<Entry>,
}

/// Appends the body of a string.
pub(super) fn append_body(m: &mut Message, rule: &Rule, object: NodeId, key: KeyId, body: Body<'_>) {
    let held = m.document.member(object, key);
    let text = match held.map(|held| m.document.node(held)) {
        Some(Node::Text(_)) => held.unwrap_or_default(),
        Some(Node::Null | Node::Default(_)) | None => {
            let standing = held.is_some_and(|held| matches!(m.document.node(held), Node::Default(_)));
            if body.text.is_empty() && (rule.lazy || standing) {
                return;
            }
            let buffer = m.document.buffer();
            m.trace.settled += 1;
            m.document.put(object, key, Node::Text(Text { buffer, ..Text::default() }))
        }
        Some(_) => return m.wrong_type(),
    };
    // What guess makes of a string depends on the whole text held, so it is no hole.
    let hole = body.entry.filter(|_| rule.op != Op::Guess);
    if let Some(entry) = hole.filter(|_| m.trace.on) {
        m.add_hole(HoleKind::Append, entry, rule, text, (object, key));
    }
    let escaped = body.entry.is_some_and(|entry| entry.tag == Tag::Escaped);
    let changed = extend_text(m, rule, (object, key), text, body.text, escaped);
    m.document.epoch += u64::from(changed && hole.is_none());
}

/// Adds a fragment to a text, joining halves of characters; returns whether it has changed.
pub(super) fn extend_text(
    m: &mut Message,
    rule: &Rule,
    place: (NodeId, KeyId),
    id: NodeId,
    body: &str,
    escaped: bool,
) -> bool {
    let Node::Text(text) = m.document.node_mut(id) else { return false };
    let (start, before) = (text.buffer.len(), text.pending);
    if escaped {
        append_unescaped(body, &mut text.buffer, &mut text.pending);
    } else {
        append_plain(body, &mut text.buffer, &mut text.pending);
    }
    let (added, after) = (text.buffer.len() - start, text.pending);
    if before.is_some() || after.is_some() {
        note_pending(m, rule, place, id);
    }
    if added > 0 {
        m.document.grow_text(added as u64);
        m.emit_text(rule, place.0, place.1, (id, start));
    }
    added > 0 || before != after
}

/// The same for a fragment without escapes of four digits, the common one, if no half of a character waits; else false.
#[inline]
pub(super) fn extend_simply(
    m: &mut Message,
    rule: &Rule,
    place: (NodeId, KeyId),
    id: NodeId,
    body: (&[u8], bool),
) -> bool {
    let start = push_simply(&mut m.document, id, body);
    if let Some(start) = start {
        m.emit_text(rule, place.0, place.1, (id, start));
    }
    start.is_some()
}

/// The same without a delta; returns where in the text the fragment begins, None where it was not appended.
#[inline]
pub(super) fn push_simply(document: &mut Document, id: NodeId, (body, escaped): (&[u8], bool)) -> Option<usize> {
    let Node::Text(text) = document.node_mut(id) else { return None };
    let start = text.buffer.len();
    if text.pending.is_some() || !text.buffer.push_body(body, escaped) {
        return None;
    }
    let added = text.buffer.len() - start;
    document.grow_text(added as u64);
    Some(start)
}

/// Takes note of a text that ends in half a character, or does no more.
fn note_pending(m: &mut Message, rule: &Rule, place: (NodeId, KeyId), node: NodeId) {
    let next = m.tickets + 1;
    let Node::Text(text) = m.document.node_mut(node) else { return };
    if text.pending.is_none() {
        m.pending.remove(&std::mem::take(&mut text.ticket));
        return;
    }
    if text.ticket == 0 {
        text.ticket = next;
        m.tickets = next;
    }
    m.pending.insert(text.ticket, Unfinished { node, rule: rule.number, place, choice: m.choice, index: m.index });
}
