//! What a token may do, and who it belongs to by then.

use super::*;
use crate::rig::{Rig, caller};
use crate::users::{self, OnBackends, UserPatch};
use domain::role::Role;

fn scope(text: &str) -> Scope {
    Scope::parse(text).unwrap()
}

fn draft(scopes: &[&str]) -> ApiTokenDraft {
    let scopes = scopes.iter().map(|text| scope(text)).collect();
    ApiTokenDraft { name: "backup".to_owned(), scopes, expires_at: None }
}

async fn asks(rig: &Rig, token: &Secret, wanted: &str) -> Result<Option<Current>> {
    let wanted = Some(scope(wanted));
    check(&rig.service, token.expose(), wanted, &caller("192.0.2.7")).await
}

#[tokio::test]
async fn a_token_does_what_its_scopes_name_and_nothing_else() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    let drafted = draft(&["users:read", "invites:write"]);
    let (token, secret) = make(&rig.service, &root, drafted).await.unwrap();
    assert!(!serde_json::to_string(&token).unwrap().contains(secret.expose()));
    for wanted in ["users:read", "invites:read", "invites:write"] {
        let current = asks(&rig, &secret, wanted).await.unwrap().unwrap();
        assert!(!current.session.is_fresh(rig.clock.now()), "nobody proved anything");
        assert!(Admin::prove(&current.user).is_some());
    }
    for wanted in ["users:write", "mail:read", "settings:write"] {
        let refused = asks(&rig, &secret, wanted).await;
        assert!(matches!(refused, Err(ServiceError::Forbidden { code: "scope" })), "{wanted}");
    }
    let nothing = check(&rig.service, secret.expose(), None, &caller("192.0.2.7")).await;
    assert!(matches!(nothing, Err(ServiceError::Forbidden { code: "scope" })));
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_minute() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    let (_, secret) = make(&rig.service, &root, draft(&["users:read"])).await.unwrap();
    let start = rig.clock.now();
    for (seconds, noted) in [(0, start), (59, start), (1, rig.in_seconds(60))] {
        rig.pass(seconds);
        asks(&rig, &secret, "users:read").await.unwrap().unwrap();
        let told = list(&rig.service, &root).await.unwrap();
        assert_eq!(told[0].used_at, Some(noted));
        assert_eq!(told[0].used_from.as_deref(), Some("192.0.2.7"));
    }
}

#[tokio::test]
async fn a_token_can_do_no_more_than_its_owner_can_by_then() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    let boss = rig.user(&root, "boss", Role::Admin).await;
    let right = Admin::prove(&boss).unwrap();
    let (_, secret) = make(&rig.service, &right, draft(&["users:write"])).await.unwrap();
    let role = |role| UserPatch { role: Some(role), ..UserPatch::default() };
    users::patch(&rig.service, &root, &boss.id, role(Role::User)).await.unwrap();
    let current = asks(&rig, &secret, "users:write").await.unwrap().unwrap();
    assert!(Admin::prove(&current.user).is_none());
    users::patch(&rig.service, &root, &boss.id, role(Role::Admin)).await.unwrap();
    users::disable(&rig.service, &root, &boss.id).await.unwrap();
    assert_eq!(asks(&rig, &secret, "users:write").await.unwrap(), None);
    users::enable(&rig.service, &root, &boss.id).await.unwrap();
    assert!(asks(&rig, &secret, "users:write").await.unwrap().is_some());
    users::delete(&rig.service, &root, &boss.id, OnBackends::Keep).await.unwrap();
    assert_eq!(asks(&rig, &secret, "users:write").await.unwrap(), None);
    let left = rig.service.read(move |tx| Ok(tx.api_tokens().of_user(&boss.id)?)).await.unwrap();
    assert!(left.is_empty());
}

#[tokio::test]
async fn a_token_ends_and_is_revoked_by_its_owner_only() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    let boss = rig.user(&root, "boss", Role::Admin).await;
    let right = Admin::prove(&boss).unwrap();
    let short = ApiTokenDraft { expires_at: Some(rig.in_seconds(60)), ..draft(&["users:read"]) };
    let (_, short) = make(&rig.service, &root, short).await.unwrap();
    assert!(asks(&rig, &short, "users:read").await.unwrap().is_some());
    rig.pass(60);
    assert_eq!(asks(&rig, &short, "users:read").await.unwrap(), None);
    let (token, secret) = make(&rig.service, &root, draft(&["users:read"])).await.unwrap();
    let foreign = revoke(&rig.service, &right, &token.id).await;
    assert!(matches!(foreign, Err(ServiceError::NotFound { .. })));
    revoke(&rig.service, &root, &token.id).await.unwrap();
    assert_eq!(asks(&rig, &secret, "users:read").await.unwrap(), None);
    assert_eq!(list(&rig.service, &right).await.unwrap(), Vec::new());
}

#[tokio::test]
async fn what_makes_no_sense_and_the_twenty_sixth_are_refused() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    let past = ApiTokenDraft { expires_at: Some(rig.clock.now()), ..draft(&["users:read"]) };
    for wrong in [draft(&[]), past] {
        let made = make(&rig.service, &root, wrong).await;
        assert!(matches!(made, Err(ServiceError::Invalid { .. })));
    }
    for _ in 0..MOST {
        make(&rig.service, &root, draft(&["users:read"])).await.unwrap();
    }
    let one_more = make(&rig.service, &root, draft(&["users:read"])).await;
    assert!(matches!(one_more, Err(ServiceError::Invalid { .. })));
}
