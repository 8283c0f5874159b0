//! What the log and our addresses may hold of a redirect sign-in: at the finest level no token, no PIN and
//! no code.

use crate::plex_house::{settings, started};
use crate::process::{Process, binary, data_folder};
use harness::Visitor;
use service::clock::Clock;
use std::sync::{Arc, OnceLock};

#[tokio::test]
async fn at_trace_level_no_token_and_no_pin_of_a_home_is_logged() {
    let clock: Arc<OnceLock<Clock>> = Arc::default();
    assert!(clock.set(Clock::system()).is_ok());
    let plex = started(&clock).await;
    // One that no port and no duration has by accident.
    plex.set_pin("mia", Some("7391"));
    let folder = data_folder(None);
    let file = folder.path().join("latchkey.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let rule = crate::plex_house::OPEN;
    std::fs::write(&file, format!("{text}{}", settings(&plex, None, rule))).unwrap();
    let process = Process::start(&binary(), folder.path(), "trace").await;
    let base = format!("http://{}", process.address);
    let browser = Visitor::alone(&base);
    let mut addresses = Vec::new();
    let away = browser.get("/api/auth/plex/login").await;
    let away = away.header("location").to_owned();
    let forward = plex.authorize(&away, "olga").unwrap();
    addresses.push(forward.clone());
    let back = browser.get(forward.strip_prefix(&base).unwrap()).await.expect(303);
    addresses.push(back.header("location").to_owned());
    let id = plex.person("mia").uuid;
    for (pin, status) in [("7390", 403), ("7391", 303)] {
        let fields = [("id", id.as_str()), ("pin", pin)];
        let answer = browser.submit("/login/home-user", &fields).await.expect(status);
        addresses.push(answer.header("location").to_owned());
    }
    let flow = browser.cookies();
    assert_eq!(browser.get("/api/auth/me").await.json()["user"]["username"], "Mia");
    process.kill();

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("DEBUG"), "nothing was logged below info: {log}");
    let code = away.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let mut planted = vec!["tok-".to_owned(), "7391".to_owned(), code.clone()];
    planted.extend(flow.into_values().filter(|value| value.len() > 16));
    for secret in &planted {
        let line = log.lines().find(|line| says(line, secret));
        assert!(line.is_none(), "{secret} is in the log: {line:?}");
        let shown = addresses.iter().find(|address| says(address, secret));
        assert!(shown.is_none(), "{secret} is in an address: {shown:?}");
    }
    assert_eq!(plex.tokens_in_urls(), [] as [String; 0]);
}

/// Whether it stands there by itself: four digits are part of many a longer number.
fn says(line: &str, secret: &str) -> bool {
    if !secret.bytes().all(|byte| byte.is_ascii_digit()) {
        return line.contains(secret);
    }
    line.split(|letter: char| !letter.is_ascii_alphanumeric()).any(|word| word == secret)
}
