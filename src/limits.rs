//! What bounds a stream beside the two sizes that its user sets: fixed, and so wide that no recorded stream comes near.
//! `docs/limits.md` says what each trips as, and what else follows from them.

/// Brackets that may be open at once in a payload.
pub const MAX_DEPTH: usize = 128;

/// Bytes of a number token: what Python's `int()` takes.
pub const MAX_NUMBER: usize = 4300;

/// Items of a list that are found by what they state: choices, tool calls, content blocks, output items. Those behind a new
/// one move, four bytes each.
pub const MAX_ITEMS: usize = 1 << 14;

/// Bytes that the usage may take of a message: each delta that tells of it has all of it.
pub const MAX_USAGE: u64 = 1 << 14;

/// Distinct names that a report keeps of each kind; what comes beyond is counted under `*`.
pub const MAX_ENTRIES: usize = 256;

/// Bytes of such a name; a longer one is counted under `*`.
pub const MAX_ENTRY: usize = 256;

/// Chunks that may pass before one tells the dialect.
pub const MAX_HELD: usize = 32;

/// Steps of a path to one of the arguments that come in pieces.
pub const MAX_STEPS: usize = 64;

/// Members of a part that a text may still continue.
pub const MAX_PLAIN: usize = 16;

/// Templates kept for a stream: the shapes of event that take turns; more are looked at in vain.
pub const MAX_TEMPLATES: usize = 12;

/// Bytes of an event that a template is made of.
pub const MAX_TEMPLATE: usize = 1 << 16;
