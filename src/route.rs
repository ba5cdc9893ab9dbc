//! Routes: what an event does where its type says what it is about. Compiled from `[on]` of a dialect's table.
//!
//! A route is a list of steps: what a step takes of the event, as a path, goes `into` an address of the message and is
//! merged there by the rule of that place. An address is names joined by dots; `name[member]` is the item of a list whose
//! index the event's member states, made where there is none (`name[member:kind]` with that `type`); `name~` is the
//! buffer beside a member.

use std::collections::HashMap;

use toml::{Table, Value};

use crate::json::key_hash;
use crate::merge::Payload;
use crate::rule::RuleId;
use crate::table::{Fault, fault};

/// One step of an address: a member, the buffer beside one, or the item of a list that `index` tells.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) name: Box<str>,
    pub(crate) hash: u32,
    pub(crate) is_buffer: bool,
    pub(crate) index: Option<Box<str>>,
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
    pub(crate) take: Vec<Box<str>>,
    pub(crate) into: Vec<Place>,
    pub(crate) op: StepOp,
}

/// What events of one type do.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) steps: Vec<RouteStep>,
    pub(crate) rest: bool,
    known: Vec<Box<str>>,
}

impl Route {
    /// Whether a step reads the member of that name.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|known| **known == *name)
    }
}

/// The routes of a dialect, found by what an event says of itself.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    members: Vec<Vec<Box<str>>>,
    pub(crate) sequence: Box<str>,
    pub(crate) begins: Vec<Box<str>>,
    pub(crate) restarts: Vec<Box<str>>,
    pub(crate) fails: Vec<Box<str>>,
    pub(crate) after_error: Vec<Box<str>>,
    /// Members that the message doesn't have, and their rules.
    pub(crate) ignored: Vec<(Box<str>, RuleId)>,
    all: Vec<Route>,
    by_name: HashMap<Box<str>, usize>,
}

impl Routes {
    /// Compiles the keys of a table that routes have, but for the rules of what is ignored.
    pub(crate) fn new(table: &Table) -> Result<Self, Fault> {
        let mut routes = Self {
            sequence: table.get("sequence").and_then(Value::as_str).unwrap_or_default().into(),
            begins: texts(table, "begins").collect(),
            restarts: texts(table, "restarts").collect(),
            fails: texts(table, "fails").collect(),
            after_error: texts(table, "after_error").collect(),
            ..Self::default()
        };
        for path in texts(table, "route") {
            routes.members.push(names_of("route", &path)?);
        }
        for (key, rows) in table.get("on").and_then(Value::as_table).into_iter().flatten() {
            let route = compile_route(key, rows)?;
            let number = routes.all.len();
            routes.all.push(route);
            routes.by_name.extend(key.split('|').map(|name| (name.into(), number)));
        }
        Ok(routes)
    }

    /// Whether there is none: chunks are merged as they are.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn has_members(&self) -> bool {
        !self.members.is_empty()
    }

    /// The type of an event: what it states, else the type of its block.
    pub(crate) fn name_of(&self, payload: Payload<'_>, chunk: u32, event_type: &str) -> String {
        let said = self.members.first().and_then(|path| string_at(payload, chunk, path));
        said.filter(|said| !said.is_empty()).unwrap_or_else(|| event_type.to_owned())
    }

    /// The route of an event, by all that it says of itself.
    pub(crate) fn find(&self, payload: Payload<'_>, chunk: u32, event_type: &str) -> Option<&Route> {
        let name = self.name_of(payload, chunk, event_type);
        let special = self.members.iter().skip(1).find_map(|path| {
            let said = string_at(payload, chunk, path)?;
            self.by_name.get(format!("{name}/{said}").as_str())
        });
        let number = special.or_else(|| self.by_name.get(name.as_str()))?;
        self.all.get(*number)
    }

    /// What the report calls an event that has no route.
    pub(crate) fn unknown(&self, payload: Payload<'_>, chunk: u32, event_type: &str) -> String {
        let member = self.members.first().map(|path| path.join(".")).unwrap_or_default();
        format!("{member}={}", self.name_of(payload, chunk, event_type))
    }

    /// Whether a member says what the event is, or its number.
    pub(crate) fn is_around(&self, name: &str) -> bool {
        let first = self.members.first().and_then(|path| path.first());
        first.is_some_and(|first| **first == *name) || (!self.sequence.is_empty() && *self.sequence == *name)
    }

    pub(crate) fn ignored(&self, name: &str) -> Option<RuleId> {
        self.ignored.iter().find(|ignored| *ignored.0 == *name).map(|ignored| ignored.1)
    }
}

/// Whether one of the names is it.
pub(crate) fn is_among(names: &[Box<str>], name: &str) -> bool {
    names.iter().any(|known| **known == *name)
}

/// What stands at a path of members.
pub(crate) fn reach(payload: Payload<'_>, value: u32, path: &[Box<str>]) -> Option<u32> {
    path.iter().try_fold(value, |value, name| payload.member(value, name))
}

fn string_at(payload: Payload<'_>, value: u32, path: &[Box<str>]) -> Option<String> {
    payload.string(reach(payload, value, path)?).map(std::borrow::Cow::into_owned)
}

/// The strings of a list of the table.
pub(crate) fn texts<'t>(table: &'t Table, key: &str) -> impl Iterator<Item = Box<str>> + 't {
    table.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(Into::into)
}

/// Splits a path of members.
pub(crate) fn names_of(key: &str, text: &str) -> Result<Vec<Box<str>>, Fault> {
    match names(text) {
        Some(path) => Ok(path),
        None => fault("", key, "must be a list of paths of members"),
    }
}

fn names(text: &str) -> Option<Vec<Box<str>>> {
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
    let taken = steps.iter().filter_map(|step| step.take.first().cloned());
    let known = taken.chain(steps.iter().flat_map(|step| &step.into).filter_map(|place| place.index.clone())).collect();
    Ok(Route { rest: steps.iter().any(|step| step.op == StepOp::Rest), known, steps })
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
    fits.then(|| Place {
        name: name.into(),
        hash: key_hash(name.as_bytes()),
        is_buffer,
        index: index.map(Into::into),
        kind: kind.map(Into::into),
    })
}
