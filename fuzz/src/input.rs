//! What an input means: a header of four bytes, then a body as it is or the choices of the generator.

use arbitrary::Unstructured;

use crate::generate::Generator;
use crate::grammar::Grammar;

/// Bytes of the header: how the rest is read, the dialect, how it is cut, its limits.
const HEADER: usize = 4;
/// The first byte of inputs whose rest is the body as it is; any other has it made from a table.
const AS_IT_IS: u8 = b'=';
/// Longer bodies find nothing that shorter ones don't, and are slow.
const LONGEST: usize = 64 << 10;

/// An input as targets read it.
pub(crate) struct Input {
    pub(crate) body: Vec<u8>,
    pub(crate) dialect: u8,
    pub(crate) cut: u8,
    pub(crate) limits: [Option<u64>; 2],
}

/// The dialect that an input asks for: None, to be detected, or one of the tables.
pub(crate) fn dialect_of(byte: u8) -> Option<&'static str> {
    let (name, _) = crate::TABLES.get(usize::from(byte).checked_sub(1)? % crate::TABLES.len())?;
    Some(name)
}

impl Input {
    /// Reads an input; `grammar` makes the events where it doesn't bring its own.
    pub(crate) fn read(data: &[u8], grammar: impl FnOnce(u8) -> &'static Grammar) -> Option<Self> {
        let (header, rest) = data.split_at_checked(HEADER)?;
        let body = if header[0] == AS_IT_IS {
            rest.to_vec()
        } else {
            Generator::new(grammar(header[1]), Unstructured::new(rest)).body()
        };
        // Mostly none, else a bound that short streams reach.
        let bound = |bits: u8, unit: u64| (bits & 7 > 4).then(|| u64::from(bits >> 3) * unit);
        let limits = [bound(header[3], 16), bound(header[3].rotate_left(3), 64)];
        (body.len() <= LONGEST).then(|| Self { body, dialect: header[1], cut: header[2], limits })
    }

    /// The body in pieces: their sizes follow from the header's third byte.
    pub(crate) fn pieces(&self) -> Vec<&[u8]> {
        pieces(&self.body, self.cut)
    }
}

/// A body in pieces whose sizes follow from `cut`: of one byte, in two, or of changing sizes.
pub(crate) fn pieces(body: &[u8], cut: u8) -> Vec<&[u8]> {
    match cut {
        0 => body.chunks(1).collect(),
        1..=64 => {
            let (front, back) = body.split_at(body.len() * usize::from(cut) / 65);
            vec![front, back]
        }
        _ => {
            let (mut left, mut pieces, mut state) = (body, Vec::new(), u32::from(cut));
            while !left.is_empty() {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let most = if cut & 1 == 0 { 24 } else { 400 };
                let (front, back) = left.split_at(left.len().min(1 + (state >> 16) as usize % most));
                pieces.push(front);
                left = back;
            }
            pieces
        }
    }
}
