//! Every text a person reads, by key.
//!
//! Guarantees: a key that one language lacks is answered in English; plural rules are Fluent's.
//! Does not: escape anything (the template engine does), or format dates (see [`crate::dates`]).

use crate::assets::Texts;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use std::collections::BTreeMap;
use std::sync::Arc;
use unic_langid::LanguageIdentifier;

/// The language every key has a text in.
pub const BASE_LANGUAGE: &str = "en";

/// Why the texts cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file of texts is broken.
    #[error("could not read the texts in {file}: {reason}")]
    Texts {
        /// Its name.
        file: String,
        /// What the parser said.
        reason: String,
    },
    /// The folder name is no language.
    #[error("could not read {0} as a language")]
    Language(String),
    /// There is no English.
    #[error("could not find the texts in English")]
    NoBase,
}

/// A value to put into a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Arg<'a> {
    /// Words.
    Text(&'a str),
    /// A number, which also chooses the plural form.
    Number(i64),
}

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

/// All texts of all languages. Cheap to clone.
#[derive(Clone)]
pub struct Catalogue {
    languages: Arc<BTreeMap<String, FluentBundle<FluentResource>>>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Catalogue").field(&self.languages().collect::<Vec<_>>()).finish()
    }
}

impl Catalogue {
    /// The texts inside the binary: `texts/<language>/<feature>.ftl`.
    ///
    /// # Errors
    /// A broken file, which a test of this crate finds before anybody else does.
    pub fn embedded() -> Result<Self, CatalogueError> {
        let mut languages = BTreeMap::new();
        for name in Texts::iter() {
            let Some((language, file)) = name.split_once('/') else { continue };
            if !file.ends_with(".ftl") {
                continue;
            }
            let source = Texts::text(&name).unwrap_or_default();
            add(&mut languages, language, &name, source)?;
        }
        if !languages.contains_key(BASE_LANGUAGE) {
            return Err(CatalogueError::NoBase);
        }
        Ok(Self { languages: Arc::new(languages) })
    }

    /// The languages there are, by tag.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.languages.keys().map(String::as_str)
    }

    /// The best language for what a browser accepts (`Accept-Language`, most wanted first), else
    /// English.
    #[must_use]
    pub fn choose<'a>(&self, wanted: impl IntoIterator<Item = &'a str>) -> &str {
        for tag in wanted {
            let primary = tag.split('-').next().unwrap_or(tag);
            let exact = self.languages().find(|have| have.eq_ignore_ascii_case(tag));
            let close = || self.languages().find(|have| have.eq_ignore_ascii_case(primary));
            if let Some(found) = exact.or_else(close) {
                return found;
            }
        }
        BASE_LANGUAGE
    }

    /// Whether English has a text under `key`; then every language answers something.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.languages.get(BASE_LANGUAGE).is_some_and(|bundle| bundle.has_message(key))
    }

    /// The text under `key`, or `None` where there is none in English either.
    #[must_use]
    pub fn find(&self, lang: &str, key: &str, args: &[(&str, Arg<'_>)]) -> Option<String> {
        let wanted = self.languages.get(lang).filter(|bundle| bundle.has_message(key));
        let bundle = wanted.or_else(|| self.languages.get(BASE_LANGUAGE))?;
        let pattern = bundle.get_message(key)?.value()?;
        let args =
            FluentArgs::from_iter(args.iter().map(|(name, arg)| ((*name).to_owned(), value(arg))));
        let mut errors = Vec::new();
        Some(bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }

    /// The text under `key`; the key itself where there is none, so that somebody notices.
    #[must_use]
    pub fn text(&self, lang: &str, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.find(lang, key, args).unwrap_or_else(|| key.to_owned())
    }

    /// The text under `key`, filled with facts; a fact that is a whole number chooses plural forms.
    #[must_use]
    pub fn fill(&self, lang: &str, key: &str, facts: &BTreeMap<String, String>) -> String {
        let number = |text: &str| text.parse::<i64>().ok().filter(|n| n.to_string() == text);
        let args: Vec<(&str, Arg<'_>)> = facts
            .iter()
            .map(|(name, fact)| (name.as_str(), number(fact).map_or(Arg::Text(fact), Arg::Number)))
            .collect();
        self.text(lang, key, &args)
    }

    /// English stretched and accented under the tag `en-XA`: shows what is not from the catalogue
    /// and what has no room to grow.
    #[cfg(any(test, feature = "samples"))]
    #[must_use]
    pub fn with_pseudo_language(self) -> Self {
        let mut languages = BTreeMap::new();
        for name in Texts::iter() {
            let english = name.strip_prefix("en/").is_some();
            for (language, wanted) in [("en", english), ("en-XA", english)] {
                if wanted {
                    let source = Texts::text(&name).unwrap_or_default();
                    if add(&mut languages, language, &name, source).is_err() {
                        return self;
                    }
                }
            }
        }
        if let Some(bundle) = languages.get_mut("en-XA") {
            bundle.set_transform(Some(accented));
        }
        Self { languages: Arc::new(languages) }
    }
}

fn add(
    languages: &mut BTreeMap<String, FluentBundle<FluentResource>>,
    language: &str,
    file: &str,
    source: String,
) -> Result<(), CatalogueError> {
    let broken = |reason: String| CatalogueError::Texts { file: file.to_owned(), reason };
    let id: LanguageIdentifier =
        language.parse().map_err(|_| CatalogueError::Language(language.to_owned()))?;
    let resource =
        FluentResource::try_new(source).map_err(|(_, errors)| broken(format!("{errors:?}")))?;
    let bundle = languages.entry(language.to_owned()).or_insert_with(|| {
        let mut bundle = FluentBundle::new_concurrent(vec![id]);
        // The isolation marks would be copied along with links and addresses.
        bundle.set_use_isolating(false);
        bundle
    });
    bundle.add_resource(resource).map_err(|errors| broken(format!("{errors:?}")))
}

fn value<'a>(arg: &Arg<'a>) -> FluentValue<'a> {
    match arg {
        Arg::Text(text) => FluentValue::from(*text),
        Arg::Number(number) => FluentValue::from(*number),
    }
}

#[cfg(any(test, feature = "samples"))]
fn accented(text: &str) -> std::borrow::Cow<'_, str> {
    let mut out = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        match letter {
            'a' => out.push_str("áá"),
            'e' => out.push_str("éé"),
            'o' => out.push_str("óó"),
            'u' => out.push('ú'),
            'i' => out.push('í'),
            other => out.push(other),
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_follow_the_number() {
        let texts = Catalogue::embedded().unwrap();
        assert_eq!(texts.text("en", "ago-days", &[("n", Arg::Number(1))]), "yesterday");
        assert_eq!(texts.text("en", "ago-days", &[("n", Arg::Number(3))]), "3 days ago");
    }

    #[test]
    fn an_unknown_key_is_shown_as_it_is() {
        let texts = Catalogue::embedded().unwrap();
        assert_eq!(texts.text("en", "no-such-key", &[]), "no-such-key");
    }

    #[test]
    fn a_language_we_lack_is_answered_in_english() {
        let texts = Catalogue::embedded().unwrap();
        assert_eq!(texts.choose(["tlh", "de-AT"]), "en");
        assert_eq!(texts.choose(["en-GB"]), "en");
        assert_eq!(texts.text("tlh", "save", &[]), texts.text("en", "save", &[]));
    }
}
