//! What one configured instance may do: its settings and secrets checked against the manifest, and a
//! connection to each endpoint the admin filled in.
//!
//! A right exists here or not at all: the imports look nothing up anywhere else.

use crate::manifest::pin_key;
use crate::patterns::Pattern;
use crate::redact::Redactor;
use crate::values::{LONGEST, check_url, check_value};
use domain::fault::{Fault, FaultKind};
use domain::ids::{InstanceId, PluginId};
use domain::plugins::{EndpointSpec, Manifest};
use domain::secret::Secret;
use egress::{Client, Destination, Dialer, Egress, Fingerprint, Policy, Reach, Trust};
use std::collections::BTreeMap;
use url::Url;

/// A configured instance as the admin set it up.
#[derive(Debug, Clone)]
pub struct InstanceConfig {
    /// What it is: a backend or a mail method, with its id.
    pub instance: InstanceId,
    /// The plugin that speaks to it.
    pub plugin: PluginId,
    /// By the manifest's keys; an empty value is unset.
    pub settings: BTreeMap<String, String>,
    /// By the manifest's keys.
    pub secrets: BTreeMap<String, Secret>,
}

/// Whether all secrets must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Everything required.
    Complete,
    /// Secrets may be missing: `connect` is about to make them.
    WithoutSecrets,
}

/// An endpoint for requests that the admin filled in.
pub(crate) struct Endpoint {
    /// Its base, without a slash at the end of the path.
    pub(crate) base: Url,
    /// What connects to it.
    pub(crate) client: Client,
}

/// An endpoint for connections that the admin filled in.
pub(crate) struct Line {
    /// Host and port.
    pub(crate) to: Destination,
    /// What connects to it.
    pub(crate) dialer: Dialer,
}

/// The rights of one instance under one manifest.
pub(crate) struct Granted {
    pub(crate) instance: InstanceId,
    pub(crate) manifest: Manifest,
    /// Defaults filled in.
    pub(crate) settings: BTreeMap<String, String>,
    pub(crate) secrets: BTreeMap<String, Secret>,
    pub(crate) endpoints: BTreeMap<String, Endpoint>,
    pub(crate) lines: BTreeMap<String, Line>,
    /// The manifest's URL patterns, and what connects to their hosts.
    pub(crate) patterns: Vec<Pattern>,
    pub(crate) public: Option<Client>,
    pub(crate) redactor: Redactor,
}

impl Granted {
    /// No right at all, for a trial of the component itself.
    pub(crate) fn nothing(instance: InstanceId, manifest: &Manifest) -> Self {
        Self {
            instance,
            manifest: manifest.clone(),
            settings: BTreeMap::new(),
            secrets: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            lines: BTreeMap::new(),
            patterns: Vec::new(),
            public: None,
            redactor: Redactor::default(),
        }
    }

    /// # Errors
    /// `invalid-input` with the field.
    pub(crate) fn new(
        config: &InstanceConfig,
        manifest: &Manifest,
        wanted: Wanted,
        egress: &Egress,
    ) -> Result<Self, Fault> {
        let Checked { settings, secrets, places } = check(config, manifest, wanted)?;
        let broken = |failure: egress::NetFailure| {
            Fault::new(FaultKind::Internal, "net.protocol", failure.detail)
        };
        let (mut endpoints, mut lines) = (BTreeMap::new(), BTreeMap::new());
        for (name, (place, policy)) in places {
            match place {
                Place::Http(base) => {
                    let client = egress.client(policy).map_err(broken)?;
                    endpoints.insert(name, Endpoint { base, client });
                }
                Place::Tcp(to) => {
                    let dialer = egress.dialer(policy).map_err(broken)?;
                    lines.insert(name, Line { to, dialer });
                }
            }
        }
        let patterns: Vec<Pattern> =
            manifest.allow_urls.iter().filter_map(|text| Pattern::parse(text).ok()).collect();
        let policy = Policy { reach: Reach::Public, trust: Trust::Authorities };
        let public =
            if patterns.is_empty() { None } else { Some(egress.client(policy).map_err(broken)?) };
        Ok(Self {
            instance: config.instance.clone(),
            manifest: manifest.clone(),
            redactor: Redactor::new(secrets.values()),
            settings,
            secrets,
            endpoints,
            lines,
            patterns,
            public,
        })
    }
}

/// A configuration that fits a manifest; nothing is opened yet.
pub(crate) struct Checked {
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    places: BTreeMap<String, (Place, Policy)>,
}

/// Where an endpoint is.
enum Place {
    Http(Url),
    Tcp(Destination),
}

/// # Errors
/// `invalid-input` with the field.
pub(crate) fn check(
    config: &InstanceConfig,
    manifest: &Manifest,
    wanted: Wanted,
) -> Result<Checked, Fault> {
    let settings = settle_settings(config, manifest)?;
    let secrets = settle_secrets(config, manifest, wanted)?;
    let mut places = BTreeMap::new();
    for (name, spec) in &manifest.endpoints {
        let Some(place) = place(spec, &settings)? else { continue };
        let pin = pin_key(&manifest.endpoints, name);
        let policy = policy(&place, &pin, settings.get(&pin))?;
        places.insert(name.clone(), (place, policy));
    }
    Ok(Checked { settings, secrets, places })
}

fn settle_settings(
    config: &InstanceConfig,
    manifest: &Manifest,
) -> Result<BTreeMap<String, String>, Fault> {
    let known = |key: &str| manifest.settings.iter().any(|spec| spec.key == key);
    if let Some(key) = config.settings.keys().find(|key| !known(key)) {
        let words = format!("{} has no setting of this name", manifest.name);
        return Err(about(key, "unknown-setting", &words));
    }
    let mut settled = BTreeMap::new();
    for spec in &manifest.settings {
        let given = config.settings.get(&spec.key).map(|value| value.trim());
        match given.filter(|value| !value.is_empty()) {
            Some(value) => {
                check_value(spec, value).map_err(|why| {
                    about(&spec.key, "not-acceptable", &format!("the value {why}"))
                })?;
                settled.insert(spec.key.clone(), value.to_owned());
            }
            None => match &spec.default {
                Some(default) => {
                    settled.insert(spec.key.clone(), default.clone());
                }
                None if spec.required => {
                    let words = format!("{} is missing", spec.label);
                    return Err(about(&spec.key, "required", &words));
                }
                None => {}
            },
        }
    }
    Ok(settled)
}

fn settle_secrets(
    config: &InstanceConfig,
    manifest: &Manifest,
    wanted: Wanted,
) -> Result<BTreeMap<String, Secret>, Fault> {
    let mut settled = BTreeMap::new();
    for (key, secret) in &config.secrets {
        if manifest.secrets.iter().all(|spec| spec.spec.key != *key) {
            let words = format!("{} has no secret of this name", manifest.name);
            return Err(about(key, "unknown-setting", &words));
        }
        if secret.expose().len() > LONGEST {
            return Err(about(key, "not-acceptable", "the value is longer than 8 KiB"));
        }
        if !secret.expose().is_empty() {
            settled.insert(key.clone(), secret.clone());
        }
    }
    for spec in manifest.secrets.iter().filter(|secret| secret.spec.required) {
        if wanted == Wanted::Complete && !settled.contains_key(&spec.spec.key) {
            let words = format!("{} is missing", spec.spec.label);
            return Err(about(&spec.spec.key, "required", &words));
        }
    }
    Ok(settled)
}

/// None where the admin has not filled it in.
fn place(spec: &EndpointSpec, settings: &BTreeMap<String, String>) -> Result<Option<Place>, Fault> {
    match spec {
        EndpointSpec::Http { setting, schemes } => {
            let Some(value) = settings.get(setting) else { return Ok(None) };
            base(setting, schemes, value).map(|base| Some(Place::Http(base)))
        }
        EndpointSpec::Tcp { host, port } => {
            let (Some(name), Some(number)) = (settings.get(host), settings.get(port)) else {
                return Ok(None);
            };
            destination((host, name), (port, number)).map(|to| Some(Place::Tcp(to)))
        }
    }
}

fn base(setting: &str, schemes: &[String], value: &str) -> Result<Url, Fault> {
    let wrong = |why: &str| about(setting, "not-acceptable", why);
    let mut base = check_url(value).map_err(|why| wrong(&format!("the value {why}")))?;
    if schemes.iter().all(|scheme| scheme != base.scheme()) {
        let schemes = schemes.join(":// or ");
        return Err(wrong(&format!("the address must begin with {schemes}://")));
    }
    check_literal(setting, literal(&base))?;
    let path = base.path().trim_end_matches('/').to_owned();
    base.set_path(&path);
    Ok(base)
}

/// Settings with their keys in front.
fn destination(host: (&str, &str), port: (&str, &str)) -> Result<Destination, Fault> {
    let number: u16 = port
        .1
        .parse()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| about(port.0, "not-acceptable", "a port is a number from 1 to 65535"))?;
    let to = Destination::parse(host.1, number).ok_or_else(|| {
        let why = "the value is not a name like mail.example.org, without scheme, port and path";
        about(host.0, "not-acceptable", why)
    })?;
    check_literal(host.0, to.literal())?;
    Ok(to)
}

fn check_literal(field: &str, literal: Option<std::net::IpAddr>) -> Result<(), Fault> {
    match literal.and_then(|literal| Reach::AdminTyped.objection(literal)) {
        None => Ok(()),
        Some(what) => {
            let why = format!("the address is {what}, which is never connected to");
            Err(about(field, "not-allowed", &why))
        }
    }
}

fn policy(place: &Place, field: &str, pin: Option<&String>) -> Result<Policy, Fault> {
    let wrong = || {
        let why = "a fingerprint is sha256: and 64 hexadecimal digits";
        about(field, "not-acceptable", why)
    };
    let trust = match (place, pin) {
        (Place::Http(base), None) if base.scheme() == "http" => Trust::Nobody,
        (_, None) => Trust::Authorities,
        (_, Some(text)) => Trust::Pinned(Fingerprint::parse(text).ok_or_else(wrong)?),
    };
    Ok(Policy { reach: Reach::AdminTyped, trust })
}

fn literal(url: &Url) -> Option<std::net::IpAddr> {
    match url.host()? {
        url::Host::Ipv4(v4) => Some(v4.into()),
        url::Host::Ipv6(v6) => Some(v6.into()),
        url::Host::Domain(_) => None,
    }
}

fn about(field: &str, code: &str, detail: &str) -> Fault {
    let mut fault = Fault::new(FaultKind::InvalidInput, format!("setting.{code}"), detail);
    fault.field = Some(field.to_owned());
    fault
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{BackendId, MailId};

    fn manifest() -> Manifest {
        crate::manifest::parse(
            r#"
            id = "media"
            name = "Media"
            version = "1.0.0"
            contract = "0.1"
            [endpoint.server]
            setting = "url"
            schemes = ["https"]
            [setting.url]
            type = "url"
            label = "Server address"
            required = true
            [setting.retries]
            type = "number"
            label = "Retries"
            default = "3"
            [setting.mode]
            type = "choice"
            label = "Mode"
            options = ["a", "b"]
            [secret.key]
            label = "Key"
            use = ["http"]
            endpoints = ["server"]
            required = true
            "#,
        )
        .expect("manifest")
    }

    fn granted(settings: &[(&str, &str)], secrets: &[(&str, &str)]) -> Result<Granted, Fault> {
        let config = InstanceConfig {
            instance: BackendId::parse("media").expect("id").into(),
            plugin: PluginId::parse("media").expect("id"),
            settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
            secrets: secrets.iter().map(|(k, v)| ((*k).into(), Secret::from(*v))).collect(),
        };
        let egress = Egress::new(egress::Options::default()).expect("egress");
        Granted::new(&config, &manifest(), Wanted::Complete, &egress)
    }

    #[test]
    fn good_settings_become_rights_with_defaults() {
        let settings = [("url", " https://a.example/base/ "), ("mode", "")];
        let Ok(granted) = granted(&settings, &[("key", "1234")]) else { panic!("refused") };
        assert_eq!(granted.settings["retries"], "3");
        assert!(!granted.settings.contains_key("mode"));
        assert_eq!(granted.endpoints["server"].base.as_str(), "https://a.example/base");
    }

    #[test]
    fn a_host_and_a_port_are_checked_with_their_fields() {
        let manifest = crate::manifest::parse(
            r#"
            id = "mail"
            name = "Mail"
            version = "1.0.0"
            contract = "0.1"
            [endpoint.server]
            host = "host"
            port = "port"
            [setting.host]
            type = "text"
            label = "Server"
            [setting.port]
            type = "number"
            label = "Port"
            default = "587"
            "#,
        )
        .expect("manifest");
        let egress = Egress::new(egress::Options::default()).expect("egress");
        let granted = |settings: &[(&str, &str)]| {
            let config = InstanceConfig {
                instance: MailId::parse("mail").expect("id").into(),
                plugin: PluginId::parse("mail").expect("id"),
                settings: settings.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect(),
                secrets: BTreeMap::new(),
            };
            Granted::new(&config, &manifest, Wanted::Complete, &egress)
        };
        let Ok(nothing) = granted(&[]) else { panic!("refused") };
        assert!(nothing.lines.is_empty(), "no right where nothing was typed");
        let Ok(good) = granted(&[("host", "smtp.example.org")]) else { panic!("refused") };
        assert_eq!(good.lines["server"].to.to_string(), "smtp.example.org:587");
        for (host, port, field, code) in [
            ("smtp://a.example", "25", "host", "setting.not-acceptable"),
            ("a.example:25", "25", "host", "setting.not-acceptable"),
            ("a.example/x", "25", "host", "setting.not-acceptable"),
            ("me@a.example", "25", "host", "setting.not-acceptable"),
            ("169.254.169.254", "25", "host", "setting.not-allowed"),
            ("2852039166", "25", "host", "setting.not-allowed"),
            ("a.example", "0", "port", "setting.not-acceptable"),
            ("a.example", "65536", "port", "setting.not-acceptable"),
            ("a.example", "-1", "port", "setting.not-acceptable"),
        ] {
            let fault = granted(&[("host", host), ("port", port)]).err().expect(host);
            assert_eq!(
                (fault.field.as_deref(), fault.code.as_str()),
                (Some(field), code),
                "{host}"
            );
        }
        let pinned =
            granted(&[("host", "a.example"), ("fingerprint", "abc")]).err().expect("fault");
        assert_eq!(pinned.field.as_deref(), Some("fingerprint"));
    }

    #[test]
    fn a_wrong_value_is_told_with_its_field() {
        let url = ("url", "https://a.example");
        let key = ("key", "1234");
        for (settings, secrets, field, code) in [
            (vec![], vec![key], "url", "setting.required"),
            (vec![("url", "a.example")], vec![key], "url", "setting.not-acceptable"),
            (vec![("url", "http://a.example")], vec![key], "url", "setting.not-acceptable"),
            (vec![("url", "https://u:p@a.example")], vec![key], "url", "setting.not-acceptable"),
            (vec![("url", "https://a.example?q")], vec![key], "url", "setting.not-acceptable"),
            (vec![("url", "https://169.254.169.254")], vec![key], "url", "setting.not-allowed"),
            (vec![url, ("retries", "x")], vec![key], "retries", "setting.not-acceptable"),
            (vec![url, ("mode", "c")], vec![key], "mode", "setting.not-acceptable"),
            (vec![url, ("other", "c")], vec![key], "other", "setting.unknown-setting"),
            (vec![url, ("key", "c")], vec![key], "key", "setting.unknown-setting"),
            (vec![url, ("fingerprint", "abc")], vec![key], "fingerprint", "setting.not-acceptable"),
            (vec![url], vec![], "key", "setting.required"),
            (vec![url], vec![key, ("spare", "1")], "spare", "setting.unknown-setting"),
        ] {
            let fault = granted(&settings, &secrets).err().expect(field);
            assert_eq!((fault.field.as_deref(), fault.code.as_str()), (Some(field), code));
            assert_eq!(fault.kind, FaultKind::InvalidInput);
        }
    }
}
