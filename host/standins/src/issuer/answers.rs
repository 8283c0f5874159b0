//! The endpoints, strict about their clients.

use super::keys;
use super::lies::Lie;
use super::state::{Grant, Shared, State, fresh};
use super::tokens::{self, For};
use crate::loopback::{Asked, Told};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::collections::BTreeMap;

type Form = BTreeMap<String, String>;

pub(super) fn answer(shared: &Shared, asked: &Asked) -> Told {
    let told = match (asked.method.as_str(), asked.path.as_str()) {
        ("GET", "/.well-known/openid-configuration") => discovery(&shared.state()),
        ("GET", "/keys") => published(&shared.state()),
        ("GET", "/authorize") => match authorize(shared, &asked.query) {
            Ok(location) => Told::new(303, "text/plain", "").with("location", &location),
            Err(words) => Told::new(400, "text/plain", words),
        },
        ("POST", "/token") => token(shared, asked),
        ("GET", "/userinfo") => userinfo(&mut shared.state(), asked),
        ("GET", "/end") => Told::new(200, "text/html", "<!doctype html><title>Signed out</title>"),
        _ => {
            let words = format!("{} {} is not there", asked.method, asked.path);
            shared.state().violations.push(words);
            Told::new(404, "text/plain", "not here")
        }
    };
    let request = format!("{} {}", asked.method, asked.path);
    shared.state().requests.push((request, told.status));
    told
}

fn discovery(state: &State) -> Told {
    let url = &state.url;
    let mut document = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/userinfo"),
        "jwks_uri": format!("{url}/keys"),
        "end_session_endpoint": format!("{url}/end"),
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [state.signing().algorithm()],
        "token_endpoint_auth_methods_supported": state.auth_methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    });
    match state.lie {
        Some(Lie::OtherDiscovery) => {
            set(&mut document, "issuer", json!("https://somebody.example"));
        }
        Some(Lie::KeysAtMetadata) => {
            set(&mut document, "jwks_uri", json!("https://169.254.169.254/latest/meta-data"));
        }
        Some(Lie::ScriptForBrowser) => {
            set(&mut document, "authorization_endpoint", json!("javascript:alert(1)//x"));
        }
        Some(Lie::OnlyWeakAlgorithms) => {
            set(&mut document, "id_token_signing_alg_values_supported", json!(["none", "HS256"]));
        }
        Some(Lie::HugeDiscovery) => set(&mut document, "op_policy", json!("x".repeat(1 << 20))),
        Some(Lie::DiscoveryIsHtml) => {
            return Told::new(200, "text/html", "<!doctype html><title>Portal</title>");
        }
        _ => {}
    }
    Told::new(200, "application/json", document.to_string())
}

/// Says it instead.
fn set(document: &mut Value, name: &str, value: Value) {
    if let Some(members) = document.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

fn published(state: &State) -> Told {
    if state.lie == Some(Lie::KeysDown) {
        return Told::new(503, "text/plain", "down".to_owned());
    }
    let mut listed: Vec<Value> = state.keys.iter().map(keys::Key::public).collect();
    listed.push(state.curve.public());
    if state.lie == Some(Lie::NoKeyIdOfSeveral) {
        listed.push(state.stranger.public());
    }
    // What a real one may have besides: a key for another use, and one of a kind nobody knows.
    listed.push(json!({"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"}));
    listed.push(json!({"kty": "future", "kid": "future"}));
    Told::new(200, "application/json", json!({"keys": listed}).to_string())
}

/// The page behind the authorization endpoint, answered at once by who is at the browser.
pub(super) fn authorize(shared: &Shared, query: &str) -> Result<String, String> {
    let now = (shared.now)();
    let mut state = shared.state();
    let asked: Form = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let grant = match requested(&state, &asked, now) {
        Ok(grant) => grant,
        Err(words) => {
            state.violations.push(format!("/authorize: {words}"));
            return Err(words);
        }
    };
    let code = fresh("code");
    let mut back = form_urlencoded::Serializer::new(String::new());
    let sent_state = asked.get("state").map_or("", String::as_str);
    match state.lie {
        Some(Lie::NoState) => {}
        Some(Lie::OtherState) => drop(back.append_pair("state", &keys::fresh())),
        _ => drop(back.append_pair("state", sent_state)),
    }
    match state.lie {
        Some(Lie::NoIssuerInAnswer) => {}
        Some(Lie::OtherIssuerInAnswer) => drop(back.append_pair("iss", "https://somebody.example")),
        _ => drop(back.append_pair("iss", &state.url)),
    }
    if state.lie == Some(Lie::Denied) {
        back.append_pair("error", "access_denied").append_pair("error_description", "<b>no</b>");
    } else {
        back.append_pair("code", &code);
    }
    let location = format!("{}?{}", grant.redirect_uri, back.finish());
    state.codes.insert(code, grant);
    Ok(location)
}

fn requested(state: &State, asked: &Form, now: Timestamp) -> Result<Grant, String> {
    let text = |name: &str| asked.get(name).map_or("", String::as_str);
    let client = state.clients.get(text("client_id")).ok_or("unknown client_id")?;
    let redirect_uri = text("redirect_uri").to_owned();
    if !client.redirect_uris.contains(&redirect_uri) {
        return Err(format!("redirect_uri {redirect_uri} is not registered"));
    }
    let challenge = text("code_challenge").to_owned();
    for (rule, holds) in [
        ("response_type is code", text("response_type") == "code"),
        ("scope has openid", text("scope").split(' ').any(|scope| scope == "openid")),
        ("code_challenge_method is S256", text("code_challenge_method") == "S256"),
        ("code_challenge is a digest", challenge.len() == 43),
        ("state is hard to guess", text("state").len() >= 22),
        ("nonce is hard to guess", text("nonce").len() >= 22),
        ("nothing secret is in the address", !asked.contains_key("client_secret")),
    ] {
        if !holds {
            return Err(format!("not so: {rule}"));
        }
    }
    let subject = state.present.clone().ok_or("nobody is at the browser")?;
    Ok(Grant {
        client: text("client_id").to_owned(),
        redirect_uri,
        challenge,
        nonce: asked.get("nonce").cloned(),
        subject,
        session: fresh("sid"),
        until: now.saturating_add(SignedDuration::from_secs(60)).unwrap_or(now),
        auth_time: now,
    })
}

fn token(shared: &Shared, asked: &Asked) -> Told {
    let now = (shared.now)();
    let mut state = shared.state();
    match state.lie {
        Some(Lie::TokenDown) => return Told::new(500, "text/plain", "down"),
        Some(Lie::TokenElsewhere) => {
            let elsewhere = format!("{}/elsewhere", state.url);
            return Told::new(307, "text/plain", "").with("location", &elsewhere);
        }
        _ => {}
    }
    let sent: Form = form_urlencoded::parse(&asked.body).into_owned().collect();
    let text = |name: &str| sent.get(name).map_or("", String::as_str);
    let Some(client) = proved(&mut state, asked, &sent) else {
        return refused(401, "invalid_client");
    };
    if text("grant_type") != "authorization_code" {
        return refused(400, "unsupported_grant_type");
    }
    // Taken at the first look: a code that is shown twice is good for nothing.
    let Some(grant) = state.codes.remove(text("code")) else {
        return refused(400, "invalid_grant");
    };
    let fits = grant.client == client
        && grant.redirect_uri == text("redirect_uri")
        && now < grant.until
        && keys::challenge(text("code_verifier")) == grant.challenge;
    if !fits {
        state.violations.push("/token: the code is for another attempt".to_owned());
        return refused(400, "invalid_grant");
    }
    let access_token = fresh("access");
    state.access.insert(access_token.clone(), grant.subject.clone());
    let secret = state.clients.get(&client).and_then(|client| client.secret.clone());
    let who = For {
        client: &client,
        secret: secret.as_deref(),
        subject: &grant.subject,
        session: &grant.session,
        nonce: grant.nonce.as_deref(),
        access_token: &access_token,
        auth_time: grant.auth_time,
    };
    let id_token = tokens::id_token(&state, &who, now);
    let mut answer = json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 300,
                            "id_token": id_token});
    if let (Some(Lie::NoIdToken), Some(said)) = (state.lie, answer.as_object_mut()) {
        said.remove("id_token");
    }
    Told::new(200, "application/json", answer.to_string()).with("cache-control", "no-store")
}

/// The client that proved to be one, by the announced way.
fn proved(state: &mut State, asked: &Asked, sent: &Form) -> Option<String> {
    let by_header = asked.header("authorization").strip_prefix("Basic ").and_then(|text| {
        let text = String::from_utf8(STANDARD.decode(text).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((plain(id), Some(plain(secret)), "client_secret_basic"))
    });
    let by_form = || {
        let secret = sent.get("client_secret").cloned();
        let way = if secret.is_some() { "client_secret_post" } else { "none" };
        Some((sent.get("client_id")?.clone(), secret, way))
    };
    let (id, secret, way) = by_header.or_else(by_form)?;
    let client = state.clients.get(&id)?;
    let announced = way == "none" || state.auth_methods.iter().any(|method| method == way);
    if !announced {
        state.violations.push(format!("/token: {way} is not announced"));
        return None;
    }
    (client.secret == secret).then_some(id)
}

fn plain(text: &str) -> String {
    form_urlencoded::parse(format!("x={text}").as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

fn refused(status: u16, error: &str) -> Told {
    Told::new(status, "application/json", json!({"error": error}).to_string())
}

fn userinfo(state: &mut State, asked: &Asked) -> Told {
    match state.lie {
        Some(Lie::UserinfoDown) => return Told::new(500, "text/plain", "down"),
        Some(Lie::UserinfoIsHtml) => return Told::new(200, "text/html", "<!doctype html>"),
        _ => {}
    }
    let shown = asked.header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let Some(subject) = state.access.get(shown) else {
        state.violations.push("/userinfo: no such access token".to_owned());
        return refused(401, "invalid_token");
    };
    let mut said = state.people.get(subject).cloned().unwrap_or_else(|| json!({}));
    let other = state.lie == Some(Lie::OtherPersonInUserinfo);
    set(&mut said, "sub", if other { json!("somebody-else") } else { json!(subject) });
    Told::new(200, "application/json", said.to_string())
}
