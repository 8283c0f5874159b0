//! The first-party components, pages, templates and assets, embedded.
