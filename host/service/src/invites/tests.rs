//! Invites, as admins and as guests meet them.

use super::*;
use crate::rig::{self, Rig};
use core::time::Duration;
use domain::backends::{Backend, SetBy};
use domain::ids::PluginId;
use domain::invites::drafts::InviteText;
use std::collections::BTreeMap;

async fn house() -> (Rig, Admin) {
    let rig = Rig::new().await;
    let backend = Backend {
        id: BackendId::parse("films").unwrap(),
        label: "Films".into(),
        plugin: PluginId::parse("test").unwrap(),
        public_url: Some("https://films.example.org".parse().unwrap()),
        settings: BTreeMap::new(),
        set_by: SetBy::Page,
        server_id: None,
        created_at: rig.clock.now(),
    };
    rig.service.inside().board.put(backend, Vec::new());
    (rig, Admin::at_the_console())
}

async fn made(rig: &Rig, by: &Admin, text: InviteText) -> Invite {
    create(&rig.service, by, text.parse().unwrap()).await.unwrap()
}

#[tokio::test]
async fn an_invite_is_made_changed_withdrawn_and_deleted() {
    let (rig, by) = house().await;
    let service = &rig.service;
    let invite =
        made(&rig, &by, InviteText { label: "Cousins".into(), ..InviteText::default() }).await;
    assert_eq!(invite.backends.len(), 1);
    let patch_to = InvitePatch { uses: Some(Some(3)), ..InvitePatch::default() };
    assert_eq!(patch(service, &by, &invite.code, patch_to).await.unwrap().uses, Some(3));
    let unknown = InvitePatch { profile: Some(Some("x".into())), ..InvitePatch::default() };
    let refused = patch(service, &by, &invite.code, unknown).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })));
    let withdrawn = revoke(service, &by, &invite.code).await.unwrap();
    assert_eq!(withdrawn.standing(service.now()), Standing::Revoked);
    let query =
        Query { standing: Some(Standing::Revoked), search: Some("cou".into()), ..Query::default() };
    assert_eq!(list(service, &by, &query).await.unwrap().items.len(), 1);
    let query = Query { standing: Some(Standing::Open), ..Query::default() };
    assert!(list(service, &by, &query).await.unwrap().items.is_empty());
    delete(service, &by, &invite.code).await.unwrap();
    let gone = get(service, &by, &invite.code).await;
    assert!(matches!(gone, Err(ServiceError::NotFound { what: "invite" })));
}

#[tokio::test]
async fn whoever_holds_no_open_invite_hears_one_answer() {
    let (rig, by) = house().await;
    let guest = rig::caller("192.0.2.9");
    let open = made(&rig, &by, InviteText::default()).await;
    let over =
        made(&rig, &by, InviteText { expires_in: "PT1M".into(), ..InviteText::default() }).await;
    let withdrawn = made(&rig, &by, InviteText::default()).await;
    revoke(&rig.service, &by, &withdrawn.code).await.unwrap();
    rig.pass(60);
    let granted = offer(&rig.service, &open.code.as_str().to_uppercase(), &guest).await.unwrap();
    assert_eq!(granted.grants[0].label, "Films");
    let never = InviteCode::from_random([9; 16]);
    for code in [over.code.as_str(), withdrawn.code.as_str(), never.as_str(), "rubbish", ""] {
        let answer = offer(&rig.service, code, &guest).await;
        assert!(matches!(answer, Err(ServiceError::Gone)), "{code}");
    }
}

#[tokio::test]
async fn guessing_is_slow_and_reloading_is_not() {
    let (rig, by) = house().await;
    let open = made(&rig, &by, InviteText::default()).await;
    let (guesser, family) = (rig::caller("192.0.2.9"), rig::caller("192.0.2.10"));
    for _ in 0..50 {
        offer(&rig.service, open.code.as_str(), &family).await.unwrap();
    }
    for _ in 0..10 {
        let answer = offer(&rig.service, "rubbish", &guesser).await;
        assert!(matches!(answer, Err(ServiceError::Gone)));
    }
    let answer = offer(&rig.service, open.code.as_str(), &guesser).await;
    let Err(ServiceError::Throttled { retry_after }) = answer else { panic!("{answer:?}") };
    assert_eq!(retry_after, Duration::from_secs(60));
    rig.pass(60);
    offer(&rig.service, open.code.as_str(), &guesser).await.unwrap();
}

#[tokio::test]
async fn a_link_is_made_of_what_the_house_is_called() {
    let (rig, _by) = house().await;
    let code = InviteCode::from_random([1; 16]);
    assert_eq!(link(&rig.service, &code), None);
    for (public, expected) in [
        ("https://home.example.org", format!("https://home.example.org/invite/{code}")),
        ("https://example.org/latchkey/", format!("https://example.org/latchkey/invite/{code}")),
        ("https://example.org/latchkey", format!("https://example.org/latchkey/invite/{code}")),
    ] {
        let mut settled = rig::settled();
        settled.settings.server.public_url = Some(public.parse().unwrap());
        crate::settings::apply(&rig.service, settled).await.unwrap();
        assert_eq!(link(&rig.service, &code).unwrap().as_str(), expected);
    }
}

async fn reachable() -> (Rig, Admin) {
    let mut settings = rig::settled();
    settings.settings.server.public_url = Some("https://home.example.org".parse().unwrap());
    let start = "2030-01-01T00:00:00Z".parse().unwrap();
    let rig = Rig::of(settings, crate::clock::Clock::manual(start)).await.unwrap();
    let (bare, by) = house().await;
    for entry in bare.service.inside().board.all() {
        rig.service.inside().board.put(entry.backend, Vec::new());
    }
    (rig, by)
}

#[tokio::test]
async fn an_invite_goes_out_by_mail_while_it_admits_somebody() {
    let (rig, by) = reachable().await;
    let service = &rig.service;
    let text = InviteText { label: "Cousins".into(), uses: "2".into(), ..InviteText::default() };
    let invite = made(&rig, &by, text).await;
    let anna = EmailAddress::parse("anna@example.org").unwrap();
    send(service, &by, &invite.code, &anna).await.unwrap();
    let owed = outbox::list(service, &by, &outbox::Query::default()).await.unwrap().items;
    assert_eq!((owed.len(), &owed[0].to), (1, &To::Address(anna.clone())));
    assert_eq!(owed[0].facts["invite_label"], "Cousins");
    assert_eq!(owed[0].facts["invite_uses"], "2");
    let id = owed[0].id.clone();
    let link = service.read(move |tx| {
        Ok(tx.secrets().get(store::secrets::SecretOf::Message(&id), outbox::LINK)?)
    });
    let link = link.await.unwrap().unwrap();
    assert_eq!(*link.expose(), format!("https://home.example.org/invite/{}", invite.code.as_str()));
    let query =
        crate::activity::Query { kinds: vec![ActivityKind::InviteSent], ..Default::default() };
    let lines = crate::activity::list(service, &by, &query).await.unwrap().items;
    assert!(!format!("{lines:?}").contains("anna"), "{lines:?}");
    send(service, &by, &invite.code, &anna).await.unwrap();
    send(service, &by, &invite.code, &anna).await.unwrap();
    let often = send(service, &by, &invite.code, &anna).await;
    assert!(matches!(often, Err(ServiceError::Throttled { .. })), "{often:?}");
    revoke(service, &by, &invite.code).await.unwrap();
    let spent = send(service, &by, &invite.code, &anna).await;
    assert!(matches!(spent, Err(ServiceError::Gone)), "{spent:?}");
}

#[tokio::test]
async fn an_invite_without_a_whole_link_is_not_mailed() {
    let (rig, by) = house().await;
    let invite = made(&rig, &by, InviteText::default()).await;
    let anna = EmailAddress::parse("anna@example.org").unwrap();
    let refused = send(&rig.service, &by, &invite.code, &anna).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "no-public-url" })));
}

#[tokio::test]
async fn a_backend_that_only_invites_needs_an_address() {
    let (rig, admin) = house().await;
    let text = InviteText { ask_email: "none".into(), ..InviteText::default() };
    let invite = create(&rig.service, &admin, text.parse().unwrap()).await.unwrap();
    for (can_create, can_invite, asked) in [
        (true, false, AskEmail::None),
        (true, true, AskEmail::None),
        (false, true, AskEmail::Required),
    ] {
        let films = BackendId::parse("films").unwrap();
        let abilities = domain::accounts::Abilities {
            create: can_create,
            invite: can_invite,
            ..domain::accounts::Abilities::default()
        };
        let offer = domain::accounts::Offer { abilities, names: None, password: None };
        rig.service.inside().board.change(&films, |entry| entry.offer = Some(offer.clone()));
        assert_eq!(asks_for(&rig.service, &invite, None), asked, "{can_create} {can_invite}");
    }
}
