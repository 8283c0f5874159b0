//! Sessions: one row under everything, browser cookies and programs' tokens alike.

use crate::ids::{ProviderId, SessionId, UserId};
use crate::settings::SignIn;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What somebody proved to begin a session.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// One thing: a password, a provider's word, a link.
    #[default]
    Single,
    /// A second factor too, or a passkey.
    Double,
}

/// One browser or program that is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id; not a credential.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// How they proved who they are.
    pub provider: ProviderId,
    /// What holds it.
    pub kind: SessionKind,
    /// When it began.
    pub created_at: Timestamp,
    /// When the person last proved who they are: sensitive actions ask for a recent one.
    pub proved_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_seen: Timestamp,
    /// Sliding end.
    pub expires_at: Timestamp,
    /// Absolute end.
    pub ends_at: Timestamp,
    /// Kept signed in: the sliding end moves by the session life, else by 12 hours.
    pub remembered: bool,
    /// The address it came from and the agent's own name, for the person's list.
    pub seen_from: String,
    /// What was proved when it began.
    #[serde(default)]
    pub strength: Strength,
    /// The provider's own session, where it told: it can end this one.
    #[serde(default)]
    pub upstream: Option<String>,
}

/// What holds a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum SessionKind {
    /// One opaque cookie.
    Browser {
        /// SHA-256 of it, hex.
        cookie: String,
    },
    /// Access tokens and one-time refresh tokens.
    Program {
        /// The family.
        refresh: RefreshFamily,
    },
    /// A long-lived API token: made for one request, never kept.
    ApiToken {
        /// The token's id.
        id: String,
    },
}

impl SessionKind {
    /// As programs read it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Browser { .. } => "browser",
            Self::Program { .. } => "program",
            Self::ApiToken { .. } => "api-token",
        }
    }
}

/// A family of one-time refresh tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshFamily {
    /// SHA-256 of the one that is good, hex.
    pub current: String,
    /// SHA-256 of the one before, with when it was spent: for a few seconds it answers the same successor.
    pub previous: Option<(String, Timestamp)>,
    /// SHA-256 of all earlier ones, newest last, at most 64: their use ends the family.
    pub spent: Vec<String>,
}

/// Between the address and the agent's own name.
pub const BETWEEN: &str = " \u{b7} ";
/// How long a session that is not kept lasts after its last use.
const UNKEPT: SignedDuration = SignedDuration::from_hours(12);
/// How long a spent refresh token still answers the same successor: two tabs, or an answer that was lost.
pub const GRACE: SignedDuration = SignedDuration::from_secs(10);
/// How many spent tokens a family remembers.
const REMEMBERED: usize = 64;
/// How long after a proof sensitive actions need no new one.
const RECENT: SignedDuration = SignedDuration::from_mins(10);

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn span(duration: core::time::Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

impl Session {
    /// The address it began from.
    #[must_use]
    pub fn address(&self) -> &str {
        self.seen_from.split_once(BETWEEN).map_or(self.seen_from.as_str(), |(address, _)| address)
    }

    /// What the browser or program called itself; empty where it did not.
    #[must_use]
    pub fn agent(&self) -> &str {
        self.seen_from.split_once(BETWEEN).map_or("", |(_, agent)| agent)
    }

    /// Where the sliding end stands after a use at `now`: never behind the absolute one.
    #[must_use]
    pub fn slides_to(
        now: Timestamp,
        ends_at: Timestamp,
        remembered: bool,
        rules: &SignIn,
    ) -> Timestamp {
        let life = if remembered {
            span(rules.session_life)
        } else {
            UNKEPT.min(span(rules.session_life))
        };
        later(now, life).min(ends_at)
    }

    /// The absolute end of a session that begins at `now`.
    #[must_use]
    pub fn ends(now: Timestamp, rules: &SignIn) -> Timestamp {
        later(now, span(rules.session_end))
    }

    /// Whether it is over, by either end.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.expires_at <= now || self.ends_at <= now
    }

    /// The same after a use. `None` where nothing is worth writing: it was used in this minute already,
    /// or it is over and stays so.
    #[must_use]
    pub fn touched(&self, now: Timestamp, rules: &SignIn) -> Option<Self> {
        if self.is_over(now) || now < later(self.last_seen, SignedDuration::from_mins(1)) {
            return None;
        }
        let expires_at = Self::slides_to(now, self.ends_at, self.remembered, rules);
        Some(Self { last_seen: now, expires_at: expires_at.max(self.expires_at), ..self.clone() })
    }

    /// Whether the person proved lately who they are.
    #[must_use]
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        now < later(self.proved_at, RECENT)
    }
}

/// What a refresh token is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refresh {
    /// It was the good one: this is the family with its successor.
    Rotated(RefreshFamily),
    /// It was spent a moment ago: answer the successor it was given then.
    Repeated,
    /// It was spent before: somebody has a copy. The session ends.
    Stolen,
    /// Not of this family.
    Unknown,
}

impl RefreshFamily {
    /// A new family with one good token.
    #[must_use]
    pub const fn of(current: String) -> Self {
        Self { current, previous: None, spent: Vec::new() }
    }

    /// What the token with hash `presented` is worth; `successor` is the hash of the one to give for it.
    #[must_use]
    pub fn present(&self, presented: &str, successor: String, now: Timestamp) -> Refresh {
        if presented == self.current {
            let mut spent = self.spent.clone();
            spent.extend(self.previous.iter().map(|(hash, _at)| hash.clone()));
            let surplus = spent.len().saturating_sub(REMEMBERED);
            spent.drain(..surplus);
            let previous = Some((self.current.clone(), now));
            return Refresh::Rotated(Self { current: successor, previous, spent });
        }
        match &self.previous {
            Some((hash, at)) if presented == hash => {
                if *at <= now && now < later(*at, GRACE) {
                    Refresh::Repeated
                } else {
                    Refresh::Stolen
                }
            }
            Some(_) | None if self.spent.iter().any(|hash| hash == presented) => Refresh::Stolen,
            Some(_) | None => Refresh::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    const HOUR: i64 = 3_600;
    const DAY: i64 = 24 * HOUR;

    fn session(remembered: bool) -> Session {
        let rules = SignIn::default();
        let ends_at = Session::ends(at(0), &rules);
        Session {
            id: SessionId::from_random([1; 16]),
            user: UserId::from_random([1; 16]),
            provider: ProviderId::parse("local").expect("an id"),
            kind: SessionKind::Browser { cookie: String::new() },
            created_at: at(0),
            proved_at: at(0),
            last_seen: at(0),
            expires_at: Session::slides_to(at(0), ends_at, remembered, &rules),
            ends_at,
            remembered,
            seen_from: String::new(),
            strength: Strength::Single,
            upstream: None,
        }
    }

    #[test]
    fn a_session_ends_where_its_rules_say() {
        for (remembered, second, over) in [
            (false, 12 * HOUR - 1, false),
            (false, 12 * HOUR, true),
            (true, 7 * DAY - 1, false),
            (true, 7 * DAY, true),
        ] {
            assert_eq!(session(remembered).is_over(at(second)), over, "{remembered} {second}");
        }
    }

    #[test]
    fn use_moves_the_sliding_end_but_not_the_absolute_one() {
        let rules = SignIn::default();
        let mut session = session(true);
        assert_eq!(session.touched(at(59), &rules), None, "once a minute is enough");
        for day in 1..90 {
            session = session.touched(at(day * DAY), &rules).expect("in use");
        }
        assert_eq!(session.expires_at, session.ends_at);
        assert!(session.is_over(at(90 * DAY)));
        assert_eq!(session.touched(at(90 * DAY), &rules), None, "what is over stays over");
    }

    #[test]
    fn a_proof_is_recent_for_ten_minutes() {
        assert!(session(true).is_fresh(at(599)));
        assert!(!session(true).is_fresh(at(600)));
    }

    #[derive(Debug, Clone)]
    enum Act {
        /// The owner uses the newest token they got.
        Refresh,
        /// The owner's answer was lost: they use the one before again.
        Again,
        /// Somebody uses any token ever given out.
        Replay(prop::sample::Index),
        /// Somebody guesses.
        Guess,
        Wait(i64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        prop::collection::vec(
            prop_oneof![
                4 => Just(Act::Refresh),
                1 => Just(Act::Again),
                1 => any::<prop::sample::Index>().prop_map(Act::Replay),
                1 => Just(Act::Guess),
                3 => (0_i64..30).prop_map(Act::Wait),
            ],
            1..200,
        )
    }

    proptest! {
        /// Against a plain model that keeps every token with the time it was spent at.
        #[test]
        fn a_spent_token_ends_the_family_but_for_a_moment(acts in acts()) {
            let mut family = RefreshFamily::of("0".to_owned());
            // Every token ever given out, and when it was spent.
            let mut given: Vec<Option<i64>> = vec![None];
            let mut clock = 0;
            for act in acts {
                let newest = given.len() - 1;
                let used = match act {
                    Act::Wait(seconds) => { clock += seconds; continue }
                    Act::Refresh => newest,
                    Act::Again => newest.saturating_sub(1),
                    Act::Replay(index) => index.index(given.len()),
                    Act::Guess => usize::MAX,
                };
                let successor = given.len().to_string();
                let worth = family.present(&used.to_string(), successor, at(clock));
                match given.get(used).copied() {
                    None => prop_assert_eq!(worth, Refresh::Unknown),
                    Some(None) => {
                        let Refresh::Rotated(next) = worth else { panic!("{worth:?}") };
                        prop_assert!(next.spent.len() <= REMEMBERED);
                        family = next;
                        given[used] = Some(clock);
                        given.push(None);
                    }
                    Some(Some(spent)) if used + 1 == newest && clock - spent < 10 => {
                        prop_assert_eq!(worth, Refresh::Repeated);
                    }
                    Some(Some(_)) if newest - used <= REMEMBERED + 1 => {
                        prop_assert_eq!(worth, Refresh::Stolen);
                    }
                    Some(Some(_)) => prop_assert_eq!(worth, Refresh::Unknown),
                }
            }
        }
    }
}
