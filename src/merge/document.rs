//! The message while it grows: an arena of nodes that know their place, and its size.
//!
//! Sizes are those that users reckon with: the UTF-8 bytes of all keys and strings plus 16 for each value; an integer that is held as
//! its token, and a message held beside no delta, count as what they take. A node that is replaced
//! gives its slots back, so that memory follows the message and not the stream.

use std::borrow::Cow;
use std::sync::Arc;

use super::beside::Beside;
use super::buffer::Buffer;
use super::ids::IdMap;
use super::items::Items;
use super::keys::{KeyId, KeyTable, Keys};
use super::object::Whole;
use super::parts::Parts;
use super::tool_calls::Calls;
use super::word::Word;

/// A node's number in its document.
pub(crate) type NodeId = u32;

/// The message itself.
pub(crate) const ROOT: NodeId = 0;

pub(crate) const VALUE_SIZE: u64 = 16;

/// Set in a place that is a member's key, not an item's number.
pub(crate) const MEMBER: u32 = 1 << 31;

/// One value of a document.
#[derive(Debug)]
pub(crate) enum Node {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of at most 18 digits.
    Int(i64),
    /// The token of a larger one.
    BigInt(Box<str>),
    /// A finite float.
    Float(f64),
    /// A string held whole.
    Str(Word),
    /// A text that stands until the stream brings one.
    Default(Arc<str>),
    /// A string that grows.
    Text(Text),
    /// An object.
    Object(Object),
    /// An object or list that nothing merges into: its JSON as it came, and its size.
    Raw(Box<str>, u64),
    /// A list of whole values.
    List(Vec<NodeId>),
    /// A list whose items are found by key.
    Items(Box<Items>),
    /// A list of content blocks, the last of them open.
    Blocks(Vec<NodeId>),
    /// The tool calls of a choice.
    Calls(Box<Calls>),
    /// Parts, or calls that came whole.
    Parts(Box<Parts>),
}

/// A string that grows; `pending` is a high surrogate that waits for its low half, and isn't part of it yet.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// The text so far.
    pub(crate) buffer: Buffer,
    pub(crate) pending: Option<u16>,
    /// Its number among the pending ones.
    pub(crate) ticket: u64,
    /// Of a buffer: how long it was when it became a value.
    pub(super) parsed: usize,
}

/// The members of an object: linked from slot to slot in the order first seen. A vector each took a chat's message seven
/// allocations.
#[derive(Debug)]
pub(crate) struct Object {
    pub(super) first: NodeId,
    pub(super) last: NodeId,
    pub(crate) count: u32,
    /// A delta came for this choice, so that a message beside it is superfluous.
    pub(crate) streamed: bool,
    /// Such a message, while none came.
    pub(crate) whole: Option<Box<Whole>>,
}

impl Default for Object {
    fn default() -> Self {
        Self { first: NONE, last: NONE, count: 0, streamed: false, whole: None }
    }
}

#[derive(Debug)]
pub(super) struct Slot {
    pub(super) node: Node,
    parent: NodeId,
    /// A member's key with `MEMBER`, or an item's number.
    key: u32,
    /// The member behind it.
    next: NodeId,
}

/// No member comes behind.
pub(super) const NONE: NodeId = NodeId::MAX;

/// Objects of more members than this are looked up by a map; a whole response has 40.
pub(super) const FEW_MEMBERS: u32 = 64;

/// A message, or a value of one.
#[derive(Debug)]
pub(crate) struct Document {
    pub(super) slots: Vec<Slot>,
    pub(super) free: Vec<NodeId>,
    /// Slots given back since deltas were last handed out: until then their places are looked at.
    pub(super) freed: Vec<NodeId>,
    /// Since then, a container was replaced: a queued delta may stand in what is gone.
    pub(crate) replaced: bool,
    /// Tickets of texts that are gone.
    pub(crate) dropped: Vec<u64>,
    pub(crate) keys: Keys,
    /// Base64 quads held back, with their tickets; a snapshot shows them.
    pub(crate) tails: IdMap<NodeId, (u64, String)>,
    pub(super) large: IdMap<(NodeId, KeyId), NodeId>,
    /// Buffers of a message before this one, for its memory.
    pub(super) spare: Vec<Buffer>,
    /// What objects have beside their members.
    pub(super) beside: IdMap<NodeId, Beside>,
    /// How often an item came or a node went: while it stays, so do paths.
    pub(crate) layout: u64,
    pub(crate) size: u64,
    /// How often anything changed.
    pub(crate) changes: u64,
    /// How often anything changed but for the end of a text: what a template was learned under.
    pub(crate) epoch: u64,
}

impl Document {
    pub(crate) fn new(keys: Keys) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            freed: Vec::new(),
            replaced: false,
            dropped: Vec::new(),
            keys,
            tails: IdMap::default(),
            large: IdMap::default(),
            spare: Vec::new(),
            beside: IdMap::default(),
            layout: 0,
            size: 0,
            changes: 0,
            epoch: 0,
        }
    }

    /// Whether nothing came.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The node of that number.
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by this arena alone")]
    pub(crate) fn node(&self, id: NodeId) -> &Node {
        &self.slots[id as usize].node
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by this arena alone")]
    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.slots[id as usize].node
    }

    /// The name of a member.
    pub(crate) fn key(&self, key: KeyId) -> &str {
        self.keys.name(key)
    }

    /// The names that the dialect's table knows: members of lower numbers than it has names are its.
    pub(crate) fn table(&self) -> &KeyTable {
        self.keys.table()
    }

    /// The members of an object in order; nothing for another node.
    #[inline]
    pub(crate) fn members(&self, id: NodeId) -> Members<'_> {
        Members { slots: &self.slots, at: self.first(id) }
    }

    #[inline]
    fn first(&self, object: NodeId) -> NodeId {
        match self.node(object) {
            Node::Object(object) => object.first,
            _ => NONE,
        }
    }

    /// The items of a list in the order of the message; nothing for another node.
    pub(crate) fn items(&self, id: NodeId) -> Cow<'_, [NodeId]> {
        match self.node(id) {
            Node::List(items) | Node::Blocks(items) => items.into(),
            Node::Calls(calls) => calls.slots.as_slice().into(),
            Node::Parts(parts) => parts.slots.as_slice().into(),
            Node::Items(items) => items.in_order().into(),
            _ => Cow::Borrowed(&[]),
        }
    }

    /// Calls `each` with the items of a list in the order of the message, until it returns false; returns what it did last.
    pub(crate) fn each(&self, list: NodeId, each: &mut dyn FnMut(NodeId) -> bool) -> bool {
        match self.node(list) {
            Node::Items(items) => items.each(each),
            _ => self.items(list).iter().all(|item| each(*item)),
        }
    }

    /// The text of a string node, without what is pending; None for another node.
    pub(crate) fn string(&self, id: NodeId) -> Option<Cow<'_, str>> {
        match self.node(id) {
            Node::Str(text) => Some((&**text).into()),
            Node::Default(text) => Some((&**text).into()),
            Node::Text(text) => match self.tails.get(&id) {
                Some((_, tail)) => Some(format!("{}{tail}", text.buffer.as_str()).into()),
                None => Some(text.buffer.as_str().into()),
            },
            _ => None,
        }
    }

    /// The member of an object.
    #[inline]
    pub(crate) fn member(&self, id: NodeId, key: KeyId) -> Option<NodeId> {
        match self.node(id) {
            Node::Object(object) if object.count > FEW_MEMBERS => self.large.get(&(id, key)).copied(),
            Node::Object(_) => self.members(id).find(|member| member.0 == key).map(|member| member.1),
            _ => None,
        }
    }

    /// The member of an object, looked for at `next` first (or, if that is the root, at the first), which then is the one
    /// behind it: members mostly come in the order in which they are held.
    #[inline]
    pub(crate) fn member_from(&self, id: NodeId, next: &mut NodeId, key: KeyId) -> Option<NodeId> {
        let found = match self.next_member(id, *next) {
            Some((held, at)) if held == key => at,
            _ => self.member(id, key)?,
        };
        *next = self.behind(found);
        Some(found)
    }

    /// The same by a name, with its key; None where no key has it.
    #[inline]
    pub(crate) fn named_from(
        &self,
        id: NodeId,
        next: &mut NodeId,
        (hash, name): (u32, &[u8]),
    ) -> Option<(KeyId, Option<NodeId>)> {
        if let Some((key, at)) = self.next_member(id, *next).filter(|next| self.keys.is(next.0, hash, name)) {
            *next = self.behind(at);
            return Some((key, Some(at)));
        }
        let key = self.keys.find_hashed(hash, name)?;
        Some((key, self.member_from(id, next, key)))
    }

    /// The member at `next`, or the first one.
    #[inline]
    fn next_member(&self, id: NodeId, next: NodeId) -> Option<(KeyId, NodeId)> {
        Members { slots: &self.slots, at: if next == ROOT { self.first(id) } else { next } }.next()
    }

    #[inline]
    fn behind(&self, id: NodeId) -> NodeId {
        self.slots.get(id as usize).map_or(NONE, |slot| slot.next)
    }

    /// The member of an object, unless it is null or a default.
    pub(crate) fn held(&self, id: NodeId, key: KeyId) -> Option<NodeId> {
        self.member(id, key).filter(|held| !matches!(self.node(*held), Node::Null | Node::Default(_)))
    }

    /// Makes room for the nodes of a new message: so many, but no fewer than that of a chat has, and no more than some.
    pub(super) fn expect(&mut self, nodes: usize) {
        self.slots.reserve(nodes.clamp(32, 128));
    }

    /// Adds a node that stands nowhere yet.
    pub(crate) fn add(&mut self, node: Node, parent: NodeId, key: u32) -> NodeId {
        let slot = Slot { node, parent, key, next: NONE };
        if let Some(id) = self.free.pop() {
            if let Some(place) = self.slots.get_mut(id as usize) {
                *place = slot;
            }
            return id;
        }
        self.slots.push(slot);
        crate::narrow(self.slots.len() - 1)
    }

    /// Sets a member, and accounts for what that adds to the message or takes from it.
    pub(crate) fn put(&mut self, object: NodeId, key: KeyId, node: Node) -> NodeId {
        self.set(self.member(object, key), object, key, node)
    }

    /// The same where it is known which node is held there, if one is.
    pub(crate) fn set(&mut self, held: Option<NodeId>, object: NodeId, key: KeyId, node: Node) -> NodeId {
        let Some(held) = held else { return self.put_new(object, key, node) };
        self.changes += 1;
        self.epoch += 1;
        self.size -= self.size_of(held);
        self.clear(held);
        *self.node_mut(held) = node;
        self.size += self.size_of(held);
        held
    }

    /// The same where none is.
    fn put_new(&mut self, object: NodeId, key: KeyId, node: Node) -> NodeId {
        self.changes += 1;
        self.epoch += 1;
        self.size += self.keys.name(key).len() as u64 + VALUE_SIZE + node.leaf_size();
        let id = self.add(node, object, key | MEMBER);
        self.attach(object, key, id);
        id
    }

    /// Makes `id` a member of `object`, which has none of that key.
    #[inline]
    pub(super) fn attach(&mut self, object: NodeId, key: KeyId, id: NodeId) {
        let Node::Object(inner) = self.node_mut(object) else { return };
        let before = std::mem::replace(&mut inner.last, id);
        inner.count += 1;
        let count = inner.count;
        match before {
            NONE => inner.first = id,
            _ => self.link(before, id),
        }
        if count > FEW_MEMBERS {
            self.note_large(object, count, key, id);
        }
    }

    #[inline]
    pub(super) fn link(&mut self, before: NodeId, id: NodeId) {
        if let Some(before) = self.slots.get_mut(before as usize) {
            before.next = id;
        }
    }

    #[cold]
    fn note_large(&mut self, object: NodeId, count: u32, key: KeyId, id: NodeId) {
        if count == FEW_MEMBERS + 1 {
            let members = Members { slots: &self.slots, at: self.first(object) };
            self.large.extend(members.map(|(key, id)| ((object, key), id)));
        } else {
            self.large.insert((object, key), id);
        }
    }

    /// Sets an item of a list.
    pub(crate) fn replace(&mut self, id: NodeId, node: Node) {
        self.size -= self.size_of(id);
        self.clear(id);
        *self.node_mut(id) = node;
        self.size += self.size_of(id);
        self.changes += 1;
        self.epoch += 1;
    }

    /// Gives back what a node holds, and leaves a null.
    pub(crate) fn clear(&mut self, id: NodeId) {
        let node = self.node(id);
        if matches!(node, Node::Null | Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Str(_) | Node::Default(_))
        {
            return;
        }
        self.layout += 1;
        self.replaced = true;
        let (mut stack, mut next) = (Vec::new(), Some(id));
        while let Some(at) = next {
            let node = std::mem::replace(self.node_mut(at), Node::Null);
            match node {
                Node::Object(object) => {
                    for (key, member) in (Members { slots: &self.slots, at: object.first }) {
                        if object.count > FEW_MEMBERS {
                            self.large.remove(&(at, key));
                        }
                        stack.push(member);
                    }
                    if let Some(beside) = self.beside.remove(&at) {
                        self.dropped.extend(beside.opened);
                        stack.extend(beside.shadow);
                    }
                }
                Node::List(items) | Node::Blocks(items) => {
                    self.beside.remove(&at);
                    stack.extend(items);
                }
                Node::Items(items) => stack.extend(items.nodes()),
                Node::Calls(calls) => stack.extend(calls.slots),
                Node::Parts(parts) => {
                    self.dropped.extend(parts.going_on());
                    stack.extend(parts.slots);
                }
                Node::Text(text) => {
                    self.dropped.extend(Some(text.ticket).filter(|ticket| *ticket != 0));
                    self.dropped.extend(self.tails.remove(&at).map(|tail| tail.0));
                }
                _ => {}
            }
            if at != id {
                self.freed.push(at);
            }
            next = stack.pop();
        }
    }

    /// Accounts for `size` bytes that were added within a node.
    #[inline]
    pub(crate) fn grow(&mut self, size: u64) {
        self.grow_text(size);
        self.epoch += 1;
    }

    /// Accounts for `size` bytes that a fragment added to a text: a change that a template repeats.
    #[inline]
    pub(crate) fn grow_text(&mut self, size: u64) {
        self.size += size;
        self.changes += 1;
    }

    /// The size of a node, without its key.
    #[inline]
    pub(crate) fn size_of(&self, id: NodeId) -> u64 {
        let node = self.node(id);
        match node {
            Node::Null | Node::Bool(_) | Node::Int(_) | Node::Str(_) | Node::Default(_) => {
                VALUE_SIZE + node.leaf_size()
            }
            _ => self.size_within(id),
        }
    }

    fn size_within(&self, id: NodeId) -> u64 {
        let node = self.node(id);
        let inner: u64 = match node {
            Node::Text(text) => (text.buffer.len() + self.tails.get(&id).map_or(0, |tail| tail.1.len())) as u64,
            Node::Object(object) => {
                let members = self.members(id);
                let sizes = members.map(|(key, id)| self.keys.name(key).len() as u64 + self.size_of(id));
                sizes.sum::<u64>() + object.whole.as_ref().map_or(0, |whole| whole.size)
            }
            Node::List(items) | Node::Blocks(items) => items.iter().map(|id| self.size_of(*id)).sum(),
            Node::Items(items) => items.nodes().map(|id| self.size_of(id)).sum(),
            Node::Calls(calls) => calls.slots.iter().map(|id| self.size_of(*id)).sum(),
            Node::Parts(parts) => parts.slots.iter().map(|id| self.size_of(*id)).sum(),
            _ => node.leaf_size(),
        };
        VALUE_SIZE + inner
    }

    /// Where a member or item stands: its parent, and its key or number there.
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by this arena alone")]
    pub(crate) fn place(&self, id: NodeId) -> (NodeId, u32) {
        let slot = &self.slots[id as usize];
        (slot.parent, slot.key)
    }

    /// The key of a member in the object around it.
    #[inline]
    pub(crate) fn place_key(&self, id: NodeId) -> KeyId {
        self.place(id).1 & !MEMBER
    }
}

/// Walks the members of an object.
pub(crate) struct Members<'d> {
    slots: &'d [Slot],
    at: NodeId,
}

impl Iterator for Members<'_> {
    type Item = (KeyId, NodeId);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let id = self.at;
        let slot = self.slots.get(id as usize)?;
        self.at = slot.next;
        Some((slot.key & !MEMBER, id))
    }
}
