//! How a double is set up, and what may be scripted.

/// Whom a double is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Tests: dropping it with a violation panics.
    Strict,
    /// People who try things out.
    Demo,
}

/// How to set a double up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Whom it is for.
    pub mode: Mode,
    /// The port on 127.0.0.1; 0 for any.
    pub port: u16,
    /// The page's port; 0 for any, none for no page.
    pub page_port: Option<u16>,
    /// What it calls itself.
    pub name: String,
    /// Who may sign in; empty for a server that takes mail from everybody.
    pub accounts: Vec<(String, String)>,
    /// What it offers besides `AUTH`: `8BITMIME`, `SMTPUTF8`, `SIZE 1000000`.
    pub offers: Vec<String>,
    /// The ways to sign in.
    pub ways: Vec<String>,
    /// Whether it knows EHLO.
    pub extended: bool,
}

impl Options {
    /// For tests: everybody may send, any port, no page.
    #[must_use]
    pub fn strict() -> Options {
        Options {
            mode: Mode::Strict,
            port: 0,
            page_port: None,
            name: "mail.stand-in.example".to_owned(),
            accounts: Vec::new(),
            offers: ["8BITMIME", "SMTPUTF8", "SIZE 10485760"].map(str::to_owned).to_vec(),
            ways: ["PLAIN", "LOGIN"].map(str::to_owned).to_vec(),
            extended: true,
        }
    }

    /// For the demo: with a page.
    #[must_use]
    pub fn demo() -> Options {
        Options { mode: Mode::Demo, page_port: Some(0), ..Options::strict() }
    }
}

/// Where a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The first words.
    Banner,
    /// EHLO and HELO.
    Hello,
    /// AUTH.
    SignIn,
    /// MAIL.
    Sender,
    /// RCPT.
    Recipient,
    /// DATA, before the message.
    Data,
    /// After the final dot.
    Dot,
}

/// What happens there, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// This is answered (`451 4.3.0 later`) and nothing is done.
    Answer(String),
    /// The connection ends and nothing was done.
    CutBefore,
    /// The connection ends although everything was done.
    CutAfter,
}
