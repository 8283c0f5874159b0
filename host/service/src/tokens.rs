//! Access tokens of programs: signed, short-lived, and never the authority on anything.
//!
//! Guarantees: a token opens only the session it names, while that lives and its user may come in; the
//! role comes from the user. Does not: accept a cookie or a refresh token in a token's place.

use crate::error::Result;
use crate::house::Service;
use crate::sessions::{self, Current};

/// Who holds this access token; `None` for nobody: any defect looks alike.
///
/// # Errors
/// Only our own.
pub async fn check(service: &Service, token: &str) -> Result<Option<Current>> {
    match service.inside().keys.signer().open(token, service.now()) {
        Some((user, session)) => sessions::by_id(service, session, &user).await,
        None => Ok(None),
    }
}
