//! What users have on backends: switching on and off, and taking away.
//!
//! Guarantees: the wish is written before a backend is asked, so a crash or a backend that does not
//! answer leaves the account `Owed` and a row in the schedule; a wish that changed meanwhile wins, also
//! where the older one reaches the backend last.
//! Does not: decide who should be on or off; touch an account whose plugin calls it foreign.

use crate::clock::{later, time_from};
use crate::error::{Result, ServiceError};
use crate::house::Service;
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, UserId};
use domain::schedule::Task;
use domain::users::{Account, AccountState, User};
use jiff::Timestamp;
use store::WriteTx;
use tokio::task::JoinSet;

/// The schedule asks again after at least,
const SOONEST: Duration = Duration::from_secs(60);
/// and at most so long: between them, after as long as it has been owed already.
const LATEST: Duration = Duration::from_secs(3_600);

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AccountResult {
    /// Where.
    pub backend: BackendId,
    /// How it went.
    pub outcome: AccountOutcome,
    /// Why it did not go, for the admin.
    pub fault: Option<Fault>,
}

/// How it went with one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountOutcome {
    /// As wished.
    Done,
    /// Will be tried again by itself.
    Owed,
    /// The backend cannot do it; somebody has to do it there by hand.
    Unsupported,
    /// Refused for good.
    Failed,
    /// Not there any more.
    Gone,
    /// Left as it was, as asked, or because its backend is not configured any more.
    Kept,
}

/// What is asked of a backend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ask {
    Enable,
    Disable,
    Delete,
}

/// Writes the wish that all accounts be on or off, and puts the row that sees to it.
pub(crate) fn owe(service: &Service, tx: &WriteTx, user: &mut User, enabled: bool) -> Result<()> {
    let mut owed = false;
    for account in &mut user.accounts {
        let wished = match account.state {
            AccountState::Gone => true,
            AccountState::Active | AccountState::Invited => enabled,
            AccountState::Disabled => !enabled,
            AccountState::Owed { enabled: wish, .. } => {
                owed = true;
                wish == enabled
            }
        };
        if !wished && is_configured(service, &account.backend) {
            account.state = AccountState::Owed { enabled, because: String::new() };
            account.checked_at = service.now();
            owed = true;
        }
    }
    if owed {
        let task = Task::SwitchAccounts(user.id.clone());
        tx.schedule().put(&task, later(service.now(), SOONEST))?;
    }
    Ok(())
}

fn is_configured(service: &Service, backend: &BackendId) -> bool {
    service.inside().board.look(backend, |_entry| ()).is_some()
}

/// Asks backends for what is owed to this user and writes the answers. Accounts for which nothing was
/// owed are answered `Done`. The user as they are then; `None` where they are gone.
///
/// # Errors
/// Only our own.
pub async fn settle(service: &Service, id: &UserId) -> Result<Option<(User, Vec<AccountResult>)>> {
    let wanted = id.clone();
    let Some(user) = service.read(move |tx| Ok(tx.users().get(&wanted)?)).await? else {
        return Ok(None);
    };
    let asked: Vec<_> = user
        .accounts
        .iter()
        .filter_map(|account| match account.state {
            AccountState::Owed { enabled: true, .. } => Some((account.clone(), Ask::Enable)),
            AccountState::Owed { enabled: false, .. } => Some((account.clone(), Ask::Disable)),
            AccountState::Active
            | AccountState::Disabled
            | AccountState::Invited
            | AccountState::Gone => None,
        })
        .collect();
    let answers = ask_all(service, asked).await;
    let mut results: Vec<_> = answers.iter().map(|answer| answer.result.clone()).collect();
    let unasked =
        |account: &&Account| !results.iter().any(|result| result.backend == account.backend);
    let done = user.accounts.iter().filter(unasked).map(|account| AccountResult {
        backend: account.backend.clone(),
        outcome: match account.state {
            AccountState::Gone => AccountOutcome::Gone,
            _ => AccountOutcome::Done,
        },
        fault: None,
    });
    let done: Vec<_> = done.collect();
    results.extend(done);
    let (here, id) = (service.clone(), id.clone());
    let user = service.write(move |tx| written(&here, tx, &id, &answers)).await?;
    Ok(user.map(|user| (user, results)))
}

/// Deletes a user's accounts; the answers in the order of the accounts.
pub(crate) async fn delete_all(service: &Service, user: &User) -> Vec<(Account, AccountResult)> {
    let (here, elsewhere): (Vec<_>, Vec<_>) =
        user.accounts.iter().cloned().partition(|account| is_configured(service, &account.backend));
    let asked = here.into_iter().map(|account| (account, Ask::Delete)).collect();
    let answers = ask_all(service, asked).await;
    let kept = elsewhere.into_iter().map(|account| {
        let backend = account.backend.clone();
        (account, AccountResult { backend, outcome: AccountOutcome::Kept, fault: None })
    });
    answers.into_iter().map(|answer| (answer.account, answer.result)).chain(kept).collect()
}

struct Answer {
    account: Account,
    ask: Ask,
    result: AccountResult,
}

/// Backends do not wait for one another.
async fn ask_all(service: &Service, asked: Vec<(Account, Ask)>) -> Vec<Answer> {
    let mut running = JoinSet::new();
    for (account, ask) in asked {
        let service = service.clone();
        running.spawn(async move {
            let result = judged(&account.backend, ask_one(&service, &account, ask).await);
            Answer { account, ask, result }
        });
    }
    let mut answers = running.join_all().await;
    answers.sort_by(|one, other| one.account.backend.cmp(&other.account.backend));
    answers
}

async fn ask_one(service: &Service, account: &Account, ask: Ask) -> Result<(), Fault> {
    let instance = service.instance(&account.backend).map_err(|error| match error {
        ServiceError::Backend(fault) => fault,
        other => Fault::new(FaultKind::Misconfigured, "host.no-backend", other.to_string()),
    })?;
    match ask {
        Ask::Enable => instance.enable(&account.id).await.map(drop),
        Ask::Disable => instance.disable(&account.id).await.map(drop),
        Ask::Delete => instance.delete(&account.id).await,
    }
}

/// Each of these may be asked again without harm, so all that is unclear is owed.
fn judged(backend: &BackendId, answer: Result<(), Fault>) -> AccountResult {
    let (outcome, fault) = match answer {
        Ok(()) => (AccountOutcome::Done, None),
        Err(fault) => {
            let outcome = match fault.kind {
                FaultKind::NotFound => AccountOutcome::Gone,
                FaultKind::Unsupported => AccountOutcome::Unsupported,
                FaultKind::Forbidden | FaultKind::InvalidInput | FaultKind::WrongCredential => {
                    AccountOutcome::Failed
                }
                FaultKind::Conflict
                | FaultKind::CredentialRejected
                | FaultKind::RateLimited
                | FaultKind::Unavailable
                | FaultKind::TimedOut
                | FaultKind::OutcomeUnknown
                | FaultKind::BadReply
                | FaultKind::Misconfigured
                | FaultKind::Internal => AccountOutcome::Owed,
            };
            (outcome, Some(fault))
        }
    };
    AccountResult { backend: backend.clone(), outcome, fault }
}

fn written(
    service: &Service,
    tx: &WriteTx,
    id: &UserId,
    answers: &[Answer],
) -> Result<Option<User>> {
    let Some(mut user) = tx.users().get(id)? else { return Ok(None) };
    let now = service.now();
    for answer in answers {
        let same = |account: &&mut Account| {
            account.backend == answer.account.backend && account.id == answer.account.id
        };
        if let Some(account) = user.accounts.iter_mut().find(same) {
            apply(account, answer, now);
        }
    }
    let waits: Vec<_> = user
        .accounts
        .iter()
        .filter(|account| matches!(account.state, AccountState::Owed { .. }))
        .map(|account| time_from(account.checked_at, now).clamp(SOONEST, LATEST))
        .collect();
    let task = Task::SwitchAccounts(id.clone());
    match waits.into_iter().min() {
        Some(wait) => tx.schedule().put(&task, later(now, wait))?,
        None => {
            tx.schedule().delete(&task)?;
        }
    }
    tx.users().put(&user)?;
    Ok(Some(user))
}

fn apply(account: &mut Account, answer: &Answer, now: Timestamp) {
    let enabled = answer.ask == Ask::Enable;
    let (wish, is_owed) = match account.state {
        AccountState::Owed { enabled: wish, .. } => (wish, true),
        AccountState::Active | AccountState::Invited => (true, false),
        AccountState::Disabled => (false, false),
        AccountState::Gone => return,
    };
    if wish != enabled {
        // Somebody changed their mind while the backend was asked. Which of the two it was told last,
        // nobody knows, even where it has said yes to the newer: that is owed, again.
        if !is_owed {
            account.state = AccountState::Owed { enabled: wish, because: String::new() };
            account.checked_at = now;
        }
        return;
    }
    if !is_owed {
        return;
    }
    let state = |on: bool| if on { AccountState::Active } else { AccountState::Disabled };
    let because = answer.result.fault.as_ref().map(|fault| fault.detail.clone());
    account.state = match answer.result.outcome {
        AccountOutcome::Done => state(enabled),
        AccountOutcome::Gone => AccountState::Gone,
        AccountOutcome::Unsupported | AccountOutcome::Failed | AccountOutcome::Kept => {
            state(!enabled)
        }
        AccountOutcome::Owed => {
            account.state = AccountState::Owed { enabled, because: because.unwrap_or_default() };
            return;
        }
    };
    account.checked_at = now;
}
