//! `[[provider]]`: a further way to sign in, with whom it lets in.
//!
//! A rule that is not understood, or not wholly, is an error with its place: it is never read as a wider one.
//! A backend need not be in the file; it may be set up in the pages.

use crate::settings::check::{Check, Checked, Found, Item};
use crate::settings::kind::Parsed;
use crate::settings::nearest::nearest;
use crate::settings::place::Spot;
use crate::settings::table::{self, Section};
use domain::backends::SetBy;
use domain::ids::{BackendId, ProviderId};
use domain::providers::drafts::{
    self, DEFAULT_SCOPES, Flaw, NotAnIssuer, Part, RULES, RuleDraft, Wrong,
};
use domain::providers::{AccessRule, ClaimRule, Issuer, Provider, ProviderKind};
use domain::secret::Secret;
use domain::settings::ProviderFromFile;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// All, in the order of the file; the reasons why one is left out are among the problems.
pub(crate) fn settle(
    check: &mut Check<'_>,
    checked: &Checked,
    now: Timestamp,
) -> Vec<ProviderFromFile> {
    let items = |section| checked.items.get(section).into_iter().flatten();
    let backends: Vec<&str> = items("backend").map(|item| item.id.as_str()).collect();
    let mut all: Vec<ProviderFromFile> = Vec::new();
    for (order, item) in items("provider").enumerate() {
        let surroundings = Surroundings {
            backends: &backends,
            before: &all,
            order: u32::try_from(order).unwrap_or(u32::MAX),
            now,
        };
        if let Some(provider) = one(check, item, &surroundings) {
            all.push(provider);
        }
    }
    all
}

struct Surroundings<'a> {
    /// The ids of the file's backends.
    backends: &'a [&'a str],
    /// Those before it.
    before: &'a [ProviderFromFile],
    /// Its place.
    order: u32,
    now: Timestamp,
}

fn one(check: &mut Check<'_>, item: &Item, around: &Surroundings<'_>) -> Option<ProviderFromFile> {
    let prefix = format!("provider.{}", item.id);
    let id = ProviderId::parse(&item.text("id")?).ok()?;
    if id.is_reserved() {
        let spot = item.values.get("id").map_or(&item.spot, |found| &found.spot);
        let words = ("is a word of our own addresses", "choose another id, as in id = \"google\"");
        check.error_with_advice(spot, &format!("{prefix}.id"), words);
        return None;
    }
    let place = Written { item, prefix: &prefix };
    let access = access(check, &place);
    let admin = admin(check, &place);
    let (kind, client_secret) = kind(check, &place, (&id, around))?;
    let provider = Provider {
        id,
        label: item.text("label").unwrap_or_default().trim().to_owned(),
        kind,
        access: access?,
        admin: admin?,
        set_by: SetBy::File,
        order: around.order,
        created_at: around.now,
    };
    Some(ProviderFromFile { provider, client_secret })
}

/// A table and what it is called in problems.
struct Written<'a> {
    item: &'a Item,
    prefix: &'a str,
}

impl Written<'_> {
    fn key(&self, name: &str) -> String {
        format!("{}.{name}", self.prefix)
    }

    /// Where a key stands, else where the table does.
    fn spot(&self, name: &str) -> &Spot {
        self.item.values.get(name).map_or(&self.item.spot, |found| &found.spot)
    }

    fn found(&self, name: &str) -> Option<&Found> {
        self.item.values.get(name)
    }

    /// A text that has to be there.
    fn required(&self, check: &mut Check<'_>, name: &str, advice: &str) -> Option<String> {
        let text = self.item.text(name).map(|text| text.trim().to_owned());
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            return Some(text);
        }
        let key = self.key(name);
        if !check.complained_of(&key) {
            check.error_with_advice(self.spot(name), &key, ("is missing", advice));
        }
        None
    }
}

type Settled = (ProviderKind, Option<Secret>);

fn kind(
    check: &mut Check<'_>,
    place: &Written<'_>,
    (id, around): (&ProviderId, &Surroundings<'_>),
) -> Option<Settled> {
    let advice = "say how it works: kind = \"oidc\" or kind = \"backend\"";
    match place.required(check, "kind", advice)?.as_str() {
        "oidc" => {
            strangers(check, place, "oidc", &["backend"]);
            oidc(check, place, (id, around))
        }
        _ => {
            let names = ["issuer", "client_id", "client_secret", "scopes"];
            strangers(check, place, "backend", &names);
            backend(check, place, (id, around))
        }
    }
}

/// Keys that belong to another kind.
fn strangers(check: &mut Check<'_>, place: &Written<'_>, kind: &str, names: &[&str]) {
    for name in names {
        if let Some(found) = place.found(name) {
            let message = format!("does not belong to kind {kind:?}");
            let advice = "leave it out, or correct the kind";
            check.error_with_advice(&found.spot, &place.key(name), (message, advice));
        }
    }
}

fn oidc(
    check: &mut Check<'_>,
    place: &Written<'_>,
    (id, around): (&ProviderId, &Surroundings<'_>),
) -> Option<Settled> {
    let free = !around.backends.contains(&id.as_str());
    if !free {
        let message = format!("a [[backend]] is called {:?} too", id.as_str());
        let advice = "choose another id for one of them";
        check.error_with_advice(place.spot("id"), &place.key("id"), (message, advice));
    }
    let issuer = issuer(check, place);
    let client_id = place.required(
        check,
        "client_id",
        "register Latchkey there and add client_id = \"...\" with the name it was given",
    );
    let scopes = scopes(check, place);
    let secret = match place.found("client_secret").map(|found| &found.parsed) {
        Some(Parsed::Secret(secret)) => Some(secret.clone()),
        _ => None,
    };
    let issuer = Issuer { issuer: issuer?, client_id: client_id?, scopes: scopes? };
    free.then_some((ProviderKind::Oidc(issuer), secret))
}

fn issuer(check: &mut Check<'_>, place: &Written<'_>) -> Option<url::Url> {
    let key = place.key("issuer");
    let Some(found) = place.found("issuer") else {
        if !check.complained_of(&key) {
            let advice = "add it, as in issuer = \"https://accounts.google.com\"";
            check.error_with_advice(&place.item.spot, &key, ("is missing", advice));
        }
        return None;
    };
    let Parsed::Url(url) = &found.parsed else { return None };
    match drafts::issuer_url(url.as_str()) {
        Ok(url) => Some(url),
        Err(NotAnIssuer::InTheOpen) => {
            let message = "sign-ins would travel in the clear";
            let advice = "write https; plain http is for this machine only (127.0.0.1, localhost)";
            check.error_with_advice(&found.spot, &key, (message, advice));
            None
        }
        Err(NotAnIssuer::NotAUrl) => {
            let advice = "write it like https://auth.example.org";
            check.error_with_advice(&found.spot, &key, ("is no issuer's URL", advice));
            None
        }
    }
}

fn scopes(check: &mut Check<'_>, place: &Written<'_>) -> Option<Vec<String>> {
    let written = match place.found("scopes").map(|found| &found.parsed) {
        Some(Parsed::Texts(texts)) => texts.clone(),
        _ => DEFAULT_SCOPES.map(str::to_owned).to_vec(),
    };
    drafts::scopes(&written)
        .map_err(|odd| {
            let message = format!("{odd:?} is no scope");
            let advice = "write each by itself, as in [\"openid\", \"profile\", \"email\"]";
            check.error_with_advice(place.spot("scopes"), &place.key("scopes"), (message, advice));
        })
        .ok()
}

fn backend(
    check: &mut Check<'_>,
    place: &Written<'_>,
    (id, around): (&ProviderId, &Surroundings<'_>),
) -> Option<Settled> {
    let key = place.key("backend");
    let named = place.item.text("backend").unwrap_or_else(|| id.as_str().to_owned());
    let backend = BackendId::parse(&named).ok()?;
    let spot = place.spot("backend").clone();
    if id.as_str() != backend.as_str() && around.backends.contains(&id.as_str()) {
        let message =
            format!("a [[backend]] is called {:?} too, and this one is for {named:?}", id.as_str());
        let advice = format!("write id = {named:?}");
        check.error_with_advice(place.spot("id"), &place.key("id"), (message, advice));
        return None;
    }
    let same = ProviderKind::Backend { backend: backend.clone() };
    if let Some(other) = around.before.iter().find(|other| other.provider.kind == same) {
        let message = format!("{named:?} has its rules in provider.{} already", other.provider.id);
        check.error_with_advice(&spot, &key, (message, "keep one of the two"));
        return None;
    }
    if !around.backends.contains(&named.as_str())
        && let Some(near) = nearest(&named, around.backends.iter().copied())
    {
        let message = format!("no [[backend]] {named:?} is in the file; did you mean {near:?}?");
        check.warning(&spot, &key, message);
    }
    Some((same, None))
}

fn access(check: &mut Check<'_>, place: &Written<'_>) -> Option<AccessRule> {
    let key = place.key("access");
    let Some(inner) = inner(check, place, ("access", &table::ACCESS)) else {
        return (!check.complained_of(&key)).then(AccessRule::default);
    };
    let inner = inner?;
    if inner.text("rule").is_none() && !check.complained_of(&format!("{key}.rule")) {
        let advice = format!("choose one of {}", RULES.join(", "));
        check.error_with_advice(&inner.spot, &format!("{key}.rule"), ("is missing", advice));
        return None;
    }
    let draft = RuleDraft {
        rule: inner.text("rule"),
        claim: inner.text("claim"),
        value: inner.text("value"),
        emails: texts(&inner, "emails"),
        usernames: texts(&inner, "usernames"),
    };
    let rule = draft.rule.clone().unwrap_or_default();
    draft.parse().map_err(|wrong| flaws(check, (&inner, &key, &rule), wrong)).ok()
}

/// `Some(None)`: it says nothing about roles.
fn admin(check: &mut Check<'_>, place: &Written<'_>) -> Option<Option<ClaimRule>> {
    let key = place.key("admin");
    let Some(inner) = inner(check, place, ("admin", &table::ADMIN_CLAIM)) else {
        return (!check.complained_of(&key)).then_some(None);
    };
    let inner = inner?;
    let (claim, value) = (inner.text("claim"), inner.text("value"));
    drafts::claim_rule(claim.as_deref(), value.as_deref())
        .map(Some)
        .map_err(|wrong| flaws(check, (&inner, &key, "admin"), wrong))
        .ok()
}

/// The keys of a table within; `Some(None)`: some of them are wrong, so that the rest says nothing.
fn inner(
    check: &mut Check<'_>,
    place: &Written<'_>,
    (name, section): (&str, &'static Section),
) -> Option<Option<Item>> {
    let found = place.found(name)?;
    let Parsed::Table(entries) = &found.parsed else { return None };
    let before = check.problems.len();
    let values: BTreeMap<_, _> = check.table(section, &place.key(name), entries);
    let all_right = check.problems.len() == before;
    let item = Item { id: name.to_owned(), spot: found.spot.clone(), values };
    Some(all_right.then_some(item))
}

fn texts(inner: &Item, name: &str) -> Option<Vec<String>> {
    match inner.values.get(name).map(|found| &found.parsed) {
        Some(Parsed::Texts(texts)) => Some(texts.clone()),
        _ => None,
    }
}

fn flaws(check: &mut Check<'_>, (inner, key, rule): (&Item, &str, &str), all: Vec<Wrong>) {
    for (part, flaw) in all {
        let spot = inner.values.get(part.name()).map_or(&inner.spot, |found| &found.spot).clone();
        let (message, advice) = match flaw {
            Flaw::UnknownRule(rule) => (
                format!("there is no rule {rule:?}"),
                format!("choose one of {}", RULES.join(", ")),
            ),
            Flaw::Missing => ("is missing".to_owned(), missing(part).to_owned()),
            Flaw::Unused => (
                format!("is not looked at by the rule {rule:?}"),
                match part {
                    Part::Claim | Part::Value => "leave it out, or write rule = \"group\"",
                    _ => "leave it out, or write rule = \"list\"",
                }
                .to_owned(),
            ),
            Flaw::EmptyList => (
                "nobody stands on the list".to_owned(),
                "add emails = [\"...\"] or usernames = [\"...\"]".to_owned(),
            ),
            Flaw::NotAnAddress(text) => (
                format!("{text:?} is no mail address"),
                "write each in full, like me@example.org".to_owned(),
            ),
        };
        check.error_with_advice(&spot, &format!("{key}.{}", part.name()), (message, advice));
    }
}

const fn missing(part: Part) -> &'static str {
    match part {
        Part::Claim => "name the claim, as in claim = \"groups\"",
        Part::Value => "say which value it must have, as in value = \"family\"",
        Part::Usernames => "no name is blank",
        Part::Rule | Part::Emails => "fill it in",
    }
}
