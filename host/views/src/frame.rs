//! What all pages share: who is here, how it looks, what stands above and below.

use crate::dates::DateStyle;
use jiff::Timestamp;
use serde::Serialize;

/// The product's name.
pub const PRODUCT: &str = "Latchkey";

/// The common part of every page.
#[derive(Debug, Clone, Serialize)]
pub struct Frame {
    /// Path of `public_url`: empty, or `/latchkey`. Every link starts with it.
    pub base: String,
    /// This page's own path and query below `base`, for coming back after a change of theme.
    pub path: String,
    /// The language of the answer, one of the catalogue's.
    pub lang: String,
    /// From the theme cookie.
    pub theme: Theme,
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// `[texts] contact`: shown on every page but the admin's.
    pub contact: Option<String>,
    /// What an admin should know wherever they are.
    pub banners: Vec<Banner>,
    /// How many ask to come in, for an admin's navigation.
    pub waiting: u64,
    /// What came of the last form.
    pub flash: Option<Flash>,
    /// `[dates]`.
    #[serde(skip)]
    pub dates: DateStyle,
    /// When the request came.
    pub now: Timestamp,
}

impl Frame {
    /// A page for nobody in particular.
    #[must_use]
    pub fn new(now: Timestamp) -> Self {
        Self {
            base: String::new(),
            path: "/".to_owned(),
            lang: crate::catalogue::BASE_LANGUAGE.to_owned(),
            theme: Theme::Auto,
            viewer: None,
            contact: None,
            banners: Vec::new(),
            waiting: 0,
            flash: None,
            dates: DateStyle::default(),
            now,
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Theme {
    /// As the device says.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// From a cookie or a form; anything unknown is `auto`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "light" => Self::Light,
            "dark" => Self::Dark,
            _ => Self::Auto,
        }
    }

    /// As the cookie keeps it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// Who is signed in.
#[derive(Debug, Clone, Serialize)]
pub struct Viewer {
    /// Their name.
    pub name: String,
    /// Shows the way to the admin's pages.
    pub admin: bool,
    /// Shows the way to invites of one's own.
    pub invites: bool,
}

/// How something is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// Done, well.
    Good,
    /// Works, but look.
    Warn,
    /// Failed.
    Bad,
    /// To know.
    Info,
    /// Neither here nor there.
    Quiet,
}

/// A way to somewhere.
#[derive(Debug, Clone, Serialize)]
pub struct Link {
    /// Below the base path, with a slash in front.
    pub href: String,
    /// From the catalogue.
    pub text: String,
}

/// A line above an admin's page that stays until its cause is gone.
#[derive(Debug, Clone, Serialize)]
pub struct Banner {
    /// How bad.
    pub tone: Tone,
    /// From the catalogue.
    pub text: String,
    /// Where to do something about it.
    pub link: Option<Link>,
}

/// What came of the last form; shown once.
#[derive(Debug, Clone, Serialize)]
pub struct Flash {
    /// How it went.
    pub tone: Tone,
    /// From the catalogue.
    pub text: String,
}
