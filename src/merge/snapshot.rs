//! A message as it stood, or a value of one: it never changes, and few allocations hold it, however many values it has.
//!
//! Values stand one behind the other in the order of the text, each with the place behind it, as on a tape. A message that
//! grows has its memory in 25 pieces, which took 2 us a recorded stream to give back once they were in no cache.

use std::sync::Arc;

use super::keys::{KeyId, KeyTable};
use crate::json::{Tape, compact, float_repr, write_string};

/// A value's place in a snapshot.
pub type Place = u32;

/// The value that a snapshot is of.
pub const WHOLE: Place = 0;

/// Set in the key of a text that stands beside the members of an object: see [`Snapshot::beside`].
pub(super) const BESIDE: KeyId = 1 << 31;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'s> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of at most 18 digits.
    Int(i64),
    /// The token of a larger one.
    BigInt(&'s str),
    /// A finite float.
    Float(f64),
    /// A string.
    Str(&'s str),
    /// The JSON of an object or list.
    Raw(&'s str),
    /// An object: see [`Snapshot::members`].
    Object,
    /// A list: see [`Snapshot::items`].
    List,
}

/// What an item holds; texts are spans of [`Snapshot::text`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    Null,
    Bool(bool),
    Int(i64),
    BigInt(Span),
    Float(f64),
    Str(Span),
    Raw(Span),
    Object,
    List,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) length: usize,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) held: Held,
    /// Of a member.
    pub(super) key: KeyId,
    /// The place behind it and what is inside it.
    pub(super) next: Place,
}

/// A message, or a value of one, as it stood.
///
/// ```
/// use ssefold::{Limits, Stream, Value, WHOLE};
/// let mut stream = Stream::new(None, Limits { max_event_size: None, max_message_size: None });
/// stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n", false);
/// let message = stream.snapshot().unwrap();
/// let (key, object) = message.members(WHOLE).next().unwrap();
/// assert_eq!((message.key(key), message.value(object)), ("object", Value::Str("chat.completion")));
/// ```
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) items: Vec<Item>,
    pub(super) text: Vec<u8>,
    /// The names that no table knows, of the numbers above those of the table's.
    pub(super) names: Vec<Span>,
    pub(super) table: Arc<KeyTable>,
}

impl Snapshot {
    fn text_of(&self, span: Span) -> &str {
        let bytes = self.text.get(span.start..span.start + span.length).unwrap_or_default();
        simdutf8::basic::from_utf8(bytes).unwrap_or_default()
    }

    /// The value at a place, null where there is none.
    #[must_use]
    pub fn value(&self, at: Place) -> Value<'_> {
        match self.held(at) {
            Held::Null => Value::Null,
            Held::Bool(truth) => Value::Bool(truth),
            Held::Int(number) => Value::Int(number),
            Held::BigInt(token) => Value::BigInt(self.text_of(token)),
            Held::Float(number) => Value::Float(number),
            Held::Str(text) => Value::Str(self.text_of(text)),
            Held::Raw(json) => Value::Raw(self.text_of(json)),
            Held::Object => Value::Object,
            Held::List => Value::List,
        }
    }

    /// The text of a string, None for another value.
    #[must_use]
    pub fn string(&self, at: Place) -> Option<&str> {
        match self.held(at) {
            Held::Str(text) => Some(self.text_of(text)),
            _ => None,
        }
    }

    fn held(&self, at: Place) -> Held {
        self.items.get(at as usize).map_or(Held::Null, |item| item.held)
    }

    pub(crate) fn is_object(&self, at: Place) -> bool {
        matches!(self.held(at), Held::Object)
    }

    pub(crate) fn is_null(&self, at: Place) -> bool {
        matches!(self.held(at), Held::Null)
    }

    /// A bool, None for another value.
    pub(crate) fn truth(&self, at: Place) -> Option<bool> {
        match self.held(at) {
            Held::Bool(truth) => Some(truth),
            _ => None,
        }
    }

    /// The members of an object in order; nothing for another value.
    pub fn members(&self, at: Place) -> impl Iterator<Item = (KeyId, Place)> {
        let within = if self.is_object(at) { self.within(at) } else { Within::default() };
        within.map(|(item, at)| (item.key, at)).filter(|member| member.0 & BESIDE == 0)
    }

    /// The items of a list in order; nothing for another value.
    pub fn items(&self, at: Place) -> impl Iterator<Item = Place> {
        let within = if matches!(self.held(at), Held::List) { self.within(at) } else { Within::default() };
        within.map(|(_, at)| at)
    }

    fn within(&self, at: Place) -> Within<'_> {
        let end = self.items.get(at as usize).map_or(0, |item| item.next);
        Within { items: &self.items, at: at + 1, end }
    }

    /// The member of an object.
    pub(crate) fn member(&self, object: Place, key: KeyId) -> Option<Place> {
        let mut within = if self.is_object(object) { self.within(object) } else { Within::default() };
        within.find(|(item, _)| item.key == key).map(|(_, at)| at)
    }

    /// The text that a member came as and became a value of.
    pub(crate) fn beside(&self, object: Place, key: KeyId) -> Option<&str> {
        self.string(self.member(object, key | BESIDE)?)
    }

    /// The name of a member.
    #[must_use]
    pub fn key(&self, key: KeyId) -> &str {
        let own = || self.names.get((key as usize).checked_sub(self.table.len())?).map(|name| self.text_of(*name));
        self.table.name(key).or_else(own).unwrap_or_default()
    }

    /// The names that the dialect's table knows: members of lower numbers than it has names are its.
    #[must_use]
    pub fn table(&self) -> &KeyTable {
        &self.table
    }

    /// The member of that name, if it is a string.
    pub(crate) fn string_at(&self, name: &str) -> Option<&str> {
        let (_, at) = self.members(WHOLE).find(|(key, _)| self.key(*key) == name)?;
        self.string(at)
    }

    /// The whole as compact JSON, spelled as Python's `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`.
    ///
    /// ```
    /// use ssefold::{Limits, Stream};
    /// let mut stream = Stream::new(None, Limits { max_event_size: None, max_message_size: None });
    /// stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n", false);
    /// let message = stream.snapshot().map(|message| message.to_json()).unwrap_or_default();
    /// assert!(message.starts_with(r#"{"object":"chat.completion","choices":[{"index":0,"#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        self.json_of(WHOLE)
    }

    /// A value as compact JSON.
    pub(crate) fn json_of(&self, at: Place) -> String {
        let mut out = String::new();
        self.spell(at, &mut out);
        out
    }

    fn spell(&self, at: Place, out: &mut String) {
        match self.value(at) {
            Value::Null => out.push_str("null"),
            Value::Bool(truth) => out.push_str(if truth { "true" } else { "false" }),
            Value::Int(number) => out.push_str(&number.to_string()),
            Value::BigInt(token) => out.push_str(token),
            Value::Float(number) => out.push_str(&float_repr(number)),
            Value::Str(text) => write_string(text, out),
            Value::Raw(json) => {
                let mut tape = Tape::new();
                if tape.parse(json).is_ok() {
                    compact(&tape, json, 0, out);
                }
            }
            Value::Object => {
                let mut opening = '{';
                for (key, member) in self.members(at) {
                    out.push(opening);
                    write_string(self.key(key), out);
                    out.push(':');
                    self.spell(member, out);
                    opening = ',';
                }
                out.push_str(if opening == '{' { "{}" } else { "}" });
            }
            Value::List => {
                let mut opening = '[';
                for item in self.items(at) {
                    out.push(opening);
                    self.spell(item, out);
                    opening = ',';
                }
                out.push_str(if opening == '[' { "[]" } else { "]" });
            }
        }
    }
}

/// What stands in a container.
#[derive(Default)]
struct Within<'s> {
    items: &'s [Item],
    at: Place,
    end: Place,
}

impl<'s> Iterator for Within<'s> {
    type Item = (&'s Item, Place);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let at = Some(self.at).filter(|at| *at < self.end)?;
        let item = self.items.get(at as usize)?;
        self.at = item.next;
        Some((item, at))
    }
}
