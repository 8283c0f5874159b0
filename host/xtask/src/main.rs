//! The one list of developer commands. `cargo xtask` prints it.
//!
//! Each command installs what it misses itself (a Rust target, Debian packages where root and apt
//! are at hand), or says in one line what to install. Nothing here is shipped.

mod needs;
mod run;

use run::{Step, cargo, root};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask COMMAND

  demo      run the whole product on loopback against stand-ins and print where to look
  test      pass the tests: rules, plugins, the whole program, a real browser
  check     all that CI runs: format, lints, docs, dependency rules, then `test`
  plugins   build the first-party components and print what each can do
  bench     measure the bars of host/README.md, each against a baseline in the same run
  soak      the long runs: kills, races, many guests, every page in every width
  dist      a stripped static binary for this machine's architecture (musl)

Arguments after a command go to it: `cargo xtask test invites`, `cargo xtask demo --tls`.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done = match command.as_str() {
        "demo" => demo(&rest),
        "test" => test(&rest),
        "check" => check(),
        "plugins" => plugins(),
        "bench" => bench(&rest),
        "soak" => soak(&rest),
        "dist" => dist(),
        "" | "help" | "--help" | "-h" => {
            run::say(HELP);
            return ExitCode::SUCCESS;
        }
        other => {
            run::complain(&format!("there is no command `{other}`\n\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            run::complain(&why);
            ExitCode::FAILURE
        }
    }
}

fn demo(rest: &[String]) -> Step {
    needs::guest_target()?;
    cargo(&["build", "--locked", "--bin", "latchkey"])?;
    // The program itself takes over, so that Ctrl-C is its own to handle.
    let mut arguments = vec!["run", "--quiet", "--locked", "--bin", "latchkey", "--", "demo"];
    arguments.extend(rest.iter().map(String::as_str));
    cargo(&arguments)
}

fn test(rest: &[String]) -> Step {
    needs::guest_target()?;
    needs::servers();
    let mut host = vec!["test", "--locked", "--workspace", "--no-fail-fast"];
    host.extend(rest.iter().map(String::as_str));
    let host_done = cargo(&host);
    let mut guests = vec!["test", "--locked", "--manifest-path", "plugins/Cargo.toml"];
    let target = run::target_dir().join("plugins");
    let target = target.to_string_lossy().into_owned();
    guests.extend(["--target-dir", &target]);
    guests.extend(rest.iter().map(String::as_str));
    let guests_done = cargo(&guests);
    host_done.and(guests_done)
}

fn check() -> Step {
    needs::guest_target()?;
    let workspaces = ["Cargo.toml", "plugins/Cargo.toml", "tests/guests/Cargo.toml"];
    for manifest in workspaces.iter().filter(|path| root().join(path).exists()) {
        cargo(&["fmt", "--check", "--all", "--manifest-path", manifest])?;
    }
    cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    let target = run::target_dir().join("plugins");
    let target = target.to_string_lossy().into_owned();
    cargo(&[
        "clippy",
        "--locked",
        "--manifest-path",
        "plugins/Cargo.toml",
        "--target-dir",
        &target,
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    run::cargo_with(
        &[("RUSTDOCFLAGS", "-D warnings")],
        &["doc", "--locked", "--workspace", "--no-deps", "--document-private-items"],
    )?;
    if run::has("cargo-deny") {
        cargo(&["deny", "--config", ".deny.toml", "check", "bans", "licenses", "sources"])?;
    } else {
        run::say("cargo-deny is not installed: tests/tidy checks bans, licences and sources");
    }
    test(&[])
}

fn plugins() -> Step {
    needs::guest_target()?;
    let target = run::target_dir().join("plugins");
    let target = target.to_string_lossy().into_owned();
    run::guests("plugins", &target)?;
    cargo(&["build", "--locked", "--bin", "latchkey"])?;
    for component in run::components(&target)? {
        let file = component.to_string_lossy().into_owned();
        cargo(&[
            "run", "--quiet", "--locked", "--bin", "latchkey", "--", "plugin", "inspect", &file,
        ])?;
    }
    Ok(())
}

fn bench(rest: &[String]) -> Step {
    needs::guest_target()?;
    cargo(&["build", "--locked", "--release", "--bin", "latchkey"])?;
    let mut arguments = vec!["run", "--quiet", "--locked", "--release", "--package", "bench", "--"];
    arguments.extend(rest.iter().map(String::as_str));
    cargo(&arguments)
}

fn soak(rest: &[String]) -> Step {
    needs::guest_target()?;
    needs::servers();
    let mut arguments = vec!["test", "--locked", "--package", "it", "--package", "browser"];
    arguments.extend(["--features", "it/soak,browser/soak"]);
    arguments.extend(rest.iter().map(String::as_str));
    cargo(&arguments)
}

fn dist() -> Step {
    needs::guest_target()?;
    let triple = needs::static_target()?;
    run::cargo_with(
        &needs::static_compiler(&triple),
        &["build", "--locked", "--profile", "dist", "--bin", "latchkey", "--target", &triple],
    )?;
    let binary = run::target_dir().join(&triple).join("dist/latchkey");
    let size = std::fs::metadata(&binary).map_err(|error| error.to_string())?.len();
    run::say(&format!("{} ({:.1} MiB)", binary.display(), run::mebibytes(size)));
    Ok(())
}
