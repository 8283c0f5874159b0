//! Long runs: the real process killed at random moments, hundreds of dribbling sockets, ten thousand
//! people. Figures go to standard error; each run is bounded.

#![allow(clippy::print_stderr, reason = "the figures are what a long run is for")]

use crate::process::{Process, ask, binary, data_folder};
use harness::House;
use jiff::Timestamp;
use serde_json::{Value, json};
use standins::Jellyfin;
use standins::jellyfin::{Options, Release};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

const PHRASE: &str = "a good long phrase";
const ROUNDS: u32 = 30;
const AT_ONCE: u32 = 4;

async fn jellyfin() -> Jellyfin {
    let clock = service::clock::Clock::system();
    let jellyfin = Jellyfin::start(Release::V12, Options::strict(Arc::new(move || clock.now())))
        .await
        .unwrap();
    jellyfin.finish_wizard("root", "root's own password");
    jellyfin
}

/// A number below `end` that differs from run to run: where the kill falls is the point.
fn any_below(end: u64) -> u64 {
    let now: Timestamp = service::clock::Clock::system().now();
    u64::from(now.subsec_nanosecond().unsigned_abs()) / 1000 % end
}

#[tokio::test]
async fn thirty_kills_at_random_moments_leave_nobody_unknown_and_nothing_doubled() {
    let (program, jellyfin) = (binary(), jellyfin().await);
    let folder = data_folder(Some(&jellyfin));
    let model = json!({"MaxParentalRating": 0});
    let model = jellyfin.add_user("Model", "m", model.as_object().unwrap());
    let before = jellyfin.users().len();
    let began = Instant::now();
    let process = Process::start(&program, folder.path(), "error").await;
    let token = process.admin().await;
    let capture = json!({"backend": "jellyfin", "account": model, "name": "Family"});
    let by = ("198.51.100.1", token.as_str());
    let captured = process.ask(("POST", "/api/profiles/capture"), by, &capture).await.unwrap();
    assert_eq!(captured.0, 201, "{}", captured.1);
    let draft = json!({"uses": 200, "profile": "Family"});
    let (status, made) = process.ask(("POST", "/api/invites"), by, &draft).await.unwrap();
    assert_eq!(status, 201, "{made}");
    let code = made["code"].as_str().unwrap().to_owned();
    process.kill();

    let (mut answered, mut cut) = (0_u32, 0_u32);
    for round in 0..ROUNDS {
        let process = Process::start(&program, folder.path(), "error").await;
        let mut guests = JoinSet::new();
        for guest in 0..AT_ONCE {
            let (address, path) = (process.address, format!("/api/invites/{code}/accept"));
            let from = format!("203.0.{round}.{guest}");
            let body = json!({"username": format!("Guest {round} {guest}"), "password": PHRASE});
            guests.spawn(async move { ask(address, ("POST", &path), (&from, ""), &body).await });
        }
        let moment = Duration::from_millis(any_below(2_000));
        let all = async {
            while let Some(one) = guests.join_next().await {
                answered += u32::from(one.unwrap().is_ok());
            }
        };
        if timeout(moment, all).await.is_err() {
            cut += 1;
        }
        process.kill();
    }

    let process = Process::start(&program, folder.path(), "error").await;
    let token = process.admin().await;
    let by = ("198.51.100.1", token.as_str());
    let path = format!("/api/invites/{code}");
    let waited = Instant::now();
    let invite = loop {
        let (_, invite) = process.ask(("GET", &path), by, &Value::Null).await.unwrap();
        let signups = invite["signups"].as_array().cloned().unwrap();
        if !signups.iter().any(|one| one["state"] == "provisioning") {
            break invite;
        }
        assert!(waited.elapsed() < Duration::from_secs(60), "still under way: {invite}");
        tokio::task::yield_now().await;
    };
    let mut there = BTreeMap::new();
    for user in jellyfin.users().into_iter().skip(before) {
        assert_eq!(user.policy["MaxParentalRating"], 0, "{} is unrestricted", user.name);
        assert!(jellyfin.accepts(&user.name, PHRASE), "{}", user.name);
        assert!(there.insert(user.name.clone(), user.id).is_none(), "{} twice", user.name);
    }
    let listed = process.ask(("GET", "/api/users?limit=200"), by, &Value::Null).await.unwrap().1;
    let mut known = BTreeMap::new();
    for user in listed["items"].as_array().unwrap() {
        for account in user["accounts"].as_array().unwrap() {
            let (name, id) = (&user["username"], &account["id"]);
            known.insert(name.as_str().unwrap().to_owned(), id.as_str().unwrap().to_owned());
        }
    }
    assert_eq!(known, there, "whom one knows and the other does not");
    let used = invite["used"].as_u64().unwrap();
    assert_eq!(used, known.len() as u64, "uses spent on nothing: {invite}");
    eprintln!(
        "kills: {ROUNDS} rounds, {cut} in the middle of sign-ups, {answered} answered, {} accounts, used {used}, {:?}",
        known.len(),
        began.elapsed()
    );
    process.kill();
}

/// The middle one, the one of a hundred that is slowest, and the slowest.
fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100];
    format!("p50 {:?}, p99 {:?}, max {:?} of {}", at(50), at(99), at(100), times.len())
}

#[tokio::test]
async fn five_hundred_sockets_that_dribble_do_not_keep_others_out() {
    let program = binary();
    let folder = data_folder(None);
    let process = Process::start(&program, folder.path(), "error").await;
    let address = process.address;
    let mut quiet = Vec::new();
    for _call in 0..100 {
        let start = Instant::now();
        let got = process.ask(("GET", "/login"), ("192.0.2.1", ""), &Value::Null).await.unwrap();
        assert_eq!(got.0, 200);
        quiet.push(start.elapsed());
    }
    let mut dribblers = JoinSet::new();
    for number in 0..500_u32 {
        dribblers.spawn(async move {
            let start = Instant::now();
            let Ok(mut stream) = TcpStream::connect(address).await else { return start.elapsed() };
            let head = format!("GET /login?{number} HTTP/1.1\r\nhost: {address}\r\nx-slow: ");
            let mut nothing = [0_u8; 512];
            if stream.write_all(head.as_bytes()).await.is_err() {
                return start.elapsed();
            }
            // One byte a second until it is shut out.
            loop {
                match timeout(Duration::from_secs(1), stream.read(&mut nothing)).await {
                    Ok(Ok(0) | Err(_)) => return start.elapsed(),
                    Ok(Ok(_)) => {}
                    Err(_pause) => {
                        if stream.write_all(b"x").await.is_err() {
                            return start.elapsed();
                        }
                    }
                }
            }
        });
    }
    let began = Instant::now();
    let (mut busy, mut failed) = (Vec::new(), 0_u32);
    while began.elapsed() < Duration::from_secs(8) {
        let start = Instant::now();
        let one = process.ask(("GET", "/login"), ("192.0.2.1", ""), &Value::Null);
        match timeout(Duration::from_secs(5), one).await {
            Ok(Ok((200, _))) => busy.push(start.elapsed()),
            _ => failed += 1,
        }
    }
    let mut held = Vec::new();
    let shut_out = async {
        while let Some(one) = dribblers.join_next().await {
            held.push(one.unwrap());
        }
    };
    let all_out = timeout(Duration::from_secs(60), shut_out).await.is_ok();
    eprintln!(
        "slowloris: quiet {}; with 500 dribblers {}, {failed} failed; dribblers held {}",
        spread(&mut quiet),
        spread(&mut busy),
        spread(&mut held)
    );
    assert!(all_out, "some dribblers are never shut out");
    assert_eq!(failed, 0);
    process.kill();
}

#[tokio::test]
async fn ten_thousand_people_cost_little_more_than_a_hundred() {
    let house = House::new().await;
    let (admin, browser) = (house.admin().await, house.admin_browser().await);
    let mut figures = Vec::new();
    let mut there = 0_usize;
    for wanted in [100_usize, 10_000] {
        let start = Instant::now();
        while there < wanted {
            let until = wanted.min(there + 500);
            let range = there..until;
            let service = house.service();
            let put = service.write(move |tx| {
                for number in range {
                    tx.users().put(&person(number))?;
                }
                Ok(())
            });
            put.await.unwrap();
            there = until;
        }
        let filled = start.elapsed();
        for path in [
            "/api/users?limit=50",
            "/api/users?limit=50&sort=username",
            "/api/users?limit=50&q=guest",
            "/api/users?limit=50&q=guest%2099",
            "/api/users?limit=50&q=nobody",
            "/api/users?limit=50&q=guest&sort=-createdAt",
            "/admin/people",
            "/admin/people?q=guest%2042",
        ] {
            let mut times = Vec::new();
            for _call in 0..20 {
                let start = Instant::now();
                let answer = if path.starts_with("/api") {
                    admin.get(path).await
                } else {
                    browser.get(path).await
                };
                times.push(start.elapsed());
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            }
            let told = spread(&mut times);
            figures.push((wanted, path, times[times.len() / 2]));
            eprintln!("people: {wanted:>6} {path:<36} {told} (filled in {filled:?})");
        }
    }
    for (people, path, middle) in figures {
        // Ten times the bar of a release build: this one is not optimised.
        assert!(middle < Duration::from_secs(1), "{people} {path}: {middle:?}");
    }
}

fn person(number: usize) -> domain::users::User {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    let account = domain::users::Account {
        backend: domain::ids::BackendId::parse("jellyfin").unwrap(),
        id: format!("{number:032x}"),
        login_name: format!("Guest {number}"),
        state: domain::users::AccountState::Active,
        checked_at: Timestamp::UNIX_EPOCH,
    };
    domain::users::User {
        id: domain::ids::UserId::from_random(bytes),
        username: domain::names::Username::parse(&format!("Guest {number}")).unwrap(),
        email: None,
        role: domain::users::Role::User,
        state: domain::users::UserState::Active,
        expires_at: None,
        label: String::new(),
        accounts: vec![account],
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: Timestamp::UNIX_EPOCH,
        last_seen: None,
        invite_right: None,
    }
}
