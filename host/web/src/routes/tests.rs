//! The table, as a whole.

use super::*;
use crate::kit::matcher::Matcher;
use std::collections::BTreeSet;

#[test]
fn the_table_can_be_matched() {
    let table = table();
    assert!(Matcher::of(table.iter().map(|row| (row.method, row.pattern))).is_ok());
}

#[test]
fn the_table_is_as_it_was_agreed() {
    let lines = routes().into_iter().map(|row| {
        let recent = if row.recent { " lately" } else { "" };
        format!("{:6} {:48} {:8?} {:>7}{recent}\n", row.method, row.pattern, row.access, row.limit)
    });
    insta::assert_snapshot!(lines.collect::<String>());
}

#[test]
fn what_changes_something_is_no_get_and_everything_has_words() {
    for row in routes() {
        assert_eq!(
            row.method == "GET" || row.method == "DELETE",
            row.limit == 0,
            "{}",
            row.pattern
        );
        assert!(!row.summary.is_empty() && row.pattern.starts_with('/'), "{}", row.pattern);
    }
}

#[test]
fn the_api_for_admins_is_for_admins() {
    let open: BTreeSet<&str> = routes()
        .into_iter()
        .filter(|row| row.access != Access::Admin && row.pattern.starts_with("/api/"))
        .map(|row| row.pattern)
        .collect();
    let expected = [
        "/api/account",
        "/api/account/confirm-email",
        "/api/account/identities",
        "/api/account/invites",
        "/api/account/invites/{code}",
        "/api/auth/admin/login",
        "/api/auth/change-password",
        "/api/auth/factors",
        "/api/auth/login",
        "/api/auth/logout",
        "/api/auth/me",
        "/api/auth/passkeys",
        "/api/auth/passkeys/login/begin",
        "/api/auth/passkeys/login/finish",
        "/api/auth/passkeys/register/begin",
        "/api/auth/passkeys/register/finish",
        "/api/auth/passkeys/second/begin",
        "/api/auth/passkeys/second/finish",
        "/api/auth/passkeys/{id}",
        "/api/auth/providers",
        "/api/auth/recovery-codes",
        "/api/auth/refresh",
        "/api/auth/register",
        "/api/auth/second-factor",
        "/api/auth/sessions",
        "/api/auth/sessions/{id}",
        "/api/auth/token/login",
        "/api/auth/totp",
        "/api/auth/totp/begin",
        "/api/auth/totp/confirm",
        "/api/auth/{provider}/callback",
        "/api/auth/{provider}/home-users",
        "/api/auth/{provider}/login",
        "/api/auth/{provider}/logout",
        "/api/auth/{provider}/switch-profile",
        "/api/invites/{code}/accept",
        "/api/invites/{code}/offer",
        "/api/openapi.json",
        "/api/password/forgot",
        "/api/password/reset",
        "/api/setup",
        "/api/signups/{id}",
        "/api/users/{id}/picture",
    ];
    assert_eq!(open.into_iter().collect::<Vec<_>>(), expected);
    let admin_pages = routes().into_iter().filter(|row| row.pattern.starts_with("/admin"));
    assert!(admin_pages.into_iter().all(|row| row.access == Access::Admin));
}
