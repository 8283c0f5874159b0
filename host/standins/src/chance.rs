//! Randomness for stand-ins, from the keys the operating system gives to [`RandomState`].
//!
//! No two runs agree, which is enough for a stand-in and not for a product.

use std::collections::hash_map::RandomState;
use std::fmt::Write as _;
use std::hash::{BuildHasher as _, Hasher as _};

/// Sixteen random bytes.
pub(crate) fn bytes() -> [u8; 16] {
    let state = RandomState::new();
    let mut bytes = [0; 16];
    for (half, chunk) in bytes.chunks_mut(8).enumerate() {
        let mut hasher = state.build_hasher();
        hasher.write_usize(half);
        chunk.copy_from_slice(&hasher.finish().to_le_bytes());
    }
    bytes
}

/// Bytes as lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ignored = write!(text, "{byte:02x}");
        text
    })
}

/// So many random signs of `alphabet`, which is ASCII.
pub(crate) fn text(alphabet: &[u8], length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in bytes() {
            let sign = alphabet.get(usize::from(byte) % alphabet.len().max(1));
            text.extend(sign.map(|sign| char::from(*sign)));
        }
    }
    text.truncate(length);
    text
}
