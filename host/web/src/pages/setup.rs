//! The wizard: code, name, password, address, on one page.

use super::{auth, words};
use crate::access::{BeforeSetup, Reply};
use crate::api::setup::{draft, refusal};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use domain::settings::Source;
use service::{passwords, setup};
use views::setup::SetupPage;

/// Whether something stronger than a page says what our address is.
fn address_is_set(ctx: &Ctx) -> bool {
    let settled = ctx.service().settings();
    let source = settled.sources.get("server.public_url");
    matches!(source, Some(Source::File { .. } | Source::Environment { .. } | Source::Flag))
}

fn blank(ctx: &Ctx) -> SetupPage {
    let rules = passwords::rules_on(ctx.service(), &[]);
    SetupPage {
        public_url: ctx.address(""),
        password_rules: words::password_rules(ctx, &rules),
        ..SetupPage::default()
    }
}

/// `GET /setup?code=`
pub async fn form(ctx: Ctx, _door: BeforeSetup) -> Reply {
    let code = ctx.head.query.get("code").unwrap_or_default().to_owned();
    frame::page(&ctx, &SetupPage { code, ..blank(&ctx) })
}

/// `POST /setup`
pub async fn complete(ctx: Ctx, _door: BeforeSetup) -> Reply {
    let form = ctx.form()?;
    let typed = |name: &str| form.get(name).unwrap_or_default().to_owned();
    let address = form.get("public_url").filter(|_| !address_is_set(&ctx));
    let sent = Input::default()
        .with("code", form.get("code"))
        .with("username", form.get("username"))
        .put("password", typed("password"))
        .with("email", form.get("email"))
        .with("publicUrl", address);
    let made = match draft(sent) {
        Ok(draft) => setup::complete(ctx.service(), draft, &ctx.caller())
            .await
            .map_err(|error| refusal(ctx.service(), error)),
        Err(failure) => Err(failure),
    };
    match made {
        Ok(user) => auth::begin(&ctx, &user, "local", "/admin").await,
        Err(failure) => {
            let failure = match failure.code() {
                Code::SetupCode => Failure::field("code", "setup-code"),
                _ => failure.renamed(|field| {
                    if field == "publicUrl" { "public_url" } else { field }.to_owned()
                }),
            };
            words::again(&ctx, failure, |problems| SetupPage {
                code: typed("code"),
                username: typed("username"),
                email: typed("email"),
                public_url: typed("public_url"),
                problems,
                ..blank(&ctx)
            })
        }
    }
}
