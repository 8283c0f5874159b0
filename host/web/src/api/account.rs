//! One's own account, for programs.

use super::users::UserView;
use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::ids::BackendId;
use domain::names::EmailAddress;
use domain::passwords::Rules;
use domain::users::{AccountState, User};
use serde::Serialize;
use service::{addresses, backends, passwords};
use url::Url;

#[derive(Debug, Serialize)]
struct AccountView {
    user: UserView,
    email: AddressView,
    backends: Vec<PlaceView>,
    password: Rules,
}

/// Where mail goes; nothing goes to an address that is not confirmed.
#[derive(Debug, Serialize)]
struct AddressView {
    address: Option<String>,
    confirmed: bool,
    pending: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlaceView {
    backend: BackendId,
    label: String,
    public_url: Option<Url>,
    login_name: String,
    state: &'static str,
}

fn places(ctx: &Ctx, user: &User) -> Vec<PlaceView> {
    let all = backends::list(ctx.service());
    let place = |account: &domain::users::Account| {
        let view = all.iter().find(|view| view.backend.id == account.backend);
        PlaceView {
            backend: account.backend.clone(),
            label: view.map_or_else(|| account.backend.to_string(), |view| view.label.clone()),
            public_url: view.and_then(|view| view.backend.public_url.clone()),
            login_name: account.login_name.clone(),
            state: match account.state {
                AccountState::Active => "active",
                AccountState::Disabled => "disabled",
                AccountState::Owed { .. } => "owed",
                AccountState::Invited => "invited",
                AccountState::Gone => "gone",
            },
        }
    };
    user.accounts.iter().map(place).collect()
}

fn view(ctx: &Ctx, user: User, email: addresses::AddressView) -> Answer {
    let email = AddressView {
        confirmed: email.address.as_ref().is_some_and(|email| email.confirmed),
        address: email.address.clone().map(|email| email.address.into()),
        pending: email.pending.map(|pending| pending.address.into()),
    };
    Answer::json(&AccountView {
        email,
        backends: places(ctx, &user),
        password: passwords::rules_for(ctx.service(), &user),
        user: user.into(),
    })
}

/// `GET /api/account`
pub async fn get(ctx: Ctx, who: SignedIn) -> Reply {
    let user = who.current().user.clone();
    let email = addresses::of(ctx.service(), &user.id).await?;
    Ok(view(&ctx, user, email))
}

/// A new address from a form or from JSON; null: none.
///
/// # Errors
/// 422.
pub fn address(mut sent: Input) -> Result<Option<EmailAddress>, Failure> {
    let email = sent.change("email", input::email);
    if email.is_none() {
        sent.wrong("email", "required");
    }
    sent.finish(email)
}

/// `PATCH /api/account`
pub async fn patch(ctx: Ctx, who: SignedIn) -> Reply {
    let email = address(ctx.json()?)?;
    let email = addresses::change(ctx.service(), who.current(), email).await?;
    let user = User { email: email.address.clone(), ..who.current().user.clone() };
    Ok(view(&ctx, user, email))
}
