//! Maps by numbers that a document hands out, or by keyed hashes: nobody outside chooses them, so that a plain hash does.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map by such numbers.
pub(crate) type IdMap<K, V> = HashMap<K, V, BuildHasherDefault<IdHasher>>;

/// The fraction of the golden ratio: odd, and of no structure.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;

/// Multiplies each number in.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    #[inline]
    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(23) ^ number).wrapping_mul(MIX);
    }

    #[inline]
    fn finish(&self) -> u64 {
        // The map looks at the lowest bits, and the highest.
        self.0 ^ self.0 >> 32
    }
}
