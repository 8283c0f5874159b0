//! The last step of a sign-in: whether this person belongs to the server, and what the host is told.
//!
//! Somebody who certainly does not belong is signed out again and denied; where it cannot be told, nobody
//! comes in. A token that nothing needs any more is signed out: where the owner is connected, their lists tell
//! who belongs.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request;
use latchkey_sdk::identity::{Attribute, Progress, Standing};
use latchkey_sdk::lent::{Lent, Level};
use serde_json::Value;

use crate::cloud::{self, As, CLIENTS, PLEX_TV, ask, refusal, with};
use crate::note::{Grant, Note, sealed};
use crate::person::Profile;
use crate::reply::{list, text};
use crate::server;
use crate::tier::{self, Tier};
use crate::view;

/// Lets somebody in, or says why not.
///
/// # Errors
/// `forbidden` for somebody whose invitation waits, `unavailable` where it cannot be told.
pub fn enter(
    lent: &impl Lent,
    note: &Note,
    profile: &Profile,
    token: &str,
) -> Result<Progress, Fault> {
    let machine = server::machine(lent)?;
    let (word, more, kept) = match place(lent, &note.client, profile, token, &machine)? {
        Place::Listed(tier, more) => (tier, more, note.anyone),
        Place::Member(tier) => (tier, Vec::new(), true),
        Place::Invited if note.anyone => ("invited", Vec::new(), true),
        Place::Outside if note.anyone => ("none", Vec::new(), true),
        Place::Invited => {
            let detail =
                "this person's invitation to the server waits for them to accept it in Plex";
            return Err(Fault::new(Kind::Forbidden, "plex.pending-share", detail));
        }
        Place::Outside => {
            leave(lent, &note.client, token);
            return Ok(Progress::Denied);
        }
    };
    if !kept {
        leave(lent, &note.client, token);
        return Ok(Progress::Done(profile.person(word, more, None)));
    }
    let grant = Grant { client: note.client.clone(), id: profile.id, token: token.to_owned() };
    Ok(Progress::Done(profile.person(word, more, Some(sealed(&grant)?))))
}

enum Place {
    /// By their own list; only their token can tell it again.
    Member(&'static str),
    /// By the owner's lists too, with what is told there.
    Listed(&'static str, Vec<Attribute>),
    Invited,
    Outside,
}

/// Their own list first. One that does not have the server may only be late: the owner's list and their
/// invitations decide then.
fn place(
    lent: &impl Lent,
    client: &str,
    profile: &Profile,
    token: &str,
    machine: &str,
) -> Result<Place, Fault> {
    let by = As::Person(token);
    let resources = ask(lent, tier::resources(client, by), by)?;
    let tier = Tier::of(&resources, machine)?;
    if let Some(Tier::Owner) = tier {
        return Ok(Place::Member(Tier::Owner.word()));
    }
    if !cloud::connected(lent) {
        return match tier {
            Some(tier) => Ok(Place::Member(tier.word())),
            None if invited(lent, client, token, machine)? => Ok(Place::Invited),
            None => Ok(Place::Outside),
        };
    }
    match (tier, view::standing(lent, machine, profile.id)) {
        (Some(tier), Ok(view::Seen { standing: view::Known::Member(_), told, .. })) => {
            Ok(Place::Listed(tier.word(), told))
        }
        (Some(tier), Ok(_)) => Ok(Place::Member(tier.word())),
        (Some(tier), Err(fault)) => {
            lent.log(Level::Warn, &format!("no filters are known: {}", fault.detail), &[]);
            Ok(Place::Member(tier.word()))
        }
        (None, Ok(view::Seen { standing: view::Known::Member(tier), told, .. })) => {
            Ok(Place::Listed(tier.word(), told))
        }
        (None, Ok(view::Seen { standing: view::Known::Invited, .. })) => Ok(Place::Invited),
        (None, Ok(view::Seen { standing: view::Known::Unsaid | view::Known::Outside, .. })) => {
            Ok(Place::Outside)
        }
        (None, Err(fault)) if fault.kind == Kind::CredentialRejected => {
            let waits = invited(lent, client, token, machine)?;
            Ok(if waits { Place::Invited } else { Place::Outside })
        }
        (None, Err(fault)) => Err(fault),
    }
}

/// Whether an invitation to this server waits for the person.
///
/// # Errors
/// Why it cannot be told.
pub fn invited(lent: &impl Lent, client: &str, token: &str, machine: &str) -> Result<bool, Fault> {
    let by = As::Person(token);
    let request = Request::get(CLIENTS, "/api/v2/shared_servers/invites/received/pending");
    let invites = ask(lent, with(request, client, by), by)?;
    let ours = |one: &Value| text(one, "machineIdentifier").as_deref() == Some(machine);
    let shares = |one: &Value| one.get("sharedServers").and_then(Value::as_array).cloned();
    let all = list(&invites, "invitations")?.iter().filter_map(shares);
    Ok(all.flatten().any(|share| ours(&share)))
}

/// What a membership check says with the person's own token; none where the token died.
///
/// # Errors
/// As the network and Plex have it.
pub fn own_word(lent: &impl Lent, grant: &Grant, machine: &str) -> Result<Option<Standing>, Fault> {
    let by = As::Person(&grant.token);
    let requests = vec![crate::person::user(&grant.client, by), tier::resources(&grant.client, by)];
    let mut bodies = Vec::new();
    for answer in Request::send_all(lent, requests) {
        let response = answer?;
        if response.status() == 401 {
            return Ok(None);
        }
        bodies.push(cloud::read(&response, by)?);
    }
    let [user, resources] = <[Value; 2]>::try_from(bodies)
        .map_err(|_| Fault::new(Kind::Internal, "plex.short", "fewer answers than requests"))?;
    let profile = Profile::of(user)?;
    if profile.id != grant.id {
        return Ok(Some(Standing::Unknown("the token is somebody else's".to_owned())));
    }
    Ok(Some(match Tier::of(&resources, machine)? {
        Some(tier) => Standing::Member(profile.attributes(tier.word(), Vec::new())),
        None if invited(lent, &grant.client, &grant.token, machine)? => Standing::Invited,
        None => Standing::Outsider,
    }))
}

/// Ends a token; good also where it had ended.
///
/// # Errors
/// As the network and Plex have it.
pub fn sign_out(lent: &impl Lent, client: &str, token: &str) -> Result<(), Fault> {
    let by = As::Person(token);
    let request = Request::delete(PLEX_TV, "/api/v2/users/signout").harmless();
    let response = with(request, client, by).send(lent)?;
    match response.status() {
        200..=299 | 401 | 404 => Ok(()),
        _ => Err(refusal(&response, by)),
    }
}

/// Ends a token that nobody needs; that it could not be ended is only noted.
pub fn leave(lent: &impl Lent, client: &str, token: &str) {
    if let Err(fault) = sign_out(lent, client, token) {
        lent.log(Level::Warn, "a token could not be signed out", &[("why", fault.detail)]);
    }
}
