//! Every link on every page leads somewhere: for an admin, and for a guest, who is led to nothing of
//! an admin's.

use harness::{House, Visitor};
use std::collections::BTreeSet;

const PHRASE: &str = "a good long phrase";
/// More pages than a small house has: a crawl that meets as many walks in circles.
const MANY: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn every_link_of_an_admin_leads_somewhere() {
    let house = House::lived_in().await;
    let seen = crawl(&house, &house.admin_browser().await, "/admin").await;
    for there in ["/admin/people", "/admin/backends/jellyfin/edit", "/admin/profiles/Family/delete"]
    {
        assert!(seen.contains(there), "{there} is not among {seen:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_is_led_to_nothing_of_an_admins() {
    let house = House::lived_in().await;
    let guest = house.browser();
    let form = [("username", "Ada"), ("password", PHRASE)];
    let _there = guest.submit("/login", &form).await.expect(303);
    let seen = crawl(&house, &guest, "/account").await;
    let led: Vec<&String> = seen.iter().filter(|path| path.contains("/admin")).collect();
    assert!(led.is_empty(), "{led:?}");
}

/// Follows every link of ours from `start` on; all of them answer 200, or lead on with 303.
async fn crawl(house: &House, visitor: &Visitor, start: &str) -> BTreeSet<String> {
    let mut seen = BTreeSet::from([start.to_owned()]);
    let mut next = vec![start.to_owned()];
    while let Some(path) = next.pop() {
        let answer = visitor.get(&path).await;
        assert!([200, 303].contains(&answer.status), "{path} answered {}", answer.status);
        for link in links(house, &answer.text) {
            if seen.insert(link.clone()) {
                next.push(link);
            }
        }
        assert!(seen.len() < MANY, "{seen:#?}");
    }
    seen
}

/// The links of a page that stay in the house, without their fragments.
fn links(house: &House, page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in page.split("<a ").skip(1).filter_map(|rest| rest.split('>').next()) {
        let href = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next());
        let href = href.unwrap_or_default().replace("&amp;", "&").replace("&#x2f;", "/");
        let path = href.split('#').next().unwrap_or_default();
        let path = path.strip_prefix(&house.url("")).unwrap_or(path);
        if path.starts_with('/') {
            found.push(path.to_owned());
        }
    }
    found
}
