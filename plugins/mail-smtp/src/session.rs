//! From nothing to a session in which mail may be handed over: connect, banner, hello, encryption,
//! sign-in.
//!
//! STARTTLS is demanded, never merely tried: a server that does not offer it is a fault, and nothing
//! that was learnt in the open counts afterwards. The password is never sent in the open unless the
//! admin said so or the server is this machine.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::FailureKind;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::notify::Outcome;
use latchkey_sdk::tcp::Security;

use crate::conversation::{Conversation, PATIENCE_MS};
use crate::explain::{self, Moment};
use crate::offered::Offered;
use crate::reply::{Class, Reply};
use crate::server::{self, Encryption, Server};
use crate::sign_in;
use crate::steps::{Ended, Steps, passed};

/// The steps of [`open`] as a rehearsal names them.
#[must_use]
pub fn planned(server: &Server) -> Vec<&'static str> {
    let mut planned = vec!["connect", "banner", "hello"];
    if server.encryption == Encryption::StartTls {
        planned.extend(["start-tls", "certificate", "hello-again"]);
    }
    if server.username.is_some() {
        planned.push("sign-in");
    }
    planned
}

/// A session in which a message may be handed over.
pub struct Session<'a, L: Lent> {
    /// The conversation.
    pub talk: Conversation<'a, L>,
    /// What the server can do.
    pub offered: Offered,
}

/// Opens a session; every step is told to `steps`.
///
/// # Errors
/// The first step that did not end well, in words.
pub fn open<'a, L: Lent>(
    lent: &'a L,
    server: &Server,
    hello_name: &str,
    steps: &mut Steps<'a, L>,
) -> Result<Session<'a, L>, Fault> {
    let mut talk = steps.first("connect", || connect(lent, server))?;
    steps.next("banner", &mut talk, |talk| banner(lent, talk, server))?;
    let mut offered = steps.next("hello", &mut talk, |talk| hello(talk, hello_name, server))?;
    if server.encryption == Encryption::StartTls {
        steps.next("start-tls", &mut talk, |talk| start_tls(talk, &offered, server))?;
        steps.next("certificate", &mut talk, secure)?;
        offered = steps.next("hello-again", &mut talk, |talk| hello(talk, hello_name, server))?;
    }
    if let Some(username) = &server.username {
        steps.next("sign-in", &mut talk, |talk| {
            server::may_sign_in(server)?;
            sign_in::sign_in(lent, talk, &offered, username, server)
        })?;
    }
    Ok(Session { talk, offered })
}

fn connect<'a, L: Lent>(lent: &'a L, server: &Server) -> Ended<Conversation<'a, L>> {
    let (security, how) = match server.encryption {
        Encryption::Tls => (Security::Tls, "encrypted, and the certificate fits"),
        Encryption::StartTls => (Security::Plain, "in the open, to be encrypted next"),
        Encryption::None => (Security::Plain, "in the open"),
    };
    let talk = Conversation::open(lent, security)
        .map_err(|failure| explain::unconnected(&failure, server))?;
    let detail = format!("connected to {} port {}, {how}", server.host, server.port);
    if server.encryption == Encryption::None && !server.is_loopback() {
        let detail = format!("{detail}: whoever is in between can read every mail");
        return Ok((talk, Outcome::Warned, detail));
    }
    passed(talk, detail)
}

/// Some servers let strangers wait for their first words, and one that waits for TLS never says any. After
/// this long it is looked into which of the two it is.
const FIRST_WORDS_MS: u32 = 4_000;

fn banner<L: Lent>(lent: &L, talk: &mut Conversation<'_, L>, server: &Server) -> Ended<()> {
    let reply = first_words(lent, talk, server)?;
    match reply.class() {
        Class::Done => passed((), reply.words()),
        Class::GoOn | Class::Later | Class::Never => {
            Err(explain::refused(Moment::Banner, &reply, server))
        }
    }
}

/// A second connection, with TLS, tells a server that waits for TLS from a slow one.
fn first_words<L: Lent>(
    lent: &L,
    talk: &mut Conversation<'_, L>,
    server: &Server,
) -> Result<Reply, Fault> {
    if server.encryption == Encryption::Tls {
        return talk.listen();
    }
    talk.be_patient_for(FIRST_WORDS_MS);
    let heard = talk.listen();
    talk.be_patient_for(PATIENCE_MS);
    match heard {
        Err(fault) if fault.code == "net.timed-out" => {
            let failure = Conversation::open(lent, Security::Tls).err().map(|failure| failure.kind);
            // Who shows a certificate, even one that is not believed, speaks TLS.
            if matches!(failure, None | Some(FailureKind::Certificate)) {
                return Err(explain::waits_for_tls(server));
            }
            talk.listen().map_err(|fault| explain::speechless(fault, server))
        }
        heard => heard.map_err(|fault| explain::speechless(fault, server)),
    }
}

/// EHLO, and HELO for a server that knows no better.
fn hello<L: Lent>(talk: &mut Conversation<'_, L>, name: &str, server: &Server) -> Ended<Offered> {
    let reply = talk.say(&format!("EHLO {name}"))?;
    if reply.class() == Class::Done {
        let offered = Offered::of(&reply);
        let detail = format!("said hello as {name}; it offers {}", offered.keywords().join(", "));
        return passed(offered, detail);
    }
    if !matches!(reply.code, 500 | 502 | 504 | 550) {
        return Err(explain::refused(Moment::Hello, &reply, server));
    }
    let reply = talk.say(&format!("HELO {name}"))?;
    match reply.class() {
        Class::Done => passed(Offered::default(), format!("said hello as {name}, the old way")),
        Class::GoOn | Class::Later | Class::Never => {
            Err(explain::refused(Moment::Hello, &reply, server))
        }
    }
}

fn start_tls<L: Lent>(
    talk: &mut Conversation<'_, L>,
    offered: &Offered,
    server: &Server,
) -> Ended<()> {
    if !offered.has("STARTTLS") {
        let detail = "the server offers no STARTTLS, so nothing was sent: tls goes with port 465; \
            none is for a server of your own";
        return Err(
            Fault::new(Kind::Misconfigured, "mail-smtp.no-starttls", detail).about("security")
        );
    }
    let reply = talk.say("STARTTLS")?;
    match reply.class() {
        Class::Done => passed((), "the server begins encryption"),
        Class::GoOn | Class::Later | Class::Never => {
            Err(explain::refused(Moment::StartTls, &reply, server))
        }
    }
}

fn secure<L: Lent>(talk: &mut Conversation<'_, L>) -> Ended<()> {
    talk.start_tls().map_err(|failure| explain::unsecured(&failure))?;
    passed((), "encrypted, and the certificate fits")
}
