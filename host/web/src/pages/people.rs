//! People and their accounts.

use super::words;
use crate::access::Reply;
use crate::api::inviting::right as inviting_right;
use crate::api::users::{extension, id, query};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::{self, Input};
use domain::ids::BackendId;
use domain::profiles::Profile;
use domain::role::{Admin, Role};
use domain::users::{Account, AccountState, User, UserState};
use serde_json::{Value, json};
use service::accounts::{AccountOutcome, AccountResult};
use service::activity;
use service::backends::BackendView;
use service::users::{self, OnBackends, UserPatch};
use service::{factors, inviting, pictures, profiles, sessions};
use views::notices::{ConfirmOption, ConfirmPage, Consequence};
use views::people as pages;
use views::{Arg, Choice, Link, Tone};

const fn state(state: UserState) -> pages::UserState {
    match state {
        UserState::Pending => pages::UserState::Pending,
        UserState::Active => pages::UserState::Active,
        UserState::Disabled => pages::UserState::Disabled,
        UserState::Expired => pages::UserState::Expired,
    }
}

const fn account_state(state: &AccountState) -> pages::AccountState {
    match state {
        AccountState::Active => pages::AccountState::Ready,
        AccountState::Disabled => pages::AccountState::Disabled,
        AccountState::Owed { .. } => pages::AccountState::Pending,
        AccountState::Invited => pages::AccountState::Invited,
        AccountState::Gone => pages::AccountState::Missing,
    }
}

fn row(all: &[BackendView], user: User, has_picture: bool) -> pages::PersonRow {
    let chip = |account: &Account| pages::AccountChip {
        label: words::label(all, &account.backend),
        state: account_state(&account.state),
    };
    pages::PersonRow {
        id: user.id.to_string(),
        picture: has_picture.then(|| words::picture(&user.id)),
        accounts: user.accounts.iter().map(chip).collect(),
        name: user.username.into(),
        email: user.email.map(|email| email.address.into()),
        admin: user.role == Role::Admin,
        state: state(user.state),
        expires_at: user.expires_at,
    }
}

/// `GET /admin/people?q=&state=&cursor=`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let asked = query(&ctx)?;
    let page = users::list(ctx.service(), &by, &asked).await?;
    let everybody = Choice {
        value: String::new(),
        label: ctx.text("user-state-all", &[]),
        chosen: asked.state.is_none(),
    };
    let states = [
        (UserState::Active, "active"),
        (UserState::Pending, "pending"),
        (UserState::Disabled, "disabled"),
        (UserState::Expired, "expired"),
    ];
    let states = states.into_iter().map(|(state, word)| Choice {
        value: word.to_owned(),
        label: ctx.text(&format!("user-state-{word}"), &[]),
        chosen: asked.state == Some(state),
    });
    let all = words::backends(&ctx);
    let pager = words::pager(&ctx, page.next.as_deref());
    let ids: Vec<_> = page.items.iter().map(|user| user.id.clone()).collect();
    let pictured = pictures::among(ctx.service(), &ids).await?;
    let row = |user: User| {
        let has_picture = pictured.contains(&user.id);
        row(&all, user, has_picture)
    };
    let rows = page.items.into_iter().map(row).collect();
    let states = core::iter::once(everybody).chain(states).collect();
    frame::page(
        &ctx,
        &pages::PeoplePage { q: asked.search.unwrap_or_default(), states, rows, pager },
    )
}

fn card(ctx: &Ctx, all: &[BackendView], account: &Account) -> pages::PersonAccount {
    let label = words::label(all, &account.backend);
    let message = match &account.state {
        AccountState::Owed { enabled, because } => {
            let key = if *enabled { "account-owed-on" } else { "account-owed-off" };
            Some(format!("{} {because}", ctx.text(key, &[])))
        }
        AccountState::Invited => {
            let name = [("name", Arg::Text(label.as_str()))];
            Some(ctx.text("account-invited-help", &name))
        }
        AccountState::Active | AccountState::Disabled | AccountState::Gone => None,
    };
    pages::PersonAccount {
        backend: account.backend.to_string(),
        label,
        account_id: Some(account.id.clone()),
        login_name: Some(account.login_name.clone()),
        state: account_state(&account.state),
        can_retry: matches!(account.state, AccountState::Owed { .. }),
        message,
    }
}

async fn person(ctx: &Ctx, by: &Admin, user: User) -> Result<pages::PersonPage, Failure> {
    let all = words::backends(ctx);
    let name = user.username.as_str().to_owned();
    let query = activity::Query {
        fact: Some(("user".to_owned(), name.clone())),
        limit: Some(10),
        ..activity::Query::default()
    };
    let lines = activity::list(ctx.service(), by, &query).await?.items;
    let known = profiles::list(ctx.service(), by).await?;
    let second_factor = factors::of(ctx.service(), &user).await?.are_asked;
    let sessions = sessions::list(ctx.service(), &user.id).await?.len();
    let profiles = choices(&known, user.profile.as_deref());
    let invite = invited_by(ctx, by, &user).await?;
    let invite_right = (user.role != Role::Admin).then(|| right_form(&all, &user, &known));
    let has_picture = pictures::is_there(ctx.service(), &user.id).await?;
    Ok(pages::PersonPage {
        id: user.id.to_string(),
        name,
        picture: has_picture.then(|| words::picture(&user.id)),
        label: Some(user.label).filter(|label| !label.is_empty()),
        admin: user.role == Role::Admin,
        oneself: by.id() == Some(&user.id),
        state: state(user.state),
        created_at: user.created_at,
        expires_at: user.expires_at,
        invite,
        invite_right,
        second_factor,
        sessions: u64::try_from(sessions).unwrap_or(u64::MAX),
        profiles: if user.accounts.is_empty() { Vec::new() } else { profiles },
        accounts: user.accounts.iter().map(|account| card(ctx, &all, account)).collect(),
        email_confirmed: user.email.as_ref().is_some_and(|email| email.confirmed),
        address: user.email.as_ref().map(|email| email.address.to_string()).unwrap_or_default(),
        email: user.email.map(|email| email.address.into()),
        activity: lines.into_iter().map(|line| words::activity_line(ctx, line)).collect(),
        problems: Vec::new(),
    })
}

fn choices(known: &[Profile], chosen: Option<&str>) -> Vec<Choice> {
    let choice = |profile: &Profile| Choice {
        chosen: chosen == Some(profile.name.as_str()),
        value: profile.name.clone(),
        label: profile.name.clone(),
    };
    known.iter().map(choice).collect()
}

/// The invite they came by, under the name of who made it.
async fn invited_by(ctx: &Ctx, by: &Admin, user: &User) -> Result<Option<Link>, Failure> {
    let invite = inviting::came_by(ctx.service(), by, &user.id).await?;
    Ok(invite.map(|invite| Link {
        href: format!("/admin/invites/{}", invite.code),
        text: if invite.created_by.is_empty() { invite.code.hint() } else { invite.created_by },
    }))
}

fn right_form(all: &[BackendView], user: &User, known: &[Profile]) -> pages::RightForm {
    let right = user.invite_right.as_ref();
    let backend = |view: &BackendView| Choice {
        value: view.backend.id.to_string(),
        label: view.label.clone(),
        chosen: right.is_none_or(|right| right.backends.contains(&view.backend.id)),
    };
    pages::RightForm {
        quota: right.map(|right| right.quota.to_string()).unwrap_or_default(),
        profiles: choices(known, right.and_then(|right| right.profile.as_deref())),
        backends: all.iter().map(backend).collect(),
    }
}

/// `POST /admin/people/{id}/invite-right` with `quota`, `right_profile` and `right_backends`
pub async fn save_invite_right(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let right = match form.get("quota").map(str::trim).filter(|quota| !quota.is_empty()) {
        None => Value::Null,
        Some(quota) => json!({
            "quota": quota,
            "profile": form.get("right_profile").filter(|name| !name.is_empty()),
            "backends": form.all("right_backends").collect::<Vec<_>>(),
        }),
    };
    let mut typed = Input::default().put("inviteRight", right);
    let invite_right = inviting_right(&mut typed);
    let saved = match typed.finish(invite_right) {
        Ok(right) => {
            let patch = UserPatch { invite_right: Some(right), ..UserPatch::default() };
            users::patch(ctx.service(), &by, &id(&ctx)?, patch).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    match saved {
        Ok(user) => {
            let args = [("name", user.username.as_str())];
            Ok(frame::done(&ctx, &here(&ctx), "inviting-right-saved", &args))
        }
        Err(failure) => {
            let failure = failure.renamed(|field| match field {
                "backends" => "right_backends".to_owned(),
                "profile" => "right_profile".to_owned(),
                same => same.to_owned(),
            });
            again(&ctx, &by, failure).await
        }
    }
}

/// `GET /admin/people/{id}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    frame::page(&ctx, &person(&ctx, &by, user).await?)
}

/// The person's page with what was wrong.
async fn again(ctx: &Ctx, by: &Admin, failure: Failure) -> Reply {
    let user = users::get(ctx.service(), by, &id(ctx)?).await?;
    let page = person(ctx, by, user).await?;
    words::again(ctx, failure, |problems| pages::PersonPage { problems, ..page })
}

/// The person's page.
#[must_use]
pub fn here(ctx: &Ctx) -> String {
    format!("/admin/people/{}", ctx.part("id"))
}

/// `POST /admin/people/{id}/enable`
pub async fn enable(ctx: Ctx, by: Admin) -> Reply {
    match users::enable(ctx.service(), &by, &id(&ctx)?).await {
        Ok(done) => {
            let name = done.user.username.as_str();
            Ok(frame::done(&ctx, &here(&ctx), "person-enabled", &[("name", name)]))
        }
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}

/// `POST /admin/people/{id}/extend` with `days`
pub async fn extend(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let mut typed = Input::default().with("days", form.get("days"));
    let days = typed.required("days").and_then(|_| typed.number("days", 1..=36_500));
    let done = match typed.finish(days) {
        Ok(days) => {
            let extension = extension(Input::default().put("by", format!("P{days}D")))?;
            users::extend(ctx.service(), &by, &id(&ctx)?, extension).await.map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(done) => {
            let dates = frame::date_style(&ctx.service().settings().settings.dates);
            let until = done.user.expires_at.map(|end| dates.date(end)).unwrap_or_default();
            let args = [("name", done.user.username.as_str()), ("date", until.as_str())];
            Ok(frame::done(&ctx, &here(&ctx), "person-extended", &args))
        }
        Err(failure) => again(&ctx, &by, failure).await,
    }
}

/// `POST /admin/people/{id}/email` with `address`; empty: none. What an admin types counts as confirmed.
pub async fn save_address(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let mut typed = Input::default().with("address", form.get("address"));
    let email = typed.change("address", input::email);
    let done = match typed.finish(email) {
        Ok(email) => {
            let (whose, email) = (id(&ctx)?, Some(email));
            let patch = UserPatch { email, ..UserPatch::default() };
            users::patch(ctx.service(), &by, &whose, patch).await.map_err(Into::into)
        }
        Err(failure) => Err(failure),
    };
    match done {
        Ok(user) => {
            let args = [("name", user.username.as_str())];
            Ok(frame::done(&ctx, &here(&ctx), "person-address-saved", &args))
        }
        Err(failure) => {
            let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
            let page = person(&ctx, &by, user).await?;
            let address = form.get("address").unwrap_or_default().to_owned();
            let failure = failure.renamed(|_email| "address".to_owned());
            words::again(&ctx, failure, |problems| pages::PersonPage { address, problems, ..page })
        }
    }
}

/// `POST /admin/people/{id}/profile` with `profile`
pub async fn apply_profile(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let name = form.get("profile").unwrap_or_default();
    let user = users::get(ctx.service(), &by, &id(&ctx)?).await?;
    let results = profiles::apply(ctx.service(), &by, name, &user.id).await.map_err(Failure::from);
    match results.and_then(|results| all_done(&results)) {
        Ok(()) => {
            let args = [("name", user.username.as_str())];
            Ok(frame::done(&ctx, &here(&ctx), "profile-applied", &args))
        }
        Err(failure) => again(&ctx, &by, failure).await,
    }
}

/// The first backend that did not do its part, as what is told.
///
/// # Errors
/// Its fault.
pub fn all_done(results: &[AccountResult]) -> Result<(), Failure> {
    let undone = |result: &&AccountResult| {
        matches!(
            result.outcome,
            AccountOutcome::Failed | AccountOutcome::Owed | AccountOutcome::Unsupported
        )
    };
    match results.iter().find(undone) {
        None => Ok(()),
        Some(AccountResult { fault: Some(fault), .. }) => Err(fault.clone().into()),
        Some(_) => Err(Failure::of(Code::Backend)),
    }
}

/// `POST /admin/people/{id}/accounts/{backend}/retry`: asks again for what is owed.
pub async fn retry(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let user = users::get(ctx.service(), &by, &id).await?;
    let named = BackendId::parse(ctx.part("backend")).ok();
    let account = user.accounts.iter().find(|account| Some(&account.backend) == named.as_ref());
    let wish = account.map(|account| &account.state).ok_or_else(|| Failure::of(Code::NotFound))?;
    let done = match wish {
        AccountState::Owed { enabled: true, .. } => users::enable(ctx.service(), &by, &id).await,
        AccountState::Owed { enabled: false, .. } => users::disable(ctx.service(), &by, &id).await,
        AccountState::Active
        | AccountState::Disabled
        | AccountState::Invited
        | AccountState::Gone => {
            return Ok(ctx.go(&here(&ctx)));
        }
    };
    match done.map_err(Failure::from).and_then(|done| all_done(&done.accounts)) {
        Ok(()) => Ok(frame::done(&ctx, &here(&ctx), "account-retried", &[])),
        Err(failure) => again(&ctx, &by, failure).await,
    }
}

/// What a question is about.
struct Question {
    title: &'static str,
    here: &'static str,
    there: Option<(Tone, &'static str)>,
    act: &'static str,
    button: &'static str,
    destructive: bool,
}

async fn ask(ctx: &Ctx, by: &Admin, question: Question, options: Vec<ConfirmOption>) -> Reply {
    let user = users::get(ctx.service(), by, &id(ctx)?).await?;
    let all = words::backends(ctx);
    let mut lines =
        vec![Consequence { tone: Tone::Info, place: None, text: ctx.text(question.here, &[]) }];
    if let Some((tone, key)) = question.there {
        lines.extend(user.accounts.iter().map(|account| Consequence {
            tone,
            place: Some(words::label(&all, &account.backend)),
            text: ctx.text(key, &[]),
        }));
    }
    let page = ConfirmPage {
        title: ctx.text(question.title, &[("name", Arg::Text(user.username.as_str()))]),
        lines,
        options: if user.accounts.is_empty() { Vec::new() } else { options },
        action: format!("{}/{}", here(ctx), question.act),
        confirm: ctx.text(question.button, &[]),
        cancel: here(ctx),
        destructive: question.destructive,
    };
    frame::page(ctx, &page)
}

/// `GET /admin/people/{id}/disable`
pub async fn confirm_disable(ctx: Ctx, by: Admin) -> Reply {
    let question = Question {
        title: "person-disable-question",
        here: "person-disable-here",
        there: Some((Tone::Warn, "person-disable-there")),
        act: "disable",
        button: "person-disable",
        destructive: true,
    };
    ask(&ctx, &by, question, Vec::new()).await
}

/// `POST /admin/people/{id}/disable`
pub async fn disable(ctx: Ctx, by: Admin) -> Reply {
    match users::disable(ctx.service(), &by, &id(&ctx)?).await {
        Ok(done) => {
            let name = done.user.username.as_str();
            Ok(frame::done(&ctx, &here(&ctx), "person-disabled", &[("name", name)]))
        }
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}

/// `GET /admin/people/{id}/sign-out`
pub async fn confirm_sign_out(ctx: Ctx, by: Admin) -> Reply {
    let question = Question {
        title: "person-sign-out-question",
        here: "person-sign-out-here",
        there: None,
        act: "sign-out",
        button: "person-sign-out",
        destructive: false,
    };
    ask(&ctx, &by, question, Vec::new()).await
}

/// `POST /admin/people/{id}/sign-out`
pub async fn sign_out(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let user = users::get(ctx.service(), &by, &id).await?;
    let _ended: usize = users::sign_out(ctx.service(), &by, &id).await?;
    let args = [("name", user.username.as_str())];
    Ok(frame::done(&ctx, &here(&ctx), "person-signed-out", &args))
}

/// `GET /admin/people/{id}/delete`
pub async fn confirm_delete(ctx: Ctx, by: Admin) -> Reply {
    let question = Question {
        title: "person-delete-question",
        here: "person-delete-here",
        there: Some((Tone::Info, "person-delete-keeps")),
        act: "delete",
        button: "person-delete",
        destructive: true,
    };
    let too = ConfirmOption {
        name: "accounts".to_owned(),
        value: "delete".to_owned(),
        label: ctx.text("person-delete-accounts", &[]),
        help: Some(ctx.text("person-delete-there", &[])),
        on: false,
    };
    ask(&ctx, &by, question, vec![too]).await
}

/// `POST /admin/people/{id}/delete` with `accounts=delete` or nothing
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let form = ctx.form()?;
    let accounts = match form.get("accounts") {
        Some("delete") => OnBackends::Delete,
        Some("disable") => OnBackends::Disable,
        _ => OnBackends::Keep,
    };
    let user = users::get(ctx.service(), &by, &id).await?;
    let args = [("name", user.username.as_str())];
    match users::delete(ctx.service(), &by, &id, accounts).await {
        Ok(removal) if removal.gone => {
            Ok(frame::done(&ctx, "/admin/people", "person-deleted", &args))
        }
        Ok(_waits) => Ok(frame::done(&ctx, &here(&ctx), "person-disabled", &args)),
        Err(error) => again(&ctx, &by, error.into()).await,
    }
}
