//! What an event did while it went the full path: what a template is made of.

use super::document::{NodeId, ROOT};
use super::keys::KeyId;
use crate::json::Entry;
use crate::rule::RuleId;

/// What a hole may hold, and does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HoleKind {
    /// A string that is appended to a text.
    Append,
    /// A string that has no effect.
    Skip,
    /// A string that differs from the one held, and has no other effect than that this is counted.
    Changed,
    /// A number that has no effect.
    Number,
    /// An object that has no effect.
    Object,
    /// A list that a list is extended by.
    Extend,
    /// An integer that replaces one: a count of the usage.
    Count,
    /// The number of the event.
    Sequence,
    /// A string that takes the place of another.
    Replace,
    /// Spaces and tabs before the last bracket.
    Space,
    /// The index of a tool call: it selects the call whose texts the holes in it append to.
    Select,
}

impl HoleKind {
    /// Whether what it holds changes the message.
    pub(crate) fn changes(self) -> bool {
        matches!(self, Self::Append | Self::Extend | Self::Count | Self::Replace)
    }
}

/// The effect of a hole: the text that it is appended to, with the rule, the place, and the choice and index of its delta.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effect {
    pub(crate) kind: HoleKind,
    pub(crate) node: NodeId,
    pub(crate) rule: RuleId,
    pub(crate) place: (NodeId, KeyId),
    pub(crate) choice: u64,
    pub(crate) index: Option<u32>,
    /// The text is that of the call which the event's index selects.
    pub(crate) selected: bool,
}

impl Effect {
    /// That of a hole which changes nothing.
    pub(crate) fn none(kind: HoleKind) -> Self {
        Self { kind, node: ROOT, rule: 0, place: (ROOT, 0), choice: 0, index: None, selected: false }
    }
}

/// What the event at hand did.
#[derive(Default)]
pub(crate) struct Trace {
    /// Somebody wants to learn.
    pub(crate) on: bool,
    /// It did what a template can't repeat.
    pub(crate) blocked: bool,
    /// How often it moved the epoch on by what it would not do again: a text made that a hole appends to, the reasoning
    /// field settled, the last item of a group set. Done twice these change nothing, so the event can be learned from.
    pub(crate) settled: u64,
    /// An item was one of its group's last: which that was before the event counts, so it may not set another.
    pub(crate) continued: bool,
    /// Where values begin that decided what becomes of the event or of an item: none of them may be a hole.
    pub(crate) steering: Vec<u32>,
    /// Spans in the payload, and their effects.
    pub(crate) holes: Vec<(u32, u32, Effect)>,
    /// Lists of tool calls, and the call that it went to last.
    pub(crate) last: Vec<(NodeId, u32)>,
    /// The call whose fragment is at hand, if its index is a hole.
    pub(crate) selecting: Option<NodeId>,
    /// Hashes of the strings that each rule dropped last: a hole is what was seen to differ.
    dropped: Vec<(RuleId, u32)>,
}

impl Trace {
    pub(crate) fn begin(&mut self, on: bool) {
        self.on = on;
        self.blocked = false;
        self.settled = 0;
        self.continued = false;
        self.steering.clear();
        self.holes.clear();
        self.last.clear();
        self.selecting = None;
    }

    /// Takes note of a value that decides what becomes of the event or of an item.
    pub(crate) fn steers(&mut self, value: Entry) {
        if self.on {
            self.steering.push(value.start);
        }
    }

    /// Whether a hole is what decided so.
    pub(crate) fn is_steered(&self) -> bool {
        self.holes.iter().any(|hole| self.steering.contains(&hole.0))
    }

    /// Ready for another stream.
    pub(crate) fn forget(&mut self) {
        self.begin(false);
        self.dropped.clear();
    }

    /// Takes note of a dropped string; returns whether it differs from the last one.
    pub(crate) fn differs(&mut self, rule: RuleId, hash: u32) -> bool {
        if let Some(known) = self.dropped.iter_mut().find(|known| known.0 == rule) {
            return std::mem::replace(&mut known.1, hash) != hash;
        }
        self.dropped.push((rule, hash));
        false
    }
}
