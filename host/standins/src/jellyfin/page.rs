//! The demo's page: which accounts there are, and a form that really checks a password.
//!
//! For people who try Latchkey out: an invited account can be seen and signed in to. A real
//! Jellyfin has nothing of this kind, so the page exists in demo mode only.

use serde_json::Value;

use super::authorization::Caller;
use super::password;
use super::sign_in::{Purpose, check_password};
use super::state::{State, User};
use super::wire::{Answer, Call, Outcome};

const STYLE: &str = include_str!("data/page.css");

enum Notice {
    None,
    Welcome(String),
    Refused,
    /// What the forgot button did, as Jellyfin's own dialog would say it.
    Forgot(String),
    /// The file could not be written.
    NoFile,
}

/// `GET /web/`
pub(super) fn show(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(render(state, 200, &Notice::None))
}

/// `POST /web/`: the form.
pub(super) fn sign_in(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let sent: Vec<(String, String)> = form_urlencoded::parse(&call.body).into_owned().collect();
    let value = |name: &str| {
        sent.iter().find(|(key, _)| key == name).map_or_else(String::new, |(_, v)| v.clone())
    };
    let checked = check_password(state, call, &value("name"), &value("password"), Purpose::Session);
    Ok(match checked {
        Ok(user) => render(state, 200, &Notice::Welcome(user.name)),
        Err(refusal) => render(state, refusal.status, &Notice::Refused).after(refusal.delay),
    })
}

/// `POST /web/forgot`: the button. Like Jellyfin's own dialog it says where the file is, for every name.
pub(super) fn forgot(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let mut sent = form_urlencoded::parse(&call.body);
    let name =
        sent.find(|(key, _)| key == "name").map_or_else(String::new, |(_, v)| v.into_owned());
    if name.trim().is_empty() {
        return Ok(render(state, 400, &Notice::None));
    }
    let known = state.user_named(&name).is_some();
    let (file, reset) = password::compose(state, &name, call.now);
    if known && password::write(state, &file, &reset).is_err() {
        return Ok(render(state, 500, &Notice::NoFile));
    }
    Ok(render(state, 200, &Notice::Forgot(reset.path)))
}

/// What the admin, or Latchkey for them, put on the login page. It comes from this double's own API.
fn disclaimer(state: &State) -> &str {
    state.branding.get("LoginDisclaimer").and_then(Value::as_str).unwrap_or_default()
}

fn render(state: &State, status: u16, notice: &Notice) -> Answer {
    let mut users: Vec<&User> = state.users.iter().collect();
    users.sort_by_key(|user| user.name.to_lowercase());
    let cards: String = users.iter().map(|user| card(state, user)).collect();
    let cards = if cards.is_empty() {
        "<p class=\"quiet\">There are no accounts yet.</p>".to_owned()
    } else {
        format!("<ul>{cards}</ul>")
    };
    let words = match notice {
        Notice::None => String::new(),
        Notice::Welcome(name) => format!(
            "<p class=\"yes\" role=\"status\">The password is right. <strong>{}</strong> is signed in.</p>",
            escape(name)
        ),
        Notice::Forgot(path) => format!(
            "<p class=\"yes\" role=\"status\">If there is such an account, a PIN stands in \
             <strong>{}</strong> now. It is good for 30 minutes.</p>",
            escape(path)
        ),
        Notice::NoFile => {
            "<p class=\"no\" role=\"alert\">The reset file could not be written.</p>".to_owned()
        }
        Notice::Refused => {
            "<p class=\"no\" role=\"alert\">That name and password do not open an account here.</p>"
                .to_owned()
        }
    };
    let (signed_in, forgot) = match notice {
        Notice::Forgot(_) | Notice::NoFile => ("", words.as_str()),
        Notice::None | Notice::Welcome(_) | Notice::Refused => (words.as_str(), ""),
    };
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Stand-in Jellyfin</title>\
         <style>{STYLE}</style></head><body><main><header><h1>Stand-in Jellyfin</h1>\
         <p class=\"quiet\">Plays Jellyfin {version} for Latchkey's demo. Nothing here is kept.</p></header>\
         <section aria-labelledby=\"s\"><h2 id=\"s\">Sign in</h2>{signed_in}\
         <form method=\"post\" action=\"/web/\"><label>Name<input name=\"name\" autocomplete=\"username\" \
         autocapitalize=\"none\" required></label><label>Password<input name=\"password\" \
         type=\"password\" autocomplete=\"current-password\"></label>\
         <button>Sign in</button></form><div class=\"disclaimer\">{disclaimer}</div></section>\
         <section aria-labelledby=\"f\"><h2 id=\"f\">Forgot password</h2>\
         <p class=\"quiet\">As Jellyfin does in the home network: it writes a file with a PIN into its \
         data folder, where Latchkey can find it.</p>{forgot}\
         <form method=\"post\" action=\"/web/forgot\"><label>Name<input name=\"name\" \
         autocomplete=\"username\" autocapitalize=\"none\" required></label>\
         <button>Forgot password</button></form></section>\
         <section aria-labelledby=\"a\"><h2 id=\"a\">Accounts</h2>{cards}</section></main></body></html>",
        version = state.release.version(),
        disclaimer = disclaimer(state),
    );
    Answer::html(status, page)
        .with("cache-control", "no-store")
        .with(
            "content-security-policy",
            "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'",
        )
}

fn card(state: &State, user: &User) -> String {
    let mut badges = String::new();
    let mut badge = |kind: &str, text: &str| {
        badges.push_str("<span class=\"badge ");
        badges.push_str(kind);
        badges.push_str("\">");
        badges.push_str(text);
        badges.push_str("</span>");
    };
    if user.is("IsDisabled") {
        badge("off", "Disabled");
    } else {
        badge("on", "Enabled");
    }
    if user.is("IsAdministrator") {
        badge("admin", "Administrator");
    }
    if !user.has_password() {
        badge("off", "No password");
    }
    format!(
        "<li><h3>{name}</h3><p>{badges}</p><dl><dt>Libraries</dt><dd>{libraries}</dd>\
         <dt>Created</dt><dd>{created} UTC</dd></dl></li>",
        name = escape(&user.name),
        libraries = escape(&libraries(state, user)),
        created = user.created.strftime("%Y-%m-%d %H:%M"),
    )
}

fn libraries(state: &State, user: &User) -> String {
    if user.is("EnableAllFolders") {
        return "All".to_owned();
    }
    let ids = user.policy.get("EnabledFolders").and_then(Value::as_array);
    let names: Vec<String> = ids
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| {
            let known = state.libraries.iter().find(|library| library.id() == id);
            known.map_or_else(|| "an unknown one".to_owned(), |library| library.name.clone())
        })
        .collect();
    if names.is_empty() { "None".to_owned() } else { names.join(", ") }
}

fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut safe, sign| {
        match sign {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(sign),
        }
        safe
    })
}
