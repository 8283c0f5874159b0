//! Ways to sign in, for admins. A client secret goes in and never comes out.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::input::{self, Input};
use crate::kit::Answer;
use domain::backends::SetBy;
use domain::ids::{BackendId, NotAnId, ProviderId, UserId};
use domain::providers::drafts::{self, DEFAULT_SCOPES, Flaw, NotAnIssuer, Part, RuleDraft, Wrong};
use domain::providers::{AccessRule, Admission, ClaimRule, Claims, Issuer, ProviderKind};
use domain::role::Admin;
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use service::providers::{
    self, DryRun, Identities, KindDraft, Person, ProviderDraft, ProviderPatch, ProviderView, Tried,
};
use service::{FieldProblem, ServiceError};
use url::Url;

/// A name to be shown: what people read on a button.
const LONGEST_LABEL: usize = 60;

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct View {
    id: ProviderId,
    kind: &'static str,
    label: String,
    issuer: Option<Url>,
    client_id: Option<String>,
    scopes: Option<Vec<String>>,
    backend: Option<BackendId>,
    secrets: Vec<&'static str>,
    access: AccessRule,
    admin: Option<ClaimRule>,
    set_by: SetBy,
    implied: bool,
    ways: Vec<&'static str>,
    callback_url: Option<String>,
    people: usize,
    last: Option<Tried>,
}

/// Where an issuer sends people back to: what is registered there.
#[must_use]
pub fn callback_url(ctx: &Ctx, id: &ProviderId) -> String {
    ctx.address(&format!("/api/auth/{id}/callback"))
}

fn view(ctx: &Ctx, view: ProviderView) -> View {
    let provider = view.provider;
    let goes_away = view.ways.is_some_and(|ways| ways.redirect);
    let ways = view.ways.map_or_else(Vec::new, |ways| {
        let all = [(ways.password, "password"), (ways.redirect, "redirect")];
        all.into_iter().filter_map(|(there, word)| there.then_some(word)).collect()
    });
    let (kind, issuer, backend) = match provider.kind {
        ProviderKind::Oidc(issuer) => ("oidc", Some(issuer), None),
        ProviderKind::Backend { backend } => ("backend", None, Some(backend)),
    };
    let issuer = issuer.map(|issuer| (issuer.issuer, issuer.client_id, issuer.scopes));
    let (url, client_id, scopes) = match issuer {
        Some((url, client_id, scopes)) => (Some(url), Some(client_id), Some(scopes)),
        None => (None, None, None),
    };
    View {
        callback_url: goes_away.then(|| callback_url(ctx, &provider.id)),
        id: provider.id,
        kind,
        label: view.label,
        issuer: url,
        client_id,
        scopes,
        backend,
        secrets: if view.has_secret { vec!["clientSecret"] } else { Vec::new() },
        access: provider.access,
        admin: provider.admin,
        set_by: provider.set_by,
        implied: view.implied,
        ways,
        people: view.people,
        last: view.last,
    }
}

/// The way to sign in that the path names.
///
/// # Errors
/// 404 for what can be no id.
pub fn id(ctx: &Ctx) -> Result<ProviderId, Failure> {
    ProviderId::parse(ctx.part("id")).map_err(|_not| Failure::of(Code::NotFound))
}

/// What an admin typed and that did not fit is theirs to correct, at its field.
#[must_use]
pub fn refusal(error: ServiceError) -> Failure {
    match error {
        ServiceError::Taken { .. } => Failure::field("id", "id-taken"),
        ServiceError::NotFound { what: "backend" } => Failure::field("backend", "unknown"),
        other => other.into(),
    }
}

fn provider_id(text: &str) -> Result<ProviderId, input::Why> {
    ProviderId::parse(text.trim()).map_err(|_not: NotAnId| "id".into())
}

fn issuer_url(text: &str) -> Result<Url, input::Why> {
    drafts::issuer_url(text).map_err(|why| match why {
        NotAnIssuer::NotAUrl => "url".into(),
        NotAnIssuer::InTheOpen => "in-the-open".into(),
    })
}

fn scopes(sent: &mut Input) -> Option<Vec<String>> {
    let written = sent.list("scopes")?;
    match drafts::scopes(&written) {
        Ok(scopes) => Some(scopes),
        Err(_odd) => {
            sent.wrong("scopes", "not-a-scope");
            None
        }
    }
}

/// Flaws as problems of the fields `<under>.<part>`.
fn flaws(sent: &mut Input, under: &str, all: Vec<Wrong>) {
    for (part, flaw) in all {
        let field = format!("{under}.{}", part.name());
        sent.problem(match flaw {
            Flaw::UnknownRule(_) => FieldProblem::new(field, "choice"),
            Flaw::Missing => FieldProblem::new(field, "required"),
            Flaw::Unused => FieldProblem::new(field, "not-of-this-rule"),
            Flaw::EmptyList => FieldProblem::new(field, "nobody-listed"),
            Flaw::NotAnAddress(text) => {
                FieldProblem::new(field, "not-one-address").with("address", text)
            }
        });
    }
}

/// The object below a name, read like a body of its own; its unknown keys are named.
fn inner(sent: &mut Input, name: &str, known: &[Part]) -> Option<Input> {
    let object = match sent.raw(name) {
        None | Some(Value::Null) => return None,
        Some(Value::Object(object)) => object.clone(),
        Some(_) => {
            sent.wrong(name, "object");
            return None;
        }
    };
    let is_known = |key: &&String| known.iter().any(|part| part.name() == key.as_str());
    let odd: Vec<String> = object.keys().filter(|key| !is_known(key)).cloned().collect();
    for key in odd {
        sent.wrong(&format!("{name}.{key}"), "unknown-key");
    }
    Some(Input::of_json(object))
}

const OF_A_RULE: [Part; 5] = [Part::Rule, Part::Claim, Part::Value, Part::Emails, Part::Usernames];

/// The rule below `access`; none where nothing was sent or something is wrong with it.
fn access(sent: &mut Input) -> Option<AccessRule> {
    let mut within = inner(sent, "access", &OF_A_RULE)?;
    let before = within.text("rule");
    let draft = RuleDraft {
        claim: within.text("claim"),
        value: within.text("value"),
        emails: within.list("emails"),
        usernames: within.list("usernames"),
        rule: Some(before.unwrap_or_default()),
    };
    for problem in within.into_problems() {
        sent.problem(FieldProblem { field: format!("access.{}", problem.field), ..problem });
    }
    draft.parse().map_err(|wrong| flaws(sent, "access", wrong)).ok()
}

/// The claim below `admin`; the outer none: nothing was sent, or something is wrong with it.
fn admin(sent: &mut Input) -> Option<Option<ClaimRule>> {
    if !sent.has("admin") {
        return None;
    }
    let Some(mut within) = inner(sent, "admin", &[Part::Claim, Part::Value]) else {
        return Some(None);
    };
    let (claim, value) = (within.text("claim"), within.text("value"));
    let rule = drafts::claim_rule(claim.as_deref(), value.as_deref());
    rule.map(Some).map_err(|wrong| flaws(sent, "admin", wrong)).ok()
}

/// A new way to sign in from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn draft(mut sent: Input) -> Result<ProviderDraft, Failure> {
    let label = sent.note("label", LONGEST_LABEL).unwrap_or_default();
    let rule = access(&mut sent);
    let claim = admin(&mut sent).flatten();
    let kind = sent.required("kind");
    let (id, kind) = match kind.as_deref() {
        Some("oidc") => (sent.required_as("id", provider_id), oidc(&mut sent)),
        Some("backend") => {
            let backend = sent.required_as("backend", input::backend_id);
            let id = backend.as_ref().and_then(|id| ProviderId::parse(id.as_str()).ok());
            (id, backend.map(KindDraft::Backend))
        }
        Some(_) => {
            sent.wrong("kind", "choice");
            (None, None)
        }
        None => (None, None),
    };
    if id.as_ref().is_some_and(ProviderId::is_reserved) {
        sent.wrong("id", "id-taken");
    }
    let access = rule.unwrap_or_default();
    sent.finish(id.zip(kind).map(|(id, kind)| ProviderDraft {
        id,
        label,
        kind,
        access,
        admin: claim,
    }))
}

fn oidc(sent: &mut Input) -> Option<KindDraft> {
    let issuer = sent.required_as("issuer", issuer_url);
    let client_id = sent.required("clientId").map(|id| id.trim().to_owned());
    let client_secret = sent.maybe_secret("clientSecret");
    let scopes = match sent.raw("scopes") {
        None | Some(Value::Null) => Some(DEFAULT_SCOPES.map(str::to_owned).to_vec()),
        Some(_) => scopes(sent),
    };
    let issuer = Issuer { issuer: issuer?, client_id: client_id?, scopes: scopes? };
    Some(KindDraft::Oidc { issuer, client_secret })
}

/// A change from a form or from JSON.
///
/// # Errors
/// 422 with each field.
pub fn changes(mut sent: Input) -> Result<ProviderPatch, Failure> {
    let label = sent.note("label", LONGEST_LABEL);
    let issuer = if sent.has("issuer") { sent.required_as("issuer", issuer_url) } else { None };
    let client_id = if sent.has("clientId") { sent.required("clientId") } else { None };
    let client_secret = sent.has("clientSecret").then(|| sent.maybe_secret("clientSecret"));
    let scopes = scopes(&mut sent);
    let access = access(&mut sent);
    let admin = admin(&mut sent);
    sent.finish(Some(ProviderPatch {
        label,
        issuer,
        client_id: client_id.map(|id| id.trim().to_owned()),
        scopes,
        client_secret,
        access,
        admin,
    }))
}

/// Rules to try, and the claims of somebody to try them on.
#[derive(Debug)]
pub struct Trial {
    /// Who may come in.
    pub access: AccessRule,
    /// Who is an admin.
    pub admin: Option<ClaimRule>,
    /// Whose.
    pub claims: Option<Claims>,
}

/// What to try: where a rule is not sent, the one that holds.
///
/// # Errors
/// 422 with each field.
pub fn trial(mut sent: Input, now: &ProviderView) -> Result<Trial, Failure> {
    let rule = match sent.raw("access") {
        None | Some(Value::Null) => Some(now.provider.access.clone()),
        Some(_) => access(&mut sent),
    };
    let claim = if sent.has("admin") { admin(&mut sent) } else { Some(now.provider.admin.clone()) };
    let claims = match sent.raw("claims") {
        None | Some(Value::Null) => None,
        Some(Value::Object(object)) => {
            Some(object.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        Some(_) => {
            sent.wrong("claims", "object");
            None
        }
    };
    let whole = rule.zip(claim).map(|(access, admin)| Trial { access, admin, claims });
    sent.finish(whole)
}

/// `GET /api/providers`
pub async fn list(ctx: Ctx, _by: Admin) -> Reply {
    let all = providers::list(ctx.service()).await?;
    Ok(lists::whole(all.into_iter().map(|one| view(&ctx, one)).collect()))
}

/// `POST /api/providers`
pub async fn add(ctx: Ctx, by: Admin) -> Reply {
    let draft = draft(ctx.json()?)?;
    let added = providers::add(ctx.service(), &by, draft).await.map_err(refusal)?;
    Ok(Answer::json(&view(&ctx, added)).status(StatusCode::CREATED))
}

/// `GET /api/providers/{id}`
pub async fn get(ctx: Ctx, _by: Admin) -> Reply {
    Ok(Answer::json(&view(&ctx, providers::get(ctx.service(), &id(&ctx)?).await?)))
}

/// `PATCH /api/providers/{id}`
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let (id, patch) = (id(&ctx)?, changes(ctx.json()?)?);
    let changed = providers::patch(ctx.service(), &by, &id, patch).await.map_err(refusal)?;
    Ok(Answer::json(&view(&ctx, changed)))
}

/// `DELETE /api/providers/{id}`; with `?identities=forget` whose they were is forgotten, too.
pub async fn remove(ctx: Ctx, by: Admin) -> Reply {
    let kept = match ctx.head.query.get("identities") {
        None | Some("keep") => Identities::Keep,
        Some("forget") => Identities::Forget,
        Some(_) => return Err(Failure::field("identities", "choice")),
    };
    let _ended: usize = providers::remove(ctx.service(), &by, &id(&ctx)?, kept).await?;
    Ok(Answer::no_content())
}

/// `PUT /api/providers/order` `{"order": ["google", "films"]}`
pub async fn reorder(ctx: Ctx, by: Admin) -> Reply {
    let mut sent = ctx.json()?;
    let named = sent.list("order");
    if named.is_none() && sent.is_fine() {
        sent.wrong("order", "required");
    }
    let named = sent.finish(named)?;
    let ids: Result<Vec<_>, _> = named.iter().map(|text| ProviderId::parse(text)).collect();
    let ids = ids.map_err(|_not| Failure::field("order", "unknown"))?;
    providers::reorder(ctx.service(), &by, &ids).await?;
    list(ctx, by).await
}

/// `POST /api/providers/{id}/test`: 200 also where it failed, since the test was made.
pub async fn test(ctx: Ctx, by: Admin) -> Reply {
    Ok(Answer::json(&providers::test(ctx.service(), &by, &id(&ctx)?).await?))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PersonView {
    user: UserId,
    username: String,
    subject: String,
    display_name: String,
    login_name: Option<String>,
    email: Option<String>,
    email_verified: bool,
    claims: Claims,
    linked_at: Timestamp,
    used_at: Option<Timestamp>,
}

impl From<Person> for PersonView {
    fn from(Person { user, identity }: Person) -> Self {
        Self {
            user: user.id,
            username: user.username.as_str().to_owned(),
            subject: identity.key.subject,
            display_name: identity.display_name,
            login_name: identity.login_name,
            email: identity.email,
            email_verified: identity.email_verified,
            claims: identity.claims,
            linked_at: identity.linked_at,
            used_at: identity.used_at,
        }
    }
}

/// `GET /api/providers/{id}/people`: whom it knows, with what it said about them last.
pub async fn people(ctx: Ctx, by: Admin) -> Reply {
    let people = providers::people(ctx.service(), &by, &id(&ctx)?).await?;
    Ok(lists::whole(people.into_iter().map(PersonView::from).collect()))
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OutcomeView {
    user: UserId,
    username: String,
    before: Admission,
    after: Admission,
    admin_before: bool,
    admin_after: bool,
}

#[derive(Debug, Serialize)]
struct PastedView {
    stranger: Admission,
    known: Admission,
    admin: Option<bool>,
}

#[derive(Debug, Serialize)]
struct DryRunView {
    people: Vec<OutcomeView>,
    pasted: Option<PastedView>,
}

impl From<DryRun> for DryRunView {
    fn from(run: DryRun) -> Self {
        let outcome = |one: providers::Outcome| OutcomeView {
            user: one.person.user.id,
            username: one.person.user.username.as_str().to_owned(),
            before: one.before,
            after: one.after,
            admin_before: one.admin_before,
            admin_after: one.admin_after,
        };
        let pasted = |one: providers::Pasted| PastedView {
            stranger: one.stranger,
            known: one.known,
            admin: one.admin,
        };
        Self {
            people: run.people.into_iter().map(outcome).collect(),
            pasted: run.pasted.map(pasted),
        }
    }
}

/// `POST /api/providers/{id}/dry-run` with `access`, `admin`, `claims`: what these rules would mean. Nothing
/// is changed.
pub async fn dry_run(ctx: Ctx, by: Admin) -> Reply {
    let id = id(&ctx)?;
    let now = providers::get(ctx.service(), &id).await?;
    let sent = if ctx.body.is_empty() { Input::default() } else { ctx.json()? };
    let Trial { access, admin, claims } = trial(sent, &now)?;
    let rules = (&access, admin.as_ref());
    let run = providers::dry_run(ctx.service(), &by, &id, rules, claims.as_ref()).await?;
    Ok(Answer::json(&DryRunView::from(run)))
}
