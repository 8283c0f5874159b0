//! Strict stand-ins for the servers Latchkey talks to: the demo's and the tests' alike.
//!
//! A stand-in keeps real state, answers as real servers do (recorded, or as their documents say),
//! writes down every request and refuses to be dropped in peace when somebody asked for a thing the real server does not
//! have. It listens on loopback only and keeps nothing on disk but the reset files it is told to
//! write. It is no server for anybody's media and holds passwords in the clear: never expose one.

mod chance;
mod faults;
pub mod issuer;
pub mod jellyfin;
mod loopback;
pub mod mail;
pub mod mailgun;
pub mod plex;
pub mod smtp;

pub use issuer::Issuer;
pub use jellyfin::Jellyfin;
pub use mail::Mail;
pub use mailgun::Mailgun;
pub use plex::Plex;
pub use smtp::Smtp;
