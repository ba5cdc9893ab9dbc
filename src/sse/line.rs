//! Bytes in, lines and their fields out: line ends, the byte order mark, the line that straddles two feeds.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>
//!
//! Lines are cut from bytes before they are decoded: CR and LF end every UTF-8 sequence, so the result is the same and
//! U+2028 or U+0085 end no line.

use memchr::{memchr, memchr2};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// More digits than this are no reconnection time: the number is kept in 64 bits.
const MAX_RETRY_DIGITS: usize = 18;

/// One whole line without its end: still in the input, or in [`Lines::carried`] because feeds cut it.
pub(super) enum Line<'i> {
    Input(&'i [u8]),
    Carried,
}

/// The line splitter; keeps the bytes of an unfinished line, so that none is scanned twice.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Unfinished line, or the first bytes of what may become a byte order mark.
    carry: Vec<u8>,
    carried: Vec<u8>,
    /// The last byte was a CR: an LF that follows belongs to it.
    after_cr: bool,
    bom_decided: bool,
    /// The current line has spaces and tabs alone so far, as far as [`Lines::indent`] was asked.
    indented: bool,
}

impl Lines {
    pub(super) fn new() -> Self {
        Self { indented: true, ..Self::default() }
    }

    /// Nothing is pending: no byte carried, no LF awaited, byte order mark decided.
    pub(super) fn at_line_start(&self) -> bool {
        self.bom_decided && !self.after_cr && self.carry.is_empty()
    }

    /// Length of the unfinished line, 0 while it may be a byte order mark.
    pub(super) fn pending(&self) -> usize {
        if self.bom_decided { self.carry.len() } else { 0 }
    }

    pub(super) fn carried(&self) -> &[u8] {
        &self.carried
    }

    /// Takes what precedes a line: the byte order mark, the LF of a CR that ended the last feed.
    pub(super) fn begin(&mut self, input: &mut &[u8]) {
        if self.after_cr && !input.is_empty() {
            self.after_cr = false;
            *input = input.strip_prefix(b"\n").unwrap_or(input);
        }
        while !self.bom_decided {
            let Some((first, rest)) = input.split_first() else {
                return;
            };
            if BOM.get(self.carry.len()) == Some(first) {
                self.carry.push(*first);
                *input = rest;
                if self.carry.len() == BOM.len() {
                    self.carry.clear();
                    self.bom_decided = true;
                }
            } else {
                self.indented = self.carry.is_empty();
                self.bom_decided = true;
            }
        }
    }

    /// Takes the blank lines at the front of the input, where no line has begun.
    #[inline]
    pub(super) fn skip_blank(&mut self, input: &mut &[u8]) {
        if !self.at_line_start() {
            return;
        }
        let blank = input.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        if let Some((lines, rest)) = input.split_at_checked(blank).filter(|_| blank > 0) {
            self.after_cr = rest.is_empty() && lines.ends_with(b"\r");
            self.indented = true;
            *input = rest;
        }
    }

    /// The next whole line, or None when the input is used up; call [`Lines::begin`] once before.
    pub(super) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Line<'i>> {
        let Some((line, rest)) = line_end(input).and_then(|end| input.split_at_checked(end)) else {
            self.carry.extend_from_slice(input);
            *input = &[];
            return None;
        };
        *input = rest;
        self.take_end(input);
        self.indented = true;
        if self.carry.is_empty() {
            return Some(Line::Input(line));
        }
        self.carry.extend_from_slice(line);
        std::mem::swap(&mut self.carry, &mut self.carried);
        self.carry.clear();
        Some(Line::Carried)
    }

    /// Takes one line end (LF, CR, CRLF), if the input begins with one.
    pub(super) fn take_end(&mut self, input: &mut &[u8]) -> bool {
        match *input {
            [b'\n', rest @ ..] | [b'\r', b'\n', rest @ ..] => *input = rest,
            [b'\r', rest @ ..] => {
                self.after_cr = rest.is_empty();
                *input = rest;
            }
            _ => return false,
        }
        true
    }

    /// Spaces and tabs at the start of the current line, carried ones included, and the byte after them; None when the
    /// line has other bytes already, or no other byte yet.
    pub(super) fn indent(&mut self, input: &[u8]) -> Option<(usize, u8)> {
        if !self.indented {
            return None;
        }
        let blank = input.iter().position(|byte| !matches!(byte, b' ' | b'\t'))?;
        self.indented = false;
        input.get(blank).map(|byte| (self.carry.len() + blank, *byte))
    }

    /// Forgets the current line's start, `blank` bytes of spaces and tabs, and takes the rest of them from the input.
    pub(super) fn skip_indent(&mut self, blank: usize, input: &mut &[u8]) {
        *input = input.get(blank - self.carry.len()..).unwrap_or_default();
        self.carry.clear();
        self.indented = true;
    }

    /// The end of the stream: the unfinished line, if there is one.
    pub(super) fn finish(&mut self) -> Option<Line<'static>> {
        self.after_cr = false;
        self.bom_decided = true;
        self.indented = true;
        std::mem::swap(&mut self.carry, &mut self.carried);
        self.carry.clear();
        (!self.carried.is_empty()).then_some(Line::Carried)
    }
}

/// What a line says.
pub(super) enum Field<'l> {
    Data(&'l [u8]),
    Event(&'l [u8]),
    Id(&'l [u8]),
    Retry(&'l [u8]),
    Comment,
    Unknown,
}

/// Where the line at the front of the input ends. Of a few bytes, as trickle in, a search is mostly its beginning: 60
/// instructions.
fn line_end(input: &[u8]) -> Option<usize> {
    match input.len() {
        ..8 => input.iter().position(|byte| matches!(byte, b'\n' | b'\r')),
        _ => memchr2(b'\n', b'\r', input),
    }
}

/// Reads a line that is not blank.
pub(super) fn field(line: &[u8]) -> Field<'_> {
    if let Some(value) = line.strip_prefix(b"data:") {
        return Field::Data(value.strip_prefix(b" ").unwrap_or(value));
    }
    if line.starts_with(b":") {
        return Field::Comment;
    }
    let (name, value) = match memchr(b':', line).and_then(|colon| line.split_at_checked(colon)) {
        Some((name, [_, b' ', value @ ..] | [_, value @ ..])) => (name, value),
        Some((name, [])) => (name, <&[u8]>::default()),
        None => (line, <&[u8]>::default()),
    };
    match name {
        b"data" => Field::Data(value),
        b"event" => Field::Event(value),
        b"id" => Field::Id(value),
        b"retry" => Field::Retry(value),
        _ => Field::Unknown,
    }
}

/// The value of a `retry` field in milliseconds: ASCII digits alone, at most 18 of them after leading zeros.
pub(super) fn reconnection_time(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let zeros = value.iter().take_while(|digit| **digit == b'0').count();
    let digits = value.get(zeros..)?;
    (digits.len() <= MAX_RETRY_DIGITS).then(|| digits.iter().fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0')))
}
