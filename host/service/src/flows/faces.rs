//! Pictures of a home's persons, for the browser that is to choose one of them.
//!
//! Guarantees: only the flow's own browser gets one, and only while it chooses; how much a flow makes us
//! fetch is bounded. Does not: hand out where a picture is.

use super::current;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::throttles::{self, Ration};
use crate::{pictures, providers};
use core::time::Duration;
use domain::flows::FlowStage;
use domain::ids::ProviderId;
use domain::secret::Secret;
use std::sync::Arc;
use store::pictures::Picture;
use url::Url;

/// What one flow may make us fetch: a large home, twice.
const FETCHES: Ration = Ration { times: 128, window: Duration::from_secs(600) };

const NONE: ServiceError = ServiceError::NotFound { what: "picture" };

/// The picture of one of the persons to choose from, by their place in the list.
///
/// # Errors
/// `NotFound` where nobody is to be chosen, and for who has none that can be had; `Throttled`.
pub async fn picture(
    service: &Service,
    id: &ProviderId,
    browser: &Secret,
    number: usize,
) -> Result<Arc<Picture>> {
    let flow = match current(service, id, browser).await {
        Err(ServiceError::Gone) => return Err(NONE),
        other => other?,
    };
    let FlowStage::Choosing { home_users } = flow.stage else { return Err(NONE) };
    let named = home_users.get(number).and_then(|one| one.avatar_url.as_deref());
    let url = named.and_then(|text| Url::parse(text).ok()).ok_or(NONE)?;
    let provider = providers::find(service, id).await?.ok_or(NONE)?;
    let (key, now) = (format!("flow-pictures/{}", flow.browser), service.now());
    let fetch = async || {
        let spent = service.write_aside(move |tx| throttles::spend(tx, &key, FETCHES, now)).await?;
        match spent {
            Some(retry_after) => Err(ServiceError::Throttled { retry_after }),
            None => Ok(pictures::look(service, &provider, url.clone()).await),
        }
    };
    let shown = service.inside().gallery.show((id.clone(), url.to_string()), now, fetch).await?;
    shown.ok_or(NONE)
}
