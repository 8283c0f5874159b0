//! The Plex component against the stand-in: who the server is shared with, and what they see of it.

use crate::plex::House;
use domain::accounts::{Attempt, BackendAccount, Condition, LibraryAccess, NewAccount};
use domain::fault::{Fault, FaultKind};
use domain::identity::{Audience, Identity};
use serde_json::{Value, json};
use standins::plex::{Behaviour, Limited, NewShares, Sections, ShareWrites, SlowDown};

const MOVIES: &str = r#"{"allLibraries":false,"libraries":[{"id":1,"key":1,"title":"Movies","type":"movie","later":7}],
    "sharingSettings":{"allowSync":true,"filterMovies":"label!=a%26b|contentRating=G","filterAll":null,"later":{"x":1}}}"#;

fn only(ids: &[&str]) -> LibraryAccess {
    LibraryAccess::Only(ids.iter().map(|id| (*id).to_owned()).collect())
}

fn by_mail(address: &str) -> NewAccount {
    NewAccount {
        login_name: "zed".to_owned(),
        password: None,
        email: Some(address.to_owned()),
        display_name: None,
        subject: None,
        grant: None,
        profile: Some(MOVIES.to_owned()),
    }
}

fn signed_in(person: &Identity) -> NewAccount {
    let (subject, grant) = (Some(person.subject.clone()), person.grant.clone());
    NewAccount { subject, grant, email: Some("sam@example.net".to_owned()), ..by_mail("") }
}

async fn create(house: &House, new: &NewAccount) -> Result<BackendAccount, Fault> {
    house.instance.create(new, Attempt::First).await
}

#[tokio::test]
async fn everybody_is_listed_once() {
    let house = House::connected().await;
    house.plex.invite("zed", &[1]);
    create(&house, &by_mail("new@example.org")).await.unwrap();
    let all = house.instance.list_accounts().await.unwrap();
    let told: Vec<(&str, &str, Condition, bool)> = all
        .iter()
        .map(|one| {
            let tier = one.attributes.iter().find(|(name, _)| name == "plex_tier").unwrap();
            (one.login_name.as_str(), tier.1.as_str(), one.condition, one.admin)
        })
        .collect();
    let expected = [
        ("olga", "owner", Condition::Active, true),
        ("pete", "home", Condition::Active, false),
        ("Mia", "home", Condition::Active, false),
        ("sam", "shared", Condition::Active, false),
        ("zed", "invited", Condition::Invited, false),
        ("new@example.org", "invited", Condition::Invited, false),
    ];
    assert_eq!(told, expected);
    let libraries: Vec<&LibraryAccess> = all.iter().map(|one| &one.libraries).collect();
    assert_eq!(libraries[1..4], [&LibraryAccess::All, &only(&["2"]), &only(&["1", "2"])]);
    assert!(all[0].foreign.is_some() && all[1..].iter().all(|one| one.foreign.is_none()));
    let found = house.instance.find("SAM@example.net").await.unwrap();
    assert_eq!(found.map(|one| one.id), Some(house.plex.person("sam").id.to_string()));
    assert_eq!(house.instance.find("nobody").await, Ok(None));
}

#[tokio::test]
async fn who_signed_in_is_invited_by_number_and_accepts_at_once() {
    let house = House::connected().await;
    let zed = house.enter("zed", Audience::Anyone).await;
    let made = create(&house, &signed_in(&zed)).await.unwrap();
    assert_eq!((made.id.as_str(), made.condition), (zed.subject.as_str(), Condition::Active));
    assert_eq!(made.libraries, only(&["1"]));
    let share = house.plex.share_of("zed").unwrap();
    assert!(share.accepted && share.keys == [1] && !share.all_libraries);
    assert_eq!(share.settings["filterMovies"], "label!=a%26b|contentRating=G");
    assert_eq!(share.settings["allowSync"], true);
    let mut again = create(&house, &signed_in(&zed)).await.unwrap();
    let adopted = ("adopted".to_owned(), "yes".to_owned());
    assert_eq!(again.attributes.pop(), Some(adopted), "who was there before is not ours to remove");
    assert_eq!(again, made, "asked twice is invited once");
    let doubt = house.instance.create(&signed_in(&zed), Attempt::AfterDoubt).await;
    assert_eq!(doubt.unwrap(), made);
}

#[tokio::test]
async fn an_address_is_asked_and_becomes_somebody() {
    let house = House::connected().await;
    let asked = create(&house, &by_mail("new@example.org")).await.unwrap();
    assert_eq!(
        (asked.condition, asked.email.as_deref()),
        (Condition::Invited, Some("new@example.org"))
    );
    let twice = create(&house, &by_mail("New@example.org")).await.unwrap_err();
    assert_eq!((twice.kind, twice.code.as_str()), (FaultKind::Conflict, "plex.already-shared"));
    let doubt = house.instance.create(&by_mail("new@example.org"), Attempt::AfterDoubt).await;
    assert_eq!(doubt.unwrap().id, asked.id);
    let person = house.plex.register("nora", "new@example.org");
    house.plex.accept("nora");
    let now = house.instance.account(&asked.id).await.unwrap();
    assert_eq!((now.id, now.condition), (person.id.to_string(), Condition::Active));
    house.plex.unshare("nora");
    let gone = house.instance.account(&asked.id).await.unwrap_err();
    assert_eq!(gone.kind, FaultKind::NotFound);
}

#[tokio::test]
async fn nothing_is_shared_by_accident() {
    let house = House::connected().await;
    let with = |profile: Option<String>| NewAccount { profile, ..by_mail("new@example.org") };
    let document = |libraries: Value| {
        json!({"allLibraries": false, "libraries": libraries, "sharingSettings": {}}).to_string()
    };
    let gone = json!([{"key": 1, "title": "Movies", "type": "movie"}, {"key": 9, "title": "Old", "type": "movie"}]);
    for (profile, code) in [
        (None, "plex.no-libraries"),
        (Some(document(json!([]))), "plex.no-libraries"),
        (Some(document(gone)), "plex.library-missing"),
        (Some("{}".to_owned()), "plex.document"),
    ] {
        assert_eq!(create(&house, &with(profile)).await.unwrap_err().code, code);
    }
    house.plex.set(Behaviour::Sections(Sections::EmptyFor(1)));
    let empty = create(&house, &by_mail("new@example.org")).await.unwrap_err();
    assert_eq!((empty.kind, empty.code.as_str()), (FaultKind::Unavailable, "plex.no-sections"));
    assert_eq!(house.plex.shares().len(), 3);
    let everything =
        json!({"allLibraries": true, "libraries": [], "sharingSettings": {}}).to_string();
    let made = create(&house, &with(Some(everything))).await.unwrap();
    assert_eq!(made.libraries, LibraryAccess::All);
    let sam = house.plex.person("sam").id.to_string();
    let none = house.instance.capture_profile("7").await.unwrap_err();
    assert_eq!(none.kind, FaultKind::NotFound);
    let before = house.plex.share_of("sam").unwrap();
    let emptied = document(json!([]));
    house.instance.apply_profile(&sam, &emptied).await.unwrap_err();
    assert_eq!(house.plex.share_of("sam").unwrap(), before);
}

#[tokio::test]
async fn a_write_that_ended_unclear_is_looked_at() {
    let house = House::connected().await;
    let zed = house.enter("zed", Audience::Anyone).await;
    house.plex.set(Behaviour::ShareWrites(ShareWrites::AnswerLost));
    let made = create(&house, &signed_in(&zed)).await.unwrap();
    assert_eq!((made.id, made.condition), (zed.subject, Condition::Active));
    assert_eq!(house.asked("POST /api/v2/shared_servers"), 1);
    house.plex.set(Behaviour::ShareWrites(ShareWrites::NotFound));
    let made = create(&house, &by_mail("new@example.org")).await.unwrap();
    assert_eq!((made.condition, made.libraries), (Condition::Invited, only(&["1"])));
    let share = house.plex.shares().pop().unwrap();
    assert_eq!(share.settings["filterMovies"], "label!=a%26b|contentRating=G", "in the older form");
}

#[tokio::test]
async fn too_many_writes_are_said_to_be_so() {
    let house = House::connected().await;
    let slow = SlowDown { on: Limited::ShareWrites, retry_after: Some(9), times: 1 };
    house.plex.set(Behaviour::SlowDown(slow));
    let fault = create(&house, &by_mail("new@example.org")).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::RateLimited);
    assert_eq!(fault.retry_after.map(|wait| wait.as_secs()), Some(9));
}

#[tokio::test]
async fn restrictions_survive_a_change_of_libraries_byte_for_byte() {
    let house = House::connected().await;
    let odd = "label=Kids%2C+Teens&contentRating!=R|contentRating=G,PG";
    house.plex.set_sharing("sam", "filterTelevision", odd);
    let before = house.plex.share_of("sam").unwrap();
    let (subject, everything) = (house.plex.person("sam").id.to_string(), MOVIES);
    let document = house.instance.capture_profile(&subject).await.unwrap();
    assert!(document.contains(odd));
    house.instance.apply_profile(&subject, everything).await.unwrap();
    let changed = house.plex.share_of("sam").unwrap();
    assert_eq!(changed.keys, [1]);
    assert_eq!(changed.settings["filterMovies"], "label!=a%26b|contentRating=G");
    assert_eq!(changed.settings["filterTelevision"], odd, "what the profile does not name stays");
    let back = house.instance.apply_profile(&subject, &document).await.unwrap();
    let after = house.plex.share_of("sam").unwrap();
    assert_eq!(
        (after.keys, after.settings["filterMovies"].clone()),
        (before.keys, before.settings["filterMovies"].clone())
    );
    assert_eq!(back.libraries, only(&["1", "2"]));
    let writes = house.plex.requests().len();
    house.instance.apply_profile(&subject, &document).await.unwrap();
    let again = house.plex.requests();
    assert!(again[writes..].iter().all(|request| request.method == "GET"), "nothing is left to do");
}

#[tokio::test]
async fn a_preset_is_not_overwritten() {
    let house = House::connected().await;
    let before = house.plex.share_of("mia").unwrap();
    let mia = house.plex.person("mia").id.to_string();
    let fault = house.instance.apply_profile(&mia, MOVIES).await.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Unsupported, "plex.preset"));
    assert_eq!(house.plex.share_of("mia").unwrap(), before, "nor are its libraries");
}

#[tokio::test]
async fn removing_ends_the_share_and_nothing_else() {
    let house = House::connected().await;
    let sam = house.plex.person("sam").id.to_string();
    house.instance.delete(&sam).await.unwrap();
    house.instance.delete(&sam).await.unwrap();
    assert_eq!(house.plex.share_of("sam"), None);
    let asked = create(&house, &by_mail("new@example.org")).await.unwrap();
    house.instance.delete(&asked.id).await.unwrap();
    assert_eq!(house.plex.shares().len(), 2);
    let olga = house.plex.person("olga").id.to_string();
    assert_eq!(house.instance.delete(&olga).await.unwrap_err().kind, FaultKind::Forbidden);
}

#[tokio::test]
async fn libraries_and_profiles_are_told_in_words() {
    let house = House::connected().await;
    let libraries = house.instance.libraries().await.unwrap();
    let told: Vec<(&str, &str, &str)> = libraries
        .iter()
        .map(|one| (one.id.as_str(), one.name.as_str(), one.kind.as_str()))
        .collect();
    let all = [("1", "Movies", "movie"), ("2", "Shows", "show"), ("3", "Home videos", "movie")];
    assert_eq!(told, all);
    let words = house.instance.describe_profile(MOVIES).await.unwrap();
    let words: Vec<String> = words.iter().map(|(name, said)| format!("{name}: {said}")).collect();
    let expected = [
        "Libraries: Movies",
        "Downloads: yes",
        "Restriction of movies: label!=a%26b|contentRating=G",
    ];
    assert_eq!(words, expected);
    assert!(house.instance.describe_profile("[]").await.is_err());
    let offer = house.instance.offer().await.unwrap().abilities;
    assert!(offer.invite && offer.delete && offer.libraries && offer.profiles);
    assert!(!offer.create && !offer.set_password && !offer.rename);
}

#[tokio::test]
async fn a_share_that_counts_at_once_is_active() {
    let house = House::connected().await;
    house.plex.set(Behaviour::NewShares(NewShares::AcceptedAtOnce));
    let made = create(&house, &by_mail("zed@example.com")).await.unwrap();
    assert_eq!(made.id, house.plex.person("zed").id.to_string());
    assert_eq!(made.condition, Condition::Active);
}
