//! What a component can and cannot do, in sentences for the admin, from its manifest and its imports.

use domain::plugins::{EndpointSpec, Manifest, PluginRole, SettingSpec};

/// What a component can do besides, that can put a button on a backend's own sign-in page.
pub(crate) const LOGIN_PAGE: &str =
    "may put a button on that server's own sign-in page, and take it away again";

/// The word for a role, as a manifest writes it.
pub(crate) const fn role(role: PluginRole) -> &'static str {
    match role {
        PluginRole::Accounts => "accounts",
        PluginRole::Identity => "identity",
        PluginRole::Reset => "reset",
        PluginRole::Notify => "notify",
        PluginRole::AppSession => "app-session",
    }
}

/// What it can do, and what it cannot. Every sentence begins with what follows "it".
pub(crate) fn sentences(manifest: &Manifest, imports: &[String]) -> (Vec<String>, Vec<String>) {
    let imports = |name: &str| {
        let prefix = format!("latchkey:host/{name}@");
        imports.iter().any(|import| import.starts_with(&prefix))
    };
    let mut can = Vec::new();
    let mut cannot = vec![
        "may not read or write files, start programs or see this machine's environment".to_owned(),
        "may not see another plugin's or another server's settings, secrets or memory".to_owned(),
    ];
    let used = |endpoint: &&EndpointSpec| match endpoint {
        EndpointSpec::Http { .. } => imports("http"),
        EndpointSpec::Tcp { .. } => imports("tcp"),
    };
    can.extend(manifest.endpoints.values().filter(used).map(|one| reach(manifest, one)));
    if imports("http") {
        can.extend(
            manifest.allow_urls.iter().map(|url| format!("may reach {url} on the public internet")),
        );
    }
    let reaches = !can.is_empty();
    if reaches {
        cannot.push("may not reach any other address, and redirects are not followed".to_owned());
    } else {
        cannot.push("may not reach the network at all".to_owned());
    }
    for secret in &manifest.secrets {
        let label = &secret.spec.label;
        let places = labels(manifest, &secret.endpoints);
        if secret.reveal && imports("settings") {
            can.push(format!("may see the secret \"{label}\" itself"));
        } else {
            cannot.push(format!("may not see the secret \"{label}\": it is put in while sending"));
        }
        if reaches && !secret.endpoints.is_empty() {
            can.push(format!("may have the secret \"{label}\" sent to {places}, and nowhere else"));
        }
    }
    if let Some(connect) = &manifest.connect {
        let fields = quoted(&connect.fields);
        can.push(format!("may see {fields} once, to connect; it is forgotten afterwards"));
    }
    for found in &manifest.roles {
        can.push(of_role(*found).to_owned());
    }
    if imports("state") {
        can.push("may remember up to 1 MiB for each server".to_owned());
    }
    let limits = manifest.limits;
    cannot.push(format!(
        "may not use more than {} MiB of memory, {} ms of CPU time and {} seconds in one call",
        limits.memory_mib, limits.cpu_ms, limits.call_s
    ));
    (can, cannot)
}

fn reach(manifest: &Manifest, endpoint: &EndpointSpec) -> String {
    match endpoint {
        EndpointSpec::Http { setting, schemes } => {
            let (label, schemes) = (label(manifest, setting), schemes.join(" or "));
            format!("may reach the address you enter as \"{label}\" over {schemes}")
        }
        EndpointSpec::Tcp { host, port } => {
            let (host, port) = (label(manifest, host), label(manifest, port));
            format!(
                "may connect to what you enter as \"{host}\" and \"{port}\" and say anything there"
            )
        }
    }
}

fn label<'a>(manifest: &'a Manifest, key: &'a str) -> &'a str {
    let setting = manifest.settings.iter().find(|setting| setting.key == key);
    setting.map_or(key, |setting| setting.label.as_str())
}

fn labels(manifest: &Manifest, endpoints: &[String]) -> String {
    let named: Vec<String> = endpoints
        .iter()
        .filter_map(|name| match manifest.endpoints.get(name)? {
            EndpointSpec::Http { setting, .. } => Some(format!("\"{}\"", label(manifest, setting))),
            EndpointSpec::Tcp { .. } => None,
        })
        .collect();
    named.join(" and ")
}

fn quoted(fields: &[SettingSpec]) -> String {
    let named: Vec<String> = fields.iter().map(|field| format!("\"{}\"", field.label)).collect();
    named.join(" and ")
}

const fn of_role(role: PluginRole) -> &'static str {
    match role {
        PluginRole::Accounts => {
            "may make, change and delete accounts on that server, and is given their new passwords"
        }
        PluginRole::Identity => {
            "may say who somebody is, and is given the passwords typed to sign in there"
        }
        PluginRole::Reset => "may read reset requests that the server writes",
        PluginRole::Notify => "may deliver messages, and is given what they say and to whom",
        PluginRole::AppSession => "may sign apps and devices in and out on that server",
    }
}
