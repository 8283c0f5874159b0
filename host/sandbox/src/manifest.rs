//! The manifest: read out of the component, parsed and checked, before anything is compiled.
//!
//! It is TOML in a custom section `latchkey:manifest`, of the component or of a module inside it. An
//! endpoint that may have a certificate has one setting more than the manifest says: a fingerprint to pin.

use crate::version::Version;
use core::fmt;
use domain::ids::PluginId;
use domain::plugins::{
    ConnectSpec, EndpointSpec, Limits, Manifest, PluginRole, SecretSpec, SettingKind, SettingSpec,
};
use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use std::collections::BTreeMap;
use std::marker::PhantomData;
use wasmparser::{Parser, Payload};

/// The custom section's name.
const SECTION: &str = "latchkey:manifest";
/// The contract this host speaks.
const CONTRACT: &str = "0.1";
/// Bytes of a manifest at most.
const LONGEST: usize = 64 << 10;
/// Entries of any list or table at most.
const MOST: usize = 64;

/// What can be read of a component without compiling it.
pub(crate) struct Outline {
    /// The manifest's text.
    pub(crate) manifest: Option<String>,
    /// The interfaces it imports, in its order.
    pub(crate) imports: Vec<String>,
}

/// Walks the file.
///
/// # Errors
/// A sentence where it is no component, or two manifests are in it.
pub(crate) fn outline(bytes: &[u8]) -> Result<Outline, String> {
    if !Parser::is_component(bytes) {
        let what = if Parser::is_core_wasm(bytes) {
            "it is a WebAssembly module, not a component"
        } else {
            "it is not a WebAssembly component"
        };
        return Err(what.to_owned());
    }
    let broken = |cause: wasmparser::BinaryReaderError| {
        format!("it is damaged at byte {}: {}", cause.offset(), cause.message())
    };
    let mut found = Outline { manifest: None, imports: Vec::new() };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    found.imports.push(import.map_err(broken)?.name.0.to_owned());
                }
            }
            Payload::CustomSection(section) if section.name() == SECTION => {
                let text = std::str::from_utf8(section.data())
                    .map_err(|_cause| "its manifest is not UTF-8".to_owned())?;
                if text.len() > LONGEST {
                    return Err("its manifest is longer than 64 KiB".to_owned());
                }
                if found.manifest.replace(text.to_owned()).is_some() {
                    return Err("it has two manifests".to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Parses and checks a manifest's text.
///
/// # Errors
/// A sentence that names the key.
pub(crate) fn parse(text: &str) -> Result<Manifest, String> {
    let written: Written = toml::from_str(text).map_err(|cause| {
        let line = cause
            .span()
            .map(|span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
        let line = line.map_or_else(String::new, |line| format!(" in line {line}"));
        format!("its manifest is wrong{line}: {}", cause.message())
    })?;
    settle(written).map_err(|why| format!("its manifest is wrong: {why}"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    name: String,
    version: String,
    contract: String,
    #[serde(default)]
    summary: String,
    #[serde(default)]
    license: String,
    #[serde(default)]
    roles: Vec<PluginRole>,
    #[serde(default)]
    endpoint: BTreeMap<String, WrittenEndpoint>,
    #[serde(default)]
    setting: Ordered<WrittenSetting>,
    #[serde(default)]
    secret: Ordered<WrittenSecret>,
    connect: Option<WrittenConnect>,
    #[serde(default)]
    allow: WrittenAllow,
    #[serde(default)]
    limits: WrittenLimits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEndpoint {
    setting: Option<String>,
    schemes: Option<Vec<String>>,
    host: Option<String>,
    port: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSetting {
    #[serde(rename = "type")]
    kind: SettingKind,
    label: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    example: String,
    #[serde(default)]
    required: bool,
    default: Option<String>,
    #[serde(default)]
    options: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSecret {
    label: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    example: String,
    #[serde(default)]
    required: bool,
    #[serde(default, rename = "use")]
    uses: Vec<SecretUse>,
    #[serde(default)]
    endpoints: Vec<String>,
    #[serde(default)]
    reveal: bool,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum SecretUse {
    Http,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenConnect {
    mints: Vec<String>,
    #[serde(default)]
    field: Ordered<WrittenSetting>,
    #[serde(default)]
    sign_in: bool,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenAllow {
    #[serde(default)]
    urls: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct WrittenLimits {
    memory_mib: Option<u32>,
    cpu_ms: Option<u32>,
    call_s: Option<u32>,
}

fn settle(written: Written) -> Result<Manifest, String> {
    let id = PluginId::parse(&written.id).map_err(|cause| format!("id: {cause}"))?;
    short("name", &written.name, 64)?;
    if written.name.trim().is_empty() {
        return Err("name is empty".to_owned());
    }
    short("summary", &written.summary, 300)?;
    short("license", &written.license, 64)?;
    Version::parse(&written.version)
        .ok_or_else(|| format!("version {:?} is not like 1.2.3", written.version))?;
    if written.contract != CONTRACT {
        let asked = &written.contract;
        return Err(format!("contract {asked:?} is not spoken here, {CONTRACT:?} is"));
    }
    let mut settings = settings(written.setting, "setting")?;
    let endpoints = endpoints(written.endpoint, &settings)?;
    let secrets = secrets(written.secret, &endpoints)?;
    for spec in pins(&endpoints) {
        if settings.iter().all(|setting| setting.key != spec.key) {
            settings.push(spec);
        }
    }
    if let Some(twice) = settings.iter().find(|one| secrets.iter().any(|s| s.spec.key == one.key)) {
        return Err(format!("{} is a setting and a secret", twice.key));
    }
    let connect = written.connect.map(|connect| settle_connect(connect, &secrets)).transpose()?;
    at_most("allow.urls", written.allow.urls.len())?;
    for pattern in &written.allow.urls {
        crate::patterns::Pattern::parse(pattern)
            .map_err(|why| format!("allow.urls: {pattern:?} {why}"))?;
    }
    let mut roles = written.roles;
    roles.sort();
    roles.dedup();
    Ok(Manifest {
        id,
        name: written.name,
        version: written.version,
        contract: written.contract,
        summary: written.summary,
        license: written.license,
        roles,
        endpoints,
        settings,
        secrets,
        connect,
        allow_urls: written.allow.urls,
        limits: limits(&written.limits)?,
    })
}

fn limits(written: &WrittenLimits) -> Result<Limits, String> {
    let bounded = |name: &str, value: Option<u32>, default: u32, most: u32| match value {
        None => Ok(default),
        Some(value) if (1..=most).contains(&value) => Ok(value),
        Some(value) => Err(format!("limits.{name} = {value} is not within 1 to {most}")),
    };
    Ok(Limits {
        memory_mib: bounded("memory_mib", written.memory_mib, 48, 64)?,
        cpu_ms: bounded("cpu_ms", written.cpu_ms, 2_000, 10_000)?,
        call_s: bounded("call_s", written.call_s, 30, 60)?,
    })
}

fn settings(written: Ordered<WrittenSetting>, table: &str) -> Result<Vec<SettingSpec>, String> {
    at_most(table, written.0.len())?;
    let settle = |(key, one): (String, WrittenSetting)| {
        let place = format!("{table}.{key}");
        check_key(&place, &key)?;
        short(&place, &one.label, 80)?;
        short(&place, &one.help, 400)?;
        short(&place, &one.example, 200)?;
        at_most(&place, one.options.len())?;
        if (one.kind == SettingKind::Choice) == one.options.is_empty() {
            return Err(format!("{place}: options go with type \"choice\", and only with it"));
        }
        if one.kind == SettingKind::Secret && table == "setting" {
            return Err(format!("{place}: a secret belongs under [secret.{key}]"));
        }
        let spec = SettingSpec {
            key,
            kind: one.kind,
            label: one.label,
            help: one.help,
            example: one.example,
            required: one.required,
            default: one.default,
            options: one.options,
        };
        if let Some(default) = &spec.default {
            crate::values::check_value(&spec, default)
                .map_err(|why| format!("{place}: the default {why}"))?;
        }
        Ok(spec)
    };
    written.0.into_iter().map(settle).collect()
}

fn secrets(
    written: Ordered<WrittenSecret>,
    endpoints: &BTreeMap<String, EndpointSpec>,
) -> Result<Vec<SecretSpec>, String> {
    at_most("secret", written.0.len())?;
    let settle = |(key, one): (String, WrittenSecret)| {
        let place = format!("secret.{key}");
        check_key(&place, &key)?;
        short(&place, &one.label, 80)?;
        short(&place, &one.help, 400)?;
        if let Some(unknown) = one.endpoints.iter().find(|name| !endpoints.contains_key(*name)) {
            return Err(format!("{place}: there is no endpoint {unknown:?}"));
        }
        let is_http =
            |name: &String| matches!(endpoints.get(name), Some(EndpointSpec::Http { .. }));
        if let Some(other) = one.endpoints.iter().find(|name| !is_http(name)) {
            return Err(format!("{place}: secrets are put into HTTP only, and {other:?} is not"));
        }
        // Without the use, naming endpoints would promise something that never happens.
        if one.uses.contains(&SecretUse::Http) == one.endpoints.is_empty() {
            return Err(format!(
                "{place}: use = [\"http\"] goes with endpoints, and only with them"
            ));
        }
        let spec = SettingSpec {
            key,
            kind: SettingKind::Secret,
            label: one.label,
            help: one.help,
            example: one.example,
            required: one.required,
            default: None,
            options: Vec::new(),
        };
        Ok(SecretSpec { spec, endpoints: one.endpoints, reveal: one.reveal })
    };
    written.0.into_iter().map(settle).collect()
}

fn settle_connect(written: WrittenConnect, secrets: &[SecretSpec]) -> Result<ConnectSpec, String> {
    let asks = written.sign_in || !written.field.0.is_empty();
    if written.mints.is_empty() || !asks {
        return Err("connect needs mints, and fields or sign_in".to_owned());
    }
    if written.sign_in && written.field.0.iter().any(|(key, _)| key == ConnectSpec::GRANT) {
        return Err("connect.field.grant is what sign_in answers".to_owned());
    }
    for key in &written.mints {
        if secrets.iter().all(|secret| secret.spec.key != *key) {
            return Err(format!("connect.mints: there is no secret {key:?}"));
        }
    }
    Ok(ConnectSpec {
        mints: written.mints,
        fields: settings(written.field, "connect.field")?,
        sign_in: written.sign_in,
    })
}

fn endpoints(
    written: BTreeMap<String, WrittenEndpoint>,
    settings: &[SettingSpec],
) -> Result<BTreeMap<String, EndpointSpec>, String> {
    at_most("endpoint", written.len())?;
    let settle = |(name, one): (String, WrittenEndpoint)| {
        let place = format!("endpoint.{name}");
        check_key(&place, &name)?;
        let spec = endpoint(&place, one, settings)?;
        Ok((name, spec))
    };
    written.into_iter().map(settle).collect()
}

fn endpoint(
    place: &str,
    written: WrittenEndpoint,
    settings: &[SettingSpec],
) -> Result<EndpointSpec, String> {
    let filled = |key: &String, kind: SettingKind, word: &str| {
        let found = settings.iter().any(|setting| setting.key == *key && setting.kind == kind);
        let why = || format!("{place}: there is no setting {key:?} of type \"{word}\"");
        if found { Ok(()) } else { Err(why()) }
    };
    match (written.setting, written.schemes, written.host, written.port) {
        (Some(setting), Some(schemes), None, None) => {
            filled(&setting, SettingKind::Url, "url")?;
            let known = |scheme: &String| matches!(scheme.as_str(), "https" | "http");
            if schemes.is_empty() || !schemes.iter().all(known) {
                return Err(format!("{place}: schemes are \"https\" and \"http\""));
            }
            Ok(EndpointSpec::Http { setting, schemes })
        }
        (None, None, Some(host), Some(port)) => {
            filled(&host, SettingKind::Text, "text")?;
            filled(&port, SettingKind::Number, "number")?;
            Ok(EndpointSpec::Tcp { host, port })
        }
        _ => Err(format!("{place}: it has either setting and schemes, or host and port")),
    }
}

/// The setting that holds the pin of an endpoint's certificate: `fingerprint`, or with the endpoint's
/// name behind where there are several.
pub(crate) fn pin_key(endpoints: &BTreeMap<String, EndpointSpec>, endpoint: &str) -> String {
    if endpoints.len() == 1 { "fingerprint".to_owned() } else { format!("fingerprint_{endpoint}") }
}

fn pins(endpoints: &BTreeMap<String, EndpointSpec>) -> Vec<SettingSpec> {
    let secured = |endpoint: &EndpointSpec| match endpoint {
        EndpointSpec::Http { schemes, .. } => schemes.iter().any(|one| one == "https"),
        EndpointSpec::Tcp { .. } => true,
    };
    let spec = |name: &String| SettingSpec {
        key: pin_key(endpoints, name),
        kind: SettingKind::Text,
        label: "Certificate fingerprint".to_owned(),
        help:
            "Only for a certificate that no authority vouches for: exactly this one is taken then. \
               The test shows it."
                .to_owned(),
        example: "sha256:5f2d…".to_owned(),
        required: false,
        default: None,
        options: Vec::new(),
    };
    endpoints.iter().filter(|(_, one)| secured(one)).map(|(name, _)| spec(name)).collect()
}

fn check_key(place: &str, key: &str) -> Result<(), String> {
    let fits = (1..=32).contains(&key.len())
        && key.starts_with(|first: char| first.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if fits { Ok(()) } else { Err(format!("{place}: a key is 1 to 32 of a-z, 0-9 and '_'")) }
}

fn short(place: &str, text: &str, most: usize) -> Result<(), String> {
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(format!("{place}: a text is one line of at most {most} characters"));
    }
    Ok(())
}

fn at_most(place: &str, count: usize) -> Result<(), String> {
    if count > MOST { Err(format!("{place}: more than {MOST} entries")) } else { Ok(()) }
}

/// A table in the order it was written.
struct Ordered<T>(Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Table<T> {
            type Value = Ordered<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Ordered<T>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }
        }
        deserializer.deserialize_map(Table(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        id = "media"
        name = "Media"
        version = "1.2.3"
        contract = "0.1"
        roles = ["identity", "accounts"]
        [endpoint.server]
        setting = "url"
        schemes = ["https", "http"]
        [setting.url]
        type = "url"
        label = "Server address"
        required = true
        [setting.about]
        type = "text"
        label = "About"
        [secret.api_key]
        label = "API key"
        use = ["http"]
        endpoints = ["server"]
        [connect]
        mints = ["api_key"]
        [connect.field.user]
        type = "text"
        label = "User"
        [connect.field.password]
        type = "secret"
        label = "Password"
    "#;

    #[test]
    fn a_good_manifest_keeps_its_order_and_gets_defaults() {
        let manifest = parse(GOOD).expect("good");
        let keys: Vec<&str> = manifest.settings.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["url", "about", "fingerprint"]);
        let connect = manifest.connect.expect("connect");
        let keys: Vec<&str> = connect.fields.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["user", "password"]);
        assert_eq!(manifest.limits, Limits { memory_mib: 48, cpu_ms: 2_000, call_s: 30 });
        assert_eq!(manifest.roles, [PluginRole::Accounts, PluginRole::Identity]);
    }

    #[test]
    fn a_wrong_manifest_is_told_where() {
        for (old, new, words) in [
            ("\"media\"", "\"Media!\"", "id: an id is"),
            ("1.2.3", "1.2", "version \"1.2\""),
            ("contract = \"0.1\"", "contract = \"0.2\"", "contract \"0.2\""),
            ("setting = \"url\"", "setting = \"about\"", "no setting \"about\" of type \"url\""),
            ("endpoints = [\"server\"]", "endpoints = [\"other\"]", "no endpoint \"other\""),
            ("endpoints = [\"server\"]", "", "goes with endpoints"),
            ("mints = [\"api_key\"]", "mints = [\"key\"]", "no secret \"key\""),
            ("[\"https\", \"http\"]", "[\"ftp\"]", "schemes are"),
            (
                "setting = \"url\"",
                "host = \"about\"",
                "either setting and schemes, or host and port",
            ),
            ("[setting.about]", "[setting.api_key]", "a setting and a secret"),
            ("required = true", "requird = true", "requird"),
            ("type = \"text\"", "type = \"choice\"", "options go with"),
        ] {
            let error = parse(&GOOD.replacen(old, new, 1)).expect_err(new);
            assert!(error.contains(words), "{new}: {error}");
        }
    }

    #[test]
    fn a_sign_in_stands_for_what_is_typed() {
        let typed = GOOD.split("[connect.field.user]").next().unwrap_or_default();
        assert!(parse(typed).expect_err("asks nothing").contains("fields or sign_in"));
        let signed = parse(&format!("{typed}\nsign_in = true")).expect("good");
        assert!(signed.connect.is_some_and(|connect| connect.sign_in && connect.fields.is_empty()));
        let both = "sign_in = true\n[connect.field.grant]\ntype = \"text\"\nlabel = \"Grant\"";
        let error = parse(&format!("{typed}\n{both}")).expect_err("twice");
        assert!(error.contains("connect.field.grant"), "{error}");
    }

    #[test]
    fn an_endpoint_for_connections_has_a_host_a_port_and_a_fingerprint() {
        let good = r#"
            id = "mail"
            name = "Mail"
            version = "1.0.0"
            contract = "0.1"
            [endpoint.server]
            host = "host"
            port = "port"
            [setting.host]
            type = "text"
            label = "Server"
            [setting.port]
            type = "number"
            label = "Port"
            default = "587"
            [secret.password]
            label = "Password"
            reveal = true
        "#;
        let manifest = parse(good).expect("good");
        let keys: Vec<&str> = manifest.settings.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["host", "port", "fingerprint"]);
        for (old, new, words) in [
            ("host = \"host\"", "host = \"name\"", "no setting \"name\" of type \"text\""),
            ("port = \"port\"", "port = \"host\"", "no setting \"host\" of type \"number\""),
            ("port = \"port\"", "", "either setting and schemes, or host and port"),
            ("port = \"port\"", "schemes = [\"https\"]", "either setting and schemes"),
            (
                "reveal = true",
                "use = [\"http\"]\nendpoints = [\"server\"]",
                "secrets are put into HTTP only",
            ),
        ] {
            let error = parse(&good.replacen(old, new, 1)).expect_err(new);
            assert!(error.contains(words), "{new}: {error}");
        }
    }

    #[test]
    fn what_is_no_component_is_told() {
        assert_eq!(outline(b"").err().as_deref(), Some("it is not a WebAssembly component"));
        assert_eq!(
            outline(b"\0asm\x01\0\0\0").err().as_deref(),
            Some("it is a WebAssembly module, not a component")
        );
        let damaged = b"\0asm\x0d\0\x01\0\x07\xff";
        assert!(outline(damaged).err().is_some_and(|words| words.starts_with("it is damaged")));
    }
}
