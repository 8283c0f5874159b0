//! `?limit=&cursor=&q=&sort=` and `{items, next}`.

use crate::context::Ctx;
use crate::failure::Failure;
use crate::kit::Answer;
use serde::Serialize;
use service::FieldProblem;
use service::paging::{LONGEST, Page};

/// What a list's query asks for.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Part of a name or label.
    pub search: Option<String>,
    /// Where the page before ended.
    pub after: Option<String>,
    /// How many.
    pub limit: Option<usize>,
}

impl Wish {
    /// Reads it from the query.
    ///
    /// # Errors
    /// 422 for a limit that is no number from 1 to 200.
    pub fn of(ctx: &Ctx) -> Result<Self, Failure> {
        let given =
            |name: &str| ctx.head.query.get(name).map(str::trim).filter(|text| !text.is_empty());
        let limit = match given("limit").map(str::parse::<usize>) {
            None => None,
            Some(Ok(limit)) if (1..=LONGEST).contains(&limit) => Some(limit),
            Some(_) => {
                let problem =
                    FieldProblem::new("limit", "range").with("min", 1).with("max", LONGEST);
                return Err(Failure::invalid(vec![problem]));
            }
        };
        Ok(Self {
            search: given("q").map(str::to_owned),
            after: given("cursor").map(str::to_owned),
            limit,
        })
    }
}

#[derive(Serialize)]
struct Listing<T> {
    items: Vec<T>,
    next: Option<String>,
}

/// One page of a long list.
pub fn answer<T, V: Serialize>(page: Page<T>, view: impl FnMut(T) -> V) -> Answer {
    let items = page.items.into_iter().map(view).collect();
    Answer::json(&Listing { items, next: page.next })
}

/// A list that is short enough to be whole.
pub fn whole<V: Serialize>(items: Vec<V>) -> Answer {
    Answer::json(&Listing { items, next: None })
}
