//! What the double knows: persons, tokens, PINs, shares, sections.
//!
//! Plain data and the moves several handlers share. No request and no answer in here.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::behaviour::{NewShares, ShareVisible, Switches};
use super::keys::Keys;
use super::options::Options;
use super::people::{Account, OWNER, Person, everybody};
use super::wire::Service;
use crate::chance;

/// The id of Olga's server.
pub const MACHINE: &str = "aaaa1111bbbb2222cccc3333dddd4444eeee5555";
/// The id of Sam's own server, which is none of ours.
pub const OTHER_MACHINE: &str = "9999888877776666555544443333222211110000";
/// The version both tell.
pub(super) const VERSION: &str = "1.42.1.10000-aaaaaaaaa";
/// What Olga's server is called.
pub(super) const SERVER_NAME: &str = "olgas-nas";

/// How a token of plex.tv came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By a linked PIN.
    Pin,
    /// By switching to a profile of the home: the server refuses it.
    Switch,
    /// By a device's JWT: plex.tv takes it, the server refuses it.
    Jwt,
}

/// One live token of plex.tv.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) person: u64,
    pub(super) origin: Origin,
    /// The device it was made for.
    pub(super) client: String,
}

/// One sign-in PIN.
#[derive(Clone, Debug)]
pub(super) struct Pin {
    pub(super) id: u64,
    pub(super) code: String,
    pub(super) client: String,
    pub(super) product: String,
    pub(super) strong: bool,
    pub(super) created: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) token: Option<String>,
    pub(super) new_registration: bool,
}

/// One library as plex.tv and the server name it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Section {
    /// plex.tv's, which shares are written with.
    pub(super) id: u64,
    /// The server's.
    pub(super) key: u64,
    pub(super) title: &'static str,
    pub(super) kind: &'static str,
}

pub(super) const SECTIONS: [Section; 3] = [
    Section { id: 900_101, key: 1, title: "Movies", kind: "movie" },
    Section { id: 900_102, key: 2, title: "Shows", kind: "show" },
    Section { id: 900_103, key: 3, title: "Home videos", kind: "movie" },
];

/// Olga's server, shared with one person.
#[derive(Clone, Debug)]
pub(super) struct Share {
    pub(super) id: u64,
    /// None where the address is nobody's.
    pub(super) person: Option<u64>,
    /// As invited, where it was by an address that is nobody's.
    pub(super) email: Option<String>,
    pub(super) invited: Timestamp,
    pub(super) accepted: Option<Timestamp>,
    /// Whether the invited find the server among their resources.
    pub(super) visible: bool,
    pub(super) all_libraries: bool,
    /// Ids of sections.
    pub(super) libraries: Vec<u64>,
    pub(super) settings: Map<String, Value>,
    /// What the server takes from this person.
    pub(super) access_token: String,
}

/// Who is invited.
#[derive(Clone, Debug)]
pub(super) enum Whom {
    /// Somebody with an account or a profile.
    Person(u64),
    /// An address nobody on Plex has.
    Stranger(String),
}

impl Whom {
    /// Whose account it is.
    pub(super) fn person(&self) -> Option<u64> {
        match self {
            Whom::Person(id) => Some(*id),
            Whom::Stranger(_) => None,
        }
    }
}

/// Where the servers are.
#[derive(Clone, Debug)]
pub(super) struct Urls(pub(super) BTreeMap<Service, String>);

impl Urls {
    pub(super) fn of(&self, service: Service) -> &str {
        self.0.get(&service).map_or("", String::as_str)
    }
}

/// Everything.
pub(super) struct State {
    pub(super) options: Options,
    pub(super) urls: Urls,
    pub(super) switches: Switches,
    pub(super) people: Vec<Account>,
    pub(super) tokens: Vec<Token>,
    /// Every token there ever was, and whose.
    pub(super) minted: Vec<(String, String)>,
    pub(super) pins: Vec<Pin>,
    pub(super) next_pin: u64,
    pub(super) shares: Vec<Share>,
    pub(super) next_share: u64,
    /// The token of Olga's server that a switched owner gets, and Sam's of his own.
    pub(super) owner_access: String,
    pub(super) other_access: String,
    pub(super) keys: Keys,
}

/// The settings of a fresh share.
pub(super) fn fresh_settings() -> Map<String, Value> {
    let settings = json!({
        "allowSync": false, "allowCameraUpload": false, "allowChannels": false,
        "allowSubtitleAdmin": false, "allowTuners": 0, "filterAll": null, "filterMovies": "",
        "filterMusic": "", "filterPhotos": "", "filterTelevision": "",
    });
    settings.as_object().cloned().unwrap_or_default()
}

impl State {
    /// Olga's house as it starts.
    pub(super) fn new(options: Options, urls: Urls) -> State {
        let mut state = State {
            options,
            urls,
            switches: Switches::default(),
            people: everybody(),
            tokens: Vec::new(),
            minted: Vec::new(),
            pins: Vec::new(),
            next_pin: 2_104_417_731,
            shares: Vec::new(),
            next_share: 70_000_005,
            owner_access: "tok-olga-on-olgas-nas".to_owned(),
            other_access: "tok-sam-own".to_owned(),
            keys: Keys::default(),
        };
        state.minted.push((state.owner_access.clone(), "olga on olgas-nas".to_owned()));
        state.minted.push((state.other_access.clone(), "sam on sams-pi".to_owned()));
        state.furnish();
        state
    }

    fn furnish(&mut self) {
        let filters = |movies: &str, television: &str| {
            let mut settings = fresh_settings();
            settings.insert("filterMovies".into(), movies.into());
            settings.insert("filterTelevision".into(), television.into());
            settings
        };
        let mia = filters("contentRating=G%2CPG%2CTV-G", "contentRating=TV-Y%2CTV-G%2CTV-PG");
        let given = [
            (70_000_002, 1_000_002, vec![], fresh_settings()),
            (70_000_003, 1_000_003, vec![900_102], mia),
            (70_000_004, 1_000_004, vec![900_101, 900_102], filters("contentRating=G%2CPG", "")),
        ];
        for (id, person, libraries, settings) in given {
            let access_token = self.mint_access(person);
            self.shares.push(Share {
                id,
                person: Some(person),
                email: None,
                invited: Timestamp::from_second(1_779_990_000).unwrap_or_default(),
                accepted: Timestamp::from_second(1_780_000_000).ok(),
                visible: true,
                all_libraries: libraries.is_empty(),
                libraries,
                settings,
                access_token,
            });
        }
    }

    /// A person by id.
    pub(super) fn account(&self, id: u64) -> Option<&Account> {
        self.people.iter().find(|account| account.id == id)
    }

    /// A person by the name they are shown with, without case.
    pub(super) fn named(&self, name: &str) -> Option<&Account> {
        self.people.iter().find(|account| account.title.eq_ignore_ascii_case(name))
    }

    /// A person by address or login name, as an invitation names them.
    pub(super) fn reached_by(&self, text: &str) -> Option<&Account> {
        let same = |held: &str| !held.is_empty() && held.eq_ignore_ascii_case(text);
        self.people.iter().find(|account| same(&account.email) || same(&account.username))
    }

    /// Where somebody's picture is.
    pub(super) fn thumb(&self, account: &Account) -> String {
        format!("{}/users/{}/avatar?c=1", self.urls.of(Service::PlexTv), account.uuid)
    }

    /// A person, looked at from outside.
    pub(super) fn person(&self, account: &Account) -> Person {
        Person {
            id: account.id,
            uuid: account.uuid.clone(),
            title: account.title.clone(),
            username: account.username.clone(),
            email: account.email.clone(),
            pin: account.pin.clone(),
            managed: account.managed,
            home: account.home,
            thumb: self.thumb(account),
        }
    }

    /// How many persons the home has.
    pub(super) fn home_size(&self) -> usize {
        self.people.iter().filter(|account| account.home).count()
    }

    /// A token of plex.tv for a person on a device.
    pub(super) fn mint(&mut self, person: u64, origin: Origin, client: &str) -> String {
        let name = self.account(person).map_or("", |account| &account.title).to_lowercase();
        let kind = match origin {
            Origin::Pin => "plex",
            Origin::Switch => "switch",
            Origin::Jwt => "jwt",
        };
        let whose = format!("{name} {kind}");
        let before = self.minted.iter().filter(|(_, held)| *held == whose).count();
        let salt = chance::text(b"0123456789abcdefghijklmnopqrstuvwxyz", 8);
        let secret = format!("tok-{name}-{kind}-{}-{salt}", before + 1);
        self.minted.push((secret.clone(), whose));
        let client = client.to_owned();
        self.tokens.push(Token { secret: secret.clone(), person, origin, client });
        secret
    }

    /// A token of Olga's server for a person it is shared with; each share has its own.
    pub(super) fn mint_access(&mut self, person: u64) -> String {
        let name = self.account(person).map_or("somebody", |account| &account.title).to_lowercase();
        let whose = format!("{name} on {SERVER_NAME}");
        let secret = match self.minted.iter().filter(|(_, held)| *held == whose).count() {
            0 => format!("tok-{name}-on-{SERVER_NAME}"),
            before => format!("tok-{name}-on-{SERVER_NAME}-{}", before + 1),
        };
        self.minted.push((secret.clone(), whose));
        secret
    }

    /// Whose a token is or was.
    pub(super) fn whose(&self, secret: &str) -> Option<&str> {
        let found = self.minted.iter().find(|(held, _)| held == secret);
        found.map(|(_, whose)| whose.as_str())
    }

    /// The share of a person.
    pub(super) fn share_of(&self, person: u64) -> Option<&Share> {
        self.shares.iter().find(|share| share.person == Some(person))
    }

    /// A share by id.
    pub(super) fn share_mut(&mut self, id: u64) -> Option<&mut Share> {
        self.shares.iter_mut().find(|share| share.id == id)
    }

    /// Shares the server; whether it has to be accepted is as the switches say.
    pub(super) fn share(
        &mut self,
        whom: Whom,
        libraries: Vec<u64>,
        settings: Map<String, Value>,
        now: Timestamp,
    ) -> u64 {
        let (person, email) = match whom {
            Whom::Person(id) => (Some(id), None),
            Whom::Stranger(address) => (None, Some(address)),
        };
        let at_home = person.and_then(|id| self.account(id)).is_some_and(|account| account.home);
        let at_once = at_home || self.switches.new_shares == NewShares::AcceptedAtOnce;
        let id = self.next_share;
        self.next_share += 1;
        let access_token = self.mint_access(person.unwrap_or_default());
        self.shares.push(Share {
            id,
            person,
            email,
            invited: now,
            accepted: None,
            visible: false,
            all_libraries: libraries.is_empty(),
            libraries,
            settings,
            access_token,
        });
        if at_once && person.is_some() {
            self.accept(id, now);
        }
        id
    }

    /// The invited say yes.
    pub(super) fn accept(&mut self, id: u64, now: Timestamp) {
        let visible = self.switches.share_visible == ShareVisible::AtOnce;
        if let Some(share) = self.share_mut(id) {
            share.accepted.get_or_insert(now);
            share.visible = visible;
        }
    }

    /// The sections a share opens.
    pub(super) fn opened<'a>(share: &'a Share) -> impl Iterator<Item = &'static Section> + 'a {
        SECTIONS
            .iter()
            .filter(move |section| share.all_libraries || share.libraries.contains(&section.id))
    }

    /// Whether a person is the owner.
    pub(super) const fn owns(person: u64) -> bool {
        person == OWNER
    }
}
