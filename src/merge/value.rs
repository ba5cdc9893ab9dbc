//! Whole values of a payload, put into a document.

use super::document::{Document, MEMBER, Node, NodeId, Object, ROOT, VALUE_SIZE};
use super::keys::{KeyId, Keys};
use super::payload::Payload;
use crate::json::{SHORT, Tag, int_token, parse_float, small_int};

/// What an integer's token adds to the size of a value: a long one is held as it is.
pub(super) fn long_size(token: &str) -> u64 {
    if token.len() > SHORT { token.len() as u64 } else { 0 }
}

impl Node {
    /// The bytes that a node holds itself, which is new where it may hold others.
    #[inline]
    pub(super) fn leaf_size(&self) -> u64 {
        match self {
            Self::Str(text) => text.size(),
            Self::Default(text) => text.len() as u64,
            Self::Raw(_, size) => *size - VALUE_SIZE,
            Self::Text(text) => text.buffer.len() as u64,
            Self::BigInt(token) => long_size(token),
            _ => 0,
        }
    }
}

impl Document {
    /// A document of a whole value of a payload.
    pub(crate) fn of_value(keys: Keys, payload: Payload<'_>, value: u32) -> Self {
        let mut out = Self::new(keys);
        out.add(Self::shell(payload, value), ROOT, 0);
        out.fill(ROOT, payload, value, false);
        out
    }

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
            Tag::Object => Node::Object(Object::default()),
            Tag::List => Node::List(Vec::new()),
        }
    }

    /// Fills an empty container that `shell` made; with `deep`, without the null members of objects that lists don't
    /// enclose. Returns the size of what came in.
    pub(crate) fn fill(&mut self, id: NodeId, payload: Payload<'_>, value: u32, deep: bool) -> u64 {
        match payload.entry(value).tag {
            Tag::Object => self.fill_object(id, payload, value, deep),
            Tag::List => payload.tape.items(value).map(|item| self.push(id, payload, item).1).sum(),
            _ => 0,
        }
    }

    fn fill_object(&mut self, id: NodeId, payload: Payload<'_>, value: u32, deep: bool) -> u64 {
        let mut size = 0;
        for (name, member) in payload.tape.fields(value) {
            let tag = payload.entry(member).tag;
            if deep && tag == Tag::Null {
                continue;
            }
            let text = payload.name_of(name);
            let known = self.keys.find_hashed(name.next, &text);
            let key = known.unwrap_or_else(|| self.keys.add(name.next, std::str::from_utf8(&text).unwrap_or_default()));
            let node = Self::shell(payload, member);
            size += self.keys.name(key).len() as u64 + VALUE_SIZE + node.leaf_size();
            let child = self.add(node, id, key | MEMBER);
            self.attach(id, key, child);
            if matches!(tag, Tag::Object | Tag::List) {
                size += self.fill(child, payload, member, deep);
            }
        }
        size
    }

    /// Adds a whole value to a list, without accounting; returns its size too.
    pub(crate) fn push(&mut self, list: NodeId, payload: Payload<'_>, item: u32) -> (NodeId, u64) {
        let number = match self.node(list) {
            Node::List(items) => crate::narrow(items.len()),
            _ => 0,
        };
        let entry = payload.entry(item);
        let node = match entry.tag {
            Tag::Object | Tag::List if entry.next > item + 1 && !self.keys.reads_lists() => {
                let size = payload.size_of(item);
                Node::Raw(payload.kept(item, size).into(), size)
            }
            _ => Self::shell(payload, item),
        };
        let mut size = VALUE_SIZE + node.leaf_size();
        let child = self.add(node, list, number);
        if let Node::List(items) = self.node_mut(list) {
            items.push(child);
        }
        if self.keys.reads_lists() {
            size += self.fill(child, payload, item, false);
        }
        (child, size)
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
            self.size += self.fill(id, payload, value, deep);
        }
        id
    }
}

/// The node of an integer token.
#[inline]
fn integer(token: &str) -> Node {
    match small_int(token.as_bytes()) {
        Some(value) => Node::Int(value),
        None => Node::BigInt(int_token(token).into()),
    }
}
