//! `plugin inspect FILE`: needs neither a server nor a data folder. An id in the file's place is that
//! of a component of the binary.

use crate::components::Bundled;
use crate::output::{self, Form};
use crate::trouble::Trouble;
use domain::plugins::{Inspection, Manifest, PluginRole, SettingSpec};
use sandbox::Sandbox;
use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

/// Says what a component exports, imports, can do and cannot do.
///
/// # Errors
/// [`Trouble::Failed`] where the file cannot be read or is none.
pub(crate) fn inspect(file: &Path, bundled: &Bundled, form: Form) -> Result<ExitCode, Trouble> {
    let shown = file.display();
    let inside = bundled.iter().find(|(id, _)| Path::new(id) == file && !file.exists());
    let bytes = match inside {
        Some((_, bytes)) => bytes.clone(),
        None => Cow::from(std::fs::read(file).map_err(|cause| unread(file, bundled, &cause))?),
    };
    let inspection = Sandbox::inspect(&bytes)
        .map_err(|refusal| Trouble::Failed(format!("{shown} would not be run: {refusal}")))?;
    match form {
        Form::Json => output::json(&inspection),
        Form::Text => output::line(sentences(&inspection)),
    }
    Ok(ExitCode::SUCCESS)
}

fn unread(file: &Path, bundled: &Bundled, cause: &std::io::Error) -> Trouble {
    let shown = file.display();
    if cause.kind() != std::io::ErrorKind::NotFound {
        return Trouble::because(&format!("could not read {shown}"), cause);
    }
    let ids: Vec<&str> = bundled.iter().map(|(id, _)| id.as_str()).collect();
    let ids = ids.join(", ");
    Trouble::Failed(format!("{shown}: there is no such file; these came with the program: {ids}"))
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
    let settings = settings(manifest);
    let lists = [
        ("It is used for", roles),
        ("Its settings", settings.iter().map(String::as_str).collect()),
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

/// The keys of `settings`, as they are written in the settings file.
fn settings(manifest: &Manifest) -> Vec<String> {
    let plain = manifest.settings.iter().map(|spec| setting(spec, &spec.key));
    let secrets = manifest.secrets.iter().map(|secret| &secret.spec);
    plain.chain(secrets.map(|spec| setting(spec, &format!("{}_file", spec.key)))).collect()
}

fn setting(spec: &SettingSpec, key: &str) -> String {
    let mut words = format!("{key}: {}", spec.label);
    if !spec.options.is_empty() {
        words.push_str(&format!(", one of {}", spec.options.join(", ")));
    }
    match &spec.default {
        Some(default) => words.push_str(&format!("; {default} where it is left out")),
        None if spec.required => words.push_str("; needed"),
        None => {}
    }
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
