//! What a mail is about: the values its template may name.
//!
//! Guarantees: a kind of mail has the same names every time, `none` where there is nothing; nothing of
//! it is printed by accident. Does not: know where the values come from.

use super::kind::MailKind;
use super::moment::Moments;
use jiff::Timestamp;
use minijinja::value::Value;
use std::collections::BTreeMap;

/// A mail to be written.
#[derive(Clone)]
pub struct MailContext {
    /// Who sends.
    pub server: Server,
    /// Who gets it.
    pub person: Person,
    /// `[texts] mail_footer`.
    pub footer: String,
    /// `[texts] contact`.
    pub contact: String,
    /// The moment it is written.
    pub now: Timestamp,
    /// What it says.
    pub about: About,
}

/// This Latchkey.
#[derive(Clone)]
pub struct Server {
    /// As people call it.
    pub name: String,
    /// `public_url`.
    pub url: String,
}

/// Who gets the mail.
#[derive(Clone)]
pub struct Person {
    /// Their user name; none where they have no account yet.
    pub name: Option<String>,
    /// Their address.
    pub address: String,
}

/// What a mail says, by kind.
#[derive(Clone)]
pub enum About {
    /// [`MailKind::Reset`]
    Reset(Reset),
    /// [`MailKind::Invite`]
    Invite(Invite),
    /// [`MailKind::Welcome`]
    Welcome(Welcome),
    /// [`MailKind::ConfirmAddress`]
    ConfirmAddress(ConfirmAddress),
    /// [`MailKind::PasswordChanged`]
    PasswordChanged(PasswordChanged),
    /// [`MailKind::AddressChanged`]
    AddressChanged(AddressChanged),
    /// [`MailKind::Expiring`]
    Expiring(AccountEnd),
    /// [`MailKind::Expired`]
    Expired(AccountEnd),
    /// [`MailKind::Approved`]
    Approved,
    /// [`MailKind::Refused`]
    Refused(Refusal),
    /// [`MailKind::ApprovalAsked`]
    ApprovalAsked(Waiting),
    /// [`MailKind::Test`]
    Test(Test),
}

/// A way to a new password: a link, a PIN, or both.
#[derive(Clone)]
pub struct Reset {
    /// To be typed where the person asked for it.
    pub pin: Option<String>,
    /// Our own page.
    pub url: Option<String>,
    /// When both end.
    pub expires_at: Timestamp,
    /// The backend that asks for the PIN, as people call it.
    pub place: Option<String>,
    /// Who wanted it.
    pub asked_by: AskedBy,
}

/// Who wanted a new password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AskedBy {
    /// Whoever said to be the person.
    Person,
    /// An admin.
    Admin,
}

/// An invite.
#[derive(Clone)]
pub struct Invite {
    /// Where it is accepted.
    pub url: String,
    /// The code in it.
    pub code: String,
    /// The admin's words for it; may be empty.
    pub label: String,
    /// How many people it is still for; none: any number.
    pub uses_left: Option<u32>,
    /// When it ends; none: never.
    pub expires_at: Option<Timestamp>,
}

/// A new account.
#[derive(Clone)]
pub struct Welcome {
    /// Where it can be used.
    pub places: Vec<Place>,
    /// When it ends; none: never.
    pub expires_at: Option<Timestamp>,
}

/// A backend as people know it.
#[derive(Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Where it is opened, if that is known.
    pub url: Option<String>,
}

/// A link that proves an address.
#[derive(Clone)]
pub struct ConfirmAddress {
    /// Our page.
    pub url: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A password that is another one now.
#[derive(Clone)]
pub struct PasswordChanged {
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub by: AskedBy,
}

/// An address that is no longer an account's; the mail goes there.
#[derive(Clone)]
pub struct AddressChanged {
    /// When.
    pub at: Timestamp,
}

/// The end of an account.
#[derive(Clone)]
pub struct AccountEnd {
    /// When.
    pub expires_at: Timestamp,
}

/// An admin has said no.
#[derive(Clone)]
pub struct Refusal {
    /// What they had to say, if anything.
    pub word: Option<String>,
}

/// Who waits for an admin's word.
#[derive(Clone)]
pub struct Waiting {
    /// How many.
    pub count: u64,
}

/// Whether mail arrives.
#[derive(Clone)]
pub struct Test {
    /// The mail method's name.
    pub method: String,
}

impl core::fmt::Debug for MailContext {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("MailContext").field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl MailContext {
    /// Which mail it is.
    #[must_use]
    pub const fn kind(&self) -> MailKind {
        match self.about {
            About::Reset(_) => MailKind::Reset,
            About::Invite(_) => MailKind::Invite,
            About::Welcome(_) => MailKind::Welcome,
            About::ConfirmAddress(_) => MailKind::ConfirmAddress,
            About::PasswordChanged(_) => MailKind::PasswordChanged,
            About::AddressChanged(_) => MailKind::AddressChanged,
            About::Expiring(_) => MailKind::Expiring,
            About::Expired(_) => MailKind::Expired,
            About::Approved => MailKind::Approved,
            About::Refused(_) => MailKind::Refused,
            About::ApprovalAsked(_) => MailKind::ApprovalAsked,
            About::Test(_) => MailKind::Test,
        }
    }

    /// What may be read by nobody but the person: never in a subject or a preview.
    pub(super) fn secrets(&self) -> Vec<&str> {
        match &self.about {
            About::Reset(reset) => {
                [&reset.pin, &reset.url].into_iter().flatten().map(String::as_str).collect()
            }
            About::Invite(invite) => vec![&invite.url, &invite.code],
            About::ConfirmAddress(confirm) => vec![&confirm.url],
            About::Welcome(_)
            | About::PasswordChanged(_)
            | About::AddressChanged(_)
            | About::Expiring(_)
            | About::Expired(_)
            | About::Approved
            | About::Refused(_)
            | About::ApprovalAsked(_)
            | About::Test(_) => Vec::new(),
        }
    }

    /// The values by name, as our own templates name them.
    pub(super) fn values(&self, moments: &Moments) -> BTreeMap<&'static str, Value> {
        let mut all = BTreeMap::from([
            (
                "server",
                table([
                    ("name", text(&self.server.name)),
                    ("url", text(self.server.url.trim_end_matches('/'))),
                ]),
            ),
            (
                "person",
                table([
                    ("name", Value::from(self.person.name.clone())),
                    ("address", text(&self.person.address)),
                ]),
            ),
            ("footer", text(&self.footer)),
            ("contact", text(&self.contact)),
            ("lang", text(moments.lang())),
            ("now", moments.at(self.now)),
        ]);
        all.extend(self.about.values(moments));
        all
    }
}

impl About {
    fn values(&self, moments: &Moments) -> Vec<(&'static str, Value)> {
        match self {
            Self::Reset(reset) => vec![("reset", reset.value(moments))],
            Self::Invite(invite) => vec![("invite", invite.value(moments))],
            Self::Welcome(welcome) => vec![
                ("account", table([("expires_at", moments.maybe(welcome.expires_at))])),
                ("backends", welcome.places.iter().map(Place::value).collect()),
            ],
            Self::ConfirmAddress(confirm) => {
                let expires_at = moments.at(confirm.expires_at);
                vec![("confirm", table([("url", text(&confirm.url)), ("expires_at", expires_at)]))]
            }
            Self::PasswordChanged(change) => {
                let values = [("at", moments.at(change.at)), ("by", change.by.value())];
                vec![("change", table(values))]
            }
            Self::AddressChanged(change) => {
                vec![("change", table([("at", moments.at(change.at))]))]
            }
            Self::Expiring(end) | Self::Expired(end) => {
                vec![("account", table([("expires_at", moments.at(end.expires_at))]))]
            }
            Self::Approved => Vec::new(),
            Self::Refused(refusal) => {
                vec![("approval", table([("word", Value::from(refusal.word.clone()))]))]
            }
            Self::ApprovalAsked(waiting) => {
                vec![("approval", table([("waiting", Value::from(waiting.count))]))]
            }
            Self::Test(test) => vec![("method", text(&test.method))],
        }
    }
}

impl Reset {
    fn value(&self, moments: &Moments) -> Value {
        table([
            ("pin", Value::from(self.pin.clone())),
            ("url", Value::from(self.url.clone())),
            ("expires_at", moments.at(self.expires_at)),
            ("where", Value::from(self.place.clone())),
            ("asked_by", self.asked_by.value()),
        ])
    }
}

impl AskedBy {
    fn value(self) -> Value {
        Value::from(match self {
            Self::Person => "person",
            Self::Admin => "admin",
        })
    }
}

impl Invite {
    fn value(&self, moments: &Moments) -> Value {
        table([
            ("url", text(&self.url)),
            ("code", text(&self.code)),
            ("label", text(&self.label)),
            ("uses_left", Value::from(self.uses_left)),
            ("expires_at", moments.maybe(self.expires_at)),
        ])
    }
}

impl Place {
    fn value(&self) -> Value {
        table([("name", text(&self.name)), ("url", Value::from(self.url.clone()))])
    }
}

fn text(text: &str) -> Value {
    Value::from(text)
}

fn table<const N: usize>(values: [(&'static str, Value); N]) -> Value {
    Value::from_pairs(values)
}
