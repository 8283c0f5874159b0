//! `user_template.json` and its companions: what new accounts are made from.

use super::act::Act;
use super::ground::{Ground, NO_BACKEND, Step};
use super::old::Old;
use crate::error::{Result, ServiceError};
use crate::import::plan::{Kind, State};
use crate::profiles;
use std::collections::BTreeMap;

/// What the profile is called here.
pub(crate) const NAME: &str = "jellyfin-accounts";

/// The policy byte for byte, in a document as the plugin writes them; with configuration and home screen
/// where both are there, as jellyfin-accounts applied them.
pub(crate) fn document(old: &Old) -> Option<String> {
    let policy = old.policy.as_ref()?.get();
    Some(match &old.home {
        None => format!("{{\"Policy\":{policy}}}"),
        Some((configuration, preferences)) => format!(
            "{{\"Policy\":{policy},\"Configuration\":{},\"DisplayPreferences\":{}}}",
            configuration.get(),
            preferences.get()
        ),
    })
}

pub(crate) async fn plan(ground: &Ground<'_>) -> Result<Option<Step>> {
    let Some(document) = document(ground.old) else { return Ok(None) };
    let idle = |state, words: &str| Some(Step::idle(Kind::Profile, NAME, (state, words)));
    let Some(backend) = ground.place.id() else { return Ok(idle(State::Skipped, NO_BACKEND)) };
    let before = match profiles::get(ground.service, ground.by, NAME).await {
        Ok(profile) => Some(profile),
        Err(ServiceError::NotFound { .. }) => None,
        Err(other) => return Err(other),
    };
    let what = match &ground.old.home {
        Some(_) => "policy, configuration and home screen of new accounts",
        None => "policy of new accounts",
    };
    let Some(before) = before else {
        let act = Act::CreateProfile(NAME, BTreeMap::from([(backend.clone(), document)]));
        return Ok(Some(Step::busy(Kind::Profile, NAME, (State::New, what), act)));
    };
    let there = before.documents.get(backend).map(|there| there.text.as_str());
    if there == Some(document.as_str()) {
        return Ok(idle(State::Same, what));
    }
    let mut documents: BTreeMap<_, _> =
        before.documents.into_iter().map(|(id, document)| (id, document.text)).collect();
    documents.insert(backend.clone(), document);
    let words = format!("{what}, instead of what the profile says now");
    let act = Act::ReplaceProfile(NAME, documents);
    Ok(Some(Step::busy(Kind::Profile, NAME, (State::Changed, words), act)))
}
