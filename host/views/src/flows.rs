//! Pages on the way to a provider and back, and those about the identities one has.

use crate::engine::Nav;
use crate::{Page, Problem};
use jiff::Timestamp;
use serde::Serialize;

/// On to a provider, after a form: a form's own answer may not lead to another site, a page may.
#[derive(Debug, Clone, Serialize)]
pub struct AwayPage {
    /// Who it is.
    pub label: String,
    /// The whole address there.
    pub url: String,
}

impl Page for AwayPage {
    const TEMPLATE: &'static str = "login/away.html";
}

/// The provider knows nothing yet; the page looks again by itself.
#[derive(Debug, Clone, Serialize)]
pub struct WaitPage {
    /// Who it is.
    pub label: String,
    /// How soon to look again.
    pub refresh_seconds: u64,
    /// Where to begin anew, below the base path.
    pub again: String,
    /// Where to give up, below the base path.
    pub back: String,
}

impl Page for WaitPage {
    const TEMPLATE: &'static str = "login/wait.html";
}

/// `GET /login/home-user`: one of the persons of a home.
///
/// Forms: `POST /login/home-user` with `id`, and `pin` where one is needed.
#[derive(Debug, Clone, Serialize)]
pub struct HomeUserPage {
    /// The provider.
    pub label: String,
    /// Whom to choose from.
    pub people: Vec<HomePerson>,
    /// Where to give up, below the base path.
    pub back: String,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for HomeUserPage {
    const TEMPLATE: &'static str = "login/home_user.html";
}

/// One of the persons of a home.
#[derive(Debug, Clone, Serialize)]
pub struct HomePerson {
    /// What to choose them by.
    pub id: String,
    /// Their name.
    pub name: String,
    /// Where their picture is, of ours; none where they have none.
    pub picture: Option<String>,
    /// The name's first letter, in the place of a picture.
    pub initial: String,
    /// Whether a PIN has to be given.
    pub needs_pin: bool,
    /// Whether they see only some things.
    pub restricted: bool,
    /// The one who was chosen last.
    pub chosen: bool,
}

/// `GET /account/identities`: the ways one signs in.
///
/// Forms: `POST /account/identities/link/{provider}`; `POST /account/identities/unlink` with `provider`,
/// `issuer` and `subject`.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IdentitiesPage {
    /// Those one has.
    pub identities: Vec<MyIdentity>,
    /// Those one could have besides.
    pub others: Vec<OtherWay>,
    /// Signed in too long ago to change anything.
    pub stale: bool,
    /// What was wrong.
    pub problems: Vec<Problem>,
}

impl Page for IdentitiesPage {
    const TEMPLATE: &'static str = "account/identities.html";
    const NAV: Nav = Nav::Account;
}

/// An identity, to its owner.
#[derive(Debug, Clone, Serialize)]
pub struct MyIdentity {
    /// The provider's id.
    pub provider: String,
    /// What keys it besides.
    pub issuer: String,
    /// Who one is there.
    pub subject: String,
    /// The provider's label.
    pub label: String,
    /// The name there.
    pub name: String,
    /// The address there.
    pub email: Option<String>,
    /// When it was last used.
    pub used_at: Option<Timestamp>,
    /// Why it cannot be taken away, in words; none where it can.
    pub fixed: Option<String>,
}

/// A provider one is not known at yet.
#[derive(Debug, Clone, Serialize)]
pub struct OtherWay {
    /// Its id.
    pub id: String,
    /// Its label.
    pub label: String,
}
