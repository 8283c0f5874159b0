//! The forms of ways to sign in: what they show and what they mean under the API's names.

use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use crate::kit::query::Pairs;
use domain::providers::drafts::{DEFAULT_SCOPES, RULES};
use domain::providers::{AccessRule, Provider};
use serde_json::{Map, Value};
use views::Choice;
use views::providers as pages;

/// Bytes of claims that are tried.
const LONGEST_CLAIMS: usize = 16 * 1024;

/// What a form's field is called by whoever reads it.
pub(super) fn form_field(field: &str) -> String {
    match field {
        "clientId" => "client_id".to_owned(),
        "clientSecret" => "client_secret".to_owned(),
        "admin.claim" => "admin_claim".to_owned(),
        "admin.value" => "admin_value".to_owned(),
        other => other.strip_prefix("access.").unwrap_or(other).to_owned(),
    }
}

fn lines(form: &Pairs, name: &str) -> Vec<Value> {
    let typed = form.get(name).unwrap_or_default().lines().map(str::trim);
    typed.filter(|line| !line.is_empty()).map(Value::from).collect()
}

/// The rules under the API's names. A page has all fields at once: what the chosen rule does not look at is
/// not sent.
pub(super) fn rules_sent(sent: Input, form: &Pairs) -> Input {
    let text = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
    let rule = text("rule");
    let mut access = Map::new();
    if rule == "group" {
        access.insert("claim".to_owned(), text("claim").into());
        access.insert("value".to_owned(), text("value").into());
    }
    if rule == "list" {
        for name in ["emails", "usernames"] {
            access.insert(name.to_owned(), lines(form, name).into());
        }
    }
    access.insert("rule".to_owned(), rule.into());
    let (claim, value) = (text("admin_claim"), text("admin_value"));
    let admin = if claim.is_empty() && value.is_empty() {
        Value::Null
    } else {
        serde_json::json!({ "claim": claim, "value": value })
    };
    sent.put("access", access).put("admin", admin)
}

/// Everything under the API's names. An empty secret is not sent.
pub(super) fn all_sent(form: &Pairs) -> Input {
    let mut sent = Input::default().put("label", form.get("label").unwrap_or_default());
    if form.get("issuer").is_some() {
        let scopes = form.get("scopes").unwrap_or_default().split_whitespace();
        let mut scopes: Vec<Value> = scopes.map(Value::from).collect();
        if scopes.is_empty() {
            scopes = DEFAULT_SCOPES.map(Value::from).to_vec();
        }
        sent = sent
            .with("issuer", form.get("issuer"))
            .with("clientId", form.get("client_id"))
            .put("scopes", scopes);
        if form.get("client_secret").is_some_and(|secret| !secret.is_empty()) {
            sent = sent.with("clientSecret", form.get("client_secret"));
        }
    }
    rules_sent(sent, form)
}

pub(super) fn rule_choices(ctx: &Ctx, chosen: &str) -> Vec<Choice> {
    let one = |word: &&str| Choice {
        chosen: *word == chosen,
        ..Choice::new(*word, ctx.text(&format!("signin-rule-{word}"), &[]))
    };
    RULES.iter().map(one).collect()
}

/// The rule's fields as they hold.
pub(super) fn rule_fields(ctx: &Ctx, provider: &Provider) -> pages::RuleFields {
    let mut fields = pages::RuleFields {
        rules: rule_choices(ctx, provider.access.name()),
        ..pages::RuleFields::default()
    };
    match &provider.access {
        AccessRule::Group(group) => {
            fields.claim.clone_from(&group.claim);
            fields.value.clone_from(&group.value);
        }
        AccessRule::List { emails, usernames } => {
            fields.emails = emails.join("\n");
            fields.usernames = usernames.join("\n");
        }
        AccessRule::Known | AccessRule::Open | AccessRule::Approval => {}
    }
    if let Some(rule) = &provider.admin {
        fields.admin_claim.clone_from(&rule.claim);
        fields.admin_value.clone_from(&rule.value);
    }
    fields
}

/// The rule's fields as they were typed.
pub(super) fn rules_typed(ctx: &Ctx, form: &Pairs) -> pages::RuleFields {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    pages::RuleFields {
        rules: rule_choices(ctx, &text("rule")),
        claim: text("claim"),
        value: text("value"),
        emails: text("emails"),
        usernames: text("usernames"),
        admin_claim: text("admin_claim"),
        admin_value: text("admin_value"),
    }
}

pub(super) fn issuer_typed(form: &Pairs, has_secret: bool) -> pages::IssuerFields {
    let text = |name: &str| form.get(name).unwrap_or_default().to_owned();
    pages::IssuerFields {
        issuer: text("issuer"),
        client_id: text("client_id"),
        has_secret,
        scopes: text("scopes"),
    }
}

/// Claims as they were pasted.
pub(super) fn pasted(form: &Pairs) -> Result<Value, Failure> {
    let text = form.get("claims").unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(Value::Null);
    }
    let read = if text.len() > LONGEST_CLAIMS { None } else { serde_json::from_str(text).ok() };
    read.filter(Value::is_object).ok_or_else(|| Failure::field("claims", "not-json"))
}
