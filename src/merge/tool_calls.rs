//! Strategy for tool calls: which call a fragment belongs to, whatever the provider does with index and id.
//!
//! 1. An index bound to a call: that call, unless the id is another call's, or is new and comes with a name; then it is
//!    another call, unless the bound one has no arguments yet and the same name.
//! 2. An index not bound: the id's call, else a new one.
//! 3. No index: the id's call; an id that is new with a name, or a name without id, opens a call; else the last one.
//!
//! A call is finished by the protocol alone, never because its arguments parse (vercel/ai#13137 was a vulnerability).

use std::borrow::Cow;

use super::document::{Document, Node, NodeId, Object, ROOT, Text, VALUE_SIZE};
use super::few::FewMap;
use super::keys::KeyId;
use super::list::{identity, index_of};
use super::message::{Chunk, Message};
use super::trace::HoleKind;
use crate::delta::{DeltaValue, Fragment, Kind};
use crate::json::{Sink, Tag, key_hash};
use crate::limits::MAX_ITEMS;
use crate::rule::{Op, Rule};

const HOLDERS: [(&str, &str); 2] = [("function", "arguments"), ("custom", "input")];

/// The calls of a choice in the order first seen, and how they are found again.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) slots: Vec<NodeId>,
    by_index: FewMap<u64, u32>,
    by_id: FewMap<Box<str>, u32>,
    last: Option<u32>,
}

impl Calls {
    /// The number of the call that an index is bound to.
    #[inline]
    pub(super) fn bound(&self, index: u64) -> Option<u32> {
        self.by_index.get(&index)
    }
}

/// What a fragment says of the call that it belongs to.
struct Said<'a> {
    index: Option<u64>,
    id: Option<Cow<'a, str>>,
    holder: &'static str,
    name: Option<Cow<'a, str>>,
}

/// Merges the fragments of a list of tool calls.
pub(super) fn tool_calls(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let entry = c.payload.entry(value);
    if entry.tag != Tag::List {
        return m.wrong_type();
    }
    if entry.next == value + 1 {
        return;
    }
    let held = m.document.member(object, key);
    let held = held.filter(|held| matches!(m.document.node(*held), Node::Calls(_)));
    let list = held.unwrap_or_else(|| m.document.put(object, key, Node::Calls(Box::default())));
    let before = m.index;
    for item in c.payload.tape.items(value) {
        match c.payload.entry(item).tag {
            Tag::Object => merge_call(m, c, rule, list, item),
            Tag::Null => {}
            _ => m.wrong_type(),
        }
    }
    m.index = before;
}

/// Merges one fragment into the call that it belongs to.
fn merge_call(m: &mut Message, c: Chunk<'_>, rule: &Rule, list: NodeId, item: u32) {
    let said = read(m, c, item);
    if said.index.is_none() && !m.ending {
        m.quirks.add("tool_index_missing");
    }
    let count = calls(&m.document, list).map_or(0, |calls| crate::narrow(calls.slots.len()));
    let slot = find(m, list, &said);
    let opened = slot == count;
    if opened && !m.has_room(count as usize) || !can_bind(m, list, said.index) {
        return;
    }
    if opened {
        if count == 0 && said.index.is_some_and(|index| index != 0) {
            m.quirks.add("tool_index_base");
        }
        open_call(m, c, rule, list, item);
    }
    if let Node::Calls(calls) = m.document.node_mut(list) {
        if let Some(index) = said.index {
            if opened {
                calls.by_index.insert(index, slot);
            } else if calls.bound(index).is_none() {
                calls.by_index.insert(index, slot);
                m.document.epoch += 1;
            }
        }
    }
    m.set_last_call(list, slot);
    // A hit lets one call be the last one: the selected one.
    m.trace.blocked |= m.trace.holes.iter().any(|hole| hole.2.kind == HoleKind::Select);
    m.trace.last.push((list, slot));
    m.index = Some(slot);
    let call = calls(&m.document, list).and_then(|calls| calls.slots.get(slot as usize).copied()).unwrap_or(ROOT);
    let id = set_id(m, list, slot, call, said.id.as_deref());
    let name = add_name(m, c, rule, call, said.holder, said.name.as_deref());
    if opened || id.is_some() || !name.is_empty() {
        m.emit(Kind::ToolCall, Some((list, slot)), Fragment::from(&*name), id, DeltaValue::None, None);
    }
    m.trace_index(c, rule, (list, call), item, &said);
    m.fields(c, rule, item, call);
    m.trace.selecting = None;
}

impl Message {
    /// Lets the index of a fragment be a hole: without id and name it alone decides which call the fragment belongs to.
    fn trace_index(&mut self, c: Chunk<'_>, rule: &Rule, place: (NodeId, NodeId), item: u32, said: &Said<'_>) {
        let (list, call) = place;
        let index = c.payload.member(item, "index").filter(|_| said.index.is_some());
        let alone = said.id.is_none() && said.name.is_none() && self.trace.last.len() == 1;
        if !self.trace.on || !alone || !is_selectable(c, rule, item, 2) {
            return;
        }
        if let Some(index) = index {
            self.add_hole(HoleKind::Select, c.payload.entry(index), rule, list, (list, 0));
            self.trace.selecting = Some(call);
        }
    }

    /// Remembers the call that a fragment went to: one without index may continue it.
    #[inline]
    pub(super) fn set_last_call(&mut self, list: NodeId, slot: u32) {
        if let Node::Calls(calls) = self.document.node_mut(list) {
            calls.last = Some(slot);
        }
    }
}

/// Whether an object has a text to append.
fn brings_text(c: Chunk<'_>, rule: &Rule, object: u32) -> bool {
    c.payload.tape.fields(object).any(|(name, member)| {
        let child = rule.fields.find(name.next, &c.payload.tape.text_of(c.payload.text, name));
        let appends = child.is_some_and(|child| matches!(c.dialect.rule(child).op, Op::Append | Op::Arguments));
        appends && matches!(c.payload.entry(member).tag, Tag::Str | Tag::Escaped)
    })
}

/// Whether a fragment does to every call what it does to one: it brings texts to append, and nothing else.
fn is_selectable(c: Chunk<'_>, rule: &Rule, item: u32, depth: u32) -> bool {
    c.payload.tape.fields(item).all(|(name, member)| {
        let child = rule.fields.find(name.next, &c.payload.tape.text_of(c.payload.text, name));
        match (c.payload.entry(member).tag, child.map(|child| c.dialect.rule(child))) {
            (Tag::Null, _) => true,
            (_, Some(child)) if child.op == Op::Slot => true,
            (Tag::Str | Tag::Escaped, Some(child)) => matches!(child.op, Op::Append | Op::Arguments),
            (Tag::Object, Some(child)) => {
                // An object without texts may have to be made in another call.
                child.op == Op::Object
                    && depth > 0
                    && brings_text(c, child, member)
                    && is_selectable(c, child, member, depth - 1)
            }
            _ => false,
        }
    })
}

/// Reads what a fragment says: its name stands in `function` or `custom`.
fn read<'a>(m: &mut Message, c: Chunk<'a>, item: u32) -> Said<'a> {
    let payload = c.payload;
    let text = |m: &mut Message, value: Option<u32>| {
        let value = value.filter(|value| payload.entry(*value).tag != Tag::Null)?;
        if !matches!(payload.entry(value).tag, Tag::Str | Tag::Escaped) {
            m.wrong_type();
        }
        identity(payload, Some(value))
    };
    let id = text(m, payload.member(item, "id"));
    let mut said = Said { index: index_of(payload, payload.member(item, "index")), id, holder: "", name: None };
    for (holder, _) in HOLDERS {
        let inner = payload.member(item, holder);
        let name = text(m, inner.and_then(|inner| payload.member(inner, "name")));
        if said.name.is_none() && name.is_some() {
            (said.holder, said.name) = (holder, name);
        }
    }
    said
}

fn calls(document: &Document, list: NodeId) -> Option<&Calls> {
    match document.node(list) {
        Node::Calls(calls) => Some(calls),
        _ => None,
    }
}

/// Whether an index is bound, or may yet be: one call may be named by many.
fn can_bind(m: &mut Message, list: NodeId, index: Option<u64>) -> bool {
    let Some((calls, index)) = calls(&m.document, list).zip(index) else { return true };
    let bound = calls.by_index.len();
    bound < MAX_ITEMS || calls.bound(index).is_some() || m.has_room(bound)
}

/// The number of the call that a fragment belongs to; the number of calls for a new one.
fn find(m: &mut Message, list: NodeId, said: &Said<'_>) -> u32 {
    let Some(calls) = calls(&m.document, list) else { return 0 };
    let count = crate::narrow(calls.slots.len());
    let known = said.id.as_deref().and_then(|id| calls.by_id.get(id));
    let Some(index) = said.index else {
        m.trace.blocked |= known.is_none();
        let latest = calls.last.filter(|_| said.name.is_none());
        return known.or(latest).unwrap_or(count);
    };
    let Some(slot) = calls.bound(index) else {
        return known.unwrap_or(count);
    };
    let (Some(_), None, Some(name)) = (&said.id, known, &said.name) else {
        return known.unwrap_or(slot);
    };
    m.trace.blocked = true;
    let call = calls.slots.get(slot as usize).copied().unwrap_or(ROOT);
    if is_same(&m.document, call, name) {
        return slot;
    }
    m.quirks.add("tool_index_reused");
    count
}

/// Whether a new id with a name is still the call held: no arguments yet, and the same name or no identity.
fn is_same(document: &Document, call: NodeId, name: &str) -> bool {
    let held = held_name(document, call);
    let id = document.keys.find("id").and_then(|key| document.held(call, key));
    (id.is_none() && held.is_empty()) || (held == name.as_bytes() && !has_arguments(document, call))
}

/// A text of the call's `function` or `custom`.
fn text_in<'d>(document: &'d Document, call: NodeId, holder: &str, field: &str) -> Option<&'d Text> {
    let inner = document.member(call, document.keys.find(holder)?)?;
    match document.node(document.member(inner, document.keys.find(field)?)?) {
        Node::Text(text) => Some(text),
        _ => None,
    }
}

/// The name held, as bytes, none where there is none.
fn held_name(document: &Document, call: NodeId) -> &[u8] {
    let names = HOLDERS.iter().find_map(|(holder, _)| text_in(document, call, holder, "name"));
    names.map_or(&[], |text| text.buffer.from(0))
}

/// Whether a byte of arguments has come.
fn has_arguments(document: &Document, call: NodeId) -> bool {
    let mut texts = HOLDERS.iter().filter_map(|(holder, field)| text_in(document, call, holder, field));
    texts.any(|text| !text.buffer.is_empty() || text.pending.is_some())
}

/// Appends a new call, with the members that one starts with.
fn open_call(m: &mut Message, c: Chunk<'_>, rule: &Rule, list: NodeId, item: u32) {
    let number = calls(&m.document, list).map_or(0, |calls| crate::narrow(calls.slots.len()));
    let call = m.document.add(Node::Object(Object::default()), list, number);
    if let Node::Calls(calls) = m.document.node_mut(list) {
        calls.slots.push(call);
    }
    m.document.grow(VALUE_SIZE);
    let mut without = None;
    for child in &rule.fields.in_order {
        let child = c.dialect.rule(*child);
        let came = c.payload.named(item, &child.name);
        if child.instead.is_some() && came.is_some_and(|came| c.payload.entry(came).tag == Tag::Object) {
            without = child.instead;
        }
    }
    m.fill(c.dialect, rule, call, without);
}

/// Sets the id of a call that had none; returns it if it did.
fn set_id(m: &mut Message, list: NodeId, slot: u32, call: NodeId, id: Option<&str>) -> Option<Box<str>> {
    let id = id?;
    let key = m.document.keys.intern("id");
    if let Some(held) = m.document.held(call, key) {
        if m.document.string(held).is_some_and(|held| held == id) {
            m.quirks.add("tool_id_repeated");
        }
        return None;
    }
    m.document.put(call, key, Node::Str(id.into()));
    if let Node::Calls(calls) = m.document.node_mut(list) {
        if calls.by_id.get(id).is_none() {
            calls.by_id.insert(id.into(), slot);
        }
    }
    Some(id.into())
}

/// Appends to the name of a call until arguments come; returns what was added.
fn add_name(
    m: &mut Message,
    c: Chunk<'_>,
    rule: &Rule,
    call: NodeId,
    holder: &'static str,
    name: Option<&str>,
) -> String {
    let outer = rule.fields.find(key_hash(holder.as_bytes()), holder).map(|outer| c.dialect.rule(outer));
    let (Some(outer), Some(name)) = (outer, name) else { return String::new() };
    let inner = m.open(c.dialect, outer, call, outer.to);
    let key = m.document.keys.intern("name");
    let mut held = m.document.member(inner, key);
    match held.map(|held| m.document.node(held)) {
        Some(Node::Text(held)) if held.buffer.from(0) == name.as_bytes() => {
            m.quirks.add("tool_name_repeated");
            return String::new();
        }
        Some(Node::Text(_)) if has_arguments(&m.document, call) => {
            m.quirks.add("tool_name_late");
            return String::new();
        }
        Some(Node::Text(_)) => {}
        _ => held = None,
    }
    let held = held.unwrap_or_else(|| m.document.put(inner, key, Node::Text(Text::default())));
    if let Node::Text(text) = m.document.node_mut(held) {
        text.buffer.push_str(name);
    }
    m.document.grow(name.len() as u64);
    name.to_owned()
}
