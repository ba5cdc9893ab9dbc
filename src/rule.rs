//! A rule: what one field of a chunk does to the message. Compiled from a dialect's table, see `table`.
//!
//! The strategies have a file each under `merge`.

use std::sync::Arc;

use crate::json::{Name, Tag, same};
use crate::merge::{Document, KeyId, Node, NodeId, Payload};

/// A rule's number in its dialect.
pub(crate) type RuleId = u32;

/// The strategies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Append,
    Arguments,
    Base64,
    By,
    Calls,
    Collect,
    Content,
    Deep,
    Drop,
    Extend,
    ExtendNew,
    First,
    Fragment,
    Guess,
    Items,
    Last,
    LastNonempty,
    Object,
    Parts,
    Push,
    Scalars,
    Slot,
    ToolCalls,
    Whole,
}

impl Op {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "append" => Self::Append,
            "arguments" => Self::Arguments,
            "base64" => Self::Base64,
            "by" => Self::By,
            "calls" => Self::Calls,
            "collect" => Self::Collect,
            "content" => Self::Content,
            "deep" => Self::Deep,
            "drop" => Self::Drop,
            "extend" => Self::Extend,
            "extend_new" => Self::ExtendNew,
            "first" => Self::First,
            "fragment" => Self::Fragment,
            "guess" => Self::Guess,
            "items" => Self::Items,
            "last" => Self::Last,
            "last_nonempty" => Self::LastNonempty,
            "object" => Self::Object,
            "parts" => Self::Parts,
            "push" => Self::Push,
            "scalars" => Self::Scalars,
            "slot" => Self::Slot,
            "tool_calls" => Self::ToolCalls,
            "whole" => Self::Whole,
            _ => return None,
        })
    }
}

/// What a delta is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The message first exists.
    Start,
    /// A fragment of the text.
    Text,
    /// A fragment of the reasoning.
    Reasoning,
    /// A fragment of a refusal.
    Refusal,
    /// A tool call opened, or its name or id grew.
    ToolCall,
    /// A fragment of a tool call's arguments.
    Arguments,
    /// The usage changed.
    Usage,
    /// A finish reason came or changed.
    Finish,
    /// Anything else.
    Other,
}

impl Kind {
    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Text => "text",
            Self::Reasoning => "reasoning",
            Self::Refusal => "refusal",
            Self::ToolCall => "tool_call",
            Self::Arguments => "arguments",
            Self::Usage => "usage",
            Self::Finish => "finish",
            Self::Other => "other",
        }
    }

    /// The kind that a table may name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Text, Self::Reasoning, Self::Refusal, Self::Arguments, Self::Usage, Self::Finish, Self::Other]
            .into_iter()
            .find(|kind| kind.name() == name)
    }
}

/// A member of the chunk that a strategy reads by name, and its key in the message.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) name: Name,
    pub(crate) key: KeyId,
}

/// Where an object that is a tool call says its id, its name and its arguments: members, within members.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) id: Vec<Member>,
    pub(crate) name: Vec<Member>,
    pub(crate) arguments: Vec<Member>,
}

/// Rules of the items of a list that say what they are by one member.
#[derive(Clone, Debug)]
pub(crate) struct Variants {
    pub(crate) by: Member,
    pub(crate) rules: Vec<(Box<str>, RuleId)>,
}

impl Variants {
    fn find(&self, said: &[u8]) -> Option<RuleId> {
        self.rules.iter().find(|rule| same(rule.0.as_bytes(), said)).map(|rule| rule.1)
    }
}

/// What an object of a rule starts with.
#[derive(Clone, Debug)]
pub(crate) enum Start {
    Object,
    Default(Arc<str>),
    Null,
}

/// One node of the rule tree; `fields` are the rules of what is inside, `other` that of every field not named.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "the flags of a row")]
pub(crate) struct Rule {
    pub(crate) number: RuleId,
    /// The field's name on the wire.
    pub(crate) name: Name,
    /// Dotted path on the wire, for the report.
    pub(crate) path: String,
    pub(crate) op: Op,
    /// The field's name in the message.
    pub(crate) to: KeyId,
    /// Its name on the wire, as a key of the message.
    pub(crate) own: KeyId,
    pub(crate) kind: Kind,
    /// Place in the order of the reasoning view, where it is a reasoning text.
    pub(crate) rank: Option<u8>,
    pub(crate) fields: FieldTable,
    pub(crate) other: Option<RuleId>,
    /// Of a list: the rules of items that say what they are.
    pub(crate) variants: Option<Box<Variants>>,
    /// Texts beside the members of those names, which they become when the object is closed.
    pub(crate) buffers: Vec<(Box<str>, RuleId)>,
    /// The place of an item is the index of the deltas.
    pub(crate) index: bool,
    /// An object that is a tool call.
    pub(crate) call: Option<Box<Call>>,
    /// `deep`: counts that a 0 doesn't erase where the first of them is not stated.
    pub(crate) guarded: Vec<Member>,
    /// `by`: the key stands in an item only where the stream stated it.
    pub(crate) stated: bool,
    /// `last`: a string that is another one with every event.
    pub(crate) volatile: bool,
    /// `by`: the integer member that identifies an item.
    pub(crate) key: Option<Member>,
    /// `by`: a string member that identifies it too.
    pub(crate) group: Option<Member>,
    /// `by`: where the key is missing it is the position, else the item is pushed.
    pub(crate) by_position: bool,
    /// `by`: the member that must be equal for an item without key to continue the last of its group.
    pub(crate) adopt: Option<Member>,
    /// `by`: the key is the choice of the deltas.
    pub(crate) choice: bool,
    /// Text that stands in the message until one comes.
    pub(crate) default: Option<Arc<str>>,
    /// Present as null until a value comes.
    pub(crate) nullable: bool,
    /// An object that is made with its parent.
    pub(crate) always: bool,
    /// Tool calls: the sibling that this object takes the place of.
    pub(crate) instead: Option<KeyId>,
    /// An empty string alone creates nothing.
    pub(crate) lazy: bool,
    /// 0 counts as empty.
    pub(crate) skip_zero: bool,
    /// `*`: not counted as unknown.
    pub(crate) known: bool,
    /// Quirk: a value came though one was held.
    pub(crate) again: Option<Arc<str>>,
    /// Quirk: another value came than the one held.
    pub(crate) changed: Option<Arc<str>>,
    /// Quirk: the list was empty.
    pub(crate) empty: Option<Arc<str>>,
    /// Quirk: the item has no such field.
    pub(crate) absent: Option<Arc<str>>,
    /// Quirk of the strategy itself.
    pub(crate) quirk: Option<Arc<str>>,
    /// Quirk `delta_after_finish`: what comes after the sibling that `after` names.
    pub(crate) after: bool,
    /// That sibling, in the rule of the object around.
    pub(crate) closes: Option<KeyId>,
    /// `whole`: the sibling that makes this field superfluous, and merges it where it never comes.
    pub(crate) unless: Option<RuleId>,
    /// The sibling named by such an `unless`.
    pub(crate) marks: bool,
    /// The same value again is no news, whatever else was merged: see [`crate::tree::mark_lasting`].
    pub(crate) lasting: bool,
    /// An item of this rule is told by that member, or a list's items are.
    pub(crate) told_by: Option<Name>,
    /// What an object of this rule starts with.
    pub(crate) skeleton: Vec<(RuleId, Start)>,
    /// The fields whose absence is a quirk.
    pub(crate) watched: Vec<RuleId>,
}

impl Rule {
    /// The rule of an item of this list, by what it says of itself in the payload.
    pub(crate) fn of_value(&self, payload: Payload<'_>, item: u32) -> RuleId {
        let said = |variants: &Variants| {
            let value = payload.named(item, &variants.by.name)?;
            match payload.entry(value).tag {
                Tag::True => variants.find(b"true"),
                _ => variants.find(payload.string(value)?.as_bytes()),
            }
        };
        self.variants.as_deref().and_then(said).unwrap_or(self.number)
    }

    /// The rule of an item of this list that the document holds.
    pub(crate) fn of_item(&self, document: &Document, item: NodeId) -> RuleId {
        let said = |variants: &Variants| {
            let held = document.member(item, variants.by.key)?;
            match document.node(held) {
                Node::Bool(true) => variants.find(b"true"),
                Node::Str(said) => variants.find(said.bytes()),
                _ => variants.find(document.string(held)?.as_bytes()),
            }
        };
        self.variants.as_deref().and_then(said).unwrap_or(self.number)
    }

    pub(crate) fn buffer(&self, name: &str) -> Option<RuleId> {
        self.buffers.iter().find(|buffer| *buffer.0 == *name).map(|buffer| buffer.1)
    }
}

/// Rules by the names of their fields: open addressing by the hash that the tape has of each key.
#[derive(Debug, Default)]
pub(crate) struct FieldTable {
    slots: Vec<Option<(u32, Box<str>, RuleId)>>,
    pub(crate) in_order: Vec<RuleId>,
}

impl FieldTable {
    pub(crate) fn new(fields: &[(Box<str>, RuleId)], hash: impl Fn(&[u8]) -> u32) -> Self {
        let size = (fields.len() * 4).next_power_of_two();
        let mut slots = vec![None; if fields.is_empty() { 0 } else { size }];
        for (name, rule) in fields {
            let hash = hash(name.as_bytes());
            let mut at = hash as usize & (size - 1);
            while slots.get(at).is_some_and(Option::is_some) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = slots.get_mut(at) {
                *slot = Some((hash, name.clone(), *rule));
            }
        }
        Self { slots, in_order: fields.iter().map(|field| field.1).collect() }
    }

    /// The rule of the field of that name.
    #[inline]
    pub(crate) fn find(&self, hash: u32, name: &str) -> Option<RuleId> {
        self.find_bytes(hash, name.as_bytes())
    }

    /// The same for a name that is not cut out as text yet.
    #[inline]
    pub(crate) fn find_bytes(&self, hash: u32, name: &[u8]) -> Option<RuleId> {
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = hash as usize & mask;
        while let Some((known, held, rule)) = self.slots.get(at)?.as_ref() {
            if *known == hash && same(held.as_bytes(), name) {
                return Some(*rule);
            }
            at = (at + 1) & mask;
        }
        None
    }
}
