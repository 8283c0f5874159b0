//! `multipart/form-data` (RFC 7578): fields and one file.
//!
//! Values go as they are; names are our own and need no quoting.

use latchkey_sdk::lent::Lent;

/// A form under construction.
pub struct Form {
    boundary: String,
    bytes: Vec<u8>,
}

impl Form {
    /// An empty form, whose boundary nobody who writes a message can foresee.
    #[must_use]
    pub fn new(lent: &impl Lent) -> Self {
        let random: String = lent.random(16).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { boundary: format!("latchkey-{random}"), bytes: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\"\r\n"), value.as_bytes())
    }

    /// Adds the message as a file: Mailgun takes it in no other way.
    #[must_use]
    pub fn message(self, bytes: &[u8]) -> Self {
        let head = "name=\"message\"; filename=\"message.eml\"\r\nContent-Type: message/rfc822\r\n";
        self.part(head, bytes)
    }

    fn part(mut self, head: &str, value: &[u8]) -> Self {
        let start = format!("--{}\r\nContent-Disposition: form-data; {head}\r\n", self.boundary);
        self.bytes.extend(start.as_bytes());
        self.bytes.extend(value);
        self.bytes.extend(b"\r\n");
        self
    }

    /// Its media type and its bytes.
    #[must_use]
    pub fn finish(mut self) -> (String, Vec<u8>) {
        self.bytes.extend(format!("--{}--\r\n", self.boundary).as_bytes());
        (format!("multipart/form-data; boundary={}", self.boundary), self.bytes)
    }
}
