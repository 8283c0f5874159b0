//! The door: settings, listeners, workers, commands.
//!
//! A library, so that tests start the whole program in their own process: [`start`] takes a
//! [`Config`] and gives a [`Running`] house with its addresses. Knows every other crate and is known
//! by none.

pub mod settings;

pub mod listener;

pub mod components;
pub mod folder;
pub mod refusal;
pub mod trouble;

pub mod doors;
pub mod log;
pub mod startup;

mod live;

pub mod import;

pub mod control;
pub mod orders;

mod announce;
mod commands;
mod context;
pub mod demo;
mod output;
mod typed;

pub mod cli;

pub use startup::{Config, Running, start};
pub use trouble::Trouble;
