//! The way to mail methods.
//!
//! Two things answer it: the plugins, and the tests' own methods.

use crate::house::Service;
use core::future::Future;
use domain::fault::{Fault, FaultKind};
use domain::ids::MailId;
use domain::messages::{Outgoing, Receipt};

/// Hands messages over.
pub(crate) trait Carrier: Sync {
    /// One receipt a recipient.
    fn send(
        &self,
        method: &MailId,
        message: &Outgoing,
    ) -> impl Future<Output = Result<Vec<Receipt>, Fault>> + Send;
}

impl Carrier for Service {
    async fn send(&self, method: &MailId, message: &Outgoing) -> Result<Vec<Receipt>, Fault> {
        let instance = self.sandbox().instance(method).ok_or_else(|| {
            let refused = self.inside().posts.get(method).and_then(|post| post.refused);
            refused.unwrap_or_else(|| {
                let words = "its plugin is not loaded, or does not accept its settings";
                Fault::new(FaultKind::Unavailable, "host.no-instance", words)
            })
        })?;
        instance.send(message).await
    }
}
