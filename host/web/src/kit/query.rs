//! Name and value pairs as a query or a form writes them.
//!
//! Guarantees: order and repeats are kept; what is no UTF-8 becomes a replacement character.
//! Does not: give a missing name any meaning.

/// The pairs of a query or of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pairs(Vec<(String, String)>);

impl Pairs {
    /// From `a=1&b=2`, percent-encoded.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// All values of `name`.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(have, _)| have == name).map(|(_, value)| value.as_str())
    }

    /// All pairs, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The pairs again as text, with `changes` in place of the pairs of the same names; empty
    /// values are left out.
    #[must_use]
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let changed = |name: &str| changes.iter().any(|(have, _)| *have == name);
        let mut out = form_urlencoded::Serializer::new(String::new());
        out.extend_pairs(self.iter().filter(|(name, value)| !changed(name) && !value.is_empty()));
        out.extend_pairs(changes.iter().filter(|(_, value)| !value.is_empty()));
        out.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_and_written_back() {
        let pairs = Pairs::parse(b"q=anna+k&tag=a&tag=b%26c&empty=");
        assert_eq!(pairs.get("q"), Some("anna k"));
        assert_eq!(pairs.all("tag").collect::<Vec<_>>(), ["a", "b&c"]);
        assert_eq!(pairs.with(&[("q", ""), ("cursor", "x y")]), "tag=a&tag=b%26c&cursor=x+y");
    }
}
