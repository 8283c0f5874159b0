//! The owner's sign-in, which becomes the token that the host keeps.
//!
//! Only the owner of this very server is taken: anybody else's token could not share it.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::Minted;

use crate::cloud::{As, OWNER, ask};
use crate::note::{Grant, opened};
use crate::server;
use crate::tier::{self, Tier};

/// The answer's name, by the contract.
const GRANT: &str = "grant";

/// Takes the token out of a finished sign-in.
///
/// # Errors
/// `forbidden` for somebody who does not own the server; else as the network and Plex have it.
pub fn connect(lent: &impl Lent, answers: &[(String, String)]) -> Result<Vec<Minted>, Fault> {
    let missing = || {
        let detail = "the owner has to sign in with Plex first";
        Fault::new(Kind::InvalidInput, "plex.missing", detail).about(GRANT)
    };
    let answer = answers.iter().find(|(name, _)| name == GRANT).ok_or_else(missing)?;
    let bytes = BASE64_STANDARD.decode(&answer.1).map_err(|_cause| missing())?;
    let grant: Grant = opened(&bytes)?;
    let machine = server::meant(lent)?;
    let by = As::Person(&grant.token);
    let resources = ask(lent, tier::resources(&grant.client, by), by)?;
    if Tier::of(&resources, &machine)? != Some(Tier::Owner) {
        let detail =
            "this Plex account does not own the server: sign in as the one it was claimed with";
        return Err(Fault::new(Kind::Forbidden, "plex.not-owner", detail).about(GRANT));
    }
    server::learn(lent, &machine);
    Ok(vec![Minted { key: OWNER.to_owned(), value: grant.token }])
}
