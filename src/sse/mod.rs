//! Bytes in, events out: the event stream format of the WHATWG HTML standard, and bare JSON between its events.
//!
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>
//!
//! `line` cuts lines and names fields, `event` collects fields to events, `bare` cuts JSON that came without fields,
//! `utf8` repairs text, `decoder` is the public [`EventDecoder`], `slice` cuts a long piece. Any cut of the bytes gives
//! the same events, and each byte is scanned once, however small the feeds.

mod bare;
mod decoder;
mod event;
mod line;
mod slice;
mod utf8;

pub use decoder::{Event, EventDecoder, FeedError};
pub use event::{Decoder, LimitError, RawEvent};
pub use slice::{Slices, is_long, slices};
pub use utf8::decode_lossy;
