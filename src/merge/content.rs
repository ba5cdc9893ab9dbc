//! Strategy for content that is a text or a list of blocks (Mistral): fragments of a list join the open block.
//!
//! Same `type` as the open block: merged into it. Another type: a new block. A string after a list is a text block; a
//! list after a string turns what was held into block 0. An empty text opens nothing. The blocks of a message that came
//! whole are blocks already.

use super::document::{Node, NodeId, Object, VALUE_SIZE};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::payload::Payload;
use super::text::{Body, append, append_body};
use crate::json::{Entry, Tag};
use crate::rule::Rule;

/// Merges a fragment of content, a string or a list of blocks.
pub(super) fn content(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    let held = m.document.member(object, key);
    let blocks = held.filter(|held| matches!(m.document.node(*held), Node::Blocks(_)));
    match (entry.tag, blocks) {
        (Tag::Str | Tag::Escaped, Some(blocks)) => merge_text(m, c, rule, blocks, entry),
        (Tag::Str | Tag::Escaped, None) => append(m, c, rule, object, key, value),
        (Tag::List, _) if entry.next == value + 1 => {}
        (Tag::List, _) => {
            m.quirk(rule.quirk.as_ref());
            let blocks = blocks.unwrap_or_else(|| list_of(m, object, key, held));
            for item in c.payload.tape.items(value) {
                match c.payload.entry(item).tag {
                    Tag::Object => merge_block(m, c, rule, blocks, item),
                    Tag::Null => {}
                    _ => m.wrong_type(),
                }
            }
        }
        _ => m.wrong_type(),
    }
}

/// Puts a list of blocks at `key`, the text held there its block 0.
fn list_of(m: &mut Message, object: NodeId, key: KeyId, held: Option<NodeId>) -> NodeId {
    let text = held.and_then(|held| match m.document.node_mut(held) {
        Node::Text(text) => Some(std::mem::take(text)),
        _ => None,
    });
    m.document.size -= text.as_ref().map_or(0, |text| text.buffer.len() as u64);
    let blocks = m.document.put(object, key, Node::Blocks(Vec::new()));
    if let Some(text) = text.filter(|text| !text.buffer.is_empty() || text.pending.is_some()) {
        let block = open_block(m, blocks, Some("text"));
        let key = m.document.keys.intern("text");
        let ticket = text.ticket;
        let node = m.document.put(block, key, Node::Text(text));
        if let Some(unfinished) = m.pending.get_mut(&ticket) {
            (unfinished.node, unfinished.place) = (node, (block, key));
            unfinished.index = m.index.or(Some(0));
        }
    }
    blocks
}

/// Appends a new block.
fn open_block(m: &mut Message, blocks: NodeId, kind: Option<&str>) -> NodeId {
    let number = block_count(m, blocks);
    let block = m.document.add(Node::Object(Object::default()), blocks, number);
    if let Node::Blocks(items) = m.document.node_mut(blocks) {
        items.push(block);
    }
    m.document.grow(VALUE_SIZE);
    if let Some(kind) = kind {
        let key = m.document.keys.intern("type");
        m.document.put(block, key, Node::Str(kind.into()));
    }
    block
}

fn block_count(m: &Message, blocks: NodeId) -> u32 {
    match m.document.node(blocks) {
        Node::Blocks(items) => crate::narrow(items.len()),
        _ => 0,
    }
}

/// The open block, if it is of that type.
fn open_of(m: &Message, blocks: NodeId, kind: Option<&str>) -> Option<NodeId> {
    let Node::Blocks(items) = m.document.node(blocks) else { return None };
    let block = *items.last()?;
    let key = m.document.keys.find("type");
    let held = key.and_then(|key| m.document.string(m.document.member(block, key)?));
    (held.as_deref() == kind).then_some(block)
}

/// Merges one item into the open block, or opens a new one.
fn merge_block(m: &mut Message, c: Chunk<'_>, rule: &Rule, blocks: NodeId, item: u32) {
    let kind = c.payload.member(item, "type").and_then(|kind| c.payload.string(kind));
    let kind = kind.as_deref();
    let open = if m.ending { None } else { open_of(m, blocks, kind) };
    let block = match open {
        Some(block) => block,
        None if !m.ending && kind == Some("text") && has_empty_text(c.payload, item) => return,
        None => open_block(m, blocks, kind),
    };
    within(m, blocks, |m| m.fields(c, rule, item, block));
}

fn has_empty_text(payload: Payload<'_>, item: u32) -> bool {
    payload.member(item, "text").and_then(|text| payload.string(text)).is_some_and(|text| text.is_empty())
}

/// Merges a string that follows blocks: a text block.
fn merge_text(m: &mut Message, c: Chunk<'_>, rule: &Rule, blocks: NodeId, entry: Entry) {
    let body = c.payload.tape.str_of(c.payload.text, entry);
    let block = match open_of(m, blocks, Some("text")) {
        Some(block) => block,
        None if body.is_empty() => return,
        None => open_block(m, blocks, Some("text")),
    };
    let Some(child) = rule.fields.find(crate::json::key_hash(b"text"), "text") else { return };
    let child = c.dialect.rule(child);
    within(m, blocks, |m| append_body(m, child, block, child.to, Body { text: body, entry: Some(entry) }));
}

/// Merges into the last block: its place is the index of the deltas, unless blocks around it have given one.
fn within(m: &mut Message, blocks: NodeId, merge: impl FnOnce(&mut Message)) {
    let index = m.index;
    if index.is_none() {
        m.index = Some(block_count(m, blocks).saturating_sub(1));
    }
    merge(m);
    m.index = index;
}
