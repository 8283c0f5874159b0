//! What differs between one Plex and another, or one day and another: switches a test sets.
//!
//! Each switch stands as [`Switches::default`] says until it is set; setting it again replaces what was
//! set before. Sources are named at each value; where sources disagree there is a value for either.

/// One switch and how it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// What a poll gets for a PIN that has expired.
    ExpiredPin(ExpiredPin),
    /// What `newRegistration` says once a PIN is linked.
    Registration(Registration),
    /// The next requests of a kind are too many.
    SlowDown(SlowDown),
    /// Where a token may stand.
    Tokens(Tokens),
    /// How `GET /api/v2/user` is.
    User(Health),
    /// How the Plex Home list is.
    HomeList(HomeList),
    /// Whether a profile's PIN may be left out of a switch.
    Switch(Switching),
    /// What a wrong or missing PIN is answered with.
    WrongPin(WrongPin),
    /// How managed profiles write that they have no name and no address.
    ManagedNames(ManagedNames),
    /// How XML writes booleans.
    Booleans(Booleans),
    /// Whether bodies carry fields nobody has heard of.
    ExtraFields(ExtraFields),
    /// Where `/resources` is answered.
    Resources(Resources),
    /// Whether plex.tv sees the server.
    Server(Presence),
    /// Whether a new share waits for the invited.
    NewShares(NewShares),
    /// When the invited see an accepted share among their resources.
    ShareVisible(ShareVisible),
    /// How writing a share ends.
    ShareWrites(ShareWrites),
    /// Whether the list of sections is whole.
    Sections(Sections),
}

/// What a poll gets for an expired PIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExpiredPin {
    /// 404 with code 1020 (Plex's API description, Ombi).
    #[default]
    NotFound,
    /// 200 with a null token, as if nobody had linked it yet (seerr pull request 2941).
    NullToken,
}

/// Whether the person made their Plex account on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Registration {
    /// They had one.
    #[default]
    Known,
    /// They made it just now.
    New,
}

/// What can be asked too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limited {
    /// `GET /api/v2/pins/{id}`
    Poll,
    /// `GET /api/v2/auth/nonce`
    Nonce,
    /// Making, changing, accepting and removing shares.
    ShareWrites,
}

/// The next `times` requests of a kind are answered with 429 and do nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlowDown {
    /// Which.
    pub on: Limited,
    /// The seconds `Retry-After` says; no such header where there are none.
    pub retry_after: Option<u32>,
    /// How many.
    pub times: u32,
}

/// Where a token may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// In the header only: one in the URL is refused, written down and a violation.
    #[default]
    HeaderOnly,
    /// In the URL as well, as the real one allows; still written down.
    HeaderOrUrl,
}

/// How an endpoint is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Well.
    #[default]
    Well,
    /// Answers this status and an HTML page.
    Answers(u16),
    /// Never answers.
    Hangs,
}

/// How the Plex Home list is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HomeList {
    /// Everybody of the home.
    #[default]
    Whole,
    /// 500.
    Fails,
    /// 200 with nobody in it, though `/user` says `home:true`.
    Empty,
}

/// Whether a profile's PIN may be left out of a switch. One that is sent is checked in either case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Switching {
    /// A protected profile needs its PIN (watchstate 566, 567).
    #[default]
    Strict,
    /// It does not (plexapi 1076; on some accounts still, 240-MP 244).
    Lax,
}

/// What a wrong PIN is answered with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WrongPin {
    /// v2: 403 with code 1041. v1: 401.
    #[default]
    ByVersion,
    /// 401 from either.
    Unauthorized,
    /// 403 from either.
    Forbidden,
}

/// How managed profiles write that they have no name and no address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ManagedNames {
    /// Null in the home's list, an empty text in `/user` and after a switch.
    #[default]
    Mixed,
    /// Null everywhere.
    Null,
    /// An empty text everywhere.
    Empty,
}

/// How XML writes booleans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Booleans {
    /// `1` and `0`
    #[default]
    Digits,
    /// `true` and `false`
    Words,
}

/// Whether bodies carry fields nobody has heard of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExtraFields {
    /// In every JSON object and every XML element.
    #[default]
    Everywhere,
    /// As written down in Plex's API description and captures.
    None,
}

/// Where `/resources` is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Resources {
    /// Here.
    #[default]
    Here,
    /// It redirects to another origin, which writes down whose tokens it is sent:
    /// [`Plex::tokens_elsewhere`](super::Plex::tokens_elsewhere).
    Elsewhere,
}

/// Whether plex.tv sees the server. It says nothing about who may use it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Presence {
    /// It does.
    #[default]
    Online,
    /// It does not: `presence:false`.
    Offline,
}

/// Whether a new share waits for the invited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewShares {
    /// Until they accept.
    #[default]
    Pending,
    /// It counts at once, as between friends.
    AcceptedAtOnce,
}

/// When the invited see an accepted share among their resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShareVisible {
    /// At once.
    #[default]
    AtOnce,
    /// Not those accepted from now on, until this is set back (wizarr 203: seconds to minutes).
    Later,
}

/// How writing a share ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ShareWrites {
    /// With an answer.
    #[default]
    Work,
    /// Making one through v2 is answered with 404 and code 1002; v1 works (plexapi 1504).
    NotFound,
    /// It takes effect and the connection ends without an answer.
    AnswerLost,
}

/// Whether the list of sections is whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sections {
    /// It is.
    #[default]
    Whole,
    /// Empty for so many looks, then whole (Wizarr, `plex.py`).
    EmptyFor(u32),
    /// Without the last section for so many looks, then whole.
    PartialFor(u32),
}

/// How all switches stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Switches {
    pub(super) expired_pin: ExpiredPin,
    pub(super) registration: Registration,
    pub(super) slow_downs: Vec<SlowDown>,
    pub(super) tokens: Tokens,
    pub(super) user: Health,
    pub(super) home_list: HomeList,
    pub(super) switch: Switching,
    pub(super) wrong_pin: WrongPin,
    pub(super) managed_names: ManagedNames,
    pub(super) booleans: Booleans,
    pub(super) extra_fields: ExtraFields,
    pub(super) resources: Resources,
    pub(super) server: Presence,
    pub(super) new_shares: NewShares,
    pub(super) share_visible: ShareVisible,
    pub(super) share_writes: ShareWrites,
    pub(super) sections: Sections,
}

impl Switches {
    /// Sets one.
    pub(super) fn set(&mut self, behaviour: Behaviour) {
        match behaviour {
            Behaviour::ExpiredPin(to) => self.expired_pin = to,
            Behaviour::Registration(to) => self.registration = to,
            Behaviour::SlowDown(to) => {
                self.slow_downs.retain(|slow| slow.on != to.on);
                self.slow_downs.push(to);
            }
            Behaviour::Tokens(to) => self.tokens = to,
            Behaviour::User(to) => self.user = to,
            Behaviour::HomeList(to) => self.home_list = to,
            Behaviour::Switch(to) => self.switch = to,
            Behaviour::WrongPin(to) => self.wrong_pin = to,
            Behaviour::ManagedNames(to) => self.managed_names = to,
            Behaviour::Booleans(to) => self.booleans = to,
            Behaviour::ExtraFields(to) => self.extra_fields = to,
            Behaviour::Resources(to) => self.resources = to,
            Behaviour::Server(to) => self.server = to,
            Behaviour::NewShares(to) => self.new_shares = to,
            Behaviour::ShareVisible(to) => self.share_visible = to,
            Behaviour::ShareWrites(to) => self.share_writes = to,
            Behaviour::Sections(to) => self.sections = to,
        }
    }

    /// Takes one of the refusals that are left for a kind of request.
    pub(super) fn slow_down(&mut self, on: Limited) -> Option<SlowDown> {
        let slow = self.slow_downs.iter_mut().find(|slow| slow.on == on && slow.times > 0)?;
        slow.times -= 1;
        Some(*slow)
    }
}
