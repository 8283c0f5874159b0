//! Reset files of every line as real servers wrote them, and the PINs in them.

use jellyfin::Jellyfin;
use latchkey_sdk::fault::Kind;
use latchkey_sdk::reset::{Reading, Remark, Request, Reset};
use serde_json::json;

use crate::samples::{OPAQUE, host};

const NOW: u64 = 1_795_293_743;
const PIN: &str = "POST /Users/ForgotPassword/Pin";
const FORGOT: &str = "POST /Users/ForgotPassword";

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../recorded/reset-files/", $name, ".json")).as_slice()
    };
}

fn read(name: &str, content: &[u8]) -> Reading {
    Jellyfin::read(&host().at(NOW), name, content).unwrap()
}

fn reading(content: &[u8]) -> Reading {
    read("passwordreset6e2030dcd031561296d17289f6fe5c33.json", content)
}

fn found(content: &[u8]) -> Request {
    match reading(content) {
        Reading::Found(request) => request,
        other => panic!("{other:?}"),
    }
}

fn remark(reading: Reading) -> Remark {
    match reading {
        Reading::Ignored(remark) => remark,
        other => panic!("{other:?}"),
    }
}

fn sample(expires: &str) -> Vec<u8> {
    format!(r#"{{"Pin":"85-DD-A5-DC","UserName":"alice","PinFile":"/config/x.json","ExpirationDate":"{expires}"}}"#)
        .into_bytes()
}

#[test]
fn files_of_every_line_are_read() {
    // 10.8 writes as 10.9 does.
    let of_10_8 = sample("2026-11-21T21:02:16.654498Z");
    for (content, name, pin, expires) in [
        (of_10_8.as_slice(), "alice", "85-DD-A5-DC", 1_795_294_936),
        (file!("10.9"), "alice", "2F-09-25-C2", 1_795_296_229),
        (file!("10.10-name"), "o'brien ü", "7F-BF-C6-DB", 1_795_296_202),
        (file!("10.11"), "alice", "CB-F2-0E-87", 1_795_295_614),
        (file!("12.0"), "alice", "4A-82-3A-60", 1_795_295_558),
    ] {
        let request = found(content);
        assert_eq!((request.login_name.as_str(), request.pin.as_str()), (name, pin));
        assert_eq!(request.expires, expires);
        assert_eq!(request.remark, None, "{name} {pin}");
        assert_eq!(request.key.len(), 64);
        assert!(!request.key.contains(&request.pin));
    }
    assert_eq!(Jellyfin::patterns(&host()), ["passwordreset*.json"]);
}

#[test]
fn the_damaged_file_of_a_real_server_is_read_and_named() {
    let damaged = file!("10.10-damaged");
    let request = found(damaged);
    assert_eq!((request.login_name.as_str(), request.pin.as_str()), ("wanda", "04-4E-61-AB"));
    let remark = request.remark.expect("a remark");
    assert_eq!(remark.code, "jellyfin.reset-damaged");
    assert!(remark.detail.contains("passwordreset6e2030"), "{}", remark.detail);
    // The tail does not make it another request.
    let whole = &damaged[..damaged.len() - 1];
    assert_eq!(found(whole).key, request.key);
    assert_eq!(found(whole).remark, None);
    for tail in [&b"Z\"}}"[..], b"}", b"\"Z\"}\n", b"\0"] {
        let again = [whole, tail].concat();
        assert_eq!(found(&again).key, request.key);
        assert!(found(&again).remark.is_some());
    }
}

#[test]
fn every_half_of_a_file_is_incomplete() {
    let whole = file!("12.0");
    for end in 0..whole.len() {
        assert_eq!(reading(&whole[..end]), Reading::Incomplete, "{end} bytes");
    }
    assert_eq!(reading(&[0; 64]), Reading::Incomplete);
    assert_eq!(reading(b" \r\n"), Reading::Incomplete);
}

#[test]
fn the_key_is_the_requests_and_not_the_files() {
    let one = found(file!("12.0"));
    let moved = read("passwordreset4f1b0c9d-2e3a-4b5c-8d7e-6f5a4b3c2d1e.json", file!("12.0"));
    assert_eq!(moved, Reading::Found(one.clone()));
    let marked = [b"\xEF\xBB\xBF", file!("12.0"), b"\n"].concat();
    assert_eq!(found(&marked).key, one.key);
    assert_ne!(found(file!("10.11")).key, one.key);
    let later = found(&sample("2026-11-21T21:02:17Z"));
    assert_ne!(later.key, found(&sample("2026-11-21T21:02:18Z")).key);
}

#[test]
fn dates_come_with_and_without_a_zone_and_may_be_over() {
    let at = 1_795_294_936;
    for written in [
        "2026-11-21T21:02:16Z",
        "2026-11-21T21:02:16.6544980",
        "2026-11-21T23:02:16.6544980+02:00",
        "2026-11-21T16:02:16-05:00",
        "2026-11-21 21:02:16",
    ] {
        assert_eq!(found(&sample(written)).expires, at, "{written}");
    }
    assert_eq!(found(&sample("2026-11-20T21:02:16Z")).expires, at - 86_400);
    let ahead = found(&sample("2026-11-21T23:02:16Z")).remark.expect("a remark");
    assert_eq!(ahead.code, "jellyfin.reset-clock");
    assert!(ahead.detail.contains("139 minutes"), "{}", ahead.detail);
}

#[test]
fn what_is_no_reset_file_is_ignored_in_words() {
    assert_eq!(remark(read("library.db", b"{}")).code, "jellyfin.reset-name");
    let broken = remark(reading(b"{\"Pin\" oops}"));
    assert_eq!(broken.code, "jellyfin.reset-unreadable");
    assert!(broken.detail.contains("PIN page"), "{}", broken.detail);
    for content in [
        &b"{}"[..],
        b"[1]",
        b"null",
        br#"{"Pin":"","UserName":"a","ExpirationDate":"2026-11-21T21:02:16Z"}"#,
        br#"{"Pin":"1","UserName":"a","ExpirationDate":"soon"}"#,
    ] {
        assert_eq!(remark(reading(content)).code, "jellyfin.reset-incomplete");
    }
}

#[test]
fn the_specimen_is_read_as_a_request_that_is_over() {
    let lent = host().at(NOW);
    let specimen = Jellyfin::make_specimen(&lent, "o'brien ü").unwrap();
    assert!(specimen.file_name.starts_with("passwordreset0001"));
    match Jellyfin::read(&lent, &specimen.file_name, &specimen.content).unwrap() {
        Reading::Found(request) => {
            assert_eq!(request.login_name, "o'brien ü");
            assert_eq!(request.expires, NOW - 1);
            assert_eq!(request.pin.len(), 11);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_pin_is_redeemed_without_any_right() {
    let lent = host().json(PIN, 200, &json!({"Success": true, "UsersReset": ["alice"]}));
    assert_eq!(Jellyfin::redeem(&lent, "85-DD-A5-DC"), Ok(vec!["alice".to_owned()]));
    let sent = lent.sent_to(PIN);
    assert_eq!(sent.json, json!({"Pin": "85-DD-A5-DC"}));
    assert_eq!(sent.header("authorization"), None);
}

#[test]
fn a_wrong_pin_and_a_blocked_folder_are_told_apart() {
    let lent = host().text(PIN, 404, OPAQUE);
    assert_eq!(Jellyfin::redeem(&lent, "1").unwrap_err().kind, Kind::WrongCredential);
    let lent = host().json(PIN, 200, &json!({"Success": false, "UsersReset": []}));
    assert_eq!(Jellyfin::redeem(&lent, "1").unwrap_err().kind, Kind::WrongCredential);
    let lent = host().text(PIN, 500, OPAQUE);
    let fault = Jellyfin::redeem(&lent, "1").unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (Kind::OutcomeUnknown, "jellyfin.reset-blocked"));
}

#[test]
fn a_reset_is_started_where_jellyfin_says_so() {
    let lent = host().json(FORGOT, 200, &json!({"Action": "PinCode", "PinFile": "/config/x.json"}));
    assert_eq!(Jellyfin::start(&lent, "alice"), Ok(()));
    assert_eq!(lent.sent_to(FORGOT).json, json!({"EnteredUsername": "alice"}));
    let lent = host().json(FORGOT, 200, &json!({"Action": "InNetworkRequired", "PinFile": ""}));
    assert_eq!(Jellyfin::start(&lent, "alice").unwrap_err().kind, Kind::Forbidden);
}
