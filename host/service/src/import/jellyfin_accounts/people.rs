//! `emails.json`: whose mail goes where. Who has an address becomes a user, by the account they have.

use super::act::Act;
use super::ground::{Ground, NO_BACKEND, Place, Step};
use crate::adopt::{self, Adoption, Candidate};
use crate::error::{Result, ServiceError};
use crate::import::plan::{Kind, State, in_words};
use domain::ids::UserId;
use domain::names::{EmailAddress, name_key};

/// What is planned, and how many accounts have no address.
pub(crate) async fn plan(ground: &Ground<'_>) -> Result<(Vec<Step>, usize)> {
    let emails = &ground.old.emails;
    let all = |state, words: &str| {
        let step = |(who, _): &(String, String)| Step::idle(Kind::Person, who, (state, words));
        (emails.iter().map(step).collect(), 0)
    };
    let backend = match &ground.place {
        Place::Nowhere => return Ok(all(State::Skipped, NO_BACKEND)),
        Place::Coming(_) => {
            let words = "becomes a user with their address, if the server has such an account; that is seen once it is set up";
            return Ok(all(State::New, words));
        }
        Place::Here(backend) => backend,
    };
    let candidates = match adopt::candidates(ground.service, ground.by, backend).await {
        Ok(candidates) => candidates,
        Err(error @ ServiceError::Backend(_)) => {
            let words = format!("{backend} did not list its accounts: {}", in_words(&error));
            return Ok(all(State::Conflict, &words));
        }
        Err(other) => return Err(other),
    };
    let mut steps = Vec::with_capacity(emails.len());
    let mut met = Vec::new();
    for (who, address) in emails {
        match found(&candidates, who) {
            None => {
                let words = format!("{backend} has no such account any more");
                steps.push(Step::idle(Kind::Person, who, (State::Skipped, words)));
            }
            Some(candidate) if met.contains(&&candidate.account.id) => {
                let words = "the account stands in the file twice, by name and by id";
                steps.push(Step::idle(Kind::Person, who, (State::Skipped, words)));
            }
            Some(candidate) => {
                met.push(&candidate.account.id);
                steps.push(one(ground, candidate, address).await?);
            }
        }
    }
    let strangers = candidates
        .iter()
        .filter(|candidate| candidate.user.is_none() && !met.contains(&&candidate.account.id));
    Ok((steps, strangers.count()))
}

/// By the backend's id, however it is written; else by the name there.
fn found<'a>(candidates: &'a [Candidate], who: &str) -> Option<&'a Candidate> {
    let id = |text: &str| text.replace('-', "").to_lowercase();
    candidates.iter().find(|candidate| id(&candidate.account.id) == id(who)).or_else(|| {
        let same = |name: &str| name_key(name) == name_key(who);
        candidates.iter().find(|candidate| same(&candidate.account.login_name))
    })
}

async fn one(ground: &Ground<'_>, candidate: &Candidate, address: &str) -> Result<Step> {
    let name = candidate.account.login_name.clone();
    let idle = |state, words: &str| Ok(Step::idle(Kind::Person, name.clone(), (state, words)));
    let Ok(address) = EmailAddress::parse(address) else {
        return idle(State::Skipped, "what stands in the file is no mail address");
    };
    if let Some((id, _)) = &candidate.user {
        return known(ground, (id, name), address).await;
    }
    if candidate.under_way {
        return idle(State::Skipped, "they are signing up here right now; run this again later");
    }
    if candidate.clash.is_some() {
        let words = "somebody here has that name already; if it is the same person, attach the account to them under Backends, Adopt";
        return idle(State::Conflict, words);
    }
    let Some(username) = candidate.username.clone() else {
        let words = "the account's name cannot be one here; adopt it under Backends with another";
        return idle(State::Conflict, words);
    };
    let mut words = match candidate.unusable {
        None => "becomes a user with their address".to_owned(),
        Some(_) => format!(
            "becomes the user {username} with their address, since the name there cannot be one here"
        ),
    };
    if candidate.account.admin {
        words.push_str("; an administrator there is no admin here");
    }
    if candidate.account.condition == domain::accounts::Condition::Disabled {
        words.push_str("; switched off there, so switched off here");
    }
    let adoption = Adoption {
        account: candidate.account.id.clone(),
        username: Some(username),
        email: Some(address),
        attach_to: None,
    };
    let Some(backend) = ground.place.id() else { return idle(State::Skipped, NO_BACKEND) };
    let act = Act::Adopt(backend.clone(), Box::new((candidate.account.clone(), adoption)));
    Ok(Step::busy(Kind::Person, name, (State::New, words), act))
}

/// Somebody who has that account here already.
async fn known(
    ground: &Ground<'_>,
    (id, name): (&UserId, String),
    address: EmailAddress,
) -> Result<Step> {
    let wanted = id.clone();
    let user = ground.service.read(move |tx| Ok(tx.users().get(&wanted)?)).await?;
    let before = user.and_then(|user| user.email);
    let same = |email: &domain::users::Email| email.address.key() == address.key();
    Ok(match before {
        Some(email) if same(&email) && email.confirmed => {
            Step::idle(Kind::Person, name, (State::Same, "is a user here with that address"))
        }
        Some(email) if !same(&email) => {
            let words = "has another address here, which is kept; change it on their page if the old one is right";
            Step::idle(Kind::Person, name, (State::Conflict, words))
        }
        _ => {
            let act = Act::Address(id.clone(), address);
            Step::busy(Kind::Person, name, (State::Changed, "gets their address"), act)
        }
    })
}
