//! The door: settings, listeners, workers, commands.
