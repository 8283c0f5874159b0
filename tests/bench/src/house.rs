//! A sign-up through the whole program, beside what the backend and the password hash cost alone.

use crate::table::{Table, median, words};
use harness::House;
use serde_json::json;
use standins::jellyfin::Transcribed;
use std::time::{Duration, Instant};

const PEOPLE: usize = 30;

/// Sign-ups one after another; after each, the requests it made of the backend are made once more without
/// us, in the same order on a connection of their own: that is the backend's own time.
pub(crate) async fn measure(table: &mut Table) {
    let house = House::new().await;
    let code = house.invite(json!({"uses": null})).await;
    let client = reqwest::Client::new();
    let (mut whole, mut direct, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..PEOPLE {
        let from = format!("198.51.100.{number}");
        let name = format!("person {number}");
        let before = house.jellyfin.requests().len();
        let began = Instant::now();
        let answer = house.sign_up_from(&from, &code, &name, "a good long phrase").await;
        let took = began.elapsed();
        assert_eq!(answer.expect(201).json()["signup"]["state"], "complete");
        let asked = house.jellyfin.requests().split_off(before);
        assert!(asked.iter().any(|one| one.method == "POST"), "the account was made by then");
        let replayed = replay(&house, &client, &asked, number).await;
        whole.push(took);
        direct.push(replayed);
        own.push(took.saturating_sub(replayed));
    }
    let (whole, direct, own) = (median(whole), median(direct), median(own));
    table.row(
        [
            "sign-up, apart from the backend's own time",
            "<= 20 ms",
            &format!("{} ({} in all)", words(own), words(whole)),
            &format!("the same requests straight to the stand-in: {}", words(direct)),
        ],
        own <= Duration::from_millis(20),
    );
}

async fn replay(
    house: &House,
    client: &reqwest::Client,
    asked: &[Transcribed],
    number: usize,
) -> Duration {
    let key = house.jellyfin.keys().first().cloned().unwrap_or_default();
    let header = format!("MediaBrowser Token=\"{key}\"");
    let new = json!({"Name": format!("direct {number}"), "Password": "a good long phrase"});
    let began = Instant::now();
    for one in asked {
        let url = format!("{}{}", house.jellyfin.url(), one.path);
        let mut request = client.request(one.method.parse().unwrap(), url);
        request = request.header("authorization", &header);
        if one.method == "POST" {
            let made = one.path.ends_with("/Users/New");
            let body = if made { new.to_string() } else { "{}".to_owned() };
            request = request.header("content-type", "application/json").body(body);
        }
        drop(request.send().await.unwrap().bytes().await.unwrap());
    }
    began.elapsed()
}
