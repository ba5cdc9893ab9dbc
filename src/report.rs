//! What was met on the way: counts of names, bounded whatever names a stream invents.

use std::collections::HashMap;
use std::sync::Arc;

use crate::limits::{MAX_ENTRIES, MAX_ENTRY};

/// Names that are few enough to look at one by one.
const FEW: usize = 16;

/// How often each name was met, in the order first met.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    entries: Vec<(Arc<str>, u64)>,
    by_name: HashMap<Arc<str>, usize>,
    /// The entries added to since it was cleared: what a template replays.
    pub(crate) log: Vec<u32>,
}

impl Counts {
    /// Counts a name.
    pub(crate) fn add(&mut self, name: &str) {
        let found = match self.entries.len() {
            0..=FEW => self.entries.iter().position(|entry| *entry.0 == *name),
            _ => self.by_name.get(name).copied(),
        };
        let full = self.entries.len() >= MAX_ENTRIES || name.len() > MAX_ENTRY;
        if let Some((at, entry)) = found.and_then(|at| Some((at, self.entries.get_mut(at)?))) {
            entry.1 += 1;
            self.log.push(crate::narrow(at));
        } else if full && name != "*" {
            self.add("*");
        } else {
            self.insert(name.into());
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

    fn insert(&mut self, name: Arc<str>) {
        self.log.push(crate::narrow(self.entries.len()));
        self.entries.push((Arc::clone(&name), 1));
        if self.entries.len() == FEW + 1 {
            self.by_name = self.entries.iter().enumerate().map(|(at, entry)| (Arc::clone(&entry.0), at)).collect();
        } else if self.entries.len() > FEW {
            self.by_name.insert(name, self.entries.len() - 1);
        }
    }

    /// The names and counts.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.entries.iter().map(|entry| (&*entry.0, entry.1))
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
