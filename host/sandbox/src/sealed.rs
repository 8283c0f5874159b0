//! What a plugin asks to have kept: bytes of its own, in base64 for the caller to seal.
//!
//! At most 16 KiB. Nothing in here reads them for meaning; what in them could be a token is known, so that
//! it is taken out of the plugin's words.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::fault::{Fault, FaultKind};
use domain::secret::Secret;
use zeroize::Zeroizing;

/// Bytes at most.
pub(crate) const LONGEST: usize = 16 << 10;
/// Words that could be a token: so long, and so many.
const TOKEN: usize = 8;
const TOKENS: usize = 64;

/// A plugin's own bytes, for the caller to seal.
///
/// # Errors
/// `bad-reply` for more than [`LONGEST`].
pub(crate) fn sealed(bytes: Vec<u8>) -> Result<Secret, Fault> {
    let bytes = Zeroizing::new(bytes);
    if bytes.len() > LONGEST {
        let words = "the plugin answered more than 16 KiB to keep";
        return Err(Fault::new(FaultKind::BadReply, "sandbox.bad-reply", words));
    }
    Ok(Secret::new(BASE64_STANDARD.encode(&*bytes)))
}

/// The bytes a plugin once gave.
///
/// # Errors
/// `internal` for a text that no plugin gave.
pub(crate) fn unsealed(kept: &Secret) -> Result<Vec<u8>, Fault> {
    let odd = || {
        let words = "what is handed to the plugin is nothing that it gave";
        Fault::new(FaultKind::Internal, "sandbox.not-sealed", words)
    };
    let bytes = BASE64_STANDARD.decode(kept.expose()).map_err(|_cause| odd())?;
    if bytes.len() > LONGEST { Err(odd()) } else { Ok(bytes) }
}

/// What could be a token in a plugin's own bytes: to be taken out of its words.
pub(crate) fn words_of(kept: Option<&Secret>) -> Vec<Secret> {
    let Some(bytes) = kept.and_then(|kept| unsealed(kept).ok()).map(Zeroizing::new) else {
        return Vec::new();
    };
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    let part = |c: char| c.is_ascii_alphanumeric() || "-_.~+/=".contains(c);
    let words = text.split(|c| !part(c)).filter(|word| word.len() >= TOKEN);
    words.take(TOKENS).map(Secret::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Redactor;

    #[test]
    fn tokens_inside_a_note_are_known() {
        let kept = sealed(br#"{"token":"aBcD-1234567","pin":7}"#.to_vec()).expect("short");
        let words = words_of(Some(&kept));
        assert!(words.contains(&Secret::from("aBcD-1234567")));
        let redactor = Redactor::new(&words);
        assert_eq!(redactor.clean("refused aBcD-1234567"), "refused ***");
        assert_eq!(words_of(Some(&Secret::from("no base64!"))), []);
        assert!(unsealed(&Secret::from("no base64!")).is_err());
    }
}
