//! What the log may hold: at the finest level no PIN, no token, no password and no address.

use crate::mailroom::{self, ADDRESS, OLD};
use crate::process::{Process, binary, data_folder};
use serde_json::{Value, json};
use standins::jellyfin::{Jellyfin, Options, Release};
use standins::smtp::{self, Smtp};
use std::fs;
use std::sync::Arc;

#[tokio::test]
async fn at_trace_level_no_secret_is_logged() {
    let clock = service::clock::Clock::system();
    let options = Options::strict(Arc::new(move || clock.now()));
    let jellyfin = Jellyfin::start(Release::V12, options).await.unwrap();
    jellyfin.finish_wizard("root", "root's own password");
    let smtp = Smtp::start(smtp::Options::strict()).await.unwrap();
    let resets = tempfile::tempdir().unwrap();
    jellyfin.set_data_dir(resets.path());
    let folder = data_folder(Some(&jellyfin));
    let file = folder.path().join("latchkey.toml");
    let mut settings = fs::read_to_string(&file).unwrap();
    settings.push_str(&mailroom::settings(&smtp));
    settings.push_str(&format!(
        "[[reset_watch]]\nbackend = \"jellyfin\"\ndirectory = \"{}\"\n",
        resets.path().display()
    ));
    let public = "[server]\npublic_url = \"https://home.example.org\"\n";
    fs::write(&file, settings.replace("[server]\n", public)).unwrap();

    let process = Process::start(&binary(), folder.path(), "trace").await;
    let token = process.admin().await;
    let admin = ("198.51.100.1", token.as_str());
    let nobody = ("203.0.113.7", "");
    let draft = json!({"uses": 1, "askEmail": "required"});
    let (status, invite) = process.ask(("POST", "/api/invites"), admin, &draft).await.unwrap();
    assert_eq!(status, 201, "{invite}");
    let code = invite["code"].as_str().unwrap().to_owned();
    let body = json!({"username": "Ada", "password": OLD, "email": ADDRESS});
    let path = format!("/api/invites/{code}/accept");
    let (status, made) = process.ask(("POST", &path), nobody, &body).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let confirm = mailroom::link(&smtp.wait_for(1).await[0], "/confirm/");
    let body = json!({"token": confirm.rsplit('/').next()});
    let (status, _) =
        process.ask(("POST", "/api/account/confirm-email"), nobody, &body).await.unwrap();
    assert_eq!(status, 204);
    smtp.wait_for(2).await;

    let forgot = json!({"login": "Ada"});
    let (status, _) = process.ask(("POST", "/api/password/forgot"), nobody, &forgot).await.unwrap();
    assert_eq!(status, 202);
    let reset = mailroom::link(&smtp.wait_for(3).await[2], "/reset/");
    let reset_token = reset.rsplit('/').next().unwrap().to_owned();
    for path in [reset.as_str(), confirm.as_str(), &format!("/invite/{code}")] {
        let _page = process.ask(("GET", path), nobody, &Value::Null).await.unwrap();
    }
    let file = jellyfin.forgot_password("Ada").unwrap().expect("a file");
    smtp.wait_for(4).await;
    let new = "an even better phrase";
    let body = json!({"token": reset_token, "password": new});
    let (status, done) = process.ask(("POST", "/api/password/reset"), nobody, &body).await.unwrap();
    assert_eq!(status, 200, "{done}");
    smtp.wait_for(5).await;
    let (status, _) = process
        .ask(("GET", &format!("/login/token/{reset_token}")), nobody, &Value::Null)
        .await
        .unwrap();
    assert!(status >= 400);
    process.kill();

    let log = fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("DEBUG"), "nothing was logged below info: {log}");
    let confirm_token = confirm.rsplit('/').next().unwrap();
    let planted = [
        ("the PIN", file.pin.as_str()),
        ("the reset link", &reset_token),
        ("the confirmation", confirm_token),
        ("the invite", &code),
        ("the old password", OLD),
        ("the new password", new),
        ("the admin's password", "the keeper's long phrase"),
        ("the session", &token),
        ("the address", ADDRESS),
    ];
    for (what, secret) in planted {
        let line = log.lines().find(|line| line.contains(secret));
        assert!(line.is_none(), "{what} is in the log: {line:?}");
    }
}
