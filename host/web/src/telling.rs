//! Telling what went wrong: a problem document to programs, a page to people, a line to the log.
//!
//! Guarantees: each failure is logged once, with the reference that its reader sees; a path is never
//! logged or shown, only its pattern is logged, because paths hold codes and tokens.

use crate::context::Ctx;
use crate::failure::{Code, Failure, Inside};
use crate::frame;
use crate::kit::Answer;
use crate::kit::query::Pairs;
use crate::wording;
use core::error::Error;
use core::fmt::Write as _;
use http::header;
use serde::Serialize;
use std::collections::BTreeMap;
use views::Link;
use views::notices::{Ended, EndedPage, ErrorPage};

/// RFC 9457.
#[derive(Debug, Serialize)]
struct Document<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    code: Code,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    fields: BTreeMap<&'a str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<BTreeMap<&'static str, String>>,
    /// What to show with the second proof, and which will do.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ways: Vec<&'static str>,
}

impl Document<'_> {
    fn of(code: Code, detail: String) -> Self {
        Self {
            r#type: format!("urn:latchkey:problem:{}", code.as_str()),
            title: code.title(),
            status: code.status().as_u16(),
            detail,
            code,
            reference: None,
            fields: BTreeMap::new(),
            fault: None,
            ticket: None,
            ways: Vec::new(),
        }
    }
}

/// Whether a path is the API's, so that its failures are documents.
#[must_use]
pub fn is_api(path: &str) -> bool {
    path == "/api" || path.starts_with("/api/")
}

/// Logs `failure` and makes the answer.
#[must_use]
pub fn tell(ctx: &Ctx, mut failure: Failure) -> Answer {
    let reference = (!failure.code().tells_nothing()).then(|| failure.reference());
    log(ctx, &failure, reference.as_deref());
    let answer = if is_api(&ctx.head.path) {
        document(ctx, failure.inside(), reference)
    } else if failure.code() == Code::SignIn {
        return to_login(ctx);
    } else if let Some(user) = &failure.inside().waits {
        return ctx.wait_for_word(user);
    } else if failure.code() == Code::StaleSignIn {
        return to_login_again(ctx);
    } else if failure.code() == Code::SecondFactorNeeded {
        return ctx.go("/account/security");
    } else {
        page(ctx, failure.inside(), reference)
    };
    with_headers(answer, failure.inside())
}

fn with_headers(mut answer: Answer, inside: &Inside) -> Answer {
    if let Some(wait) = inside.retry_after {
        answer = answer.retry_after(wait);
    }
    if let Some(allow) = &inside.allow {
        answer = answer.header(header::ALLOW, allow);
    }
    if inside.code == Code::SignIn {
        answer = answer.header(header::WWW_AUTHENTICATE, "Bearer");
    }
    answer
}

fn document(ctx: &Ctx, inside: &Inside, reference: Option<String>) -> Answer {
    let code = inside.code;
    let mut fields: BTreeMap<&str, String> = BTreeMap::new();
    for wrong in &inside.fields {
        fields.entry(wrong.field.as_str()).or_insert_with(|| wording::field_text(ctx, wrong));
    }
    let fault = inside.fault.as_ref().filter(|_| wording::is_admin(ctx)).map(|fault| {
        BTreeMap::from([
            ("kind", fault.kind.as_str().to_owned()),
            ("code", fault.code.clone()),
            ("detail", fault.detail.clone()),
        ])
    });
    let (ticket, ways) = match &inside.asked {
        Some(asked) => (Some(asked.ticket.expose().as_str()), asked.ways()),
        None => (None, Vec::new()),
    };
    let bare = Document::of(code, wording::detail(ctx, inside));
    let document = Document { reference, fields, fault, ticket, ways, ..bare };
    Answer::problem(code.status(), &document)
}

/// To the login page, and back here afterwards where here was only looked at.
fn to_login(ctx: &Ctx) -> Answer {
    let query = ctx.head.query.with(&[]);
    let mark = if query.is_empty() { "" } else { "?" };
    let here = format!("{}{mark}{query}", ctx.head.path);
    let next = if ctx.head.is_safe() && here != "/" { here.as_str() } else { "" };
    let query = Pairs::default().with(&[("next", next)]);
    let mark = if query.is_empty() { "" } else { "?" };
    ctx.take_back(ctx.go(&format!("/login{mark}{query}")))
}

/// To the login page of who is signed in already, to prove it anew, and then to where the form stood.
fn to_login_again(ctx: &Ctx) -> Answer {
    let back = frame::way_back(ctx);
    let query = Pairs::default().with(&[("again", "on"), ("next", back.as_str())]);
    ctx.go(&format!("/login?{query}"))
}

fn page(ctx: &Ctx, inside: &Inside, reference: Option<String>) -> Answer {
    let code = inside.code;
    let mut frame = frame::frame(ctx);
    // The way back from a change of colours must not show what may be a token.
    frame.path = "/".to_owned();
    let ended = match code {
        Code::Pending => Some(Ended::Pending),
        Code::Disabled => Some(Ended::Disabled),
        Code::Expired => Some(Ended::Expired),
        _ => None,
    };
    let rendered = if let Some(reason) = ended {
        ctx.views().render(&frame, &EndedPage { reason, since: None })
    } else {
        let mut page = ErrorPage::of(ctx.views().catalogue(), &frame.lang, word(ctx, code));
        if inside.fault.is_some() || inside.words.is_some() {
            page.detail = wording::detail(ctx, inside);
        }
        // Only what the log keeps by default is worth telling.
        page.reference = reference.filter(|_| code.status().is_server_error());
        page.link = way_on(ctx, code);
        ctx.views().render(&frame, &page)
    };
    match rendered {
        Ok(html) => Answer::html(html).status(code.status()),
        Err(cause) => {
            tracing::error!(error = %chain(&cause), "the page that tells of a problem could not be made");
            Answer::text(format!("{}\n", code.title())).status(code.status())
        }
    }
}

/// The words of the catalogue: a link that is no good says what to do instead, by the kind of link and
/// never by why it is no good.
fn word(ctx: &Ctx, code: Code) -> &'static str {
    match (code, ctx.pattern) {
        (Code::Gone, "/reset/{token}") => "gone-reset",
        (Code::Gone, "/confirm/{token}") => "gone-confirm",
        (Code::Gone, "/login/token/{token}") => "gone-login",
        (Code::Gone, "/login/second-factor") => "gone-second-factor",
        (Code::Gone | Code::WrongCredential, "/login/passkey") => "wrong-passkey",
        _ => code.as_str(),
    }
}

/// To where somebody has something to do: their own page, the login page, or a new link.
fn way_on(ctx: &Ctx, code: Code) -> Option<Link> {
    let (href, key) = match (word(ctx, code), code) {
        ("gone-reset", _) => ("/forgot", "reset-again"),
        ("gone-confirm", _) => ("/account", "gone-to-account"),
        ("gone-login" | "gone-second-factor" | "wrong-passkey", _) => ("/login", "login-submit"),
        (_, Code::NotFound | Code::Forbidden | Code::SetupDone) => ("/", "error-go-on"),
        _ => return None,
    };
    Some(Link { href: href.to_owned(), text: ctx.text(key, &[]) })
}

fn log(ctx: &Ctx, failure: &Failure, reference: Option<&str>) {
    let inside = failure.inside();
    let error = match (&inside.cause, &inside.fault) {
        (Some(cause), _) => chain(cause.as_ref()),
        (None, Some(fault)) => format!("{}: {fault}", fault.kind.as_str()),
        (None, None) => String::new(),
    };
    let route = ctx.pattern;
    let (method, status) = (ctx.head.method.as_str(), inside.code.status().as_u16());
    let (code, reference) = (inside.code.as_str(), reference.unwrap_or_default());
    match inside.code {
        Code::Internal => {
            tracing::error!(
                http.route = route,
                method,
                status,
                code,
                reference,
                error,
                "a request could not be finished"
            );
        }
        Code::Backend | Code::Unavailable => {
            tracing::warn!(
                http.route = route,
                method,
                status,
                code,
                reference,
                error,
                "a request could not be carried out now"
            );
        }
        _ => tracing::debug!(
            http.route = route,
            method,
            status,
            code,
            reference,
            error,
            "a request was refused"
        ),
    }
}

/// An error and its causes, outermost first.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        if write!(text, ": {cause}").is_err() {
            break;
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_its_fixed_fields_and_no_empty_ones() {
        let bare = Document::of(Code::Gone, "It may have been used already.".into());
        let whole = Document {
            reference: Some("1a2b3c4d".into()),
            fields: BTreeMap::from([("username", "Please fill this in.".into())]),
            ..Document::of(Code::Invalid, "Look at the fields again.".into())
        };
        insta::assert_snapshot!(serde_json::to_string_pretty(&[bare, whole]).unwrap());
    }

    #[test]
    fn the_api_is_told_by_its_first_word() {
        assert!(is_api("/api") && is_api("/api/users"));
        assert!(!is_api("/apiary") && !is_api("/"));
    }
}
