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
