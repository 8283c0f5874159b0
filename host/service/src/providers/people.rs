//! Whom a way to sign in knows, and what other rules would mean for them.
//!
//! Guarantees: nothing is changed; the rules are the very ones that sign-ins go by. Does not: ask anybody
//! anew; the last claims are those of each person's last sign-in.

use super::effective;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use domain::identity::LinkedIdentity;
use domain::ids::ProviderId;
use domain::providers::{AccessRule, Admission, Applicant, ClaimRule, Claims, Provider};
use domain::role::{Admin, Role};
use domain::users::User;
use serde_json::Value;

/// Somebody with an identity.
#[derive(Debug, Clone)]
pub struct Person {
    /// Who.
    pub user: User,
    /// What was said about them last.
    pub identity: LinkedIdentity,
}

/// What other rules would mean.
#[derive(Debug, Clone)]
pub struct DryRun {
    /// For everybody who has an identity here.
    pub people: Vec<Outcome>,
    /// For somebody with these claims.
    pub pasted: Option<Pasted>,
}

/// What they would mean for somebody.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Who.
    pub person: Person,
    /// What the rule says now.
    pub before: Admission,
    /// What it would say.
    pub after: Admission,
    /// Whether they are an admin.
    pub admin_before: bool,
    /// Whether they would be after their next sign-in. The first admin stays one.
    pub admin_after: bool,
}

/// What they would mean for whoever had these claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pasted {
    /// If nobody here had the identity.
    pub stranger: Admission,
    /// If somebody had.
    pub known: Admission,
    /// Whether they would be an admin; none: the provider says nothing about roles.
    pub admin: Option<bool>,
}

async fn provider(service: &Service, id: &ProviderId) -> Result<Provider> {
    effective::find(service, id).await?.ok_or(ServiceError::NotFound { what: "provider" })
}

/// Everybody with an identity of it, by name, with what was said about them last.
///
/// # Errors
/// `NotFound`.
pub async fn people(service: &Service, _by: &Admin, id: &ProviderId) -> Result<Vec<Person>> {
    let provider = provider(service, id).await?;
    of(service, provider).await
}

async fn of(service: &Service, provider: Provider) -> Result<Vec<Person>> {
    service
        .read(move |tx| {
            let mut people = Vec::new();
            for identity in tx.identities().of_provider(&provider.id)? {
                // An identity of another issuer that had this id is somebody else's affair.
                if identity.key.issuer != provider.issuer() {
                    continue;
                }
                if let Some(user) = tx.users().get(&identity.user)? {
                    people.push(Person { user, identity });
                }
            }
            people.sort_by_key(|person| person.user.username.key());
            Ok(people)
        })
        .await
}

fn applicant(identity: &LinkedIdentity) -> Applicant<'_> {
    Applicant {
        login_name: identity.login_name.as_deref(),
        email: identity.email.as_deref(),
        email_verified: identity.email_verified,
        claims: &identity.claims,
    }
}

/// What these rules would mean for everybody it knows, and for somebody with the given claims.
///
/// # Errors
/// `NotFound`.
pub async fn dry_run(
    service: &Service,
    _by: &Admin,
    id: &ProviderId,
    (access, admin): (&AccessRule, Option<&ClaimRule>),
    claims: Option<&Claims>,
) -> Result<DryRun> {
    let provider = provider(service, id).await?;
    let now = provider.access.clone();
    let outcome = |person: Person| {
        let asks = applicant(&person.identity);
        let (before, after) = (now.admits_known(&asks), access.admits_known(&asks));
        let admin_before = person.user.role == Role::Admin;
        let claimed = admin.map_or(admin_before, |rule| rule.holds(&person.identity.claims));
        let stays = person.user.setup_admin && admin_before;
        Outcome { before, after, admin_before, admin_after: claimed || stays, person }
    };
    let people = of(service, provider.clone()).await?.into_iter().map(outcome).collect();
    let pasted = claims.map(|claims| pasted(claims, access, admin));
    Ok(DryRun { people, pasted })
}

/// Claims by their names in OpenID Connect Core 1.0, 5.1.
fn pasted(claims: &Claims, access: &AccessRule, admin: Option<&ClaimRule>) -> Pasted {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let asks = Applicant {
        login_name: text("preferred_username"),
        email: text("email"),
        email_verified: claims.get("email_verified") == Some(&Value::Bool(true)),
        claims,
    };
    Pasted {
        stranger: access.admits_stranger(&asks),
        known: access.admits_known(&asks),
        admin: admin.map(|rule| rule.holds(claims)),
    }
}
