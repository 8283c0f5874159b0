//! `[email]`, `[smtp]`, `[mailgun]`: how mail was sent.
//!
//! 32f408d knew TLS from the first byte only and never read `ssl`; 0.3.9 has `encryption`. The name it
//! signed in with was the sender's address.

use super::act::Act;
use super::ground::{Ground, Step, locked};
use super::old::Config;
use crate::error::Result;
use crate::import::plan::{Kind, State};
use crate::mail::{self, MethodDraft, MethodPatch, MethodView};
use domain::ids::{MailId, PluginId};
use domain::mail::Mailbox;
use domain::names::EmailAddress;
use domain::secret::Secret;
use std::collections::BTreeMap;
use store::secrets::SecretOf;
use url::Url;

/// A mail method as it is to be.
struct Wanted {
    id: &'static str,
    plugin: &'static str,
    from: String,
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, Secret>,
    words: String,
}

/// What the old method would be here; `Err`: the reason why it is none, and whether it is somebody's fault.
type Reading = core::result::Result<Wanted, (State, String)>;

pub(crate) async fn plan(ground: &Ground<'_>) -> Result<Option<Step>> {
    let config = &ground.old.config;
    let method = config.set("email", "method").unwrap_or_default().to_lowercase();
    if !config.is_on("email", "enabled", true) {
        let words = "mail was switched off ([email] enabled)";
        return Ok(Some(Step::idle(Kind::Mail, "mail", (State::Skipped, words))));
    }
    let read = match method.as_str() {
        "smtp" => smtp(config),
        "mailgun" => mailgun(config),
        "" => return Ok(None),
        other => {
            let words = format!(
                "{}: {other:?} is no way to send mail here; set one up under Mail",
                config.place("email", "method")
            );
            return Ok(Some(Step::idle(Kind::Mail, other, (State::Skipped, words))));
        }
    };
    match read {
        Err((state, words)) => Ok(Some(Step::idle(Kind::Mail, method, (state, words)))),
        Ok(wanted) => compared(ground, wanted).await.map(Some),
    }
}

fn sender(config: &Config) -> core::result::Result<(String, EmailAddress), (State, String)> {
    let place = || config.place("email", "address");
    let address = config.set("email", "address");
    let address = address.ok_or_else(|| {
        (State::Skipped, format!("{}: the address mail comes from is not set", place()))
    })?;
    let address = EmailAddress::parse(address).map_err(|_bad| {
        (State::Skipped, format!("{}: this is no mail address; put it right", place()))
    })?;
    let name = config.set("email", "from").map(str::to_owned);
    let from = Mailbox { name, address: address.clone() }.to_string();
    // A name that cannot stand before an address is left out.
    let from = Mailbox::parse(&from).map_or_else(|_odd| address.to_string(), |_fits| from);
    Ok((from, address))
}

fn smtp(config: &Config) -> Reading {
    let (from, address) = sender(config)?;
    let Some(host) = config.set("smtp", "server") else {
        let words = format!("{}: the mail server is not set", config.place("smtp", "server"));
        return Err((State::Skipped, words));
    };
    let security = match config.set("smtp", "encryption") {
        None | Some("ssl_tls") => "tls",
        Some("starttls") => "starttls",
        Some(other) => {
            let place = config.place("smtp", "encryption");
            return Err((
                State::Skipped,
                format!("{place}: {other:?} is neither ssl_tls nor starttls"),
            ));
        }
    };
    // It fell back to this port where the number was none.
    let port: u16 = config.set("smtp", "port").and_then(|text| text.parse().ok()).unwrap_or(465);
    let mut words = format!("{host}, port {port}, {security}, from {from}");
    if matches!((security, port), ("starttls", 465) | ("tls", 587)) {
        words.push_str(" (this port usually goes with the other kind of encryption; test it)");
    }
    let mut settings = BTreeMap::from(
        [("host", host.to_owned()), ("port", port.to_string()), ("security", security.to_owned())]
            .map(|(key, value)| (key.to_owned(), value)),
    );
    let mut secrets = BTreeMap::new();
    if let Some(password) = config.set("smtp", "password") {
        settings.insert("username".to_owned(), address.to_string());
        secrets.insert("password".to_owned(), Secret::new(password.to_owned()));
    } else {
        words.push_str("; without a password, which is not set");
    }
    Ok(Wanted { id: "smtp", plugin: "mail-smtp", from, settings, secrets, words })
}

fn mailgun(config: &Config) -> Reading {
    let (from, _) = sender(config)?;
    let place = config.place("mailgun", "api_url");
    let Some(whole) = config.set("mailgun", "api_url") else {
        return Err((State::Skipped, format!("{place}: the address of the API is not set")));
    };
    let Some((base, domain)) = split(whole) else {
        let words = format!(
            "{place}: this is not like https://api.mailgun.net/v3/mg.example.org/messages; put it right"
        );
        return Err((State::Skipped, words));
    };
    let Some(key) = config.set("mailgun", "api_key") else {
        let place = config.place("mailgun", "api_key");
        return Err((State::Skipped, format!("{place}: the API key is not set")));
    };
    let words = format!("{base}, domain {domain}, from {from}");
    let settings = BTreeMap::from([("url".to_owned(), base), ("domain".to_owned(), domain)]);
    let secrets = BTreeMap::from([("api_key".to_owned(), Secret::new(key.to_owned()))]);
    Ok(Wanted { id: "mailgun", plugin: "mail-mailgun", from, settings, secrets, words })
}

/// `https://api.eu.mailgun.net/v3/mg.example.org/messages` in its base and its domain.
fn split(whole: &str) -> Option<(String, String)> {
    let url: Url = whole.parse().ok()?;
    let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
    let (version, domain, call) = (segments.next()?, segments.next()?, segments.next());
    let is_version = version.len() == 2 && version.starts_with('v');
    if !is_version || !domain.contains('.') || call.is_some_and(|call| call != "messages") {
        return None;
    }
    let base = url.origin().is_tuple().then(|| url.origin().ascii_serialization())?;
    Some((base, domain.to_owned()))
}

async fn compared(ground: &Ground<'_>, wanted: Wanted) -> Result<Step> {
    let methods = mail::list(ground.service);
    let is_it = |view: &&MethodView| view.method.id.as_str() == wanted.id;
    let same_place = |view: &&MethodView| {
        let there = |key: &str| view.method.settings.get(key) == wanted.settings.get(key);
        view.method.plugin.as_str() == wanted.plugin && there("host") && there("domain")
    };
    let Some(view) = methods.iter().find(same_place).or_else(|| methods.iter().find(is_it)) else {
        return Ok(added(wanted));
    };
    let id = view.method.id.clone();
    let idle = |state, words: String| Ok(Step::idle(Kind::Mail, id.as_str(), (state, words)));
    if equal(ground, view, &wanted).await? {
        return idle(State::Same, wanted.words);
    }
    if let Some(by) = &view.locked {
        return idle(State::Conflict, format!("{}, to {}", locked(by), wanted.words));
    }
    if view.method.plugin.as_str() != wanted.plugin {
        let words = format!("{id} is another kind of mail method here; rename or remove it");
        return idle(State::Conflict, words);
    }
    let mut settings = view.method.settings.clone();
    settings.extend(wanted.settings);
    let patch = MethodPatch {
        from: Some(wanted.from),
        settings: Some(settings),
        secrets: wanted.secrets,
        ..MethodPatch::default()
    };
    let words = format!("{}, instead of what is set here", wanted.words);
    let act = Act::ChangeMail(id.clone(), Box::new(patch));
    Ok(Step::busy(Kind::Mail, id.as_str(), (State::Changed, words), act))
}

fn added(wanted: Wanted) -> Step {
    let (Ok(id), Ok(plugin)) = (MailId::parse(wanted.id), PluginId::parse(wanted.plugin)) else {
        return Step::idle(Kind::Mail, wanted.id, (State::Skipped, "its id cannot be one here"));
    };
    let draft = MethodDraft {
        id,
        plugin,
        from: wanted.from,
        reply_to: None,
        settings: wanted.settings,
        secrets: wanted.secrets,
    };
    let act = Act::AddMail(Box::new(draft));
    Step::busy(Kind::Mail, wanted.id, (State::New, wanted.words), act)
}

/// Whether the method here says the same, its secrets too.
async fn equal(ground: &Ground<'_>, view: &MethodView, wanted: &Wanted) -> Result<bool> {
    let there = |(key, value): (&String, &String)| view.method.settings.get(key) == Some(value);
    let from = Mailbox::parse(&wanted.from).is_ok_and(|from| from == view.method.from);
    if view.method.plugin.as_str() != wanted.plugin || !from || !wanted.settings.iter().all(there) {
        return Ok(false);
    }
    if view.locked.is_some() {
        // The file's own secrets are not here to be compared.
        return Ok(true);
    }
    let id = view.method.id.clone();
    let sealed = ground.service.read(move |tx| Ok(tx.secrets().all(SecretOf::Mail(&id))?)).await?;
    let mut secrets = wanted.secrets.iter();
    Ok(secrets.all(|(key, secret)| {
        sealed.get(key).is_some_and(|there| there.expose() == secret.expose())
    }))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_address_of_the_api_is_taken_apart() {
        let parts = |base: &str, domain: &str| Some((base.to_owned(), domain.to_owned()));
        let table = [
            (
                "https://api.mailgun.net/v3/mg.example.org/messages",
                parts("https://api.mailgun.net", "mg.example.org"),
            ),
            ("https://api.eu.mailgun.net/v3/x.org", parts("https://api.eu.mailgun.net", "x.org")),
            ("http://127.0.0.1:8080/v3/x.org/messages", parts("http://127.0.0.1:8080", "x.org")),
            ("https://api.mailgun.net...", None),
            ("https://api.mailgun.net/v3/x.org/other", None),
            ("https://api.mailgun.net/messages", None),
        ];
        for (whole, wanted) in table {
            assert_eq!(split(whole), wanted, "{whole}");
        }
    }
}
