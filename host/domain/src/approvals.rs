//! People who asked to come in and wait for an admin's word.
//!
//! Guarantees: what the person gave and what a provider said stay apart; a refusal is remembered, so
//! that asking again does not look like asking first; each question is answered once, whoever is faster.
//! Does not: change a user or a sign-up; whoever writes an answer does.

use crate::identity::IdentityKey;
use crate::ids::{InviteCode, SignupId, UserId};
use crate::providers::Claims;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How somebody came to ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum AskedBy {
    /// By registering a local account.
    Registration,
    /// By an invite that asks for approval; the sign-up waits.
    Invite {
        /// Which.
        code: InviteCode,
        /// The sign-up that goes on when it is approved.
        signup: SignupId,
    },
    /// By signing in at a provider.
    Identity {
        /// As whom.
        key: IdentityKey,
    },
}

/// Where an application stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Answer {
    /// Nobody has said anything.
    Waiting,
    /// They may come in.
    Approved {
        /// Who said so.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// They may not.
    Refused {
        /// Who said so.
        by: String,
        /// When.
        at: Timestamp,
        /// A word to the person; may be empty.
        word: String,
    },
}

/// Somebody who asked to come in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// The user who is pending, or of a sign-up who they will be.
    pub user: UserId,
    /// The name they would have.
    pub username: String,
    /// How they came to ask.
    pub by: AskedBy,
    /// The address given or heard.
    pub email: Option<String>,
    /// Whether the provider vouches for it.
    pub email_verified: bool,
    /// What the provider said, for the admin.
    pub claims: Claims,
    /// A user here whose name or address looks like theirs: a reason to look twice, never to link.
    pub resembles: Option<String>,
    /// From where they asked.
    pub seen_from: String,
    /// When.
    pub asked_at: Timestamp,
    /// What was said to it.
    pub answer: Answer,
}

/// Somebody else was faster, or there is nothing to go back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has been answered already")]
pub struct Answered;

impl Application {
    /// Whether nobody has answered.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.answer == Answer::Waiting
    }

    /// The same, let in.
    ///
    /// # Errors
    /// [`Answered`] where somebody has said something.
    pub fn approved(self, by: &str, at: Timestamp) -> Result<Self, Answered> {
        self.answered(Answer::Approved { by: by.to_owned(), at })
    }

    /// The same, refused.
    ///
    /// # Errors
    /// [`Answered`] where somebody has said something.
    pub fn refused(self, by: &str, word: String, at: Timestamp) -> Result<Self, Answered> {
        self.answered(Answer::Refused { by: by.to_owned(), at, word })
    }

    fn answered(self, answer: Answer) -> Result<Self, Answered> {
        if self.is_waiting() { Ok(Self { answer, ..self }) } else { Err(Answered) }
    }

    /// The same, waiting again after a refusal. Of a sign-up nothing is left to go on with.
    ///
    /// # Errors
    /// [`Answered`] where it was not refused, or came by an invite.
    pub fn reopened(self) -> Result<Self, Answered> {
        match (&self.answer, &self.by) {
            (Answer::Refused { .. }, AskedBy::Registration | AskedBy::Identity { .. }) => {
                Ok(Self { answer: Answer::Waiting, ..self })
            }
            (Answer::Refused { .. }, AskedBy::Invite { .. })
            | (Answer::Waiting | Answer::Approved { .. }, _) => Err(Answered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn asked(by: AskedBy) -> Application {
        Application {
            user: UserId::from_random([1; 16]),
            username: "anna".into(),
            by,
            email: None,
            email_verified: false,
            claims: Claims::new(),
            resembles: None,
            seen_from: String::new(),
            asked_at: at(0),
            answer: Answer::Waiting,
        }
    }

    #[test]
    fn a_question_is_answered_once() {
        let waiting = asked(AskedBy::Registration);
        let yes = waiting.clone().approved("root", at(1)).expect("waiting");
        assert_eq!(yes.clone().approved("other", at(2)), Err(Answered));
        assert_eq!(yes.clone().refused("other", String::new(), at(2)), Err(Answered));
        assert_eq!(yes.reopened(), Err(Answered));
        let no = waiting.clone().refused("root", "later".into(), at(1)).expect("waiting");
        assert_eq!(no.clone().approved("other", at(2)), Err(Answered));
        assert_eq!(waiting.reopened(), Err(Answered));
        let again = no.reopened().expect("refused");
        assert!(again.is_waiting() && again.approved("other", at(3)).is_ok());
    }

    #[test]
    fn a_sign_up_that_was_undone_cannot_go_on() {
        let by = AskedBy::Invite {
            code: InviteCode::from_random([2; 16]),
            signup: SignupId::from_random([3; 16]),
        };
        let no = asked(by).refused("root", String::new(), at(1)).expect("waiting");
        assert_eq!(no.reopened(), Err(Answered));
    }
}
