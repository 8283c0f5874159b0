//! Users and the accounts they have.

use crate::ids::{BackendId, UserId};
use crate::invites::Invite;
use crate::names::{EmailAddress, Username};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Their own account.
    User,
    /// Everything.
    Admin,
}

/// Whether a user may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UserState {
    /// Waits for an admin's word.
    Pending,
    /// May sign in.
    Active,
    /// Switched off by an admin.
    Disabled,
    /// Their time is over.
    Expired,
}

/// A person known to Latchkey.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// Unique by [`Username::key`].
    pub username: Username,
    /// Where mail goes.
    pub email: Option<Email>,
    /// What they may do.
    pub role: Role,
    /// Whether they may come in.
    pub state: UserState,
    /// When the accounts are disabled.
    pub expires_at: Option<Timestamp>,
    /// The admin's note.
    pub label: String,
    /// What they have where.
    pub accounts: Vec<Account>,
    /// The first admin, who cannot be demoted, disabled or deleted by others.
    pub setup_admin: bool,
    /// The first characters of the invite they came by.
    pub invite_hint: Option<String>,
    /// The profile they were made from.
    pub profile: Option<String>,
    /// When they came.
    pub created_at: Timestamp,
    /// When they last signed in here.
    pub last_seen: Option<Timestamp>,
    /// Whether and how far they may invite others; admins always may.
    #[serde(default)]
    pub invite_right: Option<InviteRight>,
}

/// The right of somebody who is no admin to invite others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InviteRight {
    /// For how many people their invites may be open or used up at a time, withdrawn and unused ones
    /// not counted.
    pub quota: u32,
    /// The profile that whoever comes by them gets; none: as the backend makes accounts.
    pub profile: Option<String>,
    /// Where their invites give an account; they cannot grant what they were not given.
    pub backends: Vec<BackendId>,
}

impl InviteRight {
    /// For how many people these invites are taken, used up or still open for.
    fn taken(invites: &[Invite], now: Timestamp) -> u32 {
        invites.iter().map(|invite| invite.held(now)).fold(0, u32::saturating_add)
    }

    /// For how many more people than those of these invites it goes.
    #[must_use]
    pub fn left_beside(&self, invites: &[Invite], now: Timestamp) -> u32 {
        self.quota.saturating_sub(Self::taken(invites, now))
    }

    /// Whether these invites are within it.
    #[must_use]
    pub fn fits(&self, invites: &[Invite], now: Timestamp) -> bool {
        Self::taken(invites, now) <= self.quota
    }

    /// Whether what an invite gives is what it may give.
    #[must_use]
    pub fn grants(&self, invite: &Invite) -> bool {
        invite.profile == self.profile
            && invite.backends.iter().all(|id| self.backends.contains(id))
    }
}

/// A mail address and whether it was proved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Email {
    /// The address.
    pub address: EmailAddress,
    /// Proved by a link, or given by an admin.
    pub confirmed: bool,
}

/// What a user has on one backend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Where.
    pub backend: BackendId,
    /// The backend's own id of it.
    pub id: String,
    /// The name to sign in with there.
    pub login_name: String,
    /// What we last knew.
    pub state: AccountState,
    /// When we last heard of it; while something is owed, since when.
    pub checked_at: Timestamp,
}

/// What we last knew of an account; the wish may differ while a backend is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AccountState {
    /// On.
    Active,
    /// Off.
    Disabled,
    /// To be switched on or off as soon as the backend answers.
    Owed {
        /// The wish.
        enabled: bool,
        /// Why it is not done yet, in the fault's words.
        because: String,
    },
    /// Asked to come there, and has not accepted yet.
    Invited,
    /// The backend says that it does not exist any more. Nothing is concluded from it by itself.
    Gone,
}

/// Why something is not done to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Protected {
    /// The first admin is safe from the others.
    #[error("the first admin cannot be demoted, disabled or deleted by others")]
    SetupAdmin,
    /// Somebody must be able to come in.
    #[error("this is the last admin who can sign in")]
    LastAdmin,
    /// Nobody locks themselves out by mistake.
    #[error("this is oneself")]
    Oneself,
    /// Their time is over: it has to be extended first.
    #[error("their time is over")]
    Over,
    /// Admins do not take over one another.
    #[error("this is another admin")]
    OtherAdmin,
}

impl Protected {
    /// The key of its words.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::SetupAdmin => "setup-admin",
            Self::LastAdmin => "last-admin",
            Self::Oneself => "oneself",
            Self::Over => "over",
            Self::OtherAdmin => "other-admin",
        }
    }
}

/// Who does it, and who else could.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    /// The admin who does it; none for the console.
    pub by: Option<&'a UserId>,
    /// How many other admins may sign in.
    pub other_admins: usize,
}

impl User {
    /// Whether they may sign in as an admin.
    #[must_use]
    pub fn is_active_admin(&self) -> bool {
        self.role == Role::Admin && self.state == UserState::Active
    }

    /// Whether their time is over.
    #[must_use]
    pub fn is_due(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }

    fn may_lose_the_house(&self, standing: Standing<'_>) -> Result<(), Protected> {
        let oneself = standing.by == Some(&self.id);
        if self.setup_admin && !oneself {
            return Err(Protected::SetupAdmin);
        }
        if self.is_active_admin() && standing.other_admins == 0 {
            return Err(Protected::LastAdmin);
        }
        Ok(())
    }

    /// The same in another role.
    ///
    /// # Errors
    /// [`Protected`].
    pub fn with_role(self, role: Role, standing: Standing<'_>) -> Result<Self, Protected> {
        if self.role == Role::Admin && role != Role::Admin {
            self.may_lose_the_house(standing)?;
        }
        Ok(Self { role, ..self })
    }

    /// The same, shut out.
    ///
    /// # Errors
    /// [`Protected`].
    pub fn disabled(self, standing: Standing<'_>) -> Result<Self, Protected> {
        if standing.by == Some(&self.id) {
            return Err(Protected::Oneself);
        }
        self.may_lose_the_house(standing)?;
        Ok(Self { state: UserState::Disabled, ..self })
    }

    /// The same, let in.
    ///
    /// # Errors
    /// [`Protected::Over`] where their time is over.
    pub fn enabled(self, now: Timestamp) -> Result<Self, Protected> {
        if self.is_due(now) {
            return Err(Protected::Over);
        }
        Ok(Self { state: UserState::Active, ..self })
    }

    /// Whether they may be deleted.
    ///
    /// # Errors
    /// [`Protected`].
    pub fn may_be_deleted(&self, standing: Standing<'_>) -> Result<(), Protected> {
        if standing.by == Some(&self.id) {
            return Err(Protected::Oneself);
        }
        self.may_lose_the_house(standing)
    }

    /// The same, expired; `None` where that is not due, or done, or would leave the house without an
    /// admin.
    #[must_use]
    pub fn expired(self, now: Timestamp, other_admins: usize) -> Option<Self> {
        let kept = self.is_active_admin() && (self.setup_admin || other_admins == 0);
        (self.is_due(now) && self.state == UserState::Active && !kept)
            .then_some(Self { state: UserState::Expired, ..self })
    }

    /// The same with another end; an expired one comes back where that end is still to come.
    #[must_use]
    pub fn extended(self, expires_at: Option<Timestamp>, now: Timestamp) -> Self {
        let open = expires_at.is_none_or(|end| end > now);
        let state = match self.state {
            UserState::Expired if open => UserState::Active,
            same @ (UserState::Pending
            | UserState::Active
            | UserState::Disabled
            | UserState::Expired) => same,
        };
        Self { expires_at, state, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn user(role: Role, setup_admin: bool) -> User {
        User {
            id: UserId::from_random([1; 16]),
            username: Username::parse("anna").expect("a name"),
            email: None,
            role,
            state: UserState::Active,
            expires_at: None,
            label: String::new(),
            accounts: Vec::new(),
            setup_admin,
            invite_hint: None,
            profile: None,
            created_at: at(0),
            last_seen: None,
            invite_right: None,
        }
    }

    #[test]
    fn who_is_protected_from_whom() {
        let (oneself, other) = (UserId::from_random([1; 16]), UserId::from_random([2; 16]));
        let by = |by, other_admins| Standing { by, other_admins };
        for (admin, setup, standing, disable, demote) in [
            (false, false, by(Some(&other), 0), Ok(()), Ok(())),
            (true, false, by(Some(&other), 1), Ok(()), Ok(())),
            (true, false, by(Some(&oneself), 1), Err(Protected::Oneself), Ok(())),
            (
                true,
                false,
                by(Some(&oneself), 0),
                Err(Protected::Oneself),
                Err(Protected::LastAdmin),
            ),
            (true, false, by(None, 0), Err(Protected::LastAdmin), Err(Protected::LastAdmin)),
            (
                true,
                true,
                by(Some(&other), 5),
                Err(Protected::SetupAdmin),
                Err(Protected::SetupAdmin),
            ),
            (true, true, by(None, 5), Err(Protected::SetupAdmin), Err(Protected::SetupAdmin)),
            (true, true, by(Some(&oneself), 5), Err(Protected::Oneself), Ok(())),
        ] {
            let user = user(if admin { Role::Admin } else { Role::User }, setup);
            let what = format!("{admin} {setup} {standing:?}");
            assert_eq!(user.clone().disabled(standing).map(drop), disable, "{what}");
            assert_eq!(user.may_be_deleted(standing), disable, "{what}");
            assert_eq!(user.with_role(Role::User, standing).map(drop), demote, "{what}");
        }
    }

    #[test]
    fn time_ends_and_comes_back() {
        let user = User { expires_at: Some(at(10)), ..user(Role::User, false) };
        assert!(user.clone().expired(at(9), 0).is_none());
        let over = user.expired(at(10), 0).expect("due");
        assert_eq!(over.state, UserState::Expired);
        assert_eq!(over.clone().enabled(at(10)).map(drop), Err(Protected::Over));
        assert_eq!(over.clone().extended(Some(at(9)), at(10)).state, UserState::Expired);
        assert_eq!(over.clone().extended(None, at(10)).state, UserState::Active);
        let disabled = User { state: UserState::Disabled, ..over };
        assert_eq!(disabled.extended(None, at(10)).state, UserState::Disabled);
    }

    #[test]
    fn the_last_admin_never_expires() {
        let admin = User { expires_at: Some(at(10)), ..user(Role::Admin, false) };
        assert!(admin.clone().expired(at(11), 0).is_none());
        assert!(admin.expired(at(11), 1).is_some());
    }
}
