//! The one table of keys: parsing, `config show`, the sample, the JSON Schema and the defaults all
//! come from here.
//!
//! Defaults and samples are TOML text that goes through the same parser as the file.

use crate::settings::kind::Kind;
use domain::providers::drafts::RULES;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    /// As it is written.
    pub(crate) name: &'static str,
    /// What it takes.
    pub(crate) kind: Kind,
    /// What holds where nobody sets it, as TOML.
    pub(crate) default: Option<&'static str>,
    /// What stands in the sample, as TOML.
    pub(crate) sample: &'static str,
    /// What it does, in one or two sentences.
    pub(crate) doc: &'static str,
    /// Whether this version uses it.
    pub(crate) used: bool,
    /// Whether it takes the place of other keys of its section: the sample shows it aside.
    pub(crate) instead: bool,
}

/// How often a section may stand in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `[name]`, once.
    Table,
    /// `[[name]]`, any number, each with a key of its own ([`Section::identity`]).
    List,
    /// `[name.ID]`, any number.
    Named,
}

/// One section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Section {
    /// As it is written.
    pub(crate) name: &'static str,
    /// How often.
    pub(crate) shape: Shape,
    /// What it is for.
    pub(crate) doc: &'static str,
    /// Whether this version uses it.
    pub(crate) used: bool,
    /// Its keys.
    pub(crate) keys: &'static [Key],
}

impl Section {
    /// The key of that name.
    #[must_use]
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }

    /// The key that tells one table of a list from the others: its `id`, else what it belongs to.
    #[must_use]
    pub(crate) fn identity(&self) -> &'static str {
        let ids = self.keys.iter().filter(|key| key.kind == Kind::Id).map(|key| key.name);
        if self.key("id").is_some() { "id" } else { ids.into_iter().next().unwrap_or("id") }
    }
}

/// The section of that name.
#[must_use]
pub(crate) fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// The keys of a table within a table, by the name its kind has for it.
#[must_use]
pub(crate) fn inner(name: &str) -> Option<&'static Section> {
    match name {
        "access" => Some(&ACCESS),
        "admin claim" => Some(&ADMIN_CLAIM),
        _ => None,
    }
}

const fn key(name: &'static str, kind: Kind, sample: &'static str, doc: &'static str) -> Key {
    Key { name, kind, default: None, sample, doc, used: true, instead: false }
}

const fn with_default(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, kind, default: Some(default), sample: default, doc, used: true, instead: false }
}

const fn instead(name: &'static str, kind: Kind, sample: &'static str, doc: &'static str) -> Key {
    Key { name, kind, default: None, sample, doc, used: true, instead: true }
}

const fn later(name: &'static str, kind: Kind, sample: &'static str, doc: &'static str) -> Key {
    Key { name, kind, default: None, sample, doc, used: false, instead: false }
}

const fn table(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Section {
    Section { name, shape: Shape::Table, doc, used: true, keys }
}

const fn later_list(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Section {
    Section { name, shape: Shape::List, doc, used: false, keys }
}

/// Every section, in the order of the sample.
pub(crate) const SECTIONS: &[Section] = &[
    table("server", "Where Latchkey listens and what it is called.", SERVER),
    table("tls", "How connections are protected.", TLS),
    table("admin", "Unattended set-up; without it the wizard asks for the setup code.", ADMIN),
    table("log", "What is written to standard error.", LOG),
    table(
        "signin",
        "Who may sign in by a local password, and how long people stay signed in.",
        SIGNIN,
    ),
    Section {
        name: "backend",
        shape: Shape::List,
        doc: "A media server or NAS, reached through a plugin.",
        used: true,
        keys: BACKEND,
    },
    Section {
        name: "provider",
        shape: Shape::List,
        doc: "A further sign-in method; the order is that of the page. Backends are there by themselves.",
        used: true,
        keys: PROVIDER,
    },
    Section {
        name: "mail",
        shape: Shape::List,
        doc: "A way to send mail, through a plugin. Where there are several, the first is asked first.",
        used: true,
        keys: MAIL,
    },
    Section {
        name: "reset_watch",
        shape: Shape::List,
        doc: "A folder where a backend leaves a file when somebody forgot a password.",
        used: true,
        keys: RESET_WATCH,
    },
    table("texts", "Words of the house, shown to its people.", TEXTS),
    table("dates", "How dates and times are shown.", DATES),
    later_list("app", "A web application behind forward-auth.", APP),
    later_list("client", "A native application that signs in through Latchkey.", CLIENT),
    Section {
        name: "plugins",
        shape: Shape::Named,
        doc: "Consent by file instead of by page: the component with exactly this hash may run.",
        used: true,
        keys: PLUGINS,
    },
];

const SERVER: &[Key] = &[
    key(
        "public_url",
        Kind::Url,
        r#""https://home.example.org""#,
        "What links are made of. May have a path: https://example.org/latchkey.",
    ),
    with_default(
        "other_urls",
        Kind::Urls,
        "[]",
        "Further names of the same instance: its LAN address, where the router cannot loop back.",
    ),
    with_default(
        "listen",
        Kind::Addresses,
        r#"["0.0.0.0:8443", "[::]:8443"]"#,
        "Where it listens. An IPv6 socket takes IPv6 only. Applied without a restart.",
    ),
    with_default(
        "listen_http",
        Kind::OptionalAddress,
        r#""0.0.0.0:8080""#,
        "Sends browsers on to https; \"\" turns it off. The default holds only where `listen` is left to its default too.",
    ),
    with_default(
        "trusted_proxies",
        Kind::Networks,
        "[]",
        "Addresses or networks of reverse proxies, whose Forwarded headers count.",
    ),
    later(
        "metrics_listen",
        Kind::OptionalAddress,
        r#""127.0.0.1:9464""#,
        "Where metrics are served.",
    ),
];

const TLS: &[Key] = &[
    with_default(
        "mode",
        Kind::Choice(&["self-signed", "files", "acme", "off"]),
        r#""self-signed""#,
        "self-signed: a certificate of our own making. files: yours. acme: not in this version. off: plain http, only on loopback or behind a trusted proxy.",
    ),
    key(
        "certificate",
        Kind::Path,
        r#""/etc/ssl/home.pem""#,
        "For files: the chain as PEM, leaf first. Watched and swapped without a restart.",
    ),
    key("key", Kind::Path, r#""/etc/ssl/home.key""#, "For files: the private key as PEM."),
    later("acme_email", Kind::Text, r#""me@example.org""#, "Whom the authority may write to."),
    later(
        "acme_directory",
        Kind::Url,
        r#""https://acme-v02.api.letsencrypt.org/directory""#,
        "The authority.",
    ),
    later(
        "acme_domains",
        Kind::Texts,
        "[]",
        "Names to ask for; the host of public_url by default.",
    ),
    later(
        "acme_challenge",
        Kind::Choice(&["tls-alpn-01", "http-01", "dns-01"]),
        r#""tls-alpn-01""#,
        "How control over the name is proved.",
    ),
    later("acme_root", Kind::Path, r#""""#, "A further root for a private authority."),
];

const ADMIN: &[Key] = &[
    key("username", Kind::Username, r#""admin""#, "The first admin's name."),
    key(
        "password",
        Kind::Secret,
        r#""/run/secrets/latchkey_admin""#,
        "The first admin's password, at least 8 characters. Used once, while nobody is admin yet.",
    ),
    instead(
        "provider",
        Kind::Id,
        r#""google""#,
        "Instead of a password: the id of the [[provider]] that vouches for the admin.",
    ),
    instead("subject", Kind::Text, r#""1234""#, "The admin's id (`sub`) at that provider."),
];

const LOG: &[Key] = &[
    with_default(
        "level",
        Kind::Choice(&["error", "warn", "info", "debug", "trace"]),
        r#""info""#,
        "How much is said.",
    ),
    with_default(
        "format",
        Kind::Choice(&["text", "json"]),
        r#""text""#,
        "text for people, json for machines: one object a line.",
    ),
];

const SIGNIN: &[Key] = &[
    with_default(
        "registration",
        Kind::Choice(&["off", "approval", "open"]),
        r#""off""#,
        "Whether strangers may make a local account: no, once an admin approves, or at once.",
    ),
    with_default(
        "local_login",
        Kind::Flag,
        "true",
        "Whether local passwords open anything. Where not, `latchkey admin login-link` still lets an admin in.",
    ),
    with_default(
        "admins_need_second_factor",
        Kind::Flag,
        "false",
        "Whether an admin can do an admin's work only with a second factor.",
    ),
    with_default(
        "access_token_life",
        Kind::Duration,
        r#""PT1H""#,
        "How long a program's access token is good.",
    ),
    with_default(
        "session_life",
        Kind::Duration,
        r#""P7D""#,
        "How long a session lasts after its last use, where \"keep me signed in\" is ticked.",
    ),
    with_default("session_end", Kind::Duration, r#""P90D""#, "How long a session lasts at most."),
];

const BACKEND: &[Key] = &[
    key(
        "id",
        Kind::Id,
        r#""jellyfin""#,
        "Your name for it: a-z, 0-9 and -, beginning with a letter.",
    ),
    key(
        "label",
        Kind::Text,
        r#""Films and series""#,
        "What people read; the plugin's name by default.",
    ),
    key(
        "plugin",
        Kind::Id,
        r#""jellyfin""#,
        "The plugin that speaks to it; see `latchkey plugin list`.",
    ),
    key(
        "public_url",
        Kind::Url,
        r#""https://media.example.org""#,
        "Where people reach it: on success pages, in app sign-in.",
    ),
    key(
        "settings",
        Kind::Table,
        r#"{ url = "http://127.0.0.1:8096", api_key_file = "/run/secrets/jellyfin_key" }"#,
        "The plugin's own settings and secrets; see `latchkey plugin inspect jellyfin`. Instead of a key, used once to make one: admin_user, admin_password_file.",
    ),
];

const PROVIDER: &[Key] = &[
    key(
        "id",
        Kind::Id,
        r#""google""#,
        "Your name for it, part of the callback URL: <public_url>/api/auth/google/callback.",
    ),
    key(
        "kind",
        Kind::Choice(&["oidc", "backend"]),
        r#""oidc""#,
        "oidc: an OpenID Connect issuer. backend: rules for a backend that signs people in.",
    ),
    key("label", Kind::Text, r#""Google""#, "What its button says; the issuer's host by default."),
    key(
        "issuer",
        Kind::Url,
        r#""https://accounts.google.com""#,
        "The issuer: https, or http on this machine.",
    ),
    key("client_id", Kind::Text, r#""1234.apps.example.org""#, "Latchkey's name there."),
    key(
        "client_secret",
        Kind::Secret,
        r#""/run/secrets/google_secret""#,
        "Latchkey's secret there.",
    ),
    key(
        "scopes",
        Kind::Texts,
        r#"["openid", "profile", "email"]"#,
        "What is asked for; these three by default.",
    ),
    instead(
        "backend",
        Kind::Id,
        r#""jellyfin""#,
        "For kind backend, instead of an issuer: the id of the backend; the same id by default.",
    ),
    key(
        "access",
        Kind::Inner("access"),
        r#"{ rule = "group", claim = "groups", value = "family" }"#,
        "Who may come in. known, the default: who signed up or was adopted. open: everybody there. group: whose claim has a value. list: emails = [\"...\"], usernames = [\"...\"]; only addresses that the provider calls verified count. approval: whom an admin approves.",
    ),
    key(
        "admin",
        Kind::Inner("admin claim"),
        r#"{ claim = "groups", value = "admins" }"#,
        "Whose claim has that value is an admin, looked at anew at each sign-in, up and down.",
    ),
];

/// `access = { .. }` of a provider.
pub(crate) static ACCESS: Section = table(
    "access",
    "Who may come in.",
    &[
        key("rule", Kind::Choice(RULES), r#""known""#, "Which rule."),
        key("claim", Kind::Text, r#""groups""#, "Of group: the claim's name."),
        key("value", Kind::Text, r#""family""#, "Of group: the value."),
        key("emails", Kind::Texts, r#"["me@example.org"]"#, "Of list: verified addresses."),
        key("usernames", Kind::Texts, r#"["me"]"#, "Of list: names at the provider."),
    ],
);

/// `admin = { .. }` of a provider.
pub(crate) static ADMIN_CLAIM: Section = table(
    "admin",
    "Who is an admin.",
    &[
        key("claim", Kind::Text, r#""groups""#, "The claim's name."),
        key("value", Kind::Text, r#""admins""#, "The value."),
    ],
);

const MAIL: &[Key] = &[
    key("id", Kind::Id, r#""smtp""#, "Your name for it."),
    key("plugin", Kind::Id, r#""mail-smtp""#, "The plugin that sends."),
    key("from", Kind::Text, r#""Home <home@example.org>""#, "Whom mail is from."),
    key("reply_to", Kind::Text, r#""""#, "Who is answered, where that is somebody else."),
    key(
        "settings",
        Kind::Table,
        r#"{ host = "smtp.example.org", port = 587, security = "starttls", username = "home@example.org", password_file = "/run/secrets/smtp_password" }"#,
        "The plugin's own settings and secrets; see `latchkey plugin inspect mail-smtp`.",
    ),
];

const RESET_WATCH: &[Key] = &[
    key("backend", Kind::Id, r#""jellyfin""#, "Whose files these are: the id of a backend."),
    key(
        "directory",
        Kind::Path,
        r#""/var/lib/jellyfin""#,
        "The folder, as this program sees it; reading is enough.",
    ),
    with_default(
        "poll_seconds",
        Kind::Integer,
        "0",
        "Seconds between two looks, at most 3600. 0: chosen by the file system.",
    ),
    with_default(
        "mail",
        Kind::Choice(&["link", "pin", "both"]),
        r#""both""#,
        "What the mail brings: a link to choose a new password here, the backend's PIN, or both.",
    ),
];

const TEXTS: &[Key] = &[
    with_default("contact", Kind::Text, r#""""#, "On every page but the admin's."),
    with_default("help", Kind::Text, r#""""#, "On the sign-up page."),
    with_default("success", Kind::Text, r#""""#, "On the page after a sign-up."),
    with_default("mail_footer", Kind::Text, r#""""#, "Below every mail."),
];

const DATES: &[Key] = &[
    with_default("format", Kind::DateFormat, r#""%-d %b %Y""#, "A date, in strftime's letters."),
    with_default("clock_24h", Kind::Flag, "true", "17:30, or 5:30 pm."),
    with_default("zone", Kind::Zone, r#""UTC""#, "The time zone's IANA name, like Europe/Berlin."),
    with_default("language", Kind::Language, r#""en""#, "The language's BCP 47 tag."),
];

const APP: &[Key] = &[
    later("id", Kind::Id, r#""movies""#, "Your name for it."),
    later("url", Kind::Url, r#""https://movies.example.org""#, "Where it is."),
    later("allow", Kind::Table, r#"{ members_of = ["plex"] }"#, "Who may use it."),
];

const CLIENT: &[Key] = &[
    later("id", Kind::Text, r#""org.example.player""#, "Its own id."),
    later("name", Kind::Text, r#""Player""#, "What people read."),
    later(
        "redirect_uris",
        Kind::Texts,
        r#"["http://127.0.0.1/*"]"#,
        "Where it may be sent back to.",
    ),
];

const PLUGINS: &[Key] = &[key(
    "sha256",
    Kind::Sha256,
    r#""...""#,
    "The component's SHA-256, as `plugin inspect` prints it.",
)];
