//! What a sign-up asks of backends, apart from how they are reached.
//!
//! Two things answer it: the plugins, and the tests' own backends.

use crate::error::ServiceError;
use crate::house::Service;
use core::future::Future;
use domain::accounts::{Attempt, BackendAccount, NewAccount};
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;

/// The way to backends.
pub(crate) trait Reach: Clone + Send + Sync + 'static {
    /// The account of that name, compared as the backend compares.
    fn find(
        &self,
        backend: &BackendId,
        name: &str,
    ) -> impl Future<Output = Result<Option<BackendAccount>, Fault>> + Send;
    /// The account of that id.
    fn account(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> impl Future<Output = Result<BackendAccount, Fault>> + Send;
    /// A new account.
    fn create(
        &self,
        backend: &BackendId,
        account: &NewAccount,
        attempt: Attempt,
    ) -> impl Future<Output = Result<BackendAccount, Fault>> + Send;
    /// Makes an account like a profile's document.
    fn apply_profile(
        &self,
        backend: &BackendId,
        id: &str,
        document: &str,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
    /// Takes an account away; good also where it is gone.
    fn delete(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
    /// Whether the backend is set up at all.
    fn knows(&self, backend: &BackendId) -> bool;
}

impl Service {
    pub(crate) fn reached(&self, backend: &BackendId) -> Result<sandbox::Instance, Fault> {
        self.instance(backend).map_err(|error| match error {
            ServiceError::Backend(fault) => fault,
            other => Fault::new(FaultKind::Misconfigured, "host.no-backend", other.to_string()),
        })
    }
}

impl Reach for Service {
    async fn find(&self, backend: &BackendId, name: &str) -> Result<Option<BackendAccount>, Fault> {
        self.reached(backend)?.find(name).await
    }

    async fn account(&self, backend: &BackendId, id: &str) -> Result<BackendAccount, Fault> {
        self.reached(backend)?.account(id).await
    }

    async fn create(
        &self,
        backend: &BackendId,
        account: &NewAccount,
        attempt: Attempt,
    ) -> Result<BackendAccount, Fault> {
        self.reached(backend)?.create(account, attempt).await
    }

    async fn apply_profile(
        &self,
        backend: &BackendId,
        id: &str,
        document: &str,
    ) -> Result<(), Fault> {
        self.reached(backend)?.apply_profile(id, document).await.map(drop)
    }

    async fn delete(&self, backend: &BackendId, id: &str) -> Result<(), Fault> {
        self.reached(backend)?.delete(id).await
    }

    fn knows(&self, backend: &BackendId) -> bool {
        self.inside().board.look(backend, |_entry| ()).is_some()
    }
}
