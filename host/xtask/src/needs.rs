//! What a fresh machine misses: found, installed where that can be done, else named in one line.

use crate::run::{Step, command, has, output, say, target_dir};
use std::path::Path;

const GUEST: &str = "wasm32-unknown-unknown";

fn has_target(target: &str) -> bool {
    let Some(sysroot) = output("rustc", &["--print", "sysroot"]) else { return false };
    Path::new(sysroot.trim()).join("lib/rustlib").join(target).join("lib").is_dir()
}

fn install_target(target: &str) -> Step {
    if has_target(target) {
        return Ok(());
    }
    if has("rustup") {
        command("rustup", &[], &["target", "add", target])?;
    }
    if has_target(target) {
        Ok(())
    } else {
        Err(format!("the Rust target {target} is missing: run `rustup target add {target}`"))
    }
}

/// The target of guests, and the linker that makes components of them.
pub(crate) fn guest_target() -> Step {
    install_target(GUEST)
}

/// The static target of this machine's architecture.
pub(crate) fn static_target() -> Result<String, String> {
    let triple = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    install_target(&triple)?;
    Ok(triple)
}

/// aws-lc builds for musl with musl-gcc, or with the machine's own gcc, which is good enough for
/// freestanding C.
pub(crate) fn static_compiler(triple: &str) -> Vec<(&'static str, &'static str)> {
    let with_musl = has("musl-gcc") || has(&format!("{}-linux-musl-gcc", std::env::consts::ARCH));
    match (with_musl, triple.starts_with("x86_64")) {
        (true, _) => Vec::new(),
        (false, true) => {
            vec![("CC_x86_64_unknown_linux_musl", "gcc"), ("AR_x86_64_unknown_linux_musl", "ar")]
        }
        (false, false) => {
            vec![("CC_aarch64_unknown_linux_musl", "gcc"), ("AR_aarch64_unknown_linux_musl", "ar")]
        }
    }
}

/// What tests run beside the program. Where one is missing, its tests fail in CI and say so elsewhere.
pub(crate) fn servers() {
    // Chromium and its driver are of the same version since they come from one package source.
    debian("chromedriver", &["chromium", "chromium-driver"], "the browser tests");
    debian("exim4", &["exim4-daemon-light"], "the mail tests");
    debian("npm", &["nodejs", "npm"], "the tests with a real issuer");
    npm("oidc-provider", "9", "the tests with a real issuer");
}

/// Fetches a package of npm once, for tests only; nothing of it runs while it is fetched.
fn npm(package: &str, version: &str, what: &str) {
    let folder = target_dir().join("tmp/npm");
    let there = || folder.join("node_modules").join(package).is_dir();
    if there() {
        return;
    }
    let (wanted, prefix) = (format!("{package}@{version}"), folder.to_string_lossy().into_owned());
    let quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"];
    let arguments = [&["install", "--prefix", &prefix][..], &quiet, &[wanted.as_str()]].concat();
    if has("npm") {
        let made = std::fs::create_dir_all(&folder)
            .map_err(|error| format!("could not make {}: {error}", folder.display()));
        if let Err(why) = made.and_then(|()| command("npm", &[], &arguments)) {
            say(&why);
        }
    }
    if !there() {
        say(&format!("install {wanted} with npm into {} to run {what}", folder.display()));
    }
}

/// Installs Debian packages where a command is missing and root and apt are at hand.
fn debian(wanted: &str, packages: &[&str], what: &str) {
    // A server's command may be in root's path only.
    let there = || has(wanted) || Path::new("/usr/sbin").join(wanted).exists();
    if there() {
        return;
    }
    let root = output("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if root && has("apt-get") {
        let install = ["install", "-qy", "--no-install-recommends"];
        let quiet = [("DEBIAN_FRONTEND", "noninteractive")];
        let fetched = command("apt-get", &[], &["update", "-q"])
            .and_then(|()| command("apt-get", &quiet, &[&install[..], packages].concat()));
        if let Err(why) = fetched {
            say(&why);
        }
    }
    if !there() {
        say(&format!("install {} to run {what}", packages.join(" and ")));
    }
}
