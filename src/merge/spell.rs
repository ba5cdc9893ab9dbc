//! A document written as compact JSON, spelled as Python's `json.dumps(value, ensure_ascii=False, separators=(",", ":"))`.

use super::document::{Document, Node, NodeId, ROOT};
use crate::json::{Tape, compact, float_repr, write_string};

impl Document {
    /// The message as compact JSON, "null" where nothing came.
    ///
    /// ```
    /// use ssefold::{Limits, Stream};
    /// let mut stream = Stream::new(None, Limits { max_event_size: None, max_message_size: None });
    /// stream.feed(b"data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n", false);
    /// let message = stream.snapshot().map(ssefold::Document::to_json).unwrap_or_default();
    /// assert!(message.starts_with(r#"{"object":"chat.completion","choices":[{"index":0,"#));
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        if self.is_empty() {
            out.push_str("null");
        } else {
            self.spell(ROOT, &mut out);
        }
        out
    }

    /// A node as compact JSON.
    pub(crate) fn json_of(&self, id: NodeId) -> String {
        let mut out = String::new();
        self.spell(id, &mut out);
        out
    }

    fn spell(&self, id: NodeId, out: &mut String) {
        match self.node(id) {
            Node::Null => out.push_str("null"),
            Node::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
            Node::Int(value) => out.push_str(&value.to_string()),
            Node::BigInt(token) => out.push_str(token),
            Node::Float(value) => out.push_str(&float_repr(*value)),
            Node::Raw(json, _) => {
                let mut tape = Tape::new();
                if tape.parse(json).is_ok() {
                    compact(&tape, json, 0, out);
                }
            }
            Node::Str(_) | Node::Default(_) | Node::Text(_) => write_string(&self.string(id).unwrap_or_default(), out),
            Node::Object(_) => {
                let mut opening = '{';
                for (key, member) in self.members(id) {
                    out.push(opening);
                    write_string(self.key(key), out);
                    out.push(':');
                    self.spell(member, out);
                    opening = ',';
                }
                out.push_str(if opening == '{' { "{}" } else { "}" });
            }
            Node::List(_) | Node::Items(_) | Node::Blocks(_) | Node::Calls(_) | Node::Parts(_) => {
                let mut opening = '[';
                for item in self.items(id).iter() {
                    out.push(opening);
                    self.spell(*item, out);
                    opening = ',';
                }
                out.push_str(if opening == '[' { "[]" } else { "]" });
            }
        }
    }
}
