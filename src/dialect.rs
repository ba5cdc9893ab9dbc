//! A dialect: a compiled table, the registry of those that come with the package, and how one is recognised.

use std::sync::{Arc, OnceLock};

use crate::json::Name;
use crate::merge::{KeyId, KeyTable, Payload};
use crate::route::Routes;
use crate::rule::{Rule, RuleId};
use crate::sign::Sign;
use crate::table::{DialectError, compile_table};
use crate::tree::Copy;
use crate::view::{Path, View};

/// A table of merge rules: what each field of a provider's chunks does to the message.
///
/// ```
/// use ssefold::Dialect;
/// let dialect = Dialect::from_toml("name = \"mine\"\n[merge]\nid = \"first\"\n")?;
/// assert_eq!(dialect.name(), "mine");
/// # Ok::<(), ssefold::DialectError>(())
/// ```
// Its count of owners stands in a line of the cache of its own: all threads read the rest.
#[derive(Debug)]
#[repr(align(128))]
pub struct Dialect {
    pub(crate) name: String,
    /// Data that ends the stream.
    pub(crate) done: String,
    /// Its events may be learned: see [`crate::tree::one_writer_each`].
    pub(crate) learns: bool,
    /// A stream without it is worth a quirk.
    pub(crate) ends: bool,
    /// Where a chunk states an error.
    pub(crate) errors: Vec<Vec<Name>>,
    /// The member that a chunk may be wrapped in.
    pub(crate) unwrap: Option<Name>,
    pub(crate) routes: Routes,
    /// At the end of the bytes the message is complete where each of these ...
    pub(crate) items: Path,
    /// ... has one of these.
    pub(crate) reason: Path,
    /// Or where one of these is there.
    pub(crate) any_reason: Vec<Path>,
    /// What the last chunk says.
    pub(crate) end: Vec<Sign>,
    pub(crate) detect: Vec<Sign>,
    pub(crate) detect_last: Vec<Sign>,
    /// What a new message starts with.
    pub(crate) constants: Vec<(KeyId, toml::Value)>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) root: RuleId,
    pub(crate) copies: Vec<Copy>,
    pub(crate) view: View,
    pub(crate) keys: Arc<KeyTable>,
}

impl Dialect {
    /// Compiles a table.
    ///
    /// # Errors
    /// The text is no table, with its line and key.
    pub fn from_toml(text: &str) -> Result<Self, DialectError> {
        compile_table(text)
    }

    /// The dialect's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The names that its table knows.
    #[must_use]
    pub fn keys(&self) -> &Arc<KeyTable> {
        &self.keys
    }

    #[inline]
    #[expect(clippy::indexing_slicing, reason = "numbers are handed out by the table's compiler alone")]
    pub(crate) fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id as usize]
    }
}

/// A dialect that comes with the package.
struct Shipped {
    name: &'static str,
    table: &'static str,
    compiled: OnceLock<Option<Arc<Dialect>>>,
}

impl Shipped {
    /// Compiled when it is first asked for, and while nothing is locked: a process that forks meanwhile would leave the
    /// lock to a child in which nobody opens it. Of two threads the second drops what it compiled.
    fn dialect(&self) -> Option<&Arc<Dialect>> {
        if let Some(dialect) = self.compiled.get() {
            return dialect.as_ref();
        }
        let dialect = Dialect::from_toml(self.table).ok().map(Arc::new);
        self.compiled.get_or_init(|| dialect).as_ref()
    }
}

macro_rules! shipped {
    ($($name:literal),*) => {
        [$(Shipped {
            name: $name,
            table: include_str!(concat!("../python/ssefold/dialects/", $name, ".toml")),
            compiled: OnceLock::new(),
        }),*]
    };
}

// In the order in which they are tried: a chunk with choices[].delta is chat whatever its `object` says (TGI).
static SHIPPED: [Shipped; 7] = shipped![
    "openai-chat",
    "openai-completions",
    "anthropic-messages",
    "openai-responses",
    "gemini",
    "cohere-v2",
    "ollama"
];

/// The names of the dialects that come with the package.
#[must_use]
pub fn dialects() -> Vec<&'static str> {
    SHIPPED.iter().map(|shipped| shipped.name).collect()
}

/// A dialect of the package.
#[must_use]
pub fn named(name: &str) -> Option<Arc<Dialect>> {
    SHIPPED.iter().find(|shipped| shipped.name == name)?.dialect().cloned()
}

/// The dialect that a chunk shows signs of, None where it decides nothing.
pub(crate) fn detect(payload: Payload<'_>, chunk: u32) -> Option<Arc<Dialect>> {
    let mut all = SHIPPED.iter().filter_map(Shipped::dialect);
    all.find(|dialect| shows(&dialect.detect, payload, chunk)).cloned()
}

/// The dialect to assume where no chunk decided; the sign of the first one is the weakest.
pub(crate) fn detect_last(payload: Payload<'_>, chunk: u32) -> Option<Arc<Dialect>> {
    let mut all = SHIPPED.iter().rev().filter_map(Shipped::dialect);
    all.find(|dialect| shows(&dialect.detect_last, payload, chunk)).cloned()
}

fn shows(signs: &[Sign], payload: Payload<'_>, chunk: u32) -> bool {
    signs.iter().any(|sign| sign.is_in(payload, chunk))
}
