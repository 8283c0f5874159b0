//! The rendered pages, tag by tag.

use super::shots;
use std::collections::BTreeSet;

/// A start tag: its name and attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: Vec<(String, String)>,
    /// What follows up to the next tag.
    text: String,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Start tags in order; end tags have a slash in front of the name.
fn tags(html: &str) -> Vec<Tag> {
    let mut out = Vec::new();
    for piece in html.split('<').skip(1) {
        let mut end = 0;
        let mut quoted = false;
        for (index, letter) in piece.char_indices() {
            match letter {
                '"' => quoted = !quoted,
                '>' if !quoted => {
                    end = index;
                    break;
                }
                _ => {}
            }
        }
        assert!(end > 0, "no end: <{piece}");
        let (inside, text) = (&piece[..end], &piece[end + 1..]);
        let name = inside.split([' ', '\n']).next().unwrap().to_owned();
        out.push(Tag {
            attributes: attributes(&inside[name.len()..]),
            name,
            text: text.to_owned(),
        });
    }
    out
}

fn attributes(mut rest: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', '\n', '/']);
        if rest.is_empty() {
            return out;
        }
        let end = rest.find(['=', ' ', '\n']).unwrap_or(rest.len());
        let name = rest[..end].to_owned();
        rest = &rest[end..];
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let close = quoted.find('"').unwrap();
            out.push((name, unescaped(&quoted[..close])));
            rest = &quoted[close + 1..];
        } else {
            assert!(!rest.starts_with('='), "unquoted attribute {name}");
            out.push((name, String::new()));
        }
    }
}

fn unescaped(text: &str) -> String {
    let named = [("&#x2f;", "/"), ("&#x27;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">")];
    named
        .iter()
        .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
        .replace("&amp;", "&")
}

#[test]
fn nothing_is_inline() {
    for (shot, html) in shots("en", "") {
        for tag in tags(&html) {
            assert!(tag.name != "style", "{}", shot.name);
            assert!(tag.name != "script" || tag.has("src"), "{}", shot.name);
            for (name, value) in &tag.attributes {
                assert!(name != "style" && !name.starts_with("on"), "{}: {name}", shot.name);
                assert!(!value.trim_start().starts_with("javascript:"), "{}: {value}", shot.name);
            }
        }
    }
}

#[test]
fn ids_are_unique_and_what_points_at_them_finds_them() {
    for (shot, html) in shots("en", "") {
        let tags = tags(&html);
        let ids: Vec<&str> = tags.iter().filter_map(|tag| tag.get("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{}: {ids:?}", shot.name);
        for tag in &tags {
            for name in ["for", "aria-describedby", "aria-labelledby", "data-copy", "data-reveal"] {
                for id in tag.get(name).unwrap_or_default().split_whitespace() {
                    assert!(unique.contains(id), "{}: {name} {id}", shot.name);
                }
            }
            if let Some(id) = tag.get("href").and_then(|href| href.strip_prefix('#')) {
                assert!(unique.contains(id), "{}: link to #{id}", shot.name);
            }
        }
    }
}

#[test]
fn every_field_has_a_name_and_a_label() {
    for (shot, html) in shots("en", "") {
        let tags = tags(&html);
        let labelled: BTreeSet<&str> = tags.iter().filter_map(|tag| tag.get("for")).collect();
        let mut inside_label = false;
        for tag in &tags {
            match tag.name.as_str() {
                "label" => inside_label = true,
                "/label" => inside_label = false,
                "input" | "select" | "textarea" => {
                    let hidden = tag.get("type") == Some("hidden");
                    let by_id = tag.get("id").is_some_and(|id| labelled.contains(id));
                    let named = hidden || inside_label || by_id || tag.has("aria-label");
                    assert!(named, "{}: {tag:?}", shot.name);
                    assert!(tag.has("name") || tag.has("readonly"), "{}: {tag:?}", shot.name);
                }
                "button" if tag.get("type") == Some("button") => assert!(
                    tag.attributes.iter().any(|(name, _)| name.starts_with("data-")),
                    "{}: a button that does nothing: {tag:?}",
                    shot.name
                ),
                _ => {}
            }
        }
    }
}

#[test]
fn every_form_says_how_and_where() {
    for (shot, html) in shots("en", "/under") {
        for tag in tags(&html).iter().filter(|tag| tag.name == "form") {
            assert!(matches!(tag.get("method"), Some("get" | "post")), "{}: {tag:?}", shot.name);
            let action = tag.get("action").unwrap_or_default();
            assert!(action.starts_with("/under/"), "{}: {tag:?}", shot.name);
        }
    }
}

#[test]
fn every_own_address_begins_with_the_base_path() {
    for (shot, html) in shots("en", "/under") {
        for tag in tags(&html) {
            for name in ["href", "src", "action"] {
                if let Some(path) = tag.get(name).filter(|value| value.starts_with('/')) {
                    assert!(path.starts_with("/under/"), "{}: {name}={path}", shot.name);
                }
            }
        }
    }
}

#[test]
fn passwords_and_names_can_be_filled_in_by_a_manager() {
    for (shot, html) in shots("en", "") {
        for tag in tags(&html).iter().filter(|tag| tag.name == "input") {
            let name = tag.get("name").unwrap_or_default();
            let wanted: &[&str] = match name {
                "password" | "current" | "new" => &["current-password", "new-password"],
                "username" => &["username"],
                "email" => &["email"],
                _ => continue,
            };
            let auto = tag.get("autocomplete").unwrap_or_default();
            assert!(wanted.contains(&auto), "{}: {name} has {auto}", shot.name);
            assert!(
                tag.get("value").is_none() || tag.get("type") != Some("password"),
                "{}",
                shot.name
            );
        }
    }
}

#[test]
fn every_page_has_one_main_one_heading_and_a_language() {
    for (shot, html) in shots("en", "") {
        let tags = tags(&html);
        let count = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
        assert_eq!((count("main"), count("h1"), count("title")), (1, 1, 1), "{}", shot.name);
        let root = tags.iter().find(|tag| tag.name == "html").unwrap();
        assert_eq!((root.get("lang"), root.get("dir")), (Some("en"), Some("ltr")));
        let opened = tags.iter().filter(|tag| tag.name.starts_with('h') && tag.name.len() == 2);
        let levels: Vec<u8> = opened.map(|tag| tag.name.as_bytes()[1] - b'0').collect();
        assert!(levels.windows(2).all(|pair| pair[1] <= pair[0] + 1), "{}: {levels:?}", shot.name);
        let title = tags.iter().find(|tag| tag.name == "title").unwrap();
        assert!(
            title.text.trim_start().len() > " · Latchkey".len(),
            "{}: {}",
            shot.name,
            title.text
        );
    }
}

#[test]
fn tags_close_in_order() {
    let void = ["meta", "link", "input", "br", "hr", "img", "!doctype"];
    for (shot, html) in shots("en", "") {
        let mut open = Vec::new();
        for tag in tags(&html) {
            if let Some(name) = tag.name.strip_prefix('/') {
                assert_eq!(open.pop().as_deref(), Some(name), "{}: in {open:?}", shot.name);
            } else if !void.contains(&tag.name.as_str())
                && !tag.name.ends_with('/')
                && tag.name != "path"
            {
                open.push(tag.name);
            }
        }
        assert!(open.is_empty(), "{}: {open:?}", shot.name);
    }
}

#[test]
fn every_icon_is_in_the_sprite() {
    let sprite =
        String::from_utf8(crate::assets::named("icons.svg").unwrap().bytes.to_vec()).unwrap();
    for (shot, html) in shots("en", "") {
        for tag in tags(&html).iter().filter(|tag| tag.name == "use") {
            let name = tag.get("href").unwrap().rsplit_once('#').unwrap().1;
            assert!(sprite.contains(&format!("<symbol id=\"{name}\"")), "{}: {name}", shot.name);
        }
    }
}

#[test]
fn what_was_typed_is_escaped() {
    let page = crate::login::LoginPage {
        username: "\"><script>alert(1)</script>".into(),
        ..crate::samples::Samples::samples().remove(0).1
    };
    let views = crate::Views::new(crate::Catalogue::embedded().unwrap());
    let frame = crate::Frame::new(jiff::Timestamp::UNIX_EPOCH);
    let html = views.render(&frame, &page).unwrap();
    assert!(!html.contains("<script>alert") && html.contains("&lt;script&gt;alert"));
}

#[test]
fn the_pseudo_language_reaches_every_page() {
    for (shot, html) in shots("en-XA", "") {
        assert!(html.contains("lang=\"en-XA\"") && html.contains('á'), "{}", shot.name);
    }
}

/// A time inside a sentence is markup inside a text; escaped twice it would be read out as tags.
#[test]
fn no_page_shows_markup_as_text() {
    for (shot, html) in shots("en", "") {
        assert!(!html.contains("&lt;time"), "{} shows markup", shot.name);
    }
}
