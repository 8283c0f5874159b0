//! Messages written: facts and secrets through a template to a whole mail.
//!
//! Guarantees: a link and a PIN go from their sealed place into the mail and nowhere else; a mail names no
//! machine; it is the same mail with the same Message-ID however often it is tried. Does not: send.

mod mime;
pub(crate) mod wire;

use crate::backends;
use crate::error::ServiceError;
use crate::house::Service;
use crate::templates;
use domain::mail::MailMethod;
use domain::messages::{Address, Outgoing};
use domain::names::EmailAddress;
use domain::outbox::{Message, MessageKind};
use domain::secret::Secret;
use domain::users::{Account, AccountState, User};
use jiff::Timestamp;
use views::mail::{
    About, AccountEnd, AddressChanged, AskedBy, ConfirmAddress, Invite, PasswordChanged, Person,
    Place, Refusal, Rendered, Reset, Test, Waiting, Welcome,
};

/// The names of facts that a message is owed with. Times are RFC 3339.
pub mod facts {
    /// Of a reset: the places that ask for the PIN, as people call them.
    pub const BACKENDS: &str = "backends";
    /// Of a reset and of a changed password: [`BY_ADMIN`], or anything else for the person.
    pub const BY: &str = "by";
    /// An admin did it.
    pub const BY_ADMIN: &str = "admin";
    /// Of an invite: the admin's words for it.
    pub const LABEL: &str = "invite_label";
    /// Of an invite: for how many people it still is; absent: for any number.
    pub const USES_LEFT: &str = "invite_uses";
    /// Of an invite: its end, absent where it has none; of an account: its end.
    pub const EXPIRES_AT: &str = "expires_at";
    /// Of a changed password: when.
    pub const AT: &str = "at";
    /// Of a refusal: what the admin had to say; absent for nothing.
    pub const WORD: &str = "word";
    /// Of a question to an admin: how many wait.
    pub const WAITING: &str = "waiting";
}

/// What is to be told, and to whom.
pub(crate) struct Told<'a> {
    pub(crate) message: &'a Message,
    pub(crate) user: Option<&'a User>,
    pub(crate) address: &'a EmailAddress,
    pub(crate) link: Option<&'a Secret>,
    pub(crate) pin: Option<&'a Secret>,
}

/// Why a mail could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unwritten {
    /// Links need it.
    #[error("no link can be written before server.public_url is set")]
    NoPublicUrl,
    /// Nobody sealed what it is about.
    #[error("what the mail is about is not there any more")]
    Empty,
    /// The template's fault, or ours.
    #[error("the template could not be filled")]
    Template(#[source] ServiceError),
    /// Its recipient's address is none that mail can have.
    #[error("no mail can be written to this address")]
    NoRecipient,
    /// An address, or a name, that mail cannot have.
    #[error("the mail could not be put together: {0}")]
    Mime(String),
}

/// A mail, but for its sender.
pub(crate) struct Letter {
    id: String,
    to: Address,
    rendered: Rendered,
    secrets: Vec<Secret>,
}

/// Writes a message; `secrets` is what must be seen nowhere but in it.
///
/// # Errors
/// [`Unwritten`].
pub(crate) async fn letter(
    service: &Service,
    told: &Told<'_>,
    secrets: Vec<Secret>,
) -> Result<Letter, Unwritten> {
    let email = wire::address(told.address.as_str());
    if !mime::is_address(&email) {
        return Err(Unwritten::NoRecipient);
    }
    let about = about(service, told)?;
    let name = told.user.map(|user| user.username.to_string());
    let person = Person { name: name.clone(), address: told.address.to_string() };
    let rendered = render(service, person, about).await?;
    let id = told.message.message_id.clone().unwrap_or_default();
    let to = Address { name, email };
    Ok(Letter { id, to, rendered, secrets })
}

/// The built-in message that says only that it arrived.
///
/// # Errors
/// [`Unwritten`].
pub(crate) async fn test(
    service: &Service,
    (method, label): (&MailMethod, &str),
    to: &EmailAddress,
) -> Result<Outgoing, Unwritten> {
    let person = Person { name: None, address: to.to_string() };
    let about = About::Test(Test { method: label.to_owned() });
    let rendered = render(service, person, about).await?;
    let word = domain::ids::encode(service.random().bytes());
    let id = format!("<{word}@{}>", wire::domain(method.from.domain()));
    let to = Address { name: None, email: wire::address(to.as_str()) };
    Letter { id, to, rendered, secrets: Vec::new() }.by(method, service.now())
}

/// Who a method's mail is from.
pub(crate) fn sender(method: &MailMethod) -> Address {
    let Address { name, email } = method.from.to_address();
    Address { name, email: wire::address(&email) }
}

impl Letter {
    /// The whole mail, as this method sends it.
    ///
    /// # Errors
    /// [`Unwritten::Mime`].
    pub(crate) fn by(&self, method: &MailMethod, now: Timestamp) -> Result<Outgoing, Unwritten> {
        let Rendered { subject, text, html, .. } = &self.rendered;
        let reply_to = method.reply_to.as_ref();
        let mut outgoing = Outgoing {
            id: self.id.clone(),
            sender: sender(method),
            reply_to: reply_to.map(|to| Address { name: None, email: wire::address(to.as_str()) }),
            recipients: vec![self.to.clone()],
            subject: Secret::from(subject.as_str()),
            text: Secret::from(text.as_str()),
            html: Some(Secret::from(html.as_str())),
            mime: Secret::new(Vec::new()),
            secrets: self.secrets.clone(),
        };
        outgoing.mime = Secret::new(mime::bytes(&outgoing, now)?);
        Ok(outgoing)
    }
}

async fn render(service: &Service, person: Person, about: About) -> Result<Rendered, Unwritten> {
    let context = templates::context(service, person, about);
    templates::render(service, &context).await.map_err(Unwritten::Template)
}

fn about(service: &Service, told: &Told<'_>) -> Result<About, Unwritten> {
    let message = told.message;
    Ok(match message.kind {
        MessageKind::Reset => About::Reset(reset(service, told)?),
        MessageKind::Invite => About::Invite(invite(service, told)?),
        MessageKind::Welcome => About::Welcome(Welcome {
            places: told.user.map(|user| places(service, &user.accounts)).unwrap_or_default(),
            expires_at: told.user.and_then(|user| user.expires_at),
        }),
        MessageKind::ConfirmAddress => About::ConfirmAddress(ConfirmAddress {
            url: link(service, told)?.ok_or(Unwritten::Empty)?,
            expires_at: message.expires_at,
        }),
        MessageKind::PasswordChanged => About::PasswordChanged(PasswordChanged {
            at: time(message, facts::AT).unwrap_or(message.owed_at),
            by: asked_by(message),
        }),
        MessageKind::AddressChanged => {
            About::AddressChanged(AddressChanged { at: message.owed_at })
        }
        MessageKind::Expiring => About::Expiring(end(told, message.expires_at)),
        MessageKind::Expired => About::Expired(end(told, message.owed_at)),
        MessageKind::Approved => About::Approved,
        MessageKind::Refused => {
            About::Refused(Refusal { word: fact(message, facts::WORD).map(str::to_owned) })
        }
        MessageKind::ApprovalAsked => {
            let count = fact(message, facts::WAITING).and_then(|count| count.parse().ok());
            About::ApprovalAsked(Waiting { count: count.unwrap_or(1) })
        }
    })
}

fn fact<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    message.facts.get(name).map(String::as_str).filter(|value| !value.is_empty())
}

fn time(message: &Message, name: &str) -> Option<Timestamp> {
    fact(message, name)?.parse().ok()
}

fn asked_by(message: &Message) -> AskedBy {
    if fact(message, facts::BY) == Some(facts::BY_ADMIN) { AskedBy::Admin } else { AskedBy::Person }
}

fn end(told: &Told<'_>, otherwise: Timestamp) -> AccountEnd {
    let known = told.user.and_then(|user| user.expires_at);
    AccountEnd { expires_at: time(told.message, facts::EXPIRES_AT).or(known).unwrap_or(otherwise) }
}

fn reset(service: &Service, told: &Told<'_>) -> Result<Reset, Unwritten> {
    let message = told.message;
    let place = fact(message, facts::BACKENDS).map(str::to_owned);
    let (pin, url) = (told.pin.map(|pin| pin.expose().clone()), link(service, told)?);
    if pin.is_none() && url.is_none() {
        return Err(Unwritten::Empty);
    }
    Ok(Reset { pin, url, expires_at: message.expires_at, place, asked_by: asked_by(message) })
}

fn invite(service: &Service, told: &Told<'_>) -> Result<Invite, Unwritten> {
    let message = told.message;
    let url = link(service, told)?.ok_or(Unwritten::Empty)?;
    let code = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Invite {
        code,
        url,
        label: fact(message, facts::LABEL).unwrap_or_default().to_owned(),
        uses_left: fact(message, facts::USES_LEFT).and_then(|uses| uses.parse().ok()),
        expires_at: time(message, facts::EXPIRES_AT),
    })
}

/// The whole address of the message's link.
fn link(service: &Service, told: &Told<'_>) -> Result<Option<String>, Unwritten> {
    let Some(link) = told.link.map(Secret::expose) else { return Ok(None) };
    if !link.starts_with('/') {
        return Ok(Some(link.clone()));
    }
    let settings = service.settings();
    let url = settings.settings.server.public_url.as_ref().ok_or(Unwritten::NoPublicUrl)?;
    Ok(Some(format!("{}{link}", url.as_str().trim_end_matches('/'))))
}

fn places(service: &Service, accounts: &[Account]) -> Vec<Place> {
    let there = accounts.iter().filter(|account| account.state != AccountState::Gone);
    there
        .filter_map(|account| backends::get(service, &account.backend).ok())
        .map(|view| Place {
            name: view.label,
            url: view.backend.public_url.map(|url| url.as_str().to_owned()),
        })
        .collect()
}
