//! Home, invites, people, activity.

use super::{LONG, Samples, at, words};
use crate::activity::{ActivityLine, ActivityPage};
use crate::health::{BackendHealth, HealthState};
use crate::home::{Counts, FirstSteps, HomePage, Need};
use crate::invites::{
    AskEmail, Guest, InviteDetailPage, InviteForm, InviteMail, InviteNewPage, InviteRow,
    InviteSharedPage, InviteState, InviteSummary, InvitesPage, SignupState, ask_email_choices,
};
use crate::paging::Pager;
use crate::people::{
    AccountChip, AccountState, PeoplePage, PersonAccount, PersonPage, PersonRow, RightForm,
    UserState,
};
use crate::qr::Qr;
use crate::{Catalogue, Choice, Link, Problem, Tone};

const CODE: &str = "k7m3p9q2w4x8y6z1b5c0d2f4g6";

pub(super) fn backends() -> Vec<BackendHealth> {
    let health = |id: &str, label: &str, state, latency_ms, detail: Option<&str>| BackendHealth {
        id: id.into(),
        label: label.into(),
        state,
        latency_ms,
        checked_at: Some(at("2026-11-21T11:59:30Z")),
        detail: detail.map(Into::into),
    };
    vec![
        health("jellyfin", "Films and series", HealthState::Up, Some(14), None),
        health(
            "music",
            "Music",
            HealthState::Impaired,
            Some(230),
            Some("An old header form is on."),
        ),
        health(
            "nas",
            "Home storage",
            HealthState::Down,
            None,
            Some("Nothing listens at 192.168.1.9:443."),
        ),
        health("books", "Books", HealthState::Unknown, None, None),
    ]
}

pub(super) fn lines() -> Vec<ActivityLine> {
    let line = |when: &str, tone, text: &str, actor: Option<&str>| ActivityLine {
        at: at(when),
        tone,
        text: text.into(),
        actor: actor.map(Into::into),
        address: actor.map(|_| "192.168.1.20".into()),
        detail: None,
    };
    vec![
        line("2026-11-21T11:58:00Z", Tone::Good, "ben signed up", Some("a guest")),
        line("2026-11-21T11:00:00Z", Tone::Bad, "Home storage stopped answering", None),
        line("2026-11-21T09:12:00Z", Tone::Quiet, "The invite For Ben was made", Some("anna")),
        line("2026-11-20T20:00:00Z", Tone::Warn, "A sign-in as root was refused", Some("somebody")),
        line("2026-10-02T20:00:00Z", Tone::Info, "The profile Family was captured", Some("anna")),
    ]
}

impl Samples for HomePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let need = |tone, text: &str, detail: Option<&str>, href: &str, go: &str| Need {
            tone,
            text: text.into(),
            detail: detail.map(Into::into),
            link: Link { href: href.into(), text: go.into() },
        };
        let busy = Self {
            steps: None,
            needs: vec![
                need(
                    Tone::Bad,
                    "Home storage does not answer",
                    Some("Nothing listens at 192.168.1.9:443."),
                    "/admin/backends/nas",
                    "Test",
                ),
                need(
                    Tone::Warn,
                    "The account of ben on Music is missing",
                    None,
                    "/admin/people/u1",
                    "Look",
                ),
            ],
            backends: backends(),
            counts: Counts { people: 12, open_invites: 3, recent_signups: 4 },
            recent: lines(),
        };
        let calm = Self { needs: Vec::new(), ..busy.clone() };
        let first = Self {
            steps: Some(FirstSteps { backend: false, profile: false, invite: false }),
            needs: Vec::new(),
            backends: Vec::new(),
            counts: Counts::default(),
            recent: Vec::new(),
        };
        let second = Self {
            steps: Some(FirstSteps { backend: true, profile: false, invite: false }),
            backends: backends().into_iter().take(1).collect(),
            ..first.clone()
        };
        vec![("busy", busy), ("calm", calm), ("first", first), ("second", second)]
    }
}

impl Samples for InvitesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |label: &str, state, used, uses, until: Option<&str>| InviteRow {
            code: CODE.into(),
            label: label.into(),
            state,
            used,
            uses,
            expires_at: until.map(at),
            profile: Some("Family".into()),
            backends: words(&["Films and series", "Home storage"]),
        };
        let full = Self {
            any: true,
            q: String::new(),
            states: vec![Choice::chosen("", "All"), Choice::new("open", "Open")],
            rows: vec![
                row("For Ben", InviteState::Open, 0, Some(1), Some("2026-11-28T12:00:00Z")),
                row("Cousins", InviteState::Open, 2, Some(5), None),
                row(LONG, InviteState::Used, 1, Some(1), Some("2026-11-22T12:00:00Z")),
                row("", InviteState::Over, 3, None, Some("2026-11-01T12:00:00Z")),
                row("Neighbours", InviteState::Revoked, 0, Some(2), None),
            ],
            pager: Pager { first: Some("?".into()), next: Some("?cursor=abc".into()) },
        };
        let found = Self { q: "zzz".into(), rows: Vec::new(), ..full.clone() };
        vec![("full", full), ("nothing", found), ("empty", Self::default())]
    }
}

impl Samples for InviteNewPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let texts = Catalogue::embedded().unwrap();
        let fresh = Self {
            form: InviteForm::default(),
            backends: vec![
                Choice::chosen("jellyfin", "Films and series"),
                Choice::new("nas", "Home storage"),
            ],
            profiles: vec![Choice::chosen("Family", "Family"), Choice::new("Guests", "Guests")],
            ask_email: ask_email_choices(&texts, "en", AskEmail::None),
            can_mail: true,
            problems: Vec::new(),
        };
        let wrong = Self {
            form: InviteForm {
                uses: "0".into(),
                account_days: "90".into(),
                require_approval: true,
                ask_email: AskEmail::Required,
                to: "carla@example.org".into(),
                send: true,
                ..InviteForm::default()
            },
            ask_email: ask_email_choices(&texts, "en", AskEmail::Required),
            problems: vec![
                Problem::with("backends", "Please choose one."),
                Problem::with("uses", "Please give a number from 1 to 10000."),
            ],
            ..fresh.clone()
        };
        vec![("fresh", fresh), ("wrong", wrong)]
    }
}

fn summary() -> InviteSummary {
    InviteSummary {
        uses: Some(1),
        expires_at: Some(at("2026-11-28T12:00:00Z")),
        backends: words(&["Films and series", "Home storage"]),
        profile: Some("Family".into()),
        account_days: Some(90),
        require_approval: true,
    }
}

fn url() -> String {
    format!("https://home.example.org/invite/{CODE}")
}

impl Samples for InviteSharedPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            code: CODE.into(),
            url: url(),
            qr: Qr::of(&url()),
            summary: summary(),
            mail: InviteMail { can_mail: true, to: "carla@example.org".into() },
            problems: Vec::new(),
        };
        let wide = InviteSummary {
            uses: None,
            expires_at: None,
            backends: Vec::new(),
            profile: None,
            account_days: None,
            require_approval: false,
        };
        let mail = InviteMail::default();
        let bare = Self { qr: None, summary: wide, mail, ..usual.clone() };
        let wrong = Self {
            mail: InviteMail { can_mail: true, to: "carla@".into() },
            problems: vec![Problem::with("to", "This does not look like an e-mail address.")],
            ..usual.clone()
        };
        vec![("usual", usual), ("bare", bare), ("wrong", wrong)]
    }
}

impl Samples for InviteDetailPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let guest = |name: &str, id: Option<&str>, state| Guest {
            name: name.into(),
            user_id: id.map(Into::into),
            at: at("2026-11-21T11:58:00Z"),
            state,
        };
        let open = Self {
            code: CODE.into(),
            label: "Cousins".into(),
            state: InviteState::Open,
            url: url(),
            qr: Qr::of(&url()),
            summary: summary(),
            used: 2,
            created_by: Some("anna".into()),
            created_at: at("2026-11-20T12:00:00Z"),
            mail: InviteMail { can_mail: true, to: String::new() },
            came: vec![
                guest("ben", Some("u1"), SignupState::Done),
                guest("carla", Some("u2"), SignupState::Partial),
                guest(LONG, None, SignupState::Working),
                guest("dora", None, SignupState::Failed),
                guest("emil", None, SignupState::Waiting),
            ],
            form: InviteForm { label: "Cousins".into(), uses: "5".into(), ..InviteForm::default() },
            problems: Vec::new(),
        };
        let revoked = Self {
            label: String::new(),
            state: InviteState::Revoked,
            came: Vec::new(),
            created_by: None,
            ..open.clone()
        };
        let wrong = Self {
            problems: vec![Problem::with("uses", "Please give a number from 2 to 10000.")],
            ..open.clone()
        };
        vec![("open", open), ("revoked", revoked), ("wrong", wrong)]
    }
}

impl Samples for PeoplePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let chip = |label: &str, state| AccountChip { label: label.into(), state };
        let row = |name: &str, admin, state, until: Option<&str>, accounts| PersonRow {
            id: "u1".into(),
            name: name.into(),
            picture: None,
            email: (name != "dora").then(|| "someone@example.org".into()),
            admin,
            state,
            expires_at: until.map(at),
            accounts,
        };
        let films = || chip("Films and series", AccountState::Ready);
        let full = Self {
            q: String::new(),
            states: vec![Choice::chosen("", "All"), Choice::new("active", "Active")],
            rows: vec![
                row("anna", true, UserState::Active, None, Vec::new()),
                row("ben", false, UserState::Active, Some("2027-02-01T00:00:00Z"), vec![films()]),
                row(
                    LONG,
                    false,
                    UserState::Disabled,
                    None,
                    vec![
                        chip("Films and series", AccountState::Disabled),
                        chip("Music", AccountState::Missing),
                    ],
                ),
                row(
                    "carla",
                    false,
                    UserState::Expired,
                    Some("2026-11-20T00:00:00Z"),
                    vec![films(), chip("Home storage", AccountState::Failed)],
                ),
                row(
                    "dora",
                    false,
                    UserState::Pending,
                    None,
                    vec![
                        chip("Music", AccountState::Pending),
                        chip("Books", AccountState::Unknown),
                    ],
                ),
            ],
            pager: Pager { first: None, next: Some("?cursor=abc".into()) },
        };
        vec![("full", full), ("nothing", Self { q: "zzz".into(), ..Self::default() })]
    }
}

impl Samples for PersonPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let account = |backend: &str, label: &str, state, message: Option<&str>| PersonAccount {
            backend: backend.into(),
            label: label.into(),
            account_id: message.is_none().then(|| "2c9f1a44d8e94b3f8f10aa21c07f1e55".into()),
            login_name: Some("ben".into()),
            state,
            message: message.map(Into::into),
            can_retry: message.is_some(),
        };
        let usual = Self {
            id: "u1".into(),
            name: "ben".into(),
            picture: Some("/api/users/u1/picture".into()),
            email: Some("ben@example.org".into()),
            email_confirmed: true,
            address: "ben@example.org".into(),
            label: Some("Cousin".into()),
            admin: false,
            oneself: false,
            state: UserState::Active,
            created_at: at("2026-11-01T12:00:00Z"),
            expires_at: Some(at("2027-02-01T00:00:00Z")),
            invite: Some(Link { href: format!("/admin/invites/{CODE}"), text: "carla".into() }),
            invite_right: Some(RightForm {
                quota: "3".into(),
                profiles: vec![Choice::chosen("Family", "Family")],
                backends: vec![Choice::chosen("films", "Films and series")],
            }),
            second_factor: true,
            sessions: 2,
            accounts: vec![
                account("jellyfin", "Films and series", AccountState::Ready, None),
                account(
                    "nas",
                    "Home storage",
                    AccountState::Failed,
                    Some("The backend does not answer."),
                ),
            ],
            profiles: vec![Choice::new("Family", "Family")],
            activity: lines(),
            problems: Vec::new(),
        };
        let disabled = Self {
            name: LONG.into(),
            state: UserState::Disabled,
            email: None,
            address: String::new(),
            label: None,
            invite: None,
            invite_right: None,
            expires_at: None,
            accounts: Vec::new(),
            profiles: Vec::new(),
            activity: Vec::new(),
            problems: vec![Problem::with("days", "Please give a whole number.")],
            ..usual.clone()
        };
        let oneself = Self {
            admin: true,
            oneself: true,
            name: "anna".into(),
            email_confirmed: false,
            ..usual.clone()
        };
        vec![("usual", usual), ("disabled", disabled), ("oneself", oneself)]
    }
}

impl Samples for ActivityPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let mut all = lines();
        all.push(ActivityLine {
            at: at("2026-11-01T20:00:00Z"),
            tone: Tone::Bad,
            text: "The plugin jellyfin failed too often".into(),
            actor: None,
            address: None,
            detail: Some("wasm trap: unreachable".into()),
        });
        let full = Self {
            q: String::new(),
            kinds: vec![Choice::chosen("", "Everything"), Choice::new("signed-in", "Sign-ins")],
            lines: all,
            pager: Pager { first: None, next: Some("?cursor=abc".into()) },
        };
        vec![("full", full), ("nothing", Self::default())]
    }
}
