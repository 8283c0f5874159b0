//! A right password, and what changes before its session begins.

use super::*;
use crate::factors;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller, entered};
use crate::sessions::{self, Current, Epoch};
use crate::users::{self, UserPatch};
use domain::role::{Admin, Role};

/// A house with anna in it, signed in.
struct House {
    rig: Rig,
    by: Admin,
    anna: Current,
}

impl House {
    async fn new() -> Self {
        let rig = Rig::new().await;
        let (by, _) = rig.set_up().await;
        rig.user(&by, "anna", Role::User).await;
        let begun = rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
        Self { rig, by, anna: Current { user: begun.user, session: begun.session } }
    }

    async fn happens(&self, what: &str) {
        let (service, anna) = (&self.rig.service, &self.anna);
        let from = caller("192.0.2.1");
        match what {
            "password" => {
                let (old, new) = (PASSWORD.into(), OTHER_PASSWORD.into());
                passwords::change(service, anna, &old, &new, &from).await.unwrap();
            }
            "role" => {
                let patch = UserPatch { role: Some(Role::Admin), ..UserPatch::default() };
                users::patch(service, &self.by, &anna.user.id, patch).await.unwrap();
            }
            "disabled and enabled" => {
                users::disable(service, &self.by, &anna.user.id).await.unwrap();
                users::enable(service, &self.by, &anna.user.id).await.unwrap();
            }
            "signed out by an admin" => {
                users::sign_out(service, &self.by, &anna.user.id).await.unwrap();
            }
            "signed out elsewhere" => {
                sessions::end_others(service, anna).await.unwrap();
            }
            "an app" => {
                let made = factors::begin_totp(service, anna).await.unwrap();
                let code = crate::totp::code_at(&made.secret, service.now());
                factors::confirm_totp(service, anna, &code.into(), &from).await.unwrap();
            }
            _ => {}
        }
    }

    /// Whether only the session is left that all this was done in, or none.
    async fn has_no_more(&self) -> bool {
        let left = sessions::list(&self.rig.service, &self.anna.user.id).await.unwrap();
        left.iter().all(|session| session.id == self.anna.session.id)
    }
}

const CHANGES: [&str; 6] = [
    "password",
    "role",
    "disabled and enabled",
    "signed out by an admin",
    "signed out elsewhere",
    "an app",
];

#[tokio::test]
async fn a_password_that_was_right_lets_nobody_in_after_what_ends_sessions() {
    for change in CHANGES {
        let house = House::new().await;
        let from = caller("198.51.100.7");
        let credentials =
            Credentials { provider: None, username: "anna".to_owned(), password: PASSWORD.into() };
        let service = &house.rig.service;
        let mut attempt = counted(service, &credentials, &from, service.now()).await.unwrap();
        let Judgement::Right(proven) = attempt.judge(Asks::Local).await.unwrap() else {
            panic!("the password is right")
        };
        house.happens(change).await;
        let late = attempt.let_in(proven, Keep::Remembered).await;
        assert!(matches!(late, Err(ServiceError::Unauthorized)), "{change}: {late:?}");
        assert!(house.has_no_more().await, "{change}");
    }
}

#[tokio::test]
async fn whoever_changes_their_password_stays_and_comes_in_by_the_new_one() {
    let house = House::new().await;
    house.happens("password").await;
    let left = sessions::list(&house.rig.service, &house.anna.user.id).await.unwrap();
    assert_eq!(left.len(), 1);
    house.rig.sign_in("anna", OTHER_PASSWORD, Keep::Remembered).await.unwrap();
}

#[tokio::test]
async fn what_ends_somebody_elses_sessions_disturbs_nobody() {
    let house = House::new().await;
    let epoch = house.rig.epoch().await;
    let ben = house.rig.user(&house.by, "ben", Role::User).await;
    users::sign_out(&house.rig.service, &house.by, &ben.id).await.unwrap();
    assert!(begun(&house, epoch).await.is_ok());
    house.happens("signed out elsewhere").await;
    let late = begun(&house, epoch).await;
    assert!(matches!(late, Err(ServiceError::Unauthorized)), "{late:?}");
    assert!(house.has_no_more().await);
}

/// The last step alone: another has judged before that the first proof is good.
async fn begun(house: &House, epoch: Epoch) -> Result<sessions::Begun> {
    let proof = Proof::single(house.anna.user.id.clone(), local_provider().unwrap(), epoch);
    sessions::begin(&house.rig.service, proof, Keep::Program, &caller("198.51.100.7")).await
}

#[tokio::test]
async fn a_link_that_was_used_lets_nobody_in_after_a_new_password() {
    let house = House::new().await;
    let epoch = house.rig.epoch().await;
    house.happens("password").await;
    let provider = ProviderId::parse("login-link").unwrap();
    let from = caller("198.51.100.7");
    for (epoch, comes_in) in [(epoch, false), (house.rig.epoch().await, true)] {
        let proof = Proof::single(house.anna.user.id.clone(), provider.clone(), epoch);
        let came = entrance::enter(&house.rig.service, proof, Keep::Remembered, &from).await;
        assert_eq!(came.map(entered).is_ok(), comes_in);
    }
}
