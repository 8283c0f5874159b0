//! TLS before the SMTP stand-in, which speaks none: from the first byte, or by STARTTLS.
//!
//! What came in the open is never handed on: after STARTTLS the stand-in hears of a new session.

use crate::identity::{Identity, identity};
use egress::Fingerprint;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Implicit,
    StartTls,
}

pub(crate) struct Front {
    pub(crate) port: u16,
    /// Its certificate, as an authority of its own.
    pub(crate) pem: String,
    /// Its fingerprint, as an admin pastes it.
    pub(crate) fingerprint: String,
    open: Arc<Mutex<String>>,
}

impl Front {
    /// With a certificate for `name`, before what listens on `behind`.
    pub(crate) async fn start(way: Way, name: &str, behind: u16) -> Self {
        let Identity { der, pem, config } = identity(&[name], |_| {});
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let open: Arc<Mutex<String>> = Arc::default();
        let heard = open.clone();
        let acceptor = TlsAcceptor::from(config);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, heard) = (acceptor.clone(), heard.clone());
                tokio::spawn(async move {
                    let stream = match way {
                        Way::Implicit => Some(stream),
                        Way::StartTls => in_the_open(stream, &heard).await,
                    };
                    let Some(stream) = stream else { return };
                    // A client that does not believe us hangs up here.
                    let Ok(mut secured) = acceptor.accept(stream).await else { return };
                    let mut server = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                    if way == Way::StartTls {
                        let mut banner = String::new();
                        let mut lines = BufReader::with_capacity(1, &mut server);
                        lines.read_line(&mut banner).await.unwrap();
                    }
                    copy_bidirectional(&mut secured, &mut server).await.ok();
                });
            }
        });
        Self { port, pem, fingerprint: Fingerprint::of(&der).to_string(), open }
    }

    /// What was said in the open.
    pub(crate) fn heard(&self) -> String {
        self.open.lock().unwrap().clone()
    }
}

/// Up to the answer to STARTTLS; none where the client said goodbye.
async fn in_the_open(stream: TcpStream, heard: &Mutex<String>) -> Option<TcpStream> {
    let mut lines = BufReader::with_capacity(1, stream);
    lines.write_all(b"220 front.example ESMTP\r\n").await.ok()?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        heard.lock().unwrap().push_str(&line);
        let answer: &[u8] = match line.split_whitespace().next() {
            Some("EHLO") => b"250-front.example\r\n250 STARTTLS\r\n",
            Some("STARTTLS") => b"220 go on\r\n",
            _ => b"530 5.7.0 Must issue a STARTTLS command first\r\n",
        };
        lines.write_all(answer).await.ok()?;
        if line.starts_with("STARTTLS") {
            return Some(lines.into_inner());
        }
    }
}
