//! What `serde_json` read, in the core's spelling: for the vectors of JSON and for its fuzz target.

use serde_json::Value;
use ssefold::json::{float_repr, int_token, parse_float, write_string};

/// Appends a value, spelled as the core spells what it read.
pub(crate) fn spell(value: &Value, out: &mut String) {
    match value {
        Value::Object(fields) => {
            out.push('{');
            for (place, (key, value)) in fields.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                write_string(key, out);
                out.push(':');
                spell(value, out);
            }
            out.push('}');
        }
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                out.push_str(if place == 0 { "" } else { "," });
                spell(item, out);
            }
            out.push(']');
        }
        Value::String(text) => write_string(text, out),
        Value::Number(number) => {
            let token = number.to_string();
            let float = token.contains(['.', 'e', 'E']);
            out.push_str(&if float { float_repr(parse_float(&token)) } else { int_token(&token).to_owned() });
        }
        Value::Null | Value::Bool(_) => out.push_str(&value.to_string()),
    }
}
