//! The server as the admin filled it in, and what is wrong with that.
//!
//! Settings only: nothing here touches the network or a secret's value.

use std::net::IpAddr;

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::settings;

/// The endpoint's name in the manifest.
pub const ENDPOINT: &str = "server";
/// The password's name in the manifest.
pub const PASSWORD: &str = "password";

/// How the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Begins plain and goes on with TLS, or not at all.
    StartTls,
    /// From the first byte.
    Tls,
    /// Never.
    None,
}

/// The settings as values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// The name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Who signs in; none where nobody does.
    pub username: Option<String>,
    /// The name to say hello with, where the admin chose one.
    pub helo: Option<String>,
    /// Whether the admin agreed that the password travels in the open.
    pub plain_password: bool,
}

impl Server {
    /// Reads the settings.
    ///
    /// # Errors
    /// `misconfigured` for the first field that does not fit.
    pub fn read(lent: &impl Lent) -> Result<Self, Fault> {
        Ok(Self {
            host: host(lent)?,
            port: port(lent)?,
            encryption: encryption(lent)?,
            username: settings::text(lent, "username"),
            helo: helo(lent)?,
            plain_password: settings::flag(lent, "plain_password")?,
        })
    }

    /// Whether the server is this machine, where nobody is in between.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_matches(['[', ']']).to_ascii_lowercase();
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The name to say hello with: the chosen one, the sender's domain, or nothing but an address.
    /// Never the machine's own name.
    #[must_use]
    pub fn hello_name(&self, sender: Option<&str>) -> String {
        let of = |address: &str| {
            let (_, domain) = address.rsplit_once('@')?;
            is_name(domain).then(|| domain.to_owned())
        };
        self.helo
            .clone()
            .or_else(|| sender.and_then(of))
            .or_else(|| self.username.as_deref().and_then(of))
            .unwrap_or_else(|| "[127.0.0.1]".to_owned())
    }
}

/// One fault a field.
#[must_use]
pub fn check(lent: &impl Lent) -> Vec<Fault> {
    let mut faults: Vec<Fault> = [
        host(lent).err(),
        port(lent).err(),
        encryption(lent).err(),
        helo(lent).err(),
        settings::flag(lent, "plain_password").err(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let named = settings::text(lent, "username").is_some();
    if named != lent.has_secret(PASSWORD) {
        let (field, detail) = if named {
            (PASSWORD, "there is a user name and no password")
        } else {
            ("username", "there is a password and no user name")
        };
        faults.push(wrong(field, detail));
    }
    if let Ok(server) = Server::read(lent)
        && let Err(fault) = may_sign_in(&server)
    {
        faults.push(fault);
    }
    faults
}

/// Whether the password may travel as the settings have it.
///
/// # Errors
/// `misconfigured` where it would go in the open and the admin did not agree to that.
pub fn may_sign_in(server: &Server) -> Result<(), Fault> {
    let open = server.encryption == Encryption::None && server.username.is_some();
    if !open || server.plain_password || server.is_loopback() {
        return Ok(());
    }
    let detail = "without encryption everybody on the way could read the password: choose starttls or \
        tls, or say that it may be sent so";
    Err(wrong("plain_password", detail))
}

fn host(lent: &impl Lent) -> Result<String, Fault> {
    let host = settings::required(lent, "host")?;
    let address = host.starts_with('[') || host.matches(':').count() > 1;
    if host.contains(['/', '@', ' ']) || (host.contains(':') && !address) {
        return Err(wrong("host", "the mail server is a name alone, without scheme, port or path"));
    }
    Ok(host)
}

fn port(lent: &impl Lent) -> Result<u16, Fault> {
    let port = settings::number(lent, "port")?.unwrap_or(587);
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(wrong("port", "a port is a number from 1 to 65535")),
    }
}

fn encryption(lent: &impl Lent) -> Result<Encryption, Fault> {
    match settings::text(lent, "security").as_deref() {
        None | Some("starttls") => Ok(Encryption::StartTls),
        Some("tls") => Ok(Encryption::Tls),
        Some("none") => Ok(Encryption::None),
        Some(_) => Err(wrong("security", "the encryption is starttls, tls or none")),
    }
}

fn helo(lent: &impl Lent) -> Result<Option<String>, Fault> {
    match settings::text(lent, "helo") {
        Some(name) if !is_name(name.trim_matches(['[', ']'])) => {
            Err(wrong("helo", "the name to say hello with has letters, digits, dots and hyphens"))
        }
        name => Ok(name),
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-:".contains(&byte);
    !text.is_empty() && text.len() <= 255 && text.bytes().all(fits)
}

fn wrong(field: &str, detail: &str) -> Fault {
    Fault::new(Kind::Misconfigured, &format!("mail-smtp.{field}"), detail).about(field)
}
