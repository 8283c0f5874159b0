//! Codes of an authenticator app: RFC 6238 with SHA-1, six digits and 30 seconds, which every app knows.
//!
//! Guarantees: a code is good for the step it is of and one to either side, and never again once it or
//! a later one was accepted; codes are compared in constant time. Does not: keep anything, or count tries.

use crate::random::Random;
use aws_lc_rs::{constant_time, hmac};
use domain::secret::Secret;
use jiff::Timestamp;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// Seconds a code lasts.
const PERIOD: u64 = 30;
/// Digits a code has.
pub(crate) const DIGITS: usize = 6;
const MODULUS: u32 = 1_000_000;
/// RFC 4648 section 6; apps want it without padding.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 160 bits, as apps take them: base32.
pub(crate) fn fresh_secret(random: Random) -> Secret {
    Secret::new(encode(&random.bytes::<20>()))
}

/// What a QR code shows to an app.
pub(crate) fn uri(secret: &Secret, issuer: &str, account: &str) -> Secret {
    let plain = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let (issuer, account) = (plain(issuer), plain(account));
    Secret::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={PERIOD}",
        secret.expose()
    ))
}

/// The step whose code was typed, if it is good now and later than `last_step`.
pub(crate) fn accepted(
    secret: &Secret,
    typed: &str,
    now: Timestamp,
    last_step: u64,
) -> Option<u64> {
    let key = decode(secret.expose())?;
    let step = u64::try_from(now.as_second()).ok()? / PERIOD;
    let near = [step.saturating_sub(1), step, step.saturating_add(1)];
    near.into_iter().filter(|step| *step > last_step).find(|step| {
        let code = format!("{:0DIGITS$}", truncated(&key, *step) % MODULUS);
        constant_time::verify_slices_are_equal(code.as_bytes(), typed.as_bytes()).is_ok()
    })
}

/// RFC 4226 section 5.3: 31 bits of the HMAC.
fn truncated(key: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = bytes.last().map_or(0, |last| usize::from(last & 0xf));
    let four = bytes.iter().skip(offset).take(4);
    four.fold(0_u32, |number, byte| number << 8 | u32::from(*byte)) & 0x7fff_ffff
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 8 / 5);
    for chunk in bytes.chunks(5) {
        let number = chunk.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let bits = chunk.len() * 8;
        let aligned = number << (bits.div_ceil(5) * 5 - bits);
        for place in (0..bits.div_ceil(5)).rev() {
            let index = usize::try_from(aligned >> (place * 5) & 31).unwrap_or_default();
            text.extend(BASE32.get(index).map(|byte| char::from(*byte)));
        }
    }
    text
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut number, mut bits) = (Vec::with_capacity(text.len()), 0_u32, 0_u32);
    for character in text.bytes() {
        let value = BASE32.iter().position(|known| *known == character)?;
        number = number << 5 | u32::try_from(value).ok()?;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(number >> bits & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
pub(crate) fn code_at(secret: &Secret, now: Timestamp) -> String {
    let step = u64::try_from(now.as_second()).unwrap() / PERIOD;
    format!("{:06}", truncated(&decode(secret.expose()).unwrap(), step) % MODULUS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238 appendix B, SHA-1: seconds and eight digits.
    const VECTORS: [(i64, &str); 6] = [
        (59, "94287082"),
        (1_111_111_109, "07081804"),
        (1_111_111_111, "14050471"),
        (1_234_567_890, "89005924"),
        (2_000_000_000, "69279037"),
        (20_000_000_000, "65353130"),
    ];
    const KEY: &[u8] = b"12345678901234567890";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn codes_are_those_of_the_rfc() {
        let secret = Secret::new(encode(KEY));
        for (second, code) in VECTORS {
            let step = u64::try_from(second).unwrap() / PERIOD;
            assert_eq!(format!("{:08}", truncated(KEY, step) % 100_000_000), code);
            assert_eq!(accepted(&secret, code.split_at(2).1, at(second), 0), Some(step));
            assert_eq!(accepted(&secret, code, at(second), 0), None, "eight digits are not ours");
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_late_and_once() {
        let secret = fresh_secret(Random::system());
        let (now, code) = (at(1_800_000_015), code_at(&secret, at(1_800_000_015)));
        let step = 1_800_000_015 / PERIOD;
        for (second, good) in [(-46, false), (-45, true), (0, true), (44, true), (45, false)] {
            let then = at(now.as_second() + second);
            assert_eq!(accepted(&secret, &code, then, 0).is_some(), good, "{second}");
        }
        assert_eq!(accepted(&secret, &code, now, step), None, "that step was used");
        assert_eq!(accepted(&secret, &code, now, step + 1), None, "a later one was used");
        assert_eq!(accepted(&secret, &code, now, step - 1), Some(step));
    }

    #[test]
    fn base32_is_that_of_the_rfc() {
        // RFC 4648 section 10, without padding.
        for (plain, coded) in
            [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foobar", "MZXW6YTBOI")]
        {
            assert_eq!(encode(plain.as_bytes()), coded);
            assert_eq!(decode(coded).unwrap(), plain.as_bytes());
        }
        assert_eq!(decode("M1"), None);
    }

    #[test]
    fn an_app_can_read_the_address() {
        let uri = uri(&Secret::new("ABC".to_owned()), "Our home", "anna@home.example.org");
        assert_eq!(
            uri.expose(),
            "otpauth://totp/Our%20home:anna%40home%2Eexample%2Eorg?secret=ABC&issuer=Our%20home\
             &algorithm=SHA1&digits=6&period=30"
        );
    }
}
