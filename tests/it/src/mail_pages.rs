//! The admin's pages of mail, reset files and adopting, as a browser without script meets them.

use crate::mailroom;
use harness::{House, Visitor};
use serde_json::{Value, json};
use standins::jellyfin::Release;
use standins::smtp::{Options, Smtp};

const SECRET: &str = "hunter2-hunter2";

async fn admin(house: &House) -> Visitor {
    house.admin_browser().await
}

/// What stands behind `name="..."` in the tag of that id.
fn typed(page: &str, id: &str) -> String {
    let tag = page.split(&format!("id=\"{id}\"")).nth(1).unwrap_or_else(|| panic!("no {id}"));
    let tag = tag.split('>').next().unwrap_or_default();
    let value = tag.split(" value=\"").nth(1).and_then(|rest| rest.split('"').next());
    value.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_way_to_send_is_added_tried_changed_and_removed() {
    let accounts = vec![("home".to_owned(), SECRET.to_owned())];
    let smtp = Smtp::start(Options { accounts, ..Options::strict() }).await.unwrap();
    let house = House::new().await;
    let browser = admin(&house).await;
    let home = browser.get("/admin").await.expect(200);
    let empty = browser.get("/admin/mail").await.expect(200);
    assert!(empty.text.contains("No mail can be sent yet"), "{}", empty.text);
    assert!(!home.text.contains("could not be delivered"));
    let page = browser.get("/admin/mail/new/mail-smtp").await.expect(200);
    assert_eq!(typed(&page.text, "f-id"), "smtp");
    let wrong = [("id", ""), ("from", "Home"), ("setting.host", "127.0.0.1")];
    let wrong = browser.submit("/admin/mail/new/mail-smtp", &wrong).await.expect(422);
    assert!(wrong.text.contains("Home &lt;home@example.org&gt;"), "how it is written");
    assert!(wrong.text.contains("id=\"f-id-problem\""), "all that is wrong in one go");
    assert!(wrong.text.contains("<details open>"), "what is wrong is not folded away");
    let port = smtp.port().to_string();
    let form = [
        ("id", "smtp"),
        ("from", "Home <home@example.org>"),
        ("setting.host", "127.0.0.1"),
        ("setting.port", &port),
        ("setting.security", "none"),
        ("setting.password", SECRET),
    ];
    let refused = browser.submit("/admin/mail/new/mail-smtp", &form).await.expect(422);
    assert!(refused.text.contains("id=\"f-setting.username-problem\""), "the plugin names a field");
    let form = [&form[..], &[("setting.username", "home"), ("setting.plain_password", "true")]];
    let form = form.concat();
    let added = browser.submit("/admin/mail/new/mail-smtp", &form).await.expect(303);
    let page = browser.follow(added).await.expect(200);
    assert!(page.text.contains("Home &lt;home@example.org&gt;"), "{}", page.text);
    let tried = [("to", "me@example.org")];
    let tried = browser.submit("/admin/mail/smtp/test", &tried).await.expect(200);
    assert!(tried.text.contains("What was said") && tried.text.contains("me@example.org"));
    assert_eq!(smtp.mails().len(), 1);
    let dry = browser.submit("/admin/mail/smtp/test", &[("to", "")]).await.expect(200);
    assert!(!dry.text.contains("is on its way"));
    assert_eq!(smtp.mails().len(), 1, "without an address nothing is sent");
    browser.submit("/admin/mail/smtp/test", &[("to", "nonsense")]).await.expect(422);
    let edit = browser.get("/admin/mail/smtp/edit").await.expect(200);
    for page in [&page, &tried, &edit, &browser.get("/admin/mail").await] {
        assert!(!page.text.contains(SECRET));
    }
    let kept: Vec<(&str, &str)> = form
        .iter()
        .filter(|(name, _)| !["id", "from", "setting.password"].contains(name))
        .copied()
        .chain([("from", "home@example.org")])
        .collect();
    browser.submit("/admin/mail/smtp/edit", &kept).await.expect(303);
    let again = browser.submit("/admin/mail/smtp/test", &[("to", "")]).await.expect(200);
    assert!(again.text.contains("Works"), "an empty password is the one that is kept");
    browser.get("/admin/mail/smtp/delete").await.expect(200);
    browser.submit("/admin/mail/smtp/delete", &[]).await.expect(303);
    browser.get("/admin/mail/smtp").await.expect(404);
}

#[tokio::test]
async fn words_in_the_way_of_pages_are_no_ids() {
    let house = House::new().await;
    let program = house.admin().await;
    for id in ["outbox", "templates", "new"] {
        let draft = json!({"id": id, "plugin": "mail-smtp", "from": "home@example.org", "settings": {"host": "127.0.0.1"}});
        let refused = program.post("/api/mail/methods", draft).await.expect(422);
        assert!(refused.json()["fields"]["id"].is_string(), "{id}");
    }
}

#[tokio::test]
async fn what_the_file_sets_is_locked() {
    let house = mailroom::house().await;
    let browser = admin(&house).await;
    let page = browser.get("/admin/mail/smtp/edit").await.expect(200);
    assert!(page.text.contains("is set by the settings file") && !page.text.contains("f-from"));
    let form = [("from", "home@example.org"), ("setting.host", "127.0.0.1")];
    browser.submit("/admin/mail/smtp/edit", &form).await.expect(422);
    let page = browser.get("/admin/resets/jellyfin").await.expect(200);
    assert!(page.text.contains("Set by the settings file") && !page.text.contains("f-directory"));
}

#[tokio::test]
async fn the_text_of_a_mail_is_changed_looked_at_and_given_back() {
    let house = House::new().await;
    let browser = admin(&house).await;
    let path = "/admin/mail/templates/welcome";
    let page = browser.get(path).await.expect(200);
    assert!(page.text.contains("<iframe") && page.text.contains(" sandbox>"));
    assert!(page.header("content-security-policy").contains("frame-src 'self'"));
    let shown = browser.get(&format!("{path}/preview?part=html")).await.expect(200);
    let policy = shown.header("content-security-policy");
    assert!(policy.starts_with("sandbox;") && policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("script-src") && policy.contains("frame-ancestors 'self'"));
    let draft = [("subject", "Hi {{ nobody }}"), ("text", "Hello"), ("mjml", "")];
    let broken = browser.submit(&format!("{path}/preview?part=text"), &draft).await.expect(200);
    assert!(broken.text.contains("nobody") && broken.text.contains("column 7"), "{}", broken.text);
    let refused = browser.submit(path, &draft).await.expect(422);
    assert!(refused.text.contains("Hi {{ nobody }}"), "what was typed is kept");
    let mjml = "<mjml><mj-body><mj-section><mj-column><mj-text><script>alert(1)</script></mj-text>\
                </mj-column></mj-section></mj-body></mjml>";
    let sly = [("subject", "Hi"), ("text", "Hello"), ("mjml", mjml)];
    let sly = browser.submit(&format!("{path}/preview?part=html"), &sly).await.expect(200);
    assert!(sly.header("content-security-policy").starts_with("sandbox;"));
    let draft = [("subject", "Hi there"), ("text", "Hello {{ person.name }}"), ("mjml", "")];
    let unsaved = browser.submit(&format!("{path}/preview?part=text"), &draft).await.expect(200);
    assert!(unsaved.text.contains("Hi there"), "{}", unsaved.text);
    let kept = browser.get(&format!("{path}/preview?part=text")).await.expect(200);
    assert!(!kept.text.contains("Hi there"), "a look changes nothing");
    browser.submit(path, &draft).await.expect(303);
    let kept = browser.get(&format!("{path}/preview?part=text")).await.expect(200);
    assert!(kept.text.contains("Hi there"));
    browser.get(&format!("{path}/reset")).await.expect(200);
    browser.submit(&format!("{path}/reset"), &[]).await.expect(303);
    assert!(browser.get(path).await.text.contains("Built in"));
    browser.get("/admin/mail/templates/nothing").await.expect(404);
}

#[tokio::test]
async fn accounts_are_adopted_and_equal_names_wait_for_a_word() {
    let house = House::with(Release::V12).await;
    let program = house.admin().await;
    let policy = serde_json::Map::new();
    let ann = house.jellyfin.add_user("Ann", "x", &policy);
    let bob = house.jellyfin.add_user("Bob", "x", &policy);
    let user = json!({"username": "bob", "password": "a good long phrase"});
    let user = program.post("/api/users", user).await.expect(201).json();
    let browser = admin(&house).await;
    let path = "/admin/backends/jellyfin/adopt";
    let page = browser.get(path).await.expect(200);
    assert!(page.text.contains("Ann") && page.text.contains("is called Bob already"));
    browser.submit(path, &[("which", "some")]).await.expect(422);
    let unsaid = [("which", "some"), ("account", bob.as_str())];
    let unsaid = browser.submit(path, &unsaid).await.expect(422);
    assert!(unsaid.text.contains("say who this is"), "{}", unsaid.text);
    let address = format!("email.{ann}");
    let wrong = [("which", "some"), ("account", ann.as_str()), (&address, "ann")];
    browser.submit(path, &wrong).await.expect(422);
    let one = [("which", "some"), ("account", ann.as_str()), (&address, "ann@example.org")];
    let done = browser.submit(path, &one).await.expect(200);
    assert!(done.text.contains("is a user here now"), "{}", done.text);
    let found = house.user_named("Ann").await;
    assert_eq!(found["email"], "ann@example.org");
    let word = format!("clash.{bob}");
    let same = [("which", "some"), ("account", bob.as_str()), (&word, "same")];
    let done = browser.submit(path, &same).await.expect(200);
    assert!(done.text.contains("was added to the user of your choice"), "{}", done.text);
    let found = program.get(&format!("/api/users/{}", user["id"].as_str().unwrap())).await.json();
    assert_eq!(found["accounts"][0]["id"], Value::from(bob));
    let again = program.post("/api/backends/jellyfin/adopt", json!({"all": true})).await;
    assert!(again.expect(200).json()["items"].is_array());
    program.post("/api/backends/jellyfin/adopt", json!({})).await.expect(422);
}

#[tokio::test]
async fn the_outbox_says_what_became_of_a_mail() {
    let house = mailroom::house().await;
    mailroom::person_at(&house, "Ada", mailroom::ADDRESS).await;
    let browser = admin(&house).await;
    let empty = browser.get("/admin/mail/outbox?state=failed").await.expect(200);
    assert!(empty.text.contains("Nothing fits"));
    let guest = house.fresh_guest();
    guest.post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    house.until("it is taken", || house.taken().len() == 1).await;
    let program = house.admin().await;
    let listed = || async { program.get("/api/mail/outbox?state=sent&q=ada").await.json() };
    house.until_async("it is noted", || async { !listed().await["items"][0].is_null() }).await;
    let id = listed().await["items"][0]["id"].as_str().unwrap().to_owned();
    let page = browser.get(&format!("/admin/mail/outbox/{id}")).await.expect(200);
    assert!(page.text.contains("New password") && page.text.contains(mailroom::ADDRESS));
    assert!(!page.text.contains("/reset/"), "the link is the reader's alone");
    let again = format!("/admin/mail/outbox/{id}/retry");
    let again = browser.submit(&again, &[]).await.expect(422);
    assert!(again.text.contains("It is sent already"), "{}", again.text);
    let dropped = browser.submit(&format!("/admin/mail/outbox/{id}/drop"), &[]).await.expect(422);
    assert!(dropped.text.contains("nothing to give up"), "{}", dropped.text);
    program.get("/api/mail/outbox?state=lost").await.expect(422);
}

#[tokio::test]
async fn a_folder_is_watched_tried_and_left_alone_again() {
    let house = House::new().await;
    let browser = admin(&house).await;
    let list = browser.get("/admin/resets").await.expect(200);
    assert!(list.text.contains("Not set up") && list.text.contains("/forgot"));
    let wrong = [("directory", "not/whole"), ("mail", "both")];
    let wrong = browser.submit("/admin/resets/jellyfin", &wrong).await.expect(422);
    assert!(wrong.text.contains("not/whole"));
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("later").display().to_string();
    let form = [("directory", missing.as_str()), ("mail", "link"), ("poll_seconds", "")];
    browser.submit("/admin/resets/jellyfin", &form).await.expect(303);
    let says = |words: &'static str| {
        let browser = browser.clone();
        move || {
            let browser = browser.clone();
            async move { browser.get("/admin/resets/jellyfin").await.text.contains(words) }
        }
    };
    house.until_async("its absence is told", says("There is no folder")).await;
    let home = browser.get("/admin").await.expect(200);
    assert!(home.text.contains("are not seen"), "the first page says so, too");
    let there = folder.path().display().to_string();
    let form = [("directory", there.as_str()), ("mail", "both"), ("poll_seconds", "")];
    browser.submit("/admin/resets/jellyfin", &form).await.expect(303);
    house.until_async("it is watched", says("Nothing needs you")).await;
    let tried = browser.submit("/admin/resets/jellyfin/try", &[]).await.expect(200);
    assert!(tried.text.contains("was put into the folder, seen"), "{}", tried.text);
    let on = browser.submit("/admin/resets/jellyfin/login-page", &[("button", "on")]).await;
    let on = browser.follow(on.expect(303)).await.expect(200);
    assert!(on.text.contains("Take it away"), "{}", on.text);
    browser.submit("/admin/resets/jellyfin/login-page", &[("button", "off")]).await.expect(303);
    browser.get("/admin/resets/jellyfin/delete").await.expect(200);
    browser.submit("/admin/resets/jellyfin/delete", &[]).await.expect(303);
    assert!(browser.get("/admin/resets").await.text.contains("Not set up"));
}
