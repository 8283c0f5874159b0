//! The button on Jellyfin's login page, beside whatever the admin wrote there.

use jellyfin::Jellyfin;
use latchkey_sdk::branding::LoginPage;
use latchkey_sdk::fault::{Fault, Kind};
use serde_json::{Value, json};

use crate::samples::host;

const READ: &str = "GET /Branding/Configuration";
const WRITE: &str = "POST /System/Configuration/branding";
const URL: &str = "https://home.example.org/forgot";

fn branding(text: Option<&str>) -> Value {
    let mut branding =
        json!({"CustomCss": "a > b {}", "SplashscreenEnabled": true, "New": [1, null]});
    if let Some(text) = text {
        branding["LoginDisclaimer"] = json!(text);
    }
    branding
}

/// Offers over a text; what is written then.
fn offered(text: Option<&str>, url: &str, label: &str) -> Value {
    // A first run learns what would be written, since the answer must hold it.
    let lent = host().json(READ, 200, &branding(text)).text(WRITE, 403, "");
    let refused = Jellyfin::offer(&lent, url, label).unwrap_err();
    assert_eq!(refused.kind, Kind::Forbidden);
    let wanted = lent.sent_to(WRITE).json;
    let lent = host().json(READ, 200, &branding(text)).empty(WRITE, 204).json(READ, 200, &wanted);
    assert_eq!(Jellyfin::offer(&lent, url, label), Ok(()));
    wanted
}

fn withdrawn(from: &Value, to: &Value) -> Result<(), Fault> {
    let lent = host().json(READ, 200, from).empty(WRITE, 204).json(READ, 200, to);
    let done = Jellyfin::withdraw(&lent);
    assert_eq!(lent.sent_to(WRITE).json, *to);
    done
}

#[test]
fn the_button_comes_behind_the_admins_text_and_goes_without_a_trace() {
    for text in
        [None, Some("Ask *me*."), Some("two\n\nlines\n"), Some("ends with a gap\n\n"), Some("ü")]
    {
        let with = offered(text, URL, "Forgot your password?");
        let written = with["LoginDisclaimer"].as_str().unwrap();
        assert!(written.starts_with(text.unwrap_or_default()));
        assert!(written.contains("<form action=\"https://home.example.org/forgot\">"), "{written}");
        assert!(written.contains("<span>Forgot your password?</span>"));
        let (before, block) = written.split_once("<!-- latchkey").unwrap();
        assert!(before.is_empty() || before.ends_with('\n'), "Markdown wants the start of a line");
        assert!(!block.contains("\n\n"), "Markdown ends HTML at an empty line");
        for key in ["CustomCss", "SplashscreenEnabled", "New"] {
            assert_eq!(with[key], branding(None)[key], "{key}");
        }
        assert_eq!(Jellyfin::present(&host().json(READ, 200, &with)), Ok(true));
        assert_eq!(withdrawn(&with, &branding(text)), Ok(()));
    }
}

#[test]
fn what_the_admin_wrote_behind_it_stays_too() {
    let with = offered(Some("before"), URL, "Old");
    let text = format!("{}\n\nafter", with["LoginDisclaimer"].as_str().unwrap());
    let again = offered(Some(&text), "https://other.example/forgot", "New");
    let written = again["LoginDisclaimer"].as_str().unwrap();
    assert!(
        written.starts_with("before\n\n<!--") && written.ends_with("-->\n\nafter"),
        "{written}"
    );
    assert_eq!(written.matches("<form").count(), 1);
    assert!(written.contains("other.example") && !written.contains("home.example"));
    assert_eq!(withdrawn(&again, &branding(Some("before\n\nafter"))), Ok(()));
}

#[test]
fn the_same_offer_again_writes_nothing() {
    let with = offered(None, URL, "Forgot?");
    assert_eq!(Jellyfin::offer(&host().json(READ, 200, &with), URL, "Forgot?"), Ok(()));
}

#[test]
fn half_a_block_is_not_ours() {
    for text in ["<!-- latchkey: begin -->", "x <!-- latchkey: end --> y", "plain", ""] {
        let lent = host().json(READ, 200, &branding(Some(text)));
        assert_eq!(Jellyfin::withdraw(&lent), Ok(()));
        assert_eq!(Jellyfin::present(&host().json(READ, 200, &branding(Some(text)))), Ok(false));
    }
    let text = "<!-- latchkey: begin --> the admin's";
    let with = offered(Some(text), URL, "Forgot?");
    assert_eq!(withdrawn(&with, &branding(Some(text))), Ok(()));
}

#[test]
fn half_a_block_hides_no_whole_one_and_a_copy_goes_as_well() {
    let with = offered(None, URL, "Old");
    let block = with["LoginDisclaimer"].as_str().unwrap();
    let text = format!("a <!-- latchkey: end --> b\n\n{block}\n\nc\n\n{block}");
    let of = |text: &str| branding(Some(text));
    assert_eq!(Jellyfin::present(&host().json(READ, 200, &of(&text))), Ok(true));
    let again = offered(Some(&text), URL, "New");
    let written = again["LoginDisclaimer"].as_str().unwrap();
    assert_eq!(written.matches("<form").count(), 1, "{written}");
    assert!(written.contains("New") && !written.contains("Old"), "{written}");
    let rest = of("a <!-- latchkey: end --> b\n\nc");
    assert_eq!(withdrawn(&of(&text), &rest), Ok(()));
    assert_eq!(withdrawn(&again, &rest), Ok(()));
}

#[test]
fn labels_are_text_and_addresses_plain() {
    let with = offered(None, "https://a.example/x&y", "<b>\"Oh\" & so</b> -->");
    let written = with["LoginDisclaimer"].as_str().unwrap();
    assert!(
        written.contains("<span>&lt;b&gt;&quot;Oh&quot; &amp; so&lt;/b&gt; --&gt;</span>"),
        "{written}"
    );
    assert!(written.contains("action=\"https://a.example/x&amp;y\""));
    for (url, label) in [
        ("javascript:alert(1)", "x"),
        ("https://a.example/?next=1", "x"),
        ("https://a.example/\" onload=\"", "x"),
        (URL, ""),
        (URL, "two\nlines"),
        (URL, &"long".repeat(30)),
    ] {
        assert_eq!(Jellyfin::offer(&host(), url, label).unwrap_err().kind, Kind::InvalidInput);
    }
}

#[test]
fn a_text_that_changed_meanwhile_is_a_conflict() {
    let lent = host().json(READ, 200, &branding(None)).empty(WRITE, 204).json(
        READ,
        200,
        &branding(Some("somebody else's")),
    );
    assert_eq!(Jellyfin::offer(&lent, URL, "Forgot?").unwrap_err().kind, Kind::Conflict);
}
