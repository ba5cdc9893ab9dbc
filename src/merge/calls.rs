//! Strategy for tool calls that come whole, one list after another (Ollama).

use super::call::tell_whole;
use super::document::NodeId;
use super::keys::KeyId;
use super::message::{Chunk, Message};
use super::parts::{add_part, parts_at};
use super::put::put_object;
use crate::json::Tag;
use crate::rule::Rule;

/// EXTEND: each item is a call.
pub(super) fn calls(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    if c.payload.entry(value).tag != Tag::List {
        return m.wrong_type();
    }
    let list = parts_at(m, object, key);
    let before = m.index;
    for item in c.payload.tape.items(value) {
        if c.payload.entry(item).tag != Tag::Object {
            m.wrong_type();
            continue;
        }
        if !m.has_room(m.document.items(list).len()) {
            break;
        }
        let made = add_part(m, list);
        put_object(m, c, rule, made, item);
        if let Some(call) = &rule.call {
            tell_whole(m, made, &call.arguments);
        }
    }
    m.index = before;
}
