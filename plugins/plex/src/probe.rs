//! Whether Plex and the server can be worked with, stage by stage, in words.
//!
//! Reads only. The host has resolved the names, connected and checked the certificates before. Without the
//! owner people can still sign in: that is a warning, not a failure.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Notice, Outcome, ProbeResult, Report, Severity, Stage};
use latchkey_sdk::settings;

use crate::cloud::{self, As, ask, client};
use crate::libraries;
use crate::person::{shown, user};
use crate::server;
use crate::view::View;

const STAGES: [&str; 5] = ["server", "credential", "rights", "people", "libraries"];

type Step = (Outcome, String);

/// All stages; those after a failed one are skipped.
#[must_use]
pub fn probe(lent: &impl Lent) -> ProbeResult {
    let mut run = Run { lent, stages: Vec::new(), since: lent.monotonic_ms() };
    let outcome = run.all();
    for name in STAGES.iter().skip(run.stages.len()) {
        run.end(name, (Outcome::Skipped, "not tried".to_owned()));
    }
    ProbeResult { stages: run.stages, outcome }
}

struct Run<'a, L> {
    lent: &'a L,
    stages: Vec<Stage>,
    since: u64,
}

impl<L: Lent> Run<'_, L> {
    fn all(&mut self) -> Result<Report, Fault> {
        let mut report = Report {
            product: "Plex Media Server".to_owned(),
            version: String::new(),
            server_id: None,
            features: vec!["sign-in".to_owned(), "homes".to_owned()],
            notices: Vec::new(),
        };
        let found = self.stage("server", the_server)?;
        report.version = found.version;
        report.server_id = Some(found.id.clone());
        if !cloud::connected(self.lent) {
            let detail = "the server's owner has not signed in with Plex: people can sign in, but \
                nobody can be invited";
            self.end("credential", (Outcome::Warned, detail.to_owned()));
            report.notices.push(Notice {
                severity: Severity::Warning,
                code: "plex.not-connected".to_owned(),
                detail: detail.to_owned(),
            });
            return Ok(report);
        }
        self.stage("credential", credential)?;
        self.stage("rights", |lent| {
            server::owned(lent, &found.id)?;
            server::learn(lent, &found.id);
            passed((), "the connected account owns this server")
        })?;
        self.stage("people", |lent| {
            let view = View::of(lent, &found.id)?;
            let (home, shares) = (view.home.len(), view.shares.len());
            passed((), format!("{home} in the Plex Home, {shares} shares and invitations"))
        })?;
        self.stage("libraries", |lent| {
            let sections = libraries::sections(lent, &found.id)?;
            passed((), format!("{} libraries can be shared", sections.len()))
        })?;
        report.features.extend(["accounts", "libraries", "profiles"].map(str::to_owned));
        Ok(report)
    }

    fn stage<T>(
        &mut self,
        name: &str,
        tried: impl FnOnce(&L) -> Result<(T, Step), Fault>,
    ) -> Result<T, Fault> {
        match tried(self.lent) {
            Ok((value, step)) => {
                self.end(name, step);
                Ok(value)
            }
            Err(fault) => {
                self.end(name, (Outcome::Failed, fault.detail.clone()));
                Err(fault)
            }
        }
    }

    fn end(&mut self, name: &str, (outcome, detail): Step) {
        let now = self.lent.monotonic_ms();
        let took_ms = u32::try_from(now.saturating_sub(self.since)).unwrap_or(u32::MAX);
        self.since = now;
        self.stages.push(Stage { name: name.to_owned(), outcome, detail, took_ms });
    }
}

fn passed<T>(value: T, detail: impl Into<String>) -> Result<(T, Step), Fault> {
    Ok((value, (Outcome::Passed, detail.into())))
}

fn the_server(lent: &impl Lent) -> Result<(server::Server, Step), Fault> {
    let found = server::identity(lent)?;
    if !found.claimed {
        let detail = "the server belongs to no Plex account yet: claim it in Plex first";
        return Err(Fault::new(Kind::Misconfigured, "plex.unclaimed", detail).about("url"));
    }
    if settings::text(lent, "machine_id").is_some_and(|id| id != found.id) {
        let detail = "another server answers there than the one whose machine identifier is set";
        return Err(
            Fault::new(Kind::Misconfigured, "plex.other-server", detail).about("machine_id")
        );
    }
    let words = format!("Plex Media Server {} answers", found.version);
    passed(found, words)
}

fn credential(lent: &impl Lent) -> Result<((), Step), Fault> {
    let owner = ask(lent, user(&client(lent), As::Owner), As::Owner)?;
    let name = shown(&owner).unwrap_or_default();
    passed((), format!("Plex accepts the token of {name}"))
}
