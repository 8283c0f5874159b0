//! The button on Jellyfin's own login page.
//!
//! It stands in the branding's login disclaimer, between two comments, behind whatever the admin wrote
//! there; a block that was copied is ours as well. Branding is replaced as a whole, so all that was read goes back; taking the button away
//! leaves the disclaimer byte for byte as it was. A form is used because Jellyfin's page opens every
//! link in a new tab and shows a link styled as a button without its text (jellyfin-web 10.11.11
//! and 12.0-rc5, in a browser).

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
use serde_json::{Map, Value, json};

use crate::server::{self, As, get, post};

const BEGIN: &str = "<!-- latchkey: begin -->";
const END: &str = "<!-- latchkey: end -->";
/// Markdown takes a comment for HTML only where a line begins.
const GAP: &str = "\n\n";
const FIELD: &str = "LoginDisclaimer";
const LONGEST_LABEL: usize = 80;

/// Puts the button there, or changes the one that is.
///
/// # Errors
/// `invalid-input` for a URL or label that cannot stand there; `conflict` where Jellyfin kept
/// something else.
pub fn offer(lent: &impl Lent, url: &str, label: &str) -> Result<(), Fault> {
    let block = block(url, label)?;
    let branding = read(lent)?;
    let text = disclaimer(&branding);
    let (before, after) = match parts(text) {
        Some(parts) => (parts.before.to_owned(), without(parts.after)),
        None if text.is_empty() => (String::new(), String::new()),
        None => (format!("{text}{GAP}"), String::new()),
    };
    let wanted = format!("{before}{block}{after}");
    if wanted == text { Ok(()) } else { write(lent, branding, &wanted) }
}

/// Takes the button away.
///
/// # Errors
/// `conflict` where Jellyfin kept something else.
pub fn withdraw(lent: &impl Lent) -> Result<(), Fault> {
    let branding = read(lent)?;
    let text = disclaimer(&branding);
    let wanted = without(text);
    if wanted == text { Ok(()) } else { write(lent, branding, &wanted) }
}

/// The text without any of our blocks: somebody may have copied one.
fn without(text: &str) -> String {
    let mut text = text.to_owned();
    while let Some(parts) = parts(&text) {
        let before = parts.before.strip_suffix(GAP).unwrap_or(parts.before);
        text = format!("{before}{}", parts.after);
    }
    text
}

/// Whether the button is there.
///
/// # Errors
/// Whatever keeps the branding from being read.
pub fn present(lent: &impl Lent) -> Result<bool, Fault> {
    Ok(parts(disclaimer(&read(lent)?)).is_some())
}

struct Parts<'a> {
    before: &'a str,
    after: &'a str,
}

/// What stands around our block; none where there is no whole one. A comment that lost its partner is
/// the admin's now.
fn parts(text: &str) -> Option<Parts<'_>> {
    text.match_indices(END).find_map(|(end, _)| {
        let (until_end, rest) = text.split_at_checked(end)?;
        let (before, _block) = until_end.rsplit_once(BEGIN)?;
        Some(Parts { before, after: rest.strip_prefix(END)? })
    })
}

fn block(url: &str, label: &str) -> Result<String, Fault> {
    let plain = |text: &str| !text.is_empty() && !text.chars().any(char::is_control);
    let web = url.starts_with("https://") || url.starts_with("http://");
    // A form that is sent by GET loses the query of its address.
    if !web || !plain(url) || url.contains(['?', '#', ' ', '"', '<', '>']) {
        let detail = "the address must start with https:// or http:// and have no query";
        return Err(Fault::new(Kind::InvalidInput, "jellyfin.login-page", detail).about("url"));
    }
    if !plain(label) || label.chars().count() > LONGEST_LABEL {
        let detail = format!("the label must be one line of at most {LONGEST_LABEL} characters");
        return Err(Fault::new(Kind::InvalidInput, "jellyfin.login-page", detail).about("label"));
    }
    let (url, label) = (escaped(url), escaped(label));
    // No empty line in it: for Markdown the HTML would end there.
    Ok(format!(
        "{BEGIN}\n<form action=\"{url}\"><button type=\"submit\" \
         class=\"raised block emby-button\"><span>{label}</span></button></form>\n{END}"
    ))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

fn read(lent: &impl Lent) -> Result<Map<String, Value>, Fault> {
    match server::read(lent, get("/Branding/Configuration", &As::Key))? {
        Value::Object(branding) => Ok(branding),
        _ => Err(Fault::new(Kind::BadReply, "jellyfin.branding", "the branding is no object")),
    }
}

fn disclaimer(branding: &Map<String, Value>) -> &str {
    branding.get(FIELD).and_then(Value::as_str).unwrap_or_default()
}

fn write(lent: &impl Lent, mut branding: Map<String, Value>, wanted: &str) -> Result<(), Fault> {
    if wanted.is_empty() {
        branding.remove(FIELD);
    } else {
        branding.insert(FIELD.to_owned(), json!(wanted));
    }
    let request = post("/System/Configuration/branding", &As::Key).json(&Value::Object(branding));
    server::write(lent, request)?;
    if disclaimer(&read(lent)?) == wanted {
        return Ok(());
    }
    let detail = "Jellyfin said yes, and its login page has another text: somebody else changed it";
    Err(Fault::new(Kind::Conflict, "jellyfin.login-page-changed", detail))
}
