//! Settings: the TOML file, the environment and the flags, written then settled.
//!
//! Order: file, then environment, then flags. Every problem names its place, what is wrong and what
//! to do, and all of them are reported at once. One table of keys drives parsing, `config show`, the
//! sample and the JSON Schema. Nothing here keeps settings or applies them.

mod backend;
mod check;
mod environment;
mod given;
mod kind;
mod mail;
mod nearest;
mod place;
mod problem;
mod provider;
mod reset_watch;
mod sample;
mod schema;
mod settle;
mod show;
mod table;
mod written;

pub use given::Manifests;
pub use place::Place;
pub use problem::{Problem, Problems, Severity};
pub use sample::sample;
pub use schema::schema;
pub use show::Shown;

use check::Check;
use domain::settings::Settled;
use jiff::Timestamp;
use place::{FileText, Spot};
use std::path::{Path, PathBuf};
use written::{Entry, Raw, Written};

/// Where settings come from.
#[derive(Clone, Default)]
pub struct Source {
    /// The settings file; it may be absent.
    pub file: Option<PathBuf>,
    /// Whether its absence is an error: it was named on the command line.
    pub file_must_exist: bool,
    /// The environment, names and values.
    pub environment: Vec<(String, String)>,
    /// `--listen`.
    pub listen: Vec<String>,
    /// `--public-url`.
    pub public_url: Option<String>,
}

/// Settings that can be used.
pub struct Loaded {
    /// The values with their sources.
    pub settled: Settled,
    /// What somebody should look at.
    pub warnings: Vec<Problem>,
    /// Files whose change may change the settings: the settings file first.
    pub files: Vec<PathBuf>,
    /// Every value with its source, for `config show`.
    pub shown: Vec<Shown>,
}

/// Reads and settles everything.
///
/// # Errors
/// [`Problems`], all of them, warnings included, where one makes the settings unusable.
pub fn load(source: &Source, manifests: &Manifests, now: Timestamp) -> Result<Loaded, Problems> {
    let file = read_file(source)?;
    let mut entries = match &file {
        Some(file) => written::parse(file).map_err(Problems)?,
        None => Vec::new(),
    };
    let environment = environment::overlay(&mut entries, &source.environment);
    flags(&mut entries, source);
    let base = source.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let mut check = Check::new(file.as_ref(), base);
    check.problems.extend(environment);
    let mut checked = check.everything(&entries);
    settle::dependent_defaults(&mut checked);
    let settings = settle::settle(&mut check, &checked, manifests, now);
    if let Some(file) = &file
        && check.holds_secret
    {
        check.problems.extend(readable_by_others(file.path()));
    }
    let problems = Problems(core::mem::take(&mut check.problems));
    if problems.are_fatal() {
        return Err(problems);
    }
    let files = source.file.iter().cloned().chain(check.secret_files.iter().cloned()).collect();
    let shown = show::shown(&checked, check.file);
    let sources = settle::sources(&check, &checked);
    Ok(Loaded { settled: Settled { settings, sources }, warnings: problems.0, files, shown })
}

fn read_file(source: &Source) -> Result<Option<FileText>, Problems> {
    let Some(path) = &source.file else { return Ok(None) };
    let place = || Place::File { path: path.clone() };
    let refuse = |message: String, advice: &str| {
        let problem = Problem { key: None, ..Problem::error(place(), "", message) };
        Problems(vec![problem.advise(advice)])
    };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(FileText::new(path.clone(), text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !source.file_must_exist => {
            Ok(None)
        }
        Err(error) => Err(match error.kind() {
            std::io::ErrorKind::NotFound => {
                refuse("there is no such file".to_owned(), "`latchkey config init` writes a sample")
            }
            std::io::ErrorKind::InvalidData => {
                refuse("the file is not text in UTF-8".to_owned(), "save it as UTF-8")
            }
            _ => refuse(
                format!("could not be read: {error}"),
                "let the account that runs latchkey read it",
            ),
        }),
    }
}

fn flags(entries: &mut Vec<Entry>, source: &Source) {
    let text =
        |text: &String, flag| Written { raw: Raw::Text(text.clone()), spot: Spot::Flag(flag) };
    let path = |key: &str| ["server".to_owned(), key.to_owned()];
    if !source.listen.is_empty() {
        let items = source.listen.iter().map(|item| text(item, "--listen")).collect();
        let list = Written { raw: Raw::List(items), spot: Spot::Flag("--listen") };
        written::lay_over(entries, &path("listen"), list);
    }
    if let Some(url) = &source.public_url {
        written::lay_over(entries, &path("public_url"), text(url, "--public-url"));
    }
}

/// A file that holds a secret is for its owner only.
fn readable_by_others(path: &Path) -> Option<Problem> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| Problem {
        key: None,
        ..Problem::warning(
            Place::File { path: path.to_owned() },
            "",
            "holds a secret and can be read by others",
        )
        .advise(format!("run: chmod 600 {}", path.display()))
    })
}
