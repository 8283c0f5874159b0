//! Accounts: list, create, policy, configuration, rename, picture, delete.
//!
//! Source: `UserController.cs`, `UserManager.cs`, `ImageController.cs`, and recordings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::authorization::Caller;
use super::hash::{fresh_id, md5_id};
use super::options::Release;
use super::policy::{CAST_RECEIVERS, CONFIGURATION, POLICY};
use super::state::{Activity, Image, State, User};
use super::typed;
use super::wire::{Answer, Call, Outcome, text_of};

/// `GET /Users`
pub(super) fn list(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let wanted = |name: &str, is: bool| {
        call.query(name)
            .and_then(|text| text.to_lowercase().parse().ok())
            .is_none_or(|w: bool| w == is)
    };
    Ok(Answer::json(sorted(state, |user| {
        wanted("isHidden", user.is("IsHidden")) && wanted("isDisabled", user.is("IsDisabled"))
    })))
}

/// `GET /Users/Public`
pub(super) fn list_public(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let shown = |user: &User| !user.is("IsHidden") && !user.is("IsDisabled");
    // Before the wizard is done there is nobody to show.
    Ok(Answer::json(sorted(state, |user| state.wizard_done && shown(user))))
}

fn sorted(state: &State, shown: impl Fn(&User) -> bool) -> Value {
    let mut users: Vec<&User> = state.users.iter().filter(|user| shown(user)).collect();
    users.sort_by(|a, b| a.name.cmp(&b.name));
    users.iter().map(|user| state.user_dto(user)).collect()
}

/// `GET /Users/Me`
pub(super) fn me(state: &mut State, _: &Call, caller: &Caller) -> Outcome {
    let user = caller.user().and_then(|id| state.user(id)).ok_or(Answer::bad_request())?;
    Ok(Answer::json(state.user_dto(user)))
}

/// `GET /Users/{userId}`
pub(super) fn one(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let id = call.path_id(1, "userId")?;
    let user = state.user(&id).ok_or_else(|| Answer::said(404, "User not found"))?;
    Ok(Answer::json(state.user_dto(user)))
}

/// `POST /Users/New`: reads a name and a password, nothing else.
pub(super) fn create(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("request")?;
    let name = text_of(&body, "Name").unwrap_or("").to_owned();
    if name.is_empty() {
        return Err(Answer::required("Name"));
    }
    check_name(state, &name, None)?;
    let id = state.add_user(&name, call.now);
    let password = text_of(&body, "Password").map(str::to_owned);
    let made = state.user(&id).cloned();
    if let Some(user) = state.user_mut(&id) {
        user.password = password;
    }
    // 10.11 answers with the account as it was before the password was set.
    let seen = if state.release == Release::V10_11 { made } else { state.user(&id).cloned() };
    Ok(Answer::json(seen.map_or(Value::Null, |user| state.user_dto(&user))))
}

/// Whether a line takes a name (`UserManager.ValidUsernameRegex`, `ThrowIfInvalidUsername`). The
/// column's length of 255 is not enforced by SQLite: 256 letters were taken by all four lines.
fn valid_name(release: Release, name: &str) -> bool {
    let from_10_11 = release >= Release::V10_11;
    let known =
        |sign: char| word_sign(sign) || " -'._@".contains(sign) || (from_10_11 && sign == '+');
    let edges = name.starts_with(char::is_whitespace) || name.ends_with(char::is_whitespace);
    let dots = release >= Release::V12 && (name == "." || name == "..");
    let refused = name.trim().is_empty() || (from_10_11 && edges) || dots;
    !refused && name.chars().all(known)
}

/// .NET's `\w` works on UTF-16 units, so that nothing beyond the first plane is a letter.
fn word_sign(sign: char) -> bool {
    u32::from(sign) < 0x1_0000 && (sign.is_alphanumeric() || sign == '_')
}

/// Wrong and taken names are refused alike.
fn check_name(state: &State, name: &str, own: Option<&str>) -> Result<(), Answer> {
    let taken = state.user_named(name).is_some_and(|user| Some(user.id.as_str()) != own);
    if taken || !valid_name(state.release, name) { Err(Answer::thrown(400)) } else { Ok(()) }
}

/// `POST /Users/{userId}/Policy`: replaces everything.
pub(super) fn set_policy(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let id = call.path_id(1, "userId")?;
    let body = call.object("newPolicy")?;
    let mut policy = typed::read(POLICY, state.release, &body, "newPolicy")?;
    let user = state.user(&id).cloned().ok_or_else(Answer::not_found)?;
    refuse_lockout_of_all(state, &user, &policy)?;
    keep_extra_fields(state, &body, &mut policy);
    number_schedules(state, &id, &mut policy);
    if policy.get("LoginAttemptsBeforeLockout").and_then(Value::as_i64) == Some(0) {
        policy.insert("LoginAttemptsBeforeLockout".into(), 3.into());
    }
    let disables = policy.get("IsDisabled") == Some(&true.into()) && !user.is("IsDisabled");
    if disables {
        state.revoke(&id, caller.token(), call.now);
    }
    if let Some(user) = state.user_mut(&id) {
        user.policy = policy;
    }
    Ok(Answer::empty(204))
}

/// Fields this line knows and our table does not: kept, or their default when omitted.
fn keep_extra_fields(state: &State, body: &Map<String, Value>, policy: &mut Map<String, Value>) {
    for (name, default) in &state.options.extra_policy_fields {
        policy.insert(name.clone(), body.get(name).unwrap_or(default).clone());
    }
}

fn number_schedules(state: &mut State, user: &str, policy: &mut Map<String, Value>) {
    let schedules = policy.get_mut("AccessSchedules").and_then(Value::as_array_mut);
    for schedule in schedules.into_iter().flatten() {
        state.schedules += 1;
        let mut full = Map::new();
        full.insert("Id".into(), state.schedules.into());
        full.insert("UserId".into(), user.into());
        full.extend(schedule.as_object().cloned().unwrap_or_default());
        *schedule = Value::Object(full);
    }
}

/// Somebody must be left who is let in and may administer.
fn refuse_lockout_of_all(
    state: &State,
    user: &User,
    policy: &Map<String, Value>,
) -> Result<(), Answer> {
    let asks = |name: &str| policy.get(name).and_then(Value::as_bool).unwrap_or(false);
    if user.is("IsAdministrator") && !asks("IsAdministrator") && administrators(state) == 1 {
        let text = "There must be at least one user in the system with administrative access.";
        return Err(Answer::said(403, text));
    }
    if asks("IsDisabled") && user.is("IsAdministrator") {
        return Err(Answer::said(403, "Administrators cannot be disabled."));
    }
    let enabled = state.users.iter().filter(|user| !user.is("IsDisabled")).count();
    if asks("IsDisabled") && !user.is("IsDisabled") && enabled == 1 {
        return Err(Answer::said(403, "There must be at least one enabled user in the system."));
    }
    Ok(())
}

fn administrators(state: &State) -> usize {
    state.users.iter().filter(|user| user.is("IsAdministrator")).count()
}

/// The account a `userId` query or path means; the caller's own when there is none.
pub(super) fn target(call: &Call, caller: &Caller, at: Option<usize>) -> Result<String, Answer> {
    let named = match at {
        Some(at) => Some(call.path_id(at, "userId")?),
        None => call.query_id("userId")?,
    };
    // A key has no account: the server looks for the empty GUID and breaks.
    named.or_else(|| caller.user().map(str::to_owned)).ok_or_else(|| Answer::thrown(400))
}

/// Whether the caller may change an account (`RequestHelpers.AssertCanUpdateUser`).
pub(super) fn may_update(state: &State, caller: &Caller, id: &str) -> bool {
    let own = caller.user() == Some(id);
    let allowed = state.user(id).is_some_and(|user| user.is("EnableUserPreferenceAccess"));
    caller.is_admin() || (own && allowed)
}

/// `POST /Users/Configuration?userId=`
pub(super) fn set_configuration(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_configuration(state, call, caller, None)
}

/// `POST /Users/{userId}/Configuration`
pub(super) fn set_configuration_of(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_configuration(state, call, caller, Some(1))
}

fn put_configuration(
    state: &mut State,
    call: &Call,
    caller: &Caller,
    at: Option<usize>,
) -> Outcome {
    let body = call.object("userConfig")?;
    let id = target(call, caller, at)?;
    let configuration = typed::read(CONFIGURATION, state.release, &body, "userConfig")?;
    if !may_update(state, caller, &id) {
        return Err(Answer::said(403, "User configuration update not allowed"));
    }
    write_configuration(state, &id, configuration)?;
    Ok(Answer::empty(204))
}

fn write_configuration(
    state: &mut State,
    id: &str,
    mut configuration: Map<String, Value>,
) -> Result<(), Answer> {
    let user = state.user_mut(id).ok_or_else(Answer::not_found)?;
    let known = configuration.get("CastReceiverId").and_then(Value::as_str);
    if !known.is_some_and(|receiver| CAST_RECEIVERS.contains(&receiver)) {
        let kept = user.configuration.get("CastReceiverId").cloned().unwrap_or(Value::Null);
        configuration.insert("CastReceiverId".into(), kept);
    }
    user.configuration = configuration;
    Ok(())
}

/// `POST /Users?userId=`
pub(super) fn update(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_user(state, call, caller, None)
}

/// `POST /Users/{userId}`
pub(super) fn update_of(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_user(state, call, caller, Some(1))
}

/// Renames when the name differs and replaces the configuration; the policy is not read.
fn put_user(state: &mut State, call: &Call, caller: &Caller, at: Option<usize>) -> Outcome {
    let body = call.object("updateUser")?;
    let id = target(call, caller, at)?;
    let user = state.user(&id).cloned().ok_or_else(Answer::not_found)?;
    if !may_update(state, caller, &id) {
        return Err(Answer::said(403, "User update not allowed."));
    }
    let name = text_of(&body, "Name").unwrap_or("").to_owned();
    let configuration = body.get("Configuration").and_then(Value::as_object);
    let configuration = configuration.cloned().unwrap_or_default();
    let configuration = typed::read(CONFIGURATION, state.release, &configuration, "updateUser")?;
    if name != user.name {
        rename(state, &user, &name)?;
    }
    write_configuration(state, &id, configuration)?;
    Ok(Answer::empty(204))
}

fn rename(state: &mut State, user: &User, name: &str) -> Result<(), Answer> {
    check_name(state, name, Some(&user.id))?;
    // 10.11.9 and later of that line take a name in another case for a taken one.
    let case_only = name.to_uppercase() == user.name.to_uppercase();
    if case_only && state.release == Release::V10_11 {
        return Err(Answer::thrown(400));
    }
    if let Some(user) = state.user_mut(&user.id) {
        user.name = name.to_owned();
    }
    Ok(())
}

/// `DELETE /Users/{userId}`: tokens go first, even when the account then stays.
pub(super) fn delete(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let id = call.path_id(1, "userId")?;
    let user = state.user(&id).cloned().ok_or_else(Answer::not_found)?;
    state.revoke(&id, None, call.now);
    if state.users.len() == 1 {
        return Err(Answer::thrown(500));
    }
    if user.is("IsAdministrator") && administrators(state) == 1 {
        return Err(Answer::thrown(400));
    }
    state.users.retain(|user| user.id != id);
    state.screens.retain(|(owner, ..), _| *owner != id);
    let line = format!("User {} has been deleted", user.name);
    state.activities.push(Activity::new("UserDeleted", line, &id, call.now));
    Ok(Answer::empty(204))
}

/// `POST /UserImage?userId=`: base64 text of a picture.
pub(super) fn set_image(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_image(state, call, caller, None)
}

/// `POST /Users/{userId}/Images/{type}`
pub(super) fn set_image_of(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    put_image(state, call, caller, Some(1))
}

fn put_image(state: &mut State, call: &Call, caller: &Caller, at: Option<usize>) -> Outcome {
    let id = target(call, caller, at)?;
    if state.user(&id).is_none() {
        return Err(Answer::not_found());
    }
    if !may_update(state, caller, &id) {
        return Err(Answer::said(403, "User is not allowed to update the image."));
    }
    let media = call.header("content-type").unwrap_or("").to_owned();
    if !media.starts_with("image/") {
        return Err(Answer::said(400, "Incorrect ContentType."));
    }
    let text: Vec<u8> = call.body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes = Bytes::from(STANDARD.decode(text).map_err(|_| Answer::thrown(500))?);
    let tag = image_tag(&id, call.now);
    if let Some(user) = state.user_mut(&id) {
        user.image = Some(Image { tag, media, bytes });
    }
    Ok(Answer::empty(204))
}

fn image_tag(user: &str, now: Timestamp) -> String {
    md5_id(&format!("{user}{now}{}", fresh_id()))
}

/// `GET /UserImage?userId=`
pub(super) fn image(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let id = target(call, caller, None)?;
    let image = state.user(&id).and_then(|user| user.image.as_ref());
    let image = image.ok_or_else(Answer::not_found)?;
    Ok(Answer::bytes(&image.media, image.bytes.clone()))
}

/// `DELETE /UserImage?userId=`
pub(super) fn delete_image(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let id = target(call, caller, None)?;
    if !may_update(state, caller, &id) {
        return Err(Answer::said(403, "User is not allowed to delete the image."));
    }
    if let Some(user) = state.user_mut(&id) {
        user.image = None;
    }
    Ok(Answer::empty(204))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_its_own_rule_for_names() {
        let takes = |name: &str| {
            [Release::V10_9, Release::V10_10, Release::V10_11, Release::V12]
                .map(|release| valid_name(release, name))
        };
        assert_eq!(takes("alice"), [true; 4]);
        assert_eq!(takes("\u{540d}\u{524d}"), [true; 4]);
        assert_eq!(takes("a/b"), [false; 4]);
        assert_eq!(takes("emoji\u{1f600}"), [false; 4]);
        assert_eq!(takes(" lead"), [true, true, false, false]);
        assert_eq!(takes("plus+sign"), [false, false, true, true]);
        assert_eq!(takes(".."), [true, true, true, false]);
    }
}
