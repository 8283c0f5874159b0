//! Settings, messages, and the part of a dialogue that most tests share.

use latchkey_sdk::lent::Security;
use latchkey_sdk::notify::{Address, Message};
use latchkey_sdk::testing::{Dialogue, Script};

/// `\0u@example.org\0p w`, encoded.
pub(crate) const PLAIN: &str = "AHVAZXhhbXBsZS5vcmcAcCB3";

pub(crate) fn host(security: &str, port: u16) -> Script {
    Script::new()
        .setting("host", "smtp.example.org")
        .setting("port", &port.to_string())
        .setting("security", security)
}

/// With a user name and a password.
pub(crate) fn signing_in(security: &str, port: u16) -> Script {
    host(security, port).setting("username", "u@example.org").secret("password", "p w")
}

pub(crate) fn plain(lent: Script, dialogue: Dialogue) -> Script {
    lent.dialogue("server", Security::Plain, dialogue)
}

/// A server without encryption that greets and offers nothing but this.
pub(crate) fn greets(offers: &[&str]) -> Dialogue {
    hello(Dialogue::new().says("220 mx.example.org ESMTP\r\n"), offers)
}

pub(crate) fn hello(dialogue: Dialogue, offers: &[&str]) -> Dialogue {
    let mut answer = "250-mx.example.org greets you\r\n".to_owned();
    for (at, offer) in offers.iter().enumerate() {
        let mark = if at + 1 == offers.len() { ' ' } else { '-' };
        answer.push_str(&format!("250{mark}{offer}\r\n"));
    }
    let answer = if offers.is_empty() { "250 mx.example.org\r\n" } else { &answer };
    dialogue.hears("EHLO home.example\r\n").says(answer)
}

pub(crate) fn address(email: &str) -> Address {
    Address { name: None, email: email.to_owned() }
}

pub(crate) fn message(recipients: &[&str], mime: &str) -> Message {
    Message {
        id: "<1@home.example>".to_owned(),
        sender: address("house@home.example"),
        reply_to: None,
        recipients: recipients.iter().map(|email| address(email)).collect(),
        subject: "s".to_owned(),
        text: "t".to_owned(),
        html: None,
        mime: mime.as_bytes().to_vec(),
    }
}
