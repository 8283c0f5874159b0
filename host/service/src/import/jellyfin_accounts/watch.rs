//! `watch_directory`: where Jellyfin puts its reset files.

use super::act::Act;
use super::ground::{Ground, NO_BACKEND, Step, locked};
use crate::error::{Result, ServiceError};
use crate::import::plan::{Kind, State};
use crate::reset_watch::{self, WatchDraft};
use domain::resets::ResetMail;
use std::path::PathBuf;

/// 32f408d, then 0.3.9.
const PLACES: [(&str, &str); 2] =
    [("password_resets", "watch_directory"), ("email", "watch_directory")];

pub(crate) async fn plan(ground: &Ground<'_>) -> Result<Option<Step>> {
    let config = &ground.old.config;
    let Some(directory) = config.first(&PLACES) else { return Ok(None) };
    let idle =
        |state, words: &str| Ok(Some(Step::idle(Kind::ResetWatch, directory, (state, words))));
    if !config.resets() {
        return idle(State::Skipped, "it was switched off");
    }
    let Some(backend) = ground.place.id() else { return idle(State::Skipped, NO_BACKEND) };
    let wanted = PathBuf::from(directory);
    if !wanted.is_absolute() {
        return idle(State::Skipped, "it is no whole path; set it up under Resets");
    }
    let before = match reset_watch::get(ground.service, backend).await {
        Ok(view) => Some(view),
        Err(ServiceError::NotFound { .. }) => None,
        Err(other) => return Err(other),
    };
    let mut draft = WatchDraft { directory: wanted, poll_seconds: 0, mail: ResetMail::Both };
    let (state, words) = match &before {
        Some(view) if view.watch.directory == draft.directory => {
            return idle(State::Same, "reset files are looked for there");
        }
        Some(view) => {
            let there = view.watch.directory.display().to_string();
            if let Some(by) = &view.locked {
                return idle(State::Conflict, &format!("{}; {there} is watched now", locked(by)));
            }
            draft.mail = view.watch.mail;
            (State::Changed, format!("instead of {there}"))
        }
        None => {
            let words = "reset files are looked for there, as soon as this program can read it; a mail has the PIN and a link";
            (State::New, words.to_owned())
        }
    };
    let act = Act::Watch(backend.clone(), draft);
    Ok(Some(Step::busy(Kind::ResetWatch, directory, (state, words), act)))
}
