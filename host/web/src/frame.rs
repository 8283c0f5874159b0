//! What all pages share, filled for one request; what came of the last form, carried to the next page.

use crate::access::Reply;
use crate::context::{Ctx, THEME_COOKIE, lax};
use crate::kit::Answer;
use crate::kit::cookies::Keep;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use core::time::Duration;
use domain::role::{Admin, Inviter};
use domain::settings::Dates;
use serde::{Deserialize, Serialize};
use service::backends::{self, HealthState};
use views::dates::Clock;
use views::{Arg, Banner, DateStyle, Flash, Frame, Link, Page, Theme, Tone, Viewer};

const FLASH_COOKIE: &str = "latchkey-flash";

/// A text's key and what fills it: the browser keeps no words of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    key: String,
    #[serde(default)]
    args: Vec<(String, String)>,
}

/// The frame of a page for this request.
#[must_use]
pub fn frame(ctx: &Ctx) -> Frame {
    let settled = ctx.service().settings();
    let settings = &settled.settings;
    let admin = ctx.viewer.as_ref().and_then(|current| Admin::prove(&current.user));
    let on_admin_page = ctx.head.path == "/admin" || ctx.head.path.starts_with("/admin/");
    let contact = Some(settings.texts.contact.clone()).filter(|text| !text.is_empty());
    Frame {
        base: ctx.visit.base.clone(),
        path: way_back(ctx),
        lang: ctx.language().to_owned(),
        theme: Theme::parse(&ctx.cookie(THEME_COOKIE).unwrap_or_default()),
        viewer: ctx.viewer.as_ref().map(|current| Viewer {
            name: current.user.username.as_str().to_owned(),
            admin: admin.is_some(),
            invites: Inviter::prove(&current.user).is_some(),
        }),
        contact,
        banners: if admin.is_some() && on_admin_page { banners(ctx) } else { Vec::new() },
        waiting: ctx.waiting,
        flash: flash(ctx),
        dates: date_style(&settings.dates),
        now: ctx.service().now(),
    }
}

/// Where a change of colours leads back to: this page, or for a form that has no page of its own the
/// page it stands on.
#[must_use]
pub fn way_back(ctx: &Ctx) -> String {
    let query = ctx.head.query.with(&[]);
    let (mut path, mut pattern) = (ctx.head.path.as_str(), ctx.pattern);
    let can_be_got = |pattern| {
        ctx.program.listing().iter().any(|row| row.method == "GET" && row.pattern == pattern)
    };
    while !can_be_got(pattern) {
        match (path.rsplit_once('/'), pattern.rsplit_once('/')) {
            (Some((above, _form)), Some((pattern_above, _))) if !above.is_empty() => {
                (path, pattern) = (above, pattern_above);
            }
            _ => break,
        }
    }
    if query.is_empty() || path != ctx.head.path {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    }
}

/// A page, 200.
///
/// # Errors
/// A template that does not fit its page.
pub fn page<P: Page>(ctx: &Ctx, page: &P) -> Reply {
    page_in(ctx, &frame(ctx), page)
}

/// A page in a frame that was changed.
///
/// # Errors
/// A template that does not fit its page.
pub fn page_in<P: Page>(ctx: &Ctx, frame: &Frame, page: &P) -> Reply {
    let answer = Answer::html(ctx.views().render(frame, page)?);
    let shown = ctx.cookie(FLASH_COOKIE).is_some();
    Ok(if shown {
        answer.cookie(ctx.visit.transport, &lax(FLASH_COOKIE, "", Keep::Drop))
    } else {
        answer
    })
}

/// The answer that leads to `path` and says there what was done.
#[must_use]
pub fn done(ctx: &Ctx, path: &str, key: &str, args: &[(&str, &str)]) -> Answer {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let kept = Kept { key: key.to_owned(), args: args.iter().map(owned).collect() };
    let text = serde_json::to_vec(&kept).unwrap_or_default();
    let value = BASE64_URL_SAFE_NO_PAD.encode(text);
    let keep = Keep::For(Duration::from_secs(60));
    ctx.go(path).cookie(ctx.visit.transport, &lax(FLASH_COOKIE, &value, keep))
}

/// Only keys that the catalogue has are shown.
fn flash(ctx: &Ctx) -> Option<Flash> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(ctx.cookie(FLASH_COOKIE)?).ok()?;
    let kept: Kept = serde_json::from_slice(&bytes).ok()?;
    let args: Vec<(&str, Arg<'_>)> =
        kept.args.iter().map(|(name, value)| (name.as_str(), Arg::Text(value))).collect();
    let text = ctx.views().catalogue().find(ctx.language(), &kept.key, &args)?;
    Some(Flash { tone: Tone::Good, text })
}

/// The `[dates]` settings; those that cannot be used give the usual style.
#[must_use]
pub fn date_style(dates: &Dates) -> DateStyle {
    let clock = if dates.clock_24h { Clock::Hours24 } else { Clock::Hours12 };
    DateStyle::new(&dates.format, clock, &dates.zone).unwrap_or_default()
}

fn banners(ctx: &Ctx) -> Vec<Banner> {
    let all = backends::list(ctx.service());
    let down = all.iter().filter(|view| view.health.state == HealthState::Down);
    let down = down.map(|view| Banner {
        tone: Tone::Bad,
        text: ctx.text("banner-backend-down", &[("name", Arg::Text(&view.label))]),
        link: Some(Link {
            href: format!("/admin/backends/{}", view.backend.id),
            text: ctx.text("backend-settings", &[]),
        }),
    });
    down.chain(asking(ctx)).collect()
}

/// That people ask to come in; not on the page that lists them.
fn asking(ctx: &Ctx) -> Option<Banner> {
    let n = i64::try_from(ctx.waiting).ok().filter(|n| *n > 0)?;
    (ctx.pattern != "/admin/approvals").then(|| Banner {
        tone: Tone::Info,
        text: ctx.text("banner-approvals", &[("n", Arg::Number(n))]),
        link: Some(Link {
            href: "/admin/approvals".to_owned(),
            text: ctx.text("nav-approvals", &[]),
        }),
    })
}
