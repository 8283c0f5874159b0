//! Keys of texts: used and there, there and used.

use crate::Catalogue;
use crate::assets::{Templates, Texts};
use std::collections::BTreeSet;

/// Keys that a template builds, or that whoever fills the pages asks for.
const BUILT: &[&str] = &[
    "account-",
    "activity-",
    "actor-",
    "admin-fault-",
    "adopted-",
    "ago-",
    "approvals-",
    "ask-email-",
    "backend-form-",
    "banner-",
    "dropped-",
    "ended-",
    "fact-",
    "fault-",
    "field-",
    "flow-",
    "forbidden-",
    "health-",
    "home-step-",
    "in-",
    "identity-",
    "invite-state-",
    "just-now",
    "kind-",
    "mail-about-",
    "mail-method-",
    "mail-origin-",
    "mail-part-",
    "mail-template-broken-",
    "mail-warning-",
    "message-ended-",
    "message-kind-",
    "message-means-",
    "message-state-",
    "mail-problem-",
    "nav-",
    "password-",
    "pending-",
    "problem-",
    "plugin-limit-",
    "reset-done-",
    "resets-became-",
    "resets-file-",
    "resets-mail-",
    "resets-says-",
    "resets-state-",
    "resets-step-",
    "resets-stepped-",
    "resets-tried-",
    "role-",
    "second-",
    "signin-",
    "security-",
    "setting-",
    "area-",
    "device-",
    "scope-",
    "signup-state-",
    "source-",
    "stage-",
    "step-",
    "theme-",
    "user-state-",
];

/// Words for hosts: confirmations, and what came of a form.
const ASKED: &[&str] = &[
    "mail-hint",
    "login-unavailable",
    "login-wrong",
    "error-go-on",
    "signup-name-rule",
    "login-too-many",
    "person-factors",
    "person-factors-question",
    "person-factors-here",
    "person-factors-removed",
    "invite-revoke-question",
    "invite-revoke-stops",
    "invite-revoke-keeps",
    "invite-revoke-confirm",
    "invite-saved",
    "invite-revoked",
    "invite-delete-question",
    "invite-delete-forgets",
    "invite-delete-confirm",
    "invite-deleted",
    "person-disable-question",
    "person-disable-here",
    "person-disable-there",
    "person-sign-out-question",
    "person-sign-out-here",
    "person-sign-out-there",
    "person-delete-question",
    "person-delete-here",
    "person-delete-there",
    "person-delete-keeps",
    "person-delete-accounts",
    "person-enabled",
    "person-disabled",
    "person-extended",
    "person-signed-out",
    "person-deleted",
    "profile-delete-question",
    "profile-delete-keeps",
    "profile-captured",
    "profile-applied",
    "profile-deleted",
    "backend-delete-question",
    "backend-delete-keeps",
    "backend-delete-invites",
    "backend-saved",
    "backend-deleted",
    "settings-saved",
    "mail-saved",
    "mail-delete-question",
    "mail-delete-waits",
    "mail-delete-password",
    "mail-deleted",
    "mail-template-saved",
    "mail-template-reset-question",
    "mail-template-reset-lost",
    "mail-template-reset-next",
    "mail-template-was-reset",
    "mail-preview-broken",
    "message-retried",
    "message-drop-question",
    "message-drop-never",
    "message-drop-person",
    "message-dropped",
    "resets-saved",
    "resets-delete-question",
    "resets-delete-then",
    "resets-delete-keeps",
    "resets-deleted",
    "resets-used-there",
    "resets-button-now-on",
    "resets-button-now-off",
    "gone-to-account",
    "reset-place-changed",
    "reset-place-failed",
    "reset-place-impossible",
    "reset-place-refused",
    "reset-place-unclear",
    "address-changed",
    "address-resent",
    "address-removed",
    "person-address-saved",
    "person-reset-link-question",
    "person-reset-link-once",
    "person-reset-link-old",
    "person-reset-link-keeps",
    "person-reset-link-mail",
    "invite-sent",
    "inviting-withdrawn",
    "inviting-right-saved",
    "session-ended",
    "session-by-link",
    "tokens-revoked",
    "login-token-revoked",
    "login-token-once",
    "login-token-many",
];

fn used() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for name in Templates::iter() {
        let text = Templates::text(&name).unwrap();
        for (at, _) in text.match_indices("t(\"") {
            let before = text[..at].chars().next_back();
            let rest = &text[at + 3..];
            let end = rest.find('"').unwrap();
            let built = rest[end + 1..].trim_start().starts_with('~');
            if !built && !before.is_some_and(char::is_alphanumeric) {
                keys.insert(rest[..end].to_owned());
            }
        }
    }
    keys.extend(crate::mail::keys());
    keys
}

fn defined() -> Vec<String> {
    let files = Texts::iter().filter(|name| name.starts_with("en/"));
    let texts = files.map(|name| Texts::text(&name).unwrap()).collect::<String>();
    let keys = texts.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    keys.filter_map(|line| line.split_once(" =")).map(|(key, _)| key.to_owned()).collect()
}

#[test]
fn every_key_that_a_template_names_has_a_text() {
    let texts = Catalogue::embedded().unwrap();
    let missing: Vec<_> = used().into_iter().filter(|key| !texts.has(key)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_key_that_a_host_asks_for_has_a_text() {
    let texts = Catalogue::embedded().unwrap();
    let missing: Vec<_> = ASKED.iter().filter(|key| !texts.has(key)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_text_is_used() {
    let used = used();
    let idle = |key: &String| {
        !used.contains(key)
            && !ASKED.contains(&key.as_str())
            && !BUILT.iter().any(|prefix| key.starts_with(prefix))
    };
    let idle: Vec<_> = defined().into_iter().filter(idle).collect();
    assert!(idle.is_empty(), "{idle:#?}");
}

#[test]
fn no_key_stands_twice() {
    let all = defined();
    let unique: BTreeSet<&String> = all.iter().collect();
    let twice: Vec<_> =
        unique.iter().filter(|key| all.iter().filter(|k| k == *key).count() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn every_problem_says_what_to_do() {
    for key in defined().iter().filter(|key| key.starts_with("problem-") && !key.ends_with("-help"))
    {
        assert!(defined().contains(&format!("{key}-help")), "{key}");
    }
}
