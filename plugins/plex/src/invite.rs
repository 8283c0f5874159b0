//! Inviting somebody to the server: a share, with the libraries and restrictions of the profile from the start.
//!
//! Somebody who signed in is invited by their number and accepts in the same breath; an address may be
//! mistyped and names change hands. A write whose end is not known is looked at, never repeated blindly.

use latchkey_sdk::accounts::{Account, Attempt, NewAccount, Value as Told};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, Response, percent};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::{Map, Value, json};

use crate::cloud::{As, CLIENTS, PLEX_TV, client, code, read, refused_write, with};
use crate::libraries::{SectionIds, none_chosen, sections};
use crate::member::subject_id;
use crate::note::{Grant, opened};
use crate::people::{self, end, view};
use crate::person::attribute;
use crate::profile::Document;
use crate::reply::odd;
use crate::view::{Share, View};

/// Who is invited.
enum Whom {
    Person(u64),
    Address(String),
}

/// Invites, and accepts for somebody who signed in.
///
/// # Errors
/// `invalid-input` without anybody to invite or anything to share; `conflict` for an address that was invited
/// before; `unsupported` where Plex offers no way; else as the network and Plex have it.
pub fn create(lent: &impl Lent, account: &NewAccount, attempt: Attempt) -> Result<Account, Fault> {
    let whom = whom(account)?;
    let document = account.profile.as_deref().map(Document::parse).transpose()?;
    let document = document.ok_or_else(none_chosen)?;
    let view = view(lent)?;
    if let Some(share) = view.find(&whom) {
        return match (&whom, attempt) {
            // The person proved who they are; the share is theirs, and was before.
            (Whom::Person(_), Attempt::First) if share.accepted => {
                let mut account = people::of_share(&view, share);
                account.attributes.push(attribute("adopted", Told::Flag(true)));
                Ok(account)
            }
            (Whom::Person(_), _) | (_, Attempt::AfterDoubt) => {
                settled(lent, share, account.grant.as_deref())
            }
            (Whom::Address(_), Attempt::First) => Err(taken()),
        };
    }
    if matches!(whom, Whom::Person(id) if id == view.owner_id) {
        let detail = "the owner of the server needs no invitation";
        return Err(Fault::new(Kind::Conflict, "plex.owner", detail));
    }
    let wanted = document.section_ids(&sections(lent, &view.machine)?)?;
    let share = invite(lent, &view, &whom, &wanted, &document.settings)?;
    if let Whom::Person(id) = whom
        && share.person() != Some(id)
    {
        end(lent, &share)?;
        return Err(odd("an invitation of somebody else than was named"));
    }
    settled(lent, &share, account.grant.as_deref())
}

fn whom(account: &NewAccount) -> Result<Whom, Fault> {
    if let Some(subject) = &account.subject {
        return subject_id(subject).map(Whom::Person);
    }
    let address = account.email.as_deref().map(str::trim).filter(|email| email.contains('@'));
    let missing = || {
        let detail = "an invitation to Plex needs an address, or somebody who signed in there";
        Fault::new(Kind::InvalidInput, "plex.nobody", detail).about("email")
    };
    address.map(|email| Whom::Address(email.to_owned())).ok_or_else(missing)
}

fn taken() -> Fault {
    let detail = "the server is shared with this address already, or it was invited before";
    Fault::new(Kind::Conflict, "plex.already-shared", detail).about("email")
}

impl View {
    fn find(&self, whom: &Whom) -> Option<&Share> {
        match whom {
            Whom::Person(id) => self.share_of(*id),
            Whom::Address(address) => self.shares.iter().find(|share| {
                share.email().is_some_and(|email| email.to_lowercase() == address.to_lowercase())
            }),
        }
    }
}

/// Writes the share, and finds it where the answer does not tell.
fn invite(
    lent: &impl Lent,
    before: &View,
    whom: &Whom,
    wanted: &SectionIds,
    settings: &Map<String, Value>,
) -> Result<Share, Fault> {
    let again = |why: Fault| {
        let after = View::of(lent, &before.machine).map_err(|_unread| why.clone())?;
        after.find(whom).cloned().ok_or(why)
    };
    let mut body = json!({
        "machineIdentifier": before.machine,
        "librarySectionIds": wanted.0,
        "skipFriendship": true,
        "settings": started(settings),
    });
    if let Some(body) = body.as_object_mut() {
        let (key, value) = whom.v2();
        body.insert(key.to_owned(), value);
    }
    let request = Request::post(CLIENTS, "/api/v2/shared_servers").json(&body);
    let response = match with(request, &client(lent), As::Owner).send(lent) {
        Ok(response) => response,
        Err(fault) if fault.kind == Kind::OutcomeUnknown => return again(fault),
        Err(fault) => return Err(fault),
    };
    match response.status() {
        200 | 201 => Share::of(&read(&response, As::Owner)?, false),
        // Plex answers so for some accounts, and takes the older form (plexapi 1504).
        404 if code(&response) == Some(1002) => {
            let written = older_form(lent, before, whom, wanted, settings)?;
            again(written)
        }
        422 => again(refused(&response)),
        500..=599 => again(refused_write(&response, As::Owner)),
        _ => Err(refused_write(&response, As::Owner)),
    }
}

fn refused(response: &Response) -> Fault {
    let mut fault = taken().status(response.status());
    "Plex does not take the invitation: the address may be shared with already"
        .clone_into(&mut fault.detail);
    fault
}

/// Version 1 takes JSON and answers XML, which is not read: the lists tell what came of it. Gives the fault
/// that holds if they do not.
fn older_form(
    lent: &impl Lent,
    before: &View,
    whom: &Whom,
    wanted: &SectionIds,
    settings: &Map<String, Value>,
) -> Result<Fault, Fault> {
    let (key, value) = whom.v1();
    let body = json!({
        "server_id": before.machine,
        "shared_server": { "library_section_ids": wanted.0, key: value },
        "sharing_settings": older_settings(&started(settings)),
    });
    let path = format!("/api/servers/{}/shared_servers", percent(&before.machine));
    let request = Request::post(PLEX_TV, &path).json(&body);
    let sent = with(request, &client(lent), As::Owner).send(lent);
    let nowhere = |detail: &str| Fault::new(Kind::OutcomeUnknown, "plex.not-shown", detail);
    match sent {
        Ok(response) => match response.status() {
            200 | 201 => Ok(nowhere("Plex took the invitation and does not show it yet")),
            400 | 422 => Ok(refused(&response)),
            404 | 410 => {
                let detail =
                    "Plex takes invitations to this server neither in its new nor in its old form";
                let fault = Fault::new(Kind::Unsupported, "plex.no-invitations", detail);
                Err(fault.status(response.status()))
            }
            _ => Err(refused_write(&response, As::Owner)),
        },
        Err(fault) if fault.kind == Kind::OutcomeUnknown => Ok(fault),
        Err(fault) => Err(fault),
    }
}

/// What version 1 knows, as it writes it: flags are digits.
fn older_settings(settings: &Map<String, Value>) -> Map<String, Value> {
    let known = [
        "allowSync",
        "allowCameraUpload",
        "allowChannels",
        "filterMovies",
        "filterTelevision",
        "filterMusic",
    ];
    let written = |value: &Value| match value {
        Value::Bool(flag) => Value::from(if *flag { "1" } else { "0" }),
        other => other.clone(),
    };
    known
        .into_iter()
        .filter_map(|key| Some((key.to_owned(), written(settings.get(key)?))))
        .collect()
}

/// Allowances that a profile does not name are not given; what it says nothing of is not sent.
fn started(settings: &Map<String, Value>) -> Map<String, Value> {
    let mut all = Map::new();
    for key in ["allowSync", "allowCameraUpload", "allowChannels", "allowSubtitleAdmin"] {
        all.insert(key.to_owned(), false.into());
    }
    all.insert("allowTuners".to_owned(), 0.into());
    let said = settings.iter().filter(|(_, value)| !value.is_null());
    all.extend(said.map(|(key, value)| (key.clone(), value.clone())));
    all
}

impl Whom {
    fn v2(&self) -> (&'static str, Value) {
        match self {
            Self::Person(id) => ("invitedId", (*id).into()),
            Self::Address(address) => ("invitedEmail", address.clone().into()),
        }
    }

    fn v1(&self) -> (&'static str, Value) {
        match self {
            Self::Person(id) => ("invited_id", (*id).into()),
            Self::Address(address) => ("invited_email", address.clone().into()),
        }
    }
}

/// Accepts where that can be done, and tells how it stands by Plex's own lists.
fn settled(lent: &impl Lent, share: &Share, grant: Option<&[u8]>) -> Result<Account, Fault> {
    let grant = grant.and_then(|bytes| opened::<Grant>(&bytes.to_vec()).ok());
    if let Some(grant) = grant
        && !share.accepted
        && share.person() == Some(grant.id)
        && let Err(fault) = accept(lent, &grant, share)
    {
        let words = format!("the invitation waits for the person: {}", fault.detail);
        lent.log(Level::Warn, &words, &[]);
    }
    let after = view(lent)?;
    let seen = after.shares.iter().find(|one| one.id == share.id);
    let id = seen.unwrap_or(share).person().map(|id| id.to_string());
    let id = id.unwrap_or_else(|| people::invited(share));
    match seen {
        Some(_) => people::one(&after, &id),
        // Made and not listed yet: as the answer said.
        None => Ok(people::of_share(&after, share)),
    }
}

fn accept(lent: &impl Lent, grant: &Grant, share: &Share) -> Result<(), Fault> {
    let by = As::Person(&grant.token);
    let path = format!("/api/v2/shared_servers/{}/accept", share.id);
    let response = with(Request::post(CLIENTS, &path), &grant.client, by).send(lent)?;
    match response.status() {
        200..=299 => Ok(()),
        _ => Err(refused_write(&response, by)),
    }
}
