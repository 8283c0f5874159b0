//! Profiles, as far as no backend is asked.

use super::*;
use crate::invites;
use crate::rig::Rig;
use domain::backends::{Backend, SetBy};
use domain::ids::PluginId;
use domain::invites::drafts::InviteText;

async fn house() -> (Rig, Admin) {
    let rig = Rig::new().await;
    let (id, plugin) = (BackendId::parse("films").unwrap(), PluginId::parse("test").unwrap());
    let backend = Backend {
        id,
        label: String::new(),
        plugin,
        public_url: None,
        settings: BTreeMap::new(),
        set_by: SetBy::Page,
        server_id: None,
        created_at: rig.clock.now(),
    };
    rig.service.inside().board.put(backend, Vec::new());
    (rig, Admin::at_the_console())
}

fn fields(result: Result<impl core::fmt::Debug>) -> Vec<String> {
    match result {
        Err(ServiceError::Invalid { fields }) => fields
            .into_iter()
            .map(|problem| format!("{} {}", problem.field, problem.code))
            .collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_name_has_one_owner_and_no_character_that_breaks_an_address() {
    let (rig, by) = house().await;
    let make = |name: &'static str| create(&rig.service, &by, name, BTreeMap::new());
    make("Family").await.unwrap();
    assert!(matches!(make("FAMILY").await, Err(ServiceError::Taken { field: "name" })));
    assert_eq!(fields(make(" ").await), ["name empty"]);
    assert_eq!(fields(make("a/b").await), ["name character"]);
    assert_eq!(get(&rig.service, &by, "family").await.unwrap().name, "Family");
}

#[tokio::test]
async fn a_document_that_nobody_can_judge_is_not_kept() {
    let (rig, by) = house().await;
    let with = |backend: &str, text: &str| {
        BTreeMap::from([(BackendId::parse(backend).unwrap(), text.to_owned())])
    };
    let refused = create(&rig.service, &by, "a", with("films", "{")).await;
    assert_eq!(fields(refused), ["documents.films json"]);
    let refused = create(&rig.service, &by, "a", with("music", "{}")).await;
    assert_eq!(fields(refused), ["documents.music unknown"]);
    assert!(list(&rig.service, &by).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_profile_that_an_invite_needs_is_not_deleted() {
    let (rig, by) = house().await;
    create(&rig.service, &by, "Family", BTreeMap::new()).await.unwrap();
    let text =
        InviteText { profile: "family".into(), label: "Cousins".into(), ..InviteText::default() };
    let invite = invites::create(&rig.service, &by, text.parse().unwrap()).await.unwrap();
    assert_eq!(invite.profile.as_deref(), Some("Family"));
    assert_eq!(view(&rig.service, &by, "family").await.unwrap().used_by, ["Cousins"]);
    assert_eq!(fields(delete(&rig.service, &by, "family").await), ["name in-use"]);
    get(&rig.service, &by, "family").await.unwrap();
    invites::revoke(&rig.service, &by, &invite.code).await.unwrap();
    delete(&rig.service, &by, "family").await.unwrap();
    let gone = delete(&rig.service, &by, "family").await;
    assert!(matches!(gone, Err(ServiceError::NotFound { what: "profile" })));
}
