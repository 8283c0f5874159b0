//! The classic faults, in words that say what to change.
//!
//! Looks at what a server said and at the settings; decides nothing. Sources: RFC 3463 and 4954, the
//! answers of Gmail, Microsoft 365, Exim and Postfix, and what admins of neighbours ran into.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::{Failure, FailureKind, fault_of};

use crate::reply::{Class, Reply};
use crate::server::{Encryption, Server};

/// How far the conversation was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The first words of the server.
    Banner,
    /// EHLO or HELO.
    Hello,
    /// STARTTLS.
    StartTls,
    /// AUTH.
    SignIn,
    /// MAIL FROM.
    Sender,
    /// RCPT TO.
    Recipient,
    /// DATA and what follows.
    Data,
}

impl Moment {
    fn subject(self) -> &'static str {
        match self {
            Self::Banner => "the server does not want to talk",
            Self::Hello => "the server does not take our hello",
            Self::StartTls => "the server does not begin encryption",
            Self::SignIn => "the server refuses the sign-in",
            Self::Sender => "the server does not take the sender",
            Self::Recipient => "the server does not take the recipient",
            Self::Data => "the server does not take the message",
        }
    }
}

/// What happened and what to change, as one sentence.
#[must_use]
pub fn words(moment: Moment, reply: &Reply, server: &Server) -> String {
    let happened = format!("{}: \"{}\"", moment.subject(), reply.words());
    match advice(moment, reply, server) {
        Some(advice) => format!("{happened}; {advice}"),
        None if reply.class() == Class::Later => format!("{happened}; it may do so later"),
        None => happened,
    }
}

fn advice(moment: Moment, reply: &Reply, server: &Server) -> Option<&'static str> {
    let said = reply.lower();
    let has = |any: &[&str]| any.iter().any(|one| said.contains(one));
    if has(&[
        "basic authentication is disabled",
        "5.7.30",
        "5.7.139",
        "basic authentication is not supported",
    ]) {
        return Some(
            "Microsoft has switched sign-in by password off for this account: allow authenticated SMTP \
             for it, or use another mail server",
        );
    }
    if has(&["starttls", "encryption required"]) && server.encryption == Encryption::None {
        return Some("the server wants encryption first: choose starttls");
    }
    match moment {
        Moment::SignIn => sign_in(&has, reply, server),
        Moment::Hello => Some("fill in a name to say hello with that exists in the DNS"),
        _ if has(&["helo", "ehlo"]) => {
            Some("fill in a name to say hello with that exists in the DNS")
        }
        _ if reply.code == 530 || has(&["authentication required", "auth required"]) => {
            Some("the server wants a sign-in: fill in user name and password")
        }
        Moment::Recipient if has(&["relay", "not permitted", "5.7.54"]) => Some(
            "the server takes mail for others only from those who sign in, or only from known networks",
        ),
        Moment::Recipient
            if reply.class() == Class::Later && has(&["grey", "gray", "try again"]) =>
        {
            Some("it lets strangers wait at first; another attempt will do")
        }
        Moment::Sender | Moment::Data
            if has(&["not owned", "not allowed", "not authorized", "send as", "sendas"]) =>
        {
            Some("the sender's address must be one that this account may send from")
        }
        Moment::Sender if has(&["size"]) => Some("the message is too large for it"),
        _ => None,
    }
}

fn sign_in(has: &impl Fn(&[&str]) -> bool, reply: &Reply, server: &Server) -> Option<&'static str> {
    let host = server.host.to_ascii_lowercase();
    if has(&["application-specific", "app password", "5.7.9", "invalidsecondfactor"])
        || (reply.code == 535 && (host.ends_with("gmail.com") || host.ends_with("google.com")))
    {
        return Some(
            "it wants an app password: switch two-step verification on in the account and make one for \
             this program",
        );
    }
    if reply.code == 535
        && ["mail.me.com", "yahoo.com", "icloud.com"].iter().any(|name| host.ends_with(name))
    {
        return Some("it wants an app password, made in the account's security settings");
    }
    match reply.code {
        535 => {
            Some("user name or password is wrong; the user name is often the whole mail address")
        }
        538 => Some("the server wants encryption first: choose starttls or tls"),
        454 => Some("the server cannot check passwords at the moment"),
        _ => None,
    }
}

/// The fault for an answer that ends the conversation before any message.
#[must_use]
pub fn refused(moment: Moment, reply: &Reply, server: &Server) -> Fault {
    let detail = words(moment, reply, server);
    let later = reply.class() == Class::Later;
    let (kind, code) = match moment {
        _ if later => (Kind::Unavailable, "mail-smtp.later"),
        _ if reply.code == 530 => (Kind::Misconfigured, "mail-smtp.sign-in-needed"),
        Moment::Hello => (Kind::Misconfigured, "mail-smtp.hello"),
        Moment::StartTls => (Kind::Misconfigured, "mail-smtp.no-starttls"),
        Moment::SignIn => (Kind::CredentialRejected, "mail-smtp.sign-in"),
        Moment::Banner | Moment::Sender | Moment::Recipient | Moment::Data => {
            (Kind::Forbidden, "mail-smtp.refused")
        }
    };
    Fault::new(kind, code, detail).status(reply.code)
}

/// The fault for a connection that was not made. Where TLS was to come first, a server that begins
/// in the open is told apart.
#[must_use]
pub fn unconnected(failure: &Failure, server: &Server) -> Fault {
    // A slow server on the port of TLS is slow; elsewhere it waits for us to begin in the open.
    let broke = match failure.kind {
        FailureKind::Protocol | FailureKind::Closed => true,
        FailureKind::TimedOut => server.port != 465,
        _ => false,
    };
    if server.encryption == Encryption::Tls && broke {
        let detail = format!(
            "what answers on port {} does not begin with TLS ({}): tls goes with port 465, starttls with \
             587 and 25",
            server.port, failure.detail
        );
        return Fault::new(Kind::Misconfigured, "mail-smtp.not-tls", detail).about("security");
    }
    with_certificate_advice(fault_of(failure, false))
}

/// The fault for a handshake that failed.
#[must_use]
pub fn unsecured(failure: &Failure) -> Fault {
    if failure.kind == FailureKind::Protocol {
        let detail = format!("encryption did not begin: {}", failure.detail);
        return Fault::new(Kind::BadReply, "mail-smtp.handshake", detail);
    }
    with_certificate_advice(fault_of(failure, false))
}

fn with_certificate_advice(fault: Fault) -> Fault {
    if fault.code != "net.certificate" {
        return fault;
    }
    let detail = format!(
        "{}; fill in the server's name as it stands in its certificate, or trust this certificate by its \
         fingerprint",
        fault.detail
    );
    Fault { detail, ..fault }.about("host")
}

/// The fault where the server said nothing at first: it may be waiting for TLS.
#[must_use]
pub fn speechless(fault: Fault, server: &Server) -> Fault {
    if server.encryption == Encryption::Tls || fault.code == "mail-smtp.no-smtp" {
        return fault;
    }
    if server.port == 465 {
        return waits_for_tls(server);
    }
    let detail = format!("the server said nothing ({}); {WAITING}", fault.detail);
    Fault { detail, ..fault }
}

const WAITING: &str =
    "a server that waits for TLS says nothing: port 465 goes with tls, 587 and 25 with starttls";

/// The fault where the server waits for TLS and we for its first words.
#[must_use]
pub fn waits_for_tls(server: &Server) -> Fault {
    let detail = format!("port {} of {} waits for TLS: {WAITING}", server.port, server.host);
    Fault::new(Kind::Misconfigured, "mail-smtp.waits-for-tls", detail).about("security")
}

/// The fault for an answer that is none of a mail server's.
#[must_use]
pub fn nonsense(line: &[u8]) -> Fault {
    let what = match line {
        [0x15 | 0x16, 3, ..] => "it speaks TLS already: choose tls, or another port",
        [b'*', b' ', ..] => {
            "it is an IMAP server, which hands mail out; SMTP has another name or port"
        }
        [b'+', b'O', b'K', ..] => {
            "it is a POP3 server, which hands mail out; SMTP has another name or port"
        }
        [b'H', b'T', b'T', b'P', b'/', ..] | [b'<', ..] => "it is a web server",
        [b'S', b'S', b'H', b'-', ..] => "it is an SSH server",
        _ => "it does not speak SMTP",
    };
    let detail = format!("what answers at this address is no mail server: {what}");
    Fault::new(Kind::BadReply, "mail-smtp.no-smtp", detail)
}
