//! The templates that hold: the built-in ones, and what somebody wrote over them.
//!
//! Guarantees: a template that is taken has been tried with every example; a mail whose own template
//! fails at the last moment goes out by the built-in one, and says so. Does not: read files.

use super::context::MailContext;
use super::kind::{MailKind, Source};
use super::moment::MailStyle;
use super::problem::TemplateProblem;
use super::template::{self, Rendered, Template};
use super::{builtin, samples};
use crate::catalogue::{BASE_LANGUAGE, Catalogue};
use crate::dates::DateStyle;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Made once a process: compiling is the expensive part.
static BUILT_IN: LazyLock<Result<MailTemplates, BuiltInError>> = LazyLock::new(MailTemplates::made);

/// The templates inside the binary cannot be used: a fault of ours, found by the tests of this crate.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BuiltInError {
    /// A template.
    #[error("could not make the built-in mails")]
    Template(#[from] TemplateProblem),
    /// The texts.
    #[error("could not read the texts of mails: {0}")]
    Texts(String),
}

/// The templates of all mails. Cheap to clone.
#[derive(Clone)]
pub struct MailTemplates {
    texts: Catalogue,
    built_in: Arc<BTreeMap<MailKind, Template>>,
    written: BTreeMap<MailKind, Arc<Template>>,
}

impl core::fmt::Debug for MailTemplates {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("MailTemplates").field(&self.written.keys().collect::<Vec<_>>()).finish()
    }
}

impl MailTemplates {
    /// Nothing but what is inside the binary.
    ///
    /// # Errors
    /// None that the tests of this crate would not have found.
    pub fn builtin() -> Result<Self, BuiltInError> {
        BUILT_IN.clone()
    }

    fn made() -> Result<Self, BuiltInError> {
        let texts =
            Catalogue::embedded().map_err(|error| BuiltInError::Texts(error.to_string()))?;
        let mut built_in = BTreeMap::new();
        for kind in MailKind::ALL {
            built_in.insert(kind, Template::build(kind, builtin::source(kind))?);
        }
        Ok(Self { texts, built_in: Arc::new(built_in), written: BTreeMap::new() })
    }

    /// The texts that mails are written with.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.texts
    }

    /// The same with another template for one mail; parts that are missing are the built-in ones.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn with_override(&self, kind: MailKind, source: Source) -> Result<Self, TemplateProblem> {
        let template = Template::build(kind, source.or(builtin::source(kind)))?;
        let style = MailStyle { lang: BASE_LANGUAGE.to_owned(), dates: DateStyle::default() };
        let examples: Vec<MailContext> =
            samples::of(kind).into_iter().map(|sample| sample.context).collect();
        template.check(&self.texts, &style, &examples)?;
        let mut with = self.clone();
        with.written.insert(kind, Arc::new(template));
        Ok(with)
    }

    /// The same with the built-in template for one mail.
    #[must_use]
    pub fn without_override(&self, kind: MailKind) -> Self {
        let mut without = self.clone();
        without.written.remove(&kind);
        without
    }

    /// The same with the template that `other` has for one mail: what held before may go on.
    #[must_use]
    pub fn with_that_of(&self, kind: MailKind, other: &Self) -> Self {
        let mut with = self.clone();
        match other.written.get(&kind) {
            Some(template) => with.written.insert(kind, Arc::clone(template)),
            None => with.written.remove(&kind),
        };
        with
    }

    /// What can be named in a mail, with an example of each: `reset.pin`, `85-DD-A5-DC`.
    #[must_use]
    pub fn variables(&self, kind: MailKind, style: &MailStyle) -> Vec<(String, String)> {
        let example = samples::of(kind).into_iter().next();
        example.map(|one| template::variables(&one.context, &self.texts, style)).unwrap_or_default()
    }

    /// Whether somebody wrote a template for that mail.
    #[must_use]
    pub fn is_overridden(&self, kind: MailKind) -> bool {
        self.written.contains_key(&kind)
    }

    /// The built-in template as somebody may edit it: words, not keys; every part is there.
    #[must_use]
    pub fn source_in_words(&self, kind: MailKind, lang: &str) -> Source {
        builtin::in_words(kind, &self.texts, lang)
    }

    /// The mail. [`Rendered::fell_back`] says where a template that was written over the built-in one
    /// failed on this very mail, so that the built-in one had to do.
    ///
    /// # Errors
    /// The built-in template fails, too.
    pub fn render(
        &self,
        context: &MailContext,
        style: &MailStyle,
    ) -> Result<Rendered, TemplateProblem> {
        let kind = context.kind();
        let fell_back = match self.written.get(&kind) {
            Some(template) => match template.render(context, &self.texts, style) {
                Ok(rendered) => return Ok(rendered),
                Err(problem) => Some(problem),
            },
            None => None,
        };
        let Some(template) = self.built_in.get(&kind) else {
            // All kinds are made at once; see `made`.
            return Err(fell_back.unwrap_or(TemplateProblem::missing(kind)));
        };
        let rendered = template.render(context, &self.texts, style)?;
        Ok(Rendered { fell_back, ..rendered })
    }
}
