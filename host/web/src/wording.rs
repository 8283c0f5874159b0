//! Failures in words: below a field, above a form, as the detail of a problem.
//!
//! Guarantees: words come from the catalogue; what a backend or plugin said in its own words is told
//! to admins only.

use crate::context::Ctx;
use crate::failure::{Code, Failure, Inside};
use domain::fault::Fault;
use domain::role::Admin;
use domain::settings::Source;
use http::StatusCode;
use service::FieldProblem;
use views::{Arg, Problem};

/// Whether an admin is looking.
#[must_use]
pub fn is_admin(ctx: &Ctx) -> bool {
    ctx.viewer.as_ref().is_some_and(|current| Admin::prove(&current.user).is_some())
}

/// What happened and what to do about it, in the reader's language.
#[must_use]
pub fn detail(ctx: &Ctx, inside: &Inside) -> String {
    if let Some(fault) = &inside.fault {
        return fault_text(ctx, fault);
    }
    if let Some(words) = &inside.words {
        return words.clone();
    }
    if let Some(source) = &inside.set_by {
        return ctx.text("locked-by", &[("source", Arg::Text(&source_text(ctx, source)))]);
    }
    let word = inside.code.as_str();
    let keys = [format!("forbidden-{word}"), format!("problem-{word}-help")];
    let key = keys.into_iter().find(|key| ctx.views().catalogue().has(key));
    key.map_or_else(|| inside.code.title().to_owned(), |key| ctx.text(&key, &[]))
}

/// A fault: to an admin with the backend's own words, to others without.
#[must_use]
pub fn fault_text(ctx: &Ctx, fault: &Fault) -> String {
    if is_admin(ctx) {
        let general = ctx.text(&format!("admin-fault-{}", fault.kind.as_str()), &[]);
        return format!("{general} {}", fault.detail);
    }
    ctx.text(&format!("fault-{}", fault.kind.as_str()), &[])
}

/// Where a setting is set, within a sentence.
#[must_use]
pub fn source_text(ctx: &Ctx, source: &Source) -> String {
    match source {
        Source::Environment { name } => name.clone(),
        Source::Default => ctx.text("source-by-default", &[]),
        Source::File { line } => {
            let line = i64::try_from(*line).unwrap_or_default();
            ctx.text("source-by-file", &[("n", Arg::Number(line))])
        }
        Source::Flag => ctx.text("source-by-flag", &[]),
        Source::Page => ctx.text("source-by-page", &[]),
    }
}

/// The sentence below a field: `field-<field>-<code>`, else `field-<code>`, or `password-<code>` for a
/// password's own rules; the plugin's words where it refused a value.
#[must_use]
pub fn field_text(ctx: &Ctx, wrong: &FieldProblem) -> String {
    let texts = ctx.views().catalogue();
    let secret = ["password", "new", "current"].contains(&wrong.field.as_str());
    let prefixes = if secret { ["password", "field"] } else { ["field", "password"] };
    let own = [format!("field-{}-{}", wrong.field, wrong.code)];
    let general = prefixes.map(|prefix| format!("{prefix}-{}", wrong.code));
    let key = own.into_iter().chain(general).find(|key| texts.has(key));
    let Some(key) = key else {
        let words = wrong.args.get("detail").cloned();
        return words.unwrap_or_else(|| ctx.text("problem-invalid-help", &[]));
    };
    let args: Vec<(&str, Arg<'_>)> = wrong
        .args
        .iter()
        .map(|(name, value)| {
            let number = value.parse::<i64>();
            (name.as_str(), number.map_or(Arg::Text(value), Arg::Number))
        })
        .collect();
    ctx.text(&key, &args)
}

/// What stands above and inside a form that did not work, with the status to answer.
///
/// # Errors
/// The failure itself, where it is not one that filling in the form again would help.
pub fn form_problems(ctx: &Ctx, failure: Failure) -> Result<(StatusCode, Vec<Problem>), Failure> {
    let inside = failure.inside();
    let status = match inside.code {
        Code::Invalid | Code::NameTaken | Code::Conflict | Code::Locked | Code::Backend => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
        Code::WrongCredential
        | Code::SetupCode
        | Code::Unavailable
        | Code::TooMany
        | Code::Forbidden
        | Code::LastAdmin
        | Code::SetupAdmin
        | Code::OtherAdmin
        | Code::NoPublicUrl
        | Code::Oneself
        | Code::Over
        | Code::NoPassword
        | Code::LastWayIn
        | Code::AccountHere
        | Code::TooManySessions => inside.code.status(),
        _ => return Err(failure),
    };
    let mut problems: Vec<Problem> = inside
        .fields
        .iter()
        .map(|wrong| Problem::with(wrong.field.clone(), field_text(ctx, wrong)))
        .collect();
    if problems.is_empty() || inside.fault.is_some() {
        problems.push(Problem::overall(detail(ctx, inside)));
    }
    Ok((status, problems))
}
