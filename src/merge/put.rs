//! Values that are put: an object of the message is what the event states, and nothing else.
//!
//! A text that fragments brought is set to the whole: what it has more is a fragment too. What was streamed is erased by
//! nothing that says less: a text by none that is missing or empty, an item by no list that has no or fewer items
//! (open-webui#27800). But an item of another type is another item.

use super::call::{is_parsed, tell_call};
use super::document::{Node, NodeId, ROOT, Text};
use super::item::{item_at, items_at, items_in};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::places::Places;
use super::scalar::room_of;
use crate::json::{Sink, Tag, unescapes_to};
use crate::rule::{Kind, Member, Op, Rule};

/// Where a value is put: the object, the key, and the node that is held there.
#[derive(Clone, Copy)]
struct At {
    object: NodeId,
    key: KeyId,
    held: Option<NodeId>,
}

/// Sets the member `key` of an object to a value.
pub(super) fn put(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    put_at(m, c, rule, At { object, key, held: m.document.member(object, key) }, value);
}

fn put_at(m: &mut Message, c: Chunk<'_>, rule: &Rule, at: At, value: u32) {
    let At { object, key, held } = at;
    let tag = c.payload.entry(value).tag;
    match (rule.op, tag) {
        (Op::Append | Op::Arguments, Tag::Str | Tag::Escaped) => put_text(m, c, rule, at, value),
        (Op::Items, Tag::List) => put_items(m, c, rule, object, key, value),
        (Op::Object, Tag::Object) => {
            let child = m.open(c.dialect, rule, object, key);
            put_object(m, c, rule, child, value);
        }
        (Op::Drop, _) => {}
        (Op::Append | Op::Arguments, Tag::Null) if held.is_some_and(|held| is_streamed(m.document.node(held))) => {}
        // What was streamed stays: null erases nothing, and what is of another type has no effect.
        (Op::Items | Op::Object, _) if held.is_some_and(|held| is_composed(m.document.node(held))) => {
            if tag != Tag::Null {
                m.wrong_type();
            }
        }
        _ => {
            // What stands there then is no list of items or object of the rule: put again, it is of another type.
            m.stated.odd |= matches!(rule.op, Op::Items | Op::Object) && tag != Tag::Null;
            if let Some(held) = held {
                if m.document.same_value(held, c.payload, value) {
                    return;
                }
                if is_told(m.document.node(held), rule) {
                    m.quirks.add("done_text_differs");
                }
            }
            m.document.set_value(held, (object, key), c.payload, value, false);
            if rule.kind == Kind::Usage {
                *room_of(m, rule) = 0;
            }
            if tag != Tag::Null {
                m.emit_value(rule, object, key);
            }
        }
    }
}

/// Whether a node is items or an object.
fn is_composed(node: &Node) -> bool {
    matches!(node, Node::Items(_) | Node::Object(_))
}

/// Lets an object be what `value` states; `rule` is that of the object.
pub(super) fn put_object(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32) {
    put_members(m, c, rule, object, value, false);
}

/// The same; `turned` says that it was another object before.
fn put_members(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32, turned: bool) {
    let fresh = m.document.members(object).next().is_none();
    if let Some(call) = &rule.call {
        tell_call(m, c, call, object, value);
    }
    let (mut stated, mut renamed, mut next) = (0, false, 0);
    for (name, member) in c.payload.tape.fields(value) {
        let said = c.payload.name_of(name);
        if let Some(child) = rule.fields.find_bytes(name.next, &said) {
            let child = c.dialect.rule(child);
            renamed |= child.to != child.own;
            stated += usize::from(child.op != Op::Drop);
            // In a new object no name was seen before.
            let known = !fresh || renamed;
            if !rule.buffers.is_empty() && is_parsed(m, object, child.to) {
                continue;
            }
            let held = known.then(|| m.document.member_from(object, &mut next, child.to)).flatten();
            put_at(m, c, child, At { object, key: child.to, held }, member);
        } else if let Some(other) = rule.other {
            let found = if fresh && !renamed {
                m.document.keys.find_hashed(name.next, &said).map(|key| (key, None))
            } else {
                m.document.named_from(object, &mut next, (name.next, &said))
            };
            let (key, held) = found.unwrap_or_else(|| {
                (m.document.keys.add(name.next, &c.payload.tape.text_of(c.payload.text, name)), None)
            });
            let other = c.dialect.rule(other);
            if !rule.buffers.is_empty() && is_parsed(m, object, key) {
                stated += 1;
                continue;
            }
            stated += usize::from(other.op != Op::Drop);
            put_at(m, c, other, At { object, key, held }, member);
        }
    }
    // As many members as were stated: those.
    if !fresh && (renamed || m.document.members(object).count() != stated) {
        remove_others(m, c, rule, object, value, turned);
    }
}

/// Takes out what `value` doesn't state; what fragments go to or into only where it is another object.
fn remove_others(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32, turned: bool) {
    let fields = rule.fields.in_order.iter().map(|id| c.dialect.rule(*id));
    let held = fields.filter(|rule| !turned && matches!(rule.op, Op::Items | Op::Object));
    let mut kept: Vec<KeyId> = held.map(|rule| rule.to).collect();
    if object == ROOT {
        kept.extend(c.dialect.constants.iter().map(|constant| constant.0));
    }
    kept.extend(rule.buffers.iter().map(|(_, id)| c.dialect.rule(*id).to).filter(|key| is_parsed(m, object, *key)));
    for (name, _) in c.payload.tape.fields(value) {
        let said = c.payload.name_of(name);
        let to = rule.fields.find_bytes(name.next, &said).map(|child| c.dialect.rule(child).to);
        kept.extend(to.or_else(|| m.document.keys.find_hashed(name.next, &said)));
    }
    kept.sort_unstable();
    let held = m.document.members(object).map(|member| member.0);
    let mut gone: Vec<KeyId> = held.filter(|key| kept.binary_search(key).is_err()).collect();
    gone.sort_unstable();
    gone.retain(|key| {
        let held = m.document.member(object, *key);
        let streamed = held.is_some_and(|held| is_streamed(m.document.node(held)));
        if streamed {
            m.quirks.add("done_text_differs");
        }
        turned || !streamed
    });
    if !gone.is_empty() {
        m.document.remove(object, &gone);
    }
}

/// Puts the items of a list, each in its place.
fn put_items(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let list = items_at(m, object, key);
    let places = Places::new(m, c, rule, list, value, object == ROOT);
    let before = m.index;
    let mut at = 0;
    for item in c.payload.tape.items(value) {
        if c.payload.entry(item).tag != Tag::Object {
            m.wrong_type();
            continue;
        }
        let index = items_in(&m.document, list).map(|items| places.index(items, at));
        let Some(held) = item_at(m, rule, list, index, None) else { break };
        put_item(m, c, rule, held, item);
        m.index = before;
        at += 1;
    }
}

/// Puts an item of a list, whose rule is `rule`.
pub(super) fn put_item(m: &mut Message, c: Chunk<'_>, rule: &Rule, item: NodeId, value: u32) {
    let variant = c.dialect.rule(rule.of_value(c.payload, value));
    let turned = turns(m, c, (rule, variant), item, value);
    if turned {
        m.quirks.add("done_text_differs");
        m.document.forget_beside(item);
    }
    if variant.call.is_some() && !variant.buffers.is_empty() {
        m.open_item(rule.number, item);
    }
    put_members(m, c, variant, item, value, turned);
}

/// Whether `value` is another item than the one held: one of another type, or a call with another id whose arguments come
/// beside it.
fn turns(m: &Message, c: Chunk<'_>, (rule, variant): (&Rule, &Rule), item: NodeId, value: u32) -> bool {
    let differs = |by: &Member| {
        let held = m.document.string(m.document.member(item, by.key)?)?;
        let said = c.payload.string(c.payload.named(value, &by.name)?)?;
        Some(!held.is_empty() && !said.is_empty() && held != said)
    };
    let kind = rule.variants.as_ref().map(|variants| &variants.by);
    let call = variant.call.as_ref().filter(|_| !variant.buffers.is_empty());
    let id = call.and_then(|call| call.id.as_slice().first().filter(|_| call.id.len() == 1));
    [kind, id].into_iter().flatten().any(|by| differs(by) == Some(true))
}

/// Sets a whole text: what it has more than the fragments is one; what contradicts them is counted, and an empty one erases
/// nothing.
fn put_text(m: &mut Message, c: Chunk<'_>, rule: &Rule, at: At, value: u32) {
    let At { object, key, held } = at;
    if is_whole(m, c, held, value) {
        // Equal now; once fragments were added it is not, and a template knows nothing of them.
        m.trace.blocked = true;
        return;
    }
    let whole = c.payload.string(value).unwrap_or_default();
    if whole.is_empty() && held.is_some_and(|held| is_streamed(m.document.node(held))) {
        return m.quirks.add("done_text_differs");
    }
    let known = held.and_then(|held| match m.document.node_mut(held) {
        Node::Text(text) => Some((held, text)),
        _ => None,
    });
    let (mut differs, mut at, mut rest) = (false, None, &*whole);
    if known.is_none() {
        differs = held.is_some_and(|held| is_told(m.document.node(held), rule));
    } else if let Some((id, text)) = known {
        // As bytes: the whole may be far shorter than what is held, and is all that is worth looking at.
        let more =
            if whole.as_bytes().starts_with(text.buffer.from(0)) { whole.get(text.buffer.len()..) } else { None };
        match more {
            Some(more) => {
                (at, rest) = (Some(id), more);
                text.pending = None;
                m.pending.remove(&std::mem::take(&mut text.ticket));
            }
            None => differs = true,
        }
    }
    if differs {
        m.quirks.add("done_text_differs");
    }
    let id = at.unwrap_or_else(|| {
        let buffer = m.document.buffer();
        m.document.put(object, key, Node::Text(Text { buffer, ..Text::default() }))
    });
    let Node::Text(text) = m.document.node_mut(id) else { return };
    let start = text.buffer.len();
    if !rest.is_empty() {
        text.buffer.push_str(rest);
        m.document.grow(rest.len() as u64);
        if !differs {
            m.emit_text(rule, object, key, (id, start));
        }
    }
}

/// Whether a text has come.
fn is_streamed(node: &Node) -> bool {
    matches!(node, Node::Text(text) if !text.buffer.is_empty())
}

/// Whether fragments told what a member holds: a text, or what stands for one. Another value contradicts them.
fn is_told(node: &Node, rule: &Rule) -> bool {
    match node {
        Node::Text(_) => true,
        Node::Null | Node::Default(_) => false,
        _ => matches!(rule.op, Op::Append | Op::Arguments),
    }
}

/// Whether the text held is the whole already, as mostly.
fn is_whole(m: &Message, c: Chunk<'_>, held: Option<NodeId>, value: u32) -> bool {
    let Some(Node::Text(text)) = held.map(|held| m.document.node(held)) else { return false };
    let entry = c.payload.entry(value);
    let body = c.payload.tape.str_of(c.payload.text, entry);
    match entry.tag {
        Tag::Escaped => unescapes_to(body, text.buffer.from(0)),
        _ => body.as_bytes() == text.buffer.from(0),
    }
}
