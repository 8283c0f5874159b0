//! What `[signin]`, `[[provider]]` and `[admin]` by a provider mean, and that what is not understood is an
//! error with its place rather than a wider rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    reason = "a test may panic"
)]

use domain::providers::{AccessRule, ClaimRule, Provider, ProviderKind};
use domain::settings::{FirstProof, Registration, Source as From};
use jiff::Timestamp;
use latchkey::settings::{self, Loaded, Manifests, Problems, Source};
use std::os::unix::fs::PermissionsExt as _;

const GOOGLE: &str = "[[provider]]\nid = \"google\"\nkind = \"oidc\"\nclient_id = \"latchkey\"\n\
     issuer = \"https://accounts.google.com\"\n";

fn load(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Problems> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("latchkey.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    std::fs::write(folder.path().join("secret"), "very secret\n").unwrap();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let source = Source { file: Some(file), environment, ..Source::default() };
    settings::load(&source, &Manifests::new(), Timestamp::UNIX_EPOCH)
}

fn good(text: &str) -> Loaded {
    load(text, &[]).unwrap_or_else(|problems| panic!("{text}\n{problems}"))
}

fn providers(loaded: &Loaded) -> Vec<Provider> {
    loaded.settled.settings.providers.iter().map(|from| from.provider.clone()).collect()
}

/// The errors, without the folder's name.
fn errors(text: &str) -> String {
    let Err(problems) = load(text, &[]) else { panic!("accepted:\n{text}") };
    let texts = problems.0.iter().map(ToString::to_string);
    let plain = texts.map(|one| {
        let at = one.find("latchkey.toml").unwrap_or_default();
        let head = if one.starts_with("warning") { "warning: " } else { "error: " };
        format!("{head}{}", &one[at..])
    });
    plain.collect::<Vec<_>>().join("\n")
}

fn family() -> ClaimRule {
    ClaimRule { claim: "groups".into(), value: "family".into() }
}

#[test]
fn the_order_of_the_file_is_the_order_of_the_page() {
    let text = format!(
        "{GOOGLE}label = \"Google\"\nclient_secret_file = \"secret\"\n\
         access = {{ rule = \"group\", claim = \"groups\", value = \"family\" }}\n\
         admin = {{ claim = \"groups\", value = \"admins\" }}\n\
         [[provider]]\nid = \"films\"\nkind = \"backend\"\nbackend = \"media\"\n\
         access = {{ rule = \"open\" }}\n\
         [[provider]]\nid = \"nas\"\nkind = \"backend\"\n"
    );
    let loaded = good(&text);
    let all = providers(&loaded);
    let [google, films, nas] = all.as_slice() else { panic!("three") };
    assert_eq!((google.order, films.order, nas.order), (0, 1, 2));
    assert_eq!(google.label, "Google");
    assert_eq!(google.access, AccessRule::Group(family()));
    assert_eq!(google.admin.as_ref().unwrap().value, "admins");
    let ProviderKind::Oidc(issuer) = &google.kind else { panic!("an issuer") };
    assert_eq!(issuer.scopes, ["openid", "profile", "email"]);
    assert_eq!(issuer.client_id, "latchkey");
    let secret = loaded.settled.settings.providers[0].client_secret.as_ref().unwrap();
    assert_eq!(secret.expose(), "very secret");
    assert_eq!((films.issuer(), &films.access), ("media", &AccessRule::Open));
    assert_eq!((nas.issuer(), &nas.access), ("nas", &AccessRule::Known), "the default");
    assert_eq!(loaded.settled.sources["provider.google"], From::File { line: 1 });
    assert_eq!(loaded.warnings, []);
}

#[test]
fn every_rule_is_read_as_it_is_written() {
    for (text, rule) in [
        ("", AccessRule::Known),
        ("access = { rule = \"known\" }", AccessRule::Known),
        ("access = { rule = \"open\" }", AccessRule::Open),
        ("access = { rule = \"approval\" }", AccessRule::Approval),
        (
            "[provider.access]\nrule = \"group\"\nclaim = \"groups\"\nvalue = \"family\"",
            AccessRule::Group(family()),
        ),
        (
            "access = { rule = \"list\", emails = [\"me@example.org\"] }",
            AccessRule::List { emails: vec!["me@example.org".into()], usernames: Vec::new() },
        ),
        (
            "access = { rule = \"list\", usernames = [\"zoe\", \"max\"] }",
            AccessRule::List { emails: Vec::new(), usernames: vec!["zoe".into(), "max".into()] },
        ),
    ] {
        assert_eq!(providers(&good(&format!("{GOOGLE}{text}\n")))[0].access, rule, "{text}");
    }
}

#[test]
fn a_rule_that_is_not_understood_is_an_error_and_never_an_open_door() {
    for (access, wanted) in [
        (
            "{ rule = \"gruop\" }",
            "6:19: provider.google.access.rule: \"gruop\" is not a choice; did you mean \"group\"?",
        ),
        (
            "{ rule = \"everyone\" }",
            "\"everyone\" is not a choice; choose one of known, open, group, list, approval",
        ),
        ("{ rule = \"\" }", "is not a choice"),
        ("{ }", "6:10: provider.google.access.rule: is missing; choose one of"),
        ("{ claim = \"groups\", value = \"x\" }", "provider.google.access.rule: is missing"),
        ("{ rule = \"group\" }", "6:10: provider.google.access.claim: is missing; name the claim"),
        ("{ rule = \"group\", claim = \"groups\" }", "provider.google.access.value: is missing"),
        (
            "{ rule = \"group\", claim = \"groups\", value = \" \" }",
            "6:54: provider.google.access.value: is missing",
        ),
        ("{ rule = \"list\" }", "nobody stands on the list; add emails"),
        (
            "{ rule = \"list\", emails = [] }",
            "6:36: provider.google.access.emails: nobody stands on the list",
        ),
        (
            "{ rule = \"list\", emails = [\"*@example.org\"] }",
            "\"*@example.org\" is no mail address",
        ),
        (
            "{ rule = \"list\", emals = [\"a@b.c\"] }",
            "6:27: provider.google.access.emals: there is no such key; did you mean \"emails\"?",
        ),
        (
            "{ rule = \"open\", value = \"family\" }",
            "6:35: provider.google.access.value: is not looked at by the rule \"open\"",
        ),
        (
            "{ rule = \"known\", emails = [\"a@example.org\"] }",
            "leave it out, or write rule = \"list\"",
        ),
        ("{ rule = true }", "takes one of known, open, group, list, approval, not true or false"),
        ("\"open\"", "provider.google.access: takes a table"),
    ] {
        let told = errors(&format!("{GOOGLE}access = {access}\n"));
        assert!(told.contains(wanted), "{access}\n{told}");
    }
    for (admin, wanted) in [
        ("{ claim = \"groups\" }", "provider.google.admin.value: is missing"),
        ("{ claim = \"\", value = \"admins\" }", "provider.google.admin.claim: is missing"),
        ("{ claim = \"groups\", valeu = \"a\" }", "did you mean \"value\"?"),
        ("{ }", "provider.google.admin.claim: is missing"),
        ("true", "provider.google.admin: takes a table"),
    ] {
        let told = errors(&format!("{GOOGLE}admin = {admin}\n"));
        assert!(told.contains(wanted), "{admin}\n{told}");
    }
}

#[test]
fn an_issuers_mistakes_are_told_with_their_places() {
    let one = |rest: &str| format!("[[provider]]\nid = \"home\"\n{rest}");
    for (text, wanted) in [
        (one(""), "latchkey.toml:1:1: provider.home.kind: is missing; say how it works"),
        (one("kind = \"oauth\""), "3:8: provider.home.kind: \"oauth\" is not a choice"),
        (one("kind = \"oidc\"\nclient_id = \"a\""), "provider.home.issuer: is missing"),
        (
            one("kind = \"oidc\"\nissuer = \"https://a.example\""),
            "provider.home.client_id: is missing",
        ),
        (
            one("kind = \"oidc\"\nclient_id = \"a\"\nissuer = \"http://192.168.1.5\""),
            "5:10: provider.home.issuer: sign-ins would travel in the clear; write https",
        ),
        (
            one("kind = \"oidc\"\nclient_id = \"a\"\nissuer = \"auth.example\""),
            "provider.home.issuer: \"auth.example\" is no URL",
        ),
        (
            one(
                "kind = \"oidc\"\nclient_id = \"a\"\nissuer = \"https://a.example\"\nscopes = [\"a b\"]",
            ),
            "\"a b\" is no scope; write each by itself",
        ),
        (
            one(
                "kind = \"oidc\"\nclient_id = \"a\"\nissuer = \"https://a.example\"\nbackend = \"b\"",
            ),
            "6:11: provider.home.backend: does not belong to kind \"oidc\"",
        ),
        (
            one("kind = \"backend\"\nissuer = \"https://a.example\""),
            "4:10: provider.home.issuer: does not belong to kind \"backend\"",
        ),
        (
            one(
                "kind = \"backend\"\n[[provider]]\nid = \"again\"\nkind = \"backend\"\nbackend = \"home\"",
            ),
            "7:11: provider.again.backend: \"home\" has its rules in provider.home already",
        ),
        (one("kind = \"backend\"\n[[provider]]\nid = \"home\""), "this id is used twice"),
        (
            "[[backend]]\nid = \"google\"\nplugin = \"a\"\n".to_owned() + GOOGLE,
            "5:6: provider.google.id: a [[backend]] is called \"google\" too",
        ),
        (
            "[[backend]]\nid = \"home\"\nplugin = \"a\"\n".to_owned()
                + &one("kind = \"backend\"\nbackend = \"other\""),
            "5:6: provider.home.id: a [[backend]] is called \"home\" too, and this one is for \"other\"",
        ),
        (one("kind = \"backend\"\nadmim = true"), "did you mean \"admin\"?"),
        ("[[provider]]\nkind = \"oidc\"".to_owned(), "provider.id: is missing"),
    ] {
        let told = errors(&text);
        assert!(told.contains(wanted), "{text}\n{told}");
    }
    for id in [
        "local",
        "login-link",
        "token",
        "admin",
        "setup",
        "providers",
        "login",
        "refresh",
        "logout",
        "me",
        "register",
        "second-factor",
        "passkeys",
        "totp",
        "sessions",
        "change-password",
        "factors",
        "recovery-codes",
    ] {
        let told = errors(&format!("[[provider]]\nid = {id:?}\nkind = \"backend\"\n"));
        assert!(told.contains("2:6") && told.contains("is a word of our own addresses"), "{told}");
    }
}

#[test]
fn a_backends_name_that_was_probably_meant_is_told() {
    let text = "[[backend]]\nid = \"films\"\nplugin = \"a\"\n\
                [[provider]]\nid = \"flims\"\nkind = \"backend\"\n";
    let warned =
        good(text).warnings.iter().any(|one| one.message.contains("did you mean \"films\"?"));
    assert!(warned);
}

#[test]
fn a_provider_can_come_from_the_environment_alone() {
    let loaded = load(
        "",
        &[
            ("LATCHKEY_PROVIDER__MY_HOME__KIND", "oidc"),
            ("LATCHKEY_PROVIDER__MY_HOME__ISSUER", "https://auth.example.org/realms/home"),
            ("LATCHKEY_PROVIDER__MY_HOME__CLIENT_ID", "latchkey"),
            ("LATCHKEY_PROVIDER__MY_HOME__CLIENT_SECRET", "very secret"),
            ("LATCHKEY_PROVIDER__MY_HOME__SCOPES", "openid,groups"),
            ("LATCHKEY_PROVIDER__MY_HOME__ACCESS__RULE", "list"),
            ("LATCHKEY_PROVIDER__MY_HOME__ACCESS__EMAILS", "a@example.org, b@example.org"),
            ("LATCHKEY_PROVIDER__MY_HOME__ADMIN", "{ claim = \"groups\", value = \"family\" }"),
            ("LATCHKEY_SIGNIN__LOCAL_LOGIN", "no"),
            ("LATCHKEY_SIGNIN__REGISTRATION", "approval"),
        ],
    );
    let loaded = loaded.unwrap_or_else(|problems| panic!("{problems}"));
    let [home] = &providers(&loaded)[..] else { panic!("one") };
    assert_eq!(home.id.as_str(), "my-home");
    let emails = vec!["a@example.org".to_owned(), "b@example.org".to_owned()];
    assert_eq!(home.access, AccessRule::List { emails, usernames: Vec::new() });
    assert_eq!(home.admin, Some(family()));
    let ProviderKind::Oidc(issuer) = &home.kind else { panic!("an issuer") };
    assert_eq!(issuer.scopes, ["openid", "groups"]);
    let signin = loaded.settled.settings.signin;
    assert_eq!((signin.local, signin.registration), (false, Registration::Approval));
    assert!(matches!(loaded.settled.sources["provider.my-home"], From::Environment { .. }));
    let shown: Vec<_> = loaded.shown.iter().map(|line| (line.key.as_str(), line)).collect();
    let secret = shown.iter().find(|(key, _)| *key == "provider.my-home.client_secret").unwrap();
    assert_eq!(secret.1.value.as_deref(), Some("***"));
    let rule = shown.iter().find(|(key, _)| *key == "provider.my-home.access.rule").unwrap();
    assert_eq!(rule.1.value.as_deref(), Some("\"list\""));
}

#[test]
fn signing_in_is_as_strict_as_it_is_said() {
    let signin = good("").settled.settings.signin;
    assert_eq!((signin.registration, signin.local), (Registration::Off, true));
    assert!(!signin.admins_need_second_factor);
    let text = "[signin]\nregistration = \"open\"\nlocal_login = false\nadmins_need_second_factor = true\n";
    let signin = good(text).settled.settings.signin;
    assert_eq!((signin.registration, signin.local), (Registration::Open, false));
    assert!(signin.admins_need_second_factor);
    let told = errors("[signin]\nregistration = \"opne\"\nlocal_logn = 1\n");
    assert!(
        told.contains("did you mean \"open\"?") && told.contains("did you mean \"local_login\"?")
    );
}

#[test]
fn the_first_admin_may_be_somebody_at_a_provider() {
    let admin = "[admin]\nusername = \"boss\"\nprovider = \"google\"\nsubject = \"1234\"\n";
    let loaded = good(&format!("{admin}{GOOGLE}"));
    let first = loaded.settled.settings.admin.unwrap();
    assert_eq!(first.username.as_str(), "boss");
    let FirstProof::Identity { provider, subject } = first.proof else { panic!("an identity") };
    assert_eq!((provider.as_str(), subject.as_str()), ("google", "1234"));
    for (text, wanted) in [
        (
            admin.to_owned(),
            "3:12: admin.provider: there is no [[provider]] \"google\"; add a [[provider]]",
        ),
        (
            admin.replace("google", "gogle") + GOOGLE,
            "there is no [[provider]] \"gogle\"; did you mean \"google\"?",
        ),
        (
            admin.replace("subject = \"1234\"\n", "") + GOOGLE,
            "3:12: admin.subject: is missing; add the admin's id",
        ),
        (admin.replace("1234", " ") + GOOGLE, "4:11: admin.subject: is missing"),
        (
            admin.replace("username = \"boss\"\n", "") + GOOGLE,
            "admin.username: is missing; add username",
        ),
        (
            admin.replace("provider = \"google\"\n", "") + GOOGLE,
            "admin.password: is missing; add password_file = \"...\" below [admin], or provider and subject",
        ),
        (
            admin.to_owned() + "password = \"correct horse battery\"\n" + GOOGLE,
            "admin.provider: stands beside a password; keep one of the two",
        ),
    ] {
        let told = errors(&text);
        assert!(told.contains(wanted), "{text}\n{told}");
    }
    let told = errors(&format!("{admin}{}", GOOGLE.replace("https", "http")));
    assert!(told.contains("in the clear") && !told.contains("there is no [[provider]]"), "{told}");
}

#[test]
fn the_schema_knows_what_stands_in_a_rule() {
    let schema = settings::schema();
    let rule = "/properties/provider/items/properties/access/properties/rule/enum";
    let words = serde_json::json!(["known", "open", "group", "list", "approval"]);
    assert_eq!(schema.pointer(rule), Some(&words));
    let secret = "/properties/provider/items/properties/client_secret/writeOnly";
    assert_eq!(schema.pointer(secret), Some(&serde_json::json!(true)));
    assert!(schema.pointer("/properties/signin/properties/local_login").is_some());
}

#[test]
fn what_a_later_version_brings_is_known_and_said_to_be_unused() {
    let text = "[server]\nmetrics_listen = \"127.0.0.1:9464\"\n[[app]]\nid = \"movies\"\n\
                url = \"https://movies.example.org\"\n";
    let warnings = good(text).warnings;
    let told: Vec<_> =
        warnings.iter().map(|one| (one.key.as_deref(), one.message.as_str())).collect();
    let unused = "not used by this version";
    assert_eq!(told, [(Some("server.metrics_listen"), unused), (Some("app"), unused)]);
}
