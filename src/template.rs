//! Event templates: an event like an earlier one skips lines, JSON and rules.
//!
//! Neighbouring events of a stream differ in one or two string bodies and nothing else: of 125,909 events of recorded
//! chat streams, 88 % equal an earlier one of their own stream in every byte outside the appended strings. So an event
//! that went the full path is remembered: its bytes, cut at *holes*. A hole is the inside of a JSON string, or a number,
//! whose only effect was to append to one known text, or nothing at all; or a run of spaces, as Anthropic pads. The next
//! event is compared literal by literal; where all match and each hole holds what its kind allows, the effects are applied
//! and the event is done. A number may also select the tool call whose texts are appended to, or be a count of the usage, a
//! list may extend a list, and an object may be superfluous (the message beside its delta).
//!
//! It is sound, not a guess:
//!
//! 1. *Same tokens.* Framing and JSON are decided left to right. With equal bytes outside the holes, and in a hole only
//!    bytes that continue the same token (a string body: no unescaped quote, nothing below 0x20, valid escapes, UTF-8; a
//!    number: an integer token of at most 18 digits; a list or object: JSON within its line, no key twice;
//!    spaces and tabs where the event learned from ended a token), the event parses to the same tokens but for the holes'.
//! 2. *Same effects.* Learned only from an event that changed nothing but texts by its holes: [`Document::epoch`] counts
//!    every other change, and a template is void once it moved on. What a strategy reads beside the document is either set
//!    by the hit (`Calls::last`), counted by that epoch (which reasoning field is the reasoning, the last item of a
//!    group), or blocks learning ([`Trace::blocked`]). An event that only made its holes' texts is learned from too: done
//!    again it would only append ([`Trace::settled`]). Texts that depend on the whole text held (`guess`) are no holes, nor
//!    is what decides what becomes of the event or of an item: its type, a sign of the end, an index ([`Trace::steering`]).
//!    A table in which two rules write one member has no templates (`tree::one_writer_each`).
//! 3. *A hole carries its strategy's condition.* An append hole goes through the strategy's own [`extend_text`]: halves of
//!    characters, deltas, sizes. A dropped string or a FIRST number is a hole only once it was seen to differ. A
//!    count of the usage always is one: no template may take it for granted, as another may change it. A tool
//!    call's index is one only beside no id and no name, where it alone decides; it must be bound, and the call must have
//!    the texts that the holes append to.
//! 4. *Same start.* A template applies only at an event's start with nothing pending in the decoder, and is learned only
//!    from an event that ends in LF and consists of a data line, with or without an event line before it; or from a line of
//!    bare JSON (NDJSON), which begins with the end of the line before and ends with its own bracket; or from an element of
//!    an array of chunks, which begins with the comma. Those of lines are void in an array, and the other way round.
//! 5. Counts of quirks, unknown fields, events and chunks are replayed; limits are looked at as for a parsed event.
//!
//! [`Document::epoch`]: crate::merge::Document
//! [`extend_text`]: crate::merge

use crate::json::{Tag, Tape, body_end, digits_end, small_int};
use crate::limits::{MAX_TEMPLATE, MAX_TEMPLATES};
use crate::merge::{Effect, HoleKind, Trace};
use crate::run::Run;

/// Holes of one template.
pub(crate) const HOLES: usize = 16;

/// A hole of a template: where it was in the event learned from, and what it does.
#[derive(Clone, Copy)]
pub(crate) struct Hole {
    start: u32,
    pub(crate) end: u32,
    /// Where the literal after it ends.
    pub(crate) until: u32,
    pub(crate) effect: Effect,
}

/// What a hole holds in the event at hand: a number, or UTF-8.
#[derive(Clone, Copy, Default)]
pub(crate) struct Filling {
    pub(crate) start: u32,
    pub(crate) end: u32,
    pub(crate) escaped: bool,
}

impl Filling {
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.start == self.end
    }

    #[inline]
    pub(crate) fn body<'i>(&self, event: &'i [u8]) -> &'i [u8] {
        event.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    pub(crate) fn text<'i>(&self, event: &'i [u8]) -> &'i str {
        simdutf8::basic::from_utf8(self.body(event)).unwrap_or_default()
    }
}

#[derive(Default)]
pub(crate) struct Template {
    /// The event, and again what comes before its first hole: so the end of an event and the start of the next one are
    /// compared at once.
    pub(crate) bytes: Vec<u8>,
    /// The length of the event.
    pub(crate) size: usize,
    /// That of what comes before its first hole.
    pub(crate) first: usize,
    pub(crate) holes: Vec<Hole>,
    /// Entries of the report's counts that the event added to.
    pub(crate) quirks: Vec<u32>,
    pub(crate) unknown: Vec<u32>,
    /// Lists of tool calls, and the call that the event went to last.
    pub(crate) last: Vec<(u32, u32)>,
    /// Bytes of the event around its payload.
    around: usize,
    /// It appends and skips, perhaps in the call that it selects, and does nothing else.
    plain: bool,
    /// It has strings that must differ from those held.
    differs: bool,
    pub(crate) select: Option<usize>,
    sequence: Option<usize>,
}

/// The templates of a stream.
pub(crate) struct Templates {
    kept: Vec<Template>,
    /// How many of them are in use; the others wait to be, with their memory.
    used: usize,
    last: usize,
    next: usize,
    epoch: u64,
    /// What the holes of the template that was tried last hold.
    fillings: [Filling; HOLES],
    /// An event had spaces before its last bracket.
    padded: bool,
    /// They are of elements of an array, not of lines.
    array: bool,
    pub(crate) enabled: bool,
}

/// A template that fits: which one, and the length of the event.
pub(crate) struct Hit<'t> {
    pub(crate) template: &'t Template,
    pub(crate) fillings: &'t [Filling],
    pub(crate) size: usize,
}

impl Hit<'_> {
    /// The holes' effects, in the order of the event.
    #[inline]
    pub(crate) fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.template.holes.iter().map(|hole| &hole.effect)
    }

    /// What the holes hold, in the same order.
    #[inline]
    pub(crate) fn fillings(&self) -> &[Filling] {
        self.fillings
    }

    /// Whether it appends and skips, perhaps in the call that it selects, and does nothing else.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.template.plain
    }

    /// Whether it has strings that must differ from those held.
    #[inline]
    pub(crate) fn differs(&self) -> bool {
        self.template.differs
    }

    pub(crate) fn effect(&self, at: usize) -> Option<&Effect> {
        self.template.holes.get(at).map(|hole| &hole.effect)
    }

    /// The hole whose number selects a tool call.
    #[inline]
    pub(crate) fn select(&self) -> Option<usize> {
        self.template.select
    }

    /// Whether the event has a number.
    pub(crate) fn is_numbered(&self) -> bool {
        self.template.sequence.is_some()
    }

    /// The number of the event, if it has one.
    #[inline]
    pub(crate) fn sequence(&self, event: &[u8]) -> Option<i64> {
        small_int(self.fillings.get(self.template.sequence?)?.body(event))
    }

    pub(crate) fn quirks(&self) -> &[u32] {
        &self.template.quirks
    }

    pub(crate) fn unknown(&self) -> &[u32] {
        &self.template.unknown
    }

    pub(crate) fn last(&self) -> &[(u32, u32)] {
        &self.template.last
    }

    /// The length of the event's payload.
    pub(crate) fn payload(&self) -> u64 {
        (self.size - self.template.around) as u64
    }
}

impl Default for Templates {
    fn default() -> Self {
        let fillings = [Filling::default(); HOLES];
        Self {
            kept: Vec::new(),
            used: 0,
            last: 0,
            next: 0,
            epoch: 0,
            fillings,
            padded: false,
            array: false,
            enabled: true,
        }
    }
}

impl Templates {
    /// What follows is an element of an array, or is a line.
    #[inline]
    pub(crate) fn enter(&mut self, array: bool) {
        if self.array != array {
            self.forget();
            self.array = array;
        }
    }

    /// The template that fits the front of the input, the last one used first unless that is known not to, and what its
    /// holes hold.
    #[inline]
    pub(crate) fn find(&mut self, input: &[u8], epoch: u64, tape: &mut Tape, missed: bool) -> Option<Hit<'_>> {
        if self.epoch != epoch {
            self.used = 0;
            return None;
        }
        let last = self.kept.get(self.last).filter(|_| self.last < self.used)?;
        let again = if missed { None } else { last.fit(input, &mut self.fillings, tape) };
        let mut found = again.map(|size| (self.last, size));
        if found.is_none() {
            let others = self.kept.iter().take(self.used).enumerate().filter(|(at, _)| *at != self.last);
            for (at, template) in others {
                if let Some(size) = template.fit(input, &mut self.fillings, tape) {
                    found = Some((at, size));
                    break;
                }
            }
        }
        let (at, size) = found?;
        self.last = at;
        Some(Hit { template: self.kept.get(at)?, fillings: &self.fillings, size })
    }

    /// The template used last, if it is plain: its events come one after the other.
    #[inline]
    pub(crate) fn run(&mut self, epoch: u64) -> Option<Run<'_>> {
        let last = self.kept.get(self.last).filter(|_| self.last < self.used && self.epoch == epoch)?;
        last.plain.then_some(Run::new(last, &mut self.fillings))
    }

    /// Forgets all templates, and keeps their memory.
    pub(crate) fn forget(&mut self) {
        (self.used, self.last, self.next, self.epoch) = (0, 0, 0, 0);
        (self.padded, self.array) = (false, false);
    }

    /// Remembers an event that went the full path: its bytes, where its payload begins in them, and what it did.
    pub(crate) fn learn(&mut self, event: Learned<'_>, trace: &mut Trace, epoch: u64, counts: [&[u32]; 2]) {
        let Learned { raw, offset, payload } = event;
        self.add_padding(event, trace);
        let count = |is: fn(&Effect) -> bool| trace.holes.iter().filter(|hole| is(&hole.2)).count();
        let selects = count(|effect| effect.kind == HoleKind::Select);
        if trace.holes.len() > HOLES
            // The tape holds one; it is looked for to the end of its line, which is that of a whole array.
            || count(|effect| matches!(effect.kind, HoleKind::Extend | HoleKind::Object)) > usize::from(!self.array)
            // An index without a text to append to decides nothing that could be looked at.
            || count(|effect| effect.selected) != selects
            // A hit takes effect in the order of the text: steps of a route may have taken another.
            || !trace.holes.iter().filter(|hole| hole.2.kind.changes()).is_sorted_by_key(|hole| hole.0)
        {
            return;
        }
        if self.epoch != epoch {
            self.epoch = epoch;
            self.used = 0;
            self.next = 0;
        }
        let at = if self.used < MAX_TEMPLATES { self.used } else { self.next };
        self.next = (self.next + 1) % MAX_TEMPLATES;
        if at == self.kept.len() {
            self.kept.push(Template::default());
        }
        let Some(template) = self.kept.get_mut(at) else { return };
        self.used = self.used.max(at + 1);
        self.last = at;
        trace.holes.sort_unstable_by_key(|hole| hole.0);
        template.bytes.clear();
        template.bytes.extend_from_slice(raw);
        template.holes.clear();
        let holes = trace.holes.iter();
        template.holes.extend(holes.map(|(start, end, effect)| Hole {
            start: start + offset,
            end: end + offset,
            until: 0,
            effect: *effect,
        }));
        template.sequence = template.holes.iter().position(|hole| hole.effect.kind == HoleKind::Sequence);
        template.size = raw.len();
        template.first = template.holes.first().map_or(template.size, |hole| hole.start as usize);
        template.bytes.extend_from_slice(raw.get(..template.first).unwrap_or_default());
        template.holes.iter_mut().rev().fold(crate::narrow(template.bytes.len()), |until, hole| {
            hole.until = until;
            hole.start
        });
        template.select = template.holes.iter().position(|hole| hole.effect.kind == HoleKind::Select);
        template.differs = template.holes.iter().any(|hole| hole.effect.kind == HoleKind::Changed);
        template.quirks.clear();
        template.quirks.extend_from_slice(counts[0]);
        template.unknown.clear();
        template.unknown.extend_from_slice(counts[1]);
        template.last.clear();
        template.last.append(&mut trace.last);
        template.around = raw.len() - payload;
        let plain = |hole: &Hole| {
            let kind = hole.effect.kind;
            matches!(kind, HoleKind::Append | HoleKind::Skip | HoleKind::Select)
                || matches!(kind, HoleKind::Number | HoleKind::Sequence | HoleKind::Space)
        };
        template.plain = template.holes.iter().all(plain);
    }

    /// Makes a hole of the spaces before the last bracket, once an event had some: 230 of 410 of Anthropic's streams are
    /// padded so, at random.
    fn add_padding(&mut self, event: Learned<'_>, trace: &mut Trace) {
        let end = event.offset as usize + event.payload;
        let Some([inner @ .., b'}']) = event.raw.get(event.offset as usize..end) else { return };
        let padding = inner.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.padded |= padding > 0;
        if self.padded {
            let end = crate::narrow(inner.len());
            trace.holes.push((end - crate::narrow(padding), end, Effect::none(HoleKind::Space)));
        }
    }
}

/// The length of the spaces and tabs at the front of `rest`.
fn spaces(rest: &[u8]) -> usize {
    rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

impl Template {
    /// The length of the event at the front of the input, if it fits; the fillings of its holes, and a list's tape.
    #[inline]
    fn fit(&self, input: &[u8], fillings: &mut [Filling; HOLES], tape: &mut Tape) -> Option<usize> {
        let (mut literal, mut rest) = (0, input);
        for (hole, filling) in self.holes.iter().zip(fillings.iter_mut()) {
            let bytes = self.bytes.get(literal..hole.start as usize)?;
            rest = rest.strip_prefix(bytes)?;
            let (length, escaped) = match hole.effect.kind {
                HoleKind::Extend => (nested(rest, tape, Tag::List)?, false),
                HoleKind::Object => (nested(rest, tape, Tag::Object)?, false),
                kind => plain(kind, rest)?,
            };
            let start = crate::narrow(input.len() - rest.len());
            *filling = Filling { start, end: start + crate::narrow(length), escaped };
            rest = rest.get(length..)?;
            literal = hole.end as usize;
        }
        let bytes = self.bytes.get(literal..self.size)?;
        rest.starts_with(bytes).then(|| input.len() - rest.len() + bytes.len())
    }
}

/// The length of the string body, number or spaces at the front of `rest`, and whether a string has escapes.
#[inline]
pub(crate) fn plain(kind: HoleKind, rest: &[u8]) -> Option<(usize, bool)> {
    match kind {
        HoleKind::Append | HoleKind::Changed | HoleKind::Replace | HoleKind::Skip => string(rest),
        HoleKind::Space => Some((spaces(rest), false)),
        _ => Some((number(rest)?, false)),
    }
}

/// The length of the string body at the front of `rest`, and whether it has escapes.
#[inline]
fn string(rest: &[u8]) -> Option<(usize, bool)> {
    let (length, escaped, ascii) = body_end(rest)?;
    let valid = ascii || std::str::from_utf8(rest.get(..length)?).is_ok();
    valid.then_some((length, escaped))
}

/// The length of the list or object at the front of `rest`, which leaves its values on the tape. It ends within its line.
fn nested(rest: &[u8], tape: &mut Tape, tag: Tag) -> Option<usize> {
    let line = rest.get(..memchr::memchr2(b'\n', b'\r', rest)?)?;
    let line = simdutf8::basic::from_utf8(line).ok()?;
    tape.parse_front(line).filter(|_| tape.entry(0).tag == tag)
}

/// The length of an integer token of at most 18 characters; what follows it is the next literal's business.
fn number(rest: &[u8]) -> Option<usize> {
    let sign = usize::from(rest.first() == Some(&b'-'));
    let digits = digits_end(rest, sign) - sign;
    let leading_zero = digits > 1 && rest.get(sign) == Some(&b'0');
    // A sign counts, as where integers are told from those that are held as their token.
    (1..=18).contains(&(sign + digits)).then_some(sign + digits).filter(|_| digits > 0 && !leading_zero)
}

/// An event to be learned: its bytes, where its payload begins in them, and how long that is.
#[derive(Clone, Copy)]
pub(crate) struct Learned<'e> {
    raw: &'e [u8],
    offset: u32,
    payload: usize,
}

impl<'e> Learned<'e> {
    /// The event in `raw`, if it is a data line, with or without an event line before it, or a bare object behind the end
    /// of a line or what is between the elements of an `array`, and `data` lies in it.
    pub(crate) fn new(raw: &'e [u8], data: &[u8], array: bool) -> Option<Self> {
        let offset = (data.as_ptr() as usize).checked_sub(raw.as_ptr() as usize)?;
        let (before, rest) = raw.split_at_checked(offset)?;
        let after = rest.get(data.len()..)?;
        let mut lines = before;
        if before.starts_with(b"event:") {
            lines = before.get(memchr::memchr2(b'\n', b'\r', before)?..)?;
            lines = lines.strip_prefix(b"\r\n").or_else(|| lines.strip_prefix(b"\n"))?;
        }
        let plain = matches!(lines, b"data: " | b"data:") && after.ends_with(b"\n");
        let ends = |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b'\r' | b'\n'));
        let between = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b'\t' | b',');
        let begins = if array { before.iter().all(between) } else { ends(before) };
        let bare = data.starts_with(b"{") && after.is_empty() && begins;
        let fits = (bare || plain && ends(after)) && raw.len() <= MAX_TEMPLATE;
        fits.then(|| Self { raw, offset: crate::narrow(offset), payload: data.len() })
    }
}
