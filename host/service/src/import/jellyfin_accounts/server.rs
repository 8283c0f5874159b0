//! `[jellyfin]`: the server the accounts are on.

use super::act::Act;
use super::ground::{Place, Step};
use super::old::{Config, Old};
use crate::backends::{self, BackendDraft, BackendView};
use crate::house::Service;
use crate::import::plan::{Kind, State};
use domain::ids::{BackendId, PluginId};
use domain::secret::Secret;
use std::collections::BTreeMap;
use url::Url;

/// The plugin that speaks to it.
pub(crate) const PLUGIN: &str = "jellyfin";

/// Where the accounts are, and what has to be done for it. `wanted` is the admin's word which backend it is.
pub(crate) fn plan(service: &Service, old: &Old, wanted: Option<&BackendId>) -> (Place, Step) {
    let config = &old.config;
    let idle = |name: &str, state, words: String| Step::idle(Kind::Backend, name, (state, words));
    if let Some(id) = wanted {
        return match backends::get(service, id) {
            Ok(_) => {
                let step = idle(id.as_str(), State::Same, "it is this one, as you said".to_owned());
                (Place::Here(id.clone()), step)
            }
            Err(_unknown) => {
                let words = "there is no such backend here; leave --backend out to have it added";
                (Place::Nowhere, idle(id.as_str(), State::Conflict, words.to_owned()))
            }
        };
    }
    let Some(address) = config.set("jellyfin", "server") else {
        let words = "config.ini names no server of yours ([jellyfin] server); add it under Backends and say --backend ID";
        return (Place::Nowhere, idle(PLUGIN, State::Skipped, words.to_owned()));
    };
    let Some(url) = readable(address) else {
        let place = config.place("jellyfin", "server");
        let words = format!("{place}: {address:?} is no http or https address; put it right");
        return (Place::Nowhere, idle(PLUGIN, State::Conflict, words));
    };
    let public = config.set("jellyfin", "public_server").and_then(readable);
    let ours: Vec<BackendView> = backends::list(service)
        .into_iter()
        .filter(|view| view.backend.plugin.as_str() == PLUGIN)
        .collect();
    let is_it = |view: &&BackendView| {
        let known = addresses(view);
        [Some(&url), public.as_ref()].into_iter().flatten().any(|one| known.contains(&plain(one)))
    };
    match (ours.iter().find(is_it), ours.first()) {
        (Some(view), _) => {
            let id = view.backend.id.clone();
            let words = format!("{address} is set up here already");
            (Place::Here(id.clone()), idle(id.as_str(), State::Same, words))
        }
        (None, Some(other)) => {
            let (id, there) = (other.backend.id.as_str(), other.backend.settings.get("url"));
            let there = there.map_or("another address", String::as_str);
            let words = format!(
                "{id} is set up here with {there}, config.ini says {address}; if that is the same server, say --backend {id}, else add it under Backends and name that"
            );
            (Place::Nowhere, idle(id, State::Conflict, words))
        }
        (None, None) => added(service, config, (&url, public)),
    }
}

/// A new backend, whose key is made by signing in once.
fn added(service: &Service, config: &Config, (url, public): (&Url, Option<Url>)) -> (Place, Step) {
    let idle = |words: &str| Step::idle(Kind::Backend, PLUGIN, (State::Conflict, words));
    let sign_in = config.set("jellyfin", "username").zip(config.set("jellyfin", "password"));
    let Some((user, password)) = sign_in else {
        let words = "config.ini has no name and password of an administrator ([jellyfin] username, password); add the server under Backends and run this again";
        return (Place::Nowhere, idle(words));
    };
    let (Some(id), Ok(plugin)) = (free_id(service), PluginId::parse(PLUGIN)) else {
        return (Place::Nowhere, idle("there is no free id for it; add it under Backends"));
    };
    if service.sandbox().manifest(&plugin).is_none() {
        return (
            Place::Nowhere,
            idle("the plugin that speaks to it is not loaded; see plugin list"),
        );
    }
    let draft = BackendDraft {
        id: id.clone(),
        label: String::new(),
        plugin,
        public_url: public.or_else(|| is_public(url).then(|| url.clone())),
        settings: BTreeMap::from([("url".to_owned(), url.to_string())]),
        secrets: BTreeMap::new(),
        connect: BTreeMap::from([
            ("admin_user".to_owned(), Secret::new(user.to_owned())),
            ("admin_password".to_owned(), Secret::new(password.to_owned())),
        ]),
    };
    let words = format!("{url}, with a key of its own, made by signing in once as {user}");
    let act = Act::AddBackend(Box::new(draft));
    let step = Step::busy(Kind::Backend, id.as_str(), (State::New, words), act);
    (Place::Coming(id), step)
}

/// `jellyfin`, or with a number where something else is called so.
fn free_id(service: &Service) -> Option<BackendId> {
    let numbered = (2..100).map(|number| format!("{PLUGIN}-{number}"));
    core::iter::once(PLUGIN.to_owned())
        .chain(numbered)
        .filter_map(|id| BackendId::parse(&id).ok())
        .find(|id| backends::get(service, id).is_err())
}

fn readable(text: &str) -> Option<Url> {
    let url: Url = text.parse().ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host_str().is_some()).then_some(url)
}

/// Whether people elsewhere could reach it: links for them were made of the same address.
fn is_public(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name != "localhost" && !name.ends_with(".localhost"),
        Some(url::Host::Ipv4(address)) => !address.is_loopback(),
        Some(url::Host::Ipv6(address)) => !address.is_loopback(),
        None => false,
    }
}

/// The addresses a backend has, to be compared.
fn addresses(view: &BackendView) -> Vec<String> {
    let url = view.backend.settings.get("url").and_then(|text| readable(text));
    url.iter().chain(view.backend.public_url.as_ref()).map(plain).collect()
}

/// One form of an address, however it was written.
fn plain(url: &Url) -> String {
    let (host, path) = (url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'));
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}://{host}:{port}{path}", url.scheme())
}
