//! Signing in and out.

use super::words;
use crate::access::Reply;
use crate::api::auth::{credentials, not_now, offered};
use crate::api::factors::site;
use crate::context::{Ctx, own_path};
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::Answer;
use domain::role::Admin;
use domain::users::User;
use http::HeaderName;
use service::entrance::Entered;
use service::login_tokens;
use service::oidc;
use service::providers::Kind;
use service::sessions::{self, Keep, Proof};
use service::signin;
use views::Problem;
use views::login::{LoginPage, PasswordProvider, RedirectProvider};
use views::notices::{ConfirmPage, SignedOutPage};

/// Where somebody belongs.
#[must_use]
pub fn home_of(user: &User) -> &'static str {
    if Admin::prove(user).is_some() { "/admin" } else { "/account" }
}

/// `GET /`
pub async fn root(ctx: Ctx) -> Reply {
    let home = ctx.viewer.as_ref().map_or("/login", |current| home_of(&current.user));
    Ok(ctx.go(home))
}

async fn login_page(ctx: &Ctx, next: Option<&str>, username: &str) -> Result<LoginPage, Failure> {
    let offered = offered(ctx).await?;
    let providers = offered.providers;
    let mut page = LoginPage {
        next: next.map(str::to_owned),
        username: username.to_owned(),
        passkey: site(ctx).is_ok(),
        register: offered.registration_enabled,
        ..LoginPage::default()
    };
    for provider in providers {
        let (id, label) = (provider.id.to_string(), provider.label);
        match provider.kind {
            Kind::Password => page.passwords.push(PasswordProvider { id, label }),
            Kind::Redirect => {
                let href = format!("/api/auth/{id}/login");
                page.redirects.push(RedirectProvider { id, label, href });
            }
        }
    }
    last_first(&mut page, ctx.last_way().as_deref());
    Ok(page)
}

/// The way that this browser used last stands first; the others keep the admin's order.
fn last_first(page: &mut LoginPage, last: Option<&str>) {
    if let Some(at) = page.redirects.iter().position(|one| Some(one.id.as_str()) == last) {
        page.redirects_first = true;
        if let Some(first) = page.redirects.get_mut(..=at) {
            first.rotate_right(1);
        }
    }
}

/// `GET /login?next=`; with `again` also for who is signed in, to prove it anew.
pub async fn login_form(ctx: Ctx) -> Reply {
    let next = ctx.head.query.get("next").and_then(own_path);
    let again = ctx.head.query.get("again").is_some();
    match &ctx.viewer {
        Some(current) if again => {
            let name = current.user.username.as_str();
            let page = LoginPage { again: true, ..login_page(&ctx, next, name).await? };
            return frame::page(&ctx, &page);
        }
        Some(current) => return Ok(ctx.go(next.unwrap_or_else(|| home_of(&current.user)))),
        None => {}
    }
    frame::page(&ctx, &login_page(&ctx, next, "").await?)
}

/// `POST /login`
pub async fn login(ctx: Ctx) -> Reply {
    let form = ctx.form()?;
    let next = form.get("next").and_then(own_path);
    let username = form.get("username").unwrap_or_default();
    let keeps = form.get("keep").is_some();
    let keep = if keeps { Keep::Remembered } else { Keep::UntilClosed };
    let sent = Input::default()
        .with("provider", form.get("provider"))
        .with("username", Some(username))
        .put("password", form.get("password").unwrap_or_default());
    let tried = match credentials(sent) {
        Ok(typed) => {
            signin::login(ctx.service(), &typed, keep, &ctx.caller()).await.map_err(not_now)
        }
        Err(failure) => Err(failure),
    };
    match tried {
        Ok(entered) => come_in(&ctx, entered, next).await,
        Err(failure) => {
            let own_words = match failure.code() {
                Code::WrongCredential => Some("login-wrong"),
                Code::TooMany => Some("login-too-many"),
                Code::Backend | Code::Unavailable => Some("login-unavailable"),
                _ => None,
            };
            let page = login_page(&ctx, next, username).await?;
            words::again(&ctx, failure, |problems| {
                let said = own_words.map(|key| vec![Problem::overall(ctx.text(key, &[]))]);
                LoginPage { keep: keeps, problems: said.unwrap_or(problems), ..page }
            })
        }
    }
}

/// On with a session, or to the second factor.
///
/// # Errors
/// The service's.
pub async fn come_in(ctx: &Ctx, entered: Entered, next: Option<&str>) -> Reply {
    match entered {
        Entered::In(begun) => {
            end_former(ctx).await?;
            let target = next.unwrap_or_else(|| home_of(&begun.user));
            let answer = ctx.hand_over(ctx.go(target), &begun);
            Ok(ctx.remember_way(answer, begun.session.provider.as_str()))
        }
        Entered::SecondFactor(asked) => {
            let next = next.map(|next| form_urlencoded::byte_serialize(next.as_bytes()).collect());
            let query = next.map_or_else(String::new, |next: String| format!("?next={next}"));
            let answer = ctx.go(&format!("/login/second-factor{query}"));
            Ok(ctx.hand_over_ticket(answer, &asked))
        }
    }
}

/// The session that the browser had ends where it gets a new one (ASVS 7.2.4): nothing would hold it.
async fn end_former(ctx: &Ctx) -> Result<(), Failure> {
    match &ctx.viewer {
        Some(former) => Ok(sessions::sign_out(ctx.service(), former).await?),
        None => Ok(()),
    }
}

/// `POST /logout`: also for somebody whose session is over already. Who came by an issuer and can sign
/// out there too is told so.
pub async fn logout(ctx: Ctx) -> Reply {
    let mut there = None;
    if let Some(current) = &ctx.viewer {
        sessions::sign_out(ctx.service(), current).await?;
        there = oidc::still_there(ctx.service(), &current.session.provider).await?;
    }
    let answer = match there {
        Some(oidc::StillThere { label, url }) => {
            let mut frame = frame::frame(&ctx);
            (frame.viewer, frame.path) = (None, "/login".to_owned());
            frame::page_in(&ctx, &frame, &SignedOutPage { label, href: url.into() })?
        }
        None => ctx.go("/login"),
    };
    let clear = HeaderName::from_static("clear-site-data");
    Ok(ctx.take_back(answer).header(clear, "\"cache\", \"storage\""))
}

/// `GET /login/token/{token}`: a link made at the console; opening it changes nothing.
pub async fn link_form(ctx: Ctx) -> Reply {
    let token = ctx.part("token");
    login_tokens::look(ctx.service(), token).await?;
    let text = |key| ctx.text(key, &[]);
    let page = ConfirmPage {
        title: text("login-title"),
        lines: Vec::new(),
        options: Vec::new(),
        action: format!("/login/token/{token}"),
        confirm: text("login-submit"),
        cancel: "/login".to_owned(),
        destructive: false,
    };
    let mut frame = frame::frame(&ctx);
    frame.path = "/login".to_owned();
    frame::page_in(&ctx, &frame, &page)
}

/// `POST /login/token/{token}`
pub async fn link(ctx: Ctx) -> Reply {
    let entered =
        login_tokens::enter(ctx.service(), ctx.part("token"), Keep::UntilClosed, &ctx.caller())
            .await?;
    come_in(&ctx, entered, None).await
}

/// The answer after somebody was made by this very request: nothing older lets them in.
///
/// # Errors
/// The service's.
pub async fn begin(ctx: &Ctx, user: &User, provider: &str, path: &str) -> Result<Answer, Failure> {
    let provider = domain::ids::ProviderId::parse(provider).map_err(Failure::internal)?;
    let caller = ctx.caller();
    let epoch = sessions::epoch(ctx.service()).await?;
    let begun = sessions::begin(
        ctx.service(),
        Proof::single(user.id.clone(), provider, epoch),
        Keep::UntilClosed,
        &caller,
    )
    .await?;
    Ok(ctx.hand_over(ctx.go(path), &begun))
}
