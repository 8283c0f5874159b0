//! `import`: what a predecessor left, taken over.

use super::asked::{asked, odd};
use crate::context::Context;
use crate::import::{Errand, Outcome, Predecessor};
use crate::orders::{Order, Reply};
use crate::output::{self, Form};
use crate::trouble::Trouble;
use clap::{Args, Subcommand};
use serde_json::json;
use service::import::jellyfin_accounts::files::Files;
use service::import::{Item, State};
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Takes over the server, mail, texts, the template of new accounts, open invites with their links, and \
people with their addresses. Nothing in the folder is changed. It can be run again: invites and people \
that were taken over stay as they are here, settings that differ are set anew, which --dry-run tells first. \
What could not be decided is listed as a conflict and left alone.";

/// Which predecessor.
#[derive(Subcommand)]
pub(crate) enum ImportCommand {
    /// Take over from jellyfin-accounts, 0.1 to 0.3.9
    #[command(after_help = HELP)]
    JellyfinAccounts(FolderArguments),
}

/// A folder and what to do with it.
#[derive(Args)]
pub(crate) struct FolderArguments {
    /// Its data folder, usually ~/.jf-accounts
    dir: PathBuf,
    /// Its settings file [default: config.ini in the folder]
    #[arg(long, value_name = "FILE")]
    config_ini: Option<PathBuf>,
    /// Only print what would be done
    #[arg(long)]
    dry_run: bool,
    /// The backend its accounts are on, where that cannot be told from the address
    #[arg(long, value_name = "ID")]
    backend: Option<String>,
}

/// `import jellyfin-accounts DIR`.
///
/// # Errors
/// [`Trouble`] where a file is broken or nothing could be done at all; single things that fail are status 1.
pub(crate) fn import(context: Context, command: ImportCommand) -> Result<ExitCode, Trouble> {
    let form = context.form;
    let ImportCommand::JellyfinAccounts(wanted) = command;
    let files = Files::read(&wanted.dir, wanted.config_ini.as_deref())
        .map_err(|broken| Trouble::Failed(format!("{broken}; nothing was changed")))?;
    let errand = Errand {
        of: Predecessor::JellyfinAccounts(Box::new(files)),
        backend: wanted.backend,
        dry_run: wanted.dry_run,
    };
    let order = Order::Import { errand: Box::new(errand) };
    let Reply::Imported { outcome } = asked(context, order)? else { return Err(odd()) };
    match form {
        Form::Json => output::json(&as_json(&outcome)),
        Form::Text => lines(&outcome).iter().for_each(output::line),
    }
    let items = match &*outcome {
        Outcome::Planned(plan) => &plan.items,
        Outcome::Done(report) => &report.items,
    };
    let failed = items.iter().any(|item| item.state == State::Failed);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn as_json(outcome: &Outcome) -> serde_json::Value {
    let counted = |counts: Vec<(State, usize)>| -> serde_json::Value {
        let fields = counts.into_iter().map(|(state, count)| (state.word().to_owned(), count));
        fields.map(|(word, count)| (word, serde_json::Value::from(count))).collect()
    };
    match outcome {
        Outcome::Planned(plan) => json!({
            "dryRun": true,
            "items": plan.items,
            "counts": counted(plan.counts()),
            "notes": plan.notes,
        }),
        Outcome::Done(report) => json!({
            "dryRun": false,
            "items": report.items,
            "counts": counted(report.counts()),
            "left": report.left,
        }),
    }
}

fn lines(outcome: &Outcome) -> Vec<String> {
    let (items, counts, notes, word): (_, _, _, fn(State) -> &'static str) = match outcome {
        Outcome::Planned(plan) => (&plan.items, plan.counts(), &plan.notes, State::word),
        Outcome::Done(report) => (&report.items, report.counts(), &report.left, State::past),
    };
    let mut lines: Vec<String> = items.iter().map(|item| line(item, word(item.state))).collect();
    let counted: Vec<_> =
        counts.into_iter().map(|(state, count)| format!("{count} {}", word(state))).collect();
    lines.push(String::new());
    lines.push(counted.join(", "));
    match outcome {
        Outcome::Planned(_) => {
            lines.extend(notes.iter().map(|note| format!("note: {note}")));
            lines.push("nothing was changed; without --dry-run it is done".to_owned());
        }
        Outcome::Done(_) => {
            lines.push("left to do by hand:".to_owned());
            lines.extend(notes.iter().map(|note| format!("  - {note}")));
        }
    }
    lines.iter().map(|line| plain(line)).collect()
}

fn line(item: &Item, state: &str) -> String {
    format!("{state:<9} {:<12} {:<20} {}", item.kind.word(), item.name, item.words)
}

/// Names come from files and backends: none of them may steer a terminal.
fn plain(line: &str) -> String {
    line.chars().map(|one| if one.is_control() { '\u{fffd}' } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use service::import::{Kind, Plan};

    #[test]
    fn a_plan_is_told_a_line_a_thing() {
        let item = Item::new(Kind::Person, "a\u{1b}[2Jnna", (State::New, "becomes a user"));
        let plan = Plan { items: vec![item], notes: vec!["a note".to_owned()] };
        let told = lines(&Outcome::Planned(plan));
        assert_eq!(
            told,
            [
                "new       person       a\u{fffd}[2Jnna             becomes a user",
                "",
                "1 new",
                "note: a note",
                "nothing was changed; without --dry-run it is done",
            ]
        );
    }
}
