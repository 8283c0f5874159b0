//! Profiles, backends, plugins, settings.

use super::admin::backends;
use super::{Samples, at, words};
use crate::backends::{
    BackendFormMode, BackendFormPage, BackendPage, BackendPluginsPage, BackendRow, BackendsPage,
    Connect, FieldKind, PluginOption, ProbeNotice, ProbeStage, ProbeView, SettingField,
    StageOutcome,
};
use crate::plugins::{LogLine, PluginHealth, PluginPage, PluginRow, PluginsPage};
use crate::profiles::{CapturePage, Fact, ProfileDocument, ProfilePage, ProfileRow, ProfilesPage};
use crate::settings::{
    EditableSetting, SettingInput, SettingRow, SettingSection, SettingSource, SettingsPage,
};
use crate::{Choice, Problem, Tone};

impl Samples for ProfilesPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let row = |name: &str, invites| ProfileRow {
            name: name.into(),
            backends: words(&["Films and series", "Home storage"]),
            captured_from: Some("model".into()),
            changed_at: at("2026-11-02T12:00:00Z"),
            invites,
        };
        vec![
            (
                "full",
                Self {
                    rows: vec![row("Family", 2), row("Guests & friends/50%", 0)],
                    can_capture: true,
                },
            ),
            ("empty", Self { rows: Vec::new(), can_capture: true }),
            ("early", Self { rows: Vec::new(), can_capture: false }),
        ]
    }
}

impl Samples for CapturePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let first = Self {
            backends: vec![
                Choice::chosen("jellyfin", "Films and series"),
                Choice::new("nas", "Home storage"),
            ],
            ..Self::default()
        };
        let second = Self {
            backend: Some("jellyfin".into()),
            accounts: vec![Choice::new("a1", "anna (administrator)"), Choice::new("a2", "model")],
            problems: vec![Problem::with("account", "Please choose one.")],
            ..first.clone()
        };
        let third = Self {
            account: Some(Choice::chosen("a2", "model")),
            name: "Family".into(),
            existing: words(&["Guests", "Children"]),
            problems: Vec::new(),
            ..second.clone()
        };
        vec![("backend", first), ("account", second), ("name", third)]
    }
}

impl Samples for ProfilePage {
    fn samples() -> Vec<(&'static str, Self)> {
        let fact = |name: &str, value: &str| Fact { name: name.into(), value: value.into() };
        let usual = Self {
            name: "Guests & friends/50%".into(),
            changed_at: at("2026-11-02T12:00:00Z"),
            invites: 1,
            documents: vec![ProfileDocument {
                label: "Films and series".into(),
                captured_from: Some("model".into()),
                captured_at: at("2026-11-02T12:00:00Z"),
                facts: vec![fact("Libraries", "Films, Series"), fact("Downloads", "no")],
                raw: "{\n  \"Policy\": {\n    \"EnableContentDownloading\": false,\n    \"AVeryLongNameThatAServerCouldHaveThoughtOfOnceAndNeverRemoved\": [\"<script>\"]\n  }\n}".into(),
            }],
            people: vec![Choice::new("u1", "ben"), Choice::new("u2", "carla")],
            problems: Vec::new(),
        };
        vec![("usual", usual)]
    }
}

impl Samples for BackendsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let rows = backends().into_iter().enumerate().map(|(index, health)| BackendRow {
            locked: health.id == "nas",
            product: (index == 0).then(|| "Jellyfin Server 10.11.2".into()),
            plugin: "Jellyfin".into(),
            accounts: u64::try_from(index).unwrap(),
            health,
        });
        vec![("full", Self { rows: rows.collect() }), ("empty", Self::default())]
    }
}

impl Samples for BackendPluginsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let jellyfin = PluginOption {
            id: "jellyfin".into(),
            name: "Jellyfin".into(),
            summary: "Accounts, profiles and passwords on a Jellyfin server.".into(),
        };
        vec![("one", Self { plugins: vec![jellyfin] }), ("none", Self { plugins: Vec::new() })]
    }
}

fn field(name: &str, kind: FieldKind, label: &str) -> SettingField {
    SettingField {
        name: name.into(),
        kind,
        label: label.into(),
        help: String::new(),
        example: String::new(),
        required: true,
        value: String::new(),
        options: Vec::new(),
        kept: false,
        locked_by: None,
    }
}

impl Samples for BackendFormPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let url = SettingField {
            example: "http://127.0.0.1:8096".into(),
            help: "As this machine reaches it.".into(),
            ..field("setting.url", FieldKind::Url, "Address of the server")
        };
        let flag = SettingField {
            value: "true".into(),
            ..field("setting.tls", FieldKind::Flag, "Check the certificate")
        };
        let choice = SettingField {
            options: vec![Choice::chosen("auto", "auto"), Choice::new("11", "11")],
            ..field("setting.line", FieldKind::Choice, "Release line")
        };
        let number = SettingField {
            value: "30".into(),
            required: false,
            ..field("setting.wait", FieldKind::Number, "Seconds to wait")
        };
        let key = field("setting.api_key", FieldKind::Secret, "API key");
        let fresh = Self {
            plugin: "jellyfin".into(),
            plugin_name: "Jellyfin".into(),
            mode: BackendFormMode::New,
            id: "jellyfin".into(),
            label: String::new(),
            public_url: String::new(),
            fields: vec![url.clone(), flag, choice, number],
            secrets: vec![key.clone()],
            connect: Some(Connect {
                fields: vec![
                    field("connect.admin_user", FieldKind::Text, "Administrator's name"),
                    field("connect.admin_password", FieldKind::Secret, "Administrator's password"),
                ],
                chosen: true,
            }),
            locked_by: None,
            problems: Vec::new(),
        };
        let wrong = Self {
            problems: vec![Problem::with(
                "setting.url",
                "This is not an address. It begins with https:// or http://.",
            )],
            connect: None,
            ..fresh.clone()
        };
        let edit = Self {
            mode: BackendFormMode::Edit,
            label: "Films and series".into(),
            secrets: vec![SettingField { kept: true, ..key.clone() }],
            fields: vec![SettingField {
                locked_by: Some("LATCHKEY_BACKEND__JELLYFIN__URL".into()),
                value: "http://127.0.0.1:8096".into(),
                ..url
            }],
            connect: fresh.connect.clone().map(|connect| Connect { chosen: false, ..connect }),
            ..fresh.clone()
        };
        let locked = Self {
            locked_by: Some("latchkey.toml".into()),
            secrets: vec![SettingField { kept: true, ..key }],
            ..edit.clone()
        };
        vec![("fresh", fresh), ("wrong", wrong), ("edit", edit), ("locked", locked)]
    }
}

impl Samples for BackendPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let stage = |name: &str, outcome, detail: &str, took_ms| ProbeStage {
            name: name.into(),
            outcome,
            detail: detail.into(),
            took_ms,
        };
        let all = backends();
        let up = Self {
            health: all.first().unwrap().clone(),
            plugin: "jellyfin".into(),
            plugin_name: "Jellyfin".into(),
            product: Some("Jellyfin Server 10.11.2".into()),
            public_url: Some("https://media.example.org".into()),
            accounts: 11,
            libraries: words(&["Films", "Series", "Home videos"]),
            locked_by: None,
            probe: Some(ProbeView {
                stages: vec![
                    stage("resolve", StageOutcome::Passed, "127.0.0.1", 0),
                    stage("connect", StageOutcome::Passed, "", 1),
                    stage("version", StageOutcome::Passed, "Jellyfin Server 10.11.2", 6),
                    stage("rights", StageOutcome::Warned, "The key is older than a year.", 12),
                ],
                notices: vec![ProbeNotice {
                    tone: Tone::Warn,
                    text: "Old header forms are still switched on.".into(),
                }],
                passed: true,
            }),
            can_capture: true,
            can_adopt: true,
            has_resets: true,
            owner: Some(true),
        };
        let down = Self {
            health: all.get(2).unwrap().clone(),
            product: None,
            public_url: None,
            libraries: Vec::new(),
            locked_by: Some("latchkey.toml".into()),
            owner: Some(false),
            probe: Some(ProbeView {
                stages: vec![
                    stage("resolve", StageOutcome::Passed, "192.168.1.9", 3),
                    stage(
                        "connect",
                        StageOutcome::Failed,
                        "Nothing listens at 192.168.1.9:443.",
                        1003,
                    ),
                    stage("certificate", StageOutcome::Skipped, "", 0),
                ],
                notices: Vec::new(),
                passed: false,
            }),
            ..up.clone()
        };
        let fresh = Self { probe: None, ..up.clone() };
        vec![("saved", up), ("down", down), ("fresh", fresh)]
    }
}

fn plugin() -> PluginRow {
    PluginRow {
        id: "jellyfin".into(),
        name: "Jellyfin".into(),
        version: "0.1.0".into(),
        summary: "Accounts, profiles and passwords on a Jellyfin server.".into(),
        roles: words(&["Keeps accounts", "Signs people in"]),
        bundled: true,
        health: PluginHealth::Well,
        used_by: words(&["Films and series"]),
    }
}

fn ill() -> PluginRow {
    PluginRow {
        name: "Example".into(),
        bundled: false,
        used_by: Vec::new(),
        health: PluginHealth::Ill {
            until: at("2026-11-21T12:05:00Z"),
            last: "It trapped: unreachable.".into(),
        },
        ..plugin()
    }
}

impl Samples for PluginsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let folder = "/var/lib/latchkey/plugins".to_owned();
        vec![
            ("full", Self { rows: vec![plugin(), ill()], folder: folder.clone() }),
            ("empty", Self { rows: Vec::new(), folder }),
        ]
    }
}

impl Samples for PluginPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let log = |level: &str, text: &str| LogLine {
            at: at("2026-11-21T11:58:00Z"),
            level: level.into(),
            text: text.into(),
        };
        let well = Self {
            row: plugin(),
            sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08".into(),
            file: None,
            license: "MIT OR Apache-2.0".into(),
            can: words(&[
                "Reach the server at the address you give it, and nothing else.",
                "Keep up to 64 KiB of notes.",
            ]),
            cannot: words(&[
                "See the API key: Latchkey puts it in while sending.",
                "Read files, or start programs.",
            ]),
            limits: words(&["48 MiB of memory", "30 seconds in all"]),
            log: vec![
                log("info", "created account"),
                log("warn", "slow answer: 2300 ms"),
                log("error", "answered HTML"),
            ],
        };
        let sick = Self {
            row: ill(),
            file: Some("example.wasm".into()),
            log: Vec::new(),
            limits: Vec::new(),
            ..well.clone()
        };
        vec![("well", well), ("ill", sick)]
    }
}

impl Samples for SettingsPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let setting =
            |name: &str, label: &str, value: &str, input, source, locked| EditableSetting {
                name: name.into(),
                label: label.into(),
                help: "For example like this.".into(),
                value: value.into(),
                input,
                source,
                locked,
            };
        let row = |key: &str, value: &str, source| SettingRow {
            key: key.into(),
            value: value.into(),
            source,
        };
        let full = Self {
            editable: vec![
                setting(
                    "server.public_url",
                    "Address of Latchkey",
                    "https://home.example.org",
                    SettingInput::Url,
                    SettingSource::File,
                    true,
                ),
                setting(
                    "texts.contact",
                    "Contact line",
                    "Ask Anna.",
                    SettingInput::Text,
                    SettingSource::Page,
                    false,
                ),
                setting(
                    "dates.clock_24h",
                    "24-hour clock",
                    "true",
                    SettingInput::Flag,
                    SettingSource::Default,
                    false,
                ),
                setting(
                    "dates.zone",
                    "Time zone",
                    "Mars/Base",
                    SettingInput::Text,
                    SettingSource::Environment,
                    false,
                ),
            ],
            sections: vec![SettingSection {
                name: "server".into(),
                rows: vec![
                    row("listen", "[\"0.0.0.0:8443\", \"[::]:8443\"]", SettingSource::Default),
                    row("trusted_proxies", "[]", SettingSource::Flag),
                ],
            }],
            problems: vec![Problem::with("dates.zone", "There is no such time zone.")],
        };
        vec![("full", full), ("bare", Self::default())]
    }
}
