//! Whole values of a payload, put into a document.

use super::document::{Document, MEMBER, Node, NodeId, Object, VALUE_SIZE};
use super::keys::KeyId;
use super::payload::Payload;
use crate::json::{Tag, int_token, parse_float};

impl Document {
    /// The node of a scalar, or an empty container.
    pub(crate) fn shell(payload: Payload<'_>, value: u32) -> Node {
        let entry = payload.entry(value);
        match entry.tag {
            Tag::Null => Node::Null,
            Tag::True => Node::Bool(true),
            Tag::False => Node::Bool(false),
            Tag::Int => integer(payload.tape.str_of(payload.text, entry)),
            Tag::Float => Node::Float(parse_float(payload.tape.str_of(payload.text, entry))),
            Tag::Str | Tag::Escaped => Node::Str(payload.tape.text_of(payload.text, entry).into()),
            Tag::Object => Node::Object(Object::with_capacity(payload.tape.fields(value).count())),
            Tag::List => Node::List(Vec::new()),
        }
    }

    /// Fills a container that `shell` made; with `deep`, without the null members of objects that lists don't enclose.
    pub(crate) fn fill(&mut self, id: NodeId, payload: Payload<'_>, value: u32, deep: bool) {
        match payload.entry(value).tag {
            Tag::Object => {
                for (name, member) in payload.tape.fields(value) {
                    if deep && payload.entry(member).tag == Tag::Null {
                        continue;
                    }
                    let key = self.keys.intern_hashed(name.next, &payload.tape.text_of(payload.text, name));
                    let child = self.add(Self::shell(payload, member), id, key | MEMBER);
                    self.attach(id, key, child);
                    self.fill(child, payload, member, deep);
                }
            }
            Tag::List => {
                for item in payload.tape.items(value) {
                    self.push(id, payload, item);
                }
            }
            _ => {}
        }
    }

    /// Adds a whole value to a list, without accounting.
    pub(crate) fn push(&mut self, list: NodeId, payload: Payload<'_>, item: u32) -> NodeId {
        let number = match self.node(list) {
            Node::List(items) => crate::narrow(items.len()),
            _ => 0,
        };
        let entry = payload.entry(item);
        let node = match entry.tag {
            Tag::Object | Tag::List if !self.keys.reads_lists() => {
                Node::Raw(payload.tape.str_of(payload.text, entry).into(), payload.size_of(item))
            }
            _ => Self::shell(payload, item),
        };
        let child = self.add(node, list, number);
        if let Node::List(items) = self.node_mut(list) {
            items.push(child);
        }
        if self.keys.reads_lists() {
            self.fill(child, payload, item, false);
        }
        child
    }

    /// Sets a member to a whole value.
    pub(crate) fn put_value(
        &mut self,
        object: NodeId,
        key: KeyId,
        payload: Payload<'_>,
        value: u32,
        deep: bool,
    ) -> NodeId {
        self.set_value(self.member(object, key), (object, key), payload, value, deep)
    }

    /// The same where it is known which node is held there, if one is.
    pub(crate) fn set_value(
        &mut self,
        held: Option<NodeId>,
        (object, key): (NodeId, KeyId),
        payload: Payload<'_>,
        value: u32,
        deep: bool,
    ) -> NodeId {
        let id = self.set(held, object, key, Self::shell(payload, value));
        if matches!(payload.entry(value).tag, Tag::Object | Tag::List) {
            self.fill(id, payload, value, deep);
            self.size += self.size_of(id) - VALUE_SIZE;
        }
        id
    }
}

/// The node of an integer token.
fn integer(token: &str) -> Node {
    let token = int_token(token);
    match token.parse() {
        Ok(value) if token.len() <= 18 => Node::Int(value),
        _ => Node::BigInt(token.into()),
    }
}
