//! Inviting, by somebody who is no admin.

use super::{LONG, Samples, at, words};
use crate::Problem;
use crate::invites::InviteState;
use crate::inviting::{MyInvite, MyInvitePage, MyInvitesPage};
use crate::qr::Qr;

impl Samples for MyInvitesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |label: &str, state, used| MyInvite {
            code: "k7m3p9q2w4x8y6z1b5c0d2f4g6".into(),
            label: label.into(),
            state,
            used,
            uses: Some(2),
            expires_at: Some(at("2026-11-28T12:00:00Z")),
        };
        let first = Self {
            left: 3,
            quota: 5,
            places: words(&["Films and series"]),
            uses: "1".into(),
            valid_days: "7".into(),
            ..Self::default()
        };
        let rows = vec![
            row("Carla", InviteState::Open, 0),
            row(LONG, InviteState::Used, 2),
            row("", InviteState::Revoked, 1),
        ];
        let wrong = Self {
            rows: rows.clone(),
            uses: "9".into(),
            problems: vec![Problem::with("uses", "You can invite 3 more people only.")],
            ..first.clone()
        };
        let spent = Self { left: 0, rows, ..first.clone() };
        vec![("first", first), ("wrong", wrong), ("spent", spent)]
    }
}

impl Samples for MyInvitePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let url = "https://home.example.org/invite/k7m3p9q2w4x8y6z1b5c0d2f4g6";
        let open = Self {
            code: "k7m3p9q2w4x8y6z1b5c0d2f4g6".into(),
            label: "Carla".into(),
            state: InviteState::Open,
            url: url.into(),
            qr: Qr::of(url),
            used: 0,
            uses: Some(1),
            expires_at: Some(at("2026-11-28T12:00:00Z")),
            places: words(&["Films and series", "Home storage"]),
        };
        let over = Self { state: InviteState::Over, used: 1, label: String::new(), ..open.clone() };
        vec![("open", open), ("over", over)]
    }
}
