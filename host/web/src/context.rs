//! One request, as handlers see it.
//!
//! Guarantees: addresses are made from what is configured, never from what a request claims; a place
//! to go on to is one of ours. Does not: give anybody a right ([`crate::access`] does).

use crate::failure::{Code, Failure};
use crate::input::Input;
use crate::kit::cookies::{self, Keep, NewCookie, SameSite, Transport};
use crate::kit::head::{Captures, Head};
use crate::kit::query::Pairs;
use crate::kit::{Answer, form, json};
use crate::program::Program;
use bytes::Bytes;
use core::net::IpAddr;
use core::time::Duration;
use domain::ids::UserId;
use domain::secret::Secret;
use service::Service;
use service::caller::Caller;
use service::entrance::Asked;
use service::sessions::{Begun, Current, Held};
use std::sync::{Arc, OnceLock};
use views::Views;

/// What a browser keeps to have its own throttle.
const DEVICE_COOKIE: &str = "latchkey-device";
/// What proves that a browser began a sign-up.
const SIGNUP_COOKIE: &str = "latchkey-signup";
/// What a browser holds between its first proof and the second.
const TICKET_COOKIE: &str = "latchkey-ticket";
/// What binds a redirect sign-in to its browser.
const FLOW_COOKIE: &str = "latchkey-flow";
/// By which way somebody last came in with this browser.
const LAST_COOKIE: &str = "latchkey-last";
/// What shows a browser where its person stands who asked to come in.
const WAITING_COOKIE: &str = "latchkey-waiting";
/// The language chosen here.
pub const LANGUAGE_COOKIE: &str = "latchkey-language";
/// The colours chosen here.
pub const THEME_COOKIE: &str = "latchkey-theme";

const WAITING_LIFE: Duration = Duration::from_secs(90 * 86_400);
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// How the request reached us.
#[derive(Debug, Clone)]
pub struct Visit {
    /// The client's address.
    pub client: IpAddr,
    /// Encrypted or not, as the browser sees it.
    pub transport: Transport,
    /// In front of every link: empty, or `/latchkey`.
    pub base: String,
    /// The origin the browser sees, for a host that was found to be ours.
    pub origin: String,
}

/// One request. Cheap to clone.
#[derive(Clone)]
pub struct Ctx {
    /// The program.
    pub program: Program,
    /// Method, path, query, headers.
    pub head: Arc<Head>,
    /// What the path caught.
    pub captures: Captures,
    /// The whole body.
    pub body: Bytes,
    /// How it came.
    pub visit: Visit,
    /// Who is signed in, if anybody.
    pub viewer: Option<Current>,
    /// How many people ask to come in: looked up for an admin's pages only.
    pub waiting: u64,
    /// The pattern of the row that answers, for the log; `-` where there is none.
    pub pattern: &'static str,
    language: OnceLock<String>,
}

impl Ctx {
    /// A request whose row is yet to be found.
    #[must_use]
    pub fn new(program: Program, head: Head, visit: Visit) -> Self {
        Self {
            program,
            head: Arc::new(head),
            captures: Captures::default(),
            body: Bytes::new(),
            visit,
            viewer: None,
            waiting: 0,
            pattern: "-",
            language: OnceLock::new(),
        }
    }

    /// Everything that can be done.
    #[must_use]
    pub fn service(&self) -> &Service {
        self.program.service()
    }

    /// Pages and texts.
    #[must_use]
    pub fn views(&self) -> &Views {
        self.program.views()
    }

    /// Of what gives somebody their own account for good, where a found session must not: whether it is
    /// not about oneself, or one proved lately who one is.
    ///
    /// # Errors
    /// 403 `stale-sign-in`.
    pub fn require_fresh(&self, whose: &UserId) -> Result<(), Failure> {
        let stale = |current: &Current| {
            current.user.id == *whose && !current.session.is_fresh(self.service().now())
        };
        if self.viewer.as_ref().is_some_and(stale) {
            return Err(Failure::of(Code::StaleSignIn));
        }
        Ok(())
    }

    /// Of what a found session must not do to anybody: that whoever is signed in proved lately who they
    /// are, with every factor they have.
    ///
    /// # Errors
    /// 403 `stale-sign-in`.
    pub fn require_recent(&self) -> Result<(), Failure> {
        match &self.viewer {
            Some(current) => self.require_fresh(&current.user.id),
            None => Ok(()),
        }
    }

    /// A part of the path.
    #[must_use]
    pub fn part(&self, name: &str) -> &str {
        self.captures.get(name)
    }

    /// The form in the body.
    ///
    /// # Errors
    /// 415.
    pub fn form(&self) -> Result<Pairs, Failure> {
        Ok(form::parse(&self.head.headers, &self.body)?)
    }

    /// The JSON object in the body.
    ///
    /// # Errors
    /// 415, 400.
    pub fn json(&self) -> Result<Input, Failure> {
        Ok(Input::of_json(json::parse(&self.head.headers, &self.body)?))
    }

    /// A cookie of ours, by its name without prefix.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        cookies::find(&self.head.headers, self.visit.transport, name)
    }

    /// The sender, as throttles and the activity see them.
    #[must_use]
    pub fn caller(&self) -> Caller {
        let agent = self.head.header(http::header::USER_AGENT).unwrap_or_default();
        Caller::new(self.visit.client, agent, self.cookie(DEVICE_COOKIE).map(Secret::new))
    }

    /// The proof that this browser began a sign-up.
    #[must_use]
    pub fn signup_token(&self) -> Option<Secret> {
        self.cookie(SIGNUP_COOKIE).map(Secret::new)
    }

    /// A path of ours, as a browser must ask for it.
    #[must_use]
    pub fn link(&self, path: &str) -> String {
        format!("{}{path}", self.visit.base)
    }

    /// The answer that leads there with GET.
    #[must_use]
    pub fn go(&self, path: &str) -> Answer {
        Answer::see_other(&self.link(path))
    }

    /// A whole address to hand to somebody: below `public_url`; until that is set, below the address
    /// this request came to, which is one of ours.
    #[must_use]
    pub fn address(&self, path: &str) -> String {
        let settled = self.service().settings();
        match &settled.settings.server.public_url {
            Some(url) => format!("{}{path}", url.as_str().trim_end_matches('/')),
            None => format!("{}{}{path}", self.visit.origin, self.visit.base),
        }
    }

    /// The language of the answer: `?lang`, the cookie, what the browser accepts, the settings.
    #[must_use]
    pub fn language(&self) -> &str {
        self.language.get_or_init(|| self.choose_language())
    }

    fn choose_language(&self) -> String {
        let settled = self.service().settings();
        let asked = self.head.query.get("lang").map(str::to_owned);
        let chosen = self.cookie(LANGUAGE_COOKIE);
        let mut wanted: Vec<String> = asked.into_iter().chain(chosen).collect();
        wanted.extend(self.head.languages());
        wanted.push(settled.settings.dates.language.clone());
        self.views().catalogue().choose(wanted.iter().map(String::as_str)).to_owned()
    }

    /// A text from the catalogue, in the answer's language.
    #[must_use]
    pub fn text(&self, key: &str, args: &[(&str, views::Arg<'_>)]) -> String {
        self.views().catalogue().text(self.language(), key, args)
    }

    /// Sets what a browser keeps of a session that has just begun.
    #[must_use]
    pub fn hand_over(&self, answer: Answer, begun: &Begun) -> Answer {
        let Held::Browser { cookie, until } = &begun.held else { return answer };
        let now = self.service().now();
        let keep =
            until.map_or(Keep::Session, |end| Keep::For(service::clock::time_from(now, end)));
        let name = crate::guard::credential::SESSION_COOKIE;
        let answer = answer.cookie(self.visit.transport, &lax(name, cookie.expose(), keep));
        answer.cookie(
            self.visit.transport,
            &lax(DEVICE_COOKIE, begun.device.expose(), Keep::For(YEAR)),
        )
    }

    /// Sets the proof that this browser began a sign-up.
    #[must_use]
    pub fn hand_over_signup(&self, answer: Answer, token: &Secret) -> Answer {
        let day = Duration::from_secs(86_400);
        answer.cookie(self.visit.transport, &lax(SIGNUP_COOKIE, token.expose(), Keep::For(day)))
    }

    /// Sets what a browser shows with its second proof.
    #[must_use]
    pub fn hand_over_ticket(&self, answer: Answer, asked: &Asked) -> Answer {
        let left = service::clock::time_from(self.service().now(), asked.expires_at);
        let cookie = lax(TICKET_COOKIE, asked.ticket.expose(), Keep::For(left));
        answer.cookie(self.visit.transport, &cookie)
    }

    /// What this browser was given between its first proof and the second.
    #[must_use]
    pub fn ticket(&self) -> Option<Secret> {
        self.cookie(TICKET_COOKIE).map(Secret::new)
    }

    /// Sets what binds a redirect sign-in to this browser.
    #[must_use]
    pub fn hand_over_flow(&self, answer: Answer, browser: &Secret, left: Duration) -> Answer {
        let cookie = lax(FLOW_COOKIE, browser.expose(), Keep::For(left));
        answer.cookie(self.visit.transport, &cookie)
    }

    /// What binds a redirect sign-in to this browser.
    #[must_use]
    pub fn flow(&self) -> Option<Secret> {
        self.cookie(FLOW_COOKIE).map(Secret::new)
    }

    /// Takes the flow's cookie away.
    #[must_use]
    pub fn take_back_flow(&self, answer: Answer) -> Answer {
        answer.cookie(self.visit.transport, &lax(FLOW_COOKIE, "", Keep::Drop))
    }

    /// Remembers by which way somebody came in, for the login page to show it first.
    #[must_use]
    pub fn remember_way(&self, answer: Answer, provider: &str) -> Answer {
        self.remember(answer, LAST_COOKIE, provider)
    }

    /// By which way somebody last came in with this browser.
    #[must_use]
    pub fn last_way(&self) -> Option<String> {
        self.cookie(LAST_COOKIE)
    }

    /// Takes the ticket's cookie away.
    #[must_use]
    pub fn take_back_ticket(&self, answer: Answer) -> Answer {
        answer.cookie(self.visit.transport, &lax(TICKET_COOKIE, "", Keep::Drop))
    }

    /// The answer that leads to where somebody stands who waits for an admin, and what shows it to their
    /// browser: only for somebody who has just proved who they are.
    #[must_use]
    pub fn wait_for_word(&self, user: &UserId) -> Answer {
        let note = service::approvals::note_for(self.service(), user);
        let cookie = lax(WAITING_COOKIE, note.expose(), Keep::For(WAITING_LIFE));
        self.go("/pending").cookie(self.visit.transport, &cookie)
    }

    /// What shows this browser where its person stands.
    #[must_use]
    pub fn waiting_note(&self) -> Option<Secret> {
        self.cookie(WAITING_COOKIE).map(Secret::new)
    }

    /// Takes the session's cookie away.
    #[must_use]
    pub fn take_back(&self, answer: Answer) -> Answer {
        let name = crate::guard::credential::SESSION_COOKIE;
        answer.cookie(self.visit.transport, &lax(name, "", Keep::Drop))
    }

    /// Remembers a choice that is no secret.
    #[must_use]
    pub fn remember(&self, answer: Answer, name: &str, value: &str) -> Answer {
        answer.cookie(self.visit.transport, &lax(name, value, Keep::For(YEAR)))
    }
}

/// A cookie that also comes along when somebody follows a link to us.
#[must_use]
pub fn lax<'a>(name: &'a str, value: &'a str, keep: Keep) -> NewCookie<'a> {
    NewCookie { name, value, keep, same_site: SameSite::Lax }
}

/// `next`, where it is a path of ours and nothing else: one slash, no backslash, no control
/// characters, nothing that a browser could read as another host.
#[must_use]
pub fn own_path(next: &str) -> Option<&str> {
    let plain = next.starts_with('/')
        && !next.starts_with("//")
        && next.len() <= 2_000
        && !next.contains(|c: char| c == '\\' || c.is_control() || c.is_whitespace());
    // The parser is the browsers' own (WHATWG): whatever it makes of the text must stay with us.
    let here = url::Url::parse("https://here.invalid/").ok()?;
    let joined = here.join(next).ok()?;
    (plain && joined.origin() == here.origin()).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_ours_may_come_next() {
        for good in ["/", "/admin", "/admin/people?q=a%20b&state=active", "/a#b", "/x//y"] {
            assert_eq!(own_path(good), Some(good));
        }
        let bad = [
            "",
            "admin",
            "//evil.org",
            "///evil.org",
            "/\\evil.org",
            "\\/evil.org",
            "https://evil.org",
            "https:evil.org",
            "/\tevil",
            "/\n/evil.org",
            " /admin",
            "javascript:alert(1)",
            "/a b",
            "/\u{0}",
            "/\u{a0}x",
        ];
        for next in bad {
            assert_eq!(own_path(next), None, "{next:?}");
        }
    }
}
