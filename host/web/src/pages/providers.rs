//! Ways to sign in: listed in their order, added, tried, changed, removed; the rules tried before they hold.

use super::backends::stage_name;
use super::provider_forms::{
    all_sent, form_field, issuer_typed, pasted, rule_choices, rule_fields, rules_sent, rules_typed,
};
use super::words;
use crate::access::Reply;
use crate::api::providers::{Trial, callback_url, changes, draft, id, refusal, trial};
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use crate::wording;
use domain::ids::ProviderId;
use domain::plugins::{Stage, StageOutcome};
use domain::providers::drafts::DEFAULT_SCOPES;
use domain::providers::{AccessRule, Admission, ProviderKind};
use domain::role::Admin;
use domain::settings::Source;
use serde_json::Value;
use service::providers::{self, DryRun, Identities, Person, ProviderView, Tried};
use service::settings::{self, SettingView};
use std::collections::BTreeMap;
use views::backends as parts;
use views::notices::{ConfirmOption, ConfirmPage, Consequence};
use views::providers as pages;
use views::{Arg, Choice, Tone};

/// Who may come in, in a sentence.
fn rule_words(ctx: &Ctx, rule: &AccessRule) -> String {
    let key = format!("signin-says-{}", rule.name());
    match rule {
        AccessRule::Group(group) => {
            let args = [("claim", Arg::Text(&group.claim)), ("value", Arg::Text(&group.value))];
            ctx.text(&key, &args)
        }
        AccessRule::List { emails, usernames } => {
            let n = i64::try_from(emails.len() + usernames.len()).unwrap_or(i64::MAX);
            ctx.text(&key, &[("n", Arg::Number(n))])
        }
        AccessRule::Known | AccessRule::Open | AccessRule::Approval => ctx.text(&key, &[]),
    }
}

fn kind(view: &ProviderView) -> pages::ProviderKind {
    match (&view.provider.kind, view.ways) {
        (ProviderKind::Oidc(_), _) => pages::ProviderKind::Oidc,
        (_, Some(ways)) if ways.redirect => pages::ProviderKind::Redirect,
        (_, Some(ways)) if ways.password => pages::ProviderKind::Password,
        _ => pages::ProviderKind::Unknown,
    }
}

fn state(last: Option<&Tried>) -> pages::ProviderState {
    match last {
        None => pages::ProviderState::Untried,
        Some(Tried { at, passed: true, .. }) => pages::ProviderState::Worked { at: *at },
        Some(Tried { at, .. }) => pages::ProviderState::Failed { at: *at },
    }
}

fn row(ctx: &Ctx, view: &ProviderView) -> pages::ProviderRow {
    pages::ProviderRow {
        id: view.provider.id.to_string(),
        label: view.label.clone(),
        kind: kind(view),
        about: view.provider.issuer().to_owned(),
        rule: rule_words(ctx, &view.provider.access),
        state: state(view.last.as_ref()),
        people: u64::try_from(view.people).unwrap_or(u64::MAX),
        locked: view.locked.is_some(),
        up: false,
        down: false,
    }
}

/// All rows; those of the pages can be moved among themselves.
fn rows(ctx: &Ctx, all: &[ProviderView]) -> Vec<pages::ProviderRow> {
    let movable = movable(all);
    let place = |id: &ProviderId| movable.iter().position(|there| there == id);
    let one = |view: &ProviderView| {
        let place = place(&view.provider.id);
        pages::ProviderRow {
            up: place.is_some_and(|place| place > 0),
            down: place.is_some_and(|place| place + 1 < movable.len()),
            ..row(ctx, view)
        }
    };
    all.iter().map(one).collect()
}

fn movable(all: &[ProviderView]) -> Vec<ProviderId> {
    let free = all.iter().filter(|view| view.locked.is_none());
    free.map(|view| view.provider.id.clone()).collect()
}

const REGISTRATION: &str = "signin.registration";
const LOCAL: &str = "signin.local_login";
const SECOND: &str = "signin.admins_need_second_factor";

/// The names of the form and of the setting.
const SWITCHES: [(&str, &str); 2] = [("local_login", LOCAL), ("admins_need_second_factor", SECOND)];

fn registrations(ctx: &Ctx, chosen: &str) -> Vec<Choice> {
    let one = |word: &str| Choice {
        chosen: word == chosen,
        ..Choice::new(word, ctx.text(&format!("signin-registration-{word}"), &[]))
    };
    ["off", "approval", "open"].into_iter().map(one).collect()
}

fn locked(ctx: &Ctx, all: &[SettingView]) -> Vec<pages::LockedRule> {
    let label = |key: &str| match key {
        REGISTRATION => Some("signin-registration"),
        LOCAL => Some("signin-local"),
        SECOND => Some("signin-second"),
        _ => None,
    };
    let one = |setting: &SettingView| {
        let label = ctx.text(label(&setting.key)?, &[]);
        let value = match &setting.value {
            Value::Bool(flag) => ctx.text(if *flag { "yes" } else { "no" }, &[]),
            other => {
                let word = other.as_str().unwrap_or_default();
                ctx.text(&format!("signin-registration-{word}"), &[])
            }
        };
        let is_elsewhere = !matches!(setting.source, Source::Default | Source::Page);
        let by = wording::source_text(ctx, &setting.source);
        is_elsewhere.then_some(pages::LockedRule { label, value, by })
    };
    all.iter().filter_map(one).collect()
}

async fn page(ctx: &Ctx, by: &Admin) -> Result<pages::SignInPage, Failure> {
    let all = providers::list(ctx.service()).await?;
    let settings = settings::list(ctx.service(), by);
    let found = |key: &str| settings.iter().find(|setting| setting.key == key);
    let is_on = |key| found(key).is_some_and(|setting| setting.value == Value::Bool(true));
    let registration = found(REGISTRATION).filter(|setting| setting.editable);
    let chosen = registration.map(|setting| setting.value.as_str().unwrap_or_default().to_owned());
    Ok(pages::SignInPage {
        rows: rows(ctx, &all),
        registration: chosen.map(|word| registrations(ctx, &word)).unwrap_or_default(),
        local_login: is_on(LOCAL),
        second_factor: is_on(SECOND),
        locked: locked(ctx, &settings),
        problems: Vec::new(),
    })
}

/// `GET /admin/signin`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &page(&ctx, &by).await?)
}

/// `POST /admin/signin`: only what was changed is set.
pub async fn save_house(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let all = settings::list(ctx.service(), &by);
    let mut wanted: BTreeMap<String, Value> = BTreeMap::new();
    if let Some(word) = form.get("registration") {
        wanted.insert(REGISTRATION.to_owned(), word.into());
    }
    for (name, key) in SWITCHES {
        wanted.insert(key.to_owned(), form.get(name).is_some().into());
    }
    wanted.retain(|key, value| {
        all.iter().any(|one| one.key == *key && one.editable && one.value != *value)
    });
    match settings::patch(ctx.service(), &by, wanted).await {
        Ok(_all) => Ok(frame::done(&ctx, "/admin/signin", "signin-house-saved", &[])),
        Err(error) => {
            let failure = Failure::from(error)
                .renamed(|field| field.trim_start_matches("signin.").to_owned());
            let page = page(&ctx, &by).await?;
            let typed = pages::SignInPage {
                registration: registrations(&ctx, form.get("registration").unwrap_or_default()),
                local_login: form.get("local_login").is_some(),
                second_factor: form.get("admins_need_second_factor").is_some(),
                ..page
            };
            words::again(&ctx, failure, |problems| pages::SignInPage { problems, ..typed })
        }
    }
}

/// `POST /admin/signin/order` with `up` or `down` and an id.
pub async fn reorder(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let mut ids = movable(&providers::list(ctx.service()).await?);
    let place = |id: &str| ids.iter().position(|there| there.as_str() == id);
    let swap = match (form.get("up").and_then(place), form.get("down").and_then(place)) {
        (Some(place), _) => place.checked_sub(1).map(|before| (before, place)),
        (None, Some(place)) if place + 1 < ids.len() => Some((place, place + 1)),
        _ => None,
    };
    if let Some((one, other)) = swap {
        ids.swap(one, other);
        providers::reorder(ctx.service(), &by, &ids).await?;
    }
    Ok(frame::done(&ctx, "/admin/signin", "signin-moved", &[]))
}

/// Names and addresses to copy from; nothing here is known to the rest of the program.
fn presets(ctx: &Ctx) -> Vec<pages::Preset> {
    let all = [
        ("Google", "google", "https://accounts.google.com"),
        ("Authentik", "authentik", "https://auth.example.org/application/o/latchkey/"),
        ("Keycloak", "keycloak", "https://auth.example.org/realms/home"),
        ("Authelia", "authelia", "https://auth.example.org"),
        ("Pocket ID", "pocket-id", "https://id.example.org"),
    ];
    let one = |(name, word, issuer): (&str, &str, &str)| pages::Preset {
        name: name.to_owned(),
        issuer: issuer.to_owned(),
        help: ctx.text(&format!("signin-preset-{word}"), &[]),
    };
    all.into_iter().map(one).collect()
}

fn blank(ctx: &Ctx) -> pages::ProviderNewPage {
    pages::ProviderNewPage {
        callback_url: ctx.address("/api/auth/ID/callback"),
        issuer: pages::IssuerFields {
            scopes: DEFAULT_SCOPES.join(" "),
            ..pages::IssuerFields::default()
        },
        rules: pages::RuleFields {
            rules: rule_choices(ctx, AccessRule::default().name()),
            ..pages::RuleFields::default()
        },
        presets: presets(ctx),
        ..pages::ProviderNewPage::default()
    }
}

/// `GET /admin/signin/new`
pub async fn new(ctx: Ctx, _by: Admin) -> Reply {
    frame::page(&ctx, &blank(&ctx))
}

/// `POST /admin/signin/new`
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let sent = all_sent(&form).put("kind", "oidc").with("id", form.get("id"));
    let added = match draft(sent.with("issuer", form.get("issuer"))) {
        Ok(draft) => providers::add(ctx.service(), &by, draft).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match added {
        Ok(view) => {
            let here = here(&view.provider.id);
            Ok(frame::done(&ctx, &here, "signin-added", &[("name", &view.label)]))
        }
        Err(failure) => {
            let page = pages::ProviderNewPage {
                id: form.get("id").unwrap_or_default().to_owned(),
                label: form.get("label").unwrap_or_default().to_owned(),
                issuer: issuer_typed(&form, false),
                rules: rules_typed(&ctx, &form),
                ..blank(&ctx)
            };
            words::again(&ctx, failure.renamed(form_field), |problems| pages::ProviderNewPage {
                problems,
                ..page
            })
        }
    }
}

fn here(id: &ProviderId) -> String {
    format!("/admin/signin/{id}")
}

fn stage(ctx: &Ctx, stage: Stage) -> parts::ProbeStage {
    let own = format!("signin-stage-{}", stage.name);
    let name = if ctx.views().catalogue().has(&own) {
        ctx.text(&own, &[])
    } else {
        stage_name(ctx, stage.name)
    };
    parts::ProbeStage {
        name,
        outcome: match stage.outcome {
            StageOutcome::Passed => parts::StageOutcome::Passed,
            StageOutcome::Warned => parts::StageOutcome::Warned,
            StageOutcome::Failed => parts::StageOutcome::Failed,
            StageOutcome::Skipped => parts::StageOutcome::Skipped,
        },
        detail: stage.detail,
        took_ms: stage.took_ms,
    }
}

fn person(one: Person) -> pages::PersonRow {
    let identity = one.identity;
    pages::PersonRow {
        id: one.user.id.to_string(),
        name: one.user.username.as_str().to_owned(),
        there: identity.login_name.unwrap_or(identity.display_name),
        used_at: identity.used_at,
        claims: serde_json::to_string_pretty(&identity.claims).unwrap_or_default(),
    }
}

async fn detail_page(
    ctx: &Ctx,
    by: &Admin,
    view: &ProviderView,
) -> Result<pages::ProviderPage, Failure> {
    let provider = &view.provider;
    let people = providers::people(ctx.service(), by, &provider.id).await?;
    let issuer = match &provider.kind {
        ProviderKind::Oidc(issuer) => Some(pages::IssuerFields {
            issuer: issuer.issuer.to_string(),
            client_id: issuer.client_id.clone(),
            has_secret: view.has_secret,
            scopes: issuer.scopes.join(" "),
        }),
        ProviderKind::Backend { .. } => None,
    };
    let goes_away = view.ways.is_some_and(|ways| ways.redirect);
    Ok(pages::ProviderPage {
        row: row(ctx, view),
        label: provider.label.clone(),
        has_rules: !view.implied,
        callback_url: goes_away.then(|| callback_url(ctx, &provider.id)),
        rules: rule_fields(ctx, provider),
        locked_by: view.locked.as_ref().map(|source| wording::source_text(ctx, source)),
        trial: view.last.clone().map(|last| pages::TrialView {
            at: last.at,
            passed: last.passed,
            stages: last.stages.into_iter().map(|one| stage(ctx, one)).collect(),
        }),
        dry_run: None,
        claims: String::new(),
        people: people.into_iter().map(person).collect(),
        problems: Vec::new(),
        issuer,
    })
}

/// `GET /admin/signin/{id}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    let view = providers::get(ctx.service(), &id(&ctx)?).await?;
    frame::page(&ctx, &detail_page(&ctx, &by, &view).await?)
}

/// The page with what was typed.
async fn typed_page(
    ctx: &Ctx,
    by: &Admin,
    (view, form): (&ProviderView, &Pairs),
) -> Result<pages::ProviderPage, Failure> {
    let page = detail_page(ctx, by, view).await?;
    let sends_issuer = form.get("issuer").is_some() && page.locked_by.is_none();
    Ok(pages::ProviderPage {
        label: form.get("label").map_or(page.label, str::to_owned),
        issuer: page
            .issuer
            .map(|kept| if sends_issuer { issuer_typed(form, kept.has_secret) } else { kept }),
        rules: rules_typed(ctx, form),
        claims: form.get("claims").unwrap_or_default().to_owned(),
        ..page
    })
}

/// `POST /admin/signin/{id}`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = providers::get(ctx.service(), &id).await?;
    let form = ctx.form()?;
    let kept = match changes(all_sent(&form)) {
        Ok(patch) => providers::patch(ctx.service(), &by, &id, patch).await.map_err(refusal),
        Err(failure) => Err(failure),
    };
    match kept {
        Ok(view) => Ok(frame::done(&ctx, &here(&id), "signin-saved", &[("name", &view.label)])),
        Err(failure) => {
            let page = typed_page(&ctx, &by, (&view, &form)).await?;
            words::again(&ctx, failure.renamed(form_field), |problems| pages::ProviderPage {
                problems,
                ..page
            })
        }
    }
}

/// `POST /admin/signin/{id}/test`
pub async fn test(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let _tried: Tried = providers::test(ctx.service(), &by, &id).await?;
    Ok(ctx.go(&here(&id)))
}

const fn admission(admission: Admission) -> pages::Admission {
    match admission {
        Admission::Welcome => pages::Admission::Welcome,
        Admission::Ask => pages::Admission::Ask,
        Admission::Refused => pages::Admission::Refused,
    }
}

fn run_view(run: DryRun) -> pages::DryRunView {
    let one = |one: providers::Outcome| pages::OutcomeRow {
        id: one.person.user.id.to_string(),
        name: one.person.user.username.as_str().to_owned(),
        before: admission(one.before),
        after: admission(one.after),
        admin_before: one.admin_before,
        admin_after: one.admin_after,
    };
    let is_shut_out = |one: &&providers::Outcome| {
        one.before != Admission::Refused && one.after == Admission::Refused
    };
    let shut_out = run.people.iter().filter(is_shut_out).count();
    pages::DryRunView {
        shut_out: u64::try_from(shut_out).unwrap_or(u64::MAX),
        people: run.people.into_iter().map(one).collect(),
        pasted: run.pasted.map(|pasted| pages::PastedView {
            stranger: admission(pasted.stranger),
            known: admission(pasted.known),
            admin: pasted.admin,
        }),
    }
}

/// `POST /admin/signin/{id}/dry-run`: what the typed rules would mean. Nothing is changed.
pub async fn dry_run(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let view = providers::get(ctx.service(), &id).await?;
    let form = ctx.form()?;
    let page = typed_page(&ctx, &by, (&view, &form)).await?;
    let wanted = pasted(&form)
        .and_then(|claims| trial(rules_sent(Input::default(), &form).put("claims", claims), &view));
    match wanted {
        Ok(Trial { access, admin, claims }) => {
            let rules = (&access, admin.as_ref());
            let run = providers::dry_run(ctx.service(), &by, &id, rules, claims.as_ref()).await?;
            frame::page(&ctx, &pages::ProviderPage { dry_run: Some(run_view(run)), ..page })
        }
        Err(failure) => words::again(&ctx, failure.renamed(form_field), |problems| {
            pages::ProviderPage { problems, ..page }
        }),
    }
}

/// `GET /admin/signin/{id}/delete`
pub async fn confirm_removal(ctx: Ctx, by: Admin) -> Reply {
    let view = providers::get(ctx.service(), &id(&ctx)?).await?;
    let line = |tone, text| Consequence { tone, place: None, text };
    let (lines, options, confirm) = match &view.provider.kind {
        ProviderKind::Oidc(_) => {
            let open = providers::sessions_of(ctx.service(), &by, &view.provider.id).await?;
            let n = i64::try_from(open).unwrap_or(i64::MAX);
            let lines = vec![
                line(Tone::Warn, ctx.text("signin-delete-ends", &[("n", Arg::Number(n))])),
                line(Tone::Info, ctx.text("signin-delete-keeps", &[])),
            ];
            let forget = ConfirmOption {
                name: "identities".to_owned(),
                value: "forget".to_owned(),
                label: ctx.text("signin-delete-forget", &[]),
                help: None,
                on: false,
            };
            (lines, vec![forget], "signin-delete")
        }
        ProviderKind::Backend { .. } => {
            let then = line(Tone::Warn, ctx.text("signin-delete-rules-then", &[]));
            (vec![then], Vec::new(), "signin-delete-rules")
        }
    };
    let here = here(&view.provider.id);
    let page = ConfirmPage {
        title: ctx.text("signin-delete-question", &[("name", Arg::Text(&view.label))]),
        lines,
        options,
        action: format!("{here}/delete"),
        confirm: ctx.text(confirm, &[]),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/signin/{id}/delete`
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let label = providers::get(ctx.service(), &id).await?.label;
    let forget = ctx.form()?.get("identities") == Some("forget");
    let kept = if forget { Identities::Forget } else { Identities::Keep };
    let _ended: usize = providers::remove(ctx.service(), &by, &id, kept).await?;
    Ok(frame::done(&ctx, "/admin/signin", "signin-deleted", &[("name", &label)]))
}
