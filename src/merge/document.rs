//! The message while it grows: an arena of nodes that know their place, and its size.
//!
//! Sizes follow the contract: the UTF-8 bytes of all keys and strings plus 16 for each value; an integer that is held as
//! its token, and a message held beside no delta, count as what they take. A node that is replaced
//! gives its slots back, so that memory follows the message and not the stream.

use std::borrow::Cow;
use std::sync::Arc;

use super::beside::Beside;
use super::buffer::Buffer;
use super::ids::IdMap;
use super::items::Items;
use super::keys::{KeyId, KeyTable, Keys};
use super::parts::Parts;
use super::tool_calls::Calls;
use super::word::Word;
use crate::rule::RuleId;

/// A node's number in its document.
pub type NodeId = u32;

/// The message itself.
pub const ROOT: NodeId = 0;

pub(crate) const VALUE_SIZE: u64 = 16;

/// Set in a place that is a member's key, not an item's number.
pub(crate) const MEMBER: u32 = 1 << 31;

/// One value of a document.
#[derive(Clone, Debug)]
pub enum Node {
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
#[derive(Clone, Debug, Default)]
pub struct Text {
    /// The text so far.
    pub text: Buffer,
    pub(crate) pending: Option<u16>,
    /// Its number among the pending ones.
    pub(crate) ticket: u64,
    /// Of a buffer: how long it was when it became a value.
    pub(super) parsed: usize,
}

/// The members of an object, in the order first seen.
#[derive(Clone, Debug, Default)]
pub struct Object {
    pub(crate) members: Vec<(KeyId, NodeId)>,
    /// A delta came for this choice, so that a message beside it is superfluous.
    pub(crate) streamed: bool,
    /// Such a message, while none came.
    pub(crate) whole: Option<Box<Whole>>,
}

/// A message beside which no delta came so far: its ticket, the choice, the rule to merge by, the JSON.
#[derive(Clone, Debug)]
pub(crate) struct Whole {
    pub(crate) ticket: u64,
    pub(crate) choice: u64,
    pub(crate) rule: RuleId,
    pub(crate) text: Box<str>,
    /// Of the value, as a node's.
    pub(crate) size: u64,
}

impl Object {
    /// An object that so many members are to be added to: fewer reallocations, 3 % of a short stream.
    pub(crate) fn with_capacity(members: usize) -> Self {
        Self { members: Vec::with_capacity(members), ..Self::default() }
    }

    #[inline]
    pub(crate) fn get(&self, key: KeyId) -> Option<NodeId> {
        // Members are few; an object of thousands keeps its keys in a map of the document, see Document::member.
        self.members.iter().find(|member| member.0 == key).map(|member| member.1)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Slot {
    pub(super) node: Node,
    parent: NodeId,
    /// A member's key with `MEMBER`, or an item's number.
    key: u32,
}

/// Objects of more members than this are looked up by a map; a whole response has 40.
const FEW_MEMBERS: usize = 64;

/// A message, or a value of one.
#[derive(Clone, Debug)]
pub struct Document {
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
    large: IdMap<(NodeId, KeyId), NodeId>,
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
            beside: IdMap::default(),
            layout: 0,
            size: 0,
            changes: 0,
            epoch: 0,
        }
    }

    /// Whether nothing came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The node of that number.
    #[inline]
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by this arena alone")]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.slots[id as usize].node
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by this arena alone")]
    pub(crate) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.slots[id as usize].node
    }

    /// The name of a member.
    #[must_use]
    pub fn key(&self, key: KeyId) -> &str {
        self.keys.name(key)
    }

    /// The names that the dialect's table knows: members of lower numbers than it has names are its.
    #[must_use]
    pub fn table(&self) -> &KeyTable {
        self.keys.table()
    }

    /// The members of an object in order; nothing for another node.
    pub fn members(&self, id: NodeId) -> impl Iterator<Item = (KeyId, NodeId)> + '_ {
        let members = match self.node(id) {
            Node::Object(object) => object.members.as_slice(),
            _ => &[],
        };
        members.iter().copied()
    }

    /// The items of a list in the order of the message; nothing for another node.
    #[must_use]
    pub fn items(&self, id: NodeId) -> Cow<'_, [NodeId]> {
        match self.node(id) {
            Node::List(items) | Node::Blocks(items) => items.into(),
            Node::Calls(calls) => calls.slots.as_slice().into(),
            Node::Parts(parts) => parts.slots.as_slice().into(),
            Node::Items(items) => items.in_order().into(),
            _ => Cow::Borrowed(&[]),
        }
    }

    /// The text of a string node, without what is pending; None for another node.
    #[must_use]
    pub fn string(&self, id: NodeId) -> Option<Cow<'_, str>> {
        match self.node(id) {
            Node::Str(text) => Some((&**text).into()),
            Node::Default(text) => Some((&**text).into()),
            Node::Text(text) => match self.tails.get(&id) {
                Some((_, tail)) => Some(format!("{}{tail}", text.text.as_str()).into()),
                None => Some(text.text.as_str().into()),
            },
            _ => None,
        }
    }

    /// The member of an object.
    #[inline]
    pub(crate) fn member(&self, id: NodeId, key: KeyId) -> Option<NodeId> {
        match self.node(id) {
            Node::Object(object) if object.members.len() <= FEW_MEMBERS => object.get(key),
            Node::Object(_) => self.large.get(&(id, key)).copied(),
            _ => None,
        }
    }

    /// The member of an object, looked for at the place `next` first, which then is the one behind it: members mostly come
    /// in the order in which they are held.
    #[inline]
    pub(crate) fn member_from(&self, id: NodeId, next: &mut usize, key: KeyId) -> Option<NodeId> {
        let Node::Object(object) = self.node(id) else { return None };
        if let Some(found) = object.members.get(*next).filter(|found| found.0 == key) {
            *next += 1;
            return Some(found.1);
        }
        if object.members.len() > FEW_MEMBERS {
            return self.member(id, key);
        }
        let at = object.members.iter().position(|member| member.0 == key)?;
        *next = at + 1;
        object.members.get(at).map(|member| member.1)
    }

    /// The same by a name, with its key; None where no key has it.
    #[inline]
    pub(crate) fn named_from(
        &self,
        id: NodeId,
        next: &mut usize,
        (hash, name): (u32, &[u8]),
    ) -> Option<(KeyId, Option<NodeId>)> {
        if let Node::Object(object) = self.node(id) {
            if let Some(found) = object.members.get(*next).filter(|found| self.keys.is(found.0, hash, name)) {
                *next += 1;
                return Some((found.0, Some(found.1)));
            }
        }
        let key = self.keys.find_hashed(hash, name)?;
        Some((key, self.member_from(id, next, key)))
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
        let slot = Slot { node, parent, key };
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
        self.changes += 1;
        self.epoch += 1;
        if let Some(held) = held {
            self.size -= self.size_of(held);
            self.clear(held);
            *self.node_mut(held) = node;
            self.size += self.size_of(held);
            return held;
        }
        self.size += self.keys.name(key).len() as u64 + VALUE_SIZE + node.leaf_size();
        let id = self.add(node, object, key | MEMBER);
        self.attach(object, key, id);
        id
    }

    /// Makes `id` a member of `object`, which has none of that key.
    #[inline]
    pub(super) fn attach(&mut self, object: NodeId, key: KeyId, id: NodeId) {
        let Node::Object(inner) = self.node_mut(object) else { return };
        inner.members.push((key, id));
        if inner.members.len() > FEW_MEMBERS {
            self.note_large(object, key, id);
        }
    }

    /// Makes these the members of an object that has none.
    pub(super) fn attach_all(&mut self, object: NodeId, members: Vec<(KeyId, NodeId)>) {
        if members.len() > FEW_MEMBERS {
            self.large.extend(members.iter().map(|(key, id)| ((object, *key), *id)));
        }
        if let Node::Object(inner) = self.node_mut(object) {
            inner.members = members;
        }
    }

    #[cold]
    fn note_large(&mut self, object: NodeId, key: KeyId, id: NodeId) {
        let Node::Object(inner) = self.node(object) else { return };
        if inner.members.len() == FEW_MEMBERS + 1 {
            let members = inner.members.clone();
            self.large.extend(members.into_iter().map(|(key, id)| ((object, key), id)));
        } else {
            self.large.insert((object, key), id);
        }
    }

    /// Takes members out of an object; their keys are sorted.
    pub(crate) fn remove(&mut self, object: NodeId, keys: &[KeyId]) {
        let Node::Object(inner) = self.node_mut(object) else { return };
        let before = inner.members.len();
        let (gone, kept) =
            std::mem::take(&mut inner.members).into_iter().partition(|member| keys.binary_search(&member.0).is_ok());
        let (gone, kept): (Vec<_>, Vec<_>) = (gone, kept);
        let few = before > FEW_MEMBERS && kept.len() <= FEW_MEMBERS;
        for (key, _) in gone.iter().chain(kept.iter().filter(|_| few)) {
            self.large.remove(&(object, *key));
        }
        if let Node::Object(inner) = self.node_mut(object) {
            inner.members = kept;
        }
        for (key, id) in gone {
            self.size -= self.keys.name(key).len() as u64 + self.size_of(id);
            self.clear(id);
            self.freed.push(id);
            self.layout += 1;
            self.replaced = true;
            self.changes += 1;
            self.epoch += 1;
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
                    if object.members.len() > FEW_MEMBERS {
                        for (key, _) in &object.members {
                            self.large.remove(&(at, *key));
                        }
                    }
                    stack.extend(object.members.into_iter().map(|member| member.1));
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
            Node::Text(text) => (text.text.len() + self.tails.get(&id).map_or(0, |tail| tail.1.len())) as u64,
            Node::Object(object) => {
                let members = object.members.iter();
                let sizes = members.map(|(key, id)| self.keys.name(*key).len() as u64 + self.size_of(*id));
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
