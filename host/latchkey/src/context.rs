//! What a command runs with, from the command line and the environment.

use crate::components::Bundled;
use crate::folder;
use crate::log;
use crate::output::Form;
use crate::settings::Source;
use crate::startup::Config;
use crate::trouble::Trouble;
use domain::settings::Log;
use std::path::PathBuf;
use store::KeySource;

/// Everything the command line said.
pub(crate) struct Context {
    /// Where everything is kept.
    pub(crate) data_folder: PathBuf,
    /// Where settings come from.
    pub(crate) settings: Source,
    /// Where the key comes from, if not from the data folder.
    pub(crate) key: Option<KeySource>,
    /// Names and values.
    pub(crate) environment: Vec<(String, String)>,
    /// How to report.
    pub(crate) form: Form,
    /// The components of the binary.
    pub(crate) bundled: Bundled,
}

impl Context {
    /// Begins to log and gives what a house is started with. `level` holds until the settings are
    /// read; where `follow` is false it holds for good: a command says what it has to say itself.
    #[must_use]
    pub(crate) fn config(self, level: &str, follow: bool) -> Config {
        let colour = log::colour(&self.environment);
        let handle = log::begin(&Log { level: level.to_owned(), json: false }, colour);
        Config {
            settings: self.settings,
            key: self.key,
            log: handle.filter(|_| follow).map(|handle| (handle, colour)),
            ..Config::new(self.data_folder, self.bundled)
        }
    }

    /// The running server's control socket.
    #[must_use]
    pub(crate) fn socket(&self) -> PathBuf {
        folder::socket(&self.data_folder)
    }
}

/// The runtime everything runs on.
///
/// # Errors
/// [`Trouble`] where the system gives no threads.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Trouble> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|cause| Trouble::because("could not start", &cause))
}
