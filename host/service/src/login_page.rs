//! The button on a backend's own sign-in page that leads to our page for forgotten passwords.
//!
//! Guarantees: whatever else an admin wrote there stays as it is (the plugin's promise); putting it
//! there and taking it away are lines in the activity. Does not: know what such a page looks like.

use crate::activity::{actor, note};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use domain::activity::{ActivityKind, NewActivity};
use domain::fault::FaultKind;
use domain::ids::BackendId;
use domain::role::Admin;
use url::Url;

/// How the button is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LoginPage {
    /// Whether the backend has such a page at all.
    pub supported: bool,
    /// Whether the button is there.
    pub present: bool,
}

/// Asks the backend whether the button is there.
///
/// # Errors
/// `NotFound`; `Backend` where it does not say.
pub async fn state(service: &Service, _by: &Admin, backend: &BackendId) -> Result<LoginPage> {
    match service.instance(backend)?.login_page_present().await {
        Ok(present) => Ok(LoginPage { supported: true, present }),
        Err(fault) if fault.kind == FaultKind::Unsupported => {
            Ok(LoginPage { supported: false, present: false })
        }
        Err(fault) => Err(fault.into()),
    }
}

/// Puts the button there, or gives the one that is there this label and our present address.
///
/// # Errors
/// `NotFound`; `Forbidden` `no-public-url` until it is said what links are made of; `Backend`.
pub async fn offer(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    label: &str,
) -> Result<LoginPage> {
    let url = forgot(service).ok_or(ServiceError::Forbidden { code: "no-public-url" })?;
    service.instance(backend)?.offer_login_page(&url, label).await?;
    written(service, by, ActivityKind::LoginPageOffered, backend).await?;
    Ok(LoginPage { supported: true, present: true })
}

/// Takes the button away; fine where there was none.
///
/// # Errors
/// `NotFound`; `Backend`.
pub async fn withdraw(service: &Service, by: &Admin, backend: &BackendId) -> Result<LoginPage> {
    service.instance(backend)?.withdraw_login_page().await?;
    written(service, by, ActivityKind::LoginPageWithdrawn, backend).await?;
    Ok(LoginPage { supported: true, present: false })
}

/// Where the button leads; none until it is said what links are made of.
#[must_use]
pub fn forgot(service: &Service) -> Option<Url> {
    let mut url = service.settings().settings.server.public_url.clone()?;
    url.path_segments_mut().ok()?.pop_if_empty().push("forgot");
    Some(url)
}

async fn written(
    service: &Service,
    by: &Admin,
    kind: ActivityKind,
    backend: &BackendId,
) -> Result<()> {
    let line = NewActivity::new(service.now(), actor(by), kind).with("backend", backend.as_str());
    service.write_aside(move |tx| note(tx, line)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::rig::{Rig, settled};

    async fn at(public: Option<&str>) -> Rig {
        let mut settings = settled();
        settings.settings.server.public_url = public.map(|url| url.parse().unwrap());
        Rig::of(settings, Clock::system()).await.unwrap()
    }

    #[tokio::test]
    async fn the_button_leads_to_our_page_below_whatever_path() {
        for (public, leads) in [
            ("https://home.example.org", "https://home.example.org/forgot"),
            ("https://example.org/latchkey", "https://example.org/latchkey/forgot"),
            ("https://example.org/latchkey/", "https://example.org/latchkey/forgot"),
        ] {
            let rig = at(Some(public)).await;
            assert_eq!(forgot(&rig.service).unwrap().as_str(), leads);
        }
    }

    #[tokio::test]
    async fn without_an_address_or_a_backend_there_is_no_button() {
        let (by, media) = (Admin::at_the_console(), BackendId::parse("media").unwrap());
        let rig = at(None).await;
        let refused = offer(&rig.service, &by, &media, "Forgot?").await;
        assert!(matches!(refused, Err(ServiceError::Forbidden { code: "no-public-url" })));
        let rig = at(Some("https://home.example.org")).await;
        let unknown = offer(&rig.service, &by, &media, "Forgot?").await;
        assert!(matches!(unknown, Err(ServiceError::NotFound { what: "backend" })));
        let unknown = state(&rig.service, &by, &media).await;
        assert!(matches!(unknown, Err(ServiceError::NotFound { what: "backend" })));
    }
}
