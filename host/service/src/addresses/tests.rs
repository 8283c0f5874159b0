//! Addresses: asked, proved, another one.

use super::*;
use crate::clock::Clock;
use crate::outbox;
use crate::rig::{self, PASSWORD, Rig, caller};
use crate::sessions::Keep;
use crate::users::{self, UserPatch};
use domain::outbox::{Message, To};
use domain::role::{Admin, Role};
use store::secrets::SecretOf;

struct House {
    rig: Rig,
    admin: Admin,
}

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

impl House {
    async fn new() -> Self {
        let mut settings = rig::settled();
        settings.settings.server.public_url = Some("https://home.example.org".parse().unwrap());
        let start = "2030-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
        let rig = Rig::of(settings, clock).await.unwrap();
        let (admin, _root) = rig.set_up().await;
        Self { rig, admin }
    }

    /// Somebody who is signed in and has that address.
    async fn person(&self, name: &str, email: Option<(&str, bool)>) -> Current {
        let user = self.rig.user(&self.admin, name, Role::User).await;
        let email = email.map(|(text, confirmed)| Email { address: address(text), confirmed });
        let user = User { email, ..user };
        self.rig.service.write(move |tx| Ok(tx.users().put(&user)?)).await.unwrap();
        let begun = self.rig.sign_in(name, PASSWORD, Keep::Remembered).await.unwrap();
        Current { user: begun.user, session: begun.session }
    }

    /// The same, who has just typed their password once more.
    fn proved_again(&self, mut current: Current) -> Current {
        current.session.proved_at = self.rig.service.now();
        current
    }

    async fn owed(&self, kind: MessageKind) -> Vec<Message> {
        let query = outbox::Query { limit: Some(100), ..outbox::Query::default() };
        let page = outbox::list(&self.rig.service, &self.admin, &query).await.unwrap();
        let mut items = page.items;
        items.reverse();
        items.retain(|message| message.kind == kind);
        items
    }

    async fn token(&self) -> String {
        let asked = self.owed(MessageKind::ConfirmAddress).await;
        let id = asked.into_iter().rfind(|message| message.state.is_open()).unwrap().id;
        let link = self
            .rig
            .service
            .read(move |tx| Ok(tx.secrets().get(SecretOf::Message(&id), outbox::LINK)?));
        let link = link.await.unwrap().unwrap();
        assert!(link.expose().starts_with("https://home.example.org/confirm/"));
        link.expose().rsplit('/').next().unwrap().to_owned()
    }

    async fn confirm(&self, token: &str) -> Result<EmailAddress> {
        confirm(&self.rig.service, token, &caller("192.0.2.9")).await
    }

    async fn email(&self, who: &Current) -> Option<(String, bool)> {
        let view = of(&self.rig.service, &who.user.id).await.unwrap();
        view.address.map(|email| (email.address.to_string(), email.confirmed))
    }
}

fn is_gone<T: core::fmt::Debug>(answer: &Result<T>) {
    assert!(matches!(answer, Err(ServiceError::Gone)), "{answer:?}");
}

fn proved(text: &str) -> Option<(String, bool)> {
    Some((text.to_owned(), true))
}

#[tokio::test]
async fn the_old_address_stays_until_the_new_one_says_yes() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("old@example.org", true))).await;
    let service = &house.rig.service;
    let view = change(service, &anna, Some(address("new@example.org"))).await.unwrap();
    assert_eq!(view.pending.unwrap().address, address("new@example.org"));
    assert_eq!(house.email(&anna).await, proved("old@example.org"));
    let question = house.owed(MessageKind::ConfirmAddress).await.pop().unwrap();
    assert_eq!(question.to, To::Address(address("new@example.org")));
    assert_eq!(question.user.as_ref(), Some(&anna.user.id));
    assert!(!question.facts.values().any(|value| value.contains('@')));
    let token = house.token().await;
    for _look in 0..3 {
        assert_eq!(look(service, &token).await.unwrap().username, "anna");
    }
    assert_eq!(house.email(&anna).await, proved("old@example.org"));
    assert_eq!(house.confirm(&token).await.unwrap(), address("new@example.org"));
    assert_eq!(house.email(&anna).await, proved("new@example.org"));
    assert_eq!(of(service, &anna.user.id).await.unwrap().pending, None);
    is_gone(&house.confirm(&token).await);
    is_gone(&look(service, &token).await);
    assert!(house.owed(MessageKind::Welcome).await.is_empty());
}

#[tokio::test]
async fn a_late_wrong_or_other_token_is_gone_at_the_same_moment() {
    let house = House::new().await;
    let anna = house.person("anna", None).await;
    change(&house.rig.service, &anna, Some(address("new@example.org"))).await.unwrap();
    let late = house.token().await;
    let way_in = house.rig.link("anna").await;
    house.rig.pass(86_400);
    let wrong = format!("lka_{}", "a".repeat(43));
    let mut took = std::collections::BTreeSet::new();
    for token in [late.as_str(), &wrong, &way_in, "rubbish", ""] {
        let before = house.rig.clock.now();
        is_gone(&house.confirm(token).await);
        took.insert(house.rig.clock.now().duration_since(before));
    }
    assert_eq!(took.len(), 1, "{took:?}");
    assert_eq!(house.email(&anna).await, None);
}

#[tokio::test]
async fn a_mistyped_address_cannot_say_yes_any_more() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("mistyped@example.org", false))).await;
    let service = &house.rig.service;
    resend(service, &anna).await.unwrap();
    let mistyped = house.token().await;
    change(service, &anna, Some(address("right@example.org"))).await.unwrap();
    is_gone(&house.confirm(&mistyped).await);
    let states: Vec<_> = house.owed(MessageKind::ConfirmAddress).await;
    assert_eq!(states.iter().filter(|one| one.state.is_open()).count(), 1);
    house.confirm(&house.token().await).await.unwrap();
    assert_eq!(house.email(&anna).await, proved("right@example.org"));
    let welcome = house.owed(MessageKind::Welcome).await;
    assert_eq!(welcome.len(), 1, "who gave an address at first is welcomed once it is proved");
}

#[tokio::test]
async fn a_question_is_sent_again_and_not_too_often() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("anna@example.org", false))).await;
    let service = &house.rig.service;
    for _again in 0..3 {
        resend(service, &anna).await.unwrap();
    }
    let first = house.token().await;
    assert!(matches!(resend(service, &anna).await, Err(ServiceError::Throttled { .. })));
    let ben = house.person("ben", None).await;
    let same = change(service, &ben, Some(address("anna@example.org"))).await;
    assert!(matches!(same, Err(ServiceError::Throttled { .. })), "one mailbox, whoever asks");
    house.rig.pass(3_600);
    let (anna, ben) = (house.proved_again(anna), house.proved_again(ben));
    change(service, &ben, Some(address("anna@example.org"))).await.unwrap();
    house.rig.pass(3_600);
    let anna = house.proved_again(anna);
    for number in 0..3 {
        let wish = Some(address(&format!("other{number}@example.org")));
        change(service, &anna, wish).await.unwrap();
    }
    let often = change(service, &anna, Some(address("fourth@example.org"))).await;
    assert!(matches!(often, Err(ServiceError::Throttled { .. })), "one person, whichever mailbox");
    is_gone(&house.confirm(&first).await);
    let last = house.token().await;
    house.confirm(&last).await.unwrap();
    assert!(matches!(resend(service, &anna).await, Err(ServiceError::NotFound { .. })));
}

#[tokio::test]
async fn what_went_to_the_mailbox_before_is_good_for_nothing() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("old@example.org", true))).await;
    let service = &house.rig.service;
    let made = resets::mail_link(service, &house.admin, &anna.user.id).await.unwrap();
    assert!(made.mailed);
    let token = made.url.expose().rsplit('/').next().unwrap().to_owned();
    change(service, &anna, Some(address("new@example.org"))).await.unwrap();
    resets::look(service, &token).await.unwrap();
    house.confirm(&house.token().await).await.unwrap();
    is_gone(&resets::look(service, &token).await);
    assert!(house.owed(MessageKind::Reset).await.iter().all(|one| !one.state.is_open()));
}

#[tokio::test]
async fn a_wish_of_whoever_had_the_session_dies_with_it() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("anna@example.org", true))).await;
    let service = &house.rig.service;
    change(service, &anna, Some(address("mallory@example.org"))).await.unwrap();
    let wish = house.token().await;
    users::sign_out(service, &house.admin, &anna.user.id).await.unwrap();
    is_gone(&house.confirm(&wish).await);
    assert_eq!(house.email(&anna).await, proved("anna@example.org"));
}

#[tokio::test]
async fn what_an_admin_types_counts_and_ends_what_was_asked() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("anna@example.org", false))).await;
    let service = &house.rig.service;
    resend(service, &anna).await.unwrap();
    let token = house.token().await;
    let email = Some(Some(address("anna@example.org")));
    let patch = UserPatch { email, ..UserPatch::default() };
    users::patch(service, &house.admin, &anna.user.id, patch).await.unwrap();
    assert_eq!(house.email(&anna).await, proved("anna@example.org"));
    is_gone(&house.confirm(&token).await);
    assert_eq!(house.owed(MessageKind::Welcome).await.len(), 1);
}

#[tokio::test]
async fn an_address_is_taken_away_at_once() {
    let house = House::new().await;
    let anna = house.person("anna", Some(("anna@example.org", true))).await;
    let view = change(&house.rig.service, &anna, None).await.unwrap();
    assert_eq!(view, AddressView::default());
    assert_eq!(house.email(&anna).await, None);
}

#[tokio::test]
async fn without_a_public_address_nothing_can_be_asked() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let house = House { rig, admin };
    let anna = house.person("anna", None).await;
    let refused = change(&house.rig.service, &anna, Some(address("anna@example.org"))).await;
    assert!(matches!(refused, Err(ServiceError::Forbidden { code: "no-public-url" })));
}
