//! What Mailgun's answers mean.
//!
//! A 200 counts only where it says "Queued": a wrong path is answered 200 with a greeting. Sources:
//! Mailgun's API reference, mailgun-go, anymail's `mailgun.py`.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Response;
use serde_json::Value;

use crate::account::Account;

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Queued under this id, with Mailgun's sentence.
    Queued(Option<String>, String),
    /// Never, and why.
    Refused(String),
}

/// Reads the answer to a message.
///
/// # Errors
/// What is not about this message: key, domain, address, limits, and answers that tell nothing.
pub fn read(response: &Response, account: &Account) -> Result<Taken, Fault> {
    let body = response.json::<Value>().ok();
    let text = |key: &str| body.as_ref()?.get(key)?.as_str().map(str::to_owned);
    let said = text("message").or_else(|| text("Error")).map(|said| short(&said));
    let status = response.status();
    let words = said.clone().unwrap_or_else(|| format!("Mailgun answered {status} and no reason"));
    match status {
        200..=299 => match said {
            Some(said) if said.starts_with("Queued") => Ok(Taken::Queued(text("id"), said)),
            said => Err(not_queued(status, said.as_deref())),
        },
        400 if body.is_some() => Ok(Taken::Refused(format!("Mailgun does not take it: {words}"))),
        413 => Ok(Taken::Refused("Mailgun does not take it: the message is too large".to_owned())),
        _ => Err(refusal(response, account, body.is_some(), &words)),
    }
}

/// The fault for an answer that is about no message.
#[must_use]
pub fn refusal(response: &Response, account: &Account, by_mailgun: bool, words: &str) -> Fault {
    let status = response.status();
    let fault = |kind, code: &str, detail: String| {
        Fault::new(kind, &format!("mail-mailgun.{code}"), detail)
    };
    let fault = match status {
        401 => {
            fault(Kind::CredentialRejected, "key", "Mailgun does not accept the API key".to_owned())
        }
        402 => {
            fault(Kind::Forbidden, "payment", format!("Mailgun wants the account paid: {words}"))
        }
        403 => fault(Kind::Forbidden, "forbidden", forbidden(words)),
        404 if by_mailgun => {
            let other = account.other_region();
            let detail = format!(
                "Mailgun does not know {} here ({words}): the name is wrong, or the domain is in the other \
                 region, {other}",
                account.domain
            );
            fault(Kind::Misconfigured, "domain", detail).about("domain")
        }
        300..=399 | 404 | 405 => fault(
            Kind::Misconfigured,
            "address",
            "what answers at this address is not Mailgun".to_owned(),
        )
        .about("url"),
        429 => {
            fault(Kind::RateLimited, "rate-limited", format!("Mailgun asks to slow down: {words}"))
                .retry_after(response.retry_after_ms())
        }
        503 => fault(Kind::Unavailable, "unavailable", "Mailgun is down for the moment".to_owned())
            .retry_after(response.retry_after_ms()),
        500..=599 => {
            let detail =
                format!("Mailgun failed ({status}) and may have taken the message all the same");
            fault(Kind::OutcomeUnknown, "failed", detail)
        }
        _ => fault(Kind::BadReply, "status", format!("Mailgun answered {status}: {words}")),
    };
    fault.status(status)
}

fn forbidden(words: &str) -> String {
    if words.to_lowercase().contains("sandbox") {
        return format!(
            "{words}; a sandbox domain sends only to recipients that were authorized at Mailgun"
        );
    }
    format!("Mailgun does not let this key send for this domain: {words}")
}

fn not_queued(status: u16, said: Option<&str>) -> Fault {
    let detail = match said {
        Some(said) => format!("Mailgun said yes and did not queue the message: {said}"),
        None => "what answers at this address is not Mailgun: it said yes and gave no message id"
            .to_owned(),
    };
    Fault::new(Kind::BadReply, "mail-mailgun.not-queued", detail).about("url").status(status)
}

/// One line, as long as a person reads.
#[must_use]
pub fn short(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).take(300).collect()
}
