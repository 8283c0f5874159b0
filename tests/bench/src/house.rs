//! A sign-up through the whole program, beside what the backend and the password hash cost alone.

use crate::table::{Table, median, words};
use harness::House;
use serde_json::json;
use std::time::{Duration, Instant};

const PEOPLE: usize = 30;

/// Sign-ups one after another; the same three requests made directly to the stand-in are the baseline.
pub(crate) async fn measure(table: &mut Table) {
    let house = House::new().await;
    let code = house.invite(json!({"uses": null})).await;
    let mut whole = Vec::new();
    for number in 0..PEOPLE {
        let from = format!("198.51.100.{number}");
        let began = Instant::now();
        let name = format!("person {number}");
        let answer = house.sign_up_from(&from, &code, &name, "a good long phrase").await;
        whole.push(began.elapsed());
        drop(answer.expect(201));
    }
    let whole = median(whole);

    let requests = house.jellyfin.requests();
    let last = requests.len() / (PEOPLE + 1);
    let client = reqwest::Client::new();
    let key = house.jellyfin.keys().first().cloned().unwrap_or_default();
    let header = format!("MediaBrowser Token=\"{key}\"");
    let mut direct = Vec::new();
    for number in 0..PEOPLE {
        let began = Instant::now();
        let users = format!("{}/Users", house.jellyfin.url());
        for _look in 0..last.max(1) {
            client
                .get(&users)
                .header("authorization", &header)
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
        }
        let body = json!({"Name": format!("direct {number}"), "Password": "a good long phrase"})
            .to_string();
        let new = client.post(format!("{users}/New")).header("authorization", &header);
        new.header("content-type", "application/json").body(body).send().await.unwrap();
        direct.push(began.elapsed());
    }
    let direct = median(direct);
    let own = whole.saturating_sub(direct);
    table.row(
        "sign-up, apart from the backend's own time",
        "<= 20 ms",
        &format!("{} ({} in all)", words(own), words(whole)),
        &format!("as many requests straight to the stand-in: {}", words(direct)),
        own <= Duration::from_millis(20),
    );
}
