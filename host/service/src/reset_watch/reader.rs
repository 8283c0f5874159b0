//! What a watch asks of a backend's plugin, apart from how it is reached.
//!
//! Two things answer it: the plugins, and the tests' own reader.

use crate::error::ServiceError;
use crate::house::Service;
use core::future::Future;
use domain::accounts::BackendAccount;
use domain::fault::{Fault, FaultKind};
use domain::ids::BackendId;
use domain::resets::{FilePattern, Reading, Specimen};

/// Knows a backend's reset files.
pub(crate) trait Reader: Clone + Send + Sync + 'static {
    /// Which files.
    fn patterns(
        &self,
        backend: &BackendId,
    ) -> impl Future<Output = Result<Vec<FilePattern>, Fault>> + Send;
    /// What is in one.
    fn read(
        &self,
        backend: &BackendId,
        file_name: &str,
        content: &[u8],
    ) -> impl Future<Output = Result<Reading, Fault>> + Send;
    /// The account of that id; none where the backend says that there is none.
    fn account(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> impl Future<Output = Result<Option<BackendAccount>, Fault>> + Send;
    /// The account of that name, compared as the backend compares.
    fn find(
        &self,
        backend: &BackendId,
        login_name: &str,
    ) -> impl Future<Output = Result<Option<BackendAccount>, Fault>> + Send;
    /// A harmless one.
    fn specimen(
        &self,
        backend: &BackendId,
        login_name: &str,
    ) -> impl Future<Output = Result<Specimen, Fault>> + Send;
}

impl Reader for Service {
    async fn patterns(&self, backend: &BackendId) -> Result<Vec<FilePattern>, Fault> {
        reached(self, backend)?.reset_patterns().await
    }

    async fn read(
        &self,
        backend: &BackendId,
        file_name: &str,
        content: &[u8],
    ) -> Result<Reading, Fault> {
        reached(self, backend)?.read_reset(file_name, content).await
    }

    async fn account(
        &self,
        backend: &BackendId,
        id: &str,
    ) -> Result<Option<BackendAccount>, Fault> {
        match reached(self, backend)?.account(id).await {
            Ok(account) => Ok(Some(account)),
            Err(fault) if fault.kind == FaultKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    async fn find(
        &self,
        backend: &BackendId,
        login_name: &str,
    ) -> Result<Option<BackendAccount>, Fault> {
        reached(self, backend)?.find(login_name).await
    }

    async fn specimen(&self, backend: &BackendId, login_name: &str) -> Result<Specimen, Fault> {
        reached(self, backend)?.make_specimen(login_name).await
    }
}

fn reached(service: &Service, backend: &BackendId) -> Result<sandbox::Instance, Fault> {
    service.instance(backend).map_err(|error| match error {
        ServiceError::Backend(fault) => fault,
        other => Fault::new(FaultKind::Misconfigured, "host.no-backend", other.to_string()),
    })
}
