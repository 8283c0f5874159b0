//! People's pictures: fetched once from where their provider says they are, kept and served by us.
//!
//! Guarantees: an address that a provider names leads to the public internet only, or to that provider's own
//! server as an admin has set it up; no redirect is followed; what is no PNG, JPEG, WebP or GIF by its first bytes,
//! or is larger than 512 KiB, is not kept. Does not: draw or shrink any.

use crate::error::{Result, ServiceError};
use crate::house::Service;
use core::time::Duration;
use domain::identity::{IdentityKey, LinkedIdentity};
use domain::ids::UserId;
use domain::providers::{Provider, ProviderKind};
use egress::{Policy, Reach, Request, Trust};
use std::collections::BTreeSet;
use url::{Origin, Url};

pub use store::pictures::Picture;

/// Bytes of a picture at most.
const LARGEST: usize = 512 << 10;
const DEADLINE: Duration = Duration::from_secs(10);

/// A user's picture.
///
/// # Errors
/// `NotFound` where there is none.
pub async fn get(service: &Service, user: &UserId) -> Result<Picture> {
    let user = user.clone();
    let found = service.read(move |tx| Ok(tx.pictures().get(&user)?)).await?;
    found.ok_or(ServiceError::NotFound { what: "picture" })
}

/// Whether there is one.
///
/// # Errors
/// Only our own.
pub async fn is_there(service: &Service, user: &UserId) -> Result<bool> {
    let user = user.clone();
    service.read(move |tx| Ok(tx.pictures().get(&user)?.is_some())).await
}

/// Which of them have one.
///
/// # Errors
/// Only our own.
pub async fn among(service: &Service, users: &[UserId]) -> Result<BTreeSet<UserId>> {
    let users = users.to_vec();
    service
        .read(move |tx| {
            let mut found = BTreeSet::new();
            for user in users {
                if tx.pictures().get(&user)?.is_some() {
                    found.insert(user);
                }
            }
            Ok(found)
        })
        .await
}

/// The scheduler's part: fetches a user's picture as their identities name it. One that cannot be had now
/// is asked for again at their next sign-in; the one there was stays.
///
/// # Errors
/// Only our own.
pub(crate) async fn fetch(service: &Service, user: &UserId) -> Result<()> {
    let id = user.clone();
    let mut identities = service.read(move |tx| Ok(tx.identities().of_user(&id)?)).await?;
    identities.sort_by_key(|one| core::cmp::Reverse(one.used_at));
    for identity in identities {
        let Some(url) = address(&identity) else { continue };
        let own = own_servers(service, &identity.key).await?;
        match fetched(service, url, &own).await {
            Ok(picture) => {
                let id = user.clone();
                let kept = service.write_aside(move |tx| {
                    if tx.users().get(&id)?.is_none() {
                        return Ok(());
                    }
                    Ok(tx.pictures().put(&id, &picture)?)
                });
                return kept.await;
            }
            Err(why) => {
                tracing::info!(user.id = %user, provider.id = %identity.key.provider, "a picture was not taken over: {why}");
            }
        }
    }
    Ok(())
}

/// A picture as a provider names it, fetched and not kept here; none where it cannot be had.
pub(crate) async fn look(service: &Service, provider: &Provider, url: Url) -> Option<Picture> {
    let own = servers_of(service, Some(provider));
    match fetched(service, url, &own).await {
        Ok(picture) => Some(picture),
        Err(why) => {
            tracing::info!(provider.id = %provider.id, "a picture was not shown: {why}");
            None
        }
    }
}

fn address(identity: &LinkedIdentity) -> Option<Url> {
    Url::parse(identity.avatar_url.as_deref()?).ok()
}

/// Where the admin's own server of an identity is: what it names on itself may be asked for, wherever it is.
/// Of another one it may not: whoever chooses a picture at an issuer must not choose what we ask a backend.
async fn own_servers(service: &Service, key: &IdentityKey) -> Result<BTreeSet<String>> {
    let provider = crate::providers::find(service, &key.provider).await?;
    let provider = provider.filter(|provider| provider.issuer() == key.issuer);
    Ok(servers_of(service, provider.as_ref()))
}

fn servers_of(service: &Service, provider: Option<&Provider>) -> BTreeSet<String> {
    match provider.map(|provider| &provider.kind) {
        Some(ProviderKind::Oidc(issuer)) => named(&issuer.issuer).into_iter().collect(),
        Some(ProviderKind::Backend { backend }) => {
            let settings =
                service.inside().board.look(backend, |entry| entry.backend.settings.clone());
            let typed = settings.into_iter().flatten();
            typed.filter_map(|(_, text)| named(&Url::parse(&text).ok()?)).collect()
        }
        None => BTreeSet::new(),
    }
}

/// An origin that can be compared; none for addresses that have none.
fn named(url: &Url) -> Option<String> {
    match url.origin() {
        origin @ Origin::Tuple(..) => Some(origin.ascii_serialization()),
        Origin::Opaque(_) => None,
    }
}

/// Why a picture was not taken over, in words for the log.
async fn fetched(
    service: &Service,
    url: Url,
    own: &BTreeSet<String>,
) -> core::result::Result<Picture, String> {
    let is_own = named(&url).is_some_and(|origin| own.contains(&origin));
    if !is_own && url.scheme() != "https" {
        return Err("its address is no https".to_owned());
    }
    let reach = if is_own { Reach::AdminTyped } else { Reach::Public };
    let policy = Policy { reach, trust: Trust::Authorities };
    let client = service.egress().client(policy).map_err(|failure| failure.to_string())?;
    let request = Request { timeout: DEADLINE, max_body: LARGEST, ..Request::get(url) };
    let answer = client.send(request).await.map_err(|failure| failure.to_string())?;
    if answer.status != 200 {
        return Err(format!("the answer was {}", answer.status));
    }
    let media_type = media_type(&answer.body).ok_or("it is no picture of a kind that is kept")?;
    Ok(Picture { media_type: media_type.to_owned(), bytes: answer.body.to_vec() })
}

/// By the first bytes: what a server calls it counts for nothing.
fn media_type(bytes: &[u8]) -> Option<&'static str> {
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    if begins(b"\x89PNG\r\n\x1a\n") {
        Some("image/png")
    } else if begins(b"\xff\xd8\xff") {
        Some("image/jpeg")
    } else if begins(b"GIF87a") || begins(b"GIF89a") {
        Some("image/gif")
    } else if begins(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        Some("image/webp")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_one_by_its_bytes() {
        for (bytes, kind) in [
            (b"\x89PNG\r\n\x1a\nrest".as_slice(), Some("image/png")),
            (b"\xff\xd8\xff\xe0rest", Some("image/jpeg")),
            (b"GIF89a", Some("image/gif")),
            (b"RIFF\x01\x02\x03\x04WEBPVP8 ", Some("image/webp")),
            (b"RIFF\x01\x02\x03\x04WAVEfmt ", None),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
            (b"<!doctype html>", None),
            (b"", None),
        ] {
            assert_eq!(media_type(bytes), kind, "{bytes:?}");
        }
    }

    #[test]
    fn an_own_server_is_one_by_its_whole_origin() {
        let named = |text: &str| named(&Url::parse(text).unwrap());
        assert_eq!(named("http://127.0.0.1:8096/a"), named("http://127.0.0.1:8096/b?c"));
        assert_ne!(named("http://127.0.0.1:8096/"), named("http://127.0.0.1:8097/"));
        assert_ne!(named("http://127.0.0.1:443/"), named("https://127.0.0.1/"));
        assert_eq!(named("data:image/png;base64,"), None);
    }
}
