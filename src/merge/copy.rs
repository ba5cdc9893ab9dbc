//! Documents of their own: copies of a node, and whole values of a payload.

use super::document::{Document, MEMBER, Node, NodeId, Object, ROOT};
use super::keys::Keys;
use super::payload::Payload;

impl Document {
    /// A document of its own with a copy of the node.
    pub(crate) fn extract(&self, id: NodeId) -> Self {
        let mut out = Self::new(self.keys.fresh());
        out.add(Node::Null, ROOT, 0);
        out.copy_from(self, id, ROOT);
        out
    }

    /// Copies a node of another document into the null at `to`.
    pub(crate) fn copy_from(&mut self, from: &Self, id: NodeId, to: NodeId) {
        match from.node(id) {
            Node::Object(object) => {
                *self.node_mut(to) = Node::Object(Object::default());
                for (name, member) in &object.members {
                    let key = self.keys.intern(from.key(*name));
                    let child = self.add(Node::Null, to, key | MEMBER);
                    self.attach(to, key, child);
                    self.copy_from(from, *member, child);
                }
            }
            Node::List(_) | Node::Blocks(_) | Node::Items(_) | Node::Calls(_) | Node::Parts(_) => {
                let mut copies = Vec::new();
                for (number, item) in from.items(id).iter().enumerate() {
                    let child = self.add(Node::Null, to, crate::narrow(number));
                    self.copy_from(from, *item, child);
                    copies.push(child);
                }
                *self.node_mut(to) = Node::List(copies);
            }
            Node::Text(_) | Node::Default(_) => {
                *self.node_mut(to) = Node::Str(from.string(id).unwrap_or_default().into());
            }
            other => *self.node_mut(to) = other.clone(),
        }
    }

    /// A document of a whole value of a payload.
    pub(crate) fn of_value(keys: Keys, payload: Payload<'_>, value: u32) -> Self {
        let mut out = Self::new(keys);
        out.add(Self::shell(payload, value), ROOT, 0);
        out.fill(ROOT, payload, value, false);
        out
    }
}
