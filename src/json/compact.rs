//! A value written as Python's `json.dumps(value, ensure_ascii=False, separators=(",", ":"))` does.

use super::number::{float_repr, int_token, parse_float};
use super::tape::{Tag, Tape};
use super::text::write_string;

/// Appends the compact JSON of a value.
///
/// ```
/// use ssefold::json::{Tape, compact};
/// let payload = r#"{"a": [1, 1E16, "\u00e9"]}"#;
/// let (mut tape, mut out) = (Tape::new(), String::new());
/// tape.parse(payload)?;
/// compact(&tape, payload, 0, &mut out);
/// assert_eq!(out, r#"{"a":[1,1e+16,"é"]}"#);
/// # Ok::<(), ssefold::json::JsonError>(())
/// ```
pub fn compact(tape: &Tape, payload: &str, value: u32, out: &mut String) {
    let entry = tape.entry(value);
    match entry.tag {
        Tag::Null => out.push_str("null"),
        Tag::True => out.push_str("true"),
        Tag::False => out.push_str("false"),
        Tag::Int => out.push_str(int_token(tape.str_of(payload, entry))),
        Tag::Float => out.push_str(&float_repr(parse_float(tape.str_of(payload, entry)))),
        Tag::Str | Tag::Escaped => write_string(&tape.text_of(payload, entry), out),
        Tag::Object => {
            let mut opening = '{';
            for (key, member) in tape.fields(value) {
                out.push(opening);
                write_string(&tape.text_of(payload, key), out);
                out.push(':');
                compact(tape, payload, member, out);
                opening = ',';
            }
            out.push_str(if opening == '{' { "{}" } else { "}" });
        }
        Tag::List => {
            let mut opening = '[';
            for item in tape.items(value) {
                out.push(opening);
                compact(tape, payload, item, out);
                opening = ',';
            }
            out.push_str(if opening == '[' { "[]" } else { "]" });
        }
    }
}
