//! What a person types at a command: passwords without showing them, and choices.

use crate::trouble::Trouble;
use std::io::{self, BufRead as _, IsTerminal as _};

/// A new password: asked for twice at a terminal, else one line of standard input. `None` where
/// nothing was given: then one is made.
///
/// # Errors
/// [`Trouble`] where the two differ or nothing can be read.
pub(crate) fn new_password(name: &str) -> Result<Option<String>, Trouble> {
    let unread = |cause: io::Error| Trouble::because("could not read the password", &cause);
    if !io::stdin().is_terminal() {
        return line().map_err(unread);
    }
    let question = format!("New password for {name} (leave it empty and one is made): ");
    let first = rpassword::prompt_password(question).map_err(unread)?;
    if first.is_empty() {
        return Ok(None);
    }
    let second = rpassword::prompt_password("The same again: ").map_err(unread)?;
    if first == second {
        Ok(Some(first))
    } else {
        Err(Trouble::Failed("the two passwords differ; nothing was changed".to_owned()))
    }
}

/// One line of standard input; `None` at its end and for an empty one.
///
/// # Errors
/// What the system says.
pub(crate) fn line() -> io::Result<Option<String>> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']);
    Ok((!text.is_empty()).then(|| text.to_owned()))
}
