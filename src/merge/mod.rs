//! The document, and the strategies that merge a chunk's fields into it.

mod base64;
mod buffer;
mod compare;
mod content;
mod copy;
mod document;
mod guess;
mod items;
mod keys;
mod list;
mod message;
mod object;
mod path;
mod payload;
mod repeat;
mod scalar;
mod spell;
mod text;
mod tool_calls;
mod trace;
mod word;

pub use buffer::Buffer;
pub use document::{Document, Node, NodeId, Object, ROOT, Text};
pub use items::Items;
pub(crate) use keys::Keys;
pub use keys::{KeyId, KeyTable};
pub(crate) use message::{Chunk, Message};
pub(crate) use payload::Payload;
pub use tool_calls::Calls;
pub(crate) use trace::{Effect, HoleKind, Trace};
pub use word::Word;

use crate::rule::{Op, Rule};

/// Merges a value that is not null into the member `key` of `object`, by the strategy of its rule.
#[inline]
fn apply(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    match rule.op {
        Op::Append => text::append(m, c, rule, object, key, value),
        Op::Arguments => text::arguments(m, c, rule, object, key, value),
        Op::Base64 => base64::base64(m, c, rule, object, key, value),
        Op::By => list::by(m, c, rule, object, key, value),
        Op::Collect => list::collect(m, c, rule, object, key, value),
        Op::Content => content::content(m, c, rule, object, key, value),
        Op::Deep => scalar::deep(m, c, rule, object, key, value),
        Op::Drop => scalar::drop(m, c, rule, value),
        // A strategy around it has handled it.
        Op::Slot => {}
        Op::Extend => list::extend(m, c, rule, object, key, value),
        Op::First => scalar::first(m, c, rule, object, key, value),
        Op::Guess => guess::guess(m, c, rule, object, key, value),
        Op::Last => scalar::last(m, c, rule, object, key, value),
        Op::LastNonempty => scalar::last_nonempty(m, c, rule, object, key, value),
        Op::Object => object::object(m, c, rule, object, key, value),
        Op::Scalars => list::scalars(m, c, rule, object, key, value),
        Op::ToolCalls => tool_calls::tool_calls(m, c, rule, object, key, value),
        Op::Whole => object::whole(m, c, rule, object, value),
    }
}
