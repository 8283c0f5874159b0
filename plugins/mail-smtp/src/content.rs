//! A message as bytes on the way: line ends, dots, and what the server must be able to take.
//!
//! The headers and the body stay as the host built them, the Message-ID first of all. Only line ends
//! are made CRLF throughout: a bare one would let a message end in the middle on some servers
//! (CVE-2023-51764 and its like).

use latchkey_sdk::fault::{Fault, Kind};

/// A message ready for DATA, without the final dot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// With CRLF throughout, ended by one, dots doubled where a line begins with one.
    pub bytes: Vec<u8>,
    /// As the server will count it.
    pub size: u64,
    /// Whether there are bytes over 127 anywhere.
    pub eight_bit: bool,
    /// Whether there are bytes over 127 in the header.
    pub wide_header: bool,
}

impl Content {
    /// Makes a message ready.
    #[must_use]
    pub fn of(mime: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(mime.len() + 64);
        let mut dots: u64 = 0;
        let (mut in_header, mut wide_header) = (true, false);
        for line in lines(mime) {
            if line.starts_with(b".") {
                bytes.push(b'.');
                dots += 1;
            }
            in_header = in_header && !line.is_empty();
            wide_header = wide_header || (in_header && !line.is_ascii());
            bytes.extend(line);
            bytes.extend(b"\r\n");
        }
        let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX).saturating_sub(dots);
        Self { size, eight_bit: !mime.is_ascii(), wide_header, bytes }
    }
}

/// Lines ended by CRLF, LF or CR alike; an end at the very end begins no further line.
fn lines(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let (line, ended) = end.and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, b""));
        rest = ended.strip_prefix(b"\r\n").or_else(|| ended.get(1..)).unwrap_or_default();
        Some(line)
    })
}

/// An address as it stands between angle brackets.
///
/// # Errors
/// `invalid-input` for what would end the command early or is no address.
pub fn path(address: &str) -> Result<&str, Fault> {
    let plain = !address.chars().any(|one| one.is_control() || " <>\"\\,;:()[]".contains(one));
    let whole = address.rsplit_once('@').is_some_and(|(name, domain)| {
        !name.is_empty() && !domain.is_empty() && !name.contains('@')
    });
    if plain && whole && address.len() <= 254 {
        return Ok(address);
    }
    let detail = "this is no mail address that can be written to";
    Err(Fault::new(Kind::InvalidInput, "mail-smtp.address", detail).about("address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(mime: &str) -> String {
        String::from_utf8(Content::of(mime.as_bytes()).bytes).expect("text")
    }

    #[test]
    fn dots_are_doubled_only_where_a_line_begins() {
        assert_eq!(sent(".\r\na.b\r\n..\r\n"), "..\r\na.b\r\n...\r\n");
        assert_eq!(Content::of(b".\r\na.b\r\n..\r\n").size, 12);
    }

    #[test]
    fn no_line_end_is_bare() {
        assert_eq!(sent("a\nb\rc\r\nd"), "a\r\nb\r\nc\r\nd\r\n");
        assert_eq!(sent("a\n.\r.\n"), "a\r\n..\r\n..\r\n");
        assert_eq!(sent("a\r\n\r\n\r\n"), "a\r\n\r\n\r\n");
    }

    #[test]
    fn what_the_server_must_take_is_seen() {
        let seen = |mime: &str| {
            let content = Content::of(mime.as_bytes());
            (content.eight_bit, content.wide_header)
        };
        assert_eq!(seen("Subject: a\r\n\r\nb"), (false, false));
        assert_eq!(seen("Subject: a\r\n\r\nü"), (true, false));
        assert_eq!(seen("Subject: ü\r\n\r\nb"), (true, true));
    }

    #[test]
    fn an_address_cannot_end_its_command() {
        assert!(path("a.b+c@example.org").is_ok());
        assert!(path("jürgen@münchen.example").is_ok());
        for bad in [
            "",
            "a",
            "@b",
            "a@",
            "a@b@c",
            "a@b>\r\nRCPT TO:<c@d",
            "a b@c",
            "a@b> SIZE=1",
            "\"a\"@b",
        ] {
            assert!(path(bad).is_err(), "{bad}");
        }
    }
}
