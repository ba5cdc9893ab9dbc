//! A delta: one change that an event made to the message.

use std::sync::Arc;

use crate::merge::Document;
pub use crate::rule::Kind;

/// A step of a path in the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Key(Arc<str>),
    /// An item of a list.
    Index(u32),
}

/// What a delta brings beside text.
#[derive(Clone, Debug, Default)]
pub enum DeltaValue {
    /// Nothing.
    #[default]
    None,
    /// A string: the role, or a fragment of a field that has no kind of its own.
    Text(String),
    /// Any other value.
    Value(Box<Document>),
}

/// One change of the message.
#[derive(Clone, Debug)]
pub struct Delta {
    /// What it is about.
    pub kind: Kind,
    /// The fragment, the tool call's name, or the finish reason.
    pub text: String,
    /// The choice's index on the wire.
    pub choice: u64,
    /// The position of the tool call or content block in the message.
    pub index: Option<u32>,
    /// The tool call's id.
    pub id: Option<Box<str>>,
    /// The new value, or what was added.
    pub value: DeltaValue,
    /// Where in the message it went.
    pub path: Arc<[Step]>,
}
