//! Strict equality of values, type and value; the order of keys doesn't count.

use super::document::{Document, Node, NodeId, ROOT};
use super::keys::KeyId;
use super::payload::Payload;
use crate::json::{Tag, Tape, int_token, parse_float, small_int, unescapes_to};

impl Document {
    /// Whether a node says the same as a value of the payload.
    pub(crate) fn same_value(&self, id: NodeId, payload: Payload<'_>, value: u32) -> bool {
        let entry = payload.entry(value);
        let token = || payload.tape.str_of(payload.text, entry);
        match (self.node(id), entry.tag) {
            (Node::Null, Tag::Null) | (Node::Bool(true), Tag::True) | (Node::Bool(false), Tag::False) => true,
            (Node::Int(held), Tag::Int) => small_int(token().as_bytes()) == Some(*held),
            (Node::BigInt(held), Tag::Int) => **held == *int_token(token()),
            (Node::Float(held), Tag::Float) => held.to_bits() == parse_float(token()).to_bits(),
            (Node::Str(held), Tag::Str) => held.is(token()),
            (Node::Str(held), Tag::Escaped) => unescapes_to(token(), held.bytes()),
            (Node::Object(object), Tag::Object) => {
                let (mut said, mut next) = (0, ROOT);
                let all = payload.tape.fields(value).all(|(name, member)| {
                    said += 1;
                    let found = self.named_from(id, &mut next, (name.next, &payload.name_of(name)));
                    let held = found.and_then(|found| found.1);
                    held.is_some_and(|held| self.same_value(held, payload, member))
                });
                all && said == object.count
            }
            (Node::List(held), Tag::List) => {
                let mut items = payload.tape.items(value);
                held.iter().all(|held| items.next().is_some_and(|item| self.same_value(*held, payload, item)))
                    && items.next().is_none()
            }
            (Node::Raw(held, _), Tag::Object | Tag::List) if **held == *token() => true,
            // What is the same is of the same size.
            (Node::Raw(_, size), Tag::Object | Tag::List) if *size != payload.size_of(value) => false,
            (Node::Raw(held, _), Tag::Object | Tag::List) => {
                let mut tape = Tape::new();
                let parsed = tape.parse(held);
                let payload_of_held = Payload { text: held, tape: &tape };
                let thawed = Self::of_value(self.keys.fresh(), payload_of_held, 0);
                parsed.is_ok() && thawed.same_value(ROOT, payload, value)
            }
            _ => false,
        }
    }

    /// Sets an integer to another of at most 18 digits: a change that a template repeats. False for a longer one.
    pub(crate) fn set_count(&mut self, id: NodeId, token: &str) -> bool {
        let Some(count) = small_int(token.as_bytes()) else { return false };
        if let Node::Int(held) = self.node_mut(id) {
            if std::mem::replace(held, count) != count {
                self.grow_text(0);
            }
        }
        true
    }

    /// Whether the default at `key` is what the stream now says: it becomes that, and nothing has changed.
    pub(crate) fn replace_default(&mut self, object: NodeId, key: KeyId, payload: Payload<'_>, value: u32) -> bool {
        let Some(held) = self.member(object, key) else { return false };
        let (Node::Default(standing), Some(said)) = (self.node(held), payload.string(value)) else { return false };
        let same = **standing == *said;
        if same {
            self.epoch += 1;
            *self.node_mut(held) = Node::Str(said.into());
        }
        same
    }
}
