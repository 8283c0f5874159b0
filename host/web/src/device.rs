//! What somebody signed in with, in a few words, from what it calls itself.
//!
//! Guarantees: only words of a closed list and the first word of a program's own name. Does not: decide
//! anything; whoever wants to can call themselves as they like.

/// A browser or program as a person would call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device<'a> {
    /// A browser on a known system.
    Browser {
        /// `Firefox`, ...
        name: &'static str,
        /// `Windows`, ...
        system: Option<&'static str>,
    },
    /// Something else, by the first word of its name.
    Program(&'a str),
    /// It says nothing.
    Unknown,
}

/// What is looked for, the more special first: most browsers name others too.
const BROWSERS: [(&str, &str); 10] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Tizen", "Tizen"),
    ("Web0S", "webOS"),
    ("Linux", "Linux"),
];

/// From the agent's own name.
#[must_use]
pub fn of(agent: &str) -> Device<'_> {
    let find = |list: &[(&str, &'static str)]| {
        list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, word)| *word)
    };
    match (agent.starts_with("Mozilla/").then(|| find(&BROWSERS)).flatten(), agent) {
        (Some(name), _) => Device::Browser { name, system: find(&SYSTEMS) },
        (None, "") => Device::Unknown,
        (None, other) => {
            let end = |c: char| c == '/' || c == ' ' || c == '(';
            match other.split(end).next() {
                Some(word) if !word.is_empty() => Device::Program(word),
                _ => Device::Unknown,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_called_as_people_call_them() {
        let mozilla = "Mozilla/5.0";
        for (agent, name, system) in [
            (
                "(Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox",
                "Windows",
            ),
            (
                "(X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome",
                "Linux",
            ),
            (
                "(Windows NT 10.0) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge",
                "Windows",
            ),
            (
                "(iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1",
                "Safari",
                "iPhone",
            ),
            (
                "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15",
                "Safari",
                "Mac",
            ),
            (
                "(Linux; Android 15; K) AppleWebKit/537.36 Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome",
                "Android",
            ),
        ] {
            let agent = format!("{mozilla} {agent}");
            assert_eq!(of(&agent), Device::Browser { name, system: Some(system) }, "{agent}");
        }
        assert_eq!(of("curl/8.5.0"), Device::Program("curl"));
        assert_eq!(of("Home Assistant"), Device::Program("Home"));
        assert_eq!(of(""), Device::Unknown);
        assert_eq!(of("/x"), Device::Unknown);
        assert_eq!(of("Mozilla/5.0 (compatible)"), Device::Program("Mozilla"));
    }
}
