//! Where `{{ }}`, `{% %}` and `{# #}` stand in a template.
//!
//! Guarantees: quotes inside are understood; what never ends, and what is too deep for any parser, is told
//! with its place. Does not: know what stands inside.

use super::problem::Flaw;
use core::ops::Range;

/// What kind of braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Braces {
    /// `{{ }}`
    Value,
    /// `{% %}`
    Control,
    /// `{# #}`
    Remark,
}

/// One pair of braces with what is inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) braces: Braces,
    pub(super) range: Range<usize>,
}

impl Expression {
    /// What stands between the braces, without white space control and blanks.
    pub(super) fn inside<'a>(&self, source: &'a str) -> &'a str {
        let all = source.get(self.range.clone()).unwrap_or_default();
        let inner = all.get(2..all.len().saturating_sub(2)).unwrap_or_default();
        inner.trim_matches(['-', '+']).trim()
    }
}

/// All of them, in order.
///
/// # Errors
/// One that does not end.
pub(super) fn find(source: &str) -> Result<Vec<Expression>, Flaw> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some((start, braces)) = next(source, at) {
        let end = end_of(source, start + 2, braces).ok_or_else(|| {
            let open = source.get(start..start + 2).unwrap_or_default();
            Flaw::new(start, "braces-not-closed", open)
        })?;
        found.push(Expression { braces, range: start..end });
        at = end;
    }
    Ok(found)
}

/// How deep `{% if %}` and its like may stand in each other; an `{% elif %}` stands in the one before it.
const DEEPEST: usize = 64;
/// Bytes between two braces: a chain of operators is as deep as it is long.
const LONGEST: usize = 1_000;

/// Whether it can be parsed without end of the stack.
///
/// # Errors
/// The first place that is too deep.
pub(super) fn shallow(source: &str) -> Result<(), Flaw> {
    let mut open: Vec<usize> = Vec::new();
    let all = match find(source) {
        Ok(all) => all,
        // So little cannot be deep, and the parser says better what is wrong.
        Err(_flaw) if source.len() <= LONGEST => return Ok(()),
        Err(flaw) => return Err(flaw),
    };
    for expression in all {
        let at = expression.range.start;
        let inside = expression.inside(source);
        if expression.braces == Braces::Remark {
            continue;
        }
        if inside.len() > LONGEST {
            return Err(Flaw::new(at, "too-deep", ""));
        }
        if expression.braces == Braces::Value {
            continue;
        }
        let word = inside.split(|letter: char| !letter.is_ascii_alphabetic()).next();
        match word.unwrap_or_default() {
            "if" | "for" | "macro" | "call" | "filter" | "with" | "block" | "autoescape" => {
                open.push(1);
            }
            "set" if !inside.contains('=') => open.push(1),
            "elif" => {
                if let Some(innermost) = open.last_mut() {
                    *innermost += 1;
                }
            }
            word if word.starts_with("end") => drop(open.pop()),
            _ => {}
        }
        if open.iter().sum::<usize>() > DEEPEST {
            return Err(Flaw::new(at, "too-deep", ""));
        }
    }
    Ok(())
}

fn next(source: &str, from: usize) -> Option<(usize, Braces)> {
    let rest = source.get(from..)?;
    rest.as_bytes().windows(2).enumerate().find_map(|(index, pair)| {
        let braces = match pair {
            b"{{" => Braces::Value,
            b"{%" => Braces::Control,
            b"{#" => Braces::Remark,
            _ => return None,
        };
        Some((from + index, braces))
    })
}

fn end_of(source: &str, from: usize, braces: Braces) -> Option<usize> {
    let close = match braces {
        Braces::Value => "}}",
        Braces::Control => "%}",
        Braces::Remark => return Some(from + source.get(from..)?.find("#}")? + 2),
    };
    let (mut quote, mut escaped) = (None, false);
    for (index, letter) in source.get(from..)?.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if letter == '\\' => escaped = true,
            Some(open) if open == letter => quote = None,
            Some(_) => {}
            None if letter == '"' || letter == '\'' => quote = Some(letter),
            None if source.get(from + index..)?.starts_with(close) => {
                return Some(from + index + 2);
            }
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_quotes_end_nothing() {
        let source = r#"a {{ t('}}') }} b {%- if x -%} c {# it's #} d {{ "\"}}" }}"#;
        let found = find(source).unwrap();
        let insides: Vec<&str> = found.iter().map(|one| one.inside(source)).collect();
        assert_eq!(insides, ["t('}}')", "if x", "it's", r#""\"}}""#]);
    }

    #[test]
    fn what_is_deep_is_told_with_its_place() {
        let deep = format!("{}{}", "{% if a %}".repeat(65), "{% endif %}".repeat(65));
        assert_eq!(shallow(&deep).unwrap_err(), Flaw::new(640, "too-deep", ""));
        let elifs = format!("{{% if a %}}{}{{% endif %}}", "{% elif a %}".repeat(64));
        assert!(shallow(&elifs).is_err());
        assert!(shallow(&format!("{{{{ a{} }}}}", "+a".repeat(600))).is_err());
        let many = "{% set x = 1 %}{% set y %}b{% endset %}{% if a %}{% elif b %}{% endif %}";
        assert_eq!(shallow(&many.repeat(200)), Ok(()));
        assert!(shallow(&format!("{}{{{{", "{% if a %}".repeat(200))).is_err(), "never closed");
    }

    #[test]
    fn braces_without_an_end_are_told_with_their_place() {
        assert_eq!(find("ab {{ x").unwrap_err(), Flaw::new(3, "braces-not-closed", "{{"));
        assert!(find("{% if 'x %}").is_err());
    }
}
