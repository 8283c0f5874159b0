//! The Plex component against the stand-in: Plex Home and its profiles.

use crate::plex::{House, claim};
use domain::fault::{Fault, FaultKind};
use domain::identity::{Audience, HomeUser, Identity, Membership, Progress};
use domain::secret::Secret;
use standins::plex::{Behaviour, HomeList, ManagedNames, Origin, Switching, WrongPin};

/// Olga is at the choice of a profile.
async fn home(house: &House) -> (Secret, Vec<HomeUser>) {
    match house.arrive("olga", Audience::Members).await.1.unwrap() {
        Progress::Choose { home_users, attempt } => (attempt, home_users),
        other => panic!("a home: {other:?}"),
    }
}

async fn pick(
    house: &House,
    attempt: &Secret,
    name: &str,
    pin: Option<&str>,
) -> Result<Identity, Fault> {
    let uuid = house.plex.person(name).uuid;
    let pin = pin.map(Secret::from);
    match house.instance.pick(attempt, &uuid, pin.as_ref()).await? {
        Progress::Done(person) => Ok(*person),
        other => panic!("{name}: {other:?}"),
    }
}

fn said(ended: Result<Identity, Fault>) -> (FaultKind, String, Option<String>) {
    let fault = ended.unwrap_err();
    (fault.kind, fault.code, fault.field)
}

fn missing() -> (FaultKind, String, Option<String>) {
    (FaultKind::InvalidInput, "plex.pin-missing".to_owned(), Some("pin".to_owned()))
}

fn wrong() -> (FaultKind, String, Option<String>) {
    (FaultKind::WrongCredential, "plex.wrong-pin".to_owned(), Some("pin".to_owned()))
}

#[tokio::test]
async fn a_home_is_asked_who_it_is() {
    let house = House::alone().await;
    let (_, users) = home(&house).await;
    let shown: Vec<(&str, bool, bool, bool)> = users
        .iter()
        .map(|one| (one.name.as_str(), one.needs_pin, one.restricted, one.owner))
        .collect();
    let all =
        [("olga", true, false, true), ("Pete", true, false, false), ("Mia", true, true, false)];
    assert_eq!(shown, all);
    assert!(users.iter().all(|one| one.avatar_url.is_some()));
}

#[tokio::test]
async fn each_profile_is_a_person_of_its_own() {
    for names in [ManagedNames::Mixed, ManagedNames::Null, ManagedNames::Empty] {
        let house = House::alone().await;
        house.plex.set(Behaviour::ManagedNames(names));
        let (attempt, _) = home(&house).await;
        let mia = pick(&house, &attempt, "mia", Some("3003")).await.unwrap();
        assert_eq!(mia.subject, house.plex.person("mia").id.to_string());
        assert_eq!((mia.display_name.as_str(), &mia.login_name, &mia.email), ("Mia", &None, &None));
        assert_eq!(claim(&mia, "plex_tier"), "home");
        assert_eq!(claim(&mia, "plex_restricted"), true);
        assert_eq!(claim(&mia, "plex_restriction_profile"), "older_kid");
        assert_eq!(house.live("olga"), [], "the account's token is signed out");
        assert_eq!(house.live("Mia"), [Origin::Switch]);
        let seen = house.instance.membership(&mia.subject, mia.grant.as_ref()).await.unwrap();
        assert!(matches!(seen, Membership::Member(claims) if claims["plex_restricted"] == true));
        house.instance.release(&mia.grant.unwrap()).await.unwrap();
        assert_eq!(house.live("Mia"), []);
    }
}

#[tokio::test]
async fn a_missing_pin_is_refused_here_though_plex_would_not_mind() {
    for switching in [Switching::Strict, Switching::Lax] {
        let house = House::alone().await;
        house.plex.set(Behaviour::Switch(switching));
        let (attempt, _) = home(&house).await;
        for pin in [None, Some(""), Some(" ")] {
            assert_eq!(said(pick(&house, &attempt, "mia", pin).await), missing());
        }
        for odd in ["12", "abcd", "30031"] {
            assert_eq!(said(pick(&house, &attempt, "mia", Some(odd)).await), wrong());
        }
        let asked = house.plex.requests().into_iter().any(|one| one.path.ends_with("/switch"));
        assert!(!asked, "Plex was not asked");
        assert_eq!(said(pick(&house, &attempt, "olga", None).await), missing());
    }
}

#[tokio::test]
async fn a_wrong_pin_is_one_in_either_status_and_the_attempt_stays() {
    for answer in [WrongPin::ByVersion, WrongPin::Unauthorized, WrongPin::Forbidden] {
        let house = House::alone().await;
        house.plex.set(Behaviour::WrongPin(answer));
        let (attempt, _) = home(&house).await;
        assert_eq!(said(pick(&house, &attempt, "pete", Some("3003")).await), wrong());
        let pete = pick(&house, &attempt, "pete", Some("2002")).await.unwrap();
        assert_eq!(
            (pete.display_name.as_str(), pete.login_name.as_deref()),
            ("Pete", Some("pete"))
        );
    }
}

#[tokio::test]
async fn the_account_itself_proves_its_pin_and_keeps_its_token() {
    let house = House::alone().await;
    let (attempt, _) = home(&house).await;
    assert_eq!(said(pick(&house, &attempt, "olga", Some("2002")).await), wrong());
    let olga = pick(&house, &attempt, "olga", Some("1001")).await.unwrap();
    assert_eq!(
        (claim(&olga, "plex_tier"), claim(&olga, "plex_home_admin")),
        ("owner".into(), true.into())
    );
    assert_eq!(house.live("olga"), [Origin::Pin]);
    house.plex.set_pin("olga", None);
    let (attempt, _) = home(&house).await;
    let olga = pick(&house, &attempt, "olga", None).await.unwrap();
    assert_eq!(claim(&olga, "plex_tier"), "owner");
}

#[tokio::test]
async fn a_home_that_cannot_be_seen_lets_nobody_in() {
    for list in [HomeList::Fails, HomeList::Empty] {
        let house = House::alone().await;
        house.plex.set(Behaviour::HomeList(list));
        let (_, ended) = house.arrive("olga", Audience::Members).await;
        let kind = ended.unwrap_err().kind;
        assert!(matches!(kind, FaultKind::Unavailable | FaultKind::BadReply), "{kind:?}");
        house.plex.set(Behaviour::HomeList(HomeList::Whole));
        let (attempt, _) = home(&house).await;
        house.plex.set(Behaviour::HomeList(list));
        pick(&house, &attempt, "mia", Some("3003")).await.unwrap_err();
    }
}

#[tokio::test]
async fn nobody_else_can_be_picked() {
    let house = House::alone().await;
    let (attempt, _) = home(&house).await;
    let sam = pick(&house, &attempt, "sam", None).await.unwrap_err();
    assert_eq!((sam.kind, sam.code.as_str()), (FaultKind::NotFound, "plex.no-such-profile"));
    let odd = house.instance.pick(&attempt, "../../user", None).await.unwrap_err();
    assert_eq!(odd.kind, FaultKind::NotFound);
    let prompt = house.begin(Audience::Members).await;
    let early = pick(&house, &prompt.attempt, "mia", Some("3003")).await.unwrap_err();
    assert_eq!(early.kind, FaultKind::InvalidInput);
    house.hand.advance(1_800);
    let uuid = house.plex.person("mia").uuid;
    let late = house.instance.pick(&attempt, &uuid, None).await.unwrap();
    assert_eq!(late, Progress::Expired);
}

#[tokio::test]
async fn a_profile_without_the_server_is_denied_and_leaves_nothing() {
    let house = House::alone().await;
    house.plex.unshare("mia");
    let (attempt, _) = home(&house).await;
    let uuid = house.plex.person("mia").uuid;
    let ended = house.instance.pick(&attempt, &uuid, Some(&Secret::from("3003"))).await.unwrap();
    assert_eq!(ended, Progress::Denied);
    assert_eq!((house.live("Mia"), house.live("olga")), (vec![], vec![]));
}
