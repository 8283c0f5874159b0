//! Every route: method, path, body limit, access with handler, what it does.
//!
//! Guarantees: a request reaches a handler through one of these rows or not at all; the access level is
//! the type of the handler (see [`crate::access`]). Does not: hold anything that a later part brings.

use crate::access::{Handler, admin, before_setup, holder, inviter, public, user};
use crate::{api, pages};

pub use crate::program::{Access, Listed};

/// No body is read.
const NONE: usize = 0;
/// A form, or a small document.
const SMALL: usize = 64 * 1024;
/// A profile with its raw documents.
const LARGE: usize = 1024 * 1024;

const GET: &str = "GET";
const POST: &str = "POST";
const PUT: &str = "PUT";
const PATCH: &str = "PATCH";
const DELETE: &str = "DELETE";

/// One row.
pub struct Row {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// `/api/users/{id}`
    pub pattern: &'static str,
    /// Bytes of body; 0: none is read.
    pub limit: usize,
    /// What answers, and for whom.
    pub handler: Handler,
    /// What it does, in a few words.
    pub summary: &'static str,
}

impl Row {
    /// The row without its handler.
    #[must_use]
    pub const fn listed(&self) -> Listed {
        Listed {
            method: self.method,
            pattern: self.pattern,
            access: self.handler.access(),
            limit: self.limit,
            recent: self.handler.asks_for_recent_proof(),
            summary: self.summary,
        }
    }
}

type Columns = (&'static str, &'static str, usize, Handler, &'static str);

fn rows(columns: impl IntoIterator<Item = Columns>) -> impl Iterator<Item = Row> {
    columns.into_iter().map(|(method, pattern, limit, handler, summary)| Row {
        method,
        pattern,
        limit,
        handler,
        summary,
    })
}

/// The whole table.
#[must_use]
pub fn table() -> Vec<Row> {
    rows(api_of_everybody())
        .chain(rows(api_of_invites()))
        .chain(rows(api_of_people()))
        .chain(rows(api_of_the_house()))
        .chain(rows(api_of_resets()))
        .chain(rows(api_of_factors()))
        .chain(rows(pages_of_factors()))
        .chain(rows(pages_of_everybody()))
        .chain(rows(pages_of_resets()))
        .chain(rows(pages_of_invites_and_profiles()))
        .chain(rows(pages_of_people()))
        .chain(rows(pages_of_the_house()))
        .chain(rows(pages_of_mail()))
        .chain(rows(pages_of_resets_and_adopting()))
        .chain(rows(api_of_mail()))
        .chain(rows(api_of_resets_and_adopting()))
        .chain(rows(api_of_sessions_and_tokens()))
        .chain(rows(pages_of_sessions_and_tokens()))
        .chain(rows(api_of_approvals()))
        .chain(rows(pages_of_approvals()))
        .chain(rows(rows_of_inviting()))
        .chain(rows(rows_of_flows()))
        .chain(rows(api_of_issuers()))
        .chain(rows(api_of_providers()))
        .chain(rows(pages_of_providers()))
        .collect()
}

/// The table without its handlers.
#[must_use]
pub fn routes() -> Vec<Listed> {
    table().iter().map(Row::listed).collect()
}

#[rustfmt::skip]
fn rows_of_flows() -> [Columns; 13] {
    use api::{flows as persons, pictures};
    use pages::{flows, identities};
    [
        (GET, "/api/auth/{provider}/login", NONE, public(flows::login), "To a provider: next, keep"),
        (GET, "/api/auth/{provider}/callback", NONE, public(flows::callback), "Back from a provider"),
        (GET, "/api/auth/{provider}/home-users", NONE, public(persons::home_users), "Whom of a home this browser may go on as"),
        (POST, "/api/auth/{provider}/switch-profile", SMALL, public(persons::switch_profile), "Go on as one of them: id, pin"),
        (GET, "/api/account/identities", NONE, user(persons::identities), "The identities one has"),
        (GET, "/api/users/{id}/picture", NONE, user(pictures::get), "Somebody's picture"),
        (GET, "/login/home-user", NONE, public(flows::home_user_form), "Who of a home is it?"),
        (GET, "/login/home-user/picture/{number}", NONE, public(flows::home_user_picture), "The picture of one of them"),
        (POST, "/login/home-user", SMALL, public(flows::home_user), "Go on as one of them"),
        (GET, "/account/identities", NONE, user(identities::list), "The ways I sign in"),
        (POST, "/account/identities/link/{provider}", SMALL, user(flows::link).lately(), "One more way"),
        (POST, "/account/identities/unlink", SMALL, user(identities::unlink).lately(), "One less"),
        (POST, "/admin/backends/{id}/connect", SMALL, admin(flows::connect).lately(), "Sign in there, so that Latchkey may act"),
    ]
}

#[rustfmt::skip]
fn api_of_issuers() -> [Columns; 1] {
    use api::oidc_logout;
    [
        (POST, "/api/auth/{provider}/logout", SMALL, public(oidc_logout::signed_out_there), "For an issuer: somebody has signed out there: logout_token, as a form"),
    ]
}

#[rustfmt::skip]
fn api_of_providers() -> [Columns; 9] {
    use api::providers;
    [
        (GET, "/api/providers", NONE, admin(providers::list), "Ways to sign in, in the order of the login page"),
        (POST, "/api/providers", SMALL, admin(providers::add).lately(), "Add one: id, kind, label, issuer, clientId, clientSecret, scopes, backend, access, admin"),
        (PUT, "/api/providers/order", SMALL, admin(providers::reorder).lately(), "Put those of the pages in order: order, a list of ids"),
        (GET, "/api/providers/{id}", NONE, admin(providers::get), "One way to sign in"),
        (PATCH, "/api/providers/{id}", SMALL, admin(providers::patch).lately(), "Change one: label, issuer, clientId, clientSecret, scopes, access, admin"),
        (DELETE, "/api/providers/{id}", NONE, admin(providers::remove).lately(), "Remove one and end its sessions; identities=keep or forget"),
        (POST, "/api/providers/{id}/test", SMALL, admin(providers::test), "Try it, stage by stage"),
        (GET, "/api/providers/{id}/people", NONE, admin(providers::people), "Whom it knows, with what it said about them last"),
        (POST, "/api/providers/{id}/dry-run", SMALL, admin(providers::dry_run), "What rules would mean: access, admin, claims; nothing is changed"),
    ]
}

#[rustfmt::skip]
fn pages_of_providers() -> [Columns; 11] {
    use pages::providers;
    [
        (GET, "/admin/signin", NONE, admin(providers::list), "Ways to sign in"),
        (POST, "/admin/signin", SMALL, admin(providers::save_house).lately(), "Registration, local passwords, second factors"),
        (POST, "/admin/signin/order", SMALL, admin(providers::reorder).lately(), "Move one: up or down"),
        (GET, "/admin/signin/new", NONE, admin(providers::new).lately(), "Form for an issuer"),
        (POST, "/admin/signin/new", SMALL, admin(providers::add).lately(), "Add it"),
        (GET, "/admin/signin/{id}", NONE, admin(providers::detail), "One way to sign in"),
        (POST, "/admin/signin/{id}", SMALL, admin(providers::save).lately(), "Change it"),
        (POST, "/admin/signin/{id}/test", SMALL, admin(providers::test), "Try it"),
        (POST, "/admin/signin/{id}/dry-run", SMALL, admin(providers::dry_run), "Try its rules"),
        (GET, "/admin/signin/{id}/delete", NONE, admin(providers::confirm_removal).lately(), "Remove it?"),
        (POST, "/admin/signin/{id}/delete", SMALL, admin(providers::remove).lately(), "Remove it"),
    ]
}

#[rustfmt::skip]
fn api_of_everybody() -> [Columns; 12] {
    use api::{auth, health, openapi, setup};
    [
        (GET, "/healthz", NONE, public(health::alive), "Whether the process answers"),
        (GET, "/readyz", NONE, public(health::ready), "Whether requests can be served, or what is missing"),
        (GET, "/robots.txt", NONE, public(health::robots), "Nothing for search engines"),
        (GET, "/api/openapi.json", NONE, public(openapi::document), "This document"),
        (POST, "/api/setup", SMALL, before_setup(setup::complete), "Make the first admin: code, username, password, email, publicUrl"),
        (GET, "/api/auth/providers", NONE, public(auth::ways), "The ways to sign in"),
        (POST, "/api/auth/login", SMALL, public(auth::login), "Sign in: provider, username, password"),
        (POST, "/api/auth/admin/login", SMALL, public(auth::admin_login), "Sign in with a local password: username, password"),
        (POST, "/api/auth/refresh", SMALL, public(auth::refresh), "The next pair of tokens: refreshToken"),
        (POST, "/api/auth/logout", SMALL, user(auth::logout), "End this session"),
        (GET, "/api/auth/me", NONE, user(auth::me), "Who is signed in, how and by which session"),
        (POST, "/api/auth/change-password", SMALL, user(auth::change_password), "Change one's password everywhere: current, new"),
    ]
}

#[rustfmt::skip]
fn api_of_invites() -> [Columns; 8] {
    use api::{invites, signups};
    [
        (GET, "/api/invites", NONE, admin(invites::list), "Invites, newest first: limit, cursor, q, state"),
        (POST, "/api/invites", SMALL, admin(invites::create), "Make an invite: label, uses, expiresAt or expiresIn, backends, profile, accountLifetime, askEmail, email"),
        (GET, "/api/invites/{code}", NONE, admin(invites::get), "One invite"),
        (PATCH, "/api/invites/{code}", SMALL, admin(invites::patch), "Change an invite; revoked: true withdraws it"),
        (DELETE, "/api/invites/{code}", NONE, admin(invites::delete), "Delete an invite"),
        (GET, "/api/invites/{code}/offer", NONE, public(invites::offer), "What an invite grants"),
        (POST, "/api/invites/{code}/accept", SMALL, public(signups::accept), "Sign up: username, password, email"),
        (GET, "/api/signups/{id}", NONE, holder(signups::get), "How far a sign-up is; also as an event stream"),
    ]
}

#[rustfmt::skip]
fn api_of_people() -> [Columns; 16] {
    use api::{profiles, users};
    [
        (GET, "/api/users", NONE, admin(users::list), "Users: limit, cursor, q, sort, state"),
        (POST, "/api/users", SMALL, admin(users::create), "Make a user: username, password, email, role, label, expiresAt"),
        (GET, "/api/users/{id}", NONE, admin(users::get), "One user"),
        (PATCH, "/api/users/{id}", SMALL, admin(users::patch), "Change a user: username, email, role, state, expiresAt, label"),
        (DELETE, "/api/users/{id}", NONE, admin(users::delete).lately(), "Delete a user; accounts=keep, disable or delete"),
        (POST, "/api/users/{id}/enable", SMALL, admin(users::enable), "Let somebody in again"),
        (POST, "/api/users/{id}/disable", SMALL, admin(users::disable), "Shut somebody out"),
        (POST, "/api/users/{id}/extend", SMALL, admin(users::extend), "Prolong somebody's time: by or until"),
        (POST, "/api/users/{id}/sign-out", SMALL, admin(users::sign_out), "End all of somebody's sessions"),
        (GET, "/api/profiles", NONE, admin(profiles::list), "Profiles"),
        (POST, "/api/profiles", LARGE, admin(profiles::create), "Make a profile from raw documents: name, documents"),
        (GET, "/api/profiles/{name}", NONE, admin(profiles::get), "One profile with its raw documents"),
        (PUT, "/api/profiles/{name}", LARGE, admin(profiles::put), "Replace a profile's raw documents: documents"),
        (DELETE, "/api/profiles/{name}", NONE, admin(profiles::delete), "Delete a profile"),
        (POST, "/api/profiles/capture", SMALL, admin(profiles::capture), "Capture a profile from an account: backend, account, name"),
        (POST, "/api/profiles/{name}/apply", SMALL, admin(profiles::apply), "Apply a profile to a user's accounts: user"),
    ]
}

#[rustfmt::skip]
fn api_of_the_house() -> [Columns; 13] {
    use api::{activity, backends, plugins, settings};
    [
        (GET, "/api/backends", NONE, admin(backends::list), "Backends"),
        (POST, "/api/backends", SMALL, admin(backends::add).lately(), "Add a backend: id, label, plugin, publicUrl, settings, secrets, connect"),
        (GET, "/api/backends/{id}", NONE, admin(backends::get), "One backend"),
        (PATCH, "/api/backends/{id}", SMALL, admin(backends::patch).lately(), "Change a backend: label, publicUrl, settings, secrets, connect, acceptServer"),
        (DELETE, "/api/backends/{id}", NONE, admin(backends::remove).lately(), "Remove a backend; nothing happens on it"),
        (POST, "/api/backends/{id}/test", SMALL, admin(backends::test), "Probe a backend, stage by stage"),
        (GET, "/api/backends/{id}/accounts", NONE, admin(backends::accounts), "All accounts there"),
        (GET, "/api/backends/{id}/libraries", NONE, admin(backends::libraries), "All libraries there"),
        (GET, "/api/plugins", NONE, admin(plugins::list), "Plugins and what they can do"),
        (GET, "/api/plugins/{name}/log", NONE, admin(plugins::log), "What a plugin wrote lately"),
        (GET, "/api/activity", NONE, admin(activity::list), "What happened, newest first: limit, cursor, q, kind"),
        (GET, "/api/settings", NONE, admin(settings::list), "Settings and where each comes from"),
        (PATCH, "/api/settings", SMALL, admin(settings::patch), "Set keys; null gives one back to its default"),
    ]
}

#[rustfmt::skip]
fn api_of_mail() -> [Columns; 15] {
    use api::{mail, mail_templates, outbox};
    [
        (GET, "/api/mail/methods", NONE, admin(mail::list), "Ways to send mail, in the order they are asked"),
        (POST, "/api/mail/methods", SMALL, admin(mail::add).lately(), "Add a way to send mail: id, plugin, from, replyTo, settings, secrets"),
        (GET, "/api/mail/methods/{id}", NONE, admin(mail::get), "One way to send mail"),
        (PATCH, "/api/mail/methods/{id}", SMALL, admin(mail::patch).lately(), "Change a way to send mail: from, replyTo, settings, secrets"),
        (DELETE, "/api/mail/methods/{id}", NONE, admin(mail::remove).lately(), "Remove a way to send mail"),
        (POST, "/api/mail/methods/{id}/test", SMALL, admin(mail::test), "Try it, stage by stage; with to, send a message"),
        (GET, "/api/mail/outbox", NONE, admin(outbox::list), "Messages, newest first: limit, cursor, q, state"),
        (GET, "/api/mail/outbox/{id}", NONE, admin(outbox::get), "One message"),
        (POST, "/api/mail/outbox/{id}/retry", SMALL, admin(outbox::retry), "Try a message again at once"),
        (POST, "/api/mail/outbox/{id}/drop", SMALL, admin(outbox::drop), "Give a message up"),
        (GET, "/api/mail/templates", NONE, admin(mail_templates::list), "The texts of mails"),
        (GET, "/api/mail/templates/{name}", NONE, admin(mail_templates::get), "One mail's text"),
        (PUT, "/api/mail/templates/{name}", LARGE, admin(mail_templates::put).lately(), "Write one over the built-in text: subject, text, mjml"),
        (DELETE, "/api/mail/templates/{name}", NONE, admin(mail_templates::delete).lately(), "Go back to the built-in text"),
        (POST, "/api/mail/templates/{name}/preview", LARGE, admin(mail_templates::preview), "What a mail looks like: subject, text, mjml, sample"),
    ]
}

#[rustfmt::skip]
fn api_of_resets_and_adopting() -> [Columns; 8] {
    use api::{adopt, reset_watch};
    [
        (POST, "/api/backends/{id}/adopt", LARGE, admin(adopt::adopt), "Accounts there become users: accounts (account, username, email, attachTo) or all"),
        (GET, "/api/backends/{id}/reset-watch", NONE, admin(reset_watch::get), "The folder of its reset files, and what was found"),
        (PUT, "/api/backends/{id}/reset-watch", SMALL, admin(reset_watch::put), "Watch a folder: directory, pollSeconds, mail"),
        (DELETE, "/api/backends/{id}/reset-watch", NONE, admin(reset_watch::remove), "Stop watching it"),
        (POST, "/api/backends/{id}/reset-watch/try", SMALL, admin(reset_watch::try_it), "Put a harmless file there and see whether it is seen"),
        (GET, "/api/backends/{id}/login-page", NONE, admin(reset_watch::login_page), "Whether our button is on its own sign-in page"),
        (PUT, "/api/backends/{id}/login-page", SMALL, admin(reset_watch::offer_login_page), "Put it there: label"),
        (DELETE, "/api/backends/{id}/login-page", NONE, admin(reset_watch::withdraw_login_page), "Take it away"),
    ]
}

#[rustfmt::skip]
fn api_of_approvals() -> [Columns; 6] {
    use api::{approvals, registration};
    [
        (POST, "/api/auth/register", SMALL, public(registration::register), "Make a local account, where strangers may: username, password, email"),
        (GET, "/api/approvals", NONE, admin(approvals::list), "Who asks to come in, the oldest first: limit, cursor, all"),
        (POST, "/api/users/{id}/approve", SMALL, admin(approvals::approve), "Let somebody in who asked: profile"),
        (POST, "/api/users/{id}/reject", SMALL, admin(approvals::reject), "Refuse somebody who asked: word"),
        (POST, "/api/approvals/{id}/reopen", SMALL, admin(approvals::reopen), "Take a refusal back"),
        (DELETE, "/api/approvals/{id}", NONE, admin(approvals::forget), "Forget an answered request of nobody who is here"),
    ]
}

#[rustfmt::skip]
fn pages_of_approvals() -> [Columns; 8] {
    use pages::{approvals, registration};
    [
        (GET, "/register", NONE, public(registration::form), "Form for a local account, where strangers may"),
        (POST, "/register", SMALL, public(registration::register), "Make a local account, or ask for one"),
        (GET, "/pending", NONE, public(registration::pending), "Where somebody stands who asked to come in"),
        (GET, "/admin/approvals", NONE, admin(approvals::list), "Who asks to come in"),
        (POST, "/admin/approvals/{id}/approve", SMALL, admin(approvals::approve), "Let them in"),
        (POST, "/admin/approvals/{id}/refuse", SMALL, admin(approvals::refuse), "Refuse them"),
        (POST, "/admin/approvals/{id}/reopen", SMALL, admin(approvals::reopen), "Let them wait again"),
        (POST, "/admin/approvals/{id}/forget", SMALL, admin(approvals::forget), "Remove them from the list"),
    ]
}

#[rustfmt::skip]
fn api_of_sessions_and_tokens() -> [Columns; 12] {
    use api::{login_tokens, sessions, tokens};
    [
        (GET, "/api/auth/sessions", NONE, user(sessions::list), "Where one is signed in"),
        (DELETE, "/api/auth/sessions/{id}", NONE, user(sessions::end), "End one of one's own sessions"),
        (GET, "/api/users/{id}/sessions", NONE, admin(sessions::list_of), "Where somebody is signed in"),
        (DELETE, "/api/users/{id}/sessions/{sid}", NONE, admin(sessions::end_of), "End one of somebody's sessions"),
        (POST, "/api/auth/token/login", SMALL, public(login_tokens::login), "Sign in with a login token: token"),
        (GET, "/api/users/{id}/login-token", NONE, admin(login_tokens::get), "What is known of somebody's login token"),
        (POST, "/api/users/{id}/login-token", SMALL, admin(login_tokens::make).lately(), "Make a login token, in the place of the one before: once, expiresIn or expiresAt"),
        (DELETE, "/api/users/{id}/login-token", NONE, admin(login_tokens::revoke), "Revoke somebody's login token"),
        (POST, "/api/keys/rotate", SMALL, admin(login_tokens::rotate).lately(), "Let another key sign access tokens: refuseFormer"),
        (GET, "/api/tokens", NONE, admin(tokens::list), "One's own API tokens"),
        (POST, "/api/tokens", SMALL, admin(tokens::make).lately(), "Make an API token: name, scopes, expiresIn or expiresAt"),
        (DELETE, "/api/tokens/{id}", NONE, admin(tokens::revoke), "Revoke an API token"),
    ]
}

#[rustfmt::skip]
fn pages_of_sessions_and_tokens() -> [Columns; 10] {
    use pages::{login_tokens, sessions, tokens};
    [
        (POST, "/account/sessions/{id}/end", SMALL, user(sessions::end), "Sign out there"),
        (POST, "/account/sign-out-others", SMALL, user(sessions::end_others), "Sign out everywhere else"),
        (GET, "/account/tokens", NONE, admin(tokens::list), "My API tokens"),
        (POST, "/account/tokens", SMALL, admin(tokens::make).lately(), "Make one, shown once"),
        (POST, "/account/tokens/{id}/revoke", SMALL, admin(tokens::revoke), "Revoke one"),
        (GET, "/admin/people/{id}/sessions", NONE, admin(sessions::list_of), "Where they are signed in"),
        (POST, "/admin/people/{id}/sessions/{sid}/end", SMALL, admin(sessions::end_of), "Sign them out there"),
        (GET, "/admin/people/{id}/login-token", NONE, admin(login_tokens::form), "A link that signs them in"),
        (POST, "/admin/people/{id}/login-token", SMALL, admin(login_tokens::make).lately(), "Make it, shown once"),
        (POST, "/admin/people/{id}/login-token/revoke", SMALL, admin(login_tokens::revoke), "Revoke it"),
    ]
}

#[rustfmt::skip]
fn rows_of_inviting() -> [Columns; 8] {
    use api::inviting as api;
    use pages::{inviting, people};
    [
        (GET, "/api/account/invites", NONE, inviter(api::list), "My invites, and for how many more people I may make some"),
        (POST, "/api/account/invites", SMALL, inviter(api::make), "Make an invite by my right to: label, uses, expiresAt or expiresIn, askEmail, email"),
        (DELETE, "/api/account/invites/{code}", NONE, inviter(api::withdraw), "Withdraw one of mine"),
        (GET, "/account/invites", NONE, inviter(inviting::list), "My invites"),
        (POST, "/account/invites", SMALL, inviter(inviting::make), "Make one"),
        (GET, "/account/invites/{code}", NONE, inviter(inviting::detail), "One of mine, ready to hand over"),
        (POST, "/account/invites/{code}/withdraw", SMALL, inviter(inviting::withdraw), "Withdraw it"),
        (POST, "/admin/people/{id}/invite-right", SMALL, admin(people::save_invite_right), "Whether they may invite others"),
    ]
}

#[rustfmt::skip]
fn pages_of_mail() -> [Columns; 21] {
    use pages::{mail, mail_templates, outbox};
    [
        (GET, "/admin/mail", NONE, admin(mail::list), "Ways to send mail"),
        (GET, "/admin/mail/new", NONE, admin(mail::choose), "Which kind"),
        (GET, "/admin/mail/new/{plugin}", NONE, admin(mail::new).lately(), "Form for a new way to send"),
        (POST, "/admin/mail/new/{plugin}", SMALL, admin(mail::add).lately(), "Add it"),
        (GET, "/admin/mail/{id}", NONE, admin(mail::detail), "One way to send"),
        (POST, "/admin/mail/{id}/test", SMALL, admin(mail::test), "Try it"),
        (GET, "/admin/mail/{id}/edit", NONE, admin(mail::edit).lately(), "Its settings"),
        (POST, "/admin/mail/{id}/edit", SMALL, admin(mail::save).lately(), "Change its settings"),
        (GET, "/admin/mail/{id}/delete", NONE, admin(mail::confirm_removal).lately(), "Remove it?"),
        (POST, "/admin/mail/{id}/delete", SMALL, admin(mail::remove).lately(), "Remove it"),
        (GET, "/admin/mail/outbox", NONE, admin(outbox::list), "Messages and what became of them"),
        (GET, "/admin/mail/outbox/{id}", NONE, admin(outbox::detail), "One message"),
        (POST, "/admin/mail/outbox/{id}/retry", SMALL, admin(outbox::retry), "Try it again"),
        (GET, "/admin/mail/outbox/{id}/drop", NONE, admin(outbox::confirm_drop), "Give it up?"),
        (POST, "/admin/mail/outbox/{id}/drop", SMALL, admin(outbox::drop), "Give it up"),
        (GET, "/admin/mail/templates", NONE, admin(mail_templates::list), "The texts of mails"),
        (GET, "/admin/mail/templates/{name}", NONE, admin(mail_templates::detail), "One mail's text"),
        (POST, "/admin/mail/templates/{name}", LARGE, admin(mail_templates::save).lately(), "Change it"),
        (GET, "/admin/mail/templates/{name}/preview", NONE, admin(mail_templates::preview), "What it looks like"),
        (POST, "/admin/mail/templates/{name}/preview", LARGE, admin(mail_templates::preview), "What it would look like; changes nothing"),
        (GET, "/admin/mail/templates/{name}/reset", NONE, admin(mail_templates::confirm_reset).lately(), "Back to the built-in text?"),
    ]
}

#[rustfmt::skip]
fn pages_of_resets_and_adopting() -> [Columns; 10] {
    use pages::{adopt, mail_templates, reset_watch};
    [
        (POST, "/admin/mail/templates/{name}/reset", SMALL, admin(mail_templates::reset).lately(), "Back to the built-in text"),
        (GET, "/admin/resets", NONE, admin(reset_watch::list), "Forgotten passwords and reset files"),
        (GET, "/admin/resets/{id}", NONE, admin(reset_watch::detail), "A backend's reset files"),
        (POST, "/admin/resets/{id}", SMALL, admin(reset_watch::save), "Watch a folder"),
        (POST, "/admin/resets/{id}/try", SMALL, admin(reset_watch::try_it), "Put a harmless file there and see whether it is seen"),
        (POST, "/admin/resets/{id}/login-page", SMALL, admin(reset_watch::button_form), "Our button on its own sign-in page, on or off"),
        (GET, "/admin/resets/{id}/delete", NONE, admin(reset_watch::confirm_removal), "Stop watching?"),
        (POST, "/admin/resets/{id}/delete", SMALL, admin(reset_watch::remove), "Stop watching"),
        (GET, "/admin/backends/{id}/adopt", NONE, admin(adopt::form), "Accounts there that nobody here has"),
        (POST, "/admin/backends/{id}/adopt", LARGE, admin(adopt::adopt), "Make them users"),
    ]
}

#[rustfmt::skip]
fn api_of_resets() -> [Columns; 7] {
    use api::{account, invites, resets};
    [
        (POST, "/api/password/forgot", SMALL, public(resets::forgot), "Ask for a new password: login; always 202"),
        (POST, "/api/password/reset", SMALL, public(resets::reset), "Set a new password with a link's token: token, password"),
        (GET, "/api/account", NONE, user(account::get), "My account"),
        (PATCH, "/api/account", SMALL, user(account::patch), "Change my address: email"),
        (POST, "/api/account/confirm-email", SMALL, public(resets::confirm), "Say that an address is one's own: token"),
        (POST, "/api/users/{id}/reset-link", SMALL, admin(resets::link).lately(), "Make a link to set a new password: mail"),
        (POST, "/api/invites/{code}/send", SMALL, admin(invites::send), "Send an invite by mail: to"),
    ]
}

#[rustfmt::skip]
fn pages_of_resets() -> [Columns; 12] {
    use pages::{account, invites, people, resets};
    [
        (GET, "/forgot", NONE, public(resets::forgot_form), "Who forgot their password?"),
        (POST, "/forgot", SMALL, public(resets::forgot), "Ask for a new password; the same answer for everybody"),
        (GET, "/reset/{token}", NONE, public(resets::reset_form), "Form for a new password; changes nothing"),
        (POST, "/reset/{token}", SMALL, public(resets::reset), "Set a new password"),
        (GET, "/confirm/{token}", NONE, public(resets::confirm_form), "Is this your address? Changes nothing"),
        (POST, "/confirm/{token}", SMALL, public(resets::confirm), "Yes, it is"),
        (POST, "/account/email", SMALL, user(account::change_address), "Change or remove my address"),
        (POST, "/account/email/resend", SMALL, user(account::resend), "Send the mail to confirm it again"),
        (GET, "/admin/people/{id}/reset-link", NONE, admin(resets::confirm_link).lately(), "Make a reset link?"),
        (POST, "/admin/people/{id}/reset-link", SMALL, admin(resets::make_link).lately(), "Make a reset link, shown once"),
        (POST, "/admin/people/{id}/email", SMALL, admin(people::save_address).lately(), "Give them an address"),
        (POST, "/admin/invites/{code}/send", SMALL, admin(invites::send), "Send it by mail"),
    ]
}

#[rustfmt::skip]
fn api_of_factors() -> [Columns; 17] {
    use api::factors;
    [
        (POST, "/api/auth/second-factor", SMALL, public(factors::second), "The second proof of a sign-in: ticket, code"),
        (POST, "/api/auth/passkeys/second/begin", SMALL, public(factors::begin_second), "What a passkey is to sign as the second proof: ticket"),
        (POST, "/api/auth/passkeys/second/finish", SMALL, public(factors::finish_second), "The second proof by passkey: ticket, credential"),
        (POST, "/api/auth/passkeys/login/begin", SMALL, public(factors::begin_login), "What a passkey is to sign to sign in"),
        (POST, "/api/auth/passkeys/login/finish", SMALL, public(factors::finish_login), "Sign in by a passkey alone: credential"),
        (GET, "/api/auth/factors", NONE, user(factors::get), "What one has besides a password"),
        (POST, "/api/auth/totp/begin", SMALL, user(factors::begin_totp).lately(), "Set up an authenticator app: its secret, shown once"),
        (POST, "/api/auth/totp/confirm", SMALL, user(factors::confirm_totp).lately(), "The app's first code: code"),
        (DELETE, "/api/auth/totp", NONE, user(factors::remove_totp).lately(), "Remove the app"),
        (POST, "/api/auth/recovery-codes", SMALL, user(factors::renew_recovery).lately(), "New recovery codes, shown once; the old ones end"),
        (GET, "/api/auth/passkeys", NONE, user(factors::passkeys), "One's passkeys"),
        (POST, "/api/auth/passkeys/register/begin", SMALL, user(factors::begin_adding).lately(), "What a browser is to make a passkey of"),
        (POST, "/api/auth/passkeys/register/finish", SMALL, user(factors::add).lately(), "Add the passkey it made: name, credential"),
        (PATCH, "/api/auth/passkeys/{id}", SMALL, user(factors::rename), "Call a passkey something else: name"),
        (DELETE, "/api/auth/passkeys/{id}", NONE, user(factors::remove).lately(), "Remove a passkey"),
        (DELETE, "/api/users/{id}/second-factor", NONE, admin(factors::remove_all).lately(), "Remove all second factors of somebody who lost them"),
        (GET, "/account/security", NONE, user(pages::factors::security), "What I have besides a password"),
    ]
}

#[rustfmt::skip]
fn pages_of_factors() -> [Columns; 12] {
    use pages::factors;
    [
        (GET, "/login/second-factor", NONE, public(factors::second_form), "Form for the second proof"),
        (POST, "/login/second-factor", SMALL, public(factors::second), "Give the second proof"),
        (POST, "/login/passkey", SMALL, public(factors::login), "Sign in by a passkey alone"),
        (POST, "/account/security/app", SMALL, user(factors::begin_app).lately(), "Set up an authenticator app, shown once"),
        (POST, "/account/security/app/confirm", SMALL, user(factors::confirm_app).lately(), "The app's first code"),
        (POST, "/account/security/app/remove", SMALL, user(factors::remove_app).lately(), "Remove the app"),
        (POST, "/account/security/passkeys", SMALL, user(factors::add_passkey).lately(), "Add a passkey"),
        (POST, "/account/security/passkeys/{id}", SMALL, user(factors::rename_passkey), "Call a passkey something else"),
        (POST, "/account/security/passkeys/{id}/remove", SMALL, user(factors::remove_passkey).lately(), "Remove a passkey"),
        (POST, "/account/security/recovery-codes", SMALL, user(factors::renew_recovery).lately(), "New recovery codes, shown once"),
        (GET, "/admin/people/{id}/second-factor", NONE, admin(factors::confirm_removal).lately(), "Remove their second factors?"),
        (POST, "/admin/people/{id}/second-factor", SMALL, admin(factors::remove_all).lately(), "Remove their second factors"),
    ]
}

#[rustfmt::skip]
fn pages_of_everybody() -> [Columns; 20] {
    use pages::{account, assets, auth, choices, join, setup};
    [
        (GET, "/", NONE, public(auth::root), "Leads to where one belongs"),
        (GET, "/assets/{hash}/{name}", NONE, public(assets::asset), "Style, script, icons"),
        (POST, "/theme", SMALL, public(choices::theme), "Choose colours"),
        (POST, "/language", SMALL, public(choices::language), "Choose a language"),
        (GET, "/setup", NONE, before_setup(setup::form), "The first page ever"),
        (POST, "/setup", SMALL, before_setup(setup::complete), "Make the first admin"),
        (GET, "/login", NONE, public(auth::login_form), "Sign-in form"),
        (POST, "/login", SMALL, public(auth::login), "Sign in"),
        (POST, "/logout", SMALL, public(auth::logout), "Sign out"),
        (GET, "/login/token/{token}", NONE, public(auth::link_form), "A link made at the console; changes nothing"),
        (POST, "/login/token/{token}", SMALL, public(auth::link), "Sign in with the link"),
        (GET, "/j/{code}", NONE, public(join::short), "Leads to the invite"),
        (GET, "/invite/{code}", NONE, public(join::invite), "What the invite gives; changes nothing"),
        (GET, "/invite/{code}/join", NONE, public(join::form), "Sign-up form"),
        (POST, "/invite/{code}/join", SMALL, public(join::accept), "Sign up"),
        (POST, "/invite/{code}", SMALL, public(join::accept), "Sign up"),
        (POST, "/invite/{code}/with/{provider}", SMALL, public(join::with), "Sign in first at a backend that invites"),
        (GET, "/signup/{id}", NONE, holder(join::progress), "How far it is, then where to go"),
        (GET, "/account", NONE, user(account::account_page), "My account"),
        (POST, "/account/password", SMALL, user(account::change_password), "Change my password"),
    ]
}

#[rustfmt::skip]
fn pages_of_invites_and_profiles() -> [Columns; 19] {
    use pages::{invites, profiles};
    [
        (GET, "/admin/invites", NONE, admin(invites::list), "Invites"),
        (POST, "/admin/invites", SMALL, admin(invites::create), "Make an invite"),
        (GET, "/admin/invites/new", NONE, admin(invites::new), "Form for a new invite"),
        (GET, "/admin/invites/{code}", NONE, admin(invites::detail), "One invite"),
        (POST, "/admin/invites/{code}", SMALL, admin(invites::save), "Change an invite"),
        (GET, "/admin/invites/{code}/share", NONE, admin(invites::shared), "A new invite, ready to hand over"),
        (GET, "/admin/invites/{code}/qr.svg", NONE, admin(invites::qr_svg), "Its QR code as a drawing"),
        (GET, "/admin/invites/{code}/qr.png", NONE, admin(invites::qr_png), "Its QR code as a picture"),
        (GET, "/admin/invites/{code}/revoke", NONE, admin(invites::confirm_revoke), "Revoke it?"),
        (POST, "/admin/invites/{code}/revoke", SMALL, admin(invites::revoke), "Revoke it"),
        (GET, "/admin/invites/{code}/delete", NONE, admin(invites::confirm_delete), "Delete it?"),
        (POST, "/admin/invites/{code}/delete", SMALL, admin(invites::delete), "Delete it"),
        (GET, "/admin/profiles", NONE, admin(profiles::list), "Profiles"),
        (GET, "/admin/profiles/capture", NONE, admin(profiles::capture_form), "Capture a profile, step by step"),
        (POST, "/admin/profiles/capture", SMALL, admin(profiles::capture), "Capture a profile"),
        (GET, "/admin/profiles/{name}", NONE, admin(profiles::detail), "One profile"),
        (POST, "/admin/profiles/{name}/apply", SMALL, admin(profiles::apply), "Apply it to somebody"),
        (GET, "/admin/profiles/{name}/delete", NONE, admin(profiles::confirm_delete), "Delete it?"),
        (POST, "/admin/profiles/{name}/delete", SMALL, admin(profiles::delete), "Delete it"),
    ]
}

#[rustfmt::skip]
fn pages_of_people() -> [Columns; 12] {
    use pages::people;
    [
        (GET, "/admin/people", NONE, admin(people::list), "People"),
        (GET, "/admin/people/{id}", NONE, admin(people::detail), "One person"),
        (POST, "/admin/people/{id}/enable", SMALL, admin(people::enable), "Let them in again"),
        (POST, "/admin/people/{id}/extend", SMALL, admin(people::extend), "Prolong their time"),
        (POST, "/admin/people/{id}/profile", SMALL, admin(people::apply_profile), "Apply a profile"),
        (POST, "/admin/people/{id}/accounts/{backend}/retry", SMALL, admin(people::retry), "Try again what a backend owes"),
        (GET, "/admin/people/{id}/disable", NONE, admin(people::confirm_disable), "Disable them?"),
        (POST, "/admin/people/{id}/disable", SMALL, admin(people::disable), "Disable them"),
        (GET, "/admin/people/{id}/sign-out", NONE, admin(people::confirm_sign_out), "Sign them out?"),
        (POST, "/admin/people/{id}/sign-out", SMALL, admin(people::sign_out), "Sign them out"),
        (GET, "/admin/people/{id}/delete", NONE, admin(people::confirm_delete).lately(), "Delete them?"),
        (POST, "/admin/people/{id}/delete", SMALL, admin(people::delete).lately(), "Delete them"),
    ]
}

#[rustfmt::skip]
fn pages_of_the_house() -> [Columns; 16] {
    use pages::{activity, backends, home, plugins, settings};
    [
        (GET, "/admin", NONE, admin(home::home), "What needs the admin"),
        (GET, "/admin/backends", NONE, admin(backends::list), "Backends"),
        (GET, "/admin/backends/new", NONE, admin(backends::choose), "Which kind of backend"),
        (GET, "/admin/backends/new/{plugin}", NONE, admin(backends::new).lately(), "Form for a new backend"),
        (POST, "/admin/backends/new/{plugin}", SMALL, admin(backends::add).lately(), "Add a backend"),
        (GET, "/admin/backends/{id}", NONE, admin(backends::detail), "One backend"),
        (POST, "/admin/backends/{id}/test", SMALL, admin(backends::test), "Probe it"),
        (GET, "/admin/backends/{id}/edit", NONE, admin(backends::edit).lately(), "Its settings"),
        (POST, "/admin/backends/{id}/edit", SMALL, admin(backends::save).lately(), "Change its settings"),
        (GET, "/admin/backends/{id}/delete", NONE, admin(backends::confirm_removal).lately(), "Disconnect it?"),
        (POST, "/admin/backends/{id}/delete", SMALL, admin(backends::remove).lately(), "Disconnect it"),
        (GET, "/admin/plugins", NONE, admin(plugins::list), "Plugins"),
        (GET, "/admin/plugins/{name}", NONE, admin(plugins::detail), "One plugin"),
        (GET, "/admin/activity", NONE, admin(activity::list), "What happened"),
        (GET, "/admin/settings", NONE, admin(settings::form), "Settings"),
        (POST, "/admin/settings", SMALL, admin(settings::save), "Change settings"),
    ]
}

#[cfg(test)]
mod tests;
