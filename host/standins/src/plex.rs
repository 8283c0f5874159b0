//! A strict Plex double with real state: plex.tv, clients.plex.tv, the auth page and a media server.
//!
//! Olga owns a server and a home with Pete, who is protected by a PIN, and Mia, who is managed and has one
//! too; the server is shared with Sam; Zed has no access. [`Plex::start`] gives each server a port of its
//! own: [`Plex::plex_url`], [`Plex::clients_url`], [`Plex::app_url`], [`Plex::server_url`].
//!
//! A sign-in: the app makes a PIN and sends a browser to the auth page; [`Plex::authorize`] does what the person does
//! there (in a browser the page does it), and the app's next poll gets a token. What differs between one Plex and
//! another is a [`Behaviour`], set by [`Plex::set`]; single mishaps are a [`Fault`], by [`Plex::inject`].
//!
//! Answers are those of Plex's API description and of captures that clients keep; nothing of it was
//! recorded from Plex. It keeps a transcript without secrets, and counts as a violation a path or
//! method Plex does not have and a secret in a URL: a strict double that is dropped with one panics.
//! Password sign-in, home invitations, media and persistence are left out.

mod account;
mod admission;
mod app;
mod behaviour;
mod double;
mod home;
mod inside;
mod jwt;
mod keys;
mod listener;
mod options;
mod people;
mod pins;
mod resources;
mod router;
mod server;
mod shared;
mod shares;
mod shares_v1;
mod state;
mod transcript;
mod wire;
mod xml;

pub use crate::faults::{Fault, Injected};
pub use behaviour::{
    Behaviour, Booleans, ExpiredPin, ExtraFields, Health, HomeList, Limited, ManagedNames,
    NewShares, Presence, Registration, Resources, Sections, ShareVisible, ShareWrites, SlowDown,
    Switching, Tokens, WrongPin,
};
pub use double::Plex;
pub use inside::LiveToken;
pub use options::{Clock, Mode, Options};
pub use people::Person;
pub use shared::SharedWith;
pub use state::{MACHINE, OTHER_MACHINE, Origin};
pub use transcript::Transcribed;
pub use wire::Service;
