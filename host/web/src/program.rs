//! What every request has at hand: the service, the pages, the table's listing.

use serde::Serialize;
use service::Service;
use std::sync::Arc;
use views::Views;

/// How long things may take at the edge.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How long a body may take to arrive.
    pub body_deadline: core::time::Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { body_deadline: core::time::Duration::from_secs(20) }
    }
}

/// Who may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Anybody.
    Public,
    /// Whoever has the setup code, until set-up is done.
    Setup,
    /// The browser that began it, and admins.
    Holder,
    /// Whoever is signed in.
    User,
    /// Whoever was given the right to invite others.
    Inviter,
    /// Admins.
    Admin,
}

/// A route without its handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// `GET`, `POST`, ...
    pub method: &'static str,
    /// `/api/users/{id}`
    pub pattern: &'static str,
    /// Who may call it.
    pub access: Access,
    /// Bytes of body; 0: none is read.
    pub limit: usize,
    /// Whether its caller must have proved lately who they are.
    pub recent: bool,
    /// What it does, in a few words.
    pub summary: &'static str,
}

/// What every request has at hand. Cheap to clone.
#[derive(Clone)]
pub struct Program(Arc<Inside>);

struct Inside {
    service: Service,
    views: Views,
    options: Options,
    listing: Vec<Listed>,
}

impl Program {
    /// Puts it together.
    #[must_use]
    pub fn new(service: Service, views: Views, options: Options, listing: Vec<Listed>) -> Self {
        Self(Arc::new(Inside { service, views, options, listing }))
    }

    /// Everything that can be done.
    #[must_use]
    pub fn service(&self) -> &Service {
        &self.0.service
    }

    /// Pages and texts.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.0.views
    }

    /// What was chosen.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.options
    }

    /// The table.
    #[must_use]
    pub fn listing(&self) -> &[Listed] {
        &self.0.listing
    }
}
