//! What is read next is asked for early.
//!
//! A hit takes less time than its bytes take from memory: a processor reads on by itself, but neither over the end of a
//! page nor as far ahead as a hit is short. Asking for the lines of the cache that come 2 KiB later lets both go on at once:
//! 20,000 events of 309 bytes, none of them in the cache, take 40 instead of 52 ns each.

use prefetch_index::prefetch_index;

/// How far ahead, in bytes: 1 KiB and 4 KiB gain less.
const DISTANCE: usize = 2048;
/// A line of the cache, in bytes.
const LINE: usize = 64;

/// Asks for as many bytes as were just taken from the front of `data`, further on.
#[inline]
pub(crate) fn fetch_ahead(data: &[u8], taken: usize) {
    if data.len() > DISTANCE {
        let mut at = DISTANCE;
        while at < DISTANCE + taken {
            prefetch_index(data, at);
            // Far below where it would wrap; a check for each line is 1 % of a recorded chat.
            at = at.wrapping_add(LINE);
        }
    }
}
