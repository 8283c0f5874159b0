//! Examples of every page, for the tests and the gallery: what is usual, what is empty, what went
//! wrong, what is long.
#![allow(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "examples are data; they never ship"
)]

mod admin;

mod approvals;

mod factors;

mod flows;

mod guest;

mod inviting;

mod mails;

mod providers;

mod resets;

mod server;

mod tokens;

use crate::frame::{Banner, Flash, Frame, Link, Tone, Viewer};
use crate::{Page, RenderError, Views};
use jiff::Timestamp;

/// A page with something to show.
pub trait Samples: Page + Sized {
    /// A word for the file name, and the page.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// One rendered example.
#[derive(Debug)]
pub struct Shot {
    /// `<template>-<word>`, without slashes.
    pub name: String,
    /// The template.
    pub template: &'static str,
    /// The page, or why there is none.
    pub html: Result<String, RenderError>,
}

/// Every example of every page, in `lang`, below `base`.
#[must_use]
pub fn all(views: &Views, lang: &str, base: &str) -> Vec<Shot> {
    let mut shots = Vec::new();
    let stage = Stage { views, lang, base };
    stage.add::<crate::setup::SetupPage>(&mut shots);
    stage.add::<crate::login::LoginPage>(&mut shots);
    stage.add::<crate::home::HomePage>(&mut shots);
    stage.add::<crate::invites::InvitesPage>(&mut shots);
    stage.add::<crate::invites::InviteNewPage>(&mut shots);
    stage.add::<crate::invites::InviteSharedPage>(&mut shots);
    stage.add::<crate::invites::InviteDetailPage>(&mut shots);
    stage.add::<crate::people::PeoplePage>(&mut shots);
    stage.add::<crate::people::PersonPage>(&mut shots);
    stage.add::<crate::approvals::ApprovalsPage>(&mut shots);
    stage.add::<crate::approvals::RegisterPage>(&mut shots);
    stage.add::<crate::approvals::PendingPage>(&mut shots);
    stage.add::<crate::inviting::MyInvitesPage>(&mut shots);
    stage.add::<crate::inviting::MyInvitePage>(&mut shots);
    stage.add::<crate::profiles::ProfilesPage>(&mut shots);
    stage.add::<crate::profiles::CapturePage>(&mut shots);
    stage.add::<crate::profiles::ProfilePage>(&mut shots);
    stage.add::<crate::backends::BackendsPage>(&mut shots);
    stage.add::<crate::backends::BackendPluginsPage>(&mut shots);
    stage.add::<crate::backends::BackendFormPage>(&mut shots);
    stage.add::<crate::backends::BackendPage>(&mut shots);
    stage.add::<crate::adopt::AdoptPage>(&mut shots);
    stage.add::<crate::adopt::AdoptedPage>(&mut shots);
    stage.add::<crate::mails::MailPage>(&mut shots);
    stage.add::<crate::mails::MailPluginsPage>(&mut shots);
    stage.add::<crate::mails::MailFormPage>(&mut shots);
    stage.add::<crate::mails::MethodPage>(&mut shots);
    stage.add::<crate::mails::OutboxPage>(&mut shots);
    stage.add::<crate::mails::MessagePage>(&mut shots);
    stage.add::<crate::mails::TemplatesPage>(&mut shots);
    stage.add::<crate::mails::TemplatePage>(&mut shots);
    stage.add::<crate::providers::SignInPage>(&mut shots);
    stage.add::<crate::providers::ProviderNewPage>(&mut shots);
    stage.add::<crate::providers::ProviderPage>(&mut shots);
    stage.add::<crate::watches::WatchesPage>(&mut shots);
    stage.add::<crate::watches::WatchPage>(&mut shots);
    stage.add::<crate::plugins::PluginsPage>(&mut shots);
    stage.add::<crate::plugins::PluginPage>(&mut shots);
    stage.add::<crate::activity::ActivityPage>(&mut shots);
    stage.add::<crate::settings::SettingsPage>(&mut shots);
    stage.add::<crate::account::AccountPage>(&mut shots);
    stage.add::<crate::factors::SecondPage>(&mut shots);
    stage.add::<crate::factors::SecurityPage>(&mut shots);
    stage.add::<crate::factors::AppPage>(&mut shots);
    stage.add::<crate::factors::CodesPage>(&mut shots);
    stage.add::<crate::flows::AwayPage>(&mut shots);
    stage.add::<crate::flows::WaitPage>(&mut shots);
    stage.add::<crate::flows::HomeUserPage>(&mut shots);
    stage.add::<crate::flows::IdentitiesPage>(&mut shots);
    stage.add::<crate::join::InvitePage>(&mut shots);
    stage.add::<crate::join::SignupPage>(&mut shots);
    stage.add::<crate::join::ProgressPage>(&mut shots);
    stage.add::<crate::join::SuccessPage>(&mut shots);
    stage.add::<crate::resets::ForgotPage>(&mut shots);
    stage.add::<crate::resets::ForgotSentPage>(&mut shots);
    stage.add::<crate::resets::ResetPage>(&mut shots);
    stage.add::<crate::resets::ResetDonePage>(&mut shots);
    stage.add::<crate::resets::ConfirmAddressPage>(&mut shots);
    stage.add::<crate::resets::ConfirmedAddressPage>(&mut shots);
    stage.add::<crate::resets::ResetLinkPage>(&mut shots);
    stage.add::<crate::sessions::SessionsPage>(&mut shots);
    stage.add::<crate::tokens::TokensPage>(&mut shots);
    stage.add::<crate::tokens::TokenMadePage>(&mut shots);
    stage.add::<crate::tokens::LoginTokenPage>(&mut shots);
    stage.add::<crate::tokens::LoginTokenMadePage>(&mut shots);
    stage.add::<crate::notices::ErrorPage>(&mut shots);
    stage.add::<crate::notices::EndedPage>(&mut shots);
    stage.add::<crate::notices::SignedOutPage>(&mut shots);
    stage.add::<crate::notices::ConfirmPage>(&mut shots);
    shots
}

struct Stage<'a> {
    views: &'a Views,
    lang: &'a str,
    base: &'a str,
}

impl Stage<'_> {
    fn add<P: Samples>(&self, shots: &mut Vec<Shot>) {
        for (word, page) in P::samples() {
            let frame = self.frame(P::TEMPLATE, word);
            let name =
                format!("{}-{word}", P::TEMPLATE.trim_end_matches(".html").replace('/', "-"));
            let html = self.views.render(&frame, &page);
            shots.push(Shot { name, template: P::TEMPLATE, html });
        }
    }

    fn frame(&self, template: &str, word: &str) -> Frame {
        let mut frame = Frame::new(at("2026-11-21T12:00:00Z"));
        frame.lang = self.lang.to_owned();
        frame.base = self.base.to_owned();
        let outside = [
            "approvals/register",
            "approvals/pending",
            "setup",
            "login",
            "join",
            "resets",
            "notices/error",
            "notices/ended",
        ];
        if outside.iter().any(|prefix| template.starts_with(prefix)) {
            frame.contact = Some("Need help? Ask Anna, 01234 567.".to_owned());
        } else {
            frame.viewer = Some(Viewer { name: "anna".to_owned(), admin: true, invites: true });
        }
        if template.starts_with("home") && word == "busy" {
            frame.banners = vec![Banner {
                tone: Tone::Bad,
                text: "Home storage does not answer. Latchkey tries again by itself.".to_owned(),
                link: Some(Link {
                    href: "/admin/backends/nas".to_owned(),
                    text: "Look".to_owned(),
                }),
            }];
        }
        if word == "saved" {
            frame.flash =
                Some(Flash { tone: Tone::Good, text: "The backend is saved.".to_owned() });
        }
        frame
    }
}

/// A time, from its text.
pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// Owned words.
pub(crate) fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A name that no layout likes.
pub(crate) const LONG: &str = "Maximiliane-Friederike_von.Sonnenschein-Wasserburg'Oberfranken";
