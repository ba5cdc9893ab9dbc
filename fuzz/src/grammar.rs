//! The shape of a dialect's chunks, read from its table: which members there are, of what kinds, and where events put them.

use std::sync::LazyLock;

use toml::{Table, Value};

use crate::TABLES;

/// A place of the message: what may stand there.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    pub(crate) name: String,
    pub(crate) op: String,
    pub(crate) list: bool,
    /// Members that tell what an item is, as JSON.
    pub(crate) kinds: Vec<(String, String)>,
    pub(crate) members: Vec<Shape>,
}

/// A step of a route: what it takes of the event, the place whose rule that follows, and the indexes on the way.
#[derive(Debug)]
pub(crate) struct Take {
    pub(crate) path: Vec<String>,
    pub(crate) place: Vec<String>,
    pub(crate) indexes: Vec<(String, String)>,
}

/// A type of event, with what its members say, and its steps.
#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) types: Vec<String>,
    pub(crate) takes: Vec<Take>,
}

/// What a table lets be generated.
#[derive(Debug, Default)]
pub(crate) struct Grammar {
    pub(crate) root: Shape,
    pub(crate) routes: Vec<Route>,
    /// The members that say an event's type.
    pub(crate) route: Vec<Vec<String>>,
    /// Members that are ignored, or counted up.
    pub(crate) noise: Vec<String>,
    pub(crate) unwrap: Option<String>,
    /// Its chunks stand on lines of their own.
    pub(crate) bare: bool,
}

impl Shape {
    /// The place of that name, made where there is none.
    fn enter(&mut self, step: &str) -> &mut Self {
        let (name, select) = step.split_once('[').unwrap_or((step, ""));
        let at = self.members.iter().position(|member| member.name == name).unwrap_or_else(|| {
            self.members.push(Self { name: name.to_owned(), ..Self::default() });
            self.members.len() - 1
        });
        let found = &mut self.members[at];
        if step.ends_with(']') {
            found.list = true;
            if let Some((by, kind)) = select.trim_end_matches(']').split_once('=') {
                let kind = if kind == "true" { kind.to_owned() } else { format!("{kind:?}") };
                let pair = (by.trim_end_matches('!').to_owned(), kind);
                if !found.kinds.contains(&pair) {
                    found.kinds.push(pair);
                }
            }
        }
        found
    }

    /// The place at a path, the root where there is none.
    pub(crate) fn at(&self, path: &[String]) -> &Self {
        path.iter().fold(self, |shape, name| shape.members.iter().find(|member| member.name == *name).unwrap_or(shape))
    }
}

fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(word)) => vec![word.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn path(text: &str) -> Vec<String> {
    text.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// The names of an address, and the indexes in it with the kinds that they want.
fn address(text: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut place, mut indexes) = (Vec::new(), Vec::new());
    for step in path(text) {
        let (name, select) = step.split_once('[').unwrap_or((&step, ""));
        place.push(name.trim_end_matches('~').to_owned());
        if let Some(select) = select.strip_suffix(']') {
            let (member, kind) = select.split_once(':').unwrap_or((select, ""));
            indexes.push((member.to_owned(), kind.to_owned()));
        }
    }
    (place, indexes)
}

fn take(step: &Table) -> Take {
    let text = |name: &str| step.get(name).and_then(Value::as_str).unwrap_or_default();
    let (place, indexes) = address(text("into"));
    Take { path: path(text("take")), place, indexes }
}

impl Grammar {
    /// Reads a table; what it doesn't understand it leaves out.
    pub(crate) fn of_table(text: &str) -> Option<Self> {
        let table: Table = text.parse().ok()?;
        let mut root = Shape::default();
        for (key, rule) in table.get("merge").and_then(Value::as_table).into_iter().flatten() {
            let op = rule.as_str().or_else(|| rule.get("op")?.as_str()).unwrap_or_default();
            let steps = key.split('.').filter(|step| *step != "*");
            let mut place = &mut root;
            for step in steps {
                place = place.enter(step.trim_end_matches('~'));
            }
            if !key.ends_with('*') {
                op.clone_into(&mut place.op);
            }
        }
        let mut routes = Vec::new();
        for (names, steps) in table.get("on").and_then(Value::as_table).into_iter().flatten() {
            for name in names.split('|') {
                let steps = steps.as_array().into_iter().flatten().filter_map(Value::as_table);
                routes.push(Route {
                    types: name.split('/').map(str::to_owned).collect(),
                    takes: steps.map(take).collect(),
                });
            }
        }
        let mut noise = words(table.get("ignore"));
        noise.extend(words(table.get("sequence")));
        Some(Self {
            root,
            routes,
            route: words(table.get("route")).iter().map(|member| path(member)).collect(),
            noise,
            unwrap: table.get("unwrap").and_then(Value::as_str).map(str::to_owned),
            bare: table.get("name").and_then(Value::as_str) == Some("ollama"),
        })
    }
}

static SHIPPED: LazyLock<Vec<Grammar>> =
    LazyLock::new(|| TABLES.iter().map(|(_, text)| Grammar::of_table(text).expect("a table")).collect());

/// The grammar of a dialect of the package.
pub(crate) fn of_dialect(name: &str) -> &'static Grammar {
    let at = TABLES.iter().position(|(dialect, _)| *dialect == name).expect("a dialect");
    &SHIPPED[at]
}
