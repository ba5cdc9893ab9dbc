//! String bodies: escapes read and written, and surrogate pairs joined over fragments.
//!
//! A body is what stands between the quotes of a string that the tape has accepted, so its escapes are valid. A high
//! surrogate at the very end of a body is a value of its own kind: the next fragment may bring its low half (providers
//! that cut UTF-16 strings do), so it is kept as *pending* instead of being replaced.

use std::borrow::Cow;

use super::parse::plain_end;

const REPLACEMENT: char = char::REPLACEMENT_CHARACTER;

/// What text is appended to.
pub trait Sink {
    /// Appends a text.
    fn push_str(&mut self, text: &str);
    /// Appends a character.
    fn push(&mut self, character: char);
}

impl Sink for String {
    fn push_str(&mut self, text: &str) {
        Self::push_str(self, text);
    }

    fn push(&mut self, character: char) {
        Self::push(self, character);
    }
}

/// Appends a body without escapes; a pending high surrogate, which it can't complete, becomes U+FFFD first.
#[inline]
pub fn append_plain(body: &str, out: &mut impl Sink, pending: &mut Option<u16>) {
    if pending.is_some() && !body.is_empty() {
        *pending = None;
        out.push(REPLACEMENT);
    }
    out.push_str(body);
}

/// Appends a body with its escapes resolved.
///
/// A `pending` high surrogate joins a low one at the body's start, else becomes U+FFFD. A high surrogate at the body's
/// end is left in `pending`; other lone ones become U+FFFD. An empty body changes nothing.
///
/// ```
/// use ssefold::json::append_unescaped;
/// let (mut out, mut pending) = (String::new(), None);
/// append_unescaped(r"a\n\ud83d", &mut out, &mut pending);
/// assert_eq!((out.as_str(), pending), ("a\n", Some(0xd83d)));
/// append_unescaped(r"\ude00!", &mut out, &mut pending);
/// assert_eq!((out.as_str(), pending), ("a\n\u{1f600}!", None));
/// ```
pub fn append_unescaped(body: &str, out: &mut impl Sink, pending: &mut Option<u16>) {
    let mut rest = body;
    loop {
        // In a valid body nothing but a backslash stops it; fragments are short, which a call of memchr doesn't pay for.
        let at = plain_end(rest.as_bytes(), 0);
        if at == rest.len() {
            break;
        }
        let (plain, escape) = rest.split_at(at);
        append_plain(plain, out, pending);
        rest = match escape.as_bytes().get(1) {
            Some(b'u') => {
                append_unit(unit(escape), out, pending);
                escape.get(6..).unwrap_or_default()
            }
            Some(&letter) => {
                append_plain(simple(letter), out, pending);
                escape.get(2..).unwrap_or_default()
            }
            None => "",
        };
    }
    append_plain(rest, out, pending);
}

/// A body's text, lone surrogates as U+FFFD; borrowed where it has no escapes.
///
/// ```
/// assert_eq!(ssefold::json::unescape(r"\ud83d\ude00 \ud83d"), "\u{1f600} \u{fffd}");
/// ```
#[must_use]
pub fn unescape(body: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', body.as_bytes()).is_none() {
        return Cow::Borrowed(body);
    }
    let mut out = String::with_capacity(body.len());
    let mut pending = None;
    append_unescaped(body, &mut out, &mut pending);
    if pending.is_some() {
        out.push(REPLACEMENT);
    }
    Cow::Owned(out)
}

/// Whether a body's text, as [`unescape`] has it, is that UTF-8.
pub(crate) fn unescapes_to(body: &str, text: &[u8]) -> bool {
    let mut rest = Rest(Some(text));
    let mut pending = None;
    append_unescaped(body, &mut rest, &mut pending);
    if pending.is_some() {
        rest.push(REPLACEMENT);
    }
    rest.0.is_some_and(<[u8]>::is_empty)
}

/// What is left of a text behind what was appended; None where that is another text.
struct Rest<'t>(Option<&'t [u8]>);

impl Sink for Rest<'_> {
    fn push_str(&mut self, text: &str) {
        self.0 = self.0.and_then(|rest| rest.strip_prefix(text.as_bytes()));
    }

    fn push(&mut self, character: char) {
        self.push_str(character.encode_utf8(&mut [0; 4]));
    }
}

/// Writes a text as a JSON string, quotes included, spelled as Python's `json.dumps(text, ensure_ascii=False)`.
///
/// ```
/// let mut out = String::new();
/// ssefold::json::write_string("\"\u{7f}\n\u{1f}é", &mut out);
/// assert_eq!(out, "\"\\\"\u{7f}\\n\\u001fé\"");
/// ```
pub fn write_string(text: &str, out: &mut String) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        let (plain, special) = rest.split_at(at);
        out.push_str(plain);
        match special.bytes().next() {
            Some(b'"') => out.push_str("\\\""),
            Some(b'\\') => out.push_str("\\\\"),
            Some(b'\n') => out.push_str("\\n"),
            Some(b'\r') => out.push_str("\\r"),
            Some(b'\t') => out.push_str("\\t"),
            Some(0x08) => out.push_str("\\b"),
            Some(0x0c) => out.push_str("\\f"),
            Some(control) => {
                out.push_str(if control < 0x10 { "\\u000" } else { "\\u001" });
                out.push(char::from_digit(u32::from(control & 0x0f), 16).unwrap_or(REPLACEMENT));
            }
            None => {}
        }
        rest = special.get(1..).unwrap_or_default();
    }
    out.push_str(rest);
    out.push('"');
}

/// Appends one UTF-16 code unit: the pending one's other half, or a new beginning.
fn append_unit(unit: u16, out: &mut impl Sink, pending: &mut Option<u16>) {
    let low = (0xdc00..=0xdfff).contains(&unit);
    match pending.take() {
        Some(high) if low => {
            char::decode_utf16([high, unit]).for_each(|decoded| out.push(decoded.unwrap_or(REPLACEMENT)));
            return;
        }
        Some(_) => out.push(REPLACEMENT),
        None => {}
    }
    if (0xd800..=0xdbff).contains(&unit) {
        *pending = Some(unit);
    } else {
        out.push(char::from_u32(u32::from(unit)).unwrap_or(REPLACEMENT));
    }
}

/// The code unit of an escape `\u` with its four digits.
fn unit(escape: &str) -> u16 {
    escape.get(2..6).and_then(|digits| u16::from_str_radix(digits, 16).ok()).unwrap_or(0xfffd)
}

/// The byte that a two-character escape stands for; None for one of four digits.
pub(crate) fn simple_byte(letter: u8) -> Option<u8> {
    (letter != b'u').then(|| simple(letter).as_bytes().first().copied()).flatten()
}

/// What a two-character escape stands for: `"`, `\` and `/` for themselves.
fn simple(letter: u8) -> &'static str {
    match letter {
        b'n' => "\n",
        b't' => "\t",
        b'r' => "\r",
        b'b' => "\x08",
        b'f' => "\x0c",
        b'/' => "/",
        b'"' => "\"",
        _ => "\\",
    }
}
