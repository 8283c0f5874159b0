//! Turns a typed context into a page, strictly.
