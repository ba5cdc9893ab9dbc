//! Number tokens: what a float is, how it is spelled again, and how far a token reaches.
//!
//! A token is kept as it came for as long as possible; integers are never converted, so they are exact at any size.

/// The value of a float token, infinite where it overflows (RFC 8259 §6 allows the token; the judge refuses it).
///
/// ```
/// assert_eq!(ssefold::json::parse_float("-1.5e3"), -1500.0);
/// ```
#[must_use]
pub fn parse_float(token: &str) -> f64 {
    token.parse().unwrap_or(f64::NAN)
}

/// An integer token as Python spells its value: only `-0` differs, being 0.
///
/// ```
/// assert_eq!(ssefold::json::int_token("-0"), "0");
/// ```
#[must_use]
pub fn int_token(token: &str) -> &str {
    if token == "-0" { "0" } else { token }
}

/// A finite float as Python's `repr` spells it: the shortest digits that read back the same, with an exponent below
/// 1e-4 and from 1e16 on.
///
/// ```
/// use ssefold::json::float_repr;
/// assert_eq!(float_repr(1e16), "1e+16");
/// assert_eq!(float_repr(0.00001), "1e-05");
/// assert_eq!(float_repr(-0.0), "-0.0");
/// ```
#[must_use]
pub fn float_repr(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-4..1e16).contains(&magnitude) {
        return format!("{value:?}");
    }
    let spelled = format!("{value:e}");
    match spelled.split_once('e') {
        Some((digits, exponent)) => match exponent.strip_prefix('-') {
            Some(exponent) => format!("{digits}e-{exponent:0>2}"),
            None => format!("{digits}e+{exponent:0>2}"),
        },
        None => spelled,
    }
}

/// Where the longest beginning of a number token at `start` ends, and whether it is a float's.
///
/// The token is complete exactly if its last byte is a digit: in `-?int frac? exp?` every part ends in one.
pub(super) fn number_end(bytes: &[u8], start: usize) -> (usize, bool) {
    let mut at = start;
    if bytes.get(at) == Some(&b'-') {
        at += 1;
    }
    match bytes.get(at) {
        Some(b'0') => at += 1,
        Some(b'1'..=b'9') => at = digits_end(bytes, at + 1),
        _ => return (at, false),
    }
    let integer = at;
    if bytes.get(at) == Some(&b'.') {
        at = digits_end(bytes, at + 1);
        if at == integer + 1 {
            return (at, true);
        }
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        at += 1;
        if let Some(b'+' | b'-') = bytes.get(at) {
            at += 1;
        }
        at = digits_end(bytes, at);
    }
    (at, at != integer)
}

/// Whether a complete float token overflows. Shorter than the largest float's 309 digits and with an exponent of at
/// most two digits it can't, and need not be converted.
pub(super) fn overflows(token: &[u8]) -> bool {
    let exponent = memchr::memchr2(b'e', b'E', token).and_then(|at| token.get(at + 1..));
    let tame = match exponent {
        Some(exponent) => token.len() < 200 && (exponent.len() <= 2 || exponent.first() == Some(&b'-')),
        None => token.len() < 300,
    };
    !tame && std::str::from_utf8(token).is_ok_and(|token| parse_float(token).is_infinite())
}

/// An integer token of one to seven digits at `start`, the common number, in one look at eight bytes; None for any other.
#[inline]
pub(super) fn small_end(bytes: &[u8], start: usize) -> Option<usize> {
    let word = u64::from_le_bytes(*bytes.get(start..)?.first_chunk::<8>()?);
    let bits = no_digits(word).trailing_zeros() & !7;
    let alone = bits == 8 || (word & 0xff) != u64::from(b'0');
    let ends = bits < 64 && !matches!((word >> bits) & 0xff, 0x2e | 0x45 | 0x65);
    (bits > 0 && alone && ends).then_some(start + (bits / 8) as usize)
}

/// Where a word has no digit: the top bit of its byte is set (and perhaps bits above the lowest such byte).
#[inline]
fn no_digits(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let values = word ^ (ONES * 0x30);
    (values.wrapping_add(ONES * 0x76) | values) & (ONES * 0x80)
}

/// Past the digits at `at`, eight at a time.
pub(crate) fn digits_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let others = no_digits(u64::from_le_bytes(*chunk));
        if others != 0 {
            return at + (others.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// Bytes of an integer that is held as a number.
pub(crate) const SHORT: usize = 18;

/// The value of an integer token of at most 18 characters: `str::parse` takes thrice as long.
#[inline]
pub(crate) fn small_int(token: &[u8]) -> Option<i64> {
    let digits = token.strip_prefix(b"-").unwrap_or(token);
    if token.len() > SHORT {
        return None;
    }
    let value = digits.iter().fold(0, |sum, digit| sum * 10 + i64::from(digit & 15));
    Some(if digits.len() < token.len() { -value } else { value })
}
