//! Examples of sessions, API tokens and links that sign in.

use super::{Samples, at};
use crate::qr::Qr;
use crate::sessions::{SessionRow, SessionsPage};
use crate::tokens::{
    LoginTokenMadePage, LoginTokenPage, OpenLink, TokenMadePage, TokenRow, TokensPage,
};
use crate::{Choice, Problem};

/// Three places.
pub(super) fn sessions() -> Vec<SessionRow> {
    let row = |id: &str, device: &str, how: &str, seen: &str, current| SessionRow {
        id: id.into(),
        device: device.into(),
        address: "2001:db8:1:2::17".into(),
        how: how.into(),
        since: at("2026-11-18T09:30:00Z"),
        last_seen: at(seen),
        current,
    };
    vec![
        row("s1", "Firefox on Windows", "Latchkey", "2026-11-21T11:59:00Z", true),
        row("s2", "Safari on iPhone", "Films and series", "2026-11-20T08:00:00Z", false),
        row("s3", "The program curl", "a link", "2026-11-18T09:30:00Z", false),
    ]
}

impl Samples for SessionsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self { id: "u1".into(), name: "ben".into(), sessions: sessions() };
        vec![("usual", usual.clone()), ("none", Self { sessions: Vec::new(), ..usual })]
    }
}

impl Samples for TokensPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let token = |id: &str, name: &str, over: bool| TokenRow {
            id: id.into(),
            name: name.into(),
            scopes: vec!["Read and change invites".into(), "Read people".into()],
            created_at: at("2026-11-01T12:00:00Z"),
            expires_at: over.then(|| at("2026-11-20T12:00:00Z")),
            over,
            used_at: (!over).then(|| at("2026-11-21T10:00:00Z")),
            used_from: (!over).then(|| "192.168.1.7".into()),
        };
        let empty = Self {
            tokens: Vec::new(),
            room: true,
            stale: false,
            name: String::new(),
            scopes: vec![
                Choice::new("invites:read", "Read invites"),
                Choice::new("invites:write", "Read and change invites"),
            ],
            days: "90".into(),
            problems: Vec::new(),
        };
        let some = Self {
            tokens: vec![token("t1", "Home automation", false), token("t2", "Old script", true)],
            ..empty.clone()
        };
        let wrong = Self {
            name: "x".into(),
            problems: vec![Problem::with("scopes", "Please fill this in.")],
            ..empty.clone()
        };
        let full = Self { room: false, ..some.clone() };
        let stale = Self { stale: true, ..some.clone() };
        vec![("empty", empty), ("some", some), ("wrong", wrong), ("full", full), ("stale", stale)]
    }
}

impl Samples for TokenMadePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let ends = Self {
            name: "Home automation".into(),
            token: "lkt_Zm9yIHRoZSBnYWxsZXJ5IG9ubHksIG5vdCBhIHRva2Vu".into(),
            expires_at: Some(at("2027-02-01T00:00:00Z")),
        };
        vec![("ends", ends.clone()), ("endless", Self { expires_at: None, ..ends })]
    }
}

impl Samples for LoginTokenPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            id: "u1".into(),
            name: "ben".into(),
            open: None,
            stale: false,
            kinds: vec![
                Choice { chosen: true, ..Choice::new("once", "Once") },
                Choice::new("many", "Any number of times until then"),
            ],
            days: "1".into(),
            problems: Vec::new(),
        };
        let open = OpenLink {
            once: false,
            expires_at: at("2026-12-01T00:00:00Z"),
            used_at: Some(at("2026-11-21T10:00:00Z")),
        };
        let there = Self { open: Some(open), ..first.clone() };
        let wrong = Self {
            days: "x".into(),
            problems: vec![Problem::with("days", "Please give a whole number.")],
            ..first.clone()
        };
        let stale = Self { stale: true, ..there.clone() };
        vec![("first", first), ("there", there), ("wrong", wrong), ("stale", stale)]
    }
}

impl Samples for LoginTokenMadePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let url = "https://home.example.org/login/token/lkl_Zm9yIHRoZSBnYWxsZXJ5IG9ubHk";
        let once = Self {
            id: "u1".into(),
            name: "ben".into(),
            url: url.into(),
            qr: Qr::of(url),
            once: true,
            expires_at: at("2026-11-22T12:00:00Z"),
        };
        vec![("once", once.clone()), ("many", Self { once: false, ..once })]
    }
}
