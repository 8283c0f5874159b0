//! What each command does.

pub(crate) mod asked;
pub(crate) mod config;
pub(crate) mod import;
pub(crate) mod inspect;

use crate::announce;
use crate::context::{Context, runtime};
use crate::demo;
use crate::output::{self, Form};
use crate::startup;
use crate::trouble::Trouble;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// `serve`: until a signal ends it.
///
/// # Errors
/// [`Trouble`] where it cannot start.
pub(crate) fn serve(context: Context) -> Result<ExitCode, Trouble> {
    runtime()?.block_on(async {
        let mut end = End::watch()?;
        let form = context.form;
        let running = startup::start(context.config("info", true)).await?;
        announce::started(&running, form).await;
        end.comes().await;
        tracing::info!("stopping: requests under way are finished");
        tokio::select! {
            () = running.stop() => {}
            () = end.comes() => tracing::warn!("stopped at once, as asked twice"),
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// `demo`: until a signal ends it; nothing is left behind.
///
/// # Errors
/// [`Trouble`] where it cannot start.
pub(crate) fn demo(context: Context, listen: SocketAddr, tls: bool) -> Result<ExitCode, Trouble> {
    runtime()?.block_on(async {
        let mut end = End::watch()?;
        let form = context.form;
        let wanted = demo::Wanted { listen, tls };
        let demo = demo::start(wanted, context.bundled, context.environment).await?;
        match form {
            Form::Text => output::line(demo.welcome()),
            Form::Json => output::json(&demo.told()),
        }
        end.comes().await;
        demo.stop().await;
        Ok(ExitCode::SUCCESS)
    })
}

/// `version`.
#[must_use]
pub(crate) fn version(form: Form) -> ExitCode {
    let version = env!("CARGO_PKG_VERSION");
    match form {
        Form::Text => output::line(format!("latchkey {version}")),
        Form::Json => output::json(&serde_json::json!({ "name": "latchkey", "version": version })),
    }
    ExitCode::SUCCESS
}

/// What ends a server: Ctrl-C, or a service manager.
struct End {
    interrupt: Signal,
    terminate: Signal,
}

impl End {
    fn watch() -> Result<Self, Trouble> {
        let watched = |kind| {
            signal(kind).map_err(|cause| Trouble::because("could not watch for signals", &cause))
        };
        Ok(Self {
            interrupt: watched(SignalKind::interrupt())?,
            terminate: watched(SignalKind::terminate())?,
        })
    }

    async fn comes(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
