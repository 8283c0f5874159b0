//! Examples of every mail: what templates are tried with, and what an admin sees before anybody gets one.
//!
//! Guarantees: every value that a kind can have is there in one example and missing in another; no word
//! of a secret occurs in anything else. Does not: name anybody who exists.

use super::context::{
    About, AccountEnd, AddressChanged, AskedBy, ConfirmAddress, Invite, MailContext,
    PasswordChanged, Person, Place, Refusal, Reset, Server, Test, Waiting, Welcome,
};
use super::kind::MailKind;
use jiff::{SignedDuration, Timestamp};

const NOW: Timestamp = Timestamp::constant(1_795_262_400, 0);
const RESET_URL: &str = "https://films.example/reset/q8Zk2mT0vYh4sXb7";
const PIN: &str = "85-DD-A5-DC";

/// One example with a word for it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// `link-and-pin`, `plain`, ...
    pub name: &'static str,
    /// The mail.
    pub context: MailContext,
}

/// The examples of a kind; the first one is the most usual.
#[must_use]
pub fn of(kind: MailKind) -> Vec<Sample> {
    let all: Vec<(&'static str, About)> = match kind {
        MailKind::Reset => resets(),
        MailKind::Invite => invites(),
        MailKind::Welcome => welcomes(),
        MailKind::ConfirmAddress => {
            let url = "https://films.example/confirm/w3Nf6pLc9rKd1uGj".to_owned();
            vec![("plain", About::ConfirmAddress(ConfirmAddress { url, expires_at: after(24) }))]
        }
        MailKind::PasswordChanged => vec![
            ("by-person", About::PasswordChanged(PasswordChanged { at: NOW, by: AskedBy::Person })),
            ("by-admin", About::PasswordChanged(PasswordChanged { at: NOW, by: AskedBy::Admin })),
        ],
        MailKind::AddressChanged => {
            vec![("plain", About::AddressChanged(AddressChanged { at: NOW }))]
        }
        MailKind::Expiring => {
            vec![("plain", About::Expiring(AccountEnd { expires_at: after(7 * 24) }))]
        }
        MailKind::Expired => vec![("plain", About::Expired(AccountEnd { expires_at: NOW }))],
        MailKind::Approved => vec![("plain", About::Approved)],
        MailKind::Refused => {
            let word = Some("Please ask me in person first.".to_owned());
            vec![
                ("with-a-word", About::Refused(Refusal { word })),
                ("plain", About::Refused(Refusal { word: None })),
            ]
        }
        MailKind::ApprovalAsked => vec![
            ("one", About::ApprovalAsked(Waiting { count: 1 })),
            ("several", About::ApprovalAsked(Waiting { count: 3 })),
        ],
        MailKind::Test => vec![("plain", About::Test(Test { method: "Post office".to_owned() }))],
    };
    all.into_iter().map(|(name, about)| Sample { name, context: around(about) }).collect()
}

fn resets() -> Vec<(&'static str, About)> {
    let reset = |pin: bool, url: bool, place: bool, asked_by| {
        About::Reset(Reset {
            pin: pin.then(|| PIN.to_owned()),
            url: url.then(|| RESET_URL.to_owned()),
            expires_at: add(NOW, SignedDuration::from_mins(30)),
            place: place.then(|| "Films and series".to_owned()),
            asked_by,
        })
    };
    vec![
        ("link-and-pin", reset(true, true, true, AskedBy::Person)),
        ("link", reset(false, true, false, AskedBy::Person)),
        ("pin", reset(true, false, true, AskedBy::Person)),
        ("by-admin", reset(false, true, false, AskedBy::Admin)),
    ]
}

fn invites() -> Vec<(&'static str, About)> {
    let invite = |uses_left, expires_at| {
        About::Invite(Invite {
            url: "https://films.example/invite/Hn5Vt2Ry8Wq".to_owned(),
            code: "Hn5Vt2Ry8Wq".to_owned(),
            label: "Family".to_owned(),
            uses_left,
            expires_at,
        })
    };
    vec![("plain", invite(Some(1), Some(after(7 * 24)))), ("for-ever", invite(None, None))]
}

fn welcomes() -> Vec<(&'static str, About)> {
    let places = vec![
        Place { name: "Films and series".to_owned(), url: Some("https://tv.example".to_owned()) },
        Place { name: "Storage".to_owned(), url: None },
    ];
    let ending = Welcome { places, expires_at: Some(after(30 * 24)) };
    let bare = Welcome { places: Vec::new(), expires_at: None };
    vec![("plain", About::Welcome(ending)), ("nothing-to-open", About::Welcome(bare))]
}

fn around(about: About) -> MailContext {
    let unknown = matches!(about, About::Invite(_) | About::Test(_));
    MailContext {
        server: Server {
            name: "Anna's films".to_owned(),
            url: "https://films.example/".to_owned(),
        },
        person: Person {
            name: (!unknown).then(|| "grandma".to_owned()),
            address: "grandma@mail.example".to_owned(),
        },
        footer: "Need help? Ask Anna.\nShe is there in the evening.".to_owned(),
        contact: "Anna, 01234 567".to_owned(),
        now: NOW,
        about,
    }
}

fn after(hours: i64) -> Timestamp {
    add(NOW, SignedDuration::from_hours(hours))
}

fn add(at: Timestamp, span: SignedDuration) -> Timestamp {
    at.checked_add(span).unwrap_or(at)
}
