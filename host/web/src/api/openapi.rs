//! The table of routes as an OpenAPI document: generated, so that it cannot lag behind.

use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Code;
use crate::kit::Answer;
use crate::program::{Access, Listed};
use serde_json::{Map, Value, json};

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
    let parameters = parameters(row);
    if !parameters.is_empty() {
        operation.insert("parameters".into(), parameters.into());
    }
    if matches!(row.access, Access::User | Access::Admin | Access::Holder) {
        operation.insert("security".into(), json!([{ "bearer": [] }, { "cookie": [] }]));
    }
    if row.limit > 0 {
        let body = json!({ "content": { "application/json": { "schema": { "type": "object" } } } });
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
    let holes = row.pattern.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    holes
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect()
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
