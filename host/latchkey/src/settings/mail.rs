//! `[[mail]]`: a way to send, with what its plugin is given.

use crate::settings::check::{Check, Item};
use crate::settings::given::{self, Manifests};
use domain::backends::SetBy;
use domain::ids::{MailId, PluginId};
use domain::mail::{MailMethod, Mailbox};
use domain::names::EmailAddress;
use domain::plugins::PluginRole;
use domain::settings::MailFromFile;
use jiff::Timestamp;

/// One method, or `None` with the reasons among the problems. The first in the file is the first asked.
pub(crate) fn settle(
    check: &mut Check<'_>,
    item: &Item,
    manifests: &Manifests,
    now: Timestamp,
) -> Option<MailFromFile> {
    let prefix = format!("mail.{}", item.id);
    let id = MailId::parse(&item.text("id")?).ok()?;
    if id.is_reserved() {
        let words = ("is a word of the pages", "choose another id, as in id = \"smtp\"");
        check.error_with_advice(&item.spot, &format!("{prefix}.id"), words);
        return None;
    }
    let from = from(check, item, &prefix);
    let reply_to = reply_to(check, item, &prefix);
    let plugin = plugin(check, item, (&prefix, manifests))?;
    let given = given::settle(check, (&prefix, item), &plugin, manifests);
    let method = MailMethod {
        id,
        plugin,
        from: from?,
        reply_to,
        settings: given.settings,
        set_by: SetBy::File,
        created_at: now,
    };
    Some(MailFromFile { method, secrets: given.secrets })
}

fn plugin(
    check: &mut Check<'_>,
    item: &Item,
    (prefix, manifests): (&str, &Manifests),
) -> Option<PluginId> {
    let key = format!("{prefix}.plugin");
    let Some(found) = item.values.get("plugin") else {
        let advice = "name the plugin that sends, as in plugin = \"mail-smtp\"";
        check.error_with_advice(&item.spot, &key, ("is missing", advice));
        return None;
    };
    let plugin = PluginId::parse(&item.text("plugin")?).ok()?;
    let sends = |id: &PluginId| {
        manifests.get(id).is_none_or(|manifest| manifest.roles.contains(&PluginRole::Notify))
    };
    if sends(&plugin) {
        return Some(plugin);
    }
    let able: Vec<_> = manifests.keys().filter(|id| sends(id)).map(PluginId::as_str).collect();
    let message = format!("the plugin {:?} sends no mail", plugin.as_str());
    let advice = format!("choose one of {}", able.join(", "));
    check.error_with_advice(&found.spot, &key, (message, advice));
    None
}

fn from(check: &mut Check<'_>, item: &Item, prefix: &str) -> Option<Mailbox> {
    let key = format!("{prefix}.from");
    let Some(found) = item.values.get("from") else {
        let advice = "say whom mail is from, as in from = \"Home <home@example.org>\"";
        check.error_with_advice(&item.spot, &key, ("is missing", advice));
        return None;
    };
    let text = item.text("from")?;
    Mailbox::parse(&text)
        .map_err(|not| {
            let message = format!("{text:?} is no sender");
            check.error_with_advice(&found.spot, &key, (message, not.to_string()));
        })
        .ok()
}

fn reply_to(check: &mut Check<'_>, item: &Item, prefix: &str) -> Option<EmailAddress> {
    let found = item.values.get("reply_to")?;
    let text = item.text("reply_to").filter(|text| !text.trim().is_empty())?;
    EmailAddress::parse(&text)
        .map_err(|_bad| {
            let message = format!("{text:?} is no mail address");
            let advice = "write it like me@example.org";
            check.error_with_advice(&found.spot, &format!("{prefix}.reply_to"), (message, advice));
        })
        .ok()
}
