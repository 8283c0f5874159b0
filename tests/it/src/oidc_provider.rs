//! The same with a real provider: panva's `oidc-provider`, run by node.

use crate::oidc::{at_home, ours};
use harness::{House, PEER_CLIENT, PEER_SUBJECT, Peer, PeerOptions};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const CALLBACK: &str = "https://home.example.org/api/auth/peer/callback";

struct Real {
    house: House,
    peer: Peer,
    /// Where the provider tells that somebody signed out: the house's port is not known before it runs.
    told: TcpListener,
}

impl Real {
    /// None where no real provider can run here.
    async fn new(client: Value) -> Option<Self> {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let told = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let logout_url = format!("http://{}/told", told.local_addr().unwrap());
        let options = PeerOptions { callback_url: CALLBACK, logout_url: &logout_url, now, client };
        let peer = Peer::start(&options)?;
        let house = House::with_more(&peer.settings("peer", "rule = \"open\"")).await;
        Some(Self { house, peer, told })
    }

    async fn finish(
        &self,
        provider: &domain::providers::Provider,
        away: &service::oidc::Away,
    ) -> service::Result<service::oidc::Told> {
        let back = self.peer.visit(&away.url).await.expect("sent back");
        let back: url::Url = back.parse().unwrap();
        let callback: Vec<(String, String)> = back.query_pairs().into_owned().collect();
        let service = self.house.service();
        service::oidc::finish(&service, provider, &away.sealed, &callback, CALLBACK).await
    }

    async fn come_in(&self) -> harness::Visitor {
        let browser = at_home(&self.house);
        let answer = browser.get("/api/auth/peer/login").await;
        let back = self.peer.visit(answer.header("location")).await.expect("sent back");
        let answer = browser.get(&ours(&back)).await;
        assert!((300..400).contains(&answer.status), "{} {}", answer.status, answer.text);
        browser
    }
}

async fn comes_in(client: Value) {
    let Some(real) = Real::new(client).await else { return };
    let browser = real.come_in().await;
    let me = browser.get("/api/auth/me").await.expect(200).json();
    assert_eq!(me["user"]["username"], "ada");
    assert_eq!(me["provider"]["id"], "peer");
    let again = real.come_in().await;
    let same = again.get("/api/auth/me").await.expect(200).json();
    assert_eq!(same["user"]["id"], me["user"]["id"]);
}

#[tokio::test]
async fn a_real_provider_lets_somebody_in() {
    comes_in(json!({})).await;
}

#[tokio::test]
async fn a_real_provider_that_takes_the_secret_in_a_form() {
    comes_in(json!({"token_endpoint_auth_method": "client_secret_post"})).await;
}

#[tokio::test]
async fn a_real_provider_refuses_a_code_that_was_used() {
    let Some(real) = Real::new(json!({})).await else { return };
    let browser = at_home(&real.house);
    let answer = browser.get("/api/auth/peer/login").await;
    let back = real.peer.visit(answer.header("location")).await.expect("sent back");
    let cookies = browser.cookies();
    browser.get(&ours(&back)).await.expect(303);
    let replay = at_home(&real.house);
    replay.set_cookies(cookies);
    assert!(replay.get(&ours(&back)).await.status >= 400);
}

#[tokio::test]
async fn a_real_provider_knows_no_other_address_to_come_back_to() {
    let Some(real) = Real::new(json!({})).await else { return };
    let answer = at_home(&real.house).get("/api/auth/peer/login").await;
    let forged = answer.header("location").replace("home.example.org", "evil.example.org");
    let page = real.peer.visit(&forged).await.expect_err("stays there");
    assert!(page.contains("redirect_uri"), "{page}");
}

#[tokio::test]
async fn a_real_provider_can_be_rehearsed_and_signed_out_of() {
    let Some(real) = Real::new(json!({})).await else { return };
    let service = real.house.service();
    let id = domain::ids::ProviderId::parse("peer").unwrap();
    let provider = service::providers::find(&service, &id).await.unwrap().unwrap();
    let said = service::oidc::rehearse(&service, &provider).await.unwrap();
    assert_eq!((said.issuer.as_str(), said.client_auth), (real.peer.url(), "client_secret_basic"));
    assert!(said.ends_sessions && said.tells_sign_outs && said.userinfo);
    let browser = real.come_in().await;
    let page = browser.submit("/logout", &[]).await.expect(200);
    assert!(
        page.text.contains(&format!("{}/session/end?client_id={PEER_CLIENT}", real.peer.url()))
    );
}

/// The form that somebody sent to a port of ours.
async fn heard(told: &TcpListener) -> Vec<(String, String)> {
    let (mut stream, _) = told.accept().await.unwrap();
    let mut sent = Vec::new();
    let body = loop {
        let mut chunk = [0; 4_096];
        let read = stream.read(&mut chunk).await.unwrap();
        sent.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&sent).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>())
        });
        if body.len() >= length.unwrap().unwrap() {
            break body.to_owned();
        }
    };
    stream
        .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
}

#[tokio::test]
async fn a_real_provider_tells_that_somebody_signed_out_there() {
    let Some(real) = Real::new(json!({})).await else { return };
    let browser = real.come_in().await;
    let page = format!("{}/session/end?client_id={PEER_CLIENT}", real.peer.url());
    let page = real.peer.visit(&page).await.expect_err("it asks first");
    let secret = page.split("name=\"xsrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let fields = [("xsrf", secret), ("logout", "yes")];
    let pressed = async {
        tokio::join!(real.peer.press("/session/end/confirm", &fields), heard(&real.told)).1
    };
    let form = tokio::time::timeout(Duration::from_secs(20), pressed).await.expect("it tells");
    let form: Vec<(&str, &str)> =
        form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    real.house.program().submit("/api/auth/peer/logout", &form).await.expect(200);
    browser.get("/api/auth/me").await.expect(401);
    real.house.program().submit("/api/auth/peer/logout", &form).await.expect(400);
}

#[tokio::test]
async fn what_a_real_provider_says_about_somebody() {
    let id = domain::ids::ProviderId::parse("peer").unwrap();
    let Some(real) = Real::new(json!({})).await else { return };
    let service = real.house.service();
    let provider = service::providers::find(&service, &id).await.unwrap().unwrap();
    let away = service::oidc::begin(&service, &provider, CALLBACK).await.unwrap();
    let told = real.finish(&provider, &away).await.unwrap();
    assert_eq!(told.identity.subject, PEER_SUBJECT);
    assert_eq!(told.identity.display_name, "Ada Peer");
    assert_eq!(told.identity.email.as_deref(), Some("ada@example.org"));
    assert!(told.identity.email_verified);
    assert_eq!(told.identity.claims.get("groups"), Some(&json!(["family"])));
    assert!(told.upstream.is_some(), "it says which session");
    let away = service::oidc::begin_anew(&service, &provider, CALLBACK).await.unwrap();
    assert_eq!(real.finish(&provider, &away).await.unwrap().identity.subject, PEER_SUBJECT);
}
