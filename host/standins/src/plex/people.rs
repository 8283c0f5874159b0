//! The persons of the double, and what each is on plex.tv.
//!
//! Olga owns the server and the home; Pete and Mia are of her home, Mia managed; Sam is shared with; Zed has
//! nothing to do with any of them.

/// One account or managed profile.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) id: u64,
    pub(super) uuid: String,
    /// The name everybody has.
    pub(super) title: String,
    /// Empty for managed profiles.
    pub(super) username: String,
    /// Empty for managed profiles.
    pub(super) email: String,
    pub(super) friendly_name: Option<String>,
    /// The home PIN.
    pub(super) pin: Option<String>,
    /// No account of its own: restricted, without a password.
    pub(super) managed: bool,
    pub(super) restriction_profile: Option<String>,
    /// Of Olga's home.
    pub(super) home: bool,
    pub(super) joined_at: i64,
    /// Which of the pictures.
    pub(super) picture: usize,
}

/// Whose server and home it is.
pub(super) const OWNER: u64 = 1_000_001;

impl Account {
    /// Somebody with an account and nothing else; ids end in their number.
    pub(super) fn new(id: u64, name: &str, email: &str) -> Account {
        let number = id % 1_000_000;
        Account {
            id,
            uuid: format!("a0a0a0a0a0a0a0{:02x}", 0xa0 + number),
            title: name.to_owned(),
            username: name.to_owned(),
            email: email.to_owned(),
            friendly_name: None,
            pin: None,
            managed: false,
            restriction_profile: None,
            home: false,
            joined_at: 1_420_070_400,
            picture: usize::try_from(number).unwrap_or_default(),
        }
    }
}

/// Everybody, as it starts.
pub(super) fn everybody() -> Vec<Account> {
    let account = |number: u64, name: &str, domain: &str| {
        Account::new(1_000_000 + number, name, &format!("{name}@example.{domain}"))
    };
    let pin = |pin: &str| Some(pin.to_owned());
    vec![
        Account { home: true, pin: pin("1001"), ..account(1, "olga", "org") },
        Account {
            home: true,
            pin: pin("2002"),
            friendly_name: Some("Pete".to_owned()),
            ..account(2, "pete", "org")
        },
        Account {
            title: "Mia".to_owned(),
            username: String::new(),
            email: String::new(),
            home: true,
            pin: pin("3003"),
            friendly_name: Some("Mia".to_owned()),
            managed: true,
            restriction_profile: Some("older_kid".to_owned()),
            ..account(3, "mia", "org")
        },
        account(4, "sam", "net"),
        account(5, "zed", "com"),
    ]
}

/// A person, looked at from outside the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Stable for ever; what identities are keyed by.
    pub id: u64,
    /// Stable for ever; what v2 of the home's API takes.
    pub uuid: String,
    /// The name everybody has.
    pub title: String,
    /// The name to sign in with; empty for managed profiles.
    pub username: String,
    /// The address; empty for managed profiles.
    pub email: String,
    /// The home PIN, where they are protected.
    pub pin: Option<String>,
    /// A profile without an account of its own.
    pub managed: bool,
    /// Whether they are of Olga's home.
    pub home: bool,
    /// Where their picture is.
    pub thumb: String,
}

/// The picture of the person with this number, a PNG of 96 by 96.
pub(super) fn picture(number: usize) -> &'static [u8] {
    match number % 5 {
        1 => include_bytes!("data/avatar-1.png"),
        2 => include_bytes!("data/avatar-2.png"),
        3 => include_bytes!("data/avatar-3.png"),
        4 => include_bytes!("data/avatar-4.png"),
        _ => include_bytes!("data/avatar-5.png"),
    }
}
