//! What a stream was merged to so far, with the views of its dialect.

use std::borrow::Cow;
use std::sync::Arc;

use crate::dialect::Dialect;
use crate::error::StreamError;
use crate::merge::{Snapshot, WHOLE};
use crate::report::Report;
use crate::view::{ToolCall, Usage, first_text};

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// The protocol said so.
    Done,
    /// The bytes ended, and every choice has a finish reason.
    FinishReason,
    /// The bytes ended before that.
    Eof,
    /// The provider sent an error.
    Error,
    /// An event can't be read, or no dialect was recognised.
    Malformed,
    /// A bound was passed.
    Limit,
    /// Not yet.
    Open,
}

impl Termination {
    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::FinishReason => "finish_reason",
            Self::Eof => "eof",
            Self::Error => "error",
            Self::Malformed => "malformed",
            Self::Limit => "limit",
            Self::Open => "open",
        }
    }
}

/// All that is known of a stream.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The message, None where nothing came.
    pub message: Option<Snapshot>,
    /// None where none was recognised.
    pub dialect: Option<Arc<Dialect>>,
    /// How it ended.
    pub termination: Termination,
    /// What went wrong.
    pub error: Option<StreamError>,
    /// What was met on the way.
    pub report: Report,
}

impl Outcome {
    /// Whether the protocol said that the message ended.
    #[must_use]
    pub fn complete(&self) -> bool {
        matches!(self.termination, Termination::Done | Termination::FinishReason)
    }

    fn parts(&self) -> Option<(&Dialect, &Snapshot)> {
        Some((self.dialect.as_deref()?, self.message.as_ref()?))
    }

    /// The message's id; None where none or only `""` came.
    #[must_use]
    pub fn id(&self) -> Option<Cow<'_, str>> {
        let (dialect, message) = self.parts()?;
        dialect.view.id.string(message, WHOLE).filter(|id| !id.is_empty())
    }

    /// The model that answered.
    #[must_use]
    pub fn model(&self) -> Option<Cow<'_, str>> {
        let (dialect, message) = self.parts()?;
        dialect.view.model.string(message, WHOLE)
    }

    /// The text of the first choice.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        self.parts().map(|(dialect, message)| first_text(&dialect.view.texts, message)).unwrap_or_default()
    }

    /// The reasoning of the first choice.
    #[must_use]
    pub fn reasoning(&self) -> Cow<'_, str> {
        self.parts().map(|(dialect, message)| first_text(&dialect.view.reasoning, message)).unwrap_or_default()
    }

    /// The refusal of the first choice.
    #[must_use]
    pub fn refusal(&self) -> Option<Cow<'_, str>> {
        let (dialect, message) = self.parts()?;
        dialect.view.refusal.string(message, WHOLE)
    }

    /// The tool calls of the first choice.
    #[must_use]
    pub fn tool_calls(&self) -> Vec<ToolCall> {
        self.parts().map(|(dialect, message)| dialect.view.tool_calls_of(message)).unwrap_or_default()
    }

    /// Why the first choice ended.
    #[must_use]
    pub fn finish_reason(&self) -> Option<Cow<'_, str>> {
        let (dialect, message) = self.parts()?;
        dialect.view.finish_of(message).map(|found| found.0)
    }

    /// Token counts as stated.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        let (dialect, message) = self.parts()?;
        dialect.view.usage_of(message)
    }
}
