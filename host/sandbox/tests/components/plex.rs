//! The Plex component against the stand-in: who comes in by a redirect, and who belongs.

use crate::rig::{Hand, backend, config, id, options, plugin};
use domain::fault::{Fault as Refused, FaultKind};
use domain::identity::{Audience, Identity, Membership, Progress, Prompt};
use domain::plugins::{ConnectSpec, StageOutcome};
use domain::secret::Secret;
use sandbox::{Instance, Options as SandboxOptions, Sandbox};
use serde_json::Value;
use standins::Plex;
use standins::plex::{
    Behaviour, ExpiredPin, Health, Limited, MACHINE, Options, Origin, Presence, Resources,
    ShareVisible, SlowDown,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) const RETURN: &str = "https://home.example/auth/plex/return?x=1&y=2";

pub(crate) struct House {
    pub(crate) plex: Plex,
    pub(crate) hand: Hand,
    pub(crate) sandbox: Sandbox,
    pub(crate) instance: Instance,
}

/// Where the component stays compiled from one test to the next.
fn compiled() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("compiled-plex")
}

impl House {
    /// Without the owner's token.
    pub(crate) async fn alone() -> Self {
        Self::with(|_plex| None).await
    }

    /// With it.
    pub(crate) async fn connected() -> Self {
        Self::with(|plex| Some(plex.token("olga", "latchkey-owner"))).await
    }

    async fn with(token: impl FnOnce(&Plex) -> Option<String>) -> Self {
        let hand = Hand::default();
        let plex = Plex::start_with(Options::strict(hand.now())).await.unwrap();
        let bundled = vec![("plex".to_owned(), plugin("plex").into())];
        let cache_dir = Some(compiled());
        let sandbox =
            Sandbox::open(SandboxOptions { bundled, cache_dir, ..options(&hand) }).unwrap();
        let token = token(&plex);
        set_up(&sandbox, &plex, token.as_deref());
        let instance = sandbox.instance(backend("plex")).unwrap();
        Self { plex, hand, sandbox, instance }
    }

    pub(crate) async fn begin(&self, audience: Audience) -> Prompt {
        self.instance.begin(RETURN, "state", None, audience).await.unwrap()
    }

    /// A sign-in up to what comes after Plex's page.
    pub(crate) async fn arrive(
        &self,
        name: &str,
        audience: Audience,
    ) -> (Secret, Result<Progress, Refused>) {
        let prompt = self.begin(audience).await;
        self.plex.authorize(prompt.url.as_deref().unwrap(), name);
        let progress = self.instance.advance(&prompt.attempt, &[]).await;
        (prompt.attempt, progress)
    }

    /// Somebody who needs no profile.
    pub(crate) async fn enter(&self, name: &str, audience: Audience) -> Identity {
        match self.arrive(name, audience).await.1.unwrap() {
            Progress::Done(person) => *person,
            other => panic!("{name}: {other:?}"),
        }
    }

    pub(crate) fn live(&self, name: &str) -> Vec<Origin> {
        let tokens = self.plex.live_tokens();
        tokens.into_iter().filter(|one| one.person == name).map(|one| one.origin).collect()
    }

    pub(crate) fn asked(&self, line: &str) -> usize {
        self.plex.requests().iter().filter(|request| request.line() == line).count()
    }
}

pub(crate) fn set_up(sandbox: &Sandbox, plex: &Plex, token: Option<&str>) {
    let settings = [
        ("url", plex.server_url()),
        ("plex_tv", plex.plex_url()),
        ("clients", plex.clients_url()),
        ("app", plex.app_url()),
    ];
    let settings: Vec<(&str, &str)> =
        settings.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let secrets: Vec<(&str, &str)> = token.iter().map(|token| ("token", *token)).collect();
    sandbox.configure(config("plex", &settings, &secrets)).unwrap();
}

pub(crate) fn claim(person: &Identity, name: &str) -> Value {
    person.claims.get(name).cloned().unwrap_or_default()
}

#[tokio::test]
async fn a_member_comes_in_by_plexs_own_page() {
    let house = House::alone().await;
    assert_eq!(house.instance.check_settings().await, []);
    let ways = house.instance.ways().await.unwrap();
    assert!(ways.redirect && !ways.password && !ways.user_code);
    let prompt = house.begin(Audience::Members).await;
    assert_eq!(prompt.expires_in, Duration::from_secs(1_800));
    let url = prompt.url.clone().unwrap();
    assert!(url.starts_with(&format!("{}/auth#?clientID=latchkey-", house.plex.app_url())));
    let waits = house.instance.advance(&prompt.attempt, &[]).await.unwrap();
    assert_eq!(waits, Progress::Pending(Some(Duration::from_millis(1_500))));
    assert_eq!(house.plex.authorize(&url, "sam").as_deref(), Some(RETURN));
    let Progress::Done(sam) = house.instance.advance(&prompt.attempt, &[]).await.unwrap() else {
        panic!("sam is in")
    };
    let person = house.plex.person("sam");
    assert_eq!(sam.subject, person.id.to_string());
    assert_eq!((sam.display_name.as_str(), sam.login_name.as_deref()), ("sam", Some("sam")));
    assert_eq!((sam.email.as_deref(), sam.email_verified), (Some("sam@example.net"), true));
    assert_eq!(sam.avatar_url, Some(person.thumb));
    for (name, value) in [
        ("plex_tier", Value::from("shared")),
        ("plex_uuid", person.uuid.clone().into()),
        ("plex_id", person.id.to_string().into()),
        ("plex_restricted", false.into()),
        ("plex_restriction_profile", "none".into()),
        ("plex_home_admin", false.into()),
    ] {
        assert_eq!(claim(&sam, name), value, "{name}");
    }
    let clients = house.plex.requests().into_iter().filter_map(|request| request.client);
    assert_eq!(clients.collect::<std::collections::BTreeSet<_>>().len(), 1, "one device");
    assert_eq!(house.plex.tokens_in_urls(), Vec::<String>::new());
}

#[tokio::test]
async fn the_server_is_asked_once_who_it_is() {
    let house = House::alone().await;
    house.enter("sam", Audience::Members).await;
    let mut house = house;
    house.plex.stop_listening(standins::plex::Service::Server).await;
    house.enter("sam", Audience::Members).await;
    assert_eq!(house.asked("GET /identity"), 1);
    house.plex.set(Behaviour::Server(Presence::Offline));
    house.enter("sam", Audience::Members).await;
}

#[tokio::test]
async fn who_has_no_access_is_denied_and_signed_out() {
    for house in [House::alone().await, House::connected().await] {
        let (_, ended) = house.arrive("zed", Audience::Members).await;
        assert_eq!(ended, Ok(Progress::Denied));
        assert_eq!(house.live("zed"), []);
        let zed = house.enter("zed", Audience::Anyone).await;
        assert_eq!(claim(&zed, "plex_tier"), "none");
        assert!(zed.grant.is_some());
        house.plex.invite("zed", &[1]);
        let (_, ended) = house.arrive("zed", Audience::Members).await;
        let fault = ended.unwrap_err();
        assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Forbidden, "plex.pending-share"));
        let zed = house.enter("zed", Audience::Anyone).await;
        assert_eq!(claim(&zed, "plex_tier"), "invited");
    }
}

#[tokio::test]
async fn an_accepted_share_counts_before_it_shows() {
    let house = House::connected().await;
    house.plex.set(Behaviour::ShareVisible(ShareVisible::Later));
    house.plex.invite("zed", &[2]);
    house.plex.accept("zed");
    let zed = house.enter("zed", Audience::Members).await;
    assert_eq!(claim(&zed, "plex_tier"), "shared");
    let own = house.instance.membership(&zed.subject, zed.grant.as_ref()).await.unwrap();
    assert!(matches!(own, Membership::Member(_)), "{own:?}");
}

#[tokio::test]
async fn a_pin_that_is_over_is_over_in_either_words() {
    for expired in [ExpiredPin::NotFound, ExpiredPin::NullToken] {
        let house = House::alone().await;
        house.plex.set(Behaviour::ExpiredPin(expired));
        let prompt = house.begin(Audience::Members).await;
        house.hand.advance(1_799);
        let waits = house.instance.advance(&prompt.attempt, &[]).await.unwrap();
        assert!(matches!(waits, Progress::Pending(_)));
        house.hand.advance(1);
        let over = house.instance.advance(&prompt.attempt, &[]).await.unwrap();
        assert_eq!(over, Progress::Expired);
    }
}

#[tokio::test]
async fn plex_is_left_alone_when_it_asks_for_it() {
    let house = House::alone().await;
    let prompt = house.begin(Audience::Members).await;
    let slow = |retry_after| {
        let slow = SlowDown { on: Limited::Poll, retry_after, times: 1 };
        house.plex.set(Behaviour::SlowDown(slow));
    };
    for (retry_after, wait) in [(Some(7), 7), (None, 5)] {
        slow(retry_after);
        let waits = house.instance.advance(&prompt.attempt, &[]).await.unwrap();
        assert_eq!(waits, Progress::Pending(Some(Duration::from_secs(wait))));
    }
}

#[tokio::test]
async fn an_attempt_outlives_a_plex_that_is_down() {
    let house = House::alone().await;
    house.plex.set(Behaviour::User(Health::Answers(503)));
    let (attempt, ended) = house.arrive("sam", Audience::Members).await;
    assert_eq!(ended.unwrap_err().kind, FaultKind::Unavailable);
    house.plex.set(Behaviour::User(Health::Well));
    let done = house.instance.advance(&attempt, &[]).await.unwrap();
    assert!(matches!(done, Progress::Done(_)));
}

#[tokio::test]
async fn no_token_follows_a_redirect() {
    let house = House::alone().await;
    house.plex.set(Behaviour::Resources(Resources::Elsewhere));
    let (_, ended) = house.arrive("sam", Audience::Members).await;
    assert_eq!(ended.unwrap_err().code, "plex.redirected");
    assert_eq!(house.plex.tokens_elsewhere(), Vec::<String>::new());
}

#[tokio::test]
async fn membership_is_yes_invited_no_or_unknown() {
    for house in [House::alone().await, House::connected().await] {
        let sam = house.enter("sam", Audience::Anyone).await;
        let ask = || house.instance.membership(&sam.subject, sam.grant.as_ref());
        let Membership::Member(claims) = ask().await.unwrap() else { panic!("sam belongs") };
        assert_eq!(claims.get("plex_tier"), Some(&"shared".into()));
        house.plex.set(Behaviour::User(Health::Answers(500)));
        assert!(matches!(ask().await.unwrap(), Membership::Unknown(_)));
        house.plex.set(Behaviour::User(Health::Well));
        house.plex.unshare("sam");
        assert_eq!(ask().await.unwrap(), Membership::Outsider);
        house.plex.invite("sam", &[1]);
        assert_eq!(ask().await.unwrap(), Membership::Invited);
    }
}

#[tokio::test]
async fn a_token_that_nothing_needs_is_signed_out() {
    let house = House::connected().await;
    let sam = house.enter("sam", Audience::Members).await;
    assert_eq!((sam.grant, house.live("sam")), (None, vec![]));
    assert_eq!(sam.claims.get("plex_filter_movies"), Some(&"contentRating=G%2CPG".into()));
    let libraries: Value = ["1", "2"].into();
    assert_eq!(sam.claims.get("plex_libraries"), Some(&libraries));
    let seen = house.instance.membership(&sam.subject, None).await.unwrap();
    assert!(matches!(seen, Membership::Member(_)));
    let house = House::alone().await;
    let sam = house.enter("sam", Audience::Members).await;
    assert!(sam.grant.is_some(), "only their token tells it again");
}

#[tokio::test]
async fn a_dead_token_says_nothing_and_the_owners_lists_do() {
    let house = House::connected().await;
    let sam = house.enter("sam", Audience::Anyone).await;
    house.instance.release(sam.grant.as_ref().unwrap()).await.unwrap();
    house.instance.release(sam.grant.as_ref().unwrap()).await.unwrap();
    assert_eq!(house.live("sam"), []);
    let seen = house.instance.membership(&sam.subject, sam.grant.as_ref()).await.unwrap();
    let Membership::Member(claims) = seen else { panic!("sam belongs") };
    assert_eq!(claims.get("plex_filter_movies"), Some(&"contentRating=G%2CPG".into()));
    let mia = house.plex.person("mia").id.to_string();
    let seen = house.instance.membership(&mia, None).await.unwrap();
    let Membership::Member(claims) = seen else { panic!("mia belongs") };
    assert_eq!(
        (&claims["plex_tier"], &claims["plex_restriction_profile"]),
        (&"home".into(), &"older_kid".into())
    );
    let zed = house.plex.person("zed").id.to_string();
    let seen = house.instance.membership(&zed, None).await.unwrap();
    assert_eq!(seen, Membership::Outsider);
    house.plex.end_tokens("olga");
    let seen = house.instance.membership(&sam.subject, sam.grant.as_ref()).await.unwrap();
    assert!(matches!(seen, Membership::Unknown(_)), "an owner's token that died disables nobody");
    let alone = House::alone().await;
    let seen = alone.instance.membership(&zed, None).await.unwrap();
    assert!(matches!(seen, Membership::Unknown(_)));
}

#[tokio::test]
async fn somebody_elses_grant_proves_nothing() {
    let house = House::alone().await;
    let sam = house.enter("sam", Audience::Members).await;
    let zed = house.plex.person("zed").id.to_string();
    let seen = house.instance.membership(&zed, sam.grant.as_ref()).await.unwrap();
    assert!(matches!(seen, Membership::Unknown(_)));
}

#[tokio::test]
async fn only_the_owner_connects_the_server() {
    let house = House::alone().await;
    house.plex.leave_home("pete");
    house.plex.leave_home("mia");
    let answer = |grant: Option<Secret>| vec![(ConnectSpec::GRANT.to_owned(), grant.unwrap())];
    let sam = house.enter("sam", Audience::Anyone).await;
    let fault = house.instance.connect(answer(sam.grant)).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Forbidden, "plex.not-owner"));
    let olga = house.enter("olga", Audience::Anyone).await;
    assert_eq!(claim(&olga, "plex_tier"), "owner");
    let minted = house.instance.connect(answer(olga.grant)).await.unwrap();
    set_up(&house.sandbox, &house.plex, Some(minted["token"].expose()));
    let connected = house.sandbox.instance(backend("plex")).unwrap();
    let probe = connected.probe().await;
    let report = probe.outcome.unwrap();
    assert_eq!(report.server_id.as_deref(), Some(MACHINE));
    let failed = probe.stages.iter().any(|stage| stage.outcome == StageOutcome::Failed);
    assert!(!failed, "{:?}", probe.stages);
    let own: Vec<&str> =
        probe.stages.iter().rev().take(5).map(|stage| stage.name.as_str()).collect();
    assert_eq!(own, ["libraries", "people", "rights", "credential", "server"]);
    let kept = connected.membership(&olga.subject, None).await.unwrap();
    assert!(matches!(kept, Membership::Member(claims) if claims["plex_tier"] == "owner"));
}

#[tokio::test]
async fn a_probe_says_what_is_missing() {
    let house = House::alone().await;
    let probe = house.instance.probe().await;
    let report = probe.outcome.unwrap();
    assert_eq!(
        report.notices.iter().map(|one| one.1.as_str()).collect::<Vec<_>>(),
        ["plex.not-connected"]
    );
    let offer = house.instance.offer().await.unwrap();
    assert!(!offer.abilities.invite && !offer.abilities.create);
    let house = House::connected().await;
    house.plex.end_tokens("olga");
    let probe = house.instance.probe().await;
    let fault = probe.outcome.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code.as_str()),
        (FaultKind::CredentialRejected, "plex.needs-link")
    );
}

#[tokio::test]
async fn no_token_and_no_pin_is_in_the_log_or_a_fault() {
    let house = House::connected().await;
    let (attempt, ended) = house.arrive("olga", Audience::Members).await;
    let Progress::Choose { attempt: choice, .. } = ended.unwrap() else { panic!("a home") };
    let mia = house.plex.person("mia").uuid;
    let pin = Secret::from("9999");
    let wrong = house.instance.pick(&choice, &mia, Some(&pin)).await.unwrap_err();
    house.plex.end_tokens("olga");
    let dead = house.instance.pick(&choice, &mia, Some(&pin)).await.unwrap_err();
    let again = house.instance.advance(&attempt, &[]).await;
    let words = format!("{wrong:?} {dead:?} {again:?} {:?}", house.sandbox.log(&id("plex")));
    assert!(!words.contains("tok-") && !words.contains("9999"), "{words}");
}
