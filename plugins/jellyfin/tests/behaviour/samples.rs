//! Recorded answers, and small changes to them.

use latchkey_sdk::testing::Script;
use serde_json::{Value, json};

/// alice of the recorded 12.0 server.
pub(crate) const ALICE: &str = "a9254a73e9d649fc91023b0ca8654b51";
/// Another id.
pub(crate) const BOB: &str = "975b8ba9531d42ddaf64cac0d2735ffc";
/// What an error of the server looks like from outside.
pub(crate) const OPAQUE: &str = "Error processing request.";

macro_rules! recorded {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../recorded/", $name, ".json")))
            .unwrap()
    };
}

pub(crate) fn info(version: &str) -> Value {
    match version {
        "10.9" => recorded!("info-10.9"),
        "10.11" => recorded!("info-10.11"),
        "12.0" => recorded!("info-12.0"),
        "starting" => recorded!("info-starting-12.0"),
        other => {
            let mut info = recorded!("info-12.0");
            info["Version"] = json!(other);
            info
        }
    }
}

/// alice, with some fields of her policy changed.
pub(crate) fn alice(policy: &Value) -> Value {
    user(ALICE, "alice", policy)
}

/// A user like alice.
pub(crate) fn user(id: &str, name: &str, policy: &Value) -> Value {
    let mut user = recorded!("user-12.0");
    user["Id"] = json!(id);
    user["Name"] = json!(name);
    for (key, value) in policy.as_object().unwrap() {
        user["Policy"][key] = value.clone();
    }
    user
}

/// The same, never signed in.
pub(crate) fn unused(mut user: Value) -> Value {
    let user_fields = user.as_object_mut().unwrap();
    user_fields.remove("LastLoginDate");
    user_fields.remove("LastActivityDate");
    user
}

/// A successful sign-in of this user with the token `tok`.
pub(crate) fn signed_in(user: &Value) -> Value {
    let mut answer = recorded!("sign-in-12.0");
    answer["User"] = user.clone();
    answer["AccessToken"] = json!("tok");
    answer
}

pub(crate) fn providers() -> Value {
    json!([{"Name": "Default", "Id": "Jellyfin.Server.Implementations.Users.DefaultAuthenticationProvider"}])
}

pub(crate) fn ldap() -> Value {
    json!({"AuthenticationProviderId": "Jellyfin.Plugin.LDAP_Auth.LdapAuthenticationProviderPlugin"})
}

pub(crate) fn keys() -> Value {
    recorded!("keys-12.0")
}

pub(crate) fn devices() -> Value {
    recorded!("devices-10.11")
}

pub(crate) fn home_screen() -> Value {
    recorded!("home-screen-12.0")
}

pub(crate) fn libraries() -> Value {
    recorded!("libraries-12.0")
}

/// A host with the settings filled in.
pub(crate) fn host() -> Script {
    Script::new().setting("url", "http://127.0.0.1:8096").secret("api_key", "0123")
}

/// Answers the version question.
pub(crate) fn on(version: &str) -> Script {
    host().json("GET /System/Info/Public", 200, &info(version))
}
