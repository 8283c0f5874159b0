//! What a provider says about a person, and what is kept of it.
//!
//! Guarantees: an identity is keyed by provider, issuer and subject, never by a name or an address.
//! Does not: hold a token; what a provider gave for later calls is sealed beside the row.

use crate::ids::{ProviderId, UserId};
use crate::providers::{self, Claims};
use crate::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Who somebody is, by a provider's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Stable for ever, unique at this provider. Never the login name.
    pub subject: String,
    /// The name to show.
    pub display_name: String,
    /// The name to sign in with there.
    pub login_name: Option<String>,
    /// Their address there.
    pub email: Option<String>,
    /// Whether the provider vouches for the address.
    pub email_verified: bool,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// Anything else it said: claims, attributes.
    pub claims: Claims,
    /// What later calls to a plugin need; opaque, to be sealed.
    pub grant: Option<Secret>,
}

/// What a backend says to a name and a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Right.
    Accepted(Identity),
    /// Wrong name or wrong password, which are the same answer.
    Rejected {
        /// How many more wrong attempts the backend allows; none: it does not say or never locks.
        attempts_left: Option<u32>,
    },
    /// Not tried: one more wrong attempt could lock the account.
    Withheld,
    /// The backend has switched the account off.
    Disabled,
    /// Right, but the backend has no room for another session.
    TooManySessions,
    /// Perhaps right; not from here or not now.
    NotHere,
}

/// The ways to sign in at a backend, as it is set up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    /// The browser is sent there.
    pub redirect: bool,
    /// A code is typed there.
    pub user_code: bool,
    /// A password is typed here.
    pub password: bool,
}

/// Whom a redirect sign-in is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// Those who belong to the backend; anybody else is denied.
    Members,
    /// Whoever it turns out to be: somebody to be invited, or the admin who connects it.
    Anyone,
}

/// What a redirect sign-in is begun with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Where the browser is sent.
    pub url: Option<String>,
    /// What a person types elsewhere.
    pub user_code: Option<String>,
    /// How long the attempt is good.
    pub expires_in: core::time::Duration,
    /// How long to wait between two questions.
    pub poll_after: Option<core::time::Duration>,
    /// The plugin's own note of the attempt; opaque, to be sealed.
    pub attempt: Secret,
}

/// How far a redirect sign-in is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Ask again after so long.
    Pending(Option<core::time::Duration>),
    /// One of several persons has to be chosen.
    Choose {
        /// Of whom.
        home_users: Vec<HomeUser>,
        /// The plugin's note, instead of the one before.
        attempt: Secret,
    },
    /// It is known who it is.
    Done(Box<Identity>),
    /// The person or the provider said no.
    Denied,
    /// Too late.
    Expired,
}

/// One of the persons of a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HomeUser {
    /// The provider's id of them.
    pub id: String,
    /// The name to show.
    pub name: String,
    /// Where their picture is.
    pub avatar_url: Option<String>,
    /// Whether a PIN has to be given.
    pub needs_pin: bool,
    /// Whether they see only some things.
    pub restricted: bool,
    /// Whether it is the home's owner.
    pub owner: bool,
}

/// Whether somebody belongs to a backend, as it says now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Membership {
    /// They do; with what it says about them.
    Member(Claims),
    /// Asked, has not accepted.
    Invited,
    /// They do not.
    Outsider,
    /// It did not say, and why.
    Unknown(String),
}

/// What makes an identity one: the same subject of another issuer is somebody else, also where an admin
/// gives a provider's id to another issuer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdentityKey {
    /// Which `[[provider]]`, or the backend by its own id.
    pub provider: ProviderId,
    /// The issuer's URL; of a backend, its id.
    pub issuer: String,
    /// Who, there.
    pub subject: String,
}

/// An identity that somebody here has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedIdentity {
    /// Which.
    pub key: IdentityKey,
    /// Whose.
    pub user: UserId,
    /// The name to show, as last heard.
    pub display_name: String,
    /// The name to sign in with there, as last heard.
    pub login_name: Option<String>,
    /// The address there, as last heard. Never a reason to link.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// Where their picture was.
    pub avatar_url: Option<String>,
    /// What else it said last, for the admin.
    pub claims: Claims,
    /// When it was linked.
    pub linked_at: Timestamp,
    /// When somebody last came in by it.
    pub used_at: Option<Timestamp>,
    /// When the provider last said something definite about membership.
    pub known_at: Timestamp,
    /// Since when it says that they do not belong there any more.
    pub outside_since: Option<Timestamp>,
    /// Since when it is asked and says nothing definite. How long nobody asked counts for nothing.
    #[serde(default)]
    pub unknown_since: Option<Timestamp>,
}

/// What a membership check means for those who came in by an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// Nothing.
    Stays,
    /// Said once: look again soon, nobody is shut out by one answer.
    Doubted,
    /// Said twice, or nothing definite for too long: sessions begun by it end.
    Ends,
}

/// Between the two definite answers that end sessions.
pub const DOUBT: SignedDuration = SignedDuration::from_mins(5);
/// Unknown does not let anybody in for ever.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(7 * 24);

impl LinkedIdentity {
    /// The row after a membership check, and what follows.
    #[must_use]
    pub fn checked(mut self, said: &Membership, now: Timestamp) -> (Self, Consequence) {
        match said {
            Membership::Member(claims) => {
                self.claims.extend(claims.clone());
                self.claims = providers::kept(self.claims);
                self.known_at = now;
                self.outside_since = None;
                self.unknown_since = None;
                (self, Consequence::Stays)
            }
            Membership::Outsider | Membership::Invited => {
                self.known_at = now;
                self.unknown_since = None;
                let since = *self.outside_since.get_or_insert(now);
                let twice = now.duration_since(since) >= DOUBT;
                (self, if twice { Consequence::Ends } else { Consequence::Doubted })
            }
            Membership::Unknown(_) => {
                let since = *self.unknown_since.get_or_insert(now);
                let long = now.duration_since(since) >= PATIENCE;
                (self, if long { Consequence::Ends } else { Consequence::Stays })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    fn linked() -> LinkedIdentity {
        LinkedIdentity {
            key: IdentityKey {
                provider: ProviderId::parse("media").expect("an id"),
                issuer: "media".into(),
                subject: "7".into(),
            },
            user: UserId::from_random([1; 16]),
            display_name: "Zoe".into(),
            login_name: None,
            email: None,
            email_verified: false,
            avatar_url: None,
            claims: Claims::new(),
            linked_at: at(0),
            used_at: None,
            known_at: at(0),
            outside_since: None,
            unknown_since: None,
        }
    }

    #[test]
    fn only_a_definite_no_said_twice_ends_anything() {
        let (row, first) = linked().checked(&Membership::Outsider, at(10));
        assert_eq!(first, Consequence::Doubted);
        let (row, soon) = row.checked(&Membership::Outsider, at(20));
        assert_eq!(soon, Consequence::Doubted, "the same breath is one answer");
        let (_, later) = row.clone().checked(&Membership::Outsider, at(310));
        assert_eq!(later, Consequence::Ends);
        let (row, back) = row.checked(&Membership::Member(Claims::new()), at(310));
        assert_eq!((back, row.outside_since), (Consequence::Stays, None));
    }

    #[test]
    fn unknown_shuts_nobody_out_at_once_and_lets_nobody_in_for_ever() {
        let unknown = Membership::Unknown("down".into());
        let week = 7 * 86_400;
        let (row, first) = linked().checked(&unknown, at(2 * week));
        assert_eq!(first, Consequence::Stays, "nobody had asked for two weeks");
        let (row, still) = row.checked(&unknown, at(3 * week - 1));
        assert_eq!(still, Consequence::Stays);
        assert_eq!(row.clone().checked(&unknown, at(3 * week)).1, Consequence::Ends);
        let (row, _) = row.checked(&Membership::Member(Claims::new()), at(3 * week));
        assert_eq!(row.checked(&unknown, at(3 * week + 1)).1, Consequence::Stays);
    }

    #[test]
    fn a_backend_that_says_something_new_each_time_fills_nothing() {
        let mut row = linked();
        for round in 0..50 {
            let claims = (0..64).map(|one| (format!("{round}-{one}"), "x".repeat(4_096).into()));
            row = row.checked(&Membership::Member(claims.collect()), at(round)).0;
        }
        assert!(serde_json::to_string(&row).expect("a row").len() < 100 << 10);
    }
}
