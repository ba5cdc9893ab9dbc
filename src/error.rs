//! What went wrong with a stream, as a value: the same words and numbers in both backends.

use crate::json::{JsonErrorKind, Tag};
use crate::merge::{Document, KeyTable, Keys, Node, Payload, ROOT, Snapshot};

/// Bytes of the data shown on either side of a fault.
const EXCERPT: usize = 20;

/// One error of a stream.
#[derive(Clone, Debug)]
pub enum StreamError {
    /// An event that the dialect can't read.
    Malformed {
        /// Why.
        reason: &'static str,
        /// Which event, from 0.
        event: u64,
        /// The first byte of its data that can't be read.
        offset: u64,
        /// The surroundings of that byte.
        excerpt: String,
    },
    /// A bound was passed.
    Limit {
        /// Its name.
        limit: &'static str,
        /// What it was, in bytes or items.
        value: u64,
        /// Which event, from 0.
        event: u64,
        /// The byte at which it tripped.
        offset: u64,
    },
    /// The stream carried an error object.
    Provider(Box<Snapshot>),
    /// The bytes ended before the protocol said so.
    Incomplete(String),
    /// No dialect was recognised.
    Unknown(String),
}

impl StreamError {
    /// The error of an event that can't be read from `offset` on.
    pub(crate) fn malformed(event: u64, offset: u64, reason: &'static str, data: &str) -> Self {
        Self::Malformed { reason, event, offset, excerpt: excerpt(data, usize::try_from(offset).unwrap_or(usize::MAX)) }
    }

    /// The error that a provider sent: an object, or a string that becomes its message.
    pub(crate) fn provider(payload: Payload<'_>, value: u32) -> Self {
        match payload.string(value) {
            Some(text) => Self::message(&text),
            None => Self::Provider(Box::new(Document::of_value(no_keys(), payload, value).snapshot_of(ROOT))),
        }
    }

    /// An error object with that message.
    pub(crate) fn message(text: &str) -> Self {
        let mut error = Document::new(no_keys());
        error.add(Node::Object(crate::merge::Object::default()), ROOT, 0);
        let key = error.keys.intern("message");
        error.put(ROOT, key, Node::Str(text.into()));
        Self::Provider(Box::new(error.snapshot_of(ROOT)))
    }

    /// The words of the exception.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Malformed { reason, event, offset, .. } => format!("event {event}, byte {offset}: {reason}"),
            Self::Limit { limit, value, event, .. } => {
                let unit = if limit.ends_with("size") { "bytes" } else { "items" };
                format!("event {event} passes {limit} ({value} {unit})")
            }
            Self::Provider(error) => {
                let message = error.string_at("message").filter(|text| !text.is_empty());
                message.unwrap_or("the provider sent an error").to_owned()
            }
            Self::Incomplete(reason) | Self::Unknown(reason) => reason.clone(),
        }
    }
}

fn no_keys() -> Keys {
    Keys::new(KeyTable::default().into())
}

/// Why a payload was refused.
pub(crate) fn reason(kind: JsonErrorKind) -> &'static str {
    match kind {
        JsonErrorKind::Invalid => "not JSON",
        JsonErrorKind::Truncated => "JSON cut short",
        JsonErrorKind::TooDeep => "nested deeper than 128",
        JsonErrorKind::NumberTooLong => "a number of more than 4300 bytes",
        JsonErrorKind::NumberOverflow => "a number beyond the range of a double",
    }
}

/// The surroundings of a fault, cut between characters.
fn excerpt(data: &str, offset: usize) -> String {
    let offset = offset.min(data.len());
    let (mut start, mut end) = (offset.saturating_sub(EXCERPT), data.len().min(offset.saturating_add(EXCERPT)));
    while !data.is_char_boundary(start) {
        start += 1;
    }
    while !data.is_char_boundary(end) {
        end -= 1;
    }
    data.get(start..end).unwrap_or_default().to_owned()
}

/// Whether a value is an error that a provider states: an object with members, or a text.
pub(crate) fn is_error(payload: Payload<'_>, value: u32) -> bool {
    let entry = payload.entry(value);
    match entry.tag {
        Tag::Object => entry.next > value + 1,
        Tag::Str => entry.start < entry.end,
        Tag::Escaped => true,
        _ => false,
    }
}
