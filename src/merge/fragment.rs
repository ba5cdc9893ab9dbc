//! Strategy for the members of a delta whose type no rule knows (Anthropic): strings APPEND, others LAST.

use super::buffer::Buffer;
use super::document::{Node, NodeId, Text};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::scalar::last;
use super::text::append;
use crate::json::Tag;
use crate::rule::Rule;

/// Appends a string to a string, whichever way that came; lets anything else be the value.
pub(super) fn fragment(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.member(object, key).map(|held| m.document.node(held));
    let is_text = matches!(held, None | Some(Node::Null | Node::Str(_) | Node::Default(_) | Node::Text(_)));
    if !is_text || !matches!(c.payload.entry(value).tag, Tag::Str | Tag::Escaped) {
        return last(m, c, rule, object, key, value);
    }
    if let Some(Node::Str(held)) = held {
        let mut buffer = Buffer::with_capacity(held.len());
        crate::json::Sink::push_str(&mut buffer, held);
        m.document.put(object, key, Node::Text(Text { buffer, ..Text::default() }));
    }
    append(m, c, rule, object, key, value);
}
