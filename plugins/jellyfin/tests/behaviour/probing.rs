//! The staged probe, and the settings check.

use jellyfin::Jellyfin;
use latchkey_sdk::fault::Kind;
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lifecycle::{Lifecycle, Outcome, ProbeResult};
use latchkey_sdk::testing::Script;
use serde_json::json;

use crate::samples::{host, info, ldap, providers};

fn outcomes(result: &ProbeResult) -> Vec<(&str, Outcome)> {
    result.stages.iter().map(|stage| (stage.name.as_str(), stage.outcome)).collect()
}

fn healthy(version: &str) -> Script {
    host().text("GET /health", 200, "Healthy").json("GET /System/Info/Public", 200, &info(version))
}

fn failed_at(result: &ProbeResult) -> &str {
    let failed = result.stages.iter().find(|stage| stage.outcome == Outcome::Failed);
    assert_eq!(result.stages.len(), 5, "every stage is told");
    failed.map_or("nowhere", |stage| stage.name.as_str())
}

#[test]
fn a_healthy_server_passes_every_stage() {
    let lent = healthy("12.0")
        .json("GET /System/Info", 200, &json!({}))
        .json("GET /Auth/Providers", 200, &providers())
        .json("GET /System/Configuration", 200, &json!({"EnableLegacyAuthorization": false}));
    let result = Jellyfin::probe(&lent);
    assert_eq!(
        outcomes(&result),
        ["reach", "started", "version", "credential", "rights"].map(|name| (name, Outcome::Passed))
    );
    let report = result.outcome.unwrap();
    assert_eq!((report.product.as_str(), report.version.as_str()), ("Jellyfin", "12.0.0"));
    assert_eq!(report.server_id.as_deref(), Some("c24c4dab322a48b99244dab23861559f"));
    assert!(report.notices.is_empty());
    let sent = lent.sent_to("GET /System/Info");
    assert_eq!(sent.endpoint.as_deref(), Some("server"));
    assert_eq!(sent.header("authorization"), Some("MediaBrowser Token=\"{api_key}\""));
}

#[test]
fn legacy_headers_and_other_providers_are_noticed() {
    let mut list = providers();
    list.as_array_mut()
        .unwrap()
        .push(json!({"Name": "LDAP", "Id": ldap()["AuthenticationProviderId"]}));
    let lent = healthy("10.11")
        .json("GET /System/Info", 200, &json!({}))
        .json("GET /Auth/Providers", 200, &list)
        .json("GET /System/Configuration", 200, &json!({"EnableLegacyAuthorization": true}));
    let notices = Jellyfin::probe(&lent).outcome.unwrap().notices;
    let codes: Vec<&str> = notices.iter().map(|notice| notice.code.as_str()).collect();
    assert_eq!(codes, ["jellyfin.other-providers", "jellyfin.legacy-authorization"]);
    assert!(notices[0].detail.contains("LDAP"));
}

#[test]
fn before_10_11_there_is_no_legacy_switch_to_ask_for() {
    let lent = healthy("10.9").json("GET /System/Info", 200, &json!({})).json(
        "GET /Auth/Providers",
        200,
        &providers(),
    );
    assert!(Jellyfin::probe(&lent).outcome.is_ok());
}

#[test]
fn every_way_to_start_means_starting() {
    let html = [("content-type", "text/html"), ("retry-after", "005")];
    let starts = [
        host().text("GET /health", 200, "Degraded").json(
            "GET /System/Info/Public",
            200,
            &info("starting"),
        ),
        host().text("GET /health", 200, "Degraded").answer(
            "GET /System/Info/Public",
            503,
            &html,
            "<html>",
        ),
        host().text("GET /health", 200, "Degraded").empty("GET /System/Info/Public", 503),
        host().answer("GET /health", 503, &html[..1], "<html>").json(
            "GET /System/Info/Public",
            200,
            &info("12.0"),
        ),
        host().text("GET /health", 200, "Healthy").answer(
            "GET /System/Info/Public",
            200,
            &html[..1],
            "<html>",
        ),
    ];
    for lent in starts {
        let result = Jellyfin::probe(&lent);
        assert_eq!(failed_at(&result), "started");
        let fault = result.outcome.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_str()), (Kind::Unavailable, "jellyfin.starting"));
    }
    let lent = host().text("GET /health", 200, "Degraded").answer(
        "GET /System/Info/Public",
        503,
        &html,
        "<html>",
    );
    assert_eq!(Jellyfin::probe(&lent).outcome.unwrap_err().retry_after_ms, Some(5000));
}

#[test]
fn a_refused_connection_fails_to_reach() {
    let lent = host()
        .unsent("GET /health", FailureKind::Unreachable)
        .unsent("GET /System/Info/Public", FailureKind::Unreachable);
    let result = Jellyfin::probe(&lent);
    assert_eq!(failed_at(&result), "reach");
    assert_eq!(result.outcome.unwrap_err().kind, Kind::Unavailable);
    assert_eq!(result.stages[4].outcome, Outcome::Skipped);
}

#[test]
fn a_redirect_and_a_stranger_are_told_apart() {
    let to = [("location", "https://media.example.org/health")];
    let lent =
        host().answer("GET /health", 301, &to, "").answer("GET /System/Info/Public", 301, &to, "");
    let fault = Jellyfin::probe(&lent).outcome.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Misconfigured, "jellyfin.redirected"));
    assert!(fault.detail.contains("https://media.example.org"));

    let lent = host().text("GET /health", 200, "Healthy").empty("GET /System/Info/Public", 404);
    assert_eq!(Jellyfin::probe(&lent).outcome.unwrap_err().code, "jellyfin.not-jellyfin");
    let lent = host().empty("GET /health", 401).empty("GET /System/Info/Public", 401);
    assert_eq!(Jellyfin::probe(&lent).outcome.unwrap_err().code, "jellyfin.guarded");
}

#[test]
fn an_older_server_is_refused_and_a_newer_one_warned_of() {
    let lent = healthy("10.8.13");
    let result = Jellyfin::probe(&lent);
    assert_eq!(failed_at(&result), "version");
    assert!(result.outcome.unwrap_err().detail.contains("10.9 or newer"));

    let lent = healthy("13.0.0")
        .json("GET /System/Info", 200, &json!({}))
        .json("GET /Auth/Providers", 200, &providers())
        .json("GET /System/Configuration", 200, &json!({}));
    let result = Jellyfin::probe(&lent);
    assert_eq!(result.stages[2].outcome, Outcome::Warned);
    assert_eq!(result.outcome.unwrap().notices[0].code, "jellyfin.newer-version");
}

#[test]
fn a_server_before_its_own_set_up_says_so() {
    let mut fresh = info("12.0");
    fresh["StartupWizardCompleted"] = json!(false);
    let lent =
        host().text("GET /health", 200, "Healthy").json("GET /System/Info/Public", 200, &fresh);
    assert_eq!(Jellyfin::probe(&lent).outcome.unwrap_err().code, "jellyfin.not-set-up");
}

#[test]
fn a_missing_a_revoked_and_a_weak_credential_have_three_sentences() {
    let lent = Script::new().text("GET /health", 200, "Healthy").json(
        "GET /System/Info/Public",
        200,
        &info("12.0"),
    );
    let fault = Jellyfin::probe(&lent).outcome.unwrap_err();
    assert_eq!((fault.kind, fault.field.as_deref()), (Kind::Misconfigured, Some("api_key")));

    let lent = healthy("12.0").empty("GET /System/Info", 401);
    let fault = Jellyfin::probe(&lent).outcome.unwrap_err();
    assert_eq!(fault.kind, Kind::CredentialRejected);
    assert!(fault.detail.contains("revoked") && fault.detail.contains("X-Emby-Token"));

    let lent =
        healthy("12.0").json("GET /System/Info", 200, &json!({})).empty("GET /Auth/Providers", 403);
    let result = Jellyfin::probe(&lent);
    assert_eq!(failed_at(&result), "rights");
    let fault = result.outcome.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Forbidden, "jellyfin.no-administrator"));
}

#[test]
fn settings_are_checked_without_network() {
    assert!(Jellyfin::check_settings(&host()).is_empty());
    let faults = Jellyfin::check_settings(&Script::new());
    assert_eq!(faults[0].field.as_deref(), Some("url"));
    let faults = Jellyfin::check_settings(&Script::new().setting("url", "ftp://nas"));
    assert_eq!(faults[0].code, "jellyfin.url");
}
