//! Sessions that end because somebody has signed out at the issuer, and those that do not.

use super::{Pair, code};
use crate::oidc::signed_out_there;
use crate::rig::{caller, cookie};
use crate::sessions::{self, Begun, Keep, Proof};
use crate::{Result, ServiceError};
use domain::identity::{IdentityKey, LinkedIdentity};
use domain::ids::{ProviderId, UserId};
use domain::role::Role;
use domain::sessions::Strength;
use serde_json::{Value, json};
use standins::issuer::LogoutToken;
use std::collections::BTreeMap;

struct Home {
    pair: Pair,
    user: UserId,
}

impl Home {
    /// With one user who is `user-7` there.
    async fn new() -> Self {
        let pair = Pair::new().await;
        let (admin, _root) = pair.rig.set_up().await;
        let user = pair.rig.user(&admin, "zoe", Role::User).await.id;
        let identity = LinkedIdentity {
            key: IdentityKey {
                provider: pair.provider.id.clone(),
                issuer: pair.provider.issuer().to_owned(),
                subject: "user-7".to_owned(),
            },
            user: user.clone(),
            display_name: "Zoë".to_owned(),
            login_name: None,
            email: None,
            email_verified: false,
            avatar_url: None,
            claims: BTreeMap::new(),
            linked_at: pair.rig.clock.now(),
            used_at: None,
            known_at: pair.rig.clock.now(),
            outside_since: None,
            unknown_since: None,
        };
        let provider = pair.provider.clone();
        let put = pair.rig.service.write(move |tx| {
            tx.providers().put(&provider)?;
            Ok(tx.identities().put(&identity)?)
        });
        put.await.unwrap();
        Self { pair, user }
    }

    async fn session(&self, provider: &str, upstream: Option<&str>) -> Begun {
        let proof = Proof {
            user: self.user.clone(),
            provider: ProviderId::parse(provider).unwrap(),
            strength: Strength::Single,
            upstream: upstream.map(str::to_owned),
            epoch: self.pair.rig.epoch().await,
        };
        let from = caller("192.0.2.1");
        sessions::begin(&self.pair.rig.service, proof, Keep::Remembered, &from).await.unwrap()
    }

    async fn is_in(&self, begun: &Begun) -> bool {
        let held = cookie(begun).expose();
        sessions::resolve(&self.pair.rig.service, held).await.unwrap().is_some()
    }

    async fn say(&self, token: &str) -> Result<usize> {
        let from = caller("198.51.100.7");
        signed_out_there(&self.pair.rig.service, &self.pair.provider.id, token, &from).await
    }

    fn token(&self, wanted: &LogoutToken) -> String {
        self.pair.issuer.logout_token(wanted)
    }
}

fn of_session(session: &str) -> LogoutToken {
    LogoutToken {
        client: "latchkey".to_owned(),
        session: Some(session.to_owned()),
        kind: Some("logout+jwt".to_owned()),
        ..LogoutToken::default()
    }
}

fn of_person(subject: &str) -> LogoutToken {
    LogoutToken { session: None, subject: Some(subject.to_owned()), ..of_session("") }
}

#[tokio::test]
async fn signing_out_there_ends_that_session_here_and_no_other() {
    let home = Home::new().await;
    let (one, other) =
        (home.session("id", Some("s-1")).await, home.session("id", Some("s-2")).await);
    let local = home.session("local", None).await;
    let twin = home.session("local", Some("s-1")).await;
    assert_eq!(home.say(&home.token(&of_session("s-1"))).await.unwrap(), 1);
    assert!(!home.is_in(&one).await);
    assert!(home.is_in(&other).await && home.is_in(&local).await && home.is_in(&twin).await);
    assert_eq!(home.say(&home.token(&of_person("user-7"))).await.unwrap(), 1);
    assert!(!home.is_in(&other).await);
    assert!(home.is_in(&local).await);
}

#[tokio::test]
async fn nobody_who_is_not_known_is_signed_out() {
    let home = Home::new().await;
    let begun = home.session("id", Some("s-1")).await;
    assert_eq!(home.say(&home.token(&of_person("user-8"))).await.unwrap(), 0);
    assert_eq!(home.say(&home.token(&of_session("s-9"))).await.unwrap(), 0);
    let mut both = of_session("s-1");
    both.subject = Some("user-8".to_owned());
    assert_eq!(home.say(&home.token(&both)).await.unwrap(), 0, "that session of another person");
    assert!(home.is_in(&begun).await);
}

#[tokio::test]
async fn a_logout_token_is_good_once_and_for_what_was_before() {
    let home = Home::new().await;
    let token = home.token(&of_person("user-7"));
    assert!(home.say(&token).await.is_ok());
    assert_eq!(code(home.say(&token).await), "oidc.logout-token");
    let earlier = home.token(&of_person("user-7"));
    home.pair.rig.pass(120);
    let begun = home.session("id", Some("s-1")).await;
    assert_eq!(home.say(&earlier).await.unwrap(), 0);
    assert!(home.is_in(&begun).await, "who came in again since stays in");
}

#[tokio::test]
async fn an_old_logout_token_counts_no_more() {
    let home = Home::new().await;
    let mut wanted = of_person("user-7");
    wanted.instead.insert("exp".to_owned(), Value::Null);
    let token = home.token(&wanted);
    home.pair.rig.pass(301);
    assert_eq!(code(home.say(&token).await), "oidc.logout-token");
}

#[tokio::test]
async fn what_is_no_logout_token_ends_nothing() {
    let home = Home::new().await;
    let begun = home.session("id", Some("s-1")).await;
    let mut wrong = Vec::new();
    for (claim, said) in [
        ("iss", json!("https://somebody.example")),
        ("aud", json!("somebody-else")),
        ("aud", Value::Null),
        ("iss", Value::Null),
        ("iat", Value::Null),
        ("iat", json!(4_000_000_000_i64)),
        ("iat", json!(0)),
        ("exp", json!(0)),
        ("jti", Value::Null),
        ("events", Value::Null),
        ("events", json!({})),
        ("events", json!({"http://schemas.openid.net/event/backchannel-logout": true})),
        ("nonce", json!("an ID token has one")),
        ("sid", Value::Null),
    ] {
        let mut wanted = of_session("s-1");
        wanted.instead.insert(claim.to_owned(), said);
        wrong.push(wanted);
    }
    wrong.push(LogoutToken { by_stranger: true, ..of_session("s-1") });
    wrong.push(LogoutToken { kind: Some("at+jwt".to_owned()), ..of_session("s-1") });
    for wanted in wrong {
        let said = home.say(&home.token(&wanted.clone())).await;
        assert!(matches!(said, Err(ServiceError::Backend(_))), "{wanted:?}: {said:?}");
    }
    let token = home.token(&of_session("s-1"));
    let (_, rest) = token.split_once('.').unwrap();
    // {"alg":"none"} and {"alg":"HS256"}
    for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"] {
        assert!(home.say(&format!("{header}.{rest}")).await.is_err());
    }
    for garbage in ["", ".", "..", "a.b.c", &"x".repeat(20_000)] {
        assert!(home.say(garbage).await.is_err());
    }
    assert!(home.is_in(&begun).await);
    assert_eq!(home.say(&token).await.unwrap(), 1, "the true one");
}

#[tokio::test]
async fn a_logout_token_by_a_new_key_is_taken_a_minute_later() {
    let home = Home::new().await;
    assert_eq!(home.say(&home.token(&of_person("user-7"))).await.unwrap(), 0);
    home.pair.issuer.replace_key();
    home.pair.rig.pass(60);
    let begun = home.session("id", None).await;
    assert_eq!(home.say(&home.token(&of_person("user-7"))).await.unwrap(), 1);
    assert!(!home.is_in(&begun).await);
}

#[tokio::test]
async fn a_provider_that_is_no_issuer_hears_nothing() {
    let home = Home::new().await;
    let from = caller("198.51.100.7");
    let token = home.token(&of_person("user-7"));
    for name in ["local", "nobody"] {
        let id = ProviderId::parse(name).unwrap();
        let said = signed_out_there(&home.pair.rig.service, &id, &token, &from).await;
        assert!(matches!(said, Err(ServiceError::NotFound { .. })), "{said:?}");
    }
}
