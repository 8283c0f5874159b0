//! Who is asking: the forms of credentials a line takes, and what somebody may do.
//!
//! Source: `AuthorizationContext.cs`, `CustomAuthenticationHandler.cs`, and recordings. A form a
//! line does not take looks like no credentials at all, as on the real server.

use std::net::IpAddr;

use percent_encoding::percent_decode_str;
use serde_json::Value;

use super::options::Release;
use super::state::{Client, State, inside_schedule};
use super::wire::{Answer, Call};

/// Who is asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// No credentials.
    Nobody,
    /// An API key: an administrator without an account.
    Key,
    /// A user with a token.
    User {
        /// The account's id.
        id: String,
        /// Whether it is an administrator's.
        admin: bool,
        /// The token.
        token: String,
    },
}

impl Caller {
    /// Whether an administrator is asking.
    pub(super) fn is_admin(&self) -> bool {
        matches!(self, Caller::Key | Caller::User { admin: true, .. })
    }

    /// The account that asks.
    pub(super) fn user(&self) -> Option<&str> {
        match self {
            Caller::User { id, .. } => Some(id),
            Caller::Nobody | Caller::Key => None,
        }
    }

    /// The token that asks.
    pub(super) fn token(&self) -> Option<&str> {
        match self {
            Caller::User { token, .. } => Some(token),
            Caller::Nobody | Caller::Key => None,
        }
    }
}

/// What a route asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// Anybody; wrong credentials are ignored.
    Anybody,
    /// A user or a key.
    User,
    /// An administrator or a key.
    Admin,
    /// Anybody until the wizard is done, then an administrator.
    SetUp,
}

/// The values of an authorization header.
#[derive(Clone, Debug, Default)]
pub(super) struct Credentials {
    token: String,
    client: String,
    device: String,
    device_id: String,
    version: String,
}

impl Credentials {
    /// The four device values, or nothing when one is missing.
    pub(super) fn into_client(self) -> Option<Client> {
        let client = Client {
            name: self.client,
            device: self.device,
            device_id: self.device_id,
            version: self.version,
        };
        let all = [&client.name, &client.device, &client.device_id, &client.version];
        (!all.iter().any(|value| value.is_empty())).then_some(client)
    }
}

/// Whether the old forms count: never before there was a switch, then as the switch says.
fn legacy_forms(state: &State) -> bool {
    let switch = state.configuration.get("EnableLegacyAuthorization").and_then(Value::as_bool);
    state.release < Release::V10_11 || switch.unwrap_or(state.release < Release::V12)
}

/// What the request says about its sender.
pub(super) fn credentials(state: &State, call: &Call) -> Credentials {
    let legacy = legacy_forms(state);
    let plain = call.header("authorization");
    let old = call.header("x-emby-authorization").filter(|_| legacy);
    // 10.11 turned the order of the two headers round.
    let header = if state.release < Release::V10_11 { old.or(plain) } else { plain.or(old) };
    let mut found = header.map(|text| parse(text, legacy)).unwrap_or_default();
    if found.token.is_empty() && legacy {
        let token = call.header("x-emby-token").or_else(|| call.header("x-mediabrowser-token"));
        found.token = token.unwrap_or("").to_owned();
    }
    if found.token.is_empty() {
        let old = call.query("api_key").filter(|_| legacy);
        found.token = call.query("ApiKey").or(old).unwrap_or("").to_owned();
    }
    found
}

/// `MediaBrowser Token="…", Client="…"`: keys with case, commas inside quotes kept, values
/// URL-decoded with `+` as a space.
fn parse(header: &str, legacy: bool) -> Credentials {
    let mut found = Credentials::default();
    let Some((scheme, rest)) = header.split_once(' ') else { return found };
    let known = scheme.eq_ignore_ascii_case("MediaBrowser")
        || (legacy && scheme.eq_ignore_ascii_case("Emby"));
    if !known {
        return found;
    }
    for part in split_outside_quotes(rest) {
        let Some((key, value)) = part.split_once('=') else { continue };
        let value = value.trim().trim_matches('"').replace('+', " ");
        let value = percent_decode_str(&value).decode_utf8_lossy().into_owned();
        match key.trim() {
            "Token" => found.token = value,
            "Client" => found.client = value,
            "Device" => found.device = value,
            "DeviceId" => found.device_id = value,
            "Version" => found.version = value,
            _ => {}
        }
    }
    found
}

fn split_outside_quotes(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for sign in text.chars() {
        if sign == '"' {
            quoted = !quoted;
        }
        match parts.last_mut() {
            Some(part) if sign != ',' || quoted => part.push(sign),
            _ => parts.push(String::new()),
        }
    }
    parts
}

/// The caller behind the credentials: `None` for a token nobody has.
fn caller(state: &State, token: &str) -> Option<Caller> {
    if token.is_empty() {
        return Some(Caller::Nobody);
    }
    if state.keys.iter().any(|key| key.secret == token) {
        return Some(Caller::Key);
    }
    let known = state.tokens.iter().find(|known| known.secret == token)?;
    let user = state.user(&known.user)?;
    Some(Caller::User {
        id: user.id.clone(),
        admin: user.is("IsAdministrator"),
        token: token.to_owned(),
    })
}

/// Lets the caller through, or answers as the middleware does: 401 and 403 with an empty body.
pub(super) fn admit(state: &mut State, call: &Call, access: Access) -> Result<Caller, Answer> {
    let found = credentials(state, call);
    let caller = caller(state, &found.token);
    if access == Access::Anybody || (access == Access::SetUp && !state.wizard_done) {
        return Ok(caller.unwrap_or(Caller::Nobody));
    }
    let caller = caller.filter(|caller| *caller != Caller::Nobody).ok_or(Answer::empty(401))?;
    if let Some(user) = caller.user().and_then(|id| state.user(id)) {
        if user.is("IsDisabled") {
            return Err(Answer::empty(401));
        }
        let kept_out = !user.is("EnableRemoteAccess") && !is_local(remote(state, call));
        let too_late = !user.is("IsAdministrator") && !inside_schedule(user, call.now);
        if kept_out || too_late {
            return Err(Answer::empty(403));
        }
    }
    if access != Access::User && !caller.is_admin() {
        return Err(Answer::empty(403));
    }
    rename_device(state, &caller, found);
    Ok(caller)
}

/// A user's token sent with device values rewrites the device's row.
fn rename_device(state: &mut State, caller: &Caller, found: Credentials) {
    let (Some(secret), Some(client)) = (caller.token(), found.into_client()) else { return };
    if let Some(token) = state.tokens.iter_mut().find(|token| token.secret == secret) {
        token.client.device = client.device;
        token.client.version = client.version;
    }
}

/// Where a request comes from. 10.9 believed a forwarded address of a loopback peer; later lines
/// only that of a known proxy, and a stand-in has none.
pub(super) fn remote(state: &State, call: &Call) -> IpAddr {
    let forwarded = call.header("x-forwarded-for").filter(|_| state.release == Release::V10_9);
    let address = forwarded.and_then(|text| text.split(',').next_back()?.trim().parse().ok());
    address.unwrap_or(call.peer)
}

/// Whether an address counts as the local network by default.
pub(super) fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private(),
        IpAddr::V6(v6) => {
            v6.is_loopback() || (v6.segments().first().is_some_and(|s| s & 0xfe00 == 0xfc00))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_taken_apart_as_jellyfin_does() {
        let found = parse(r#"MediaBrowser Device="a, b", Token="x%2By+z", token="no""#, false);
        assert_eq!((found.device.as_str(), found.token.as_str()), ("a, b", "x+y z"));
        assert_eq!(parse(r#"Emby Token="x""#, false).token, "");
        assert_eq!(parse("Bearer x", true).token, "");
        assert_eq!(parse("MediaBrowser Token=x", false).token, "x");
    }
}
