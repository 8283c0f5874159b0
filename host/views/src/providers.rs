//! Ways to sign in, as the admin sets them.

use crate::backends::ProbeStage;
use crate::engine::Nav;
use crate::{Choice, Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/signin`, and the answer to a `POST` that was wrong.
///
/// Forms: `POST /admin/signin` with `registration`, `local_login`, `admins_need_second_factor`;
/// `POST /admin/signin/order` with `up` or `down` and an id.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SignInPage {
    /// In the order of the login page.
    pub rows: Vec<ProviderRow>,
    /// Whether strangers may make a local account.
    pub registration: Vec<Choice>,
    /// Whether local passwords are accepted.
    pub local_login: bool,
    /// Whether admins need a second factor.
    pub second_factor: bool,
    /// Which of the three are set elsewhere, and where.
    pub locked: Vec<LockedRule>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for SignInPage {
    const TEMPLATE: &'static str = "providers/list.html";
    const NAV: Nav = Nav::Signin;
}

/// A rule that is set elsewhere.
#[derive(Debug, Clone, Serialize)]
pub struct LockedRule {
    /// What it is called here.
    pub label: String,
    /// What holds, in a word.
    pub value: String,
    /// Where it is set.
    pub by: String,
}

/// One way to sign in in the list.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderRow {
    /// The id.
    pub id: String,
    /// What people read.
    pub label: String,
    /// What it is.
    pub kind: ProviderKind,
    /// The issuer's URL, or the backend's id.
    pub about: String,
    /// Who may come in, in a sentence.
    pub rule: String,
    /// How it is, as far as is known.
    pub state: ProviderState,
    /// How many people use it.
    pub people: u64,
    /// Whether the settings file says so.
    pub locked: bool,
    /// Whether it can be moved up.
    pub up: bool,
    /// Whether it can be moved down.
    pub down: bool,
}

/// What a way to sign in is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProviderKind {
    /// An OpenID Connect issuer.
    Oidc,
    /// A backend that checks passwords.
    Password,
    /// A backend that people are sent to.
    Redirect,
    /// A backend that is not there, or has not said how it signs in.
    Unknown,
}

/// How it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "word", rename_all = "kebab-case")]
pub enum ProviderState {
    /// Not tried since it was set up.
    Untried,
    /// Worked when it was tried.
    Worked {
        /// When.
        at: Timestamp,
    },
    /// Did not work when it was tried.
    Failed {
        /// When.
        at: Timestamp,
    },
}

/// `GET /admin/signin/new`, and the answer to a `POST` that was wrong.
///
/// Form: `POST` to the same address with `id` and the fields of [`IssuerFields`] and [`RuleFields`].
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProviderNewPage {
    /// As typed.
    pub id: String,
    /// What a callback URL looks like, with `ID` in the place of the id.
    pub callback_url: String,
    /// As typed.
    pub label: String,
    /// As typed.
    pub issuer: IssuerFields,
    /// As typed.
    pub rules: RuleFields,
    /// What issuers are called and where they are: words to copy from.
    pub presets: Vec<Preset>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ProviderNewPage {
    const TEMPLATE: &'static str = "providers/new.html";
    const NAV: Nav = Nav::Signin;
}

/// A product that speaks OpenID Connect.
#[derive(Debug, Clone, Serialize)]
pub struct Preset {
    /// Its name.
    pub name: String,
    /// What its issuer looks like.
    pub issuer: String,
    /// Where to find what has to be typed, in a sentence.
    pub help: String,
}

/// How to reach an issuer, as typed: `label`, `issuer`, `client_id`, `client_secret`, `scopes`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IssuerFields {
    /// Its URL.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Whether a secret is kept; an empty field means unchanged.
    pub has_secret: bool,
    /// With blanks between them.
    pub scopes: String,
}

/// Who may come in and who is an admin, as typed: `rule`, `claim`, `value`, `emails`, `usernames`,
/// `admin_claim`, `admin_value`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct RuleFields {
    /// The rules there are.
    pub rules: Vec<Choice>,
    /// Of a group.
    pub claim: String,
    /// Of a group.
    pub value: String,
    /// Of a list, one a line.
    pub emails: String,
    /// Of a list, one a line.
    pub usernames: String,
    /// Which claim makes an admin.
    pub admin_claim: String,
    /// And by which value.
    pub admin_value: String,
}

/// `GET /admin/signin/{id}`, and the answers to `POST .../test` and `.../dry-run` and to a `POST` that was
/// wrong.
///
/// Forms: `POST` to the same address, or to `.../dry-run` with `claims` besides; `POST .../test`.
#[derive(Debug, Clone, Serialize)]
pub struct ProviderPage {
    /// What the list says.
    pub row: ProviderRow,
    /// As typed; of a backend empty.
    pub label: String,
    /// Of an issuer: how it is reached.
    pub issuer: Option<IssuerFields>,
    /// Of a backend: whether it has rules of its own.
    pub has_rules: bool,
    /// What to register at the issuer.
    pub callback_url: Option<String>,
    /// As typed.
    pub rules: RuleFields,
    /// The settings file, where it sets this.
    pub locked_by: Option<String>,
    /// What came of the last test.
    pub trial: Option<TrialView>,
    /// What came of trying the rules.
    pub dry_run: Option<DryRunView>,
    /// Claims to try the rules on, as typed.
    pub claims: String,
    /// Whom it knows.
    pub people: Vec<PersonRow>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for ProviderPage {
    const TEMPLATE: &'static str = "providers/provider.html";
    const NAV: Nav = Nav::Signin;
}

/// A test, stage by stage.
#[derive(Debug, Clone, Serialize)]
pub struct TrialView {
    /// When.
    pub at: Timestamp,
    /// Whether all went well enough.
    pub passed: bool,
    /// In the order tried.
    pub stages: Vec<ProbeStage>,
}

/// Somebody with an identity.
#[derive(Debug, Clone, Serialize)]
pub struct PersonRow {
    /// Their id here.
    pub id: String,
    /// Their name here.
    pub name: String,
    /// Their name there.
    pub there: String,
    /// When they last came in by it.
    pub used_at: Option<Timestamp>,
    /// What was said last, as indented JSON.
    pub claims: String,
}

/// What a rule says to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Admission {
    /// They come in.
    Welcome,
    /// They wait for an admin.
    Ask,
    /// They do not.
    Refused,
}

/// What other rules would mean.
#[derive(Debug, Clone, Serialize)]
pub struct DryRunView {
    /// For everybody it knows.
    pub people: Vec<OutcomeRow>,
    /// How many of them would come in no more.
    pub shut_out: u64,
    /// For whoever had the typed claims.
    pub pasted: Option<PastedView>,
}

/// What they would mean for somebody.
#[derive(Debug, Clone, Serialize)]
pub struct OutcomeRow {
    /// Their id here.
    pub id: String,
    /// Their name here.
    pub name: String,
    /// What holds.
    pub before: Admission,
    /// What would.
    pub after: Admission,
    /// Whether they are an admin.
    pub admin_before: bool,
    /// Whether they would be.
    pub admin_after: bool,
}

/// What they would mean for whoever had the typed claims.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PastedView {
    /// Somebody new.
    pub stranger: Admission,
    /// Somebody whom a user here is.
    pub known: Admission,
    /// Whether they would be an admin; none: the provider says nothing about it.
    pub admin: Option<bool>,
}
