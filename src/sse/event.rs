//! Lines in, events out: the data, event type and last event ID buffers of the standard, and the bound on their size.
//! <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>
//!
//! An event of one data line whose blank line is there too is handed out where it lies in the input: what LLM APIs send
//! is copied only when two feeds cut it.

use std::sync::Arc;
use std::{error, fmt};

use super::bare::{self, Bare};
use super::line::{self, Field, Line, Lines};
use super::utf8::decode_lossy;

/// One event as it came, valid until the decoder is used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RawEvent<'a> {
    /// The event type; empty where the block names none.
    pub event_type: &'a [u8],
    /// The data lines joined by LF, or the bare JSON value; not yet decoded ([`decode_lossy`]).
    pub data: &'a [u8],
    /// The data is JSON that came without a `data` field.
    pub bare: bool,
    /// The last event ID in force, shared: a long one is in force for many events.
    pub id: &'a Arc<str>,
    /// The reconnection time set inside this event's block, in milliseconds.
    pub retry: Option<u64>,
}

/// An event is larger than the bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitError {
    /// Events dispatched before it: its number, counted from 0.
    pub event: u64,
    /// The byte of the event that is the first one over.
    pub offset: u64,
    /// The bound, in bytes.
    pub value: u64,
}

impl fmt::Display for LimitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} is larger than max_event_size ({} bytes)", self.event, self.value)
    }
}

impl error::Error for LimitError {}

/// The buffers of the block that is being read, and what fields set beyond it.
#[derive(Debug, Default)]
struct Block {
    /// Each data line and an LF.
    data: Vec<u8>,
    event_type: Vec<u8>,
    /// The last event ID buffer: outlives the block, and counts from its dispatch.
    id: Arc<str>,
    event_retry: Option<u64>,
    /// A field was seen since the last blank line.
    seen: bool,
    /// Not the block's but the connection's.
    retry: Option<u64>,
    comments: u64,
}

impl Block {
    /// Processes a field, data apart.
    fn process(&mut self, field: &Field<'_>) {
        match field {
            Field::Data(value) => {
                self.data.extend_from_slice(value);
                self.data.push(b'\n');
            }
            Field::Event(value) => {
                self.event_type.clear();
                self.event_type.extend_from_slice(value);
            }
            Field::Id(value) => {
                if !value.contains(&0) {
                    self.id = decode_lossy(value).0.into();
                }
            }
            Field::Retry(value) => {
                if let Some(time) = line::reconnection_time(value) {
                    self.event_retry = Some(time);
                    self.retry = Some(time);
                }
            }
            Field::Comment => {
                self.comments += 1;
                return;
            }
            Field::Unknown => return,
        }
        self.seen = true;
    }

    fn clear(&mut self) {
        self.data.clear();
        self.event_type.clear();
        self.event_retry = None;
        self.seen = false;
    }
}

/// What a dispatched event has, its buffers taken from the block.
#[derive(Debug, Default)]
struct Dispatched {
    data: Vec<u8>,
    event_type: Vec<u8>,
    retry: Option<u64>,
}

/// Where the data of a dispatched event is.
#[derive(Clone, Copy)]
enum Place<'i> {
    Input(&'i [u8]),
    Buffer,
    Bare(&'i [u8]),
    BareBuffer,
}

/// Takes events from the front of byte slices; text stays undecoded.
///
/// ```
/// let mut decoder = ssefold::sse::Decoder::new(None, false);
/// let mut input: &[u8] = b"data: a\n\ndata: b\n\ndata: c";
/// let mut seen = Vec::new();
/// while let Some(event) = decoder.next(&mut input)? {
///     seen.push(event.data.to_vec());
/// }
/// assert_eq!(seen, [b"a", b"b"]);
/// assert_eq!(decoder.finish(true)?.map(|event| event.data.to_vec()), Some(b"c".to_vec()));
/// # Ok::<(), ssefold::sse::LimitError>(())
/// ```
#[derive(Debug)]
pub struct Decoder {
    max_event_size: Option<u64>,
    allows_bare: bool,
    lines: Lines,
    block: Block,
    bare: Bare,
    dispatched: Dispatched,
    last_event_id: Arc<str>,
    events: u64,
    exceeded: Option<LimitError>,
}

impl Decoder {
    /// `max_event_size` bounds the data buffer plus the current line, in bytes; `bare` lets JSON at the start of a line,
    /// outside a block, count as an event.
    #[must_use]
    pub fn new(max_event_size: Option<u64>, bare: bool) -> Self {
        Self {
            max_event_size,
            allows_bare: bare,
            lines: Lines::new(),
            block: Block::default(),
            bare: Bare::default(),
            dispatched: Dispatched::default(),
            last_event_id: Arc::default(),
            events: 0,
            exceeded: None,
        }
    }

    /// Takes from the front of `input` up to and including the next event; None when `input` is used up.
    ///
    /// # Errors
    /// An event larger than the bound: once, later input is ignored until [`Decoder::reset`].
    pub fn next<'d, 'i: 'd>(&'d mut self, input: &mut &'i [u8]) -> Result<Option<RawEvent<'d>>, LimitError> {
        if self.exceeded.is_some() {
            *input = &[];
            return Ok(None);
        }
        match self.advance(input) {
            Ok(place) => Ok(place.map(|place| self.event(place))),
            Err(error) => {
                *input = &[];
                self.discard();
                self.exceeded = Some(error);
                Err(error)
            }
        }
    }

    /// The end of the stream: drops what is unfinished, or, with `dispatch`, processes the unterminated last line and
    /// dispatches a block that has data, or hands out the unfinished bare value.
    ///
    /// # Errors
    /// Again that of [`Decoder::next`].
    pub fn finish(&mut self, dispatch: bool) -> Result<Option<RawEvent<'_>>, LimitError> {
        if let Some(error) = self.exceeded {
            return Err(error);
        }
        let place = if dispatch { self.last() } else { None };
        self.discard();
        Ok(place.map(|place| self.event(place)))
    }

    /// Nothing is pending: no carried bytes, no field of a block seen, byte order mark decided, no value begun.
    #[must_use]
    pub fn at_event_start(&self) -> bool {
        let outside = !self.bare.is_open() || self.bare.is_between();
        outside && self.lines.at_line_start() && !self.block.seen && self.exceeded.is_none()
    }

    /// What comes next is read as a value of a top-level array of bare JSON, not as a line.
    #[must_use]
    pub fn in_array(&self) -> bool {
        self.bare.is_open()
    }

    /// Counts events that the caller took from the input itself, at an event's start.
    pub fn skip_events(&mut self, count: u64) {
        self.events += count;
    }

    /// The ID of the last dispatched block that had or inherited one.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// The last reconnection time seen, in milliseconds.
    #[must_use]
    pub fn retry(&self) -> Option<u64> {
        self.block.retry
    }

    /// Comment lines seen.
    #[must_use]
    pub fn comments(&self) -> u64 {
        self.block.comments
    }

    /// Events taken, bare values and skipped events included.
    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Ready for another stream; keeps the last event ID and the reconnection time, as a reconnecting client does.
    pub fn reset(&mut self) {
        self.discard();
        self.lines = Lines::new();
        self.block.comments = 0;
        self.block.id = Arc::clone(&self.last_event_id);
        self.events = 0;
        self.exceeded = None;
    }

    fn advance<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<Place<'i>>, LimitError> {
        self.lines.begin(input);
        loop {
            if !self.block.seen && !self.bare.is_open() {
                // Between events nothing but comments is worth more than a look.
                self.lines.skip_blank(input);
            }
            if self.allows_bare && (self.bare.is_open() || self.begins_bare(input)?) {
                match self.next_bare(input)? {
                    bare::Found::Input(value) => return Ok(Some(Place::Bare(value))),
                    bare::Found::Carried => return Ok(Some(Place::BareBuffer)),
                    bare::Found::End => continue,
                    bare::Found::More => return Ok(None),
                }
            }
            let Some(line) = self.lines.next(input) else {
                self.check(self.block.data.len() + self.lines.pending())?;
                return Ok(None);
            };
            if let Some(place) = self.interpret(&line, input)? {
                return Ok(Some(place));
            }
        }
    }

    /// Interprets a line; the blank one dispatches.
    fn interpret<'i>(&mut self, line: &Line<'i>, input: &mut &'i [u8]) -> Result<Option<Place<'i>>, LimitError> {
        let size = match line {
            Line::Input(bytes) => bytes.len(),
            Line::Carried => self.lines.carried().len(),
        };
        self.check(self.block.data.len() + size)?;
        if size == 0 {
            return Ok(self.dispatch());
        }
        match line {
            Line::Input(bytes) => {
                let field = line::field(bytes);
                if let (Field::Data(value), true) = (&field, self.block.data.is_empty()) {
                    // Equal to buffering the value and taking the blank line next.
                    if self.lines.take_end(input) {
                        self.commit();
                        return Ok(Some(Place::Input(value)));
                    }
                }
                self.block.process(&field);
            }
            Line::Carried => self.block.process(&line::field(self.lines.carried())),
        }
        Ok(None)
    }

    /// The blank line: an event, if the block has data.
    fn dispatch<'i>(&mut self) -> Option<Place<'i>> {
        let has_data = self.block.data.pop().is_some();
        if has_data {
            std::mem::swap(&mut self.block.data, &mut self.dispatched.data);
            self.commit();
        } else {
            self.take_id();
            self.block.clear();
        }
        has_data.then_some(Place::Buffer)
    }

    /// Lets the ID of the block be in force.
    fn take_id(&mut self) {
        if !Arc::ptr_eq(&self.last_event_id, &self.block.id) {
            self.last_event_id = Arc::clone(&self.block.id);
        }
    }

    /// Counts an event and gives it its type, ID and reconnection time.
    fn commit(&mut self) {
        if self.block.seen {
            self.take_id();
        }
        std::mem::swap(&mut self.block.event_type, &mut self.dispatched.event_type);
        self.dispatched.retry = self.block.event_retry;
        self.block.clear();
        self.events += 1;
    }

    /// Whether bare JSON begins at the current line; takes the spaces before it.
    fn begins_bare(&mut self, input: &mut &[u8]) -> Result<bool, LimitError> {
        if self.block.seen {
            return Ok(false);
        }
        let Some((blank, b'{' | b'[')) = self.lines.indent(input) else {
            return Ok(false);
        };
        self.check(blank)?;
        self.lines.skip_indent(blank, input);
        self.bare.begin(input);
        Ok(true)
    }

    fn next_bare<'i>(&mut self, input: &mut &'i [u8]) -> Result<bare::Found<'i>, LimitError> {
        let found = self.bare.next(input);
        let size = match &found {
            bare::Found::Input(value) => value.len(),
            bare::Found::Carried => self.bare.value().len(),
            bare::Found::End | bare::Found::More => self.bare.pending(),
        };
        self.check(size)?;
        if matches!(found, bare::Found::Input(_) | bare::Found::Carried) {
            self.events += 1;
        }
        Ok(found)
    }

    /// What the end of the stream dispatches.
    fn last(&mut self) -> Option<Place<'static>> {
        if self.bare.is_open() {
            let cut = self.bare.finish();
            self.events += u64::from(cut);
            return cut.then_some(Place::BareBuffer);
        }
        if self.lines.finish().is_some() {
            self.block.process(&line::field(self.lines.carried()));
        }
        if self.block.data.is_empty() { None } else { self.dispatch() }
    }

    /// Drops what is unfinished.
    fn discard(&mut self) {
        self.lines.finish();
        self.block.clear();
        if self.bare.is_open() {
            self.bare = Bare::default();
        }
    }

    fn check(&self, size: usize) -> Result<(), LimitError> {
        match self.max_event_size {
            Some(value) if size as u64 > value => Err(LimitError { event: self.events, offset: value, value }),
            _ => Ok(()),
        }
    }

    fn event<'d, 'i: 'd>(&'d self, place: Place<'i>) -> RawEvent<'d> {
        let (data, bare) = match place {
            Place::Input(data) => (data, false),
            Place::Buffer => (self.dispatched.data.as_slice(), false),
            Place::Bare(value) => (value.trim_ascii_end(), true),
            Place::BareBuffer => (self.bare.value().trim_ascii_end(), true),
        };
        RawEvent {
            event_type: if bare { &[] } else { &self.dispatched.event_type },
            data,
            bare,
            id: &self.last_event_id,
            retry: self.dispatched.retry.filter(|_| !bare),
        }
    }
}
