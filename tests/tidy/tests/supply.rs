//! Where dependencies come from, under which licence, and which may not come at all.
//!
//! The same as `.deny.toml`, for machines without cargo-deny; the lists are read from that file.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a rule that cannot be read is a failed rule"
)]

use std::collections::BTreeSet;
use std::process::Command;
use tidy::{root, sources};

fn deny() -> toml::Table {
    std::fs::read_to_string(root().join(".deny.toml")).unwrap().parse().unwrap()
}

fn lock_files() -> Vec<toml::Table> {
    ["Cargo.lock", "plugins/Cargo.lock", "tests/guests/Cargo.lock"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(root().join(path)).ok())
        .map(|text| text.parse().unwrap())
        .collect()
}

#[test]
fn banned_crates_do_not_come_in() {
    let deny = deny();
    let banned: BTreeSet<&str> = deny["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["name"].as_str().unwrap())
        .collect();
    // A lock file also lists what only other platforms or unused features would pull in, so the
    // graph of this platform is what counts.
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--workspace", "--edges", "normal,build", "--prefix", "none"])
        .args(["--format", "{p}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    for line in String::from_utf8(tree.stdout).unwrap().lines() {
        let name = line.split_whitespace().next().unwrap_or_default();
        assert!(!banned.contains(name), "{name} is banned (.deny.toml)");
    }
}

#[test]
fn everything_comes_from_the_registry() {
    for lock in lock_files() {
        for package in lock["package"].as_array().unwrap() {
            if let Some(source) = package.get("source").and_then(toml::Value::as_str) {
                assert!(source.starts_with("registry+"), "{} comes from {source}", package["name"]);
            }
        }
    }
}

#[test]
fn every_licence_is_on_the_list() {
    let deny = deny();
    let allowed: BTreeSet<&str> = deny["licenses"]["allow"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry.as_str().unwrap())
        .collect();
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !acceptable(licence, &allowed) {
            wrong.push(format!("{}: {licence}", package["name"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// RUSTSEC-2023-0071 is about private keys: none is ever given to the `rsa` crate.
#[test]
fn no_private_key_is_used_with_rsa() {
    for source in sources("host", ".rs") {
        let text = source.product().replace("aws_lc_rs::rsa::", "");
        for word in ["rsa::", "RsaPrivateKey", "RsaPrivateSigningKey", "PrivateSigningKey"] {
            assert!(!text.contains(word), "{} names {word}", source.path);
        }
    }
}

/// `A OR B`: one is enough; `A AND B`: both are needed. Good enough for the forms in use.
fn acceptable(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|name| allowed.contains(name.trim())))
}
