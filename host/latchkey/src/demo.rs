//! The whole product on loopback, in a folder that is thrown away, against stand-in servers.
//!
//! Everything is set up the way an admin would: backend connected, first admin made, a profile
//! captured from a model account, one invite, mail going to a catcher with a page, reset files
//! watched, and somebody who was there before adopted. Nothing is left behind but what a killed process
//! cannot take away: a folder in the system's temporary one.

mod plex;

use crate::components::Bundled;
use crate::log;
use crate::settings::Source;
use crate::startup::{self, Config, Running};
use crate::trouble::Trouble;
use domain::ids::{BackendId, MailId, PluginId};
use domain::invites::AskEmail;
use domain::invites::drafts::{Expiry, InviteDraft};
use domain::names::{EmailAddress, Username};
use domain::resets::ResetMail;
use domain::role::Admin;
use domain::secret::Secret;
use domain::settings::{Lifetime, Log};
use serde::Serialize;
use serde_json::{Map, Value, json};
use service::adopt::{self, Adoption};
use service::backends::BackendDraft;
use service::mail::{self, MethodDraft};
use service::profiles::Capture;
use service::reset_watch::{self, WatchDraft};
use service::{Service, ServiceError, backends, console, invites, profiles, settings};
use standins::jellyfin::{Options, Release};
use standins::{Jellyfin, Plex, Smtp, smtp};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;

pub use plex::{PersonTold, PlexTold};

const BACKEND: &str = "jellyfin";
const ADMIN: &str = "admin";
const MODEL: &str = "Family model";
const PROFILE: &str = "Family";
const THEIR_ADMIN: &str = "owner";
/// Somebody who has an account on the stand-in already, and their address.
const MEMBER: &str = "Robin";
const MEMBER_ADDRESS: &str = "robin@example.org";
/// Somebody who has one and is not known to Latchkey yet.
const OTHER_MEMBER: &str = "Kim";

/// How the demo is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Where to listen; loopback only.
    pub listen: SocketAddr,
    /// Whether to speak https.
    pub tls: bool,
}

/// A running demo.
pub struct Demo {
    running: Running,
    /// Ends with the demo.
    standin: Jellyfin,
    /// Ends with the demo.
    plex: Plex,
    /// Ends with the demo.
    catcher: Smtp,
    /// Goes with the demo.
    folder: tempfile::TempDir,
    told: Told,
}

/// What somebody needs to look around.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// Latchkey's address.
    pub url: String,
    /// The admin's name.
    pub username: String,
    /// The admin's password.
    pub password: String,
    /// An invite that admits five people.
    pub invite: String,
    /// The stand-in's address.
    pub standin: String,
    /// A key for the stand-in.
    pub standin_key: String,
    /// A stand-in Plex, for signing in by a redirect.
    pub plex: PlexTold,
    /// Where mails can be read.
    pub mails: String,
    /// Somebody with an account and an address.
    pub member: String,
    /// Where it all is, for commands beside it.
    pub data_folder: String,
}

/// Starts a demo.
///
/// # Errors
/// [`Trouble`] where the address is not loopback, and where the product cannot start.
pub async fn start(
    wanted: Wanted,
    bundled: Bundled,
    environment: Vec<(String, String)>,
) -> Result<Demo, Trouble> {
    if !wanted.listen.ip().is_loopback() {
        let words = "the demo listens on loopback only; use an address like 127.0.0.1:8443";
        return Err(Trouble::Usage(words.to_owned()));
    }
    let folder = tempfile::Builder::new()
        .prefix("latchkey-demo-")
        .tempdir()
        .map_err(|cause| Trouble::because("could not make a throw-away folder", &cause))?;
    let standin = Jellyfin::start(Release::V10_11, Options::demo())
        .await
        .map_err(|cause| Trouble::because("could not start the stand-in", &cause))?;
    let key = furnish(&standin);
    let resets = folder.path().join("stand-in");
    std::fs::create_dir(&resets)
        .map_err(|cause| Trouble::because("could not make a folder for the stand-in", &cause))?;
    standin.set_data_dir(&resets);
    let plex = Plex::start_with(standins::plex::Options::demo())
        .await
        .map_err(|cause| Trouble::because("could not start the stand-in Plex", &cause))?;
    let catcher = Smtp::start(smtp::Options::demo())
        .await
        .map_err(|cause| Trouble::because("could not start the mail catcher", &cause))?;
    let mode = if wanted.tls { "self-signed" } else { "off" };
    let source = Source {
        environment: vec![("LATCHKEY_TLS__MODE".to_owned(), mode.to_owned())],
        listen: vec![wanted.listen.to_string()],
        ..Source::default()
    };
    let data_folder = folder.path().join("data");
    let quiet = Log { level: "warn".to_owned(), json: false };
    // Where a log runs already, as in tests, it goes on.
    let _log = log::begin(&quiet, log::colour(&environment));
    let config = Config { settings: source, ..Config::new(data_folder, bundled) };
    let running = startup::start(config).await?;
    let house = House { standin: &standin, plex: &plex, key, catcher: &catcher, resets: &resets };
    let told = set_up(&running, house)
        .await
        .map_err(|cause| Trouble::because("could not set the demo up", &cause))?;
    Ok(Demo { running, standin, plex, catcher, folder, told })
}

impl Demo {
    /// What somebody needs to look around.
    #[must_use]
    pub const fn told(&self) -> &Told {
        &self.told
    }

    /// The same for people.
    #[must_use]
    pub fn welcome(&self) -> String {
        let Told { url, username, password, invite, standin, plex, data_folder, .. } = &self.told;
        let Told { mails, member, .. } = &self.told;
        let (plex_page, plex_people, plex_invite) = (&plex.page, plex.who(), &plex.invite);
        format!(
            "\nLatchkey's demo: all of it runs on this machine and is gone after Ctrl-C.\n\n\
             \x20 Latchkey           {url}\n\
             \x20 sign in as         {username}\n\
             \x20 password           {password}\n\
             \x20 an invite          {invite}\n\
             \x20 stand-in server    {standin}/web/\n\
             \x20 stand-in Plex      {plex_page}\n\
             \x20 its people         {plex_people}\n\
             \x20 an invite to it    {plex_invite}\n\
             \x20 mails go to        {mails}\n\
             \x20 data folder        {data_folder}\n\n\
             Try this:\n\
             \x20 1. Open the invite in a private window and sign up, as a guest would.\n\
             \x20 2. Sign in to Latchkey and look at People: the guest has an account made from \"{PROFILE}\".\n\
             \x20 3. Press \"Forgot password\" for {member} on the stand-in's page, then read the mail and\n\
             \x20    choose a new password by its link. Or ask for the link at {url}/forgot.\n\
             \x20 4. {OTHER_MEMBER} was on the stand-in before: adopt them at {url}/admin/backends/{BACKEND}/adopt.\n\
             \x20 5. Sign in with Plex at {url}/login as Sam; or as Olga, and choose who you are: profiles have\n\
             \x20    PINs. Zed has no access: sign up by the invite to Plex with zed@example.com, accept on the\n\
             \x20    stand-in's page, and sign in with Plex again.\n"
        )
    }

    /// The running house.
    #[must_use]
    pub const fn running(&self) -> &Running {
        &self.running
    }

    /// The stand-in.
    #[must_use]
    pub const fn standin(&self) -> &Jellyfin {
        &self.standin
    }

    /// The stand-in Plex.
    #[must_use]
    pub const fn plex(&self) -> &Plex {
        &self.plex
    }

    /// Where its mails go.
    #[must_use]
    pub const fn catcher(&self) -> &Smtp {
        &self.catcher
    }

    /// Ends everything and removes the folder.
    pub async fn stop(self) {
        self.running.stop().await;
        drop(self.standin);
        drop(self.plex);
        drop(self.catcher);
        if let Err(cause) = self.folder.close() {
            tracing::warn!(%cause, "the demo's folder could not be removed");
        }
    }
}

/// A household's server: libraries, an owner, and a model account for guests. Gives a key.
fn furnish(standin: &Jellyfin) -> String {
    standin.finish_wizard(THEIR_ADMIN, "correct horse battery staple");
    let films = standin.add_library("Films", Some("movies"));
    let series = standin.add_library("Series", Some("tvshows"));
    standin.add_library("Home videos", Some("homevideos"));
    let policy = json!({
        "EnableAllFolders": false,
        "EnabledFolders": [films, series],
        "MaxParentalRating": 12,
        "BlockUnratedItems": ["Movie", "Series"],
        "EnableContentDeletion": false,
        "EnableContentDownloading": false,
        "EnableRemoteControlOfOtherUsers": false,
        "MaxActiveSessions": 3,
    });
    let policy = policy.as_object().cloned().unwrap_or_else(Map::<String, Value>::new);
    standin.add_user(MODEL, "nobody signs in as the model", &policy);
    for member in [MEMBER, OTHER_MEMBER] {
        standin.add_user(member, "a password to forget", &policy);
    }
    standin.add_key("Latchkey demo")
}

/// What stands beside the running program.
struct House<'a> {
    standin: &'a Jellyfin,
    plex: &'a Plex,
    key: String,
    catcher: &'a Smtp,
    /// Where the stand-in leaves reset files.
    resets: &'a Path,
}

async fn set_up(running: &Running, house: House<'_>) -> Result<Told, ServiceError> {
    let House { standin, plex, key, catcher, resets } = house;
    let service = running.service();
    let by = Admin::at_the_console();
    let url = running.url();
    let values = BTreeMap::from([("server.public_url".to_owned(), Value::from(url.clone()))]);
    settings::patch(service, &by, values).await?;
    let name = Username::parse(ADMIN).map_err(|bad| ServiceError::field("username", bad.code()))?;
    let (_, password) = console::create_admin(service, name, None).await?;
    let backend = connect(service, &by, (standin.url(), key.clone())).await?;
    let capture =
        Capture { backend: backend.clone(), account: MODEL.to_owned(), name: PROFILE.to_owned() };
    profiles::capture(service, &by, capture).await?;
    send_mail(service, &by, catcher).await?;
    let draft = WatchDraft { directory: resets.to_owned(), poll_seconds: 0, mail: ResetMail::Both };
    reset_watch::put(service, &by, &backend, draft).await?;
    adopt_member(service, &by, &backend, standin).await?;
    let week = Lifetime::parse("P7D").map_err(ServiceError::internal)?;
    let draft = InviteDraft {
        label: "Demo".to_owned(),
        uses: Some(5),
        expires: Expiry::In(week),
        profile: Some(PROFILE.to_owned()),
        backends: vec![backend],
        account_lifetime: None,
        ask_email: AskEmail::Optional,
        email: None,
        require_approval: false,
    };
    let invite = invites::create(service, &by, draft).await?;
    let link = invites::link(service, &invite.code).map(String::from);
    let plex = plex::set_up(service, &by, plex).await?;
    Ok(Told {
        url,
        username: ADMIN.to_owned(),
        password: password.map(|made| made.expose().clone()).unwrap_or_default(),
        invite: link.unwrap_or_default(),
        standin: standin.url(),
        standin_key: key,
        plex,
        mails: catcher.page_url().unwrap_or_default(),
        member: MEMBER.to_owned(),
        data_folder: running.data_folder().display().to_string(),
    })
}

async fn connect(
    service: &Service,
    by: &Admin,
    (url, key): (String, String),
) -> Result<BackendId, ServiceError> {
    let odd = |not: domain::ids::NotAnId| ServiceError::internal(not);
    let id = BackendId::parse(BACKEND).map_err(odd)?;
    let draft = BackendDraft {
        id: id.clone(),
        label: "Films and series".to_owned(),
        plugin: PluginId::parse(BACKEND).map_err(odd)?,
        public_url: url::Url::parse(&url).ok(),
        settings: BTreeMap::from([("url".to_owned(), url)]),
        secrets: BTreeMap::from([("api_key".to_owned(), Secret::new(key))]),
        connect: BTreeMap::new(),
    };
    backends::add(service, by, draft).await?;
    Ok(id)
}

/// Mail goes to the catcher.
async fn send_mail(service: &Service, by: &Admin, catcher: &Smtp) -> Result<(), ServiceError> {
    let odd = |not: domain::ids::NotAnId| ServiceError::internal(not);
    let settings = [
        ("host", "127.0.0.1".to_owned()),
        ("port", catcher.port().to_string()),
        ("security", "none".to_owned()),
    ];
    let draft = MethodDraft {
        id: MailId::parse("catcher").map_err(odd)?,
        plugin: PluginId::parse("mail-smtp").map_err(odd)?,
        from: "Latchkey demo <home@example.org>".to_owned(),
        reply_to: None,
        settings: settings.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        secrets: BTreeMap::new(),
    };
    mail::add(service, by, draft).await.map(drop)
}

/// Somebody who was there before becomes a user, with an address.
async fn adopt_member(
    service: &Service,
    by: &Admin,
    backend: &BackendId,
    standin: &Jellyfin,
) -> Result<(), ServiceError> {
    let address = EmailAddress::parse(MEMBER_ADDRESS)
        .map_err(|bad| ServiceError::field("email", bad.code()))?;
    let account = standin.user(MEMBER).map(|account| account.id).unwrap_or_default();
    let adoption = Adoption { account, username: None, email: Some(address), attach_to: None };
    adopt::adopt(service, by, backend, vec![adoption]).await.map(drop)
}
