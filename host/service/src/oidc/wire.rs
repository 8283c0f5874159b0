//! How openidconnect's requests leave the process: through egress, like everything else.
//!
//! Guarantees: https, or plain http to this machine only where the issuer is there itself; no redirect is
//! followed; answers are cut at 256 KiB and 10 seconds; what the issuer names on another host is reached
//! only where it is public, so that an issuer cannot send us into the house. Does not: read an answer.

use core::pin::Pin;
use core::time::Duration;
use domain::fault::Fault;
use egress::{Client, Egress, FailureKind, NetFailure, Policy, Reach, Request, Trust};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use url::{Host, Url};

use super::faults::{misset, unanswered};

const TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY: usize = 256 << 10;

/// The ways to one issuer.
#[derive(Debug)]
pub(super) struct Wire {
    issuer: Url,
    typed: Client,
    named: Client,
}

impl Wire {
    /// To the issuer at `url`.
    pub(super) fn to(url: &Url, egress: &Egress) -> Result<Self, Fault> {
        if !is_fit(url) {
            let words = "an issuer is reached by https; plain http only on this machine itself";
            return Err(misset("insecure", words));
        }
        let client = |reach| {
            let policy = Policy { reach, trust: Trust::Authorities };
            egress.client(policy).map_err(|failure| unanswered(&failure))
        };
        let (typed, named) = (client(Reach::AdminTyped)?, client(Reach::Public)?);
        Ok(Self { issuer: url.clone(), typed, named })
    }

    /// Why an address that the issuer names is not gone to, by us or by a browser.
    pub(super) fn objection(&self, what: &str, named: &Url) -> Option<Fault> {
        let plain = named.scheme() == "http" && self.issuer.scheme() != "http";
        let clean = named.username().is_empty() && named.password().is_none();
        if is_fit(named) && !plain && clean {
            return None;
        }
        Some(misset("insecure", format!("the issuer's {what} is not reached by https")))
    }

    /// Sends one request.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, NetFailure> {
        let refuse = |words: &str| NetFailure {
            kind: FailureKind::NotAllowed,
            maybe_sent: false,
            detail: words.to_owned(),
        };
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|_text| refuse("the issuer names an address that is none"))?;
        if self.objection("address", &url).is_some() {
            return Err(refuse("the issuer names an address that is not reached by https"));
        }
        let client = if url.host() == self.issuer.host() { &self.typed } else { &self.named };
        let sent = Request {
            method: parts.method,
            url,
            headers: parts.headers,
            body: body.into(),
            timeout: TIMEOUT,
            max_body: MAX_BODY,
        };
        let answer = client.send(sent).await?;
        let mut response = HttpResponse::new(answer.body.to_vec());
        *response.headers_mut() = answer.headers;
        *response.status_mut() = openidconnect::http::StatusCode::from_u16(answer.status)
            .unwrap_or(openidconnect::http::StatusCode::BAD_GATEWAY);
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Wire {
    type Error = NetFailure;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, NetFailure>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// https, or http to this machine.
fn is_fit(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => match url.host() {
            Some(Host::Ipv4(v4)) => v4.is_loopback(),
            Some(Host::Ipv6(v6)) => v6.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for fits in [
            "https://id.example.org/",
            "https://192.168.1.5:9443/x",
            "http://127.0.0.1:9091",
            "http://[::1]:9091",
            "http://localhost:9091",
        ] {
            assert!(is_fit(&url(fits)), "{fits}");
        }
        for unfit in [
            "http://id.example.org/",
            "http://192.168.1.5:9091/",
            "http://localhost.example.org/",
            "ftp://127.0.0.1/",
            "javascript:alert(1)",
            "file:///etc/passwd",
        ] {
            assert!(!is_fit(&url(unfit)), "{unfit}");
        }
    }

    #[test]
    fn an_issuer_by_https_names_nothing_by_http() {
        let egress = Egress::new(egress::Options::default()).unwrap();
        let wire = Wire::to(&url("https://id.example.org"), &egress).unwrap();
        assert!(wire.objection("x", &url("https://keys.example.net/jwks")).is_none());
        for named in
            ["http://127.0.0.1/keys", "http://id.example.org/", "https://a:b@id.example.org/"]
        {
            assert!(wire.objection("x", &url(named)).is_some(), "{named}");
        }
        assert!(Wire::to(&url("http://id.example.org"), &egress).is_err());
    }
}
