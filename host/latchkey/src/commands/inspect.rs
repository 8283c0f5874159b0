//! `plugin inspect FILE`: needs neither a server nor a data folder.

use crate::output::{self, Form};
use crate::trouble::Trouble;
use domain::plugins::{Inspection, PluginRole};
use sandbox::Sandbox;
use std::path::Path;
use std::process::ExitCode;

/// Says what a component exports, imports, can do and cannot do.
///
/// # Errors
/// [`Trouble::Failed`] where the file cannot be read or is none.
pub(crate) fn inspect(file: &Path, form: Form) -> Result<ExitCode, Trouble> {
    let shown = file.display();
    let bytes = std::fs::read(file)
        .map_err(|cause| Trouble::because(&format!("could not read {shown}"), &cause))?;
    let inspection = Sandbox::inspect(&bytes)
        .map_err(|refusal| Trouble::Failed(format!("{shown} would not be run: {refusal}")))?;
    match form {
        Form::Json => output::json(&inspection),
        Form::Text => output::line(sentences(&inspection)),
    }
    Ok(ExitCode::SUCCESS)
}

fn sentences(found: &Inspection) -> String {
    let manifest = &found.manifest;
    let mut words = format!(
        "{} {} ({}), contract {}\n{}\nLicence: {}\nSHA-256: {}\nSize: {} KiB\n",
        manifest.name,
        manifest.version,
        manifest.id,
        manifest.contract,
        manifest.summary,
        manifest.license,
        found.sha256,
        found.size.div_ceil(1024),
    );
    let roles: Vec<_> = found.roles.iter().map(|role| role_words(*role)).collect();
    let lists = [
        ("It is used for", roles),
        ("It imports", found.imports.iter().map(String::as_str).collect()),
        ("What it may do", found.can.iter().map(String::as_str).collect()),
        ("What it may not do", found.cannot.iter().map(String::as_str).collect()),
    ];
    for (title, lines) in lists {
        if lines.is_empty() {
            continue;
        }
        words.push_str(&format!("\n{title}:\n"));
        for line in lines {
            words.push_str(&format!("  - {line}\n"));
        }
    }
    words.truncate(words.trim_end().len());
    words
}

const fn role_words(role: PluginRole) -> &'static str {
    match role {
        PluginRole::Accounts => "keeping accounts",
        PluginRole::Identity => "saying who somebody is",
        PluginRole::Reset => "reading reset requests",
        PluginRole::Notify => "delivering messages",
        PluginRole::AppSession => "signing apps in",
    }
}
