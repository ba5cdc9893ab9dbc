//! Strategies for objects: members merged one by one, and a message that came beside no delta.

use super::document::{Node, NodeId};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use crate::json::Tag;
use crate::rule::Rule;

/// Merges the members of `value` into the object at `key`.
pub(super) fn object(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if c.payload.entry(value).tag != Tag::Object {
        return m.wrong_type();
    }
    let finished = rule.after && m.finished && !m.ending;
    m.trace.blocked |= finished;
    let before = m.document.changes;
    if rule.marks {
        if let Node::Object(choice) = m.document.node_mut(object) {
            let first = !std::mem::replace(&mut choice.streamed, true);
            m.document.epoch += u64::from(first);
        }
        if !m.whole.is_empty() && m.whole.remove(&object).is_some() {
            m.quirk(rule.quirk.as_ref());
        }
    }
    let child = m.open(c.dialect, rule, object, key);
    let created = m.document.changes;
    m.fields(c, rule, value, child);
    if finished && before == created && created != m.document.changes {
        m.quirks.add("delta_after_finish");
    }
}

/// Holds a message that may come beside deltas (Perplexity): it counts only where no delta ever comes.
pub(super) fn whole(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32) {
    let entry = c.payload.entry(value);
    if entry.tag != Tag::Object {
        return m.wrong_type();
    }
    let streamed = matches!(m.document.node(object), Node::Object(choice) if choice.streamed);
    match rule.unless {
        Some(unless) if !streamed => {
            let text = c.payload.tape.str_of(c.payload.text, entry).to_owned();
            m.whole.insert(object, (m.choice, unless, text));
            m.trace.blocked = true;
        }
        _ => m.quirk(rule.quirk.as_ref()),
    }
}
