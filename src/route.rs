//! Routes: what an event does where its type says what it is about. Compiled from `[on]` of a dialect's table.
//!
//! A route is a list of steps: what a step takes of the event, as a path, goes `into` an address of the message and is
//! merged there by the rule of that place. An address is names joined by dots; `name[member]` is the item of a list whose
//! index the event's member states, made where there is none (`name[member:kind]` with that `type`); `name~` is the
//! buffer beside a member.

use std::borrow::Cow;

use toml::{Table, Value};

use crate::json::{Name, key_hash};
use crate::merge::Payload;
use crate::rule::{FieldTable, RuleId};
use crate::table::{Fault, fault};

/// One step of an address: a member, the buffer beside one, or the item of a list that `index` tells.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: Name,
    pub(crate) is_buffer: bool,
    pub(crate) index: Option<Name>,
    /// What an item that is made says of itself.
    pub(crate) kind: Option<Box<str>>,
}

/// How a step merges what it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepOp {
    Merge,
    Put,
    Close,
    Rest,
    Finish,
    End,
}

/// What is taken of the event, where it goes, and how.
#[derive(Debug)]
pub(crate) struct RouteStep {
    pub(crate) take: Vec<Name>,
    pub(crate) into: Vec<Place>,
    pub(crate) op: StepOp,
}

/// What events of one type do.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) steps: Vec<RouteStep>,
    pub(crate) rest: bool,
    /// It says how the message ended.
    pub(crate) ends: bool,
    /// Members that a step reads, and those that are ignored, with their rules.
    members: FieldTable,
}

/// What becomes of a member of an event beside its steps.
pub(crate) enum Beside {
    /// A step reads it, or it tells what the event is.
    Read,
    /// It is ignored by that rule.
    Ignored(RuleId),
    /// No step reads it.
    Rest,
}

const READ: RuleId = RuleId::MAX;

impl Route {
    pub(crate) fn beside(&self, hash: u32, name: &[u8]) -> Beside {
        match self.members.find_bytes(hash, name) {
            Some(READ) => Beside::Read,
            Some(rule) => Beside::Ignored(rule),
            None => Beside::Rest,
        }
    }
}

/// Routes by name.
type Numbers = Vec<(Box<str>, RuleId)>;

/// The routes of a dialect, found by what an event says of itself.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    members: Vec<Vec<Name>>,
    pub(crate) sequence: Option<Name>,
    pub(crate) begins: Vec<Box<str>>,
    pub(crate) restarts: Vec<Box<str>>,
    pub(crate) fails: Vec<Box<str>>,
    pub(crate) after_error: Vec<Box<str>>,
    all: Vec<Route>,
    by_name: FieldTable,
    /// Routes of events that say more of themselves: the name, and what else they say with the route.
    special: Vec<(Box<str>, Numbers)>,
}

impl Routes {
    /// Compiles the keys of a table that routes have.
    pub(crate) fn new(table: &Table) -> Result<Self, Fault> {
        let sequence = table.get("sequence").and_then(Value::as_str).filter(|name| !name.is_empty());
        let mut routes = Self {
            sequence: sequence.map(Name::from),
            begins: texts(table, "begins").collect(),
            restarts: texts(table, "restarts").collect(),
            fails: texts(table, "fails").collect(),
            after_error: texts(table, "after_error").collect(),
            ..Self::default()
        };
        for path in texts(table, "route") {
            routes.members.push(names_of("route", &path)?);
        }
        let mut names = Numbers::new();
        for (key, rows) in table.get("on").and_then(Value::as_table).into_iter().flatten() {
            let number = crate::narrow(routes.all.len());
            routes.all.push(compile_route(key, rows)?);
            for name in key.split('|') {
                // The last row of a name counts.
                names.retain(|known| *known.0 != *name);
                names.push((name.into(), number));
            }
        }
        for (name, route) in &names {
            for (at, _) in name.match_indices('/') {
                let (name, more) = (name.get(..at).unwrap_or_default(), name.get(at + 1..).unwrap_or_default());
                let known = routes.special.iter().position(|special| *special.0 == *name);
                let known = known.unwrap_or_else(|| {
                    routes.special.push((name.into(), Vec::new()));
                    routes.special.len() - 1
                });
                if let Some(special) = routes.special.get_mut(known) {
                    special.1.push((more.into(), *route));
                }
            }
        }
        routes.by_name = FieldTable::new(&names, key_hash);
        Ok(routes)
    }

    /// Links the rules of the members that are ignored.
    pub(crate) fn ignore(&mut self, ignored: &[(Box<str>, RuleId)]) {
        let first = self.members.first().and_then(|path| path.first());
        let around: Vec<Box<str>> = first.into_iter().chain(&self.sequence).map(|name| name.text.clone()).collect();
        for route in &mut self.all {
            let taken = route.steps.iter().filter_map(|step| step.take.first());
            let indexes = route.steps.iter().flat_map(|step| &step.into).filter_map(|place| place.index.as_ref());
            let read = taken.chain(indexes).map(|name| name.text.clone()).chain(around.iter().cloned());
            let mut members: Vec<(Box<str>, RuleId)> = Vec::new();
            for member in read.map(|name| (name, READ)).chain(ignored.iter().cloned()) {
                if members.iter().all(|known| known.0 != member.0) {
                    members.push(member);
                }
            }
            route.members = FieldTable::new(&members, key_hash);
        }
    }

    /// Whether there is none: chunks are merged as they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// The type of an event: what it states, else the type of its block.
    pub(crate) fn name_of<'a>(&self, payload: Payload<'a>, chunk: u32, event_type: &'a str) -> Cow<'a, str> {
        let said = self.members.first().and_then(|path| string_at(payload, chunk, path));
        said.filter(|said| !said.is_empty()).unwrap_or(Cow::Borrowed(event_type))
    }

    /// What an event says of itself.
    pub(crate) fn named_by<'r>(&'r self, payload: Payload<'r>, chunk: u32) -> impl Iterator<Item = u32> + 'r {
        self.members.iter().filter_map(move |path| reach(payload, chunk, path))
    }

    /// The route of an event of that name, by what else it says of itself.
    pub(crate) fn find(&self, payload: Payload<'_>, chunk: u32, name: &str) -> Option<&Route> {
        let special = self.special.iter().find(|special| *special.0 == *name).and_then(|(_, special)| {
            self.members.iter().skip(1).find_map(|path| {
                let said = string_at(payload, chunk, path)?;
                special.iter().find(|special| *special.0 == *said).map(|special| special.1)
            })
        });
        let number = special.or_else(|| self.by_name.find(key_hash(name.as_bytes()), name))?;
        self.all.get(number as usize)
    }

    /// What the report calls an event that has no route.
    pub(crate) fn unknown(&self, name: &str) -> String {
        let names = self.members.first().map(|path| path.iter().map(|name| &*name.text).collect::<Vec<_>>().join("."));
        format!("{}={name}", names.unwrap_or_default())
    }
}

/// Whether one of the names is it.
pub(crate) fn is_among(names: &[Box<str>], name: &str) -> bool {
    names.iter().any(|known| **known == *name)
}

/// What stands at a path of members.
pub(crate) fn reach(payload: Payload<'_>, value: u32, path: &[Name]) -> Option<u32> {
    path.iter().try_fold(value, |value, name| payload.named(value, name))
}

fn string_at<'a>(payload: Payload<'a>, value: u32, path: &[Name]) -> Option<Cow<'a, str>> {
    payload.string(reach(payload, value, path)?)
}

/// The strings of a list of the table.
pub(crate) fn texts<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = Box<str>> + 't {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(Into::into)
}

/// Splits a path of members.
pub(crate) fn names_of(key: &str, text: &str) -> Result<Vec<Name>, Fault> {
    match names(text) {
        Some(path) => Ok(path),
        None => fault("", key, "must be a list of paths of members"),
    }
}

fn names(text: &str) -> Option<Vec<Name>> {
    text.split('.').map(|name| is_name(name).then(|| name.into())).collect()
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['[', ']', '*', '~', '=', ':', ' ', '\t', '\n', '\r', '\u{b}', '\u{c}'])
}

/// Compiles the steps of a route.
fn compile_route(key: &str, rows: &Value) -> Result<Route, Fault> {
    let Some(rows) = rows.as_array().filter(|rows| rows.iter().all(Value::is_table)) else {
        return fault("on", key, "must be a list of steps");
    };
    let rows = rows.iter().filter_map(Value::as_table);
    let steps = rows.map(|row| compile_step(key, row)).collect::<Result<Vec<_>, _>>()?;
    let has = |op: StepOp| steps.iter().any(|step| step.op == op);
    let (rest, ends) = (has(StepOp::Rest), has(StepOp::Finish) || has(StepOp::End));
    Ok(Route { rest, ends, members: FieldTable::default(), steps })
}

/// Compiles one step.
fn compile_step(key: &str, row: &Table) -> Result<RouteStep, Fault> {
    for (name, value) in row {
        if !["take", "into", "op"].contains(&name.as_str()) {
            return fault("on", key, format!("unknown attribute {name}"));
        }
        if !value.is_str() {
            return fault("on", key, format!("{name} must be a string"));
        }
    }
    let text = |name: &str| row.get(name).and_then(Value::as_str);
    let (take, into) = (text("take").unwrap_or_default(), text("into").unwrap_or_default());
    let op = match text("op").unwrap_or("merge") {
        "merge" => StepOp::Merge,
        "put" => StepOp::Put,
        "close" => StepOp::Close,
        "rest" => StepOp::Rest,
        "finish" => StepOp::Finish,
        "end" => StepOp::End,
        other => return fault("on", key, format!("unknown operation {other}")),
    };
    let Some(take) = (if take.is_empty() { Some(Vec::new()) } else { names(take) }) else {
        return fault("on", key, "take must be a path of members");
    };
    let parts = into.split('.').filter(|_| !into.is_empty());
    let into = parts.map(place).collect::<Option<Vec<_>>>().filter(|into| {
        let inner = into.split_last().map(|(_, inner)| inner).unwrap_or_default();
        inner.iter().all(|place| !place.is_buffer)
    });
    let Some(into) = into else {
        return fault("on", key, "into must be an address of the message");
    };
    if op == StepOp::Close && into.last().is_none_or(|place| place.index.is_none()) {
        return fault("on", key, "only an item is closed");
    }
    if matches!(op, StepOp::Merge | StepOp::Put) && take.is_empty() {
        return fault("on", key, "must take a member of the event");
    }
    Ok(RouteStep { take, into, op })
}

/// Compiles one step of an address.
fn place(text: &str) -> Option<Place> {
    let (name, is_buffer) = text.strip_suffix('~').map_or((text, false), |name| (name, true));
    let (name, inside) = match name.split_once('[') {
        Some((name, inside)) => (name, Some(inside.strip_suffix(']').filter(|_| !is_buffer)?)),
        None => (name, None),
    };
    let (index, kind) = match inside.map(|inside| inside.split_once(':').ok_or(inside)) {
        None => (None, None),
        Some(Ok((index, kind))) => (Some(index), Some(kind)),
        Some(Err(index)) => (Some(index), None),
    };
    let fits = is_name(name) && index.is_none_or(is_name) && kind.is_none_or(is_name);
    fits.then(|| Place { name: name.into(), is_buffer, index: index.map(Into::into), kind: kind.map(Into::into) })
}
