//! Strategies for objects: members merged one by one, and a message that came beside no delta.

use super::document::{Document, Node, NodeId, ROOT};
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::trace::HoleKind;
use crate::json::Tag;
use crate::rule::{Rule, RuleId};

/// A message beside which no delta came so far: its ticket, the choice, the rule to merge by, the JSON.
#[derive(Debug)]
pub(crate) struct Whole {
    pub(crate) ticket: u64,
    pub(crate) choice: u64,
    pub(crate) rule: RuleId,
    pub(crate) text: Box<str>,
    /// Of the value, as a node's.
    pub(crate) size: u64,
}

/// Merges the members of `value` into the object at `key`.
pub(super) fn object(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if c.payload.entry(value).tag != Tag::Object {
        return m.wrong_type();
    }
    let finished = rule.after && m.finished && !m.ending;
    m.trace.blocked |= finished;
    let before = m.document.changes;
    if rule.marks && says_anything(c, value) {
        if let Node::Object(choice) = m.document.node_mut(object) {
            let first = !std::mem::replace(&mut choice.streamed, true);
            let superfluous = choice.whole.take();
            m.document.epoch += u64::from(first);
            m.trace.settled += u64::from(first);
            if let Some(whole) = superfluous {
                m.document.size -= whole.size;
                // Counted once; the next event has none to drop.
                m.trace.blocked = true;
                m.quirk(rule.quirk.as_ref());
            }
        }
    }
    let child = m.open(c.dialect, rule, object, key);
    let created = m.document.changes;
    m.fields(c, rule, value, child);
    if finished && before == created && created != m.document.changes {
        m.quirks.add("delta_after_finish");
    }
}

/// Whether an object has a member that isn't null: else it says no more than one that is absent.
fn says_anything(c: Chunk<'_>, value: u32) -> bool {
    c.payload.tape.fields(value).any(|(_, member)| c.payload.entry(member).tag != Tag::Null)
}

/// Holds a message that may come beside deltas (Perplexity): it counts only where no delta ever comes.
pub(super) fn whole(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, value: u32) {
    let entry = c.payload.entry(value);
    if entry.tag != Tag::Object {
        return m.wrong_type();
    }
    let (choice, next) = (m.choice, m.tickets + 1);
    match (rule.unless, m.document.node_mut(object)) {
        (Some(rule), Node::Object(around)) if !around.streamed => {
            let size = c.payload.size_of(value);
            let text = c.payload.kept(value, size).into();
            let (ticket, before) = around.whole.as_ref().map_or((next, 0), |whole| (whole.ticket, whole.size));
            around.whole = Some(Box::new(Whole { ticket, choice, rule, text, size }));
            m.document.size = m.document.size + size - before;
            if ticket == next {
                m.tickets = next;
                m.whole.push((ticket, object));
            }
            m.trace.blocked = true;
        }
        _ => {
            m.quirk(rule.quirk.as_ref());
            if m.trace.on {
                m.add_hole(HoleKind::Object, entry, rule, ROOT, (ROOT, 0));
            }
        }
    }
}

impl Document {
    /// The message held for an object under that ticket.
    pub(super) fn whole(&self, object: NodeId, ticket: u64) -> Option<&Whole> {
        match self.node(object) {
            Node::Object(around) => around.whole.as_deref().filter(|whole| whole.ticket == ticket),
            _ => None,
        }
    }

    /// The same, held no more.
    pub(super) fn take_whole(&mut self, object: NodeId, ticket: u64) -> Option<Box<Whole>> {
        let Node::Object(around) = self.node_mut(object) else { return None };
        let whole = around.whole.take_if(|whole| whole.ticket == ticket)?;
        self.size -= whole.size;
        Some(whole)
    }
}
