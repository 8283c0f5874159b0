//! Many at once: which sets of answers a real server gave, and that the double stays in them.

use serde_json::{Value, json};
use standins::jellyfin::{Fault, Injected};

use super::Replay;
use super::client::ask;

const DEVICE: &str = r#"MediaBrowser Client="Latchkey", Device="Latchkey", DeviceId="#;

/// Asks all at once and gives the statuses, sorted.
async fn all(replay: &Replay, calls: Vec<(&'static str, String, String, String)>) -> Vec<u16> {
    let mut tasks = Vec::new();
    for (method, path, auth, body) in calls {
        let url = replay.jellyfin.url();
        tasks.push(tokio::spawn(async move {
            let headers = [
                ("Authorization".to_owned(), auth),
                ("Content-Type".to_owned(), "application/json".to_owned()),
            ];
            ask(&url, method, &path, &headers, body.as_bytes()).await.unwrap().status
        }));
    }
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses.sort_unstable();
    statuses
}

fn count(statuses: &[u16], status: u16) -> usize {
    statuses.iter().filter(|known| **known == status).count()
}

fn sign_in(name: &str, password: &str, device: &str) -> (&'static str, String, String, String) {
    let auth = format!("{DEVICE}\"{device}\", Version=\"0.1.0\"");
    let body = json!({ "Username": name, "Pw": password }).to_string();
    ("POST", "/Users/AuthenticateByName".into(), auth, body)
}

/// Replays one row of the races: recorded and own answers obey the same rule.
pub async fn row(replay: &mut Replay, at: &str, row: &Value) {
    let key = replay.jellyfin.add_key("races");
    let admin = format!("MediaBrowser Token=\"{key}\"");
    let recorded: Vec<u16> = row["observed"]["statuses"]
        .as_array()
        .map(|list| list.iter().map(|s| s.as_str().unwrap().parse().unwrap()).collect())
        .unwrap_or_default();
    let post = |path: String, body: Value| ("POST", path, admin.clone(), body.to_string());
    let create = |name: String| post("/Users/New".into(), json!({ "Name": name, "Password": "x" }));
    let note = row["note"].as_str().unwrap();
    let names = || replay.jellyfin.users().into_iter().map(|user| user.name);
    match note {
        "ten creates of one name at once: statuses" => {
            let own = all(replay, (0..10).map(|_| create("race".into())).collect()).await;
            for statuses in [&recorded, &own] {
                let refused = count(statuses, 400) + count(statuses, 500);
                assert_eq!((count(statuses, 200), refused), (1, 9), "{at}");
            }
        }
        "accounts with that name afterwards" => {
            assert_eq!(row["observed"]["count"], names().filter(|name| name == "race").count());
        }
        "twenty creates of different names at once: statuses" => {
            let own = all(replay, (0..20).map(|at| create(format!("many{at}"))).collect()).await;
            assert_eq!(recorded, own, "{at}");
        }
        "of which exist" => {
            let many = names().filter(|name| name.starts_with("many")).count();
            assert_eq!(row["observed"]["count"], many);
        }
        "ten policy writes at once: statuses" => {
            let race = replay.jellyfin.user("race").unwrap();
            let path = format!("/Users/{}/Policy", race.id);
            let policy = Value::from(race.policy);
            let calls = (0..10).map(|_| post(path.clone(), policy.clone())).collect();
            assert_eq!(recorded, all(replay, calls).await, "{at}");
        }
        "password change and ten sign-ins at once: statuses" => {
            let race = replay.jellyfin.user("race").unwrap();
            let change =
                post(format!("/Users/Password?userId={}", race.id), json!({ "NewPw": "y" }));
            let mut calls = vec![change];
            calls.extend((0..10).map(|at| sign_in("race", "x", &format!("race-{at}"))));
            let own = all(replay, calls).await;
            for statuses in [&recorded, &own] {
                assert_eq!(count(statuses, 204), 1, "{at}");
                assert!(statuses.iter().all(|s| [200, 204, 401, 403].contains(s)), "{at}");
            }
        }
        "five authorizations of one code at once: statuses" => {
            five_authorizations(replay, at, &admin, &recorded).await;
            wrong_passwords(replay).await;
        }
        other => panic!("{at}: an unknown race {other}"),
    }
}

async fn five_authorizations(replay: &Replay, at: &str, admin: &str, recorded: &[u16]) {
    let own = authorize_five(replay, admin).await;
    for statuses in [recorded, &own] {
        let won = count(statuses, 200);
        assert!((2..=5).contains(&won), "{at}: {statuses:?}");
        assert_eq!(won + count(statuses, 500), 5, "{at}: {statuses:?}");
    }
}

/// Five that overlap all win, and each leaves a live token.
async fn authorize_five(replay: &Replay, admin: &str) -> Vec<u16> {
    let auth = format!("{DEVICE}\"race-tv\", Version=\"0.1.0\"");
    let url = replay.jellyfin.url();
    let headers = [("Authorization".to_owned(), auth)];
    let made = ask(&url, "POST", "/QuickConnect/Initiate", &headers, b"").await.unwrap().json();
    let alice = replay.jellyfin.user("alice").unwrap().id;
    let path =
        format!("/QuickConnect/Authorize?code={}&userId={alice}", made["Code"].as_str().unwrap());
    let held: Vec<_> = (0..5)
        .map(|_| replay.jellyfin.inject("POST /QuickConnect/Authorize", Fault::HoldBefore))
        .collect();
    let calls = (0..5).map(|_| ("POST", path.clone(), admin.to_owned(), String::new())).collect();
    let release = async {
        for one in &held {
            one.arrived().await;
        }
        held.iter().for_each(Injected::release);
    };
    let (own, ()) = tokio::join!(all(replay, calls), release);
    let live = replay.jellyfin.sessions();
    assert_eq!(live.iter().filter(|token| token.device_id == "race-tv").count(), 5);
    own
}

/// The activity log of the next scenario begins with these.
async fn wrong_passwords(replay: &Replay) {
    for _ in 0..5 {
        assert_eq!(all(replay, vec![sign_in("alice", "no", "race-slow")]).await, [401]);
    }
}
