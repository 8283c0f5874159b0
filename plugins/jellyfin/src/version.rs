//! The server's version, and which versions this plugin speaks to.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, Response};
use latchkey_sdk::lent::Lent;
use serde_json::Value;

use crate::server;

/// `10.11.11` or `12.0.0`: three parts, sometimes four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 10 or 12.
    pub major: u32,
    /// 9, 10, 11; from 12 on the release within the line.
    pub minor: u32,
    /// The patch.
    pub patch: u32,
}

/// The oldest version on which an API key can do everything.
pub const OLDEST: Version = Version { major: 10, minor: 9, patch: 0 };
/// The newest line this plugin was tried with.
pub const NEWEST_MAJOR: u32 = 12;

impl Version {
    /// Reads a version; none where it is no such thing.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(['.', '-']).map(str::parse::<u32>);
        let mut next = || parts.next()?.ok();
        Some(Self { major: next()?, minor: next()?, patch: next().unwrap_or(0) })
    }

    /// Whether this is `major.minor.patch` or newer.
    #[must_use]
    pub fn from(self, major: u32, minor: u32, patch: u32) -> bool {
        self >= Self { major, minor, patch }
    }
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// What the server says about itself to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// The server's own id.
    pub id: String,
    /// Its version.
    pub version: Version,
    /// Its version as it writes it.
    pub text: String,
    /// Whether Jellyfin's own set-up is through.
    pub set_up: bool,
}

impl Info {
    /// Reads the answer to `/System/Info/Public`.
    ///
    /// While a server of 10.11 or newer starts, another program answers with keys in camelCase and
    /// "not set up": that is "starting", whatever else it says.
    ///
    /// # Errors
    /// `unavailable` while starting, `bad-reply` for an answer that is not Jellyfin's.
    pub fn of(response: &Response) -> Result<Self, Fault> {
        match response.status() {
            200 => {}
            401 | 403 => return Err(guarded(response.status())),
            404 => return Err(not_jellyfin()),
            _ => return Err(server::refusal(response)),
        }
        let body = server::value(response)?;
        if body.get("version").is_some() {
            return Err(server::starting(response));
        }
        let text = |key: &str| body.get(key).and_then(Value::as_str);
        let read = || {
            let said = text("Version")?;
            Some(Self {
                id: text("Id")?.to_owned(),
                version: Version::parse(said)?,
                text: said.to_owned(),
                set_up: body.get("StartupWizardCompleted").and_then(Value::as_bool)?,
            })
        };
        read().ok_or_else(not_jellyfin)
    }
}

fn not_jellyfin() -> Fault {
    let detail = "what answers at this address is not Jellyfin; check the port and the base path";
    Fault::new(Kind::BadReply, "jellyfin.not-jellyfin", detail)
}

fn guarded(status: u16) -> Fault {
    let detail = "something in front of Jellyfin asks for a sign-in of its own; fill in the address behind it";
    Fault::new(Kind::Misconfigured, "jellyfin.guarded", detail).status(status)
}

/// The version, refused where this plugin cannot speak to it.
///
/// # Errors
/// `unsupported` for a server before 10.9, and whatever keeps the answer from coming.
pub fn supported(lent: &impl Lent) -> Result<Version, Fault> {
    let response = get_info().send(lent)?;
    let info = Info::of(&response)?;
    if info.version < OLDEST {
        return Err(too_old(&info));
    }
    Ok(info.version)
}

/// The request for [`Info`]; needs no right.
#[must_use]
pub fn get_info() -> Request {
    Request::get(server::ENDPOINT, "/System/Info/Public")
}

/// The words for a server before 10.9.
#[must_use]
pub fn too_old(info: &Info) -> Fault {
    let detail = format!(
        "this is Jellyfin {}; an API key cannot set passwords before 10.9, so 10.9 or newer is needed",
        info.text
    );
    Fault::new(Kind::Unsupported, "jellyfin.too-old", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_ordered_by_their_numbers() {
        let parse = |text| Version::parse(text).expect("a version");
        assert!(parse("10.10.7") < parse("10.11.0"));
        assert!(parse("10.11.11") < parse("12.0.0"));
        assert!(parse("10.8.13") < OLDEST);
        assert_eq!(parse("12.0.0-rc5"), parse("12.0.0"));
        assert_eq!(parse("10.9.11.0").to_string(), "10.9.11");
        assert_eq!(Version::parse("Jellyfin"), None);
    }
}
