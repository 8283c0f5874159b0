//! Names and secrets as Jellyfin makes them: GUIDs, MD5 of UTF-16 text, tokens and codes.

use md5::{Digest as _, Md5};

use crate::chance::{bytes as random, hex};

/// A fresh id or token: 32 lower-case hex digits.
pub(super) fn fresh_id() -> String {
    hex(&random())
}

/// A Quick Connect secret: 64 upper-case hex digits.
pub(super) fn fresh_secret() -> String {
    (hex(&random()) + &hex(&random())).to_uppercase()
}

/// A Quick Connect code: six digits, the first not zero.
pub(super) fn fresh_code() -> String {
    (100_000 + u128::from_le_bytes(random()) % 900_000).to_string()
}

/// A reset PIN: four bytes, upper-case hex, with hyphens.
pub(super) fn fresh_pin() -> String {
    let bytes = random();
    let pairs: Vec<String> = bytes.iter().take(4).map(|byte| format!("{byte:02X}")).collect();
    pairs.join("-")
}

/// `new Guid(MD5(UTF-16LE(text))).ToString("N")`, Jellyfin's `GetMD5` (`BaseExtensions.cs`).
pub(super) fn md5_id(text: &str) -> String {
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let digest: [u8; 16] = Md5::digest(wide).into();
    // A .NET Guid reads its first three fields little-endian.
    const ORDER: [usize; 16] = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    let bytes: Vec<u8> = ORDER.iter().filter_map(|at| digest.get(*at).copied()).collect();
    hex(&bytes)
}

/// The 32 digits of a GUID written with or without hyphens, or nothing.
pub(super) fn parse_guid(text: &str) -> Option<String> {
    let plain = match text.len() {
        32 => text.to_owned(),
        36 if [8, 13, 18, 23].iter().all(|at| text.as_bytes().get(*at) == Some(&b'-')) => {
            text.replace('-', "")
        }
        _ => return None,
    };
    (plain.len() == 32 && plain.bytes().all(|byte| byte.is_ascii_hexdigit()))
        .then(|| plain.to_ascii_lowercase())
}

/// A 32-digit id with hyphens.
pub(super) fn hyphened(id: &str) -> String {
    let mut text = String::with_capacity(36);
    for (at, digit) in id.chars().enumerate() {
        if [8, 12, 16, 20].contains(&at) {
            text.push('-');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_hashed_as_jellyfin_does() {
        assert_eq!(md5_id("ALICE"), "6e2030dcd031561296d17289f6fe5c33");
        assert_eq!(md5_id("O'BRIEN"), "22686cfb1e69d3345c10fe34f52e5760");
        assert_eq!(hyphened(&md5_id("usersettings")), "3ce5b65d-e116-d731-65d1-efc4a30ec35c");
    }

    #[test]
    fn guids_are_read_in_both_forms() {
        let id = fresh_id();
        assert_eq!(parse_guid(&hyphened(&id)), Some(id.clone()));
        assert_eq!(parse_guid(&id.to_uppercase()), Some(id));
        assert_eq!(parse_guid("zzz"), None);
    }
}
