//! What ends what: every kind of way in, against everything that must end it.

use super::*;
use crate::clock::later;
use crate::console;
use crate::login_tokens::{self, LoginTokenDraft};
use crate::passwords;
use crate::rig::{OTHER_PASSWORD, PASSWORD, Rig, caller, cookie};
use crate::sessions::{self, Current, Keep};
use crate::users::{self, OnBackends, UserPatch};
use core::time::Duration;
use domain::factors::Ticket;
use domain::flows::{Flow, FlowPurpose, FlowStage};
use domain::ids::ProviderId;
use domain::role::{Admin, Role};

/// What must end something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    SignOut,
    OwnPassword,
    PasswordAtTheConsole,
    ResetPassword,
    Promoted,
    Demoted,
    Disabled,
    Expired,
    Deleted,
}

const ALL: [End; 9] = [
    End::SignOut,
    End::OwnPassword,
    End::PasswordAtTheConsole,
    End::ResetPassword,
    End::Promoted,
    End::Demoted,
    End::Disabled,
    End::Expired,
    End::Deleted,
];

/// What is left of a user's.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    sessions: usize,
    tickets: usize,
    flows: Vec<&'static str>,
    sign_in_links: usize,
}

fn local() -> ProviderId {
    ProviderId::parse("local").unwrap()
}

fn flow(word: &str, purpose: FlowPurpose, now: Timestamp) -> Flow {
    Flow {
        browser: word.to_owned(),
        provider: local(),
        purpose,
        stage: FlowStage::Away,
        created_at: now,
        expires_at: later(now, Duration::from_secs(600)),
        ask_after: now,
        wrong: 0,
    }
}

const FLOWS: [&str; 4] = ["link", "again", "connect", "sign-in"];

/// Everything there can be, in one session of theirs beside the one they are in.
async fn everything(rig: &Rig, by: &Admin, user: &User) -> Current {
    let here = rig.sign_in("anna", PASSWORD, Keep::Remembered).await.unwrap();
    let there = rig.sign_in("anna", PASSWORD, Keep::Program).await.unwrap();
    let (whose, session, now) = (user.id.clone(), there.session.id.clone(), rig.clock.now());
    rig.service
        .write(move |tx| {
            tx.tickets().put(&Ticket {
                token: "ticket".to_owned(),
                user: whose.clone(),
                provider: local(),
                upstream: None,
                remembered: None,
                expires_at: later(now, Duration::from_secs(300)),
                wrong: 0,
            })?;
            let (link, again) =
                ((whose.clone(), session.clone()), (whose.clone(), session.clone()));
            let purposes = [
                FlowPurpose::Link { user: link.0, session: link.1 },
                FlowPurpose::Again { user: again.0, session: again.1, next: None },
                FlowPurpose::Connect {
                    backend: domain::ids::BackendId::parse("films").unwrap(),
                    user: whose,
                    session,
                },
                FlowPurpose::SignIn { next: None, remembered: false },
            ];
            for (word, purpose) in FLOWS.into_iter().zip(purposes) {
                tx.flows().put(&flow(word, purpose, now))?;
            }
            Ok(())
        })
        .await
        .unwrap();
    // An admin's is their own.
    let own = Admin::prove(user);
    let draft = LoginTokenDraft { once: false, expires_at: None };
    login_tokens::make(&rig.service, own.as_ref().unwrap_or(by), &user.id, draft).await.unwrap();
    sessions::resolve(&rig.service, cookie(&here).expose()).await.unwrap().unwrap()
}

async fn left(rig: &Rig, user: &UserId) -> Left {
    let user = user.clone();
    rig.service
        .read(move |tx| {
            let mut flows = Vec::new();
            for word in FLOWS {
                flows.extend(tx.flows().get(word)?.map(|_there| word));
            }
            let links = tx.links().of_user(&user)?.into_iter();
            let purpose = domain::links::LinkPurpose::SignIn;
            Ok(Left {
                sessions: tx.sessions().of_user(&user)?.len(),
                tickets: usize::from(tx.tickets().get("ticket")?.is_some()),
                flows,
                sign_in_links: links.filter(|link| link.purpose == purpose).count(),
            })
        })
        .await
        .unwrap()
}

async fn happens(rig: &Rig, by: &Admin, current: &Current, end: End) {
    let (service, id) = (&rig.service, &current.user.id);
    let role = |role| UserPatch { role: Some(role), ..UserPatch::default() };
    match end {
        End::SignOut => drop(users::sign_out(service, by, id).await.unwrap()),
        End::OwnPassword => {
            let (old, new) = (PASSWORD.into(), OTHER_PASSWORD.into());
            let from = caller("192.0.2.1");
            passwords::change(service, current, &old, &new, &from).await.unwrap();
        }
        End::PasswordAtTheConsole => {
            console::reset_password(service, "anna", Some(OTHER_PASSWORD.into())).await.unwrap();
        }
        End::ResetPassword => {
            let link = crate::resets::link(service, by, id).await.unwrap();
            let token = link.url.expose().rsplit('/').next().unwrap();
            let new = OTHER_PASSWORD.into();
            crate::resets::reset(service, token, &new, &caller("192.0.2.1")).await.unwrap();
        }
        End::Promoted => drop(users::patch(service, by, id, role(Role::Admin)).await.unwrap()),
        End::Demoted => drop(users::patch(service, by, id, role(Role::User)).await.unwrap()),
        End::Disabled => drop(users::disable(service, by, id).await.unwrap()),
        End::Expired => {
            let end =
                UserPatch { expires_at: Some(Some(rig.in_seconds(60))), ..UserPatch::default() };
            users::patch(service, by, id, end).await.unwrap();
            rig.pass(60);
            users::expire(service, id).await.unwrap();
        }
        End::Deleted => {
            drop(users::delete(service, by, id, OnBackends::Keep).await.unwrap());
        }
    }
}

#[tokio::test]
async fn whatever_must_end_a_way_in_ends_every_kind_of_it() {
    for end in ALL {
        let rig = Rig::new().await;
        let (by, _) = rig.set_up().await;
        let role = if end == End::Demoted { Role::Admin } else { Role::User };
        let user = rig.user(&by, "anna", role).await;
        let current = everything(&rig, &by, &user).await;
        let before = left(&rig, &user.id).await;
        assert_eq!((before.sessions, before.tickets, before.sign_in_links), (2, 1, 1), "{end:?}");
        assert_eq!(before.flows, FLOWS);
        happens(&rig, &by, &current, end).await;
        // Whoever changes their own password stays where they are; strangers' flows are nobody's yet.
        let sessions = usize::from(end == End::OwnPassword);
        let nothing = Left { sessions, tickets: 0, flows: vec!["sign-in"], sign_in_links: 0 };
        assert_eq!(left(&rig, &user.id).await, nothing, "{end:?}");
    }
}

#[tokio::test]
async fn what_was_begun_in_the_session_that_stays_goes_on() {
    let rig = Rig::new().await;
    let (by, _) = rig.set_up().await;
    let user = rig.user(&by, "anna", Role::User).await;
    let current = everything(&rig, &by, &user).await;
    let (now, own) = (rig.clock.now(), current.session.id.clone());
    let purpose = FlowPurpose::Link { user: user.id.clone(), session: own };
    rig.service.write(move |tx| Ok(tx.flows().put(&flow("again", purpose, now))?)).await.unwrap();
    happens(&rig, &by, &current, End::OwnPassword).await;
    assert_eq!(left(&rig, &user.id).await.flows, ["again", "sign-in"]);
}
