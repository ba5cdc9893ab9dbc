//! Bytes in, JSON values out that came without `data:`: NDJSON (Ollama), an error body printed over lines (Vertex),
//! an array of chunks (Gemini without `alt=sse`, Bedrock logs), of which each element is a value of its own.
//!
//! Only strings and brackets are told apart; whether a value is JSON is for the reader of it. The scan resumes at the
//! next feed where it stopped.

use memchr::memchr2;

/// What ends a stream looks like an array. A log or a proxy that leaves out `data:` leaves it as a line; no JSON has such a
/// word.
const DONE: &[u8] = b"[DONE]";

/// What was found at the front of the input.
pub(super) enum Found<'i> {
    /// A whole value, still in the input.
    Input(&'i [u8]),
    /// A whole value, in [`Bare::value`] because feeds cut it.
    Carried,
    /// The array ended.
    End,
    /// The input is used up.
    More,
}

/// The kind of the value that is being scanned.
#[derive(Debug, Default, PartialEq, Eq)]
enum Kind {
    #[default]
    Absent,
    /// An object or array: its last bracket ends it.
    Nested,
    /// Any other element of the top-level array: a comma or bracket ends it.
    Scalar,
}

/// The scanner of one bare value, or of one array of them.
#[derive(Debug, Default)]
pub(super) struct Bare {
    /// Inside a top-level array.
    array: bool,
    kind: Kind,
    depth: usize,
    string: bool,
    escaped: bool,
    carry: Vec<u8>,
    value: Vec<u8>,
}

impl Bare {
    pub(super) fn is_open(&self) -> bool {
        self.array || self.kind != Kind::Absent
    }

    /// Inside a top-level array, and in none of its values.
    pub(super) fn is_between(&self) -> bool {
        self.array && self.kind == Kind::Absent
    }

    pub(super) fn value(&self) -> &[u8] {
        &self.value
    }

    /// Length of the unfinished value.
    pub(super) fn pending(&self) -> usize {
        self.carry.len()
    }

    /// Begins at an input whose first byte is `{` or `[`.
    pub(super) fn begin(&mut self, input: &mut &[u8]) {
        if let Some((b'[', rest)) = input.split_first() {
            self.array = true;
            *input = rest;
        } else {
            self.kind = Kind::Nested;
        }
    }

    /// Takes from the input up to the end of the next value or of the array.
    pub(super) fn next<'i>(&mut self, input: &mut &'i [u8]) -> Found<'i> {
        if self.kind == Kind::Absent {
            let between = input.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b','));
            *input = between.and_then(|start| input.get(start..)).unwrap_or_default();
            match input.split_first() {
                None => return Found::More,
                Some((b']', rest)) => {
                    self.array = false;
                    *input = rest;
                    return Found::End;
                }
                Some((b'{' | b'[', _)) => self.kind = Kind::Nested,
                Some(_) => self.kind = Kind::Scalar,
            }
        }
        let Some((value, rest)) = self.scan(input).and_then(|end| input.split_at_checked(end)) else {
            self.carry.extend_from_slice(input);
            *input = &[];
            return Found::More;
        };
        *input = rest;
        let scalar = std::mem::take(&mut self.kind) == Kind::Scalar;
        let is_done = |value: &[u8]| scalar && value.trim_ascii_end() == b"DONE";
        if self.carry.is_empty() {
            return Found::Input(if is_done(value) { DONE } else { value });
        }
        self.carry.extend_from_slice(value);
        std::mem::swap(&mut self.carry, &mut self.value);
        self.carry.clear();
        if is_done(&self.value) {
            self.value = DONE.to_vec();
        }
        Found::Carried
    }

    /// Where the open value ends in the input, if it does; a scalar ends before what ends it.
    fn scan(&mut self, input: &[u8]) -> Option<usize> {
        let scalar = self.kind == Kind::Scalar;
        let mut at = 0;
        loop {
            if self.string {
                at = self.string_end(input, at)?;
            }
            let byte = *input.get(at)?;
            at += 1;
            match byte {
                b'"' => self.string = true,
                b',' | b']' if scalar => return Some(at - 1),
                b'{' | b'[' if !scalar => self.depth += 1,
                b'}' | b']' if !scalar => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        return Some(at);
                    }
                }
                _ => {}
            }
        }
    }

    /// Past the quote that ends the open string.
    fn string_end(&mut self, input: &[u8], mut at: usize) -> Option<usize> {
        loop {
            let rest = input.get(at..).filter(|rest| !rest.is_empty())?;
            if std::mem::take(&mut self.escaped) {
                at += 1;
                continue;
            }
            at += memchr2(b'"', b'\\', rest)? + 1;
            self.escaped = input.get(at - 1) == Some(&b'\\');
            if !self.escaped {
                self.string = false;
                return Some(at);
            }
        }
    }

    /// The end of the stream: whether it cut a value, which then is in [`Bare::value`].
    pub(super) fn finish(&mut self) -> bool {
        let carry = std::mem::take(&mut self.carry);
        *self = Self { value: carry, ..Self::default() };
        !self.value.is_empty()
    }
}
