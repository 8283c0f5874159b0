//! Builds the first-party components and writes a list that embeds them.
//!
//! `LATCHKEY_PLUGINS=skip` embeds none (editors), `LATCHKEY_PLUGINS=DIR` embeds those already built
//! there (distributors). Otherwise the guest workspace is built into `<target>/plugins`, one folder
//! for every profile and target of the host.

#![allow(
    clippy::print_stdout,
    clippy::exit,
    reason = "that is how a build script speaks and stops"
)]

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};

/// What ships inside the binary: id and file name.
const COMPONENTS: [(&str, &str); 4] = [
    ("jellyfin", "jellyfin.wasm"),
    ("plex", "plex.wasm"),
    ("mail-smtp", "mail_smtp.wasm"),
    ("mail-mailgun", "mail_mailgun.wasm"),
];

fn main() {
    let here = PathBuf::from(variable("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let root = here.join("../..");
    for watched in ["plugins", "wit", ".cargo/config.toml"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed=LATCHKEY_PLUGINS");
    let built = match std::env::var_os("LATCHKEY_PLUGINS") {
        Some(word) if word == "skip" => None,
        Some(folder) => Some(PathBuf::from(folder)),
        None => Some(build(&root, &out)),
    };
    let mut list = String::from("const BUNDLED: &[(&str, &[u8])] = &[\n");
    for (id, file) in
        built.iter().flat_map(|folder| COMPONENTS.map(|(id, file)| (id, folder.join(file))))
    {
        if !file.is_file() {
            stop(&format!("{} is missing; the component `{id}` was not built", file.display()));
        }
        if writeln!(list, "    ({id:?}, include_bytes!({file:?})),").is_err() {
            stop("a string could not grow");
        }
    }
    list.push_str("];\n");
    if let Err(error) = std::fs::write(out.join("bundled.rs"), list) {
        stop(&format!("could not write the list of components: {error}"));
    }
}

/// `<target>/<profile>/build/<package>-<hash>/out` lies below the target folder, marked by cargo's tag.
fn target_folder(out: &Path) -> PathBuf {
    let marked = out.ancestors().filter(|folder| folder.join("CACHEDIR.TAG").is_file()).last();
    // Cargo marks only a target folder that it made itself.
    marked.or_else(|| out.ancestors().nth(4)).map_or_else(|| out.to_path_buf(), Path::to_path_buf)
}

fn build(root: &Path, out: &Path) -> PathBuf {
    let target = target_folder(out).join("plugins");
    let mut cargo = Command::new(variable("CARGO"));
    cargo.current_dir(root.join("plugins"));
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--target",
        "wasm32-unknown-unknown",
        "--target-dir",
    ]);
    cargo.arg(&target);
    // What the outer cargo set for the host must not reach the guests.
    for name in [
        "CARGO_ENCODED_RUSTFLAGS",
        "RUSTFLAGS",
        "CARGO_BUILD_RUSTFLAGS",
        "CARGO_BUILD_TARGET",
        "CARGO_TARGET_DIR",
        "RUSTC_WORKSPACE_WRAPPER",
        "CARGO_PROFILE_RELEASE_LTO",
    ] {
        cargo.env_remove(name);
    }
    match cargo.status() {
        Ok(status) if status.success() => target.join("wasm32-unknown-unknown/release"),
        Ok(_) => stop(
            "building the plugins failed; if the target is missing: rustup target add wasm32-unknown-unknown",
        ),
        Err(error) => stop(&format!("could not run cargo for the plugins: {error}")),
    }
}

fn variable(name: &str) -> OsString {
    std::env::var_os(name).unwrap_or_else(|| stop(&format!("cargo did not set {name}")))
}

fn stop(why: &str) -> ! {
    println!("cargo::error={why}");
    exit(1)
}
