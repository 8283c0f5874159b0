//! What a person can do for themselves.

use super::words;
use crate::access::{Reply, SignedIn};
use crate::api::auth::password_change;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::{self, Input};
use crate::wording;
use domain::ids::ProviderId;
use domain::users::{Account, AccountState, User};
use service::addresses::{self, AddressView};
use service::backends::BackendView;
use service::passwords::{self, PasswordOutcome, PasswordResult};
use service::pictures;
use service::sessions;
use views::account as pages;
use views::{Arg, Tone};

fn account(ctx: &Ctx, all: &[BackendView], account: &Account) -> pages::MyAccount {
    let view = all.iter().find(|view| view.backend.id == account.backend);
    let (tone, key) = match &account.state {
        AccountState::Active => (Tone::Good, "account-active"),
        AccountState::Disabled => (Tone::Warn, "account-disabled"),
        AccountState::Owed { .. } => (Tone::Info, "account-pending"),
        AccountState::Invited => (Tone::Info, "account-invited"),
        AccountState::Gone => (Tone::Quiet, "account-unknown"),
    };
    let label = words::label(all, &account.backend);
    let state = ctx.text(key, &[("name", Arg::Text(label.as_str()))]);
    let url = view.and_then(|view| view.backend.public_url.as_ref());
    pages::MyAccount {
        label,
        url: url.map(url::Url::to_string),
        login_name: Some(account.login_name.clone()),
        tone,
        state,
    }
}

/// Where a password would be changed: on every backend that can, else here.
fn places(all: &[BackendView], user: &User) -> Vec<String> {
    let can = |account: &&Account| {
        let view = all.iter().find(|view| view.backend.id == account.backend);
        let offer = view.and_then(|view| view.offer.as_ref());
        offer.is_some_and(|offer| offer.abilities.own_password || offer.abilities.set_password)
    };
    let there: Vec<String> = user
        .accounts
        .iter()
        .filter(can)
        .map(|account| words::label(all, &account.backend))
        .collect();
    if there.is_empty() { vec![views::frame::PRODUCT.to_owned()] } else { there }
}

async fn address_part(ctx: &Ctx, user: &User) -> Result<pages::AddressPart, Failure> {
    let AddressView { address, pending } = addresses::of(ctx.service(), &user.id).await?;
    Ok(pages::AddressPart {
        confirmed: address.as_ref().is_some_and(|email| email.confirmed),
        address: address.map(|email| email.address.into()),
        pending: pending.map(|pending| pending.address.into()),
        typed: String::new(),
        can_mail: words::sender(ctx).is_some(),
        stale: ctx.require_recent().is_err(),
    })
}

async fn page(ctx: &Ctx, who: &SignedIn) -> Result<pages::AccountPage, Failure> {
    let user = &who.current().user;
    let all = words::backends(ctx);
    let open = sessions::list(ctx.service(), &user.id).await?;
    let rules = passwords::rules_for(ctx.service(), user);
    let form = pages::PasswordForm {
        places: places(&all, user),
        rules: words::password_rules(ctx, &rules),
    };
    let has_password = passwords::can_change(ctx.service(), user).await?;
    let has_picture = pictures::is_there(ctx.service(), &user.id).await?;
    Ok(pages::AccountPage {
        name: user.username.as_str().to_owned(),
        email: address_part(ctx, user).await?,
        expires_at: user.expires_at,
        accounts: user.accounts.iter().map(|one| account(ctx, &all, one)).collect(),
        picture: has_picture.then(|| words::picture(&user.id)),
        password: has_password.then_some(form),
        results: Vec::new(),
        sessions: super::sessions::rows(ctx, &open).await?,
        problems: Vec::new(),
    })
}

/// `GET /account`
pub async fn account_page(ctx: Ctx, who: SignedIn) -> Reply {
    frame::page(&ctx, &page(&ctx, &who).await?)
}

fn result(ctx: &Ctx, all: &[BackendView], result: PasswordResult) -> pages::PasswordResult {
    let (tone, key) = match result.state {
        PasswordOutcome::Changed => (Tone::Good, "account-password-changed"),
        PasswordOutcome::WrongCurrent
        | PasswordOutcome::Unsupported
        | PasswordOutcome::Refused
        | PasswordOutcome::Failed => (Tone::Bad, "account-password-failed"),
        PasswordOutcome::Unclear => (Tone::Warn, "fault-outcome-unknown"),
    };
    let why = result.fault.map(|fault| wording::fault_text(ctx, &fault));
    let message = match why {
        Some(why) => format!("{}: {why}", ctx.text(key, &[])),
        None => ctx.text(key, &[]),
    };
    pages::PasswordResult { label: place(all, &result.backend), tone, message }
}

fn place(all: &[BackendView], provider: &ProviderId) -> String {
    let view = all.iter().find(|view| view.backend.id.as_str() == provider.as_str());
    view.map_or_else(|| views::frame::PRODUCT.to_owned(), |view| view.label.clone())
}

/// `POST /account/password`: the page says for every place what came of it.
pub async fn change_password(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let sent = Input::default()
        .put("current", form.get("current").unwrap_or_default())
        .put("new", form.get("new").unwrap_or_default());
    let changed = match password_change(sent) {
        Ok((current, new)) => {
            passwords::change(ctx.service(), who.current(), &current, &new, &ctx.caller())
                .await
                .map_err(Failure::from)
        }
        Err(failure) => Err(failure),
    };
    let page = page(&ctx, &who).await?;
    match changed {
        Ok(results) => {
            let all = words::backends(&ctx);
            let results = results.into_iter().map(|one| result(&ctx, &all, one)).collect();
            frame::page(&ctx, &pages::AccountPage { results, ..page })
        }
        Err(failure) => {
            words::again(&ctx, failure, |problems| pages::AccountPage { problems, ..page })
        }
    }
}

/// `POST /account/email` with `email`, or with `remove`
pub async fn change_address(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let removes = form.get("remove").is_some();
    let typed = form.get("email").unwrap_or_default();
    match changed(&ctx, &who, (!removes).then_some(typed)).await {
        Ok(_gone) if removes => Ok(frame::done(&ctx, "/account", "address-removed", &[])),
        // Theirs already, and proved: there is nothing to ask.
        Ok(now) if now.pending.is_none() && is_proved(&now) => Ok(ctx.go("/account")),
        Ok(_asked) => {
            let args = [("address", typed.trim())];
            Ok(frame::done(&ctx, "/account", "address-changed", &args))
        }
        Err(failure) => {
            let page = page(&ctx, &who).await?;
            let email = pages::AddressPart { typed: typed.to_owned(), ..page.email.clone() };
            words::again(&ctx, failure, |problems| pages::AccountPage { email, problems, ..page })
        }
    }
}

/// The address as typed; none takes it away.
async fn changed(ctx: &Ctx, who: &SignedIn, typed: Option<&str>) -> Result<AddressView, Failure> {
    let mut email = None;
    if let Some(typed) = typed {
        let mut sent = Input::default().with("email", Some(typed));
        let parsed = sent.required_as("email", input::email);
        email = Some(sent.finish(parsed)?);
    }
    Ok(addresses::change(ctx.service(), who.current(), email).await?)
}

fn is_proved(now: &AddressView) -> bool {
    now.address.as_ref().is_some_and(|email| email.confirmed)
}

/// `POST /account/email/resend`
pub async fn resend(ctx: Ctx, who: SignedIn) -> Reply {
    match addresses::resend(ctx.service(), who.current()).await.map_err(Failure::from) {
        Ok(_asked) => Ok(frame::done(&ctx, "/account", "address-resent", &[])),
        Err(failure) => {
            let page = page(&ctx, &who).await?;
            words::again(&ctx, failure, |problems| pages::AccountPage { problems, ..page })
        }
    }
}
