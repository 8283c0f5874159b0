//! `random`: bytes of the operating system's generator.

use crate::contract::host::random::Host;
use crate::lent::Lent;

/// Bytes of one answer at most.
const MOST: u32 = 4096;

impl Host for Lent {
    fn bytes(&mut self, len: u32) -> Vec<u8> {
        let mut bytes = vec![0; usize::try_from(len.min(MOST)).unwrap_or_default()];
        // The generator of the process cannot fail once it is seeded; were it to, an empty answer is
        // one that no guest takes for randomness.
        if aws_lc_rs::rand::fill(&mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lent;

    #[test]
    fn bytes_are_as_many_as_asked_for_up_to_a_limit() {
        let mut lent = lent();
        assert_eq!(lent.bytes(0).len(), 0);
        assert_eq!(lent.bytes(u32::MAX).len(), 4096);
        let (one, two) = (lent.bytes(32), lent.bytes(32));
        assert_eq!(one.len(), 32);
        assert_ne!(one, two);
    }
}
