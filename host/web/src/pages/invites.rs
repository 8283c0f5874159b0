//! Invites, as the admin sees them.

use super::words;
use crate::access::Reply;
use crate::api::invites::{changes, code, draft, link, query, recipient};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::Answer;
use crate::kit::query::Pairs;
use domain::ids::InviteCode;
use domain::invites::{AskEmail, Invite, Standing};
use domain::role::Admin;
use domain::signups::{Signup, SignupState};
use serde_json::Value;
use service::backends::BackendView;
use service::{FieldProblem, invites, profiles};
use views::invites as pages;
use views::notices::{ConfirmPage, Consequence};
use views::qr::Qr;
use views::{Choice, Tone};

/// A standing in the pages' words.
#[must_use]
pub const fn state(standing: Standing) -> pages::InviteState {
    match standing {
        Standing::Open => pages::InviteState::Open,
        Standing::UsedUp => pages::InviteState::Used,
        Standing::Over => pages::InviteState::Over,
        Standing::Revoked => pages::InviteState::Revoked,
    }
}

fn labels(all: &[BackendView], invite: &Invite) -> Vec<String> {
    invite.backends.iter().map(|id| words::label(all, id)).collect()
}

/// `GET /admin/invites?q=&state=&cursor=`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let asked = query(&ctx)?;
    let page = invites::list(ctx.service(), &by, &asked).await?;
    let any = !page.items.is_empty() || invites::count(ctx.service(), &by).await? > 0;
    let states = [
        (None, "", "all"),
        (Some(Standing::Open), "open", "open"),
        (Some(Standing::UsedUp), "used-up", "used"),
        (Some(Standing::Over), "over", "over"),
        (Some(Standing::Revoked), "revoked", "revoked"),
    ];
    let states = states.into_iter().map(|(standing, value, word)| Choice {
        value: value.to_owned(),
        label: ctx.text(&format!("invite-state-{word}"), &[]),
        chosen: asked.standing == standing,
    });
    let (all, now) = (words::backends(&ctx), ctx.service().now());
    let pager = words::pager(&ctx, page.next.as_deref());
    let row = |invite: Invite| pages::InviteRow {
        state: state(invite.standing(now)),
        backends: labels(&all, &invite),
        code: invite.code.to_string(),
        label: invite.label,
        used: invite.used.into(),
        uses: invite.uses.map(u64::from),
        expires_at: invite.expires_at,
        profile: invite.profile,
    };
    let rows = page.items.into_iter().map(row).collect();
    let q = asked.search.unwrap_or_default();
    frame::page(&ctx, &pages::InvitesPage { any, q, states: states.collect(), rows, pager })
}

const fn asked(ask: AskEmail) -> pages::AskEmail {
    match ask {
        AskEmail::None => pages::AskEmail::None,
        AskEmail::Optional => pages::AskEmail::Optional,
        AskEmail::Required => pages::AskEmail::Required,
    }
}

/// What was typed, for a form that comes back.
fn typed(form: &Pairs) -> pages::InviteForm {
    let value = |name: &str| form.get(name).unwrap_or_default().to_owned();
    pages::InviteForm {
        label: value("label"),
        uses: value("uses"),
        unlimited: form.get("unlimited").is_some(),
        valid_days: value("valid_days"),
        account_days: value("account_days"),
        ask_email: match form.get("ask_email") {
            Some("required") => pages::AskEmail::Required,
            Some("optional") => pages::AskEmail::Optional,
            _ => pages::AskEmail::None,
        },
        to: value("to"),
        send: form.get("send").is_some(),
        require_approval: form.get("require_approval").is_some(),
    }
}

async fn new_page(
    ctx: &Ctx,
    by: &Admin,
    form: Option<&Pairs>,
) -> Result<pages::InviteNewPage, Failure> {
    let chosen: Option<Vec<&str>> = form.map(|form| form.all("backends").collect());
    let backends = words::backends(ctx).into_iter().map(|view| {
        let value = view.backend.id.to_string();
        let chosen = chosen.as_ref().is_none_or(|ids| ids.contains(&value.as_str()));
        Choice { value, label: view.label, chosen }
    });
    let wanted = form.and_then(|form| form.get("profile"));
    let known = profiles::list(ctx.service(), by).await?;
    // Where there is one only, it is what is meant, until somebody says otherwise.
    let sole = form.is_none() && known.len() == 1;
    let profiles = known.into_iter().map(|profile| Choice {
        chosen: sole || wanted == Some(profile.name.as_str()),
        value: profile.name.clone(),
        label: profile.name,
    });
    let form = form.map(typed).unwrap_or_default();
    Ok(pages::InviteNewPage {
        backends: backends.collect(),
        profiles: profiles.collect(),
        ask_email: pages::ask_email_choices(
            ctx.views().catalogue(),
            ctx.language(),
            form.ask_email,
        ),
        can_mail: words::sender(ctx).is_some(),
        form,
        problems: Vec::new(),
    })
}

/// `GET /admin/invites/new`
pub async fn new(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &new_page(&ctx, &by, None).await?)
}

/// A number of days under the API's name for it, as the duration that it takes.
#[must_use]
pub fn with_days(input: Input, name: &str, typed: Option<&str>) -> Input {
    let mut asked = Input::default().with("days", typed);
    let days = asked.number("days", 1..=36_500);
    let life = days.map(|days| format!("P{days}D"));
    let mut input = input.with(name, life.as_deref());
    for problem in asked.into_problems() {
        input.problem(FieldProblem { field: name.to_owned(), ..problem });
    }
    input
}

/// The form under the API's names.
fn sent(form: &Pairs) -> Input {
    let uses = match form.get("unlimited") {
        Some(_) => Value::Null,
        None => Value::from(form.get("uses").unwrap_or("1")),
    };
    Input::default()
        .put("label", form.get("label").unwrap_or_default())
        .put("uses", uses)
        .put("requireApproval", form.get("require_approval").is_some())
}

fn form_field(field: &str) -> String {
    let own = match field {
        "expiresIn" | "expiresAt" => "valid_days",
        "accountLifetime" => "account_days",
        "askEmail" => "ask_email",
        "email" => "to",
        same => same,
    };
    own.to_owned()
}

/// `POST /admin/invites`
pub async fn create(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let ids: Vec<&str> = form.all("backends").collect();
    let input = with_days(sent(&form), "expiresIn", form.get("valid_days"));
    let mut input = with_days(input, "accountLifetime", form.get("account_days"))
        .with("askEmail", form.get("ask_email"))
        .with("profile", form.get("profile"))
        .with("email", form.get("to"))
        .put("backends", ids.clone());
    if ids.is_empty() && !words::backends(&ctx).is_empty() {
        input.wrong("backends", "choice");
    }
    let made = match draft(input) {
        Ok(draft) => invites::create(ctx.service(), &by, draft).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match made {
        Ok(invite) => hand_over(&ctx, &by, invite, form.get("send").is_some()).await,
        Err(failure) => {
            let page = new_page(&ctx, &by, Some(&form)).await?;
            let failure = failure.renamed(form_field);
            words::again(&ctx, failure, |problems| pages::InviteNewPage { problems, ..page })
        }
    }
}

/// On to the page that shows it; to whom it is for by mail, where the admin said so.
async fn hand_over(ctx: &Ctx, by: &Admin, invite: Invite, at_once: bool) -> Reply {
    let there = format!("/admin/invites/{}/share", invite.code);
    let Some(to) = invite.email.clone().filter(|_| at_once) else { return Ok(ctx.go(&there)) };
    match invites::send(ctx.service(), by, &invite.code, &to).await {
        Ok(_owed) => Ok(frame::done(ctx, &there, "invite-sent", &[("to", to.as_str())])),
        Err(error) => not_sent(ctx, &invite, to.as_str(), error.into()),
    }
}

/// The page to share it from, with what was wrong.
fn not_sent(ctx: &Ctx, invite: &Invite, to: &str, failure: Failure) -> Reply {
    let page = shared_page(ctx, invite);
    let mail = pages::InviteMail { to: to.to_owned(), ..page.mail.clone() };
    words::again(ctx, failure, |problems| pages::InviteSharedPage { mail, problems, ..page })
}

/// `POST /admin/invites/{code}/send` with `to`
pub async fn send(ctx: Ctx, by: Admin) -> Reply {
    let code = code(&ctx)?;
    let form = ctx.form()?;
    let typed = form.get("to").unwrap_or_default();
    let sent = match recipient(Input::default().with("to", Some(typed))) {
        Ok(to) => invites::send(ctx.service(), &by, &code, &to).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match sent {
        Ok(_owed) => {
            let there = format!("/admin/invites/{code}");
            Ok(frame::done(&ctx, &there, "invite-sent", &[("to", typed.trim())]))
        }
        Err(failure) => {
            let invite = invites::get(ctx.service(), &by, &code).await?;
            not_sent(&ctx, &invite, typed, failure)
        }
    }
}

fn summary(all: &[BackendView], invite: &Invite) -> pages::InviteSummary {
    pages::InviteSummary {
        uses: invite.uses.map(u64::from),
        expires_at: invite.expires_at,
        backends: labels(all, invite),
        profile: invite.profile.clone(),
        account_days: invite.account_lifetime.and_then(words::days),
        require_approval: invite.require_approval,
    }
}

fn by_mail(ctx: &Ctx, invite: &Invite) -> pages::InviteMail {
    let to = invite.email.as_ref().map(|address| address.as_str().to_owned());
    pages::InviteMail { can_mail: words::sender(ctx).is_some(), to: to.unwrap_or_default() }
}

/// `GET /admin/invites/{code}/share`
pub async fn shared(ctx: Ctx, by: Admin) -> Reply {
    let invite = invites::get(ctx.service(), &by, &code(&ctx)?).await?;
    frame::page(&ctx, &shared_page(&ctx, &invite))
}

fn shared_page(ctx: &Ctx, invite: &Invite) -> pages::InviteSharedPage {
    let url = link(ctx, &invite.code);
    pages::InviteSharedPage {
        qr: Qr::of(&url),
        url,
        summary: summary(&words::backends(ctx), invite),
        mail: by_mail(ctx, invite),
        code: invite.code.to_string(),
        problems: Vec::new(),
    }
}

async fn detail_page(
    ctx: &Ctx,
    by: &Admin,
    code: &InviteCode,
) -> Result<pages::InviteDetailPage, Failure> {
    let invite = invites::get(ctx.service(), by, code).await?;
    let mut came = invites::uses(ctx.service(), by, code).await?;
    came.sort_by_key(|signup| core::cmp::Reverse(signup.reserved_at));
    let url = link(ctx, &invite.code);
    let form = pages::InviteForm {
        label: invite.label.clone(),
        uses: invite.uses.map(|uses| uses.to_string()).unwrap_or_default(),
        unlimited: invite.uses.is_none(),
        valid_days: String::new(),
        account_days: String::new(),
        ask_email: asked(invite.ask_email),
        require_approval: invite.require_approval,
        ..pages::InviteForm::default()
    };
    Ok(pages::InviteDetailPage {
        state: state(invite.standing(ctx.service().now())),
        qr: Qr::of(&url),
        url,
        summary: summary(&words::backends(ctx), &invite),
        mail: by_mail(ctx, &invite),
        code: invite.code.to_string(),
        label: invite.label,
        used: invite.used.into(),
        created_by: maker(ctx, invite.created_by),
        created_at: invite.created_at,
        came: came.into_iter().map(guest).collect(),
        form,
        problems: Vec::new(),
    })
}

/// Who made it; commands beside the server have a word and no user.
fn maker(ctx: &Ctx, name: String) -> Option<String> {
    if name == Admin::at_the_console().name() {
        return Some(ctx.text("actor-console", &[]));
    }
    Some(name).filter(|name| !name.is_empty())
}

fn guest(signup: Signup) -> pages::Guest {
    let (state, is_user) = match signup.state {
        SignupState::WaitingApproval => (pages::SignupState::Waiting, false),
        SignupState::Provisioning => (pages::SignupState::Working, false),
        SignupState::Complete => (pages::SignupState::Done, true),
        SignupState::Partial => (pages::SignupState::Partial, true),
        SignupState::Undone => (pages::SignupState::Failed, false),
    };
    pages::Guest {
        name: signup.username.into(),
        user_id: is_user.then(|| signup.user.to_string()),
        at: signup.reserved_at,
        state,
    }
}

/// `GET /admin/invites/{code}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &detail_page(&ctx, &by, &code(&ctx)?).await?)
}

/// `POST /admin/invites/{code}`
pub async fn save(ctx: Ctx, by: Admin) -> Reply {
    let code = code(&ctx)?;
    let form = ctx.form()?;
    let mut input = sent(&form);
    if form.get("valid_days").is_some_and(|typed| !typed.trim().is_empty()) {
        input = with_days(input, "expiresIn", form.get("valid_days"));
    }
    let saved = match changes(input) {
        Ok(patch) => invites::patch(ctx.service(), &by, &code, patch).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match saved {
        Ok(_invite) => {
            Ok(frame::done(&ctx, &format!("/admin/invites/{code}"), "invite-saved", &[]))
        }
        Err(failure) => {
            let page = detail_page(&ctx, &by, &code).await?;
            let (failure, form) = (failure.renamed(form_field), typed(&form));
            words::again(&ctx, failure, |problems| pages::InviteDetailPage {
                form,
                problems,
                ..page
            })
        }
    }
}

async fn picture(ctx: &Ctx, by: &Admin) -> Result<Qr, Failure> {
    let invite = invites::get(ctx.service(), by, &code(ctx)?).await?;
    Qr::of(&link(ctx, &invite.code)).ok_or_else(|| Failure::of(Code::NotFound))
}

fn as_file(answer: Answer, name: &str) -> Answer {
    answer.header(http::header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
}

/// `GET /admin/invites/{code}/qr.svg`
pub async fn qr_svg(ctx: Ctx, by: Admin) -> Reply {
    let qr = picture(&ctx, &by).await?;
    Ok(as_file(Answer::bytes("image/svg+xml", qr.svg()), "invite.svg"))
}

/// `GET /admin/invites/{code}/qr.png`
pub async fn qr_png(ctx: Ctx, by: Admin) -> Reply {
    let qr = picture(&ctx, &by).await?;
    Ok(as_file(Answer::bytes("image/png", qr.png(12)), "invite.png"))
}

/// `GET /admin/invites/{code}/revoke`
pub async fn confirm_revoke(ctx: Ctx, by: Admin) -> Reply {
    let invite = invites::get(ctx.service(), &by, &code(&ctx)?).await?;
    let line = |tone, key| Consequence { tone, place: None, text: ctx.text(key, &[]) };
    let here = format!("/admin/invites/{}", invite.code);
    let page = ConfirmPage {
        title: ctx.text("invite-revoke-question", &[]),
        lines: vec![
            line(Tone::Warn, "invite-revoke-stops"),
            line(Tone::Info, "invite-revoke-keeps"),
        ],
        options: Vec::new(),
        action: format!("{here}/revoke"),
        confirm: ctx.text("invite-revoke-confirm", &[]),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/invites/{code}/revoke`
pub async fn revoke(ctx: Ctx, by: Admin) -> Reply {
    let invite = invites::revoke(ctx.service(), &by, &code(&ctx)?).await?;
    Ok(frame::done(&ctx, &format!("/admin/invites/{}", invite.code), "invite-revoked", &[]))
}

/// `GET /admin/invites/{code}/delete`
pub async fn confirm_delete(ctx: Ctx, by: Admin) -> Reply {
    let invite = invites::get(ctx.service(), &by, &code(&ctx)?).await?;
    let line = |tone, key| Consequence { tone, place: None, text: ctx.text(key, &[]) };
    let here = format!("/admin/invites/{}", invite.code);
    let page = ConfirmPage {
        title: ctx.text("invite-delete-question", &[]),
        lines: vec![
            line(Tone::Warn, "invite-delete-forgets"),
            line(Tone::Info, "invite-revoke-keeps"),
        ],
        options: Vec::new(),
        action: format!("{here}/delete"),
        confirm: ctx.text("invite-delete-confirm", &[]),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/invites/{code}/delete`
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    invites::delete(ctx.service(), &by, &code(&ctx)?).await?;
    Ok(frame::done(&ctx, "/admin/invites", "invite-deleted", &[]))
}
