//! HTTP in, HTTP out, for any program: what a web framework would bring.
//!
//! Guarantees: nothing here knows the product; a body is read within a size and a time or not at
//! all; every header that a browser obeys for safety is set in one place ([`headers`]).
//! Does not: route by more than path and method, or decide who may do what (the guard does).

pub mod answer;
pub mod body;
pub mod cookies;
pub mod form;
pub mod head;
pub mod headers;
pub mod json;
pub mod matcher;
pub mod query;
pub mod stream;

pub use answer::Answer;
pub use body::{Body, Inbound};
pub use head::Head;
