//! What a command asks of a house, and what it gets back: the same whether a server runs or not.
//!
//! Whoever can send an order holds the data folder; nobody is asked for a password here.

use crate::import::{self, Errand, Outcome};
use crate::refusal::sentence;
use domain::accounts::{BackendAccount, Condition};
use domain::ids::{BackendId, MailId};
use domain::messages::Step;
use domain::names::{BadName, EmailAddress, Username};
use domain::plugins::{PluginHealth, PluginRole, PluginSource, Probe, StageOutcome};
use domain::role::Admin;
use domain::secret::Secret;
use serde::{Deserialize, Serialize};
use service::{
    FieldProblem, Service, ServiceError, backends, console, factors, mail, plugins, profiles,
    settings,
};

/// What becomes of somebody's second factors.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Factors {
    /// They stay.
    #[default]
    Keep,
    /// All are taken away.
    Clear,
}

/// What a command asks for.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "order")]
pub enum Order {
    /// Whether the server is ready.
    Ready,
    /// The staged probe.
    BackendTest {
        /// Which.
        backend: String,
    },
    /// The staged test of a mail method.
    MailTest {
        /// Which.
        method: String,
        /// Where a real message goes; none: none is sent.
        to: Option<String>,
    },
    /// Accounts of a backend, to choose a model from.
    Accounts {
        /// Which.
        backend: String,
    },
    /// Captures a profile.
    Capture {
        /// Where.
        backend: String,
        /// The model account's login name or id.
        account: String,
        /// The profile to keep it in; none: it is only answered.
        profile: Option<String>,
    },
    /// Makes an admin.
    AdminCreate {
        /// The name.
        name: String,
        /// The password; none: one is made.
        password: Option<String>,
    },
    /// Gives a user a new password.
    ResetPassword {
        /// Whose.
        name: String,
        /// The password; none: one is made.
        password: Option<String>,
        /// What becomes of their second factors.
        #[serde(default)]
        factors: Factors,
    },
    /// Makes a link that signs in once.
    LoginLink {
        /// Whom.
        name: String,
    },
    /// All components.
    Plugins,
    /// What the pages set.
    PageSettings,
    /// Takes over from a predecessor.
    Import {
        /// Its files, and what to do.
        errand: Box<Errand>,
    },
}

/// What it gets back.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reply")]
pub enum Reply {
    /// What is missing; nothing: ready.
    Ready {
        /// In words.
        missing: Vec<String>,
    },
    /// A whole probe.
    Probe {
        /// Every stage.
        probe: Box<Probe>,
    },
    /// A mail method's test.
    Rehearsal {
        /// Every stage.
        steps: Vec<StepLine>,
        /// Whether mail gets through.
        passed: bool,
    },
    /// Accounts.
    Accounts {
        /// As the backend lists them.
        accounts: Vec<AccountLine>,
    },
    /// A captured document.
    Captured {
        /// The model account's name.
        account: String,
        /// The profile it is kept in.
        profile: Option<String>,
        /// As the backend gave it.
        document: String,
    },
    /// A user who can sign in now.
    Credentials {
        /// The name.
        name: String,
        /// The password, where one was made.
        password: Option<String>,
    },
    /// A link that signs in once.
    LoginLink {
        /// Below the public address.
        path: String,
        /// The whole address, where the public one is known.
        url: Option<String>,
        /// Its end.
        expires_at: jiff::Timestamp,
    },
    /// All components.
    Plugins {
        /// First what runs.
        plugins: Vec<PluginLine>,
    },
    /// What the pages set.
    PageSettings {
        /// Key and value.
        settings: Vec<(String, serde_json::Value)>,
    },
    /// What was taken over, or would be.
    Imported {
        /// Thing by thing.
        outcome: Box<Outcome>,
    },
    /// It was not done.
    Refused {
        /// One sentence.
        message: String,
    },
}

/// One account.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct AccountLine {
    /// The backend's id.
    pub id: String,
    /// The name to sign in with.
    pub name: String,
    /// Administrator there.
    pub admin: bool,
    /// Switched off there.
    pub disabled: bool,
}

/// One stage of a mail method's test.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepLine {
    /// `connect`, `banner`, `sign-in`, ...
    pub name: String,
    /// How it went.
    pub outcome: StageOutcome,
    /// One sentence.
    pub detail: String,
    /// Milliseconds.
    #[serde(rename = "tookMs")]
    pub took_ms: u64,
    /// What was said, without secrets.
    pub dialogue: Vec<String>,
}

/// One component.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PluginLine {
    /// Its id.
    pub id: String,
    /// Its name and version, where it could be read.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it exports.
    pub roles: Vec<String>,
    /// `bundled`, or its file.
    pub source: String,
    /// Why it does not run.
    pub refused: Option<String>,
    /// Why its calls are put off.
    pub ill: Option<String>,
}

/// Does what is asked.
pub async fn perform(service: &Service, order: Order) -> Reply {
    let asked_for = subject(&order);
    match done(service, order).await {
        Ok(reply) => reply,
        Err(error) => Reply::Refused { message: refusal(&error, asked_for.as_deref()) },
    }
}

/// Whom or what an order names.
fn subject(order: &Order) -> Option<String> {
    match order {
        Order::BackendTest { backend }
        | Order::Accounts { backend }
        | Order::Capture { backend, .. } => Some(backend.clone()),
        Order::MailTest { method, .. } => Some(method.clone()),
        Order::AdminCreate { name, .. }
        | Order::ResetPassword { name, .. }
        | Order::LoginLink { name } => Some(name.clone()),
        Order::Ready | Order::Plugins | Order::PageSettings | Order::Import { .. } => None,
    }
}

/// One sentence; where something is not there, with its name and what to do.
fn refusal(error: &ServiceError, asked_for: Option<&str>) -> String {
    match (error, asked_for) {
        (ServiceError::NotFound { what: "backend" }, Some(id)) => format!(
            "there is no backend {id:?}; `latchkey config show` and the page Backends name those there are"
        ),
        (ServiceError::NotFound { what: "mail-method" }, Some(id)) => format!(
            "there is no mail method {id:?}; `latchkey config show` and the page Mail name those there are"
        ),
        (ServiceError::Invalid { fields }, _)
            if fields.iter().any(|problem| problem.field == "to") =>
        {
            "this is no mail address; write it like --to me@example.org".to_owned()
        }
        (ServiceError::NotFound { what: "user" }, Some(name)) => format!(
            "there is no user {name:?}; the page People names them, and `latchkey admin create {name}` makes an admin"
        ),
        (ServiceError::Invalid { fields }, Some(id))
            if fields.iter().any(|problem| problem.field == "account") =>
        {
            format!("there is no such account on {id:?}; without --account they are listed")
        }
        (error, _) => sentence(error),
    }
}

async fn done(service: &Service, order: Order) -> Result<Reply, ServiceError> {
    let admin = Admin::at_the_console();
    match order {
        Order::Ready => Ok(Reply::Ready { missing: service.readiness().await.missing }),
        Order::BackendTest { backend } => {
            let probe = backends::test(service, &admin, &backend_id(&backend)?).await?;
            Ok(Reply::Probe { probe: Box::new(probe) })
        }
        Order::MailTest { method, to } => mail_test(service, &admin, &method, to).await,
        Order::Accounts { backend } => {
            let accounts = backends::accounts(service, &admin, &backend_id(&backend)?).await?;
            Ok(Reply::Accounts { accounts: accounts.iter().map(account_line).collect() })
        }
        Order::Capture { backend, account, profile } => {
            capture(service, &admin, (&backend, &account), profile).await
        }
        Order::AdminCreate { name, password } => {
            let name = Username::parse(&name).map_err(no_name)?;
            let (user, password) =
                console::create_admin(service, name, password.map(Secret::new)).await?;
            let password = password.map(|made| made.expose().clone());
            Ok(Reply::Credentials { name: user.username.to_string(), password })
        }
        Order::ResetPassword { name, password, factors } => {
            let given = password.is_some();
            let password =
                console::reset_password(service, &name, password.map(Secret::new)).await?;
            match factors {
                Factors::Keep => {}
                Factors::Clear => factors::clear_at_the_console(service, &name).await?,
            }
            let password = (!given).then(|| password.expose().clone());
            Ok(Reply::Credentials { name, password })
        }
        Order::LoginLink { name } => {
            let link = console::login_link(service, &name).await?;
            Ok(Reply::LoginLink {
                path: link.path.expose().clone(),
                url: link.url.map(|url| url.expose().clone()),
                expires_at: link.expires_at,
            })
        }
        Order::Plugins => {
            let all = plugins::list(service, &admin);
            Ok(Reply::Plugins { plugins: all.iter().map(plugin_line).collect() })
        }
        Order::Import { errand } => Ok(match import::carry_out(service, *errand).await {
            Ok(outcome) => Reply::Imported { outcome: Box::new(outcome) },
            Err(message) => Reply::Refused { message },
        }),
        Order::PageSettings => {
            let all = settings::list(service, &admin).into_iter();
            let set = all.filter(|view| view.source == domain::settings::Source::Page);
            Ok(Reply::PageSettings { settings: set.map(|view| (view.key, view.value)).collect() })
        }
    }
}

async fn mail_test(
    service: &Service,
    admin: &Admin,
    method: &str,
    to: Option<String>,
) -> Result<Reply, ServiceError> {
    let unknown = ServiceError::NotFound { what: "mail-method" };
    let method = MailId::parse(method).map_err(|_not| unknown)?;
    let to = to.map(|to| EmailAddress::parse(&to)).transpose();
    let to = to.map_err(|_not| ServiceError::field("to", "not-an-address"))?;
    let mail::Rehearsal { steps, passed } = mail::test(service, admin, &method, to).await?;
    Ok(Reply::Rehearsal { steps: steps.into_iter().map(step_line).collect(), passed })
}

/// From a model account, kept in a profile or only answered.
async fn capture(
    service: &Service,
    admin: &Admin,
    (backend, account): (&str, &str),
    profile: Option<String>,
) -> Result<Reply, ServiceError> {
    let id = backend_id(backend)?;
    if let Some(name) = profile {
        let wanted = profiles::Capture { backend: id.clone(), account: account.to_owned(), name };
        let mut made = profiles::capture(service, admin, wanted).await?;
        let document = made.documents.remove(&id);
        let from = document.as_ref().and_then(|document| document.captured_from.clone());
        return Ok(Reply::Captured {
            account: from.unwrap_or_else(|| account.to_owned()),
            profile: Some(made.name),
            document: document.map(|document| document.text).unwrap_or_default(),
        });
    }
    let instance = service.instance(&id)?;
    let model = match instance.find(account).await? {
        Some(model) => model,
        None => instance.account(account).await?,
    };
    let document = instance.capture_profile(&model.id).await?;
    Ok(Reply::Captured { account: model.login_name, profile: None, document })
}

fn no_name(bad: BadName) -> ServiceError {
    let problem = FieldProblem::new("username", bad.code());
    let problem = match bad {
        BadName::TooLong(max) => problem.with("max", max),
        BadName::Character(character) => problem.with("character", character),
        BadName::Empty | BadName::NotAnAddress => problem,
    };
    ServiceError::Invalid { fields: vec![problem] }
}

fn backend_id(text: &str) -> Result<BackendId, ServiceError> {
    BackendId::parse(text).map_err(|_not| ServiceError::NotFound { what: "backend" })
}

fn account_line(account: &BackendAccount) -> AccountLine {
    AccountLine {
        id: account.id.clone(),
        name: account.login_name.clone(),
        admin: account.admin,
        disabled: account.condition != Condition::Active,
    }
}

fn step_line(step: Step) -> StepLine {
    let Step { name, outcome, detail, took_ms, dialogue } = step;
    StepLine { name, outcome, detail, took_ms, dialogue }
}

fn plugin_line(plugin: &plugins::PluginStatus) -> PluginLine {
    let manifest = plugin.inspection.as_ref().map(|found| &found.manifest);
    let roles = plugin.inspection.iter().flat_map(|found| &found.roles);
    PluginLine {
        id: plugin.id.clone(),
        name: manifest.map(|manifest| manifest.name.clone()).unwrap_or_default(),
        version: manifest.map(|manifest| manifest.version.clone()).unwrap_or_default(),
        roles: roles.map(|role| role_name(*role).to_owned()).collect(),
        source: match &plugin.source {
            PluginSource::Bundled => "bundled".to_owned(),
            PluginSource::File(name) => name.clone(),
        },
        refused: plugin.refused.clone(),
        ill: match &plugin.health {
            PluginHealth::Well => None,
            PluginHealth::Ill { until, last } => Some(format!("{last}; tried again at {until}")),
        },
    }
}

const fn role_name(role: PluginRole) -> &'static str {
    match role {
        PluginRole::Accounts => "accounts",
        PluginRole::Identity => "identity",
        PluginRole::Reset => "reset",
        PluginRole::Notify => "notify",
        PluginRole::AppSession => "app-session",
    }
}
