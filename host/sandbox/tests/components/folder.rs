//! The plugins folder: what takes whose place, what is refused, and what waits for consent.

use crate::rig::{Hand, backend, bare, changed, config, guest, id, options, plugin, sandbox};
use domain::fault::FaultKind;
use domain::plugins::PluginSource;
use sandbox::{Change, Options, Sandbox};
use std::path::Path;

fn open(folder: &Path, bundled: Vec<(&str, Vec<u8>)>) -> Sandbox {
    let hand = Hand::default();
    let bundled =
        bundled.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.into())).collect();
    let plugins_dir = Some(folder.to_owned());
    Sandbox::open(Options { plugins_dir, bundled, ..options(&hand) }).unwrap()
}

fn version(component: &[u8], version: &str) -> Vec<u8> {
    changed(component, "version = \"0.1.0\"", &format!("version = \"{version}\""))
}

/// The same for one that was changed before.
fn version_of(component: &[u8], version: &str) -> Vec<u8> {
    changed(component, "version = \"0.2.0\"", &format!("version = \"{version}\""))
}

fn running(sandbox: &Sandbox, plugin: &str) -> Option<String> {
    sandbox.manifest(&id(plugin)).map(|manifest| manifest.version)
}

fn refusals(sandbox: &Sandbox) -> Vec<String> {
    sandbox.plugins().into_iter().filter_map(|one| one.refused).collect()
}

#[tokio::test]
async fn a_higher_version_takes_the_bundled_ones_place_and_gives_it_back() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = guest("trapper");
    let sandbox = open(folder.path(), vec![("trapper", bundled.clone())]);
    let instance = bare(&sandbox, "trapper");
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.1.0"));

    let file = folder.path().join("newer.wasm");
    std::fs::write(&file, version(&bundled, "0.2.0")).unwrap();
    let replaced = Change::Replaced { id: id("trapper"), from: "0.1.0".into(), to: "0.2.0".into() };
    assert_eq!(sandbox.rescan(), [replaced]);
    assert_eq!(sandbox.plugins()[0].source, PluginSource::File("newer.wasm".into()));
    assert_eq!(instance.check_settings().await, [], "a handle follows");
    assert_eq!(sandbox.rescan(), []);

    // Replaced by nonsense: what runs goes on.
    std::fs::write(&file, "nonsense").unwrap();
    let changes = sandbox.rescan();
    assert!(matches!(&changes[..], [Change::Refused { file, .. }] if file == "newer.wasm"));
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.2.0"));
    assert_eq!(instance.check_settings().await, []);

    std::fs::remove_file(&file).unwrap();
    let back = Change::Replaced { id: id("trapper"), from: "0.2.0".into(), to: "0.1.0".into() };
    assert_eq!(sandbox.rescan(), [back]);
    assert_eq!(instance.check_settings().await, []);
}

#[test]
fn what_is_not_higher_or_stands_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = guest("trapper");
    std::fs::write(folder.path().join("equal.wasm"), &bundled).unwrap();
    std::fs::write(folder.path().join("lower.wasm"), version(&bundled, "0.0.9")).unwrap();
    std::fs::write(folder.path().join("readme.txt"), "not looked at").unwrap();
    let sandbox = open(folder.path(), vec![("trapper", bundled.clone())]);
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.1.0"));
    assert_eq!(
        refusals(&sandbox),
        [
            "its version 0.1.0 is not above the bundled 0.1.0",
            "its version 0.0.9 is not above the bundled 0.1.0"
        ]
    );

    std::fs::write(folder.path().join("a.wasm"), version(&bundled, "0.2.0")).unwrap();
    std::fs::write(folder.path().join("b.wasm"), version(&bundled, "0.3.0")).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.3.0"));
    assert!(refusals(&sandbox).contains(&"another file has the same id in version 0.3.0".into()));
}

#[tokio::test]
async fn another_id_adds_one_and_a_missing_one_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = open(folder.path(), Vec::new());
    let file = folder.path().join("trapper.wasm");
    std::fs::write(&file, guest("trapper")).unwrap();
    let added = Change::Added { id: id("trapper"), version: "0.1.0".into() };
    assert_eq!(sandbox.rescan(), [added]);
    let instance = bare(&sandbox, "trapper");
    assert_eq!(instance.check_settings().await, []);

    std::fs::remove_file(&file).unwrap();
    assert_eq!(sandbox.rescan(), [Change::Removed { id: id("trapper") }]);
    let faults = instance.check_settings().await;
    assert_eq!(faults[0].code, "sandbox.no-plugin");

    std::fs::write(&file, guest("trapper")).unwrap();
    sandbox.rescan();
    assert_eq!(instance.check_settings().await, []);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_refused_and_not_read() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    symlink("/dev/zero", folder.path().join("endless.wasm")).unwrap();
    symlink("nowhere", folder.path().join("dangling.wasm")).unwrap();
    std::fs::create_dir(folder.path().join("folder.wasm")).unwrap();
    let pipe = folder.path().join("pipe.wasm");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("component"), guest("trapper")).unwrap();
    symlink(elsewhere.path().join("component"), folder.path().join("good.wasm")).unwrap();
    let sandbox = open(folder.path(), Vec::new());
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.1.0"), "a link to a file is one");
    let refused: Vec<(String, String)> = sandbox
        .plugins()
        .into_iter()
        .filter_map(|one| one.refused.map(|why| (one.id, why)))
        .collect();
    let names: Vec<&str> = refused.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["dangling.wasm", "endless.wasm", "folder.wasm", "pipe.wasm"]);
    assert!(refused[0].1.starts_with("it could not be read"), "{}", refused[0].1);
    assert!(refused[1..].iter().all(|(_, why)| why == "it is not a file"), "{refused:?}");
}

#[test]
fn a_folder_of_ten_thousand_files_is_looked_at_in_part() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.wasm"), guest("trapper")).unwrap();
    for number in 0..10_000 {
        std::fs::write(folder.path().join(format!("b{number:05}.wasm")), "nonsense").unwrap();
    }
    let sandbox = open(folder.path(), Vec::new());
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.1.0"));
    let refused = refusals(&sandbox);
    assert_eq!(refused.len(), 100);
    let told = "it and 9900 more are not looked at: only the first 100 files of the folder are";
    assert!(refused.iter().any(|why| why == told), "{:?}", refused.last());
}

#[tokio::test]
async fn a_file_that_is_still_being_copied_changes_nothing_until_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = guest("trapper");
    let sandbox = open(folder.path(), vec![("trapper", bundled.clone())]);
    let instance = bare(&sandbox, "trapper");
    let newer = version(&bundled, "0.2.0");
    let file = folder.path().join("newer.wasm");
    for part in 0..8 {
        std::fs::write(&file, &newer[..newer.len() * part / 8]).unwrap();
        sandbox.rescan();
        assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.1.0"), "{part} of 8");
        assert_eq!(instance.check_settings().await, []);
    }
    std::fs::write(&file, &newer).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "trapper").as_deref(), Some("0.2.0"));
}

#[test]
fn a_file_that_does_not_fit_an_instance_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = open(folder.path(), vec![("spinner", guest("spinner"))]);
    bare(&sandbox, "spinner");
    let other =
        version(&changed(&guest("reacher"), "id = \"reacher\"", "id = \"spinner\""), "0.2.0");
    std::fs::write(folder.path().join("other.wasm"), other).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "spinner").as_deref(), Some("0.1.0"));
    assert_eq!(
        refusals(&sandbox),
        ["the settings of spinner do not fit it: Its own server is missing"]
    );
}

#[test]
fn another_file_sees_no_passwords_before_its_hash_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let first = version(&plugin("mail_smtp"), "0.2.0");
    let file = folder.path().join("mail.wasm");
    std::fs::write(&file, &first).unwrap();
    let sandbox = open(folder.path(), Vec::new());
    // No secret anywhere, and every message would go through it.
    sandbox.configure(config("mail-smtp", &[("host", "127.0.0.1")], &[])).unwrap();
    let says = |words: &str| {
        let refused = refusals(&sandbox);
        assert!(refused.iter().any(|why| why.contains(words)), "{refused:?}");
    };
    std::fs::write(&file, version_of(&first, "0.3.0")).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "mail-smtp").as_deref(), Some("0.2.0"), "what runs goes on");
    says("it would see what people type");

    // Away and back with other bytes: still another file.
    std::fs::remove_file(&file).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "mail-smtp"), None);
    std::fs::write(&file, version_of(&first, "0.3.0")).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "mail-smtp"), None);
    let waiting = sandbox.plugins().into_iter().find(|one| one.refused.is_some()).unwrap();
    sandbox.consent(&id("mail-smtp"), &waiting.inspection.unwrap().sha256);
    assert_eq!(running(&sandbox, "mail-smtp").as_deref(), Some("0.3.0"));

    // The one that was there is no stranger to a folder without instances.
    sandbox.remove(backend("mail-smtp"));
    std::fs::write(&file, version_of(&first, "0.4.0")).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "mail-smtp").as_deref(), Some("0.4.0"));
}

#[test]
fn a_file_is_given_no_secret_before_its_hash_was_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = plugin("jellyfin");
    let sandbox = open(folder.path(), vec![("jellyfin", bundled.clone())]);
    let settings = [("url", "http://127.0.0.1:9")];
    let with_secret = config("jellyfin", &settings, &[("api_key", "0123456789abcdef")]);
    sandbox.configure(with_secret.clone()).unwrap();

    let newer = version(&bundled, "0.2.0");
    std::fs::write(folder.path().join("newer.wasm"), &newer).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "jellyfin").as_deref(), Some("0.1.0"));
    let waiting = sandbox.plugins().into_iter().find(|one| one.refused.is_some()).unwrap();
    let why = waiting.refused.unwrap();
    let hash = waiting.inspection.unwrap().sha256;
    assert!(why.starts_with("it waits for consent") && why.contains(&hash), "{why}");

    sandbox.consent(&id("jellyfin"), &hash);
    assert_eq!(running(&sandbox, "jellyfin").as_deref(), Some("0.2.0"));
    assert_eq!(refusals(&sandbox), [] as [&str; 0]);

    // One more change of the file: it waits, and the accepted one goes on in its place.
    std::fs::write(folder.path().join("newer.wasm"), version(&bundled, "0.3.0")).unwrap();
    sandbox.rescan();
    assert_eq!(running(&sandbox, "jellyfin").as_deref(), Some("0.2.0"));
}

#[test]
fn a_secret_typed_later_goes_to_the_bundled_one() {
    let folder = tempfile::tempdir().unwrap();
    let bundled = plugin("jellyfin");
    std::fs::write(folder.path().join("newer.wasm"), version(&bundled, "0.2.0")).unwrap();
    let sandbox = open(folder.path(), vec![("jellyfin", bundled)]);
    assert_eq!(running(&sandbox, "jellyfin").as_deref(), Some("0.2.0"), "no secret is at stake");
    let settings = [("url", "http://127.0.0.1:9")];
    sandbox.configure(config("jellyfin", &settings, &[("api_key", "0123456789abcdef")])).unwrap();
    assert_eq!(running(&sandbox, "jellyfin").as_deref(), Some("0.1.0"));
}

#[tokio::test]
async fn a_stranger_is_given_no_secret_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let stranger = plugin("jellyfin");
    std::fs::write(folder.path().join("jellyfin.wasm"), &stranger).unwrap();
    let sandbox = open(folder.path(), Vec::new());
    let settings = [("url", "http://127.0.0.1:9")];
    let with_secret = config("jellyfin", &settings, &[("api_key", "0123456789abcdef")]);
    let fault = sandbox.configure(with_secret.clone()).unwrap_err();
    assert_eq!(
        (fault.kind, fault.code.as_str()),
        (FaultKind::Forbidden, "sandbox.waits-for-consent")
    );
    assert!(sandbox.instance(backend("jellyfin")).is_none());

    let trial = sandbox.trial(config("jellyfin", &settings, &[])).unwrap();
    let typed = vec![("admin_user".to_owned(), "root".into())];
    let fault = trial.connect(typed).await.unwrap_err();
    assert_eq!(fault.code, "sandbox.waits-for-consent");

    let hash = sandbox.plugins()[0].inspection.clone().unwrap().sha256;
    sandbox.consent(&id("jellyfin"), &hash);
    sandbox.configure(with_secret).unwrap();
}

#[test]
fn a_replaced_configuration_is_checked_and_a_bad_one_changes_nothing() {
    let sandbox = sandbox(&[("jellyfin", plugin("jellyfin"))], &Hand::default());
    let good = config("jellyfin", &[("url", "http://127.0.0.1:9")], &[("api_key", "0123456789")]);
    sandbox.configure(good).unwrap();
    for (settings, secrets, field) in [
        (vec![("url", "nonsense")], vec![("api_key", "0123456789")], "url"),
        (vec![("url", "http://127.0.0.1:9")], vec![], "api_key"),
        (vec![("url", "http://127.0.0.1:9"), ("x", "y")], vec![("api_key", "0123456789")], "x"),
    ] {
        let fault = sandbox.configure(config("jellyfin", &settings, &secrets)).unwrap_err();
        assert_eq!((fault.kind, fault.field.as_deref()), (FaultKind::InvalidInput, Some(field)));
    }
    assert!(sandbox.instance(backend("jellyfin")).is_some());
    sandbox.remove(backend("jellyfin"));
    assert!(sandbox.instance(backend("jellyfin")).is_none());
}
