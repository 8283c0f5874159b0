//! Olga's house with a clock the test moves, and the few ways to ask it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use serde_json::{Value, json};
use standins::Plex;
use standins::plex::Options;

use crate::client::{Reply, ask};

pub const CLIENT: &str = "lk-0d9e6b1c";

pub struct House {
    pub plex: Plex,
    now: Arc<AtomicI64>,
}

impl House {
    pub async fn new() -> House {
        let now = Arc::new(AtomicI64::new(1_788_256_800));
        let read = Arc::clone(&now);
        let clock = Arc::new(move || Timestamp::from_second(read.load(Ordering::SeqCst)).unwrap());
        House { plex: Plex::start_with(Options::strict(clock)).await.unwrap(), now }
    }

    pub fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> i64 {
        self.now.load(Ordering::SeqCst)
    }

    /// Asks plex.tv, or the server for what is not under `/api`.
    pub async fn try_ask(
        &self,
        call: &str,
        token: Option<&str>,
        client: Option<&str>,
        body: Value,
    ) -> std::io::Result<Reply> {
        let (method, path) = call.split_once(' ').unwrap();
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        let mut put = |name: &str, value: Option<&str>| {
            headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        };
        put("X-Plex-Token", token);
        put("X-Plex-Client-Identifier", client);
        put("X-Plex-Product", Some("Latchkey"));
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        let of_plex_tv = path.starts_with("/api") || path.starts_with("/users");
        let url = if of_plex_tv { self.plex.plex_url() } else { self.plex.server_url() };
        ask(&url, method, path, &headers, &body).await
    }

    pub async fn send(&self, call: &str, token: &str, body: Value) -> Reply {
        self.try_ask(call, Some(token), Some(CLIENT), body).await.unwrap()
    }

    pub async fn get(&self, path: &str, token: &str) -> Reply {
        self.send(&format!("GET {path}"), token, Value::Null).await
    }

    pub async fn create_pin(&self) -> Value {
        let call = "POST /api/v2/pins?strong=true";
        let reply = self.try_ask(call, None, Some(CLIENT), Value::Null).await.unwrap();
        assert_eq!(reply.status, 201);
        reply.json()
    }

    pub async fn poll(&self, id: &Value, client: &str) -> Reply {
        let call = format!("GET /api/v2/pins/{id}");
        self.try_ask(&call, None, Some(client), Value::Null).await.unwrap()
    }

    /// A new share, as the owner asks for it.
    pub async fn invite(
        &self,
        owner: &str,
        person: u64,
        sections: Value,
        settings: Value,
    ) -> Reply {
        let body = json!({
            "machineIdentifier": standins::plex::MACHINE, "invitedId": person,
            "librarySectionIds": sections, "skipFriendship": true, "settings": settings,
        });
        self.send("POST /api/v2/shared_servers", owner, body).await
    }
}

/// The value without what the double adds to every object.
pub fn plain(value: Value) -> Value {
    match value {
        Value::Object(map) => map
            .into_iter()
            .filter(|(key, _)| key != "addedLater")
            .map(|(key, value)| (key, plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        Value::Array(list) => list.into_iter().map(plain).collect(),
        other => other,
    }
}

/// The code of an error body.
pub fn code(reply: &Reply) -> (u16, Value) {
    (reply.status, reply.json()["errors"][0]["code"].clone())
}
