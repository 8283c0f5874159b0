//! A service's refusal as a sentence for somebody at a terminal, in the catalogue's words.

use crate::trouble::chain;
use service::{FieldProblem, ServiceError};
use views::Catalogue;

/// What was refused and why. Causes are told: whoever reads this holds the data folder.
#[must_use]
pub fn sentence(error: &ServiceError) -> String {
    match error {
        ServiceError::Backend(fault) => format!("the backend did not do it: {fault}"),
        ServiceError::Invalid { fields } => {
            let catalogue = Catalogue::embedded().ok();
            let each: Vec<_> =
                fields.iter().map(|problem| field(catalogue.as_ref(), problem)).collect();
            each.join(" ")
        }
        other => chain(other),
    }
}

/// `password: This is too short.`; the bare code where the catalogue has no words.
fn field(catalogue: Option<&Catalogue>, problem: &FieldProblem) -> String {
    let FieldProblem { field, code, args } = problem;
    let prefixes =
        if field.ends_with("password") { ["password", "field"] } else { ["field", "password"] };
    let general = prefixes.map(|prefix| format!("{prefix}-{code}"));
    let mut keys = core::iter::once(format!("field-{field}-{code}")).chain(general);
    let words = catalogue.and_then(|catalogue| {
        let key = keys.find(|key| catalogue.has(key))?;
        Some(catalogue.fill("en", &key, args))
    });
    format!("{field}: {}", words.unwrap_or_else(|| code.clone()))
}
