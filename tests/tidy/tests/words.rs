//! Words that may not stand in the tree, and names that belong to one place.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a rule that cannot be read is a failed rule"
)]

use tidy::{host_crates, sources};

/// The host knows no backend and no mail method by name.
#[test]
fn the_host_knows_no_backend_by_name() {
    let names = ["jellyfin", "plex", "truenas", "smtp", "mailgun"];
    let mut wrong = Vec::new();
    // The demo, the samples and the stand-ins are about particular servers; tools are not shipped.
    let exempt = ["standins", "bundle", "xtask"];
    for name in host_crates().into_iter().filter(|name| !exempt.contains(&name.as_str())) {
        for file in sources(&format!("host/{name}/src"), ".rs") {
            let sample = file.path.contains("/demo") || file.path.contains("/settings");
            // Pages' samples are compiled for tests and the gallery only.
            let is_test = file.path.contains("/tests") || file.path.contains("/samples");
            // What is taken over is a predecessor's, who knew one server and two ways to mail.
            let taken_over = file.path.contains("/import");
            if is_test || taken_over || name == "latchkey" && sample {
                continue;
            }
            for (number, line) in file.product().lines().enumerate() {
                let lower = line.to_lowercase().replace("complex", "");
                if let Some(word) = names.iter().find(|word| lower.contains(**word)) {
                    wrong.push(format!("{}:{}: {word}", file.path, number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let mut wrong = Vec::new();
    let marks =
        ["TO", "FIX"].map(|half| format!("{half}{}", if half == "TO" { "DO" } else { "ME" }));
    for folder in ["host", "plugins", "tests/harness", "tests/it", "tests/browser"] {
        for file in sources(folder, ".rs") {
            for (number, line) in file.text.lines().enumerate() {
                let left = marks.iter().any(|mark| line.contains(mark.as_str()))
                    || line.contains("todo!(")
                    || line.contains("unimplemented!(")
                    || line.contains("dbg!(");
                if left {
                    wrong.push(format!("{}:{}: {}", file.path, number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Time is an argument. The one clock, the seams to the operating system and tools are listed.
#[test]
fn only_the_clock_asks_what_time_it_is() {
    let mut wrong = Vec::new();
    for name in host_crates() {
        if matches!(name.as_str(), "xtask" | "bundle") {
            continue;
        }
        for file in sources(&format!("host/{name}/src"), ".rs") {
            let seam = file.path.ends_with("service/src/clock.rs")
                || file.path.starts_with("host/standins/")
                || file.path.starts_with("host/egress/")
                || file.path.starts_with("host/sandbox/")
                || file.path.starts_with("host/latchkey/");
            let asks = ["Timestamp::now()", "SystemTime::now()", "Zoned::now()"];
            if !seam && asks.iter().any(|call| file.product().contains(call)) {
                wrong.push(file.path);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn domain_is_not_async() {
    for file in sources("host/domain/src", ".rs") {
        assert!(!file.product().contains("async "), "{} is async", file.path);
    }
}

#[test]
fn no_file_names_a_machine() {
    let mut wrong = Vec::new();
    for folder in ["host", "plugins", "wit", "templates", "embedded", "tests", ".ci"] {
        for ending in [".rs", ".toml", ".md", ".html", ".wit", "run", ".json"] {
            for file in sources(folder, ending) {
                let names = [format!("/{}/main", "work"), format!("/{}/shared", "work")];
                if names.iter().any(|name| file.text.contains(name.as_str())) {
                    wrong.push(file.path);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where rights are decided, a new kind of thing has to be decided too: no `_ =>` takes it along
/// unseen (GHSA-xxwr-vvr3-2g9f, Kanidm: a new operation that no filter knew).
#[test]
fn ghsa_xxwr_vvr3_2g9f_rights_have_no_wildcard_arm() {
    let decides = ["role", "users", "providers", "links", "sessions", "factors", "approvals"];
    let mut files: Vec<String> =
        decides.iter().map(|name| format!("host/domain/src/{name}.rs")).collect();
    files.extend(["access", "context"].map(|name| format!("host/web/src/{name}.rs")));
    files.push("host/service/src/entrance.rs".to_owned());
    let mut wrong = Vec::new();
    let mut looked = 0;
    for file in sources("host", ".rs") {
        if !files.contains(&file.path) {
            continue;
        }
        looked += 1;
        let product = file.product();
        let arms = product.lines().enumerate();
        wrong.extend(
            arms.filter(|(_, line)| line.trim_start().starts_with("_ =>"))
                .map(|(number, line)| format!("{}:{}: {}", file.path, number + 1, line.trim())),
        );
    }
    assert_eq!(looked, files.len(), "a file of those that decide is not where it was");
    assert!(wrong.is_empty(), "name every case:\n{}", wrong.join("\n"));
}
