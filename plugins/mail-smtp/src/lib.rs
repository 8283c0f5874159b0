//! Mail through an SMTP server, for Latchkey.
//!
//! Hands over what the host built, byte for byte but for line ends and dots, and says of each
//! recipient whether it was accepted, deferred or refused, in words. Encryption is demanded, never
//! merely tried. Builds no messages, keeps no queue and no connection.

pub mod content;
pub mod conversation;
pub mod delivery;
pub mod explain;
pub mod offered;
pub mod rehearse;
pub mod reply;
pub mod server;
pub mod session;
pub mod sign_in;
pub mod steps;

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};
use latchkey_sdk::notify::{Message, Notify, Receipt, Step, Trial};

use server::Server;
use steps::Steps;

/// The plugin.
pub struct Smtp;

latchkey_sdk::export!(Smtp, "manifest.toml", notify);

impl Lifecycle for Smtp {
    fn check_settings(lent: &impl Lent) -> Vec<Fault> {
        server::check(lent)
    }

    fn probe(lent: &impl Lent) -> ProbeResult {
        rehearse::probe(lent)
    }
}

impl Notify for Smtp {
    fn send(lent: &impl Lent, message: &Message) -> Result<Vec<Receipt>, Fault> {
        let server = Server::read(lent)?;
        let hello_name = server.hello_name(Some(&message.sender.email));
        let mut session = session::open(lent, &server, &hello_name, &mut Steps::new(lent))?;
        delivery::deliver(&mut session, message, &server)
    }

    fn rehearse(lent: &impl Lent, trial: Option<&Trial>) -> Result<Vec<Step>, Fault> {
        rehearse::rehearse(lent, trial)
    }
}
