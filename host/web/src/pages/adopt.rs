//! Accounts that exist on a backend become users: chosen by the admin, one, some or all.

use super::words;
use crate::access::Reply;
use crate::api::backends::id;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::frame;
use crate::input::{self, Input};
use crate::kit::query::Pairs;
use domain::accounts::Condition;
use domain::role::Admin;
use service::FieldProblem;
use service::adopt::{self, Adopted, Adoption, Candidate};
use service::backends;
use service::users;
use std::collections::BTreeMap;
use views::adopt as pages;
use views::{Link, Tone};

fn person(id: &domain::ids::UserId, name: String) -> Link {
    Link { href: format!("/admin/people/{id}"), text: name }
}

fn choice(word: Option<&str>) -> pages::ClashChoice {
    match word {
        Some("same") => pages::ClashChoice::Same,
        Some("other") => pages::ClashChoice::Other,
        _ => pages::ClashChoice::Leave,
    }
}

/// What the form says of one account.
struct Typed<'a> {
    form: &'a Pairs,
    account: &'a str,
}

impl<'a> Typed<'a> {
    fn get(&self, field: &str) -> Option<&'a str> {
        self.form.get(&format!("{field}.{}", self.account))
    }
}

async fn row(ctx: &Ctx, by: &Admin, found: &Candidate, form: &Pairs) -> pages::AdoptRow {
    let typed = Typed { form, account: &found.account.id };
    let mut clash = None;
    if let Some(other) = &found.clash {
        let user = users::get(ctx.service(), by, other).await.ok();
        let name = user.map(|user| user.username.to_string()).unwrap_or_default();
        let choice = choice(typed.get("clash"));
        clash = Some(pages::Clash { user: person(other, name), choice });
    }
    let close = found.username.as_ref().filter(|_| found.unusable.is_some());
    let name = typed.get("name").map(str::to_owned);
    pages::AdoptRow {
        login_name: found.account.login_name.clone(),
        admin: found.account.admin,
        disabled: found.account.condition == Condition::Disabled,
        under_way: found.under_way,
        unusable: found.unusable.is_some(),
        chosen: form.all("account").any(|account| account == found.account.id),
        email: typed.get("email").or(found.account.email.as_deref()).unwrap_or_default().to_owned(),
        clash,
        name: name.or_else(|| close.map(ToString::to_string)).unwrap_or_default(),
        id: found.account.id.clone(),
    }
}

async fn page(
    ctx: &Ctx,
    by: &Admin,
    found: &[Candidate],
    form: &Pairs,
) -> Result<pages::AdoptPage, Failure> {
    let view = backends::get(ctx.service(), &id(ctx)?)?;
    let (mut rows, mut known) = (Vec::new(), Vec::new());
    for candidate in found {
        match &candidate.user {
            Some((user, name)) => known.push(pages::KnownAccount {
                login_name: candidate.account.login_name.clone(),
                user: person(user, name.clone()),
            }),
            None => rows.push(row(ctx, by, candidate, form).await),
        }
    }
    Ok(pages::AdoptPage {
        backend: view.backend.id.to_string(),
        label: view.label,
        rows,
        known,
        problems: Vec::new(),
    })
}

/// `GET /admin/backends/{id}/adopt`
pub async fn form(ctx: Ctx, by: Admin) -> Reply {
    let found = adopt::candidates(ctx.service(), &by, &id(&ctx)?).await?;
    frame::page(&ctx, &page(&ctx, &by, &found, &Pairs::default()).await?)
}

/// What is to be done with one account; none: it is left alone.
fn wish(found: &Candidate, form: &Pairs, wrong: &mut Vec<FieldProblem>) -> Option<Adoption> {
    let account = found.account.id.clone();
    let typed = Typed { form, account: &account };
    let mut sent = Input::default().with("email", typed.get("email"));
    let email = sent.parsed("email", input::email);
    let must_name = found.unusable.is_some() && found.clash.is_none();
    let (mut username, mut attach_to) = (None, None);
    match (&found.clash, choice(typed.get("clash"))) {
        (Some(_), pages::ClashChoice::Leave) => {
            sent.wrong("clash", "who");
        }
        (Some(other), pages::ClashChoice::Same) => attach_to = Some(other.clone()),
        (Some(_), pages::ClashChoice::Other) => username = name(&mut sent, &typed),
        (None, _) if must_name => username = name(&mut sent, &typed),
        (None, _) => {}
    }
    let problems = sent.into_problems().into_iter();
    let before = wrong.len();
    wrong.extend(
        problems.map(|problem| FieldProblem {
            field: format!("{}.{account}", problem.field),
            ..problem
        }),
    );
    (wrong.len() == before).then_some(Adoption { account, username, email, attach_to })
}

fn name(sent: &mut Input, typed: &Typed<'_>) -> Option<domain::names::Username> {
    *sent = core::mem::take(sent).with("name", typed.get("name"));
    sent.required_as("name", input::username)
}

/// The wishes of the whole form.
///
/// # Errors
/// 422 with each field.
fn wishes(found: &[Candidate], form: &Pairs) -> Result<Vec<Adoption>, Failure> {
    let everybody = form.get("which") == Some("all");
    let ticked = |candidate: &&Candidate| {
        everybody || form.all("account").any(|account| account == candidate.account.id)
    };
    let left = |candidate: &&Candidate| {
        let word = form.get(&format!("clash.{}", candidate.account.id));
        everybody && candidate.clash.is_some() && choice(word) == pages::ClashChoice::Leave
    };
    let can_be = found.iter().filter(|one| one.user.is_none() && !one.under_way);
    let wanted = can_be.filter(ticked).filter(|candidate| !left(candidate));
    let mut wrong = Vec::new();
    let wishes: Vec<Adoption> =
        wanted.filter_map(|candidate| wish(candidate, form, &mut wrong)).collect();
    if !wrong.is_empty() {
        return Err(Failure::invalid(wrong));
    }
    if wishes.is_empty() {
        return Err(Failure::field("", "nobody"));
    }
    Ok(wishes)
}

/// `POST /admin/backends/{id}/adopt`
pub async fn adopt(ctx: Ctx, by: Admin) -> Reply {
    let backend = id(&ctx)?;
    let typed = ctx.form()?;
    let found = adopt::candidates(ctx.service(), &by, &backend).await?;
    let wishes = wishes(&found, &typed).and_then(|wishes| {
        if wishes.iter().any(|wish| wish.attach_to.is_some()) {
            ctx.require_recent()?;
        }
        Ok(wishes)
    });
    let adopted = match wishes {
        Ok(wishes) => adopt::adopt(ctx.service(), &by, &backend, wishes).await?,
        Err(failure) => {
            let page = page(&ctx, &by, &found, &typed).await?;
            return words::again(&ctx, failure, |problems| pages::AdoptPage { problems, ..page });
        }
    };
    let names: BTreeMap<&str, &str> = found
        .iter()
        .map(|one| (one.account.id.as_str(), one.account.login_name.as_str()))
        .collect();
    let lines: Vec<pages::AdoptedLine> =
        adopted.iter().map(|one| line(&ctx, &names, one)).collect();
    let done = lines.iter().filter(|line| line.tone == Tone::Good).count();
    let page = pages::AdoptedPage {
        backend: backend.to_string(),
        label: words::label(&words::backends(&ctx), &backend),
        lines,
        done: u64::try_from(done).unwrap_or(u64::MAX),
    };
    frame::page(&ctx, &page)
}

fn line(ctx: &Ctx, names: &BTreeMap<&str, &str>, adopted: &Adopted) -> pages::AdoptedLine {
    let account = adopted.account.as_str();
    let login_name = names.get(account).copied().unwrap_or(account).to_owned();
    let word = adopted.outcome.code();
    let tone = match word {
        "created" | "attached" => Tone::Good,
        "already-linked" => Tone::Quiet,
        _ => Tone::Warn,
    };
    pages::AdoptedLine {
        tone,
        text: ctx.text(&format!("adopted-{word}"), &[]),
        user: adopted.outcome.user().map(|user| person(user, login_name.clone())),
        login_name,
    }
}
