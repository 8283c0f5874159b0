//! What we recognise without having kept it: devices somebody has signed in on before, the successor
//! of a refresh token, and browsers that hold a sign-up form of ours.
//!
//! Guarantees: nobody without the key can make any of them. Does not: sign anybody in; a device's note only
//! chooses the throttle, so that whoever floods a name with wrong passwords fills another bucket.

use crate::clock;
use crate::random::{Purpose, Random};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use core::time::Duration;
use domain::ids::UserId;
use domain::secret::Secret;
use jiff::Timestamp;

const PREFIX: &str = "lkd_";
/// A device that was not used for so long is a new one.
const LIFE: Duration = Duration::from_secs(365 * 86_400);

/// What a browser shows to see whether its person was let in begins so.
const WAITING: &str = "lkw_";
/// Who asks after that proves anew who they are.
const WAITING_LIFE: Duration = Duration::from_secs(90 * 86_400);

/// Makes and checks them.
pub(crate) struct Devices {
    notes: hmac::Key,
    successors: hmac::Key,
    signups: hmac::Key,
}

/// What the keys of [`Devices`] are made from.
pub(crate) struct Seeds {
    pub(crate) notes: Secret<[u8; 32]>,
    pub(crate) successors: Secret<[u8; 32]>,
    pub(crate) signups: Secret<[u8; 32]>,
}

/// Bytes of a sign-up token that are random; as many of its tag follow.
const NONCE: usize = 16;

/// A device that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownDevice {
    /// Who signed in on it.
    pub(crate) user: UserId,
    /// Tells it from others.
    pub(crate) nonce: String,
}

impl Devices {
    pub(crate) fn new(seeds: &Seeds) -> Self {
        let key = |bytes: &Secret<[u8; 32]>| hmac::Key::new(hmac::HMAC_SHA256, bytes.expose());
        Self {
            notes: key(&seeds.notes),
            successors: key(&seeds.successors),
            signups: key(&seeds.signups),
        }
    }

    /// A token for a browser that may begin a sign-up: 128 random bits and a tag of 128.
    pub(crate) fn signup_token(&self, random: Random) -> Secret {
        let mut token = random.bytes::<NONCE>().to_vec();
        let tag = hmac::sign(&self.signups, &token);
        token.extend(tag.as_ref().iter().take(NONCE));
        let text = BASE64_URL_SAFE_NO_PAD.encode(token);
        Secret::new(format!("{}{text}", Purpose::Signup.prefix()))
    }

    /// Whether a sign-up token is one of ours, and none that somebody made up.
    pub(crate) fn made_signup_token(&self, token: &Secret) -> bool {
        let text = token.expose().strip_prefix(Purpose::Signup.prefix());
        let bytes = text.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let Some((nonce, tag)) = bytes.as_deref().and_then(|bytes| bytes.split_at_checked(NONCE))
        else {
            return false;
        };
        let own = hmac::sign(&self.signups, nonce);
        let own = own.as_ref().get(..NONCE).unwrap_or_default();
        aws_lc_rs::constant_time::verify_slices_are_equal(own, tag).is_ok()
    }

    /// The refresh token that follows `token`: always the same one, so that whoever asks twice within
    /// the grace gets one answer, and nothing but hashes has to be kept.
    pub(crate) fn successor(&self, token: &str) -> Secret {
        let next = hmac::sign(&self.successors, token.as_bytes());
        let text = BASE64_URL_SAFE_NO_PAD.encode(next.as_ref());
        Secret::new(format!("{}{text}", Purpose::Refresh.prefix()))
    }

    /// A note for a device on which `user` has just signed in.
    pub(crate) fn issue(&self, user: &UserId, now: Timestamp, random: Random) -> Secret {
        let nonce = domain::ids::encode(random.bytes());
        let body = format!("{user}.{nonce}.{}", now.as_second());
        let tag = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.notes, body.as_bytes()).as_ref());
        Secret::new(format!("{PREFIX}{body}.{tag}"))
    }

    /// The device, if the note is ours and not too old.
    pub(crate) fn open(&self, note: &Secret, now: Timestamp) -> Option<KnownDevice> {
        let (body, tag) = note.expose().strip_prefix(PREFIX)?.rsplit_once('.')?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.notes, body.as_bytes(), &tag).ok()?;
        let mut parts = body.split('.');
        let (user, nonce, issued) = (parts.next()?, parts.next()?, parts.next()?);
        let issued = Timestamp::from_second(issued.parse().ok()?).ok()?;
        if clock::later(issued, LIFE) <= now {
            return None;
        }
        Some(KnownDevice { user: UserId::parse(user)?, nonce: nonce.to_owned() })
    }
}

impl Devices {
    /// A note for a browser whose person waits for an admin: what it signs begins with another word than a
    /// device's, so that neither is the other.
    pub(crate) fn waiting_note(&self, user: &UserId, now: Timestamp) -> Secret {
        let body = format!("waiting.{user}.{}", now.as_second());
        let tag = BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&self.notes, body.as_bytes()).as_ref());
        Secret::new(format!("{WAITING}{body}.{tag}"))
    }

    /// Who waits, if the note is ours and not too old.
    pub(crate) fn open_waiting_note(&self, note: &Secret, now: Timestamp) -> Option<UserId> {
        let (body, tag) = note.expose().strip_prefix(WAITING)?.rsplit_once('.')?;
        let tag = BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.notes, body.as_bytes(), &tag).ok()?;
        let (user, issued) = body.strip_prefix("waiting.")?.split_once('.')?;
        let issued = Timestamp::from_second(issued.parse().ok()?).ok()?;
        (clock::later(issued, WAITING_LIFE) > now).then(|| UserId::parse(user)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn devices(byte: u8) -> Devices {
        Devices::new(&Seeds {
            notes: Secret::new([byte; 32]),
            successors: Secret::new([byte ^ 1; 32]),
            signups: Secret::new([byte ^ 2; 32]),
        })
    }

    #[test]
    fn a_successor_is_one_and_a_refresh_token() {
        let next = devices(7).successor("lkr_a");
        assert!(Purpose::Refresh.fits(next.expose()));
        assert_eq!(next, devices(7).successor("lkr_a"));
        assert_ne!(next, devices(7).successor("lkr_b"));
    }

    #[test]
    fn a_sign_up_token_is_one_of_ours_or_none() {
        let token = devices(7).signup_token(Random::system());
        assert!(Purpose::Signup.fits(token.expose()));
        assert!(devices(7).made_signup_token(&token));
        assert!(!devices(8).made_signup_token(&token));
        let made_up = Random::system().token(Purpose::Signup);
        for other in [made_up, "lks_".into(), "".into(), format!("{}AAAA", token.expose()).into()] {
            assert!(!devices(7).made_signup_token(&other));
        }
    }

    #[test]
    fn a_note_of_who_waits_is_no_devices_and_the_other_way_round() {
        let (known, start) = (devices(7), Timestamp::UNIX_EPOCH);
        let user = UserId::from_random([1; 16]);
        let note = known.waiting_note(&user, start);
        assert_eq!(known.open_waiting_note(&note, start), Some(user.clone()));
        assert_eq!(known.open_waiting_note(&note, clock::later(start, WAITING_LIFE)), None);
        assert_eq!(devices(8).open_waiting_note(&note, start), None);
        let as_device = note.expose().replace(WAITING, PREFIX);
        assert_eq!(known.open(&as_device.into(), start), None);
        let device = known.issue(&user, start, Random::system());
        let as_note = device.expose().replace(PREFIX, WAITING);
        assert_eq!(known.open_waiting_note(&as_note.into(), start), None);
    }

    #[test]
    fn a_note_is_good_for_a_year_and_cannot_be_made_up() {
        let known = devices(7);
        let user = UserId::from_random([1; 16]);
        let start = Timestamp::UNIX_EPOCH;
        let note = known.issue(&user, start, Random::system());
        assert_eq!(known.open(&note, start).unwrap().user, user);
        assert_eq!(known.open(&note, clock::later(start, LIFE)), None);
        let other = UserId::from_random([2; 16]);
        let forged = note.expose().replace(user.as_str(), other.as_str());
        assert_eq!(known.open(&forged.into(), start), None);
        assert_eq!(known.open(&"lkd_".into(), start), None);
        assert_eq!(devices(8).open(&note, start), None);
    }
}
