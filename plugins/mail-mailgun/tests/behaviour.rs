//! What is sent to Mailgun, and what is made of its answers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lifecycle::Lifecycle;
use latchkey_sdk::notify::{Address, Fate, Message, Notify, Outcome, Receipt, Trial};
use latchkey_sdk::testing::Script;
use mail_mailgun::Mailgun;
use serde_json::json;

const SEND: &str = "POST /v3/mg.example.org/messages.mime";
const TRY: &str = "POST /v3/mg.example.org/messages";
const DOMAIN: &str = "GET /v3/domains/mg.example.org";
const MIME: &str = "Message-ID: <1@home.example>\r\nSubject: s\r\n\r\nhello\r\n";

fn host() -> Script {
    Script::new()
        .setting("url", "https://api.mailgun.net")
        .setting("domain", "mg.example.org")
        .secret("api_key", "key-0123")
}

fn address(email: &str) -> Address {
    Address { name: None, email: email.to_owned() }
}

fn message() -> Message {
    Message {
        id: "<1@home.example>".to_owned(),
        sender: address("house@home.example"),
        reply_to: None,
        recipients: vec![address("a@b.example"), address("c@d.example")],
        subject: "s".to_owned(),
        text: "t".to_owned(),
        html: None,
        mime: MIME.as_bytes().to_vec(),
    }
}

fn send(lent: &Script) -> Result<Vec<Receipt>, Fault> {
    Mailgun::send(lent, &message())
}

fn refused(status: u16, headers: &[(&str, &str)], body: &str) -> Fault {
    send(&host().answer(SEND, status, headers, body)).unwrap_err()
}

#[test]
fn a_message_goes_as_it_was_built() {
    let queued = json!({"id": "<1@home.example>", "message": "Queued. Thank you."});
    let lent = host().json(SEND, 200, &queued);
    let receipts = send(&lent).unwrap();
    assert_eq!(receipts.len(), 2);
    assert_eq!((receipts[1].fate, receipts[1].recipient.as_str()), (Fate::Accepted, "c@d.example"));
    assert_eq!(receipts[0].remote_id.as_deref(), Some("<1@home.example>"));
    let sent = lent.sent_to(SEND);
    assert_eq!(sent.header("authorization"), Some("Basic api:{api_key}"));
    let media_type = sent.header("content-type").unwrap();
    let boundary = media_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    assert!(sent.body.ends_with(&format!("\r\n--{boundary}--\r\n")));
    assert!(
        sent.body.contains(&format!("Content-Type: message/rfc822\r\n\r\n{MIME}\r\n--{boundary}"))
    );
    for (name, value) in [
        ("to", "a@b.example"),
        ("to", "c@d.example"),
        ("o:tracking", "no"),
        ("o:tracking-clicks", "no"),
    ] {
        let part = format!("form-data; name=\"{name}\"\r\n\r\n{value}\r\n--");
        assert!(sent.body.contains(&part), "{name}");
    }
}

#[test]
fn a_refused_message_is_refused_for_everybody_with_mailguns_words() {
    let said =
        json!({"message": "to parameter is not a valid address. please check documentation"});
    let receipts = send(&host().json(SEND, 400, &said)).unwrap();
    assert!(receipts.iter().all(|receipt| receipt.fate == Fate::Refused));
    assert!(receipts[0].detail.contains("not a valid address"), "{}", receipts[0].detail);
    let receipts = send(&host().text(SEND, 413, "too large")).unwrap();
    assert!(receipts[0].detail.contains("too large"));
}

#[test]
fn faults_of_key_domain_and_region_are_the_admins() {
    assert_eq!(refused(401, &[], "Forbidden").kind, Kind::CredentialRejected);
    let domain = refused(404, &[], r#"{"message":"Domain not found: mg.example.org"}"#);
    assert_eq!((domain.kind, domain.field.as_deref()), (Kind::Misconfigured, Some("domain")));
    assert!(domain.detail.contains("https://api.eu.mailgun.net"), "{}", domain.detail);
    let europe = host().setting("url", "https://api.eu.mailgun.net/v3/");
    let lent = europe.json("POST /mg.example.org/messages.mime", 404, &json!({"message": "x"}));
    assert!(send(&lent).unwrap_err().detail.contains("https://api.mailgun.net"));
    assert_eq!(refused(404, &[], "<html>").field.as_deref(), Some("url"));
    assert_eq!(refused(302, &[("location", "/login")], "").field.as_deref(), Some("url"));
    assert_eq!(refused(402, &[], "{}").kind, Kind::Forbidden);
    let sandbox = r#"{"message":"Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only."}"#;
    assert!(refused(403, &[], sandbox).detail.contains("authorized"));
}

#[test]
fn yes_without_queued_is_no() {
    for body in ["Mailgun Magnificent API", "<html>portal</html>", "{}", r#"{"message":"Hello"}"#] {
        assert_eq!(refused(200, &[], body).kind, Kind::BadReply, "{body}");
    }
}

#[test]
fn what_passes_is_tried_again_and_what_is_unclear_is_said_so() {
    let slow = refused(429, &[("retry-after", "30")], r#"{"message":"too many"}"#);
    assert_eq!((slow.kind, slow.retry_after_ms), (Kind::RateLimited, Some(30_000)));
    assert_eq!(refused(503, &[], "<html>").kind, Kind::Unavailable);
    for status in [500, 502, 504] {
        let fault = refused(status, &[], "<html>");
        assert_eq!((fault.kind, fault.upstream_status), (Kind::OutcomeUnknown, Some(status)));
    }
    let lost = send(&host().lost(SEND, FailureKind::Closed)).unwrap_err();
    assert_eq!(lost.kind, Kind::OutcomeUnknown);
    let unsent = send(&host().unsent(SEND, FailureKind::Unreachable)).unwrap_err();
    assert_eq!(unsent.kind, Kind::Unavailable);
}

#[test]
fn settings_are_checked_field_by_field() {
    let fields = |lent: Script| -> Vec<String> {
        Mailgun::check_settings(&lent).into_iter().filter_map(|fault| fault.field).collect()
    };
    assert_eq!(fields(host()), [""; 0]);
    assert_eq!(fields(Script::new()), ["domain", "api_key"]);
    for url in ["https://api.mailgun.net/v3/mg.example.org/messages", "api.mailgun.net"] {
        assert_eq!(fields(host().setting("url", url)), ["url"]);
    }
    for domain in ["a/b.example", "a%2fb.example", "mailgun", "../x.y"] {
        assert_eq!(fields(host().setting("domain", domain)), ["domain"], "{domain}");
    }
}

fn rehearsal(lent: &Script) -> Vec<(String, Outcome, String)> {
    let (sender, recipient) = (address("house@home.example"), address("admin@home.example"));
    let steps = Mailgun::rehearse(lent, Some(&Trial { sender, recipient })).unwrap();
    steps.into_iter().map(|step| (step.name, step.outcome, step.detail)).collect()
}

#[test]
fn a_rehearsal_asks_for_the_domain_and_sends_to_nobody() {
    let lent = host().json(DOMAIN, 200, &json!({"domain": {"state": "active"}})).json(
        TRY,
        200,
        &json!({"id": "<x>", "message": "Queued. Thank you."}),
    );
    let steps = rehearsal(&lent);
    assert_eq!((steps[0].1, steps[1].1), (Outcome::Passed, Outcome::Passed));
    assert!(lent.sent_to(TRY).body.contains("name=\"o:testmode\"\r\n\r\nyes\r\n"));
}

#[test]
fn a_sending_key_is_enough_and_a_wrong_domain_ends_it() {
    let lent = host().text(DOMAIN, 401, "Forbidden").text(TRY, 401, "Forbidden");
    let steps = rehearsal(&lent);
    assert_eq!((steps[0].1, steps[1].1), (Outcome::Warned, Outcome::Failed));
    let steps = rehearsal(&host().json(DOMAIN, 404, &json!({"message": "Domain not found"})));
    assert_eq!((steps[0].1, steps[1].1), (Outcome::Failed, Outcome::Skipped));
    let unverified = json!({"domain": {"state": "unverified"}});
    let probe = Mailgun::probe(&host().json(DOMAIN, 200, &unverified));
    assert!(probe.outcome.is_ok() && probe.stages[0].detail.contains("DNS"));
    let off = json!({"domain": {"state": "disabled"}});
    assert_eq!(
        Mailgun::probe(&host().json(DOMAIN, 200, &off)).outcome.unwrap_err().kind,
        Kind::Forbidden
    );
    let down = Mailgun::probe(&host().text(DOMAIN, 500, "x")).outcome.unwrap_err();
    assert_eq!(down.kind, Kind::Unavailable);
}
