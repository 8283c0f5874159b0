//! Reset files and the button on the login page: the Jellyfin component, with files real servers wrote
//! and against the stand-in.

use crate::rig::{Hand, backend, bare, config, guest, plugin, sandbox};
use domain::accounts::{Attempt, NewAccount};
use domain::fault::FaultKind;
use domain::resets::{Reading, ResetRequest};
use domain::secret::Secret;
use sandbox::{Instance, Sandbox};
use standins::Jellyfin;
use standins::jellyfin::{Options, Release};
use std::path::{Path, PathBuf};
use url::Url;

struct House {
    server: Jellyfin,
    instance: Instance,
    folder: tempfile::TempDir,
}

async fn house(release: Release) -> House {
    let hand = Hand::default();
    let folder = tempfile::tempdir().unwrap();
    let options =
        Options { data_dir: Some(folder.path().to_owned()), ..Options::strict(hand.now()) };
    let server = Jellyfin::start(release, options).await.unwrap();
    server.finish_wizard("root", "root-password");
    let key = server.add_key("Latchkey");
    let sandbox = sandbox(&[("jellyfin", plugin("jellyfin"))], &hand);
    sandbox.configure(config("jellyfin", &[("url", &server.url())], &[("api_key", &key)])).unwrap();
    let instance = sandbox.instance(backend("jellyfin")).unwrap();
    House { server, instance, folder }
}

/// The files of a recording, by release and folder.
fn recorded(release: &str, which: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/jellyfin");
    files(&root.join(release).join("reset-files").join(which))
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    let named = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (named(path), std::fs::read(path).unwrap())).collect()
}

fn found(reading: Reading) -> ResetRequest {
    match reading {
        Reading::Found(request) => request,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn files_of_real_servers_are_read_through_the_sandbox() {
    let house = house(Release::V10_11).await;
    let patterns = house.instance.reset_patterns().await.unwrap();
    for release in ["10.9", "10.10", "10.11", "12.0"] {
        for which in ["1", "2", "3"] {
            for (name, content) in recorded(release, which) {
                assert!(patterns.iter().any(|pattern| pattern.matches(&name)), "{name}");
                let request = found(house.instance.read_reset(&name, &content).await.unwrap());
                assert_eq!(request.pin.expose().len(), "CB-F2-0E-87".len());
                assert!(!request.login_name.is_empty() && !request.key.expose().is_empty());
                let half = house.instance.read_reset(&name, &content[..content.len() / 2]).await;
                assert_eq!(half.unwrap(), Reading::Incomplete);
                let again = house.instance.read_reset(&name, &content).await.unwrap();
                assert_eq!(found(again).key, request.key, "the same request");
            }
        }
    }
    let [(name, damaged)] = &recorded("10.10", "second-request-damaged")[..] else { panic!("one") };
    let request = found(house.instance.read_reset(name, damaged).await.unwrap());
    let remark = request.remark.unwrap();
    assert_eq!(remark.code, "jellyfin.reset-damaged");
    assert!(!remark.detail.contains(request.pin.expose()));
    assert!(!patterns.iter().any(|pattern| pattern.matches("system.xml")));
    let large = house.instance.read_reset(name, &vec![b' '; 1 << 20]).await.unwrap();
    assert!(matches!(large, Reading::Ignored(remark) if remark.code == "sandbox.reset-too-large"));
}

fn ann() -> NewAccount {
    NewAccount {
        login_name: "Ann".to_owned(),
        password: Some(Secret::from("correct horse")),
        email: None,
        display_name: None,
        subject: None,
        grant: None,
        profile: None,
    }
}

#[tokio::test]
async fn a_reset_goes_from_its_start_to_a_new_password() {
    for release in Release::ALL {
        let house = house(release).await;
        house.instance.create(&ann(), Attempt::First).await.unwrap();
        house.instance.start_reset("Ann").await.unwrap();
        let [(name, content)] = &files(house.folder.path())[..] else { panic!("one file") };
        let request = found(house.instance.read_reset(name, content).await.unwrap());
        assert_eq!((request.login_name.as_str(), request.remark), ("Ann", None));
        let wrong = house.instance.redeem(&Secret::from("00-00-00-00")).await.unwrap_err();
        assert_eq!(wrong.kind, FaultKind::WrongCredential);
        assert_eq!(house.instance.redeem(&request.pin).await.unwrap(), ["Ann"]);
        assert!(house.server.accepts("Ann", request.pin.expose()));
        let again = house.instance.redeem(&request.pin).await.unwrap_err();
        assert!(!again.detail.contains(request.pin.expose()));
    }
}

#[tokio::test]
async fn a_file_that_blocks_jellyfins_own_page_is_read_and_named() {
    for release in Release::ALL {
        let house = house(release).await;
        house.instance.create(&ann(), Attempt::First).await.unwrap();
        let first = house.server.forgot_password("ann").unwrap().unwrap();
        let path = house.folder.path().join(&first.name);
        let longer = [&first.content[..], b"\"}}"].concat();
        std::fs::write(&path, longer).unwrap();
        let second = house.server.forgot_password("ann").unwrap().unwrap();
        let request =
            house.instance.read_reset(&second.name, &std::fs::read(&path).unwrap()).await.unwrap();
        let request = found(request);
        assert_eq!(*request.pin.expose(), second.pin);
        let keeps_old_ends = release < Release::V10_11;
        assert_eq!(request.remark.is_some(), keeps_old_ends, "{release:?}");
        assert_eq!(house.instance.redeem(&request.pin).await.is_err(), keeps_old_ends);
        if let Some(remark) = request.remark {
            assert_eq!(remark.code, "jellyfin.reset-damaged");
            assert!(remark.detail.contains(&second.name), "{}", remark.detail);
        }
    }
}

#[tokio::test]
async fn a_specimen_is_seen_and_lets_nobody_in() {
    let house = house(Release::V10_11).await;
    let specimen = house.instance.make_specimen("root").await.unwrap();
    std::fs::write(house.folder.path().join(&specimen.file_name), specimen.content.expose())
        .unwrap();
    let read = house.instance.read_reset(&specimen.file_name, specimen.content.expose()).await;
    let request = found(read.unwrap());
    assert_eq!(request.login_name, "root");
    let refused = house.instance.redeem(&request.pin).await.unwrap_err();
    assert_eq!(refused.kind, FaultKind::WrongCredential);
    assert!(house.server.accepts("root", "root-password"));
}

#[tokio::test]
async fn the_button_comes_changes_and_goes() {
    for release in Release::ALL {
        let house = house(release).await;
        let instance = &house.instance;
        let url = Url::parse("https://home.example/forgot").unwrap();
        assert!(!instance.login_page_present().await.unwrap());
        instance.withdraw_login_page().await.unwrap();
        instance.offer_login_page(&url, "Forgot your password?").await.unwrap();
        instance.offer_login_page(&url, "Passwort vergessen?").await.unwrap();
        assert!(instance.login_page_present().await.unwrap());
        let wrong = instance.offer_login_page(&url, "").await.unwrap_err();
        assert_eq!((wrong.kind, wrong.field.as_deref()), (FaultKind::InvalidInput, Some("label")));
        instance.withdraw_login_page().await.unwrap();
        assert!(!instance.login_page_present().await.unwrap());
    }
}

#[tokio::test]
async fn what_the_admin_wrote_on_the_login_page_stays_as_it_was() {
    for release in Release::ALL {
        let house = house(release).await;
        let url = Url::parse("https://home.example/forgot").unwrap();
        let css = ".a{color:red}";
        let text = "Be *kind*.\n\n<b>Call 5</b> \"now\"  ";
        let mut written = house.server.branding();
        written.insert("LoginDisclaimer".to_owned(), text.into());
        written.insert("CustomCss".to_owned(), css.into());
        written.insert("SplashscreenEnabled".to_owned(), true.into());
        house.server.set_branding(&written);
        house.instance.offer_login_page(&url, "Forgot <your> password?").await.unwrap();
        let offered = house.server.branding();
        let shown = offered["LoginDisclaimer"].as_str().unwrap();
        assert!(
            shown.starts_with(text) && shown.contains("Forgot &lt;your&gt; password?"),
            "{shown}"
        );
        assert!(shown.contains("<form action=\"https://home.example/forgot\">"), "{shown}");
        assert_eq!(
            (&offered["CustomCss"], &offered["SplashscreenEnabled"]),
            (&css.into(), &true.into())
        );
        house.instance.withdraw_login_page().await.unwrap();
        assert_eq!(house.server.branding(), written, "{release:?}");
    }
}

#[tokio::test]
async fn what_a_plugin_does_not_have_is_unsupported() {
    let found = Sandbox::inspect(&plugin("jellyfin")).unwrap();
    assert!(found.login_page && found.can.iter().any(|one| one.contains("sign-in page")));
    let sandbox = sandbox(&[("spinner", guest("spinner"))], &Hand::default());
    let instance = bare(&sandbox, "spinner");
    let fault = instance.login_page_present().await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code.as_str()),
        (FaultKind::Unsupported, "sandbox.no-login-page")
    );
    assert_eq!(instance.reset_patterns().await.unwrap_err().code, "sandbox.no-role");
    assert_eq!(instance.rehearse(None).await.unwrap_err().code, "sandbox.no-role");
}
