//! How a request fails: a closed list of codes, words for the person, a reference for the log.
//!
//! Guarantees: every code has one status; what an outsider may not tell apart ([`Code::Gone`],
//! [`Code::WrongCredential`], [`Code::SignIn`]) is byte for byte the same answer each time and so has
//! no reference; causes go to the log and never into an answer. Does not: log ([`crate::entry`] does,
//! once).

use crate::kit::body::BodyProblem;
use crate::kit::form::WrongType;
use crate::kit::json::NotAnObject;
use core::error::Error;
use core::time::Duration;
use domain::fault::{Fault, FaultKind};
use domain::ids::UserId;
use domain::settings::Source;
use http::StatusCode;
use serde::Serialize;
use service::entrance::Asked;
use service::{FieldProblem, ServiceError};

/// Every `code` a problem can have. The catalogue has `problem-<code>` and `problem-<code>-help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The request makes no sense: broken JSON, a token and a cookie at once.
    BadRequest,
    /// Nobody is signed in.
    SignIn,
    /// The name or the password is wrong, or the token is no good; unknown is wrong.
    WrongCredential,
    /// Signed in, and not allowed.
    Forbidden,
    /// Right credentials of somebody an admin has yet to agree to.
    Pending,
    /// Right credentials of somebody to whom an admin has said no.
    Refused,
    /// Right credentials of somebody an admin switched off.
    Disabled,
    /// Right credentials of somebody whose time is over.
    Expired,
    /// Right credentials, but the backend has no room for another session.
    TooManySessions,
    /// The last admin stays one.
    LastAdmin,
    /// The first admin cannot be demoted, disabled or deleted.
    SetupAdmin,
    /// Admins do not take over one another.
    OtherAdmin,
    /// Signed in too long ago for this.
    StaleSignIn,
    /// A link in a mail begins with the public address, which is not set.
    NoPublicUrl,
    /// Nobody locks themselves out.
    Oneself,
    /// Their time is over: extend it first.
    Over,
    /// There is no password here to change.
    NoPassword,
    /// The PIN of a person of a home is wrong.
    WrongPin,
    /// The person or the provider said no.
    Denied,
    /// They were asked to join there and have not accepted.
    Invited,
    /// Known at the provider, and not let in here by its rule.
    NotAdmitted,
    /// Whoever proved who they are is not who is signed in.
    SomebodyElse,
    /// Nothing else would let them in.
    LastWayIn,
    /// It is of an account that the house gave.
    AccountHere,
    /// Another site's page sent it.
    CrossSite,
    /// The setup code is wrong.
    SetupCode,
    /// There is nothing of that name.
    NotFound,
    /// The path is known, the method is not.
    Method,
    /// The body did not arrive in time.
    Timeout,
    /// The name is in use.
    NameTaken,
    /// It changed meanwhile, or is still needed.
    Conflict,
    /// The settings file, the environment or a flag says so.
    Locked,
    /// A link or code that admits nobody: unknown, used up, over, withdrawn.
    Gone,
    /// There is a first admin already.
    SetupDone,
    /// The body is longer than the row allows.
    TooLarge,
    /// The body is of a type that the row does not take.
    MediaType,
    /// The host is none of ours.
    WrongHost,
    /// Fields must be corrected; they are named.
    Invalid,
    /// The password was right, and a second factor is asked for.
    SecondFactor,
    /// An admin has to set up a second factor, or to sign in with it, before an admin's work.
    SecondFactorNeeded,
    /// Too many attempts.
    TooMany,
    /// Our own fault.
    Internal,
    /// A backend did not do it.
    Backend,
    /// A backend does not answer, or everything is in use.
    Unavailable,
}

impl Code {
    /// All of them, for the documentation.
    pub const ALL: [Self; 44] = [
        Self::BadRequest,
        Self::SignIn,
        Self::WrongCredential,
        Self::Forbidden,
        Self::Pending,
        Self::Refused,
        Self::Disabled,
        Self::Expired,
        Self::TooManySessions,
        Self::LastAdmin,
        Self::SetupAdmin,
        Self::OtherAdmin,
        Self::StaleSignIn,
        Self::NoPublicUrl,
        Self::Oneself,
        Self::Over,
        Self::NoPassword,
        Self::WrongPin,
        Self::Denied,
        Self::Invited,
        Self::NotAdmitted,
        Self::SomebodyElse,
        Self::LastWayIn,
        Self::AccountHere,
        Self::CrossSite,
        Self::SetupCode,
        Self::NotFound,
        Self::Method,
        Self::Timeout,
        Self::NameTaken,
        Self::Conflict,
        Self::Locked,
        Self::Gone,
        Self::SetupDone,
        Self::TooLarge,
        Self::MediaType,
        Self::WrongHost,
        Self::Invalid,
        Self::SecondFactor,
        Self::SecondFactorNeeded,
        Self::TooMany,
        Self::Internal,
        Self::Backend,
        Self::Unavailable,
    ];

    /// The word on the wire and in the catalogue.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.row().1
    }

    /// The status it is answered with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.row().0
    }

    /// What kind of problem it is, in a few words that never change.
    #[must_use]
    pub const fn title(self) -> &'static str {
        self.row().2
    }

    #[expect(clippy::too_many_lines, reason = "a table: one line a code")]
    const fn row(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad-request", "The request makes no sense")
            }
            Self::SignIn => (StatusCode::UNAUTHORIZED, "sign-in", "Nobody is signed in"),
            Self::WrongCredential => {
                (StatusCode::UNAUTHORIZED, "wrong-credential", "The credentials are not accepted")
            }
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::Pending => (StatusCode::FORBIDDEN, "pending", "An admin has yet to agree"),
            Self::Refused => (StatusCode::FORBIDDEN, "refused", "An admin has not agreed"),
            Self::Disabled => (StatusCode::FORBIDDEN, "disabled", "The user is disabled"),
            Self::Expired => (StatusCode::FORBIDDEN, "expired", "The user's time is over"),
            Self::TooManySessions => {
                (StatusCode::FORBIDDEN, "too-many-sessions", "Too many sessions")
            }
            Self::LastAdmin => (StatusCode::FORBIDDEN, "last-admin", "The last admin stays one"),
            Self::SetupAdmin => (StatusCode::FORBIDDEN, "setup-admin", "The first admin stays one"),
            Self::OtherAdmin => (StatusCode::FORBIDDEN, "other-admin", "Not on another admin"),
            Self::StaleSignIn => (StatusCode::FORBIDDEN, "stale-sign-in", "Sign in again first"),
            Self::NoPublicUrl => (StatusCode::FORBIDDEN, "no-public-url", "No public address"),
            Self::Oneself => (StatusCode::FORBIDDEN, "oneself", "Not on oneself"),
            Self::Over => (StatusCode::FORBIDDEN, "over", "Extend the user's time first"),
            Self::NoPassword => {
                (StatusCode::FORBIDDEN, "no-password", "There is no password to change")
            }
            Self::WrongPin => (StatusCode::FORBIDDEN, "wrong-pin", "The PIN is wrong"),
            Self::Denied => (StatusCode::FORBIDDEN, "denied", "The provider says no"),
            Self::Invited => {
                (StatusCode::FORBIDDEN, "invited", "The invitation is not accepted yet")
            }
            Self::NotAdmitted => {
                (StatusCode::FORBIDDEN, "not-admitted", "Known there and not here")
            }
            Self::SomebodyElse => {
                (StatusCode::FORBIDDEN, "somebody-else", "That was somebody else")
            }
            Self::LastWayIn => (StatusCode::FORBIDDEN, "last-way-in", "The last way in stays"),
            Self::AccountHere => (StatusCode::FORBIDDEN, "account-here", "It goes with an account"),
            Self::CrossSite => {
                (StatusCode::FORBIDDEN, "cross-site", "The request comes from another site")
            }
            Self::SetupCode => (StatusCode::FORBIDDEN, "setup-code", "The setup code is wrong"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is nothing here"),
            Self::Method => {
                (StatusCode::METHOD_NOT_ALLOWED, "method", "The method is not allowed here")
            }
            Self::Timeout => {
                (StatusCode::REQUEST_TIMEOUT, "timeout", "The body did not arrive in time")
            }
            Self::NameTaken => (StatusCode::CONFLICT, "name-taken", "The name is taken"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "It has changed meanwhile"),
            Self::Locked => (StatusCode::CONFLICT, "locked", "It is set elsewhere"),
            Self::Gone => (StatusCode::GONE, "gone", "The link or code admits nobody"),
            Self::SetupDone => (StatusCode::GONE, "setup-done", "Set-up is done"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too-large", "The body is too large"),
            Self::MediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "media-type", "The body is of another type")
            }
            Self::WrongHost => {
                (StatusCode::MISDIRECTED_REQUEST, "wrong-host", "The host is none of ours")
            }
            Self::Invalid => {
                (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Fields must be corrected")
            }
            Self::SecondFactor => {
                (StatusCode::PRECONDITION_REQUIRED, "second-factor", "A second factor is needed")
            }
            Self::SecondFactorNeeded => {
                (StatusCode::FORBIDDEN, "second-factor-needed", "An admin needs a second factor")
            }
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, "too-many", "Too many attempts"),
            Self::Internal => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here")
            }
            Self::Backend => (StatusCode::BAD_GATEWAY, "backend", "A backend did not do it"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not right now"),
        }
    }

    /// The code for why somebody is not allowed something.
    fn of_refusal(word: &str) -> Self {
        let refusals = [
            Self::Pending,
            Self::Disabled,
            Self::Expired,
            Self::TooManySessions,
            Self::LastAdmin,
            Self::SetupAdmin,
            Self::OtherAdmin,
            Self::StaleSignIn,
            Self::NoPublicUrl,
            Self::Oneself,
            Self::Over,
            Self::WrongPin,
            Self::Denied,
            Self::Invited,
            Self::NotAdmitted,
            Self::SomebodyElse,
            Self::LastWayIn,
            Self::AccountHere,
            Self::NoPassword,
        ];
        refusals.into_iter().find(|code| code.as_str() == word).unwrap_or(Self::Forbidden)
    }

    /// Whether two answers with it must not differ in anything.
    #[must_use]
    pub const fn tells_nothing(self) -> bool {
        matches!(self, Self::Gone | Self::SignIn | Self::WrongCredential)
    }
}

/// A request that failed.
#[derive(Debug)]
pub struct Failure(Box<Inside>);

/// What is known about it.
#[derive(Debug)]
pub struct Inside {
    /// What is answered.
    pub code: Code,
    /// What is wrong with which field.
    pub fields: Vec<FieldProblem>,
    /// What a backend or plugin said: shown to admins only.
    pub fault: Option<Fault>,
    /// When to come again.
    pub retry_after: Option<Duration>,
    /// For 405.
    pub allow: Option<String>,
    /// Where it is set instead.
    pub set_by: Option<Source>,
    /// What to say instead of the code's usual words.
    pub words: Option<String>,
    /// Chosen where the failure began, so that all who tell of it tell the same.
    pub reference: Option<String>,
    /// The second factor that is asked for.
    pub asked: Option<Asked>,
    /// Who waits for an admin's word, or has heard it.
    pub waits: Option<UserId>,
    /// For the log.
    pub cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// Only a code.
    #[must_use]
    pub fn of(code: Code) -> Self {
        Self(Box::new(Inside {
            code,
            fields: Vec::new(),
            fault: None,
            retry_after: None,
            allow: None,
            set_by: None,
            words: None,
            reference: None,
            asked: None,
            waits: None,
            cause: None,
        }))
    }

    /// Fields that must be corrected.
    #[must_use]
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        Self::of(Code::Invalid).and(|inside| inside.fields = fields)
    }

    /// One field with one problem.
    #[must_use]
    pub fn field(field: &str, code: &str) -> Self {
        Self::invalid(vec![FieldProblem::new(field, code)])
    }

    /// 405 with the methods there are.
    #[must_use]
    pub fn method(allow: String) -> Self {
        Self::of(Code::Method).and(|inside| inside.allow = Some(allow))
    }

    /// 428 with the ticket for the second proof.
    #[must_use]
    pub fn second_factor(asked: &Asked) -> Self {
        Self::of(Code::SecondFactor).and(|inside| inside.asked = Some(asked.clone()))
    }

    /// Our own fault.
    #[must_use]
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Code::Internal).because(cause)
    }

    /// With a cause for the log.
    #[must_use]
    pub fn because(self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.and(|inside| inside.cause = Some(cause.into()))
    }

    fn and(mut self, change: impl FnOnce(&mut Inside)) -> Self {
        change(&mut self.0);
        self
    }

    /// With a time to come again.
    #[must_use]
    pub fn waiting(self, wait: Duration) -> Self {
        self.and(|inside| inside.retry_after = Some(wait))
    }

    /// With words of its own, from the catalogue or an admin's own names.
    #[must_use]
    pub fn saying(self, words: String) -> Self {
        self.and(|inside| inside.words = Some(words))
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.0.code
    }

    /// Everything about it.
    #[must_use]
    pub const fn inside(&self) -> &Inside {
        &self.0
    }

    /// The same failure under another code, where a row's own words fit better.
    #[must_use]
    pub fn recoded(self, code: Code) -> Self {
        self.and(|inside| inside.code = code)
    }

    /// The same failure with its fields under the names that a form gives them.
    #[must_use]
    pub fn renamed(self, rename: impl Fn(&str) -> String) -> Self {
        self.and(|inside| {
            for problem in &mut inside.fields {
                problem.field = rename(&problem.field);
            }
        })
    }

    /// The reference to show and to log; made the first time it is asked for.
    pub fn reference(&mut self) -> String {
        let fresh = || domain::ids::encode(service::random::Random::system().bytes());
        self.0.reference.get_or_insert_with(|| fresh().chars().take(8).collect()).clone()
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound { .. } => Self::of(Code::NotFound),
            ServiceError::Gone => Self::of(Code::Gone),
            ServiceError::Taken { field } => Self::of(Code::NameTaken)
                .and(|inside| inside.fields = vec![FieldProblem::new(field, "taken")]),
            ServiceError::Invalid { fields } => Self::invalid(fields),
            ServiceError::Unauthorized => Self::of(Code::WrongCredential),
            ServiceError::Forbidden { code } => Self::of(Code::of_refusal(code)),
            ServiceError::Pending { user, refused } => {
                let code = if refused.is_some() { Code::Refused } else { Code::Pending };
                Self::of(code).and(|inside| {
                    inside.waits = Some(user);
                    // The admin's own words, where they had any.
                    inside.words = refused.filter(|word| !word.is_empty());
                })
            }
            ServiceError::Conflict => Self::of(Code::Conflict),
            ServiceError::Throttled { retry_after } => {
                Self::of(Code::TooMany).and(|inside| inside.retry_after = Some(retry_after))
            }
            ServiceError::Busy { retry_after } => {
                Self::of(Code::Unavailable).and(|inside| inside.retry_after = Some(retry_after))
            }
            ServiceError::Backend(fault) => Self::from(fault),
            ServiceError::Locked { by, .. } => {
                Self::of(Code::Locked).and(|inside| inside.set_by = Some(by))
            }
            ServiceError::Internal { reference, cause } => {
                Self::internal(cause).and(|inside| inside.reference = Some(reference))
            }
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let usual_wait = Duration::from_secs(30);
        let (code, wait) = match fault.kind {
            FaultKind::RateLimited | FaultKind::Unavailable | FaultKind::TimedOut => {
                (Code::Unavailable, Some(fault.retry_after.unwrap_or(usual_wait)))
            }
            FaultKind::Conflict => (Code::Conflict, None),
            FaultKind::InvalidInput
            | FaultKind::WrongCredential
            | FaultKind::NotFound
            | FaultKind::Forbidden
            | FaultKind::CredentialRejected
            | FaultKind::Unsupported
            | FaultKind::OutcomeUnknown
            | FaultKind::BadReply
            | FaultKind::Misconfigured
            | FaultKind::Internal => (Code::Backend, None),
        };
        Self::of(code).and(|inside| {
            inside.retry_after = wait;
            inside.fault = Some(fault);
        })
    }
}

impl From<BodyProblem> for Failure {
    fn from(problem: BodyProblem) -> Self {
        let code = match &problem {
            BodyProblem::TooLarge { .. } => Code::TooLarge,
            BodyProblem::TooSlow { .. } => Code::Timeout,
            BodyProblem::Broken(_) => Code::BadRequest,
        };
        Self::of(code).because(problem)
    }
}

impl From<WrongType> for Failure {
    fn from(problem: WrongType) -> Self {
        Self::of(Code::MediaType).because(problem)
    }
}

impl From<NotAnObject> for Failure {
    fn from(problem: NotAnObject) -> Self {
        match problem {
            NotAnObject::WrongType(wrong) => wrong.into(),
            other => Self::of(Code::BadRequest).because(other),
        }
    }
}

impl From<views::RenderError> for Failure {
    fn from(error: views::RenderError) -> Self {
        Self::internal(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_word() {
        let words: std::collections::BTreeSet<&str> =
            Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }

    #[test]
    fn a_refusal_of_the_service_keeps_its_word() {
        let failure = Failure::from(ServiceError::Forbidden { code: "too-many-sessions" });
        assert_eq!(failure.code(), Code::TooManySessions);
        assert_eq!(
            Failure::from(ServiceError::Forbidden { code: "new-word" }).code(),
            Code::Forbidden
        );
    }

    #[test]
    fn a_backend_that_is_down_says_when_to_come_again() {
        let failure = Failure::from(Fault::new(FaultKind::Unavailable, "x", "down"));
        assert_eq!(
            (failure.code(), failure.inside().retry_after),
            (Code::Unavailable, Some(Duration::from_secs(30)))
        );
    }
}
