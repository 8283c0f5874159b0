//! Settings files as Python's `RawConfigParser` reads them (Python 3, `configparser.py`).
//!
//! Sections, `key = value` or `key: value`, comments on lines of their own (`#`, `;`), values that go on
//! on deeper lines, `[DEFAULT]`; names of keys ignore case, nothing is interpolated. What Python refuses
//! is refused here, with its line. Does not: know any key.

use super::plan::Broken;
use std::collections::BTreeMap;

/// A value and the line it begins on.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// Trimmed; lines of a longer one are joined by line ends.
    pub text: String,
    /// Counted from 1.
    pub line: usize,
}

/// A settings file. No `Debug`: it is full of passwords.
#[derive(Clone, Default)]
pub struct Ini {
    values: BTreeMap<(String, String), Value>,
    sections: Vec<String>,
}

/// The section whose values hold in all others.
const DEFAULT: &str = "DEFAULT";

struct Reader<'a> {
    file: &'a str,
    ini: Ini,
    section: Option<String>,
    /// The value that deeper lines belong to, and how deep its key stands.
    open: Option<((String, String), usize)>,
}

impl Ini {
    /// Reads a whole file.
    ///
    /// # Errors
    /// [`Broken`] with the line.
    pub fn parse(file: &str, text: &str) -> Result<Self, Broken> {
        let mut reader = Reader { file, ini: Self::default(), section: None, open: None };
        for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            reader.line(index + 1, line)?;
        }
        let mut ini = reader.ini;
        for value in ini.values.values_mut() {
            value.text.truncate(value.text.trim_end().len());
        }
        Ok(ini)
    }

    /// A value, also an empty one.
    #[must_use]
    pub fn get(&self, section: &str, key: &str) -> Option<&Value> {
        let own = self.values.get(&(section.to_owned(), key.to_owned()));
        own.or_else(|| self.values.get(&(DEFAULT.to_owned(), key.to_owned())))
    }

    /// The sections that are there, in their order.
    #[must_use]
    pub fn sections(&self) -> &[String] {
        &self.sections
    }

    /// Every key that is there, with its section.
    pub fn keys(&self) -> impl Iterator<Item = (&str, &str)> {
        self.values.keys().map(|(section, key)| (section.as_str(), key.as_str()))
    }
}

impl Reader<'_> {
    fn broken(&self, line: usize, words: &str) -> Broken {
        Broken { file: self.file.to_owned(), place: Some((line, 0)), words: words.to_owned() }
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), Broken> {
        let text = line.trim();
        if text.starts_with(['#', ';']) {
            return Ok(());
        }
        if text.is_empty() {
            self.go_on("");
            return Ok(());
        }
        let depth = line.chars().take_while(|one| one.is_whitespace()).count();
        if self.open.as_ref().is_some_and(|(_, indent)| depth > *indent) {
            self.go_on(text);
            return Ok(());
        }
        match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, _)) => self.begin(number, name),
            None => self.option(number, text, depth),
        }
    }

    fn begin(&mut self, number: usize, name: &str) -> Result<(), Broken> {
        if name != DEFAULT && self.ini.sections.iter().any(|there| there == name) {
            let words = format!("the section [{name}] is there twice; put the two together");
            return Err(self.broken(number, &words));
        }
        self.ini.sections.push(name.to_owned());
        self.section = Some(name.to_owned());
        self.open = None;
        Ok(())
    }

    fn option(&mut self, number: usize, text: &str, depth: usize) -> Result<(), Broken> {
        let Some(section) = self.section.clone() else {
            return Err(self.broken(number, "a section such as [jellyfin] is missing above this"));
        };
        let Some((key, value)) = text.split_once(['=', ':']) else {
            return Err(self.broken(number, "this is no `key = value`; put it right or delete it"));
        };
        let key = key.trim().to_lowercase();
        if key.is_empty() {
            return Err(self.broken(number, "there is no key before the `=`"));
        }
        let place = (section, key);
        if self.ini.values.contains_key(&place) {
            let words = format!("{} is there twice; delete one of them", place.1);
            return Err(self.broken(number, &words));
        }
        let value = Value { text: value.trim().to_owned(), line: number };
        self.ini.values.insert(place.clone(), value);
        self.open = Some((place, depth));
        Ok(())
    }

    fn go_on(&mut self, text: &str) {
        let Some((place, _)) = &self.open else { return };
        if let Some(value) = self.ini.values.get_mut(place) {
            value.text.push('\n');
            value.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Ini, String> {
        Ini::parse("config.ini", text).map_err(|broken| broken.to_string())
    }

    #[test]
    fn values_are_what_python_says_they_are() {
        let text = "\u{feff}[DEFAULT]\ndebug = true\n; a comment\n[a]\nKey = 1 ; no comment\n\
                    other: x = %-d\n   and more\n\n   still\nempty =\n[b]\nkey=2\n";
        let ini = read(text).map_err(|_| ()).unwrap();
        let get =
            |section, key| ini.get(section, key).map(|value| (value.text.as_str(), value.line));
        assert_eq!(get("a", "key"), Some(("1 ; no comment", 5)));
        assert_eq!(get("a", "other"), Some(("x = %-d\nand more\n\nstill", 6)));
        assert_eq!(get("a", "empty"), Some(("", 10)));
        assert_eq!(get("b", "key"), Some(("2", 12)));
        assert_eq!(get("b", "debug"), Some(("true", 2)));
        assert_eq!(get("b", "other"), None);
    }

    #[test]
    fn what_python_refuses_is_refused_with_its_line() {
        let table = [
            ("key = 1\n", "config.ini:1: a section such as [jellyfin] is missing above this"),
            ("[a]\nword\n", "config.ini:2: this is no `key = value`; put it right or delete it"),
            ("[a]\nx=1\nX=2\n", "config.ini:3: x is there twice; delete one of them"),
            (
                "[a]\n[b]\n[a]\n",
                "config.ini:3: the section [a] is there twice; put the two together",
            ),
        ];
        for (text, words) in table {
            assert_eq!(read(text).err().as_deref(), Some(words), "{text}");
        }
    }
}
