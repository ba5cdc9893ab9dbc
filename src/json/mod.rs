//! JSON (RFC 8259), strict: a payload in, a flat tape of its values out, and a judge that says where a text stops being
//! JSON.
//!
//! Bounds of our own, both refused at the token that breaks them: nesting deeper than [`MAX_DEPTH`], a number token
//! longer than [`MAX_NUMBER`] bytes, and a float that overflows to infinity. Lone surrogates are allowed as escapes
//! (RFC 8259 §8.2 leaves them to the reader; providers split pairs over events). Of duplicate keys the last value
//! stands, in the first's place. Everything is iterative: input can't deepen the stack.

mod again;
mod check;
mod compact;
mod key;
mod number;
mod parse;
mod tape;
mod text;

pub use crate::limits::{MAX_DEPTH, MAX_NUMBER};
pub use check::{JsonError, JsonErrorKind, Verdict, judge};
pub use compact::compact;
pub use key::key_hash;
pub(crate) use key::{Name, same};
pub(crate) use number::{SHORT, digits_end, small_int};
pub use number::{float_repr, int_token, parse_float};
pub(crate) use parse::body_end;
pub use tape::{Entry, Fields, Items, Tag, Tape};
pub(crate) use text::simple_byte;
pub(crate) use text::unescapes_to;
pub use text::{Sink, append_plain, append_unescaped, unescape, write_string};
