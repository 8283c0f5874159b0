//! The capabilities, one file each, and the linker that lends them.
//!
//! `websocket` stands in the contract and is not lent: a component that imports it is refused. No import ever traps for something the guest or the network did.

mod clock;
mod failures;
mod http;
mod log;
mod random;
mod settings;
mod state;
mod tcp;

use crate::contract::{common, host};
use crate::lent::Lent;
use wasmtime::Engine;
use wasmtime::component::{HasSelf, Linker};

/// The interfaces a component may import, without their versions; the last four are types only.
pub(crate) const LENT: [&str; 11] = [
    "latchkey:host/log",
    "latchkey:host/clock",
    "latchkey:host/random",
    "latchkey:host/settings",
    "latchkey:host/state",
    "latchkey:host/http",
    "latchkey:host/tcp",
    "latchkey:host/net",
    "latchkey:common/fault",
    "latchkey:common/paging",
    "latchkey:common/attribute",
];

/// Everything that is lent, by name.
///
/// # Errors
/// Where two interfaces have one name, which cannot be.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<Lent>> {
    let mut linker = Linker::new(engine);
    host::log::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::clock::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::random::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::settings::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::state::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::net::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::http::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    host::tcp::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    common::fault::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    common::paging::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    common::attribute::add_to_linker::<Lent, HasSelf<Lent>>(&mut linker, |lent| lent)?;
    Ok(linker)
}

impl host::net::Host for Lent {}
impl common::fault::Host for Lent {}
impl common::paging::Host for Lent {}
impl common::attribute::Host for Lent {}
