//! Passkeys (W3C Web Authentication, level 3): adding one, signing in by one, giving one as the second
//! proof.
//!
//! Guarantees: a challenge is signed once and for what it was made for; the device has checked who
//! holds it each time, so a passkey alone is two proofs; a copy that counts backwards is refused.
//! Does not: ask which make a device is of.

use crate::caller::Caller;
use crate::ceremonies::Purpose;
use crate::entrance::{self, Entered};
use crate::error::{Result, ServiceError};
use crate::holding::{self, By, PASSKEY};
use crate::house::Service;
use crate::sessions::{Begun, Current, Keep, Proof};
use crate::tickets;
use crate::ways_in::{self, Going};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use domain::factors::{Factors, Passkey};
use domain::ids::{ProviderId, UserId};
use domain::secret::Secret;
use domain::sessions::Strength;
use domain::settings::Server;
use domain::users::User;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::WriteTx;
use url::{Host, Url};
use views::frame::PRODUCT;
use webauthn_rs::prelude as library;
use webauthn_rs::{Webauthn, WebauthnBuilder};

/// More than this nobody has.
const MOST: usize = 20;
/// Characters of a name.
const LONGEST_NAME: usize = 60;

/// Where passkeys are made and used: a name, reached in a way that browsers call secure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The name that passkeys belong to.
    id: String,
    /// What the browser sees.
    origin: Url,
}

impl Site {
    /// For a page at `origin`, one of ours; none where passkeys do not work: no name but an address,
    /// no encryption (but for this machine itself), or a name that is not below the public one.
    #[must_use]
    pub fn of(server: &Server, origin: &str) -> Option<Self> {
        let origin = Url::parse(origin).ok()?;
        let Some(Host::Domain(host)) = origin.host() else { return None };
        let is_this_machine = host == "localhost";
        if origin.scheme() != "https" && !is_this_machine {
            return None;
        }
        let public = server.public_url.as_ref().and_then(Url::domain);
        let id = match public {
            Some(public) if host == public || host.ends_with(&format!(".{public}")) => public,
            None if is_this_machine => host,
            _ => return None,
        };
        Some(Self { id: id.to_owned(), origin: origin.clone() })
    }

    fn library(&self) -> Result<Webauthn> {
        let built = WebauthnBuilder::new(&self.id, &self.origin)
            .and_then(|builder| builder.rp_name(PRODUCT).timeout(crate::ceremonies::LIFE).build());
        built.map_err(ServiceError::internal)
    }
}

/// What a browser is to do, as `navigator.credentials` takes it, with bytes in base64url.
fn options(made: &impl Serialize) -> Result<(String, Value)> {
    let mut options = serde_json::to_value(made).map_err(ServiceError::internal)?;
    if let Some(object) = options.as_object_mut() {
        // A button was pressed: the browser is to ask at once.
        object.remove("mediation");
    }
    let challenge = options.pointer("/publicKey/challenge").and_then(Value::as_str);
    let challenge =
        challenge.ok_or_else(|| ServiceError::internal("options without a challenge"))?;
    Ok((challenge.to_owned(), options))
}

/// What a browser sent back, with the challenge in it. What cannot be read was not signed by anything.
fn shown<T: DeserializeOwned>(sent: Value) -> Result<(String, T)> {
    let client = sent.pointer("/response/clientDataJSON").and_then(Value::as_str);
    let client = client.and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    let data: Option<Value> = client.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let challenge = data.and_then(|data| data.get("challenge")?.as_str().map(str::to_owned));
    let credential = serde_json::from_value(sent).ok();
    challenge.zip(credential).ok_or(ServiceError::Unauthorized)
}

fn stored(passkey: &Passkey) -> Result<library::Passkey> {
    serde_json::from_value(passkey.credential.clone()).map_err(ServiceError::internal)
}

fn id_of(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The number that a passkey keeps of its user: their id, in 16 bytes that follow from it.
fn handle(user: &UserId) -> library::Uuid {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, user.as_str().as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(digest.as_ref()) {
        *to = *from;
    }
    library::Uuid::from_bytes(bytes)
}

/// Begins to add one: what the browser is to do.
///
/// # Errors
/// `Forbidden` `stale-sign-in`; `Invalid` where there are too many.
pub async fn begin_adding(
    service: &Service,
    site: &Site,
    current: &Current,
    caller: &Caller,
) -> Result<Value> {
    let (here, by) = (service.clone(), current.clone());
    let (user, factors) = service
        .write_aside(move |tx| {
            let user = holding::still_fresh(&here, tx, &by)?;
            let factors = tx.factors().of(&user.id)?;
            Ok((user, factors))
        })
        .await?;
    if factors.passkeys.len() >= MOST {
        return Err(ServiceError::field("name", "too-many-passkeys"));
    }
    let known = factors.passkeys.iter().map(|one| stored(one).map(|key| key.cred_id().clone()));
    let known = known.collect::<Result<Vec<_>>>()?;
    let name = user.username.as_str();
    let (made, state) = site
        .library()?
        .start_passkey_registration(handle(&user.id), name, name, Some(known))
        .map_err(ServiceError::internal)?;
    let (challenge, mut options) = options(&made)?;
    if let Some(wishes) = options.pointer_mut("/publicKey/authenticatorSelection")
        && let Some(wishes) = wishes.as_object_mut()
    {
        // So that it can be found without a name typed; a device without room for it is as welcome.
        wishes.insert("residentKey".to_owned(), json!("preferred"));
    }
    let purpose = Purpose::Register(user.id, state);
    service.inside().ceremonies.keep(challenge, purpose, (caller, service.now()));
    Ok(options)
}

/// Adds what the browser made. Recovery codes where there were none.
///
/// # Errors
/// `Gone` for a challenge that is used or over; `Unauthorized` for what was not made for it; `Taken`;
/// `Invalid` for a name; `Forbidden` `stale-sign-in`.
pub async fn add(
    service: &Service,
    site: &Site,
    (current, caller): (&Current, &Caller),
    (name, sent): (&str, Value),
) -> Result<Vec<Secret>> {
    let name = checked_name(name)?;
    let (challenge, made) = shown::<library::RegisterPublicKeyCredential>(sent)?;
    let taken = service.inside().ceremonies.take(&challenge, service.now());
    let Some(Purpose::Register(user, state)) = taken else { return Err(ServiceError::Gone) };
    if user != current.user.id {
        return Err(ServiceError::Gone);
    }
    let key = site
        .library()?
        .finish_passkey_registration(&made, &state)
        .map_err(|cause| refused(&cause))?;
    let passkey = Passkey {
        id: id_of(key.cred_id().as_ref()),
        name,
        credential: serde_json::to_value(&key).map_err(ServiceError::internal)?,
        created_at: service.now(),
        used_at: None,
    };
    let (here, current, caller) = (service.clone(), current.clone(), caller.clone());
    service
        .write(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            if tx.factors().by_passkey(&passkey.id)?.is_some() {
                return Err(ServiceError::Taken { field: "name" });
            }
            let mut factors = tx.factors().of(&user.id)?;
            factors.passkeys.push(passkey);
            holding::added(&here, tx, (factors, &current), (PASSKEY, &caller))
        })
        .await
}

fn refused(cause: &library::WebauthnError) -> ServiceError {
    tracing::info!(error = %cause, "a passkey was refused");
    ServiceError::Unauthorized
}

fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(ServiceError::field("name", "empty"));
    }
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        let problem = crate::FieldProblem::new("name", "too-long").with("max", LONGEST_NAME);
        return Err(ServiceError::Invalid { fields: vec![problem] });
    }
    Ok(name.to_owned())
}

const UNKNOWN: ServiceError = ServiceError::NotFound { what: "passkey" };

/// Calls one of one's own something else.
///
/// # Errors
/// `NotFound`; `Invalid`.
pub async fn rename(service: &Service, current: &Current, id: &str, name: &str) -> Result<()> {
    let (user, id, name) = (current.user.id.clone(), id.to_owned(), checked_name(name)?);
    service
        .write_aside(move |tx| {
            let mut factors = tx.factors().of(&user)?;
            let mut all = factors.passkeys.iter_mut();
            all.find(|one| one.id == id).ok_or(UNKNOWN)?.name = name;
            Ok(tx.factors().put(&factors)?)
        })
        .await
}

/// Takes one of one's own away.
///
/// # Errors
/// `NotFound`; `Forbidden` `stale-sign-in`, and `last-way-in` where nothing else would let them in.
pub async fn remove(service: &Service, current: &Current, id: &str) -> Result<()> {
    let (here, current, id) = (service.clone(), current.clone(), id.to_owned());
    service
        .write(move |tx| {
            let user = holding::still_fresh(&here, tx, &current)?;
            let mut factors = tx.factors().of(&user.id)?;
            let before = factors.passkeys.len();
            factors.passkeys.retain(|one| one.id != id);
            if factors.passkeys.len() == before {
                return Err(UNKNOWN);
            }
            if !ways_in::are_left(&here, tx, &user, Going::Passkey(&id))? {
                return Err(ServiceError::Forbidden { code: "last-way-in" });
            }
            let by =
                By { actor: crate::activity::oneself(&user), session: Some(&current.session.id) };
            holding::removed(&here, tx, (factors, &user), (PASSKEY, by))
        })
        .await
}

/// Begins a sign-in by a passkey alone: what the browser is to do.
///
/// # Errors
/// Only our own.
pub fn begin_signing_in(service: &Service, site: &Site, caller: &Caller) -> Result<Value> {
    let begun = site.library()?.start_discoverable_authentication();
    let (made, state) = begun.map_err(ServiceError::internal)?;
    let (challenge, options) = options(&made)?;
    let purpose = Purpose::SignIn(state);
    service.inside().ceremonies.keep(challenge, purpose, (caller, service.now()));
    Ok(options)
}

/// Signs in whoever's passkey signed the challenge.
///
/// # Errors
/// `Gone` for a challenge that is used or over; `Unauthorized`; `Forbidden` `pending`, `disabled` or
/// `expired`.
pub async fn sign_in(
    service: &Service,
    (site, sent): (&Site, Value),
    keep: Keep,
    caller: &Caller,
) -> Result<Begun> {
    let (challenge, signed) = shown::<library::PublicKeyCredential>(sent)?;
    let taken = service.inside().ceremonies.take(&challenge, service.now());
    let Some(Purpose::SignIn(state)) = taken else { return Err(ServiceError::Gone) };
    let (library, now) = (site.library()?, service.now());
    let (claimed, id) =
        library.identify_discoverable_authentication(&signed).map_err(|cause| refused(&cause))?;
    let id = id_of(id);
    let (user, epoch) = service
        .write_aside(move |tx| {
            let found = tx.factors().by_passkey(&id)?.ok_or(ServiceError::Unauthorized)?;
            if handle(&found.user) != claimed {
                return Err(ServiceError::Unauthorized);
            }
            let judge = |key: &library::Passkey| {
                let key = library::DiscoverableKey::from(key);
                library.finish_discoverable_authentication_v2(&signed, state, &key)
            };
            Ok((checked(tx, found, (&id, now), judge)?, tx.sessions().epoch()?))
        })
        .await?;
    let provider = ProviderId::parse("passkey").map_err(ServiceError::internal)?;
    let proof = Proof { user, provider, strength: Strength::Double, upstream: None, epoch };
    match entrance::enter(service, proof, keep, caller).await? {
        Entered::In(begun) => Ok(*begun),
        Entered::SecondFactor(_) => Err(ServiceError::internal("two proofs were not enough")),
    }
}

/// Lets the library judge a signature and keeps what it learned about the passkey.
fn checked(
    tx: &WriteTx,
    mut factors: Factors,
    (id, now): (&str, Timestamp),
    judge: impl FnOnce(
        &library::Passkey,
    ) -> Result<library::AuthenticationResult, library::WebauthnError>,
) -> Result<UserId> {
    let mut all = factors.passkeys.iter_mut();
    let passkey = all.find(|one| one.id == id).ok_or(ServiceError::Unauthorized)?;
    let mut key = stored(passkey)?;
    let result = judge(&key).map_err(|cause| refused(&cause))?;
    if !result.user_verified() {
        return Err(ServiceError::Unauthorized);
    }
    if key.update_credential(&result) == Some(true) {
        passkey.credential = serde_json::to_value(&key).map_err(ServiceError::internal)?;
    }
    passkey.used_at = Some(now);
    tx.factors().put(&factors)?;
    Ok(factors.user)
}

/// Begins a second proof by passkey: what the browser is to do.
///
/// # Errors
/// `Gone` for a ticket that is used or over; `NotFound` for who has no passkey.
pub async fn begin_second(
    service: &Service,
    site: &Site,
    ticket: &Secret,
    caller: &Caller,
) -> Result<Value> {
    let (hash, now) = (tickets::hash(ticket)?, service.now());
    let kept = hash.clone();
    let factors = service
        .read(move |tx| {
            let (ticket, _user) = tickets::open(tx, &hash, now)?;
            Ok(tx.factors().of(&ticket.user)?)
        })
        .await?;
    if factors.passkeys.is_empty() {
        return Err(UNKNOWN);
    }
    let keys = factors.passkeys.iter().map(stored).collect::<Result<Vec<_>>>()?;
    let begun = site.library()?.start_passkey_authentication(&keys);
    let (made, state) = begun.map_err(ServiceError::internal)?;
    let (challenge, options) = options(&made)?;
    service.inside().ceremonies.keep(challenge, Purpose::Second(kept, state), (caller, now));
    Ok(options)
}

enum Judged {
    Right(Box<tickets::Taken>),
    Wrong,
}

/// Exchanges a ticket and what a passkey signed for a session.
///
/// # Errors
/// As [`crate::factors::second`].
pub(crate) async fn second(
    service: &Service,
    ticket: &Secret,
    (site, sent): (Site, Value),
    caller: &Caller,
) -> Result<Begun> {
    let hash = tickets::hash(ticket)?;
    let library = site.library()?;
    // What cannot be read counts as wrong, too.
    let signed =
        shown::<library::PublicKeyCredential>(sent).ok().and_then(|(challenge, signed)| {
            match service.inside().ceremonies.take(&challenge, service.now())? {
                Purpose::Second(of, state) if of == hash => Some((signed, state)),
                _ => None,
            }
        });
    let (here, from) = (service.clone(), caller.clone());
    let judged = service.write_aside(move |tx| {
        let now = here.now();
        let (ticket, user) = tickets::open(tx, &hash, now)?;
        match signed.map(|signed| judged(tx, (&user, &library), signed, now)).transpose() {
            Ok(Some(_user)) => Ok(Judged::Right(Box::new(tickets::take(tx, ticket)?))),
            Ok(None) | Err(ServiceError::Unauthorized) => {
                tickets::wrong(&here, tx, (ticket, &user), &from)?;
                Ok(Judged::Wrong)
            }
            Err(error) => Err(error),
        }
    });
    match judged.await? {
        Judged::Right(taken) => tickets::redeem(service, *taken, caller).await,
        Judged::Wrong => Err(ServiceError::Unauthorized),
    }
}

fn judged(
    tx: &WriteTx,
    (user, library): (&User, &Webauthn),
    (signed, state): (library::PublicKeyCredential, library::PasskeyAuthentication),
    now: Timestamp,
) -> Result<UserId> {
    let id = id_of(signed.get_credential_id());
    let factors = tx.factors().of(&user.id)?;
    checked(tx, factors, (&id, now), |_key| library.finish_passkey_authentication(&signed, &state))
}
