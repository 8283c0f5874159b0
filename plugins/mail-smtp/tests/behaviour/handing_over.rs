//! MAIL, RCPT, DATA, and whose fate is what.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::notify::{Fate, Message, Notify, Receipt};
use latchkey_sdk::testing::Dialogue;
use mail_smtp::Smtp;

use crate::samples::{address, greets, host, message, plain};

const MIME: &str = "Message-ID: <1@home.example>\r\n\r\nhello\r\n";

fn send(message: &Message, dialogue: Dialogue) -> Result<Vec<Receipt>, Fault> {
    Smtp::send(&plain(host("none", 25), dialogue), message)
}

fn one() -> Message {
    message(&["a@b.example"], MIME)
}

fn to_data() -> Dialogue {
    greets(&[])
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<a@b.example>\r\n")
        .says("250 ok\r\n")
        .hears("DATA\r\n")
}

fn to_the_dot() -> Dialogue {
    to_data().says("354 go\r\n").hears(&format!("{MIME}.\r\n"))
}

#[test]
fn dots_and_line_ends_are_mended_and_nothing_else() {
    let mime = "Message-ID: <1@home.example>\nSubject: =?utf-8?q?=C3=BC?=\n\n.\n..two\nend";
    let wire = "Message-ID: <1@home.example>\r\nSubject: =?utf-8?q?=C3=BC?=\r\n\r\n..\r\n...two\r\nend\r\n.\r\n";
    let spoken =
        to_data().says("354 go\r\n").hears(wire).says("250 queued as 4F\r\n").hears("QUIT\r\n");
    let receipts = send(&message(&["a@b.example"], mime), spoken).unwrap();
    assert_eq!((receipts[0].fate, receipts[0].remote_id.as_deref()), (Fate::Accepted, Some("4F")));
}

#[test]
fn every_recipient_has_a_fate_of_its_own() {
    let spoken = greets(&[])
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<a@b.example>\r\n")
        .says("550 5.1.1 no such user\r\n")
        .hears("RCPT TO:<c@d.example>\r\n")
        .says("451 4.7.1 Greylisted, try again\r\n")
        .hears("RCPT TO:<e@f.example>\r\n")
        .says("250 ok\r\n")
        .hears("DATA\r\n")
        .says("354 go\r\n")
        .hears(&format!("{MIME}.\r\n"))
        .says("250 ok\r\n")
        .hears("QUIT\r\n");
    let receipts =
        send(&message(&["a@b.example", "c@d.example", "evil>@x", "e@f.example"], MIME), spoken)
            .unwrap();
    let fates: Vec<Fate> = receipts.iter().map(|receipt| receipt.fate).collect();
    assert_eq!(fates, [Fate::Refused, Fate::Deferred, Fate::Refused, Fate::Accepted]);
    assert!(receipts[0].detail.contains("550 5.1.1 no such user"), "{}", receipts[0].detail);
    assert!(receipts[1].detail.contains("another attempt"), "{}", receipts[1].detail);
}

#[test]
fn a_refusal_anywhere_has_its_words() {
    let from = || greets(&[]).hears("MAIL FROM:<house@home.example>\r\n");
    for (spoken, fate, word) in [
        (from().says("451 later\r\n"), Fate::Deferred, "later"),
        (
            from().says("553 5.7.1 Sender address rejected: not owned by user\r\n"),
            Fate::Refused,
            "may send from",
        ),
        (from().says("530 Authentication required\r\n"), Fate::Refused, "user name and password"),
        (
            from().says("530 5.7.0 Must issue a STARTTLS command first\r\n"),
            Fate::Refused,
            "starttls",
        ),
        (to_data().says("554 5.7.1 spam\r\n"), Fate::Refused, "spam"),
        (to_the_dot().says("451 4.3.0 disk full\r\n"), Fate::Deferred, "disk full"),
        (to_the_dot().says("550 5.7.1 content\r\n"), Fate::Refused, "content"),
    ] {
        let receipts = send(&one(), spoken.hears("QUIT\r\n")).unwrap();
        assert_eq!(receipts[0].fate, fate, "{}", receipts[0].detail);
        assert!(receipts[0].detail.contains(word), "{}", receipts[0].detail);
    }
    let relaying = greets(&[])
        .hears("MAIL FROM:<house@home.example>\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<a@b.example>\r\n")
        .says("550 relay not permitted\r\n")
        .hears("QUIT\r\n");
    let receipts = send(&one(), relaying).unwrap();
    assert!(receipts[0].detail.contains("those who sign in"), "{}", receipts[0].detail);
}

#[test]
fn only_what_breaks_after_the_final_dot_is_unknown() {
    for broken in [
        to_the_dot().cut(),
        to_the_dot().ends(),
        to_the_dot().silent(),
        to_the_dot().says("oops\r\n"),
    ] {
        let fault = send(&one(), broken).unwrap_err();
        assert_eq!(
            (fault.kind, fault.code.as_str()),
            (Kind::OutcomeUnknown, "mail-smtp.unanswered")
        );
    }
    for broken in [to_data().cut(), to_data().says("354 go\r\n").refuses_bytes().cut()] {
        assert_eq!(send(&one(), broken).unwrap_err().kind, Kind::Unavailable);
    }
    let at_the_dot = to_data().says("354 go\r\n").hears(MIME).refuses_bytes();
    assert_eq!(send(&one(), at_the_dot).unwrap_err().kind, Kind::OutcomeUnknown);
}

#[test]
fn a_server_that_hangs_up_in_the_message_is_listened_to() {
    let spoken = to_data()
        .says("354 go\r\n")
        .refuses_bytes()
        .says("552 5.3.4 too big\r\n")
        .hears("QUIT\r\n");
    let receipts = send(&one(), spoken).unwrap();
    assert_eq!(receipts[0].fate, Fate::Refused);
}

#[test]
fn what_the_server_offers_is_used_where_it_is_needed() {
    let mut wide = message(&["j\u{fc}rgen@b.example"], "Subject: x\r\n\r\n\u{fc}\r\n");
    let spoken = greets(&["SIZE 1000", "8BITMIME", "SMTPUTF8"])
        .hears("MAIL FROM:<house@home.example> SIZE=18 BODY=8BITMIME SMTPUTF8\r\n")
        .says("250 ok\r\n")
        .hears("RCPT TO:<j\u{fc}rgen@b.example>\r\n")
        .says("250 ok\r\n")
        .hears("DATA\r\n")
        .says("354 go\r\n")
        .hears("Subject: x\r\n\r\n\u{fc}\r\n.\r\n")
        .says("250 ok\r\n")
        .hears("QUIT\r\n");
    assert_eq!(send(&wide, spoken).unwrap()[0].fate, Fate::Accepted);

    assert_eq!(send(&wide, greets(&["SMTPUTF8"])).unwrap_err().kind, Kind::Unsupported);
    wide.mime = MIME.as_bytes().to_vec();
    let spoken = greets(&[]).hears("QUIT\r\n");
    assert_eq!(send(&wide, spoken).unwrap()[0].fate, Fate::Refused);
    wide.sender = address("h\u{fc}@home.example");
    assert_eq!(send(&wide, greets(&[])).unwrap_err().kind, Kind::Unsupported);
}

#[test]
fn a_message_over_the_limit_is_not_sent() {
    let receipts = send(&one(), greets(&["SIZE 10"]).hears("QUIT\r\n")).unwrap();
    assert_eq!(receipts[0].fate, Fate::Refused);
    assert!(receipts[0].detail.contains("takes 10"), "{}", receipts[0].detail);
}

#[test]
fn a_sender_that_would_break_the_command_is_refused() {
    let mut message = one();
    message.sender = address("a@b>\r\nRCPT TO:<x@y");
    assert_eq!(
        Smtp::send(&plain(host("none", 25).setting("helo", "home.example"), greets(&[])), &message)
            .unwrap_err()
            .kind,
        Kind::InvalidInput
    );
}

#[test]
fn a_yes_before_the_message_is_no_yes() {
    let fault = send(&one(), to_data().says("250 ok\r\n")).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::Unavailable, "mail-smtp.out-of-turn"));
    let late = to_the_dot().says("354 go\r\n");
    assert_eq!(send(&one(), late).unwrap_err().kind, Kind::OutcomeUnknown, "a late question");
}

#[test]
fn an_address_the_server_cannot_write_is_the_addresss_fault() {
    let wide = "Message-ID: <1@home.example>\r\nTo: jürgen@b.example\r\n\r\nhello\r\n";
    let receipts =
        send(&message(&["jürgen@b.example"], wide), greets(&[]).hears("QUIT\r\n")).unwrap();
    assert_eq!(receipts[0].fate, Fate::Refused);
    assert!(receipts[0].detail.contains("beyond ASCII"), "{}", receipts[0].detail);
}
