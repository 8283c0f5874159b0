//! The binary: the command line, with the first-party components inside.

use std::process::ExitCode;

fn main() -> ExitCode {
    latchkey::cli::run(std::env::args_os(), bundle::components())
}
