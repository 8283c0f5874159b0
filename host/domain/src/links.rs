//! Links with a token in them that let somebody in once. Only the token's hash is kept.
//!
//! Guarantees: who made a link for whom is decided by one rule; which links a new password ends, by
//! another. Does not: make a token.

use crate::ids::{BackendId, UserId};
use crate::names::EmailAddress;
use crate::role::Role;
use crate::users::{Protected, User};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkPurpose {
    /// Signing in without a password, once.
    SignIn,
    /// Setting a new password, once.
    ResetPassword,
    /// Saying that an address is one's own.
    ConfirmAddress,
}

/// Why a link to set a new password was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetCause {
    /// Somebody asked for it on our page.
    Forgot,
    /// Somebody asked for it on a backend's page.
    File {
        /// Which.
        backend: BackendId,
    },
    /// An admin made it.
    Admin,
    /// A password that had to wait for its backend was dropped.
    Waited,
}

/// One link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// SHA-256 of its token, hex.
    pub token: String,
    /// What it does.
    pub purpose: LinkPurpose,
    /// For whom.
    pub user: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
    /// The address it was sent to: the one to confirm; a reset by it proves it too.
    #[serde(default)]
    pub address: Option<EmailAddress>,
    /// Of a reset: why. Of an address to be confirmed: why a reset is due once it is.
    #[serde(default)]
    pub cause: Option<ResetCause>,
    /// Whether it may be used any number of times until its end; otherwise once.
    #[serde(default)]
    pub many: bool,
    /// When it was last used.
    #[serde(default)]
    pub used_at: Option<Timestamp>,
    /// The admin who made it to be handed over; it is good only while they could make it again.
    #[serde(default)]
    pub by: Option<UserId>,
}

impl Link {
    /// Whether it does this now. Decided at use, never by a cleaner.
    #[must_use]
    pub fn does(&self, purpose: LinkPurpose, now: Timestamp) -> bool {
        self.purpose == purpose && now < self.expires_at
    }

    /// Whether it is left where everything else is ended that could let somebody in: only the question
    /// whether the address somebody has is theirs. Another address that was to take its place may have
    /// been typed by whoever has to be kept out.
    #[must_use]
    pub fn outlasts_a_new_password(&self, user: &User) -> bool {
        let own = user.email.as_ref().map(|email| &email.address);
        match self.purpose {
            LinkPurpose::SignIn | LinkPurpose::ResetPassword => false,
            LinkPurpose::ConfirmAddress => self.address.is_some() && self.address.as_ref() == own,
        }
    }
}

/// Whether an admin may make a link with which somebody's password is set: whoever holds it is that
/// person. `by` is none at the console.
///
/// # Errors
/// [`Protected::SetupAdmin`], [`Protected::OtherAdmin`].
pub fn may_hand_over(by: Option<&User>, user: &User) -> Result<(), Protected> {
    let Some(by) = by.filter(|by| by.id != user.id) else { return Ok(()) };
    match user.role {
        _ if user.setup_admin => Err(Protected::SetupAdmin),
        Role::Admin if !by.setup_admin => Err(Protected::OtherAdmin),
        Role::Admin | Role::User => Ok(()),
    }
}

/// Whether an admin may make a link that signs in: as themselves, or as somebody who is no admin.
///
/// # Errors
/// [`Protected::SetupAdmin`], [`Protected::OtherAdmin`].
pub fn may_sign_in_as(by: &User, user: &User) -> Result<(), Protected> {
    match user.role {
        _ if by.id == user.id => Ok(()),
        _ if user.setup_admin => Err(Protected::SetupAdmin),
        Role::Admin => Err(Protected::OtherAdmin),
        Role::User => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::Username;
    use crate::users::{Email, UserState};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn user(byte: u8, role: Role, setup_admin: bool) -> User {
        User {
            id: UserId::from_random([byte; 16]),
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

    fn link(purpose: LinkPurpose, address: Option<&str>) -> Link {
        Link {
            token: "hash".to_owned(),
            purpose,
            user: UserId::from_random([1; 16]),
            created_at: at(0),
            expires_at: at(10),
            address: address.map(|text| EmailAddress::parse(text).expect("an address")),
            cause: None,
            many: false,
            used_at: None,
            by: None,
        }
    }

    #[test]
    fn a_link_does_one_thing_until_its_end() {
        let link = link(LinkPurpose::ResetPassword, None);
        assert!(link.does(LinkPurpose::ResetPassword, at(9)));
        assert!(!link.does(LinkPurpose::ResetPassword, at(10)));
        assert!(!link.does(LinkPurpose::SignIn, at(9)));
        assert!(!link.does(LinkPurpose::ConfirmAddress, at(9)));
    }

    #[test]
    fn only_the_question_about_ones_own_address_outlasts_a_new_password() {
        let address = EmailAddress::parse("anna@example.org").expect("an address");
        let email = Some(Email { address, confirmed: false });
        let (bare, anna) = (user(1, Role::User, false), user(1, Role::User, false));
        let anna = User { email, ..anna };
        use LinkPurpose as P;
        for (purpose, to, stays) in [
            (P::ConfirmAddress, Some("anna@example.org"), true),
            (P::ConfirmAddress, Some("mallory@example.org"), false),
            (P::ConfirmAddress, None, false),
            (P::ResetPassword, Some("anna@example.org"), false),
            (P::SignIn, None, false),
        ] {
            assert_eq!(link(purpose, to).outlasts_a_new_password(&anna), stays, "{purpose:?}");
            assert!(!link(purpose, to).outlasts_a_new_password(&bare));
        }
    }

    #[test]
    fn who_may_make_a_link_for_whom() {
        let (first, other) = (user(1, Role::Admin, true), user(2, Role::Admin, false));
        let (third, anna) = (user(3, Role::Admin, false), user(4, Role::User, false));
        for (by, for_whom, may) in [
            (Some(&other), &anna, Ok(())),
            (Some(&other), &other, Ok(())),
            (Some(&other), &third, Err(Protected::OtherAdmin)),
            (Some(&other), &first, Err(Protected::SetupAdmin)),
            (Some(&first), &other, Ok(())),
            (Some(&first), &first, Ok(())),
            (None, &first, Ok(())),
            (None, &other, Ok(())),
        ] {
            assert_eq!(may_hand_over(by, for_whom), may);
        }
    }

    #[test]
    fn nobody_signs_in_as_another_admin() {
        let (first, other) = (user(1, Role::Admin, true), user(2, Role::Admin, false));
        let anna = user(3, Role::User, false);
        for (by, whom, may) in [
            (&first, &first, Ok(())),
            (&other, &other, Ok(())),
            (&other, &anna, Ok(())),
            (&first, &other, Err(Protected::OtherAdmin)),
            (&other, &first, Err(Protected::SetupAdmin)),
        ] {
            assert_eq!(may_sign_in_as(by, whom), may);
        }
    }
}
