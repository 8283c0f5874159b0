//! The admin's first look: what needs them, how the backends are, what happened.

use super::reset_watch::trouble;
use super::words;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::wording;
use core::time::Duration;
use domain::invites::Standing;
use domain::role::Admin;
use domain::users::UserState;
use service::backends::HealthState;
use service::{activity, invites, mail, outbox, plugins, profiles, reset_watch, users};
use views::home::{Counts, FirstSteps, HomePage, Need};
use views::{Arg, Link, Tone};

/// A month, for the figure of sign-ups.
const LATELY: Duration = Duration::from_secs(30 * 86_400);

fn needs(ctx: &Ctx, by: &Admin) -> Vec<Need> {
    let text = |key, args: &[(&str, Arg<'_>)]| ctx.text(key, args);
    let link = |href: String, key| Link { href, text: text(key, &[]) };
    let mut needs = Vec::new();
    for view in words::backends(ctx) {
        let name = [("name", Arg::Text(&view.label))];
        let (tone, key) = match (view.health.replaced, view.health.state) {
            (true, _) => (Tone::Bad, "banner-backend-replaced"),
            (false, HealthState::Down) => (Tone::Bad, "banner-backend-down"),
            (false, HealthState::Impaired) => (Tone::Warn, "banner-backend-impaired"),
            (false, HealthState::Up | HealthState::Unknown) => continue,
        };
        needs.push(Need {
            tone,
            text: text(key, &name),
            detail: view.health.fault.as_ref().map(|fault| wording::fault_text(ctx, fault)),
            link: link(format!("/admin/backends/{}", view.backend.id), "nav-backends"),
        });
    }
    for status in plugins::list(ctx.service(), by) {
        if let Some(why) = status.refused {
            let text = text("banner-plugin-refused", &[("name", Arg::Text(&status.id))]);
            let link = link("/admin/plugins".to_owned(), "nav-plugins");
            needs.push(Need { tone: Tone::Warn, text, detail: Some(why), link });
        }
    }
    needs
}

/// What is wrong with mail.
async fn needs_of_mail(ctx: &Ctx, by: &Admin) -> Result<Vec<Need>, Failure> {
    let methods = mail::list(ctx.service());
    let link = |href: String| Link { href, text: ctx.text("nav-mail", &[]) };
    let mut needs = Vec::new();
    if methods.is_empty() {
        needs.push(Need {
            tone: Tone::Warn,
            text: ctx.text("banner-mail-none", &[]),
            detail: Some(ctx.text("banner-mail-none-help", &[])),
            link: link("/admin/mail/new".to_owned()),
        });
    }
    for view in methods {
        let id = &view.method.id;
        let last = view.last.and_then(|last| last.fault);
        if let Some(fault) = view.refused.or(last) {
            needs.push(Need {
                tone: Tone::Bad,
                text: ctx.text("banner-mail-refused", &[("name", Arg::Text(id.as_str()))]),
                detail: Some(fault.detail),
                link: link(format!("/admin/mail/{id}")),
            });
        }
    }
    let failed = outbox::counts(ctx.service(), by).await?.failed;
    if failed > 0 {
        let n = i64::try_from(failed).unwrap_or(i64::MAX);
        needs.push(Need {
            tone: Tone::Bad,
            text: ctx.text("banner-mail-failed", &[("n", Arg::Number(n))]),
            detail: None,
            link: link("/admin/mail/outbox?state=failed".to_owned()),
        });
    }
    Ok(needs)
}

/// What is wrong with reset files.
async fn needs_of_watches(ctx: &Ctx) -> Result<Vec<Need>, Failure> {
    let all = words::backends(ctx);
    let watches = reset_watch::list(ctx.service()).await?;
    let needs = watches.iter().filter_map(|view| {
        let (tone, key, detail) = trouble(ctx, view)?;
        let label = words::label(&all, &view.watch.backend);
        Some(Need {
            tone,
            text: ctx.text(key, &[("name", Arg::Text(&label))]),
            detail: Some(detail),
            link: Link {
                href: format!("/admin/resets/{}", view.watch.backend),
                text: ctx.text("nav-resets", &[]),
            },
        })
    });
    Ok(needs.collect())
}

/// Everything that needs the admin, worst first. That mail is yet to be set up is no news before the
/// first steps are done.
async fn all_needs(ctx: &Ctx, by: &Admin, finished: bool) -> Result<Vec<Need>, Failure> {
    let mut all = needs(ctx, by);
    let mail = needs_of_mail(ctx, by).await?;
    all.extend(mail.into_iter().filter(|need| finished || need.tone == Tone::Bad));
    all.extend(needs_of_watches(ctx).await?);
    all.sort_by_key(|need| need.tone != Tone::Bad);
    Ok(all)
}

/// `GET /admin`
pub async fn home(ctx: Ctx, by: Admin) -> Reply {
    let service = ctx.service();
    let all = words::backends(&ctx);
    let open = figures(&ctx, &by).await?;
    let steps = FirstSteps {
        backend: !all.is_empty(),
        profile: !profiles::list(service, &by).await?.is_empty(),
        invite: invites::count(service, &by).await? > 0,
    };
    let finished = steps.backend && steps.profile && steps.invite;
    let query = activity::Query { limit: Some(10), ..activity::Query::default() };
    let lines = activity::list(service, &by, &query).await?.items;
    let page = HomePage {
        steps: (!finished).then_some(steps),
        needs: all_needs(&ctx, &by, finished).await?,
        backends: all.iter().map(|view| words::health(&ctx, view)).collect(),
        counts: open,
        recent: lines.into_iter().map(|line| words::activity_line(&ctx, line)).collect(),
    };
    // What needs the admin stands on this page itself.
    let mut frame = frame::frame(&ctx);
    frame.banners.clear();
    frame::page_in(&ctx, &frame, &page)
}

async fn figures(ctx: &Ctx, by: &Admin) -> Result<Counts, Failure> {
    let service = ctx.service();
    let since = service::clock::earlier(service.now(), LATELY);
    let longest = Some(service::paging::LONGEST);
    let standing = Some(Standing::Open);
    let open = invites::Query { standing, limit: longest, ..invites::Query::default() };
    let open = invites::list(service, by, &open).await?.items.len();
    let kinds = vec![
        domain::activity::ActivityKind::SignupCompleted,
        domain::activity::ActivityKind::SignupPartial,
    ];
    let lately = activity::Query { kinds, limit: longest, ..activity::Query::default() };
    let lately = activity::list(service, by, &lately).await?.items;
    let recent = lately.iter().filter(|line| line.at >= since).count();
    let active =
        users::Query { state: Some(UserState::Active), limit: longest, ..users::Query::default() };
    let page = users::list(service, by, &active).await?;
    let people = match page.next {
        // More than a page: everybody is counted, which costs nothing.
        Some(_more) => users::count(service, by).await?,
        None => u64::try_from(page.items.len()).unwrap_or(u64::MAX),
    };
    Ok(Counts {
        people,
        open_invites: u64::try_from(open).unwrap_or(u64::MAX),
        recent_signups: u64::try_from(recent).unwrap_or(u64::MAX),
    })
}
