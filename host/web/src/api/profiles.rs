//! Profiles, for admins. Documents go through here byte for byte, in either direction.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use crate::kit::form::{WrongType, is_type};
use crate::wording;
use domain::ids::{BackendId, UserId};
use domain::profiles::{Document, Profile};
use domain::role::Admin;
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::RawValue;
use service::accounts::{AccountOutcome, AccountResult};
use service::profiles::{self, Capture};
use service::{FieldProblem, ServiceError};
use std::collections::BTreeMap;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    name: String,
    created_at: Timestamp,
    changed_at: Timestamp,
    captured: BTreeMap<BackendId, CapturedView>,
    documents: BTreeMap<BackendId, Box<RawValue>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CapturedView {
    from: Option<String>,
    at: Timestamp,
}

/// The text as it is where it is JSON, as it must be; else as a JSON string.
fn raw(text: String) -> Option<Box<RawValue>> {
    let quoted = serde_json::to_string(&text).ok()?;
    RawValue::from_string(text).or_else(|_no_json| RawValue::from_string(quoted)).ok()
}

impl From<Profile> for View {
    fn from(profile: Profile) -> Self {
        let captured = |document: &Document| CapturedView {
            from: document.captured_from.clone(),
            at: document.captured_at,
        };
        Self {
            name: profile.name,
            created_at: profile.created_at,
            changed_at: profile.changed_at,
            captured: profile
                .documents
                .iter()
                .map(|(id, one)| (id.clone(), captured(one)))
                .collect(),
            documents: profile
                .documents
                .into_iter()
                .filter_map(|(id, document)| Some((id, raw(document.text)?)))
                .collect(),
        }
    }
}

/// `GET /api/profiles`
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    let all = profiles::list(ctx.service(), &by).await?;
    Ok(lists::whole(all.into_iter().map(View::from).collect()))
}

/// `GET /api/profiles/{name}`
pub async fn get(ctx: Ctx, by: Admin) -> Reply {
    let profile = profiles::get(ctx.service(), &by, ctx.part("name")).await?;
    Ok(Answer::json(&View::from(profile)))
}

/// What a program sends: documents as JSON, or as strings that hold JSON.
#[derive(Debug, Deserialize)]
struct Sent<'a> {
    #[serde(default)]
    name: String,
    #[serde(borrow)]
    documents: BTreeMap<String, &'a RawValue>,
}

fn sent(ctx: &Ctx) -> Result<(String, BTreeMap<BackendId, String>), Failure> {
    if !is_type(&ctx.head.headers, "application/json") {
        return Err(WrongType { wanted: "application/json" }.into());
    }
    // Values are not parsed: numbers would lose digits and objects their order.
    let sent: Sent<'_> = serde_json::from_slice(&ctx.body).map_err(|cause| {
        if cause.is_data() {
            Failure::field("documents", "object")
        } else {
            Failure::of(Code::BadRequest).because(cause)
        }
    })?;
    let mut documents = BTreeMap::new();
    let mut problems = Vec::new();
    for (id, document) in sent.documents {
        let text = serde_json::from_str::<String>(document.get());
        match BackendId::parse(&id) {
            Ok(id) => {
                drop(documents.insert(id, text.unwrap_or_else(|_| document.get().to_owned())));
            }
            Err(_none) => problems.push(FieldProblem::new(format!("documents.{id}"), "unknown")),
        }
    }
    if problems.is_empty() { Ok((sent.name, documents)) } else { Err(Failure::invalid(problems)) }
}

/// `POST /api/profiles`
pub async fn create(ctx: Ctx, by: Admin) -> Reply {
    let (name, documents) = sent(&ctx)?;
    let profile = profiles::create(ctx.service(), &by, &name, documents).await?;
    Ok(Answer::json(&View::from(profile)).status(StatusCode::CREATED))
}

/// `PUT /api/profiles/{name}`
pub async fn put(ctx: Ctx, by: Admin) -> Reply {
    let (_name, documents) = sent(&ctx)?;
    let profile = profiles::replace(ctx.service(), &by, ctx.part("name"), documents).await?;
    Ok(Answer::json(&View::from(profile)))
}

/// Somebody still needs it: who, in words.
#[must_use]
pub fn in_use(ctx: &Ctx, error: ServiceError) -> Failure {
    if let ServiceError::Invalid { fields } = &error
        && let Some(problem) = fields.iter().find(|problem| problem.code == "in-use")
    {
        let words = wording::field_text(ctx, problem);
        return Failure::of(Code::Conflict).saying(words);
    }
    error.into()
}

/// `DELETE /api/profiles/{name}`
pub async fn delete(ctx: Ctx, by: Admin) -> Reply {
    let deleted = profiles::delete(ctx.service(), &by, ctx.part("name")).await;
    deleted.map_err(|error| in_use(&ctx, error))?;
    Ok(Answer::no_content())
}

/// Backend, account and name, from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn model(mut sent: Input) -> Result<Capture, Failure> {
    let backend = sent.required_as("backend", input::backend_id);
    let account = sent.required("account");
    let name = sent.required("name");
    let whole = backend.zip(account).zip(name);
    sent.finish(whole.map(|((backend, account), name)| Capture { backend, account, name }))
}

/// `POST /api/profiles/capture`
pub async fn capture(ctx: Ctx, by: Admin) -> Reply {
    let profile =
        profiles::capture(ctx.service(), &by, model(ctx.json()?)?).await.map_err(no_backend)?;
    Ok(Answer::json(&View::from(profile)).status(StatusCode::CREATED))
}

/// A backend that was typed and is not there is a wrong field, not a wrong address.
#[must_use]
pub fn no_backend(error: ServiceError) -> Failure {
    match error {
        ServiceError::NotFound { what: "backend" } => Failure::field("backend", "unknown"),
        other => other.into(),
    }
}

#[derive(Debug, Serialize)]
struct ResultView {
    backend: BackendId,
    state: AccountOutcome,
    message: Option<String>,
}

/// `POST /api/profiles/{name}/apply` `{user}`
pub async fn apply(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = ctx.json()?;
    let user = sent.required_as("user", |id| UserId::parse(id).ok_or("unknown"));
    let user = sent.finish(user)?;
    let results = profiles::apply(ctx.service(), &by, ctx.part("name"), &user).await?;
    let view = |result: AccountResult| ResultView {
        message: result.fault.map(|fault| wording::fault_text(&ctx, &fault)),
        backend: result.backend,
        state: result.outcome,
    };
    let results: Vec<ResultView> = results.into_iter().map(view).collect();
    Ok(Answer::json(&json!({ "results": results })))
}
