//! How a sign-up goes on: what to do next, what an outcome means, when it is over.
//!
//! The rules, in the order of their weight:
//! - an account without its profile is not left to anybody: it is taken away again;
//! - what may have been done is looked at before it is done again, and never repeated blindly;
//! - what certainly was not done is tried again, later each time, until the password is forgotten;
//! - an account that might be somebody else's is never taken away and never given to the person;
//! - if anything worked the person keeps it; if nothing did, nothing is left and the use is given back.
//!
//! Each function takes the record as it was read and gives the one to write. A crash between two
//! leaves a record from which [`Signup::next`] says the same or something safer.

use super::{Signup, SignupState, Step, StepState, Why};
use crate::accounts::Attempt;
use crate::fault::{Fault, FaultKind};
use crate::ids::BackendId;
use jiff::{SignedDuration, Timestamp};

/// How long a password waits at most.
pub const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
const FIRST_PAUSE: i64 = 2;
const LONGEST_PAUSE: i64 = 600;

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Write [`Signup::begun`], then ask the backend for the account.
    Create {
        /// Which step.
        step: usize,
        /// Whether somebody may have asked before.
        attempt: Attempt,
    },
    /// The password is forgotten and an account may have been made: find out.
    Look {
        /// Which step.
        step: usize,
    },
    /// Write [`Signup::begun`], then apply the profile.
    ApplyProfile {
        /// Which step.
        step: usize,
        /// To which account.
        account: String,
    },
    /// Write [`Signup::begun`], then take the account away.
    Undo {
        /// Which step.
        step: usize,
        /// Which account.
        account: String,
    },
    /// Nothing before this time.
    Wait(Timestamp),
    /// It is over.
    Settle(Settlement),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// Everything is there.
    Complete,
    /// Something is there; the rest was given up.
    Partial,
    /// Nothing is there; the use goes back.
    Undone(Why),
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// How long to wait after so many tries: 2, 4, 8 ... seconds, ten minutes at most, and never less
/// than the backend asks for.
fn pause(attempts: u32, asked: Option<core::time::Duration>) -> SignedDuration {
    let doubled = FIRST_PAUSE.checked_shl(attempts.saturating_sub(1)).unwrap_or(LONGEST_PAUSE);
    let ours = SignedDuration::from_secs(doubled.clamp(FIRST_PAUSE, LONGEST_PAUSE));
    let theirs = asked.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
    ours.max(theirs.min(SignedDuration::from_hours(1)))
}

impl Step {
    /// A step that nobody has begun.
    #[must_use]
    pub const fn planned(backend: BackendId, wants_profile: bool) -> Self {
        Self {
            backend,
            wants_profile,
            adopted: false,
            invited: false,
            state: StepState::Planned,
            in_doubt: false,
            attempts: 0,
            not_before: None,
            last_fault: None,
        }
    }

    /// Whether something is still to be done.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self.state {
            StepState::Planned
            | StepState::Creating
            | StepState::Created { .. }
            | StepState::Undoing { .. } => true,
            StepState::Done { .. } | StepState::Refused | StepState::Undone => false,
        }
    }

    /// Whether an account is there or may be.
    const fn holds_something(&self) -> bool {
        match self.state {
            StepState::Creating
            | StepState::Created { .. }
            | StepState::Done { .. }
            | StepState::Undoing { .. } => true,
            StepState::Planned | StepState::Refused | StepState::Undone => false,
        }
    }

    fn ended(self, state: StepState) -> Self {
        Self { state, not_before: None, ..self }
    }

    /// Something went well: the next thing begins anew.
    fn advanced(self, state: StepState) -> Self {
        Self { state, in_doubt: false, attempts: 0, not_before: None, ..self }
    }

    fn postponed(self, fault: Fault, now: Timestamp) -> Self {
        let until = later(now, pause(self.attempts, fault.retry_after));
        Self { not_before: Some(until), last_fault: Some(fault), ..self }
    }

    /// In doubt, only a backend that looked can say that nothing of ours is there: the contract makes it
    /// look before it speaks about the name.
    const fn may_be_believed(&self, fault: &Fault) -> bool {
        !self.in_doubt || matches!(fault.kind, FaultKind::Conflict | FaultKind::InvalidInput)
    }

    /// Something went wrong.
    fn failed(self, fault: Fault, now: Timestamp, deadline: Timestamp) -> Self {
        let reaction = reaction(&fault);
        let blamed = Self { last_fault: Some(fault.clone()), ..self };
        match (blamed.state.clone(), reaction) {
            (StepState::Creating, Reaction::GiveUp) if blamed.may_be_believed(&fault) => {
                blamed.ended(StepState::Refused)
            }
            (StepState::Creating, Reaction::Repeat) => {
                // An earlier attempt may still have been carried out: the doubt stays.
                let state = if blamed.in_doubt { StepState::Creating } else { StepState::Planned };
                Self { state, ..blamed }.postponed(fault, now)
            }
            (StepState::Created { account, .. }, reaction) => {
                if reaction == Reaction::GiveUp || deadline <= now {
                    blamed.advanced(StepState::Undoing { account })
                } else {
                    blamed.postponed(fault, now)
                }
            }
            (StepState::Creating, Reaction::LookFirst | Reaction::GiveUp)
            | (StepState::Planned | StepState::Undoing { .. }, _) => blamed.postponed(fault, now),
            (StepState::Done { .. } | StepState::Refused | StepState::Undone, _) => blamed,
        }
    }
}

/// What a fault means for a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// Nothing was done: again, later.
    Repeat,
    /// Perhaps it was done.
    LookFirst,
    /// Never.
    GiveUp,
}

const fn reaction(fault: &Fault) -> Reaction {
    match fault.kind {
        FaultKind::RateLimited | FaultKind::Unavailable | FaultKind::TimedOut => Reaction::Repeat,
        // The admin can put these right while the person waits.
        FaultKind::CredentialRejected | FaultKind::Misconfigured => Reaction::Repeat,
        FaultKind::OutcomeUnknown | FaultKind::BadReply | FaultKind::Internal => {
            Reaction::LookFirst
        }
        FaultKind::InvalidInput
        | FaultKind::WrongCredential
        | FaultKind::NotFound
        | FaultKind::Conflict
        | FaultKind::Forbidden
        | FaultKind::Unsupported => Reaction::GiveUp,
    }
}

impl Signup {
    /// When its password is forgotten, and nothing new is begun any more. One that an admin had to agree
    /// to has its day from then on; the password typed is forgotten a day after the reservation all the same.
    #[must_use]
    pub fn deadline(&self) -> Timestamp {
        later(self.approved_at.unwrap_or(self.reserved_at), PATIENCE)
    }

    /// The same once an admin has agreed. `documents` are the backends for which the profile has one;
    /// without the password typed a link is due.
    #[must_use]
    pub fn approved(
        mut self,
        profile: Option<String>,
        documents: &[BackendId],
        has_password: bool,
        now: Timestamp,
    ) -> Self {
        for step in &mut self.steps {
            step.wants_profile = documents.contains(&step.backend);
        }
        Self {
            profile,
            state: SignupState::Provisioning,
            approved_at: Some(now),
            link_due: !has_password,
            ..self
        }
    }

    /// The same once an admin has said no: nothing was asked of a backend, so nothing is to be undone.
    #[must_use]
    pub fn declined(self, word: String, now: Timestamp) -> Self {
        self.settled(&Settlement::Undone(Why::Refused { word }), now)
    }

    /// What is to be done now.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Next {
        let open = || self.steps.iter().enumerate().filter(|(_, step)| step.is_open());
        if self.is_pointless() {
            return Next::Settle(Settlement::Undone(self.why()));
        }
        let ready = open().find(|(_, step)| step.not_before.is_none_or(|at| at <= now));
        if let Some((index, step)) = ready {
            return self.act(index, step, now);
        }
        let deadline = self.deadline();
        let times = open().filter_map(|(_, step)| {
            // What waits for a password waits no longer than that is kept.
            let patient = step.state != StepState::Planned || now >= deadline;
            step.not_before.map(|at| if patient { at } else { at.min(deadline) })
        });
        times.min().map_or_else(|| Next::Settle(self.settlement()), Next::Wait)
    }

    fn act(&self, index: usize, step: &Step, now: Timestamp) -> Next {
        let late = self.deadline() <= now;
        match &step.state {
            StepState::Planned if late => self.without(index, now),
            StepState::Planned => Next::Create { step: index, attempt: Attempt::First },
            StepState::Creating if late => Next::Look { step: index },
            StepState::Creating => Next::Create { step: index, attempt: Attempt::AfterDoubt },
            StepState::Created { account, .. } => {
                Next::ApplyProfile { step: index, account: account.clone() }
            }
            StepState::Undoing { account } => Next::Undo { step: index, account: account.clone() },
            StepState::Done { .. } | StepState::Refused | StepState::Undone => {
                Next::Settle(self.settlement())
            }
        }
    }

    /// What is next if a step is given up.
    fn without(&self, index: usize, now: Timestamp) -> Next {
        let mut rest = self.clone();
        if let Some(step) = rest.steps.get_mut(index) {
            step.state = StepState::Refused;
        }
        rest.next(now)
    }

    /// The person has to type something else, and nothing was made yet: the rest is not even begun.
    fn is_pointless(&self) -> bool {
        let asks_again = |step: &Step| {
            let kind = step.last_fault.as_ref().map(|fault| fault.kind);
            step.state == StepState::Refused
                && matches!(kind, Some(FaultKind::Conflict | FaultKind::InvalidInput))
        };
        self.steps.iter().any(asks_again) && !self.steps.iter().any(Step::holds_something)
    }

    fn settlement(&self) -> Settlement {
        let done = |step: &Step| matches!(step.state, StepState::Done { .. });
        if self.steps.iter().all(done) {
            Settlement::Complete
        } else if self.steps.iter().any(done) {
            Settlement::Partial
        } else {
            Settlement::Undone(self.why())
        }
    }

    fn why(&self) -> Why {
        let refused = self.steps.iter().filter(|step| step.state == StepState::Refused);
        let blame = refused.filter_map(|step| {
            let fault = step.last_fault.as_ref()?;
            match fault.kind {
                FaultKind::Conflict => Some(Why::Taken { backend: step.backend.clone() }),
                FaultKind::InvalidInput => Some(Why::NotAccepted {
                    backend: step.backend.clone(),
                    field: fault.field.clone(),
                }),
                _ => None,
            }
        });
        blame.into_iter().next().unwrap_or(Why::Failed)
    }

    fn change(mut self, index: usize, change: impl FnOnce(Step) -> Step) -> Self {
        if let Some(step) = self.steps.get_mut(index) {
            *step = change(step.clone());
        }
        self
    }

    /// Before anything is sent for a step.
    #[must_use]
    pub fn begun(self, index: usize) -> Self {
        self.change(index, |step| {
            // Whoever was asking already may have been heard.
            let in_doubt = step.state == StepState::Creating;
            let state = match step.state {
                StepState::Planned => StepState::Creating,
                other => other,
            };
            let attempts = step.attempts.saturating_add(1);
            Step { state, in_doubt, attempts, not_before: None, ..step }
        })
    }

    /// The account is there.
    #[must_use]
    pub fn created(self, index: usize, account: String, login_name: String) -> Self {
        self.change(index, |step| {
            let state = if step.wants_profile {
                StepState::Created { account, login_name }
            } else {
                StepState::Done { account, login_name }
            };
            step.advanced(state)
        })
    }

    /// The account was there before: whatever comes of the sign-up, it stays.
    #[must_use]
    pub fn adopted(self, index: usize) -> Self {
        self.change(index, |step| Step { adopted: true, ..step })
    }

    /// Whether the account still waits for the person to accept.
    #[must_use]
    pub fn awaited(self, index: usize, invited: bool) -> Self {
        self.change(index, |step| Step { invited, ..step })
    }

    /// The profile is applied.
    #[must_use]
    pub fn profiled(self, index: usize) -> Self {
        self.change(index, |step| match step.state.clone() {
            StepState::Created { account, login_name } => {
                step.advanced(StepState::Done { account, login_name })
            }
            _ => step,
        })
    }

    /// The account is gone again.
    #[must_use]
    pub fn taken_away(self, index: usize) -> Self {
        self.change(index, |step| step.ended(StepState::Undone))
    }

    /// Whether there is an account of that name, now that nothing can be made any more: if there is,
    /// nobody can tell whose it is, and `unclear` says so to the admin.
    #[must_use]
    pub fn looked(self, index: usize, unclear: Option<Fault>) -> Self {
        self.change(index, |step| match unclear {
            None => step.ended(StepState::Undone),
            Some(fault) => Step { last_fault: Some(fault), ..step }.ended(StepState::Refused),
        })
    }

    /// Something went wrong.
    #[must_use]
    pub fn failed(self, index: usize, fault: Fault, now: Timestamp) -> Self {
        let deadline = self.deadline();
        self.change(index, |step| step.failed(fault, now, deadline))
    }

    /// The backend was taken out of the house: nothing can be asked of it any more. What may be there
    /// stays there, and the fault says so.
    #[must_use]
    pub fn abandoned(self, index: usize, fault: Fault) -> Self {
        self.change(index, |step| {
            Step { last_fault: Some(fault), ..step }.ended(StepState::Refused)
        })
    }

    /// The end of it.
    #[must_use]
    pub fn settled(mut self, settlement: &Settlement, now: Timestamp) -> Self {
        for step in self.steps.iter_mut().filter(|step| step.state == StepState::Planned) {
            let blamed = step.last_fault.is_some();
            step.state = if blamed { StepState::Refused } else { StepState::Undone };
            step.not_before = None;
        }
        (self.state, self.undone) = match settlement {
            Settlement::Complete => (SignupState::Complete, None),
            Settlement::Partial => (SignupState::Partial, None),
            Settlement::Undone(why) => (SignupState::Undone, Some(why.clone())),
        };
        Self { settled_at: Some(now), ..self }
    }
}

#[cfg(test)]
mod tests;
