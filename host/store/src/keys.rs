//! How keys of rows and indexes are written: parts in byte order, times in order of time.

use jiff::Timestamp;

/// Writes one part so that no content of it can look like the end of it.
fn push(key: &mut Vec<u8>, part: &str) {
    for byte in part.bytes() {
        match byte {
            0 => key.extend_from_slice(&[1, 1]),
            1 => key.extend_from_slice(&[1, 2]),
            other => key.push(other),
        }
    }
}

/// The parts with a NUL between them. Distinct parts give distinct keys, in the order of the parts.
pub(crate) fn joined(parts: &[&str]) -> Vec<u8> {
    let mut key = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            key.push(0);
        }
        push(&mut key, part);
    }
    key
}

/// What all keys that begin with exactly these parts begin with.
pub(crate) fn under(parts: &[&str]) -> Vec<u8> {
    let mut key = joined(parts);
    key.push(0);
    key
}

/// Eight bytes whose order is the order of time, to the microsecond.
pub(crate) fn moment(at: Timestamp) -> [u8; 8] {
    at.as_microsecond().wrapping_sub(i64::MIN).cast_unsigned().to_be_bytes()
}

/// A time followed by something that tells rows of the same time apart.
pub(crate) fn at(at: Timestamp, rest: &[u8]) -> Vec<u8> {
    let mut key = moment(at).to_vec();
    key.extend_from_slice(rest);
    key
}

/// The words by which a text is found: case and forms folded, each once, in order.
pub(crate) fn words(text: &str) -> Vec<String> {
    let folded = domain::names::name_key(text);
    let mut words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_content_can_look_like_a_border() {
        assert_ne!(joined(&["a\0b", "c"]), joined(&["a", "b\0c"]));
        assert_ne!(joined(&["a\u{1}\u{1}b"]), joined(&["a\0b"]));
        assert!(joined(&["a", "z"]) < joined(&["a!", "a"]), "shorter parts come first");
    }

    #[test]
    fn times_sort_as_bytes() {
        let times =
            ["-000100-01-01T00:00Z", "1969-12-31T23:59Z", "1970-01-01T00:00Z", "2030-01-01T00:00Z"];
        let keys: Vec<_> = times.iter().map(|text| moment(text.parse().expect("a time"))).collect();
        assert!(keys.is_sorted());
    }

    #[test]
    fn words_are_folded_and_single() {
        assert_eq!(words("Ana-María ANA <ana@Example.org>"), ["ana", "example", "maría", "org"]);
    }
}
