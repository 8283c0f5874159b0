//! The admin's queue, and invites that need an admin's word.

use crate::mailroom;
use futures_util::future::join_all;
use harness::{House, Visitor};
use serde_json::{Map, Value, json};

const PHRASE: &str = "a good long phrase";

/// The id of the only one who waits.
async fn asking(admin: &Visitor) -> String {
    let listed = admin.get("/api/approvals").await.expect(200).json();
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{listed}");
    items[0]["user"].as_str().unwrap().to_owned()
}

async fn accept(guest: &Visitor, code: &str, body: Value) -> Value {
    let answer = guest.post(&format!("/api/invites/{code}/accept"), body).await.expect(202).json();
    assert_eq!(answer["signup"]["state"], "waiting-approval", "{answer}");
    assert_eq!(answer["user"], Value::Null);
    answer
}

#[tokio::test]
async fn an_invite_that_needs_a_word_makes_nothing_before_it() {
    let mut house = House::new().await;
    let model = house.jellyfin.add_user("Model", "m", &Map::new());
    let body = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    house.admin().await.post("/api/profiles/capture", body).await.expect(201);
    let code = house.invite(json!({"uses": 1, "requireApproval": true})).await;
    let offer = house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200).json();
    assert_eq!(offer["requireApproval"], true);
    let guest = house.fresh_guest();
    let body = json!({"username": "Ada", "password": PHRASE});
    let waiting = accept(&guest, &code, body.clone()).await;
    assert!(house.jellyfin.user("Ada").is_none());
    let signup = waiting["signup"]["id"].as_str().unwrap().to_owned();
    let page = guest.get(&format!("/signup/{signup}")).await.expect(200);
    assert!(page.text.contains("data-refresh"), "{}", page.text);
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(410);
    house.login("Ada", PHRASE).await.expect(401);

    house.restart().await;
    let admin = house.admin().await;
    let id = asking(&admin).await;
    assert!(house.jellyfin.user("Ada").is_none(), "a start agrees to nobody");
    let home = house.admin_browser().await.get("/admin").await.expect(200);
    assert!(home.text.contains("asks to come in"), "{}", home.text);
    admin.post(&format!("/api/users/{id}/approve"), json!({"profile": "none"})).await.expect(422);
    let approved = json!({"profile": "Family"});
    let answer = admin.post(&format!("/api/users/{id}/approve"), approved).await.expect(200).json();
    assert_eq!(
        (answer["application"]["state"].as_str(), answer["linkDue"].as_bool()),
        (Some("approved"), Some(false))
    );
    house.until_settled(&code).await;
    assert!(house.jellyfin.accepts("Ada", PHRASE));
    house.login("Ada", PHRASE).await.expect(200);
    assert_eq!(house.user_named("Ada").await["profile"], "Family");
    assert_eq!(house.user_named("Ada").await["id"], id.as_str());
    admin.post(&format!("/api/users/{id}/approve"), json!({})).await.expect(409);
    admin.post(&format!("/api/users/{id}/reject"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_refusal_reaches_the_person_and_gives_the_use_back() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "requireApproval": true})).await;
    let guest = house.fresh_guest();
    let waiting = accept(&guest, &code, json!({"username": "Ada", "password": PHRASE})).await;
    let path = format!("/api/signups/{}", waiting["signup"]["id"].as_str().unwrap());
    let stream = guest.with_header("accept", "text/event-stream");
    let admin = house.admin().await;
    let answer = async {
        let id = asking(&admin).await;
        admin.post(&format!("/api/users/{id}/reject"), json!({"word": "Who are you?"})).await
    };
    let (events, refused) = tokio::join!(stream.get(&path), answer);
    refused.expect(200);
    assert!(
        events.text.contains("undone") && events.text.contains("Who are you?"),
        "{}",
        events.text
    );
    let seen = guest.get(&path).await.expect(200).json();
    assert_eq!(
        (seen["state"].as_str(), seen["word"].as_str()),
        (Some("undone"), Some("Who are you?"))
    );
    let page = guest.get(&path.replace("/api/signups/", "/signup/")).await.expect(200);
    assert!(page.text.contains("Who are you?"), "{}", page.text);
    assert!(!page.text.contains("data-refresh"), "{}", page.text);
    let stranger = house.fresh_guest().get(&path).await;
    assert!(matches!(stranger.status, 401 | 403 | 404), "{}", stranger.status);
    assert!(house.jellyfin.user("Ada").is_none());
    house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200);
    accept(&house.fresh_guest(), &code, json!({"username": "Ada", "password": PHRASE})).await;
}

#[tokio::test]
async fn of_two_hundred_on_one_use_one_waits() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "requireApproval": true})).await;
    let names: Vec<String> = (0..200).map(|number| format!("guest {number}")).collect();
    let answers = join_all(names.iter().map(|name| house.sign_up(&code, name, PHRASE))).await;
    let waiting = answers.iter().filter(|answer| answer.status == 202).count();
    assert_eq!((waiting, answers.iter().filter(|one| one.status == 410).count()), (1, 199));
    asking(&house.admin().await).await;
}

#[tokio::test]
async fn two_admins_at_once_give_one_answer() {
    let house = House::new().await;
    let code = house.invite(json!({"uses": 1, "requireApproval": true})).await;
    accept(&house.fresh_guest(), &code, json!({"username": "Ada", "password": PHRASE})).await;
    let admin = house.admin().await;
    let id = asking(&admin).await;
    let (yes, no) = (format!("/api/users/{id}/approve"), format!("/api/users/{id}/reject"));
    let paths = [&yes, &no, &yes, &no, &yes, &no];
    let answers = join_all(paths.map(|path| admin.post(path, json!({})))).await;
    let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(good.len(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 409)));
    house.until_settled(&code).await;
    let is_in = house.login("Ada", PHRASE).await.status == 200;
    assert_eq!(is_in, good[0].asked.ends_with("approve"));
    assert_eq!(house.jellyfin.user("Ada").is_some(), is_in);
}

#[tokio::test]
async fn a_user_and_a_guest_answer_nobody() {
    let house = House::new().await;
    let open = house.invite(json!({"uses": 1})).await;
    house.sign_up(&open, "Ben", PHRASE).await.expect(201);
    let code = house.invite(json!({"uses": 1, "requireApproval": true})).await;
    accept(&house.fresh_guest(), &code, json!({"username": "Ada", "password": PHRASE})).await;
    let id = asking(&house.admin().await).await;
    let ben = house.signed_in("Ben", PHRASE).await;
    for visitor in [&ben, &house.program()] {
        for word in ["approve", "reject"] {
            let answer = visitor.post(&format!("/api/users/{id}/{word}"), json!({})).await;
            assert!(matches!(answer.status, 401 | 403), "{}", answer.text);
        }
        let answer = visitor.get("/api/approvals").await;
        assert!(matches!(answer.status, 401 | 403) && !answer.text.contains("Ada"));
    }
    asking(&house.admin().await).await;
}

#[tokio::test]
async fn the_pages_do_what_the_api_does() {
    let house = House::new().await;
    let browser = house.admin_browser().await;
    let form =
        [("label", "Cousins"), ("uses", "3"), ("backends", "jellyfin"), ("require_approval", "on")];
    browser.submit("/admin/invites", &form).await.expect(303);
    let admin = house.admin().await;
    let listed = admin.get("/api/invites").await.expect(200).json();
    assert_eq!(listed["items"][0]["requireApproval"], true);
    let code = listed["items"][0]["code"].as_str().unwrap().to_owned();
    for name in ["Ada", "Ben", "<b>Eve"] {
        let body = json!({"username": name, "password": PHRASE});
        let path = format!("/api/invites/{code}/accept");
        let answer = house.fresh_guest().post(&path, body).await;
        assert_eq!(answer.status, if name.contains('<') { 422 } else { 202 }, "{}", answer.text);
    }
    let queue = browser.get("/admin/approvals").await.expect(200);
    assert!(queue.text.contains("Cousins") && queue.text.contains("Ada"), "{}", queue.text);
    let detail = browser.get(&format!("/admin/invites/{code}")).await.expect(200);
    assert!(detail.text.contains("Waits for you"), "{}", detail.text);
    let all = admin.get("/api/approvals").await.expect(200).json();
    let id_of = |name: &str| {
        let mut items = all["items"].as_array().unwrap().iter();
        items.find(|one| one["username"] == name).unwrap()["user"].as_str().unwrap().to_owned()
    };
    let (ada, ben) = (id_of("Ada"), id_of("Ben"));
    let approve = format!("/admin/approvals/{ada}/approve");
    browser.submit(&approve, &[("profile", "")]).await.expect(303);
    let twice = browser.submit(&approve, &[("profile", "")]).await;
    assert!(matches!(twice.status, 409 | 422), "{}", twice.text);
    assert!(twice.text.contains("Ben"), "the list again, with what was wrong");
    let refuse = format!("/admin/approvals/{ben}/refuse");
    browser.submit(&refuse, &[("word", "Not yet.")]).await.expect(303);
    house.until_settled(&code).await;
    house.login("Ada", PHRASE).await.expect(200);
    let all = browser.get("/admin/approvals?all=true").await.expect(200);
    assert!(all.text.contains("Not yet.") && all.text.contains(&format!("{ben}/forget")));
    browser.submit(&format!("/admin/approvals/{ben}/reopen"), &[]).await.expect(422);
    browser.submit(&format!("/admin/approvals/{ben}/forget"), &[]).await.expect(303);
    let all = admin.get("/api/approvals?all=true").await.expect(200).json();
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
}

#[tokio::test]
async fn admins_and_people_are_told_by_mail() {
    let house = mailroom::house().await;
    let admin = house.admin().await;
    let keeper = house.user_named(harness::ADMIN).await["id"].as_str().unwrap().to_owned();
    let patch = json!({"email": "keeper@example.org"});
    admin.call("PATCH", &format!("/api/users/{keeper}"), patch).await.expect(200);
    let invite = json!({"uses": 1, "requireApproval": true, "askEmail": "required"});
    let code = house.invite(invite).await;
    let to = json!({"to": "ada@example.org"});
    admin.post(&format!("/api/invites/{code}/send"), to).await.expect(202);
    mailroom::until_quiet(&house).await;
    let body = json!({"username": "Ada", "password": PHRASE, "email": "ada@example.org"});
    accept(&house.fresh_guest(), &code, body).await;
    mailroom::until_quiet(&house).await;
    let told = house.last();
    let text = told.text().expect("a text part");
    assert!(text.contains("/admin/approvals") && !text.contains("Ada"), "{text}");
    let id = asking(&admin).await;
    let listed = admin.get("/api/approvals").await.expect(200).json();
    assert_eq!(listed["items"][0]["emailVerified"], true, "the invite went there");
    let word = json!({"word": "Call me first."});
    admin.post(&format!("/api/users/{id}/reject"), word).await.expect(200);
    mailroom::until_quiet(&house).await;
    assert!(house.last().text().expect("a text part").contains("Call me first."));
}

#[tokio::test]
async fn a_password_that_waited_too_long_is_replaced_by_a_link() {
    let house = mailroom::house().await;
    let admin = house.admin().await;
    let invite = json!({"uses": 1, "requireApproval": true, "askEmail": "required"});
    let code = house.invite(invite).await;
    let to = json!({"to": "ada@example.org"});
    admin.post(&format!("/api/invites/{code}/send"), to).await.expect(202);
    mailroom::until_quiet(&house).await;
    let body = json!({"username": "Ada", "password": PHRASE, "email": "ada@example.org"});
    accept(&house.fresh_guest(), &code, body).await;
    house.clock.advance(jiff::SignedDuration::from_hours(49));
    let admin = house.admin().await;
    let id = asking(&admin).await;
    let approve = format!("/api/users/{id}/approve");
    house
        .until_async("the password is dropped", || async {
            let turn = house.guest().get("/healthz").await;
            turn.status == 200 && {
                let id = domain::ids::UserId::parse(&id).unwrap();
                let read = move |tx: &store::ReadTx| -> service::Result<bool> {
                    let signup = tx.signups().by_user(&id)?.remove(0);
                    Ok(tx.secrets().names(store::secrets::SecretOf::Signup(&signup.id))?.is_empty())
                };
                house.service().read(read).await.unwrap()
            }
        })
        .await;
    let answer = admin.post(&approve, json!({})).await.expect(200).json();
    assert_eq!(answer["linkDue"], true);
    house.until_settled(&code).await;
    mailroom::until_quiet(&house).await;
    assert!(house.jellyfin.user("Ada").is_some() && !house.jellyfin.accepts("Ada", PHRASE));
    let mail = house
        .taken()
        .into_iter()
        .rev()
        .find(|mail| mail.text().is_some_and(|text| text.contains("/reset/")));
    let path = mailroom::link(&mail.expect("a link"), "/reset/");
    let form = [("password", "another good phrase"), ("repeat", "another good phrase")];
    house.browser().submit(&path, &form).await.expect(200);
    assert!(house.jellyfin.accepts("Ada", "another good phrase"));
}
