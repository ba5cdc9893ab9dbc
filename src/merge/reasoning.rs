//! Which of several fields is the reasoning of a choice: the first of them, in the order of the view, that has text.

use super::message::Message;
use crate::delta::{DeltaValue, Kind};

impl Message {
    /// Which field is the reasoning of a choice is known.
    pub(super) fn is_settled(&self, choice: u64) -> bool {
        find_rank(&self.reasoning, choice).is_ok()
    }

    /// Lets the first reasoning field, in the order of the view, that carried text be the reasoning of its choice.
    pub(super) fn settle_reasoning(&mut self) {
        self.document.epoch += 1;
        self.trace.settled += 1;
        for entry in self.queue.iter_mut().skip(self.before) {
            let Some(rank) = entry.rank.take() else { continue };
            if find_rank(&self.reasoning_now, entry.choice).is_ok_and(|(_, kept)| kept != rank) {
                entry.kind = Kind::Other;
                entry.value = DeltaValue::Text(std::mem::take(&mut entry.text).as_str().to_owned());
            }
        }
        for (choice, rank) in self.reasoning_now.drain(..) {
            if let Err(at) = find_rank(&self.reasoning, choice) {
                self.reasoning.insert(at, (choice, rank));
            }
        }
    }
}

/// The place and rank of a choice in a list sorted by choice, or the place where it would stand.
#[inline]
pub(super) fn find_rank(ranks: &[(u64, u8)], choice: u64) -> Result<(usize, u8), usize> {
    let at = ranks.binary_search_by_key(&choice, |held| held.0)?;
    Ok((at, ranks.get(at).map_or(0, |held| held.1)))
}
