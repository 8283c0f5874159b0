//! Whether somebody still belongs to the server: by their own token, else by the owner's lists.
//!
//! Unknown is an answer: a token that died or a Plex that is down says nothing about anybody.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::{Attribute, Sealed, Standing, Value as Told};
use latchkey_sdk::lent::Lent;

use crate::cloud;
use crate::entry;
use crate::note::{Grant, opened};
use crate::person::attribute;
use crate::server;
use crate::view::{self, Known};

/// What Plex says now.
///
/// # Errors
/// `invalid-input` for a subject that is none of Plex's.
pub fn standing(
    lent: &impl Lent,
    subject: &str,
    grant: Option<&Sealed>,
) -> Result<Standing, Fault> {
    let id = subject_id(subject)?;
    match told(lent, id, grant) {
        Ok(standing) => Ok(standing),
        Err(fault) => Ok(Standing::Unknown(fault.detail)),
    }
}

/// A subject is Plex's number of a person.
///
/// # Errors
/// `invalid-input` where it is none.
pub fn subject_id(subject: &str) -> Result<u64, Fault> {
    subject.parse().map_err(|_cause| {
        let detail = "nobody at Plex has such a number";
        Fault::new(Kind::InvalidInput, "plex.subject", detail).about("subject")
    })
}

fn told(lent: &impl Lent, id: u64, grant: Option<&Sealed>) -> Result<Standing, Fault> {
    let machine = server::machine(lent)?;
    let own = match grant.map(opened::<Grant>).transpose()? {
        Some(grant) if grant.id == id => entry::own_word(lent, &grant, &machine)?,
        _ => None,
    };
    match own {
        // Their own list may only be late; nobody is shut out against the owner's.
        Some(Standing::Outsider) if cloud::connected(lent) => {
            Ok(match by_owner(lent, &machine, id) {
                Ok(seen @ (Standing::Member(_) | Standing::Invited)) => seen,
                Ok(Standing::Outsider | Standing::Unknown(_)) | Err(_) => Standing::Outsider,
            })
        }
        Some(standing) => Ok(standing),
        None if cloud::connected(lent) => by_owner(lent, &machine, id),
        None => Ok(Standing::Unknown("nobody's token is left to ask with".to_owned())),
    }
}

fn by_owner(lent: &impl Lent, machine: &str, id: u64) -> Result<Standing, Fault> {
    let seen = view::standing(lent, machine, id)?;
    Ok(match seen.standing {
        Known::Member(tier) => {
            let tier = Told::Text(tier.word().to_owned());
            let told: Vec<Attribute> = [attribute("plex_tier", tier)]
                .into_iter()
                .chain(seen.told)
                .chain(seen.home)
                .collect();
            Standing::Member(told)
        }
        Known::Invited => Standing::Invited,
        Known::Unsaid => {
            let words = "they are of the owner's home, and Plex does not say with which libraries";
            Standing::Unknown(words.to_owned())
        }
        Known::Outside => Standing::Outsider,
    })
}

/// Signs the token out.
///
/// # Errors
/// As the network and Plex have it.
pub fn release(lent: &impl Lent, grant: &Sealed) -> Result<(), Fault> {
    let grant: Grant = opened(grant)?;
    entry::sign_out(lent, &grant.client, &grant.token)
}
