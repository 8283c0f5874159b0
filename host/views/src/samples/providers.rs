//! Ways to sign in.

use super::{LONG, Samples, at};
use crate::backends::{ProbeStage, StageOutcome};
use crate::providers::{
    Admission, DryRunView, IssuerFields, LockedRule, OutcomeRow, PastedView, PersonRow, Preset,
    ProviderKind, ProviderNewPage, ProviderPage, ProviderRow, ProviderState, RuleFields,
    SignInPage, TrialView,
};
use crate::{Choice, Problem};

fn row(id: &str, kind: ProviderKind) -> ProviderRow {
    ProviderRow {
        id: id.into(),
        label: "Home".into(),
        kind,
        about: "https://auth.example.org/realms/home".into(),
        rule: "Lets in whose groups has family.".into(),
        state: ProviderState::Untried,
        people: 3,
        locked: false,
        up: true,
        down: true,
    }
}

fn choices(words: &[(&str, &str)], chosen: &str) -> Vec<Choice> {
    let one = |(value, label): &(&str, &str)| Choice {
        chosen: *value == chosen,
        ..Choice::new(*value, *label)
    };
    words.iter().map(one).collect()
}

fn registration(chosen: &str) -> Vec<Choice> {
    choices(&[("off", "No"), ("approval", "Yes, once an admin approves"), ("open", "Yes")], chosen)
}

impl Samples for SignInPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let worked = ProviderState::Worked { at: at("2026-11-21T11:50:00Z") };
        let failed = ProviderState::Failed { at: at("2026-11-20T11:50:00Z") };
        let usual = Self {
            rows: vec![
                ProviderRow {
                    locked: true,
                    up: false,
                    down: false,
                    state: worked,
                    ..row("google", ProviderKind::Oidc)
                },
                ProviderRow {
                    up: false,
                    label: "Films".into(),
                    ..row("films", ProviderKind::Password)
                },
                ProviderRow { state: failed, ..row("plex", ProviderKind::Redirect) },
                ProviderRow { down: false, people: 0, ..row("nas", ProviderKind::Unknown) },
            ],
            registration: registration("off"),
            local_login: true,
            second_factor: false,
            locked: Vec::new(),
            problems: Vec::new(),
        };
        let locked = |label: &str, value: &str| LockedRule {
            label: label.into(),
            value: value.into(),
            by: "the settings file, line 12".into(),
        };
        let long = ProviderRow {
            label: LONG.into(),
            about: format!("https://{}.example.org/", "a".repeat(60)),
            rule: LONG.into(),
            ..row("long", ProviderKind::Oidc)
        };
        vec![
            ("usual", usual.clone()),
            ("empty", Self { registration: registration("open"), ..Self::default() }),
            (
                "locked",
                Self {
                    registration: Vec::new(),
                    locked: vec![
                        locked("May strangers make an account", "No"),
                        locked("Accept Latchkey's own passwords", "Yes"),
                        locked("Admins need a second factor", "No"),
                    ],
                    ..usual.clone()
                },
            ),
            (
                "wrong",
                Self {
                    problems: vec![Problem::with("local_login", "You would shut yourself out.")],
                    ..usual.clone()
                },
            ),
            ("long", Self { rows: vec![long], ..usual }),
        ]
    }
}

fn rules(chosen: &str) -> RuleFields {
    RuleFields {
        rules: choices(
            &[
                ("known", "Who is known here: signed up, adopted or linked"),
                ("open", "Everybody there"),
                ("group", "Who has a value in a claim"),
                ("list", "Who is on a list"),
                ("approval", "Whom an admin approves"),
            ],
            chosen,
        ),
        claim: "groups".into(),
        value: "family".into(),
        emails: "zoe@example.org\nmax@example.org".into(),
        usernames: "zoe".into(),
        admin_claim: "groups".into(),
        admin_value: "admins".into(),
    }
}

fn issuer(has_secret: bool) -> IssuerFields {
    IssuerFields {
        issuer: "https://auth.example.org/realms/home".into(),
        client_id: "latchkey".into(),
        has_secret,
        scopes: "openid profile email groups".into(),
    }
}

impl Samples for ProviderNewPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            callback_url: "https://home.example.org/api/auth/ID/callback".into(),
            rules: RuleFields { rules: rules("known").rules, ..RuleFields::default() },
            presets: vec![Preset {
                name: "Keycloak".into(),
                issuer: "https://auth.example.org/realms/home".into(),
                help: "Clients: OpenID Connect with client authentication on.".into(),
            }],
            ..Self::default()
        };
        let wrong = Self {
            id: "login".into(),
            label: "Home".into(),
            issuer: issuer(false),
            rules: rules("group"),
            problems: vec![
                Problem::with("id", "This id is in use."),
                Problem::with("issuer", "Sign-ins would travel in the clear."),
                Problem::with("scopes", "This is no scope. Write each by itself."),
                Problem::with("claim", "Please fill this in."),
                Problem::with("rule", "Please choose one."),
                Problem::with("emails", "Nobody is on the list."),
            ],
            ..usual.clone()
        };
        vec![("usual", usual), ("wrong", wrong)]
    }
}

fn person(name: &str, used: bool) -> PersonRow {
    PersonRow {
        id: "0123456789abcdefghjkmnpqrs".into(),
        name: name.into(),
        there: "zoe@example.org".into(),
        used_at: used.then(|| at("2026-11-21T11:50:00Z")),
        claims: "{\n  \"groups\": [\n    \"family\"\n  ]\n}".into(),
    }
}

fn outcome(name: &str, before: Admission, after: Admission) -> OutcomeRow {
    OutcomeRow {
        id: "0123456789abcdefghjkmnpqrs".into(),
        name: name.into(),
        before,
        after,
        admin_before: name == "zoe",
        admin_after: name == "max",
    }
}

fn stage(name: &str, outcome: StageOutcome, detail: &str) -> ProbeStage {
    ProbeStage { name: name.into(), outcome, detail: detail.into(), took_ms: 31 }
}

impl Samples for ProviderPage {
    fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            row: row("home", ProviderKind::Oidc),
            label: "Home".into(),
            issuer: Some(issuer(true)),
            has_rules: true,
            callback_url: Some("https://home.example.org/api/auth/home/callback".into()),
            rules: rules("group"),
            locked_by: None,
            trial: None,
            dry_run: None,
            claims: String::new(),
            people: vec![person("zoe", true), person("max", false), person(LONG, true)],
            problems: Vec::new(),
        };
        let tried = |passed, stages| TrialView { at: at("2026-11-21T11:50:00Z"), passed, stages };
        let run = DryRunView {
            people: vec![
                outcome("zoe", Admission::Welcome, Admission::Refused),
                outcome("max", Admission::Refused, Admission::Welcome),
                outcome("ada", Admission::Welcome, Admission::Welcome),
            ],
            shut_out: 1,
            pasted: Some(PastedView {
                stranger: Admission::Ask,
                known: Admission::Welcome,
                admin: Some(false),
            }),
        };
        let silent =
            PastedView { stranger: Admission::Refused, known: Admission::Welcome, admin: None };
        let backend = Self {
            row: row("films", ProviderKind::Password),
            label: String::new(),
            issuer: None,
            has_rules: false,
            callback_url: None,
            people: Vec::new(),
            ..usual.clone()
        };
        vec![
            ("usual", usual.clone()),
            (
                "worked",
                Self {
                    trial: Some(tried(
                        true,
                        vec![
                            stage("Found", StageOutcome::Passed, "https://auth.example.org"),
                            stage("Tells when somebody signs out there", StageOutcome::Skipped, ""),
                        ],
                    )),
                    ..usual.clone()
                },
            ),
            (
                "failed",
                Self {
                    trial: Some(tried(
                        false,
                        vec![stage(
                            "Found",
                            StageOutcome::Failed,
                            "auth.example.org does not answer.",
                        )],
                    )),
                    ..usual.clone()
                },
            ),
            (
                "dry-run",
                Self {
                    dry_run: Some(run.clone()),
                    claims: "{ \"groups\": [\"family\"] }".into(),
                    ..usual.clone()
                },
            ),
            (
                "dry-run-nobody",
                Self {
                    dry_run: Some(DryRunView {
                        people: Vec::new(),
                        shut_out: 0,
                        pasted: Some(silent),
                    }),
                    ..backend.clone()
                },
            ),
            (
                "wrong",
                Self {
                    problems: vec![
                        Problem::with("client_secret", "Please fill this in."),
                        Problem::with("claims", "This is no JSON object."),
                    ],
                    ..usual.clone()
                },
            ),
            ("locked", Self { locked_by: Some("the settings file, line 12".into()), ..usual }),
            ("backend", backend.clone()),
            ("backend-rules", Self { has_rules: true, ..backend }),
        ]
    }
}
