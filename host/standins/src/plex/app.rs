//! The auth page: who are you, and may this app know?
//!
//! Like Plex's own it finds what was asked in the address's fragment, which no server sees, so it needs
//! script; it sends the browser back only once somebody approved, and adds nothing to the address. It asks for
//! no password: whoever presses a name is that person.

use super::admission::Caller;
use super::options::Mode;
use super::people::{Account, OWNER};
use super::pins;
use super::state::{Pin, State};
use super::wire::{Answer, Call, Outcome};
use super::xml::escape;

const STYLE: &str = include_str!("data/page.css");
const SCRIPT: &str = include_str!("data/page.js");

/// What an address of the auth page asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    pub(super) client: String,
    pub(super) code: String,
    pub(super) forward: Option<String>,
    pub(super) product: String,
}

impl Wish {
    /// Reads `https://app.plex.tv/auth#?clientID=..&code=..`, also written `auth/#!?`; a code alone is one
    /// too.
    pub(super) fn read(text: &str) -> Wish {
        let Some((_, fragment)) = text.split_once('#') else {
            return Wish { code: text.to_owned(), ..Wish::default() };
        };
        let fields = fragment.trim_start_matches(['!', '/', '?']);
        Wish::of(form_urlencoded::parse(fields.as_bytes()).into_owned())
    }

    fn of(fields: impl Iterator<Item = (String, String)>) -> Wish {
        let mut wish = Wish::default();
        for (key, value) in fields {
            match key.as_str() {
                "clientID" => wish.client = value,
                "code" => wish.code = value,
                "forwardUrl" if !value.is_empty() => wish.forward = Some(value),
                "context[device][product]" => wish.product = value,
                _ => {}
            }
        }
        wish
    }
}

enum Notice {
    None,
    Done,
    Cancelled,
    Unknown,
}

/// `GET /`: who is who, and who has not accepted yet.
pub(super) fn root(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let who = if state.options.mode == Mode::Demo { who_is_who(state) } else { String::new() };
    let waiting = state.shares.iter().filter(|share| share.accepted.is_none());
    let invited = waiting.filter_map(|share| state.account(share.person?));
    let buttons: String = invited.map(|account| button(account, "Accept the invitation")).collect();
    let form = if buttons.is_empty() {
        String::new()
    } else {
        format!("<form method=\"post\" action=\"/accept\"><ul>{buttons}</ul></form>")
    };
    Ok(page(200, &format!("<p class=\"quiet\">Plays Plex for Latchkey.</p>{form}{who}")))
}

/// `POST /accept`: what Plex's own app has for somebody who is invited.
pub(super) fn accept(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let form = call.form();
    let person = form.iter().find(|(key, _)| key == "person").map(|(_, value)| value.as_str());
    let account = person.and_then(|name| state.named(name)).map(|account| account.id);
    let share = account.and_then(|id| state.share_of(id)).map(|share| share.id);
    if let Some(id) = share {
        state.accept(id, call.now);
    }
    Ok(Answer::empty(303).with("location", "/"))
}

/// `GET /auth`
pub(super) fn show(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(render(state, 200, &Notice::None))
}

/// `POST /auth`: somebody pressed a button.
pub(super) fn decide(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let form = call.form();
    let person = form.iter().find(|(key, _)| key == "person").map(|(_, value)| value.as_str());
    let wish = Wish::of(form.clone().into_iter());
    let asked = |pin: &Pin| pin.code == wish.code && pin.client == wish.client;
    if !state.pins.iter().any(asked) {
        return Ok(render(state, 404, &Notice::Unknown));
    }
    let Some(person) = person.filter(|person| !person.is_empty()) else {
        // A cancel leaves the person here; the app hears nothing of it.
        return Ok(render(state, 200, &Notice::Cancelled));
    };
    let known = state.named(person).filter(|account| !account.managed).map(|account| account.id);
    let linked = known.and_then(|id| pins::link(state, &wish.code, id, call.now));
    if linked.is_none() {
        return Ok(render(state, 404, &Notice::Unknown));
    }
    let web = |url: &&String| url.starts_with("http://") || url.starts_with("https://");
    Ok(match wish.forward.as_ref().filter(web) {
        Some(url) => Answer::empty(303).with("location", url.clone()),
        None => render(state, 200, &Notice::Done),
    })
}

fn render(state: &State, status: u16, notice: &Notice) -> Answer {
    let words = match notice {
        Notice::None => return page(status, &form(state)),
        Notice::Done => {
            "<p class=\"yes\" role=\"status\">You are signed in. You may close this page.</p>"
        }
        Notice::Cancelled => "<p class=\"no\" role=\"status\">You did not sign in.</p>",
        Notice::Unknown => {
            "<p class=\"no\" role=\"alert\">This sign-in is unknown or too old. Begin again in the app.</p>"
        }
    };
    page(status, words)
}

fn form(state: &State) -> String {
    let with_account = |account: &&Account| !account.managed;
    let buttons = state.people.iter().filter(with_account);
    let buttons: String = buttons.map(|account| button(account, "Sign in")).collect();
    format!(
        "<p id=\"who\" class=\"quiet\">An app wants to know who you are.</p>\
         <noscript><p class=\"no\">This page needs script, as Plex's own does.</p></noscript>\
         <form method=\"post\" action=\"/auth\"><input type=\"hidden\" name=\"clientID\">\
         <input type=\"hidden\" name=\"code\"><input type=\"hidden\" name=\"forwardUrl\">\
         <ul>{buttons}</ul><button class=\"plain\" name=\"person\" value=\"\">Cancel</button></form>\
         {who}<script>{SCRIPT}</script>",
        who = if state.options.mode == Mode::Demo { who_is_who(state) } else { String::new() },
    )
}

fn button(account: &Account, deed: &str) -> String {
    let name = escape(&account.title);
    format!("<li><button name=\"person\" value=\"{name}\">{deed} as {name}</button></li>")
}

fn who_is_who(state: &State) -> String {
    let row = |account: &Account| {
        let pin = account.pin.as_deref().map_or_else(|| "none".to_owned(), escape);
        let what = match (account.id, account.managed, account.home) {
            (OWNER, _, _) => "owns the server and the home",
            (_, true, _) => "a profile of the home, without an account",
            (_, false, true) => "of the home",
            _ => match state.share_of(account.id).map(|share| share.accepted.is_some()) {
                Some(true) => "the server is shared with them",
                Some(false) => "invited, and has not accepted",
                None => "no access to the server",
            },
        };
        format!("<tr><td>{}</td><td>{what}</td><td>{pin}</td></tr>", escape(&account.title))
    };
    let rows: String = state.people.iter().map(row).collect();
    format!(
        "<table><thead><tr><th>Person</th><th>Is</th><th>Profile PIN</th></tr></thead>\
         <tbody>{rows}</tbody></table>"
    )
}

fn page(status: u16, body: &str) -> Answer {
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>Stand-in Plex</title>\
         <style>{STYLE}</style></head><body><main><h1>Stand-in Plex</h1>{body}</main></body></html>"
    );
    let policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                  base-uri 'none'; frame-ancestors 'none'";
    Answer::html(status, page)
        .with("cache-control", "no-store")
        .with("content-security-policy", policy)
        // As Plex's page does; an opener learns nothing (seerr 2896, 2939).
        .with("cross-origin-opener-policy", "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_the_auth_address_are_read() {
        for url in [
            "https://app.plex.tv/auth#?clientID=lk-1&code=abc&forwardUrl=https%3A%2F%2Fl.example%2Fx",
            "https://app.plex.tv/auth/#!?clientID=lk-1&code=abc&forwardUrl=https%3A%2F%2Fl.example%2Fx",
        ] {
            let wish = Wish::read(url);
            assert_eq!((wish.client.as_str(), wish.code.as_str()), ("lk-1", "abc"));
            assert_eq!(wish.forward.as_deref(), Some("https://l.example/x"));
        }
        assert_eq!(Wish::read("Q7KD").code, "Q7KD");
    }
}
