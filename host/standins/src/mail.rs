//! A mail as a stand-in took it, and what a person would see of it.
//!
//! Reads what Latchkey writes and a little more: nested multiparts, quoted-printable, base64,
//! encoded words. Shows text and html; attachments are left alone.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Parts within parts; nobody writes more.
const DEEPEST: usize = 5;

/// A mail that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// The envelope's sender, empty where there was none.
    pub sender: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// The bytes as they came, dots undone.
    pub bytes: Vec<u8>,
    /// Whether it was only to be checked and goes to nobody.
    pub rehearsal: bool,
}

impl Mail {
    /// The first header of that name, unfolded and decoded.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.bytes);
        let (head, _) = split(&text);
        header(head, name).map(|value| decode_words(&value))
    }

    /// The subject, empty where there is none.
    #[must_use]
    pub fn subject(&self) -> String {
        self.header("subject").unwrap_or_default()
    }

    /// The plain text.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        self.part("text/plain")
    }

    /// The html.
    #[must_use]
    pub fn html(&self) -> Option<String> {
        self.part("text/html")
    }

    fn part(&self, wanted: &str) -> Option<String> {
        find(&String::from_utf8_lossy(&self.bytes), wanted, 0)
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_once("\r\n\r\n").or_else(|| text.split_once("\n\n")).unwrap_or((text, ""))
}

fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines();
    let matches = |line: &str| {
        line.split_once(':').is_some_and(|(key, _)| key.trim().eq_ignore_ascii_case(name))
    };
    let first = lines.by_ref().find(|line| matches(line))?;
    let mut value = first.split_once(':')?.1.trim().to_owned();
    for line in lines.take_while(|line| line.starts_with([' ', '\t'])) {
        value.push(' ');
        value.push_str(line.trim());
    }
    Some(value)
}

fn find(entity: &str, wanted: &str, depth: usize) -> Option<String> {
    let (head, body) = split(entity);
    let kind = header(head, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let lower = kind.to_ascii_lowercase();
    if lower.starts_with("multipart/") && depth < DEEPEST {
        let boundary = parameter(&kind, "boundary")?;
        return parts(body, &boundary).into_iter().find_map(|part| find(part, wanted, depth + 1));
    }
    if !lower.starts_with(wanted) {
        return None;
    }
    let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
    Some(match encoding.to_ascii_lowercase().as_str() {
        "quoted-printable" => quoted_printable(body),
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            String::from_utf8_lossy(&LENIENT.decode(packed).unwrap_or_default()).into_owned()
        }
        _ => body.to_owned(),
    })
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (key, value) = part.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn parts<'a>(body: &'a str, boundary: &str) -> Vec<&'a str> {
    let mark = format!("--{boundary}");
    let mut pieces = body.split(mark.as_str());
    // What stands before the first mark is for readers of long ago.
    pieces.next();
    pieces
        .take_while(|piece| !piece.starts_with("--"))
        .map(|piece| piece.trim_start_matches([' ', '\t']))
        .map(|piece| {
            piece.strip_prefix("\r\n").or_else(|| piece.strip_prefix('\n')).unwrap_or(piece)
        })
        .map(|piece| {
            piece.strip_suffix("\r\n").or_else(|| piece.strip_suffix('\n')).unwrap_or(piece)
        })
        .collect()
}

fn quoted_printable(body: &str) -> String {
    let joined = body.replace("=\r\n", "").replace("=\n", "");
    String::from_utf8_lossy(&unquote(joined.as_bytes())).into_owned()
}

/// `=C3=BC` to bytes; what is no pair of digits stays.
fn unquote(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte {
            Some(byte) if *first == b'=' => {
                out.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

/// `=?utf-8?q?=C3=BC?=` to text; white space between two such words goes.
fn decode_words(value: &str) -> String {
    let mut out = String::new();
    let mut rest = value;
    let mut after_word = false;
    while let Some((before, word)) = rest.split_once("=?") {
        let Some((decoded, after)) = decode_word(word) else { break };
        if !(after_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&decoded);
        (rest, after_word) = (after, true);
    }
    out.push_str(rest);
    out
}

fn decode_word(word: &str) -> Option<(String, &str)> {
    let (_charset, rest) = word.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (text, after) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => LENIENT.decode(text).ok()?,
        "Q" | "q" => unquote(text.replace('_', " ").as_bytes()),
        _ => return None,
    };
    Some((String::from_utf8_lossy(&bytes).into_owned(), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Mail {
        let bytes = text.as_bytes().to_vec();
        Mail { sender: String::new(), recipients: Vec::new(), bytes, rehearsal: false }
    }

    #[test]
    fn a_mail_in_two_forms_is_read() {
        let mail = mail(
            "Subject: =?utf-8?b?w7xiZXI=?=\r\n =?utf-8?q?_alles_=3D?= x\r\nTo: a@b.example\r\n\
             Content-Type: multipart/alternative;\r\n boundary=\"b1\"\r\n\r\nold\r\n--b1\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
             gr=C3=BCn a=\r\nb\r\n--b1\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n\
             PGI+eDwv\r\nYj4=\r\n--b1--\r\n",
        );
        assert_eq!(mail.subject(), "\u{fc}ber alles = x");
        assert_eq!(mail.text().as_deref(), Some("gr\u{fc}n ab"));
        assert_eq!(mail.html().as_deref(), Some("<b>x</b>"));
    }

    #[test]
    fn a_plain_mail_is_text_and_has_no_html() {
        let mail = mail("From: x\n\nhello\n");
        assert_eq!(mail.text().as_deref(), Some("hello\n"));
        assert_eq!(mail.html(), None);
        assert_eq!(mail.subject(), "");
    }
}
