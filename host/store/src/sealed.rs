//! Sealing: secrets on disk are AES-256-GCM-SIV under a key that is not in the database.
//!
//! A sealed value is bound to its place (table, row, column): moved to another row it does not open.
//! It names its key by an id that tells nothing about the key. The key itself is derived from the
//! [`SealingKey`](crate::SealingKey), so that other uses of that key stay apart from this one.

use crate::error::StoreError;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, rand};
use domain::secret::Secret;

/// First byte of a sealed value: the one layout there is.
const LAYOUT: u8 = 1;
const KEY_ID: usize = 8;
const NONCE: usize = 12;

/// Where a sealed value stands; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'a str,
    pub(crate) row: &'a str,
    pub(crate) column: &'a str,
}

impl Place<'_> {
    fn bytes(self) -> Vec<u8> {
        crate::keys::joined(&[self.table, self.row, self.column])
    }
}

/// Seals and opens.
#[derive(Debug)]
pub(crate) struct Sealer {
    root: Secret<[u8; 32]>,
    key: RandomizedNonceKey,
    id: [u8; KEY_ID],
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// `N` bytes that follow from `root` and `purpose`, and tell nothing about either.
fn derive<const N: usize>(root: &Secret<[u8; 32]>, purpose: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"latchkey");
    let extracted = salt.extract(root.expose());
    let info = [purpose.as_bytes()];
    extracted.expand(&info, Length(N)).ok()?.fill(&mut out).ok()?;
    Some(out)
}

impl Sealer {
    /// A sealer of the given key. `None` only if the cryptographic library refuses to work.
    pub(crate) fn new(root: Secret<[u8; 32]>) -> Option<Self> {
        let key = Secret::new(derive::<32>(&root, "seal")?);
        let id = derive(&root, "key id")?;
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, key.expose()).ok()?;
        Some(Self { root, key, id })
    }

    /// The key's name, as 16 hex digits.
    pub(crate) fn key_id(&self) -> String {
        hex::encode(self.id)
    }

    /// A key for another purpose.
    pub(crate) fn derive(&self, purpose: &str) -> Result<Secret<[u8; 32]>, StoreError> {
        derive(&self.root, &format!("for {purpose}"))
            .map(Secret::new)
            .ok_or_else(|| StoreError::Failed("a key could not be derived".into()))
    }

    /// Layout, key id, nonce, ciphertext and tag.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let refused = |_unspecified| StoreError::Failed("a secret could not be sealed".into());
        let mut body = plain.to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(place.bytes()), &mut body)
            .map_err(refused)?;
        let mut sealed = vec![LAYOUT];
        sealed.extend_from_slice(&self.id);
        sealed.extend_from_slice(nonce.as_ref());
        sealed.append(&mut body);
        Ok(sealed)
    }

    /// What was sealed at this place. The caller wraps it into a secret.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let what = || format!("a sealed value of {}", place.table);
        let short = || StoreError::damaged(what(), "it is too short, or of another layout");
        let (layout, rest) = sealed.split_first().ok_or_else(short)?;
        let (id, rest) = rest.split_at_checked(KEY_ID).ok_or_else(short)?;
        let (nonce, body) = rest.split_at_checked(NONCE).ok_or_else(short)?;
        if *layout != LAYOUT {
            return Err(short());
        }
        if id != self.id {
            return Err(StoreError::WrongKey { expected: hex::encode(id), given: self.key_id() });
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_unspecified| short())?;
        let mut body = body.to_vec();
        let length = self
            .key
            .open_in_place(nonce, Aad::from(place.bytes()), &mut body)
            .map_err(|_unspecified| {
                StoreError::damaged(what(), "it was changed, or belongs to another row")
            })?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Random bytes; only for the key file and its temporary name.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], std::io::Error> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes)
        .map_err(|_unspecified| std::io::Error::other("no randomness from the system"))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Place<'_> = Place { table: "secrets", row: "backend/a", column: "api_key" };

    fn sealer(byte: u8) -> Sealer {
        Sealer::new(Secret::new([byte; 32])).expect("the library works")
    }

    #[test]
    fn a_value_opens_where_it_was_sealed() {
        let sealed = sealer(1).seal(HERE, b"planted").expect("seals");
        assert_eq!(sealer(1).open(HERE, &sealed).expect("opens"), b"planted");
        assert!(!sealed.windows(7).any(|window| window == b"planted"));
        assert_ne!(sealed, sealer(1).seal(HERE, b"planted").expect("seals"), "nonces are random");
    }

    #[test]
    fn a_value_opens_in_no_other_place() {
        let sealed = sealer(1).seal(HERE, b"planted").expect("seals");
        for place in [
            Place { table: "plugin_state", ..HERE },
            Place { row: "backend/b", ..HERE },
            Place { column: "token", ..HERE },
            Place { row: "backend", column: "a\0api_key", ..HERE },
        ] {
            let refused = sealer(1).open(place, &sealed);
            assert!(matches!(refused, Err(StoreError::Damaged { .. })), "{place:?}");
        }
    }

    #[test]
    fn a_changed_byte_is_noticed_and_another_key_is_named() {
        let sealed = sealer(1).seal(HERE, b"planted").expect("seals");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(sealer(1).open(HERE, &changed).is_err(), "byte {index}");
        }
        assert!(matches!(sealer(2).open(HERE, &sealed), Err(StoreError::WrongKey { .. })));
        assert!(matches!(sealer(1).open(HERE, b""), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn derived_keys_stay_apart() {
        let one = sealer(1).derive("components").expect("derives");
        assert_ne!(one.expose(), sealer(1).derive("tokens").expect("derives").expose());
        assert_ne!(one.expose(), sealer(2).derive("components").expect("derives").expose());
        assert_eq!(one.expose(), sealer(1).derive("components").expect("derives").expose());
    }
}
