//! Strategies for values that are held whole: FIRST, LAST, LAST!, DEEP, DROP.
//!
//! Each takes the message, the chunk, its rule, the object and the key it merges into, and a value that is not null.

use super::document::{Node, NodeId, ROOT};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::trace::HoleKind;
use crate::json::{Tag, int_token, key_hash, parse_float};
use crate::limits::MAX_USAGE;
use crate::rule::{Kind, Member, Op, Rule};

/// DROP: padding, which a template needn't compare.
pub(super) fn drop(m: &mut Message, c: Chunk<'_>, rule: &Rule, value: u32) {
    let entry = c.payload.entry(value);
    if m.trace.on && matches!(entry.tag, Tag::Str | Tag::Escaped) {
        let hash = key_hash(c.payload.tape.str_of(c.payload.text, entry).as_bytes());
        if m.trace.differs(rule.number, hash) {
            m.add_hole(HoleKind::Skip, entry, rule, ROOT, (ROOT, 0));
        }
    }
}

/// FIRST: the first value that is not empty (`""`, and 0 where the table says so).
pub(super) fn first(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    let empty = match entry.tag {
        Tag::Str => entry.start == entry.end,
        Tag::Int | Tag::Float if rule.skip_zero => !is_truth(c, value),
        _ => false,
    };
    if empty {
        return;
    }
    let Some(held) = m.document.held(object, key) else {
        if m.document.replace_default(object, key, c.payload, value) {
            return;
        }
        m.document.put_value(object, key, c.payload, value, false);
        m.emit_value(rule, object, key);
        return;
    };
    m.quirk(rule.again.as_ref());
    if rule.changed.is_some() {
        if !m.document.same_value(held, c.payload, value) {
            m.quirk(rule.changed.as_ref());
            let apart = m.trace.on && m.trace.selecting.is_none();
            if apart && entry.tag == Tag::Str && matches!(m.document.node(held), Node::Str(_)) {
                // Groq's agents give each event an id of its own. One that changed once is compared with the rest.
                let hash = key_hash(c.payload.tape.str_of(c.payload.text, entry).as_bytes());
                if m.trace.differs(rule.number, hash) {
                    m.add_hole(HoleKind::Changed, entry, rule, held, (object, key));
                }
            }
        }
    } else if m.trace.on
        && entry.tag == Tag::Int
        // A 0 would be no value that came again.
        && (rule.again.is_none() || !rule.skip_zero)
        && !m.document.same_value(held, c.payload, value)
    {
        // xAI's `created` changes every second.
        m.add_hole(HoleKind::Number, entry, rule, ROOT, (ROOT, 0));
    }
}

/// LAST: the last value.
pub(super) fn last(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.member(object, key);
    if let Some(held) = held {
        if rule.again.is_some() && !matches!(m.document.node(held), Node::Null) {
            m.quirk(rule.again.as_ref());
        }
        // Of a strategy with a condition the next one may be without effect.
        let volatile = rule.volatile && rule.op == Op::Last;
        if let (true, Node::Str(_), Some(text)) = (volatile, m.document.node(held), c.payload.string(value)) {
            if m.trace.on {
                m.add_hole(HoleKind::Replace, c.payload.entry(value), rule, held, (object, key));
            }
            return m.replace_string(rule, held, (object, key), &text);
        }
        if m.document.same_value(held, c.payload, value) {
            return;
        }
    }
    m.document.set_value(held, (object, key), c.payload, value, false);
    m.emit_value(rule, object, key);
}

/// LAST!: the last value that is not `""`, `[]` or `{}`.
pub(super) fn last_nonempty(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    let empty = match entry.tag {
        Tag::Str => entry.start == entry.end,
        Tag::Object | Tag::List => entry.next == value + 1,
        _ => false,
    };
    if !empty {
        last(m, c, rule, object, key, value);
    }
}

/// DEEP: objects merged key by key, each leaf LAST; null erases nothing.
pub(super) fn deep(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if rule.again.is_some() && m.document.held(object, key).is_some() {
        m.quirk(rule.again.as_ref());
    }
    merge_deep(m, c, rule, object, key, value);
}

/// The counts that a 0 doesn't erase: the guarded ones, while the first of them is not stated.
fn guarded<'r>(c: Chunk<'_>, rule: &'r Rule, value: u32) -> &'r [Member] {
    let first = rule.guarded.first().and_then(|first| c.payload.named(value, &first.name));
    if first.is_some_and(|said| is_truth(c, said)) { &[] } else { &rule.guarded }
}

/// Whether a value is a 0.
fn is_zero(c: Chunk<'_>, value: u32) -> bool {
    let tag = c.payload.entry(value).tag;
    matches!(tag, Tag::Int | Tag::Float | Tag::False) && !is_truth(c, value)
}

/// Whether a count is stated that isn't nothing.
pub(super) fn is_truth(c: Chunk<'_>, value: u32) -> bool {
    let entry = c.payload.entry(value);
    match entry.tag {
        Tag::Null | Tag::False => false,
        Tag::Int => int_token(c.payload.tape.str_of(c.payload.text, entry)) != "0",
        Tag::Float => parse_float(c.payload.tape.str_of(c.payload.text, entry)) != 0.0,
        Tag::Str => entry.start < entry.end,
        Tag::True | Tag::Escaped => true,
        Tag::Object | Tag::List => entry.next > value + 1,
    }
}

/// DEEP, the same for a value that is a copy. Usage tells its whole object, another field each leaf that changed.
pub(super) fn merge_deep(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let before = m.document.size;
    let held = m.document.member(object, key);
    merge_whole(m, c, rule, (object, key), held, value);
    if rule.kind == Kind::Usage {
        // Measured when it may have passed the bound since it was measured last, so that the cost stays linear.
        let grown = m.document.size.saturating_sub(before);
        let room = room_of(m, rule);
        if held.is_none() {
            *room = MAX_USAGE;
        }
        *room = room.saturating_sub(grown);
        if *room == 0 {
            measure_usage(m, rule, object, key);
        }
    }
}

/// What the usage of a field may grow by before it is looked at again.
pub(super) fn room_of<'m>(m: &'m mut Message, rule: &Rule) -> &'m mut u64 {
    m.usage_room.entry(rule.number).or_default()
}

fn measure_usage(m: &mut Message, rule: &Rule, object: NodeId, key: KeyId) {
    let size = m.document.member(object, key).map_or(0, |held| m.document.size_of(held));
    m.large_usage |= size > MAX_USAGE;
    *room_of(m, rule) = MAX_USAGE.saturating_sub(size);
}

fn merge_whole(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    (object, key): (NodeId, KeyId),
    held: Option<NodeId>,
    value: u32,
) {
    if let Some(held) = held {
        if let (Node::Object(_), Tag::Object) = (m.document.node(held), c.payload.entry(value).tag) {
            let before = m.document.changes;
            deepen(m, c, rule, (object, key), held, value, guarded(c, rule, value));
            if rule.kind != Kind::Other && m.document.changes != before {
                m.emit_value(rule, object, key);
            }
            return;
        }
        if m.document.same_value(held, c.payload, value) {
            return;
        }
    }
    m.document.set_value(held, (object, key), c.payload, value, true);
    m.emit_value(rule, object, key);
}

/// Merges an object of the payload into one of the document, which is or is in the one at `place`, key by key.
fn deepen(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    place: (NodeId, KeyId),
    held: NodeId,
    value: u32,
    guarded: &[Member],
) {
    let mut next = 0;
    for (name, member) in c.payload.tape.fields(value) {
        let tag = c.payload.entry(member).tag;
        if tag == Tag::Null {
            continue;
        }
        let found = m.document.named_from(held, &mut next, (name.next, &c.payload.name_of(name)));
        let (key, mine) = found
            .unwrap_or_else(|| (m.document.keys.add(name.next, &c.payload.tape.text_of(c.payload.text, name)), None));
        if let Some(mine) = mine {
            if guarded.iter().any(|guarded| guarded.key == key) && is_zero(c, member) {
                continue;
            }
            if let (Node::Object(_), Tag::Object) = (m.document.node(mine), tag) {
                deepen(m, c, rule, place, mine, member, &[]);
                continue;
            }
            // Whether a 0 of guarded counts erases depends on what stands beside it.
            if rule.kind == Kind::Usage
                && rule.guarded.is_empty()
                && tag == Tag::Int
                && matches!(m.document.node(mine), Node::Int(_))
            {
                let entry = c.payload.entry(member);
                if m.document.set_count(mine, c.payload.tape.str_of(c.payload.text, entry)) {
                    if m.trace.on {
                        m.add_hole(HoleKind::Count, entry, rule, mine, place);
                    }
                    continue;
                }
            }
            if m.document.same_value(mine, c.payload, member) {
                continue;
            }
        }
        m.document.set_value(mine, (held, key), c.payload, member, true);
        if rule.kind == Kind::Other {
            m.emit_value(rule, held, key);
        }
    }
}

impl Message {
    /// Lets a field serve as another where that one is missing (Groq's `x_groq.usage`).
    pub(super) fn copy_fallbacks(&mut self, c: Chunk<'_>, chunk: u32) {
        for copy in &c.dialect.copies {
            let said = |value: &u32| c.payload.entry(*value).tag != Tag::Null;
            if c.payload.named(chunk, &copy.name).is_some_and(|value| said(&value)) {
                let before = self.copied.len();
                self.copied.retain(|to| *to != copy.to);
                self.document.epoch += u64::from(before != self.copied.len());
            }
            let outer = c.payload.named(chunk, &copy.source.0);
            let source = outer.and_then(|outer| c.payload.named(outer, &copy.source.1)).filter(said);
            let copied = self.copied.contains(&copy.to);
            let Some(source) = source.filter(|_| copied || self.document.member(ROOT, copy.to).is_none()) else {
                continue;
            };
            if !copied {
                self.copied.push(copy.to);
            }
            // What serves as two fields is no hole of one.
            self.trace.blocked = true;
            merge_deep(self, c, c.dialect.rule(copy.rule), ROOT, copy.to, source);
        }
    }
}
