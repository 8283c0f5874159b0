//! The plain http door: sends browsers on to https, and nothing else.
//!
//! Where to is decided by names that are ours, never by what a client says about itself: an unknown
//! host gets 421. Programs get 403 rather than a redirect that hides that they speak in the clear.

use crate::listener::answer::{Answer, Body, text};
use http::{Method, Request, Response, StatusCode, header};
use std::sync::Arc;
use url::Url;

/// The https origin for a host that a client named; `None` where it is not ours.
pub type OriginFor = Arc<dyn Fn(&str) -> Option<Url> + Send + Sync>;

/// Answers every request of a plain http door.
pub fn redirect(origin_for: OriginFor) -> Answer {
    Arc::new(move |request, _visit| {
        let answer = answer(&request, &origin_for);
        Box::pin(core::future::ready(answer))
    })
}

fn answer<B>(request: &Request<B>, origin_for: &OriginFor) -> Response<Body> {
    let host = request
        .uri()
        .host()
        .or_else(|| {
            let host = request.headers().get(header::HOST)?.to_str().ok()?;
            Some(host.rsplit_once(':').map_or(host, |(name, port)| {
                if port.chars().all(|c| c.is_ascii_digit()) { name } else { host }
            }))
        })
        .unwrap_or_default();
    let Some(origin) = origin_for(host) else {
        return text(StatusCode::MISDIRECTED_REQUEST, "This host name is not known here.\n");
    };
    let path = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let browser = matches!(*request.method(), Method::GET | Method::HEAD);
    if !browser || path == "/api" || path.starts_with("/api/") {
        return text(StatusCode::FORBIDDEN, "Use https: this door only sends browsers on.\n");
    }
    let location = format!("{}{path}", origin.as_str().trim_end_matches('/'));
    let mut answer = text(StatusCode::PERMANENT_REDIRECT, "This page moved to https.\n");
    match location.parse() {
        Ok(location) => {
            answer.headers_mut().insert(header::LOCATION, location);
            answer
        }
        Err(_odd) => text(StatusCode::BAD_REQUEST, "This address cannot be read.\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> OriginFor {
        Arc::new(|host| {
            (host == "home.example.org").then(|| "https://home.example.org:8443".parse().unwrap())
        })
    }

    fn ask(method: &str, host: &str, path: &str) -> (u16, Option<String>) {
        let request =
            Request::builder().method(method).uri(path).header("host", host).body(()).unwrap();
        let answer = answer(&request, &ours());
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        (answer.status().as_u16(), location)
    }

    #[test]
    fn browsers_are_sent_to_the_same_page_over_https() {
        let to = Some("https://home.example.org:8443/invite/abc?x=1".to_owned());
        assert_eq!(ask("GET", "home.example.org:8080", "/invite/abc?x=1"), (308, to));
        let odd = ask("GET", "home.example.org", "//evil.example/");
        assert_eq!(odd.1.unwrap(), "https://home.example.org:8443//evil.example/");
    }

    #[test]
    fn programs_and_unknown_names_are_not_sent_anywhere() {
        assert_eq!(ask("POST", "home.example.org", "/login"), (403, None));
        assert_eq!(ask("GET", "home.example.org", "/api/users"), (403, None));
        assert_eq!(ask("GET", "evil.example", "/"), (421, None));
    }
}
