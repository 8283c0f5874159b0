//! Ways to sign in that go or lead elsewhere, and what was begun by them.

use crate::providers::{self, KindDraft, ProviderDraft, ProviderPatch};
use crate::rig::{Rig, caller, cookie, settled};
use crate::sessions::{self, Begun, Keep, Proof};
use crate::settings;
use domain::backends::SetBy;
use domain::flows::{Flow, FlowPurpose, FlowStage};
use domain::ids::{ProviderId, UserId};
use domain::providers::{AccessRule, Issuer, Provider, ProviderKind};
use domain::role::Role;
use domain::settings::{ProviderFromFile, Settled};

fn id(text: &str) -> ProviderId {
    ProviderId::parse(text).unwrap()
}

fn issuer(url: &str) -> Issuer {
    Issuer { issuer: url.parse().unwrap(), client_id: "x".to_owned(), scopes: Vec::new() }
}

/// A file with these, each with its issuer.
fn file(ways: &[(&str, &str)]) -> Settled {
    let mut settled = settled();
    settled.settings.providers = ways
        .iter()
        .map(|(name, url)| ProviderFromFile {
            provider: Provider {
                id: id(name),
                label: String::new(),
                kind: ProviderKind::Oidc(issuer(url)),
                access: AccessRule::Known,
                admin: None,
                set_by: SetBy::File,
                order: 0,
                created_at: jiff::Timestamp::UNIX_EPOCH,
            },
            client_secret: None,
        })
        .collect();
    settled
}

async fn session(rig: &Rig, user: &UserId, by: &str) -> Begun {
    let proof = Proof::single(user.clone(), id(by), rig.epoch().await);
    let from = caller("192.0.2.1");
    sessions::begin(&rig.service, proof, Keep::Remembered, &from).await.unwrap()
}

async fn is_in(rig: &Rig, begun: &Begun) -> bool {
    sessions::resolve(&rig.service, cookie(begun).expose()).await.unwrap().is_some()
}

async fn on_the_way(rig: &Rig, by: &str) {
    let (provider, now) = (id(by), rig.clock.now());
    let flow = Flow {
        browser: format!("browser by {by}"),
        provider,
        purpose: FlowPurpose::SignIn { next: None, remembered: false },
        stage: FlowStage::Away,
        created_at: now,
        expires_at: rig.in_seconds(600),
        ask_after: now,
        wrong: 0,
    };
    rig.service.write_aside(move |tx| Ok(tx.flows().put(&flow)?)).await.unwrap();
}

async fn flows(rig: &Rig) -> u64 {
    rig.service.read(|tx| Ok(tx.flows().count()?)).await.unwrap()
}

const HOME: (&str, &str) = ("home", "https://home.example.org");
const WORK: (&str, &str) = ("work", "https://work.example.org");

#[tokio::test]
async fn what_the_file_leaves_out_ends_as_if_a_page_had_removed_it() {
    let rig = Rig::new().await;
    settings::apply(&rig.service, file(&[HOME, WORK])).await.unwrap();
    let (admin, _) = rig.set_up().await;
    let zoe = rig.user(&admin, "zoe", Role::User).await.id;
    let mut open = Vec::new();
    for by in ["home", "work", "local", "passkey", "login-link"] {
        open.push(session(&rig, &zoe, by).await);
    }
    on_the_way(&rig, "home").await;
    on_the_way(&rig, "work").await;
    settings::apply(&rig.service, file(&[HOME, WORK])).await.unwrap();
    assert_eq!(flows(&rig).await, 2, "nothing has changed");
    settings::apply(&rig.service, file(&[WORK])).await.unwrap();
    let mut left = Vec::new();
    for one in &open {
        left.push(is_in(&rig, one).await);
    }
    assert_eq!(left, [false, true, true, true, true]);
    assert_eq!(flows(&rig).await, 1);
}

#[tokio::test]
async fn a_file_that_leads_elsewhere_under_an_old_name_keeps_nobody() {
    let rig = Rig::new().await;
    settings::apply(&rig.service, file(&[HOME, WORK])).await.unwrap();
    let (admin, _) = rig.set_up().await;
    let zoe = rig.user(&admin, "zoe", Role::User).await.id;
    let (moved, stays) = (session(&rig, &zoe, "home").await, session(&rig, &zoe, "work").await);
    let elsewhere = ("home", "https://elsewhere.example.org");
    settings::apply(&rig.service, file(&[elsewhere, WORK])).await.unwrap();
    assert!(!is_in(&rig, &moved).await && is_in(&rig, &stays).await);
}

#[tokio::test]
async fn a_page_that_changes_the_issuer_keeps_nobody_of_the_former() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let zoe = rig.user(&admin, "zoe", Role::User).await.id;
    let draft = ProviderDraft {
        id: id("home"),
        label: String::new(),
        kind: KindDraft::Oidc { issuer: issuer(HOME.1), client_secret: None },
        access: AccessRule::Open,
        admin: None,
    };
    providers::add(&rig.service, &admin, draft).await.unwrap();
    let begun = session(&rig, &zoe, "home").await;
    on_the_way(&rig, "home").await;
    let label = ProviderPatch { label: Some("Home".to_owned()), ..ProviderPatch::default() };
    providers::patch(&rig.service, &admin, &id("home"), label).await.unwrap();
    assert!(is_in(&rig, &begun).await);
    let moved = WORK.1.parse().unwrap();
    let moved = ProviderPatch { issuer: Some(moved), ..ProviderPatch::default() };
    providers::patch(&rig.service, &admin, &id("home"), moved).await.unwrap();
    assert!(!is_in(&rig, &begun).await);
    assert_eq!(flows(&rig).await, 0);
    // What begins now stays, also over the next look at the file.
    let begun = session(&rig, &zoe, "home").await;
    settings::apply(&rig.service, settled()).await.unwrap();
    assert!(is_in(&rig, &begun).await);
}
