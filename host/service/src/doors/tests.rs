//! Doors, without any provider: what one says is given.

use super::*;
use crate::rig::{Rig, caller, entered, name};
use domain::approvals::AskedBy;
use domain::backends::SetBy;
use domain::ids::{ProviderId, UserId};
use domain::providers::{AccessRule, ClaimRule, Claims, Issuer};
use jiff::Timestamp;
use serde_json::json;

fn google(access: AccessRule) -> Provider {
    Provider {
        id: ProviderId::parse("google").unwrap(),
        label: String::new(),
        kind: ProviderKind::Oidc(Issuer {
            issuer: "https://id.example.org".parse().unwrap(),
            client_id: "x".into(),
            scopes: Vec::new(),
        }),
        access,
        admin: None,
        set_by: SetBy::Page,
        order: 0,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

fn somebody(subject: &str, called: &str) -> Identity {
    Identity {
        subject: subject.into(),
        display_name: called.into(),
        login_name: Some(called.into()),
        email: Some(format!("{called}@example.org")),
        email_verified: true,
        avatar_url: None,
        claims: Claims::new(),
        grant: None,
    }
}

async fn come(rig: &Rig, provider: &Provider, identity: Identity) -> Result<User> {
    let epoch = rig.epoch().await;
    let arrival = Arrival { identity, upstream: None, keep: Keep::UntilClosed, epoch };
    let came = admit(&rig.service, provider, arrival, &caller("192.0.2.9")).await?;
    Ok(entered(came).user)
}

async fn users(rig: &Rig) -> u64 {
    rig.service.read(|tx| Ok(tx.users().count()?)).await.unwrap()
}

#[tokio::test]
async fn who_is_not_known_does_not_come_in_unless_the_rule_says_so() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let known = google(AccessRule::Known);
    let refused = come(&rig, &known, somebody("1", "zoe")).await.unwrap_err();
    assert!(matches!(refused, ServiceError::Forbidden { code: "not-admitted" }), "{refused:?}");
    assert_eq!(users(&rig).await, 1);
    let zoe = come(&rig, &google(AccessRule::Open), somebody("1", "zoe")).await.unwrap();
    assert_eq!((zoe.username.as_str(), zoe.role), ("zoe", Role::User));
    assert_eq!(come(&rig, &known, somebody("1", "renamed")).await.unwrap().id, zoe.id);
}

#[tokio::test]
async fn an_equal_name_or_address_waits_under_another_name_and_is_never_linked() {
    let rig = Rig::new().await;
    let (_by, root) = rig.set_up().await;
    let open = google(AccessRule::Open);
    let waits = come(&rig, &open, somebody("7", "root")).await.unwrap_err();
    let ServiceError::Pending { user, refused: None } = waits else { panic!("{waits:?}") };
    assert_ne!(user, root.id);
    let id = user.clone();
    let (made, asked, linked) = rig
        .service
        .read(move |tx| {
            let linked = tx.identities().of_user(&id)?;
            Ok((tx.users().get(&id)?, tx.applications().get(&id)?, linked))
        })
        .await
        .unwrap();
    let (made, asked) = (made.unwrap(), asked.unwrap());
    assert_eq!((made.username.as_str(), made.state), ("root-2", UserState::Pending));
    assert_eq!(asked.resembles.as_deref(), Some("root"));
    assert!(matches!(&asked.by, AskedBy::Identity { key } if key.subject == "7"));
    assert_eq!(linked.len(), 1);
    let again = come(&rig, &open, somebody("7", "root")).await.unwrap_err();
    assert!(matches!(again, ServiceError::Pending { user: same, .. } if same == user));
    assert_eq!(users(&rig).await, 2, "asking again makes nobody new");
    let of_root = root.id.clone();
    let theirs = rig.service.read(move |tx| Ok(tx.identities().of_user(&of_root)?)).await.unwrap();
    assert_eq!(theirs, []);
}

#[tokio::test]
async fn the_admin_claim_is_looked_at_each_time_up_and_down() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let rule = ClaimRule { claim: "groups".into(), value: "admins".into() };
    let door = Provider { admin: Some(rule), ..google(AccessRule::Open) };
    let claims: Claims = serde_json::from_value(json!({"groups": ["admins"]})).unwrap();
    let up = Identity { claims, ..somebody("1", "zoe") };
    assert_eq!(come(&rig, &door, up.clone()).await.unwrap().role, Role::Admin);
    let zoe = come(&rig, &door, somebody("1", "zoe")).await.unwrap();
    assert_eq!(zoe.role, Role::User);
    // Without a claim rule whoever is an administrator there is none here.
    let plain = google(AccessRule::Open);
    assert_eq!(come(&rig, &plain, up).await.unwrap().role, Role::User);
}

#[tokio::test]
async fn a_claim_takes_nothing_from_the_first_admin() {
    let rig = Rig::new().await;
    let (_by, root) = rig.set_up().await;
    let rule = ClaimRule { claim: "groups".into(), value: "admins".into() };
    let door = Provider { admin: Some(rule), ..google(AccessRule::Known) };
    let (here, who, at) = (rig.service.clone(), root.clone(), door.clone());
    let linking = rig
        .service
        .write(move |tx| identities::link(&here, tx, &at, &who, &somebody("1", "boss")).map(drop));
    linking.await.unwrap();
    let came = come(&rig, &door, somebody("1", "boss")).await.unwrap();
    assert_eq!((came.id, came.role), (root.id, Role::Admin));
}

#[tokio::test]
async fn an_identity_that_somebody_has_is_not_linked_to_another() {
    let rig = Rig::new().await;
    let (by, _root) = rig.set_up().await;
    let open = google(AccessRule::Open);
    come(&rig, &open, somebody("1", "zoe")).await.unwrap();
    let anna = rig.user(&by, "anna", Role::User).await;
    let (here, at) = (rig.service.clone(), open.clone());
    let linked = rig
        .service
        .write(move |tx| identities::link(&here, tx, &at, &anna, &somebody("1", "zoe")).map(drop))
        .await;
    assert!(matches!(linked, Err(ServiceError::Taken { field: "identity" })), "{linked:?}");
    assert_eq!(name("anna").as_str(), "anna");
}

#[tokio::test]
async fn an_address_that_nobody_vouches_for_is_nobodys() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let open = google(AccessRule::Open);
    let said = Identity { email_verified: false, ..somebody("1", "zoe") };
    let squatter = come(&rig, &open, said).await.unwrap();
    assert_eq!(squatter.email, None);
    let other = Identity { email: Some("zoe@example.org".into()), ..somebody("2", "anna") };
    let owner = come(&rig, &open, other).await.unwrap();
    assert_eq!(owner.email.unwrap().address.as_str(), "zoe@example.org");
}

#[tokio::test]
async fn who_proves_anew_comes_under_the_same_rules() {
    let rig = Rig::new().await;
    let (by, _root) = rig.set_up().await;
    let group = |value: &str| ClaimRule { claim: "groups".into(), value: value.into() };
    let door =
        Provider { admin: Some(group("admins")), ..google(AccessRule::Group(group("family"))) };
    let of = |groups: &[&str]| {
        let claims: Claims = serde_json::from_value(json!({"groups": groups})).unwrap();
        Identity { claims, ..somebody("1", "zoe") }
    };
    let zoe = come(&rig, &door, of(&["family", "admins"])).await.unwrap();
    assert_eq!(zoe.role, Role::Admin);
    let again = async |said: &Identity, who: &UserId| {
        let epoch = rig.epoch().await;
        admit_again(&rig.service, &door, (who, said), epoch, &caller("192.0.2.9")).await
    };
    let left = again(&of(&["admins"]), &zoe.id).await;
    assert!(matches!(left, Err(ServiceError::Forbidden { code: "not-admitted" })), "{left:?}");
    again(&of(&["family"]), &zoe.id).await.unwrap();
    let id = zoe.id.clone();
    let now = rig.service.read(move |tx| Ok(tx.users().get(&id)?)).await.unwrap().unwrap();
    assert_eq!(now.role, Role::User, "the claim is looked at then too");
    let anna = rig.user(&by, "anna", Role::User).await;
    let other = again(&of(&["family"]), &anna.id).await;
    assert!(matches!(other, Err(ServiceError::Forbidden { code: "somebody-else" })), "{other:?}");
}

#[tokio::test]
async fn the_same_subject_of_another_issuer_is_somebody_else() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let open = google(AccessRule::Open);
    let zoe = come(&rig, &open, somebody("1", "zoe")).await.unwrap();
    let mut moved = google(AccessRule::Known);
    if let ProviderKind::Oidc(issuer) = &mut moved.kind {
        issuer.issuer = "https://elsewhere.example.org".parse().unwrap();
    }
    let refused = come(&rig, &moved, somebody("1", "zoe")).await;
    assert!(
        matches!(refused, Err(ServiceError::Forbidden { code: "not-admitted" })),
        "{refused:?}"
    );
    assert_eq!(come(&rig, &open, somebody("1", "zoe")).await.unwrap().id, zoe.id);
}
