//! Profile documents: a model user's policy, configuration and home screen as Jellyfin's own JSON.
//!
//! `{"Policy": …, "Configuration": …, "DisplayPreferences": …}`, in the server's order. Fields nobody
//! here knows survive capture and apply. What is particular to the model stays with the model: its
//! wrong attempts, whether it is an administrator or switched off, who checks its password. A profile
//! makes nobody an administrator, whatever stands in it.

use latchkey_sdk::accounts::{Account, Attribute, Value as Told};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::lent::Lent;
use serde_json::{Map, Value, json};

use crate::policy::{self, LYRICS};
use crate::server::{self, As, get, post};
use crate::users::{self, User, attribute};

type Object = Map<String, Value>;

/// Stays each account's own.
const PERSONAL: [&str; 5] = [
    "IsAdministrator",
    "IsDisabled",
    "InvalidLoginAttemptCount",
    "AuthenticationProviderId",
    "PasswordResetProviderId",
];
/// Left out by the server where they are null: what a document leaves out is null, not "as before".
const NULLABLE: [&str; 5] = [
    "MaxParentalRating",
    "MaxParentalSubRating",
    "AudioLanguagePreference",
    "SubtitleLanguagePreference",
    "CastReceiverId",
];

/// Reads the document of a model user.
///
/// # Errors
/// Whatever keeps it from being read whole.
pub fn capture(lent: &impl Lent, id: &str) -> Result<String, Fault> {
    let user = users::one(lent, id)?;
    let home = server::read(lent, home_screen(get, &user.id))?;
    let mut policy = user.policy();
    for key in PERSONAL {
        policy.shift_remove(key);
    }
    if policy::has_lyrics(lent, &user.id) {
        policy.insert(LYRICS.to_owned(), json!(true));
    }
    for schedule in schedules(&mut policy) {
        // Keys of the model's own rows.
        schedule.shift_remove("Id");
        schedule.shift_remove("UserId");
    }
    let mut document = Object::new();
    document.insert("Policy".to_owned(), Value::Object(policy));
    document.insert("Configuration".to_owned(), Value::Object(configuration(&user)));
    document.insert("DisplayPreferences".to_owned(), home);
    Ok(Value::Object(document).to_string())
}

/// Makes an account like a document: the policy first, so that limits hold before anything else.
///
/// # Errors
/// `invalid-input` for text that is no document; otherwise whatever keeps it from being applied whole.
/// Applying again does no harm.
pub fn apply(lent: &impl Lent, id: &str, document: &str) -> Result<Account, Fault> {
    let document = parse(document)?;
    let user = users::one(lent, id)?;
    let wanted = policy_for(&user, &document);
    let lyrics = wanted.get(LYRICS).and_then(Value::as_bool).unwrap_or(false);
    policy::write(lent, &user.id, wanted).map_err(refused)?;
    policy::remember_lyrics(lent, &user.id, lyrics);
    if let Some(Value::Object(wanted)) = document.get("Configuration") {
        let merged = Value::Object(merge(configuration(&user), wanted));
        let request = post("/Users/Configuration", &As::Key).query("userId", user.id.as_str());
        server::write(lent, request.json(&merged))?;
    }
    if let Some(home @ Value::Object(_)) = document.get("DisplayPreferences") {
        server::write(lent, home_screen(post, &user.id).json(home))?;
    }
    users::one(lent, &user.id).map(|user| user.account())
}

/// A policy that the server does not take today it will not take tomorrow: nobody is to be left for long
/// with an account that its profile was to restrict.
fn refused(fault: Fault) -> Fault {
    match fault.upstream_status {
        Some(400) => {
            let detail = "this version of Jellyfin does not take the policy of this profile; capture it again";
            Fault::new(Kind::InvalidInput, "jellyfin.policy-refused", detail)
                .about("document")
                .status(400)
        }
        _ => fault,
    }
}

/// The web client keeps its home screen under this name, for all of Jellyfin's own clients.
fn home_screen(method: fn(&str, &As<'_>) -> Request, id: &str) -> Request {
    method("/DisplayPreferences/usersettings", &As::Key).query("userId", id).query("client", "emby")
}

fn policy_for(user: &User, document: &Object) -> Object {
    let current = user.policy();
    let wanted = document.get("Policy").and_then(Value::as_object).cloned().unwrap_or_default();
    let mut policy = merge(current.clone(), &wanted);
    // The lyric right reads false whatever it is, so only the document can say it.
    policy.insert(LYRICS.to_owned(), wanted.get(LYRICS).cloned().unwrap_or(json!(false)));
    for key in PERSONAL {
        match current.get(key) {
            Some(own) => policy.insert(key.to_owned(), own.clone()),
            None => policy.shift_remove(key),
        };
    }
    for schedule in schedules(&mut policy) {
        schedule.insert("UserId".to_owned(), json!(user.id));
    }
    policy
}

/// The document's fields over the account's own; what only the account has stays, so that a newer
/// server's fields do not fall back to permissive defaults.
fn merge(mut current: Object, wanted: &Object) -> Object {
    for key in NULLABLE {
        current.shift_remove(key);
    }
    for (key, value) in wanted {
        if !value.is_null() {
            current.insert(key.clone(), value.clone());
        }
    }
    current
}

fn configuration(user: &User) -> Object {
    user.raw.get("Configuration").and_then(Value::as_object).cloned().unwrap_or_default()
}

fn schedules(policy: &mut Object) -> impl Iterator<Item = &mut Object> {
    let list = policy.get_mut("AccessSchedules").and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_object_mut)
}

fn parse(document: &str) -> Result<Object, Fault> {
    match serde_json::from_str(document) {
        Ok(Value::Object(document)) if document.get("Policy").is_some_and(Value::is_object) => {
            Ok(document)
        }
        _ => {
            let detail = "this text is no profile of a Jellyfin account: it has no Policy";
            Err(Fault::new(Kind::InvalidInput, "jellyfin.profile", detail).about("document"))
        }
    }
}

/// Switches an admin wants to see, by the names they are told under.
const SWITCHES: [(&str, &str); 11] = [
    ("remote-access", "EnableRemoteAccess"),
    ("downloads", "EnableContentDownloading"),
    ("deletion", "EnableContentDeletion"),
    ("video-transcoding", "EnableVideoPlaybackTranscoding"),
    ("live-tv", "EnableLiveTvAccess"),
    ("live-tv-management", "EnableLiveTvManagement"),
    ("collections", "EnableCollectionManagement"),
    ("subtitles", "EnableSubtitleManagement"),
    ("lyrics", LYRICS),
    ("own-preferences", "EnableUserPreferenceAccess"),
    ("hidden", "IsHidden"),
];

/// A document in words.
///
/// # Errors
/// `invalid-input` for text that is no document.
pub fn describe(document: &str) -> Result<Vec<Attribute>, Fault> {
    let document = parse(document)?;
    let part =
        |name: &str| document.get(name).and_then(Value::as_object).cloned().unwrap_or_default();
    let (policy, configuration) = (part("Policy"), part("Configuration"));
    let flag = |key: &str| policy.get(key).and_then(Value::as_bool);
    let mut told = vec![match flag("EnableAllFolders") {
        Some(false) => attribute("libraries", Told::Texts(texts(&policy, "EnabledFolders"))),
        _ => attribute("libraries", Told::Text("all".to_owned())),
    }];
    for (name, key) in SWITCHES {
        told.extend(flag(key).map(|on| attribute(name, Told::Flag(on))));
    }
    told.extend(limits(&policy));
    for (name, key) in [
        ("blocked-tags", "BlockedTags"),
        ("allowed-tags", "AllowedTags"),
        ("blocked-unrated", "BlockUnratedItems"),
    ] {
        let list = texts(&policy, key);
        if !list.is_empty() {
            told.push(attribute(name, Told::Texts(list)));
        }
    }
    for (name, key) in [
        ("audio-language", "AudioLanguagePreference"),
        ("subtitle-language", "SubtitleLanguagePreference"),
        ("subtitle-mode", "SubtitleMode"),
    ] {
        let text = configuration.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        told.extend(text.map(|text| attribute(name, Told::Text(text.to_owned()))));
    }
    told.extend(sections(&part("DisplayPreferences")));
    Ok(told)
}

fn limits(policy: &Object) -> Vec<Attribute> {
    let number = |key: &str| policy.get(key).and_then(Value::as_i64);
    let mut told = Vec::new();
    // 0 is the strictest rating, not "none".
    told.extend(
        number("MaxParentalRating").map(|top| attribute("parental-rating", Told::Number(top))),
    );
    for (name, key) in [
        ("max-sessions", "MaxActiveSessions"),
        ("bitrate-limit", "RemoteClientBitrateLimit"),
        ("attempts-before-lock-out", "LoginAttemptsBeforeLockout"),
    ] {
        told.extend(
            number(key)
                .filter(|limit| *limit > 0)
                .map(|limit| attribute(name, Told::Number(limit))),
        );
    }
    let schedules = policy.get("AccessSchedules").and_then(Value::as_array).map(Vec::as_slice);
    let hours: Vec<String> = schedules.unwrap_or_default().iter().filter_map(hours).collect();
    if !hours.is_empty() {
        told.push(attribute("schedule", Told::Texts(hours)));
    }
    told
}

/// `Weekday 8-20.5`: hours of the server's own clock.
fn hours(schedule: &Value) -> Option<String> {
    let day = schedule.get("DayOfWeek")?.as_str()?;
    let hour = |key: &str| schedule.get(key).filter(|hour| hour.is_number());
    let (start, end) = (hour("StartHour")?, hour("EndHour")?);
    Some(format!("{day} {start}-{end}"))
}

fn sections(home: &Object) -> Option<Attribute> {
    let prefs = home.get("CustomPrefs")?.as_object()?;
    let section = |slot: u32| prefs.get(&format!("homesection{slot}"))?.as_str().map(str::to_owned);
    let list: Vec<String> = (0..10).filter_map(section).collect();
    (!list.is_empty()).then(|| attribute("home-screen", Told::Texts(list)))
}

fn texts(policy: &Object, key: &str) -> Vec<String> {
    let list = policy.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
