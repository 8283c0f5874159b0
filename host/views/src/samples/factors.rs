//! Second factors.

use super::{LONG, Samples, at};
use crate::Problem;
use crate::factors::{AppPage, CodesPage, PasskeyRow, SecondPage, SecurityPage};
use crate::qr::Qr;

const URI: &str =
    "otpauth://totp/Latchkey:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Latchkey";

impl Samples for SecondPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self { totp: true, passkey: true, ..Self::default() };
        let wrong = Self {
            next: Some("/admin".into()),
            passkey: false,
            problems: vec![Problem::with("code", "This code does not work.")],
            ..first.clone()
        };
        let elsewhere =
            Self { elsewhere: Some("https://home.example.org/login".into()), ..Self::default() };
        vec![("first", first), ("wrong", wrong), ("elsewhere", elsewhere)]
    }
}

impl Samples for SecurityPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, used: bool| PasskeyRow {
            id: "AbCd-_01".into(),
            name: name.into(),
            created_at: at("2026-03-01T09:00:00Z"),
            used_at: used.then(|| at("2026-11-20T21:30:00Z")),
        };
        let empty = Self { passkeys_work: true, ..Self::default() };
        let full = Self {
            asked: true,
            totp: Some(at("2026-03-01T09:00:00Z")),
            passkeys: vec![row("My phone", true), row(LONG, false)],
            recovery_left: 2,
            ..empty.clone()
        };
        let stale = Self { stale: true, ..full.clone() };
        let needed = Self { needed: true, passkeys_work: false, ..empty.clone() };
        let wrong =
            Self { problems: vec![Problem::with("name", "Please fill this in.")], ..empty.clone() };
        vec![
            ("empty", empty),
            ("full", full),
            ("stale", stale),
            ("needed", needed),
            ("wrong", wrong),
        ]
    }
}

impl Samples for AppPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            qr: Qr::of(URI),
            secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".into(),
            uri: URI.into(),
            problems: Vec::new(),
        };
        let wrong = Self {
            problems: vec![Problem::with("code", "This code does not work.")],
            ..first.clone()
        };
        vec![("first", first), ("wrong", wrong)]
    }
}

impl Samples for CodesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let code = "k7m3-p9q2-w4x8-y6z1-b5c0-d2f4".to_owned();
        vec![("usual", Self { codes: vec![code; 10] })]
    }
}
