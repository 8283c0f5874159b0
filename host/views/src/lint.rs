//! What every template and every rendered page must keep to.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "a test may panic"
)]

mod html;

mod keys;

mod source;

use crate::samples::{self, Shot};
use crate::{Catalogue, Views};

fn shots(lang: &str, base: &str) -> Vec<(Shot, String)> {
    let views = Views::new(Catalogue::embedded().unwrap().with_pseudo_language());
    let shots = samples::all(&views, lang, base);
    shots
        .into_iter()
        .map(|mut shot| {
            let html = std::mem::replace(&mut shot.html, Ok(String::new()));
            let html = html.unwrap_or_else(|error| {
                panic!("{}: {error}: {:#}", shot.name, std::error::Error::source(&error).unwrap())
            });
            (shot, html)
        })
        .collect()
}
