//! What a mail server offers, from its answer to EHLO.
//!
//! Keywords as RFC 5321 has them; unknown ones are kept and mean nothing.

use crate::reply::Reply;

/// What the server said it can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offered {
    /// Words in upper case: `STARTTLS`, `8BITMIME`, `SIZE 1000`, `AUTH PLAIN LOGIN`.
    lines: Vec<String>,
}

impl Offered {
    /// Reads the answer to EHLO, whose first line is a greeting.
    #[must_use]
    pub fn of(reply: &Reply) -> Self {
        let lines = reply.lines.iter().skip(1).map(|line| line.trim().to_ascii_uppercase());
        Self { lines: lines.collect() }
    }

    /// Whether it offers `keyword`.
    #[must_use]
    pub fn has(&self, keyword: &str) -> bool {
        self.words(keyword).is_some()
    }

    /// The largest message it takes, in bytes; none where it does not say.
    #[must_use]
    pub fn largest(&self) -> Option<u64> {
        self.words("SIZE")?.next()?.parse().ok().filter(|size| *size > 0)
    }

    /// The ways to sign in; `AUTH=` is how servers of old wrote it.
    #[must_use]
    pub fn ways(&self) -> Vec<&str> {
        let old = self.lines.iter().filter_map(|line| line.strip_prefix("AUTH="));
        let old = old.flat_map(str::split_whitespace);
        self.words("AUTH").into_iter().flatten().chain(old).collect()
    }

    /// Every keyword, in the server's order.
    #[must_use]
    pub fn keywords(&self) -> Vec<&str> {
        self.lines.iter().filter_map(|line| line.split_whitespace().next()).collect()
    }

    fn words(&self, keyword: &str) -> Option<std::str::SplitWhitespace<'_>> {
        self.lines.iter().find_map(|line| {
            let mut words = line.split_whitespace();
            (words.next() == Some(keyword)).then_some(words)
        })
    }
}
