//! The merge rules of a table, row by row, compiled to a tree.

use std::sync::Arc;

use toml::{Table, Value};

use crate::json::{Name, key_hash};
use crate::merge::{KeyId, KeyTable};
use crate::rule::{Call, FieldTable, Kind, Member, Op, Rule, RuleId, Start, Variants};
use crate::table::{Fault, fault};

/// Segments of one row.
const SEGMENTS: usize = 32;

/// A rule while rows are read; a list that no row has given a strategy has none.
#[derive(Default)]
struct Branch {
    number: RuleId,
    /// The row that gave the strategy.
    key: String,
    name: String,
    path: String,
    op: Option<Op>,
    row: Table,
    fields: Vec<(Box<str>, RuleId)>,
    other: Option<RuleId>,
    variant_by: String,
    variants: Vec<(Box<str>, RuleId)>,
    buffers: Vec<(Box<str>, RuleId)>,
}

/// A step of a row's path.
#[derive(Clone, Copy)]
enum Segment<'a> {
    /// Every field that no row names.
    Other,
    Member(&'a str),
    /// The buffer beside a member.
    Buffer(&'a str),
    Items(&'a str),
    /// Those of a list that say something of themselves: the member, and what it says.
    Variant(&'a str, &'a str, &'a str),
}

/// The rules while rows are read; the first is the root.
pub(crate) struct Tree {
    branches: Vec<Branch>,
}

impl Default for Tree {
    fn default() -> Self {
        Self { branches: vec![Branch { op: Some(Op::Object), ..Branch::default() }] }
    }
}

impl Tree {
    /// Reads a row of the table.
    pub(crate) fn row(&mut self, key: &str, row: &Value) -> Result<(), Fault> {
        let attributes = match row {
            Value::String(op) => Table::from_iter([("op".to_owned(), Value::String(op.clone()))]),
            Value::Table(attributes) => attributes.clone(),
            _ => return fault("merge", key, "must be a strategy or a table of one"),
        };
        let mut at = 0;
        let segments: Vec<&str> = key.split('.').collect();
        for (number, segment) in segments.iter().enumerate() {
            let last = number + 1 == segments.len();
            let segment = segment_of(segment).filter(|segment| {
                segments.len() <= SEGMENTS && (last || !matches!(segment, Segment::Other | Segment::Buffer(_)))
            });
            let Some(segment) = segment else {
                return fault("merge", key, "is no path of the chunk");
            };
            at = self.child_of(at, segment, key)?;
        }
        let op = check_attributes(&attributes, key)?;
        if let Some(branch) = self.branches.get_mut(at as usize) {
            branch.op = Some(op);
            key.clone_into(&mut branch.key);
            branch.row.extend(attributes);
        }
        Ok(())
    }

    /// The rule of a member, made where there is none; a parent that no row names is an object.
    fn child_of(&mut self, at: RuleId, segment: Segment<'_>, key: &str) -> Result<RuleId, Fault> {
        let Some(parent) = self.branches.get(at as usize) else { return Ok(at) };
        let inner = |name: &str| {
            if parent.path.is_empty() { name.to_owned() } else { format!("{}.{name}", parent.path) }
        };
        match segment {
            Segment::Other => {
                let (found, path) = (parent.other, parent.path.clone());
                let id = found.unwrap_or_else(|| self.add("*", path, Some(Op::Drop)));
                self.set(at, |parent| parent.other = Some(id));
                Ok(id)
            }
            Segment::Buffer(name) => {
                let (found, path) = (find(&parent.buffers, name), inner(name));
                Ok(found.unwrap_or_else(|| {
                    let id = self.add(name, path, Some(Op::Drop));
                    self.set(at, |parent| parent.buffers.push((name.into(), id)));
                    id
                }))
            }
            Segment::Member(name) | Segment::Items(name) | Segment::Variant(name, ..) => {
                let (found, path) = (find(&parent.fields, name), inner(name));
                let is_list = !matches!(segment, Segment::Member(_));
                let id = found.unwrap_or_else(|| {
                    let id = self.add(name, path, (!is_list).then_some(Op::Object));
                    self.set(at, |parent| parent.fields.push((name.into(), id)));
                    id
                });
                if is_list { self.items_of(id, segment, key) } else { Ok(id) }
            }
        }
    }

    /// The rule of a list's items, or of those that say something of themselves.
    fn items_of(&mut self, list: RuleId, segment: Segment<'_>, key: &str) -> Result<RuleId, Fault> {
        let Some(branch) = self.branches.get_mut(list as usize) else { return Ok(list) };
        if matches!(branch.op, None | Some(Op::Object)) {
            return fault("merge", key, "the list needs a rule of its own before");
        }
        if !branch.path.ends_with("[]") {
            branch.path.push_str("[]");
        }
        let Segment::Variant(name, member, wanted) = segment else { return Ok(list) };
        if !branch.variant_by.is_empty() && branch.variant_by != member {
            return fault("merge", key, "the items of a list are told apart by one member");
        }
        member.clone_into(&mut branch.variant_by);
        let (found, path) = (find(&branch.variants, wanted), branch.path.clone());
        Ok(found.unwrap_or_else(|| {
            let id = self.add(name, path, Some(Op::Object));
            self.set(list, |list| list.variants.push((wanted.into(), id)));
            id
        }))
    }

    /// Adds a branch; returns its rule's number.
    fn add(&mut self, name: &str, path: String, op: Option<Op>) -> RuleId {
        let number = crate::narrow(self.branches.len());
        self.branches.push(Branch { number, name: name.to_owned(), path, op, ..Branch::default() });
        number
    }

    fn set(&mut self, at: RuleId, change: impl FnOnce(&mut Branch)) {
        if let Some(branch) = self.branches.get_mut(at as usize) {
            change(branch);
        }
    }

    /// Links what rows say of each other, and lays out what an object of each rule starts with.
    pub(crate) fn finish(mut self, keys: &mut KeyTable) -> Result<(Vec<Rule>, RuleId), Fault> {
        for at in 0..self.branches.len() {
            self.add_slots(at);
        }
        for at in 0..self.branches.len() {
            self.inherit(at);
        }
        let mut rules: Vec<Rule> = self.branches.iter().map(|branch| rule_of(branch, keys)).collect();
        for at in 0..rules.len() {
            link(&mut rules, at, &self.branches, keys)?;
        }
        for branch in self.branches.iter().filter(|branch| !branch.variants.is_empty()) {
            for id in branch.variants.iter().map(|variant| variant.1).chain([branch.number]) {
                if let Some(rule) = rules.get_mut(id as usize) {
                    rule.told_by = Some(branch.variant_by.as_str().into());
                }
            }
        }
        Ok((rules, 0))
    }

    /// Lets an item that says what it is have the rules of all items, where it has none of its own.
    fn inherit(&mut self, at: usize) {
        let Some(list) = self.branches.get(at) else { return };
        let (fields, buffers, other) = (list.fields.clone(), list.buffers.clone(), list.other);
        for (_, variant) in list.variants.clone() {
            self.set(variant, |variant| {
                let absent = |named: &[(Box<str>, RuleId)], field: &(Box<str>, RuleId)| find(named, &field.0).is_none();
                for field in &fields {
                    if absent(&variant.fields, field) {
                        variant.fields.push(field.clone());
                    }
                }
                for buffer in &buffers {
                    if absent(&variant.buffers, buffer) {
                        variant.buffers.push(buffer.clone());
                    }
                }
                variant.other = variant.other.or(other);
            });
        }
    }

    /// The members that identify the items of a list are handled by its strategy.
    fn add_slots(&mut self, at: usize) {
        let next = crate::narrow(self.branches.len());
        let Some(branch) = self.branches.get_mut(at).filter(|branch| branch.op == Some(Op::By)) else { return };
        let mut slots = Vec::new();
        let stated = |name| branch.row.get(name)?.as_str().filter(|name: &&str| !name.is_empty()).map(str::to_owned);
        for name in [stated("key"), stated("group")].into_iter().flatten() {
            let id = next + crate::narrow(slots.len());
            let path = format!("{}.{name}", branch.path);
            match branch.fields.iter_mut().find(|field| *field.0 == *name) {
                Some(field) => field.1 = id,
                None => branch.fields.push((name.as_str().into(), id)),
            }
            slots.push(Branch { number: id, name, path, op: Some(Op::Slot), ..Branch::default() });
        }
        self.branches.extend(slots);
    }
}

/// Reads a step of a row's path; None if it is none.
fn segment_of(segment: &str) -> Option<Segment<'_>> {
    let special = ['[', ']', '*', '~', '=', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}'];
    let is_name = |name: &str| !name.is_empty() && !name.contains(special);
    if segment == "*" {
        return Some(Segment::Other);
    }
    let (found, names) = if let Some(name) = segment.strip_suffix('~') {
        (Segment::Buffer(name), [name; 3])
    } else if let Some((name, inside)) = segment.split_once('[') {
        match inside.strip_suffix(']')?.split_once('=') {
            Some((member, wanted)) => (Segment::Variant(name, member, wanted), [name, member, wanted]),
            None if inside == "]" => (Segment::Items(name), [name; 3]),
            None => return None,
        }
    } else {
        (Segment::Member(segment), [segment; 3])
    };
    names.into_iter().all(is_name).then_some(found)
}

fn find(named: &[(Box<str>, RuleId)], name: &str) -> Option<RuleId> {
    named.iter().find(|field| *field.0 == *name).map(|field| field.1)
}

const TEXTS: [&str; 20] = [
    "op",
    "to",
    "delta",
    "default",
    "missing",
    "key",
    "group",
    "adopt",
    "instead",
    "again",
    "changed",
    "empty",
    "absent",
    "after",
    "unless",
    "quirk",
    "call_id",
    "call_name",
    "call_arguments",
    "guarded",
];
const FLAGS: [&str; 9] = ["nullable", "always", "lazy", "skip_zero", "known", "choice", "index", "stated", "volatile"];

/// Checks what a row says of its rule; returns the strategy.
fn check_attributes(attributes: &Table, key: &str) -> Result<Op, Fault> {
    for (name, value) in attributes {
        let name = name.as_str();
        if TEXTS.contains(&name) {
            if !value.is_str() {
                return fault("merge", key, format!("{name} must be a string"));
            }
        } else if FLAGS.contains(&name) {
            if !value.is_bool() {
                return fault("merge", key, format!("{name} must be a boolean"));
            }
        } else if name == "rank" {
            if !value.as_integer().is_some_and(|rank| (0..=9).contains(&rank)) {
                return fault("merge", key, "rank must be an integer from 0 to 9");
            }
        } else {
            return fault("merge", key, format!("unknown attribute {name}"));
        }
    }
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let name = text("op").unwrap_or_default();
    let Some(op) = Op::named(name) else {
        return fault("merge", key, format!("unknown strategy {name}"));
    };
    let kind = text("delta").unwrap_or("other");
    if Kind::named(kind).is_none() {
        return fault("merge", key, format!("unknown delta kind {kind}"));
    }
    if op == Op::By && (text("key").is_none_or(str::is_empty) || !matches!(text("missing"), Some("position" | "push")))
    {
        return fault("merge", key, "by needs a key, and missing = \"position\" or \"push\"");
    }
    if attributes.get("choice").and_then(Value::as_bool) == Some(true) && text("missing") != Some("position") {
        return fault("merge", key, "choice needs missing = \"position\"");
    }
    Ok(op)
}

fn rule_of(branch: &Branch, keys: &mut KeyTable) -> Rule {
    let text = |name: &str| branch.row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let flag = |name: &str| branch.row.get(name).and_then(Value::as_bool).unwrap_or_default();
    let quirk = |name: &str| text(name).map(Arc::from);
    let mut member = |name: &str| text(name).map(|name| Member { name: name.into(), key: keys.add(name) });
    let (key, group, adopt) = (member("key"), member("group"), member("adopt"));
    let instead = text("instead").map(|name| keys.add(name));
    let mut members = |name: &str, separator: char| -> Vec<Member> {
        let names = text(name).unwrap_or_default().split(separator).filter(|name| !name.is_empty());
        names.map(|name| Member { name: name.into(), key: keys.add(name) }).collect()
    };
    let guarded = members("guarded", ' ');
    let call = text("call_name").map(|_| {
        let (id, name) = (members("call_id", '.'), members("call_name", '.'));
        Box::new(Call { id, name, arguments: members("call_arguments", '.') })
    });
    Rule {
        number: branch.number,
        to: keys.add(text("to").unwrap_or(&branch.name)),
        own: keys.add(&branch.name),
        name: branch.name.as_str().into(),
        path: branch.path.clone(),
        op: branch.op.unwrap_or(Op::Drop),
        kind: text("delta").and_then(Kind::named).unwrap_or(Kind::Other),
        rank: branch.row.get("rank").and_then(Value::as_integer).and_then(|rank| u8::try_from(rank).ok()),
        fields: FieldTable::new(&branch.fields, key_hash),
        other: branch.other,
        variants: variants_of(branch, keys),
        buffers: branch.buffers.clone(),
        index: flag("index"),
        call,
        guarded,
        stated: flag("stated"),
        volatile: flag("volatile"),
        key,
        group,
        by_position: text("missing") == Some("position"),
        adopt,
        choice: flag("choice"),
        default: branch.row.get("default").and_then(Value::as_str).map(Arc::from),
        nullable: flag("nullable"),
        always: flag("always"),
        instead,
        lazy: flag("lazy"),
        skip_zero: flag("skip_zero"),
        known: flag("known") || branch.name != "*",
        again: quirk("again"),
        changed: quirk("changed"),
        empty: quirk("empty"),
        absent: quirk("absent"),
        quirk: quirk("quirk"),
        after: text("after").is_some(),
        closes: None,
        unless: None,
        marks: false,
        lasting: false,
        told_by: None,
        skeleton: Vec::new(),
        watched: Vec::new(),
    }
}

/// The rules of a list's items that say what they are.
fn variants_of(branch: &Branch, keys: &mut KeyTable) -> Option<Box<Variants>> {
    (!branch.variants.is_empty()).then(|| {
        let by = Member { name: branch.variant_by.as_str().into(), key: keys.add(&branch.variant_by) };
        Box::new(Variants { by, rules: branch.variants.clone() })
    })
}

/// Links a rule to its members, and one of them to the sibling that makes it superfluous.
fn link(rules: &mut [Rule], at: usize, branches: &[Branch], keys: &mut KeyTable) -> Result<(), Fault> {
    let Some(members) = rules.get(at).map(|rule| rule.fields.in_order.clone()) else { return Ok(()) };
    let mut closes = None;
    let mut skeleton = Vec::new();
    let mut watched = Vec::new();
    for id in &members {
        let Some(child) = rules.get(*id as usize) else { continue };
        if child.always {
            skeleton.push((*id, Start::Object));
        } else if let Some(text) = &child.default {
            skeleton.push((*id, Start::Default(Arc::clone(text))));
        } else if child.nullable {
            skeleton.push((*id, Start::Null));
        }
        if child.absent.is_some() {
            watched.push(*id);
        }
        let whole = child.op == Op::Whole;
        let branch = branches.get(*id as usize);
        let text =
            |name: &str| branch.and_then(|branch| branch.row.get(name)?.as_str()).filter(|text| !text.is_empty());
        if let Some(after) = text("after") {
            closes = Some(keys.add(after));
        }
        let sibling = text("unless").and_then(|name| rules.get(at)?.fields.find(key_hash(name.as_bytes()), name));
        if whole && sibling.is_none() {
            return fault("merge", branch.map_or("", |branch| &branch.key), "whole needs unless, a sibling");
        }
        if let Some(sibling) = sibling {
            let quirk = child.quirk.clone();
            if let Some(child) = rules.get_mut(*id as usize) {
                child.unless = Some(sibling);
            }
            if let Some(sibling) = rules.get_mut(sibling as usize) {
                sibling.marks = true;
                sibling.quirk = quirk;
            }
        }
    }
    if let Some(rule) = rules.get_mut(at) {
        rule.skeleton = skeleton;
        rule.watched = watched;
        rule.closes = closes;
    }
    Ok(())
}

/// Whether each member of the message is written by one rule alone, so that a template of one field's event can't be made
/// void by what another field's did: what rules share is left to the full path. Not so in any table of the package.
pub(crate) fn one_writer_each(rules: &[Rule]) -> bool {
    rules.iter().all(|rule| {
        let members = rule.fields.in_order.iter().filter_map(|id| rules.get(*id as usize));
        let writers: Vec<&Rule> =
            members.clone().filter(|child| !matches!(child.op, Op::Drop | Op::Slot | Op::Whole)).collect();
        let mut targets: Vec<KeyId> = writers.iter().map(|child| child.to).collect();
        targets.sort_unstable();
        let shared = targets.windows(2).any(|pair| matches!(pair, [one, two] if one == two));
        // A field of any name may be the target of one that is renamed, unless that name has a rule.
        let open = rule.other.is_some_and(|other| rules.get(other as usize).is_some_and(|other| other.op != Op::Drop));
        let free = |child: &&Rule| members.clone().all(|named| named.own != child.to);
        !(shared || open && writers.iter().any(free))
    })
}

/// Marks the rules of a chunk's own members for which the value of the last event, stated again, does nothing: those that
/// read no more than the value and what they wrote themselves. Only where each member has one writer.
pub(crate) fn mark_lasting(rules: &mut [Rule], root: RuleId, copies: &[Copy]) {
    let members = rules.get(root as usize).map(|root| root.fields.in_order.clone()).unwrap_or_default();
    for id in members {
        if let Some(rule) = rules.get_mut(id as usize) {
            let holds = matches!(rule.op, Op::Drop | Op::First | Op::Last | Op::LastNonempty);
            let served = copies.iter().any(|copy| copy.to == rule.to);
            rule.lasting = holds && !rule.volatile && rule.again.is_none() && !served;
        }
    }
}

/// Adds the rule of a member that the message doesn't have.
pub(crate) fn add_dropped(rules: &mut Vec<Rule>, name: &str, keys: &mut KeyTable) -> RuleId {
    let number = crate::narrow(rules.len());
    let branch =
        Branch { number, name: name.to_owned(), path: name.to_owned(), op: Some(Op::Drop), ..Branch::default() };
    rules.push(rule_of(&branch, keys));
    number
}

/// A field, the member of an object that serves as it where it is missing, and the field's rule.
#[derive(Debug)]
pub(crate) struct Copy {
    pub(crate) to: KeyId,
    pub(crate) name: Name,
    pub(crate) source: (Name, Name),
    pub(crate) rule: RuleId,
}

/// Compiles the rows of `[copy]`.
pub(crate) fn compile_copies(rows: &Table, rules: &[Rule], root: RuleId) -> Result<Vec<Copy>, Fault> {
    let mut copies = Vec::new();
    for (key, row) in rows {
        let rule = rules.get(root as usize).and_then(|root| root.fields.find(key_hash(key.as_bytes()), key));
        let parts = row.as_str().and_then(|source| source.split_once('.'));
        let parts = parts.filter(|(name, inner)| !name.is_empty() && !inner.is_empty() && !inner.contains('.'));
        let (Some(rule), Some((name, inner))) = (rule, parts) else {
            return fault("copy", key, "must name a field of merge, and be an object's member");
        };
        let to = rules.get(rule as usize).map_or(0, |rule| rule.to);
        copies.push(Copy { to, name: key.as_str().into(), source: (name.into(), inner.into()), rule });
    }
    Ok(copies)
}
