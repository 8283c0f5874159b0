//! Settings from the pages beside what is written.

use super::*;
use crate::clock::Clock;
use crate::rig::{Rig, settled};
use serde_json::json;

#[tokio::test]
async fn pages_fill_in_what_nobody_else_sets() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let mut watch = rig.service.watch_settings();
    watch.mark_unchanged();
    let values = BTreeMap::from([
        ("texts.contact".to_owned(), json!("Ask me.")),
        ("server.trusted_proxies".to_owned(), json!(["10.0.0.0/8", "192.0.2.1"])),
    ]);
    patch(&rig.service, &admin, values).await.unwrap();
    assert!(watch.has_changed().unwrap());
    let effective = rig.service.settings();
    assert_eq!(effective.settings.texts.contact, "Ask me.");
    assert_eq!(effective.settings.server.trusted_proxies.len(), 2);
    assert_eq!(effective.sources.get("texts.contact"), Some(&Source::Page));
    let back = BTreeMap::from([("texts.contact".to_owned(), Value::Null)]);
    patch(&rig.service, &admin, back).await.unwrap();
    assert_eq!(rig.service.settings().settings.texts.contact, "");
}

#[tokio::test]
async fn what_is_set_elsewhere_is_locked_and_wins_when_it_comes() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let mine = BTreeMap::from([("texts.contact".to_owned(), json!("from the page"))]);
    patch(&rig.service, &admin, mine.clone()).await.unwrap();
    let mut written = settled();
    written.settings.texts.contact = "from the file".to_owned();
    written.sources.insert("texts.contact".to_owned(), Source::File { line: 7 });
    apply(&rig.service, written).await.unwrap();
    assert_eq!(rig.service.settings().settings.texts.contact, "from the file");
    match patch(&rig.service, &admin, mine).await {
        Err(ServiceError::Locked { key, by }) => {
            assert_eq!((key.as_str(), by), ("texts.contact", Source::File { line: 7 }));
        }
        other => panic!("{other:?}"),
    }
    apply(&rig.service, settled()).await.unwrap();
    assert_eq!(rig.service.settings().settings.texts.contact, "from the page");
}

#[tokio::test]
async fn a_bad_value_keeps_all_of_them_out() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    for (key, value, code) in [
        ("server.public_url", json!("ftp://x"), "not-a-url"),
        ("server.public_url", json!("https://a:b@x"), "not-a-url"),
        ("server.other_urls", json!("https://x"), "not-a-list"),
        ("server.trusted_proxies", json!(["everybody"]), "not-a-network"),
        ("dates.zone", json!("Europe/Atlantis"), "not-a-zone"),
        ("dates.format", json!("%"), "not-a-date-format"),
        ("dates.clock_24h", json!("yes"), "not-a-flag"),
        ("dates.language", json!("e n"), "not-a-language"),
        ("tls.mode", json!("off"), "unknown-key"),
    ] {
        let values =
            BTreeMap::from([(key.to_owned(), value), ("texts.help".to_owned(), json!("x"))]);
        match patch(&rig.service, &admin, values).await {
            Err(ServiceError::Invalid { fields }) => assert_eq!(fields[0].code, code, "{key}"),
            other => panic!("{key}: {other:?}"),
        }
    }
    assert_eq!(rig.service.settings().settings.texts.help, "");
}

#[tokio::test]
async fn page_set_values_are_there_after_a_restart() {
    let store = store::Store::in_memory().unwrap();
    let clock = Clock::manual(jiff::Timestamp::UNIX_EPOCH);
    let rig = Rig::over(store.clone(), settled(), clock.clone()).await.unwrap();
    let (admin, _) = rig.set_up().await;
    let values = BTreeMap::from([("dates.zone".to_owned(), json!("Europe/Berlin"))]);
    patch(&rig.service, &admin, values).await.unwrap();
    drop(rig);
    let again = Rig::over(store, settled(), clock).await.unwrap();
    assert_eq!(again.service.settings().settings.dates.zone, "Europe/Berlin");
}
