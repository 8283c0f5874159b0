//! `tcp`: connections to the hosts and ports the admin filled in.
//!
//! The guest names an endpoint; host, port and trust are the admin's. Every operation ends a moment before
//! the call does, so that the guest has the last word on what happened. A connection lives as long as its
//! handle and never longer than the call.

use crate::contract::host::net::{Failure, FailureKind};
use crate::contract::host::tcp::{Host, HostConnection, Security};
use crate::imports::failures::refused;
use crate::lent::Lent;
use egress::{Connection, NetFailure};
use tokio::time::Duration;
use wasmtime::component::Resource;

/// Connections of one call at most, one after the other or side by side.
const MOST: usize = 4;
/// Bytes of one write at most.
const LARGEST: usize = 64 << 20;
/// What is left to the guest when an operation has taken all the time there was.
const LAST_WORD: Duration = Duration::from_millis(250);

impl Host for Lent {
    async fn connect(
        &mut self,
        endpoint: String,
        security: Security,
    ) -> Result<Resource<Connection>, Failure> {
        let granted = self.granted.clone();
        let line = granted.lines.get(&endpoint).ok_or_else(|| {
            refused("there is no such endpoint for connections, or nobody filled it in")
        })?;
        if self.connections.len() >= MOST {
            return Err(refused(format!("more than {MOST} connections in one call")));
        }
        let security = match security {
            Security::Plain => egress::Security::Plain,
            Security::Tls => egress::Security::Tls,
        };
        self.cpu.pause();
        let made = line.dialer.connect(&line.to, security, self.patience()).await;
        self.cpu.resume();
        let (made, failure) = match made {
            Ok(made) => (Some(made), None),
            Err(failure) => (None, Some(self.told(&failure))),
        };
        let handle = u32::try_from(self.connections.len()).unwrap_or(u32::MAX);
        self.connections.push(made);
        failure.map_or_else(|| Ok(Resource::new_own(handle)), Err)
    }
}

impl HostConnection for Lent {
    async fn read(
        &mut self,
        connection: Resource<Connection>,
        max: u32,
        timeout_ms: u32,
    ) -> Result<Vec<u8>, Failure> {
        let wait = Duration::from_millis(timeout_ms.into()).min(self.patience());
        let max = usize::try_from(max).unwrap_or(usize::MAX);
        self.cpu.pause();
        let read = match held(&mut self.connections, &connection) {
            Ok(connection) => Ok(connection.read(max, wait).await),
            Err(unknown) => Err(unknown),
        };
        self.cpu.resume();
        read?.map_err(|failure| self.told(&failure))
    }

    async fn write(
        &mut self,
        connection: Resource<Connection>,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        if bytes.len() > LARGEST {
            let detail = "more than 64 MiB in one write".to_owned();
            return Err(Failure { kind: FailureKind::TooLarge, maybe_sent: false, detail });
        }
        let patience = self.patience();
        self.cpu.pause();
        // What the bytes do there is not known here, so that any of them may have changed something.
        self.writes.begin();
        let written: Result<Result<(), NetFailure>, Failure> =
            match held(&mut self.connections, &connection) {
                Ok(connection) => Ok(connection.write(&bytes, patience).await),
                Err(unknown) => Err(unknown),
            };
        let maybe_sent = match &written {
            Ok(Ok(())) => true,
            Ok(Err(failure)) => failure.maybe_sent,
            Err(_unknown) => false,
        };
        self.writes.end(maybe_sent);
        self.cpu.resume();
        written?.map_err(|failure| self.told(&failure))
    }

    async fn start_tls(&mut self, connection: Resource<Connection>) -> Result<(), Failure> {
        let patience = self.patience();
        self.cpu.pause();
        let secured = match held(&mut self.connections, &connection) {
            Ok(connection) => Ok(connection.start_tls(patience).await),
            Err(unknown) => Err(unknown),
        };
        self.cpu.resume();
        secured?.map_err(|failure| self.told(&failure))
    }

    async fn server_end_point(&mut self, connection: Resource<Connection>) -> Option<Vec<u8>> {
        held(&mut self.connections, &connection).ok()?.server_end_point()
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        // One that is gone already is closed, which is what was wanted.
        let place = usize::try_from(connection.rep()).ok();
        if let Some(place) = place.and_then(|place| self.connections.get_mut(place)) {
            *place = None;
        }
        Ok(())
    }
}

impl Lent {
    fn patience(&self) -> Duration {
        self.remaining().saturating_sub(LAST_WORD)
    }
}

fn held<'a>(
    connections: &'a mut [Option<Connection>],
    handle: &Resource<Connection>,
) -> Result<&'a mut Connection, Failure> {
    let place = usize::try_from(handle.rep()).ok().and_then(|place| connections.get_mut(place));
    place.and_then(Option::as_mut).ok_or_else(|| refused("there is no such connection"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Speech, lent_for_mail, speak};

    async fn open(lent: &mut Lent, security: Security) -> Result<Resource<Connection>, Failure> {
        Host::connect(lent, "server".to_owned(), security).await
    }

    /// The same handle once more, as a guest would use it again.
    fn again(connection: &Resource<Connection>) -> Resource<Connection> {
        Resource::new_own(connection.rep())
    }

    async fn read(lent: &mut Lent, connection: &Resource<Connection>, ms: u32) -> String {
        let bytes = lent.read(again(connection), 4096, ms).await.expect("bytes");
        String::from_utf8(bytes).expect("text")
    }

    fn kind<T>(result: Result<T, Failure>) -> (FailureKind, bool) {
        result
            .map(|_| ())
            .map_err(|failure| (failure.kind, failure.maybe_sent))
            .expect_err("failure")
    }

    #[tokio::test]
    async fn what_the_admin_typed_is_connected_to_and_nothing_else() {
        let speech = &[Speech::Say("220 hello\r\n"), Speech::Hear, Speech::Say("250 bye\r\n")];
        let server = speak(speech).await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        for other in ["second", "", "127.0.0.1:25", "api"] {
            let refused = Host::connect(&mut lent, other.to_owned(), Security::Plain).await;
            assert_eq!(kind(refused), (FailureKind::NotAllowed, false), "{other}");
        }
        assert_eq!(server.connections(), 0);
        let connection = open(&mut lent, Security::Plain).await.expect("a connection");
        assert_eq!(read(&mut lent, &connection, 2_000).await, "220 hello\r\n");
        assert!(!lent.writes.maybe());
        lent.write(again(&connection), b"QUIT\r\n".to_vec()).await.expect("written");
        assert!(lent.writes.maybe());
        assert_eq!(read(&mut lent, &connection, 2_000).await, "250 bye\r\n");
        assert_eq!(read(&mut lent, &connection, 2_000).await, "", "the end");
        assert_eq!(lent.server_end_point(again(&connection)).await, None);
        assert_eq!(server.heard(), "QUIT\r\n");
        HostConnection::drop(&mut lent, again(&connection)).await.expect("no trap");
        assert_eq!(kind(lent.read(connection, 1, 1).await), (FailureKind::NotAllowed, false));
    }

    #[tokio::test]
    async fn a_name_that_leads_to_a_forbidden_address_is_refused() {
        let mut lent = lent_for_mail("metadata.example", 25);
        let refused = open(&mut lent, Security::Plain).await;
        assert_eq!(kind(refused), (FailureKind::NotAllowed, false));
    }

    #[tokio::test]
    async fn a_call_has_four_connections_and_dropping_one_closes_it() {
        let server = speak(&[Speech::Say("220 hello\r\n"), Speech::UntilClosed]).await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        for _ in 0..4 {
            let connection = open(&mut lent, Security::Plain).await.expect("a connection");
            HostConnection::drop(&mut lent, connection).await.expect("no trap");
        }
        let fifth = open(&mut lent, Security::Plain).await;
        assert_eq!(kind(fifth), (FailureKind::NotAllowed, false));
        server.closed(4).await;
    }

    #[tokio::test]
    async fn open_words_ahead_of_tls_are_refused() {
        let server = speak(&[
            Speech::Say("220 hello\r\n"),
            Speech::Hear,
            Speech::Say("220 go\r\n250 injected\r\n"),
            Speech::UntilClosed,
        ])
        .await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        let connection = open(&mut lent, Security::Plain).await.expect("a connection");
        assert_eq!(read(&mut lent, &connection, 2_000).await, "220 hello\r\n");
        lent.write(again(&connection), b"STARTTLS\r\n".to_vec()).await.expect("written");
        let first = lent.read(again(&connection), 8, 2_000).await.expect("bytes");
        assert_eq!(first, b"220 go\r\n");
        let refused = lent.start_tls(again(&connection)).await;
        assert_eq!(kind(refused), (FailureKind::Protocol, false));
        let gone = lent.read(again(&connection), 4096, 2_000).await;
        assert_eq!(kind(gone).0, FailureKind::Closed, "nothing injected is ever read");
        assert_eq!(server.heard(), "STARTTLS\r\n");
    }

    #[tokio::test]
    async fn a_server_without_tls_is_told_from_a_closed_port() {
        let server = speak(&[Speech::Say("220 hello\r\n"), Speech::UntilClosed]).await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        let not_tls = open(&mut lent, Security::Tls).await;
        assert_eq!(kind(not_tls), (FailureKind::Protocol, false));
        let mut lent = lent_for_mail("127.0.0.1", 1);
        let nobody = open(&mut lent, Security::Tls).await;
        assert_eq!(kind(nobody), (FailureKind::Unreachable, false));
    }

    #[tokio::test]
    async fn an_endless_banner_comes_in_bounded_pieces() {
        let server = speak(&[Speech::Flood]).await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        let connection = open(&mut lent, Security::Plain).await.expect("a connection");
        for _ in 0..20 {
            let piece = lent.read(again(&connection), u32::MAX, 2_000).await.expect("bytes");
            assert!((1..=64 << 10).contains(&piece.len()), "{}", piece.len());
        }
    }

    #[tokio::test]
    async fn a_slow_server_leaves_the_guest_the_last_word() {
        let server = speak(&[Speech::Deaf]).await;
        let mut lent = lent_for_mail("127.0.0.1", server.port);
        let connection = open(&mut lent, Security::Plain).await.expect("a connection");
        let late = lent.read(again(&connection), 4096, 20).await;
        assert_eq!(kind(late), (FailureKind::TimedOut, false));
        lent.deadline = tokio::time::Instant::now() + Duration::from_millis(400);
        let late = lent.read(again(&connection), 4096, u32::MAX).await;
        assert_eq!(kind(late), (FailureKind::TimedOut, false));
        assert!(lent.remaining() > Duration::from_millis(50), "{:?}", lent.remaining());
        lent.deadline = tokio::time::Instant::now() + Duration::from_millis(400);
        let big = vec![b'x'; 32 << 20];
        let stuck = lent.write(again(&connection), big).await;
        assert_eq!(kind(stuck), (FailureKind::TimedOut, true));
        assert!(lent.writes.maybe());
    }
}
