//! Mails of its own making: subject, text, and the MJML that its HTML was made from.
//!
//! Its templates are Jinja with names that mails here know as well. Compiled HTML cannot be taken over: it
//! is made here, from MJML.

use super::act::Act;
use super::files::Text;
use super::ground::{Ground, Step};
use crate::error::{Result, ServiceError};
use crate::import::plan::{Kind, State, in_words};
use crate::templates::{self, Origin};
use views::mail::Source;

/// One mail here, and where its parts stood there: 0.3.9 before 32f408d.
struct Place {
    name: &'static str,
    subject: &'static [(&'static str, &'static str)],
    text: &'static [&'static str],
    html: &'static [&'static str],
}

const PLACES: [Place; 2] = [
    Place {
        name: "reset",
        subject: &[("password_resets", "subject"), ("email", "subject")],
        text: &["password_resets.email_text", "email.email_plaintext"],
        html: &["password_resets.email_html", "email.email_template"],
    },
    Place {
        name: "invite",
        subject: &[("invite_emails", "subject")],
        text: &["invite_emails.email_text"],
        html: &["invite_emails.email_html"],
    },
];

/// Told admins, who read the activity here.
const WITHOUT_COUNTERPART: &str = "notifications.";

pub(crate) async fn plan(ground: &Ground<'_>) -> Result<Vec<Step>> {
    let mut steps = Vec::new();
    for place in &PLACES {
        let file = |keys: &[&str]| keys.iter().find_map(|key| ground.old.mails.get(*key));
        let mut wanted = Source {
            subject: ground.old.config.first(place.subject).map(str::to_owned),
            text: file(place.text).map(|file| file.text.clone()),
            mjml: None,
        };
        if let Some(html) = file(place.html) {
            let beside = place.html.iter().map(|key| format!("{key}.mjml"));
            match mjml(html, beside.filter_map(|key| ground.old.mails.get(&key)).next()) {
                Some(mjml) => wanted.mjml = Some(mjml),
                None => steps.push(compiled(place.name, html)),
            }
        }
        if !wanted.is_empty() {
            steps.push(one(ground, place.name, wanted).await?);
        }
    }
    let lost = ground
        .old
        .mails
        .iter()
        .filter(|(key, _)| key.starts_with(WITHOUT_COUNTERPART) && !key.ends_with(".mjml"));
    steps.extend(lost.map(|(key, file)| {
        let words = format!("{}: such mails are not sent here", file.path);
        Step::idle(Kind::Template, key, (State::Skipped, words))
    }));
    Ok(steps)
}

/// The file itself, or the one it was compiled from.
fn mjml(html: &Text, beside: Option<&Text>) -> Option<String> {
    let is_mjml = html.text.trim_start().starts_with("<mjml");
    let file = if is_mjml { Some(html) } else { beside };
    file.map(|file| file.text.clone())
}

fn compiled(name: &str, html: &Text) -> Step {
    let words = format!(
        "{}: this HTML was compiled; put the .mjml it was made from beside it and run this again, or write the mail anew under Mail, Templates",
        html.path
    );
    Step::idle(Kind::Template, name, (State::Skipped, words))
}

async fn one(ground: &Ground<'_>, name: &'static str, wanted: Source) -> Result<Step> {
    let idle = |state, words: String| Ok(Step::idle(Kind::Template, name, (state, words)));
    let here = templates::get(ground.service, ground.by, name)?;
    let parts = [("subject", &wanted.subject), ("text", &wanted.text), ("MJML", &wanted.mjml)];
    let parts = parts.into_iter().filter(|(_, part)| part.is_some()).map(|(name, _)| name);
    let parts = parts.collect::<Vec<_>>().join(", ");
    if wanted.clone().or(here.source.clone()) == here.source {
        return idle(State::Same, parts);
    }
    if let Origin::Files { names } = &here.origin {
        let words = format!("{} in templates/mail set it: change it there", names.join(", "));
        return idle(State::Conflict, words);
    }
    let is_written = matches!(here.origin, Origin::Page { .. });
    let draft = if is_written { wanted.or(here.source) } else { wanted };
    match templates::preview(ground.service, ground.by, name, Some(draft.clone()), None).await {
        Ok(_rendered) => {}
        Err(error @ ServiceError::Invalid { .. }) => {
            let words = format!("it does not work here ({}); put it right", in_words(&error));
            return idle(State::Conflict, words);
        }
        Err(other) => return Err(other),
    }
    let (state, words) = match is_written {
        true => (State::Changed, format!("{parts}, instead of what was written here")),
        false => (State::New, parts),
    };
    Ok(Step::busy(Kind::Template, name, (state, words), Act::Write(name, Box::new(draft))))
}
