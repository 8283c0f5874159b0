//! Long runs of mail: kills between a reset file and its last note, kills while the outbox is drained,
//! ten thousand messages in a row. Figures go to standard error.

#![allow(clippy::print_stderr, reason = "the figures are what a long run is for")]

use crate::mailroom::{self, ADDRESS, Mailed, person, person_at, until_quiet};
use domain::ids::UserId;
use domain::outbox::MessageKind;
use jiff::SignedDuration;
use service::outbox::{Owed, owe};
use std::collections::BTreeMap;
use std::time::Instant;

const POINTS: [&str; 5] = ["reset-read", "reset-owed", "mail-composed", "mail-sent", "mail-noted"];

#[tokio::test]
async fn fifty_kills_between_file_and_commit_lose_no_mail() {
    let mut house = mailroom::house().await;
    person(&house, "Ada").await;
    let mut pins = Vec::new();
    for round in 0..50 {
        let point = POINTS[round % POINTS.len()];
        house.kill_at(point).await;
        // Requests of one person a minute apart: their file has one name.
        house.clock.advance(SignedDuration::from_mins(31));
        let file = house.jellyfin.forgot_password("Ada").unwrap().expect("a file");
        house.until_killed().await;
        house.kill_and_restart().await;
        let there = |house: &Mailed| count(house, &file.pin);
        house.until("it is mailed", || there(&house) > 0).await;
        until_quiet(&house).await;
        pins.push((point, file.pin));
    }
    let mut repeated = 0;
    for (point, pin) in &pins {
        match (count(&house, pin), *point) {
            (1, _) => {}
            (2, "mail-sent") => {
                repeated += 1;
                let with = house.taken().into_iter().filter(|mail| holds(mail, pin));
                let ids: Vec<_> = with.map(|mail| mail.header("message-id")).collect();
                assert!(ids[0].is_some() && ids[0] == ids[1], "{ids:?}");
            }
            (times, point) => panic!("{point}: {times} mails"),
        }
    }
    eprintln!("reset kills: 50, none lost, {repeated} repeated, all killed between 250 and commit");
}

fn holds(mail: &standins::Mail, pin: &str) -> bool {
    mail.text().is_some_and(|text| text.contains(pin))
}

fn count(house: &Mailed, pin: &str) -> usize {
    house.taken().iter().filter(|mail| holds(mail, pin)).count()
}

/// Owes so many notices to one person, five hundred at one time and a second between; their ids with the
/// second they are due.
async fn owe_many(house: &Mailed, user: &UserId, many: usize) -> BTreeMap<String, usize> {
    let service = house.service();
    let mut owed = BTreeMap::new();
    for part in 0..many.div_ceil(500) {
        house.clock.advance(SignedDuration::from_secs(1));
        let (here, user, count) = (service.clone(), user.clone(), (many - part * 500).min(500));
        let owing = service.write(move |tx| {
            let notice = || Owed::to_user(MessageKind::PasswordChanged, &user);
            let ids = (0..count).map(|_one| owe(tx, &here, notice()));
            ids.collect::<Result<Vec<_>, _>>()
        });
        owed.extend(owing.await.unwrap().into_iter().map(|id| (id.to_string(), part)));
    }
    owed
}

async fn ada(house: &Mailed) -> UserId {
    person_at(house, "Ada", ADDRESS).await;
    UserId::parse(house.user_named("Ada").await["id"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_hundred_kills_while_the_outbox_is_drained_lose_none() {
    let mut house = mailroom::house().await;
    let ada = ada(&house).await;
    let many = 1_500;
    owe_many(&house, &ada, many).await;
    for round in 0..100_usize {
        let wanted = house.taken().len() + 1 + round * 7 % 13;
        let _taken = house.smtp.wait_for(wanted).await;
        house.kill_and_restart().await;
    }
    house.clock.advance(SignedDuration::from_mins(5));
    until_quiet(&house).await;
    let mut times = BTreeMap::new();
    for mail in house.taken() {
        *times.entry(mail.header("message-id").unwrap()).or_insert(0_usize) += 1;
    }
    let repeated: usize = times.values().map(|times| times - 1).sum();
    eprintln!("outbox kills: 100, {} messages, {repeated} repeated", times.len());
    assert_eq!(times.len(), many);
    assert!(repeated <= 100, "{repeated} repeated in 100 kills");
}

#[tokio::test]
async fn ten_thousand_messages_are_drained_in_the_order_they_are_due() {
    let house = mailroom::house().await;
    let ada = ada(&house).await;
    let began = Instant::now();
    let owed = owe_many(&house, &ada, 10_000).await;
    let owing = began.elapsed();
    house.smtp.wait_for(10_000).await;
    let took = began.elapsed();
    eprintln!("outbox: 10,000 owed in {owing:?}, drained {took:?} after the first was owed");
    let taken = house.taken();
    assert_eq!(taken.len(), 10_000);
    let due = |mail: &standins::Mail| {
        let id = mail.header("message-id").unwrap();
        owed[id.trim_start_matches('<').split('@').next().unwrap()]
    };
    assert!(taken.iter().map(due).is_sorted(), "in the order they are due");
}
