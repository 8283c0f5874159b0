//! The settled settings: every value checked, every default filled in.
//!
//! Reading files and the environment, and errors that point at line and key, are `latchkey::settings`'s.

use crate::backends::Backend;
use crate::ids::ProviderId;
use crate::mail::MailMethod;
use crate::names::Username;
use crate::providers::Provider;
use crate::resets::Watch;
use crate::secret::Secret;
use core::net::SocketAddr;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use url::Url;

/// A span of calendar time as ISO 8601 writes it: `PT24H`, `P30D`, `P1Y`. Longer than nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lifetime(jiff::SpanFieldwise);

/// Why text is no [`Lifetime`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written like PT24H, P7D or P1Y and is longer than nothing; got {0:?}")]
pub struct NotALifetime(String);

impl Lifetime {
    /// Parses ISO 8601.
    ///
    /// # Errors
    /// [`NotALifetime`] for other text, and for nothing or less.
    pub fn parse(text: &str) -> Result<Self, NotALifetime> {
        let wrong = || NotALifetime(text.to_owned());
        let span: jiff::Span = text.trim().parse().map_err(|_ignored: jiff::Error| wrong())?;
        let life = Self(span.fieldwise());
        let start = jiff::Timestamp::UNIX_EPOCH;
        match life.after(start) {
            Some(end) if end > start && text.trim_start().starts_with('P') => Ok(life),
            _ => Err(wrong()),
        }
    }

    /// The moment that far after `start`, days and months by the UTC calendar; `None` past year 9999.
    #[must_use]
    pub fn after(self, start: jiff::Timestamp) -> Option<jiff::Timestamp> {
        let zoned = start.to_zoned(jiff::tz::TimeZone::UTC);
        zoned.checked_add(self.0.0).ok().map(|end| end.timestamp())
    }
}

impl core::fmt::Display for Lifetime {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0.0)
    }
}

impl TryFrom<String> for Lifetime {
    type Error = NotALifetime;
    fn try_from(text: String) -> Result<Self, NotALifetime> {
        Self::parse(&text)
    }
}

impl From<Lifetime> for String {
    fn from(life: Lifetime) -> Self {
        life.to_string()
    }
}

/// Everything, settled.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `[server]`
    pub server: Server,
    /// `[tls]`
    pub tls: Tls,
    /// `[admin]`: unattended set-up.
    pub admin: Option<FirstAdmin>,
    /// `[log]`
    pub log: Log,
    /// `[signin]`
    pub signin: SignIn,
    /// `[[backend]]`, set by the file, with the secrets it names.
    pub backends: Vec<BackendFromFile>,
    /// `[[mail]]`, in the order they are tried, with the secrets they name.
    pub mail: Vec<MailFromFile>,
    /// `[[reset_watch]]`
    pub reset_watches: Vec<Watch>,
    /// Ways to sign in, in the order of the file.
    pub providers: Vec<ProviderFromFile>,
    /// `[texts]`
    pub texts: Texts,
    /// `[dates]`
    pub dates: Dates,
    /// `[plugins.ID] sha256`: consent by file.
    pub plugin_consent: BTreeMap<String, String>,
}

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// What links are made of. None until the admin says so.
    pub public_url: Option<Url>,
    /// Further names of the same instance.
    pub other_urls: Vec<Url>,
    /// Where it listens.
    pub listen: Vec<SocketAddr>,
    /// Redirects to https; none: off.
    pub listen_http: Option<SocketAddr>,
    /// Whose `Forwarded` headers count.
    pub trusted_proxies: Vec<ipnet::IpNet>,
}

/// `[tls]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// A certificate of our own making, kept in the data folder.
    SelfSigned,
    /// PEM files, watched.
    Files {
        /// Chain.
        certificate: PathBuf,
        /// Private key.
        key: PathBuf,
    },
    /// Plain http: only on loopback or behind a trusted proxy.
    Off,
}

/// `[admin]`
#[derive(Debug, Clone)]
pub struct FirstAdmin {
    /// Their name.
    pub username: Username,
    /// How they prove who they are.
    pub proof: FirstProof,
}

/// How the first admin proves who they are.
#[derive(Debug, Clone)]
pub enum FirstProof {
    /// By a local password.
    Password(Secret),
    /// By being that at a provider.
    Identity {
        /// Which `[[provider]]`.
        provider: ProviderId,
        /// Who, there.
        subject: String,
    },
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `error` to `trace`.
    pub level: String,
    /// One JSON object a line, for machines.
    pub json: bool,
}

/// May strangers make a local account.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registration {
    /// No.
    #[default]
    Off,
    /// Yes, and an admin approves it.
    Approval,
    /// Yes.
    Open,
}

/// `[signin]`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIn {
    /// May strangers make a local account.
    pub registration: Registration,
    /// Whether local passwords are accepted at all; the console's way in always is.
    pub local: bool,
    /// Whether admins need a second factor before they may do an admin's work.
    pub admins_need_second_factor: bool,
    /// How long an access token is good.
    pub access_token_life: Duration,
    /// Sliding.
    pub session_life: Duration,
    /// Absolute.
    pub session_end: Duration,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            registration: Registration::Off,
            local: true,
            admins_need_second_factor: false,
            access_token_life: Duration::from_secs(3_600),
            session_life: Duration::from_secs(7 * 86_400),
            session_end: Duration::from_secs(90 * 86_400),
        }
    }
}

/// One `[[backend]]` with the secrets it names.
#[derive(Debug, Clone)]
pub struct BackendFromFile {
    /// What it says.
    pub backend: Backend,
    /// Its secrets, by the manifest's names.
    pub secrets: BTreeMap<String, Secret>,
    /// What is used once to make secrets: `admin_user`, `admin_password`.
    pub connect: BTreeMap<String, Secret>,
}

/// A `[[provider]]` of the file or the environment.
#[derive(Debug, Clone)]
pub struct ProviderFromFile {
    /// What it is.
    pub provider: Provider,
    /// Its client secret.
    pub client_secret: Option<Secret>,
}

/// One `[[mail]]` with the secrets it names.
#[derive(Debug, Clone)]
pub struct MailFromFile {
    /// What it says.
    pub method: MailMethod,
    /// Its secrets, by the manifest's names.
    pub secrets: BTreeMap<String, Secret>,
}

/// `[texts]`: jellyfin-accounts' options keep their meaning.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// On every page but the admin's.
    pub contact: String,
    /// On the sign-up page.
    pub help: String,
    /// On the success page.
    pub success: String,
    /// Below every mail.
    pub mail_footer: String,
}

/// `[dates]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// strftime.
    pub format: String,
    /// 17:30, or 5:30 pm.
    pub clock_24h: bool,
    /// IANA name.
    pub zone: String,
    /// BCP 47.
    pub language: String,
}

impl Default for Dates {
    fn default() -> Self {
        Self {
            format: "%-d %b %Y".into(),
            clock_24h: true,
            zone: "UTC".into(),
            language: "en".into(),
        }
    }
}

/// Where a value came from: shown beside it, and what the file or the environment sets is locked in
/// the pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Source {
    /// Nobody set it.
    Default,
    /// The settings file.
    File {
        /// Counted from 1.
        line: usize,
    },
    /// An environment variable.
    Environment {
        /// Its name.
        name: String,
    },
    /// A flag of the command line.
    Flag,
    /// The pages or the API.
    Page,
}

/// Settings with the source of each key (`server.public_url`, `backend.jellyfin`, ...).
#[derive(Debug, Clone)]
pub struct Settled {
    /// The values.
    pub settings: Settings,
    /// Where each came from; a key that is absent is a default.
    pub sources: BTreeMap<String, Source>,
}
