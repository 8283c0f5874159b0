//! `log`: lines into the plugin's own log.

use crate::contract::host::log::{Host, Level};
use crate::journal::LogLevel;
use crate::lent::Lent;

impl Host for Lent {
    fn write(&mut self, level: Level, message: String, fields: Vec<(String, String)>) {
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        self.log(level, &message, &fields);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lent;

    #[test]
    fn a_line_is_kept_short_whole_and_without_secrets() {
        let mut lent = lent();
        let fields = vec![("na\nme".to_owned(), "key-of-first".to_owned())];
        lent.write(Level::Warn, format!("one\ntwo key-of-first {}", "x".repeat(9000)), fields);
        let lines = lent.journal.lines();
        let line = lines.first().expect("a line");
        assert!(line.message.starts_with("one\\ntwo *** xxx"), "{}", line.message);
        assert!(line.message.len() <= 4100);
        assert_eq!(line.fields[0], ("backend".to_owned(), "media".to_owned()));
        assert_eq!(line.fields[1].0, "na\\nme");
        assert!(!line.fields[1].1.contains("key-of-first"));
    }
}
