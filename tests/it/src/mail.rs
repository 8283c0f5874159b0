//! Mail at a real server and at a strict stand-in: what becomes of a message, and what the admin reads.

use crate::mailroom::{self, ADDRESS, outbox, person_at, until_quiet};
use harness::{Exim, House, MAIL_PASSWORD};
use jiff::SignedDuration;
use serde_json::{Value, json};
use standins::jellyfin::Release;
use standins::mailgun::{Fault, Mailgun, Region};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn house(mail: &str) -> House {
    let house = House::watching(Release::V12, mail).await;
    person_at(&house, "Ada", ADDRESS).await;
    house
}

/// Asks for a reset mail and gives its row once it is no longer untried.
async fn message(house: &House) -> Value {
    let guest = house.fresh_guest();
    guest.post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    let row =
        || async { outbox(house).await.into_iter().find(|message| message["kind"] == "reset") };
    house
        .until_async("it was tried", || async {
            row().await.is_some_and(|message| message["state"] != "queued")
        })
        .await;
    row().await.unwrap()
}

fn reason(message: &Value) -> String {
    message["because"].as_str().unwrap_or_default().to_lowercase()
}

#[tokio::test]
async fn a_real_server_takes_it_by_starttls_and_by_tls() {
    let Some(exim) = Exim::start() else { return };
    for (port, security) in [(exim.submission, "starttls"), (exim.submissions, "tls")] {
        let before = exim.mails().len();
        let house = house(&exim.settings_with(port, security, MAIL_PASSWORD)).await;
        let sent = message(&house).await;
        assert_eq!(sent["state"], "sent", "{security}: {sent} {}", exim.log());
        house.until("it is delivered", || exim.mails().len() > before).await;
        let mail = exim.mails_to(ADDRESS).pop().unwrap();
        let id = mail.header("message-id").unwrap();
        assert!(id.starts_with('<') && id.ends_with("@example.org>"), "{id}");
        assert_eq!(mail.header("from").as_deref(), Some("Home <home@example.org>"));
        assert_eq!(mail.header("auto-submitted").as_deref(), Some("auto-generated"));
        assert!(mail.header("content-type").unwrap().starts_with("multipart/alternative"));
        assert!(mail.header("date").is_some() && mail.header("mime-version").is_some());
        assert!(mail.raw().lines().all(|line| line.len() <= 998));
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let host = host.trim();
        let words =
            || mail.raw().split(|one: char| !one.is_alphanumeric() && one != '-' && one != '.');
        let told = words().any(|word| word == host);
        assert!(host.is_empty() || host == "localhost" || !told, "{host} in {}", mail.raw());
    }
}

#[tokio::test]
async fn a_wrong_mail_password_waits_for_the_admin_and_says_so() {
    let Some(exim) = Exim::start() else { return };
    let house = house(&exim.settings_with(exim.submission, "starttls", "wrong one")).await;
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert!(reason(&waits).contains("password"), "{waits}");
    assert!(!waits.to_string().contains("wrong one"));
    assert!(exim.mails().is_empty());
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again() {
    let Some(exim) = Exim::start() else { return };
    exim.busy(true);
    let house = house(&exim.settings()).await;
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert!(reason(&waits).contains("451") || reason(&waits).contains("later"), "{waits}");
    exim.busy(false);
    house.clock.advance(SignedDuration::from_mins(2));
    house.until("it is delivered", || exim.mails_to(ADDRESS).len() == 1).await;
    until_quiet(&house).await;
    assert_eq!(exim.mails_to(ADDRESS).len(), 1);
}

#[tokio::test]
async fn a_recipient_who_is_refused_is_given_up_in_the_servers_words() {
    let Some(exim) = Exim::start() else { return };
    let house = House::watching(Release::V12, &exim.settings()).await;
    person_at(&house, "Ada", "nobody@example.org").await;
    let failed = message(&house).await;
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(reason(&failed).contains("no such person"), "{failed}");
    let lines = house.admin().await.get("/api/activity?limit=50").await.expect(200).text;
    assert!(lines.contains("message-failed"), "{lines}");
}

#[tokio::test]
async fn a_connection_that_is_cut_in_the_message_loses_nothing() {
    let Some(exim) = Exim::start() else { return };
    let cut = cutting(exim.submission, 4_500).await;
    let house = house(&exim.settings_with(cut, "starttls", MAIL_PASSWORD)).await;
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert!(exim.mails().is_empty());
    house.clock.advance(SignedDuration::from_mins(2));
    house.until("it is delivered", || exim.mails_to(ADDRESS).len() == 1).await;
}

/// Between us and a server: the first connection ends after so many bytes from us.
async fn cutting(port: u16, bytes: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ours = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut left = Some(bytes);
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
            if let Some(bytes) = left.take() {
                let (mut from_server, mut to_server) = server.split();
                let (mut from_client, mut to_client) = client.split();
                let back = tokio::io::copy(&mut from_server, &mut to_client);
                let forth = async {
                    let mut rest = bytes;
                    let mut buffer = [0; 512];
                    while rest > 0 {
                        let Ok(read @ 1..) = from_client.read(&mut buffer).await else { return };
                        to_server.write_all(&buffer[..read.min(rest)]).await.unwrap();
                        rest = rest.saturating_sub(read);
                    }
                };
                tokio::select! { _ = back => {}, () = forth => {} }
            } else {
                tokio::spawn(async move {
                    drop(tokio::io::copy_bidirectional(&mut client, &mut server).await);
                });
            }
        }
    });
    ours
}

#[tokio::test]
async fn a_certificate_nobody_vouches_for_is_not_taken() {
    let Some(exim) = Exim::with_certificate_for(&["mail.elsewhere.example"]) else { return };
    let settings = exim.settings().replace(&format!("fingerprint = \"{}\"", exim.fingerprint), "");
    let house = house(&settings.replace(",  }", " }")).await;
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert!(reason(&waits).contains("certificate"), "{waits}");
    assert!(exim.mails().is_empty());
}

#[tokio::test]
async fn ports_that_are_swapped_are_explained() {
    let Some(exim) = Exim::start() else { return };
    for (port, security) in [(exim.submission, "tls"), (exim.submissions, "starttls")] {
        let house = house(&exim.settings_with(port, security, MAIL_PASSWORD)).await;
        let admin = house.admin().await;
        let test = admin.post("/api/mail/methods/smtp/test", json!({})).await.expect(200).json();
        assert_eq!(test["passed"], false, "{test}");
        let words = test["stages"].to_string().to_lowercase();
        assert!(words.contains("starttls") && words.contains("tls"), "{security}: {words}");
        let waits = message(&house).await;
        assert_eq!(waits["state"], "deferred", "{waits}");
    }
}

#[tokio::test]
async fn the_staged_test_shows_the_dialogue_without_secrets_and_sends_a_mail() {
    let Some(exim) = Exim::start() else { return };
    let house = house(&exim.settings()).await;
    let admin = house.admin().await;
    let body = json!({"to": "admin@example.org"});
    let test = admin.post("/api/mail/methods/smtp/test", body).await.expect(200).json();
    assert_eq!(test["passed"], true, "{test}");
    let names: Vec<_> = test["stages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|stage| stage["name"].as_str())
        .collect();
    for wanted in ["connect", "banner", "start-tls", "sign-in", "sender", "recipient", "data"] {
        let times = names.iter().filter(|name| **name == wanted).count();
        assert_eq!(times, 1, "{wanted} in {names:?}");
    }
    let text = test.to_string();
    assert!(text.contains("EHLO") && !text.contains(MAIL_PASSWORD), "{text}");
    house.until("it is delivered", || exim.mails_to("admin@example.org").len() == 1).await;
}

#[tokio::test]
async fn after_a_yes_that_got_lost_the_same_message_comes_again_and_no_other() {
    let house = mailroom::house().await;
    mailroom::person(&house, "Ada").await;
    house.smtp.inject(standins::smtp::At::Dot, standins::smtp::Fault::CutAfter);
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    house.clock.advance(SignedDuration::from_mins(2));
    until_quiet(&house).await;
    let ids: Vec<_> = house.taken().iter().map(|mail| mail.header("message-id")).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
}

#[tokio::test]
async fn a_message_can_be_tried_again_by_hand() {
    let Some(exim) = Exim::start() else { return };
    exim.busy(true);
    let house = house(&exim.settings()).await;
    let waits = message(&house).await;
    let id = waits["id"].as_str().unwrap();
    exim.busy(false);
    let admin = house.admin().await;
    let retried = admin.post(&format!("/api/mail/outbox/{id}/retry"), json!({})).await;
    assert!(retried.status < 300, "{}", retried.text);
    house.until("it is delivered", || exim.mails_to(ADDRESS).len() == 1).await;
}

#[tokio::test]
async fn without_a_method_messages_wait_until_there_is_one() {
    let Some(exim) = Exim::start() else { return };
    let house = House::new().await;
    person_at_without_mail(&house).await;
    let guest = house.fresh_guest();
    guest.post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    let admin = house.admin().await;
    let body = json!({
        "id": "smtp", "plugin": "mail-smtp", "from": "Home <home@example.org>",
        "settings": {
            "host": "localhost", "port": exim.submission.to_string(), "security": "starttls",
            "username": harness::MAIL_USER, "fingerprint": exim.fingerprint
        },
        "secrets": {"password": MAIL_PASSWORD},
    });
    admin.post("/api/mail/methods", body).await.expect(201);
    house.until("it is delivered", || exim.mails_to(ADDRESS).len() == 1).await;
}

async fn person_at_without_mail(house: &House) {
    let code = house.invite(json!({"uses": 1})).await;
    house.sign_up(&code, "Ada", mailroom::OLD).await.expect(201);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.call("PATCH", &format!("/api/users/{id}"), json!({"email": ADDRESS})).await.expect(200);
}

const GUN_KEY: &str = "key-0123456789abcdef0123456789abcdef";

fn mailgun_settings(mailgun: &Mailgun, key: &str) -> String {
    format!(
        "[[mail]]\nid = \"gun\"\nplugin = \"mail-mailgun\"\nfrom = \"Home <home@mg.example.org>\"\n\
         settings = {{ url = \"{}\", domain = \"mg.example.org\", api_key = \"{key}\" }}\n",
        mailgun.url()
    )
}

async fn mailgun(region: Region) -> Mailgun {
    let mailgun = Mailgun::start(region).await.unwrap();
    mailgun.add_key(GUN_KEY);
    mailgun.add_domain("mg.example.org", "active");
    mailgun
}

#[tokio::test]
async fn mailgun_takes_it_in_both_regions() {
    for region in [Region::Us, Region::Eu] {
        let mailgun = mailgun(region).await;
        let house = house(&mailgun_settings(&mailgun, GUN_KEY)).await;
        let sent = message(&house).await;
        assert_eq!(sent["state"], "sent", "{region:?}: {sent}");
        let mail = mailgun.mails().pop().unwrap();
        assert!(mail.text().unwrap().contains("/reset/"));
    }
}

#[tokio::test]
async fn what_mailgun_answers_is_told_apart() {
    for (fault, state, words) in [
        (
            Fault::Answer(400, "{\"message\":\"to parameter is not a valid address\"}".into()),
            "failed",
            "not a valid address",
        ),
        (Fault::SlowDown(600), "deferred", ""),
        (Fault::Answer(500, "{\"message\":\"oops\"}".into()), "deferred", ""),
        (Fault::Answer(503, "<html>busy</html>".into()), "deferred", ""),
        (Fault::Html, "deferred", ""),
        (Fault::CutBefore, "deferred", ""),
        (Fault::CutAfter, "deferred", ""),
    ] {
        let mailgun = mailgun(Region::Us).await;
        let house = house(&mailgun_settings(&mailgun, GUN_KEY)).await;
        mailgun.inject(fault.clone());
        let message = message(&house).await;
        assert_eq!(message["state"], state, "{fault:?}: {message}");
        assert!(reason(&message).contains(words), "{fault:?}: {message}");
        assert!(!message.to_string().contains(GUN_KEY), "{fault:?}");
    }
}

#[tokio::test]
async fn a_key_mailgun_does_not_know_is_the_admins_to_mend() {
    let mailgun = mailgun(Region::Eu).await;
    let house = house(&mailgun_settings(&mailgun, "key-of-somebody-else-entirely-0000")).await;
    let waits = message(&house).await;
    assert_eq!(waits["state"], "deferred", "{waits}");
    assert!(reason(&waits).contains("key"), "{waits}");
    mailgun.add_key("key-of-somebody-else-entirely-0000");
    house.clock.advance(SignedDuration::from_mins(2));
    house.until("it is sent", || mailgun.mails().len() == 1).await;
}

#[tokio::test]
async fn an_invite_goes_by_mail_and_its_link_signs_up() {
    let house = mailroom::house().await;
    let code = house.invite(json!({"uses": 1, "askEmail": "required"})).await;
    let admin = house.admin().await;
    let sent = admin.post(&format!("/api/invites/{code}/send"), json!({"to": ADDRESS})).await;
    assert!(sent.status < 300, "{}", sent.text);
    house.until("it is there", || house.taken().len() == 1).await;
    let path = mailroom::link(&house.last(), "/invite/");
    let body = json!({"username": "Ada", "password": mailroom::OLD, "email": ADDRESS});
    let code = path.rsplit('/').next().unwrap();
    house.fresh_guest().post(&format!("/api/invites/{code}/accept"), body).await.expect(201);
    // The invite reached exactly this address: it is proved.
    assert_eq!(house.user_named("Ada").await["emailConfirmed"], true);
    house.until("the welcome is there", || house.taken().len() == 2).await;
}

#[tokio::test]
async fn who_is_about_to_expire_is_reminded() {
    let house = mailroom::house().await;
    let code = house.invite(json!({"uses": 1, "accountLifetime": "P30D"})).await;
    house.sign_up(&code, "Ada", mailroom::OLD).await.expect(201);
    let id = house.user_named("Ada").await["id"].as_str().unwrap().to_owned();
    let admin = house.admin().await;
    admin.call("PATCH", &format!("/api/users/{id}"), json!({"email": ADDRESS})).await.expect(200);
    house.clock.advance(SignedDuration::from_hours(24 * 23 + 1));
    house.until("the reminder is there", || house.taken().len() == 1).await;
    house.clock.advance(SignedDuration::from_hours(24 * 6));
    house.until("the second is there", || house.taken().len() == 2).await;
    house.clock.advance(SignedDuration::from_hours(24));
    house.until("the last word is there", || house.taken().len() == 3).await;
}

#[tokio::test]
async fn a_stop_waits_for_no_server_that_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mail = format!(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"home@example.org\"\n\
         settings = {{ host = \"127.0.0.1\", port = {}, security = \"none\" }}\n",
        silent.local_addr().unwrap().port()
    );
    let mut house = house(&mail).await;
    let guest = house.fresh_guest();
    guest.post("/api/password/forgot", json!({"login": "Ada"})).await.expect(202);
    let _heard = silent.accept().await.unwrap();
    let (clock, began) = (house.clock.clone(), std::time::Instant::now());
    let mut stop = Box::pin(house.stop());
    loop {
        tokio::select! {
            biased;
            () = &mut stop => break,
            next = clock.next_waiter() => {
                let grace = SignedDuration::from_secs(10);
                if next.duration_since(clock.now()) <= grace {
                    clock.advance(grace);
                }
                tokio::task::yield_now().await;
            }
        }
    }
    drop(stop);
    let took = began.elapsed();
    // A call has a minute, and this one waits for the first words all that time.
    assert!(took < std::time::Duration::from_secs(20), "{took:?}");
    house.restart().await;
    let kept = outbox(&house).await.into_iter().find(|message| message["kind"] == "reset");
    assert_eq!(kept.expect("it is owed")["state"], "queued");
}
