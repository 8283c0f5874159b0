//! The files inside the binary: templates, texts, and what browsers load.
//!
//! Guarantees: an asset's address names its content, so a browser may keep it for ever and an
//! update is seen at once. Does not: compress, or read a disk once the program is built.

use rust_embed::RustEmbed;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Pages, their layouts and parts.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../templates/pages"]
struct PageFiles;

/// Mails and their layouts.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../templates/mail"]
struct MailFiles;

/// The catalogue.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../templates/texts"]
struct TextFiles;

/// Style, script, icons.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../embedded"]
struct AssetFiles;

/// Templates by their path below `templates/pages`.
pub(crate) struct Templates;

impl Templates {
    pub(crate) fn text(name: &str) -> Option<String> {
        PageFiles::get(name).and_then(|file| utf8(file.data))
    }

    #[cfg(test)]
    pub(crate) fn iter() -> impl Iterator<Item = Cow<'static, str>> {
        PageFiles::iter()
    }
}

/// Templates of mails by their path below `templates/mail`.
pub(crate) struct Mails;

impl Mails {
    pub(crate) fn text(name: &str) -> Option<String> {
        MailFiles::get(name).and_then(|file| utf8(file.data))
    }
}

/// Texts by their path below `templates/texts`.
pub(crate) struct Texts;

impl Texts {
    pub(crate) fn text(name: &str) -> Option<String> {
        TextFiles::get(name).and_then(|file| utf8(file.data))
    }

    pub(crate) fn iter() -> impl Iterator<Item = Cow<'static, str>> {
        TextFiles::iter()
    }
}

fn utf8(data: Cow<'static, [u8]>) -> Option<String> {
    String::from_utf8(data.into_owned()).ok()
}

/// A file that browsers load.
#[derive(Debug, Clone)]
pub struct Asset {
    /// `/assets/<hash>/<name>`, below the base path.
    pub path: String,
    /// The value for `Content-Type`.
    pub content_type: &'static str,
    /// The first 16 hex digits of its SHA-256; also a strong `ETag`, in quotes.
    pub hash: String,
    /// Its bytes.
    pub bytes: Cow<'static, [u8]>,
}

static ASSETS: LazyLock<BTreeMap<String, Asset>> = LazyLock::new(|| {
    let found = AssetFiles::iter().filter_map(|name| {
        let content_type = content_type(&name)?;
        let file = AssetFiles::get(&name)?;
        let digest = file.metadata.sha256_hash();
        let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let path = format!("/assets/{hash}/{name}");
        Some((name.into_owned(), Asset { path, content_type, hash, bytes: file.data }))
    });
    found.collect()
});

fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "webmanifest" => Some("application/manifest+json"),
        _ => None,
    }
}

/// Every asset, by name.
pub fn all() -> impl Iterator<Item = &'static Asset> {
    ASSETS.values()
}

/// The asset called `name` (`app.css`).
#[must_use]
pub fn named(name: &str) -> Option<&'static Asset> {
    ASSETS.get(name)
}

/// The address of `name` below the base path: `/assets/<hash>/app.css`.
#[must_use]
pub fn url(name: &str) -> Option<&'static str> {
    named(name).map(|asset| asset.path.as_str())
}

/// What to answer to `path`. Only the address with the right hash is known; an old one is gone.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    let (_, name) = path.strip_prefix("/assets/")?.split_once('/')?;
    named(name).filter(|asset| asset.path == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_stay_small() {
        assert!(named("app.css").unwrap().bytes.len() < 30_000);
        assert!(named("ui.js").unwrap().bytes.len() < 6_000);
    }

    #[test]
    fn an_asset_is_found_under_its_hash_only() {
        let path = url("app.css").unwrap();
        assert_eq!(find(path).unwrap().content_type, "text/css; charset=utf-8");
        assert!(find("/assets/0000000000000000/app.css").is_none());
        assert!(find("/assets/app.css").is_none());
        assert!(url("LICENSE-icons").is_none());
    }
}
