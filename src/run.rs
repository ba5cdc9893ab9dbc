//! Events of one template that follow one another, while nobody looks: one comparison from hole to hole, across the end of an
//! event. `template` says why that is what the full path would do.

use crate::json::small_int;
use crate::merge::{Effect, HoleKind};
use crate::template::{Filling, HOLES, Hit, Template, plain};

/// A plain template and its events, as long as they follow one another.
pub(crate) struct Run<'t> {
    template: &'t Template,
    fillings: &'t mut [Filling; HOLES],
    /// The event at the front of the input is known to begin as the template does.
    begun: bool,
}

impl<'t> Run<'t> {
    pub(crate) fn new(template: &'t Template, fillings: &'t mut [Filling; HOLES]) -> Self {
        Self { template, fillings, begun: false }
    }

    /// The event at hand, of that length.
    #[inline]
    pub(crate) fn hit(&self, size: usize) -> Hit<'_> {
        Hit { template: self.template, fillings: self.fillings, size }
    }

    /// What the template does.
    pub(crate) fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.template.holes.iter().map(|hole| &hole.effect)
    }

    pub(crate) fn quirks(&self) -> &[u32] {
        &self.template.quirks
    }

    pub(crate) fn unknown(&self) -> &[u32] {
        &self.template.unknown
    }

    /// The same events where one text grows, and in no call that they select; None where they are others.
    pub(crate) fn growing(&self) -> Option<Growing<'_>> {
        let template = self.template;
        let mut texts = (0..).zip(&template.holes).filter(|(_, hole)| hole.effect.kind == HoleKind::Append);
        let (text, hole) = texts.next()?;
        let is_it = texts.next().is_none() && template.last.is_empty() && template.select.is_none();
        let joint = template.bytes.get(hole.end as usize..).filter(|_| template.holes.len() == 1);
        is_it.then_some(Growing { template, text, effect: &hole.effect, joint, begun: false })
    }

    /// The length of the event at the front of the input, if it fits.
    #[inline]
    pub(crate) fn fit(&mut self, input: &[u8]) -> Option<usize> {
        let template = self.template;
        if !self.begun && !input.starts_with(template.bytes.get(..template.first)?) {
            return None;
        }
        let mut at = template.first;
        self.begun = false;
        for (hole, filling) in template.holes.iter().zip(self.fillings.iter_mut()) {
            let rest = input.get(at..)?;
            let (length, escaped) = plain(hole.effect.kind, rest)?;
            *filling = Filling { start: crate::narrow(at), end: crate::narrow(at + length), escaped };
            let literal = template.bytes.get(hole.end as usize..hole.until as usize)?;
            let after = input.get(at + length..)?;
            at += length + literal.len();
            if !after.starts_with(literal) {
                // No event like it follows; and if this was not the last hole, it is none.
                let last = template.size.checked_sub(hole.end as usize).filter(|last| *last < literal.len())?;
                return after.starts_with(literal.get(..last)?).then_some(at - literal.len() + last);
            }
        }
        self.begun = !template.holes.is_empty();
        Some(if self.begun { at - template.first } else { at })
    }
}

/// A plain template in which one text grows; what its other holes hold has no effect, but for the event's number.
pub(crate) struct Growing<'t> {
    template: &'t Template,
    /// The hole of the text.
    text: usize,
    pub(crate) effect: &'t Effect,
    /// Where there is no other hole: what is behind it, to the hole of the next event.
    joint: Option<&'t [u8]>,
    /// As [`Run::begun`].
    begun: bool,
}

/// What such an event brings.
#[derive(Default)]
pub(crate) struct Grown<'i> {
    /// The body of the string that is appended.
    pub(crate) body: &'i [u8],
    pub(crate) escaped: bool,
    /// The number of the event, if it has one.
    pub(crate) number: Option<i64>,
    /// The length of the event.
    pub(crate) size: usize,
}

impl Growing<'_> {
    /// What the event at the front of the input brings, if it fits.
    #[inline]
    pub(crate) fn fit<'i>(&mut self, input: &'i [u8]) -> Option<Grown<'i>> {
        let template = self.template;
        let front = template.bytes.get(..template.first)?;
        let mut rest = if self.begun { input.get(front.len()..)? } else { input.strip_prefix(front)? };
        if let Some(joint) = self.joint {
            let (length, escaped) = plain(HoleKind::Append, rest)?;
            let (body, after) = rest.split_at_checked(length)?;
            let tail = joint.len() - front.len();
            self.begun = after.starts_with(joint);
            let fits = self.begun || after.starts_with(joint.get(..tail)?);
            return fits.then_some(Grown { body, escaped, number: None, size: front.len() + length + tail });
        }
        self.begun = false;
        let mut grown = Grown::default();
        for (at, hole) in template.holes.iter().enumerate() {
            let (length, escaped) = plain(hole.effect.kind, rest)?;
            let (inside, after) = rest.split_at_checked(length)?;
            if at == self.text {
                (grown.body, grown.escaped) = (inside, escaped);
            } else if hole.effect.kind == HoleKind::Sequence {
                grown.number = small_int(inside);
            }
            let literal = template.bytes.get(hole.end as usize..hole.until as usize)?;
            if let Some(more) = after.strip_prefix(literal) {
                rest = more;
                continue;
            }
            // No event like it follows; and if this was not the last hole, it is none.
            let last = template.size.checked_sub(hole.end as usize).filter(|last| *last < literal.len())?;
            grown.size = input.len() - after.strip_prefix(literal.get(..last)?)?.len();
            return Some(grown);
        }
        self.begun = true;
        grown.size = input.len() - rest.len() - front.len();
        Some(grown)
    }
}
