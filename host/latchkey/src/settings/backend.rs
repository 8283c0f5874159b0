//! `[[backend]]`: a server, with what its plugin is given.

use crate::settings::check::{Check, Item};
use crate::settings::given::{self, Manifests};
use crate::settings::kind::Parsed;
use domain::backends::{Backend, SetBy};
use domain::ids::{BackendId, PluginId, ProviderId};
use domain::settings::BackendFromFile;
use jiff::Timestamp;

/// One backend, or `None` with the reasons among the problems.
pub(crate) fn settle(
    check: &mut Check<'_>,
    item: &Item,
    manifests: &Manifests,
    now: Timestamp,
) -> Option<BackendFromFile> {
    let prefix = format!("backend.{}", item.id);
    let id = BackendId::parse(&item.text("id")?).ok()?;
    if ProviderId::parse(id.as_str()).is_ok_and(|id| id.is_reserved()) {
        let spot = item.values.get("id").map_or(&item.spot, |found| &found.spot);
        let words = ("is a word of our own addresses", "choose another id, as in id = \"media\"");
        check.error_with_advice(spot, &format!("{prefix}.id"), words);
        return None;
    }
    let Some(plugin) = item.text("plugin").and_then(|plugin| PluginId::parse(&plugin).ok()) else {
        if !item.values.contains_key("plugin") {
            let advice = "name the plugin that speaks to it, as in plugin = \"jellyfin\"";
            let key = format!("{prefix}.plugin");
            check.error_with_advice(&item.spot, &key, ("is missing", advice));
        }
        return None;
    };
    let public_url = match item.values.get("public_url").map(|found| &found.parsed) {
        Some(Parsed::Url(url)) => Some(url.clone()),
        _ => None,
    };
    let given = given::settle(check, (&prefix, item), &plugin, manifests);
    let backend = Backend {
        id,
        label: item.text("label").unwrap_or_default(),
        plugin,
        public_url,
        settings: given.settings,
        set_by: SetBy::File,
        server_id: None,
        created_at: now,
    };
    Some(BackendFromFile { backend, secrets: given.secrets, connect: given.connect })
}
