//! Home screens: the display preferences jellyfin-web keeps under `usersettings`.
//!
//! Source: `DisplayPreferencesController.cs`, recordings.

use serde_json::{Map, Value, json};

use super::authorization::Caller;
use super::hash::{hyphened, md5_id, parse_guid};
use super::state::State;
use super::wire::{Answer, Call, Outcome, field};

/// What a home screen's places hold when nothing or nonsense was chosen.
const PLACES: [&str; 8] = [
    "smalllibrarytiles",
    "resume",
    "resumeaudio",
    "resumebook",
    "livetv",
    "nextup",
    "latestmedia",
    "none",
];
const SECTIONS: [&str; 10] = [
    "none",
    "smalllibrarytiles",
    "librarybuttons",
    "activerecordings",
    "resume",
    "resumeaudio",
    "latestmedia",
    "nextup",
    "livetv",
    "resumebook",
];
/// The custom values every screen has, with those of a fresh one.
const FRESH: [(&str, Option<&str>); 6] = [
    ("chromecastVersion", Some("stable")),
    ("skipForwardLength", Some("30000")),
    ("skipBackLength", Some("10000")),
    ("enableNextVideoInfoOverlay", Some("False")),
    ("tvhome", None),
    ("dashboardTheme", None),
];

/// The account whose screen is meant.
fn owner(state: &State, call: &Call, caller: &Caller) -> Result<String, Answer> {
    let named = call.query_id("userId")?;
    let id = named.or_else(|| caller.user().map(str::to_owned));
    // A key without a user id breaks on the empty GUID.
    let id = id.filter(|id| state.user(id).is_some()).ok_or_else(|| Answer::thrown(500))?;
    let allowed = caller.is_admin() || caller.user() == Some(&id);
    if allowed { Ok(id) } else { Err(Answer::thrown(403)) }
}

fn key(state: &State, call: &Call, caller: &Caller) -> Result<(String, String, String), Answer> {
    let name = call.segments.get(1).cloned().unwrap_or_default();
    let client = call.query("client").unwrap_or("").to_owned();
    if client.is_empty() {
        return Err(Answer::required("client"));
    }
    Ok((owner(state, call, caller)?, client, name))
}

/// `GET /DisplayPreferences/{id}?userId=&client=`
pub(super) fn get(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let key = key(state, call, caller)?;
    Ok(Answer::json(state.screens.get(&key).cloned().unwrap_or_else(|| fresh(&key.2, &key.1))))
}

/// A screen nobody touched yet.
pub(super) fn fresh(name: &str, client: &str) -> Value {
    let id = parse_guid(name).unwrap_or_else(|| md5_id(name));
    let custom: Map<String, Value> =
        FRESH.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
    json!({
        "Id": hyphened(&id), "SortBy": "SortName", "RememberIndexing": false,
        "PrimaryImageHeight": 250, "PrimaryImageWidth": 250, "CustomPrefs": custom,
        "ScrollDirection": "Horizontal", "ShowBackdrop": true, "RememberSorting": false,
        "SortOrder": "Ascending", "ShowSidebar": false, "Client": client,
    })
}

/// `POST /DisplayPreferences/{id}?userId=&client=`: replaces everything.
pub(super) fn set(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let body = call.object("displayPreferences")?;
    let key = key(state, call, caller)?;
    let mut screen = fresh(&key.2, &key.1);
    if let Some(screen) = screen.as_object_mut() {
        for name in ["ScrollDirection", "ShowBackdrop", "RememberSorting", "SortOrder"] {
            keep(screen, &body, name);
        }
        for name in ["SortBy", "RememberIndexing", "ShowSidebar", "ViewType", "IndexBy"] {
            keep(screen, &body, name);
        }
        let given = field(&body, "CustomPrefs").and_then(Value::as_object);
        screen.insert("CustomPrefs".into(), custom(given).into());
    }
    state.screens.insert(key, screen);
    Ok(Answer::empty(204))
}

fn keep(screen: &mut Map<String, Value>, body: &Map<String, Value>, name: &str) {
    if let Some(value) = field(body, name).filter(|value| !value.is_null()) {
        screen.insert(name.to_owned(), value.clone());
    }
}

/// The custom values as a server keeps them: sections first, then the known ones, then the rest.
fn custom(given: Option<&Map<String, Value>>) -> Map<String, Value> {
    let empty = Map::new();
    let given = given.unwrap_or(&empty);
    let mut kept = Map::new();
    for (name, value) in given {
        if let Some(place) = name.strip_prefix("homesection").and_then(|at| at.parse().ok()) {
            kept.insert(name.clone(), section(place, value.as_str().unwrap_or("")).into());
        }
    }
    for (name, _) in FRESH {
        kept.insert(name.to_owned(), known(name, given.get(name)));
    }
    for (name, value) in given {
        if !kept.contains_key(name) {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}

fn section(place: usize, chosen: &str) -> &'static str {
    let chosen = SECTIONS.iter().find(|section| section.eq_ignore_ascii_case(chosen));
    chosen.or_else(|| PLACES.get(place)).copied().unwrap_or("none")
}

fn known(name: &str, given: Option<&Value>) -> Value {
    let text = given.and_then(Value::as_str);
    match name {
        "chromecastVersion" => match text {
            Some(version) if version.eq_ignore_ascii_case("unstable") => "unstable".into(),
            _ => "stable".into(),
        },
        "skipForwardLength" | "skipBackLength" => {
            text.filter(|text| text.parse::<i32>().is_ok()).unwrap_or("15000").into()
        }
        "enableNextVideoInfoOverlay" => match text {
            Some(flag) if flag.eq_ignore_ascii_case("false") => "False".into(),
            _ => "True".into(),
        },
        _ => given.cloned().unwrap_or_else(|| "".into()),
    }
}
