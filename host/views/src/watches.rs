//! Reset files: the folders that are watched, what was seen in them.

use crate::backends::ProbeStage;
use crate::engine::Nav;
use crate::{Choice, Link, Page, Problem, Tone};
use jiff::Timestamp;
use serde::Serialize;

/// `GET /admin/resets`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WatchesPage {
    /// A card for each backend that leaves reset files.
    pub rows: Vec<WatchRow>,
    /// Whether mail can be sent at all.
    pub can_send: bool,
    /// The page where people ask for a new password.
    pub forgot_url: String,
}

impl Page for WatchesPage {
    const TEMPLATE: &'static str = "watches/list.html";
    const NAV: Nav = Nav::Resets;
}

/// How a watch is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WatchHealth {
    /// How bad.
    pub tone: Tone,
    /// A word or two.
    pub word: String,
    /// What is so, and what to do, in a sentence or two.
    pub text: String,
}

/// One backend in the list.
#[derive(Debug, Clone, Serialize)]
pub struct WatchRow {
    /// The backend's id.
    pub backend: String,
    /// Its label.
    pub label: String,
    /// How the watch is.
    pub health: WatchHealth,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The folder, where one is watched.
    pub directory: Option<String>,
    /// When a request was last found.
    pub last_at: Option<Timestamp>,
    /// Files that need a look.
    pub blocking: Vec<FileLine>,
    /// Files whose requests were over long before they were found.
    pub old_files: u64,
    /// Whether the settings file says so.
    pub locked: bool,
}

/// A file, and what is wrong with it.
#[derive(Debug, Clone, Serialize)]
pub struct FileLine {
    /// Its name; empty where it is about several.
    pub file: String,
    /// A sentence that begins with the name, or stands alone.
    pub text: String,
}

/// `GET /admin/resets/{backend}`, and the answers to `POST`s that were wrong or tried something.
///
/// Forms, all `POST`: to the same address with `directory`, `poll_seconds` and `mail`; `.../try`;
/// `.../login-page` with `button` (`on` or `off`). Removing is confirmed at `GET .../delete`.
#[derive(Debug, Clone, Serialize)]
pub struct WatchPage {
    /// What the list says.
    pub row: WatchRow,
    /// Whether there is a watch already.
    pub exists: bool,
    /// As typed.
    pub directory: String,
    /// As typed; empty: chosen by the file system.
    pub poll_seconds: String,
    /// What the mail carries.
    pub mails: Vec<Choice>,
    /// Where the settings file sets this watch: its name; then nothing can be changed here.
    pub locked_by: Option<String>,
    /// The last requests, newest first.
    pub recent: Vec<SightingLine>,
    /// What came of trying it.
    pub trial: Option<TrialView>,
    /// The button on the backend's own sign-in page.
    pub login_page: LoginPageView,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for WatchPage {
    const TEMPLATE: &'static str = "watches/detail.html";
    const NAV: Nav = Nav::Resets;
}

/// A request that was found.
#[derive(Debug, Clone, Serialize)]
pub struct SightingLine {
    /// When.
    pub at: Timestamp,
    /// Good: a mail is owed.
    pub tone: Tone,
    /// Who, by the backend's name.
    pub login_name: String,
    /// Who that is here.
    pub person: Option<Link>,
    /// What became of it, in a sentence.
    pub text: String,
    /// In which file.
    pub file: String,
}

/// How a trial ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrialOutcome {
    /// The file was seen.
    Seen,
    /// It was not seen in time.
    NotSeen,
    /// Latchkey may only read there, which is fine.
    ReadOnly,
    /// It could not be tried.
    NotTried,
}

/// What came of a harmless file that was put there.
#[derive(Debug, Clone, Serialize)]
pub struct TrialView {
    /// How it ended.
    pub outcome: TrialOutcome,
    /// How long it took until it was seen.
    pub after_ms: Option<u64>,
    /// In the order tried.
    pub stages: Vec<ProbeStage>,
}

/// The button on the backend's own sign-in page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum LoginPageView {
    /// This backend has no such page.
    Unsupported,
    /// It is there.
    On,
    /// It is not there.
    Off,
    /// The backend does not say.
    Unknown {
        /// Why, in a sentence.
        why: String,
    },
}
