//! Mail, reset files, adopting.

use super::{LONG, Samples, at, words};
use crate::adopt::{
    AdoptPage, AdoptRow, AdoptedLine, AdoptedPage, Clash, ClashChoice, KnownAccount,
};
use crate::backends::{FieldKind, PluginOption, ProbeStage, SettingField, StageOutcome};
use crate::mails::{
    AttemptLine, MailFormPage, MailPage, MailPluginsPage, MessagePage, MessageRow, MessageState,
    MethodHealth, MethodPage, MethodRow, OutboxCounts, OutboxPage, RehearsalStage, RehearsalView,
    TemplateOrigin, TemplatePage, TemplateRow, TemplateVariable, TemplatesPage,
};
use crate::paging::Pager;
use crate::watches::{
    FileLine, LoginPageView, SightingLine, TrialOutcome, TrialView, WatchHealth, WatchPage,
    WatchRow, WatchesPage,
};
use crate::{Choice, Link, Problem, Tone};

fn method(id: &str, health: MethodHealth) -> MethodRow {
    MethodRow {
        id: id.into(),
        plugin: "Mail through SMTP".into(),
        from: "Home <home@example.org>".into(),
        through: Some("smtp.example.org".into()),
        health,
        locked: false,
    }
}

fn warned() -> MethodHealth {
    MethodHealth::Warned {
        about: words(&["Nothing is encrypted on the way: others can read links and PINs."]),
    }
}

fn refused() -> MethodHealth {
    MethodHealth::Refused { why: "Its plugin mail-example is missing or was refused.".into() }
}

fn failing() -> MethodHealth {
    MethodHealth::Failing {
        at: at("2026-11-21T11:50:00Z"),
        why: "smtp.example.org does not answer on port 587.".into(),
    }
}

impl Samples for MailPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let counts = OutboxCounts { queued: 1, deferred: 2, failed: 3 };
        let full = Self {
            rows: vec![
                method("smtp", MethodHealth::Ready),
                MethodRow { locked: true, ..method("spare", warned()) },
                MethodRow { through: None, ..method("old", refused()) },
                method("busy", failing()),
            ],
            counts,
        };
        let one = Self { rows: full.rows.iter().take(1).cloned().collect(), ..Self::default() };
        let waiting = Self { rows: Vec::new(), counts };
        vec![("full", full), ("one", one), ("waiting", waiting), ("empty", Self::default())]
    }
}

impl Samples for MailPluginsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let plugin = |id: &str, name: &str| PluginOption {
            id: id.into(),
            name: name.into(),
            summary: "Hands mail to a mail server that takes it from you.".into(),
        };
        vec![
            (
                "full",
                Self {
                    plugins: vec![
                        plugin("mail-smtp", "Mail through SMTP"),
                        plugin("mail-mailgun", "Mail through Mailgun"),
                    ],
                },
            ),
            ("empty", Self { plugins: Vec::new() }),
        ]
    }
}

fn field(name: &str, kind: FieldKind, label: &str, value: &str) -> SettingField {
    SettingField {
        name: name.into(),
        kind,
        label: label.into(),
        help: "As it stands in its certificate.".into(),
        example: String::new(),
        required: kind != FieldKind::Flag,
        value: value.into(),
        options: Vec::new(),
        kept: false,
        locked_by: None,
    }
}

impl Samples for MailFormPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let security = SettingField {
            options: vec![
                Choice::chosen("starttls", "STARTTLS: most servers, port 587"),
                Choice::new("tls", "TLS: port 465"),
            ],
            ..field("setting.security", FieldKind::Choice, "Encryption", "starttls")
        };
        let password = field("setting.password", FieldKind::Secret, "Password", "");
        let fresh = Self {
            plugin: "mail-smtp".into(),
            plugin_name: "Mail through SMTP".into(),
            fresh: true,
            id: "smtp".into(),
            from: String::new(),
            reply_to: String::new(),
            fields: vec![
                field("setting.host", FieldKind::Text, "Mail server", ""),
                field("setting.port", FieldKind::Number, "Port", "587"),
                security,
                password.clone(),
            ],
            more: vec![field("setting.plain", FieldKind::Flag, "Send it unencrypted", "false")],
            more_open: false,
            locked_by: None,
            problems: Vec::new(),
        };
        let wrong = Self {
            from: "home".into(),
            problems: vec![Problem::with("from", "Write it like Home <home@example.org>.")],
            ..fresh.clone()
        };
        let edit = Self {
            fresh: false,
            more_open: true,
            from: "Home <home@example.org>".into(),
            fields: vec![
                field("setting.host", FieldKind::Text, "Mail server", "smtp.example.org"),
                SettingField { kept: true, ..password },
            ],
            ..fresh.clone()
        };
        let locked = Self { locked_by: Some("the settings file, line 12".into()), ..edit.clone() };
        vec![("fresh", fresh), ("wrong", wrong), ("edit", edit), ("locked", locked)]
    }
}

fn stage(name: &str, outcome: StageOutcome, detail: &str, took_ms: u64) -> ProbeStage {
    ProbeStage { name: name.into(), outcome, detail: detail.into(), took_ms }
}

fn rehearsal() -> RehearsalView {
    let said =
        |stage: ProbeStage, dialogue: &[&str]| RehearsalStage { stage, dialogue: words(dialogue) };
    RehearsalView {
        stages: vec![
            said(stage("Name", StageOutcome::Passed, "192.0.2.25", 4), &[]),
            said(
                stage("Greeting", StageOutcome::Passed, "", 31),
                &["S: 220 smtp.example.org ESMTP"],
            ),
            said(
                stage(
                    "Signing in",
                    StageOutcome::Failed,
                    "The server does not take this password. Gmail and others want an app password.",
                    214,
                ),
                &["C: AUTH PLAIN ***", "S: 535 5.7.8 Authentication credentials invalid"],
            ),
            said(stage("Sender", StageOutcome::Skipped, "", 0), &[]),
        ],
        passed: false,
        sent_to: None,
    }
}

impl Samples for MethodPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let fresh = Self {
            row: method("smtp", MethodHealth::Ready),
            plugin: "mail-smtp".into(),
            reply_to: Some("anna@example.org".into()),
            facts: vec![
                ("Mail server".into(), "smtp.example.org".into()),
                ("Password".into(), "Kept, never shown".into()),
            ],
            locked_by: None,
            to: "anna@example.org".into(),
            rehearsal: None,
            problems: Vec::new(),
        };
        let failed = Self { rehearsal: Some(rehearsal()), ..fresh.clone() };
        let mut well = rehearsal();
        well.stages.truncate(2);
        let sent = Self {
            row: MethodRow { locked: true, ..method("smtp", warned()) },
            locked_by: Some("the settings file, line 12".into()),
            rehearsal: Some(RehearsalView {
                passed: true,
                sent_to: Some("anna@example.org".into()),
                ..well
            }),
            ..fresh.clone()
        };
        let wrong = Self {
            row: method("smtp", refused()),
            to: "anna".into(),
            problems: vec![Problem::with("to", "This does not look like an e-mail address.")],
            ..fresh.clone()
        };
        vec![("fresh", fresh), ("failed", failed), ("sent", sent), ("wrong", wrong)]
    }
}

fn message(kind: &str, state: MessageState, because: Option<&str>) -> MessageRow {
    let ended = matches!(state, MessageState::Sent | MessageState::Failed | MessageState::Dropped);
    MessageRow {
        id: "7".into(),
        kind: kind.into(),
        person: Some(Link { href: "/admin/people/u1".into(), text: "ben".into() }),
        to: Some("ben@example.org".into()),
        state,
        because: because.map(Into::into),
        owed_at: at("2026-11-21T11:40:00Z"),
        next_at: (state == MessageState::Deferred).then(|| at("2026-11-21T12:05:00Z")),
        ended_at: ended.then(|| at("2026-11-21T11:41:00Z")),
    }
}

impl Samples for OutboxPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            q: String::new(),
            states: vec![Choice::chosen("", "All"), Choice::new("failed", "Failed")],
            rows: vec![
                message("welcome", MessageState::Queued, None),
                message(
                    "reset",
                    MessageState::Deferred,
                    Some("smtp.example.org does not answer on port 587."),
                ),
                MessageRow {
                    person: None,
                    to: Some(format!("{}@example.org", LONG.replace('\'', "."))),
                    ..message("invite", MessageState::Sent, None)
                },
                message("expiring", MessageState::Failed, Some("The mailbox does not exist.")),
                MessageRow {
                    to: None,
                    ..message(
                        "password-changed",
                        MessageState::Dropped,
                        Some("There is no address for this person."),
                    )
                },
                MessageRow {
                    person: None,
                    to: None,
                    ..message("confirm-address", MessageState::Sent, None)
                },
            ],
            pager: Pager { first: Some("?".into()), next: Some("?cursor=abc".into()) },
            narrowed: false,
            can_send: true,
        };
        let found = Self {
            q: "zzz".into(),
            narrowed: true,
            can_send: false,
            rows: Vec::new(),
            ..full.clone()
        };
        let empty = Self { can_send: true, ..Self::default() };
        vec![("full", full), ("nothing", found), ("empty", empty)]
    }
}

impl Samples for MessagePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let deferred = Self {
            row: message(
                "reset",
                MessageState::Deferred,
                Some("smtp.example.org does not answer on port 587."),
            ),
            method: None,
            remote_id: None,
            message_id: Some("<k7m3p9q2w4x8y6z1b5c0d2f4g6@example.org>".into()),
            attempts: 2,
            expires_at: at("2026-11-21T12:40:00Z"),
            history: vec![
                AttemptLine {
                    at: at("2026-11-21T11:50:00Z"),
                    tone: Tone::Warn,
                    method: Some("smtp".into()),
                    words: "smtp.example.org does not answer on port 587.".into(),
                },
                AttemptLine {
                    at: at("2026-11-21T11:41:00Z"),
                    tone: Tone::Warn,
                    method: None,
                    words: "There was no way to send.".into(),
                },
            ],
            can_retry: true,
            can_drop: true,
            problems: Vec::new(),
        };
        let sent = Self {
            row: message("invite", MessageState::Sent, None),
            method: Some("smtp".into()),
            remote_id: Some("2.0.0 Ok: queued as 4XyZ12".into()),
            can_retry: false,
            can_drop: false,
            history: Vec::new(),
            ..deferred.clone()
        };
        let failed = Self {
            row: message("welcome", MessageState::Failed, Some("The mailbox does not exist.")),
            can_drop: false,
            problems: vec![Problem::overall("Its time is over: it cannot be tried again.")],
            ..deferred.clone()
        };
        let dropped = Self {
            row: message("expired", MessageState::Dropped, Some("An admin gave it up.")),
            message_id: None,
            ..sent.clone()
        };
        let queued =
            Self { row: message("welcome", MessageState::Queued, None), ..deferred.clone() };
        vec![
            ("deferred", deferred),
            ("sent", sent),
            ("failed", failed),
            ("dropped", dropped),
            ("queued", queued),
        ]
    }
}

impl Samples for TemplatesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, origin, broken: Option<&str>| TemplateRow {
            name: name.into(),
            subject: "Choose a new password for {{ server }}".into(),
            origin,
            broken: broken.map(Into::into),
        };
        let full = Self {
            rows: vec![
                row("reset", TemplateOrigin::BuiltIn, None),
                row("invite", TemplateOrigin::Page, None),
                row("welcome", TemplateOrigin::File, Some("There is no tag mj-bold.")),
                row("test", TemplateOrigin::BuiltIn, None),
            ],
            folder: Some("/var/lib/latchkey/templates/mail".into()),
            strays: words(&["wellcome.txt"]),
        };
        let bare = Self { folder: None, strays: Vec::new(), ..full.clone() };
        vec![("full", full), ("bare", bare)]
    }
}

impl Samples for TemplatePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let variable = |name: &str, example: &str| TemplateVariable {
            name: name.into(),
            example: example.into(),
        };
        let built_in = Self {
            name: "reset".into(),
            subject: "Choose a new password for {{ server }}".into(),
            text: "Hello {{ name }},\n\n{{ link }}\n".into(),
            mjml: "<mjml><mj-body><mj-section>...</mj-section></mj-body></mjml>".into(),
            origin: TemplateOrigin::BuiltIn,
            locked_by: None,
            broken: None,
            variables: vec![variable("name", "Ben"), variable("message", "")],
            problems: Vec::new(),
        };
        let own = Self {
            name: "welcome".into(),
            origin: TemplateOrigin::Page,
            broken: Some("There is no tag mj-bold (line 3, column 7).".into()),
            problems: vec![Problem::with("mjml", "There is no tag mj-bold (line 3, column 7).")],
            ..built_in.clone()
        };
        let locked = Self {
            name: "invite".into(),
            origin: TemplateOrigin::File,
            locked_by: Some("invite.mjml, invite.toml".into()),
            ..built_in.clone()
        };
        vec![("built-in", built_in), ("own", own), ("locked", locked)]
    }
}

fn watch(label: &str, tone: Tone, word: &str, text: &str) -> WatchRow {
    WatchRow {
        backend: label.to_lowercase().replace(' ', "-"),
        label: label.into(),
        health: WatchHealth { tone, word: word.into(), text: text.into() },
        since: Some(at("2026-11-20T09:00:00Z")),
        directory: Some("/var/lib/jellyfin".into()),
        last_at: Some(at("2026-11-21T10:00:00Z")),
        blocking: Vec::new(),
        old_files: 0,
        locked: false,
    }
}

fn good() -> WatchRow {
    watch("Films", Tone::Good, "Watching", "Files are seen at once. Nothing needs you.")
}

fn blocked() -> WatchRow {
    WatchRow {
        blocking: vec![FileLine {
            file: "passwordreset0123456789abcdef0123456789abcdef.json".into(),
            text: "has bytes of an older request at its end. Delete it.".into(),
        }],
        old_files: 3,
        locked: true,
        ..watch("Music", Tone::Bad, "Blocked", "A file is in the way.")
    }
}

impl Samples for WatchesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let off = WatchRow {
            directory: None,
            since: None,
            last_at: None,
            ..watch("Books", Tone::Quiet, "Not set up", "Requests at this server reach nobody.")
        };
        let forgot_url = "https://home.example.org/forgot".to_owned();
        vec![
            (
                "full",
                Self {
                    rows: vec![good(), blocked(), off],
                    can_send: true,
                    forgot_url: forgot_url.clone(),
                },
            ),
            ("empty", Self { rows: Vec::new(), can_send: false, forgot_url }),
        ]
    }
}

impl Samples for WatchPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let seen = |tone, name: &str, text: &str| SightingLine {
            at: at("2026-11-21T10:00:00Z"),
            tone,
            login_name: name.into(),
            person: (tone == Tone::Good)
                .then(|| Link { href: "/admin/people/u1".into(), text: name.into() }),
            text: text.into(),
            file: "passwordreset0123456789abcdef0123456789abcdef.json".into(),
        };
        let full = Self {
            row: good(),
            exists: true,
            directory: "/var/lib/jellyfin".into(),
            poll_seconds: String::new(),
            mails: vec![
                Choice::chosen("both", "Link and PIN"),
                Choice::new("link", "Link only"),
                Choice::new("pin", "PIN only"),
            ],
            locked_by: None,
            recent: vec![
                seen(Tone::Good, "ben", "asked for a new password. A mail is owed."),
                seen(Tone::Warn, LONG, "asked, but nobody of that name is known here."),
            ],
            trial: Some(TrialView {
                outcome: TrialOutcome::Seen,
                after_ms: Some(41),
                stages: vec![stage("Seen", StageOutcome::Passed, "", 41)],
            }),
            login_page: LoginPageView::On,
            problems: Vec::new(),
        };
        let unseen = Self {
            row: blocked(),
            locked_by: Some("the settings file, line 30".into()),
            trial: Some(TrialView {
                outcome: TrialOutcome::NotSeen,
                after_ms: None,
                stages: Vec::new(),
            }),
            login_page: LoginPageView::Unknown { why: "The backend does not answer.".into() },
            recent: Vec::new(),
            ..full.clone()
        };
        let fresh = Self {
            row: watch("Books", Tone::Quiet, "Not set up", "Requests reach nobody."),
            exists: false,
            directory: "books".into(),
            trial: None,
            login_page: LoginPageView::Off,
            problems: vec![Problem::with("directory", "Give the whole path, from / on.")],
            ..full.clone()
        };
        let tried = |outcome| Some(TrialView { outcome, after_ms: None, stages: Vec::new() });
        let bare = Self {
            login_page: LoginPageView::Unsupported,
            trial: tried(TrialOutcome::ReadOnly),
            ..full.clone()
        };
        let down = Self { trial: tried(TrialOutcome::NotTried), ..bare.clone() };
        vec![("full", full), ("unseen", unseen), ("fresh", fresh), ("bare", bare), ("down", down)]
    }
}

impl Samples for AdoptPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |id: &str, name: &str| AdoptRow {
            id: id.into(),
            login_name: name.into(),
            admin: false,
            disabled: false,
            chosen: false,
            email: String::new(),
            under_way: false,
            unusable: false,
            clash: None,
            name: String::new(),
        };
        let ben = Link { href: "/admin/people/u1".into(), text: "ben".into() };
        let clash = |choice| Some(Clash { user: ben.clone(), choice });
        let full = Self {
            backend: "jellyfin".into(),
            label: "Films and series".into(),
            rows: vec![
                AdoptRow { admin: true, ..row("a1", "anna") },
                AdoptRow { chosen: true, clash: clash(ClashChoice::Leave), ..row("a2", "Ben") },
                AdoptRow {
                    clash: clash(ClashChoice::Other),
                    name: "ben2".into(),
                    ..row("a3", "BEN")
                },
                AdoptRow { disabled: true, ..row("a4", LONG) },
                AdoptRow { under_way: true, ..row("a5", "cleo") },
                AdoptRow { unusable: true, name: "home_kid".into(), ..row("a6", "home/kid") },
            ],
            known: vec![KnownAccount { login_name: "dora".into(), user: ben.clone() }],
            problems: vec![Problem::with("clash.a2", "Please say who this is.")],
        };
        let empty = Self {
            rows: Vec::new(),
            problems: Vec::new(),
            known: full.known.clone(),
            ..full.clone()
        };
        vec![("full", full), ("empty", empty)]
    }
}

impl Samples for AdoptedPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let line = |name: &str, tone, text: &str| AdoptedLine {
            login_name: name.into(),
            tone,
            text: text.into(),
            user: (tone == Tone::Good)
                .then(|| Link { href: "/admin/people/u1".into(), text: name.into() }),
        };
        let mixed = Self {
            backend: "jellyfin".into(),
            label: "Films and series".into(),
            lines: vec![
                line("anna", Tone::Good, "is a user here now."),
                line("ben", Tone::Warn, "was left alone: the name is taken here."),
            ],
            done: 1,
        };
        vec![("mixed", mixed)]
    }
}
