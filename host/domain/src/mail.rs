//! Mail methods: the configured ways to send, and who the mail is from.

use crate::backends::SetBy;
use crate::ids::{MailId, PluginId};
use crate::messages::Address;
use crate::names::EmailAddress;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest name before an address.
const LONGEST_NAME: usize = 100;

/// Who mail is from: `Home <home@example.org>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mailbox {
    /// What a mail program shows.
    pub name: Option<String>,
    /// The address.
    pub address: EmailAddress,
}

/// Why text is no [`Mailbox`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a sender is written like home@example.org or Home <home@example.org>")]
pub struct NotAMailbox;

impl Mailbox {
    /// Reads `home@example.org`, `Home <home@example.org>` and `"Home, sweet" <home@example.org>`.
    ///
    /// # Errors
    /// [`NotAMailbox`].
    pub fn parse(text: &str) -> Result<Self, NotAMailbox> {
        let text = text.trim();
        let (name, address) = match text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) {
            Some((name, address)) => (name.trim(), address.trim()),
            None => ("", text),
        };
        let address = EmailAddress::parse(address).map_err(|_bad| NotAMailbox)?;
        let quoted = name.len() >= 2 && name.starts_with('"') && name.ends_with('"');
        let name = if quoted { name.trim_matches('"').replace("\\\"", "\"") } else { name.into() };
        let odd = |one: char| one.is_control() || matches!(one, '<' | '>');
        if name.chars().count() > LONGEST_NAME || name.chars().any(odd) {
            return Err(NotAMailbox);
        }
        Ok(Self { name: (!name.is_empty()).then_some(name), address })
    }

    /// As a message carries it.
    #[must_use]
    pub fn to_address(&self) -> Address {
        Address { name: self.name.clone(), email: self.address.as_str().to_owned() }
    }

    /// What stands behind the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.address.as_str().rsplit_once('@').map_or("", |(_local, domain)| domain)
    }
}

impl core::fmt::Display for Mailbox {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let plain = |one: char| one.is_alphanumeric() || one == ' ';
        match &self.name {
            None => f.write_str(self.address.as_str()),
            Some(name) if name.chars().all(plain) => {
                write!(f, "{name} <{}>", self.address.as_str())
            }
            Some(name) => {
                write!(f, "\"{}\" <{}>", name.replace('"', "\\\""), self.address.as_str())
            }
        }
    }
}

impl TryFrom<String> for Mailbox {
    type Error = NotAMailbox;
    fn try_from(text: String) -> Result<Self, NotAMailbox> {
        Self::parse(&text)
    }
}

impl From<Mailbox> for String {
    fn from(mailbox: Mailbox) -> Self {
        mailbox.to_string()
    }
}

/// One configured way to send. Its secrets are sealed beside it and never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailMethod {
    /// The admin's id for it.
    pub id: MailId,
    /// The plugin that sends.
    pub plugin: PluginId,
    /// Who mail is from.
    pub from: Mailbox,
    /// Who is answered, where that is somebody else.
    #[serde(default)]
    pub reply_to: Option<EmailAddress>,
    /// The plugin's settings, as text.
    pub settings: BTreeMap<String, String>,
    /// Who set it up.
    pub set_by: SetBy,
    /// When it was added; the first that is usable sends.
    pub created_at: jiff::Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_is_read_and_written_alike() {
        for (text, name, written) in [
            ("home@example.org", None, "home@example.org"),
            (" Home  <home@example.org> ", Some("Home"), "Home <home@example.org>"),
            (
                "\"Home, sweet\" <home@example.org>",
                Some("Home, sweet"),
                "\"Home, sweet\" <home@example.org>",
            ),
            (
                "Zoë's place <home@example.org>",
                Some("Zoë's place"),
                "\"Zoë's place\" <home@example.org>",
            ),
        ] {
            let mailbox = Mailbox::parse(text).expect(text);
            assert_eq!(mailbox.name.as_deref(), name, "{text}");
            assert_eq!(mailbox.to_string(), written);
            assert_eq!(Mailbox::parse(written), Ok(mailbox));
        }
    }

    #[test]
    fn what_could_smuggle_a_header_is_no_sender() {
        for text in
            ["", "Home", "Home <home>", "A\r\nBcc: x <a@example.org>", "<b> <a@example.org>"]
        {
            assert_eq!(Mailbox::parse(text), Err(NotAMailbox), "{text}");
        }
    }
}
