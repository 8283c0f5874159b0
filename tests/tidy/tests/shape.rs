//! The shape of the tree: what stands where, who may name whom, how large a thing may get.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a rule that cannot be read is a failed rule"
)]

use std::collections::BTreeMap;
use tidy::{dependencies, host_crates, imports, root, sources};

/// The order of `host/README.md`: a crate names only crates that stand before it.
const ORDER: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("store", &["domain"]),
    ("egress", &["domain"]),
    ("sandbox", &["domain", "egress"]),
    ("views", &["domain"]),
    ("service", &["domain", "store", "egress", "sandbox", "views"]),
    ("web", &["domain", "views", "service"]),
    ("standins", &[]),
    ("bundle", &[]),
    (
        "latchkey",
        &["domain", "store", "egress", "sandbox", "views", "service", "web", "standins", "bundle"],
    ),
    ("xtask", &[]),
];

/// Crates that only one of ours may name, besides tests.
const ALONE: [(&str, &[&str]); 11] = [
    ("redb", &["store"]),
    ("wasmtime", &["sandbox"]),
    ("wasmparser", &["sandbox"]),
    ("reqwest", &["egress"]),
    ("minijinja", &["views"]),
    ("fluent-bundle", &["views"]),
    ("jsonwebtoken", &["service"]),
    ("openidconnect", &["service"]),
    ("argon2", &["service"]),
    ("clap", &["latchkey"]),
    ("tracing-subscriber", &["latchkey"]),
];

#[test]
fn the_top_level_is_the_agreed_one() {
    let agreed = [
        "Cargo.toml",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "rust-toolchain.toml",
        "host",
        "plugins",
        "wit",
        "templates",
        "embedded",
        "tests",
        "target",
    ];
    for entry in std::fs::read_dir(root()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.') || agreed.contains(&name.as_str()),
            "{name} at the top level"
        );
    }
}

#[test]
fn a_crate_names_only_crates_to_its_left() {
    let known: BTreeMap<&str, &[&str]> = ORDER.into_iter().collect();
    for name in host_crates() {
        let allowed = known.get(name.as_str()).unwrap_or_else(|| panic!("{name} has no place"));
        let (named, _) = dependencies(&format!("host/{name}/Cargo.toml"));
        for other in named.iter().filter(|other| known.contains_key(other.as_str())) {
            assert!(allowed.contains(&other.as_str()), "{name} names {other}");
        }
    }
}

#[test]
fn each_large_library_is_named_by_one_crate() {
    for name in host_crates() {
        let (named, _) = dependencies(&format!("host/{name}/Cargo.toml"));
        for (library, owners) in ALONE {
            assert!(
                !named.contains(library) || owners.contains(&name.as_str()),
                "{name} names {library}, which is {owners:?}'s"
            );
        }
    }
}

#[test]
fn versions_stand_in_the_root_manifest_only() {
    for name in host_crates() {
        let path = format!("host/{name}/Cargo.toml");
        let text = std::fs::read_to_string(root().join(&path)).unwrap();
        let table: toml::Table = text.parse().unwrap();
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let Some(entries) = table.get(section).and_then(toml::Value::as_table) else {
                continue;
            };
            for (dependency, value) in entries {
                let inherited = value.as_table().is_some_and(|entry| {
                    entry.get("workspace") == Some(&toml::Value::Boolean(true))
                });
                assert!(inherited, "{path}: {dependency} has a version of its own");
            }
        }
    }
}

#[test]
fn no_two_modules_import_each_other() {
    let mut wrong = Vec::new();
    let folders = host_crates().into_iter().map(|name| format!("host/{name}"));
    let guests = [
        "plugins/sdk",
        "plugins/jellyfin",
        "plugins/mail-smtp",
        "plugins/mail-mailgun",
        "tests/harness",
    ]
    .map(str::to_owned);
    for folder in folders.chain(guests) {
        let graph = imports(&folder);
        for (module, named) in &graph {
            for other in named.iter().filter(|other| module < *other) {
                if graph.get(other).is_some_and(|back| back.contains(module)) {
                    wrong.push(format!("{folder}: `{module}` and `{other}` import each other"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_stops_at_600_lines() {
    let mut wrong = Vec::new();
    for folder in ["host", "plugins", "tests"] {
        for file in sources(folder, ".rs") {
            let lines = file.text.lines().count();
            if lines > 600 {
                wrong.push(format!("{} has {lines}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_no_mod_rs_and_every_file_says_what_it_is() {
    for folder in ["host", "plugins", "tests"] {
        for file in sources(folder, ".rs") {
            assert!(!file.path.ends_with("/mod.rs"), "{}", file.path);
            assert!(file.text.starts_with("//!"), "{} does not open with //!", file.path);
        }
    }
}
