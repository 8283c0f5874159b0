//! Which domain at which address, and the way requests are made.
//!
//! Settings only. The key stands in requests by name.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Request, basic};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::settings;

/// The endpoint's name in the manifest.
pub const ENDPOINT: &str = "api";
/// The key's name in the manifest.
pub const KEY: &str = "api_key";

/// The settings as values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The sending domain.
    pub domain: String,
    /// Whether the address is the EU's.
    pub europe: bool,
    /// `/v3`, unless the address ends with it.
    version: &'static str,
}

impl Account {
    /// Reads the settings.
    ///
    /// # Errors
    /// `misconfigured` for the first field that does not fit.
    pub fn read(lent: &impl Lent) -> Result<Self, Fault> {
        let (europe, version) = address(lent)?;
        Ok(Self { domain: domain(lent)?, europe, version })
    }

    /// A write below the domain: `messages.mime`.
    #[must_use]
    pub fn post(&self, what: &str) -> Request {
        let path = format!("{}/{}/{what}", self.version, self.domain);
        Request::post(ENDPOINT, &path).header_of("Authorization", basic("api", KEY))
    }

    /// A read of what Mailgun knows of the domain.
    #[must_use]
    pub fn get_domain(&self) -> Request {
        let path = format!("{}/domains/{}", self.version, self.domain);
        Request::get(ENDPOINT, &path).header_of("Authorization", basic("api", KEY))
    }

    /// The other region's address.
    #[must_use]
    pub fn other_region(&self) -> &'static str {
        if self.europe { "https://api.mailgun.net" } else { "https://api.eu.mailgun.net" }
    }
}

/// One fault a field.
#[must_use]
pub fn check(lent: &impl Lent) -> Vec<Fault> {
    let key = (!lent.has_secret(KEY)).then(|| wrong(KEY, "there is no API key"));
    [address(lent).err(), domain(lent).err(), key].into_iter().flatten().collect()
}

fn address(lent: &impl Lent) -> Result<(bool, &'static str), Fault> {
    let url = settings::text(lent, "url").unwrap_or_else(|| "https://api.mailgun.net".to_owned());
    let Some((_, rest)) = url.split_once("://") else {
        return Err(wrong("url", "the address starts with https://"));
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let version = match path.trim_end_matches('/') {
        "" => "/v3",
        "v3" => "",
        _ => {
            let detail = "only the address itself goes here, like https://api.mailgun.net; the domain has \
                a field of its own";
            return Err(wrong("url", detail));
        }
    };
    Ok((host.contains(".eu."), version))
}

/// A slash in it, plain or encoded, would lead to another path.
fn domain(lent: &impl Lent) -> Result<String, Fault> {
    let domain = settings::required(lent, "domain")?.to_ascii_lowercase();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    if domain.bytes().all(fits) && domain.contains('.') && !domain.contains("..") {
        return Ok(domain);
    }
    Err(wrong("domain", "the sending domain is a name like mg.example.org"))
}

fn wrong(field: &str, detail: &str) -> Fault {
    Fault::new(Kind::Misconfigured, &format!("mail-mailgun.{field}"), detail).about(field)
}
