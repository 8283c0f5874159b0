//! The demo's Plex: a stand-in with a household, connected as its owner would, with rules that let every
//! member of its server in, and an invite to it.
//!
//! Does not: leave out what people are for in the end. Whoever presses a name on the stand-in's page is that
//! person; the profiles' PINs are told.

use domain::ids::{BackendId, PluginId, ProviderId};
use domain::invites::AskEmail;
use domain::invites::drafts::{Expiry, InviteDraft};
use domain::providers::AccessRule;
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::Lifetime;
use serde::Serialize;
use service::backends::{self, BackendDraft};
use service::profiles::{self, Capture};
use service::providers::{self, KindDraft, ProviderDraft};
use service::{Service, ServiceError, invites};
use standins::Plex;
use std::collections::BTreeMap;

const BACKEND: &str = "plex";
const OWNER: &str = "olga";
/// Whose share is the model for the invited.
const MODEL: &str = "sam";
const PROFILE: &str = "Plex friends";

/// What somebody needs to try it.
#[derive(Debug, Clone, Serialize)]
pub struct PlexTold {
    /// Who there is: the stand-in's page.
    pub page: String,
    /// The media server's address.
    pub server: String,
    /// Who can sign in there, and how.
    pub people: Vec<PersonTold>,
    /// An invite to the server.
    pub invite: String,
}

/// One of its people.
#[derive(Debug, Clone, Serialize)]
pub struct PersonTold {
    /// The name.
    pub name: String,
    /// The profile's PIN.
    pub pin: Option<String>,
    /// A profile of the home, reached through somebody who has an account.
    pub managed: bool,
}

/// Connects the stand-in and invites to it.
///
/// # Errors
/// Where the service refuses.
pub(super) async fn set_up(
    service: &Service,
    by: &Admin,
    standin: &Plex,
) -> Result<PlexTold, ServiceError> {
    let odd = |not: domain::ids::NotAnId| ServiceError::internal(not);
    let id = BackendId::parse(BACKEND).map_err(odd)?;
    connect(service, by, standin, id.clone()).await?;
    let draft = ProviderDraft {
        id: ProviderId::parse(BACKEND).map_err(odd)?,
        label: String::new(),
        kind: KindDraft::Backend(id.clone()),
        access: AccessRule::Open,
        admin: None,
    };
    providers::add(service, by, draft).await?;
    let account = standin.person(MODEL).id.to_string();
    let capture = Capture { backend: id.clone(), account, name: PROFILE.to_owned() };
    profiles::capture(service, by, capture).await?;
    let invite = invite(service, by, id).await?;
    Ok(PlexTold {
        page: standin.app_url(),
        server: standin.server_url(),
        people: people(standin),
        invite,
    })
}

async fn connect(
    service: &Service,
    by: &Admin,
    standin: &Plex,
    id: BackendId,
) -> Result<(), ServiceError> {
    let settings = [
        ("url", standin.server_url()),
        ("plex_tv", standin.plex_url()),
        ("clients", standin.clients_url()),
        ("app", standin.app_url()),
    ];
    let token = Secret::new(standin.token(OWNER, "latchkey-demo"));
    let draft = BackendDraft {
        id,
        label: "Plex".to_owned(),
        plugin: PluginId::parse(BACKEND).map_err(ServiceError::internal)?,
        public_url: url::Url::parse(&standin.app_url()).ok(),
        settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        secrets: BTreeMap::from([("token".to_owned(), token)]),
        connect: BTreeMap::new(),
    };
    backends::add(service, by, draft).await.map(drop)
}

async fn invite(service: &Service, by: &Admin, id: BackendId) -> Result<String, ServiceError> {
    let week = Lifetime::parse("P7D").map_err(ServiceError::internal)?;
    let draft = InviteDraft {
        label: "Demo of Plex".to_owned(),
        uses: Some(5),
        expires: Expiry::In(week),
        profile: Some(PROFILE.to_owned()),
        backends: vec![id],
        account_lifetime: None,
        ask_email: AskEmail::Optional,
        email: None,
        require_approval: false,
    };
    let made = invites::create(service, by, draft).await?;
    Ok(invites::link(service, &made.code).map(String::from).unwrap_or_default())
}

fn people(standin: &Plex) -> Vec<PersonTold> {
    let told = |person: standins::plex::Person| PersonTold {
        name: person.title,
        pin: person.pin,
        managed: person.managed,
    };
    standin.people().into_iter().map(told).collect()
}

impl PlexTold {
    /// Who is there, on one line.
    pub(super) fn who(&self) -> String {
        let told = |person: &PersonTold| match &person.pin {
            Some(pin) => format!("{} (PIN {pin})", person.name),
            None => person.name.clone(),
        };
        self.people.iter().map(told).collect::<Vec<_>>().join(", ")
    }
}
