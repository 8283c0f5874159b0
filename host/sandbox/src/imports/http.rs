//! `http`: requests to the endpoints the admin filled in, and to the URLs the manifest lists.
//!
//! The guest names an endpoint and a path below it; scheme, host, port and base path are the admin's.
//! A secret is put in after the destination stands, and only where its `endpoints` say so. Whatever is
//! not granted is answered `not-allowed` before a byte leaves the process.

use crate::contract::host::http::{Below, Body, Host, Request, Response, Target};
use crate::contract::host::net::{Encoding, Failure, Field, Piece, SecretUse};
use crate::imports::failures::refused;
use crate::lent::Lent;
use crate::redact::ENCODED;
use base64::Engine as _;
use domain::secret::Secret;
use egress::{Client, NetFailure};
use futures_util::future::join_all;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use tokio::time::Duration;
use url::Url;
use zeroize::Zeroizing;

/// Bytes of an answer's body at most.
const LARGEST: usize = 8 << 20;
/// Bytes of all answers of one `send-all` at most.
const LARGEST_ALL: usize = 16 << 20;
/// Requests of one `send-all` at most.
const MOST: usize = 16;
/// Headers of a request at most.
const HEADERS: usize = 64;

impl Host for Lent {
    async fn send(&mut self, request: Request) -> Result<Response, Failure> {
        let (client, request) = self.prepare(request, LARGEST)?;
        self.cpu.pause();
        let answer = self.ask(client, request).await;
        self.cpu.resume();
        self.answered(answer)
    }

    async fn send_all(&mut self, requests: Vec<Request>) -> Vec<Result<Response, Failure>> {
        if requests.len() > MOST {
            let refusal = refused(format!("more than {MOST} requests at once"));
            return requests.iter().map(|_| Err(refusal.clone())).collect();
        }
        let share = LARGEST.min(LARGEST_ALL / requests.len().max(1));
        let lent = &*self;
        let prepared: Vec<_> =
            requests.into_iter().map(|request| lent.prepare(request, share)).collect();
        let asking = prepared.into_iter().map(|prepared| async move {
            let (client, request) = prepared?;
            Ok(lent.ask(client, request).await)
        });
        self.cpu.pause();
        let answers: Vec<Result<_, Failure>> = join_all(asking).await;
        self.cpu.resume();
        answers.into_iter().map(|answer| self.answered(answer?)).collect()
    }
}

impl Lent {
    /// Only this is waiting; what is done before and after is the guest's own time.
    async fn ask(
        &self,
        client: Client,
        request: egress::Request,
    ) -> Result<egress::Response, NetFailure> {
        let changes = !request.method.is_safe();
        if changes {
            self.writes.begin();
        }
        let answer = client.send(request).await;
        if changes {
            self.writes.end(answer.as_ref().map_or_else(|failure| failure.maybe_sent, |_| true));
        }
        answer
    }

    fn answered(&self, answer: Result<egress::Response, NetFailure>) -> Result<Response, Failure> {
        let answer = answer.map_err(|failure| self.told(&failure))?;
        let headers = answer.headers.iter().map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        });
        Ok(Response {
            status: answer.status,
            headers: headers.collect(),
            body: answer.body.to_vec(),
        })
    }

    /// The destination first, then everything that may hold a secret.
    fn prepare(
        &self,
        request: Request,
        largest: usize,
    ) -> Result<(Client, egress::Request), Failure> {
        if !self.spent.request() {
            return Err(refused("too many requests in one call"));
        }
        let method = request
            .method
            .parse::<egress::Method>()
            .ok()
            .filter(|method| !["CONNECT", "TRACE"].contains(&method.as_str()))
            .ok_or_else(|| refused("this method is not allowed"))?;
        let place = self.place(&request.target)?;
        let mut url = place.url;
        let query = self.query(&request.query, place.endpoint)?;
        if !query.is_empty() {
            let together = match url.query() {
                Some(own) => Zeroizing::new(format!("{own}&{}", *query)),
                None => query,
            };
            url.set_query(Some(&together));
        }
        let headers = self.headers(&request.headers, place.endpoint)?;
        let body = match request.body {
            Body::None => Vec::new(),
            Body::Bytes(bytes) => bytes,
            Body::Pieces(pieces) => self.join(&pieces, place.endpoint)?.as_bytes().to_vec(),
        };
        let wish = request.timeout_ms.map_or(Duration::MAX, |ms| Duration::from_millis(ms.into()));
        let asked = request.max_body.and_then(|bytes| usize::try_from(bytes).ok());
        let request = egress::Request {
            method,
            url,
            headers,
            body: body.into(),
            timeout: wish.min(self.remaining()),
            max_body: asked.unwrap_or(largest).min(largest),
        };
        Ok((place.client, request))
    }

    fn place<'a>(&self, target: &'a Target) -> Result<Place<'a>, Failure> {
        match target {
            Target::Below(Below { endpoint, path }) => {
                let granted =
                    self.granted.endpoints.get(endpoint).ok_or_else(|| {
                        refused("there is no such endpoint, or nobody filled it in")
                    })?;
                let url = below(&granted.base, path).map_err(refused)?;
                Ok(Place { url, client: granted.client.clone(), endpoint: Some(endpoint) })
            }
            Target::Url(text) => {
                let parsed = Url::parse(text).ok();
                let matching = |url: &Url| self.granted.patterns.iter().any(|one| one.matches(url));
                match (parsed.filter(matching), &self.granted.public) {
                    (Some(url), Some(client)) => {
                        Ok(Place { url, client: client.clone(), endpoint: None })
                    }
                    _ => Err(refused("the manifest lists no such URL")),
                }
            }
        }
    }

    fn query(
        &self,
        fields: &[Field],
        endpoint: Option<&str>,
    ) -> Result<Zeroizing<String>, Failure> {
        let mut query = Zeroizing::new(String::new());
        for field in fields {
            if !query.is_empty() {
                query.push('&');
            }
            query.extend(utf8_percent_encode(&field.name, ENCODED));
            query.push('=');
            let value = self.join(&field.value, endpoint)?;
            query.extend(utf8_percent_encode(&value, ENCODED));
        }
        Ok(query)
    }

    fn headers(
        &self,
        fields: &[Field],
        endpoint: Option<&str>,
    ) -> Result<egress::HeaderMap, Failure> {
        if fields.len() > HEADERS {
            return Err(refused(format!("more than {HEADERS} headers")));
        }
        let mut headers = egress::HeaderMap::new();
        for field in fields {
            let name: egress::HeaderName =
                field.name.parse().map_err(|_cause| refused("a header has no such name"))?;
            if ours(name.as_str()) {
                return Err(refused(format!("the header {name} is the host's")));
            }
            let value = self.join(&field.value, endpoint)?;
            let mut value = egress::HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_cause| refused("a header's value has a line break in it"))?;
            value.set_sensitive(true);
            headers.append(name, value);
        }
        Ok(headers)
    }

    fn join(&self, pieces: &[Piece], endpoint: Option<&str>) -> Result<Zeroizing<String>, Failure> {
        let mut joined = Zeroizing::new(String::new());
        for piece in pieces {
            match piece {
                Piece::Text(text) => joined.push_str(text),
                Piece::Secret(wanted) => {
                    let secret = self.secret(wanted, endpoint)?;
                    joined.push_str(&encoded(&wanted.prefix, secret, wanted.encoding));
                }
            }
            if joined.len() > LARGEST {
                return Err(refused("the request is larger than 8 MiB"));
            }
        }
        Ok(joined)
    }

    fn secret(&self, wanted: &SecretUse, endpoint: Option<&str>) -> Result<&Secret, Failure> {
        let key = &wanted.key;
        let spec = self.granted.manifest.secrets.iter().find(|secret| secret.spec.key == *key);
        let spec = spec.ok_or_else(|| refused("the manifest names no such secret"))?;
        let fits = endpoint.is_some_and(|name| spec.endpoints.iter().any(|one| one == name));
        if !fits {
            return Err(refused(format!("the secret {key} is not for this destination")));
        }
        self.granted.secrets.get(key).ok_or_else(|| refused(format!("the secret {key} is not set")))
    }
}

/// A destination that was granted.
struct Place<'a> {
    url: Url,
    client: Client,
    /// None for a URL of the manifest's list, which no secret is for.
    endpoint: Option<&'a str>,
}

/// Headers that say where a request ends or whom it is for.
fn ours(name: &str) -> bool {
    name.starts_with("proxy-")
        || matches!(
            name,
            "host"
                | "connection"
                | "content-length"
                | "transfer-encoding"
                | "keep-alive"
                | "te"
                | "trailer"
                | "upgrade"
                | "expect"
        )
}

/// The path joined to the base; nothing in it may lead out, however often it is decoded.
fn below(base: &Url, path: &str) -> Result<Url, &'static str> {
    if !path.starts_with('/') {
        return Err("a path begins with /");
    }
    let mut layer = path.to_owned();
    for _ in 0..3 {
        check_path(&layer)?;
        let decoded = percent_decode_str(&layer).decode_utf8().map_err(|_| "a path is UTF-8")?;
        if decoded == layer {
            break;
        }
        layer = decoded.into_owned();
    }
    check_path(&layer)?;
    if path.contains(['?', '#']) {
        return Err("a path has no ? and no #");
    }
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    let stayed = url.origin() == base.origin()
        && url.path().starts_with(base.path().trim_end_matches('/'))
        && url.query().is_none();
    if stayed { Ok(url) } else { Err("a path stays below its endpoint") }
}

fn check_path(path: &str) -> Result<(), &'static str> {
    if path.contains("//") {
        return Err("a path has no //");
    }
    if path.contains('\\') || path.chars().any(char::is_control) {
        return Err("a path has no \\ and no control characters");
    }
    if path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err("a path has no . and no .. in it");
    }
    Ok(())
}

/// Prefix and secret as one. `json-string` writes the quotes too; `form` writes a blank as `%20`, which every
/// reader of forms takes.
fn encoded(prefix: &str, secret: &Secret, encoding: Encoding) -> Zeroizing<String> {
    let value = Zeroizing::new(format!("{prefix}{}", secret.expose()));
    Zeroizing::new(match encoding {
        Encoding::Raw => return value,
        Encoding::JsonString => serde_json::Value::from(value.as_str()).to_string(),
        Encoding::Form => utf8_percent_encode(&value, ENCODED).to_string(),
        Encoding::Base64 => base64::engine::general_purpose::STANDARD.encode(&*value),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::host::net::FailureKind;
    use crate::testing::{Seen, lent, lent_with, listen};

    fn get(endpoint: &str, path: &str) -> Request {
        Request {
            method: "GET".to_owned(),
            target: Target::Below(Below { endpoint: endpoint.to_owned(), path: path.to_owned() }),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            timeout_ms: None,
            max_body: None,
        }
    }

    fn secret(key: &str, encoding: Encoding) -> Piece {
        Piece::Secret(SecretUse { key: key.to_owned(), encoding, prefix: String::new() })
    }

    fn field(name: &str, value: Vec<Piece>) -> Field {
        Field { name: name.to_owned(), value }
    }

    fn is_refused(answer: &Result<Response, Failure>) -> bool {
        matches!(answer, Err(Failure { kind: FailureKind::NotAllowed, maybe_sent: false, .. }))
    }

    #[test]
    fn a_path_stays_below_its_base() {
        let base: Url = "https://a.example/base".parse().expect("url");
        for (path, whole) in [
            ("/", "https://a.example/base/"),
            ("/Users/1", "https://a.example/base/Users/1"),
            ("/a%20b/ü", "https://a.example/base/a%20b/%C3%BC"),
            ("/a@b:c", "https://a.example/base/a@b:c"),
            ("/...", "https://a.example/base/..."),
        ] {
            assert_eq!(below(&base, path).as_ref().map(Url::as_str), Ok(whole));
        }
        for path in [
            "",
            "a",
            "//b.example/",
            "/..",
            "/a/../..",
            "/.",
            "/%2e%2e/a",
            "/%2E./a",
            "/%252e%252e/a",
            "/a%2f..%2fb",
            "/a\\b",
            "/%5c..%5ca",
            "/a%00",
            "/a\nb",
            "/a?b",
            "/a#b",
            "/a//b",
            "/a%2f%2fb",
            "http://b.example/",
            "@b.example/",
            "/%ff",
        ] {
            assert!(below(&base, path).is_err(), "{path}");
        }
    }

    #[tokio::test]
    async fn secrets_are_put_in_where_they_belong_in_every_encoding() {
        let Seen { url, requests } = listen("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await;
        let mut lent = lent_with(&format!("{url}/base"), &url);
        let mut request = get("server", "/path");
        request.method = "POST".to_owned();
        request.query = vec![field("a b", vec![secret("open", Encoding::Raw)])];
        let token = vec![Piece::Text("t=".to_owned()), secret("open", Encoding::Base64)];
        request.headers = vec![field("X-Token", token)];
        request.body = Body::Pieces(vec![
            Piece::Text("{\"key\":".to_owned()),
            secret("first", Encoding::JsonString),
            Piece::Text("}".to_owned()),
        ]);
        let answer = lent.send(request).await.expect("answer");
        assert_eq!((answer.status, answer.body.as_slice()), (200, b"ok".as_slice()));
        let seen = requests.lock().expect("requests").join("");
        assert!(seen.starts_with("POST /base/path?a%20b=key-of-open HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("x-token: t=a2V5LW9mLW9wZW4=\r\n"), "{seen}");
        assert!(seen.ends_with("\r\n\r\n{\"key\":\"key-of-first\"}"), "{seen}");
    }

    #[tokio::test]
    async fn a_prefix_is_encoded_with_its_secret() {
        let Seen { url, requests } = listen("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut lent = lent_with(&url, &url);
        let behind = |prefix: &str, encoding| {
            let (key, prefix) = ("first".to_owned(), prefix.to_owned());
            Piece::Secret(SecretUse { key, encoding, prefix })
        };
        let mut request = get("server", "/");
        request.method = "POST".to_owned();
        let basic = vec![Piece::Text("Basic ".to_owned()), behind("api:", Encoding::Base64)];
        request.headers = vec![field("Authorization", basic)];
        request.body = Body::Pieces(vec![
            behind("a\"", Encoding::JsonString),
            behind("&", Encoding::Form),
            behind("&", Encoding::Raw),
        ]);
        lent.send(request).await.expect("answer");
        let seen = requests.lock().expect("requests").join("");
        // `api:key-of-first`
        assert!(seen.contains("authorization: Basic YXBpOmtleS1vZi1maXJzdA==\r\n"), "{seen}");
        assert!(seen.ends_with("\"a\\\"key-of-first\"%26key-of-first&key-of-first"), "{seen}");

        let mut forged = get("server", "/");
        forged.headers = vec![field("X-Token", vec![behind("a\r\nX-Forged: ", Encoding::Raw)])];
        assert!(is_refused(&lent.send(forged).await));
        let mut elsewhere = get("second", "/");
        elsewhere.headers = vec![field("X-Token", vec![behind("api:", Encoding::Base64)])];
        assert!(is_refused(&lent.send(elsewhere).await));
    }

    #[tokio::test]
    async fn a_secret_goes_nowhere_else() {
        let Seen { url, requests } = listen("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut lent = lent_with(&url, &url);
        for (endpoint, key) in
            [("second", "first"), ("server", "second"), ("server", "spare"), ("server", "nothing")]
        {
            let mut request = get(endpoint, "/");
            request.headers = vec![field("X-Token", vec![secret(key, Encoding::Raw)])];
            assert!(is_refused(&lent.send(request).await), "{endpoint} {key}");
        }
        let mut public = get("server", "/");
        public.target = Target::Url("http://home.public.example/".to_owned());
        public.query = vec![field("k", vec![secret("first", Encoding::Raw)])];
        assert!(is_refused(&lent.send(public).await));
        assert!(requests.lock().expect("requests").is_empty());
    }

    #[tokio::test]
    async fn only_listed_urls_and_only_in_public() {
        let Seen { url, requests } = listen("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let port = url.rsplit(':').next().expect("port").to_owned();
        let mut lent = lent();
        for target in [
            format!("http://127.0.0.1:{port}/"),
            format!("http://localhost:{port}/"),
            format!("http://public.example:{port}/"),
            // Listed, but it leads to this machine.
            format!("http://home.public.example:{port}/"),
            "file:///etc/passwd".to_owned(),
            "not a url".to_owned(),
        ] {
            let mut request = get("server", "/");
            request.target = Target::Url(target.clone());
            assert!(is_refused(&lent.send(request).await), "{target}");
        }
        assert!(requests.lock().expect("requests").is_empty());
    }

    #[tokio::test]
    async fn what_is_the_hosts_is_not_the_guests() {
        let mut lent = lent();
        for name in [
            "Host",
            "content-length",
            "Transfer-Encoding",
            "Connection",
            "Proxy-Authorization",
            "a b",
        ] {
            let mut request = get("server", "/");
            request.headers = vec![field(name, vec![Piece::Text("1".to_owned())])];
            assert!(is_refused(&lent.send(request).await), "{name}");
        }
        for method in ["CONNECT", "TRACE", "GE T", ""] {
            let mut request = get("server", "/");
            request.method = method.to_owned();
            assert!(is_refused(&lent.send(request).await), "{method}");
        }
        assert!(!lent.writes.maybe());
    }

    #[tokio::test]
    async fn a_call_sends_only_so_many_requests() {
        let Seen { url, requests } = listen("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
        let mut lent = lent_with(&url, &url);
        let many = (0..17).map(|_| get("server", "/")).collect();
        assert!(lent.send_all(many).await.iter().all(is_refused));
        assert!(requests.lock().expect("requests").is_empty());
        for _ in 0..1_000 {
            assert!(is_refused(&lent.send(get("nowhere", "/")).await), "it counts too");
        }
        assert!(is_refused(&lent.send(get("server", "/")).await));
        assert!(requests.lock().expect("requests").is_empty());
    }

    #[tokio::test]
    async fn getting_a_request_ready_is_the_guests_own_time() {
        let mut lent = lent();
        let text = "x".repeat(7 << 20);
        let before = std::time::Instant::now();
        while before.elapsed() < Duration::from_millis(20) {
            let mut request = get("server", "/");
            request.query = vec![field("q", vec![Piece::Text(text.clone())])];
            assert!(lent.send(request).await.is_err());
        }
        lent.cpu.pause();
        assert!(lent.cpu.used() >= Duration::from_millis(10), "{:?}", lent.cpu.used());
    }

    #[tokio::test]
    async fn a_write_that_may_have_left_is_remembered() {
        let Seen { url, .. } = listen("").await;
        let mut lent = lent_with(&url, &url);
        assert!(lent.send(get("server", "/")).await.is_err());
        assert!(!lent.writes.maybe(), "reading changes nothing");
        let mut request = get("server", "/");
        request.method = "DELETE".to_owned();
        assert!(lent.send(request).await.is_err_and(|failure| failure.maybe_sent));
        assert!(lent.writes.maybe());
    }

    #[tokio::test]
    async fn answers_of_many_come_in_order_and_are_cut_at_the_size_asked_for() {
        let Seen { url, .. } = listen("HTTP/1.1 404 No\r\nContent-Length: 3\r\n\r\nabc").await;
        let mut lent = lent_with(&url, &url);
        let mut short = get("server", "/");
        short.max_body = Some(2);
        let answers = lent.send_all(vec![get("server", "/"), short, get("nowhere", "/")]).await;
        assert!(matches!(&answers[0], Ok(answer) if answer.status == 404));
        let kinds: Vec<FailureKind> =
            answers[1..].iter().map(|answer| answer.as_ref().expect_err("failure").kind).collect();
        assert_eq!(kinds, [FailureKind::TooLarge, FailureKind::NotAllowed]);
    }
}
