//! Keys change while tokens live, across restarts, and old ones are refused in time.

use super::*;
use crate::rig::{PASSWORD, Rig, settled};
use crate::sessions::{Begun, Held, Keep};
use crate::tokens;
use store::{SealingKey, Store};

fn access(begun: &Begun) -> String {
    match &begun.held {
        Held::Program(tokens) => tokens.access.expose().clone(),
        Held::Browser { .. } => panic!("a browser holds no tokens"),
    }
}

async fn opens(rig: &Rig, token: &str) -> bool {
    tokens::check(&rig.service, token).await.unwrap().is_some()
}

async fn signed_in(rig: &Rig) -> String {
    access(&rig.sign_in("root", PASSWORD, Keep::Program).await.unwrap())
}

#[tokio::test]
async fn a_change_in_mid_life_costs_nobody_a_token_and_the_old_key_ends_with_the_last() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let before = signed_in(&rig).await;
    rig.pass(1_800);
    let rotated = rotate(&rig.service, &admin, Former::Verify).await.unwrap();
    assert_eq!(rotated.until, later(rig.clock.now(), EVERY));
    let after = signed_in(&rig).await;
    assert!(opens(&rig, &before).await && opens(&rig, &after).await);
    rig.pass(1_790);
    assert!(opens(&rig, &before).await, "until its own end");
    rig.pass(10);
    assert!(!opens(&rig, &before).await && opens(&rig, &after).await);
}

#[tokio::test]
async fn a_key_in_the_wrong_hands_verifies_nothing_any_more() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let first = signed_in(&rig).await;
    rotate(&rig.service, &admin, Former::Verify).await.unwrap();
    let second = signed_in(&rig).await;
    rotate(&rig.service, &admin, Former::Refuse).await.unwrap();
    assert!(!opens(&rig, &first).await && !opens(&rig, &second).await);
    let third = signed_in(&rig).await;
    assert!(opens(&rig, &third).await);
}

#[tokio::test]
async fn a_restart_keeps_the_issuer_the_key_and_those_before() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Rig::new().await.clock;
    let open = || Store::open(folder.path(), SealingKey::from_bytes([7; 32])).unwrap();
    let (first, second) = {
        let rig = Rig::over(open(), settled(), clock.clone()).await.unwrap();
        let (admin, _) = rig.set_up().await;
        let first = signed_in(&rig).await;
        rotate(&rig.service, &admin, Former::Verify).await.unwrap();
        (first, signed_in(&rig).await)
    };
    let rig = Rig::over(open(), settled(), clock).await.unwrap();
    assert!(opens(&rig, &first).await && opens(&rig, &second).await);
    let third = signed_in(&rig).await;
    assert!(opens(&rig, &third).await);
    rig.pass(3_600);
    assert!(!opens(&rig, &first).await && !opens(&rig, &second).await);
}

#[tokio::test]
async fn the_only_key_of_an_earlier_release_goes_on_as_the_first() {
    let rig = Rig::new().await;
    rig.set_up().await;
    let now = rig.clock.now();
    let (kept, found) = rig
        .service
        .write(move |tx| {
            use domain::secret::Secret;
            use store::secrets::SecretOf;
            let ring: serde_json::Value = serde_json::from_str(
                tx.secrets().get(SecretOf::Server, "signing-keys")?.unwrap().expose(),
            )
            .unwrap();
            let pkcs8 = ring["signs"]["pkcs8"].as_str().unwrap().to_owned();
            tx.secrets().delete(SecretOf::Server, "signing-keys")?;
            tx.secrets().put(SecretOf::Server, "signing-key", &Secret::new(pkcs8))?;
            let found = Ring::of(tx, now)?;
            assert_eq!(tx.secrets().get(SecretOf::Server, "signing-key")?, None);
            Ok((ring, serde_json::to_value(&found).unwrap()))
        })
        .await
        .unwrap();
    assert_eq!(kept["issuer"], found["issuer"]);
    assert_eq!(kept["signs"]["pkcs8"], found["signs"]["pkcs8"]);
}

#[tokio::test]
async fn the_schedule_changes_the_key_every_90_days_and_looks_anew() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let kid = |rig: &Rig| rig.service.inside().keys.signer().kid().to_owned();
    let first = kid(&rig);
    rig.pass(89 * 86_400);
    rotate_if_due(&rig.service).await.unwrap();
    assert_eq!(kid(&rig), first, "too early");
    rig.pass(86_400);
    rotate_if_due(&rig.service).await.unwrap();
    let second = kid(&rig);
    assert_ne!(second, first);
    rotate_if_due(&rig.service).await.unwrap();
    assert_eq!(kid(&rig), second, "a repeated call does nothing");
    rig.pass(86_400);
    rotate(&rig.service, &admin, Former::Verify).await.unwrap();
    let row = rig.service.read(|tx| Ok(tx.schedule().get(&Task::RotateKeys)?)).await.unwrap();
    assert_eq!(row, Some(later(rig.clock.now(), EVERY)));
}
