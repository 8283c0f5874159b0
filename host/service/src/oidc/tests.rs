//! An issuer that keeps its word, and one that does not.

use super::*;
use crate::ServiceError;
use crate::rig::Rig;
use domain::backends::SetBy;
use domain::ids::ProviderId;
use domain::providers::{AccessRule, Issuer, ProviderKind};
use serde_json::json;
use standins::issuer::Lie;
use std::sync::Arc;
use store::secrets::SecretOf;

const BACK: &str = "https://home.example.org/api/auth/id/callback";
const SECRET: &str = "the client's secret: %&/ and more";

/// A house and an issuer.
pub(super) struct Pair {
    pub(super) rig: Rig,
    pub(super) issuer: standins::Issuer,
    pub(super) provider: Provider,
}

impl Pair {
    pub(super) async fn new() -> Self {
        let pair = Self::public().await;
        pair.issuer.add_client("latchkey", Some(SECRET), BACK);
        let id = pair.provider.id.clone();
        let put = pair.rig.service.write_aside(move |tx| {
            Ok(tx.secrets().put(SecretOf::Provider(&id), "client_secret", &SECRET.into())?)
        });
        put.await.unwrap();
        pair
    }

    /// Without a client secret.
    async fn public() -> Self {
        let rig = Rig::new().await;
        let clock = rig.clock.clone();
        let issuer = standins::Issuer::start(Arc::new(move || clock.now())).await.unwrap();
        issuer.add_client("latchkey", None, BACK);
        issuer.add_person(
            "user-7",
            json!({"name": "Zoë", "preferred_username": "zoe", "email": "zoe@example.org",
                   "email_verified": true, "groups": ["family"], "picture": "https://example.org/z.png"}),
        );
        let kind = ProviderKind::Oidc(Issuer {
            issuer: issuer.url().parse().unwrap(),
            client_id: "latchkey".to_owned(),
            scopes: ["openid", "profile", "groups"].map(str::to_owned).to_vec(),
        });
        let provider = Provider {
            id: ProviderId::parse("id").unwrap(),
            label: String::new(),
            kind,
            access: AccessRule::Open,
            admin: None,
            set_by: SetBy::Page,
            order: 0,
            created_at: rig.clock.now(),
        };
        Self { rig, issuer, provider }
    }

    async fn away(&self) -> Result<Away> {
        begin(&self.rig.service, &self.provider, BACK).await
    }

    async fn back(&self, away: &Away, location: &str) -> Result<Told> {
        let location: Url = location.parse().unwrap();
        let callback: Vec<(String, String)> = location.query_pairs().into_owned().collect();
        finish(&self.rig.service, &self.provider, &away.sealed, &callback, BACK).await
    }

    pub(super) async fn sign_in(&self) -> Result<Told> {
        let away = self.away().await?;
        let location = self.issuer.visit(&away.url).expect("a well-made request");
        self.back(&away, &location).await
    }

    /// The code of the fault with which a sign-in ends.
    async fn refused(&self) -> String {
        code(self.sign_in().await)
    }
}

pub(super) fn code<T>(outcome: Result<T>) -> String {
    match outcome {
        Err(ServiceError::Backend(fault)) => {
            assert!(!fault.detail.contains(SECRET), "{}", fault.detail);
            fault.code
        }
        Err(other) => panic!("not a fault: {other:?}"),
        Ok(_) => panic!("let in"),
    }
}

/// A sign-in at an issuer that lies ends with that code.
async fn lied(lie: Lie, wanted: &str) {
    let pair = Pair::new().await;
    pair.issuer.lie(Some(lie));
    assert_eq!(pair.refused().await, wanted, "{lie:?}");
    pair.issuer.lie(None);
    pair.rig.pass(3_600);
    assert_eq!(pair.sign_in().await.unwrap().identity.subject, "user-7", "an honest one goes on");
}

#[tokio::test]
async fn an_honest_issuer_says_who_it_is() {
    let pair = Pair::new().await;
    let told = pair.sign_in().await.unwrap();
    let identity = told.identity;
    assert_eq!((identity.subject.as_str(), identity.display_name.as_str()), ("user-7", "Zoë"));
    assert_eq!(identity.login_name.as_deref(), Some("zoe"));
    assert_eq!(identity.email.as_deref(), Some("zoe@example.org"));
    assert!(identity.email_verified);
    assert_eq!(identity.avatar_url.as_deref(), Some("https://example.org/z.png"));
    assert_eq!(identity.claims.get("groups"), Some(&json!(["family"])));
    assert!(
        identity
            .claims
            .keys()
            .all(|name| !["nonce", "exp", "sid", "at_hash"].contains(&name.as_str()))
    );
    assert!(told.upstream.is_some());
    let again = pair.sign_in().await.unwrap();
    assert_ne!(again.upstream, told.upstream);
    assert_eq!(pair.issuer.times("/.well-known/openid-configuration"), 1);
    assert_eq!(pair.issuer.times("/keys"), 1);
    pair.rig.pass(3_600);
    let _told = pair.sign_in().await.unwrap();
    assert_eq!(pair.issuer.times("/.well-known/openid-configuration"), 2, "after an hour");
}

#[tokio::test]
async fn a_client_secret_goes_the_way_the_issuer_takes_it() {
    let pair = Pair::new().await;
    pair.issuer.take_secrets_by(&["client_secret_post"]);
    assert!(pair.sign_in().await.is_ok());
    pair.rig.pass(3_600);
    pair.issuer.take_secrets_by(&["private_key_jwt"]);
    assert_eq!(pair.refused().await, "oidc.client-auth");
    let public = Pair::public().await;
    assert!(public.sign_in().await.is_ok(), "PKCE protects a public client");
}

#[tokio::test]
async fn a_wrong_client_secret_is_told_to_the_admin() {
    let pair = Pair::new().await;
    pair.issuer.add_client("latchkey", Some("another"), BACK);
    assert_eq!(pair.refused().await, "oidc.client");
}

#[tokio::test]
async fn es256_is_taken_where_it_is_announced() {
    let pair = Pair::new().await;
    pair.issuer.use_curve();
    assert!(pair.sign_in().await.is_ok());
}

#[tokio::test]
async fn a_new_key_is_looked_for_once_a_minute_at_most() {
    let pair = Pair::new().await;
    assert!(pair.sign_in().await.is_ok());
    pair.issuer.replace_key();
    assert_eq!(pair.refused().await, "oidc.key", "just looked");
    pair.rig.pass(60);
    assert!(pair.sign_in().await.is_ok());
    assert_eq!(pair.issuer.times("/keys"), 2);
    pair.issuer.lie(Some(Lie::UnknownKeyId));
    for _ in 0..5 {
        assert_eq!(pair.refused().await, "oidc.key");
    }
    assert_eq!(pair.issuer.times("/keys"), 2);
}

#[tokio::test]
async fn keys_that_cannot_be_had_are_not_asked_for_at_each_token() {
    let pair = Pair::new().await;
    assert!(pair.sign_in().await.is_ok());
    pair.rig.pass(60);
    pair.issuer.replace_key();
    pair.issuer.lie(Some(Lie::KeysDown));
    assert_eq!(pair.refused().await, "oidc.keys");
    for _ in 0..5 {
        assert_eq!(pair.refused().await, "oidc.key");
    }
    assert_eq!(pair.issuer.times("/keys"), 2);
}

#[tokio::test]
async fn a_name_that_rules_look_at_is_taken_as_it_is_or_not_at_all() {
    let pair = Pair::new().await;
    let said = json!({"preferred_username": "boss\u{200e}", "email": " boss@example.org",
                      "email_verified": true});
    pair.issuer.add_person("user-8", said);
    let identity = pair.sign_in().await.unwrap().identity;
    assert_eq!((identity.login_name, identity.email), (None, None));
    assert_eq!(identity.display_name, "boss");
}

#[tokio::test]
async fn a_code_is_good_once() {
    let pair = Pair::new().await;
    let away = pair.away().await.unwrap();
    let location = pair.issuer.visit(&away.url).unwrap();
    assert!(pair.back(&away, &location).await.is_ok());
    assert_eq!(code(pair.back(&away, &location).await), "oidc.code");
}

#[tokio::test]
async fn an_answer_to_another_attempt_is_not_taken() {
    let pair = Pair::new().await;
    let (mine, theirs) = (pair.away().await.unwrap(), pair.away().await.unwrap());
    let location = pair.issuer.visit(&theirs.url).unwrap();
    assert_eq!(code(pair.back(&mine, &location).await), "oidc.state");
    assert!(pair.issuer.requests().iter().all(|(asked, _)| asked != "POST /token"));
    // The code of one attempt in the answer of another: its verifier does not fit.
    let code_of = |location: &str| {
        let url: Url = location.parse().unwrap();
        url.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned()
    };
    let own = pair.issuer.visit(&mine.url).unwrap();
    let mixed = own.replace(&code_of(&own), &code_of(&location));
    assert_eq!(code(pair.back(&mine, &mixed).await), "oidc.code");
    assert_eq!(pair.issuer.take_violations().len(), 1);
}

#[tokio::test]
async fn a_provider_that_was_changed_meanwhile_ends_the_attempt() {
    let mut pair = Pair::new().await;
    let away = pair.away().await.unwrap();
    let location = pair.issuer.visit(&away.url).unwrap();
    if let ProviderKind::Oidc(issuer) = &mut pair.provider.kind {
        issuer.client_id = "another".to_owned();
    }
    assert_eq!(code(pair.back(&away, &location).await), "oidc.changed");
}

#[tokio::test]
async fn two_issuers_are_not_mixed_up() {
    let (one, other) = (Pair::new().await, Pair::new().await);
    let away = one.away().await.unwrap();
    let url: Url = away.url.parse().unwrap();
    // The other issuer is handed our request for the first and answers it.
    let elsewhere = format!("{}/authorize?{}", other.issuer.url(), url.query().unwrap());
    let location = other.issuer.visit(&elsewhere).unwrap();
    assert_eq!(code(one.back(&away, &location).await), "oidc.iss");
    assert!(one.issuer.requests().iter().all(|(asked, _)| asked != "POST /token"));
}

#[tokio::test]
async fn who_has_to_prove_anew_has_to_have_done_it() {
    let pair = Pair::new().await;
    let away = begin_anew(&pair.rig.service, &pair.provider, BACK).await.unwrap();
    assert!(away.url.contains("max_age=0") && away.url.contains("prompt=login"));
    let location = pair.issuer.visit(&away.url).unwrap();
    assert!(pair.back(&away, &location).await.is_ok());
    pair.issuer.lie(Some(Lie::OldAuthTime));
    assert!(pair.sign_in().await.is_ok(), "who only comes in may have signed in there before");
    let away = begin_anew(&pair.rig.service, &pair.provider, BACK).await.unwrap();
    let location = pair.issuer.visit(&away.url).unwrap();
    assert_eq!(code(pair.back(&away, &location).await), "oidc.auth-time");
}

#[tokio::test]
async fn an_address_that_is_not_called_verified_is_not() {
    let pair = Pair::new().await;
    for (said, verified) in [(json!(true), true), (json!(false), false), (json!(null), false)] {
        pair.issuer.add_person("user-8", json!({"email": "a@example.org", "email_verified": said}));
        let identity = pair.sign_in().await.unwrap().identity;
        assert_eq!(identity.email_verified, verified, "{said}");
        assert_eq!(identity.display_name, "a@example.org");
    }
}

#[tokio::test]
async fn a_rehearsal_says_what_the_issuer_is_and_shows_it_no_secret() {
    let pair = Pair::new().await;
    let said = rehearse(&pair.rig.service, &pair.provider).await.unwrap();
    assert_eq!(said.issuer, pair.issuer.url());
    assert_eq!(
        (said.algorithms.as_slice(), said.client_auth),
        (&["RS256".to_owned()][..], "client_secret_basic")
    );
    assert!(said.keys >= 1 && said.userinfo && said.ends_sessions && said.tells_sign_outs);
    for (lie, wanted) in [
        (Lie::OtherDiscovery, "oidc.issuer"),
        (Lie::DiscoveryIsHtml, "oidc.discovery"),
        (Lie::HugeDiscovery, "oidc.bad-reply"),
        (Lie::KeysAtMetadata, "oidc.not-allowed"),
        (Lie::ScriptForBrowser, "oidc.insecure"),
        (Lie::OnlyWeakAlgorithms, "oidc.algorithm"),
    ] {
        pair.issuer.lie(Some(lie));
        assert_eq!(code(rehearse(&pair.rig.service, &pair.provider).await), wanted, "{lie:?}");
    }
    assert!(pair.issuer.requests().iter().all(|(asked, _)| asked.starts_with("GET ")));
}

#[tokio::test]
async fn an_issuer_that_is_away_is_unreachable_and_nothing_else() {
    let mut pair = Pair::new().await;
    let held = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = held.local_addr().unwrap().port();
    drop(held);
    if let ProviderKind::Oidc(issuer) = &mut pair.provider.kind {
        issuer.issuer = format!("http://127.0.0.1:{port}").parse().unwrap();
    }
    assert_eq!(code(pair.away().await), "oidc.unreachable");
    if let ProviderKind::Oidc(issuer) = &mut pair.provider.kind {
        issuer.issuer = "http://id.example.org".parse().unwrap();
    }
    assert_eq!(code(pair.away().await), "oidc.insecure");
}

#[tokio::test]
async fn signing_out_there_is_offered_and_tells_nothing_about_the_person() {
    let pair = Pair::new().await;
    let provider = pair.provider.clone();
    let put = pair.rig.service.write(move |tx| Ok(tx.providers().put(&provider)?));
    put.await.unwrap();
    let told = pair.sign_in().await.unwrap();
    assert!(told.identity.grant.is_none(), "no token is kept");
    let there = still_there(&pair.rig.service, &pair.provider.id).await.unwrap().unwrap();
    assert_eq!(there.label, "127.0.0.1");
    assert_eq!(there.url.as_str(), format!("{}/end?client_id=latchkey", pair.issuer.url()));
    let local = ProviderId::parse("local").unwrap();
    assert_eq!(still_there(&pair.rig.service, &local).await.unwrap(), None);
}

mod back_channel;

mod lies {
    use super::{Lie, Pair, lied};

    #[tokio::test]
    async fn an_id_token_with_alg_none_is_refused() {
        lied(Lie::Unsigned, "oidc.unsigned").await;
    }

    #[tokio::test]
    async fn an_id_token_signed_by_the_client_secret_is_refused() {
        lied(Lie::SignedBySecret, "oidc.algorithm").await;
    }

    #[tokio::test]
    async fn an_id_token_signed_by_the_public_key_as_a_secret_is_refused() {
        lied(Lie::SignedByPublicKey, "oidc.algorithm").await;
    }

    #[tokio::test]
    async fn an_id_token_with_a_bad_signature_is_refused() {
        lied(Lie::BadSignature, "oidc.signature").await;
    }

    #[tokio::test]
    async fn an_id_token_that_was_changed_is_refused() {
        lied(Lie::ChangedClaims, "oidc.signature").await;
    }

    #[tokio::test]
    async fn a_key_in_the_header_counts_for_nothing() {
        lied(Lie::OwnKeyInHeader, "oidc.key").await;
    }

    #[tokio::test]
    async fn a_strangers_key_under_a_known_id_is_refused() {
        lied(Lie::StrangersKey, "oidc.signature").await;
    }

    #[tokio::test]
    async fn a_method_that_is_not_announced_is_refused() {
        lied(Lie::UnannouncedAlgorithm, "oidc.algorithm").await;
    }

    #[tokio::test]
    async fn an_unknown_key_id_is_refused() {
        lied(Lie::UnknownKeyId, "oidc.key").await;
    }

    #[tokio::test]
    async fn no_key_id_will_do_where_there_is_one_key() {
        let pair = Pair::new().await;
        pair.issuer.lie(Some(Lie::NoKeyId));
        assert!(pair.sign_in().await.is_ok());
    }

    #[tokio::test]
    async fn no_key_id_is_refused_where_there_are_several_keys() {
        lied(Lie::NoKeyIdOfSeveral, "oidc.key").await;
    }

    #[tokio::test]
    async fn a_wrong_audience_is_refused() {
        lied(Lie::WrongAudience, "oidc.audience").await;
        lied(Lie::NoAudience, "oidc.audience").await;
    }

    #[tokio::test]
    async fn several_audiences_need_a_party_that_is_us() {
        lied(Lie::TwoAudiences, "oidc.azp").await;
        lied(Lie::WrongParty, "oidc.azp").await;
        let pair = Pair::new().await;
        pair.issuer.lie(Some(Lie::TwoAudiencesForUs));
        assert!(pair.sign_in().await.is_ok());
    }

    #[tokio::test]
    async fn a_wrong_issuer_is_refused() {
        lied(Lie::WrongIssuer, "oidc.token-issuer").await;
    }

    #[tokio::test]
    async fn an_id_token_without_iat_is_refused() {
        lied(Lie::NoIssueTime, "oidc.claims").await;
    }

    #[tokio::test]
    async fn an_id_token_of_another_time_is_refused() {
        lied(Lie::OldIssueTime, "oidc.expired").await;
        lied(Lie::FutureIssueTime, "oidc.expired").await;
    }

    #[tokio::test]
    async fn an_expired_id_token_is_refused() {
        lied(Lie::Expired, "oidc.expired").await;
        lied(Lie::NoEnd, "oidc.claims").await;
    }

    #[tokio::test]
    async fn an_id_token_without_sub_is_refused() {
        lied(Lie::NoSubject, "oidc.claims").await;
        lied(Lie::EmptySubject, "oidc.userinfo-subject").await;
    }

    #[tokio::test]
    async fn a_wrong_or_missing_nonce_is_refused() {
        lied(Lie::WrongNonce, "oidc.nonce").await;
        lied(Lie::NoNonce, "oidc.nonce").await;
    }

    #[tokio::test]
    async fn another_access_token_is_refused() {
        lied(Lie::WrongAccessTokenHash, "oidc.access-token").await;
    }

    #[tokio::test]
    async fn an_answer_without_id_token_is_refused() {
        lied(Lie::NoIdToken, "oidc.no-id-token").await;
    }

    #[tokio::test]
    async fn userinfo_about_somebody_else_is_refused() {
        lied(Lie::OtherPersonInUserinfo, "oidc.userinfo-subject").await;
    }

    #[tokio::test]
    async fn userinfo_that_is_away_lets_nobody_in() {
        lied(Lie::UserinfoDown, "oidc.userinfo").await;
        lied(Lie::UserinfoIsHtml, "oidc.userinfo").await;
    }

    #[tokio::test]
    async fn a_wrong_or_missing_state_is_refused() {
        lied(Lie::OtherState, "oidc.state").await;
        lied(Lie::NoState, "oidc.state").await;
    }

    #[tokio::test]
    async fn a_wrong_or_missing_issuer_in_the_answer_is_refused() {
        lied(Lie::OtherIssuerInAnswer, "oidc.iss").await;
        lied(Lie::NoIssuerInAnswer, "oidc.iss").await;
    }

    #[tokio::test]
    async fn who_is_denied_there_is_not_in_here() {
        lied(Lie::Denied, "oidc.denied").await;
    }

    #[tokio::test]
    async fn a_discovery_document_of_another_issuer_is_refused() {
        lied(Lie::OtherDiscovery, "oidc.issuer").await;
    }

    #[tokio::test]
    async fn a_token_endpoint_that_sends_on_is_not_followed() {
        lied(Lie::TokenElsewhere, "oidc.token").await;
        lied(Lie::TokenDown, "oidc.token").await;
    }
}
