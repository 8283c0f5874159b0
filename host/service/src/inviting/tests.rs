//! Inviting by right: how many, what for, and what is left of it when the right goes.

use super::*;
use crate::rig::{self, Rig};
use crate::users::{self, UserPatch};
use crate::{ServiceError, invites};
use domain::backends::{Backend, SetBy};
use domain::ids::PluginId;
use domain::role::{Admin, Role};
use domain::users::UserState;
use std::collections::BTreeMap;

async fn house() -> (Rig, Admin, User) {
    let rig = Rig::new().await;
    for id in ["films", "music"] {
        let backend = Backend {
            id: BackendId::parse(id).unwrap(),
            label: id.into(),
            plugin: PluginId::parse("test").unwrap(),
            public_url: None,
            settings: BTreeMap::new(),
            set_by: SetBy::Page,
            server_id: None,
            created_at: rig.clock.now(),
        };
        rig.service.inside().board.put(backend, Vec::new());
    }
    let (admin, _root) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    (rig, admin, anna)
}

fn right(quota: u32, backends: &[&str]) -> InviteRight {
    let backends = backends.iter().map(|id| BackendId::parse(id).unwrap()).collect();
    InviteRight { quota, profile: None, backends }
}

async fn give(rig: &Rig, admin: &Admin, user: &User, right: Option<InviteRight>) -> Result<User> {
    let patch = UserPatch { invite_right: Some(right), ..UserPatch::default() };
    users::patch(&rig.service, admin, &user.id, patch).await
}

async fn inviter(rig: &Rig, admin: &Admin, user: &User, quota: u32) -> Inviter {
    let user = give(rig, admin, user, Some(right(quota, &["films"]))).await.unwrap();
    Inviter::prove(&user).unwrap()
}

fn wish(uses: u32) -> Wish {
    Wish { label: String::new(), uses, expires: None, ask_email: AskEmail::None, email: None }
}

fn field(refused: Result<Invite>) -> String {
    match refused {
        Err(ServiceError::Invalid { fields }) => format!("{} {}", fields[0].field, fields[0].code),
        other => panic!("{other:?}"),
    }
}

async fn is_open(rig: &Rig, invite: &Invite) -> bool {
    let guest = rig::caller("192.0.2.7");
    match invites::offer(&rig.service, invite.code.as_str(), &guest).await {
        Ok(_offer) => true,
        Err(ServiceError::Gone) => false,
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_invite_is_what_the_right_says_and_for_a_month_at_most() {
    let (rig, admin, anna) = house().await;
    let by = inviter(&rig, &admin, &anna, 5).await;
    let invite = make(&rig.service, &by, wish(2)).await.unwrap();
    assert_eq!((invite.inviter.as_ref(), invite.created_by.as_str()), (Some(&anna.id), "anna"));
    assert_eq!(invite.backends, [BackendId::parse("films").unwrap()], "never all there are");
    assert_eq!(invite.expires_at, Some(rig.in_seconds(7 * 86_400)));
    for life in ["P31D", "P1Y"] {
        let expires = Some(Expiry::In(Lifetime::parse(life).unwrap()));
        assert_eq!(
            field(make(&rig.service, &by, Wish { expires, ..wish(1) }).await),
            "expiresIn too-long"
        );
    }
    let never = Wish { expires: Some(Expiry::Never), ..wish(1) };
    assert_eq!(field(make(&rig.service, &by, never).await), "expiresIn too-long");
    let month = Some(Expiry::In(Lifetime::parse("P30D").unwrap()));
    make(&rig.service, &by, Wish { expires: month, ..wish(1) }).await.unwrap();
    assert_eq!(mine(&rig.service, &by).await.unwrap().left, 2);
    assert_eq!(field(make(&rig.service, &by, wish(3)).await), "uses quota");
    assert_eq!(field(make(&rig.service, &by, wish(0)).await), "uses range");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_not_exceed_it() {
    let (rig, admin, anna) = house().await;
    let by = inviter(&rig, &admin, &anna, 7).await;
    let mut posts = tokio::task::JoinSet::new();
    for _ in 0..40 {
        let (service, by) = (rig.service.clone(), by.clone());
        posts.spawn(async move { make(&service, &by, wish(2)).await.is_ok() });
    }
    let made = posts.join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 3, "two each of seven");
    assert_eq!(mine(&rig.service, &by).await.unwrap().left, 1);
}

#[tokio::test]
async fn what_is_withdrawn_unused_or_over_is_given_back_and_what_was_used_is_not() {
    let (rig, admin, anna) = house().await;
    let by = inviter(&rig, &admin, &anna, 4).await;
    let used = make(&rig.service, &by, wish(2)).await.unwrap();
    let (code, now) = (used.code.clone(), rig.clock.now());
    let use_one = move |tx: &WriteTx| {
        let invite = tx.invites().get(&code)?.unwrap().reserve(now).unwrap();
        Ok(tx.invites().put(&invite)?)
    };
    rig.service.write(use_one).await.unwrap();
    make(&rig.service, &by, wish(2)).await.unwrap();
    assert_eq!(mine(&rig.service, &by).await.unwrap().left, 0);
    withdraw(&rig.service, &by, &used.code).await.unwrap();
    withdraw(&rig.service, &by, &used.code).await.unwrap();
    assert_eq!(mine(&rig.service, &by).await.unwrap().left, 1);
    rig.pass(8 * 86_400);
    assert_eq!(mine(&rig.service, &by).await.unwrap().left, 3);
}

#[tokio::test]
async fn nobody_sees_or_withdraws_somebody_elses() {
    let (rig, admin, anna) = house().await;
    let ben = rig.user(&admin, "ben", Role::User).await;
    let (anna, ben) = (inviter(&rig, &admin, &anna, 2).await, inviter(&rig, &admin, &ben, 2).await);
    let invite = make(&rig.service, &anna, wish(1)).await.unwrap();
    for refused in [
        get(&rig.service, &ben, &invite.code).await,
        withdraw(&rig.service, &ben, &invite.code).await,
    ] {
        assert!(matches!(refused, Err(ServiceError::NotFound { .. })), "{refused:?}");
    }
    assert!(mine(&rig.service, &ben).await.unwrap().invites.is_empty());
    assert!(is_open(&rig, &invite).await);
}

#[tokio::test]
async fn whoever_loses_the_right_has_no_open_invite_left() {
    for how in ["right", "disable", "delete", "expire", "backend", "quota"] {
        let (rig, admin, anna) = house().await;
        let by = inviter(&rig, &admin, &anna, 5).await;
        let invite = make(&rig.service, &by, wish(3)).await.unwrap();
        let of_an_admin = {
            let text = domain::invites::drafts::InviteText::default();
            invites::create(&rig.service, &admin, text.parse().unwrap()).await.unwrap()
        };
        assert!(is_open(&rig, &invite).await);
        match how {
            "right" => drop(give(&rig, &admin, &anna, None).await.unwrap()),
            "disable" => drop(users::disable(&rig.service, &admin, &anna.id).await.unwrap()),
            "delete" => {
                let keep = users::OnBackends::Keep;
                drop(users::delete(&rig.service, &admin, &anna.id, keep).await.unwrap());
            }
            "expire" => {
                let end = UserPatch {
                    expires_at: Some(Some(rig.in_seconds(60))),
                    ..UserPatch::default()
                };
                users::patch(&rig.service, &admin, &anna.id, end).await.unwrap();
                rig.pass(61);
                users::expire(&rig.service, &anna.id).await.unwrap();
            }
            "backend" => {
                drop(give(&rig, &admin, &anna, Some(right(5, &["music"]))).await.unwrap());
            }
            _ => drop(give(&rig, &admin, &anna, Some(right(2, &["films"]))).await.unwrap()),
        }
        assert!(!is_open(&rig, &invite).await, "{how}");
        assert!(is_open(&rig, &of_an_admin).await, "{how}");
        let kept = invites::get(&rig.service, &admin, &invite.code).await.unwrap();
        assert!(kept.revoked_at.is_some(), "{how}");
        if !matches!(how, "backend" | "quota") {
            let refused = make(&rig.service, &by, wish(1)).await;
            assert!(
                matches!(refused, Err(ServiceError::Forbidden { .. } | ServiceError::Unauthorized)),
                "the proof of an earlier request: {refused:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_wider_right_leaves_open_what_is_within_it() {
    let (rig, admin, anna) = house().await;
    let by = inviter(&rig, &admin, &anna, 3).await;
    let invite = make(&rig.service, &by, wish(3)).await.unwrap();
    give(&rig, &admin, &anna, Some(right(9, &["films", "music"]))).await.unwrap();
    assert!(is_open(&rig, &invite).await);
}

#[tokio::test]
async fn a_right_that_points_at_nothing_is_not_given() {
    let (rig, admin, anna) = house().await;
    let profile = InviteRight { profile: Some("none".into()), ..right(1, &["films"]) };
    for wrong in [right(0, &["films"]), right(1, &[]), right(1, &["nas"]), profile] {
        let refused = give(&rig, &admin, &anna, Some(wrong)).await;
        assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
    }
    let pending = User { state: UserState::Pending, ..anna };
    assert!(
        Inviter::prove(&User { invite_right: Some(right(1, &["films"])), ..pending }).is_none()
    );
}
