//! The audit log.

use super::words;
use crate::access::Reply;
use crate::api::activity::query;
use crate::context::Ctx;
use crate::frame;
use domain::activity::ActivityKind;
use domain::role::Admin;
use service::activity;
use views::Choice;
use views::activity::ActivityPage;

/// The kinds one can choose from.
const KINDS: [ActivityKind; 43] = [
    ActivityKind::SignedIn,
    ActivityKind::SignInRefused,
    ActivityKind::InviteCreated,
    ActivityKind::InviteChanged,
    ActivityKind::InviteRevoked,
    ActivityKind::SignupCompleted,
    ActivityKind::SignupPartial,
    ActivityKind::SignupUndone,
    ActivityKind::SignupStepFailed,
    ActivityKind::InviteSent,
    ActivityKind::UserCreated,
    ActivityKind::UserAdopted,
    ActivityKind::UserEnabled,
    ActivityKind::UserDisabled,
    ActivityKind::UserExpired,
    ActivityKind::UserDeleted,
    ActivityKind::PasswordChanged,
    ActivityKind::PasswordReset,
    ActivityKind::ResetAsked,
    ActivityKind::ResetRefused,
    ActivityKind::ResetRequested,
    ActivityKind::ResetMailed,
    ActivityKind::ResetLinkMade,
    ActivityKind::ResetUsedThere,
    ActivityKind::AddressChanged,
    ActivityKind::AddressConfirmed,
    ActivityKind::ProfileCaptured,
    ActivityKind::ProfileApplied,
    ActivityKind::BackendAdded,
    ActivityKind::BackendDown,
    ActivityKind::BackendBack,
    ActivityKind::LoginPageOffered,
    ActivityKind::LoginPageWithdrawn,
    ActivityKind::ResetWatchDown,
    ActivityKind::ResetWatchBack,
    ActivityKind::ResetFileOdd,
    ActivityKind::MessageFailed,
    ActivityKind::MailMethodAdded,
    ActivityKind::MailMethodRemoved,
    ActivityKind::MailTemplateChanged,
    ActivityKind::PluginRefused,
    ActivityKind::PluginIll,
    ActivityKind::SettingsChanged,
];

/// `GET /admin/activity?q=&kind=&cursor=`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let asked = query(&ctx)?;
    let chosen = asked.kinds.first().copied();
    let page = activity::list(ctx.service(), &by, &asked).await?;
    let all = Choice {
        value: String::new(),
        label: ctx.text("activity-all", &[]),
        chosen: chosen.is_none(),
    };
    let kinds = KINDS.iter().map(|kind| {
        let word = words::kind_word(*kind);
        let label = ctx.text(&format!("kind-{word}"), &[]);
        Choice { value: word, label, chosen: chosen == Some(*kind) }
    });
    let pager = words::pager(&ctx, page.next.as_deref());
    let lines = page.items.into_iter().map(|line| words::activity_line(&ctx, line)).collect();
    let kinds = core::iter::once(all).chain(kinds).collect();
    frame::page(&ctx, &ActivityPage { q: asked.search.unwrap_or_default(), kinds, lines, pager })
}
