//! Whether the server can be worked with, stage by stage, in words.
//!
//! Reads only. The host has resolved the name, connected and checked the certificate before.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, Response};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Notice, Outcome, ProbeResult, Report, Severity, Stage};
use serde_json::Value;

use crate::server::{self, As, get};
use crate::users::OWN_PROVIDER;
use crate::version::{self, Info};

const STAGES: [&str; 5] = ["reach", "started", "version", "credential", "rights"];

/// What happened in one stage: how it ended and one sentence.
type Step = (Outcome, String);

/// All five stages; those after a failed one are skipped.
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
        let mut notices = Vec::new();
        let answers = self.stage("reach", reach)?;
        let info = self.stage("started", |_| started(&answers))?;
        self.stage("version", |_| version_fits(&info, &mut notices))?;
        self.stage("credential", credential)?;
        self.stage("rights", |lent| rights(lent, &info, &mut notices))?;
        Ok(Report {
            product: "Jellyfin".to_owned(),
            version: info.text,
            server_id: Some(info.id),
            features: ["accounts", "password-check", "libraries", "profiles"]
                .map(str::to_owned)
                .to_vec(),
            notices,
        })
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

struct Answers {
    health: Response,
    info: Response,
}

fn reach(lent: &impl Lent) -> Result<(Answers, Step), Fault> {
    let requests = vec![Request::get(server::ENDPOINT, "/health"), version::get_info()];
    let mut answers = Request::send_all(lent, requests).into_iter();
    let mut next = || answers.next().unwrap_or_else(|| Err(short()));
    let answers = Answers { health: next()?, info: next()? };
    for response in [&answers.health, &answers.info] {
        if (300..400).contains(&response.status()) {
            return Err(server::refusal(response));
        }
    }
    passed(answers, "the server answers")
}

fn short() -> Fault {
    Fault::new(Kind::Internal, "jellyfin.short", "fewer answers than requests")
}

/// Any 503, any page, any health but `Healthy` and the start-up program's camelCase answer mean
/// "starting or down", nothing more.
fn started(answers: &Answers) -> Result<(Info, Step), Fault> {
    let info = Info::of(&answers.info)?;
    let health = answers.health.text();
    // A proxy may keep health checks to itself; then the public information has to do.
    let hidden = matches!(answers.health.status(), 401 | 403 | 404);
    if !hidden && (answers.health.status() != 200 || health.trim() != "Healthy") {
        return Err(server::starting(&answers.health));
    }
    if !info.set_up {
        let detail =
            "Jellyfin's own set-up is not finished; open it in a browser and end the wizard";
        return Err(Fault::new(Kind::Misconfigured, "jellyfin.not-set-up", detail));
    }
    passed(info, "healthy and set up")
}

fn version_fits(info: &Info, notices: &mut Vec<Notice>) -> Result<((), Step), Fault> {
    if info.version < version::OLDEST {
        return Err(version::too_old(info));
    }
    if info.version.major <= version::NEWEST_MAJOR {
        return passed((), format!("Jellyfin {}", info.text));
    }
    let detail = format!("Jellyfin {} is newer than this plugin knows; most will work", info.text);
    notices.push(notice(Severity::Warning, "jellyfin.newer-version", &detail));
    Ok(((), (Outcome::Warned, detail)))
}

fn credential(lent: &impl Lent) -> Result<((), Step), Fault> {
    if !lent.has_secret(server::KEY) {
        let detail =
            "no API key yet: connect with an administrator's name and password, or fill one in";
        return Err(Fault::new(Kind::Misconfigured, "jellyfin.no-key", detail).about(server::KEY));
    }
    server::read(lent, get("/System/Info", &As::Key))?;
    passed((), "the server accepts the API key")
}

fn rights(lent: &impl Lent, info: &Info, notices: &mut Vec<Notice>) -> Result<((), Step), Fault> {
    let providers = match server::read(lent, get("/Auth/Providers", &As::Key)) {
        Err(fault) if fault.kind == Kind::Forbidden => return Err(no_admin(fault)),
        answer => answer?,
    };
    let others = others(&providers);
    if !others.is_empty() {
        let detail =
            format!("accounts may belong to other sign-in providers: {}", others.join(", "));
        notices.push(notice(Severity::Info, "jellyfin.other-providers", &detail));
    }
    if info.version.from(10, 11, 0) && legacy(lent)? {
        let detail = "the older authorization headers are still switched on (EnableLegacyAuthorization); \
            Latchkey does not need them, and Jellyfin 12 switches them off";
        notices.push(notice(Severity::Info, "jellyfin.legacy-authorization", detail));
    }
    passed((), "the key is an administrator's")
}

fn no_admin(fault: Fault) -> Fault {
    let detail = "the credential is no administrator's: an API key is needed, not a person's token";
    Fault { code: "jellyfin.no-administrator".to_owned(), detail: detail.to_owned(), ..fault }
}

fn others(providers: &Value) -> Vec<&str> {
    let id =
        |provider: &Value, key: &str| provider.get(key).and_then(Value::as_str).map(str::to_owned);
    let foreign = |provider: &&Value| id(provider, "Id").is_some_and(|id| id != OWN_PROVIDER);
    let list = providers.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter(foreign).filter_map(|provider| provider.get("Name")?.as_str()).collect()
}

fn legacy(lent: &impl Lent) -> Result<bool, Fault> {
    let configuration = server::read(lent, get("/System/Configuration", &As::Key))?;
    Ok(configuration.get("EnableLegacyAuthorization").and_then(Value::as_bool).unwrap_or(false))
}

fn notice(severity: Severity, code: &str, detail: &str) -> Notice {
    Notice { severity, code: code.to_owned(), detail: detail.to_owned() }
}
