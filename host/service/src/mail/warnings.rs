//! What works and should still be looked at.

use crate::house::Service;
use core::net::IpAddr;
use domain::mail::MailMethod;
use domain::plugins::{EndpointSpec, Manifest, PluginHealth};
use url::Url;

/// By the catalogue's codes.
pub(super) fn of(
    service: &Service,
    method: &MailMethod,
    manifest: Option<&Manifest>,
) -> Vec<String> {
    let settings = service.settings();
    let public_url = settings.settings.server.public_url.as_ref();
    let is_plain = manifest.is_some_and(|manifest| is_plain(method, manifest));
    let ill = service.sandbox().plugins().into_iter().any(|plugin| {
        plugin.id == method.plugin.as_str() && matches!(plugin.health, PluginHealth::Ill { .. })
    });
    let bare = method.settings.get("plain_password").is_some_and(|said| said == "true");
    let other = public_url
        .and_then(Url::domain)
        .is_some_and(|host| !is_same_house(host, method.from.domain()));
    [
        (is_plain, "plain"),
        (is_plain && bare, "plain-password"),
        (other, "other-domain"),
        (public_url.is_none(), "no-public-url"),
        (ill, "plugin-ill"),
    ]
    .into_iter()
    .filter(|(holds, _code)| *holds)
    .map(|(_holds, code)| code.to_owned())
    .collect()
}

/// Whether mail leaves this machine in the open: by the setting `security`, which means the same to all
/// plugins that have it, or by the scheme.
fn is_plain(method: &MailMethod, manifest: &Manifest) -> bool {
    let value = |key: &str| {
        let spec = manifest.settings.iter().find(|spec| spec.key == key);
        let default = spec.and_then(|spec| spec.default.as_deref());
        method.settings.get(key).map(String::as_str).or(default)
    };
    let unprotected = value("security") == Some("none");
    manifest.endpoints.values().any(|endpoint| match endpoint {
        EndpointSpec::Tcp { host, .. } => {
            unprotected && value(host).is_some_and(|host| !is_here(host))
        }
        EndpointSpec::Http { setting, .. } => {
            let url = value(setting).and_then(|text| Url::parse(text).ok());
            url.is_some_and(|url| {
                url.scheme() == "http" && url.host_str().is_some_and(|host| !is_here(host))
            })
        }
    })
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let bare = host.trim().trim_start_matches('[').trim_end_matches(']');
    bare.eq_ignore_ascii_case("localhost")
        || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether two names are plainly of one owner: the last two labels are the same. That says yes too often
/// where names are sold below the second label, and then nobody is warned.
fn is_same_house(one: &str, other: &str) -> bool {
    let last = |name: &str| -> Vec<String> {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        name.rsplit('.').take(2).map(str::to_owned).collect()
    };
    last(one) == last(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_one_domain_are_one_house() {
        for (one, other, same) in [
            ("home.example.org", "example.org", true),
            ("example.org", "mail.EXAMPLE.org.", true),
            ("home.example.org", "example.net", false),
            ("films.example", "films.example", true),
        ] {
            assert_eq!(is_same_house(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for (host, here) in [
            ("127.0.0.1", true),
            ("[::1]", true),
            ("LocalHost", true),
            ("10.0.0.1", false),
            ("mail", false),
        ] {
            assert_eq!(is_here(host), here, "{host}");
        }
    }
}
