//! People who come in by the issuer of [`Door`], with a browser of their own each.

use crate::oidc::{Door, at_home, ours};
use harness::{Answer, Visitor};
use serde_json::Value;

const WAY: &str = "/api/auth/id/login";

impl Door {
    /// Everybody whom the issuer knows may come in.
    pub(crate) async fn open() -> Self {
        Self::new("rule = \"open\"").await
    }

    /// As far as the address that the issuer sends the browser back to, as a path here.
    pub(crate) async fn to_the_callback(
        &self,
        browser: &Visitor,
        subject: &str,
        claims: Value,
    ) -> String {
        self.to_the_callback_by(browser, subject, claims, WAY).await
    }

    async fn to_the_callback_by(
        &self,
        browser: &Visitor,
        subject: &str,
        claims: Value,
        way: &str,
    ) -> String {
        self.issuer.add_person(subject, claims);
        let away = browser.get(way).await;
        assert!(matches!(away.status, 302 | 303), "{way}: {} {}", away.status, away.text);
        ours(&self.issuer.visit(away.header("location")).expect("the issuer sends them back"))
    }

    /// Comes in as that person with a fresh browser, as far as it goes.
    pub(crate) async fn come_in(&self, subject: &str, claims: Value) -> Visitor {
        let browser = at_home(&self.house);
        let back = self.to_the_callback(&browser, subject, claims).await;
        browser.get(&back).await;
        browser
    }

    /// The answer at the end of the way for somebody who wanted to go on to `next`.
    pub(crate) async fn come_in_with_next(
        &self,
        subject: &str,
        claims: Value,
        next: &str,
    ) -> Answer {
        let browser = at_home(&self.house);
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let way = format!("{WAY}?next={query}");
        let back = self.to_the_callback_by(&browser, subject, claims, &way).await;
        browser.get(&back).await
    }
}
