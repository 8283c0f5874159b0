//! Known secrets taken out of words that a guest or a server made.
//!
//! A guard behind the rule that nobody writes a secret into a log or a fault, not a replacement of it:
//! a secret that was changed on the way (cut, hashed, spelled backwards) is not found.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use domain::secret::Secret;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

/// Shorter values would black out half of every sentence and are worth little as secrets.
const SHORTEST: usize = 4;

/// How values are put into an address or a form: unreserved characters of RFC 3986 stay, everything
/// else is encoded.
pub(crate) const ENCODED: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What must not be seen, in the forms it travels in.
#[derive(Clone, Default)]
pub(crate) struct Redactor {
    needles: Vec<Zeroizing<String>>,
}

impl Redactor {
    pub(crate) fn new<'a>(secrets: impl IntoIterator<Item = &'a Secret>) -> Self {
        let mut this = Self::default();
        for secret in secrets {
            this.add(secret);
        }
        this
    }

    pub(crate) fn add(&mut self, secret: &Secret) {
        let value = secret.expose();
        if value.len() < SHORTEST {
            return;
        }
        let json = serde_json::Value::from(value.as_str()).to_string();
        let forms = [
            value.clone(),
            json.trim_matches('"').to_owned(),
            utf8_percent_encode(value, ENCODED).to_string(),
            utf8_percent_encode(value, NON_ALPHANUMERIC).to_string(),
            BASE64.encode(value).trim_end_matches('=').to_owned(),
        ];
        let inside = (0..3).map(|before| inside_base64(value, before));
        for form in forms.into_iter().chain(inside).map(Zeroizing::new) {
            if form.len() >= SHORTEST && !self.needles.contains(&form) {
                self.needles.push(form);
            }
        }
        // The longest first, or a secret inside another would leave the rest of it standing.
        self.needles.sort_by_key(|needle| core::cmp::Reverse(needle.len()));
    }

    /// `text` with every known secret as `***`.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut clean = text.to_owned();
        for needle in &self.needles {
            if clean.contains(needle.as_str()) {
                clean = clean.replace(needle.as_str(), "***");
            }
        }
        clean
    }

    /// One line of at most `longest` bytes: secrets out, control characters escaped.
    pub(crate) fn line(&self, text: &str, longest: usize) -> String {
        let mut line = String::new();
        for character in self.clean(text).chars() {
            let escaped = character.is_control() || turns(character);
            let before = line.len();
            if escaped {
                line.extend(character.escape_default());
            } else {
                line.push(character);
            }
            if line.len() > longest {
                line.truncate(before);
                line.push('…');
                break;
            }
        }
        line
    }
}

/// Ends of lines that are no control characters, and what turns the order of letters around: a server's
/// words must not look like somebody else's.
const fn turns(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// The characters of base64 that a value decides alone where `before` bytes (and any
/// threes more) stand before it and something may follow, as in the pair of HTTP's Basic.
fn inside_base64(value: &str, before: usize) -> String {
    let padded = Zeroizing::new([vec![0; before], value.as_bytes().to_vec()].concat());
    let encoded = Zeroizing::new(BASE64.encode(&*padded));
    let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
    encoded.get(first..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_in_every_form_it_travels_in() {
        let redactor = Redactor::new([&Secret::from("p\"ss wörd")]);
        for text in
            ["x p\"ss wörd y", "x p\\\"ss wörd y", "x p%22ss%20w%C3%B6rd y", "x cCJzcyB3w7ZyZA== y"]
        {
            let clean = redactor.clean(text);
            assert!(clean.contains("***") && !clean.contains("ss"), "{clean}");
        }
    }

    #[test]
    fn a_secret_behind_a_prefix_is_found_in_base64() {
        let redactor = Redactor::new([&Secret::from("key-1234567890")]);
        for whole in
            ["key-1234567890", "a:key-1234567890", "ap:key-1234567890", "api:key-1234567890:x"]
        {
            let clean = redactor.clean(&format!("Basic {}", BASE64.encode(whole)));
            let left = clean.strip_prefix("Basic ").expect("the rest stays").replace("***", "");
            assert!(clean.contains("***") && left.len() <= 12, "{whole}: {clean}");
        }
    }

    #[test]
    fn a_secret_is_found_as_it_is_put_into_an_address() {
        let redactor = Redactor::new([&Secret::from("a-b_c d~e")]);
        assert_eq!(redactor.clean("GET /?key=a-b_c%20d~e"), "GET /?key=***");
    }

    #[test]
    fn a_line_is_one_line_and_short() {
        let line = Redactor::default().line("one\r\ntwo\u{2028}three\u{1b}[31m", 100);
        assert_eq!(line, "one\\r\\ntwo\\u{2028}three\\u{1b}[31m");
        let turned = Redactor::default().line("sent \u{202e}tes ton\u{2069}", 100);
        assert_eq!(turned, "sent \\u{202e}tes ton\\u{2069}");
        assert_eq!(Redactor::default().line(&"é".repeat(50), 9), "éééé…");
    }
}
