//! Sign-in by Plex's own page: a strong PIN, made and asked for here, never shown to the browser's scripts.
//!
//! The page sends the browser back only once the person has agreed; what it says is not looked at, the PIN
//! is. An attempt that cannot be finished for a reason of Plex's stays good until its end.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, Response, percent};
use latchkey_sdk::identity::{Beginning, Progress, Prompt, Sealed};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::settings;
use serde_json::Value;

use crate::cloud::{As, PLEX_TV, ask, client, read, refusal, with};
use crate::entry;
use crate::home;
use crate::note::{Note, Stage, opened, sealed};
use crate::person::{self, Profile};
use crate::reply::{number, odd, text};

/// Seconds an attempt is good at most, whatever Plex says.
const LONGEST: u64 = 1_800;
/// Between two questions for a PIN: Plex allows one a second.
const PACE_MS: u32 = 1_500;
/// Where Plex asks to slow down and does not say how long, or is not well.
const PATIENCE_MS: u32 = 5_000;
const LONGEST_PATIENCE_MS: u32 = 60_000;

/// Makes a PIN, and the address of Plex's page for it.
///
/// # Errors
/// As the network and Plex have it.
pub fn begin(lent: &impl Lent, beginning: &Beginning) -> Result<Prompt, Fault> {
    let client = client(lent);
    let app = settings::required(lent, "app")?;
    let request = Request::post(PLEX_TV, "/api/v2/pins").query("strong", "true").harmless();
    let pin = ask(lent, with(request, &client, As::Nobody), As::Nobody)?;
    let id = number(&pin, "id").ok_or_else(|| odd("a PIN without a number"))?;
    let code = text(&pin, "code").ok_or_else(|| odd("a PIN without a code"))?;
    let left = number(&pin, "expiresIn").unwrap_or(LONGEST).clamp(1, LONGEST);
    let url = format!(
        "{}/auth#?clientID={}&code={}&context%5Bdevice%5D%5Bproduct%5D=Latchkey&forwardUrl={}",
        app.trim_end_matches('/'),
        percent(&client),
        percent(&code),
        percent(&beginning.return_url)
    );
    let until = lent.now().seconds.saturating_add(left);
    let attempt = sealed(&Note::new(client, id, until, beginning.audience))?;
    let expires_in_ms = u32::try_from(left.saturating_mul(1_000)).unwrap_or(u32::MAX);
    Ok(Prompt {
        url: Some(url),
        user_code: None,
        expires_in_ms,
        poll_after_ms: Some(PACE_MS),
        attempt,
    })
}

/// Asks for the PIN, and goes on with whom it leads to.
///
/// # Errors
/// As the network and Plex have it; the attempt stays good.
pub fn advance(lent: &impl Lent, attempt: &Sealed) -> Result<Progress, Fault> {
    let note: Note = opened(attempt)?;
    if lent.now().seconds >= note.until {
        return Ok(Progress::Expired);
    }
    match &note.stage {
        Stage::Pin(pin) => match poll(lent, &note.client, *pin)? {
            Polled::Linked(token) => known(lent, &note, &token),
            Polled::Waits(ms) => Ok(Progress::Pending(Some(ms))),
            Polled::Gone => Ok(Progress::Expired),
        },
        Stage::Home { token, .. } => {
            let home_users = home::of(lent, &note.client, token)?;
            home::chooser(&note, home_users)
        }
    }
}

enum Polled {
    Linked(String),
    Waits(u32),
    Gone,
}

fn poll(lent: &impl Lent, client: &str, pin: u64) -> Result<Polled, Fault> {
    let request = Request::get(PLEX_TV, &format!("/api/v2/pins/{pin}"));
    let response = match with(request, client, As::Nobody).send(lent) {
        Ok(response) => response,
        Err(fault) if matches!(fault.kind, Kind::Unavailable | Kind::TimedOut) => {
            return Ok(Polled::Waits(PATIENCE_MS));
        }
        Err(fault) => return Err(fault),
    };
    match response.status() {
        200 => {
            let pin: Value = response.json()?;
            Ok(text(&pin, "authToken").map_or(Polled::Waits(PACE_MS), Polled::Linked))
        }
        404 => Ok(Polled::Gone),
        429 | 500..=599 => Ok(Polled::Waits(patience(&response))),
        _ => Err(refusal(&response, As::Nobody)),
    }
}

fn patience(response: &Response) -> u32 {
    response.retry_after_ms().unwrap_or(PATIENCE_MS).clamp(PACE_MS, LONGEST_PATIENCE_MS)
}

/// The account is known; a home of several has to be asked which of them it is. A home that cannot be
/// looked at ends it: its owner must not come in for a child.
fn known(lent: &impl Lent, note: &Note, token: &str) -> Result<Progress, Fault> {
    let by = As::Person(token);
    let response = person::user(&note.client, by).send(lent)?;
    let profile = Profile::of(read(&response, by)?)?;
    if profile.home {
        let home_users = home::of(lent, &note.client, token)?;
        if home_users.len() > 1 {
            let stage = Stage::Home { token: token.to_owned(), uuid: profile.uuid };
            let note = Note { stage, ..note.clone() };
            return home::chooser(&note, home_users);
        }
    }
    entry::enter(lent, note, &profile, token)
}
