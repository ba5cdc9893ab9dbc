//! One message while it is merged: the document, what the strategies remember, and what changed.
//!
//! Every change goes through [`Document::put`] or [`Document::grow`], so that size, count of changes and deltas agree.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::document::{Document, MEMBER, Node, NodeId, Object, ROOT, VALUE_SIZE};
use super::ids::IdMap;
use super::keys::{KeyId, Keys};
use super::payload::Payload;
use super::reasoning::find_rank;
use super::repeat::Selection;
use super::routing::merge_routed;
use super::stated::Stated;
use super::trace::{Effect, HoleKind, Trace};
use super::{apply, path};
use crate::delta::{Delta, DeltaValue, Fragment, Kind, Step};
use crate::dialect::Dialect;
use crate::json::{Entry, Name, Tag, Tape};
use crate::limits::MAX_ITEMS;
use crate::report::Counts;
use crate::rule::{Rule, RuleId, Start};

/// A delta without its path, which is found when the feed is over: an item that comes later may move it.
pub(crate) struct Queued {
    pub(crate) kind: Kind,
    pub(crate) text: Fragment,
    pub(crate) choice: u64,
    pub(crate) index: Option<u32>,
    pub(crate) id: Option<Box<str>>,
    pub(crate) value: DeltaValue,
    /// The object or list, and the member or item of it; None for the message itself.
    pub(crate) place: Option<(NodeId, u32)>,
    /// The rank of a reasoning field while it isn't settled which of them is the reasoning.
    pub(crate) rank: Option<u8>,
}

/// A text that the end of the stream may add to: its rule and place, and the choice and index of its deltas.
#[derive(Clone, Copy)]
pub(crate) struct Unfinished {
    pub(crate) node: NodeId,
    pub(crate) rule: RuleId,
    pub(crate) place: (NodeId, KeyId),
    pub(crate) choice: u64,
    pub(crate) index: Option<u32>,
}

/// What a strategy works on. By reference: a copy a call, two to a field, showed.
pub(crate) type Chunk<'a> = &'a Given<'a>;

/// The message's dialect, and the chunk at hand.
pub(crate) struct Given<'a> {
    pub(crate) dialect: &'a Dialect,
    pub(crate) payload: Payload<'a>,
}

/// The state of one message; strategies get it as their first argument.
#[expect(clippy::struct_excessive_bools, reason = "each is a state of its own")]
pub(crate) struct Message {
    pub(crate) document: Document,
    pub(crate) choice: u64,
    pub(crate) index: Option<u32>,
    /// Deltas are queued.
    pub(crate) looking: bool,
    pub(crate) queue: Vec<Queued>,
    pub(crate) quirks: Counts,
    pub(crate) unknown: Counts,
    /// The rank of the field that is the reasoning of a choice.
    pub(super) reasoning: Vec<(u64, u8)>,
    /// The same, of the chunk at hand.
    pub(super) reasoning_now: Vec<(u64, u8)>,
    /// Texts that end in half a character, by their ticket.
    pub(crate) pending: BTreeMap<u64, Unfinished>,
    /// Base64 texts whose padded last quad is held back, in the order in which they were.
    pub(crate) tails: BTreeMap<u64, Unfinished>,
    pub(crate) tickets: u64,
    /// Objects with a message beside which no delta came so far, by its ticket.
    pub(crate) whole: Vec<(u64, NodeId)>,
    /// Fields that another one serves as.
    pub(super) copied: Vec<KeyId>,
    /// Deltas queued before the chunk at hand.
    pub(super) before: usize,
    /// The object at hand was finished before the chunk: see [`Rule::closes`].
    pub(crate) finished: bool,
    /// The end of the stream is being merged: what is merged then came whole, not in fragments.
    pub(crate) ending: bool,
    /// The event at hand ends the message.
    pub(super) closes: bool,
    /// The items of a list were told by what they say of themselves.
    pub(super) matched: bool,
    /// Items that aren't closed, by their tickets, each with the rule of its list.
    pub(super) opened: BTreeMap<u64, (RuleId, NodeId)>,
    /// Lists of parts whose last function call goes on, by their tickets.
    pub(super) parted: BTreeMap<u64, (RuleId, NodeId, u64)>,
    /// The number of the last event that had one.
    pub(super) sequence: Option<i64>,
    /// The finish reason that a step told.
    pub(super) finish: Option<String>,
    /// A step, or a sign of the table, said that the message ended.
    pub(crate) ended: bool,
    /// Deltas of the message before this one.
    pub(super) ready: Vec<Delta>,
    /// Keys of the chunk whose values are no news when they come again.
    pub(crate) lasting: Vec<u32>,
    /// A list would have had more items than [`MAX_ITEMS`]; those beyond are left out.
    pub(crate) full: bool,
    /// The usage is larger than [`MAX_USAGE`].
    pub(crate) large_usage: bool,
    /// What it may grow by before it is looked at again.
    pub(super) usage_room: IdMap<RuleId, u64>,
    /// One more than the changes that the message had when its finish reason was looked at last.
    pub(super) finished_at: u64,
    pub(crate) trace: Trace,
    pub(super) selection: Selection,
    pub(super) stated: Stated,
    pub(super) paths: path::Cache,
}

impl Message {
    pub(crate) fn new(dialect: &Dialect) -> Self {
        Self {
            document: Document::new(Keys::new(Arc::clone(&dialect.keys))),
            choice: 0,
            index: None,
            looking: false,
            queue: Vec::new(),
            quirks: Counts::default(),
            unknown: Counts::default(),
            reasoning: Vec::new(),
            reasoning_now: Vec::new(),
            pending: BTreeMap::new(),
            tails: BTreeMap::new(),
            tickets: 0,
            whole: Vec::new(),
            copied: Vec::new(),
            before: 0,
            finished: false,
            ending: false,
            closes: false,
            matched: false,
            opened: BTreeMap::new(),
            parted: BTreeMap::new(),
            sequence: None,
            finish: None,
            ended: false,
            ready: Vec::new(),
            lasting: Vec::new(),
            full: false,
            large_usage: false,
            usage_room: IdMap::default(),
            finished_at: 0,
            trace: Trace::default(),
            selection: Selection::default(),
            stated: Stated::default(),
            paths: path::Cache::default(),
        }
    }

    /// Counts a tolerated oddity.
    pub(crate) fn quirk(&mut self, name: Option<&Arc<str>>) {
        if let Some(name) = name {
            self.quirks.add(name);
        }
    }

    pub(crate) fn wrong_type(&mut self) {
        self.quirks.add("wrong_type");
    }

    /// Whether a list of so many items takes one more.
    pub(super) fn has_room(&mut self, items: usize) -> bool {
        self.full |= items >= MAX_ITEMS;
        items < MAX_ITEMS
    }

    /// Takes note of a part of the event that the next one may have otherwise.
    pub(crate) fn add_hole(&mut self, kind: HoleKind, entry: Entry, rule: &Rule, node: NodeId, place: (NodeId, KeyId)) {
        let (choice, index) = (self.choice, self.index);
        // Of a selected call's texts, those one object below it can be found again in another call.
        let selected = match self.trace.selecting {
            Some(call) if kind == HoleKind::Append => {
                self.trace.blocked |= self.document.place(place.0).0 != call;
                true
            }
            Some(_) if kind == HoleKind::Extend => {
                self.trace.blocked = true;
                false
            }
            _ => false,
        };
        let effect = Effect { kind, node, rule: rule.number, place, choice, index, selected };
        self.trace.holes.push((entry.start, entry.end, effect));
    }

    /// Merges one chunk, an object, by the dialect's rules; `event_type` is that of its block, `name` what the chunk calls
    /// its event, where that is known.
    pub(crate) fn merge_chunk(&mut self, c: Chunk<'_>, chunk: u32, event_type: &str, name: Option<&str>) {
        self.before = self.queue.len();
        let inner = c.dialect.unwrap.as_ref().and_then(|name| c.payload.named(chunk, name));
        let chunk = inner.filter(|inner| c.payload.entry(*inner).tag == Tag::Object).unwrap_or(chunk);
        if c.dialect.routes.is_empty() {
            self.merge_fields(c, chunk);
        } else {
            // What is wrapped may call it otherwise.
            match name.filter(|_| c.dialect.unwrap.is_none()) {
                Some(name) => merge_routed(self, c, chunk, name),
                None => merge_routed(self, c, chunk, &c.dialect.routes.name_of(c.payload, chunk, event_type)),
            }
        }
        if !self.reasoning_now.is_empty() {
            self.settle_reasoning();
        }
        if let Some(entry) = self.queue.get_mut(self.before).filter(|entry| entry.kind == Kind::Start) {
            let role = c.dialect.view.role.string(&self.document, ROOT);
            entry.value = role.map_or(DeltaValue::None, |role| DeltaValue::Text(role.into_owned()));
        }
        self.ended |= c.dialect.end.iter().any(|sign| sign.is_in(c.payload, chunk));
        if self.trace.on {
            for sign in &c.dialect.end {
                sign.look_at(c.payload, chunk, &mut |value| self.trace.steers(c.payload.entry(value)));
            }
        }
        self.forget_dropped();
        if self.queue.is_empty() {
            // No delta waits for its path: a feed of many events takes no more memory than one of each.
            self.document.settle();
        }
    }

    /// Merges the members of a chunk into the message.
    fn merge_fields(&mut self, c: Chunk<'_>, chunk: u32) {
        if self.document.is_empty() {
            let mut fields = c.payload.tape.fields(chunk);
            let said = |(key, value)| {
                let name = c.payload.tape.text_of(c.payload.text, key);
                let is_error = |path: &Vec<Name>| matches!(path.as_slice(), [only] if *only.text == *name);
                c.payload.entry(value).tag != Tag::Null && !c.dialect.errors.iter().any(is_error)
            };
            if !fields.any(said) {
                return;
            }
            self.begin(c);
        }
        self.fields(c, c.dialect.rule(c.dialect.root), chunk, ROOT);
        if !c.dialect.copies.is_empty() {
            self.copy_fallbacks(c, chunk);
        }
    }

    /// Texts that were replaced wait for nothing any more.
    pub(super) fn forget_dropped(&mut self) {
        if self.document.dropped.is_empty() {
            return;
        }
        for ticket in self.document.dropped.drain(..) {
            self.pending.remove(&ticket);
            self.tails.remove(&ticket);
            self.opened.remove(&ticket);
            self.parted.remove(&ticket);
        }
    }

    /// Takes note of an item of the list of `rule` that is to be closed.
    pub(super) fn open_item(&mut self, rule: RuleId, item: NodeId) {
        let beside = self.document.beside.entry(item).or_default();
        if beside.opened.is_none() {
            self.tickets += 1;
            beside.opened = Some(self.tickets);
            self.opened.insert(self.tickets, (rule, item));
            self.document.epoch += 1;
            self.trace.settled += 1;
        }
    }

    /// Begins the message, with what one starts with.
    pub(super) fn begin(&mut self, c: Chunk<'_>) {
        let root = c.dialect.rule(c.dialect.root);
        // Of its keys and values, about the values of the first chunk.
        self.document.expect(c.payload.tape.len() / 2);
        self.document.add(Node::Object(Object::default()), ROOT, 0);
        self.document.grow(VALUE_SIZE);
        for (key, value) in &c.dialect.constants {
            let node = match value {
                toml::Value::String(text) => Node::Str(text.as_str().into()),
                toml::Value::Integer(value) => Node::Int(*value),
                toml::Value::Boolean(value) => Node::Bool(*value),
                _ => Node::List(Vec::new()),
            };
            self.document.put(ROOT, *key, node);
        }
        self.fill(c.dialect, root, ROOT, None);
        self.emit(Kind::Start, None, Fragment::default(), None, DeltaValue::None, None);
    }

    /// Merges the members of the object `value` into `object`, each by its rule; null is no news.
    pub(crate) fn fields(&mut self, c: Chunk<'_>, rule: &Rule, value: u32, object: NodeId) {
        let tape: &Tape = c.payload.tape;
        let around = self.finished;
        if let Some(closes) = rule.closes {
            self.finished = self.document.held(object, closes).is_some();
        }
        for (name, member) in tape.fields(value) {
            if tape.entry(member).tag != Tag::Null && !tape.is_marked(name) {
                self.field(c, rule, name, member, object);
            }
        }
        for child in &rule.watched {
            let child = c.dialect.rule(*child);
            let found = c.payload.named(value, &child.name);
            if found.is_none_or(|member| tape.entry(member).tag == Tag::Null) {
                self.quirk(child.absent.as_ref());
            }
        }
        self.finished = around;
    }

    /// Merges one member of an object by its rule.
    #[inline]
    pub(super) fn field(&mut self, c: Chunk<'_>, rule: &Rule, name: Entry, member: u32, object: NodeId) {
        if rule.told_by.as_ref().is_some_and(|by| by.hash == name.next) {
            self.trace.steers(c.payload.entry(member));
        }
        if let Some(child) = rule.fields.find_bytes(name.next, &c.payload.name_of(name)) {
            let child = c.dialect.rule(child);
            let before = (self.quirks.log.len(), self.trace.holes.len());
            apply(self, c, child, object, child.to, member);
            if child.lasting && before == (self.quirks.log.len(), self.trace.holes.len()) {
                self.lasting.push(member - 1);
            }
        } else if let Some(other) = rule.other {
            let text = c.payload.tape.text_of(c.payload.text, name);
            let other = c.dialect.rule(other);
            if !other.known {
                self.unknown.add_member(&rule.path, &text);
            }
            let key = self.document.keys.intern_hashed(name.next, &text);
            apply(self, c, other, object, key, member);
        }
    }

    /// Puts what an object of `rule` starts with into a new one.
    pub(crate) fn fill(&mut self, dialect: &Dialect, rule: &Rule, object: NodeId, without: Option<KeyId>) {
        for (child, start) in &rule.skeleton {
            let child = dialect.rule(*child);
            if Some(child.to) == without {
                continue;
            }
            match start {
                Start::Object => {
                    self.open(dialect, child, object, child.to);
                }
                Start::Default(text) => {
                    self.document.put(object, child.to, Node::Default(Arc::clone(text)));
                }
                Start::Null => {
                    self.document.put(object, child.to, Node::Null);
                }
            }
        }
    }

    /// The object at `key`, made with its skeleton where there is none.
    pub(crate) fn open(&mut self, dialect: &Dialect, rule: &Rule, object: NodeId, key: KeyId) -> NodeId {
        if let Some(held) = self.document.member(object, key) {
            if let Node::Object(_) = self.document.node(held) {
                return held;
            }
        }
        let made = self.document.put(object, key, Node::Object(Object::default()));
        self.fill(dialect, rule, made, None);
        made
    }

    /// Queues a delta, unless nobody looks.
    pub(crate) fn emit(
        &mut self,
        kind: Kind,
        place: Option<(NodeId, u32)>,
        text: Fragment,
        id: Option<Box<str>>,
        value: DeltaValue,
        rank: Option<u8>,
    ) {
        if self.looking {
            let (choice, index) = (self.choice, self.index);
            self.queue.push(Queued { kind, text, choice, index, id, value, place, rank });
        }
    }

    /// Queues the delta of a member that was set: a finish reason, the usage, whole arguments, or another field.
    pub(crate) fn emit_value(&mut self, rule: &Rule, object: NodeId, key: KeyId) {
        if !self.looking {
            return;
        }
        let held = self.document.member(object, key).unwrap_or(ROOT);
        let place = Some((object, key | MEMBER));
        match (rule.kind, self.document.node(held)) {
            (Kind::Finish, Node::Str(reason)) => {
                let reason = Fragment::from(&**reason);
                self.emit(Kind::Finish, place, reason, None, DeltaValue::None, None);
            }
            (Kind::Finish, _) => self.emit(Kind::Finish, place, Fragment::default(), None, DeltaValue::None, None),
            (Kind::Arguments, _) => {
                let text = Fragment::from(&*self.document.snapshot_of(held).to_json());
                self.emit(Kind::Arguments, place, text, None, DeltaValue::None, None);
            }
            (kind, _) => {
                let kind = if kind == Kind::Usage { kind } else { Kind::Other };
                let value = DeltaValue::Value(Box::new(self.document.snapshot_of(held)));
                self.emit(kind, place, Fragment::default(), None, value, None);
            }
        }
    }

    /// Queues the delta of a fragment; which reasoning field is the reasoning is settled when the chunk is over.
    #[inline]
    pub(crate) fn emit_text(&mut self, rule: &Rule, object: NodeId, key: KeyId, fragment: (NodeId, usize)) {
        if self.looking || rule.rank.is_some() {
            self.emit_fragment(rule, object, key, fragment);
        }
    }

    fn emit_fragment(&mut self, rule: &Rule, object: NodeId, key: KeyId, fragment: (NodeId, usize)) {
        let mut kind = rule.kind;
        let mut open = None;
        if let Some(rank) = rule.rank {
            match find_rank(&self.reasoning, self.choice) {
                Ok((_, held)) if held == rank => {}
                Ok(_) => kind = Kind::Other,
                Err(_) => {
                    match find_rank(&self.reasoning_now, self.choice) {
                        Ok((at, now)) => {
                            if let Some(held) = self.reasoning_now.get_mut(at) {
                                held.1 = rank.min(now);
                            }
                        }
                        Err(at) => self.reasoning_now.insert(at, (self.choice, rank)),
                    }
                    open = Some(rank);
                }
            }
        }
        if !self.looking {
            return;
        }
        let text = match self.document.node(fragment.0) {
            Node::Text(text) => Fragment::of_utf8(text.buffer.from(fragment.1)),
            _ => Fragment::default(),
        };
        let place = Some((object, key | MEMBER));
        if kind == Kind::Other && open.is_none() {
            self.emit(kind, place, Fragment::default(), None, DeltaValue::Text(text.as_str().to_owned()), None);
        } else {
            self.emit(kind, place, text, None, DeltaValue::None, open);
        }
    }

    /// Whether there are deltas to hand out, or slots to be used again once they are.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        !self.ready.is_empty() || !self.queue.is_empty() || self.document.is_unsettled()
    }

    /// Hands out the deltas queued, with their paths as they are now.
    pub(crate) fn drain(&mut self, deltas: &mut Vec<Delta>) {
        deltas.append(&mut self.ready);
        for entry in self.queue.drain(..) {
            let Queued { kind, text, choice, index, id, value, place, .. } = entry;
            let path: Arc<[Step]> = self.paths.path_of(&self.document, place);
            deltas.push(Delta { kind, text, choice, index, id, value, path });
        }
        self.document.settle();
    }
}
