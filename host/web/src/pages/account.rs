//! What a person can do for themselves.

use super::words;
use crate::access::{Reply, SignedIn};
use crate::api::auth::password_change;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::Input;
use crate::wording;
use domain::ids::ProviderId;
use domain::users::{Account, AccountState, User};
use service::backends::BackendView;
use service::passwords::{self, PasswordOutcome, PasswordResult};
use service::sessions;
use views::Tone;
use views::account as pages;

fn account(ctx: &Ctx, all: &[BackendView], account: &Account) -> pages::MyAccount {
    let view = all.iter().find(|view| view.backend.id == account.backend);
    let (tone, key) = match &account.state {
        AccountState::Active => (Tone::Good, "account-active"),
        AccountState::Disabled => (Tone::Warn, "account-disabled"),
        AccountState::Owed { .. } => (Tone::Info, "account-pending"),
        AccountState::Gone => (Tone::Quiet, "account-unknown"),
    };
    let url = view.and_then(|view| view.backend.public_url.as_ref());
    pages::MyAccount {
        label: words::label(all, &account.backend),
        url: url.map(url::Url::to_string),
        login_name: Some(account.login_name.clone()),
        tone,
        state: ctx.text(key, &[]),
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

fn address(ctx: &Ctx, user: &User) -> pages::AddressPart {
    let email = user.email.as_ref();
    pages::AddressPart {
        address: email.map(|email| email.address.as_str().to_owned()),
        confirmed: email.is_some_and(|email| email.confirmed),
        pending: None,
        typed: String::new(),
        can_mail: words::sender(ctx).is_some(),
    }
}

async fn page(ctx: &Ctx, who: &SignedIn) -> Result<pages::AccountPage, Failure> {
    let user = &who.current().user;
    let all = words::backends(ctx);
    let open = sessions::list(ctx.service(), &user.id).await?;
    let others = open.iter().filter(|session| session.id != who.current().session.id).count();
    let rules = passwords::rules_for(ctx.service(), user);
    let form = pages::PasswordForm {
        places: places(&all, user),
        rules: words::password_rules(ctx, &rules),
    };
    Ok(pages::AccountPage {
        name: user.username.as_str().to_owned(),
        email: address(ctx, user),
        expires_at: user.expires_at,
        accounts: user.accounts.iter().map(|one| account(ctx, &all, one)).collect(),
        password: Some(form),
        results: Vec::new(),
        other_sessions: u64::try_from(others).unwrap_or(u64::MAX),
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
        PasswordOutcome::WrongCurrent | PasswordOutcome::Unsupported | PasswordOutcome::Failed => {
            (Tone::Bad, "account-password-failed")
        }
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

/// `POST /account/sign-out-others`
pub async fn sign_out_others(ctx: Ctx, who: SignedIn) -> Reply {
    let current = who.current();
    for session in sessions::list(ctx.service(), &current.user.id).await? {
        if session.id != current.session.id {
            match sessions::end(ctx.service(), current, &session.id).await {
                // Ended meanwhile by itself.
                Ok(()) | Err(service::ServiceError::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(frame::done(&ctx, "/account", "account-signed-out-others", &[]))
}
