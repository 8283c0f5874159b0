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
