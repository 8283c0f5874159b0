//! Settings, for admins.

use super::lists;
use crate::access::Reply;
use crate::context::Ctx;
use crate::failure::Failure;
use crate::input::Input;
use domain::role::Admin;
use serde_json::Value;
use service::settings;
use std::collections::BTreeMap;

/// `GET /api/settings`: every setting with where it comes from; secrets are not among them.
pub async fn list(ctx: Ctx, by: Admin) -> Reply {
    Ok(lists::whole(settings::list(ctx.service(), &by)))
}

/// Keys with a dot, also where a program sent a table for the part before it.
#[must_use]
pub fn keys(sent: Input) -> BTreeMap<String, Value> {
    let mut flat = BTreeMap::new();
    for (key, value) in sent.into_values() {
        match value {
            Value::Object(table) => {
                flat.extend(
                    table.into_iter().map(|(inner, value)| (format!("{key}.{inner}"), value)),
                );
            }
            single => drop(flat.insert(key, single)),
        }
    }
    flat
}

/// Of what says how people come in and where mail and browsers lead them: that whoever changes it proved
/// lately who they are. No API token does.
///
/// # Errors
/// 403 `stale-sign-in`.
pub fn require_recent(ctx: &Ctx, values: &BTreeMap<String, Value>) -> Result<(), Failure> {
    let matters = |key: &String| key.starts_with("signin.") || key.starts_with("server.");
    if values.keys().any(matters) { ctx.require_recent() } else { Ok(()) }
}

/// `PATCH /api/settings` `{"texts.contact": "Ask me", "dates": {"zone": "Europe/Berlin"}}`
pub async fn patch(ctx: Ctx, by: Admin) -> Reply {
    let values = keys(ctx.json()?);
    require_recent(&ctx, &values)?;
    Ok(lists::whole(settings::patch(ctx.service(), &by, values).await?))
}
