//! `config check`, `show`, `schema`, `init`.

use crate::components;
use crate::context::{Context, runtime};
use crate::control;
use crate::orders::{Order, Reply};
use crate::output::{self, Form};
use crate::settings::{self, Loaded, Problems, Shown};
use crate::trouble::Trouble;
use domain::settings::Source;
use service::clock::Clock;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::process::ExitCode;

fn load(context: &Context) -> Result<Loaded, Problems> {
    let plugins = context.data_folder.join("plugins");
    let manifests = components::inspected(&context.bundled, &plugins);
    settings::load(&context.settings, &manifests, Clock::system().now())
}

/// `config check`.
///
/// # Errors
/// [`Trouble::Settings`] with everything that is wrong.
pub(crate) fn check(context: &Context) -> Result<ExitCode, Trouble> {
    let loaded = load(context);
    if context.form == Form::Json {
        let (right, problems) = match &loaded {
            Ok(loaded) => (true, &loaded.warnings),
            Err(problems) => (false, &problems.0),
        };
        output::json(&serde_json::json!({ "right": right, "problems": problems }));
        return Ok(if right { ExitCode::SUCCESS } else { ExitCode::from(2) });
    }
    let loaded = loaded.map_err(Trouble::Settings)?;
    for warning in &loaded.warnings {
        output::line(warning.to_string());
    }
    let file = context.settings.file.as_deref().filter(|file| file.exists());
    let file = file
        .map_or("the settings (there is no file)".to_owned(), |file| file.display().to_string());
    match loaded.warnings.len() {
        0 => output::line(format!("{file}: right")),
        1 => output::line(format!("{file}: right, with one warning")),
        more => output::line(format!("{file}: right, with {more} warnings")),
    }
    Ok(ExitCode::SUCCESS)
}

/// `config show`. Where a server runs, what its pages set is shown, too.
///
/// # Errors
/// [`Trouble::Settings`] where they cannot be used.
pub(crate) fn show(context: &Context) -> Result<ExitCode, Trouble> {
    let mut shown = load(context).map_err(Trouble::Settings)?.shown;
    let asked = runtime()?.block_on(control::ask(&context.socket(), &Order::PageSettings));
    if let Ok(Some(Reply::PageSettings { settings })) = asked {
        for (key, value) in settings {
            if let Some(line) = shown.iter_mut().find(|line| line.key == key) {
                *line = Shown { key, value: Some(value.to_string()), source: Source::Page };
            }
        }
    }
    if context.form == Form::Json {
        output::json(&shown);
        return Ok(ExitCode::SUCCESS);
    }
    let sides: Vec<(String, String)> = shown
        .iter()
        .map(|line| {
            let value = line.value.as_deref().unwrap_or("-");
            (format!("{} = {value}", line.key), line.source_words())
        })
        .collect();
    let width = sides.iter().map(|(left, _)| left.chars().count().min(60)).max().unwrap_or(0);
    for (left, right) in sides {
        output::line(format!("{left:width$}  # {right}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// `config schema`.
#[must_use]
pub(crate) fn schema() -> ExitCode {
    output::json(&settings::schema());
    ExitCode::SUCCESS
}

/// `config init`.
///
/// # Errors
/// [`Trouble::Failed`] where there is a file already, or none can be written.
pub(crate) fn init(context: &Context, print: bool) -> Result<ExitCode, Trouble> {
    let sample = settings::sample();
    let Some(file) = context.settings.file.as_deref().filter(|_| !print) else {
        output::line(sample.trim_end());
        return Ok(ExitCode::SUCCESS);
    };
    let shown = file.display();
    let unwritten = |cause: std::io::Error| match cause.kind() {
        std::io::ErrorKind::AlreadyExists => Trouble::Failed(format!(
            "{shown} is there already; `latchkey config init --print` prints the sample instead"
        )),
        _ => Trouble::because(&format!("could not write {shown}"), &cause),
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(unwritten)?;
    }
    let mut options = std::fs::OpenOptions::new();
    let mut opened =
        options.write(true).create_new(true).mode(0o600).open(file).map_err(unwritten)?;
    opened.write_all(sample.as_bytes()).map_err(unwritten)?;
    match context.form {
        Form::Text => output::line(format!("{shown} is written; every line of it is a comment")),
        Form::Json => output::json(&serde_json::json!({ "file": file })),
    }
    Ok(ExitCode::SUCCESS)
}
