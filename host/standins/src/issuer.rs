//! A strict OpenID Connect provider double that can lie.
//!
//! Plays OpenID Connect Core 1.0 (code flow), Discovery 1.0, RFC 7636 (S256), RFC 9207 and Back-Channel
//! Logout 1.0 as a well-kept provider does: a registered client, a redirect address to the letter, PKCE
//! checked, a code good once for a minute, the client's secret where the client has one. A request that no
//! such client may make is written down as a violation, and a double that is dropped with one panics. With a
//! [`Lie`] it does one thing that a client must not put up with. Nobody types anything: whoever is named as
//! being at the browser has signed in.

mod answers;
mod double;
mod keys;
mod lies;
mod state;
mod tokens;

pub use double::Issuer;
pub use lies::Lie;
pub use state::{LogoutToken, Now};
