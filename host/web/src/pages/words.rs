//! Things that several pages say.

use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::kit::Answer;
use crate::wording;
use domain::activity::{Activity, ActivityKind, Actor};
use domain::ids::{BackendId, UserId};
use domain::passwords::Rules;
use domain::settings::Lifetime;
use http::StatusCode;
use service::backends::{self, BackendView, HealthState};
use service::mail;
use service::reset_watch::FileRemark;
use std::collections::BTreeMap;
use views::activity::ActivityLine;
use views::health::{self, BackendHealth};
use views::paging::Pager;
use views::{Arg, Page, Problem, Tone};

/// Answers a form that did not work with the form again.
///
/// # Errors
/// The failure itself, where filling in the form again would not help.
pub fn again<P: Page>(
    ctx: &Ctx,
    failure: Failure,
    make: impl FnOnce(Vec<Problem>) -> P,
) -> Result<Answer, Failure> {
    let wait = failure.inside().retry_after;
    let (status, problems) = wording::form_problems(ctx, failure)?;
    let answer = frame::page(ctx, &make(problems))?.status(status);
    Ok(match wait {
        Some(wait) => answer.retry_after(wait),
        None => answer,
    })
}

/// The same for forms whose page can only be made by asking again.
///
/// # Errors
/// The failure itself, where filling in the form again would not help.
pub fn problems(ctx: &Ctx, failure: Failure) -> Result<(StatusCode, Vec<Problem>), Failure> {
    wording::form_problems(ctx, failure)
}

/// What a password must be, before it is typed.
#[must_use]
pub fn password_rules(ctx: &Ctx, rules: &Rules) -> Vec<String> {
    let mut said =
        vec![ctx.text("password-rule-length", &[("n", Arg::Number(i64::from(rules.min)))])];
    if rules.max < u32::try_from(domain::passwords::MAX_CHARS).unwrap_or(u32::MAX) {
        said.push(ctx.text("password-rule-max", &[("n", Arg::Number(i64::from(rules.max)))]));
    }
    said.push(ctx.text("password-rule-common", &[]));
    if !rules.forbidden.is_empty() {
        let characters = ("characters", Arg::Text(rules.forbidden.as_str()));
        said.push(ctx.text("password-rule-forbidden", &[characters]));
    }
    said
}

/// The address that mail comes from; none where no mail with a link in it can be sent.
#[must_use]
pub fn sender(ctx: &Ctx) -> Option<String> {
    ctx.service().settings().settings.server.public_url.as_ref()?;
    let able = mail::list(ctx.service()).into_iter().find(|view| view.refused.is_none());
    able.map(|view| view.method.from.address.as_str().to_owned())
}

/// What people call a backend.
#[must_use]
pub fn label(all: &[BackendView], id: &BackendId) -> String {
    let found = all.iter().find(|view| view.backend.id == *id);
    found.map_or_else(|| id.to_string(), |view| view.label.clone())
}

/// A backend's pill.
#[must_use]
pub fn health(ctx: &Ctx, view: &BackendView) -> BackendHealth {
    let state = match view.health.state {
        HealthState::Up => health::HealthState::Up,
        HealthState::Impaired => health::HealthState::Impaired,
        HealthState::Down => health::HealthState::Down,
        HealthState::Unknown => health::HealthState::Unknown,
    };
    let fault = view.health.fault.as_ref().map(|fault| wording::fault_text(ctx, fault));
    let notice = view.health.notices.iter().find(|(severity, ..)| severity != "info");
    BackendHealth {
        id: view.backend.id.to_string(),
        label: view.label.clone(),
        state,
        latency_ms: view.health.latency_ms,
        checked_at: view.health.checked_at,
        detail: fault.or_else(|| notice.map(|(_, _, text)| text.clone())),
    }
}

/// Product and version, as last heard.
#[must_use]
pub fn product(view: &BackendView) -> Option<String> {
    let version = view.health.version.as_deref().unwrap_or_default();
    view.health.product.as_ref().map(|product| format!("{product} {version}").trim_end().to_owned())
}

/// The word of a kind: `invite-created`.
#[must_use]
pub fn kind_word(kind: ActivityKind) -> String {
    let word = serde_json::to_value(kind).ok();
    word.and_then(|word| word.as_str().map(str::to_owned)).unwrap_or_default()
}

/// One line of the activity, in words.
#[must_use]
pub fn activity_line(ctx: &Ctx, activity: Activity) -> ActivityLine {
    let somebody = ctx.text("somebody", &[]);
    let mut facts: BTreeMap<&str, &str> = ["user", "invite", "backend", "profile", "plugin"]
        .map(|name| (name, somebody.as_str()))
        .into();
    facts.extend(activity.facts.iter().map(|(name, words)| (name.as_str(), words.as_str())));
    let called = activity.facts.get("backend").and_then(|id| called(ctx, id));
    facts.extend(called.as_deref().map(|label| ("backend", label)));
    // An invite's code is cut short in the log; where its label is there, people know it by that.
    let label = activity.facts.get("label").filter(|label| !label.is_empty());
    let is_of_invite = !activity.facts.contains_key("backend");
    facts.extend(label.filter(|_| is_of_invite).map(|label| ("invite", label.as_str())));
    let mails = ["message", "template"].map(|name| {
        let word = activity.facts.get(name)?;
        Some((name, ctx.text(&format!("message-kind-{word}"), &[])))
    });
    facts.extend(mails.iter().flatten().map(|(name, title)| (*name, title.as_str())));
    let remark = file_remark(ctx, &activity);
    facts.extend(remark.as_deref().map(|words| ("remark", words)));
    let args: Vec<(&str, Arg<'_>)> =
        facts.iter().map(|(name, words)| (*name, Arg::Text(words))).collect();
    let text = ctx.text(&format!("activity-{}", kind_word(activity.kind)), &args);
    let actor = match &activity.actor {
        Actor::User(name) => Some(name.clone()),
        Actor::Guest(_hint) => Some(ctx.text("actor-guest", &[])),
        Actor::Console => Some(ctx.text("actor-console", &[])),
        Actor::System => None,
    };
    // A sentence that says why already has no second line for it.
    let told: &[&str] = match activity.kind {
        ActivityKind::MessageFailed | ActivityKind::ResetFileOdd => &[],
        ActivityKind::ResetWatchDown => &["detail"],
        _ => &["detail", "reason", "because", "why"],
    };
    let detail = told.iter().find_map(|name| activity.facts.get(*name)).cloned();
    ActivityLine {
        at: activity.at,
        tone: tone(activity.kind),
        text,
        actor,
        address: activity.from,
        detail,
    }
}

fn file_remark(ctx: &Ctx, activity: &Activity) -> Option<String> {
    let fact = |name: &str| activity.facts.get(name).cloned().unwrap_or_default();
    let remark = || FileRemark { file: fact("file"), code: fact("code"), detail: fact("detail") };
    (activity.kind == ActivityKind::ResetFileOdd).then(|| remark_words(ctx, &remark()))
}

/// What is odd about a reset file, after its name; in our words where we have some.
#[must_use]
pub fn remark_words(ctx: &Ctx, remark: &FileRemark) -> String {
    let key = format!("resets-file-{}", remark.code.replace('.', "-"));
    let own = remark.detail.strip_prefix(&remark.file).unwrap_or(&remark.detail).trim();
    if ctx.views().catalogue().has(&key) {
        ctx.text(&key, &[("detail", Arg::Text(own))])
    } else {
        own.to_owned()
    }
}

/// What people call the backend with that id, while there is one.
fn called(ctx: &Ctx, id: &str) -> Option<String> {
    let mut all = backends(ctx).into_iter();
    all.find(|view| view.backend.id.as_str() == id).map(|view| view.label)
}

#[expect(
    clippy::too_many_lines,
    reason = "a line for every kind, so that a new one is not forgotten"
)]
fn tone(kind: ActivityKind) -> Tone {
    use ActivityKind as Kind;
    match kind {
        Kind::SetupDone
        | Kind::SignupCompleted
        | Kind::UserCreated
        | Kind::UserAdopted
        | Kind::UserEnabled
        | Kind::BackendAdded
        | Kind::MailMethodAdded
        | Kind::BackendBack
        | Kind::ResetWatchBack
        | Kind::ResetFileFine
        | Kind::ProfileCaptured
        | Kind::InviteCreated
        | Kind::ProviderAdded
        | Kind::IdentityLinked
        | Kind::Approved
        | Kind::FactorAdded
        | Kind::AdminCreated => Tone::Good,
        Kind::SignInRefused
        | Kind::SignupPartial
        | Kind::SignupStepFailed
        | Kind::UserExpired
        | Kind::BackendReplaced
        | Kind::SettingsRefused
        | Kind::ResetRefused
        | Kind::ResetFileOdd
        | Kind::MailTemplateRefused
        | Kind::ResetLinkMade
        | Kind::LoginTokenMade
        | Kind::ApiTokenMade
        | Kind::MembershipEnded
        | Kind::RoleChanged
        | Kind::SecondFactorRefused
        | Kind::RecoveryCodeUsed
        | Kind::FactorRemoved
        | Kind::ApprovalAsked
        | Kind::LoginLinkMade => Tone::Warn,
        Kind::SignupUndone
        | Kind::BackendDown
        | Kind::ResetWatchDown
        | Kind::PluginRefused
        | Kind::PluginIll
        | Kind::MessageFailed => Tone::Bad,
        Kind::ResetAsked
        | Kind::ProviderChanged
        | Kind::ProviderRemoved
        | Kind::IdentityUnlinked
        | Kind::Registered
        | Kind::Refused
        | Kind::LoginTokenRevoked
        | Kind::ApiTokenRevoked
        | Kind::SigningKeyRotated
        | Kind::InviteRightChanged
        | Kind::ResetRequested
        | Kind::ResetUsedThere
        | Kind::ResetWatchSet
        | Kind::ResetWatchRemoved
        | Kind::LoginPageOffered
        | Kind::LoginPageWithdrawn
        | Kind::MailTemplateChanged
        | Kind::MailTemplateRestored
        | Kind::AddressChanged
        | Kind::AddressConfirmed
        | Kind::InviteSent
        | Kind::SignedIn
        | Kind::SignedOut
        | Kind::SessionsEnded
        | Kind::InviteChanged
        | Kind::InviteRevoked
        | Kind::InviteDeleted
        | Kind::SignupReserved
        | Kind::UserChanged
        | Kind::UserDisabled
        | Kind::UserDeleted
        | Kind::PasswordChanged
        | Kind::PasswordReset
        | Kind::ProfileChanged
        | Kind::ProfileDeleted
        | Kind::ProfileApplied
        | Kind::BackendChanged
        | Kind::BackendRemoved
        | Kind::MailMethodChanged
        | Kind::MailMethodRemoved
        | Kind::ResetMailed
        | Kind::PluginLoaded
        | Kind::PluginConsented
        | Kind::SettingsChanged => Tone::Quiet,
    }
}

/// Links below a list.
#[must_use]
pub fn pager(ctx: &Ctx, next: Option<&str>) -> Pager {
    let query = &ctx.head.query;
    let first = query.get("cursor").filter(|cursor| !cursor.is_empty());
    Pager {
        first: first.map(|_| format!("?{}", query.with(&[("cursor", "")]))),
        next: next.map(|next| format!("?{}", query.with(&[("cursor", next)]))),
    }
}

/// All backends, as admins' and guests' pages name them.
#[must_use]
pub fn backends(ctx: &Ctx) -> Vec<BackendView> {
    backends::list(ctx.service())
}

/// A span of calendar time in whole days, where it is at least one.
#[must_use]
pub fn days(life: Lifetime) -> Option<u64> {
    let start = jiff::Timestamp::UNIX_EPOCH;
    let seconds = life.after(start)?.as_second();
    u64::try_from(seconds / 86_400).ok().filter(|days| *days > 0)
}

/// Where the picture of somebody who has one is.
#[must_use]
pub fn picture(user: &UserId) -> String {
    format!("/api/users/{user}/picture")
}
