//! Randomness from the operating system, and the shapes our tokens have.
//!
//! Guarantees: every token is 256 bits and only its SHA-256 is ever kept. Does not: offer a seed;
//! tests assert what happens and never which bytes came.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::secret::Secret;

/// The operating system's generator.
#[derive(Debug, Clone, Copy)]
pub struct Random(());

impl Random {
    /// The only one there is.
    #[must_use]
    pub const fn system() -> Self {
        Self(())
    }

    /// `N` unpredictable bytes. Ends the process where the operating system has none to give:
    /// nothing that follows could be trusted.
    #[must_use]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        if aws_lc_rs::rand::fill(&mut bytes).is_err() {
            std::process::abort();
        }
        bytes
    }

    /// A token of 256 bits with a prefix that says what it is for: a cookie is no refresh token.
    #[must_use]
    pub fn token(self, purpose: Purpose) -> Secret {
        let text = BASE64_URL_SAFE_NO_PAD.encode(self.bytes::<32>());
        Secret::new(format!("{}{text}", purpose.prefix()))
    }

    /// A number below `bound`, near enough to even for jitter; 0 for 0.
    #[must_use]
    pub fn below(self, bound: u64) -> u64 {
        u64::from_be_bytes(self.bytes()).checked_rem(bound).unwrap_or(0)
    }
}

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A browser's session.
    Cookie,
    /// A program's next access token.
    Refresh,
    /// A sign-in link made at the console.
    LoginLink,
    /// The browser that runs a sign-up.
    Signup,
    /// A link to set a new password.
    Reset,
    /// A link that proves an address.
    Confirm,
    /// What binds a redirect sign-in to its browser.
    Flow,
    /// Between the first proof and the second.
    Ticket,
    /// A program's long-lived token.
    ApiToken,
}

impl Purpose {
    /// What its tokens begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Cookie => "lkc_",
            Self::Refresh => "lkr_",
            Self::LoginLink => "lkl_",
            Self::Signup => "lks_",
            Self::Reset => "lkp_",
            Self::Confirm => "lka_",
            Self::Flow => "lkf_",
            Self::Ticket => "lkx_",
            Self::ApiToken => "lkt_",
        }
    }

    /// Whether `text` can be such a token: prefix and length, so that rubbish costs no look-up.
    #[must_use]
    pub fn fits(self, text: &str) -> bool {
        text.strip_prefix(self.prefix()).is_some_and(|rest| {
            rest.len() == 43
                && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        })
    }
}

/// SHA-256 in hex: how a token is kept and looked up.
#[must_use]
pub fn fingerprint(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_one_purpose() {
        let token = Random::system().token(Purpose::Cookie);
        assert!(Purpose::Cookie.fits(token.expose()));
        assert!(!Purpose::Refresh.fits(token.expose()));
        assert!(!Purpose::Cookie.fits("lkc_short"));
    }
}
