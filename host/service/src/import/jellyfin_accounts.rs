//! Taking over from jellyfin-accounts: its folder as of 32f408d and of 0.3.9, both shapes of its files.
//!
//! Guarantees: the plan and the run look at the same things, in the same way; a broken file stops before
//! anything is done; links that were sent keep working; accounts are matched by the server's own ids and
//! names, never by the names of users here. Does not: change the folder.

mod act;
pub mod files;
mod ground;
mod invites;
mod mail;
mod mails;
pub mod old;
mod people;
mod profile;
mod server;
mod watch;
mod words;

use self::act::perform;
use self::files::Files;
use self::ground::{Ground, Place, Step};
use self::old::{Config, Old};
use super::plan::{Item, Kind, Plan, Refused, Report, State, in_words};
use crate::error::Result;
use crate::house::Service;
use crate::profiles;
use domain::ids::BackendId;
use domain::role::Admin;

/// What would be done. Asks a backend that is set up for its accounts, and changes nothing.
///
/// # Errors
/// [`Refused`].
pub async fn plan(
    service: &Service,
    by: &Admin,
    files: &Files,
    backend: Option<&BackendId>,
) -> Result<Plan, Refused> {
    let old = Old::parse(files)?;
    let (place, first) = server::plan(service, &old, backend);
    let ground = Ground { service, by, old: &old, place, has_profile: true };
    let mut steps = vec![first];
    steps.extend(house(&ground).await?);
    steps.extend(belongings(&ground).await?);
    steps.extend(invites::plan(&ground).await?);
    let (people, strangers) = people::plan(&ground).await?;
    steps.extend(people);
    let items: Vec<Item> = steps.into_iter().map(|step| step.item).collect();
    let notes = notes(&ground, strangers);
    Ok(Plan { items, notes })
}

/// Does it. Run again, it comes to the same; cut off and run again, it is completed.
///
/// # Errors
/// [`Refused`]; what fails by itself is an item of the report.
pub async fn apply(
    service: &Service,
    by: &Admin,
    files: &Files,
    backend: Option<&BackendId>,
) -> Result<Report, Refused> {
    let old = Old::parse(files)?;
    let (_, first) = server::plan(service, &old, backend);
    let mut done = vec![carried_out(service, by, first).await];
    let mut place = server::plan(service, &old, backend).0;
    if matches!(place, Place::Coming(_)) {
        // It could not be added: the first line says why.
        place = Place::Nowhere;
    }
    let mut ground = Ground { service, by, old: &old, place, has_profile: true };
    for step in house(&ground).await? {
        done.push(carried_out(service, by, step).await);
    }
    for step in belongings(&ground).await? {
        done.push(carried_out(service, by, step).await);
    }
    ground.has_profile = profiles::get(service, by, profile::NAME).await.is_ok();
    for step in invites::plan(&ground).await? {
        done.push(carried_out(service, by, step).await);
    }
    let (people, strangers) = people::plan(&ground).await?;
    for step in people {
        done.push(carried_out(service, by, step).await);
    }
    let left = left(&ground, &done, strangers);
    Ok(Report { items: done, left })
}

/// What needs no backend.
async fn house(ground: &Ground<'_>) -> Result<Vec<Step>> {
    let mut steps = words::plan(ground);
    steps.extend(mail::plan(ground).await?);
    steps.extend(mails::plan(ground).await?);
    Ok(steps)
}

/// What belongs to a backend and comes before people.
async fn belongings(ground: &Ground<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    steps.extend(watch::plan(ground).await?);
    steps.extend(profile::plan(ground).await?);
    Ok(steps)
}

async fn carried_out(service: &Service, by: &Admin, step: Step) -> Item {
    let Step { mut item, act } = step;
    let Some(act) = act else { return item };
    if let Err(error) = perform(service, by, act).await {
        tracing::warn!(import.kind = item.kind.word(), error = %error, "a part of an import was not done");
        item.state = State::Failed;
        item.words = in_words(&error);
    }
    item
}

/// What one should know before.
fn notes(ground: &Ground<'_>, strangers: usize) -> Vec<String> {
    let old = ground.old;
    let mut notes = vec![format!("the folder is {}; nothing in it is changed", old.folder)];
    if !old.invites.is_empty() {
        let (zone, _) = invites::zone(ground);
        notes.push(format!(
            "invites.json has times without a zone; they are read in {zone} ([dates] zone, which can be set before)"
        ));
    }
    notes.extend(old.missing.iter().map(|(key, path)| {
        format!("config.ini names {path} ({key}), which is not there; it is left out")
    }));
    notes.extend(without_counterpart(&old.config));
    notes.extend(others(strangers));
    notes
}

fn others(strangers: usize) -> Option<String> {
    (strangers > 0).then(|| {
        format!(
            "{strangers} accounts have no address in emails.json and stay as they are; adopt them under Backends, Adopt"
        )
    })
}

/// Keys that are read above, or say nothing that matters here.
const USED: [(&str, &[&str]); 9] = [
    (
        "jellyfin",
        &[
            "username",
            "password",
            "server",
            "public_server",
            "client",
            "version",
            "device",
            "device_id",
        ],
    ),
    // An address to listen on, and a look, are this program's own.
    (
        "ui",
        &[
            "host",
            "port",
            "debug",
            "theme",
            "bs5",
            "username",
            "contact_message",
            "help_message",
            "success_message",
        ],
    ),
    (
        "email",
        &[
            "enabled",
            "watch_directory",
            "use_24h",
            "date_format",
            "email_template",
            "email_plaintext",
            "message",
            "method",
            "subject",
            "address",
            "from",
        ],
    ),
    ("password_resets", &["enabled", "watch_directory", "email_html", "email_text", "subject"]),
    ("invite_emails", &["enabled", "email_html", "email_text", "subject", "url_base"]),
    ("mailgun", &["api_url", "api_key"]),
    ("smtp", &["ssl", "encryption", "server", "port", "password"]),
    ("files", &["invites", "emails", "user_template", "user_configuration", "user_displayprefs"]),
    ("notifications", &["enabled"]),
];

/// What jellyfin-accounts had and this program has not, as far as it was used.
fn without_counterpart(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if config.set("ui", "password").is_some() {
        notes.push("the name and password of its admin page ([ui]) are not taken over: admins sign in here with their own".to_owned());
    }
    if config.is_on("password_validation", "enabled", false) {
        notes.push("its password rules ([password_validation]) are not taken over: here a password has 8 characters at least and is no common one".to_owned());
    }
    if config.is_on("email", "no_username", false) {
        notes.push("people chose no name there ([email] no_username): here they do".to_owned());
    }
    if config.set("files", "custom_css").is_some() {
        notes.push("its custom_css is not taken over".to_owned());
    }
    let known = [
        ("ui", "password"),
        ("ui", "jellyfin_login"),
        ("ui", "admin_only"),
        ("ui", "email"),
        ("email", "no_username"),
        ("files", "custom_css"),
        ("notifications", "expiry_html"),
        ("notifications", "expiry_text"),
        ("notifications", "created_html"),
        ("notifications", "created_text"),
    ];
    let is_known = |section: &str, key: &str| {
        section == "password_validation"
            || section == "DEFAULT"
            || known.contains(&(section, key))
            || USED.iter().any(|(name, keys)| *name == section && keys.contains(&key))
    };
    let unknown: Vec<String> = config
        .ini
        .keys()
        .filter(|(section, key)| !is_known(section, key))
        .map(|(section, key)| format!("[{section}] {key}"))
        .collect();
    if !unknown.is_empty() {
        notes.push(format!("nothing is known of {}; left out", unknown.join(", ")));
    }
    notes
}

/// What is left to do by hand.
fn left(ground: &Ground<'_>, done: &[Item], strangers: usize) -> Vec<String> {
    let of = |kind: Kind| done.iter().filter(move |item| item.kind == kind);
    let is_here = |item: &&Item| matches!(item.state, State::New | State::Changed | State::Same);
    let mut left = Vec::new();
    let open = done.iter().filter(|item| matches!(item.state, State::Conflict | State::Failed));
    let open = open.count();
    if open > 0 {
        left.push(format!(
            "settle what is marked conflict or failed ({open}), then run this again"
        ));
    }
    if of(Kind::Invite).any(|item| is_here(&item)) {
        let old = ground.old.config.set("invite_emails", "url_base");
        let old = old.map_or_else(String::new, |url| format!(" ({url})"));
        left.push(format!(
            "let the address in the links that were sent{old} lead to this program, and name it in server.other_urls if it is another one than server.public_url"
        ));
    }
    if ground.service.settings().settings.server.public_url.is_none() {
        left.push("say what links are made of: server.public_url, under Settings".to_owned());
    }
    if let Some(mail) = of(Kind::Mail).find(is_here) {
        left.push(format!(
            "try the mail out: latchkey mail test {} --to you@example.org",
            mail.name
        ));
    }
    if of(Kind::ResetWatch).any(|item| is_here(&item)) {
        left.push("see that this program may read the folder with reset files, and try it out under Resets".to_owned());
    }
    left.extend(others(strangers));
    left.push(
        "stop jellyfin-accounts: as long as it runs, it answers the same reset files and invites"
            .to_owned(),
    );
    left
}
