//! A strict Jellyfin double with real state, of each supported line.
//!
//! It answers as recorded from real servers (10.9.11, 10.10.7, 10.11.11 and 12.0; the recordings
//! are replayed against it by its tests), keeps a transcript without secrets, and counts a path or
//! method no Jellyfin has as a violation: a strict double that is dropped with one panics. Media,
//! plugins, web client and persistence are left out.

mod authorization;
mod beside;
mod double;
mod hash;
mod inside;
mod keys;
mod library;
mod listener;
mod options;
mod page;
mod password;
mod policy;
mod preferences;
mod quick_connect;
mod reset_files;
mod router;
mod server;
mod settings;
mod sign_in;
mod state;
mod system;
mod typed;
mod users;
mod wire;

pub use crate::faults::{Fault, Injected};
pub use double::Jellyfin;
pub use inside::{Account, LiveToken, ResetFile};
pub use options::{Clock, Mode, Options, Phase, Release};
pub use server::Transcribed;
