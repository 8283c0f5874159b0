//! What a Latchkey plugin is written with.
//!
//! A plugin is a type that implements [`lifecycle::Lifecycle`] and a trait for each role it has, and
//! one [`export!`] line. Everything it may reach comes in as [`lent::Lent`], so the same code runs
//! natively against [`testing::Script`]. The SDK carries no opinion about any backend, keeps nothing
//! between calls (the host makes a fresh instance for each) and adds no import that a plugin
//! does not use.

pub mod accounts;
pub mod app_session;
pub mod branding;
pub mod fault;
pub mod http;
pub mod identity;
pub mod lent;
pub mod lifecycle;
pub mod notify;
pub mod reset;
pub mod settings;
pub mod tcp;
pub mod testing;

#[doc(hidden)]
pub mod bindings;
#[cfg(all(target_family = "wasm", feature = "getrandom"))]
mod random;

use std::marker::PhantomData;

use lent::{Host, Lent, Level};

/// A plugin as the component border sees it; [`export!`] makes one.
#[doc(hidden)]
pub struct Exported<P>(PhantomData<P>);

/// Called first in every export: a panic is told before it traps.
pub(crate) fn begin() -> Host {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|at| format!("{}:{}", at.file(), at.line()));
        let message = info.payload_as_str().unwrap_or("a panic without a text");
        let fields = [("at", place.unwrap_or_default())];
        Host.log(Level::Error, &format!("the plugin panicked: {message}"), &fields);
    }));
    Host
}

/// Makes a component of a plugin: `export!(Jellyfin, "manifest.toml", accounts, identity);`
///
/// The first argument is the type, in scope under its own name; the second the manifest, relative
/// to the folder of the plugin's `Cargo.toml`; the rest the roles besides `lifecycle`, each of
/// which the type must implement: `accounts`, `identity`, `reset`, `notify`, `app_session`,
/// and the optional interface `branding`.
/// In a native build it expands to nothing.
#[macro_export]
macro_rules! export {
    ($plugin:ty, $manifest:literal $(, $role:ident)* $(,)?) => {
        #[cfg(target_family = "wasm")]
        mod exported {
            #[allow(unused_imports, reason = "the type may be named by a path")]
            use super::*;

            type Exported = $crate::Exported<$plugin>;

            $crate::export_role!(Exported, lifecycle);
            $($crate::export_role!(Exported, $role);)*

            const TEXT: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/", $manifest));
            const fn manifest<const LEN: usize>(text: &[u8]) -> [u8; LEN] {
                let mut out = [0; LEN];
                out.copy_from_slice(text);
                out
            }
            #[used]
            #[unsafe(link_section = "latchkey:manifest")]
            static MANIFEST: [u8; TEXT.len()] = manifest(TEXT);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! export_role {
    ($exported:ident, lifecycle) => {
        $crate::bindings::lifecycle::export_lifecycle!($exported with_types_in $crate::bindings::lifecycle);
    };
    ($exported:ident, accounts) => {
        $crate::bindings::accounts::export_accounts!($exported with_types_in $crate::bindings::accounts);
    };
    ($exported:ident, identity) => {
        $crate::bindings::identity::export_identity!($exported with_types_in $crate::bindings::identity);
    };
    ($exported:ident, reset) => {
        $crate::bindings::reset::export_reset!($exported with_types_in $crate::bindings::reset);
    };
    ($exported:ident, notify) => {
        $crate::bindings::notify::export_notify!($exported with_types_in $crate::bindings::notify);
    };
    ($exported:ident, branding) => {
        $crate::bindings::branding::export_branding!($exported with_types_in $crate::bindings::branding);
    };
    ($exported:ident, app_session) => {
        $crate::bindings::app_session::export_app_session!($exported with_types_in $crate::bindings::app_session);
    };
}
