//! The door: settings, listeners, workers, commands.

pub mod listener;
pub mod settings;
