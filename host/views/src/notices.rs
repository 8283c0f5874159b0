//! Pages that say one thing: it went wrong, it is over, are you sure.

use crate::{Catalogue, Link, Page, Tone};
use jiff::Timestamp;
use serde::Serialize;

/// Any answer that is not what was asked for.
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    /// A few words.
    pub title: String,
    /// What to do.
    pub detail: String,
    /// Where to go.
    pub link: Option<Link>,
    /// Eight characters that the log has too.
    pub reference: Option<String>,
}

impl ErrorPage {
    /// The texts `problem-<code>` and `problem-<code>-help`, or those of `internal` where the
    /// catalogue does not know the code.
    #[must_use]
    pub fn of(texts: &Catalogue, lang: &str, code: &str) -> Self {
        let code = if texts.has(&format!("problem-{code}")) { code } else { "internal" };
        Self {
            title: texts.text(lang, &format!("problem-{code}"), &[]),
            detail: texts.text(lang, &format!("problem-{code}-help"), &[]),
            link: None,
            reference: None,
        }
    }
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "notices/error.html";
}

/// Somebody may not come in (any more).
#[derive(Debug, Clone, Serialize)]
pub struct EndedPage {
    /// Why.
    pub reason: Ended,
    /// Since when.
    pub since: Option<Timestamp>,
}

impl Page for EndedPage {
    const TEMPLATE: &'static str = "notices/ended.html";
}

/// Why somebody may not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ended {
    /// An admin switched the user off.
    Disabled,
    /// The account's time is over.
    Expired,
    /// An admin has yet to agree.
    Pending,
}

/// Somebody is signed out here, and still signed in where they came from.
#[derive(Debug, Clone, Serialize)]
pub struct SignedOutPage {
    /// What people call it.
    pub label: String,
    /// Its own page to sign out, absolute.
    pub href: String,
}

impl Page for SignedOutPage {
    const TEMPLATE: &'static str = "notices/signed-out.html";
}

/// Are you sure: names what will happen, and where.
///
/// Form: `POST <action>` with the options that were ticked.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmPage {
    /// A question.
    pub title: String,
    /// What will happen.
    pub lines: Vec<Consequence>,
    /// What may be chosen besides.
    pub options: Vec<ConfirmOption>,
    /// Below the base path.
    pub action: String,
    /// The words on the button.
    pub confirm: String,
    /// Where "cancel" leads, below the base path.
    pub cancel: String,
    /// Cannot be undone.
    pub destructive: bool,
}

impl Page for ConfirmPage {
    const TEMPLATE: &'static str = "notices/confirm.html";
}

/// One thing that will happen.
#[derive(Debug, Clone, Serialize)]
pub struct Consequence {
    /// How bad.
    pub tone: Tone,
    /// The backend's label, where it happens on one.
    pub place: Option<String>,
    /// What.
    pub text: String,
}

/// A box to tick.
#[derive(Debug, Clone, Serialize)]
pub struct ConfirmOption {
    /// The form field.
    pub name: String,
    /// What it sends.
    pub value: String,
    /// What the admin reads.
    pub label: String,
    /// More.
    pub help: Option<String>,
    /// Ticked already.
    pub on: bool,
}
