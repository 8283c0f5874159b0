//! What a mail server answers: three digits and lines of words (RFC 5321 4.2).
//!
//! Written here because lettre's types come with its transport only, which does not compile for a
//! component (sockets). Lenient about line ends, strict about digits; nothing is interpreted.

/// Lines of one answer; far more than any server says.
const MOST_LINES: usize = 128;

/// An answer, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `250`.
    pub code: u16,
    /// The words of each line, without the code.
    pub lines: Vec<String>,
}

/// What the first digit says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// 2: done.
    Done,
    /// 3: go on.
    GoOn,
    /// 4: not now.
    Later,
    /// 5: never.
    Never,
}

/// An answer that is still coming.
#[derive(Debug, Default)]
pub struct Coming {
    code: Option<u16>,
    lines: Vec<String>,
}

/// What one more line made of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more.
    More,
    /// That was the last line.
    Whole(Reply),
    /// No mail server answers so.
    Nonsense,
}

impl Coming {
    /// Takes the next line.
    pub fn take(&mut self, line: &[u8]) -> Step {
        let Some((code, last, words)) = parts(line) else { return Step::Nonsense };
        if *self.code.get_or_insert(code) != code || self.lines.len() >= MOST_LINES {
            return Step::Nonsense;
        }
        self.lines.push(words);
        if last {
            Step::Whole(Reply { code, lines: std::mem::take(&mut self.lines) })
        } else {
            Step::More
        }
    }
}

fn parts(line: &[u8]) -> Option<(u16, bool, String)> {
    let digits = line.get(..3)?;
    if !matches!(digits.first()?, b'2'..=b'5') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let code = digits.iter().fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    let last = match line.get(3) {
        None | Some(b' ') => true,
        Some(b'-') => false,
        Some(_) => return None,
    };
    let words = String::from_utf8_lossy(line.get(4..).unwrap_or_default()).into_owned();
    Some((code, last, words))
}

impl Reply {
    /// What the first digit says.
    #[must_use]
    pub fn class(&self) -> Class {
        match self.code {
            200..=299 => Class::Done,
            300..=399 => Class::GoOn,
            400..=499 => Class::Later,
            _ => Class::Never,
        }
    }

    /// Code and words in one line, without control characters, not longer than a person reads.
    #[must_use]
    pub fn words(&self) -> String {
        let text = format!("{} {}", self.code, self.lines.join(" "));
        let plain = text.chars().map(|one| if one.is_control() { ' ' } else { one });
        let mut short: String = plain.take(400).collect();
        short.truncate(short.trim_end().len());
        short
    }

    /// The words in lower case, for looking things up in.
    #[must_use]
    pub fn lower(&self) -> String {
        self.words().to_lowercase()
    }

    /// What the server calls the message it took: `queued as 4F2…`, `id=1tX…`.
    #[must_use]
    pub fn queue_id(&self) -> Option<String> {
        let words = self.words();
        let after = |mark: &str| words.split_once(mark).map(|(_, rest)| rest);
        let rest = after("queued as ").or_else(|| after("id="))?;
        let id: String = rest
            .chars()
            .take_while(|one| one.is_ascii_alphanumeric() || "-._".contains(*one))
            .collect();
        (!id.is_empty()).then_some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Option<Reply> {
        let mut coming = Coming::default();
        let mut last = Step::More;
        for line in lines {
            assert_eq!(last, Step::More);
            last = coming.take(line.as_bytes());
        }
        match last {
            Step::Whole(reply) => Some(reply),
            Step::More | Step::Nonsense => None,
        }
    }

    #[test]
    fn answers_are_read_to_their_last_line() {
        let hello = reply(&["250-mx.example.org", "250-SIZE 1000", "250 HELP"]).expect("whole");
        assert_eq!(hello.code, 250);
        assert_eq!(hello.lines, ["mx.example.org", "SIZE 1000", "HELP"]);
        assert_eq!(reply(&["354"]).map(|reply| reply.class()), Some(Class::GoOn));
        assert_eq!(reply(&["250-more"]), None);
    }

    #[test]
    fn what_is_no_answer_is_not_guessed_at() {
        for line in
            ["", "25", "250x", "HTTP/1.1 400 Bad Request", "* OK IMAP4", "+OK", "950 x", "2 0 x"]
        {
            assert_eq!(Coming::default().take(line.as_bytes()), Step::Nonsense, "{line:?}");
        }
        assert_eq!(reply(&["250-one", "251 two"]), None);
    }

    #[test]
    fn the_servers_name_for_a_message_is_found() {
        let id = |text: &str| reply(&[text]).and_then(|reply| reply.queue_id());
        assert_eq!(id("250 2.0.0 Ok: queued as 4F2Xyz").as_deref(), Some("4F2Xyz"));
        assert_eq!(id("250 OK id=1tXabc-0001-2B").as_deref(), Some("1tXabc-0001-2B"));
        assert_eq!(id("250 fine"), None);
    }

    #[test]
    fn words_are_one_short_plain_line() {
        let noisy = format!("550 a\u{7}b{}", "x".repeat(1000));
        let words = reply(&[&noisy]).expect("whole").words();
        assert!(words.starts_with("550 a b") && words.len() == 400, "{words}");
    }
}
