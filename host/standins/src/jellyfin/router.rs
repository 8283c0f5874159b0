//! The table of routes: what the stand-in knows, who may ask, and since when.
//!
//! A path or method that is not here is a mistake of ours, answered as a real server would and
//! written down as a violation. A route another line has is answered alike and is no violation:
//! asking is how a client finds out.

use super::authorization::{Access, Caller, admit};
use super::options::{Mode, Release};
use super::state::State;
use super::wire::{Answer, Call, Outcome};
use super::{
    beside, keys, library, page, password, preferences, quick_connect, sign_in, system, users,
};

type Act = fn(&mut State, &Call, &Caller) -> Outcome;

/// One route.
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) pattern: &'static str,
    access: Access,
    since: Release,
    until: Release,
    demo_only: bool,
    act: Act,
}

const fn route(method: &'static str, pattern: &'static str, access: Access, act: Act) -> Route {
    let (since, until) = (Release::V10_9, Release::V12);
    Route { method, pattern, access, since, until, demo_only: false, act }
}

use Access::{Admin, Anybody, SetUp, User};

const ROUTES: &[Route] = &[
    route("GET", "/", Anybody, system::root),
    route("GET", "/health", Anybody, system::health),
    route("GET", "/System/Info/Public", Anybody, system::info_public),
    route("GET", "/System/Info", User, system::info),
    Route {
        since: Release::V10_11,
        ..route("GET", "/System/Info/Storage", Admin, system::storage)
    },
    route("GET", "/System/Configuration", User, system::configuration),
    route("POST", "/System/Configuration", Admin, system::set_configuration),
    route("POST", "/System/Configuration/branding", Admin, system::set_branding),
    route("GET", "/System/ActivityLog/Entries", Admin, system::activity),
    route("GET", "/Branding/Configuration", Anybody, system::branding),
    route("GET", "/Startup/Configuration", SetUp, system::wizard),
    route("POST", "/Startup/Configuration", SetUp, system::set_wizard),
    route("POST", "/Startup/RemoteAccess", SetUp, system::set_wizard),
    route("GET", "/Startup/User", SetUp, system::first_user),
    route("GET", "/Startup/FirstUser", SetUp, system::first_user),
    route("POST", "/Startup/User", SetUp, system::set_first_user),
    route("POST", "/Startup/Complete", SetUp, system::complete),
    route("POST", "/Auth/Keys", Admin, keys::create),
    route("GET", "/Auth/Keys", Admin, keys::list),
    route("DELETE", "/Auth/Keys/{key}", Admin, keys::delete),
    route("GET", "/Auth/Providers", Admin, keys::providers),
    route("GET", "/Auth/PasswordResetProviders", Admin, keys::reset_providers),
    route("GET", "/Users", User, users::list),
    route("POST", "/Users", User, users::update),
    route("GET", "/Users/Public", Anybody, users::list_public),
    route("GET", "/Users/Me", User, users::me),
    route("POST", "/Users/New", Admin, users::create),
    route("POST", "/Users/AuthenticateByName", Anybody, sign_in::authenticate_by_name),
    route("POST", "/Users/AuthenticateWithQuickConnect", Anybody, quick_connect::redeem),
    route("POST", "/Users/Configuration", User, users::set_configuration),
    route("POST", "/Users/Password", User, password::change),
    route("POST", "/Users/ForgotPassword", Anybody, password::forgot),
    route("POST", "/Users/ForgotPassword/Pin", Anybody, password::redeem_pin),
    route("GET", "/Users/{userId}", User, users::one),
    route("POST", "/Users/{userId}", User, users::update_of),
    route("DELETE", "/Users/{userId}", Admin, users::delete),
    route("POST", "/Users/{userId}/Policy", Admin, users::set_policy),
    route("POST", "/Users/{userId}/Configuration", User, users::set_configuration_of),
    route("POST", "/Users/{userId}/Password", User, password::change_of),
    route("POST", "/Users/{userId}/Images/Primary", User, users::set_image_of),
    route("POST", "/UserImage", User, users::set_image),
    route("GET", "/UserImage", Anybody, users::image),
    route("DELETE", "/UserImage", User, users::delete_image),
    route("GET", "/QuickConnect/Enabled", Anybody, quick_connect::enabled),
    route("POST", "/QuickConnect/Initiate", Anybody, quick_connect::initiate),
    Route {
        until: Release::V10_11,
        ..route("GET", "/QuickConnect/Initiate", Anybody, quick_connect::initiate)
    },
    route("GET", "/QuickConnect/Connect", Anybody, quick_connect::connect),
    route("POST", "/QuickConnect/Authorize", User, quick_connect::authorize),
    route("GET", "/Sessions", User, sign_in::sessions),
    route("POST", "/Sessions/Logout", User, sign_in::logout),
    route("GET", "/Devices", Admin, beside::devices),
    route("DELETE", "/Devices", Admin, sign_in::end_device),
    route("GET", "/DisplayPreferences/{id}", User, preferences::get),
    route("POST", "/DisplayPreferences/{id}", User, preferences::set),
    route("GET", "/Library/VirtualFolders", Admin, library::list),
    route("POST", "/Library/VirtualFolders", Admin, library::add),
    route("DELETE", "/Library/VirtualFolders", Admin, library::remove),
    route("POST", "/Library/Refresh", Admin, library::refresh),
    route("GET", "/Library/MediaFolders", Admin, library::media_folders),
    Route { demo_only: true, ..route("GET", "/web", Anybody, page::show) },
    Route { demo_only: true, ..route("POST", "/web", Anybody, page::sign_in) },
    Route { demo_only: true, ..route("POST", "/web/forgot", Anybody, page::forgot) },
];

/// What a request turned out to be.
pub(super) enum Found {
    /// A route of this line.
    Route(&'static Route),
    /// A route of another line, or the same path with another method.
    OfAnotherLine(Answer),
    /// Nothing any line has.
    Unknown(Answer),
}

fn matches(pattern: &str, segments: &[String]) -> bool {
    let wanted: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
    let held =
        |(want, have): (&&str, &String)| want.starts_with('{') || want.eq_ignore_ascii_case(have);
    wanted.len() == segments.len() && wanted.iter().zip(segments).all(held)
}

fn holes(route: &Route) -> usize {
    route.pattern.matches('{').count()
}

/// Finds the route of a request; the one with fewer holes wins.
pub(super) fn find(release: Release, mode: Mode, call: &Call) -> Found {
    let here = |route: &&Route| {
        matches(route.pattern, &call.segments) && (mode == Mode::Demo || !route.demo_only)
    };
    let any: Vec<&'static Route> = ROUTES.iter().filter(here).collect();
    let now = |route: &&&Route| route.since <= release && release <= route.until;
    let asked = |route: &&&Route| call.method.as_str() == route.method;
    if let Some(route) = any.iter().filter(now).filter(asked).min_by_key(|route| holes(route)) {
        return Found::Route(route);
    }
    let mut allowed: Vec<&str> = any.iter().filter(now).map(|route| route.method).collect();
    allowed.sort_unstable();
    allowed.dedup();
    let answer = if allowed.is_empty() {
        Answer::empty(404)
    } else {
        Answer::empty(405).with("allow", allowed.join(", "))
    };
    if any.iter().any(|route| call.method.as_str() == route.method) {
        Found::OfAnotherLine(answer)
    } else {
        Found::Unknown(answer)
    }
}

/// Whether a table entry has this method and pattern, names of holes aside.
pub(super) fn known(method: &str, pattern: &str) -> Option<&'static Route> {
    let parts: Vec<String> =
        pattern.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    ROUTES
        .iter()
        .filter(|route| route.method == method && matches(route.pattern, &parts))
        .min_by_key(|route| holes(route))
}

impl Route {
    /// Lets the caller in and does what the route does.
    pub(super) fn answer(&self, state: &mut State, call: &Call) -> Answer {
        let done =
            admit(state, call, self.access).and_then(|caller| (self.act)(state, call, &caller));
        done.unwrap_or_else(|refusal| refusal)
    }
}
