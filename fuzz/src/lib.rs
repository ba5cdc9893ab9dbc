//! Fuzz targets of the core. A target is a function of bytes that panics where the core breaks a promise.
//!
//! Most inputs begin with a header ([`input`]) that says how the rest is read: as the body of a stream, or as choices by
//! which events are made from a dialect's table ([`generate`]), so that mutation gets past the first syntax error and
//! reaches templates. `cargo fuzz run NAME` runs one; `cargo test --no-default-features` replays the corpora.

mod differential;
mod framing;
mod generate;
mod grammar;
mod input;
mod json;
mod merge;
mod pool;
mod reference;
#[path = "../../tests/spelled/mod.rs"]
mod spelled;
mod state;
mod table;

/// The table of every dialect of the package.
const TABLES: [(&str, &str); 7] = tables![
    "openai-chat",
    "openai-completions",
    "anthropic-messages",
    "openai-responses",
    "gemini",
    "cohere-v2",
    "ollama"
];

macro_rules! tables {
    ($($name:literal),*) => {
        [$(($name, include_str!(concat!("../../python/ssefold/dialects/", $name, ".toml")))),*]
    };
}
use tables;

/// The names of the targets: of the merge, one for each dialect.
#[must_use]
pub fn targets() -> Vec<String> {
    let merges = TABLES.iter().map(|(dialect, _)| format!("merge_{}", dialect.replace('-', "_")));
    ["framing", "json", "table", "differential"].map(str::to_owned).into_iter().chain(merges).collect()
}

/// Runs a target once.
///
/// # Panics
/// The core broke a promise, or there is no target of that name.
pub fn run(target: &str, data: &[u8]) {
    match target {
        "framing" => framing::run(data),
        "json" => json::run(data),
        "table" => table::run(data),
        "differential" => differential::run(data),
        _ => merge::run(&dialect_of(target), data),
    }
}

/// The stream that an input of a target stands for, with its table where it is of none of the package's.
#[must_use]
pub fn body(target: &str, data: &[u8]) -> Option<(Option<String>, Vec<u8>)> {
    match target {
        "json" => None,
        "table" => table::body(data).map(|(table, body)| (Some(table), body)),
        "framing" => framing::input(data).map(|input| (None, input.body)),
        "differential" => differential::input(data).map(|input| (None, input.body)),
        _ => merge::input(&dialect_of(target), data).map(|input| (None, input.body)),
    }
}

fn dialect_of(target: &str) -> String {
    target.strip_prefix("merge_").expect("a target").replace('_', "-")
}
