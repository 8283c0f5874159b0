//! Plex for Latchkey: sign-in by Plex's own page, Plex Home profiles, and shares of a media server.
//!
//! Who somebody is comes out of plex.tv's answers to their own token and nowhere else; whether they belong to
//! the server is judged by its machine identifier. The owner's token is put in by the host and never seen here;
//! people's tokens live in what the host seals. JSON only. Remembered are this installation's client identifier and the
//! server's machine identifier.

pub mod cloud;
pub mod connect;
pub mod entry;
pub mod home;
pub mod invite;
pub mod libraries;
pub mod member;
pub mod note;
pub mod people;
pub mod person;
pub mod probe;
pub mod profile;
pub mod reply;
pub mod server;
pub mod sign_in;
pub mod tier;
pub mod view;

use latchkey_sdk::accounts::{
    Abilities, Access, Account, AccountPage, Accounts, Attempt, Attribute, Library, NewAccount,
    Offering, PageRequest,
};
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::{Beginning, Identity, Progress, Prompt, Sealed, Standing, Way};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, Minted, ProbeResult};
use latchkey_sdk::settings;

/// The plugin.
pub struct Plex;

latchkey_sdk::export!(Plex, "manifest.toml", accounts, identity);

impl Lifecycle for Plex {
    fn check_settings(lent: &impl Lent) -> Vec<Fault> {
        let check = |key: &str| match settings::required(lent, key) {
            Ok(url) if url.starts_with("https://") || url.starts_with("http://") => None,
            Ok(_) => {
                let detail = "an address starts with https:// or http://";
                Some(Fault::new(Kind::Misconfigured, "plex.url", detail).about(key))
            }
            Err(fault) => Some(fault),
        };
        ["url", "plex_tv", "clients", "app"].into_iter().filter_map(check).collect()
    }

    fn probe(lent: &impl Lent) -> ProbeResult {
        probe::probe(lent)
    }

    fn connect(lent: &impl Lent, answers: &[(String, String)]) -> Result<Vec<Minted>, Fault> {
        connect::connect(lent, answers)
    }
}

impl Accounts for Plex {
    fn offer(lent: &impl Lent) -> Result<Offering, Fault> {
        let abilities = if cloud::connected(lent) {
            Abilities::INVITE | Abilities::DELETE | Abilities::LIBRARIES | Abilities::PROFILES
        } else {
            Abilities::empty()
        };
        Ok(Offering { abilities, names: None, password: None })
    }

    fn list_accounts(lent: &impl Lent, page: &PageRequest) -> Result<AccountPage, Fault> {
        people::page(lent, page)
    }

    fn get(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        people::one(&people::view(lent)?, id)
    }

    fn find(lent: &impl Lent, login_name: &str) -> Result<Option<Account>, Fault> {
        Ok(people::named(&people::view(lent)?, login_name))
    }

    fn create(lent: &impl Lent, account: &NewAccount, attempt: Attempt) -> Result<Account, Fault> {
        invite::create(lent, account, attempt)
    }

    fn delete(lent: &impl Lent, id: &str) -> Result<(), Fault> {
        people::remove(lent, id)
    }

    fn set_libraries(lent: &impl Lent, id: &str, libraries: &Access) -> Result<Account, Fault> {
        profile::set_libraries(lent, id, libraries)
    }

    fn list_libraries(lent: &impl Lent) -> Result<Vec<Library>, Fault> {
        libraries::libraries(lent, &server::machine(lent)?)
    }

    fn capture_profile(lent: &impl Lent, id: &str) -> Result<String, Fault> {
        profile::capture(lent, id)
    }

    fn apply_profile(lent: &impl Lent, id: &str, document: &str) -> Result<Account, Fault> {
        profile::apply(lent, id, document)
    }

    fn describe_profile(_lent: &impl Lent, document: &str) -> Result<Vec<Attribute>, Fault> {
        profile::describe(document)
    }
}

impl Identity for Plex {
    fn ways(_lent: &impl Lent) -> Way {
        Way::REDIRECT
    }

    fn begin(lent: &impl Lent, beginning: &Beginning) -> Result<Prompt, Fault> {
        sign_in::begin(lent, beginning)
    }

    fn advance(
        lent: &impl Lent,
        attempt: &Sealed,
        _callback: &[(String, String)],
    ) -> Result<Progress, Fault> {
        sign_in::advance(lent, attempt)
    }

    fn pick(
        lent: &impl Lent,
        attempt: &Sealed,
        home_user: &str,
        pin: Option<&str>,
    ) -> Result<Progress, Fault> {
        home::pick(lent, attempt, home_user, pin)
    }

    fn membership(
        lent: &impl Lent,
        subject: &str,
        grant: Option<&Sealed>,
    ) -> Result<Standing, Fault> {
        member::standing(lent, subject, grant)
    }

    fn release(lent: &impl Lent, grant: &Sealed) -> Result<(), Fault> {
        member::release(lent, grant)
    }
}
