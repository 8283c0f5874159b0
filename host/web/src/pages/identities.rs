//! The ways one signs in: those one has, one more, one less.

use super::words;
use crate::access::{Reply, SignedIn};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use domain::identity::IdentityKey;
use domain::ids::ProviderId;
use service::identities::{self, Mine};
use service::providers::{self, Kind, Way};
use views::flows as pages;

fn mine(ctx: &Ctx, ways: &[Way], one: Mine) -> pages::MyIdentity {
    let Mine { identity, is_account, is_last } = one;
    let way = ways.iter().find(|way| way.id == identity.key.provider);
    let fixed = match (is_account, is_last) {
        (true, _) => Some("identity-fixed-account"),
        (false, true) => Some("identity-fixed-last"),
        (false, false) => None,
    };
    pages::MyIdentity {
        label: way.map_or_else(|| identity.key.provider.to_string(), |way| way.label.clone()),
        provider: identity.key.provider.to_string(),
        issuer: identity.key.issuer,
        subject: identity.key.subject,
        name: identity.login_name.unwrap_or(identity.display_name),
        email: identity.email,
        used_at: identity.used_at,
        fixed: fixed.map(|key| ctx.text(key, &[])),
    }
}

async fn page(ctx: &Ctx, who: &SignedIn) -> Result<pages::IdentitiesPage, Failure> {
    let user = &who.current().user;
    let ways = providers::offered(ctx.service()).await?.providers;
    let all = identities::of_user(ctx.service(), &user.id).await?;
    let is_theirs = |way: &Way| all.iter().any(|one| one.identity.key.provider == way.id);
    let others = ways
        .iter()
        .filter(|way| way.kind == Kind::Redirect && !is_theirs(way))
        .map(|way| pages::OtherWay { id: way.id.to_string(), label: way.label.clone() })
        .collect();
    Ok(pages::IdentitiesPage {
        others,
        identities: all.into_iter().map(|one| mine(ctx, &ways, one)).collect(),
        stale: ctx.require_fresh(&user.id).is_err(),
        problems: Vec::new(),
    })
}

/// `GET /account/identities`
pub async fn list(ctx: Ctx, who: SignedIn) -> Reply {
    frame::page(&ctx, &page(&ctx, &who).await?)
}

/// `POST /account/identities/unlink` with `provider`, `issuer` and `subject`
pub async fn unlink(ctx: Ctx, who: SignedIn) -> Reply {
    let form = ctx.form()?;
    let sent = |name| form.get(name).unwrap_or_default().to_owned();
    let provider = ProviderId::parse(&sent("provider"));
    let key = IdentityKey {
        provider: provider.map_err(|_none| Failure::of(Code::NotFound))?,
        issuer: sent("issuer"),
        subject: sent("subject"),
    };
    match identities::unlink(ctx.service(), who.current(), &key).await.map_err(Failure::from) {
        Ok(()) => Ok(frame::done(&ctx, "/account/identities", "identity-unlinked", &[])),
        Err(failure) => {
            let page = page(&ctx, &who).await?;
            words::again(&ctx, failure, |problems| pages::IdentitiesPage { problems, ..page })
        }
    }
}
