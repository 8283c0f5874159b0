//! The edge of a running house: doors and certificate as the effective settings want them.
//!
//! Settings are compared with what is open, as often as wanted; a change of address, protocol or
//! certificate needs no restart. Says which addresses people can use.

use crate::listener::certificate::{Sources, lan_addresses, machine_names};
use crate::listener::{
    Answer, Certificates, Door, Doors, Limits, Opened, OriginFor, Speaks, redirect,
};
use crate::trouble::{Trouble, chain};
use core::net::{IpAddr, SocketAddr};
use domain::settings::{Settings, Tls};
use service::Service;
use service::setup::{self, SetupState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use url::{Host, Url};

/// What settings ask for and cannot be had, in sentences.
#[derive(Debug, Clone, Default)]
pub struct Lacks {
    /// Somebody asked for it.
    pub words: Vec<String>,
    /// Nobody asked for it: a default.
    pub mild: Vec<String>,
}

/// Doors and certificate of one house.
pub struct Edge {
    service: Service,
    doors: Doors,
    certificates: Arc<Certificates>,
    folder: PathBuf,
    /// The port of the first https door, for redirects; 0: none.
    https_port: Arc<AtomicU16>,
    /// What went wrong lately, told once.
    told: Mutex<Vec<String>>,
}

impl Edge {
    /// Everything closed.
    ///
    /// # Errors
    /// [`Trouble`] where TLS cannot be had at all.
    pub fn new(
        service: Service,
        app: web::App,
        data_folder: &Path,
        limits: Limits,
    ) -> Result<Self, Trouble> {
        let certificates = Arc::new(Certificates::default());
        let https_port = Arc::new(AtomicU16::new(0));
        let to = redirect(origins(service.clone(), Arc::clone(&https_port)));
        let doors = Doors::new(answers(app), to, Arc::clone(&certificates), limits)
            .map_err(Trouble::Failed)?;
        let folder = data_folder.join("tls");
        let told = Mutex::new(Vec::new());
        Ok(Self { service, doors, certificates, folder, https_port, told })
    }

    /// Makes doors and certificate what the effective settings say; what cannot be had is answered,
    /// the rest stands.
    pub async fn reconcile(&self) -> Lacks {
        let settled = self.service.settings();
        let settings = &settled.settings;
        self.doors.exempt(settings.server.trusted_proxies.clone());
        let mut lacks =
            Lacks { words: self.certify(settings).into_iter().collect(), mild: Vec::new() };
        let by_default = !settled.sources.contains_key("server.listen_http");
        for failed in self.doors.set(&wanted(settings)).await {
            if by_default && failed.door.speaks == Speaks::Redirect {
                lacks.mild.push(format!("{failed}; browsers that begin with http are not sent on"));
            } else {
                lacks.words.push(failed.to_string());
            }
        }
        let opened = self.doors.opened().await;
        let https = opened.iter().find(|door| door.speaks == Speaks::Https);
        self.https_port.store(https.map_or(0, |door| door.bound.port()), Ordering::Release);
        lacks
    }

    /// Whether anybody can come in: a door stands open and has what it needs.
    pub async fn is_usable(&self) -> bool {
        let has_certificate = self.certificates.current().is_some();
        self.opened().await.iter().any(|door| match door.speaks {
            Speaks::Https => has_certificate,
            Speaks::Http => true,
            Speaks::Redirect => false,
        })
    }

    fn certify(&self, settings: &Settings) -> Option<String> {
        let urls = settings.server.public_url.iter().chain(&settings.server.other_urls);
        let names: Vec<String> = urls.filter_map(bare_host).collect();
        let (tls, folder) = (settings.tls.clone(), self.folder.clone());
        let sources = Sources { tls, folder, names, also: machine_names() };
        let refreshed = self.certificates.refresh(&sources, self.service.now());
        let before = self.certificates.current().is_some();
        refreshed.err().map(|bad| {
            let then = if before { "; another certificate is shown meanwhile" } else { "" };
            format!("{}{then}", chain(&bad))
        })
    }

    /// Logs what is lacking, each thing once until it is over.
    pub fn tell(&self, lacks: Lacks) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        for word in lacks.words.iter().filter(|word| !told.contains(word)) {
            tracing::error!("{word}");
        }
        for word in lacks.mild.iter().filter(|word| !told.contains(word)) {
            tracing::info!("{word}");
        }
        *told = [lacks.words, lacks.mild].concat();
    }

    /// The doors that stand open.
    pub async fn opened(&self) -> Vec<Opened> {
        self.doors.opened().await
    }

    /// The certificate's SHA-256, where one is shown.
    #[must_use]
    pub fn fingerprint(&self) -> Option<String> {
        self.certificates.current().map(|pair| pair.fingerprint.clone())
    }

    /// Closes every door; requests under way are finished within the limit.
    pub async fn close(&self) {
        self.doors.close().await;
    }

    /// Addresses to type into a browser: the public one, then this machine's own.
    pub async fn urls(&self) -> Vec<String> {
        let settled = self.service.settings();
        let server = &settled.settings.server;
        let named = server.public_url.iter().chain(&server.other_urls).map(Url::to_string);
        let lan = lan_addresses();
        let opened = self.opened().await;
        let own = opened
            .iter()
            .filter(|door| door.speaks != Speaks::Redirect)
            .flat_map(|door| door.urls(&lan));
        let mut all: Vec<String> = Vec::new();
        for url in named.chain(own) {
            if !all.contains(&url) {
                all.push(url);
            }
        }
        all
    }
}

impl Opened {
    /// For a browser on this machine.
    #[must_use]
    pub fn local_url(&self) -> String {
        let ip = match self.bound.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => "127.0.0.1".parse().unwrap_or(ip.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => "::1".parse().unwrap_or(ip.into()),
            ip => ip,
        };
        self.url(&SocketAddr::new(ip, self.bound.port()).to_string())
    }

    fn url(&self, authority: &str) -> String {
        let scheme = if self.speaks == Speaks::Https { "https" } else { "http" };
        let default = if self.speaks == Speaks::Https { ":443" } else { ":80" };
        format!("{scheme}://{}", authority.strip_suffix(default).unwrap_or(authority))
    }

    /// Every way in that a person could type.
    fn urls(&self, lan: &[IpAddr]) -> Vec<String> {
        let port = self.bound.port();
        if !self.bound.ip().is_unspecified() {
            return vec![self.url(&self.bound.to_string())];
        }
        let same = lan.iter().filter(|ip| ip.is_ipv4() == self.bound.is_ipv4());
        core::iter::once(self.url(&format!("localhost:{port}")))
            .chain(same.map(|ip| self.url(&SocketAddr::new(*ip, port).to_string())))
            .collect()
    }
}

fn wanted(settings: &Settings) -> Vec<Door> {
    let speaks = if settings.tls == Tls::Off { Speaks::Http } else { Speaks::Https };
    let doors = settings.server.listen.iter().map(|address| Door { address: *address, speaks });
    let redirect = settings.server.listen_http.filter(|_| speaks == Speaks::Https);
    let redirect = redirect.map(|address| Door { address, speaks: Speaks::Redirect });
    doors.chain(redirect).collect()
}

fn answers(app: web::App) -> Answer {
    Arc::new(move |request, visit| {
        let app = app.clone();
        let peer = web::Peer { addr: visit.peer, tls: visit.tls };
        Box::pin(async move { app.answer(request, peer).await })
    })
}

/// The https origin of a host that is ours: a configured name, loopback, and a literal address while
/// nobody has set the house up.
fn origins(service: Service, https_port: Arc<AtomicU16>) -> OriginFor {
    Arc::new(move |host| {
        let settled = service.settings();
        let server = &settled.settings.server;
        let port = https_port.load(Ordering::Acquire);
        let named = server.public_url.iter().chain(&server.other_urls);
        let mut same =
            named.filter(|url| url.host_str().is_some_and(|ours| ours.eq_ignore_ascii_case(host)));
        if let Some(ours) = same.next() {
            let mut origin = ours.clone();
            origin.set_path("");
            if origin.scheme() == "http" {
                origin.set_scheme("https").ok()?;
                origin.set_port((port != 443).then_some(port)).ok()?;
            }
            return Some(origin);
        }
        let literal = match Host::parse(host).ok()? {
            Host::Domain(name) => name.eq_ignore_ascii_case("localhost"),
            Host::Ipv4(ip) => ip.is_loopback() || setup::state(&service) == SetupState::Needed,
            Host::Ipv6(ip) => ip.is_loopback() || setup::state(&service) == SetupState::Needed,
        };
        (literal && port != 0).then(|| Url::parse(&format!("https://{host}:{port}")).ok()).flatten()
    })
}

fn bare_host(url: &Url) -> Option<String> {
    match url.host()? {
        Host::Domain(name) => Some(name.to_owned()),
        Host::Ipv4(ip) => Some(ip.to_string()),
        Host::Ipv6(ip) => Some(ip.to_string()),
    }
}
