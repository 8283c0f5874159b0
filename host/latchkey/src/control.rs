//! The control socket: how a command beside a running server has something done.
//!
//! One JSON line asks, one answers. Who may open the socket is decided by the file system: it is
//! for the account that runs the server only (0600, in a folder that is 0700).

use crate::orders::{Order, Reply, perform};
use service::Service;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// An order is short, apart from one that brings a predecessor's files.
const MAX_ORDER: u64 = 32 << 20;
/// For the order to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open socket; its file goes with it.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

impl Control {
    /// Opens it in place of one that was left behind; the caller holds the folder's lock.
    ///
    /// # Errors
    /// What the system says; a path over some 100 bytes is too long for a socket.
    pub fn open(path: &Path) -> io::Result<Self> {
        match std::fs::remove_file(path) {
            Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path: path.to_owned() })
    }

    /// Serves until stopped; orders under way end first.
    pub async fn serve(self, service: Service, stop: CancellationToken) {
        let orders = TaskTracker::new();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stop.cancelled() => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    let service = service.clone();
                    orders.spawn(async move {
                        if let Err(cause) = one(stream, &service).await {
                            tracing::debug!(%cause, "a command went away");
                        }
                    });
                }
                Err(cause) => {
                    tracing::warn!(%cause, "the control socket cannot accept");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        orders.close();
        orders.wait().await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        if let Err(cause) = std::fs::remove_file(&self.path) {
            tracing::debug!(%cause, "the control socket's file was gone already");
        }
    }
}

async fn one(mut stream: UnixStream, service: &Service) -> io::Result<()> {
    let (read, mut write) = stream.split();
    let mut line = String::new();
    let mut reader = BufReader::new(read.take(MAX_ORDER));
    timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let reply = match serde_json::from_str::<Order>(&line) {
        Ok(order) => perform(service, order).await,
        Err(cause) => Reply::Refused {
            message: format!(
                "the running server does not understand this command ({cause}); is it another version?"
            ),
        },
    };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    write.write_all(&answer).await
}

/// Asks the server of a folder. `None`: none runs there.
///
/// # Errors
/// What the system says, where one runs and cannot be asked.
pub async fn ask(path: &Path, order: &Order) -> io::Result<Option<Reply>> {
    let mut stream = match UnixStream::connect(path).await {
        Ok(stream) => stream,
        Err(cause)
            if matches!(
                cause.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
            ) =>
        {
            return Ok(None);
        }
        Err(cause) => return Err(cause),
    };
    let mut line = serde_json::to_vec(order)?;
    line.push(b'\n');
    stream.write_all(&line).await?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).await?;
    if answer.is_empty() {
        return Err(io::Error::other("the server went away"));
    }
    Ok(Some(serde_json::from_str(&answer)?))
}
