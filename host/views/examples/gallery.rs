//! Writes every example of every page into a folder, with a folder of assets beside it, to be looked
//! at: `cargo run -p views --features samples --example gallery -- FOLDER [LANGUAGE]`.
#![allow(clippy::unwrap_used, reason = "a tool for developers")]

use std::path::PathBuf;
use views::{Catalogue, Views, assets, samples};

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "gallery".to_owned()));
    let lang = args.next().unwrap_or_else(|| "en".to_owned());
    let views = Views::new(Catalogue::embedded().unwrap().with_pseudo_language());
    for asset in assets::all() {
        let path = folder.join(asset.path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, &asset.bytes).unwrap();
    }
    for shot in samples::all(&views, &lang, "") {
        let html = shot.html.unwrap();
        std::fs::write(folder.join(format!("{}.html", shot.name)), html).unwrap();
    }
}
