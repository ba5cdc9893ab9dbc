//! Member names as numbers: those of a dialect's table are numbered once and shared by all its messages.

use std::collections::HashMap;
use std::sync::Arc;

use crate::json::key_hash;

/// A member name's number.
pub type KeyId = u32;

/// The names that a dialect's table knows, found by the hash that the tape has of each key.
#[derive(Debug, Default)]
pub struct KeyTable {
    names: Vec<Arc<str>>,
    by_name: HashMap<Arc<str>, KeyId>,
}

impl KeyTable {
    pub(crate) fn add(&mut self, name: &str) -> KeyId {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = crate::json_narrow(self.names.len());
        let name: Arc<str> = name.into();
        self.names.push(Arc::clone(&name));
        self.by_name.insert(name, id);
        id
    }

    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        self.by_name.get(name).copied()
    }

    /// How many names there are: their numbers are below it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }
}

/// Names of a message that are few enough to look at one by one.
const FEW: usize = 16;

/// The names of one message: the table's, and those that its stream brought.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    table: Arc<KeyTable>,
    own: Vec<(u32, Arc<str>)>,
    by_name: HashMap<Arc<str>, KeyId>,
}

impl Keys {
    pub(crate) fn new(table: Arc<KeyTable>) -> Self {
        Self { table, own: Vec::new(), by_name: HashMap::new() }
    }

    /// The same table, and no names of its own.
    pub(crate) fn fresh(&self) -> Self {
        Self::new(Arc::clone(&self.table))
    }

    pub(crate) fn name(&self, key: KeyId) -> &str {
        self.shared(key).map_or("", |name| name)
    }

    /// The name, to be held beyond the message.
    pub(crate) fn shared(&self, key: KeyId) -> Option<&Arc<str>> {
        let key = key as usize;
        self.table.names.get(key).or_else(|| self.own.get(key.checked_sub(self.table.names.len())?).map(|own| &own.1))
    }

    /// The number of a name, a new one where it has none.
    pub(crate) fn intern(&mut self, name: &str) -> KeyId {
        if let Some(id) = self.find(name) {
            return id;
        }
        let id = crate::json_narrow(self.table.names.len() + self.own.len());
        let shared: Arc<str> = name.into();
        self.own.push((key_hash(name.as_bytes()), Arc::clone(&shared)));
        if self.own.len() == FEW + 1 {
            let base = self.table.names.len();
            let own = self.own.iter().enumerate();
            self.by_name = own.map(|(at, own)| (Arc::clone(&own.1), crate::json_narrow(base + at))).collect();
        } else if self.own.len() > FEW {
            self.by_name.insert(shared, id);
        }
        id
    }

    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        if let Some(id) = self.table.find(name) {
            return Some(id);
        }
        if self.own.len() > FEW {
            return self.by_name.get(name).copied();
        }
        let hash = key_hash(name.as_bytes());
        let at = self.own.iter().position(|own| own.0 == hash && *own.1 == *name)?;
        Some(crate::json_narrow(self.table.names.len() + at))
    }
}
