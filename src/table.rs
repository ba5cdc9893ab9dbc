//! A dialect's table, TOML 1.0, compiled to rules; a table that is not one is a [`DialectError`] with its line and key.
//!
//! Every fault is found in the same order and told in the same words by both backends.

use std::error;
use std::fmt;

use toml::{Table, Value};

use crate::dialect::Dialect;
use crate::json::Name;
use crate::merge::KeyTable;
use crate::reach::reads_lists;
use crate::route::{Routes, names_of, texts};
use crate::sign::Sign;
use crate::tree::{Tree, add_dropped, compile_copies, mark_lasting, one_writer_each};
use crate::view::{Arguments, Path, Source, TextView, View};

/// A table that is not one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DialectError {
    /// What is wrong, in words.
    pub message: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// The section and key.
    pub key: Option<String>,
}

impl fmt::Display for DialectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl error::Error for DialectError {}

/// What is wrong, in which section and at which key.
pub(crate) struct Fault {
    pub(crate) section: &'static str,
    pub(crate) key: String,
    pub(crate) reason: String,
}

pub(crate) fn fault<T>(section: &'static str, key: &str, reason: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { section, key: key.to_owned(), reason: reason.into() })
}

const USAGE: [&str; 5] = ["input_tokens", "output_tokens", "total_tokens", "reasoning_tokens", "cached_tokens"];
/// Brackets open at once, and dots of a key.
const NESTING: usize = 32;
const CALL: [&str; 4] = ["each", "id", "name", "input"];

const TEXTS: [&str; 5] = ["name", "done", "complete", "unwrap", "sequence"];
const LISTS: [&str; 12] = [
    "detect",
    "detect_last",
    "end",
    "complete_any",
    "error",
    "route",
    "begins",
    "restarts",
    "fails",
    "after_error",
    "ignore",
    "names",
];
const TABLES: [&str; 5] = ["message", "merge", "on", "copy", "view"];

/// Compiles the TOML of a table.
pub(crate) fn compile_table(text: &str) -> Result<Dialect, DialectError> {
    let no_toml = |line| DialectError { message: format!("line {line}: not TOML 1.0"), line: Some(line), key: None };
    if let Some(line) = refused(text) {
        return Err(no_toml(line));
    }
    let table: Table = text.parse().map_err(|error: toml::de::Error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        no_toml(text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1)
    })?;
    compile(&table).map_err(|fault| {
        let line = locate(text, fault.section, &fault.key);
        let parts: Vec<&str> = [fault.section, &fault.key].into_iter().filter(|part| !part.is_empty()).collect();
        let place = parts.join(".");
        let message = match line {
            Some(line) => format!("line {line}: {place}: {}", fault.reason),
            None => format!("{place}: {}", fault.reason),
        };
        DialectError { message, line, key: Some(place) }
    })
}

/// The line where brackets nest deeper than `NESTING`, or a key has more dots: the parsers' bounds differ. And that of a
/// string without an end: they tell it where it begins, or where the text ends.
fn refused(text: &str) -> Option<usize> {
    let (mut depth, mut dots, mut line, mut opened) = (0_usize, 0, 1, 1);
    // What ends the string at hand; a line feed, a comment.
    let mut quote = "";
    let mut rest = text.as_bytes();
    while let [symbol, after @ ..] = rest {
        rest = after;
        match symbol {
            b'\n' if matches!(quote, "\"" | "'") => return Some(line),
            b'\n' => {
                (line, dots) = (line + 1, 0);
                quote = if quote.len() > 1 { quote } else { "" };
            }
            b'\\' if quote.starts_with('"') => {
                rest = rest.strip_prefix(b"\"").or(rest.strip_prefix(b"\\")).unwrap_or(rest);
            }
            _ if !quote.is_empty() => {
                let ending = quote.as_bytes().split_first().filter(|(first, _)| *first == symbol);
                if let Some(after) = ending.and_then(|(_, others)| rest.strip_prefix(others)) {
                    // Three quotes that end a string may have two of its own before them.
                    let own = after.iter().take(if quote.len() > 1 { 2 } else { 0 }).take_while(|byte| *byte == symbol);
                    (rest, quote) = (after.get(own.count()..).unwrap_or_default(), "");
                }
            }
            b'"' | b'\'' => {
                let (one, three, two) = if *symbol == b'"' { ("\"", "\"\"\"", "\"\"") } else { ("'", "'''", "''") };
                (rest, quote) = rest.strip_prefix(two.as_bytes()).map_or((rest, one), |after| (after, three));
                opened = line;
            }
            b'#' => quote = "\n",
            b'[' | b'{' => (depth, dots) = (depth + 1, 0),
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' | b',' => dots = 0,
            b'.' => dots += 1,
            _ => {}
        }
        if depth > NESTING || dots > NESTING {
            return Some(line);
        }
    }
    Some(opened).filter(|_| !matches!(quote, "" | "\n"))
}

/// The line that sets `key` in `[section]`, or begins a table of that name there; a table has one key a line.
fn locate(text: &str, section: &str, key: &str) -> Option<usize> {
    let table = [section, key].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".");
    let begins =
        |name: &str, with: &str| name.strip_prefix(with).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let mut now = "";
    for (number, raw) in text.split('\n').enumerate() {
        let line = raw.trim_matches([' ', '\t', '\r']);
        if line.starts_with('[') {
            now = line.trim_matches(['[', ']', ' ', '\t', '\r']);
            if if key.is_empty() { now == section } else { begins(now, &table) } {
                return Some(number + 1);
            }
        } else if now == section && !key.is_empty() {
            let name = line.split('=').next().unwrap_or_default().trim_matches([' ', '\t']);
            if name.trim_matches(['"', '\'']) == key || line.starts_with(&format!("\"{key}\"")) || begins(name, key) {
                return Some(number + 1);
            }
        }
    }
    None
}

fn compile(table: &Table) -> Result<Dialect, Fault> {
    check_head(table)?;
    let mut keys = KeyTable::default();
    let text = |key: &str| table.get(key).and_then(Value::as_str);
    let errors = compile_errors(table)?;
    let mut routes = Routes::new(table)?;
    if !routes.is_empty() && !routes.has_members() {
        return fault("", "on", "needs route, the members that name an event's route");
    }
    let (items, reason) = compile_complete(text("complete").unwrap_or_default(), &mut keys)?;
    let any_reason = texts(table, "complete_any").map(|path| compile_path("", "complete_any", &path, &mut keys));
    let any_reason = any_reason.collect::<Result<Vec<_>, _>>()?;
    let mut signs = |key: &str| -> Result<Vec<Sign>, Fault> {
        let rows = table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        rows.iter().filter_map(Value::as_str).map(|sign| compile_sign(key, sign, &mut keys)).collect()
    };
    let (detect, detect_last, end) = (signs("detect")?, signs("detect_last")?, signs("end")?);
    let constants = compile_constants(table, &mut keys)?;
    let empty = Table::new();
    let section = |key: &str| table.get(key).and_then(Value::as_table).unwrap_or(&empty);
    let mut tree = Tree::default();
    for (key, row) in section("merge") {
        tree.row(key, row)?;
    }
    let (mut rules, root) = tree.finish(&mut keys)?;
    let copies = compile_copies(section("copy"), &rules, root)?;
    let view = compile_view(section("view"), &mut keys)?;
    let mut paths = view.paths();
    paths.push(vec![&items, &reason]);
    paths.extend(any_reason.iter().map(|path| vec![path]));
    keys.reads_lists = reads_lists(&rules, root, &copies, !routes.is_empty(), &paths);
    let done = text("done").unwrap_or("[DONE]").to_owned();
    // An end that looks like a chunk could fit a template.
    let learns = one_writer_each(&rules) && !done.starts_with('{');
    let unwrap = text("unwrap").filter(|name| !name.is_empty()).map(Name::from);
    // What is wrapped has other members.
    if learns && routes.is_empty() && unwrap.is_none() {
        mark_lasting(&mut rules, root, &copies);
    }
    texts(table, "names").for_each(|name| _ = keys.add(&name));
    let ignored = texts(table, "ignore").map(|name| (name.clone(), add_dropped(&mut rules, &name, &mut keys)));
    routes.ignore(&ignored.collect::<Vec<_>>());
    Ok(Dialect {
        learns,
        name: text("name").unwrap_or_default().to_owned(),
        done,
        ends: table.contains_key("done"),
        errors,
        unwrap,
        routes,
        items,
        reason,
        any_reason,
        detect,
        detect_last,
        end,
        constants,
        rules,
        root,
        copies,
        view,
        keys: keys.into(),
    })
}

/// Checks what stands outside the merge rules.
fn check_head(table: &Table) -> Result<(), Fault> {
    for (key, value) in table {
        match key.as_str() {
            key if TEXTS.contains(&key) => {
                if !value.is_str() {
                    return fault("", key, "must be a string");
                }
            }
            key if LISTS.contains(&key) => {
                let one = key == "error" && value.is_str();
                if !one && !is_texts(value) {
                    return fault("", key, "must be a list of strings");
                }
            }
            key if TABLES.contains(&key) => {
                if !value.is_table() {
                    return fault("", key, "must be a table");
                }
            }
            _ => return fault("", key, "unknown key"),
        }
    }
    for key in ["name", "merge"] {
        if !table.contains_key(key) {
            return fault("", key, "is missing");
        }
    }
    let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    if !name.split('-').all(word) {
        return fault("", "name", "must be lower-case words joined by hyphens");
    }
    Ok(())
}

fn is_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_str))
}

/// Compiles where a chunk states an error: a path of members, or a list of them.
fn compile_errors(table: &Table) -> Result<Vec<Vec<Name>>, Fault> {
    let one = table.get("error").and_then(Value::as_str).or((!table.contains_key("error")).then_some("error"));
    one.map(Into::into)
        .into_iter()
        .chain(texts(table, "error"))
        .map(|path: Box<str>| names_of("error", &path))
        .collect()
}

/// Compiles a path of the message.
fn compile_path(section: &'static str, key: &str, text: &str, keys: &mut KeyTable) -> Result<Path, Fault> {
    Path::new(text, keys).map_or_else(|| fault(section, key, "must be a path"), Ok)
}

/// Splits the path of what every item needs for the end of the bytes to be the end of the message.
fn compile_complete(text: &str, keys: &mut KeyTable) -> Result<(Path, Path), Fault> {
    let (items, reason) = match text.rfind("[].") {
        Some(at) => text.split_at(at + 2),
        None => ("", text),
    };
    let reason = reason.strip_prefix('.').unwrap_or(reason);
    Ok((compile_path("", "complete", items, keys)?, compile_path("", "complete", reason, keys)?))
}

/// Compiles a sign of the dialect: `path` is there, or `path=text` says so.
fn compile_sign(key: &str, text: &str, keys: &mut KeyTable) -> Result<Sign, Fault> {
    let (path, wanted) = match text.split_once('=') {
        Some((path, wanted)) => (path, Some(wanted.into())),
        None => (text, None),
    };
    let path = Path::new(path, keys).map_or_else(|| fault("", key, "must be a path"), Ok)?;
    Ok(Sign { path, wanted })
}

fn compile_constants(table: &Table, keys: &mut KeyTable) -> Result<Vec<(u32, Value)>, Fault> {
    let mut constants = Vec::new();
    for (key, value) in table.get("message").and_then(Value::as_table).into_iter().flatten() {
        match value {
            Value::String(_) | Value::Integer(_) | Value::Boolean(_) => {}
            Value::Array(items) if items.is_empty() => {}
            _ => return fault("message", key, "must be a string, an integer, a boolean or []"),
        }
        constants.push((keys.add(key), value.clone()));
    }
    Ok(constants)
}

/// Compiles the normalised views.
fn compile_view(table: &Table, keys: &mut KeyTable) -> Result<View, Fault> {
    let mut view = View::default();
    for (key, value) in table {
        match (key.as_str(), value) {
            ("finish_reason", _) => view.finish_reasons = compile_paths("view", key, value, keys)?,
            ("id" | "model" | "role" | "refusal", _) => {
                let Value::String(text) = value else { return fault("view", key, "must be a path") };
                let path = compile_path("view", key, text, keys)?;
                *match key.as_str() {
                    "id" => &mut view.id,
                    "model" => &mut view.model,
                    "role" => &mut view.role,
                    _ => &mut view.refusal,
                } = path;
            }
            ("text" | "reasoning", _) => {
                let rows = match value {
                    Value::Array(rows) => rows.as_slice(),
                    row => std::slice::from_ref(row),
                };
                let texts = rows.iter().map(|row| compile_text(key, row, keys)).collect::<Result<_, _>>()?;
                *(if key == "text" { &mut view.texts } else { &mut view.reasoning }) = texts;
            }
            ("tool_calls", Value::Table(rows)) => {
                for (name, row) in rows {
                    compile_call(name, row, &mut view, keys)?;
                }
            }
            ("usage", Value::Table(rows)) => {
                for (name, row) in rows {
                    compile_usage(name, row, &mut view, keys)?;
                }
            }
            _ => return fault("view", key, "unknown view"),
        }
    }
    Ok(view)
}

/// Compiles a path, or a list of them.
fn compile_paths(section: &'static str, key: &str, value: &Value, keys: &mut KeyTable) -> Result<Vec<Path>, Fault> {
    if !value.is_str() && !is_texts(value) {
        return fault(section, key, "must be a path or a list of paths");
    }
    let rows = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    rows.iter().filter_map(Value::as_str).map(|path| compile_path(section, key, path, keys)).collect()
}

/// Compiles one alternative of a text view.
fn compile_text(key: &str, row: &Value, keys: &mut KeyTable) -> Result<TextView, Fault> {
    if let Value::String(each) = row {
        let each = compile_path("view", key, each, keys)?;
        return Ok(TextView { each, parts: Vec::new(), separator: "".into() });
    }
    let known = |(name, value): (&String, &Value)| match name.as_str() {
        "each" | "join" => value.is_str(),
        "text" => is_texts(value),
        _ => false,
    };
    let parts = row.as_table().filter(|parts| parts.iter().all(known));
    let Some((parts, each)) = parts.and_then(|parts| Some((parts, parts.get("each")?.as_str()?))) else {
        return fault("view", key, "must be a path, or each, text and join");
    };
    let each = compile_path("view", key, each, keys)?;
    let texts = parts.get("text").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let texts = texts.map(|text| compile_path("view", key, text, keys)).collect::<Result<_, _>>()?;
    let separator = parts.get("join").and_then(Value::as_str).unwrap_or_default().into();
    Ok(TextView { each, parts: texts, separator })
}

/// Compiles one member of the view of tool calls.
fn compile_call(name: &str, row: &Value, view: &mut View, keys: &mut KeyTable) -> Result<(), Fault> {
    let rows = match row {
        Value::Array(rows) if is_texts(row) => rows.as_slice(),
        Value::String(_) => std::slice::from_ref(row),
        _ => &[],
    };
    let valid = row.is_str() || is_texts(row);
    if name == "arguments" && valid {
        let arguments = rows.iter().filter_map(Value::as_str).map(|path| compile_arguments(path, keys));
        view.arguments = arguments.collect::<Result<_, _>>()?;
        return Ok(());
    }
    let place = CALL.iter().position(|known| *known == name);
    let Some(member) = place.and_then(|place| view.call.get_mut(place)).filter(|_| valid) else {
        return fault("view.tool_calls", name, "must be a member of a tool call, and a path or a list of paths");
    };
    let paths = rows.iter().filter_map(Value::as_str);
    *member = paths.map(|path| compile_path("view.tool_calls", name, path, keys)).collect::<Result<_, _>>()?;
    Ok(())
}

/// Compiles where arguments are found: a path, with `~` for the text that came, `?` for `{}` where there is none.
fn compile_arguments(text: &str, keys: &mut KeyTable) -> Result<Arguments, Fault> {
    let (text, source) = match (text.strip_suffix('~'), text.strip_suffix('?')) {
        (Some(text), _) => (text, Source::Buffer),
        (_, Some(text)) => (text, Source::Always),
        _ => (text, Source::Value),
    };
    let path = compile_path("view.tool_calls", "arguments", text, keys)?;
    if source == Source::Buffer && path.steps.len() != 1 {
        return fault("view.tool_calls", "arguments", "must be a path");
    }
    Ok(Arguments { path, source })
}

/// Compiles one count of the view of the usage.
fn compile_usage(name: &str, row: &Value, view: &mut View, keys: &mut KeyTable) -> Result<(), Fault> {
    let place = USAGE.iter().position(|known| *known == name);
    let member = match place {
        Some(place) => view.usage.get_mut(place),
        None => (name == "of").then_some(&mut view.of_usage),
    };
    let (Some(member), Some(path)) = (member, row.as_str()) else {
        return fault("view.usage", name, "must be a count of the usage, and a path");
    };
    *member = compile_path("view.usage", name, path, keys)?;
    Ok(())
}
