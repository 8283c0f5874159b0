//! Between the contract's types and the domain's.
//!
//! What a guest says is cut to sane lengths here; what makes no sense is a `bad-reply`.

use crate::contract::accounts::exports::latchkey::accounts::backend as accounts;
use crate::contract::base::exports::latchkey::plugin::lifecycle;
use crate::contract::common::attribute::{Attribute, Value};
use crate::contract::common::fault as wire;
use crate::redact::Redactor;
use crate::sealed::unsealed;
use core::time::Duration;
use domain::accounts::{
    Abilities, Attempt, BackendAccount, Condition, Library, LibraryAccess, NameRules, NewAccount,
    Offer, PasswordRules,
};
use domain::fault::{Fault, FaultKind};
use domain::plugins::{Report, Stage, StageOutcome};
use jiff::Timestamp;

/// Bytes of a sentence for the admin.
pub(crate) const SENTENCE: usize = 600;
/// Bytes of a code, a field's name, an id.
pub(crate) const NAME: usize = 256;
/// Bytes of an address, a display name, a pattern; entries of a list that a person reads.
pub(crate) const TEXT: usize = 1 << 10;
const ENTRIES: usize = 64;
/// Bytes of a profile document.
const DOCUMENT: usize = 1 << 20;
/// The longest wait a backend may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(86_400);

/// A guest's fault, without the secrets of the call.
pub(crate) fn fault(fault: wire::Fault, redactor: &Redactor) -> Fault {
    let kind = match fault.kind {
        wire::Kind::InvalidInput => FaultKind::InvalidInput,
        wire::Kind::WrongCredential => FaultKind::WrongCredential,
        wire::Kind::NotFound => FaultKind::NotFound,
        wire::Kind::Conflict => FaultKind::Conflict,
        wire::Kind::Forbidden => FaultKind::Forbidden,
        wire::Kind::CredentialRejected => FaultKind::CredentialRejected,
        wire::Kind::Unsupported => FaultKind::Unsupported,
        wire::Kind::RateLimited => FaultKind::RateLimited,
        wire::Kind::Unavailable => FaultKind::Unavailable,
        wire::Kind::TimedOut => FaultKind::TimedOut,
        wire::Kind::OutcomeUnknown => FaultKind::OutcomeUnknown,
        wire::Kind::BadReply => FaultKind::BadReply,
        wire::Kind::Misconfigured => FaultKind::Misconfigured,
        wire::Kind::Internal => FaultKind::Internal,
    };
    Fault {
        kind,
        code: redactor.line(&fault.code, NAME),
        detail: redactor.line(&fault.detail, SENTENCE),
        field: fault.field.map(|field| redactor.line(&field, NAME)),
        retry_after: fault
            .retry_after_ms
            .map(|ms| Duration::from_millis(ms.into()).min(LONGEST_WAIT)),
        upstream_status: fault.upstream_status,
    }
}

/// An answer that breaks the contract in meaning.
pub(crate) fn bad_reply(what: &str) -> Fault {
    Fault::new(FaultKind::BadReply, "sandbox.bad-reply", format!("the plugin answered {what}"))
}

/// What a person is shown of many.
pub(crate) fn shown<T>(many: Vec<T>) -> impl Iterator<Item = T> {
    many.into_iter().take(ENTRIES)
}

pub(crate) fn stage(stage: &lifecycle::Stage, redactor: &Redactor) -> Stage {
    Stage {
        name: redactor.line(&stage.name, NAME),
        outcome: match stage.outcome {
            lifecycle::Outcome::Passed => StageOutcome::Passed,
            lifecycle::Outcome::Warned => StageOutcome::Warned,
            lifecycle::Outcome::Failed => StageOutcome::Failed,
            lifecycle::Outcome::Skipped => StageOutcome::Skipped,
        },
        detail: redactor.line(&stage.detail, SENTENCE),
        took_ms: stage.took_ms.into(),
    }
}

pub(crate) fn report(report: lifecycle::Report, redactor: &Redactor) -> Report {
    let notice = |notice: lifecycle::Notice| {
        let severity = match notice.severity {
            lifecycle::Severity::Info => "info",
            lifecycle::Severity::Warning => "warning",
            lifecycle::Severity::Error => "error",
        };
        let code = redactor.line(&notice.code, NAME);
        (severity.to_owned(), code, redactor.line(&notice.detail, SENTENCE))
    };
    Report {
        product: redactor.line(&report.product, NAME),
        version: redactor.line(&report.version, NAME),
        server_id: report.server_id.map(|id| redactor.line(&id, NAME)),
        features: shown(report.features).map(|one| redactor.line(&one, NAME)).collect(),
        notices: shown(report.notices).map(notice).collect(),
    }
}

/// # Errors
/// `bad-reply` where the rules for names or passwords are longer than anybody writes them.
pub(crate) fn offer(offering: accounts::Offering) -> Result<Offer, Fault> {
    let long = |text: &String| text.len() > TEXT;
    let names = offering.names.as_ref();
    if names.is_some_and(|rules| long(&rules.pattern) || long(&rules.words))
        || offering.password.as_ref().is_some_and(|rules| long(&rules.forbidden))
    {
        return Err(bad_reply("rules of more than 1 KiB"));
    }
    let has = |ability| offering.abilities.contains(ability);
    Ok(Offer {
        abilities: Abilities {
            create: has(accounts::Abilities::CREATE),
            invite: has(accounts::Abilities::INVITE),
            rename: has(accounts::Abilities::RENAME),
            disable: has(accounts::Abilities::DISABLE),
            delete: has(accounts::Abilities::DELETE),
            set_password: has(accounts::Abilities::SET_PASSWORD),
            own_password: has(accounts::Abilities::OWN_PASSWORD),
            profiles: has(accounts::Abilities::PROFILES),
            libraries: has(accounts::Abilities::LIBRARIES),
            last_seen: has(accounts::Abilities::LAST_SEEN),
        },
        names: offering.names.map(|rules| NameRules {
            pattern: rules.pattern,
            max: rules.max,
            words: rules.words,
        }),
        password: offering.password.map(|rules| PasswordRules {
            min: rules.min,
            max: rules.max,
            forbidden: rules.forbidden,
        }),
    })
}

/// Whether an id is one: it is a key later, and nothing else than what the backend said would do.
pub(crate) fn is_id(id: &str) -> bool {
    (1..=NAME).contains(&id.len())
}

/// A text that is only shown, cut to what anybody would read.
pub(crate) fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(TEXT));
    text
}

/// # Errors
/// `bad-reply` where the account has no id or no name, or one too long to be one: nothing could be done
/// with it later. What is only shown is cut, and an address that is none left out: one odd account must not
/// hide all others.
pub(crate) fn account(account: accounts::Account) -> Result<BackendAccount, Fault> {
    if !is_id(&account.id) || !(1..=TEXT).contains(&account.login_name.len()) {
        return Err(bad_reply("an account without an id or a name"));
    }
    Ok(BackendAccount {
        id: account.id,
        login_name: account.login_name,
        display_name: account.display_name.map(cut),
        email: account.email.filter(|email| email.len() <= TEXT),
        condition: match account.condition {
            accounts::Condition::Active => Condition::Active,
            accounts::Condition::Disabled => Condition::Disabled,
            accounts::Condition::Invited => Condition::Invited,
            accounts::Condition::Locked => Condition::Locked,
        },
        admin: account.admin,
        privileged: account.privileged,
        foreign: account.foreign.map(cut),
        libraries: match account.libraries {
            accounts::Access::All => LibraryAccess::All,
            accounts::Access::Only(ids) => LibraryAccess::Only(ids),
            accounts::Access::Unknown => LibraryAccess::Unknown,
        },
        last_seen: account.last_seen.and_then(moment),
        created: account.created.and_then(moment),
        attributes: shown(account.attributes).map(attribute).collect(),
    })
}

/// About as many bytes as an account takes here.
pub(crate) fn weight(account: &BackendAccount) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let listed: usize = match &account.libraries {
        LibraryAccess::Only(ids) => ids.iter().map(|id| id.len() + size_of::<String>()).sum(),
        LibraryAccess::All | LibraryAccess::Unknown => 0,
    };
    let told: usize = account.attributes.iter().map(|(name, words)| name.len() + words.len()).sum();
    let names = account.id.len() + account.login_name.len();
    let more = text(&account.display_name) + text(&account.email) + text(&account.foreign);
    size_of::<BackendAccount>() + names + more + listed + told
}

/// A moment that no calendar has is none.
fn moment(seconds: u64) -> Option<Timestamp> {
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
}

pub(crate) fn attribute(attribute: Attribute) -> (String, String) {
    let words = match attribute.value {
        Value::Text(text) => text,
        Value::Texts(texts) => texts.join(", "),
        Value::Number(number) => number.to_string(),
        Value::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
    };
    let plain = Redactor::default();
    (plain.line(&attribute.name, NAME), plain.line(&words, SENTENCE))
}

/// # Errors
/// `bad-reply` for one that no server would take back.
pub(crate) fn document(document: String) -> Result<String, Fault> {
    let fits = document.len() <= DOCUMENT;
    fits.then_some(document).ok_or_else(|| bad_reply("a profile document of more than 1 MiB"))
}

/// # Errors
/// As [`unsealed`].
pub(crate) fn new_account(account: &NewAccount) -> Result<accounts::NewAccount, Fault> {
    Ok(accounts::NewAccount {
        login_name: account.login_name.clone(),
        password: account.password.as_ref().map(|password| password.expose().clone()),
        email: account.email.clone(),
        display_name: account.display_name.clone(),
        subject: account.subject.clone(),
        grant: account.grant.as_ref().map(unsealed).transpose()?,
        profile: account.profile.clone(),
    })
}

pub(crate) const fn attempt(attempt: Attempt) -> accounts::Attempt {
    match attempt {
        Attempt::First => accounts::Attempt::First,
        Attempt::AfterDoubt => accounts::Attempt::AfterDoubt,
    }
}

pub(crate) fn library(library: accounts::Library) -> Library {
    Library { id: library.id, name: library.name, kind: library.kind }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::secret::Secret;

    #[test]
    fn a_fault_is_cut_and_without_the_secrets_of_the_call() {
        let redactor = Redactor::new([&Secret::from("hunter22")]);
        let said = wire::Fault {
            kind: wire::Kind::RateLimited,
            code: "media.hunter22".to_owned(),
            detail: format!("GET /?key=hunter22\r\n{}", "x".repeat(5_000)),
            field: Some("hunter22".to_owned()),
            retry_after_ms: Some(u32::MAX),
            upstream_status: Some(429),
        };
        let fault = fault(said, &redactor);
        let words = format!("{fault:?}");
        assert!(!words.contains("hunter22"), "{words}");
        assert!(fault.detail.len() <= SENTENCE + 3 && !fault.detail.contains('\n'));
        assert_eq!(fault.kind, FaultKind::RateLimited);
        assert_eq!(fault.retry_after, Some(LONGEST_WAIT));
    }

    #[test]
    fn an_account_without_an_id_is_a_bad_reply() {
        let said = accounts::Account {
            id: String::new(),
            login_name: "Ann".to_owned(),
            display_name: None,
            email: None,
            condition: accounts::Condition::Active,
            admin: false,
            privileged: true,
            foreign: None,
            libraries: accounts::Access::All,
            last_seen: Some(u64::MAX),
            created: None,
            attributes: Vec::new(),
        };
        let good = accounts::Account { id: "1".to_owned(), ..said.clone() };
        let endless = accounts::Account { id: "1".repeat(100_000), ..said.clone() };
        assert_eq!(account(endless).map_err(|fault| fault.kind), Err(FaultKind::BadReply));
        let (name, email) = (Some("é".repeat(2_000)), Some("a".repeat(2_000)));
        let talker = accounts::Account { display_name: name, email, ..good.clone() };
        let heard =
            account(talker).map(|found| (found.display_name.map(|name| name.len()), found.email));
        assert_eq!(heard, Ok((Some(TEXT), None)), "shown as far as it goes");
        let many =
            vec![
                Attribute { name: "a".repeat(9_000), value: Value::Text("b\n".repeat(9_000)) };
                1_000
            ];
        let listed = account(accounts::Account { attributes: many, ..good.clone() });
        let bytes: usize = listed
            .map(|found| {
                found.attributes.iter().map(|(name, words)| name.len() + words.len()).sum()
            })
            .unwrap_or(usize::MAX);
        assert!(bytes < 64 << 10, "{bytes}");
        assert_eq!(account(said).map_err(|fault| fault.kind), Err(FaultKind::BadReply));
        let found = account(good).map(|account| (account.last_seen, account.privileged));
        assert_eq!(found, Ok((None, true)));
    }
}
