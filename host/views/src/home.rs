//! The admin's first look: what needs them, how the backends are, what happened.

use crate::activity::ActivityLine;
use crate::engine::Nav;
use crate::health::BackendHealth;
use crate::{Link, Page, Tone};
use serde::Serialize;

/// `GET /admin`.
#[derive(Debug, Clone, Serialize)]
pub struct HomePage {
    /// While something of the first steps is missing.
    pub steps: Option<FirstSteps>,
    /// What an admin must do, worst first.
    pub needs: Vec<Need>,
    /// Every backend.
    pub backends: Vec<BackendHealth>,
    /// A few figures.
    pub counts: Counts,
    /// The last ten activities, newest first.
    pub recent: Vec<ActivityLine>,
}

impl Page for HomePage {
    const TEMPLATE: &'static str = "home/home.html";
    const NAV: Nav = Nav::Home;
}

/// Which of the first steps are done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstSteps {
    /// A backend is connected.
    pub backend: bool,
    /// A profile is captured.
    pub profile: bool,
    /// An invite was made.
    pub invite: bool,
}

impl FirstSteps {
    /// The step whose button is the loud one.
    #[must_use]
    pub fn next(self) -> &'static str {
        match self {
            Self { backend: false, .. } => "backend",
            Self { profile: false, .. } => "profile",
            _ => "invite",
        }
    }
}

impl Serialize for FirstSteps {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut out = serializer.serialize_struct("FirstSteps", 4)?;
        out.serialize_field("backend", &self.backend)?;
        out.serialize_field("profile", &self.profile)?;
        out.serialize_field("invite", &self.invite)?;
        out.serialize_field("next", self.next())?;
        out.end()
    }
}

/// Something an admin must do.
#[derive(Debug, Clone, Serialize)]
pub struct Need {
    /// How bad.
    pub tone: Tone,
    /// What, in a sentence.
    pub text: String,
    /// More.
    pub detail: Option<String>,
    /// Where to do it.
    pub link: Link,
}

/// A few figures.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    /// Active users.
    pub people: u64,
    /// Invites that somebody can still use.
    pub open_invites: u64,
    /// Sign-ups of the last 30 days.
    pub recent_signups: u64,
}
