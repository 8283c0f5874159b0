//! Misuses connections in every way it knows and reports what it got: one stage a try, `failed` with the
//! failure's kind where it was refused, `passed` where something came, which `detail` then tells.

use latchkey_sdk::lent::{Lent, Security, Stream};
use latchkey_sdk::lifecycle::{Lifecycle, Outcome, ProbeResult, Report, Stage};

struct Dialler;

latchkey_sdk::export!(Dialler, "manifest.toml");

type Tries = Vec<(String, Result<String, String>)>;

impl Lifecycle for Dialler {
    fn probe(lent: &impl Lent) -> ProbeResult {
        let mut tries = Tries::new();
        match lent.setting("mode").as_deref() {
            Some("upgrade") => upgrade(lent, &mut tries),
            Some("many") => many(lent, &mut tries),
            Some("leave") => leave(lent, &mut tries),
            Some("flood") => flood(lent, &mut tries),
            Some("deaf") => deaf(lent, &mut tries),
            Some("stuck") => stuck(lent),
            _ => reach(lent, &mut tries),
        }
        let report = Report {
            product: "Dialler".into(),
            version: "1".into(),
            server_id: None,
            features: Vec::new(),
            notices: Vec::new(),
        };
        ProbeResult { stages: tries.into_iter().map(stage).collect(), outcome: Ok(report) }
    }
}

/// Hosts it was not granted, by every name it can think of.
fn reach(lent: &impl Lent, tries: &mut Tries) {
    let other = lent.setting("other").unwrap_or_default();
    let (host, port) = other.split_once(':').unwrap_or_default();
    for endpoint in [
        other.as_str(),
        host,
        port,
        "second",
        "web",
        "",
        "server\0",
        "Server",
        "server ",
        "../server",
        "127.0.0.1:25",
        "tcp://127.0.0.1:25",
        "host",
        "unix:/run/docker.sock",
    ] {
        for security in [Security::Plain, Security::Tls] {
            let got = lent.connect(endpoint, security);
            tries.push((
                format!("connect {endpoint:?} {security:?}"),
                seen(got.map(|_| "connected")),
            ));
        }
    }
    let got = lent.connect("server", Security::Plain);
    tries.push(("connect server".into(), seen(got.map(|_| "connected"))));
}

/// TLS where there is none, and once more where there is.
fn upgrade(lent: &impl Lent, tries: &mut Tries) {
    let Ok(open) = lent.connect("server", Security::Plain) else { return };
    tries.push(("plain".into(), seen(open.start_tls().map(|()| "secured"))));
    tries.push(("again".into(), seen(open.start_tls().map(|()| "secured"))));
    tries.push(("read".into(), seen(open.read(100, 500).map(|bytes| format!("{bytes:?}")))));
    tries.push(("write".into(), seen(open.write(b"x").map(|()| "written"))));
    tries.push((
        "binding".into(),
        open.server_end_point().map(|_| "some".into()).ok_or_else(|| "none".into()),
    ));
    let secured = match lent.connect("server", Security::Tls) {
        Ok(secured) => secured,
        Err(failure) => return tries.push(("tls".into(), Err(format!("{:?}", failure.kind)))),
    };
    tries.push(("tls".into(), Ok("connected".into())));
    tries.push(("tls-twice".into(), seen(secured.start_tls().map(|()| "secured"))));
    tries.push(("tls-goes-on".into(), seen(secured.write(b"x").map(|()| "written"))));
}

/// More connections than a call has.
fn many(lent: &impl Lent, tries: &mut Tries) {
    let held: Vec<_> = (0..20).map(|_| lent.connect("server", Security::Plain)).collect();
    for (at, one) in held.iter().enumerate() {
        let got = one.as_ref().map(|_| "connected").map_err(Clone::clone);
        tries.push((format!("held {at}"), seen(got)));
    }
    drop(held);
    let got = lent.connect("server", Security::Plain);
    tries.push(("after".into(), seen(got.map(|_| "connected"))));
}

/// Goes without closing anything.
fn leave(lent: &impl Lent, tries: &mut Tries) {
    for _ in 0..4 {
        let got = lent.connect("server", Security::Plain).map(std::mem::forget);
        tries.push(("left".into(), seen(got.map(|()| "connected"))));
    }
}

/// Never reads what keeps coming.
fn flood(lent: &impl Lent, tries: &mut Tries) {
    let got = lent.connect("server", Security::Plain);
    lent.sleep(1_000);
    tries.push(("flood".into(), seen(got.map(|_| "connected"))));
}

/// Writes to somebody who never reads.
fn deaf(lent: &impl Lent, tries: &mut Tries) {
    let Ok(open) = lent.connect("server", Security::Plain) else { return };
    let piece = vec![b'x'; 8 << 20];
    let failed = (0..1_000).find_map(|_| open.write(&piece).err());
    let got = failed.map_or(Ok("taken"), Err);
    tries.push(("deaf".into(), seen(got)));
    tries.push(("deaf-again".into(), seen(open.write(b"x").map(|()| "written"))));
}

/// Waits for what never comes, and never for anything else.
fn stuck(lent: &impl Lent) {
    let Ok(open) = lent.connect("server", Security::Plain) else { return };
    loop {
        let _more = open.read(u32::MAX, u32::MAX);
    }
}

fn seen<T: Into<String>>(got: Result<T, latchkey_sdk::http::Failure>) -> Result<String, String> {
    got.map(Into::into).map_err(|failure| format!("{:?} {}", failure.kind, failure.maybe_sent))
}

fn stage((name, got): (String, Result<String, String>)) -> Stage {
    let outcome = if got.is_ok() { Outcome::Passed } else { Outcome::Failed };
    Stage { name, outcome, detail: got.unwrap_or_else(|refusal| refusal), took_ms: 0 }
}
