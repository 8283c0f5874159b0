//! What the settings file, the environment and the flags do, and what their errors say.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use domain::backends::SetBy;
use domain::ids::PluginId;
use domain::plugins::{
    ConnectSpec, Limits, Manifest, PluginRole, SecretSpec, SettingKind, SettingSpec,
};
use domain::resets::ResetMail;
use domain::settings::{Dates, SignIn, Source as From, Tls};
use jiff::Timestamp;
use latchkey::settings::{self, Loaded, Manifests, Problems, Source};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// A data folder with a settings file.
struct House {
    folder: tempfile::TempDir,
    source: Source,
}

impl House {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("latchkey.toml");
        std::fs::write(&file, text).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        Self { folder, source: Source { file: Some(file), ..Source::default() } }
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.source.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn load(&self) -> Result<Loaded, Problems> {
        settings::load(&self.source, &manifests(), Timestamp::UNIX_EPOCH)
    }

    fn good(&self) -> Loaded {
        self.load().unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// The whole text of the errors, without the folder's name.
    fn errors(&self) -> String {
        let Err(problems) = self.load() else { panic!("these settings are accepted") };
        problems.to_string().replace(&format!("{}/", self.path().display()), "")
    }

    fn warnings(&self) -> String {
        let loaded = self.good();
        let all: Vec<_> = loaded.warnings.iter().map(ToString::to_string).collect();
        all.join("\n").replace(&format!("{}/", self.path().display()), "")
    }
}

fn spec(key: &str, kind: SettingKind, required: bool) -> SettingSpec {
    SettingSpec {
        key: key.into(),
        kind,
        label: key.into(),
        help: String::new(),
        example: "http://127.0.0.1:8096".into(),
        required,
        default: None,
        options: Vec::new(),
    }
}

/// A plugin that sends.
fn post_office() -> Manifest {
    let secret = SecretSpec {
        spec: spec("password", SettingKind::Secret, false),
        endpoints: Vec::new(),
        reveal: true,
    };
    Manifest {
        id: PluginId::parse("mail-smtp").unwrap(),
        name: "Mail".into(),
        version: "0.1.0".into(),
        contract: "0.1".into(),
        summary: String::new(),
        license: "MIT".into(),
        roles: vec![PluginRole::Notify],
        endpoints: BTreeMap::new(),
        settings: vec![
            SettingSpec {
                example: "smtp.example.org".into(),
                ..spec("host", SettingKind::Text, true)
            },
            spec("port", SettingKind::Number, false),
            SettingSpec {
                options: ["starttls", "tls", "none"].map(str::to_owned).to_vec(),
                ..spec("security", SettingKind::Choice, false)
            },
            spec("username", SettingKind::Text, false),
        ],
        secrets: vec![secret],
        connect: None,
        allow_urls: Vec::new(),
        limits: Limits { memory_mib: 16, cpu_ms: 1000, call_s: 10 },
    }
}

fn manifests() -> Manifests {
    let id = PluginId::parse("jellyfin").unwrap();
    let secret = |key: &str| SecretSpec {
        spec: spec(key, SettingKind::Secret, true),
        endpoints: vec!["server".into()],
        reveal: false,
    };
    let manifest = Manifest {
        id: id.clone(),
        name: "Jellyfin".into(),
        version: "0.1.0".into(),
        contract: "0.1".into(),
        summary: String::new(),
        license: "MIT".into(),
        roles: vec![PluginRole::Accounts],
        endpoints: BTreeMap::new(),
        settings: vec![
            spec("url", SettingKind::Url, true),
            spec("timeout", SettingKind::Number, false),
        ],
        secrets: vec![secret("api_key")],
        connect: Some(ConnectSpec {
            mints: vec!["api_key".into()],
            fields: vec![
                spec("admin_user", SettingKind::Text, true),
                spec("admin_password", SettingKind::Secret, true),
            ],
            sign_in: false,
        }),
        allow_urls: Vec::new(),
        limits: Limits { memory_mib: 16, cpu_ms: 1000, call_s: 10 },
    };
    let post_office = post_office();
    BTreeMap::from([(id, manifest), (post_office.id.clone(), post_office)])
}

#[test]
fn nothing_written_is_a_house_with_defaults() {
    let loaded = House::new("").good();
    let settings = &loaded.settled.settings;
    let listen: Vec<_> = settings.server.listen.iter().map(ToString::to_string).collect();
    assert_eq!(listen, ["0.0.0.0:8443", "[::]:8443"]);
    assert_eq!(settings.server.listen_http.unwrap().to_string(), "0.0.0.0:8080");
    assert_eq!((settings.tls.clone(), settings.signin), (Tls::SelfSigned, SignIn::default()));
    assert_eq!(settings.dates, Dates::default());
    assert!(loaded.settled.sources.is_empty() && loaded.warnings.is_empty());
}

#[test]
fn the_sample_as_it_stands_changes_nothing_and_uncommented_is_right() {
    let sample = settings::sample();
    let as_is = House::new(&sample).good();
    assert!(as_is.settled.sources.is_empty());
    let live: String = sample
        .lines()
        .map(|line| line.strip_prefix("# ").unwrap_or(line))
        .filter(|line| {
            !line.starts_with("  ")
                && (line.starts_with('[') || line.contains(" = "))
                && !line.starts_with("sha256")
        })
        .map(|line| line.replace("/run/secrets/", "") + "\n")
        .collect();
    let house = House::new(&live)
        .file("latchkey_admin", "correct horse battery\n")
        .file("jellyfin_key", "0123456789abcdef\n")
        .file("google_secret", "abcdef0123456789\n")
        .file("smtp_password", "fedcba9876543210\n");
    let loaded = house.good();
    assert_eq!(loaded.warnings, [], "{live}");
    assert_eq!(loaded.settled.settings.backends.len(), 1);
    assert_eq!(loaded.settled.settings.mail.len(), 1);
    assert_eq!(loaded.settled.settings.providers.len(), 1);
    insta::assert_snapshot!(sample);
}

#[test]
fn several_errors_are_told_at_once_with_line_column_and_advice() {
    let house = House::new(
        "[server]\npublc_url = \"https://home.example.org\"\nlisten = 8443\n\
         trusted_proxies = [\"10.0.0.0/8\", \"proxy\"]\n\n[tls]\nmode = \"selfsigned\"\n\n\
         [sever]\nx = 1\n\n[log]\nlisten_http = \"\"\n",
    );
    insta::assert_snapshot!(house.errors(), @r#"
    error: latchkey.toml:2:1: server.publc_url: there is no such key; did you mean "public_url"?
      2 | publc_url = "https://home.example.org"
        | ^^^^^^^^^
    error: latchkey.toml:3:10: server.listen: takes a list of addresses like "0.0.0.0:8443", not a number; put it in quotes
      3 | listen = 8443
        |          ^^^^
    error: latchkey.toml:4:34: server.trusted_proxies: "proxy" is neither an address nor a network; write it like "192.168.1.2" or "10.0.0.0/8"
      4 | trusted_proxies = ["10.0.0.0/8", "proxy"]
        |                                  ^^^^^^^
    error: latchkey.toml:7:8: tls.mode: "selfsigned" is not a choice; did you mean "self-signed"?
      7 | mode = "selfsigned"
        |        ^^^^^^^^^^^^
    error: latchkey.toml:9:2: sever: there is no such section; did you mean "server"?
      9 | [sever]
        |  ^^^^^
    error: latchkey.toml:13:1: log.listen_http: there is no such key; it belongs below [server]
      13 | listen_http = ""
         | ^^^^^^^^^^^
    "#);
}

#[test]
fn broken_toml_points_at_the_place_and_shows_no_secret() {
    let house = House::new("[admin]\nusername = \"a\"\npassword = \"hunter2\n");
    let errors = house.errors();
    assert!(errors.starts_with("error: latchkey.toml:3:"), "{errors}");
    assert!(errors.contains("this is not TOML"), "{errors}");
    assert!(!errors.contains("hunter2"), "{errors}");
}

#[test]
fn wrong_values_say_what_would_be_right() {
    for (text, wanted) in [
        ("[server]\nlisten = [\":8443\"]", "write \"0.0.0.0:8443\" for every network"),
        ("[server]\nlisten = [\"localhost:1\"]", "write \"127.0.0.1:1\""),
        ("[server]\nlisten = [\"10.0.0.1\"]", "add the port"),
        ("[server]\nlisten = []", "the list is empty"),
        ("[server]\npublic_url = \"home.example.org\"", "write it like https://home.example.org"),
        ("[server]\npublic_url = \"ftp://x\"", "neither http nor https"),
        ("[signin]\nsession_life = \"a week\"", "a duration is written like PT24H"),
        (
            "[signin]\nsession_life = \"P100D\"",
            "signin.session_life: is longer than signin.session_end",
        ),
        (
            "[dates]\nzone = \"Berlin\"",
            "there is no time zone \"Berlin\"; write it like Europe/Berlin",
        ),
        ("[dates]\nclock_24h = \"yes\"", "takes true or false, not text"),
        ("[dates]\nformat = \"%!\"", "no date format"),
        ("[admin]\nusername = \"a\"", "admin.password: is missing; add password_file"),
        ("[admin]\nusername = \"a\"\npassword = \"short\"", "is shorter than 8 characters"),
        ("[tls]\nmode = \"acme\"", "\"acme\" is not in this version; use \"files\""),
        ("[tls]\nmode = \"files\"\nkey = \"k\"", "tls.certificate: is missing"),
        ("[tls]\nmode = \"off\"", "plain http on 0.0.0.0:8443 would send passwords in the clear"),
        ("server = 3", "is a number, but it is a section; begin it with a line [server]"),
        ("listen = []", "stands outside of a section; put it below [server]"),
        (
            "[backend]\nid = \"a\"",
            "is written once, but it is a list; begin it with a line [[backend]]",
        ),
        ("[[backend]]\nplugin = \"jellyfin\"", "backend.id: is missing"),
        ("[[backend]]\nid = \"J F\"\nplugin = \"jellyfin\"", "an id is 1 to 32"),
    ] {
        let errors = House::new(text).errors();
        assert!(errors.contains(wanted), "{text}\n{errors}");
    }
}

#[test]
fn mail_methods_are_read_in_the_order_they_are_asked() {
    let house = House::new(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home <home@example.org>\"\n\
         reply_to = \"me@example.org\"\nsettings = { host = \"smtp.example.org\", port = 465, \
         security = \"tls\", password_file = \"pw\" }\n\
         [[mail]]\nid = \"backup\"\nplugin = \"mail-smtp\"\nfrom = \"home@example.org\"\n\
         settings = { host = \"127.0.0.1\" }\n",
    )
    .file("pw", "secret words\n")
    .env("LATCHKEY_MAIL__BACKUP__PORT", "25")
    .env("LATCHKEY_MAIL__BACKUP__FROM", "Backup <b@example.org>");
    let loaded = house.good();
    assert_eq!(loaded.warnings, []);
    let [smtp, backup] = loaded.settled.settings.mail.as_slice() else { panic!("two") };
    assert_eq!(smtp.method.from.to_string(), "Home <home@example.org>");
    assert_eq!(smtp.method.reply_to.as_ref().unwrap().as_str(), "me@example.org");
    assert_eq!((smtp.method.settings["port"].as_str(), smtp.secrets.len()), ("465", 1));
    assert_eq!(smtp.secrets["password"].expose(), "secret words");
    assert_eq!(backup.method.from.to_string(), "Backup <b@example.org>");
    assert_eq!(backup.method.settings["port"], "25");
    assert_eq!(loaded.settled.sources["mail.smtp"], From::File { line: 1 });
    let shown = loaded.shown.iter().find(|line| line.key == "mail.smtp.settings.security");
    assert_eq!(shown.unwrap().value.as_deref(), Some("\"tls\""));
    assert!(loaded.files.contains(&house.path().join("pw")), "a changed secret is a change");
}

#[test]
fn a_mail_method_can_come_from_the_environment_alone() {
    let house = House::new("")
        .env("LATCHKEY_MAIL__SMTP__PLUGIN", "mail-smtp")
        .env("LATCHKEY_MAIL__SMTP__FROM", "home@example.org")
        .env("LATCHKEY_MAIL__SMTP__HOST", "smtp.example.org")
        .env("LATCHKEY_MAIL__SMTP__SETTINGS__USERNAME", "u")
        .env("LATCHKEY_MAIL__SMTP__PASSWORD", "secret words");
    let mail = &house.good().settled.settings.mail[0];
    assert_eq!(mail.method.settings["host"], "smtp.example.org");
    assert_eq!(mail.method.settings["username"], "u");
    assert_eq!(mail.secrets["password"].expose(), "secret words");
}

#[test]
fn a_mail_methods_mistakes_are_told_with_their_places() {
    let house = House::new(
        "[[mail]]\nid = \"smtp\"\nplugin = \"mail-smtp\"\nfrom = \"Home\"\nreply_to = \"me\"\n\
         settings = { hots = \"x\", security = \"ssl\" }\n\
         [[mail]]\nid = \"films\"\nplugin = \"jellyfin\"\n",
    );
    insta::assert_snapshot!(house.errors());
    let word = House::new("[[mail]]\nid = \"outbox\"\nplugin = \"mail-smtp\"\n").errors();
    assert!(word.contains("choose another id"), "{word}");
}

#[test]
fn the_environment_goes_over_the_file_and_flags_over_both() {
    let mut house = House::new(
        "[server]\nlisten = [\"127.0.0.1:1\"]\npublic_url = \"https://file.example\"\n\
         [dates]\nzone = \"Europe/Berlin\"\n",
    )
    .env("LATCHKEY_SERVER__LISTEN", "127.0.0.1:2, [::1]:2")
    .env("LATCHKEY_SERVER__PUBLIC_URL", "https://env.example")
    .env("LATCHKEY_SERVER__LISTEN_HTTP", "")
    .env("LATCHKEY_DATES__CLOCK_24H", "no")
    .env("LATCHKEY_DATES__ZONE", "")
    .env("LATCHKEY_PORT_8443_TCP", "tcp://10.0.0.1:8443")
    .env("PATH", "/bin");
    house.source.listen = vec!["[::1]:3".into()];
    let loaded = house.good();
    let server = &loaded.settled.settings.server;
    assert_eq!(server.listen, ["[::1]:3".parse().unwrap()]);
    assert_eq!(server.listen_http, None);
    assert_eq!(server.public_url.as_ref().unwrap().as_str(), "https://env.example/");
    assert!(!loaded.settled.settings.dates.clock_24h);
    assert_eq!(loaded.settled.settings.dates.zone, "Europe/Berlin", "an empty variable is unset");
    let sources = &loaded.settled.sources;
    assert_eq!(sources["server.listen"], From::Flag);
    assert_eq!(
        sources["server.public_url"],
        From::Environment { name: "LATCHKEY_SERVER__PUBLIC_URL".into() }
    );
    assert_eq!(sources["dates.zone"], From::File { line: 5 });
    assert_eq!(sources.get("log.level"), None);
}

#[test]
fn misspelt_variables_are_told_with_the_right_name() {
    for (name, wanted) in [
        (
            "LATCHKEY_SERVER_PUBLIC_URL",
            "one underscore is missing; write LATCHKEY_SERVER__PUBLIC_URL",
        ),
        ("LATCHKEY_SEVER__LISTEN", "did you mean LATCHKEY_SERVER__LISTEN?"),
        ("LATCHKEY_SERVER__LISTN", "did you mean \"listen\"?"),
        ("LATCHKEY_BACKEND__JELLYFIN", "write LATCHKEY_BACKEND__<ID>__<KEY>"),
    ] {
        let errors = House::new("").env(name, "x").errors();
        assert!(errors.contains(wanted) && errors.contains(name), "{errors}");
    }
}

#[test]
fn a_backend_can_come_from_the_environment_alone() {
    let house = House::new("").file("key", "abc123\n");
    let key = house.path().join("key").display().to_string();
    let house = house
        .env("LATCHKEY_BACKEND__MY_FILMS__PLUGIN", "jellyfin")
        .env("LATCHKEY_BACKEND__MY_FILMS__SETTINGS__URL", "http://127.0.0.1:8096")
        .env("LATCHKEY_BACKEND__MY_FILMS__TIMEOUT", "5")
        .env("LATCHKEY_BACKEND__MY_FILMS__API_KEY_FILE", &key);
    let loaded = house.good();
    let backend = &loaded.settled.settings.backends[0];
    assert_eq!(backend.backend.id.as_str(), "my-films");
    assert_eq!(backend.backend.settings["url"], "http://127.0.0.1:8096");
    assert_eq!(backend.backend.settings["timeout"], "5");
    assert_eq!(backend.secrets["api_key"].expose(), "abc123");
    assert!(loaded.files.contains(&PathBuf::from(key)), "a changed secret is a change");
    assert!(loaded.settled.sources.contains_key("backend.my-films"));
}

#[test]
fn a_backends_keys_are_checked_against_its_plugin() {
    let house = House::new(
        "[[backend]]\nid = \"jellyfin\"\nplugin = \"jellyfin\"\n\
         settings = { ulr = \"http://x\", timeout = \"soon\", api_key_file = \"nowhere\" }\n",
    );
    insta::assert_snapshot!(house.errors(), @r#"
    error: latchkey.toml:4:14: backend.jellyfin.settings.ulr: the plugin "jellyfin" has no such setting; did you mean "url"?
      4 | settings = { ulr = "http://x", timeout = "soon", api_key_file = "nowhere" }
        |              ^^^
    error: latchkey.toml:4:42: backend.jellyfin.settings.timeout: "soon" is no whole number; write digits only
      4 | settings = { ulr = "http://x", timeout = "soon", api_key_file = "nowhere" }
        |                                          ^^^^^^
    error: latchkey.toml:4:65: backend.jellyfin.settings.api_key_file: could not read nowhere: No such file or directory (os error 2); create it or correct the path
      4 | settings = { ulr = "http://x", timeout = "soon", api_key_file = "nowhere" }
        |                                                                 ^^^^^^^^^
    error: latchkey.toml:4:12: backend.jellyfin.settings.url: is missing; add it, as in url = "http://127.0.0.1:8096"
      4 | settings = { ulr = "http://x", timeout = "soon", api_key_file = "nowhere" }
        |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    "#);
}

#[test]
fn what_makes_a_key_once_is_kept_apart() {
    let house = House::new(
        "[[backend]]\nid = \"jellyfin\"\nplugin = \"jellyfin\"\n[backend.settings]\n\
         url = \"http://127.0.0.1:8096\"\nadmin_user = \"root\"\nadmin_password_file = \"pw\"\n",
    )
    .file("pw", "secret words");
    let loaded = house.good();
    let backend = &loaded.settled.settings.backends[0];
    assert!(backend.secrets.is_empty());
    assert_eq!(backend.connect["admin_user"].expose(), "root");
    assert_eq!(backend.connect["admin_password"].expose(), "secret words");
}

#[test]
fn a_plugin_that_is_not_installed_is_a_warning() {
    let house = House::new(
        "[[backend]]\nid = \"films\"\nplugin = \"jelyfin\"\nsettings = { url = \"x\", api_key = \"s\" }\n",
    );
    let loaded = house.good();
    let backend = &loaded.settled.settings.backends[0];
    assert_eq!(backend.secrets["api_key"].expose(), "s", "what looks like a secret is one");
    let warning = loaded.warnings[0].to_string();
    assert!(warning.contains("no plugin \"jelyfin\" is installed; did you mean \"jellyfin\"?"));
}

#[test]
fn a_file_with_a_secret_is_for_its_owner_only() {
    let house = House::new("[admin]\nusername = \"a\"\npassword = \"long enough words\"\n");
    assert_eq!(house.warnings(), "");
    let file = house.path().join("latchkey.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let warning = house.warnings();
    assert!(
        warning.contains("holds a secret and can be read by others; run: chmod 600"),
        "{warning}"
    );
    let without = House::new("[log]\nlevel = \"debug\"\n");
    let file = without.path().join("latchkey.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(without.warnings(), "", "no secret, no warning");
}

#[test]
fn values_are_shown_with_their_source_and_without_secrets() {
    let house = House::new(
        "[admin]\nusername = \"a\"\npassword = \"hunter2hunter2\"\n\
         [[backend]]\nid = \"jellyfin\"\nplugin = \"jellyfin\"\n\
         settings = { url = \"http://127.0.0.1\", api_key = \"hunter3\" }\n",
    )
    .env("LATCHKEY_LOG__LEVEL", "debug");
    let shown: String = house
        .good()
        .shown
        .iter()
        .filter(|line| {
            ["admin.", "backend.", "log."].iter().any(|start| line.key.starts_with(start))
        })
        .map(|line| {
            format!(
                "{} = {} ({})\n",
                line.key,
                line.value.as_deref().unwrap_or("-"),
                line.source_words()
            )
        })
        .collect();
    insta::assert_snapshot!(shown, @r#"
    admin.username = "a" (file, line 2)
    admin.password = *** (file, line 3)
    admin.provider = - (not set)
    admin.subject = - (not set)
    log.level = "debug" (LATCHKEY_LOG__LEVEL)
    log.format = "text" (default)
    backend.jellyfin.label = - (not set)
    backend.jellyfin.plugin = "jellyfin" (file, line 6)
    backend.jellyfin.public_url = - (not set)
    backend.jellyfin.settings.url = "http://127.0.0.1" (file, line 7)
    backend.jellyfin.settings.api_key = *** (file, line 7)
    "#);
}

#[test]
fn a_file_named_on_the_command_line_must_exist() {
    let mut house = House::new("");
    house.source.file = Some(house.path().join("other.toml"));
    assert!(house.load().is_ok(), "the default file may be absent");
    house.source.file_must_exist = true;
    let errors = house.errors();
    assert_eq!(
        errors,
        "error: other.toml: there is no such file; `latchkey config init` writes a sample"
    );
}

#[test]
fn consent_by_file_is_a_hash() {
    let hash = "ab".repeat(32);
    let house = House::new(&format!("[plugins.example]\nsha256 = \"{}\"\n", hash.to_uppercase()));
    assert_eq!(house.good().settled.settings.plugin_consent["example"], hash);
    let errors = House::new("[plugins.example]\nsha256 = \"abc\"\n").errors();
    assert!(errors.contains("plugins.example.sha256: this is no SHA-256"), "{errors}");
}

#[test]
fn the_schema_knows_every_key_and_its_default() {
    let schema = settings::schema();
    let server = &schema["properties"]["server"]["properties"];
    assert_eq!(server["listen"]["default"], serde_json::json!(["0.0.0.0:8443", "[::]:8443"]));
    assert_eq!(schema["properties"]["tls"]["properties"]["mode"]["enum"][1], "files");
    assert!(schema["properties"]["admin"]["properties"]["password_file"].is_object());
    assert_eq!(schema["properties"]["backend"]["items"]["required"][0], "id");
}

const WATCH: &str = "[[reset_watch]]\nbackend = \"jellyfin\"\ndirectory = \"/var/lib/jellyfin\"\n";

#[test]
fn a_watched_folder_is_settled_with_its_defaults() {
    let loaded = House::new(WATCH).good();
    let watch = &loaded.settled.settings.reset_watches[0];
    assert_eq!(watch.backend.as_str(), "jellyfin");
    assert_eq!(watch.directory, Path::new("/var/lib/jellyfin"));
    assert_eq!((watch.poll_seconds, watch.mail), (0, ResetMail::Both));
    assert_eq!(watch.set_by, SetBy::File);
    assert_eq!(loaded.settled.sources["reset_watch.jellyfin"], From::File { line: 1 });
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let shown: Vec<_> = loaded.shown.iter().map(|shown| shown.key.as_str()).collect();
    assert!(shown.contains(&"reset_watch.jellyfin.directory"), "{shown:?}");
    assert!(!shown.contains(&"reset_watch.jellyfin.backend"), "{shown:?}");
}

#[test]
fn a_watched_folder_can_come_from_the_environment() {
    let house = House::new(WATCH)
        .env("LATCHKEY_RESET_WATCH__JELLYFIN__POLL_SECONDS", "5")
        .env("LATCHKEY_RESET_WATCH__OTHER__DIRECTORY", "/srv/other")
        .env("LATCHKEY_RESET_WATCH__OTHER__MAIL", "link");
    let watches = house.good().settled.settings.reset_watches;
    assert_eq!(watches.len(), 2);
    assert_eq!((watches[0].poll_seconds, watches[0].mail), (5, ResetMail::Both));
    assert_eq!((watches[1].backend.as_str(), watches[1].mail), ("other", ResetMail::Link));
    assert_eq!(watches[1].directory, Path::new("/srv/other"));
}

#[test]
fn what_is_wrong_with_a_watched_folder_is_named_with_its_place() {
    for (text, wanted) in [
        ("[[reset_watch]]\ndirectory = \"/d\"\n", "1:1: reset_watch.backend: is missing"),
        ("[[reset_watch]]\nbackend = \"j\"\n", "1:1: reset_watch.j.directory: is missing"),
        (
            "[[reset_watch]]\nbackend = \"j\"\ndirectory = \"\"\n",
            "3:13: reset_watch.j.directory: is empty",
        ),
        (
            "[[reset_watch]]\nbackend = \"j\"\ndirectory = \"/d\"\npoll_seconds = -1\n",
            "4:16: reset_watch.j.poll_seconds",
        ),
        (
            "[[reset_watch]]\nbackend = \"j\"\ndirectory = \"/d\"\nmail = \"bot\"\n",
            "did you mean \"both\"?",
        ),
        (
            "[[reset_watch]]\nbackend = \"j\"\ndirectory = \"/d\"\npoll_second = 1\n",
            "did you mean \"poll_seconds\"?",
        ),
        (
            "[[reset_watch]]\nbackend = \"j\"\ndirectory = \"/d\"\n[[reset_watch]]\nbackend = \"j\"\ndirectory = \"/e\"\n",
            "this is written twice",
        ),
    ] {
        let errors = House::new(text).errors();
        assert!(errors.contains(wanted), "{text}: {errors}");
    }
}
