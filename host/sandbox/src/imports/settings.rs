//! `settings`: what the admin filled in; secrets only as "there is one", unless they are revealed.

use crate::contract::host::settings::{Host, Refusal};
use crate::lent::Lent;

impl Host for Lent {
    fn get(&mut self, key: String) -> Option<String> {
        self.granted.settings.get(&key).cloned()
    }

    fn has_secret(&mut self, key: String) -> bool {
        self.granted.secrets.contains_key(&key)
    }

    /// The admin agrees to `reveal` by accepting the component, whose inspection says it in a sentence;
    /// a component that nobody accepted is given no secrets at all.
    fn reveal(&mut self, key: String) -> Result<String, Refusal> {
        let spec = self.granted.manifest.secrets.iter().find(|secret| secret.spec.key == key);
        if !spec.ok_or(Refusal::Unknown)?.reveal {
            return Err(Refusal::NotGranted);
        }
        self.granted.secrets.get(&key).map(|secret| secret.expose().clone()).ok_or(Refusal::Unset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lent;

    #[test]
    fn secrets_are_no_settings_and_revealed_only_where_the_manifest_says() {
        let mut lent = lent();
        assert_eq!(lent.get("url".into()).as_deref(), Some("http://127.0.0.1:9/base"));
        assert_eq!(lent.get("first".into()), None);
        assert!(lent.has_secret("first".into()));
        assert!(!lent.has_secret("spare".into()));
        assert_eq!(lent.reveal("first".into()), Err(Refusal::NotGranted));
        assert_eq!(lent.reveal("nothing".into()), Err(Refusal::Unknown));
        assert_eq!(lent.reveal("open".into()).as_deref(), Ok("key-of-open"));
        assert_eq!(lent.reveal("spare".into()), Err(Refusal::Unset));
    }
}
