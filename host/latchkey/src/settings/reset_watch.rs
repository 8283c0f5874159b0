//! `[[reset_watch]]`: a folder in which a backend leaves reset files.
//!
//! The folder need not be there yet, nor the backend: either may come later, and until then the watch
//! says so.

use crate::settings::check::{Check, Item};
use crate::settings::kind::Parsed;
use domain::backends::SetBy;
use domain::ids::BackendId;
use domain::resets::{ResetMail, Watch};
use std::path::PathBuf;

/// Seconds between two looks at most.
const LONGEST_POLL: u32 = 3_600;

/// One watch, or `None` with the reasons among the problems.
pub(crate) fn settle(check: &mut Check<'_>, item: &Item) -> Option<Watch> {
    let backend = BackendId::parse(&item.text("backend")?).ok()?;
    let prefix = format!("reset_watch.{backend}");
    let directory = directory(check, item, &prefix);
    let poll_seconds = poll_seconds(check, item, &prefix);
    let mail = match item.text("mail").as_deref() {
        Some("link") => ResetMail::Link,
        Some("pin") => ResetMail::Pin,
        _ => ResetMail::Both,
    };
    let (directory, poll_seconds) = (directory?, poll_seconds?);
    Some(Watch { backend, directory, poll_seconds, mail, set_by: SetBy::File })
}

fn directory(check: &mut Check<'_>, item: &Item, prefix: &str) -> Option<PathBuf> {
    let key = format!("{prefix}.directory");
    let advice = "name the folder, as in directory = \"/var/lib/jellyfin\"";
    let Some(found) = item.values.get("directory") else {
        if !check.complained_of(&key) {
            check.error_with_advice(&item.spot, &key, ("is missing", advice));
        }
        return None;
    };
    let Parsed::Path(path) = &found.parsed else { return None };
    if path.as_os_str().is_empty() {
        check.error_with_advice(&found.spot, &key, ("is empty", advice));
        return None;
    }
    Some(check.base.join(path))
}

fn poll_seconds(check: &mut Check<'_>, item: &Item, prefix: &str) -> Option<u32> {
    let key = format!("{prefix}.poll_seconds");
    let Some(found) = item.values.get("poll_seconds") else {
        return if check.complained_of(&key) { None } else { Some(0) };
    };
    let Parsed::Integer(number) = found.parsed else { return None };
    let seconds = u32::try_from(number).ok().filter(|seconds| *seconds <= LONGEST_POLL);
    if seconds.is_none() {
        let message = format!("{number} is not between 0 and {LONGEST_POLL}");
        let advice = "write 5 for a look every 5 seconds, 0 to leave it to the file system";
        check.error_with_advice(&found.spot, &key, (message, advice));
    }
    seconds
}
