//! Pages outside the administration.

use super::{LONG, Samples, at, words};
use crate::account::{AccountPage, AddressPart, MyAccount, PasswordForm, PasswordResult};
use crate::invites::AskEmail;
use crate::join::{
    Approval, FirstWay, InvitePage, Known, Place, ProgressPage, ProgressStep, SignupPage,
    StepState, SuccessPage,
};
use crate::login::{LoginPage, PasswordProvider, RedirectProvider};
use crate::notices::{
    ConfirmOption, ConfirmPage, Consequence, Ended, EndedPage, ErrorPage, SignedOutPage,
};
use crate::setup::SetupPage;
use crate::{Link, Problem, Tone};

fn rules() -> Vec<String> {
    words(&[
        "At least 8 characters. Longer is better than stranger.",
        "No common password, and not your own name.",
    ])
}

impl Samples for SetupPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            public_url: "https://192.168.1.5:8443".into(),
            password_rules: rules(),
            ..Self::default()
        };
        let wrong = Self {
            code: "AAAA-BBBB".into(),
            username: "anna".into(),
            problems: vec![
                Problem::with("code", "This is not the setup code."),
                Problem::with("password", "This password is too short: 8 characters at least."),
            ],
            ..first.clone()
        };
        vec![("first", first), ("wrong", wrong)]
    }
}

impl Samples for LoginPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let local = PasswordProvider { id: "local".into(), label: "Latchkey".into() };
        let films = PasswordProvider { id: "jellyfin".into(), label: "Films and series".into() };
        let plain = Self { passwords: vec![local.clone()], passkey: true, ..Self::default() };
        let wrong = Self {
            next: Some("/admin/invites".into()),
            username: "anna".into(),
            keep: true,
            passwords: vec![local, films],
            redirects: vec![RedirectProvider {
                id: "google".into(),
                label: "Google".into(),
                href: "/api/auth/google/login".into(),
            }],
            redirects_first: false,
            again: false,
            register: true,
            passkey: false,
            problems: vec![Problem::overall("The name or the password is wrong.")],
        };
        let there = Self { redirects_first: true, problems: Vec::new(), ..wrong.clone() };
        let again = Self { passwords: Vec::new(), again: true, ..there.clone() };
        vec![("plain", plain), ("wrong", wrong), ("there", there), ("again", again)]
    }
}

fn first_way() -> FirstWay {
    FirstWay { id: "cinema".into(), label: "The cinema".into() }
}

impl Samples for InvitePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            code: "k7m3p9q2w4x8y6z1b5c0d2f4g6".into(),
            invited_by: Some("Anna".into()),
            grants: words(&["Films and series", "Home storage"]),
            expires_at: Some(at("2026-11-28T12:00:00Z")),
            account_days: Some(90),
            require_approval: true,
            ways: vec![first_way()],
        };
        let bare = Self {
            invited_by: None,
            expires_at: None,
            account_days: None,
            require_approval: false,
            ways: Vec::new(),
            ..usual.clone()
        };
        vec![("usual", usual), ("bare", bare)]
    }
}

impl Samples for SignupPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            code: "k7m3p9q2w4x8y6z1b5c0d2f4g6".into(),
            username: String::new(),
            email: String::new(),
            ask_email: AskEmail::None,
            name_rule: None,
            ways: vec![first_way()],
            known: None,
            ask_password: true,
            password_rules: rules(),
            help: None,
            problems: Vec::new(),
        };
        let wrong = Self {
            username: "anna".into(),
            email: "anna@".into(),
            ask_email: AskEmail::Required,
            name_rule: Some("Letters, digits, and - _ ' . between them.".into()),
            help: Some("Enter your details to create an account.".into()),
            problems: vec![
                Problem::with("username", "Somebody has this already. Please choose another one."),
                Problem::with("email", "This does not look like an e-mail address."),
            ],
            ..first.clone()
        };
        let known = Self {
            username: "zoe".into(),
            known: Some(Known { label: "The cinema".into(), name: "Zoe".into() }),
            ways: Vec::new(),
            ask_password: false,
            ..first.clone()
        };
        vec![("first", first), ("wrong", wrong), ("known", known)]
    }
}

impl Samples for ProgressPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let step = |label: &str, state, message: Option<&str>| ProgressStep {
            label: label.into(),
            state,
            message: message.map(Into::into),
        };
        let working = Self {
            steps: vec![
                step("Films and series", StepState::Done, None),
                step("Home storage", StepState::Working, None),
                step("Music", StepState::Waiting, None),
                step("Cinema", StepState::Invited, None),
                step("Books", StepState::Later, Some("It does not answer right now.")),
            ],
            refresh_seconds: 2,
            settled: false,
            again: None,
            approval: Approval::None,
            word: None,
        };
        let failed = Self {
            steps: vec![step(
                "Films and series",
                StepState::Failed,
                Some("This name is taken there."),
            )],
            refresh_seconds: 2,
            settled: true,
            again: Some("/invite/k7m3/join".into()),
            approval: Approval::None,
            word: None,
        };
        let steps = vec![step("Films and series", StepState::Waiting, None)];
        let waiting =
            Self { steps, refresh_seconds: 20, approval: Approval::Waiting, ..working.clone() };
        let refused = Self {
            steps: Vec::new(),
            settled: true,
            approval: Approval::Refused,
            word: Some("Please ask me in person first.".into()),
            ..working.clone()
        };
        vec![("working", working), ("failed", failed), ("waiting", waiting), ("refused", refused)]
    }
}

impl Samples for SuccessPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let films = Place {
            label: "Films and series".into(),
            url: Some("https://media.example.org".into()),
            login_name: None,
            later: false,
            invited: false,
            message: None,
        };
        let storage = Place {
            label: "Home storage".into(),
            url: None,
            login_name: Some("b_jones".into()),
            later: true,
            invited: false,
            message: Some("It does not answer right now. This is tried again by itself.".into()),
        };
        let one = Self {
            text: None,
            username: "ben".into(),
            places: vec![films.clone()],
            to_confirm: None,
        };
        let two = Self {
            text: Some("Have fun! Popcorn is in the cupboard.".into()),
            username: "ben".into(),
            places: vec![films, storage],
            to_confirm: Some("ben@example.org".into()),
        };
        vec![("one", one), ("two", two)]
    }
}

impl Samples for AccountPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            name: "ben".into(),
            picture: Some("/api/users/u1/picture".into()),
            email: AddressPart {
                address: Some("ben@example.org".into()),
                confirmed: true,
                pending: None,
                typed: String::new(),
                can_mail: true,
                stale: false,
            },
            expires_at: Some(at("2027-02-01T00:00:00Z")),
            accounts: vec![
                MyAccount {
                    label: "Films and series".into(),
                    url: Some("https://media.example.org".into()),
                    login_name: None,
                    tone: Tone::Good,
                    state: "Active".into(),
                },
                MyAccount {
                    label: "Home storage".into(),
                    url: None,
                    login_name: Some("b_jones".into()),
                    tone: Tone::Info,
                    state: "Being made".into(),
                },
            ],
            password: Some(PasswordForm {
                places: words(&["Films and series", "Home storage"]),
                rules: rules(),
            }),
            results: Vec::new(),
            sessions: super::tokens::sessions(),
            problems: Vec::new(),
        };
        let result = |label: &str, tone, message: &str| PasswordResult {
            label: label.into(),
            tone,
            message: message.into(),
        };
        let changed = Self {
            results: vec![
                result("Films and series", Tone::Good, "changed"),
                result("Home storage", Tone::Warn, "It does not answer right now."),
            ],
            sessions: super::tokens::sessions().into_iter().take(1).collect(),
            ..first.clone()
        };
        let wrong = Self {
            problems: vec![Problem::with("current", "This is not your password.")],
            ..first.clone()
        };
        let waiting = AddressPart { confirmed: false, ..first.email.clone() };
        let pending =
            AddressPart { pending: Some("benny@example.org".into()), ..first.email.clone() };
        let waits = Self { email: waiting, ..first.clone() };
        let moves = Self {
            email: AddressPart { typed: "benny@".into(), ..pending },
            problems: vec![Problem::with("email", "This does not look like an e-mail address.")],
            ..first.clone()
        };
        let old = AddressPart { stale: true, ..first.email.clone() };
        let stale = Self { email: old, ..first.clone() };
        let bare = Self { name: LONG.into(), ..Self::default() };
        vec![
            ("first", first),
            ("changed", changed),
            ("wrong", wrong),
            ("waits", waits),
            ("moves", moves),
            ("stale", stale),
            ("bare", bare),
        ]
    }
}

impl Samples for ErrorPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let texts = crate::Catalogue::embedded().unwrap();
        let codes = ["gone", "not-found", "forbidden", "too-many", "wrong-host"];
        let mut all: Vec<_> =
            codes.into_iter().map(|code| (code, Self::of(&texts, "en", code))).collect();
        let internal = Self {
            link: Some(Link { href: "/".into(), text: "To the start".into() }),
            reference: Some("k7m3p9q2".into()),
            ..Self::of(&texts, "en", "no-such-code")
        };
        all.push(("internal", internal));
        all
    }
}

impl Samples for EndedPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let since = Some(at("2026-11-20T12:00:00Z"));
        vec![
            ("expired", Self { reason: Ended::Expired, since }),
            ("disabled", Self { reason: Ended::Disabled, since: None }),
            ("pending", Self { reason: Ended::Pending, since: None }),
        ]
    }
}

impl Samples for SignedOutPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let href = "https://id.example.org/logout?client_id=latchkey".into();
        vec![("full", Self { label: "Example ID".into(), href })]
    }
}

impl Samples for ConfirmPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let line = |tone, place: Option<&str>, text: &str| Consequence {
            tone,
            place: place.map(Into::into),
            text: text.into(),
        };
        let delete = Self {
            title: "Delete ben?".into(),
            lines: vec![
                line(Tone::Bad, None, "The user, their sessions and their links are deleted."),
                line(Tone::Bad, Some("Films and series"), "The account is deleted."),
                line(Tone::Info, Some("Home storage"), "The account stays there."),
            ],
            options: vec![ConfirmOption {
                name: "accounts".into(),
                value: "delete".into(),
                label: "Delete the accounts on the backends too".into(),
                help: Some("With what was watched and remembered there.".into()),
                on: false,
            }],
            action: "/admin/people/u1/delete".into(),
            confirm: "Delete".into(),
            cancel: "/admin/people/u1".into(),
            destructive: true,
        };
        let mild = Self {
            title: "Sign ben out everywhere?".into(),
            options: Vec::new(),
            destructive: false,
            confirm: "Sign out everywhere".into(),
            ..delete.clone()
        };
        vec![("delete", delete), ("mild", mild)]
    }
}
