//! The staged rehearsal and the probe.

use latchkey_sdk::fault::Kind;
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lent::Security;
use latchkey_sdk::lifecycle::Lifecycle;
use latchkey_sdk::notify::{Notify, Outcome, Step, Trial};
use latchkey_sdk::testing::{Dialogue, Script};
use mail_smtp::Smtp;

use crate::samples::{PLAIN, address, greets, hello, host, plain, signing_in};

fn trial() -> Trial {
    Trial { sender: address("house@home.example"), recipient: address("admin@home.example") }
}

fn steps(lent: &Script) -> Vec<Step> {
    Smtp::rehearse(lent, Some(&trial())).unwrap()
}

fn names(steps: &[Step]) -> Vec<(&str, Outcome)> {
    steps.iter().map(|step| (step.name.as_str(), step.outcome)).collect()
}

fn to_sign_in(answer: &str) -> Dialogue {
    let secured = greets(&["STARTTLS"]).hears("STARTTLS\r\n").says("220 go\r\n").secures();
    hello(secured, &["AUTH PLAIN"]).hears(&format!("AUTH PLAIN {PLAIN}\r\n")).says(answer)
}

const ALL: [&str; 9] = [
    "connect",
    "banner",
    "hello",
    "start-tls",
    "certificate",
    "hello-again",
    "sign-in",
    "sender",
    "recipient",
];

#[test]
fn a_rehearsal_goes_all_the_way_and_sends_nothing() {
    let spoken = to_sign_in("235 hello p w\r\n")
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<admin@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RSET\r\n")
        .says("250 ok\r\n")
        .hears("QUIT\r\n");
    let steps = steps(&plain(signing_in("starttls", 587), spoken));
    assert_eq!(names(&steps), ALL.map(|name| (name, Outcome::Passed)));
    assert_eq!(steps[3].dialogue, ["C: STARTTLS", "S: 220 go"]);
    assert_eq!(steps[6].dialogue, ["C: AUTH PLAIN ***", "S: 235 hello ***"]);
    assert!(steps[6].detail.contains("u@example.org (PLAIN)"));
    let all: String = steps.iter().flat_map(|step| step.dialogue.clone()).collect();
    assert!(!all.contains(PLAIN) && !all.contains("p w"), "{all}");
}

#[test]
fn what_comes_after_a_failure_is_skipped() {
    let steps = steps(&plain(signing_in("starttls", 587), to_sign_in("535 no\r\n")));
    let failed = names(&steps);
    assert_eq!(failed[6], ("sign-in", Outcome::Failed));
    assert_eq!(failed[7..], [("sender", Outcome::Skipped), ("recipient", Outcome::Skipped)]);
    assert!(steps[6].detail.contains("user name or password is wrong"), "{}", steps[6].detail);
}

#[test]
fn a_password_that_may_not_travel_in_the_open_fails_the_sign_in() {
    let steps = steps(&plain(signing_in("none", 25), greets(&["AUTH PLAIN"])));
    let found = names(&steps);
    assert_eq!(
        found[3..],
        [
            ("sign-in", Outcome::Failed),
            ("sender", Outcome::Skipped),
            ("recipient", Outcome::Skipped)
        ]
    );
    assert!(steps[3].detail.contains("without encryption"), "{}", steps[3].detail);
    assert!(steps[3].dialogue.is_empty(), "{:?}", steps[3].dialogue);
}

#[test]
fn a_server_that_is_not_there_fails_at_the_first_step() {
    let lent = host("tls", 465).no_connection("server", Security::Tls, FailureKind::Unreachable);
    let steps = steps(&lent);
    assert_eq!(names(&steps)[0], ("connect", Outcome::Failed));
    assert!(steps[1..].iter().all(|step| step.outcome == Outcome::Skipped));
    assert_eq!(steps.len(), 5);
}

#[test]
fn a_greylisted_recipient_is_a_warning_and_the_open_road_too() {
    let spoken = greets(&[])
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<admin@home.example>\r\n")
        .says("450 greylisted\r\n")
        .hears("RSET\r\n")
        .says("250 ok\r\n")
        .hears("QUIT\r\n");
    let steps = steps(&plain(host("none", 25), spoken));
    let warned: Vec<&str> = steps
        .iter()
        .filter(|step| step.outcome == Outcome::Warned)
        .map(|step| step.name.as_str())
        .collect();
    assert_eq!(warned, ["connect", "recipient"]);
}

#[test]
fn without_a_sender_no_recipient_is_said() {
    let spoken = greets(&[])
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("451 try again later\r\n")
        .hears("QUIT\r\n");
    let steps = steps(&plain(host("none", 25), spoken));
    let found = names(&steps);
    assert_eq!(found[3..], [("sender", Outcome::Warned), ("recipient", Outcome::Skipped)]);
    let said: Vec<&String> = steps.iter().flat_map(|step| &step.dialogue).collect();
    assert!(!said.iter().any(|line| line.contains("RCPT")), "{said:?}");
}

#[test]
fn the_probe_tells_what_the_server_offers() {
    let lent = plain(
        host("none", 25).setting("helo", "home.example"),
        greets(&["SIZE 10", "8BITMIME"]).hears("QUIT\r\n"),
    );
    let report = Smtp::probe(&lent).outcome.unwrap();
    assert_eq!(report.features, ["size", "8bitmime"]);
    assert_eq!(report.notices[0].code, "mail-smtp.plain");
    let wrong = Smtp::probe(&Script::new());
    assert_eq!(wrong.outcome.unwrap_err().kind, Kind::Misconfigured);
    assert!(Smtp::rehearse(&Script::new(), None).is_err());
}

#[test]
fn without_a_name_or_a_sender_hello_is_said_with_an_address() {
    let spoken = Dialogue::new()
        .says("220 x\r\n")
        .hears("EHLO [127.0.0.1]\r\n")
        .says("250 x\r\n")
        .hears("QUIT\r\n");
    assert_eq!(Smtp::rehearse(&plain(host("none", 25), spoken), None).unwrap().len(), 3);
}
