//! The other side of a connection, as a test wrote it down.
#![expect(clippy::panic, reason = "a test that leaves its script fails here")]

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use crate::http::{Failure, FailureKind};
use crate::lent::{Security, Stream};

enum Turn {
    Says(Vec<u8>),
    Hears(Vec<u8>),
    Secures(Result<(), FailureKind>),
    Silent,
    Cut,
    RefusesBytes,
}

/// What the other side says and hears, in order. A script that is left fails the test.
#[derive(Default)]
pub struct Dialogue {
    turns: VecDeque<Turn>,
    secured: bool,
    heard: Vec<u8>,
}

impl Dialogue {
    /// A connection on which nothing happens.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The other side says this, in one piece.
    #[must_use]
    pub fn says(self, text: &str) -> Self {
        self.turn(Turn::Says(text.as_bytes().to_vec()))
    }

    /// The plugin says exactly this, in however many pieces.
    #[must_use]
    pub fn hears(self, text: &str) -> Self {
        self.turn(Turn::Hears(text.as_bytes().to_vec()))
    }

    /// The plugin asks for TLS and gets it.
    #[must_use]
    pub fn secures(self) -> Self {
        self.turn(Turn::Secures(Ok(())))
    }

    /// The plugin asks for TLS and does not get it.
    #[must_use]
    pub fn fails_to_secure(self, kind: FailureKind) -> Self {
        self.turn(Turn::Secures(Err(kind)))
    }

    /// The plugin waits in vain.
    #[must_use]
    pub fn silent(self) -> Self {
        self.turn(Turn::Silent)
    }

    /// The connection ends in order.
    #[must_use]
    pub fn ends(self) -> Self {
        self.says("")
    }

    /// The connection breaks while the plugin waits.
    #[must_use]
    pub fn cut(self) -> Self {
        self.turn(Turn::Cut)
    }

    /// The connection breaks while the plugin writes.
    #[must_use]
    pub fn refuses_bytes(self) -> Self {
        self.turn(Turn::RefusesBytes)
    }

    fn turn(mut self, turn: Turn) -> Self {
        self.turns.push_back(turn);
        self
    }

    /// What is left of the script, in words; none where all of it was played.
    pub(super) fn left(&self) -> Option<String> {
        let words = match self.turns.front()? {
            Turn::Says(text) => format!("to be read: {:?}", String::from_utf8_lossy(text)),
            Turn::Hears(text) => format!("to be said: {:?}", String::from_utf8_lossy(text)),
            Turn::Secures(_) => "TLS to be asked for".to_owned(),
            Turn::Silent | Turn::Cut => "to be waited for".to_owned(),
            Turn::RefusesBytes => "to be written to".to_owned(),
        };
        Some(words)
    }

    fn read(&mut self) -> Result<Vec<u8>, Failure> {
        match self.turns.pop_front() {
            Some(Turn::Says(text)) => Ok(text),
            Some(Turn::Silent) => Err(failed(FailureKind::TimedOut, "no answer came in time")),
            Some(Turn::Cut) => Err(failed(FailureKind::Closed, "the connection was cut")),
            Some(turn) => {
                self.turns.push_front(turn);
                panic!(
                    "the plugin waits, and the other side waits {}",
                    self.left().unwrap_or_default()
                )
            }
            None => panic!("the plugin waits, and the dialogue is over"),
        }
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if matches!(self.turns.front(), Some(Turn::RefusesBytes)) {
            self.turns.pop_front();
            return Err(failed(FailureKind::Closed, "the connection was cut"));
        }
        self.heard.extend(bytes);
        while !self.heard.is_empty() {
            let Some(Turn::Hears(wanted)) = self.turns.front() else {
                panic!("nobody listens to {:?}", String::from_utf8_lossy(&self.heard));
            };
            if self.heard.starts_with(wanted) {
                self.heard.drain(..wanted.len());
                self.turns.pop_front();
            } else if wanted.starts_with(&self.heard) {
                break;
            } else {
                let (heard, wanted) =
                    (String::from_utf8_lossy(&self.heard), String::from_utf8_lossy(wanted));
                panic!("the plugin says {heard:?}, the dialogue has {wanted:?}");
            }
        }
        Ok(())
    }

    fn secure(&mut self) -> Result<(), Failure> {
        match self.turns.pop_front() {
            Some(Turn::Secures(Ok(()))) => {
                self.secured = true;
                Ok(())
            }
            Some(Turn::Secures(Err(kind))) => Err(failed(kind, "the handshake failed")),
            _ => panic!("the plugin asks for TLS, the dialogue does not"),
        }
    }
}

fn failed(kind: FailureKind, detail: &str) -> Failure {
    Failure { kind, maybe_sent: true, detail: detail.to_owned() }
}

/// A connection on which a [`Dialogue`] is played.
pub struct Spoken(Rc<RefCell<Dialogue>>);

impl Spoken {
    pub(super) fn of(dialogue: &Rc<RefCell<Dialogue>>, security: Security) -> Self {
        dialogue.borrow_mut().secured = security == Security::Tls;
        Self(Rc::clone(dialogue))
    }
}

impl Stream for Spoken {
    fn read(&self, _max: u32, _timeout_ms: u32) -> Result<Vec<u8>, Failure> {
        self.0.borrow_mut().read()
    }

    fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.0.borrow_mut().write(bytes)
    }

    fn start_tls(&self) -> Result<(), Failure> {
        self.0.borrow_mut().secure()
    }

    fn server_end_point(&self) -> Option<Vec<u8>> {
        self.0.borrow().secured.then(|| vec![7; 32])
    }
}
