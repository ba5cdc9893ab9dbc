//! What a stream came to, as text that two runs can be compared by.

use ssefold::{Delta, DeltaValue, Limits, Outcome, Place, Snapshot, Step, Stream, StreamError, WHOLE};

/// How a stream is begun.
#[derive(Clone)]
pub(crate) struct Setting {
    pub(crate) dialect: Option<std::sync::Arc<ssefold::Dialect>>,
    pub(crate) limits: Limits,
    pub(crate) templates: bool,
}

impl Setting {
    pub(crate) fn new(dialect: Option<std::sync::Arc<ssefold::Dialect>>, limits: [Option<u64>; 2]) -> Self {
        let [max_event_size, max_message_size] = limits;
        Self { dialect, limits: Limits { max_event_size, max_message_size }, templates: true }
    }

    pub(crate) fn without_templates(&self) -> Self {
        Self { templates: false, ..self.clone() }
    }

    pub(crate) fn stream(&self) -> Stream {
        let stream = Stream::new(self.dialect.clone(), self.limits);
        if self.templates { stream } else { stream.without_templates() }
    }
}

/// A stream that was fed and finished.
pub(crate) struct Run {
    pub(crate) outcome: Outcome,
    pub(crate) deltas: Vec<Delta>,
}

impl Run {
    pub(crate) fn of(setting: &Setting, pieces: &[&[u8]]) -> Self {
        let (mut stream, mut deltas) = (setting.stream(), Vec::new());
        for piece in pieces {
            stream.feed_into(piece, true, &mut deltas);
        }
        deltas.extend(stream.finish());
        Self { outcome: stream.outcome(), deltas }
    }

    /// Whether the same was told; with `paths`, also where: paths are those of the snapshot after their own feed.
    pub(crate) fn tells(&self, other: &Self, paths: bool) -> bool {
        let pairs = || self.deltas.iter().zip(&other.deltas);
        self.deltas.len() == other.deltas.len() && pairs().all(|(one, two)| same(one, two, paths))
    }
}

fn same(one: &Delta, two: &Delta, paths: bool) -> bool {
    let values = match (&one.value, &two.value) {
        (DeltaValue::None, DeltaValue::None) => true,
        (DeltaValue::Text(one), DeltaValue::Text(two)) => one == two,
        (DeltaValue::Value(one), DeltaValue::Value(two)) => one.to_json() == two.to_json(),
        _ => false,
    };
    let texts = (one.kind, one.text.as_bytes(), one.choice, one.index, &one.id);
    values
        && texts == (two.kind, two.text.as_bytes(), two.choice, two.index, &two.id)
        && (!paths || one.path == two.path)
}

fn error_of(error: &StreamError) -> String {
    let words = error.text();
    match error {
        StreamError::Provider(object) => format!("{words:?} {}", object.to_json()),
        other => format!("{words:?} {other:?}"),
    }
}

/// All that an outcome says.
pub(crate) fn state_of(outcome: &Outcome) -> String {
    let sorted = |counts: &ssefold::Counts| {
        let mut counts: Vec<String> = counts.iter().map(|(name, count)| format!("{name}={count}")).collect();
        counts.sort();
        counts
    };
    let report = &outcome.report;
    let call = |call: &ssefold::ToolCall| format!("{call:?}");
    [
        format!("{:?} {}", outcome.dialect.as_ref().map(|dialect| dialect.name()), outcome.termination.name()),
        outcome.error.as_ref().map(error_of).unwrap_or_default(),
        outcome.message.as_ref().map(Snapshot::to_json).unwrap_or_default(),
        format!("{:?} {:?} {:?}", outcome.id(), outcome.model(), outcome.text()),
        format!("{:?} {:?} {:?}", outcome.reasoning(), outcome.refusal(), outcome.finish_reason()),
        format!("{:?} {:?}", outcome.tool_calls().iter().map(call).collect::<Vec<_>>(), outcome.usage()),
        format!("{} {} {} {}", report.events, report.chunks, report.comments, report.invalid_utf8),
        format!("{} {:?} {:?}", report.bytes, sorted(&report.quirks), sorted(&report.unknown_fields)),
    ]
    .join("\n")
}

/// What a path leads to.
pub(crate) fn at(message: &Snapshot, path: &[Step]) -> Option<Place> {
    path.iter().try_fold(WHOLE, |at, step| match step {
        Step::Key(name) => message.members(at).find(|(key, _)| message.key(*key) == &**name).map(|(_, member)| member),
        Step::Index(place) => message.items(at).nth(*place as usize),
    })
}
