//! Strategy for base64 in pieces (RFC 4648): each may be padded, and the whole must decode.
//!
//! A padded last quad is held back, as the next piece continues its bytes; what is no base64 is appended as it comes.

use super::document::{Node, NodeId, Text};
use super::keys::KeyId;
use super::message::{Chunk, Message, Unfinished};
use super::text::extend_text;
use crate::rule::Rule;

const QUAD: usize = 4;
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends a piece of base64 such that all pieces decode together.
pub(super) fn base64(m: &mut Message, c: Chunk<'_>, rule: &Rule, object: NodeId, key: KeyId, value: u32) {
    let held = m.document.held(object, key);
    let is_text = held.is_none_or(|held| matches!(m.document.node(held), Node::Text(_)));
    let Some(piece) = c.payload.string(value).filter(|_| is_text) else {
        return m.wrong_type();
    };
    let node = held.unwrap_or_else(|| m.document.put(object, key, Node::Text(Text::default())));
    if piece.is_empty() {
        return;
    }
    let mut piece = piece.into_owned();
    if let Some((ticket, tail)) = m.document.tails.remove(&node) {
        m.tails.remove(&ticket);
        m.document.size -= tail.len() as u64;
        piece = rejoin(&tail, &piece);
    }
    let held = match m.document.node(node) {
        Node::Text(text) => text.buffer.len(),
        _ => 0,
    };
    if piece.ends_with('=') && piece.is_ascii() && (held + piece.len()) % QUAD == 0 {
        let tail = piece.split_off(piece.len().saturating_sub(QUAD));
        m.document.grow(tail.len() as u64);
        m.tickets += 1;
        m.document.tails.insert(node, (m.tickets, tail));
        let unfinished = Unfinished { node, rule: rule.number, place: (object, key), choice: m.choice, index: m.index };
        m.tails.insert(m.tickets, unfinished);
    }
    extend_text(m, rule, (object, key), node, &piece, false);
    m.document.grow(0);
}

/// The base64 of the bytes of `tail` and `piece`; the plain concatenation where either is none.
fn rejoin(tail: &str, piece: &str) -> String {
    let (left, right) = (tail.trim_end_matches('='), piece.trim_end_matches('='));
    let decoded = decode(left).and_then(|mut bytes| {
        bytes.extend(decode(right)?);
        Some(bytes)
    });
    decoded.map_or_else(|| format!("{tail}{piece}"), |bytes| encode(&bytes))
}

/// Decodes base64 without its padding; bits left over are dropped.
fn decode(digits: &str) -> Option<Vec<u8>> {
    if digits.len() % QUAD == 1 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() * 3 / QUAD);
    for quad in digits.as_bytes().chunks(QUAD) {
        let mut bits = 0_u32;
        for digit in quad {
            bits = bits << 6 | value_of(*digit)?;
        }
        bits <<= 6 * (QUAD - quad.len());
        bytes.extend(bits.to_be_bytes().into_iter().skip(1).take(quad.len() * 3 / QUAD));
    }
    Some(bytes)
}

fn value_of(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(value.into())
}

fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * QUAD);
    for triple in bytes.chunks(3) {
        let bits = triple.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte)) << (8 * (3 - triple.len()));
        for place in 0..QUAD {
            let digit = DIGITS.get((bits >> (18 - 6 * place)) as usize & 63).copied().unwrap_or_default();
            out.push(if place <= triple.len() { char::from(digit) } else { '=' });
        }
    }
    out
}
