//! The role `accounts`: accounts on a backend, and the profile documents they are made from.
//!
//! A plugin implements [`Accounts`]; what it leaves out answers `unsupported`. The contract's own
//! words on each call stand in `wit/`.

use crate::Exported;
use crate::bindings::accounts::exports::latchkey::accounts::backend as wire;
use crate::fault::Fault;
use crate::lent::Lent;

pub use crate::bindings::shared::latchkey::common::{
    attribute::{Attribute, Value},
    paging::PageRequest,
};
pub use wire::{
    Abilities, Access, Account, AccountPage, Attempt, Condition, Library, NameRules, NewAccount,
    Offering, PasswordRules,
};

/// The old password, which proves the person, and the new one.
#[derive(Clone)]
pub struct PasswordChange {
    /// The password that holds now.
    pub old: String,
    /// The password that shall hold.
    pub new: String,
}

/// Accounts on a backend, and the profile documents they are made from.
pub trait Accounts {
    /// What this version of the server allows with this credential.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn offer(lent: &impl Lent) -> Result<Offering, Fault>;

    /// A page of accounts; what is not whole is a fault.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn list_accounts(lent: &impl Lent, page: &PageRequest) -> Result<AccountPage, Fault>;

    /// One account by its id.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn get(lent: &impl Lent, id: &str) -> Result<Account, Fault>;

    /// One account by login name, compared as the backend compares.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn find(lent: &impl Lent, login_name: &str) -> Result<Option<Account>, Fault>;

    /// Makes the account and nothing more.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn create(lent: &impl Lent, account: &NewAccount, attempt: Attempt) -> Result<Account, Fault> {
        let _unused = (lent, account, attempt);
        Err(Fault::unsupported("make accounts"))
    }

    /// Switches an account on.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn enable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        let _unused = (lent, id);
        Err(Fault::unsupported("enable accounts"))
    }

    /// Switches an account off and ends its sessions.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn disable(lent: &impl Lent, id: &str) -> Result<Account, Fault> {
        let _unused = (lent, id);
        Err(Fault::unsupported("disable accounts"))
    }

    /// Deletes an account; fine where it was gone.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn delete(lent: &impl Lent, id: &str) -> Result<(), Fault> {
        let _unused = (lent, id);
        Err(Fault::unsupported("delete accounts"))
    }

    /// Gives an account another login name.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn rename(lent: &impl Lent, id: &str, login_name: &str) -> Result<Account, Fault> {
        let _unused = (lent, id, login_name);
        Err(Fault::unsupported("rename accounts"))
    }

    /// Sets a password with the stored credential.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn set_password(lent: &impl Lent, id: &str, new_password: &str) -> Result<(), Fault> {
        let _unused = (lent, id, new_password);
        Err(Fault::unsupported("set passwords"))
    }

    /// Changes a password as the person, who proves the old one.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn change_password(lent: &impl Lent, id: &str, change: &PasswordChange) -> Result<(), Fault> {
        let _unused = (lent, id, change);
        Err(Fault::unsupported("change a person's own password"))
    }

    /// Says what an account may see.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn set_libraries(lent: &impl Lent, id: &str, libraries: &Access) -> Result<Account, Fault> {
        let _unused = (lent, id, libraries);
        Err(Fault::unsupported("choose libraries"))
    }

    /// What there is to see.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn list_libraries(lent: &impl Lent) -> Result<Vec<Library>, Fault> {
        let _unused = (lent,);
        Err(Fault::unsupported("list libraries"))
    }

    /// The profile document of a model account.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn capture_profile(lent: &impl Lent, id: &str) -> Result<String, Fault> {
        let _unused = (lent, id);
        Err(Fault::unsupported("capture profiles"))
    }

    /// Makes an account like a profile document; idempotent.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn apply_profile(lent: &impl Lent, id: &str, document: &str) -> Result<Account, Fault> {
        let _unused = (lent, id, document);
        Err(Fault::unsupported("apply profiles"))
    }

    /// A profile document in words.
    ///
    /// # Errors
    /// A fault says what the host shall do about it.
    fn describe_profile(lent: &impl Lent, document: &str) -> Result<Vec<Attribute>, Fault> {
        let _unused = (lent, document);
        Err(Fault::unsupported("describe profiles"))
    }
}

impl<P: Accounts + 'static> wire::Guest for Exported<P> {
    fn offer() -> Result<Offering, Fault> {
        P::offer(&crate::begin())
    }

    fn list_accounts(page: PageRequest) -> Result<AccountPage, Fault> {
        P::list_accounts(&crate::begin(), &page)
    }

    fn get(id: String) -> Result<Account, Fault> {
        P::get(&crate::begin(), &id)
    }

    fn find(login_name: String) -> Result<Option<Account>, Fault> {
        P::find(&crate::begin(), &login_name)
    }

    fn create(account: NewAccount, attempt: Attempt) -> Result<Account, Fault> {
        P::create(&crate::begin(), &account, attempt)
    }

    fn enable(id: String) -> Result<Account, Fault> {
        P::enable(&crate::begin(), &id)
    }

    fn disable(id: String) -> Result<Account, Fault> {
        P::disable(&crate::begin(), &id)
    }

    fn delete(id: String) -> Result<(), Fault> {
        P::delete(&crate::begin(), &id)
    }

    fn rename(id: String, login_name: String) -> Result<Account, Fault> {
        P::rename(&crate::begin(), &id, &login_name)
    }

    fn set_password(id: String, new_password: String) -> Result<(), Fault> {
        P::set_password(&crate::begin(), &id, &new_password)
    }

    fn change_password(
        id: String,
        old_password: String,
        new_password: String,
    ) -> Result<(), Fault> {
        let change = PasswordChange { old: old_password, new: new_password };
        P::change_password(&crate::begin(), &id, &change)
    }

    fn set_libraries(id: String, libraries: Access) -> Result<Account, Fault> {
        P::set_libraries(&crate::begin(), &id, &libraries)
    }

    fn list_libraries() -> Result<Vec<Library>, Fault> {
        P::list_libraries(&crate::begin())
    }

    fn capture_profile(id: String) -> Result<String, Fault> {
        P::capture_profile(&crate::begin(), &id)
    }

    fn apply_profile(id: String, document: String) -> Result<Account, Fault> {
        P::apply_profile(&crate::begin(), &id, &document)
    }

    fn describe_profile(document: String) -> Result<Vec<Attribute>, Fault> {
        P::describe_profile(&crate::begin(), &document)
    }
}
