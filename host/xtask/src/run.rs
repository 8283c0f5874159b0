//! Running other programs: every command is printed before it runs, a failure names it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Done, or why not in one sentence.
pub(crate) type Step = Result<(), String>;

/// The checkout.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where builds go.
pub(crate) fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Tells the developer something.
#[expect(clippy::print_stderr, reason = "a developer command talks to its terminal")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// Tells the developer what went wrong.
pub(crate) fn complain(text: &str) {
    say(&format!("xtask: {text}"));
}

/// Whether a program is on the path.
pub(crate) fn has(program: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(program).is_file())
}

/// Runs a program in the checkout and shows what it prints.
pub(crate) fn command(program: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Step {
    let line = format!("{program} {}", arguments.join(" "));
    say(&format!("$ {line}"));
    let status = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(root())
        .status()
        .map_err(|error| format!("could not run `{program}`: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status})")) }
}

/// What a program prints, or none where it fails.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn cargo_program() -> String {
    std::env::var_os("CARGO")
        .map_or_else(|| "cargo".to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Runs cargo.
pub(crate) fn cargo(arguments: &[&str]) -> Step {
    command(&cargo_program(), &[], arguments)
}

/// Runs cargo with variables.
pub(crate) fn cargo_with(variables: &[(&str, &str)], arguments: &[&str]) -> Step {
    command(&cargo_program(), variables, arguments)
}

/// Builds a workspace of guests as components.
pub(crate) fn guests(workspace: &str, target: &str) -> Step {
    let manifest = format!("{workspace}/Cargo.toml");
    cargo(&[
        "build",
        "--locked",
        "--release",
        "--target",
        "wasm32-unknown-unknown",
        "--manifest-path",
        &manifest,
        "--target-dir",
        target,
    ])
}

/// The components that were built.
pub(crate) fn components(target: &str) -> Result<Vec<PathBuf>, String> {
    let folder = Path::new(target).join("wasm32-unknown-unknown/release");
    let entries = std::fs::read_dir(&folder)
        .map_err(|error| format!("could not list {}: {error}", folder.display()))?;
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect();
    found.sort();
    Ok(found)
}

/// For people.
#[expect(clippy::cast_precision_loss, reason = "shown with one digit")]
pub(crate) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
