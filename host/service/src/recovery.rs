//! Recovery codes: for the day when phone and passkey are at the bottom of the sea.
//!
//! Guarantees: 120 bits each, so that their SHA-256 says nothing (OWASP ASVS 5.0, 6.5.2); each is good
//! once; they are shown when they are made and never again. Does not: count tries.

use crate::random::{Random, fingerprint};
use domain::factors::Factors;
use domain::ids::{decode, encode};
use domain::secret::Secret;

/// How many somebody gets.
pub(crate) const HOW_MANY: usize = 10;
/// Characters of one, without hyphens.
const LENGTH: usize = 24;
/// Characters between two hyphens.
const GROUP: usize = 4;

/// New ones in the place of those that are left.
pub(crate) fn renew(factors: &mut Factors, random: Random) -> Vec<Secret> {
    let codes: Vec<String> =
        (0..HOW_MANY).map(|_| encode(random.bytes()).chars().skip(26 - LENGTH).collect()).collect();
    factors.recovery = codes.iter().map(|code| fingerprint(code)).collect();
    codes.iter().map(|code| Secret::new(grouped(code))).collect()
}

fn grouped(code: &str) -> String {
    let characters: Vec<char> = code.chars().collect();
    let groups: Vec<String> =
        characters.chunks(GROUP).map(|group| group.iter().collect()).collect();
    groups.join("-")
}

/// Takes the one that was typed, if it is left; however it was written.
pub(crate) fn take(factors: &mut Factors, typed: &str) -> bool {
    // Two characters more, and it has the length of an id of ours, which reads what people mistype.
    let canonical = decode(&format!("00{typed}"));
    let Some(code) = canonical.as_deref().and_then(|all| all.get(26 - LENGTH..)) else {
        return false;
    };
    let hash = fingerprint(code);
    let before = factors.recovery.len();
    factors.recovery.retain(|left| *left != hash);
    factors.recovery.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::UserId;

    #[test]
    fn a_code_is_good_once_however_it_is_written() {
        let mut factors = Factors::none(UserId::from_random([1; 16]));
        let codes = renew(&mut factors, Random::system());
        assert_eq!((codes.len(), factors.recovery.len()), (HOW_MANY, HOW_MANY));
        let shown = codes[0].expose().clone();
        assert_eq!(shown.len(), 29);
        assert!(!factors.recovery.contains(&shown), "only hashes are kept");
        assert!(!take(&mut factors, shown.split_at(28).0), "a part of it is nothing");
        let typed = format!(" {} ", shown.to_uppercase().replace('-', " ").replace('1', "l"));
        assert!(take(&mut factors, &typed));
        assert!(!take(&mut factors, &shown), "once");
        assert_eq!(factors.recovery.len(), HOW_MANY - 1);
    }

    #[test]
    fn new_ones_end_the_old() {
        let mut factors = Factors::none(UserId::from_random([1; 16]));
        let old = renew(&mut factors, Random::system());
        let new = renew(&mut factors, Random::system());
        assert!(!take(&mut factors, old[3].expose()));
        assert!(take(&mut factors, new[3].expose()));
        for nonsense in ["", "0", "123456", "not a code at all, is it"] {
            assert!(!take(&mut factors, nonsense));
        }
    }
}
