//! The table of routes: what the double knows, on which server, and who may ask.
//!
//! A path or method that is not here is a mistake of ours, answered as not found and written down as a
//! violation.

use super::admission::{Access, Caller};
use super::state::State;
use super::wire::{Answer, Call, Outcome, Service};
use super::{account, app, home, jwt, pins, resources, server, shares, shares_v1};

type Act = fn(&mut State, &Call, &Caller) -> Outcome;

/// Which of the servers have a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// plex.tv and clients.plex.tv.
    Api,
    /// plex.tv alone.
    PlexTv,
    /// The auth page.
    App,
    /// The Plex Media Server.
    Server,
}

impl Place {
    fn has(self, service: Service) -> bool {
        match self {
            Place::Api => matches!(service, Service::PlexTv | Service::Clients),
            Place::PlexTv => service == Service::PlexTv,
            Place::App => service == Service::App,
            Place::Server => service == Service::Server,
        }
    }
}

/// One route.
pub(super) struct Route {
    place: Place,
    pub(super) method: &'static str,
    pub(super) pattern: &'static str,
    access: Access,
    act: Act,
}

const fn v2(method: &'static str, pattern: &'static str, access: Access, act: Act) -> Route {
    Route { place: Place::Api, method, pattern, access, act }
}

const fn v1(method: &'static str, pattern: &'static str, access: Access, act: Act) -> Route {
    Route { place: Place::PlexTv, method, pattern, access, act }
}

const fn here(place: Place, method: &'static str, pattern: &'static str, act: Act) -> Route {
    Route { place, method, pattern, access: Anybody, act }
}

use Access::{Anybody, Client, Owner, Token};

const ROUTES: &[Route] = &[
    v2("POST", "/api/v2/pins", Client, pins::create),
    v2("GET", "/api/v2/pins/{id}", Client, pins::poll),
    v2("PUT", "/api/v2/pins/link", Token, pins::link_weak),
    v2("GET", "/api/v2/user", Token, account::user),
    v2("GET", "/api/v2/ping", Token, account::ping),
    v2("DELETE", "/api/v2/users/signout", Token, account::sign_out),
    v2("GET", "/api/v2/auth/nonce", Client, jwt::nonce),
    v2("POST", "/api/v2/auth/jwk", Token, jwt::register),
    v2("POST", "/api/v2/auth/token", Client, jwt::exchange),
    v2("GET", "/api/v2/auth/keys", Anybody, jwt::keys),
    v2("GET", "/api/v2/resources", Token, resources::list),
    v1("GET", "/api/resources", Token, resources::list_v1),
    v2("GET", "/api/v2/home/users", Token, home::users),
    v2("POST", "/api/v2/home/users/{uuid}/switch", Token, home::switch),
    v1("GET", "/api/home/users", Token, home::users_v1),
    v1("POST", "/api/home/users/{id}/switch", Token, home::switch_v1),
    v1("GET", "/users/{uuid}/avatar", Anybody, account::avatar),
    v2("GET", "/api/v2/servers/{machineIdentifier}", Owner, shares::server),
    v2("GET", "/api/v2/shared_servers/owned/accepted", Owner, shares::accepted),
    v2("GET", "/api/v2/shared_servers/owned/pending", Owner, shares::pending),
    v2("GET", "/api/v2/shared_servers/invites/owned/pending", Owner, shares::invites_owned),
    v2("GET", "/api/v2/shared_servers/invites/received/pending", Token, shares::invites_received),
    v2("POST", "/api/v2/shared_servers", Owner, shares::create),
    v2("GET", "/api/v2/shared_servers/{id}", Owner, shares::one),
    v2("POST", "/api/v2/shared_servers/{id}", Owner, shares::update),
    v2("DELETE", "/api/v2/shared_servers/{id}", Token, shares::remove),
    v2("POST", "/api/v2/shared_servers/{id}/accept", Token, shares::accept),
    v2("POST", "/api/v2/sharing_settings", Owner, shares::set_settings),
    v2("PUT", "/api/v2/sharings/{userId}", Owner, shares::set_sharing),
    v2("DELETE", "/api/v2/sharings/{userId}", Owner, shares::remove_person),
    v2("GET", "/api/v2/friends", Owner, shares::friends),
    v2("DELETE", "/api/v2/friends/{id}", Owner, shares::remove_person),
    v1("GET", "/api/users", Owner, shares_v1::users),
    v1("PUT", "/api/users/{id}", Owner, shares_v1::set_user),
    v1("GET", "/api/servers/{machineIdentifier}", Owner, shares_v1::server),
    v1("GET", "/api/servers/{machineIdentifier}/shared_servers", Owner, shares_v1::list),
    v1("POST", "/api/servers/{machineIdentifier}/shared_servers", Owner, shares_v1::create),
    v1("PUT", "/api/servers/{machineIdentifier}/shared_servers/{id}", Owner, shares_v1::update),
    v1("DELETE", "/api/servers/{machineIdentifier}/shared_servers/{id}", Owner, shares_v1::remove),
    v1("GET", "/api/invites/{rest}", Token, shares_v1::gone),
    v1("POST", "/api/invites/{rest}", Token, shares_v1::gone),
    v1("PUT", "/api/invites/{rest}", Token, shares_v1::gone),
    v1("DELETE", "/api/invites/{rest}", Token, shares_v1::gone),
    v1("GET", "/api/friends/{rest}", Token, shares_v1::gone),
    v1("DELETE", "/api/friends/{rest}", Token, shares_v1::gone),
    here(Place::App, "GET", "/", app::root),
    here(Place::App, "POST", "/accept", app::accept),
    here(Place::App, "GET", "/auth", app::show),
    here(Place::App, "POST", "/auth", app::decide),
    here(Place::Server, "GET", "/identity", server::identity),
    here(Place::Server, "GET", "/accounts", server::accounts),
    here(Place::Server, "GET", "/library/sections", server::sections),
];

fn matches(pattern: &str, segments: &[String]) -> bool {
    let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let held = |(want, have): (&&str, &String)| want.starts_with('{') || *want == have.as_str();
    let open = pattern.ends_with("{rest}") && segments.len() >= wanted.len();
    (open || wanted.len() == segments.len()) && wanted.iter().zip(segments).all(held)
}

/// Finds the route of a request; the one with fewer holes wins.
pub(super) fn find(call: &Call) -> Option<&'static Route> {
    ROUTES
        .iter()
        .filter(|route| route.place.has(call.service) && route.method == call.method)
        .filter(|route| matches(route.pattern, &call.segments))
        .min_by_key(|route| route.pattern.matches('{').count())
}

/// Whether a table entry has this method and pattern, names of holes aside.
pub(super) fn known(method: &str, pattern: &str) -> Option<&'static Route> {
    let parts: Vec<String> =
        pattern.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    ROUTES
        .iter()
        .filter(|route| route.method == method && matches(route.pattern, &parts))
        .min_by_key(|route| route.pattern.matches('{').count())
}

impl Route {
    /// What scripts and the transcript call it.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method, self.pattern)
    }

    /// Finds out who asks and does what the route does.
    pub(super) fn answer(&self, state: &mut State, call: &Call) -> Answer {
        let done =
            state.caller(call, self.access).and_then(|caller| (self.act)(state, call, &caller));
        done.unwrap_or_else(|refusal| refusal)
    }
}
