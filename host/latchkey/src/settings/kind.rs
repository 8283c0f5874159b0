//! What a key takes, and how written text becomes that value.
//!
//! A value that came out of here is never checked again. Values from the environment and from flags
//! are text and are read as loosely as needed: lists by comma, numbers and flags by their words.

use crate::settings::nearest::nearest;
use crate::settings::place::Spot;
use crate::settings::written::{Entry, Raw, Written, parse_value};
use core::net::SocketAddr;
use core::time::Duration;
use domain::names::Username;
use domain::secret::Secret;
use domain::settings::Lifetime;
use std::path::PathBuf;
use url::Url;

/// What a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any text.
    Text,
    /// A list of texts.
    Texts,
    /// An http or https URL, without query, fragment or sign-in.
    Url,
    /// A list of those.
    Urls,
    /// Addresses with ports.
    Addresses,
    /// An address with a port, or "" for none.
    OptionalAddress,
    /// Addresses or networks.
    Networks,
    /// A file or folder.
    Path,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// true or false.
    Flag,
    /// A whole number.
    Integer,
    /// ISO 8601, of fixed length: PT1H, P7D.
    Duration,
    /// An id.
    Id,
    /// A user's name.
    Username,
    /// A secret; `<key>_file` names a file that holds it.
    Secret,
    /// strftime.
    DateFormat,
    /// An IANA time zone.
    Zone,
    /// BCP 47.
    Language,
    /// 64 hexadecimal digits.
    Sha256,
    /// Keys that the table does not know.
    Table,
    /// A table within, with keys of its own: the table of keys knows them by this name.
    Inner(&'static str),
}

/// A value that is right.
#[derive(Clone)]
pub(crate) enum Parsed {
    Text(String),
    Texts(Vec<String>),
    Url(Url),
    Urls(Vec<Url>),
    Addresses(Vec<SocketAddr>),
    OptionalAddress(Option<SocketAddr>),
    Networks(Vec<ipnet::IpNet>),
    Path(PathBuf),
    Flag(bool),
    Integer(i64),
    Duration(Duration, String),
    Username(Username),
    Secret(Secret),
    Table(Vec<Entry>),
}

/// Why a value is not right: what is wrong, what to do, and where, if not the whole value.
pub(crate) struct Complaint {
    pub(crate) message: String,
    pub(crate) advice: Option<String>,
    pub(crate) spot: Spot,
}

/// Reads a value as what the key takes. `None`: an empty variable, which counts as unset.
pub(crate) fn read(kind: Kind, written: &Written) -> Result<Option<Parsed>, Complaint> {
    let loose = matches!(written.spot, Spot::Environment(_) | Spot::Flag(_));
    let written = match (&written.raw, loose) {
        (Raw::Text(text), true) => match loosened(kind, text, &written.spot) {
            Some(written) => written,
            None => return Ok(None),
        },
        _ => written.clone(),
    };
    parsed(kind, &written).map(Some)
}

/// Text of a variable or flag as the value it stands for.
fn loosened(kind: Kind, text: &str, spot: &Spot) -> Option<Written> {
    let as_is = Written { raw: Raw::Text(text.to_owned()), spot: spot.clone() };
    let value = |raw| Some(Written { raw, spot: spot.clone() });
    match kind {
        Kind::Text | Kind::OptionalAddress => Some(as_is),
        Kind::Texts | Kind::Urls | Kind::Addresses | Kind::Networks => {
            if text.trim_start().starts_with('[') && !looks_like_an_address(text) {
                return Some(parse_value(text, spot).unwrap_or(as_is));
            }
            let item =
                |part: &str| Written { raw: Raw::Text(part.trim().to_owned()), spot: spot.clone() };
            let parts = text.split(',').filter(|part| !part.trim().is_empty()).map(item);
            value(Raw::List(parts.collect()))
        }
        _ if text.is_empty() => None,
        Kind::Flag => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => value(Raw::Flag(true)),
            "false" | "0" | "no" | "off" => value(Raw::Flag(false)),
            _ => Some(as_is),
        },
        Kind::Integer => Some(
            text.trim()
                .parse()
                .map_or(as_is, |number| Written { raw: Raw::Integer(number), spot: spot.clone() }),
        ),
        Kind::Table | Kind::Inner(_) => Some(parse_value(text, spot).unwrap_or(as_is)),
        _ => Some(as_is),
    }
}

/// `[::]:8443` begins like a TOML list and is none.
fn looks_like_an_address(text: &str) -> bool {
    text.split(',').next().is_some_and(|first| first.trim().parse::<SocketAddr>().is_ok())
}

fn parsed(kind: Kind, written: &Written) -> Result<Parsed, Complaint> {
    match (kind, &written.raw) {
        (Kind::Flag, Raw::Flag(flag)) => Ok(Parsed::Flag(*flag)),
        (Kind::Integer, Raw::Integer(number)) => Ok(Parsed::Integer(*number)),
        (Kind::Table | Kind::Inner(_), Raw::Table(entries)) => Ok(Parsed::Table(entries.clone())),
        (Kind::Texts, Raw::List(items)) => {
            each(items, |text| Ok(text.to_owned())).map(Parsed::Texts)
        }
        (Kind::Urls, Raw::List(items)) => each(items, base_url).map(Parsed::Urls),
        (Kind::Addresses, Raw::List(items)) => {
            let addresses = each(items, address)?;
            if addresses.is_empty() {
                return Err(complain(
                    written,
                    "the list is empty",
                    Some("name at least one address"),
                ));
            }
            Ok(Parsed::Addresses(addresses))
        }
        (Kind::Networks, Raw::List(items)) => each(items, network).map(Parsed::Networks),
        (Kind::Texts | Kind::Urls | Kind::Addresses | Kind::Networks, Raw::Text(_)) => parsed(
            kind,
            &Written { raw: Raw::List(vec![written.clone()]), spot: written.spot.clone() },
        ),
        (_, Raw::Text(text)) => from_text(kind, text).map_err(|(message, advice)| Complaint {
            message,
            advice,
            spot: written.spot.clone(),
        }),
        (_, other) => Err(Complaint {
            message: format!("takes {}, not {}", wanted(kind), other.kind()),
            advice: matches!(other, Raw::Integer(_) | Raw::Float(_) | Raw::Date(_))
                .then(|| "put it in quotes".to_owned())
                .filter(|_advice| !matches!(kind, Kind::Flag | Kind::Table | Kind::Inner(_))),
            spot: written.spot.clone(),
        }),
    }
}

fn complain(written: &Written, message: &str, advice: Option<&str>) -> Complaint {
    Complaint {
        message: message.to_owned(),
        advice: advice.map(str::to_owned),
        spot: written.spot.clone(),
    }
}

type Wrong = (String, Option<String>);

fn wrong(message: impl Into<String>, advice: &str) -> Wrong {
    (message.into(), Some(advice.to_owned()))
}

fn from_text(kind: Kind, text: &str) -> Result<Parsed, Wrong> {
    match kind {
        Kind::Text => Ok(Parsed::Text(text.to_owned())),
        Kind::Url => base_url(text).map(Parsed::Url),
        Kind::OptionalAddress if text.trim().is_empty() => Ok(Parsed::OptionalAddress(None)),
        Kind::OptionalAddress => {
            address(text).map(|address| Parsed::OptionalAddress(Some(address)))
        }
        Kind::Path => Ok(Parsed::Path(PathBuf::from(text))),
        Kind::Choice(options) => choice(options, text),
        Kind::Duration => duration(text),
        Kind::Id => domain::ids::BackendId::parse(text)
            .map(|id| Parsed::Text(id.as_str().to_owned()))
            .map_err(|not| (not.to_string(), None)),
        Kind::Username => Username::parse(text)
            .map(Parsed::Username)
            .map_err(|bad| (format!("this cannot be a user's name: {bad}"), None)),
        Kind::Secret if text.is_empty() => {
            Err(wrong("is empty", "leave the key out or fill it in"))
        }
        Kind::Secret => Ok(Parsed::Secret(Secret::from(text))),
        Kind::DateFormat => date_format(text),
        Kind::Zone => jiff::tz::TimeZone::get(text)
            .map(|_zone| Parsed::Text(text.to_owned()))
            .map_err(|_unknown| {
                wrong(format!("there is no time zone {text:?}"), "write it like Europe/Berlin")
            }),
        Kind::Language => language(text),
        Kind::Sha256 => sha256(text),
        Kind::Texts
        | Kind::Urls
        | Kind::Addresses
        | Kind::Networks
        | Kind::Flag
        | Kind::Integer
        | Kind::Table
        | Kind::Inner(_) => Err((format!("takes {}, not text", wanted(kind)), None)),
    }
}

/// What a key takes, in words that complete "takes".
pub(crate) fn wanted(kind: Kind) -> String {
    match kind {
        Kind::Text | Kind::DateFormat | Kind::Zone | Kind::Language => "text".to_owned(),
        Kind::Texts => "a list of texts".to_owned(),
        Kind::Url => "a URL".to_owned(),
        Kind::Urls => "a list of URLs".to_owned(),
        Kind::Addresses => "a list of addresses like \"0.0.0.0:8443\"".to_owned(),
        Kind::OptionalAddress => "an address like \"0.0.0.0:8080\", or \"\"".to_owned(),
        Kind::Networks => "a list of addresses or networks like \"10.0.0.0/8\"".to_owned(),
        Kind::Path => "a path".to_owned(),
        Kind::Choice(options) => format!("one of {}", options.join(", ")),
        Kind::Flag => "true or false".to_owned(),
        Kind::Integer => "a whole number".to_owned(),
        Kind::Duration => "a duration like \"PT1H\" or \"P7D\"".to_owned(),
        Kind::Id => "an id: a-z, 0-9 and -, beginning with a letter".to_owned(),
        Kind::Username => "a user's name".to_owned(),
        Kind::Secret => "a secret as text".to_owned(),
        Kind::Sha256 => "a SHA-256: 64 hexadecimal digits".to_owned(),
        Kind::Table | Kind::Inner(_) => "a table like { key = \"value\" }".to_owned(),
    }
}

fn each<T>(
    items: &[Written],
    read: impl Fn(&str) -> Result<T, Wrong>,
) -> Result<Vec<T>, Complaint> {
    items
        .iter()
        .map(|item| {
            let Raw::Text(text) = &item.raw else {
                let message = format!("each item is text, not {}", item.raw.kind());
                return Err(complain(item, &message, Some("put it in quotes")));
            };
            read(text).map_err(|(message, advice)| Complaint {
                message,
                advice,
                spot: item.spot.clone(),
            })
        })
        .collect()
}

/// An http or https URL with a host and nothing behind its path.
pub(crate) fn base_url(text: &str) -> Result<Url, Wrong> {
    let advice = "write it like https://home.example.org";
    let url = Url::parse(text.trim())
        .map_err(|error| wrong(format!("{text:?} is no URL: {error}"), advice))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("{text:?} is neither http nor https"), advice));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("the URL holds a name or password", "leave them out"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(format!("{text:?} has a query or a fragment"), "end it after the path"));
    }
    Ok(url)
}

fn address(text: &str) -> Result<SocketAddr, Wrong> {
    let text = text.trim();
    text.parse().map_err(|_ignored| {
        let advice = if let Ok(port) = text.trim_start_matches(':').parse::<u16>() {
            format!(
                "write \"0.0.0.0:{port}\" for every network, \"127.0.0.1:{port}\" for this machine"
            )
        } else if text.starts_with("localhost:") {
            format!("write \"{}\"", text.replacen("localhost", "127.0.0.1", 1))
        } else if text.parse::<core::net::IpAddr>().is_ok() {
            "add the port, as in \"0.0.0.0:8443\" or \"[::]:8443\"".to_owned()
        } else {
            "write an IP address and a port, as in \"0.0.0.0:8443\" or \"[::]:8443\"".to_owned()
        };
        (format!("{text:?} is no address with a port"), Some(advice))
    })
}

fn network(text: &str) -> Result<ipnet::IpNet, Wrong> {
    let text = text.trim();
    text.parse::<ipnet::IpNet>()
        .map(|network| network.trunc())
        .or_else(|_not| text.parse::<core::net::IpAddr>().map(ipnet::IpNet::from))
        .map_err(|_not| {
            wrong(
                format!("{text:?} is neither an address nor a network"),
                "write it like \"192.168.1.2\" or \"10.0.0.0/8\"",
            )
        })
}

fn choice(options: &[&'static str], text: &str) -> Result<Parsed, Wrong> {
    if let Some(found) = options.iter().find(|option| **option == text) {
        return Ok(Parsed::Text((*found).to_owned()));
    }
    let advice = nearest(text, options.iter().copied())
        .map(|near| format!("did you mean {near:?}?"))
        .unwrap_or_else(|| format!("choose one of {}", options.join(", ")));
    Err((format!("{text:?} is not a choice"), Some(advice)))
}

fn duration(text: &str) -> Result<Parsed, Wrong> {
    let life = Lifetime::parse(text).map_err(|not| (not.to_string(), None))?;
    let start = jiff::Timestamp::UNIX_EPOCH;
    let length = life.after(start).map(|end| end.duration_since(start));
    match length.map(Duration::try_from) {
        Some(Ok(length)) => Ok(Parsed::Duration(length, life.to_string())),
        _ => Err(wrong(format!("{text:?} is too long"), "choose a shorter one")),
    }
}

fn date_format(text: &str) -> Result<Parsed, Wrong> {
    let day = jiff::civil::date(2026, 12, 31);
    match jiff::fmt::strtime::format(text, day) {
        Ok(shown) if !shown.trim().is_empty() => Ok(Parsed::Text(text.to_owned())),
        Ok(_) => Err(wrong("the format shows nothing", "write it like \"%-d %b %Y\"")),
        Err(error) => Err(wrong(
            format!("{text:?} is no date format: {error}"),
            "write it like \"%-d %b %Y\"",
        )),
    }
}

fn language(text: &str) -> Result<Parsed, Wrong> {
    let good = text.split('-').enumerate().all(|(index, part)| {
        let long_enough = if index == 0 { 2 } else { 1 };
        (long_enough..=8).contains(&part.len())
            && part.chars().all(|c| c.is_ascii_alphanumeric())
            && (index > 0 || part.chars().all(|c| c.is_ascii_alphabetic()))
    });
    if good {
        return Ok(Parsed::Text(text.to_owned()));
    }
    Err(wrong(format!("{text:?} is no language tag"), "write it like \"en\" or \"de-AT\""))
}

fn sha256(text: &str) -> Result<Parsed, Wrong> {
    let digits = text.trim().trim_start_matches("sha256:").to_ascii_lowercase();
    if digits.len() == 64 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(Parsed::Text(digits));
    }
    Err(wrong("this is no SHA-256", "copy the 64 digits that `latchkey plugin inspect` prints"))
}

impl Parsed {
    /// As TOML text; a secret as stars.
    pub(crate) fn shown(&self) -> String {
        let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
        let list = |items: Vec<String>| format!("[{}]", items.join(", "));
        match self {
            Self::Text(text) => quoted(text),
            Self::Texts(texts) => list(texts.iter().map(|text| quoted(text)).collect()),
            Self::Url(url) => quoted(url.as_str()),
            Self::Urls(urls) => list(urls.iter().map(|url| quoted(url.as_str())).collect()),
            Self::Addresses(all) => list(all.iter().map(|one| quoted(&one.to_string())).collect()),
            Self::OptionalAddress(address) => {
                quoted(&address.map(|address| address.to_string()).unwrap_or_default())
            }
            Self::Networks(all) => list(all.iter().map(|one| quoted(&one.to_string())).collect()),
            Self::Path(path) => quoted(&path.display().to_string()),
            Self::Flag(flag) => flag.to_string(),
            Self::Integer(number) => number.to_string(),
            Self::Duration(_, text) => quoted(text),
            Self::Username(name) => quoted(name.as_str()),
            Self::Secret(_) => "***".to_owned(),
            Self::Table(_) => "{ .. }".to_owned(),
        }
    }
}
