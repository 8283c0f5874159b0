//! Profiles: captured step by step, looked at, applied.

use super::{people, words};
use crate::access::Reply;
use crate::api::profiles::{in_use, model, no_backend};
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::frame;
use crate::input::Input;
use crate::kit::query::Pairs;
use domain::accounts::Library;
use domain::ids::{BackendId, UserId};
use domain::profiles::Profile;
use domain::role::Admin;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use service::backends::{self, BackendView};
use service::{invites, profiles, users};
use std::collections::BTreeMap;
use views::notices::{ConfirmPage, Consequence};
use views::profiles as pages;
use views::{Arg, Choice, Tone};

fn can_capture(view: &BackendView) -> bool {
    view.offer.as_ref().is_some_and(|offer| offer.abilities.profiles)
}

/// How many open invites name each profile.
async fn invites_by_profile(ctx: &Ctx, by: &Admin) -> Result<BTreeMap<String, u64>, Failure> {
    let mut counted = BTreeMap::new();
    let mut query = invites::Query {
        standing: Some(domain::invites::Standing::Open),
        limit: Some(service::paging::LONGEST),
        ..invites::Query::default()
    };
    loop {
        let page = invites::list(ctx.service(), by, &query).await?;
        for profile in page.items.into_iter().filter_map(|invite| invite.profile) {
            *counted.entry(profile).or_default() += 1;
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(counted),
        }
    }
}

/// `GET /admin/profiles`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let all = words::backends(&ctx);
    let counted = invites_by_profile(&ctx, &by).await?;
    let row = |profile: Profile| pages::ProfileRow {
        backends: profile.documents.keys().map(|id| words::label(&all, id)).collect(),
        captured_from: profile
            .documents
            .values()
            .find_map(|document| document.captured_from.clone()),
        changed_at: profile.changed_at,
        invites: counted.get(&profile.name).copied().unwrap_or_default(),
        name: profile.name,
    };
    let known = profiles::list(ctx.service(), &by).await?;
    let rows = known.into_iter().map(row).collect();
    frame::page(&ctx, &pages::ProfilesPage { rows, can_capture: all.iter().any(can_capture) })
}

/// The page for what is known so far: backend, then account, then name.
async fn capture_page(ctx: &Ctx, by: &Admin, known: &Pairs) -> Result<pages::CapturePage, Failure> {
    let given = |name: &str| known.get(name).filter(|value| !value.is_empty());
    let all = words::backends(ctx);
    let chosen = given("backend").and_then(|id| BackendId::parse(id).ok());
    let chosen =
        chosen.filter(|id| all.iter().any(|view| view.backend.id == *id && can_capture(view)));
    let offered = all.iter().filter(|view| can_capture(view));
    let mut page = pages::CapturePage {
        backends: offered
            .map(|view| Choice {
                value: view.backend.id.to_string(),
                label: view.label.clone(),
                chosen: chosen.as_ref() == Some(&view.backend.id),
            })
            .collect(),
        backend: chosen.as_ref().map(BackendId::to_string),
        name: given("name").unwrap_or_default().to_owned(),
        ..pages::CapturePage::default()
    };
    let Some(backend) = chosen else { return Ok(page) };
    let accounts = backends::accounts(ctx.service(), by, &backend).await?;
    page.accounts = accounts
        .into_iter()
        .map(|account| Choice {
            chosen: given("account") == Some(account.id.as_str()),
            value: account.id,
            label: account.login_name,
        })
        .collect();
    page.account = page.accounts.iter().find(|choice| choice.chosen).cloned();
    let known = profiles::list(ctx.service(), by).await?;
    page.existing = known.into_iter().map(|profile| profile.name).collect();
    Ok(page)
}

/// `GET /admin/profiles/capture?backend=&account=`
pub async fn capture_form(ctx: Ctx, by: Admin) -> Reply {
    match capture_page(&ctx, &by, &ctx.head.query).await {
        Ok(page) => frame::page(&ctx, &page),
        Err(failure) => {
            // The backend did not list its accounts: choose again.
            let page = capture_page(&ctx, &by, &Pairs::default()).await?;
            words::again(&ctx, failure, |problems| pages::CapturePage { problems, ..page })
        }
    }
}

/// `POST /admin/profiles/capture`
pub async fn capture(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let sent = Input::default()
        .with("backend", form.get("backend"))
        .with("account", form.get("account"))
        .with("name", form.get("name"));
    let captured = match model(sent) {
        Ok(capture) => profiles::capture(ctx.service(), &by, capture).await.map_err(no_backend),
        Err(failure) => Err(failure),
    };
    match captured {
        Ok(profile) => {
            let args = [("name", profile.name.as_str())];
            Ok(frame::done(&ctx, &place(&profile.name), "profile-captured", &args))
        }
        Err(failure) => {
            let page = capture_page(&ctx, &by, &form).await?;
            words::again(&ctx, failure, |problems| pages::CapturePage { problems, ..page })
        }
    }
}

fn place(name: &str) -> String {
    format!("/admin/profiles/{}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

async fn detail_page(ctx: &Ctx, by: &Admin) -> Result<pages::ProfilePage, Failure> {
    let view = profiles::view(ctx.service(), by, ctx.part("name")).await?;
    let all = words::backends(ctx);
    let counted = invites_by_profile(ctx, by).await?;
    let profile = view.profile;
    let mut documents = Vec::new();
    for (backend, document) in profile.documents {
        let said = view.described.get(&backend).and_then(|described| described.as_ref().ok());
        let view = all.iter().find(|view| view.backend.id == backend);
        let libraries = match view {
            Some(view) => super::backends::libraries(ctx, by, view).await,
            None => Vec::new(),
        };
        let facts = said.cloned().unwrap_or_default().into_iter();
        documents.push(pages::ProfileDocument {
            label: words::label(&all, &backend),
            captured_from: document.captured_from,
            captured_at: document.captured_at,
            facts: facts.map(|said| fact(ctx, &libraries, said)).collect(),
            raw: document.text,
        });
    }
    Ok(pages::ProfilePage {
        changed_at: profile.changed_at,
        invites: counted.get(&profile.name).copied().unwrap_or_default(),
        name: profile.name,
        documents,
        people: people_with_accounts(ctx, by).await?,
        problems: Vec::new(),
    })
}

/// What a plugin says of a document, in our words where we have some, libraries by their names.
fn fact(ctx: &Ctx, libraries: &[Library], (name, value): (String, String)) -> pages::Fact {
    let key = format!("fact-{name}");
    let named = |id: &str| {
        let found = libraries.iter().find(|library| library.id == id);
        found.map_or_else(|| id.to_owned(), |library| library.name.clone())
    };
    let value = match value.as_str() {
        "yes" | "no" => ctx.text(&value, &[]),
        list => list.split(", ").map(named).collect::<Vec<_>>().join(", "),
    };
    let name = if ctx.views().catalogue().has(&key) { ctx.text(&key, &[]) } else { name };
    pages::Fact { name, value }
}

/// The first page of those it can be applied to; others have the form on their own page.
async fn people_with_accounts(ctx: &Ctx, by: &Admin) -> Result<Vec<Choice>, Failure> {
    let query = users::Query { limit: Some(service::paging::LONGEST), ..users::Query::default() };
    let page = users::list(ctx.service(), by, &query).await?;
    let with = page.items.into_iter().filter(|user| !user.accounts.is_empty());
    Ok(with.map(|user| Choice::new(user.id.to_string(), user.username.as_str())).collect())
}

/// `GET /admin/profiles/{name}`
pub async fn detail(ctx: Ctx, by: Admin) -> Reply {
    frame::page(&ctx, &detail_page(&ctx, &by).await?)
}

/// `POST /admin/profiles/{name}/apply` with `user`
pub async fn apply(ctx: Ctx, by: Admin) -> Reply {
    let form = ctx.form()?;
    let name = ctx.part("name");
    let user = UserId::parse(form.get("user").unwrap_or_default());
    let applied = match &user {
        Some(user) => profiles::apply(ctx.service(), &by, name, user).await.map_err(Failure::from),
        None => Err(Failure::field("user", "choice")),
    };
    match (applied.and_then(|results| people::all_done(&results)), user) {
        (Ok(()), Some(user)) => {
            let user = users::get(ctx.service(), &by, &user).await?;
            let args = [("name", user.username.as_str())];
            Ok(frame::done(&ctx, &place(name), "profile-applied", &args))
        }
        (Ok(()), None) => Err(Failure::of(Code::NotFound)),
        (Err(failure), _) => {
            let page = detail_page(&ctx, &by).await?;
            words::again(&ctx, failure, |problems| pages::ProfilePage { problems, ..page })
        }
    }
}

/// `GET /admin/profiles/{name}/delete`
pub async fn confirm_delete(ctx: Ctx, by: Admin) -> Reply {
    let profile = profiles::get(ctx.service(), &by, ctx.part("name")).await?;
    let here = place(&profile.name);
    let keeps = ctx.text("profile-delete-keeps", &[]);
    let page = ConfirmPage {
        title: ctx.text("profile-delete-question", &[("name", Arg::Text(&profile.name))]),
        lines: vec![Consequence { tone: Tone::Info, place: None, text: keeps }],
        options: Vec::new(),
        action: format!("{here}/delete"),
        confirm: ctx.text("profile-delete", &[]),
        cancel: here,
        destructive: true,
    };
    frame::page(&ctx, &page)
}

/// `POST /admin/profiles/{name}/delete`
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    let deleted = profiles::delete(ctx.service(), &by, ctx.part("name")).await;
    match deleted.map_err(|error| in_use(&ctx, error)) {
        Ok(()) => Ok(frame::done(&ctx, "/admin/profiles", "profile-deleted", &[])),
        Err(failure) => {
            let page = detail_page(&ctx, &by).await?;
            words::again(&ctx, failure, |problems| pages::ProfilePage { problems, ..page })
        }
    }
}
