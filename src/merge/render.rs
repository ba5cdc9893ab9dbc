//! A document, or a node of one, written as a snapshot.

use super::document::{Document, Node, NodeId, ROOT, Slot};
use super::ids::IdMap;
use super::keys::KeyId;
use super::snapshot::{BESIDE, Held, Item, Snapshot, Span};

/// The size of a message whose largest text is moved and not copied, in bytes.
const LARGE: u64 = 1 << 16;

impl Document {
    /// The message as it stands; None where nothing came.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        let (values, room) = self.room();
        (!self.is_empty()).then(|| Writer::new(self, values, room).write_all(ROOT))
    }

    /// The same, in the memory of the message's largest text where that is large: this document is to be renewed.
    pub(crate) fn take_snapshot(&mut self) -> Option<Snapshot> {
        let large = if self.size > LARGE { self.take_largest() } else { None };
        let Some((node, mut text)) = large else { return self.snapshot() };
        let (values, room) = self.room();
        let mut writer = Writer::new(self, values, 0);
        writer.moved = Some((node, text.len()));
        text.reserve(room.saturating_sub(text.len()));
        writer.out.text = text;
        Some(writer.write_all(ROOT))
    }

    /// How many values there are, and about how many bytes of texts: each value has 16 bytes in the size, the rest of which
    /// are texts and names.
    fn room(&self) -> (usize, usize) {
        let values = self.slots.len() - self.free.len();
        (values, usize::try_from(self.size).unwrap_or(0).saturating_sub(values * 16))
    }

    /// Takes the largest text, if nothing stands behind it in a snapshot.
    fn take_largest(&mut self) -> Option<(NodeId, Vec<u8>)> {
        let length = |slot: &Slot| if let Node::Text(text) = &slot.node { text.buffer.len() } else { 0 };
        let (node, _) = (0..).zip(&self.slots).max_by_key(|(_, slot)| length(slot))?;
        if self.tails.contains_key(&node) {
            return None;
        }
        match self.node_mut(node) {
            Node::Text(text) => Some((node, std::mem::take(&mut text.buffer).into_bytes())),
            _ => None,
        }
    }

    /// A node as it stands.
    pub(crate) fn snapshot_of(&self, id: NodeId) -> Snapshot {
        Writer::new(self, 0, 0).write_all(id)
    }
}

/// Writes a snapshot of a document's node.
struct Writer<'d> {
    document: &'d Document,
    out: Snapshot,
    /// The document's numbers of names that no table knows, and the snapshot's.
    numbers: IdMap<KeyId, KeyId>,
    /// A text that stands at the front already, and its length.
    moved: Option<(NodeId, usize)>,
}

impl<'d> Writer<'d> {
    fn new(document: &'d Document, values: usize, room: usize) -> Self {
        let (items, text) = (Vec::with_capacity(values), Vec::with_capacity(room));
        let out = Snapshot { items, text, names: Vec::new(), table: document.keys.shared_table() };
        Self { document, out, numbers: IdMap::default(), moved: None }
    }

    fn write_all(mut self, id: NodeId) -> Snapshot {
        self.write(id, 0);
        self.out
    }

    fn text(&mut self, text: &[u8]) -> Span {
        let start = self.out.text.len();
        self.out.text.extend_from_slice(text);
        Span { start, length: text.len() }
    }

    fn key(&mut self, key: KeyId) -> KeyId {
        let known = crate::narrow(self.out.table.len());
        if key < known {
            return key;
        }
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let name = self.text(self.document.keys.name(key).as_bytes());
        let number = known + crate::narrow(self.out.names.len());
        self.out.names.push(name);
        self.numbers.insert(key, number);
        number
    }

    fn write(&mut self, id: NodeId, key: KeyId) {
        let document = self.document;
        let held = match document.node(id) {
            Node::Null => Held::Null,
            Node::Bool(truth) => Held::Bool(*truth),
            Node::Int(number) => Held::Int(*number),
            Node::BigInt(token) => Held::BigInt(self.text(token.as_bytes())),
            Node::Float(number) => Held::Float(*number),
            Node::Str(text) => Held::Str(self.text(text.bytes())),
            Node::Default(text) => Held::Str(self.text(text.as_bytes())),
            Node::Text(_) if self.moved.is_some_and(|moved| moved.0 == id) => {
                Held::Str(Span { start: 0, length: self.moved.map_or(0, |moved| moved.1) })
            }
            Node::Text(text) => {
                let mut span = self.text(text.buffer.bytes());
                if let Some((_, tail)) = document.tails.get(&id) {
                    span.length += self.text(tail.as_bytes()).length;
                }
                Held::Str(span)
            }
            Node::Raw(json, _) => Held::Raw(self.text(json.as_bytes())),
            Node::Object(_) => return self.object(id, key),
            Node::List(_) | Node::Items(_) | Node::Blocks(_) | Node::Calls(_) | Node::Parts(_) => {
                return self.list(id, key);
            }
        };
        let next = crate::narrow(self.out.items.len() + 1);
        self.out.items.push(Item { held, key, next });
    }

    fn object(&mut self, id: NodeId, key: KeyId) {
        let at = self.open(Held::Object, key);
        for (key, member) in self.document.members(id) {
            let key = self.key(key);
            self.write(member, key);
        }
        if let Some(shadow) = self.document.shadow(id) {
            for (key, buffer) in self.document.members(shadow) {
                let key = self.key(key);
                self.write(buffer, key | BESIDE);
            }
        }
        self.close(at);
    }

    fn list(&mut self, id: NodeId, key: KeyId) {
        let at = self.open(Held::List, key);
        self.document.each(id, &mut |item| {
            self.write(item, 0);
            true
        });
        self.close(at);
    }

    fn open(&mut self, held: Held, key: KeyId) -> usize {
        self.out.items.push(Item { held, key, next: 0 });
        self.out.items.len() - 1
    }

    fn close(&mut self, at: usize) {
        let next = crate::narrow(self.out.items.len());
        if let Some(item) = self.out.items.get_mut(at) {
            item.next = next;
        }
    }
}
