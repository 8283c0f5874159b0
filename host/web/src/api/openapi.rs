//! The table of routes as an OpenAPI document: generated, so that it cannot lag behind.

use crate::access::{Reply, scope_of};
use crate::context::Ctx;
use crate::failure::Code;
use crate::kit::Answer;
use crate::program::{Access, Listed};
use serde_json::{Map, Value, json};

/// Methods, patterns and what may be sent: fields of the body, names in the query of a GET or DELETE.
#[rustfmt::skip]
const SENT: &[(&str, &str, &[&str])] = &[
    ("POST", "/api/setup", &["code", "username", "password", "email", "publicUrl"]),
    ("POST", "/api/auth/login", &["provider", "username", "password"]),
    ("POST", "/api/auth/admin/login", &["username", "password"]),
    ("POST", "/api/auth/refresh", &["refreshToken"]),
    ("POST", "/api/auth/change-password", &["current", "new"]),
    ("GET", "/api/invites", &["limit", "cursor", "q", "state"]),
    ("POST", "/api/invites", &["label", "uses", "expiresAt", "expiresIn", "backends", "profile", "accountLifetime", "askEmail", "requireApproval", "email"]),
    ("PATCH", "/api/invites/{code}", &["label", "uses", "expiresAt", "expiresIn", "backends", "profile", "accountLifetime", "askEmail", "requireApproval", "email", "revoked"]),
    ("POST", "/api/invites/{code}/accept", &["username", "password", "email"]),
    ("GET", "/api/users", &["limit", "cursor", "q", "sort", "state", "role", "backend"]),
    ("POST", "/api/users", &["username", "password", "email", "role", "label", "expiresAt"]),
    ("PATCH", "/api/users/{id}", &["username", "email", "role", "state", "label", "expiresAt", "inviteRight"]),
    ("DELETE", "/api/users/{id}", &["accounts"]),
    ("POST", "/api/users/{id}/extend", &["by", "until"]),
    ("POST", "/api/users/{id}/enable", &[]),
    ("POST", "/api/users/{id}/disable", &[]),
    ("POST", "/api/users/{id}/sign-out", &[]),
    ("POST", "/api/profiles", &["name", "documents"]),
    ("PUT", "/api/profiles/{name}", &["documents"]),
    ("POST", "/api/profiles/capture", &["backend", "account", "name"]),
    ("POST", "/api/profiles/{name}/apply", &["user"]),
    ("POST", "/api/backends", &["id", "label", "plugin", "publicUrl", "settings", "secrets", "connect"]),
    ("PATCH", "/api/backends/{id}", &["label", "publicUrl", "settings", "secrets", "connect", "acceptServer"]),
    ("POST", "/api/backends/{id}/test", &[]),
    ("POST", "/api/mail/methods", &["id", "plugin", "from", "replyTo", "settings", "secrets"]),
    ("PATCH", "/api/mail/methods/{id}", &["from", "replyTo", "settings", "secrets"]),
    ("POST", "/api/mail/methods/{id}/test", &["to"]),
    ("GET", "/api/mail/outbox", &["limit", "cursor", "q", "state"]),
    ("POST", "/api/mail/outbox/{id}/retry", &[]),
    ("POST", "/api/mail/outbox/{id}/drop", &[]),
    ("PUT", "/api/mail/templates/{name}", &["subject", "text", "mjml"]),
    ("POST", "/api/mail/templates/{name}/preview", &["subject", "text", "mjml", "sample"]),
    ("POST", "/api/backends/{id}/adopt", &["accounts", "all"]),
    ("PUT", "/api/backends/{id}/reset-watch", &["directory", "pollSeconds", "mail"]),
    ("POST", "/api/backends/{id}/reset-watch/try", &[]),
    ("PUT", "/api/backends/{id}/login-page", &["label"]),
    ("GET", "/api/activity", &["limit", "cursor", "q", "kind", "user", "backend", "invite", "profile", "plugin"]),
    ("PATCH", "/api/settings", &[]),
    ("POST", "/api/auth/logout", &[]),
    ("POST", "/api/password/forgot", &["login"]),
    ("POST", "/api/password/reset", &["token", "password"]),
    ("PATCH", "/api/account", &["email"]),
    ("POST", "/api/account/confirm-email", &["token"]),
    ("POST", "/api/users/{id}/reset-link", &["mail"]),
    ("POST", "/api/invites/{code}/send", &["to"]),
    ("POST", "/api/auth/register", &["username", "password", "email"]),
    ("GET", "/api/approvals", &["limit", "cursor", "all"]),
    ("POST", "/api/users/{id}/approve", &["profile"]),
    ("POST", "/api/users/{id}/reject", &["word"]),
    ("POST", "/api/approvals/{id}/reopen", &[]),
    ("POST", "/api/account/invites", &["label", "uses", "expiresAt", "expiresIn", "askEmail", "email"]),
    ("POST", "/api/auth/{provider}/switch-profile", &["id", "pin"]),
    ("POST", "/api/auth/{provider}/logout", &["logout_token"]),
    (
        "POST",
        "/api/providers",
        &["kind", "id", "label", "issuer", "clientId", "clientSecret", "scopes", "access", "admin"],
    ),
    ("PUT", "/api/providers/order", &["order"]),
    (
        "PATCH",
        "/api/providers/{id}",
        &["label", "issuer", "clientId", "clientSecret", "scopes", "access", "admin"],
    ),
    ("POST", "/api/providers/{id}/test", &[]),
    ("POST", "/api/providers/{id}/dry-run", &["access", "admin", "claims"]),
    ("POST", "/api/auth/second-factor", &["ticket", "code"]),
    ("POST", "/api/auth/passkeys/second/begin", &["ticket"]),
    ("POST", "/api/auth/passkeys/second/finish", &["ticket", "credential"]),
    ("POST", "/api/auth/passkeys/login/begin", &[]),
    ("POST", "/api/auth/passkeys/login/finish", &["credential"]),
    ("POST", "/api/auth/passkeys/register/begin", &[]),
    ("POST", "/api/auth/passkeys/register/finish", &["name", "credential"]),
    ("PATCH", "/api/auth/passkeys/{id}", &["name"]),
    ("POST", "/api/auth/totp/begin", &[]),
    ("POST", "/api/auth/totp/confirm", &["code"]),
    ("POST", "/api/auth/recovery-codes", &[]),
    ("POST", "/api/auth/token/login", &["token"]),
    ("POST", "/api/users/{id}/login-token", &["once", "expiresIn", "expiresAt"]),
    ("POST", "/api/keys/rotate", &["refuseFormer"]),
    ("POST", "/api/tokens", &["name", "scopes", "expiresIn", "expiresAt"]),
];

fn sent(row: &Listed) -> &'static [&'static str] {
    let found =
        SENT.iter().find(|(method, pattern, _)| *method == row.method && *pattern == row.pattern);
    found.map_or(&[], |(_, _, names)| names)
}

/// `GET /api/openapi.json`
pub async fn document(ctx: Ctx) -> Reply {
    Ok(Answer::json(&of(ctx.program.listing())))
}

/// The document of these routes; pages are left out.
#[must_use]
pub fn of(listing: &[Listed]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    let documented = |row: &&Listed| {
        row.pattern.starts_with("/api/") || ["/healthz", "/readyz"].contains(&row.pattern)
    };
    for row in listing.iter().filter(documented) {
        let path = paths.entry(row.pattern).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(methods) = path {
            methods.insert(row.method.to_lowercase(), operation(row));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Latchkey",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Times are RFC 3339 in UTC, durations ISO 8601. Lists take limit, cursor, q and sort.",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "__Host-latchkey" },
            },
            "schemas": { "Problem": problem() },
            "responses": {
                "Problem": {
                    "description": "What went wrong.",
                    "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } },
                },
            },
        },
    })
}

fn operation(row: &Listed) -> Value {
    let mut operation = Map::new();
    operation.insert("summary".into(), row.summary.into());
    operation.insert("x-access".into(), json!(row.access));
    operation.insert("x-recent-sign-in".into(), row.recent.into());
    let parameters = parameters(row);
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if matches!(row.access, Access::User | Access::Inviter | Access::Admin | Access::Holder) {
        operation.insert("security".into(), json!([{ "bearer": [] }, { "cookie": [] }]));
        let scope = scope_of(row).map(|scope| scope.to_string());
        operation.insert("x-api-token-scope".into(), scope.into());
    }
    if row.limit > 0 {
        let fields: Map<String, Value> =
            sent(row).iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        let schema = json!({ "type": "object", "properties": fields });
        let body = json!({ "content": { "application/json": { "schema": schema } } });
        operation.insert("requestBody".into(), body);
    }
    let problem = json!({ "$ref": "#/components/responses/Problem" });
    operation.insert(
        "responses".into(),
        json!({ "2XX": { "description": "Done." }, "default": problem }),
    );
    Value::Object(operation)
}

fn parameters(row: &Listed) -> Vec<Value> {
    let parameter = |name: &str, place: &str| {
        let schema = json!({ "type": "string" });
        json!({ "name": name, "in": place, "required": place == "path", "schema": schema })
    };
    let holes = row.pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let asked: &[&str] = if row.limit == 0 { sent(row) } else { &[] };
    let in_query = asked.iter().map(|name| parameter(name, "query"));
    holes.map(|name| parameter(name, "path")).chain(in_query).collect()
}

fn problem() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    json!({
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": { "type": "string" },
            "title": { "type": "string" },
            "status": { "type": "integer" },
            "detail": { "type": "string" },
            "code": { "type": "string", "enum": codes },
            "reference": { "type": "string", "description": "Also in the log; absent where answers must not differ." },
            "fields": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::routes;

    #[test]
    fn what_may_be_sent_is_said_for_every_row_that_reads_a_body() {
        let all = routes();
        for row in all.iter().filter(|row| row.limit > 0 && row.pattern.starts_with("/api/")) {
            let said = SENT
                .iter()
                .any(|(method, pattern, _)| (*method, *pattern) == (row.method, row.pattern));
            assert!(said, "{} {}", row.method, row.pattern);
        }
        for (method, pattern, _) in SENT {
            assert!(
                all.iter().any(|row| (row.method, row.pattern) == (method, pattern)),
                "{method} {pattern}"
            );
        }
    }
}
