//! Taking over from a predecessor: what the command asks for, and what it gets back.
//!
//! The predecessor's files are read by the command and travel in the order: the running server may not be
//! allowed to see the folder.

use domain::ids::BackendId;
use domain::role::Admin;
use serde::{Deserialize, Serialize};
use service::import::jellyfin_accounts::{self, files::Files};
use service::import::{Plan, Refused, Report};
use service::{Service, backends};

/// What is to be taken over.
#[derive(Clone, Serialize, Deserialize)]
pub struct Errand {
    /// The files, by the program they are of.
    pub of: Predecessor,
    /// The backend the accounts are on, where the admin says so.
    pub backend: Option<String>,
    /// Only tell what would be done.
    pub dry_run: bool,
}

/// A predecessor's files.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Predecessor {
    /// A jellyfin-accounts folder.
    JellyfinAccounts(Box<Files>),
}

/// What became of it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was only planned.
    Planned(Plan),
    /// It was done.
    Done(Report),
}

/// Plans it or does it.
///
/// # Errors
/// One sentence.
pub async fn carry_out(service: &Service, errand: Errand) -> Result<Outcome, String> {
    let admin = Admin::at_the_console();
    let backend = errand.backend.map(|id| BackendId::parse(&id)).transpose();
    let backend = backend.map_err(|bad| format!("--backend: {bad}"))?;
    if let Some(id) = backend.as_ref().filter(|id| backends::get(service, id).is_err()) {
        let words = "the page Backends names those there are; nothing was changed";
        return Err(format!("--backend: there is no backend {:?}; {words}", id.as_str()));
    }
    let Predecessor::JellyfinAccounts(files) = errand.of;
    let done = if errand.dry_run {
        let plan = jellyfin_accounts::plan(service, &admin, &files, backend.as_ref()).await;
        plan.map(Outcome::Planned)
    } else {
        let report = jellyfin_accounts::apply(service, &admin, &files, backend.as_ref()).await;
        report.map(Outcome::Done)
    };
    done.map_err(|refused| match refused {
        Refused::Broken(broken) => format!("{broken}; nothing was changed"),
        Refused::Service(error) => crate::refusal::sentence(&error),
    })
}
