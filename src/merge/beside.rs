//! What an object has beside its members: the buffers of an item, what deltas told of a call.

use super::document::{Document, Node, NodeId, Object};
use super::known::Known;

/// What an object has beside its members.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    /// An object with the texts that become members when the item is closed.
    pub(super) shadow: Option<NodeId>,
    /// The ticket of an item that isn't closed.
    pub(super) opened: Option<u64>,
    /// The id and name that deltas told of a call.
    pub(super) told: Option<(Option<String>, String)>,
    /// A delta told the arguments, which came whole.
    pub(super) told_whole: bool,
    /// What a list has, where only what it hasn't is added.
    pub(super) known: Option<Box<Known>>,
}

impl Document {
    /// The object beside an item that has its buffers.
    pub(crate) fn shadow(&self, item: NodeId) -> Option<NodeId> {
        self.beside.get(&item)?.shadow
    }

    /// Takes away what an item has beside its members, as another one begins in its place.
    pub(super) fn forget_beside(&mut self, item: NodeId) {
        let Some(beside) = self.beside.remove(&item) else { return };
        self.dropped.extend(beside.opened);
        if let Some(shadow) = beside.shadow {
            let sizes = self.members(shadow).map(|(key, id)| self.key(key).len() as u64 + self.size_of(id));
            self.size -= sizes.sum::<u64>();
            self.clear(shadow);
            self.freed.push(shadow);
        }
        self.changes += 1;
        self.epoch += 1;
    }

    /// The same, made where there is none: it stands where the item does.
    pub(super) fn shadow_of(&mut self, item: NodeId) -> NodeId {
        if let Some(shadow) = self.shadow(item) {
            return shadow;
        }
        let (parent, key) = self.place(item);
        let shadow = self.add(Node::Object(Object::default()), parent, key);
        self.beside.entry(item).or_default().shadow = Some(shadow);
        shadow
    }
}
