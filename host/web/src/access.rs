//! Who may call what: the access level of a route is the type of its handler.
//!
//! Guarantees: a handler that needs a right takes it as a value, and only the check here makes that
//! value, before the body is read. So a handler for admins cannot be registered for anybody:
//!
//! ```compile_fail,E0593
//! use web::access::{Reply, public};
//! use web::context::Ctx;
//! async fn delete_everything(_: Ctx, _: domain::role::Admin) -> Reply {
//!     Ok(web::kit::Answer::no_content())
//! }
//! let handler = public(delete_everything);
//! ```
//!
//! while for admins it can:
//!
//! ```
//! use web::access::{Reply, admin};
//! use web::context::Ctx;
//! async fn list(_: Ctx, _: domain::role::Admin) -> Reply { Ok(web::kit::Answer::no_content()) }
//! let handler = admin(list);
//! assert_eq!(handler.access(), web::routes::Access::Admin);
//! ```

use crate::context::Ctx;
use crate::failure::{Code, Failure};
use crate::kit::Answer;
use crate::program::{Access, Listed};
use core::future::Future;
use core::pin::Pin;
use domain::api_tokens::{Area, Scope};
use domain::role::{Admin, Inviter};
use domain::secret::Secret;
use domain::sessions::SessionKind;
use service::factors;
use service::sessions::Current;
use service::setup::{self, SetupState};

/// What a handler gives back.
pub type Reply = Result<Answer, Failure>;

/// A handler at work.
pub type Made = Pin<Box<dyn Future<Output = Reply> + Send>>;

type Run<T> = Box<dyn Fn(Ctx, T) -> Made + Send + Sync>;

/// Proof that somebody is signed in.
#[derive(Debug, Clone)]
pub struct SignedIn(Current);

impl SignedIn {
    /// Who, and by which session.
    #[must_use]
    pub const fn current(&self) -> &Current {
        &self.0
    }
}

/// Proof that there is no first admin yet.
#[derive(Debug)]
pub struct BeforeSetup(());

/// Something to show: the token of the browser that began it, or an admin's right.
#[derive(Debug, Clone)]
pub struct Holder {
    /// From the browser's own cookie.
    pub token: Option<Secret>,
    /// Where an admin looks.
    pub admin: Option<Admin>,
}

/// A handler with its access level.
pub struct Handler {
    kind: Kind,
    proof: Proof,
}

/// How long ago its caller may have proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Proof {
    Ever,
    Lately,
}

enum Kind {
    Public(Run<()>),
    Setup(Run<BeforeSetup>),
    Holder(Run<Holder>),
    User(Run<SignedIn>),
    Inviter(Run<Inviter>),
    Admin(Run<Admin>),
}

/// For anybody.
pub fn public<F, R>(run: F) -> Handler
where
    F: Fn(Ctx) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::Public(Box::new(move |ctx, ()| Box::pin(run(ctx)))))
}

/// For whoever has the setup code; the handler checks the code itself.
pub fn before_setup<F, R>(run: F) -> Handler
where
    F: Fn(Ctx, BeforeSetup) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::Setup(Box::new(move |ctx, proof| Box::pin(run(ctx, proof)))))
}

/// For the browser that began it, and for admins; the service compares the token.
pub fn holder<F, R>(run: F) -> Handler
where
    F: Fn(Ctx, Holder) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::Holder(Box::new(move |ctx, proof| Box::pin(run(ctx, proof)))))
}

/// For whoever is signed in.
pub fn user<F, R>(run: F) -> Handler
where
    F: Fn(Ctx, SignedIn) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::User(Box::new(move |ctx, proof| Box::pin(run(ctx, proof)))))
}

/// For whoever was given the right to invite others; an admin has the admin's pages for that.
pub fn inviter<F, R>(run: F) -> Handler
where
    F: Fn(Ctx, Inviter) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::Inviter(Box::new(move |ctx, proof| Box::pin(run(ctx, proof)))))
}

/// For admins.
pub fn admin<F, R>(run: F) -> Handler
where
    F: Fn(Ctx, Admin) -> R + Send + Sync + 'static,
    R: Future<Output = Reply> + Send + 'static,
{
    Handler::of(Kind::Admin(Box::new(move |ctx, proof| Box::pin(run(ctx, proof)))))
}

/// What an API token needs for a row: the area is the word after `/api/`, and all but reading is writing.
/// None where no token will do: pages, how one signs in, one's own account, tokens, keys, whatever hands
/// somebody's account over, and what asks for a recent proof of who one is.
#[must_use]
pub fn scope_of(row: &Listed) -> Option<Scope> {
    /// Below a user.
    const NEVER: [&str; 4] = ["sessions", "login-token", "reset-link", "second-factor"];
    let mut words = row.pattern.strip_prefix("/api/")?.split('/');
    let area = Area::parse(words.next()?)?;
    let hands_over = area == Area::Users && words.any(|word| NEVER.contains(&word));
    if hands_over || row.recent {
        return None;
    }
    Some(Scope { area, write: !matches!(row.method, "GET" | "HEAD") })
}

/// A handler whose caller has been let in; it only lacks the request.
pub type Admitted<'a> = Box<dyn FnOnce(Ctx) -> Made + Send + 'a>;

impl Handler {
    fn of(kind: Kind) -> Self {
        Self { kind, proof: Proof::Ever }
    }

    /// The same, for whoever proved lately who they are: what a found session must not do.
    #[must_use]
    pub fn lately(self) -> Self {
        Self { proof: Proof::Lately, ..self }
    }

    /// Whether its caller must have proved lately who they are.
    #[must_use]
    pub const fn asks_for_recent_proof(&self) -> bool {
        matches!(self.proof, Proof::Lately)
    }

    /// Who may call it.
    #[must_use]
    pub const fn access(&self) -> Access {
        match self.kind {
            Kind::Public(_) => Access::Public,
            Kind::Setup(_) => Access::Setup,
            Kind::Holder(_) => Access::Holder,
            Kind::User(_) => Access::User,
            Kind::Inviter(_) => Access::Inviter,
            Kind::Admin(_) => Access::Admin,
        }
    }

    /// Decides from who is signed in and what is shown, before the body is read.
    ///
    /// # Errors
    /// `sign-in` where nobody is, `forbidden` where it is the wrong one, `second-factor-needed` where an
    /// admin owes one, `stale-sign-in`, `setup-done`.
    pub fn admit(&self, ctx: &Ctx) -> Result<Admitted<'_>, Failure> {
        let admitted = self.let_in(ctx)?;
        match self.proof {
            Proof::Ever => {}
            // What an API token may do was decided by a fresh proof, when it was made.
            Proof::Lately if is_api_token(ctx) => {}
            Proof::Lately => ctx.require_recent()?,
        }
        Ok(admitted)
    }

    fn let_in(&self, ctx: &Ctx) -> Result<Admitted<'_>, Failure> {
        match &self.kind {
            Kind::Public(run) => Ok(Box::new(move |ctx| run(ctx, ()))),
            Kind::Setup(run) => match setup::state(ctx.service()) {
                SetupState::Needed => Ok(Box::new(move |ctx| run(ctx, BeforeSetup(())))),
                SetupState::Done => Err(Failure::of(Code::SetupDone)),
            },
            Kind::Holder(run) => {
                let proof = Holder { token: ctx.signup_token(), admin: prove(ctx) };
                if proof.token.is_none() && proof.admin.is_none() {
                    // Whoever is signed in already would only lose their session on the way to the form.
                    let nothing_to_show =
                        ctx.viewer.as_ref().map_or(Code::SignIn, |_current| Code::NotFound);
                    return Err(Failure::of(nothing_to_show));
                }
                Ok(Box::new(move |ctx| run(ctx, proof)))
            }
            Kind::User(run) => {
                let proof = SignedIn(ctx.viewer.clone().ok_or_else(|| Failure::of(Code::SignIn))?);
                Ok(Box::new(move |ctx| run(ctx, proof)))
            }
            Kind::Inviter(run) => {
                let viewer = ctx.viewer.as_ref().ok_or_else(|| Failure::of(Code::SignIn))?;
                let proof = Inviter::prove(&viewer.user);
                let proof = proof.ok_or_else(|| Failure::of(Code::Forbidden))?;
                Ok(Box::new(move |ctx| run(ctx, proof)))
            }
            Kind::Admin(run) => {
                let proof = prove(ctx).ok_or_else(|| Failure::of(why_not(ctx)))?;
                Ok(Box::new(move |ctx| run(ctx, proof)))
            }
        }
    }
}

fn is_api_token(ctx: &Ctx) -> bool {
    let kind = ctx.viewer.as_ref().map(|current| &current.session.kind);
    matches!(kind, Some(SessionKind::ApiToken { .. }))
}

/// An admin's right, where this session proves enough for it.
fn prove(ctx: &Ctx) -> Option<Admin> {
    let enough = ctx.viewer.as_ref().filter(|current| factors::are_enough(ctx.service(), current));
    enough.and_then(|current| Admin::prove(&current.user))
}

fn why_not(ctx: &Ctx) -> Code {
    match &ctx.viewer {
        Some(current) if Admin::prove(&current.user).is_some() => Code::SecondFactorNeeded,
        Some(_) => Code::Forbidden,
        None => Code::SignIn,
    }
}
