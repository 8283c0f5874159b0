//! Invites: what an admin makes, what a guest may learn.

use harness::House;
use serde_json::{Value, json};

#[tokio::test]
async fn an_invite_is_made_listed_changed_revoked_and_deleted() {
    let house = House::new().await;
    let admin = house.admin().await;
    let made = admin
        .post(
            "/api/invites",
            json!({"label": "Aunt Ada", "uses": 2, "expiresIn": "P7D", "askEmail": "required"}),
        )
        .await
        .expect(201)
        .json();
    let code = made["code"].as_str().unwrap();
    assert_eq!(code.len(), 26, "128 bits in base32");
    assert!(made["url"].as_str().unwrap().ends_with(&format!("/invite/{code}")));

    let listed = admin.get("/api/invites").await.expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let one = admin.get(&format!("/api/invites/{code}")).await.expect(200).json();
    assert_eq!(one["label"], "Aunt Ada");
    assert_eq!(one["uses"], 2);
    assert_eq!(one["askEmail"], "required");

    let patch = json!({"label": "Ada", "uses": 3});
    let changed =
        admin.call("PATCH", &format!("/api/invites/{code}"), patch).await.expect(200).json();
    assert_eq!((changed["label"].as_str(), changed["uses"].as_u64()), (Some("Ada"), Some(3)));

    admin.call("DELETE", &format!("/api/invites/{code}"), Value::Null).await.expect(204);
    admin.get(&format!("/api/invites/{code}")).await.expect(404);
}

#[tokio::test]
async fn a_guest_cannot_tell_unknown_from_used_up_over_and_withdrawn() {
    let house = House::new().await;
    let admin = house.admin().await;
    let expired = house.invite(json!({"uses": 1, "expiresIn": "PT1H"})).await;
    let spent = house.invite(json!({"uses": 1})).await;
    house.sign_up(&spent, "ada", "a good long phrase").await.expect(201);
    let gone = house.invite(json!({"uses": 1})).await;
    admin.call("DELETE", &format!("/api/invites/{gone}"), Value::Null).await.expect(204);
    house.clock.advance(jiff::SignedDuration::from_hours(2));

    let mut answers = Vec::new();
    for code in [expired.as_str(), &spent, &gone, "00000000000000000000000000", "nonsense"] {
        for answer in [
            house.guest().get(&format!("/api/invites/{code}/offer")).await,
            house.sign_up(code, "eve", "another good phrase").await,
        ] {
            let mut body = answer.expect(410).json();
            body.as_object_mut().unwrap().remove("reference");
            answers.push(body);
        }
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
}

#[tokio::test]
async fn the_offer_says_what_the_guest_gets_and_what_is_asked() {
    let house = House::new().await;
    let code =
        house.invite(json!({"uses": 1, "askEmail": "required", "accountLifetime": "P30D"})).await;
    let offer = house.guest().get(&format!("/api/invites/{code}/offer")).await.expect(200).json();
    assert_eq!(offer["askEmail"], "required");
    let text = offer.to_string();
    assert!(text.contains("Films and series"), "{text}");
    assert!(!text.contains("api_key"), "{text}");
}

#[tokio::test]
async fn wrong_drafts_name_each_field() {
    let house = House::new().await;
    let admin = house.admin().await;
    for (draft, field) in [
        (json!({"uses": 0}), "uses"),
        (json!({"expiresIn": "soon"}), "expiresIn"),
        (json!({"accountLifetime": "-P1D"}), "accountLifetime"),
        (json!({"profile": "no such"}), "profile"),
        (json!({"email": "not an address"}), "email"),
        (json!({"askEmail": "maybe"}), "askEmail"),
        (json!({"requireApproval": "perhaps"}), "requireApproval"),
    ] {
        let answer = admin.post("/api/invites", draft.clone()).await.expect(422);
        assert!(answer.json()["fields"].get(field).is_some(), "{draft}: {}", answer.text);
    }
}

#[tokio::test]
async fn guessing_codes_is_throttled() {
    let house = House::new().await;
    let mut last = 0;
    for number in 0..40 {
        let code = format!("{number:026}");
        last = house.guest().get(&format!("/api/invites/{code}/offer")).await.status;
        if last == 429 {
            break;
        }
        assert_eq!(last, 410);
    }
    assert_eq!(last, 429);
}
