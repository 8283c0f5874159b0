//! A mail as bytes: RFC 5322 and MIME, by lettre's builder.
//!
//! Guarantees: text first, then HTML; UTF-8; no line longer than 998 bytes; no header that the content
//! could have brought along; no name of this machine; the same bytes for the same mail at the same time.

use super::Unwritten;
use domain::messages::{Address, Outgoing};
use jiff::Timestamp;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MultiPart, SinglePart};

/// The longest subject; what is beyond is nobody's to read in a list of mails.
const LONGEST_SUBJECT: usize = 250;

/// The whole mail, with the lines ending as on the wire.
///
/// # Errors
/// [`Unwritten::Mime`] for an address that mail cannot have.
pub(super) fn bytes(mail: &Outgoing, now: Timestamp) -> Result<Vec<u8>, Unwritten> {
    let mut message = lettre::Message::builder()
        .date(now.into())
        .message_id(Some(mail.id.clone()))
        .from(mailbox(&mail.sender)?)
        .subject(one_line(mail.subject.expose()));
    if let Some(reply_to) = &mail.reply_to {
        message = message.reply_to(mailbox(reply_to)?);
    }
    for to in &mail.recipients {
        message = message.to(mailbox(to)?);
    }
    let text = part(ContentType::TEXT_PLAIN, mail.text.expose())?;
    let message = match &mail.html {
        None => message.singlepart(text),
        Some(html) => {
            let html = part(ContentType::TEXT_HTML, html.expose())?;
            let both = MultiPart::alternative().boundary(boundary(&mail.id));
            message.multipart(both.singlepart(text).singlepart(html))
        }
    };
    let mut message = message.map_err(refused)?;
    for (name, value) in [("Auto-Submitted", "auto-generated"), ("X-Auto-Response-Suppress", "All")]
    {
        let name = HeaderName::new_from_ascii_str(name);
        message.headers_mut().insert_raw(HeaderValue::new(name, value.to_owned()));
    }
    Ok(message.formatted())
}

fn refused(why: impl core::fmt::Display) -> Unwritten {
    Unwritten::Mime(why.to_string())
}

/// Whether a mail can go there at all.
pub(super) fn is_address(email: &str) -> bool {
    email.parse::<lettre::Address>().is_ok()
}

fn mailbox(address: &Address) -> Result<Mailbox, Unwritten> {
    let email = address.email.parse().map_err(refused)?;
    let name = address.name.as_deref().map(one_line).filter(|name| !name.is_empty());
    Ok(Mailbox::new(name, email))
}

fn part(kind: ContentType, text: &str) -> Result<SinglePart, Unwritten> {
    let body = Body::new_with_encoding(text.to_owned(), ContentTransferEncoding::QuotedPrintable)
        .map_err(|_odd| refused("its text could not be encoded"))?;
    Ok(SinglePart::builder().header(kind).body(body))
}

/// Follows from the Message-ID, which occurs in no text.
fn boundary(id: &str) -> String {
    let word: String = id.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("part_{word}")
}

fn one_line(text: &str) -> String {
    let words = text.split(|one: char| one.is_whitespace() || one.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    line.chars().take(LONGEST_SUBJECT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secret::Secret;

    fn mail(name: &str, subject: &str) -> Outgoing {
        let address = |name: Option<&str>, email: &str| Address {
            name: name.map(str::to_owned),
            email: email.to_owned(),
        };
        Outgoing {
            id: "<0123@home.example>".to_owned(),
            sender: address(Some("Home, sweet"), "home@home.example"),
            reply_to: Some(address(None, "me@home.example")),
            recipients: vec![address(Some(name), "zoe@example.org")],
            subject: Secret::from(subject),
            text: Secret::from("Grüße\n.\nFrom here ".repeat(200)),
            html: Some(Secret::from("<p>".to_owned() + &"word ".repeat(500) + "</p>")),
            mime: Secret::new(Vec::new()),
            secrets: Vec::new(),
        }
    }

    fn written(mail: &Outgoing) -> String {
        let now = "2030-01-01T12:00:00Z".parse().unwrap();
        String::from_utf8(bytes(mail, now).unwrap()).unwrap()
    }

    /// Headers unfolded, and what follows them.
    fn parts(whole: &str) -> (String, &str) {
        let (head, body) = whole.split_once("\r\n\r\n").unwrap();
        (head.replace("\r\n ", " ") + "\r\n", body)
    }

    #[test]
    fn a_mail_says_that_a_machine_sent_it_and_not_which() {
        let mail = mail("Zoë", "A new password");
        let whole = written(&mail);
        let (head, body) = parts(&whole);
        for line in [
            "Date: Tue, 01 Jan 2030 12:00:00 +0000\r\n",
            "Message-ID: <0123@home.example>\r\n",
            "From: =?utf-8?b?SG9tZSwgc3dlZXQ=?= <home@home.example>\r\n",
            "Reply-To: me@home.example\r\n",
            "Subject: A new password\r\n",
            "To: =?utf-8?b?Wm/Dqw==?= <zoe@example.org>\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "X-Auto-Response-Suppress: All\r\n",
            "MIME-Version: 1.0\r\n",
        ] {
            assert!(head.contains(line), "{line} in\n{head}");
        }
        assert!(!head.contains("Precedence") && !head.contains("Received"), "{head}");
        let (text, html) = (body.find("text/plain; charset=utf-8"), body.find("text/html"));
        assert!(text.unwrap() < html.unwrap());
        assert_eq!(whole, written(&mail), "the same bytes again");
    }

    #[test]
    fn lines_are_short_and_end_as_on_the_wire() {
        let whole = written(&mail("anna", "x"));
        assert!(whole.is_ascii());
        assert!(whole.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
    }

    #[test]
    fn neither_name_nor_subject_brings_a_header_along() {
        let whole = written(&mail("anna\r\nBcc: a@example.org", "x\r\nX-Evil: 1\n\nbody"));
        let (head, _body) = parts(&whole);
        assert!(head.contains("Subject: x X-Evil: 1 body\r\n"), "{head}");
        assert!(!head.contains("\r\nBcc") && !head.contains("\r\nX-Evil"), "{head}");
        assert!(whole.contains("<zoe@example.org>"));
    }

    #[test]
    fn an_address_that_mail_cannot_have_is_said_so() {
        let mut mail = mail("anna", "x");
        mail.recipients[0].email = "anna".to_owned();
        let now = "2030-01-01T12:00:00Z".parse().unwrap();
        assert!(matches!(bytes(&mail, now), Err(Unwritten::Mime(_))));
    }
}
