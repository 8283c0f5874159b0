//! Forgotten passwords and addresses to confirm.

use super::{LONG, Samples, at, words};
use crate::Problem;
use crate::qr::Qr;
use crate::resets::{
    ConfirmAddressPage, ConfirmedAddressPage, ForgotPage, ForgotSentPage, ResetDonePage, ResetEnd,
    ResetLinkPage, ResetPage, ResetPlace, ResetState,
};

const TOKEN: &str = "k7m3p9q2w4x8y6z1b5c0d2f4g6";

impl Samples for ForgotPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self { can_mail: true, ..Self::default() };
        let wrong = Self {
            problems: vec![Problem::with("login", "Please fill this in.")],
            ..first.clone()
        };
        vec![("first", first), ("wrong", wrong), ("no-mail", Self::default())]
    }
}

impl Samples for ForgotSentPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self { sender: Some("home@example.org".into()) };
        vec![("usual", usual), ("bare", Self::default())]
    }
}

impl Samples for ResetPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            token: TOKEN.into(),
            username: "ben".into(),
            expires_at: at("2026-11-21T13:00:00Z"),
            used_at: None,
            rules: words(&[
                "At least 8 characters. Longer is better than stranger.",
                "No common password, and not your own name.",
            ]),
            problems: Vec::new(),
        };
        let wrong = Self {
            problems: vec![Problem::with(
                "password",
                "This password is too short: 8 characters at least.",
            )],
            ..first.clone()
        };
        let used = Self {
            username: LONG.into(),
            used_at: Some("Films and series".into()),
            ..first.clone()
        };
        vec![("first", first), ("wrong", wrong), ("used", used)]
    }
}

impl Samples for ResetDonePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let place = |label: &str, state, message: &str, url: Option<&str>| ResetPlace {
            label: label.into(),
            state,
            message: message.into(),
            url: url.map(Into::into),
        };
        let films = place(
            "Films and series",
            ResetState::Changed,
            "The new password holds here.",
            Some("https://media.example.org"),
        );
        let storage = place(
            "Home storage",
            ResetState::Failed,
            "The old password stays for now. It does not answer right now.",
            None,
        );
        let books = place(
            "Books",
            ResetState::Impossible,
            "Passwords cannot be changed here from outside. Ask whoever runs it.",
            None,
        );
        let music = place(
            "Music",
            ResetState::Unclear,
            "It is not certain that the new one holds. Try it first, then the old one.",
            None,
        );
        let good = Self {
            username: "ben".into(),
            end: ResetEnd::Everywhere,
            places: vec![films.clone()],
            again: None,
        };
        let mixed = Self {
            end: ResetEnd::Somewhere,
            places: vec![films, storage.clone(), books, music.clone()],
            ..good.clone()
        };
        let unclear = Self { end: ResetEnd::Unclear, places: vec![music], ..good.clone() };
        let nothing = Self {
            end: ResetEnd::Nowhere,
            places: vec![storage],
            again: Some(TOKEN.into()),
            ..good.clone()
        };
        vec![("good", good), ("mixed", mixed), ("nothing", nothing), ("unclear", unclear)]
    }
}

impl Samples for ConfirmAddressPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual =
            Self { token: TOKEN.into(), username: "ben".into(), address: "ben@example.org".into() };
        let long =
            Self { username: LONG.into(), address: format!("{LONG}@example.org"), ..usual.clone() };
        vec![("usual", usual), ("long", long)]
    }
}

impl Samples for ConfirmedAddressPage {
    fn samples() -> Vec<(&'static str, Self)> {
        vec![("usual", Self { address: "ben@example.org".into() })]
    }
}

impl Samples for ResetLinkPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let url = format!("https://home.example.org/reset/{TOKEN}");
        let usual = Self {
            id: "u1".into(),
            name: "ben".into(),
            qr: Qr::of(&url),
            url,
            expires_at: at("2026-11-22T12:00:00Z"),
            mailed_to: Some("ben@example.org".into()),
        };
        let bare = Self { name: LONG.into(), qr: None, mailed_to: None, ..usual.clone() };
        vec![("usual", usual), ("bare", bare)]
    }
}
