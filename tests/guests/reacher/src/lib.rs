//! Reaches for everything it was not granted and reports what it got: one stage a try, `failed` where
//! it was refused, `passed` where something came, which `detail` then tells.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::http::{Encoding, Request, secret, text};
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, Outcome, ProbeResult, Report, Stage};

struct Reacher;

latchkey_sdk::export!(Reacher, "manifest.toml");

/// Paths that try to leave the endpoint's base; `OTHER` becomes the ungranted origin's host and port.
const PATHS: [&str; 9] = [
    "//OTHER/path",
    "http://OTHER/path",
    "@OTHER/path",
    "\\\\OTHER\\path",
    "/../path",
    "/a/../../path",
    "/%2e%2e/path",
    "/path?query=1",
    "path",
];

#[rustfmt::skip]
impl Lifecycle for Reacher {
    fn probe(lent: &impl Lent) -> ProbeResult {
        let mut tries: Vec<(String, Result<String, String>)> = Vec::new();
        let other = lent.setting("other_url").unwrap_or_default();
        let origin = other.split("//").nth(1).unwrap_or_default().to_owned();
        let second = lent.setting("second_url").unwrap_or_default();
        let ask = |request: Request| match request.send(lent) {
            Ok(response) => Ok(format!("{} {}", response.status(), response.text())),
            Err(Fault { code, .. }) => Err(code),
        };
        let get = |path: &str| Request::get("server", path);

        tries.push(("url-other".into(), ask(Request::get_url(&format!("{other}/path")))));
        tries.push(("url-second".into(), ask(Request::get_url(&format!("{second}/path")))));
        tries.push(("url-file".into(), ask(Request::get_url("file:///etc/passwd"))));
        tries.push(("endpoint-unknown".into(), ask(Request::get("nowhere", "/path"))));
        for path in PATHS {
            tries.push((format!("path {path}"), ask(get(&path.replace("OTHER", &origin)))));
        }
        tries.push(("redirect".into(), ask(get("/redirect"))));
        for (name, value) in [
            ("Host", origin.as_str()), ("Content-Length", "1"), ("Transfer-Encoding", "chunked"),
            ("Connection", "upgrade"), ("X-Split", "a\r\nX-Forged: 1"), ("X Space", "a"),
        ] {
            tries.push((format!("header {name}"), ask(get("/path").header(name, value))));
        }
        let with = |request: Request, key: &str| {
            request.header_of("X-Key", vec![text("key="), secret(key, Encoding::Raw)])
        };
        tries.push(("secret-at-home".into(), ask(with(get("/path"), "first"))));
        tries.push(("secret-elsewhere".into(), ask(with(Request::get("second", "/path"), "first"))));
        tries.push(("secret-of-second".into(), ask(with(get("/path"), "second"))));
        tries.push(("secret-unknown".into(), ask(with(get("/path"), "third"))));
        for key in ["first", "second", "third"] {
            tries.push((format!("reveal {key}"), lent.reveal(key).map_err(|no| format!("{no:?}"))));
            tries.push((format!("setting {key}"), lent.setting(key).ok_or_else(|| "none".into())));
        }
        for key in ["../other/key", "other/key", "PATH"] {
            let kept = lent.remembered(key).map(|value| String::from_utf8_lossy(&value).into_owned());
            tries.push((format!("state {key}"), kept.ok_or_else(|| "none".into())));
        }
        let kept = lent.remember("key", &vec![0; 65 * 1024], None);
        tries.push(("state-large".into(), kept.map(|()| "kept".into()).map_err(|no| format!("{no:?}"))));

        let outcome = Ok(Report { product: "Reacher".into(), version: "1".into(), server_id: None,
            features: Vec::new(), notices: Vec::new() });
        ProbeResult { stages: tries.into_iter().map(stage).collect(), outcome }
    }
}

fn stage((name, got): (String, Result<String, String>)) -> Stage {
    let outcome = if got.is_ok() { Outcome::Passed } else { Outcome::Failed };
    Stage { name, outcome, detail: got.unwrap_or_else(|refusal| refusal), took_ms: 0 }
}
