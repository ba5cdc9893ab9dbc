//! Signs: what a chunk says by a member, for detection and for the end of a message.

use crate::json::Tag;
use crate::merge::Payload;
use crate::view::{Path, Select, Step};

/// A member is there, or says what is wanted.
#[derive(Debug)]
pub(crate) struct Sign {
    pub(crate) path: Path,
    pub(crate) wanted: Option<Box<str>>,
}

impl Sign {
    /// Whether a chunk shows it.
    pub(crate) fn is_in(&self, payload: Payload<'_>, chunk: u32) -> bool {
        has(payload, chunk, &self.path.steps, self.wanted.as_deref())
    }

    /// Calls `each` with the values of a chunk that it looks at.
    pub(crate) fn look_at(&self, payload: Payload<'_>, chunk: u32, each: &mut dyn FnMut(u32)) {
        look_at(payload, chunk, &self.path.steps, each);
    }
}

fn look_at(payload: Payload<'_>, value: u32, steps: &[Step], each: &mut dyn FnMut(u32)) {
    let Some((step, rest)) = steps.split_first() else { return each(value) };
    let Some(inner) = payload.named(value, &step.name) else { return };
    match step.select {
        Select::Member => look_at(payload, inner, rest, each),
        _ => payload.tape.items(inner).for_each(|item| look_at(payload, item, rest, each)),
    }
}

/// Whether a member is there (null counts), or says what is wanted.
fn has(payload: Payload<'_>, value: u32, steps: &[Step], wanted: Option<&str>) -> bool {
    let Some((step, rest)) = steps.split_first() else {
        return wanted.is_none_or(|wanted| says(payload, value, wanted));
    };
    let Some(inner) = payload.named(value, &step.name) else { return false };
    match step.select {
        Select::Member => has(payload, inner, rest, wanted),
        _ => {
            payload.entry(inner).tag == Tag::List
                && payload.tape.items(inner).any(|item| has(payload, item, rest, wanted))
        }
    }
}

/// Whether a value is what is wanted: a string, a bool; what ends in `*` is the beginning of a string.
fn says(payload: Payload<'_>, value: u32, wanted: &str) -> bool {
    match payload.entry(value).tag {
        Tag::True => wanted == "true",
        Tag::False => wanted == "false",
        _ => payload.string(value).is_some_and(|said| match wanted.strip_suffix('*') {
            Some(beginning) => said.starts_with(beginning),
            None => said == wanted,
        }),
    }
}
