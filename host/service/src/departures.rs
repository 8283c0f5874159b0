//! What ends when a way to sign in is there no more, or leads elsewhere under its old name.
//!
//! Guarantees: sessions begun by it, sign-ins between two proofs and browsers on their way end, whether it
//! went by a page, by the file or with its backend, and also where that happened while we were not running.
//! Does not: forget whose identities they were, or know what is configured; who calls says that.

use crate::error::Result;
use crate::house::Service;
use domain::ids::ProviderId;
use std::collections::BTreeMap;
use store::WriteTx;

/// Which ways there were, and whom each led to.
const KNOWN: &str = "ways-to-sign-in";

/// Ways to sign in, each with what keys its identities: an issuer's URL, a backend's id.
pub(crate) type Ways = BTreeMap<String, String>;

/// Ends whatever was begun by it; how many sessions that were.
///
/// # Errors
/// The store's.
pub(crate) fn end(tx: &WriteTx, id: &ProviderId) -> Result<usize> {
    tx.tickets().delete_of_provider(id)?;
    tx.flows().delete_of_provider(id)?;
    Ok(tx.sessions().delete_of_provider(id)?)
}

/// Ends what was begun by ways that are not among these any more, or lead elsewhere.
///
/// # Errors
/// Only our own.
pub(crate) async fn settle(service: &Service, there: Ways) -> Result<()> {
    let before: Option<Ways> = service.read(|tx| Ok(tx.meta().get(KNOWN)?)).await?;
    if before.as_ref() == Some(&there) {
        return Ok(());
    }
    let before = before.unwrap_or_default();
    let is_gone = |(id, issuer): &(&String, &String)| there.get(*id) != Some(*issuer);
    let gone = before.iter().filter(is_gone).filter_map(|(id, _)| ProviderId::parse(id).ok());
    let gone: Vec<ProviderId> = gone.collect();
    service
        .write(move |tx| {
            for id in &gone {
                let sessions = end(tx, id)?;
                tracing::info!(provider.id = %id, sessions, "a way to sign in is there no more");
            }
            Ok(tx.meta().put(KNOWN, &there)?)
        })
        .await
}

#[cfg(test)]
mod tests;
