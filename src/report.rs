//! What was met on the way: counts of names, bounded whatever names a stream invents.

use std::collections::BTreeMap;

use crate::json::same;
use crate::limits::{MAX_ENTRIES, MAX_ENTRY};

/// Names that are few enough to look at one by one.
const FEW: usize = 16;

/// How often each name was met, in the order first met.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    /// The names, one behind the other: an allocation each, two to a stream, showed.
    names: String,
    /// Where each name ends, and its count.
    entries: Vec<(usize, u64)>,
    /// Of more names than a few, their places.
    by_name: BTreeMap<Box<str>, usize>,
    /// The place of what counts the others, once there are too many.
    rest: Option<usize>,
    /// The entries added to since it was cleared: what a template replays.
    pub(crate) log: Vec<u32>,
}

impl Counts {
    /// Counts a member that no rule names, by its dotted path.
    pub(crate) fn add_member(&mut self, path: &str, name: &str) {
        if path.is_empty() {
            return self.add(name);
        }
        let is_it = |entry: &str| {
            entry.strip_prefix(path).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| rest == name)
        };
        // To make the text each time showed.
        let found = self.iter().take(FEW).position(|entry| is_it(entry.0));
        match found {
            Some(at) => self.add_at(at),
            None => self.add(&format!("{path}.{name}")),
        }
    }

    fn add_at(&mut self, at: usize) {
        self.replay(&[crate::narrow(at)], 1);
        self.log.push(crate::narrow(at));
    }

    /// Counts a name.
    pub(crate) fn add(&mut self, name: &str) {
        let full = self.entries.len() >= MAX_ENTRIES || name.len() > MAX_ENTRY;
        if let Some(at) = self.find(name) {
            self.add_at(at);
        } else if full && name != "*" {
            match self.rest {
                Some(at) => self.add_at(at),
                None => self.add("*"),
            }
        } else {
            self.rest = self.rest.or((name == "*").then_some(self.entries.len()));
            self.insert(name);
        }
    }

    fn find(&self, name: &str) -> Option<usize> {
        match self.entries.len() {
            // By bytes: where a name ends a character does too.
            0..=FEW => {
                let (names, mut start) = (self.names.as_bytes(), 0);
                self.entries.iter().position(|entry| {
                    let held = names.get(std::mem::replace(&mut start, entry.0)..entry.0);
                    held.is_some_and(|held| same(held, name.as_bytes()))
                })
            }
            _ => self.by_name.get(name).copied(),
        }
    }

    /// Adds to entries again, by their place, for as many events.
    #[inline]
    pub(crate) fn replay(&mut self, entries: &[u32], events: u64) {
        for at in entries {
            if let Some(entry) = self.entries.get_mut(*at as usize) {
                entry.1 += events;
            }
        }
    }

    fn insert(&mut self, name: &str) {
        self.log.push(crate::narrow(self.entries.len()));
        self.names.push_str(name);
        self.entries.push((self.names.len(), 1));
        if self.entries.len() == FEW + 1 {
            self.by_name = self.iter().enumerate().map(|(at, entry)| (entry.0.into(), at)).collect();
        } else if self.entries.len() > FEW {
            self.by_name.insert(name.into(), self.entries.len() - 1);
        }
    }

    /// Takes the counts, and begins anew.
    pub(crate) fn take(&mut self) -> Self {
        self.log.clear();
        let log = std::mem::take(&mut self.log);
        std::mem::replace(self, Self { log, ..Self::default() })
    }

    /// The names and counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        let mut start = 0;
        self.entries.iter().map(move |(end, count)| {
            let name = self.names.get(start..*end).unwrap_or_default();
            start = *end;
            (name, *count)
        })
    }
}

/// What was met on the way.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Events, those of bare JSON included.
    pub events: u64,
    /// Chunks: objects merged or held.
    pub chunks: u64,
    /// Bytes fed.
    pub bytes: u64,
    /// Comment lines.
    pub comments: u64,
    /// Sequences replaced by U+FFFD.
    pub invalid_utf8: u64,
    /// Tolerated oddities.
    pub quirks: Counts,
    /// Dotted paths on the wire that no rule names.
    pub unknown_fields: Counts,
}
