//! Drafts and changes of invites: what an admin typed becomes an [`Invite`], or every field that is
//! wrong is named.

use super::{AskEmail, Invite};
use crate::ids::{BackendId, InviteCode};
use crate::names::EmailAddress;
use crate::settings::Lifetime;
use jiff::Timestamp;
use serde::Deserialize;

/// What is wrong with one field of a form; the catalogue has the words (`field-<code>`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// As the API names it.
    pub field: &'static str,
    /// The key of its words.
    pub code: &'static str,
    /// What the words are filled with.
    pub args: Vec<(&'static str, String)>,
}

impl Problem {
    const fn new(field: &'static str, code: &'static str) -> Self {
        Self { field, code, args: Vec::new() }
    }

    fn with(mut self, name: &'static str, value: &impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }
}

/// When an invite is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Never.
    Never,
    /// Then.
    At(Timestamp),
    /// So long after it was made.
    In(Lifetime),
}

/// A new invite, every value of the right kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteDraft {
    /// The admin's note.
    pub label: String,
    /// For how many people; none: any number.
    pub uses: Option<u32>,
    /// Until when.
    pub expires: Expiry,
    /// The profile accounts are made from.
    pub profile: Option<String>,
    /// Where it gives an account; empty: everywhere.
    pub backends: Vec<BackendId>,
    /// How long accounts last.
    pub account_lifetime: Option<Lifetime>,
    /// Whether the sign-up asks for an address.
    pub ask_email: AskEmail,
    /// The address it is for.
    pub email: Option<EmailAddress>,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: bool,
}

/// What to change about an invite; none: leave it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitePatch {
    /// The admin's note.
    pub label: Option<String>,
    /// For how many people; `Some(None)`: any number.
    pub uses: Option<Option<u32>>,
    /// Until when.
    pub expires: Option<Expiry>,
    /// The profile; `Some(None)`: none.
    pub profile: Option<Option<String>>,
    /// Where it gives an account.
    pub backends: Option<Vec<BackendId>>,
    /// How long accounts last; `Some(None)`: for ever.
    pub account_lifetime: Option<Option<Lifetime>>,
    /// Whether the sign-up asks for an address.
    pub ask_email: Option<AskEmail>,
    /// The address it is for; `Some(None)`: nobody's.
    pub email: Option<Option<EmailAddress>>,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: Option<bool>,
}

/// A draft as text, the way forms and programs send it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InviteText {
    /// The admin's note.
    pub label: String,
    /// A whole number; empty: any number.
    pub uses: String,
    /// RFC 3339.
    pub expires_at: String,
    /// ISO 8601 duration.
    pub expires_in: String,
    /// A profile's name; empty: none.
    pub profile: String,
    /// Ids of backends; empty: everywhere.
    pub backends: Vec<String>,
    /// ISO 8601 duration; empty: for ever.
    pub account_lifetime: String,
    /// `none`, `optional` or `required`; empty: optional.
    pub ask_email: String,
    /// An address; empty: nobody's.
    pub email: String,
    /// Whether an admin has to agree to who signs up.
    pub require_approval: bool,
}

/// What exists, for a draft to point at.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Backends that are set up, in their order.
    pub backends: &'a [BackendId],
    /// The profile a draft names, if there is one of that name.
    pub profile: Option<&'a str>,
}

const LABEL_CHARS: usize = 200;
const MOST_USES: u32 = 1_000_000;

/// The part of a text, or nothing where it is blank.
fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

impl InviteText {
    /// Every value of the right kind, or every field that is wrong.
    ///
    /// # Errors
    /// One [`Problem`] a wrong field.
    pub fn parse(&self) -> Result<InviteDraft, Vec<Problem>> {
        let mut problems = Vec::new();
        let uses = given(&self.uses).and_then(|text| {
            let number = text.parse().ok();
            if number.is_none() {
                problems.push(Problem::new("uses", "number"));
            }
            number
        });
        let expires = self.expiry(&mut problems);
        let account_lifetime = given(&self.account_lifetime)
            .and_then(|text| lifetime(text, "accountLifetime", &mut problems));
        let ask_email = match given(&self.ask_email) {
            None => AskEmail::default(),
            Some(word) => AskEmail::parse(word).unwrap_or_else(|| {
                problems.push(Problem::new("askEmail", "choice"));
                AskEmail::default()
            }),
        };
        let email = given(&self.email).and_then(|text| match EmailAddress::parse(text) {
            Ok(address) => Some(address),
            Err(bad) => {
                problems.push(Problem::new("email", bad.code()));
                None
            }
        });
        let backends = self.backends(&mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(InviteDraft {
            label: self.label.trim().to_owned(),
            uses,
            expires,
            profile: given(&self.profile).map(str::to_owned),
            backends,
            account_lifetime,
            ask_email,
            email,
            require_approval: self.require_approval,
        })
    }

    fn expiry(&self, problems: &mut Vec<Problem>) -> Expiry {
        match (given(&self.expires_at), given(&self.expires_in)) {
            (None, None) => Expiry::Never,
            (Some(_), Some(_)) => {
                problems.push(Problem::new("expiresIn", "choice"));
                Expiry::Never
            }
            (Some(text), None) => text.parse().map_or_else(
                |_no_time: jiff::Error| {
                    problems.push(Problem::new("expiresAt", "time"));
                    Expiry::Never
                },
                Expiry::At,
            ),
            (None, Some(text)) => {
                lifetime(text, "expiresIn", problems).map_or(Expiry::Never, Expiry::In)
            }
        }
    }

    fn backends(&self, problems: &mut Vec<Problem>) -> Vec<BackendId> {
        let ids = self.backends.iter().filter_map(|id| given(id));
        ids.filter_map(|id| {
            let parsed = BackendId::parse(id).ok();
            if parsed.is_none() {
                problems.push(Problem::new("backends", "unknown").with("name", &id));
            }
            parsed
        })
        .collect()
    }
}

fn lifetime(text: &str, field: &'static str, problems: &mut Vec<Problem>) -> Option<Lifetime> {
    let parsed = Lifetime::parse(text).ok();
    if parsed.is_none() {
        problems.push(Problem::new(field, "duration"));
    }
    parsed
}

/// The moment an expiry means; `None` inside for never.
fn end_of(expires: Expiry, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    match expires {
        Expiry::Never => Ok(None),
        Expiry::At(end) if end > now => Ok(Some(end)),
        Expiry::At(_) => Err(Problem::new("expiresAt", "past")),
        Expiry::In(life) => {
            life.after(now).map(Some).ok_or_else(|| Problem::new("expiresIn", "too-far"))
        }
    }
}

fn label_problem(label: &str) -> Option<Problem> {
    (label.chars().count() > LABEL_CHARS)
        .then(|| Problem::new("label", "too-long").with("max", &LABEL_CHARS))
}

fn uses_problem(uses: Option<u32>) -> Option<Problem> {
    uses.filter(|uses| !(1..=MOST_USES).contains(uses))
        .map(|_| Problem::new("uses", "range").with("min", &1).with("max", &MOST_USES))
}

/// A lifetime that ends past year 9999 for somebody who signs up now can never be kept.
fn life_problem(life: Option<Lifetime>, now: Timestamp) -> Option<Problem> {
    life.filter(|life| life.after(now).is_none())
        .map(|_| Problem::new("accountLifetime", "too-far"))
}

fn backends_of(wanted: Vec<BackendId>, known: Known<'_>) -> Result<Vec<BackendId>, Problem> {
    let mut backends = if wanted.is_empty() { known.backends.to_vec() } else { wanted };
    let mut seen = std::collections::BTreeSet::new();
    backends.retain(|id| seen.insert(id.clone()));
    match backends.iter().find(|id| !known.backends.contains(id)) {
        Some(id) => Err(Problem::new("backends", "unknown").with("name", &id)),
        None if backends.is_empty() => Err(Problem::new("backends", "choice")),
        None => Ok(backends),
    }
}

fn profile_of(wanted: Option<String>, known: Known<'_>) -> Result<Option<String>, Problem> {
    match (wanted, known.profile) {
        (None, _) => Ok(None),
        (Some(_), Some(name)) => Ok(Some(name.to_owned())),
        (Some(name), None) => Err(Problem::new("profile", "unknown").with("name", &name)),
    }
}

impl InviteDraft {
    /// The invite.
    ///
    /// # Errors
    /// One [`Problem`] a wrong field.
    pub fn decide(
        self,
        code: InviteCode,
        created_by: &str,
        known: Known<'_>,
        now: Timestamp,
    ) -> Result<Invite, Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        problems.extend(label_problem(&self.label));
        problems.extend(uses_problem(self.uses));
        problems.extend(life_problem(self.account_lifetime, now));
        let expires_at = kept(end_of(self.expires, now), &mut problems).flatten();
        let backends = kept(backends_of(self.backends, known), &mut problems).unwrap_or_default();
        let profile = kept(profile_of(self.profile, known), &mut problems).flatten();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Invite {
            code,
            label: self.label,
            created_by: created_by.to_owned(),
            created_at: now,
            expires_at,
            uses: self.uses,
            used: 0,
            backends,
            profile,
            account_lifetime: self.account_lifetime,
            ask_email: self.ask_email,
            email: self.email,
            revoked_at: None,
            alias: None,
            mailed: Vec::new(),
            inviter: None,
            require_approval: self.require_approval,
        })
    }
}

fn kept<T>(outcome: Result<T, Problem>, problems: &mut Vec<Problem>) -> Option<T> {
    outcome.map_err(|problem| problems.push(problem)).ok()
}

impl InvitePatch {
    /// The changed invite. What is granted changes for people who come later only.
    ///
    /// # Errors
    /// One [`Problem`] a wrong field; fewer uses than are taken is one.
    pub fn apply(
        self,
        invite: Invite,
        known: Known<'_>,
        now: Timestamp,
    ) -> Result<Invite, Vec<Problem>> {
        let mut problems: Vec<Problem> = Vec::new();
        let mut changed = invite;
        if let Some(label) = self.label {
            problems.extend(label_problem(&label));
            changed.label = label;
        }
        if let Some(uses) = self.uses {
            problems.extend(uses_problem(uses));
            let (taken, range) = (changed.used.max(1), Problem::new("uses", "range"));
            if uses.is_some_and(|uses| (1..taken).contains(&uses)) {
                problems.push(range.with("min", &taken).with("max", &MOST_USES));
            }
            changed.uses = uses;
        }
        if let Some(expires) = self.expires {
            changed.expires_at = kept(end_of(expires, now), &mut problems).flatten();
        }
        if let Some(profile) = self.profile {
            changed.profile = kept(profile_of(profile, known), &mut problems).flatten();
        }
        if let Some(backends) = self.backends {
            changed.backends =
                kept(backends_of(backends, known), &mut problems).unwrap_or_default();
        }
        if let Some(life) = self.account_lifetime {
            problems.extend(life_problem(life, now));
            changed.account_lifetime = life;
        }
        if let Some(ask) = self.ask_email {
            changed.ask_email = ask;
        }
        if let Some(email) = self.email {
            changed.email = email;
        }
        if let Some(required) = self.require_approval {
            changed.require_approval = required;
        }
        if problems.is_empty() { Ok(changed) } else { Err(problems) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invites::Standing;
    use proptest::prelude::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).expect("a time")
    }

    fn films() -> Vec<BackendId> {
        vec![BackendId::parse("films").expect("an id")]
    }

    fn decide(text: &InviteText) -> Result<Invite, Vec<(&'static str, &'static str)>> {
        let backends = films();
        let profile = (text.profile == "Family").then_some("family");
        let known = Known { backends: &backends, profile };
        let code = InviteCode::from_random([1; 16]);
        let short = |problems: Vec<Problem>| problems.iter().map(|p| (p.field, p.code)).collect();
        text.parse().and_then(|draft| draft.decide(code, "admin", known, at(0))).map_err(short)
    }

    fn invite() -> Invite {
        decide(&InviteText { uses: "2".into(), ..InviteText::default() }).expect("a good one")
    }

    #[test]
    fn an_empty_form_is_an_open_invite_to_everything() {
        let invite = decide(&InviteText::default()).expect("a good one");
        assert_eq!((invite.uses, invite.expires_at), (None, None));
        assert_eq!(invite.backends, films());
        assert_eq!(invite.ask_email, AskEmail::Optional);
    }

    #[test]
    fn every_wrong_field_is_named() {
        let none = InviteText::default;
        for (text, field, code) in [
            (InviteText { uses: "many".into(), ..none() }, "uses", "number"),
            (InviteText { uses: "0".into(), ..none() }, "uses", "range"),
            (InviteText { uses: "-1".into(), ..none() }, "uses", "number"),
            (InviteText { expires_at: "tomorrow".into(), ..none() }, "expiresAt", "time"),
            (InviteText { expires_at: at(0).to_string(), ..none() }, "expiresAt", "past"),
            (InviteText { expires_in: "7 days".into(), ..none() }, "expiresIn", "duration"),
            (InviteText { expires_in: "P8000Y".into(), ..none() }, "expiresIn", "too-far"),
            (
                InviteText { account_lifetime: "P0D".into(), ..none() },
                "accountLifetime",
                "duration",
            ),
            (
                InviteText { account_lifetime: "P8000Y".into(), ..none() },
                "accountLifetime",
                "too-far",
            ),
            (InviteText { profile: "Guests".into(), ..none() }, "profile", "unknown"),
            (InviteText { backends: vec!["nas".into()], ..none() }, "backends", "unknown"),
            (InviteText { backends: vec!["N A S".into()], ..none() }, "backends", "unknown"),
            (InviteText { ask_email: "maybe".into(), ..none() }, "askEmail", "choice"),
            (InviteText { email: "anna".into(), ..none() }, "email", "not-an-address"),
            (InviteText { label: "x".repeat(201), ..none() }, "label", "too-long"),
        ] {
            assert_eq!(decide(&text), Err(vec![(field, code)]), "{text:?}");
        }
        let text = InviteText { uses: "0".into(), profile: "Guests".into(), ..none() };
        assert_eq!(decide(&text), Err(vec![("uses", "range"), ("profile", "unknown")]));
    }

    #[test]
    fn a_profile_is_written_as_it_is_called() {
        let text = InviteText { profile: "Family".into(), ..InviteText::default() };
        assert_eq!(decide(&text).expect("a good one").profile.as_deref(), Some("family"));
    }

    #[test]
    fn an_invite_admits_until_it_is_used_up_over_or_revoked() {
        let invite = Invite { expires_at: Some(at(10)), ..invite() };
        let once = invite.clone().reserve(at(9)).expect("open");
        let twice = once.clone().reserve(at(9)).expect("open");
        assert_eq!(twice.standing(at(9)), Standing::UsedUp);
        assert!(twice.clone().reserve(at(9)).is_none());
        assert!(twice.give_back().reserve(at(9)).is_some());
        assert!(once.clone().reserve(at(10)).is_none());
        assert!(once.revoked(at(1)).reserve(at(2)).is_none());
    }

    #[test]
    fn fewer_uses_than_are_taken_is_refused() {
        let known = Known { backends: &films(), profile: None };
        let used = Invite { used: 2, ..invite() };
        let patch = |uses| InvitePatch { uses: Some(Some(uses)), ..InvitePatch::default() };
        assert!(patch(1).apply(used.clone(), known, at(0)).is_err());
        assert_eq!(patch(5).apply(used, known, at(0)).expect("fine").uses, Some(5));
    }

    proptest! {
        /// However uses are taken and given back, never more are out than the invite has.
        #[test]
        fn uses_are_never_overdrawn(uses in 1_u32..6, acts in prop::collection::vec(any::<bool>(), 0..60)) {
            let mut invite = Invite { uses: Some(uses), ..invite() };
            let mut out = 0_u32;
            for take in acts {
                if take {
                    if let Some(reserved) = invite.clone().reserve(at(0)) {
                        invite = reserved;
                        out += 1;
                    }
                } else if out > 0 {
                    invite = invite.give_back();
                    out -= 1;
                }
                prop_assert!(out <= uses);
                prop_assert_eq!(invite.used, out);
            }
        }
    }
}
