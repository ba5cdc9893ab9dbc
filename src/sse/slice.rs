//! A long piece in slices, so that whoever feeds it may be interrupted between two of them: each is bounded work.
//!
//! Any cut is right, but an event that straddles two feeds is carried, hence copied. So a slice ends at a blank line
//! where it has one, else at a line's end; and a single long line is kept whole up to a bound.

use memchr::memrchr2;

/// Bytes: at 0.3 to 20 ns a byte at most 5 ms of work.
const SLICE: usize = 256 * 1024;
/// Bytes of a slice that no line ends in.
const LONGEST: usize = 4 * 1024 * 1024;

/// The slices of a piece, in order; there is one at least, and none is empty beside others.
///
/// ```
/// let piece = b"data: 1\n\n".repeat(100_000);
/// let slices: Vec<&[u8]> = ssefold::sse::slices(&piece).collect();
/// assert_eq!((slices.len(), slices.concat() == piece), (4, true));
/// assert!(slices.iter().all(|slice| slice.ends_with(b"\n\n")));
/// ```
#[must_use]
pub fn slices(piece: &[u8]) -> Slices<'_> {
    Slices(Some(piece))
}

/// What [`slices`] returns.
#[derive(Debug)]
pub struct Slices<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Slices<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = self.0.take()?;
        if !is_long(piece) {
            return Some(piece);
        }
        let (slice, rest) = piece.split_at_checked(length(piece))?;
        self.0 = Some(rest).filter(|rest| !rest.is_empty());
        Some(slice)
    }
}

/// Whether a piece has more than one slice.
#[inline]
#[must_use]
pub fn is_long(piece: &[u8]) -> bool {
    piece.len() > SLICE
}

/// How long the first slice is.
fn length(piece: &[u8]) -> usize {
    let (mut from, mut to) = (0, SLICE);
    while from < LONGEST {
        let Some(part) = piece.get(from..to) else { return piece.len() };
        if let Some(end) = blank_line(part).or_else(|| memrchr2(b'\n', b'\r', part)) {
            return from + end + 1;
        }
        (from, to) = (to, to * 2);
    }
    LONGEST
}

/// Where the last blank line ends: an end of line that follows another one.
fn blank_line(part: &[u8]) -> Option<usize> {
    let mut before = part;
    loop {
        let end = memrchr2(b'\n', b'\r', before)?;
        before = before.get(..end)?;
        // Of CRLF the CR is no line of its own.
        let line = if part.get(end) == Some(&b'\n') { before.strip_suffix(b"\r").unwrap_or(before) } else { before };
        if matches!(line.last(), Some(b'\n' | b'\r')) {
            return Some(end);
        }
        before = line;
    }
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, SLICE, slices};

    #[test]
    fn slices_end_at_blank_lines_else_at_lines_else_at_a_bound() {
        for (event, end) in [
            (&b"data: x\n\n"[..], &b"\n\n"[..]),
            (b"data: x\r\n\r\n", b"\r\n\r\n"),
            (b"event: y\rdata: x\r\r", b"\r\r"),
            (b"{\"a\":1}\n", b"}\n"),
            (b"{\"a\":1}\r\n", b"}\r\n"),
        ] {
            let piece = event.repeat(3 * SLICE / event.len());
            let found: Vec<&[u8]> = slices(&piece).collect();
            assert_eq!(found.concat(), piece);
            assert!(found.len() > 2 && found.iter().all(|slice| slice.len() <= SLICE && slice.ends_with(end)));
        }
        let long = vec![b'x'; 3 * LONGEST + 1];
        let sizes: Vec<usize> = slices(&long).map(<[u8]>::len).collect();
        assert_eq!(sizes, [LONGEST, LONGEST, LONGEST, 1]);
        assert_eq!(slices(b"").collect::<Vec<_>>(), [b""]);
    }

    #[test]
    fn a_long_line_is_kept_whole() {
        let mut piece = vec![b'x'; 3 * SLICE];
        piece.extend_from_slice(b"\n\n");
        piece.extend(vec![b'y'; SLICE]);
        let sizes: Vec<usize> = slices(&piece).map(<[u8]>::len).collect();
        assert_eq!(sizes, [3 * SLICE + 2, SLICE]);
        assert_eq!(slices(&vec![b'x'; 3 * SLICE]).count(), 1);
    }
}
