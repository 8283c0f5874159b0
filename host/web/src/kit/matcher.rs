//! Which row of a table a request means.
//!
//! Guarantees: `HEAD` is answered by `GET`'s row; a path that some row has under another method is
//! [`Found::OtherMethods`]; two rows for one method and path are refused when the table is made.
//! Does not: normalise paths. `..`, doubled slashes and encoded slashes are plain characters and match
//! nothing by accident.

use super::head::Captures;
use http::Method;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// The patterns of a table.
#[derive(Debug)]
pub struct Matcher {
    router: matchit::Router<BTreeMap<&'static str, usize>>,
}

/// What was found.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// The row with this index.
    Row(usize, Captures),
    /// The path is known, with these methods, as `Allow` wants them.
    OtherMethods(String),
    /// Nothing.
    Nothing,
}

/// A table that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("could not add {method} {pattern} to the table of routes: {because}")]
pub struct BadTable {
    method: &'static str,
    pattern: &'static str,
    because: String,
}

impl Matcher {
    /// One that finds nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self { router: matchit::Router::new() }
    }

    /// From method and pattern (`/users/{id}`) of each row, in the table's order.
    ///
    /// # Errors
    /// [`BadTable`]: a pattern that is none, or two rows for the same requests.
    pub fn of(
        rows: impl IntoIterator<Item = (&'static str, &'static str)>,
    ) -> Result<Self, BadTable> {
        let mut patterns: BTreeMap<&'static str, BTreeMap<&'static str, usize>> = BTreeMap::new();
        for (index, (method, pattern)) in rows.into_iter().enumerate() {
            let twice = patterns.entry(pattern).or_default().insert(method, index);
            if twice.is_some() {
                return Err(BadTable { method, pattern, because: "it is there already".into() });
            }
        }
        let mut router = matchit::Router::new();
        for (pattern, methods) in patterns {
            let method = methods.keys().next().copied().unwrap_or_default();
            router.insert(pattern, methods).map_err(|cause| BadTable {
                method,
                pattern,
                because: cause.to_string(),
            })?;
        }
        Ok(Self { router })
    }

    /// Looks up a request by method and raw path.
    #[must_use]
    pub fn find(&self, method: &Method, path: &str) -> Found {
        let Ok(matched) = self.router.at(path) else { return Found::Nothing };
        let wanted = if *method == Method::HEAD { "GET" } else { method.as_str() };
        let Some(index) = matched.value.get(wanted) else {
            return Found::OtherMethods(allow(matched.value));
        };
        let mut captures = BTreeMap::new();
        for (name, raw) in matched.params.iter() {
            match percent_decode_str(raw).decode_utf8() {
                Ok(text) if !text.contains('\0') => {
                    captures.insert(name.to_owned(), text.into_owned())
                }
                _ => return Found::Nothing,
            };
        }
        Found::Row(*index, Captures(captures))
    }

    /// Whether any row has this path.
    #[must_use]
    pub fn knows(&self, path: &str) -> bool {
        self.router.at(path).is_ok()
    }
}

fn allow(methods: &BTreeMap<&'static str, usize>) -> String {
    let mut names: Vec<&str> = methods.keys().copied().collect();
    if names.contains(&"GET") {
        names.push("HEAD");
    }
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Matcher {
        Matcher::of([
            ("GET", "/a/{id}"),
            ("POST", "/a/{id}"),
            ("GET", "/a/new"),
            ("GET", "/a/{id}/b"),
        ])
        .unwrap()
    }

    #[test]
    fn a_request_finds_its_row() {
        let table = table();
        assert!(matches!(table.find(&Method::GET, "/a/new"), Found::Row(2, _)));
        let Found::Row(0, captures) = table.find(&Method::HEAD, "/a/x%20y") else {
            panic!("no row")
        };
        assert_eq!((captures.get("id"), captures.get("none")), ("x y", ""));
        assert_eq!(table.find(&Method::PUT, "/a/1"), Found::OtherMethods("GET, POST, HEAD".into()));
        for path in ["/a", "/a/", "/a/1/", "//a/1", "/a/%ff", "/a/%00"] {
            assert_eq!(table.find(&Method::GET, path), Found::Nothing, "{path}");
        }
    }

    #[test]
    fn a_row_cannot_be_there_twice() {
        assert!(Matcher::of([("GET", "/a"), ("GET", "/a")]).is_err());
    }
}
