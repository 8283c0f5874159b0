//! What becomes of a message's form.

use serde_json::{Value, json};

use super::form::Field;
use crate::mail::Mail;

/// Fields Mailgun has, besides those with a prefix.
const KNOWN: &[&str] = &[
    "from",
    "to",
    "cc",
    "bcc",
    "subject",
    "text",
    "html",
    "amp-html",
    "template",
    "attachment",
    "inline",
    "message",
    "recipient-variables",
];
const PREFIXES: &[&str] = &["o:", "h:", "v:", "t:"];

/// Fields no Mailgun has.
pub(super) fn unknown(fields: &[Field]) -> Vec<String> {
    let known = |name: &str| {
        KNOWN.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    fields.iter().filter(|field| !known(&field.name)).map(|field| field.name.clone()).collect()
}

/// A message given as MIME.
///
/// # Errors
/// Mailgun's sentence, answered with 400.
pub(super) fn mime(fields: &[Field]) -> Result<Mail, String> {
    let recipients = recipients(fields)?;
    let file = fields.iter().find(|field| field.name == "message");
    let file = file.filter(|field| field.is_file && !field.value.is_empty());
    let file = file.ok_or("'message' parameter is not a file")?;
    let mail = Mail {
        sender: String::new(),
        recipients,
        bytes: file.value.clone(),
        rehearsal: rehearsal(fields)?,
    };
    let sender = mail.header("from").ok_or("'from' parameter is missing")?;
    Ok(Mail {
        sender: address(&sender)
            .ok_or("'from' parameter is not a valid address. please check documentation")?,
        ..mail
    })
}

/// A message given field by field.
///
/// # Errors
/// Mailgun's sentence, answered with 400.
pub(super) fn parts(fields: &[Field]) -> Result<Mail, String> {
    let text = |name: &str| fields.iter().find(|field| field.name == name).map(Field::text);
    let from = text("from").ok_or("'from' parameter is missing")?;
    let sender = address(&from)
        .ok_or("'from' parameter is not a valid address. please check documentation")?;
    let recipients = recipients(fields)?;
    let (subject, plain, html) = (text("subject").unwrap_or_default(), text("text"), text("html"));
    let (kind, body) = match (plain, html) {
        (Some(plain), _) => ("text/plain", plain),
        (None, Some(html)) => ("text/html", html),
        (None, None) => {
            return Err("Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified".to_owned());
        }
    };
    let to = recipients.join(", ");
    let bytes = format!(
        "From: {from}\r\nTo: {to}\r\nSubject: {subject}\r\nContent-Type: {kind}; charset=utf-8\r\n\r\n{body}"
    );
    Ok(Mail { sender, recipients, bytes: bytes.into_bytes(), rehearsal: rehearsal(fields)? })
}

/// The answer to a message that was taken.
pub(super) fn queued(mail: &Mail, count: usize, domain: &str) -> Value {
    let own = format!("<{count}@{domain}>");
    json!({ "id": mail.header("message-id").unwrap_or(own), "message": "Queued. Thank you." })
}

fn recipients(fields: &[Field]) -> Result<Vec<String>, String> {
    let written = fields.iter().filter(|field| field.name == "to").map(Field::text);
    let written: Vec<String> = written
        .flat_map(|text| text.split(',').map(|one| one.trim().to_owned()).collect::<Vec<_>>())
        .collect();
    if written.is_empty() {
        return Err("'to' parameter is missing".to_owned());
    }
    let read: Option<Vec<String>> = written.iter().map(|one| address(one)).collect();
    read.ok_or_else(|| "to parameter is not a valid address. please check documentation".to_owned())
}

/// `Name <a@b>` or `a@b` to `a@b`.
fn address(text: &str) -> Option<String> {
    let inner = match text.rsplit_once('<') {
        Some((_, rest)) => rest.strip_suffix('>')?,
        None => text,
    };
    let (name, domain) = inner.split_once('@')?;
    let plain = !inner.contains(|one: char| {
        one.is_whitespace() || one.is_control() || "<>@,".contains(one) && one != '@'
    });
    (plain && !name.is_empty() && domain.contains('.') && !domain.contains('@'))
        .then(|| inner.to_owned())
}

fn rehearsal(fields: &[Field]) -> Result<bool, String> {
    let mut asked = false;
    for field in fields.iter().filter(|field| field.name.starts_with("o:t")) {
        let value = field.text();
        let yes = match value.as_str() {
            "yes" | "true" | "True" | "htmlonly" => true,
            "no" | "false" | "False" => false,
            _ => return Err(format!("'{}' parameter should be yes or no", field.name)),
        };
        asked = asked || (yes && field.name == "o:testmode");
    }
    Ok(asked)
}
