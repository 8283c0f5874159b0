//! What the built component imports, exports and carries. Builds it first, as the bundle does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test may panic and asks cargo where it is"
)]

use std::path::PathBuf;
use std::process::Command;

use wasmparser::{Parser, Payload};

#[derive(Default, Debug)]
struct Seen {
    imports: Vec<String>,
    exports: Vec<String>,
    manifest: Vec<u8>,
}

fn component() -> Vec<u8> {
    let workspace = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = workspace.join("../target/plugins");
    let mut build = Command::new(env!("CARGO"));
    build
        .current_dir(&workspace)
        .args(["build", "--release", "--target", "wasm32-unknown-unknown", "-p", "plex"])
        .arg("--target-dir")
        .arg(&target);
    for inherited in
        ["CARGO_ENCODED_RUSTFLAGS", "RUSTFLAGS", "CARGO_BUILD_TARGET", "CARGO_TARGET_DIR"]
    {
        build.env_remove(inherited);
    }
    assert!(build.status().expect("cargo runs").success(), "the component does not build");
    std::fs::read(target.join("wasm32-unknown-unknown/release/plex.wasm")).expect("the component")
}

fn seen(bytes: &[u8]) -> Seen {
    let mut seen = Seen::default();
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.expect("a well-formed component") {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) if depth > 0 => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 0 => {
                seen.imports
                    .extend(imports.into_iter().map(|import| import.unwrap().name.0.to_owned()));
            }
            Payload::ComponentExportSection(exports) if depth == 0 => {
                seen.exports
                    .extend(exports.into_iter().map(|export| export.unwrap().name.0.to_owned()));
            }
            Payload::CustomSection(section) if section.name() == "latchkey:manifest" => {
                seen.manifest.extend(section.data());
            }
            _ => {}
        }
    }
    seen
}

#[test]
fn the_component_imports_what_it_uses_and_exports_its_roles() {
    let bytes = component();
    assert!(bytes.len() < 448 << 10, "{} bytes", bytes.len());
    let seen = seen(&bytes);
    let mut imports = seen.imports.clone();
    imports.sort();
    assert_eq!(
        imports,
        [
            "latchkey:common/attribute@0.1.0",
            "latchkey:common/fault@0.1.0",
            "latchkey:common/paging@0.1.0",
            "latchkey:host/clock@0.1.0",
            "latchkey:host/http@0.1.0",
            "latchkey:host/log@0.1.0",
            "latchkey:host/net@0.1.0",
            "latchkey:host/random@0.1.0",
            "latchkey:host/settings@0.1.0",
            "latchkey:host/state@0.1.0",
        ]
    );
    let mut exports = seen.exports.clone();
    exports.sort();
    assert_eq!(
        exports,
        [
            "latchkey:accounts/backend@0.1.0",
            "latchkey:identity/provider@0.1.0",
            "latchkey:plugin/lifecycle@0.1.0",
        ]
    );
    assert_eq!(seen.manifest, include_bytes!("../manifest.toml"));
}
