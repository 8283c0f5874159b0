//! Where a person's password is kept, and whether a link may set it there.
//!
//! Two things answer it: the plugins, and the tests' own backends. Guarantees: an account that is
//! privileged, or of which nobody knows whether it is, is not set.

use crate::backends;
use crate::house::Service;
use crate::passwords::PasswordOutcome;
use core::future::Future;
use domain::accounts::BackendAccount;
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::secret::Secret;
use domain::users::{Account, AccountState, User};
use tokio::task::JoinSet;

/// The way to accounts on backends.
pub(crate) trait Places: Clone + Send + Sync + 'static {
    /// An account as it is now.
    fn account(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> impl Future<Output = Result<BackendAccount, Fault>> + Send;
    /// Sets its password and ends its sessions there.
    fn set(
        &self,
        backend: &BackendId,
        id: &str,
        password: &Secret,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
}

impl Places for Service {
    async fn account(&self, backend: &BackendId, id: &str) -> Result<BackendAccount, Fault> {
        self.reached(backend)?.account(id).await
    }

    async fn set(&self, backend: &BackendId, id: &str, password: &Secret) -> Result<(), Fault> {
        self.reached(backend)?.set_password(id, password).await
    }
}

/// What a link can do in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Prospect {
    /// Set the password.
    Good,
    /// Nothing, and so it stays.
    Never(PasswordOutcome, Fault),
    /// Nothing just now: it cannot be asked, and unknown is not "no".
    Unknown(Fault),
}

/// The accounts a link may reach at all.
pub(super) fn reachable(user: &User) -> impl Iterator<Item = &Account> {
    user.accounts.iter().filter(|account| account.state != AccountState::Gone)
}

/// What a link can do at one account.
pub(super) async fn prospect<P: Places>(
    service: &Service,
    places: &P,
    account: &Account,
) -> Prospect {
    let Ok(view) = backends::get(service, &account.backend) else {
        let words = "the backend is not set up any more";
        let fault = Fault::new(FaultKind::Unsupported, "host.no-backend", words);
        return Prospect::Never(PasswordOutcome::Unsupported, fault);
    };
    // A backend that has never answered is asked: it says itself what it cannot.
    if view.offer.is_some_and(|offer| !offer.abilities.set_password) {
        let words = "passwords cannot be set there from outside";
        let fault = Fault::new(FaultKind::Unsupported, "host.no-set-password", words);
        return Prospect::Never(PasswordOutcome::Unsupported, fault);
    }
    match places.account(&account.backend, &account.id).await {
        Ok(there) if there.privileged => {
            let words = "the account may do so much there that its password is not set by a link";
            let fault = Fault::new(FaultKind::Forbidden, "host.privileged", words);
            Prospect::Never(PasswordOutcome::Refused, fault)
        }
        Ok(BackendAccount { foreign: Some(why), .. }) => {
            let fault = Fault::new(FaultKind::Unsupported, "host.foreign", why);
            Prospect::Never(PasswordOutcome::Unsupported, fault)
        }
        Ok(_) => Prospect::Good,
        Err(fault) if matches!(fault.kind, FaultKind::NotFound) => {
            Prospect::Never(PasswordOutcome::Failed, fault)
        }
        Err(fault) if matches!(fault.kind, FaultKind::Unsupported) => {
            Prospect::Never(PasswordOutcome::Unsupported, fault)
        }
        Err(fault) => Prospect::Unknown(fault),
    }
}

/// The same for every account of a user; backends do not wait for one another.
pub(super) async fn prospects<P: Places>(
    service: &Service,
    places: &P,
    user: &User,
) -> Vec<Prospect> {
    let mut running = JoinSet::new();
    for account in reachable(user) {
        let (service, places, account) = (service.clone(), places.clone(), account.clone());
        running.spawn(async move { prospect(&service, &places, &account).await });
    }
    running.join_all().await
}
