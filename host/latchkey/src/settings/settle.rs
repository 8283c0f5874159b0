//! Checked values to settled settings: how keys depend on one another.

use crate::settings::backend;
use crate::settings::check::{Check, Checked, Found};
use crate::settings::given::Manifests;
use crate::settings::kind::Parsed;
use crate::settings::mail;
use crate::settings::nearest::nearest;
use crate::settings::place::Spot;
use crate::settings::provider;
use crate::settings::reset_watch;
use core::net::SocketAddr;
use core::time::Duration;
use domain::passwords::MIN_CHARS;
use domain::settings::{
    Dates, FirstAdmin, FirstProof, Log, ProviderFromFile, Registration, Server, Settings, SignIn,
    Source, Texts, Tls,
};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use url::Url;

/// Defaults that hold only where something else is left alone: whoever says where to listen does not
/// expect a further port.
pub(crate) fn dependent_defaults(checked: &mut Checked) {
    let values = Values { checked };
    if values.is_set("server.listen") && !values.is_set("server.listen_http") {
        let off = Found { parsed: Parsed::OptionalAddress(None), spot: Spot::Default };
        checked.values.insert("server.listen_http".to_owned(), off);
    }
}

/// Settles everything; what does not fit together is among the check's problems.
pub(crate) fn settle(
    check: &mut Check<'_>,
    checked: &Checked,
    manifests: &Manifests,
    now: Timestamp,
) -> Settings {
    let values = Values { checked };
    let server = server(&values);
    let tls = tls(check, &values, &server);
    let providers = provider::settle(check, checked, now);
    let items = |section| checked.items.get(section).into_iter().flatten();
    Settings {
        tls,
        admin: admin(check, &values, &providers),
        log: Log { level: values.text("log.level"), json: values.text("log.format") == "json" },
        signin: signin(check, &values),
        backends: items("backend")
            .filter_map(|item| backend::settle(check, item, manifests, now))
            .collect(),
        mail: items("mail").filter_map(|item| mail::settle(check, item, manifests, now)).collect(),
        reset_watches: items("reset_watch")
            .filter_map(|item| reset_watch::settle(check, item))
            .collect(),
        providers,
        texts: Texts {
            contact: values.text("texts.contact"),
            help: values.text("texts.help"),
            success: values.text("texts.success"),
            mail_footer: values.text("texts.mail_footer"),
        },
        dates: Dates {
            format: values.text("dates.format"),
            clock_24h: matches!(values.parsed("dates.clock_24h"), Some(Parsed::Flag(true))),
            zone: values.text("dates.zone"),
            language: values.text("dates.language"),
        },
        plugin_consent: consent(checked),
        server,
    }
}

/// Where each value came from; defaults are left out.
pub(crate) fn sources(check: &Check<'_>, checked: &Checked) -> BTreeMap<String, Source> {
    let of = |found: &Found| found.spot.source(check.file);
    let mut sources: BTreeMap<String, Source> = checked
        .values
        .iter()
        .filter(|(_, found)| found.spot != Spot::Default)
        .map(|(key, found)| (key.clone(), of(found)))
        .collect();
    for (section, items) in &checked.items {
        for item in items {
            sources.insert(format!("{section}.{}", item.id), item.spot.source(check.file));
        }
    }
    sources
}

struct Values<'a> {
    checked: &'a Checked,
}

impl<'a> Values<'a> {
    fn found(&self, key: &str) -> Option<&'a Found> {
        self.checked.values.get(key)
    }

    fn parsed(&self, key: &str) -> Option<&'a Parsed> {
        self.found(key).map(|found| &found.parsed)
    }

    fn is_set(&self, key: &str) -> bool {
        self.found(key).is_some_and(|found| found.spot != Spot::Default)
    }

    fn text(&self, key: &str) -> String {
        match self.parsed(key) {
            Some(Parsed::Text(text)) => text.clone(),
            _ => String::new(),
        }
    }

    fn duration(&self, key: &str, default: Duration) -> Duration {
        match self.parsed(key) {
            Some(Parsed::Duration(length, _)) => *length,
            _ => default,
        }
    }

    fn flag(&self, key: &str, default: bool) -> bool {
        match self.parsed(key) {
            Some(Parsed::Flag(flag)) => *flag,
            _ => default,
        }
    }

    fn urls(&self, key: &str) -> Vec<Url> {
        match self.parsed(key) {
            Some(Parsed::Urls(urls)) => urls.clone(),
            _ => Vec::new(),
        }
    }
}

fn server(values: &Values<'_>) -> Server {
    let listen: Vec<SocketAddr> = match values.parsed("server.listen") {
        Some(Parsed::Addresses(addresses)) => {
            let mut unique = Vec::new();
            for address in addresses {
                if !unique.contains(address) || address.port() == 0 {
                    unique.push(*address);
                }
            }
            unique
        }
        _ => Vec::new(),
    };
    let listen_http = match values.parsed("server.listen_http") {
        Some(Parsed::OptionalAddress(address)) => *address,
        _ => None,
    };
    Server {
        public_url: match values.parsed("server.public_url") {
            Some(Parsed::Url(url)) => Some(url.clone()),
            _ => None,
        },
        other_urls: values.urls("server.other_urls"),
        listen,
        listen_http,
        trusted_proxies: match values.parsed("server.trusted_proxies") {
            Some(Parsed::Networks(networks)) => networks.clone(),
            _ => Vec::new(),
        },
    }
}

fn tls(check: &mut Check<'_>, values: &Values<'_>, server: &Server) -> Tls {
    let Some(mode) = values.found("tls.mode") else { return Tls::SelfSigned };
    match values.text("tls.mode").as_str() {
        "off" => {
            let open = server.listen.iter().find(|address| !address.ip().is_loopback());
            if let Some(open) = open
                && server.trusted_proxies.is_empty()
            {
                let message = format!("plain http on {open} would send passwords in the clear");
                let advice = "listen on 127.0.0.1 only, or name your reverse proxy in server.trusted_proxies";
                check.error_with_advice(&mode.spot, "tls.mode", (message, advice));
            }
            Tls::Off
        }
        "acme" => {
            let advice = "use \"files\" with a certificate of your own, or \"self-signed\"";
            let message = "\"acme\" is not in this version";
            check.error_with_advice(&mode.spot, "tls.mode", (message, advice));
            Tls::SelfSigned
        }
        "files" => match (own_file(check, values, "certificate"), own_file(check, values, "key")) {
            (Some(certificate), Some(key)) => Tls::Files { certificate, key },
            _ => Tls::SelfSigned,
        },
        _ => Tls::SelfSigned,
    }
}

/// Whether a file can be read. Opening what is none, a pipe for one, could wait for ever.
fn readable(path: &Path) -> std::io::Result<()> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("it is no file"));
    }
    std::fs::File::open(path).map(drop)
}

/// One file of a certificate of one's own. It may come later, so that it cannot be read is a warning.
fn own_file(check: &mut Check<'_>, values: &Values<'_>, name: &str) -> Option<PathBuf> {
    let key = format!("tls.{name}");
    match (values.parsed(&key), values.found(&key)) {
        (Some(Parsed::Path(path)), Some(found)) => {
            let path = check.base.join(path);
            if let Err(cause) = readable(&path) {
                let shown = path.display();
                let message = format!(
                    "could not read {shown}: {cause}; until it can be, another certificate is shown"
                );
                check.warning(&found.spot, &key, message);
            }
            Some(path)
        }
        _ => {
            let mode = values.found("tls.mode")?;
            let advice = format!("add {name} = \"...\" below [tls]");
            let message = "is missing, but tls.mode is \"files\"";
            check.error_with_advice(&mode.spot, &key, (message, advice));
            None
        }
    }
}

fn admin(
    check: &mut Check<'_>,
    values: &Values<'_>,
    providers: &[ProviderFromFile],
) -> Option<FirstAdmin> {
    let proof = match (values.found("admin.password"), values.found("admin.provider")) {
        (Some(password), None) => password_proof(check, password),
        (None, Some(provider)) => identity_proof(check, values, provider, providers),
        (Some(_), Some(provider)) => {
            let advice = "keep one of the two";
            let message = "stands beside a password";
            check.error_with_advice(&provider.spot, "admin.provider", (message, advice));
            None
        }
        (None, None) => {
            for name in ["username", "subject"] {
                let Some(found) = values.found(&format!("admin.{name}")) else { continue };
                if !check.complained_of("admin.password") && !check.complained_of("admin.provider")
                {
                    let advice =
                        "add password_file = \"...\" below [admin], or provider and subject";
                    check.error_with_advice(&found.spot, "admin.password", ("is missing", advice));
                }
            }
            return None;
        }
    };
    let Some(name) = values.found("admin.username") else {
        let by = values.found("admin.password").or_else(|| values.found("admin.provider"));
        if let Some(by) = by
            && !check.complained_of("admin.username")
        {
            let advice = "add username = \"...\" below [admin]";
            check.error_with_advice(&by.spot, "admin.username", ("is missing", advice));
        }
        return None;
    };
    let Parsed::Username(username) = &name.parsed else { return None };
    Some(FirstAdmin { username: username.clone(), proof: proof? })
}

fn password_proof(check: &mut Check<'_>, password: &Found) -> Option<FirstProof> {
    let Parsed::Secret(secret) = &password.parsed else { return None };
    if secret.expose().chars().count() < MIN_CHARS {
        let message = format!("is shorter than {MIN_CHARS} characters");
        let advice = "choose a longer one";
        check.error_with_advice(&password.spot, "admin.password", (message, advice));
        return None;
    }
    Some(FirstProof::Password(secret.clone()))
}

/// The provider must be one of the file: what is set up on pages is not there yet.
fn identity_proof(
    check: &mut Check<'_>,
    values: &Values<'_>,
    provider: &Found,
    providers: &[ProviderFromFile],
) -> Option<FirstProof> {
    let id = values.text("admin.provider");
    let known = |from: &&ProviderFromFile| from.provider.id.as_str() == id;
    let Some(from) = providers.iter().find(known) else {
        let mut written = values.checked.items.get("provider").into_iter().flatten();
        if written.all(|item| item.id != id) {
            let ids = providers.iter().map(|from| from.provider.id.as_str());
            let advice = nearest(&id, ids).map_or_else(
                || format!("add a [[provider]] with id = {id:?}"),
                |near| format!("did you mean {near:?}?"),
            );
            let message = format!("there is no [[provider]] {id:?}");
            check.error_with_advice(&provider.spot, "admin.provider", (message, advice));
        }
        return None;
    };
    let subject = values.text("admin.subject").trim().to_owned();
    if subject.is_empty() {
        let spot = values.found("admin.subject").map_or(&provider.spot, |found| &found.spot);
        let advice = "add the admin's id at that provider, as in subject = \"1234\"";
        check.error_with_advice(spot, "admin.subject", ("is missing", advice));
        return None;
    }
    Some(FirstProof::Identity { provider: from.provider.id.clone(), subject })
}

fn signin(check: &mut Check<'_>, values: &Values<'_>) -> SignIn {
    let defaults = SignIn::default();
    let signin = SignIn {
        registration: match values.text("signin.registration").as_str() {
            "open" => Registration::Open,
            "approval" => Registration::Approval,
            _ => Registration::Off,
        },
        local: values.flag("signin.local_login", defaults.local),
        admins_need_second_factor: values
            .flag("signin.admins_need_second_factor", defaults.admins_need_second_factor),
        access_token_life: values.duration("signin.access_token_life", defaults.access_token_life),
        session_life: values.duration("signin.session_life", defaults.session_life),
        session_end: values.duration("signin.session_end", defaults.session_end),
    };
    for (shorter, longer, key, than) in [
        (signin.access_token_life, signin.session_life, "access_token_life", "session_life"),
        (signin.session_life, signin.session_end, "session_life", "session_end"),
    ] {
        if shorter > longer {
            let key = format!("signin.{key}");
            let than = format!("signin.{than}");
            let set = [&key, &than].into_iter().find(|key| values.is_set(key));
            let spot = set.and_then(|key| values.found(key)).map(|found| found.spot.clone());
            let message = format!("is longer than {than}");
            let advice = "shorten the one or lengthen the other";
            check.error_with_advice(&spot.unwrap_or(Spot::Default), &key, (message, advice));
        }
    }
    signin
}

fn consent(checked: &Checked) -> BTreeMap<String, String> {
    let items = checked.items.get("plugins").into_iter().flatten();
    items
        .filter_map(|item| match item.values.get("sha256").map(|found| &found.parsed) {
            Some(Parsed::Text(hash)) => Some((item.id.clone(), hash.clone())),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_in_the_place_of_a_file_keeps_nobody_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert!(readable(&pipe).unwrap_err().to_string().contains("no file"));
        assert!(readable(folder.path()).is_err());
        std::fs::write(folder.path().join("file"), "").unwrap();
        assert!(readable(&folder.path().join("file")).is_ok());
    }
}
