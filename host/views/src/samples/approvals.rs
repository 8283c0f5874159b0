//! People who ask to come in, from both sides.

use super::{LONG, Samples, at};
use crate::approvals::{
    Answer, ApplicationRow, ApprovalsPage, Claim, How, PendingPage, Proved, RegisterPage,
};
use crate::paging::Pager;
use crate::{Choice, Link, Problem};

fn row(id: &str, name: &str, how: How) -> ApplicationRow {
    ApplicationRow {
        id: id.into(),
        name: name.into(),
        person: None,
        how,
        by: None,
        email: None,
        proved: Proved::Nobody,
        resembles: None,
        seen_from: "192.0.2.7 · Firefox".into(),
        asked_at: at("2026-11-21T11:00:00Z"),
        claims: Vec::new(),
        answer: Answer::Waiting,
        answered_by: None,
        answered_at: None,
        word: None,
        can_reopen: false,
        can_forget: false,
    }
}

impl Samples for ApprovalsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let link = |href: &str, text: &str| Some(Link { href: href.into(), text: text.into() });
        let registered = ApplicationRow {
            person: link("/admin/people/u1", "carla"),
            email: Some("carla@example.org".into()),
            ..row("u1", "carla", How::Registration)
        };
        let invited = ApplicationRow {
            by: link("/admin/invites/k7m3", "The cousins"),
            email: Some("dora@example.org".into()),
            proved: Proved::Invite,
            ..row("u2", LONG, How::Invite)
        };
        let known = ApplicationRow {
            person: link("/admin/people/u3", "anna-2"),
            by: link("", "Google"),
            email: Some("anna@example.org".into()),
            proved: Proved::Provider,
            resembles: Some("anna".into()),
            claims: vec![
                Claim { name: "groups".into(), value: "[\"family\"]".into() },
                Claim { name: "locale".into(), value: "de".into() },
            ],
            ..row("u3", "anna-2", How::Identity)
        };
        let refused = ApplicationRow {
            answer: Answer::Refused,
            answered_by: Some("anna".into()),
            answered_at: Some(at("2026-11-21T11:30:00Z")),
            word: Some("Please ask me in person first.".into()),
            can_reopen: true,
            ..registered.clone()
        };
        let undone = ApplicationRow {
            answer: Answer::Refused,
            can_reopen: false,
            can_forget: true,
            ..ApplicationRow { by: None, ..refused.clone() }
        };
        let approved = ApplicationRow {
            answer: Answer::Approved,
            word: None,
            can_reopen: false,
            ..refused.clone()
        };
        let profiles = vec![Choice::new("Family", "Family"), Choice::new("Guests", "Guests")];
        let busy = Self {
            rows: vec![registered, invited, known],
            profiles: profiles.clone(),
            ..Self::default()
        };
        let all = Self {
            all: true,
            rows: vec![refused, undone, approved],
            profiles,
            pager: Pager { first: None, next: Some("?cursor=x".into()) },
            problems: vec![Problem::overall("It has changed meanwhile.")],
        };
        vec![("busy", busy), ("all", all), ("nobody", Self::default())]
    }
}

impl Samples for RegisterPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let open = Self {
            can_mail: true,
            password_rules: vec!["At least 8 characters.".into()],
            ..Self::default()
        };
        let wrong = Self {
            username: "anna".into(),
            email: "anna@".into(),
            waits: true,
            can_mail: false,
            problems: vec![
                Problem::with("username", "Somebody has this already."),
                Problem::with("email", "This does not look like an e-mail address."),
            ],
            ..open.clone()
        };
        vec![("open", open), ("wrong", wrong)]
    }
}

impl Samples for PendingPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let waiting = Self {
            name: "carla".into(),
            answer: Answer::Waiting,
            word: None,
            asked_at: Some(at("2026-11-21T11:00:00Z")),
            to_confirm: Some("carla@example.org".into()),
            refresh_seconds: 20,
        };
        let approved = Self { answer: Answer::Approved, to_confirm: None, ..waiting.clone() };
        let refused = Self {
            answer: Answer::Refused,
            word: Some("Please ask me in person first.".into()),
            ..waiting.clone()
        };
        vec![("waiting", waiting), ("approved", approved), ("refused", refused)]
    }
}
