//! Jellyfin 10.9 to 12 for Latchkey: accounts, their profiles and passwords, sign-in by password, the
//! files of its own password reset, and a button on its login page.
//!
//! Every request goes to the one server the admin filled in, with the key the host puts in. What is
//! written back is what was read, changed in one place: fields this plugin does not know survive.
//! Nothing is remembered but which accounts were given the lyric right (the server never tells).

pub mod connect;
pub mod create;
pub mod devices;
pub mod login_page;
pub mod names;
pub mod passwords;
pub mod policy;
pub mod probe;
pub mod profile;
pub mod reset_files;
pub mod server;
pub mod sign_in;
pub mod time;
pub mod upkeep;
pub mod users;
pub mod version;

use latchkey_sdk::accounts::{
    Abilities, Access, Account, AccountPage, Accounts, Attempt, Attribute, Library, NewAccount,
    Offering, PageRequest, PasswordChange, PasswordRules,
};
use latchkey_sdk::branding::LoginPage;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::identity::{Identity, Verdict, Way};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, Minted, ProbeResult};
use latchkey_sdk::reset::{Reading, Reset, Specimen};
use latchkey_sdk::settings;

/// The plugin.
pub struct Jellyfin;

latchkey_sdk::export!(Jellyfin, "manifest.toml", accounts, identity, reset, branding);

impl Lifecycle for Jellyfin {
    fn check_settings(lent: &impl Lent) -> Vec<Fault> {
        let mut faults = Vec::new();
        match settings::required(lent, "url") {
            Ok(url) if !url.starts_with("https://") && !url.starts_with("http://") => {
                let detail = "the server address must start with https:// or http://";
                faults.push(Fault::new(Kind::Misconfigured, "jellyfin.url", detail).about("url"));
            }
            Ok(_) => {}
            Err(fault) => faults.push(fault),
        }
        faults
    }

    fn probe(lent: &impl Lent) -> ProbeResult {
        probe::probe(lent)
    }

    fn connect(lent: &impl Lent, answers: &[(String, String)]) -> Result<Vec<Minted>, Fault> {
        connect::connect(lent, answers)
    }
}

impl Accounts for Jellyfin {
    fn offer(lent: &impl Lent) -> Result<Offering, Fault> {
        let version = version::supported(lent)?;
        Ok(Offering {
            abilities: Abilities::CREATE
                | Abilities::RENAME
                | Abilities::DISABLE
                | Abilities::DELETE
                | Abilities::SET_PASSWORD
                | Abilities::OWN_PASSWORD
                | Abilities::PROFILES
                | Abilities::LIBRARIES
                | Abilities::LAST_SEEN,
            names: Some(names::rules(version)),
            // Jellyfin has no rule of its own; an empty password is never passed on.
            password: Some(PasswordRules { min: 1, max: u32::MAX, forbidden: String::new() }),
        })
    }

    fn list_accounts(lent: &impl Lent, page: &PageRequest) -> Result<AccountPage, Fault> {
        users::page(lent, page)
    }

    fn get(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        users::one(lent, id).map(|user| user.account())
    }

    fn find(lent: &impl Lent, login_name: &str) -> Result<Option<Account>, Fault> {
        Ok(users::named(lent, login_name)?.map(|user| user.account()))
    }

    fn create(lent: &impl Lent, account: &NewAccount, attempt: Attempt) -> Result<Account, Fault> {
        create::create(lent, account, attempt)
    }

    fn enable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        policy::enable(lent, id)
    }

    fn disable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        policy::disable(lent, id)
    }

    fn delete(lent: &impl Lent, id: &str) -> Result<(), Fault> {
        upkeep::remove(lent, id)
    }

    fn rename(lent: &impl Lent, id: &str, login_name: &str) -> Result<Account, Fault> {
        upkeep::rename(lent, id, login_name)
    }

    fn set_password(lent: &impl Lent, id: &str, new_password: &str) -> Result<(), Fault> {
        passwords::set(lent, id, new_password)
    }

    fn change_password(lent: &impl Lent, id: &str, change: &PasswordChange) -> Result<(), Fault> {
        passwords::change(lent, id, change)
    }

    fn set_libraries(lent: &impl Lent, id: &str, libraries: &Access) -> Result<Account, Fault> {
        policy::set_libraries(lent, id, libraries)
    }

    fn list_libraries(lent: &impl Lent) -> Result<Vec<Library>, Fault> {
        upkeep::libraries(lent)
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

impl Identity for Jellyfin {
    fn ways(_lent: &impl Lent) -> Way {
        Way::PASSWORD
    }

    fn check_password(
        lent: &impl Lent,
        login_name: &str,
        subject: Option<&str>,
        password: &str,
    ) -> Result<Verdict, Fault> {
        sign_in::check(lent, login_name, subject, password)
    }
}

impl Reset for Jellyfin {
    fn patterns(_lent: &impl Lent) -> Vec<String> {
        reset_files::patterns()
    }

    fn read(lent: &impl Lent, file_name: &str, content: &[u8]) -> Result<Reading, Fault> {
        Ok(reset_files::read(file_name, content, lent.now().seconds))
    }

    fn make_specimen(lent: &impl Lent, login_name: &str) -> Result<Specimen, Fault> {
        Ok(reset_files::specimen(lent, login_name))
    }

    fn redeem(lent: &impl Lent, pin: &str) -> Result<Vec<String>, Fault> {
        reset_files::redeem(lent, pin)
    }

    fn start(lent: &impl Lent, login_name: &str) -> Result<(), Fault> {
        reset_files::start(lent, login_name)
    }
}

impl LoginPage for Jellyfin {
    fn offer(lent: &impl Lent, url: &str, label: &str) -> Result<(), Fault> {
        login_page::offer(lent, url, label)
    }

    fn withdraw(lent: &impl Lent) -> Result<(), Fault> {
        login_page::withdraw(lent)
    }

    fn present(lent: &impl Lent) -> Result<bool, Fault> {
        login_page::present(lent)
    }
}
