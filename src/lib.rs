//! `ssefold` folds the event streams of LLM APIs into messages.
//!
//! ```text
//! bytes ─▶ sse (lines, events) ─▶ json (payload → tape) ─▶ merge (rules × document) ─▶ message, views, report
//!                                                                └▶ deltas
//! ```
//!
//! Arrows never turn back. `sse` knows no JSON; `merge` knows no provider: what a provider means is in its table. No
//! clock, no I/O, no global mutable state.

mod ahead;
mod delta;
mod dialect;
mod error;
mod holding;
pub mod json;
pub mod limits;
mod merge;
mod merging;
mod outcome;
mod reach;
mod report;
mod route;
mod rule;
mod run;
mod sign;
mod sniff;
pub mod sse;
mod stream;
mod table;
mod template;
mod tree;
mod view;

pub use delta::{Delta, DeltaValue, Fragment, Kind, Step};
pub use dialect::{Dialect, dialects, named};
pub use error::StreamError;
pub use merge::{KeyId, KeyTable, Place, Snapshot, Value, WHOLE};
pub use outcome::{Outcome, Termination};
pub use report::{Counts, Report};
pub use stream::{Limits, Stream};
pub use table::DialectError;
pub use view::{Status, ToolCall, Usage};

/// A place in a document or table, which are shorter than the bytes that made them.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "a message of 2^31 values needs more memory than max_message_size")]
pub(crate) fn narrow(place: usize) -> u32 {
    place as u32
}
