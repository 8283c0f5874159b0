//! Methods from the file, beside those of the pages.

use super::*;
use crate::activity;
use crate::clock::Clock;
use crate::outbox::{Owed, owe};
use crate::rig::{Rig, settled};
use crate::settings;
use domain::outbox::MessageKind;
use domain::schedule::Task;
use domain::settings::{MailFromFile, Settled};

fn method(id: &str, host: &str) -> MailFromFile {
    let method = MailMethod {
        id: MailId::parse(id).unwrap(),
        plugin: PluginId::parse("post-office").unwrap(),
        from: Mailbox::parse("Home <home@example.org>").unwrap(),
        reply_to: None,
        settings: BTreeMap::from([("host".to_owned(), host.to_owned())]),
        set_by: SetBy::File,
        created_at: "2030-01-01T00:00:00Z".parse().unwrap(),
    };
    MailFromFile { method, secrets: BTreeMap::from([("password".to_owned(), "pw".into())]) }
}

fn file(methods: &[MailFromFile]) -> Settled {
    let mut settled = settled();
    settled.settings.mail = methods.to_vec();
    for (line, there) in methods.iter().enumerate() {
        let source = Source::File { line: line + 1 };
        settled.sources.insert(format!("mail.{}", there.method.id), source);
    }
    settled
}

async fn rig(methods: &[MailFromFile]) -> (Rig, Admin) {
    let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
    let rig = Rig::of(file(methods), clock).await.unwrap();
    (rig, Admin::at_the_console())
}

fn ids(rig: &Rig) -> Vec<String> {
    list(&rig.service).iter().map(|view| view.method.id.to_string()).collect()
}

#[tokio::test]
async fn the_files_order_is_the_order_they_are_asked() {
    let (rig, _) = rig(&[method("second-name", "b"), method("first-name", "a")]).await;
    assert_eq!(ids(&rig), ["second-name", "first-name"]);
    settings::apply(&rig.service, file(&[method("first-name", "a"), method("second-name", "b")]))
        .await
        .unwrap();
    assert_eq!(ids(&rig), ["first-name", "second-name"]);
}

#[tokio::test]
async fn a_method_of_the_file_is_locked_and_says_why_it_is_not_set_up() {
    let (rig, admin) = rig(&[method("smtp", "a")]).await;
    let id = MailId::parse("smtp").unwrap();
    let view = get(&rig.service, &id).unwrap();
    assert_eq!(view.locked, Some(Source::File { line: 1 }));
    assert_eq!(view.secrets, ["password"], "their names alone");
    assert_eq!(view.refused.unwrap().code, "sandbox.no-plugin");
    assert_eq!(view.warnings, ["no-public-url"]);
    let refused = patch(&rig.service, &admin, &id, MethodPatch::default()).await;
    assert!(matches!(refused, Err(ServiceError::Locked { .. })));
    assert!(matches!(remove(&rig.service, &admin, &id).await, Err(ServiceError::Locked { .. })));
    let rehearsal = test(&rig.service, &admin, &id, None).await.unwrap();
    assert!(!rehearsal.passed);
    assert!(rehearsal.steps[0].detail.contains("there is no plugin post-office"));
}

#[tokio::test]
async fn a_change_of_the_file_is_told_once_and_wakes_what_waits() {
    let (rig, admin) = rig(&[]).await;
    let (here, to) = (rig.service.clone(), EmailAddress::parse("a@example.org").unwrap());
    let owed = Owed::to_address(MessageKind::Invite, to);
    let message = rig.service.write(move |tx| owe(tx, &here, owed)).await.unwrap();
    outbox::deliver(&rig.service, &message).await.unwrap();
    let due = async |rig: &Rig| {
        let task = Task::Deliver(message.clone());
        rig.service.read(move |tx| Ok(tx.schedule().get(&task)?)).await.unwrap()
    };
    assert!(due(&rig).await > Some(rig.clock.now()), "nobody carries it");
    for (host, secret) in [("a", "pw"), ("a", "pw"), ("b", "pw"), ("b", "other")] {
        let mut there = method("smtp", host);
        there.secrets.insert("password".to_owned(), secret.into());
        settings::apply(&rig.service, file(&[there])).await.unwrap();
        assert_eq!(due(&rig).await, Some(rig.clock.now()));
    }
    settings::apply(&rig.service, file(&[])).await.unwrap();
    assert!(ids(&rig).is_empty());
    let lines = activity::list(&rig.service, &admin, &activity::Query::default()).await.unwrap();
    let kinds: Vec<_> = lines.items.into_iter().rev().map(|line| line.kind).collect();
    use ActivityKind as Kind;
    let expected = [Kind::MailMethodAdded, Kind::MailMethodChanged, Kind::MailMethodRemoved];
    assert_eq!(kinds, expected);
}

#[tokio::test]
async fn what_is_typed_wrong_is_named_and_a_plugin_must_be_there() {
    let (rig, admin) = rig(&[]).await;
    let draft = MethodDraft {
        id: MailId::parse("smtp").unwrap(),
        plugin: PluginId::parse("post-office").unwrap(),
        from: "Home".to_owned(),
        reply_to: None,
        settings: BTreeMap::new(),
        secrets: BTreeMap::new(),
    };
    let refused = add(&rig.service, &admin, draft).await;
    assert!(matches!(refused, Err(ServiceError::NotFound { what: "plugin" })));
    assert!(plugins(&rig.service).is_empty());
    assert!(matches!(sender("Home"), Err(ServiceError::Invalid { .. })));
    assert!(matches!(answered("me"), Err(ServiceError::Invalid { .. })));
    assert_eq!(answered("  ").unwrap(), None);
}
