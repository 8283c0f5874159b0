//! Signing in: AUTH PLAIN, and LOGIN for servers that have nothing else (RFC 4954, 4616).
//!
//! The password is seen here and nowhere else; it is hidden from what is written down, in each form it
//! takes on the way.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::{Lent, Refusal};

use crate::conversation::Conversation;
use crate::explain::{self, Moment};
use crate::offered::Offered;
use crate::reply::{Class, Reply};
use crate::server::{PASSWORD, Server};
use crate::steps::{Ended, passed};

/// Signs in the best way that both sides know.
///
/// # Errors
/// `credential-rejected` for a wrong password, `unsupported` where the server has no way we know.
pub fn sign_in<L: Lent>(
    lent: &L,
    talk: &mut Conversation<'_, L>,
    offered: &Offered,
    username: &str,
    server: &Server,
) -> Ended<()> {
    let ways = offered.ways();
    let password = password(lent)?;
    let plain = STANDARD.encode(format!("\0{username}\0{password}"));
    for form in [&password, &plain, &STANDARD.encode(&password)] {
        talk.hide(form);
    }
    let (reply, way) = if ways.contains(&"PLAIN") {
        (talk.say_as(&format!("AUTH PLAIN {plain}"), "AUTH PLAIN ***")?, "PLAIN")
    } else if ways.contains(&"LOGIN") {
        (login(talk, username, &password)?, "LOGIN")
    } else {
        return Err(no_way(&ways));
    };
    match reply.class() {
        Class::Done => passed((), format!("signed in as {username} ({way})")),
        Class::GoOn | Class::Later | Class::Never => {
            Err(explain::refused(Moment::SignIn, &reply, server))
        }
    }
}

/// Two questions whose wording differs from server to server; their order never does.
fn login<L: Lent>(
    talk: &mut Conversation<'_, L>,
    username: &str,
    password: &str,
) -> Result<Reply, Fault> {
    let asked = talk.say("AUTH LOGIN")?;
    if asked.class() != Class::GoOn {
        return Ok(asked);
    }
    let asked = talk.say_as(&STANDARD.encode(username), "*** (user name)")?;
    if asked.class() != Class::GoOn {
        return Ok(asked);
    }
    talk.say_as(&STANDARD.encode(password), "***")
}

fn password(lent: &impl Lent) -> Result<String, Fault> {
    lent.reveal(PASSWORD).map_err(|refusal| {
        let detail = match refusal {
            Refusal::Unset => "there is a user name and no password",
            Refusal::NotGranted => {
                "the password may not be used: the admin has not agreed that this plugin sees it"
            }
            Refusal::Unknown => "this plugin's manifest has no password",
        };
        Fault::new(Kind::Misconfigured, "mail-smtp.password", detail).about(PASSWORD)
    })
}

fn no_way(ways: &[&str]) -> Fault {
    if ways.is_empty() {
        let detail = "the server offers no sign-in on this connection: choose starttls or tls, or leave \
            user name and password empty";
        return Fault::new(Kind::Misconfigured, "mail-smtp.no-sign-in", detail).about("username");
    }
    let detail = format!(
        "the server wants a sign-in by {}, and this plugin knows PLAIN and LOGIN",
        ways.join(", ")
    );
    Fault::new(Kind::Unsupported, "mail-smtp.ways", detail)
}
