//! The document, and the strategies that merge a chunk's fields into it.

mod base64;
mod beside;
mod buffer;
mod call;
mod calls;
mod compare;
mod content;
mod document;
mod ending;
mod few;
mod fragment;
mod guess;
mod ids;
mod item;
mod items;
mod keys;
mod known;
mod list;
mod message;
mod object;
mod partial;
mod parts;
mod path;
mod payload;
mod places;
mod put;
mod reasoning;
mod render;
mod repeat;
mod routing;
mod scalar;
mod settle;
mod snapshot;
mod stated;
mod text;
mod tool_calls;
mod trace;
mod value;
mod word;

pub(crate) use document::{Document, Node, NodeId, Object, ROOT};
pub(crate) use keys::Keys;
pub use keys::{KeyId, KeyTable};
use message::Chunk;
pub(crate) use message::{Given, Message};
pub(crate) use payload::Payload;
pub use snapshot::{Place, Snapshot, Value, WHOLE};
pub(crate) use trace::{Effect, HoleKind, Trace};

use crate::rule::{Op, Rule};

/// Merges a value that is not null into the member `key` of `object`, by the strategy of its rule.
#[inline]
fn apply(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    match rule.op {
        Op::Append => text::append(m, c, rule, object, key, value),
        Op::Arguments => text::arguments(m, c, rule, object, key, value),
        Op::Base64 => base64::base64(m, c, rule, object, key, value),
        Op::By => list::by(m, c, rule, object, key, value),
        Op::Calls => calls::calls(m, c, rule, object, key, value),
        Op::Collect => list::collect(m, c, rule, object, key, value),
        Op::Content => content::content(m, c, rule, object, key, value),
        Op::Deep => scalar::deep(m, c, rule, object, key, value),
        Op::Drop => scalar::drop(m, c, rule, value),
        // A strategy around it has handled it.
        Op::Slot => {}
        Op::Extend => list::extend(m, c, rule, object, key, value),
        Op::ExtendNew => list::extend_new(m, c, rule, object, key, value),
        Op::First => scalar::first(m, c, rule, object, key, value),
        Op::Fragment => fragment::fragment(m, c, rule, object, key, value),
        Op::Guess => guess::guess(m, c, rule, object, key, value),
        // Items are addressed by the steps of a route, and put.
        Op::Items => m.wrong_type(),
        Op::Last => scalar::last(m, c, rule, object, key, value),
        Op::LastNonempty => scalar::last_nonempty(m, c, rule, object, key, value),
        Op::Object => object::object(m, c, rule, object, key, value),
        Op::Parts => parts::parts(m, c, rule, object, key, value),
        Op::Push => list::push(m, c, rule, object, key, value),
        Op::Scalars => list::scalars(m, c, rule, object, key, value),
        Op::ToolCalls => tool_calls::tool_calls(m, c, rule, object, key, value),
        Op::Whole => object::whole(m, c, rule, object, value),
    }
}
