//! One conversation with a mail server: a line out, an answer back, both written down.
//!
//! What is written down has no secret in it, whoever says it. Commands wait for their answer before
//! the next one is sent (no pipelining). What answers mean is decided elsewhere.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::http::{Failure, fault_of};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::tcp::{Lines, Security};

use crate::explain;
use crate::reply::{Coming, Reply, Step};
use crate::server::ENDPOINT;

/// RFC 5321 allows 512 bytes; some servers say more.
const LONGEST_LINE: usize = 8192;
/// How long an answer may take where nothing else is said. RFC 5321 has minutes, a call has one.
pub const PATIENCE_MS: u32 = 30_000;

/// A conversation.
pub struct Conversation<'a, L: Lent> {
    lent: &'a L,
    lines: Lines<L::Stream>,
    dialogue: Vec<String>,
    secrets: Vec<String>,
    patience_ms: u32,
}

impl<'a, L: Lent> Conversation<'a, L> {
    /// Connects.
    ///
    /// # Errors
    /// Whatever kept the connection from being made.
    pub fn open(lent: &'a L, security: Security) -> Result<Self, Failure> {
        Ok(Self {
            lent,
            lines: Lines::connect(lent, ENDPOINT, security)?,
            dialogue: Vec::new(),
            secrets: Vec::new(),
            patience_ms: PATIENCE_MS,
        })
    }

    /// How long each answer may take from here on; never longer than the call.
    pub fn be_patient_for(&mut self, ms: u32) {
        self.patience_ms = ms;
    }

    /// Keeps a text out of what is written down.
    pub fn hide(&mut self, secret: &str) {
        if !secret.is_empty() {
            self.secrets.push(secret.to_owned());
        }
    }

    /// Waits for the server.
    ///
    /// # Errors
    /// The connection broke, nothing came in time, or what came is no answer.
    pub fn listen(&mut self) -> Result<Reply, Fault> {
        let mut coming = Coming::default();
        loop {
            let wait = self.patience_ms.min(self.lent.remaining_ms());
            let line =
                self.lines.line(LONGEST_LINE, wait).map_err(|lost| fault_of(&lost, false))?;
            self.note("S: ", &String::from_utf8_lossy(&line));
            match coming.take(&line) {
                Step::More => {}
                Step::Whole(reply) => return Ok(reply),
                Step::Nonsense => return Err(explain::nonsense(&line)),
            }
        }
    }

    /// Says a line and waits for the answer.
    ///
    /// # Errors
    /// As for [`Conversation::listen`].
    pub fn say(&mut self, line: &str) -> Result<Reply, Fault> {
        self.say_as(line, line)
    }

    /// Says a line that is written down as something else.
    ///
    /// # Errors
    /// As for [`Conversation::listen`].
    pub fn say_as(&mut self, line: &str, shown: &str) -> Result<Reply, Fault> {
        self.note("C: ", shown);
        let whole = format!("{line}\r\n");
        self.lines.write(whole.as_bytes()).map_err(|lost| fault_of(&lost, false))?;
        self.listen()
    }

    /// Writes bytes that are not written down.
    ///
    /// # Errors
    /// As the connection has it: here it matters whether any of it was sent.
    pub fn write(&mut self, bytes: &[u8], shown: &str) -> Result<(), Failure> {
        self.note("C: ", shown);
        self.lines.write(bytes)
    }

    /// Goes on with TLS.
    ///
    /// # Errors
    /// As the connection has it, and where plain text came ahead.
    pub fn start_tls(&mut self) -> Result<(), Failure> {
        self.lines.start_tls()
    }

    /// Says goodbye and does not wait: what was to be done is done.
    pub fn leave(&mut self) {
        self.note("C: ", "QUIT");
        // The server may be gone already, which is what was wanted.
        drop(self.lines.write(b"QUIT\r\n"));
    }

    /// What was written down since the last time.
    pub fn dialogue(&mut self) -> Vec<String> {
        std::mem::take(&mut self.dialogue)
    }

    fn note(&mut self, who: &str, line: &str) {
        let mut shown = line.to_owned();
        for secret in &self.secrets {
            shown = shown.replace(secret, "***");
        }
        let plain = shown.chars().map(|one| if one.is_control() { ' ' } else { one }).take(400);
        self.dialogue.push(who.chars().chain(plain).collect());
    }
}
