//! Connections read by the line, for protocols that speak in lines.
//!
//! Guarantees that no byte which came before TLS is ever taken for one that came under it, and that a
//! line cannot grow without end. What a line means is the plugin's.

use std::cell::RefCell;

use crate::http::{Failure, FailureKind};
use crate::lent::{Lent, Stream};

pub use crate::lent::Security;

const CHUNK: u32 = 4096;

/// A connection whose answers are lines.
#[derive(Debug)]
pub struct Lines<S> {
    stream: S,
    /// Read, and not asked for yet.
    waiting: RefCell<Vec<u8>>,
}

impl<S: Stream> Lines<S> {
    /// Connects to an endpoint of the manifest.
    ///
    /// # Errors
    /// Whatever kept the connection from being made.
    pub fn connect<L: Lent<Stream = S>>(
        lent: &L,
        endpoint: &str,
        security: Security,
    ) -> Result<Self, Failure> {
        let stream = lent.connect(endpoint, security)?;
        Ok(Self { stream, waiting: RefCell::default() })
    }

    /// The next line without its end, which may be CRLF or LF.
    ///
    /// # Errors
    /// `too-large` for a line over `max` bytes, `timed-out` where the next bytes took longer than
    /// `timeout_ms`, `closed` where the stream ended before the line did.
    pub fn line(&self, max: usize, timeout_ms: u32) -> Result<Vec<u8>, Failure> {
        let mut waiting = self.waiting.borrow_mut();
        loop {
            if let Some(end) = waiting.iter().position(|byte| *byte == b'\n') {
                let mut line: Vec<u8> = waiting.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                return Ok(line);
            }
            if waiting.len() > max {
                return Err(failure(FailureKind::TooLarge, "a line of the answer has no end"));
            }
            let more = self.stream.read(CHUNK, timeout_ms)?;
            if more.is_empty() {
                return Err(failure(FailureKind::Closed, "the other side ended the connection"));
            }
            waiting.extend(more);
        }
    }

    /// What has come beyond the last line, without waiting for more.
    #[must_use]
    pub fn waiting(&self) -> Vec<u8> {
        self.waiting.borrow().clone()
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// `maybe-sent` says whether the other side may have seen any.
    pub fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.stream.write(bytes)
    }

    /// Goes on with TLS.
    ///
    /// # Errors
    /// `protocol` where plain bytes wait: somebody in between may have put them there to be taken for
    /// secured ones (CVE-2011-0411 and its like).
    pub fn start_tls(&self) -> Result<(), Failure> {
        if !self.waiting.borrow().is_empty() {
            return Err(failure(
                FailureKind::Protocol,
                "plain text came after the answer to STARTTLS",
            ));
        }
        self.stream.start_tls()
    }
}

fn failure(kind: FailureKind, detail: &str) -> Failure {
    Failure { kind, maybe_sent: true, detail: detail.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Dialogue, Script};

    fn lines(lent: &Script) -> Lines<<Script as Lent>::Stream> {
        Lines::connect(lent, "server", Security::Plain).expect("a connection")
    }

    #[test]
    fn lines_come_whole_however_they_were_cut() {
        let spoken = Dialogue::new().says("220 o").says("ne\r\n22").says("0 two\n").ends();
        let lent = Script::new().dialogue("server", Security::Plain, spoken);
        let lines = lines(&lent);
        assert_eq!(lines.line(100, 1000), Ok(b"220 one".to_vec()));
        assert_eq!(lines.line(100, 1000), Ok(b"220 two".to_vec()));
        assert_eq!(lines.line(100, 1000).map_err(|failure| failure.kind), Err(FailureKind::Closed));
    }

    #[test]
    fn a_line_without_an_end_is_too_large() {
        let lent = Script::new().dialogue(
            "server",
            Security::Plain,
            Dialogue::new().says(&"x".repeat(200)),
        );
        let refused = lines(&lent).line(100, 1000).map_err(|failure| failure.kind);
        assert_eq!(refused, Err(FailureKind::TooLarge));
    }

    #[test]
    fn plain_bytes_are_never_taken_under_tls() {
        let spoken = Dialogue::new().says("220 go\r\n250 injected\r\n");
        let lent = Script::new().dialogue("server", Security::Plain, spoken);
        let lines = lines(&lent);
        assert!(lines.line(100, 1000).is_ok());
        let refused = lines.start_tls().map_err(|failure| failure.kind);
        assert_eq!(refused, Err(FailureKind::Protocol));
    }
}
