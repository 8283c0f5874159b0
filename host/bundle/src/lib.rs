//! The first-party components, built by this crate's build script and embedded.
//!
//! Only the binary and the tests of the whole depend on it, so that everything else builds without
//! the guests' toolchain.

use std::borrow::Cow;

include!(concat!(env!("OUT_DIR"), "/bundled.rs"));

/// Id and bytes of each.
#[must_use]
pub fn components() -> Vec<(String, Cow<'static, [u8]>)> {
    BUNDLED.iter().map(|(id, bytes)| ((*id).to_owned(), Cow::Borrowed(*bytes))).collect()
}
