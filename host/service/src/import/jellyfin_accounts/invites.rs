//! `invites.json`: the right to sign up, under the codes that were sent.

use super::act::{Act, was_taken};
use super::ground::{Ground, NO_BACKEND, Step};
use super::old::OldInvite;
use super::profile;
use crate::error::Result;
use crate::import::plan::{Kind, State};
use domain::ids::{ForeignCode, InviteCode};
use domain::invites::{AskEmail, Invite};
use domain::names::EmailAddress;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The note of an invite that was taken over.
const LABEL: &str = "jellyfin-accounts";

/// The zone that times without one are read in.
pub(crate) fn zone(ground: &Ground<'_>) -> (String, TimeZone) {
    let name = ground.service.settings().settings.dates.zone.clone();
    let zone = TimeZone::get(&name).unwrap_or(TimeZone::UTC);
    (name, zone)
}

pub(crate) async fn plan(ground: &Ground<'_>) -> Result<Vec<Step>> {
    let (_, zone) = zone(ground);
    let mut steps = Vec::with_capacity(ground.old.invites.len());
    for old in &ground.old.invites {
        steps.push(one(ground, old, &zone).await?);
    }
    Ok(steps)
}

async fn one(ground: &Ground<'_>, old: &OldInvite, zone: &TimeZone) -> Result<Step> {
    let hint: String = old.code.chars().take(4).collect();
    let name = format!("{hint}...");
    let idle = |state, words: String| Ok(Step::idle(Kind::Invite, name.clone(), (state, words)));
    let Ok(alias) = ForeignCode::parse(&old.code) else {
        return idle(State::Skipped, "its code cannot stand in a link".to_owned());
    };
    // Twice on the day clocks go back, never on the day they go forward: the earlier one, as Python does.
    let Ok(end) = zone.to_timestamp(old.valid_till) else {
        return idle(State::Skipped, "its end is out of range".to_owned());
    };
    let wanted = alias.clone();
    let (there, taken) = ground
        .service
        .read(move |tx| Ok((tx.invites().by_alias(&wanted)?, was_taken(tx, &wanted)?)))
        .await?;
    if there.is_some() {
        return idle(State::Same, "it was taken over before and is kept as it is here".to_owned());
    }
    if taken {
        return idle(State::Skipped, "it was taken over before and deleted here since".to_owned());
    }
    let (now, until) = (ground.service.now(), shown(end, zone));
    if end <= now {
        return idle(State::Skipped, format!("it is over since {until}"));
    }
    if old.uses == Some(0) {
        return idle(State::Skipped, "it is used up".to_owned());
    }
    let Some(backend) = ground.place.id() else {
        return idle(State::Skipped, NO_BACKEND.to_owned());
    };
    if ground.old.policy.is_some() && !ground.has_profile {
        let words = "the profile its accounts are made from could not be added";
        return idle(State::Skipped, words.to_owned());
    }
    let code = InviteCode::from_random(ground.service.random().bytes());
    let invite = Invite {
        expires_at: Some(end),
        backends: vec![backend.clone()],
        alias: Some(alias),
        ..blank(ground, old, code)
    };
    let words = format!("{}, until {until}{}", people(old.uses), remark(old, &invite));
    let act = Act::Invite(Box::new(invite));
    Ok(Step::busy(Kind::Invite, name, (State::New, words), act))
}

fn blank(ground: &Ground<'_>, old: &OldInvite, code: InviteCode) -> Invite {
    let config = &ground.old.config;
    let by = config.set("ui", "username").unwrap_or_else(|| ground.by.name());
    Invite {
        code,
        label: LABEL.to_owned(),
        created_by: by.to_owned(),
        created_at: ground.service.now(),
        expires_at: None,
        uses: old.uses,
        used: 0,
        backends: Vec::new(),
        profile: ground.old.policy.is_some().then(|| profile::NAME.to_owned()),
        account_lifetime: None,
        ask_email: if config.resets() { AskEmail::Required } else { AskEmail::Optional },
        // Where it could not be sent, words about that stand in its place.
        email: old.email.as_deref().and_then(|text| EmailAddress::parse(text).ok()),
        revoked_at: None,
        mailed: Vec::new(),
        inviter: None,
        require_approval: false,
        alias: None,
    }
}

fn people(uses: Option<u32>) -> String {
    match uses {
        None => "for any number of people".to_owned(),
        Some(1) => "for one person".to_owned(),
        Some(uses) => format!("for {uses} more people"),
    }
}

fn remark(old: &OldInvite, invite: &Invite) -> String {
    let mut remark = String::new();
    if invite.email.is_some() {
        remark.push_str(", sent by mail before");
    }
    if old.notifies {
        remark
            .push_str("; nobody is told of its use or end by mail any more, the activity has both");
    }
    remark
}

fn shown(end: Timestamp, zone: &TimeZone) -> String {
    end.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
