//! What an admin does with ways to sign in, without any backend.

use super::*;
use crate::entrance::Entered;
use crate::error::ServiceError;
use crate::rig::{PASSWORD, Rig, caller, entered, settled};
use crate::sessions::{Current, Keep, Proof};
use crate::users::UserPatch;
use crate::{entrance, factors, identities, settings, users};
use domain::backends::SetBy;
use domain::identity::{Identity, LinkedIdentity};
use domain::ids::ProviderId;
use domain::providers::{AccessRule, Admission, ClaimRule, Claims, Issuer, Provider, ProviderKind};
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::settings::{ProviderFromFile, Settled, Source};
use domain::users::User;
use serde_json::json;
use std::collections::BTreeMap;
use store::secrets::SecretOf;

fn id(text: &str) -> ProviderId {
    ProviderId::parse(text).unwrap()
}

fn issuer(url: &str) -> Issuer {
    let scopes = vec!["openid".to_owned()];
    Issuer { issuer: url.parse().unwrap(), client_id: "latchkey".to_owned(), scopes }
}

fn draft(name: &str) -> ProviderDraft {
    ProviderDraft {
        id: id(name),
        label: String::new(),
        kind: KindDraft::Oidc {
            issuer: issuer("https://auth.example.org/"),
            client_secret: Some("a client's secret".into()),
        },
        access: AccessRule::Known,
        admin: None,
    }
}

fn file(names: &[&str]) -> Settled {
    let mut settled = settled();
    for (order, name) in (0_u32..).zip(names) {
        let provider = Provider {
            id: id(name),
            label: String::new(),
            kind: ProviderKind::Oidc(issuer("https://auth.example.org/")),
            access: AccessRule::Open,
            admin: None,
            set_by: SetBy::File,
            order,
            created_at: "2030-01-01T00:00:00Z".parse().unwrap(),
        };
        let from = ProviderFromFile { provider, client_secret: Some("of the file".into()) };
        settled.settings.providers.push(from);
        settled.sources.insert(format!("provider.{name}"), Source::File { line: 7 });
    }
    settled
}

async fn ids(rig: &Rig) -> Vec<String> {
    let all = list(&rig.service).await.unwrap();
    all.iter().map(|view| view.provider.id.to_string()).collect()
}

/// Somebody who came in by it, once.
async fn somebody(rig: &Rig, by: &Admin, name: &str, claims: serde_json::Value) -> User {
    let user = rig.user(by, name, Role::User).await;
    let provider = find(&rig.service, &id("home")).await.unwrap().unwrap();
    let identity = Identity {
        subject: format!("subject of {name}"),
        display_name: name.to_owned(),
        login_name: Some(name.to_owned()),
        email: None,
        email_verified: false,
        avatar_url: None,
        claims: serde_json::from_value(claims).unwrap(),
        grant: Some("a grant".into()),
    };
    let (here, whose) = (rig.service.clone(), user.id.clone());
    rig.service
        .write(move |tx| identities::keep(&here, tx, &provider, &whose, &identity).map(drop))
        .await
        .unwrap();
    user
}

async fn known(rig: &Rig, user: &User) -> Vec<LinkedIdentity> {
    let user = user.id.clone();
    rig.service.read(move |tx| Ok(tx.identities().of_user(&user)?)).await.unwrap()
}

#[tokio::test]
async fn the_file_stands_before_the_pages_and_is_locked() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    for name in ["home", "work"] {
        add(&rig.service, &admin, draft(name)).await.unwrap();
    }
    assert_eq!(ids(&rig).await, ["home", "work"]);
    reorder(&rig.service, &admin, &[id("work")]).await.unwrap();
    assert_eq!(ids(&rig).await, ["work", "home"]);
    settings::apply(&rig.service, file(&["google", "home"])).await.unwrap();
    assert_eq!(ids(&rig).await, ["google", "home", "work"], "the file's row is the one that holds");
    let home = id("home");
    assert_eq!(find(&rig.service, &home).await.unwrap().unwrap().access, AccessRule::Open);
    let secret = client_secret(&rig.service, &home).await.unwrap().unwrap();
    assert_eq!(secret.expose(), "of the file");
    let locked = [
        patch(&rig.service, &admin, &home, ProviderPatch::default()).await.map(drop),
        remove(&rig.service, &admin, &home, Identities::Keep).await.map(drop),
        reorder(&rig.service, &admin, core::slice::from_ref(&home)).await,
    ];
    for refused in locked {
        assert!(matches!(refused, Err(ServiceError::Locked { .. })), "{refused:?}");
    }
    settings::apply(&rig.service, settled()).await.unwrap();
    assert_eq!(ids(&rig).await, ["work", "home"]);
    let secret = client_secret(&rig.service, &home).await.unwrap().unwrap();
    assert_eq!(secret.expose(), "a client's secret");
}

#[tokio::test]
async fn an_id_is_nobody_elses() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    add(&rig.service, &admin, draft("home")).await.unwrap();
    for taken in ["home", "local", "login-link", "new", "order", "totp"] {
        let refused = add(&rig.service, &admin, draft(taken)).await;
        assert!(matches!(refused, Err(ServiceError::Taken { field: "id" })), "{taken}");
    }
    let media = KindDraft::Backend("media".to_owned().try_into().unwrap());
    let of_nothing = ProviderDraft { kind: media, ..draft("media") };
    let refused = add(&rig.service, &admin, of_nothing).await;
    assert!(matches!(refused, Err(ServiceError::NotFound { what: "backend" })));
}

#[tokio::test]
async fn a_removed_way_in_ends_its_sessions_and_finds_its_people_again() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    add(&rig.service, &admin, draft("home")).await.unwrap();
    let zoe = somebody(&rig, &admin, "zoe", json!({"groups": ["family"]})).await;
    let there = Proof::single(zoe.id.clone(), id("home"), rig.epoch().await);
    let from = caller("192.0.2.1");
    let came = entrance::enter(&rig.service, there, Keep::Remembered, &from).await.unwrap();
    let by_it = entered(came).session.id;
    let by_password = rig.sign_in("zoe", PASSWORD, Keep::Remembered).await.unwrap().session.id;
    assert_eq!(sessions_of(&rig.service, &admin, &id("home")).await.unwrap(), 1);

    assert_eq!(remove(&rig.service, &admin, &id("home"), Identities::Keep).await.unwrap(), 1);
    let open = crate::sessions::list(&rig.service, &zoe.id).await.unwrap();
    let open: Vec<_> = open.into_iter().map(|session| session.id).collect();
    assert!(!open.contains(&by_it) && open.contains(&by_password));
    assert_eq!(known(&rig, &zoe).await.len(), 1, "whose it was is kept");
    let sealed = rig.service.read(|tx| Ok(tx.secrets().names(SecretOf::Provider(&id("home")))?));
    assert!(sealed.await.unwrap().is_empty());
    let again = remove(&rig.service, &admin, &id("home"), Identities::Keep).await;
    assert!(matches!(again, Err(ServiceError::NotFound { what: "provider" })));

    add(&rig.service, &admin, draft("home")).await.unwrap();
    let people = people(&rig.service, &admin, &id("home")).await.unwrap();
    assert_eq!(people.len(), 1);
    remove(&rig.service, &admin, &id("home"), Identities::Forget).await.unwrap();
    assert_eq!(known(&rig, &zoe).await, []);
}

#[tokio::test]
async fn a_secret_goes_to_no_issuer_it_was_not_typed_for() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    add(&rig.service, &admin, draft("home")).await.unwrap();
    let home = id("home");
    let elsewhere = |secret| ProviderPatch {
        issuer: Some("https://evil.example.org/".parse().unwrap()),
        client_secret: secret,
        ..ProviderPatch::default()
    };
    let refused = patch(&rig.service, &admin, &home, elsewhere(None)).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })));
    let label = ProviderPatch { label: Some(" Home ".to_owned()), ..ProviderPatch::default() };
    let view = patch(&rig.service, &admin, &home, label).await.unwrap();
    assert_eq!((view.label.as_str(), view.has_secret), ("Home", true));
    patch(&rig.service, &admin, &home, elsewhere(Some(None))).await.unwrap();
    assert!(client_secret(&rig.service, &home).await.unwrap().is_none());
}

#[tokio::test]
async fn people_of_another_issuer_are_not_those_of_this_one() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    add(&rig.service, &admin, draft("home")).await.unwrap();
    somebody(&rig, &admin, "zoe", json!({})).await;
    let moved = ProviderPatch {
        issuer: Some("https://other.example.org/".parse().unwrap()),
        client_secret: Some(None),
        ..ProviderPatch::default()
    };
    let view = patch(&rig.service, &admin, &id("home"), moved).await.unwrap();
    assert_eq!(view.people, 0);
    assert!(people(&rig.service, &admin, &id("home")).await.unwrap().is_empty());
}

#[tokio::test]
async fn rules_are_tried_on_what_was_said_last() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    add(&rig.service, &admin, draft("home")).await.unwrap();
    somebody(&rig, &admin, "max", json!({"groups": ["family", "admins"]})).await;
    somebody(&rig, &admin, "zoe", json!({"groups": "friends"})).await;
    let rule = |value: &str| ClaimRule { claim: "groups".into(), value: value.into() };
    let (family, admins) = (AccessRule::Group(rule("family")), rule("admins"));
    let claims: Claims = serde_json::from_value(json!({"groups": ["family"]})).unwrap();
    let rules = (&family, Some(&admins));
    let run = dry_run(&rig.service, &admin, &id("home"), rules, Some(&claims)).await.unwrap();
    let [max, zoe] = run.people.as_slice() else { panic!("two people") };
    assert_eq!((max.after, max.admin_before, max.admin_after), (Admission::Welcome, false, true));
    assert_eq!((zoe.before, zoe.after), (Admission::Welcome, Admission::Refused));
    assert!(!zoe.admin_after);
    let family =
        Pasted { stranger: Admission::Welcome, known: Admission::Welcome, admin: Some(false) };
    assert_eq!(run.pasted, Some(family));
    let rules = (&AccessRule::Approval, None);
    let run = dry_run(&rig.service, &admin, &id("home"), rules, None).await.unwrap();
    assert!(run.people.iter().all(|one| one.after == Admission::Welcome));
    let home = find(&rig.service, &id("home")).await.unwrap().unwrap();
    assert_eq!((home.access, home.admin), (AccessRule::Known, None), "nothing is changed");
}

#[tokio::test]
async fn nobody_turns_off_the_only_way_they_have() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let off = || BTreeMap::from([("signin.local_login".to_owned(), json!(false))]);
    let refused = settings::patch(&rig.service, &admin, off()).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })));
    assert!(!offered(&rig.service).await.unwrap().local_login_disabled);
    settings::patch(&rig.service, &Admin::at_the_console(), off()).await.unwrap();
    let shown = offered(&rig.service).await.unwrap();
    assert!(shown.local_login_disabled && shown.providers.is_empty());
    let refused = rig.sign_in("root", PASSWORD, Keep::Remembered).await;
    assert!(matches!(refused, Err(ServiceError::Unauthorized)));
}

#[tokio::test]
async fn nobody_removes_the_issuer_they_come_in_by() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    add(&rig.service, &root, draft("home")).await.unwrap();
    let zoe = somebody(&rig, &root, "zoe", json!({})).await;
    let admin = UserPatch { role: Some(Role::Admin), ..UserPatch::default() };
    let zoe = users::patch(&rig.service, &root, &zoe.id, admin).await.unwrap();
    let by = Admin::prove(&zoe).unwrap();
    let off = BTreeMap::from([("signin.local_login".to_owned(), json!(false))]);
    settings::patch(&rig.service, &by, off).await.unwrap();
    for kept in [Identities::Keep, Identities::Forget] {
        let refused = remove(&rig.service, &by, &id("home"), kept).await;
        let last = matches!(refused, Err(ServiceError::Forbidden { code: "last-way-in" }));
        assert!(last, "{refused:?}");
    }
    assert_eq!(ids(&rig).await, ["home"]);
    // The local password that is not accepted is no way in either.
    let held = known(&rig, &zoe).await.remove(0).key;
    let there = Proof::single(zoe.id.clone(), id("home"), rig.epoch().await);
    let from = caller("192.0.2.1");
    let came = entrance::enter(&rig.service, there, Keep::Remembered, &from).await.unwrap();
    let begun = entered(came);
    let current = Current { user: begun.user, session: begun.session };
    let refused = identities::unlink(&rig.service, &current, &held).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "last-way-in" })), "{refused:?}");
    let on = BTreeMap::from([("signin.local_login".to_owned(), json!(true))]);
    settings::patch(&rig.service, &by, on).await.unwrap();
    remove(&rig.service, &by, &id("home"), Identities::Keep).await.unwrap();
}

#[tokio::test]
async fn whoever_is_half_in_by_what_is_removed_does_not_come_in() {
    let rig = Rig::new().await;
    let (root, _) = rig.set_up().await;
    add(&rig.service, &root, draft("home")).await.unwrap();
    let zoe = somebody(&rig, &root, "zoe", json!({})).await;
    let begun = rig.sign_in("zoe", PASSWORD, Keep::Remembered).await.unwrap();
    let current = Current { user: begun.user, session: begun.session };
    let made = factors::begin_totp(&rig.service, &current).await.unwrap();
    let code = |rig: &Rig| Secret::new(crate::totp::code_at(&made.secret, rig.service.now()));
    let from = caller("192.0.2.1");
    factors::confirm_totp(&rig.service, &current, &code(&rig), &from).await.unwrap();
    rig.pass(30);
    let there = Proof::single(zoe.id.clone(), id("home"), rig.epoch().await);
    let came = entrance::enter(&rig.service, there, Keep::Remembered, &from).await.unwrap();
    let Entered::SecondFactor(asked) = came else { panic!("no second factor is asked for") };
    remove(&rig.service, &root, &id("home"), Identities::Keep).await.unwrap();
    let shown = factors::Second::Code(code(&rig));
    let late = factors::second(&rig.service, &asked.ticket, shown, &from).await;
    assert!(matches!(late, Err(ServiceError::Gone)), "{late:?}");
}
