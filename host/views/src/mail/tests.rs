//! Mails as people get them, and what becomes of templates that are wrong.

use super::*;
use crate::catalogue::Catalogue;
use crate::dates::{Clock, DateStyle};

fn style() -> MailStyle {
    let dates = DateStyle::new("%-d %B %Y", Clock::Hours24, "Europe/Berlin").unwrap();
    MailStyle { lang: "en".to_owned(), dates }
}

fn built_in() -> MailTemplates {
    MailTemplates::builtin().unwrap()
}

fn sample(kind: MailKind, name: &str) -> MailContext {
    samples::of(kind).into_iter().find(|sample| sample.name == name).unwrap().context
}

fn every() -> Vec<(String, MailContext, Rendered)> {
    let samples = MailKind::ALL.into_iter().flat_map(samples::of);
    samples
        .map(|sample| {
            let name = format!("{}-{}", sample.context.kind(), sample.name);
            let rendered = built_in().render(&sample.context, &style());
            let rendered = rendered.unwrap_or_else(|problem| panic!("{name}: {problem}"));
            (name, sample.context, rendered)
        })
        .collect()
}

fn text(source: &str) -> Source {
    Source { text: Some(source.to_owned()), ..Source::default() }
}

fn subject(source: &str) -> Source {
    Source { subject: Some(source.to_owned()), ..Source::default() }
}

fn mjml(inside: &str) -> Source {
    let whole = format!(
        "<mjml><mj-body><mj-section><mj-column>\n{inside}\n</mj-column></mj-section></mj-body></mjml>"
    );
    Source { mjml: Some(whole), ..Source::default() }
}

fn refused(kind: MailKind, source: Source) -> TemplateProblem {
    built_in().with_override(kind, source).unwrap_err()
}

#[test]
fn mails_as_people_get_them() {
    for (name, _, mail) in every() {
        insta::assert_snapshot!(
            format!("{name}-text"),
            format!("{}\n\n{}", mail.subject, mail.text)
        );
    }
    let (_, _, mail) = every().into_iter().find(|(name, ..)| name == "reset-link-and-pin").unwrap();
    insta::assert_snapshot!("reset-link-and-pin-html", mail.html);
}

#[test]
fn every_built_in_mail_keeps_the_rules_for_overrides() {
    for kind in MailKind::ALL {
        for source in [builtin::source(kind), built_in().source_in_words(kind, "en")] {
            built_in().with_override(kind, source).unwrap_or_else(|problem| panic!("{problem}"));
        }
    }
}

#[test]
fn words_and_texts_make_the_same_mail() {
    for (name, context, mail) in every() {
        let words = built_in().source_in_words(context.kind(), "en");
        for part in Part::ALL {
            let source = words.part(part).unwrap();
            let left = source.matches("t('").count();
            let allowed = usize::from(part == Part::Mjml && source.contains("dir=\"{{ t('"));
            assert_eq!(left, allowed, "{name}: {source}");
        }
        let same = built_in().with_override(context.kind(), words).unwrap();
        assert_eq!(same.render(&context, &style()).unwrap(), mail, "{name}");
    }
}

#[test]
fn nothing_secret_shows_on_a_locked_screen() {
    for (name, context, mail) in every() {
        let preview = mail.html.split("opacity:0;overflow:hidden;\">").nth(1).unwrap();
        let preview = preview.split("</div>").next().unwrap();
        assert!(preview.len() > 10, "{name}: {preview}");
        for secret in context.secrets() {
            assert!(!mail.subject.contains(secret) && !preview.contains(secret), "{name}");
            let invite_code = context.kind() == MailKind::Invite && !secret.contains('/');
            assert!(invite_code || mail.text.contains(secret), "{name}");
            assert!(invite_code || mail.html.contains(secret), "{name}");
        }
    }
}

#[test]
fn nothing_is_fetched_and_nothing_is_traced() {
    for (name, _, mail) in every() {
        for remote in ["<img", "<link", "@import", "url(", "<script", "http-equiv=\"refresh\""] {
            assert!(!mail.html.contains(remote), "{name}: {remote}");
        }
        let named = mail.html.split("\"http").skip(1).map(|rest| rest.split('"').next().unwrap());
        let strange =
            named.filter(|url| !url.contains(".example") && !url.starts_with("://www.w3.org/"));
        assert_eq!(strange.collect::<Vec<_>>(), Vec::<&str>::new(), "{name}");
        assert!(!mail.html.contains("none</") && !mail.html.contains("{{"), "{name}");
    }
}

#[test]
fn lines_fit_into_a_mail() {
    for (name, _, mail) in every() {
        assert!(!mail.subject.contains('\n'));
        for line in mail.text.lines().chain(mail.html.lines()) {
            assert!(line.len() <= 998, "{name}: {line}");
        }
        assert!(!mail.text.contains("\n\n\n") && !mail.text.contains('<'), "{name}: {}", mail.text);
    }
}

#[test]
fn html_closes_what_it_opens() {
    let void = ["meta", "br", "hr", "!doctype", "img", "o:AllowPNG", "!--", "!"];
    for (name, _, mail) in every() {
        let mut html = mail.html;
        // What only Outlook reads is balanced across blocks.
        while let Some(start) = html.find("<!--") {
            let end =
                html.match_indices("-->").map(|(at, _)| at).find(|at| *at > start).unwrap() + 3;
            html.replace_range(start..end, "");
        }
        let mut open: Vec<String> = Vec::new();
        for piece in html.split('<').skip(1) {
            let tag = piece.split('>').next().unwrap();
            let word = tag.split([' ', '\n']).next().unwrap();
            if let Some(closed) = word.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(closed), "{name}: <{piece}");
            } else if !tag.ends_with('/') && !void.contains(&word) {
                open.push(word.to_owned());
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn what_people_typed_is_escaped() {
    let mut context = sample(MailKind::Reset, "link-and-pin");
    context.person.name = Some("<b>Zoë & \"Co\"</b>\r\nBcc: x".to_owned());
    context.footer = "<script>alert(1)</script>".to_owned();
    let mail = built_in().render(&context, &style()).unwrap();
    assert!(mail.html.contains("&lt;b&gt;Zoë &amp; &quot;Co&quot;&lt;/b&gt;"));
    assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"));
    assert!(mail.text.contains("<b>Zoë & \"Co\"</b>"));
    let named = built_in().with_override(MailKind::Reset, subject("For {{ username }}")).unwrap();
    let mail = named.render(&context, &style()).unwrap();
    assert_eq!(mail.subject, "For <b>Zoë & \"Co\"</b> Bcc: x");
}

#[test]
fn dates_are_the_households() {
    let source = text(
        "{{ reset.expires_at }} | {{ reset.expires_at|date }} | {{ reset.expires_at|time }} | {{ reset.expires_at|relative }} | {{ expiry_date }} {{ expiry_time }} {{ expires_in }}",
    );
    let own = built_in().with_override(MailKind::Reset, source).unwrap();
    let context = sample(MailKind::Reset, "link");
    let mail = own.render(&context, &style()).unwrap();
    assert_eq!(
        mail.text,
        "21 November 2026 13:30 | 21 November 2026 | 13:30 | in 30 minutes | 21 November 2026 13:30 30m\n"
    );
    let dates = DateStyle::new("%m/%d/%y", Clock::Hours12, "America/New_York").unwrap();
    let mail = own.render(&context, &MailStyle { lang: "en".into(), dates }).unwrap();
    assert!(mail.text.starts_with("11/21/26 7:30 am |"), "{}", mail.text);
}

#[test]
fn templates_of_a_predecessor_work() {
    let source = Source {
        subject: Some("Password Reset - Jellyfin".to_owned()),
        text: Some(include_str!("tests/fixtures/predecessor-email.txt").to_owned()),
        mjml: Some(include_str!("tests/fixtures/predecessor-email.mjml").to_owned()),
    };
    let own = built_in().with_override(MailKind::Reset, source).unwrap();
    let mail = own.render(&sample(MailKind::Reset, "pin"), &style()).unwrap();
    assert_eq!(mail.fell_back, None);
    assert_eq!(mail.subject, "Password Reset - Jellyfin");
    assert!(
        mail.text.contains("until 21 November 2026, at 13:30, that is for 30m."),
        "{}",
        mail.text
    );
    assert!(mail.html.contains("85-DD-A5-DC") && mail.html.contains("Need help? Ask Anna."));
    assert!(mail.html.contains("#202020") && !mail.html.contains("googleapis"), "{}", mail.html);
    let link = own.render(&sample(MailKind::Reset, "link"), &style()).unwrap();
    assert!(link.text.contains("PIN: https://films.example/reset/"), "{}", link.text);

    let source = Source {
        mjml: Some(include_str!("tests/fixtures/predecessor-invite.mjml").to_owned()),
        ..Source::default()
    };
    let own = built_in().with_override(MailKind::Invite, source).unwrap();
    let mail = own.render(&sample(MailKind::Invite, "plain"), &style()).unwrap();
    assert!(mail.html.contains("href=\"https://films.example/invite/Hn5Vt2Ry8Wq\""));
    assert!(mail.html.contains("which is in 7d."), "{}", mail.html);
}

#[test]
fn a_wrong_template_is_told_with_its_place() {
    let reset = MailKind::Reset;
    for (source, code, line, column, about, hint) in [
        (text("a\n  {{ user_name }}"), "unknown-variable", 2, 6, "user_name", Some("username")),
        (
            text("{% if reset.pn %}x{% endif %}a"),
            "unknown-variable",
            1,
            7,
            "reset.pn",
            Some("reset.pin"),
        ),
        (
            text("a{% if false %}{{ reset.uri }}{% endif %}"),
            "unknown-variable",
            1,
            19,
            "reset.uri",
            Some("reset.url"),
        ),
        (text("{{ invite.url }}"), "unknown-variable", 1, 4, "invite.url", None),
        (text("\n{% if %}"), "syntax", 2, 7, "unexpected end of block", None),
        (text("{{ username|dates }}"), "unknown-name", 1, 13, "filter dates is unknown", None),
        (text("{{ username|date }}"), "not-a-time", 1, 13, "", None),
        (text("{% include 'x' %}"), "include", 1, 1, "", None),
        (text("{% for a in range(99999) %}{{ a }}{% endfor %}"), "too-much-work", 1, 1, "", None),
        (text("  "), "empty-text", 1, 1, "", None),
        (subject("Your PIN is {{ pin }}"), "secret-in-subject", 1, 1, "", None),
        (subject(""), "empty-subject", 1, 1, "", None),
        (mjml("<mj-text>{{ pim }}</mj-text>"), "unknown-variable", 2, 13, "pim", Some("pin")),
        (mjml("<mj-text>a"), "tag-not-closed", 2, 1, "<mj-text>", None),
        (mjml("<mj-txt>a</mj-txt>"), "unknown-tag", 2, 1, "<mj-txt>", Some("<mj-text>")),
    ] {
        let problem = refused(reset, source.clone());
        assert_eq!(problem.code, code, "{source:?}: {problem:?}");
        assert_eq!(problem.line, line, "{source:?}: {problem:?}");
        if !matches!(code, "include" | "too-much-work" | "syntax" | "not-a-time" | "unknown-name") {
            assert_eq!(problem.column, column, "{source:?}: {problem:?}");
        }
        if code != "include" && code != "syntax" {
            assert_eq!(problem.about, about, "{source:?}: {problem:?}");
        }
        assert_eq!(problem.hint.as_deref(), hint, "{source:?}: {problem:?}");
    }
}

#[test]
fn a_preview_keeps_the_pin_to_itself() {
    let source =
        "<mjml><mj-head>\n<mj-preview>{{ pin }}</mj-preview></mj-head><mj-body></mj-body></mjml>";
    let source = Source { mjml: Some(source.to_owned()), ..Source::default() };
    let problem = refused(MailKind::Reset, source);
    assert_eq!((problem.code, problem.line), ("secret-in-preview", 2));
}

#[test]
fn what_is_too_large_is_refused() {
    assert_eq!(refused(MailKind::Test, text(&"a".repeat(64_001))).code, "too-large");
    let source = text("{% set a = 'x' * 60000 %}{{ a }}{{ a * 20 }}");
    assert!(matches!(refused(MailKind::Test, source).code, "too-large" | "render"));
    let deep = text("{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}");
    assert!(matches!(refused(MailKind::Test, deep).code, "too-much-work" | "render"));
}

#[test]
fn what_is_nested_without_end_is_refused_and_breaks_nothing() {
    let many = |word: &str| word.repeat(30_000 / word.len());
    let nested = |open: &str, close: &str| {
        let times = 60_000 / (open.len() + close.len());
        format!("{}a{}", open.repeat(times), close.repeat(times))
    };
    for (open, close) in [("<b>", "</b>"), ("<div>", "</div>")] {
        let inside = format!("<mj-text>{}</mj-text>", nested(open, close));
        assert_eq!(refused(MailKind::Test, mjml(&inside)).code, "too-deep", "{open}");
    }
    for source in [
        nested("{% if t %}", "{% endif %}"),
        nested("{%- for a in [1] -%}", "{% endfor %}"),
        nested("{% set a %}", "{% endset %}"),
        format!("{{% if 0 %}}{}{{% endif %}}", many("{% elif 0 %}")),
        format!("{{{{ {}1{} }}}}", many("("), many(")")),
        format!("{{{{ {}1{} }}}}", many("["), many("]")),
        format!("{{{{ {}1 }}}}", many("not ")),
        format!("{{{{ 1{} }}}}", many("|string")),
        format!("{{{{ 1{} }}}}", many("+1")),
        format!("{{{{ t{} }}}}", many(".a")),
    ] {
        assert_eq!(refused(MailKind::Test, text(&source)).code, "too-deep", "{source:.40}");
    }
    for (open, close) in [("(", ")"), ("[", "]"), ("-", ""), ("1+", ""), ("not ", "")] {
        let times = 990 / (open.len() + close.len());
        let source = format!("{{{{ {}1{} }}}}", open.repeat(times), close.repeat(times));
        let _either = built_in().with_override(MailKind::Test, text(&source)).is_ok();
    }
    for (open, close) in [("{% if t %}", "{% endif %}"), ("{% for a in [1] %}", "{% endfor %}")] {
        let source = format!("{}a{}", open.repeat(64), close.repeat(64));
        let _either = built_in().with_override(MailKind::Test, text(&source)).is_ok();
    }
}

#[test]
fn a_mail_is_not_lost_to_its_template_and_the_fault_tells_nothing() {
    // No example has such a name, so nothing could have been seen before.
    let source = text("{% if username == 'eve' %}{{ username|round }}{{ pin|round }}{% endif %}a");
    let own = built_in().with_override(MailKind::Reset, source).unwrap();
    let mut context = sample(MailKind::Reset, "pin");
    assert_eq!(own.render(&context, &style()).unwrap().text, "a\n");
    context.person.name = Some("eve".to_owned());
    let mail = own.render(&context, &style()).unwrap();
    let problem = mail.fell_back.clone().unwrap();
    assert_eq!((problem.part, problem.line), (Part::Text, 1));
    assert!(!format!("{problem:?}").contains("eve"), "{problem:?}");
    assert_eq!(mail.text, built_in().render(&context, &style()).unwrap().text);
}

#[test]
fn contexts_and_mails_print_nothing() {
    for (_, context, mail) in every() {
        let printed = format!("{context:?} {mail:?}");
        assert!(context.secrets().iter().all(|secret| !printed.contains(secret)));
        assert!(!printed.contains("grandma"));
    }
}

#[test]
fn one_override_leaves_the_others_alone() {
    let own = built_in().with_override(MailKind::Test, text("mine")).unwrap();
    assert!(own.is_overridden(MailKind::Test) && !own.is_overridden(MailKind::Reset));
    let context = sample(MailKind::Test, "plain");
    let mail = own.render(&context, &style()).unwrap();
    assert_eq!(mail.text, "mine\n");
    assert_eq!(mail.html, built_in().render(&context, &style()).unwrap().html);
    let back = own.without_override(MailKind::Test);
    assert_ne!(back.render(&context, &style()).unwrap().text, "mine\n");
}

#[test]
fn every_problem_has_words() {
    let texts = Catalogue::embedded().unwrap();
    let source = [
        include_str!("template.rs"),
        include_str!("tags.rs"),
        include_str!("compile.rs"),
        include_str!("expressions.rs"),
    ]
    .join("\n");
    let mut seen = 0;
    for quoted in source.split('"').skip(1).step_by(2) {
        let word = quoted.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
        if word && quoted.contains('-') && !quoted.starts_with("mj-") && !quoted.ends_with('-') {
            assert!(texts.has(&format!("mail-problem-{quoted}")), "{quoted}");
            seen += 1;
        }
    }
    assert!(seen > 15, "{seen}");
}

#[test]
fn what_can_be_named_is_shown_with_an_example() {
    let variables = built_in().variables(MailKind::Reset, &style());
    let example = |name: &str| {
        let found = variables.iter().find(|(known, _)| known == name);
        found.map(|(_, example)| example.as_str())
    };
    assert_eq!(example("reset.pin"), Some("85-DD-A5-DC"));
    assert_eq!(example("reset.expires_at"), Some("21 November 2026 13:30"));
    assert_eq!(example("username"), None);
    let variables = built_in().variables(MailKind::Welcome, &style());
    assert!(variables.contains(&("backends".to_owned(), "Films and series, Storage".to_owned())));
}
