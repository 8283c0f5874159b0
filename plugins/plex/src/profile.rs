//! Profile documents: what a share allows, as Plex has it.
//!
//! A document is an object with `allLibraries`, `libraries` and `sharingSettings` of a share, whatever stands
//! in them: unknown fields survive. Libraries are found again by key and name. What is written is only
//! what differs: a filter that was not meant to change is never sent, and stays byte for byte.

use latchkey_sdk::accounts::{Access, Account, Attribute, Value as Told};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::lent::Lent;
use serde_json::{Map, Value, json};

use crate::cloud::{As, CLIENTS, client, refused_write, with};
use crate::libraries::{SectionIds, chosen, none_chosen, of_profile, sections};
use crate::people::{self, share_of};
use crate::person::attribute;
use crate::reply::{number, text};
use crate::view::{Share, View};

/// A document, read.
pub struct Document {
    /// All libraries, those to come too.
    pub all: bool,
    /// Otherwise these.
    pub libraries: Vec<Value>,
    /// Allowances and filters.
    pub settings: Map<String, Value>,
}

impl Document {
    /// # Errors
    /// `invalid-input` for text that is no document of a share.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || {
            let detail = "this is no profile of a Plex share";
            Fault::new(Kind::InvalidInput, "plex.document", detail).about("document")
        };
        let body: Value = serde_json::from_str(text).map_err(|_cause| wrong())?;
        let all = body.get("allLibraries").and_then(Value::as_bool).ok_or_else(wrong)?;
        let libraries = body.get("libraries").and_then(Value::as_array).ok_or_else(wrong)?;
        let settings = body.get("sharingSettings").and_then(Value::as_object).ok_or_else(wrong)?;
        Ok(Self { all, libraries: libraries.clone(), settings: settings.clone() })
    }

    /// What a share is written with.
    ///
    /// # Errors
    /// `invalid-input` for no library at all, `unavailable` for one that is not listed.
    pub fn section_ids(&self, sections: &[Value]) -> Result<SectionIds, Fault> {
        if self.all { Ok(SectionIds(Vec::new())) } else { of_profile(sections, &self.libraries) }
    }
}

/// The document of a model account.
///
/// # Errors
/// `not-found` where nothing is shared with it.
pub fn capture(lent: &impl Lent, id: &str) -> Result<String, Fault> {
    let view = people::view(lent)?;
    let share = share_of(&view, id)?;
    let settings = share.settings().ok_or_else(|| crate::reply::odd("a share without settings"))?;
    let document = json!({
        "allLibraries": share.of_all(),
        "libraries": share.libraries(),
        "sharingSettings": settings,
    });
    Ok(document.to_string())
}

/// Makes a share like a document.
///
/// # Errors
/// `unsupported` where Plex does not let this account's restrictions be set; `outcome-unknown` where it does
/// not show what was written; else as the network and Plex have it.
pub fn apply(lent: &impl Lent, id: &str, document: &str) -> Result<Account, Fault> {
    let document = Document::parse(document)?;
    let view = people::view(lent)?;
    let share = share_of(&view, id)?;
    let listed = sections(lent, &view.machine)?;
    let wanted = document.section_ids(&listed)?;
    // Restrictions first: more libraries are not to be seen before they hold.
    let changed = differing(share, &document.settings);
    if !changed.is_empty() {
        restrict(lent, share, &changed)?;
    }
    if !has(share, &wanted) {
        write_libraries(lent, &view, share, &wanted)?;
    }
    let after = people::view(lent)?;
    let now = share_of(&after, id)?;
    if has(now, &wanted) && holds(now, &document.settings) {
        return people::one(&after, id);
    }
    Err(not_shown())
}

/// Shares these libraries; restrictions stay as they are.
///
/// # Errors
/// As [`apply`].
pub fn set_libraries(lent: &impl Lent, id: &str, libraries: &Access) -> Result<Account, Fault> {
    if matches!(libraries, Access::Only(keys) if keys.is_empty()) {
        return Err(none_chosen());
    }
    let view = people::view(lent)?;
    let share = share_of(&view, id)?;
    let listed = sections(lent, &view.machine)?;
    let wanted = chosen(&listed, libraries)?;
    if !has(share, &wanted) {
        write_libraries(lent, &view, share, &wanted)?;
    }
    let after = people::view(lent)?;
    let now = share_of(&after, id)?;
    if !has(now, &wanted) {
        return Err(not_shown());
    }
    if now.settings() != share.settings() {
        restore(lent, share, now)?;
    }
    people::one(&after, id)
}

/// A change of libraries must not lose a filter; where it did, it is put back.
fn restore(lent: &impl Lent, before: &Share, now: &Share) -> Result<(), Fault> {
    let settings = before.settings().cloned().unwrap_or_default();
    let lost = differing(now, &settings);
    if lost.is_empty() { Ok(()) } else { restrict(lent, now, &lost) }
}

fn not_shown() -> Fault {
    let detail = "Plex took the change and does not show it yet";
    Fault::new(Kind::OutcomeUnknown, "plex.not-shown", detail)
}

fn has(share: &Share, wanted: &SectionIds) -> bool {
    if wanted.0.is_empty() || share.of_all() {
        return wanted.0.is_empty() && share.of_all();
    }
    let mut ids: Vec<u64> = share.libraries().iter().filter_map(|one| number(one, "id")).collect();
    ids.sort_unstable();
    ids == wanted.0
}

/// What of `wanted` is otherwise there; nothing and an empty text are the same.
fn differing(share: &Share, wanted: &Map<String, Value>) -> Map<String, Value> {
    let nothing = |value: &Value| value.is_null() || value.as_str() == Some("");
    let there = |key: &str| share.settings().and_then(|all| all.get(key)).unwrap_or(&Value::Null);
    let differs = |key: &str, value: &Value| {
        let now = there(key);
        now != value && !(nothing(now) && nothing(value))
    };
    wanted
        .iter()
        .filter(|(key, value)| differs(key, value))
        .map(|(key, value)| {
            let value = if value.is_null() { "".into() } else { value.clone() };
            (key.clone(), value)
        })
        .collect()
}

/// Whether everything that Plex keeps is as wanted; what it does not know it drops.
fn holds(now: &Share, wanted: &Map<String, Value>) -> bool {
    let kept = |key: &str| now.settings().is_some_and(|all| all.contains_key(key));
    let known = |key: &str| key.starts_with("allow") || key.starts_with("filter") || kept(key);
    !differing(now, wanted).keys().any(|key| known(key))
}

/// Writes some allowances and filters of one person, and no others.
fn restrict(lent: &impl Lent, share: &Share, changed: &Map<String, Value>) -> Result<(), Fault> {
    let mut body = json!({ "settings": changed });
    let whom = match share.person() {
        Some(id) => ("invitedId", Value::from(id)),
        None => ("invitedEmail", share.email().into()),
    };
    if let Some(body) = body.as_object_mut() {
        body.insert(whom.0.to_owned(), whom.1);
    }
    let request = Request::post(CLIENTS, "/api/v2/sharing_settings").json(&body);
    let response = with(request, &client(lent), As::Owner).send(lent)?;
    match response.status() {
        200..=299 => Ok(()),
        422 => {
            let detail = "Plex does not let the restrictions of this account be set: in Plex, it needs a \
                restriction profile of \"None\" first";
            Err(Fault::new(Kind::Unsupported, "plex.preset", detail).status(422))
        }
        _ => Err(refused_write(&response, As::Owner)),
    }
}

fn write_libraries(
    lent: &impl Lent,
    view: &View,
    share: &Share,
    wanted: &SectionIds,
) -> Result<(), Fault> {
    let body = json!({ "machineIdentifier": view.machine, "librarySectionIds": wanted.0 });
    let path = format!("/api/v2/shared_servers/{}", share.id);
    let request = Request::post(CLIENTS, &path).json(&body);
    let response = with(request, &client(lent), As::Owner).send(lent)?;
    match response.status() {
        200..=299 => Ok(()),
        _ => Err(refused_write(&response, As::Owner)),
    }
}

/// In words.
///
/// # Errors
/// As [`Document::parse`].
pub fn describe(document: &str) -> Result<Vec<Attribute>, Fault> {
    let document = Document::parse(document)?;
    let libraries = if document.all {
        vec!["all, those to come too".to_owned()]
    } else {
        document.libraries.iter().filter_map(|one| text(one, "title")).collect()
    };
    let mut words = vec![attribute("Libraries", Told::Texts(libraries))];
    for (key, value) in &document.settings {
        let told = match value {
            Value::Bool(flag) => Told::Flag(*flag),
            Value::String(text) if text.is_empty() => continue,
            Value::String(text) => Told::Text(text.clone()),
            Value::Number(number) => Told::Text(number.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => continue,
        };
        words.push(attribute(in_words(key), told));
    }
    Ok(words)
}

fn in_words(key: &str) -> &str {
    match key {
        "allowSync" => "Downloads",
        "allowCameraUpload" => "Camera upload",
        "allowChannels" => "Channels",
        "allowSubtitleAdmin" => "Subtitles for everybody",
        "allowTuners" => "Live TV",
        "filterAll" => "Restriction of everything",
        "filterMovies" => "Restriction of movies",
        "filterTelevision" => "Restriction of shows",
        "filterMusic" => "Restriction of music",
        "filterPhotos" => "Restriction of photos",
        other => other,
    }
}
