//! Mail, as the admin sees it: methods, what is owed, templates.

use crate::backends::{PluginOption, ProbeStage, SettingField};
use crate::engine::Nav;
use crate::paging::Pager;
use crate::{Choice, Link, Page, Problem, Tone};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/mail`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct MailPage {
    /// In the order they are tried.
    pub rows: Vec<MethodRow>,
    /// What is in the outbox.
    pub counts: OutboxCounts,
}

impl Page for MailPage {
    const TEMPLATE: &'static str = "mail/methods.html";
    const NAV: Nav = Nav::Mail;
}

/// What waits or was given up.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct OutboxCounts {
    /// Waiting for the first attempt.
    pub queued: u64,
    /// Tried in vain; tried again.
    pub deferred: u64,
    /// Given up.
    pub failed: u64,
}

/// One way to send in the list.
#[derive(Debug, Clone, Serialize)]
pub struct MethodRow {
    /// The id.
    pub id: String,
    /// The plugin's name.
    pub plugin: String,
    /// `Home <home@example.org>`.
    pub from: String,
    /// Where mail goes to next: `smtp.example.org`.
    pub through: Option<String>,
    /// How it is.
    pub health: MethodHealth,
    /// Whether the settings file says so.
    pub locked: bool,
}

/// How a way to send is, as far as is known without trying.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum MethodHealth {
    /// Nothing is known against it.
    Ready,
    /// Works, but look.
    Warned {
        /// A sentence each.
        about: Vec<String>,
    },
    /// Carried nothing when it was last asked.
    Failing {
        /// When.
        at: Timestamp,
        /// Why, in a sentence.
        why: String,
    },
    /// Cannot be used.
    Refused {
        /// Why, in a sentence.
        why: String,
    },
}

/// `GET /admin/mail/new`.
#[derive(Debug, Clone, Serialize)]
pub struct MailPluginsPage {
    /// Plugins that send.
    pub plugins: Vec<PluginOption>,
}

impl Page for MailPluginsPage {
    const TEMPLATE: &'static str = "mail/choose.html";
    const NAV: Nav = Nav::Mail;
}

/// `GET /admin/mail/new/{plugin}` and `GET /admin/mail/{id}/edit`, and the answers to a `POST` that was
/// wrong.
///
/// Forms: `POST` to the same address with `id` (new only), `from`, `reply_to` and `setting.<key>`. An
/// empty secret means unchanged.
#[derive(Debug, Clone, Serialize)]
pub struct MailFormPage {
    /// The plugin's id.
    pub plugin: String,
    /// Its name.
    pub plugin_name: String,
    /// Whether it is a new one.
    pub fresh: bool,
    /// As typed.
    pub id: String,
    /// As typed.
    pub from: String,
    /// As typed.
    pub reply_to: String,
    /// What everybody fills in.
    pub fields: Vec<SettingField>,
    /// What few need, folded away.
    pub more: Vec<SettingField>,
    /// Whether the fold is open: something in it is set or wrong.
    pub more_open: bool,
    /// Where the settings file sets this method: its name; then nothing can be changed here.
    pub locked_by: Option<String>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for MailFormPage {
    const TEMPLATE: &'static str = "mail/form.html";
    const NAV: Nav = Nav::Mail;
}

/// `GET /admin/mail/{id}`, and the answer to `POST .../test`.
///
/// Form: `POST /admin/mail/{id}/test` with `to`; empty: everything but a message.
#[derive(Debug, Clone, Serialize)]
pub struct MethodPage {
    /// Id, sender, state.
    pub row: MethodRow,
    /// The plugin's id.
    pub plugin: String,
    /// Who is answered, where that is somebody else.
    pub reply_to: Option<String>,
    /// What is set, under the labels of the form; no secrets.
    pub facts: Vec<(String, String)>,
    /// The settings file, where it sets this method.
    pub locked_by: Option<String>,
    /// As typed; the admin's own address at first.
    pub to: String,
    /// What came of the test.
    pub rehearsal: Option<RehearsalView>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for MethodPage {
    const TEMPLATE: &'static str = "mail/method.html";
    const NAV: Nav = Nav::Mail;
}

/// A way to send, tried stage by stage.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalView {
    /// In the order tried.
    pub stages: Vec<RehearsalStage>,
    /// Whether all went well enough.
    pub passed: bool,
    /// Where a real message went.
    pub sent_to: Option<String>,
}

/// One stage, and what was said in it.
#[derive(Debug, Clone, Serialize)]
pub struct RehearsalStage {
    /// Name, outcome, sentence, time.
    #[serde(flatten)]
    pub stage: ProbeStage,
    /// Lines with `C: ` or `S: ` in front; secrets are masked by whoever fills this.
    pub dialogue: Vec<String>,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the product's own words")]
pub enum MessageState {
    Queued,
    Deferred,
    Sent,
    Failed,
    Dropped,
}

/// `GET /admin/mail/outbox?q=&state=&cursor=`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct OutboxPage {
    /// The search.
    pub q: String,
    /// States to filter by; the first one is "all".
    pub states: Vec<Choice>,
    /// The newest first.
    pub rows: Vec<MessageRow>,
    /// The way on.
    pub pager: Pager,
    /// Whether a search or a state narrows the list down.
    pub narrowed: bool,
    /// Whether there is a way to send at all.
    pub can_send: bool,
}

impl Page for OutboxPage {
    const TEMPLATE: &'static str = "mail/outbox.html";
    const NAV: Nav = Nav::Mail;
}

/// One message in the list.
#[derive(Debug, Clone, Serialize)]
pub struct MessageRow {
    /// The id.
    pub id: String,
    /// What it is about: `reset`, `confirm-address`, ...
    pub kind: String,
    /// The person it is about.
    pub person: Option<Link>,
    /// The address it goes to, where it is a certain one.
    pub to: Option<String>,
    /// The state.
    pub state: MessageState,
    /// Why it waits or was given up, in a sentence.
    pub because: Option<String>,
    /// When its cause happened.
    pub owed_at: Timestamp,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// When it was sent or given up.
    pub ended_at: Option<Timestamp>,
}

/// `GET /admin/mail/outbox/{id}`.
///
/// Forms, both `POST`: `.../retry`; `.../drop`, confirmed at `GET .../drop`.
#[derive(Debug, Clone, Serialize)]
pub struct MessagePage {
    /// What the list says.
    pub row: MessageRow,
    /// The method that took it.
    pub method: Option<String>,
    /// What the other side calls it.
    pub remote_id: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    /// After that it is worth nothing.
    pub expires_at: Timestamp,
    /// The last attempts, newest first.
    pub history: Vec<AttemptLine>,
    /// Trying now makes sense.
    pub can_retry: bool,
    /// Giving it up makes sense.
    pub can_drop: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for MessagePage {
    const TEMPLATE: &'static str = "mail/message.html";
    const NAV: Nav = Nav::Mail;
}

/// One attempt.
#[derive(Debug, Clone, Serialize)]
pub struct AttemptLine {
    /// When it ended.
    pub at: Timestamp,
    /// How it went.
    pub tone: Tone,
    /// The method.
    pub method: Option<String>,
    /// What became of it, in a sentence.
    pub words: String,
}

/// Whose words a template has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TemplateOrigin {
    /// Latchkey's own.
    BuiltIn,
    /// Changed on its page.
    Page,
    /// A file says so.
    File,
}

/// `GET /admin/mail/templates`.
#[derive(Debug, Clone, Serialize)]
pub struct TemplatesPage {
    /// Every mail there is.
    pub rows: Vec<TemplateRow>,
    /// Where files that change a mail are looked for.
    pub folder: Option<String>,
    /// Files there whose names are no mail's.
    pub strays: Vec<String>,
}

impl Page for TemplatesPage {
    const TEMPLATE: &'static str = "mail/templates.html";
    const NAV: Nav = Nav::Mail;
}

/// One mail in the list.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateRow {
    /// `reset`, `confirm-address`, ...
    pub name: String,
    /// The subject as it is written.
    pub subject: String,
    /// Whose words.
    pub origin: TemplateOrigin,
    /// What is wrong with it and what is sent instead, in sentences.
    pub broken: Option<String>,
}

/// `GET /admin/mail/templates/{name}`, and the answer to a `POST` that was wrong.
///
/// Form: `POST` to the same address with `subject`, `text`, `mjml`; a button posts the same to
/// `.../preview?part=html` or `?part=text` into the frame. Going back is confirmed at `GET .../reset`.
#[derive(Debug, Clone, Serialize)]
pub struct TemplatePage {
    /// `reset`, `confirm-address`, ...
    pub name: String,
    /// As typed.
    pub subject: String,
    /// As typed.
    pub text: String,
    /// As typed.
    pub mjml: String,
    /// Whose words.
    pub origin: TemplateOrigin,
    /// The files that set it; then nothing can be changed here.
    pub locked_by: Option<String>,
    /// What is wrong with it as it is kept and what is sent instead, in sentences.
    pub broken: Option<String>,
    /// What can be written into it.
    pub variables: Vec<TemplateVariable>,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for TemplatePage {
    const TEMPLATE: &'static str = "mail/template.html";
    const NAV: Nav = Nav::Mail;
}

/// A word in braces, and what it becomes.
#[derive(Debug, Clone, Serialize)]
pub struct TemplateVariable {
    /// As it is written.
    pub name: String,
    /// What it became in the preview.
    pub example: String,
}
