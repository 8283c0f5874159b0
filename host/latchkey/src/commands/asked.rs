//! Commands that ask a house: the running server through its control socket, or one that is put
//! together for the moment where none runs.

use crate::context::{Context, runtime};
use crate::control;
use crate::orders::{AccountLine, Factors, Order, PluginLine, Reply, perform};
use crate::output::{self, Form};
use crate::startup::{self, Assembled};
use crate::trouble::Trouble;
use crate::typed;
use domain::plugins::{Probe, Stage, StageOutcome};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Who carries orders out.
enum House {
    Running(PathBuf),
    Ours(Box<Assembled>),
}

impl House {
    async fn find(context: Context) -> Result<Self, Trouble> {
        let socket = context.socket();
        match control::ask(&socket, &Order::Ready).await {
            Ok(Some(_)) => Ok(Self::Running(socket)),
            Ok(None) => {
                let mut config = context.config("error", false);
                startup::assemble(&mut config).await.map(Box::new).map(Self::Ours)
            }
            Err(cause) => Err(Trouble::because(
                &format!("could not ask the running server through {}", socket.display()),
                &cause,
            )),
        }
    }

    async fn carry_out(&self, order: Order) -> Result<Reply, Trouble> {
        let reply = match self {
            Self::Ours(house) => perform(&house.service, order).await,
            Self::Running(socket) => match control::ask(socket, &order).await {
                Ok(Some(reply)) => reply,
                Ok(None) => return Err(Trouble::Failed("the server has just stopped".to_owned())),
                Err(cause) => return Err(Trouble::because("could not ask the server", &cause)),
            },
        };
        match reply {
            Reply::Refused { message } => Err(Trouble::Failed(message)),
            reply => Ok(reply),
        }
    }
}

pub(super) fn asked(context: Context, order: Order) -> Result<Reply, Trouble> {
    runtime()?.block_on(async { House::find(context).await?.carry_out(order).await })
}

pub(super) fn odd() -> Trouble {
    Trouble::Failed("the server answered something else; is it another version?".to_owned())
}

/// `healthcheck`: only ever asks a running server.
///
/// # Errors
/// [`Trouble`] where none runs or it is not ready.
pub(crate) fn healthcheck(context: &Context) -> Result<ExitCode, Trouble> {
    let reply = runtime()?.block_on(control::ask(&context.socket(), &Order::Ready));
    match reply {
        Ok(Some(Reply::Ready { missing })) if missing.is_empty() => {
            match context.form {
                Form::Text => output::line("ready"),
                Form::Json => output::json(&json!({ "ready": true, "missing": [] })),
            }
            Ok(ExitCode::SUCCESS)
        }
        Ok(Some(Reply::Ready { missing })) => {
            if context.form == Form::Json {
                output::json(&json!({ "ready": false, "missing": missing }));
            }
            Err(Trouble::Failed(format!("not ready: {}", missing.join(", "))))
        }
        Ok(None) => {
            let folder = context.data_folder.display();
            Err(Trouble::Failed(format!("no server runs in {folder}; is --data right?")))
        }
        Ok(Some(_)) => Err(odd()),
        Err(cause) => Err(Trouble::because("could not ask the running server", &cause)),
    }
}

/// `backend test ID`.
///
/// # Errors
/// [`Trouble`] where there is no such backend; a probe that fails is status 1.
pub(crate) fn backend_test(context: Context, backend: String) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let Reply::Probe { probe } = asked(context, Order::BackendTest { backend })? else {
        return Err(odd());
    };
    match form {
        Form::Json => output::json(&as_json(&probe)),
        Form::Text => output::line(stages(&probe)),
    }
    Ok(if probe.outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// As `POST /api/backends/{id}/test` answers.
fn as_json(probe: &Probe) -> serde_json::Value {
    let stages: Vec<_> = probe
        .stages
        .iter()
        .map(|stage| {
            json!({ "name": stage.name, "outcome": stage.outcome, "detail": stage.detail, "tookMs": stage.took_ms })
        })
        .collect();
    let report = probe.outcome.as_ref().ok();
    let notices: Vec<_> = report
        .iter()
        .flat_map(|report| &report.notices)
        .map(|(severity, code, text)| json!({ "severity": severity, "code": code, "text": text }))
        .collect();
    let fault = probe
        .outcome
        .as_ref()
        .err()
        .map(|fault| json!({ "kind": fault.kind, "code": fault.code, "detail": fault.detail }));
    json!({
        "passed": report.is_some(),
        "stages": stages,
        "product": report.map(|report| &report.product),
        "version": report.map(|report| &report.version),
        "serverId": report.and_then(|report| report.server_id.as_ref()),
        "features": report.map(|report| report.features.as_slice()).unwrap_or_default(),
        "notices": notices,
        "fault": fault,
    })
}

/// A line a stage.
fn stage_line(name: &str, outcome: StageOutcome, detail: &str, took_ms: u64) -> String {
    let mark = match outcome {
        StageOutcome::Passed => "passed ",
        StageOutcome::Warned => "warning",
        StageOutcome::Failed => "failed ",
        StageOutcome::Skipped => "skipped",
    };
    format!("{mark}  {name:<12} {detail} ({took_ms} ms)")
}

fn stages(probe: &Probe) -> String {
    let line = |stage: &Stage| stage_line(&stage.name, stage.outcome, &stage.detail, stage.took_ms);
    let mut lines: Vec<String> = probe.stages.iter().map(line).collect();
    match &probe.outcome {
        Ok(report) => {
            lines.push(format!("{} {} answers", report.product, report.version));
            lines.extend(
                report.notices.iter().map(|(severity, _, words)| format!("{severity}: {words}")),
            );
        }
        Err(fault) => lines.push(format!("{fault}")),
    }
    lines.join("\n")
}

/// `mail test ID`.
///
/// # Errors
/// [`Trouble`] where there is no such method; a test that fails is status 1.
pub(crate) fn mail_test(
    context: Context,
    method: String,
    to: Option<String>,
) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let sends = to.is_some();
    let reply = asked(context, Order::MailTest { method, to })?;
    let Reply::Rehearsal { steps, passed } = reply else { return Err(odd()) };
    match form {
        Form::Json => output::json(&json!({ "passed": passed, "steps": steps })),
        Form::Text => {
            for step in &steps {
                output::line(stage_line(&step.name, step.outcome, &step.detail, step.took_ms));
                // What was said matters where it went wrong.
                if matches!(step.outcome, StageOutcome::Failed | StageOutcome::Warned) {
                    step.dialogue
                        .iter()
                        .for_each(|said| output::line(format!("           {said}")));
                }
            }
            if passed && !sends {
                output::line("nothing was sent; --to ADDRESS sends a real message");
            }
        }
    }
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `profile capture`.
///
/// # Errors
/// [`Trouble`] where backend or account do not exist, or a file cannot be written.
pub(crate) fn capture(
    context: Context,
    backend: String,
    account: Option<String>,
    (name, output): (Option<String>, Option<PathBuf>),
) -> Result<ExitCode, Trouble> {
    let form = context.form;
    runtime()?.block_on(async {
        let house = House::find(context).await?;
        let account = match account {
            Some(account) => account,
            None => {
                let order = Order::Accounts { backend: backend.clone() };
                let Reply::Accounts { accounts } = house.carry_out(order).await? else {
                    return Err(odd());
                };
                choose(&accounts)?
            }
        };
        let profile = match (name, &output) {
            (None, Some(_)) => None,
            (name, _) => Some(name.unwrap_or_else(|| account.clone())),
        };
        let order = Order::Capture { backend, account, profile };
        let Reply::Captured { account, profile, document } = house.carry_out(order).await? else {
            return Err(odd());
        };
        if let Some(file) = &output {
            std::fs::write(file, &document).map_err(|cause| {
                Trouble::because(&format!("could not write {}", file.display()), &cause)
            })?;
        }
        captured(form, (&account, profile.as_deref()), (&document, output.as_deref()));
        Ok(ExitCode::SUCCESS)
    })
}

fn captured(
    form: Form,
    (account, profile): (&str, Option<&str>),
    (document, file): (&str, Option<&Path>),
) {
    match form {
        Form::Json => {
            let document: serde_json::Value = serde_json::from_str(document).unwrap_or_default();
            let told = json!({ "account": account, "profile": profile, "file": file, "document": document });
            output::json(&told);
        }
        Form::Text => {
            if let Some(profile) = profile {
                output::line(format!(
                    "the profile {profile:?} is made from the account {account:?}"
                ));
            }
            if let Some(file) = file {
                output::line(format!("its document is in {}", file.display()));
            }
        }
    }
}

/// Lists accounts and asks for one, by number or name.
fn choose(accounts: &[AccountLine]) -> Result<String, Trouble> {
    if accounts.is_empty() {
        return Err(Trouble::Failed("the backend has no accounts".to_owned()));
    }
    for (index, account) in accounts.iter().enumerate() {
        let notes = match (account.admin, account.disabled) {
            (true, true) => " (administrator, disabled)",
            (true, false) => " (administrator)",
            (false, true) => " (disabled)",
            (false, false) => "",
        };
        output::complain(format!("{:>3}  {}{notes}", index + 1, account.name));
    }
    output::ask("Which one is the model? Number or name: ");
    let typed = typed::line()
        .map_err(|cause| Trouble::because("could not read the choice", &cause))?
        .ok_or_else(|| {
            Trouble::Usage("no account was chosen; name one with --account".to_owned())
        })?;
    let by_name = accounts.iter().find(|account| account.name == typed.trim());
    let number = typed.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    by_name
        .or_else(|| accounts.get(number?))
        .map(|account| account.name.clone())
        .ok_or_else(|| Trouble::Usage(format!("there is no account {:?}", typed.trim())))
}

/// `admin create NAME`.
///
/// # Errors
/// [`Trouble`] where name or password are not acceptable.
pub(crate) fn admin_create(context: Context, name: String) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let password = typed::new_password(&name)?;
    let reply = asked(context, Order::AdminCreate { name, password })?;
    credentials(form, reply, "is an admin")
}

/// `admin reset-password NAME`.
///
/// # Errors
/// [`Trouble`] where there is no such user or the password is not acceptable.
pub(crate) fn reset_password(
    context: Context,
    name: String,
    factors: Factors,
) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let password = typed::new_password(&name)?;
    let reply = asked(context, Order::ResetPassword { name, password, factors })?;
    let done = match factors {
        Factors::Keep => "has a new password; their sessions are ended",
        Factors::Clear => "has a new password and no second factor; their sessions are ended",
    };
    credentials(form, reply, done)
}

fn credentials(form: Form, reply: Reply, what: &str) -> Result<ExitCode, Trouble> {
    let Reply::Credentials { name, password } = reply else { return Err(odd()) };
    match form {
        Form::Json => output::json(&json!({ "username": name, "password": password })),
        Form::Text => {
            output::line(format!("{name} {what}"));
            if let Some(password) = password {
                output::line(format!("password: {password}"));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `admin login-link NAME`.
///
/// # Errors
/// [`Trouble`] where there is no such user or they may not come in.
pub(crate) fn login_link(context: Context, name: String) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let Reply::LoginLink { path, url, expires_at } = asked(context, Order::LoginLink { name })?
    else {
        return Err(odd());
    };
    // Nobody needs its nanoseconds.
    let expires_at = expires_at.round(jiff::Unit::Second).unwrap_or(expires_at);
    match form {
        Form::Json => output::json(&json!({ "url": url, "path": path, "expiresAt": expires_at })),
        Form::Text => {
            let address = url.unwrap_or_else(|| {
                format!("{path}   (behind the address you use; server.public_url is not set)")
            });
            output::line(format!("{address}\ngood once, until {expires_at}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `plugin list`.
///
/// # Errors
/// [`Trouble`] where no house can be asked.
pub(crate) fn plugins(context: Context) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let Reply::Plugins { plugins } = asked(context, Order::Plugins)? else { return Err(odd()) };
    match form {
        Form::Json => output::json(&plugins),
        Form::Text if plugins.is_empty() => output::line("no plugins are installed"),
        Form::Text => plugins.iter().for_each(|plugin| output::line(plugin_words(plugin))),
    }
    Ok(ExitCode::SUCCESS)
}

fn plugin_words(plugin: &PluginLine) -> String {
    let state = match (&plugin.refused, &plugin.ill) {
        (Some(why), _) => format!("refused: {why}"),
        (None, Some(why)) => format!("ill: {why}"),
        (None, None) => format!("runs: {}", plugin.roles.join(", ")),
    };
    let version = format!("{} {}", plugin.name, plugin.version);
    format!("{:<16} {:<28} {:<20} {state}", plugin.id, version.trim(), plugin.source)
}
