//! The judge: whether a text is one JSON value (RFC 8259), a beginning of one, or where it stops being one.
//!
//! Parsers differ in what they accept and in where they point, so neither backend asks its parser: this one checker,
//! the same in both, runs when a parse failed and for the status of tool-call arguments. An offset is that of the first
//! UTF-8 byte that no JSON text continues. For a bound it is that of the token which breaks it: the opening bracket
//! one too deep, the first byte of the number. A number overflows only once it is complete, that is before a delimiter
//! or at the end of the text.

use std::fmt;

use super::number::{number_end, overflows};
use super::parse::{plain_end, space_end};
use super::{MAX_DEPTH, MAX_NUMBER};

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// One JSON value, whitespace around it allowed.
    Complete,
    /// Nothing but JSON whitespace.
    Empty,
    /// A proper beginning of one value.
    Truncated,
    /// Not JSON from `offset` on.
    Invalid {
        /// Byte in the text.
        offset: usize,
        /// `Invalid` or the bound that was broken; never `Truncated`.
        kind: JsonErrorKind,
    },
}

/// Why a payload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonErrorKind {
    /// A byte that no JSON text continues.
    Invalid,
    /// The text ends too early; the offset is its length.
    Truncated,
    /// More than [`MAX_DEPTH`] brackets open.
    TooDeep,
    /// A number token over [`MAX_NUMBER`] bytes.
    NumberTooLong,
    /// A float whose value is not finite.
    NumberOverflow,
}

impl JsonErrorKind {
    /// The name that the vectors and the Python twin use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Truncated => "truncated",
            Self::TooDeep => "too_deep",
            Self::NumberTooLong => "number_too_long",
            Self::NumberOverflow => "number_overflow",
        }
    }
}

/// A payload that is not JSON, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Byte in the payload.
    pub offset: u64,
}

impl fmt::Display for JsonError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} JSON at byte {}", self.kind.as_str(), self.offset)
    }
}

impl std::error::Error for JsonError {}

/// Judges a text. Linear, iterative, and allocates nothing.
///
/// ```
/// use ssefold::json::{JsonErrorKind, Verdict, judge};
/// assert_eq!(judge(r#"{"city": "Par"#), Verdict::Truncated);
/// assert_eq!(judge("[1,]"), Verdict::Invalid { offset: 3, kind: JsonErrorKind::Invalid });
/// ```
#[must_use]
pub fn judge(text: &str) -> Verdict {
    let bytes = text.as_bytes();
    if space_end(bytes, 0) == bytes.len() {
        return Verdict::Empty;
    }
    match walk(bytes) {
        Ok(()) => Verdict::Complete,
        Err(Stop::End) => Verdict::Truncated,
        Err(Stop::At(offset, kind)) => Verdict::Invalid { offset, kind },
    }
}

/// Why the walk ended before the value did.
enum Stop {
    End,
    At(usize, JsonErrorKind),
}

type Step<T> = Result<T, Stop>;

/// What may stand at the next byte that is not whitespace.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrClose,
    Key,
    KeyOrClose,
    Colon,
    CommaOrClose,
}

fn walk(bytes: &[u8]) -> Step<()> {
    let mut objects = [false; MAX_DEPTH];
    let mut depth = 0;
    let mut expect = Expect::Value;
    let mut at = 0;
    loop {
        at = space_end(bytes, at);
        let in_object = depth > 0 && objects.get(depth - 1) == Some(&true);
        let Some(&byte) = bytes.get(at) else {
            let done = depth == 0 && expect == Expect::CommaOrClose;
            return if done { Ok(()) } else { Err(Stop::End) };
        };
        match (expect, byte) {
            (Expect::KeyOrClose, b'}') | (Expect::ValueOrClose, b']') => {
                depth -= 1;
                (expect, at) = (Expect::CommaOrClose, at + 1);
            }
            (Expect::CommaOrClose, b'}' | b']') if depth > 0 && in_object == (byte == b'}') => {
                depth -= 1;
                at += 1;
            }
            (Expect::CommaOrClose, b',') if depth > 0 => {
                expect = if in_object { Expect::Key } else { Expect::Value };
                at += 1;
            }
            (Expect::Key | Expect::KeyOrClose, b'"') => (expect, at) = (Expect::Colon, string(bytes, at + 1)?),
            (Expect::Colon, b':') => (expect, at) = (Expect::Value, at + 1),
            (Expect::Value | Expect::ValueOrClose, b'{' | b'[') => {
                let Some(open) = objects.get_mut(depth) else {
                    return Err(Stop::At(at, JsonErrorKind::TooDeep));
                };
                *open = byte == b'{';
                depth += 1;
                (expect, at) = (if *open { Expect::KeyOrClose } else { Expect::ValueOrClose }, at + 1);
            }
            (Expect::Value | Expect::ValueOrClose, _) => (expect, at) = (Expect::CommaOrClose, scalar(bytes, at)?),
            _ => return Err(Stop::At(at, JsonErrorKind::Invalid)),
        }
    }
}

/// Past a string, literal or number.
fn scalar(bytes: &[u8], at: usize) -> Step<usize> {
    match bytes.get(at) {
        Some(b'"') => string(bytes, at + 1),
        Some(b'-' | b'0'..=b'9') => number(bytes, at),
        Some(b't') => literal(bytes, at, b"true"),
        Some(b'f') => literal(bytes, at, b"false"),
        Some(b'n') => literal(bytes, at, b"null"),
        _ => stop(bytes, at),
    }
}

/// Past the closing quote of the string whose body begins at `at`.
fn string(bytes: &[u8], mut at: usize) -> Step<usize> {
    loop {
        at = plain_end(bytes, at);
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = escape(bytes, at + 1)?,
            _ => return stop(bytes, at),
        }
    }
}

/// Past the escape whose letter is at `at`.
fn escape(bytes: &[u8], at: usize) -> Step<usize> {
    match bytes.get(at) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 1),
        Some(b'u') => match (at + 1..at + 5).find(|&digit| !bytes.get(digit).is_some_and(u8::is_ascii_hexdigit)) {
            Some(other) => stop(bytes, other),
            None => Ok(at + 5),
        },
        _ => stop(bytes, at),
    }
}

fn literal(bytes: &[u8], at: usize, word: &[u8]) -> Step<usize> {
    let same = bytes.iter().skip(at).zip(word).take_while(|(byte, expected)| byte == expected).count();
    if same == word.len() { Ok(at + same) } else { stop(bytes, at + same) }
}

fn number(bytes: &[u8], start: usize) -> Step<usize> {
    let (end, float) = number_end(bytes, start);
    let token = bytes.get(start..end).unwrap_or_default();
    if token.len() > MAX_NUMBER {
        return Err(Stop::At(start, JsonErrorKind::NumberTooLong));
    }
    if !token.last().is_some_and(u8::is_ascii_digit) {
        return stop(bytes, end);
    }
    let delimited = matches!(bytes.get(end), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b',' | b']' | b'}'));
    if float && delimited && overflows(token) {
        return Err(Stop::At(start, JsonErrorKind::NumberOverflow));
    }
    Ok(end)
}

/// The byte at `at`, if there is one, continues no JSON text.
fn stop<T>(bytes: &[u8], at: usize) -> Step<T> {
    Err(if at < bytes.len() { Stop::At(at, JsonErrorKind::Invalid) } else { Stop::End })
}
