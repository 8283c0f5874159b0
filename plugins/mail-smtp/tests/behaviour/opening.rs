//! Connect, hello, encryption, sign-in.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lent::Security;
use latchkey_sdk::lifecycle::Lifecycle;
use latchkey_sdk::notify::{Fate, Notify, Receipt};
use latchkey_sdk::testing::{Dialogue, Script};
use mail_smtp::Smtp;

use crate::samples::{PLAIN, greets, hello, host, message, plain, signing_in};

const MIME: &str = "Message-ID: <1@home.example>\r\n\r\nhello\r\n";

fn send(lent: &Script) -> Result<Vec<Receipt>, Fault> {
    Smtp::send(lent, &message(&["a@b.example"], MIME))
}

fn hands_over(dialogue: Dialogue) -> Dialogue {
    dialogue
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<a@b.example>\r\n")
        .says("250 ok\r\n")
        .hears("DATA\r\n")
        .says("354 go\r\n")
        .hears(&format!("{MIME}.\r\n"))
        .says("250 OK id=1tX-2\r\n")
        .hears("QUIT\r\n")
}

fn accepted(lent: &Script) {
    let receipts = send(lent).unwrap();
    assert_eq!(receipts[0].fate, Fate::Accepted);
    assert_eq!(receipts[0].remote_id.as_deref(), Some("1tX-2"));
}

fn fault(lent: &Script) -> (Kind, String) {
    let fault = send(lent).unwrap_err();
    assert!(!fault.detail.contains("p w") && !fault.detail.contains(PLAIN), "{}", fault.detail);
    (fault.kind, fault.code)
}

#[test]
fn starttls_comes_before_the_password_and_what_was_learnt_in_the_open_is_forgotten() {
    let secured =
        greets(&["STARTTLS", "AUTH LOGIN"]).hears("STARTTLS\r\n").says("220 go\r\n").secures();
    let signed_in = hello(secured, &["AUTH PLAIN LOGIN"])
        .hears(&format!("AUTH PLAIN {PLAIN}\r\n"))
        .says("235 ok\r\n");
    accepted(&plain(signing_in("starttls", 587), hands_over(signed_in)));
}

#[test]
fn without_starttls_nothing_is_sent() {
    let lent = plain(signing_in("starttls", 587), greets(&["AUTH PLAIN"]));
    assert_eq!(fault(&lent), (Kind::Misconfigured, "mail-smtp.no-starttls".to_owned()));
    let refused = greets(&["STARTTLS"]).hears("STARTTLS\r\n").says("454 TLS not available\r\n");
    let lent = plain(signing_in("starttls", 587), refused);
    assert_eq!(fault(&lent).0, Kind::Unavailable);
}

#[test]
fn text_slipped_in_before_encryption_is_refused() {
    let spoken = greets(&["STARTTLS"]).hears("STARTTLS\r\n").says("220 go\r\n250 AUTH PLAIN\r\n");
    let lent = plain(signing_in("starttls", 587), spoken);
    assert_eq!(fault(&lent), (Kind::BadReply, "mail-smtp.handshake".to_owned()));
}

#[test]
fn a_certificate_for_another_name_ends_it() {
    let spoken = greets(&["STARTTLS"])
        .hears("STARTTLS\r\n")
        .says("220 go\r\n")
        .fails_to_secure(FailureKind::Certificate);
    let lent = plain(signing_in("starttls", 587), spoken);
    assert_eq!(fault(&lent), (Kind::Misconfigured, "net.certificate".to_owned()));
    let lent =
        signing_in("tls", 465).no_connection("server", Security::Tls, FailureKind::Certificate);
    assert_eq!(fault(&lent), (Kind::Misconfigured, "net.certificate".to_owned()));
}

#[test]
fn swapped_ports_are_explained() {
    let lent = signing_in("tls", 587).no_connection("server", Security::Tls, FailureKind::Protocol);
    let fault = send(&lent).unwrap_err();
    assert_eq!(
        (fault.code.as_str(), fault.field.as_deref()),
        ("mail-smtp.not-tls", Some("security"))
    );
    assert!(fault.detail.contains("587"), "{}", fault.detail);
    let slow = |port: u16| {
        let lent = signing_in("tls", port);
        let lent = lent.no_connection("server", Security::Tls, FailureKind::TimedOut);
        send(&lent).unwrap_err().code
    };
    assert_eq!((slow(587).as_str(), slow(465).as_str()), ("mail-smtp.not-tls", "net.timed-out"));
    for quiet in [Dialogue::new().ends(), Dialogue::new().cut()] {
        let fault = send(&plain(signing_in("starttls", 465), quiet)).unwrap_err();
        assert_eq!(fault.code, "mail-smtp.waits-for-tls");
        assert!(fault.detail.contains("465 goes with tls"), "{}", fault.detail);
    }
}

#[test]
fn a_silent_server_is_asked_whether_it_waits_for_tls() {
    let silent = |port: u16| plain(signing_in("starttls", port), Dialogue::new().silent());
    for lent in [
        silent(465).dialogue("server", Security::Tls, Dialogue::new()),
        silent(2465).no_connection("server", Security::Tls, FailureKind::Certificate),
    ] {
        let fault = send(&lent).unwrap_err();
        assert_eq!(
            (fault.kind, fault.code.as_str()),
            (Kind::Misconfigured, "mail-smtp.waits-for-tls")
        );
        assert!(fault.detail.contains("waits for TLS"), "{}", fault.detail);
    }
    let dead = plain(host("none", 25), Dialogue::new().silent().silent());
    let dead = dead.no_connection("server", Security::Tls, FailureKind::TimedOut);
    assert_eq!(send(&dead).unwrap_err().kind, Kind::TimedOut);
}

#[test]
fn a_server_that_lets_strangers_wait_is_waited_for() {
    let greeted = hello(Dialogue::new().silent().says("220 at last\r\n"), &[]);
    let lent = plain(host("none", 25), hands_over(greeted));
    accepted(&lent.no_connection("server", Security::Tls, FailureKind::Protocol));
}

#[test]
fn tls_from_the_first_byte_needs_no_starttls() {
    let spoken = hands_over(
        greets(&["AUTH LOGIN", "STARTTLS"])
            .hears("AUTH LOGIN\r\n")
            .says("334 VXNlcm5hbWU6\r\n")
            .hears("dUBleGFtcGxlLm9yZw==\r\n")
            .says("334 UGFzc3dvcmQ6\r\n")
            .hears("cCB3\r\n")
            .says("235 ok\r\n"),
    );
    accepted(&signing_in("tls", 465).dialogue("server", Security::Tls, spoken));
}

#[test]
fn a_server_of_old_gets_helo() {
    let spoken = Dialogue::new()
        .says("220 old\r\n")
        .hears("EHLO home.example\r\n")
        .says("502 what?\r\n")
        .hears("HELO home.example\r\n")
        .says("250 hello\r\n");
    accepted(&plain(host("none", 25), hands_over(spoken)));
}

#[test]
fn hello_is_said_with_the_admins_name_and_its_refusal_explained() {
    let spoken = Dialogue::new()
        .says("220 picky\r\n")
        .hears("EHLO box.example.net\r\n")
        .says("550 go\r\n")
        .hears("HELO box.example.net\r\n")
        .says("550 Invalid HELO\r\n");
    let lent = plain(host("none", 25).setting("helo", "box.example.net"), spoken);
    let fault = send(&lent).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Misconfigured, "mail-smtp.hello"));
    assert!(fault.detail.contains("exists in the DNS"), "{}", fault.detail);
}

#[test]
fn a_wrong_password_is_the_admins_to_mend_and_gmail_has_its_own_words() {
    let refused = |answer: &str| {
        greets(&["AUTH PLAIN"]).hears(&format!("AUTH PLAIN {PLAIN}\r\n")).says(answer)
    };
    let tls = |lent: Script, answer: &str| lent.dialogue("server", Security::Tls, refused(answer));
    let fault = send(&tls(signing_in("tls", 465), "535 5.7.8 no\r\n")).unwrap_err();
    assert_eq!((fault.kind, fault.upstream_status), (Kind::CredentialRejected, Some(535)));
    let gmail = signing_in("tls", 465).setting("host", "smtp.gmail.com");
    let fault =
        send(&tls(gmail, "535-5.7.8 Username and Password not accepted.\r\n535 5.7.8 x\r\n"));
    assert!(fault.unwrap_err().detail.contains("app password"));
    let fault = send(&tls(signing_in("tls", 465), "535 5.7.139 Authentication unsuccessful\r\n"));
    assert!(fault.unwrap_err().detail.contains("Microsoft"));
    let fault = send(&tls(signing_in("tls", 465), "454 4.7.0 temporary\r\n")).unwrap_err();
    assert_eq!(fault.kind, Kind::Unavailable);
}

#[test]
fn unknown_ways_to_sign_in_are_named() {
    let lent = signing_in("tls", 465).dialogue("server", Security::Tls, greets(&["AUTH XOAUTH2"]));
    let fault = send(&lent).unwrap_err();
    assert_eq!(fault.kind, Kind::Unsupported);
    assert!(fault.detail.contains("XOAUTH2"), "{}", fault.detail);
    let lent = signing_in("tls", 465).dialogue("server", Security::Tls, greets(&["HELP"]));
    assert_eq!(fault_code(&lent), "mail-smtp.no-sign-in");
}

fn fault_code(lent: &Script) -> String {
    fault(lent).1
}

#[test]
fn other_servers_are_recognised() {
    for (says, word) in [
        ("* OK IMAP4rev1 ready\r\n", "IMAP"),
        ("+OK POP3 ready\r\n", "POP3"),
        ("HTTP/1.1 400 Bad Request\r\n", "web server"),
        ("SSH-2.0-OpenSSH\r\n", "SSH"),
    ] {
        let fault = send(&plain(host("none", 25), Dialogue::new().says(says))).unwrap_err();
        assert_eq!(fault.code, "mail-smtp.no-smtp");
        assert!(fault.detail.contains(word), "{}", fault.detail);
    }
    let lent = plain(host("none", 25), Dialogue::new().says("421 too many connections\r\n"));
    assert_eq!(fault(&lent), (Kind::Unavailable, "mail-smtp.later".to_owned()));
    let lent = plain(host("none", 25), Dialogue::new().says("554 no\r\n"));
    assert_eq!(fault(&lent).0, Kind::Forbidden);
}

#[test]
fn the_password_does_not_travel_in_the_open_unless_the_admin_says_so() {
    let faults = Smtp::check_settings(&signing_in("none", 25));
    assert_eq!(faults[0].field.as_deref(), Some("plain_password"));
    let lent = plain(signing_in("none", 25), greets(&["AUTH PLAIN"]));
    assert_eq!(fault_code(&lent), "mail-smtp.plain_password");
    let elsewhere = signing_in("none", 25).setting("host", "127.0.0.1.example.org");
    assert_eq!(Smtp::check_settings(&elsewhere)[0].field.as_deref(), Some("plain_password"));
    for lent in [
        signing_in("none", 25).setting("plain_password", "true"),
        signing_in("none", 25).setting("host", "127.0.0.1"),
    ] {
        assert_eq!(Smtp::check_settings(&lent), []);
        let signed_in =
            greets(&["AUTH PLAIN"]).hears(&format!("AUTH PLAIN {PLAIN}\r\n")).says("235 ok\r\n");
        accepted(&plain(lent, hands_over(signed_in)));
    }
}

#[test]
fn settings_are_checked_field_by_field() {
    let fields = |lent: Script| -> Vec<String> {
        Smtp::check_settings(&lent).into_iter().filter_map(|fault| fault.field).collect()
    };
    assert_eq!(fields(Script::new()), ["host"]);
    assert_eq!(fields(signing_in("starttls", 587)), [""; 0]);
    assert_eq!(fields(host("starttls", 587).setting("username", "u")), ["password"]);
    assert_eq!(fields(host("starttls", 587).secret("password", "p")), ["username"]);
    let odd = host("ssl", 0).setting("host", "smtp://x").setting("helo", "a b");
    assert_eq!(fields(odd), ["host", "port", "security", "helo"]);
}
