//! What the stand-in knows: accounts, tokens, sessions, keys, codes, libraries, activity.
//!
//! Plain data and the moves several handlers share. No request and no answer in here.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::hash::{fresh_id, md5_id};
use super::options::{Options, Release};
use super::policy::{count, first_policy, flag, fresh_configuration, fresh_policy, without_nulls};
use super::reset_files::ResetFiles;
use super::settings::fresh_settings;
use super::wire::date;

/// One account.
#[derive(Clone, Debug)]
pub(super) struct User {
    pub(super) id: String,
    pub(super) name: String,
    /// `None` and an empty text both let an empty password in.
    pub(super) password: Option<String>,
    pub(super) policy: Map<String, Value>,
    pub(super) configuration: Map<String, Value>,
    pub(super) last_login: Option<Timestamp>,
    pub(super) last_activity: Option<Timestamp>,
    pub(super) image: Option<Image>,
    pub(super) created: Timestamp,
}

impl User {
    /// Whether a policy flag is set.
    pub(super) fn is(&self, name: &str) -> bool {
        flag(&self.policy, name)
    }

    /// A number of the policy.
    pub(super) fn count(&self, name: &str) -> i64 {
        count(&self.policy, name)
    }

    /// Whether the account has a password that is not empty.
    pub(super) fn has_password(&self) -> bool {
        self.password.as_deref().is_some_and(|password| !password.is_empty())
    }

    /// Whether `password` opens the account, whatever its policy says.
    pub(super) fn accepts(&self, password: &str) -> bool {
        self.password.as_deref().unwrap_or("") == password
    }
}

/// An account's picture.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub(super) tag: String,
    pub(super) media: String,
    pub(super) bytes: Bytes,
}

/// What a client says about itself.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) name: String,
    pub(super) device: String,
    pub(super) device_id: String,
    pub(super) version: String,
}

/// One token of one user on one device.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) secret: String,
    pub(super) user: String,
    pub(super) client: Client,
    pub(super) last_activity: Timestamp,
    /// The number the next request got when it was made.
    pub(super) made_at: u64,
}

/// One session: what is active in memory, apart from tokens.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) id: String,
    pub(super) user: String,
    pub(super) client: Client,
    pub(super) last_activity: Timestamp,
    pub(super) remote: Option<String>,
}

/// One API key.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) secret: String,
    pub(super) app: String,
    pub(super) created: Timestamp,
}

/// One library.
#[derive(Clone, Debug)]
pub(super) struct Library {
    pub(super) name: String,
    pub(super) kind: Option<String>,
    pub(super) locations: Vec<String>,
    /// Up to 10.10 a library has no item before the first scan.
    pub(super) scanned: bool,
    pub(super) created: Timestamp,
}

impl Library {
    /// The id policies name it by: a hash of its type and folder (`LibraryManager.GetNewItemId`).
    pub(super) fn id(&self) -> String {
        let name = &self.name;
        md5_id(&format!("MediaBrowser.Controller.Entities.CollectionFolderroot\\default\\{name}"))
    }
}

/// One Quick Connect request.
#[derive(Clone, Debug)]
pub(super) struct Pairing {
    pub(super) secret: String,
    pub(super) code: String,
    pub(super) client: Client,
    pub(super) added: Timestamp,
    /// The number the next request got when it was first approved.
    pub(super) approved_at: Option<u64>,
    /// When it was approved last, and what a redeem gets.
    pub(super) result: Option<(Timestamp, Value)>,
}

/// One line of the activity log.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) overview: Option<String>,
    pub(super) user: String,
    pub(super) at: Timestamp,
}

impl Activity {
    /// A line about a user.
    pub(super) fn new(kind: &'static str, name: String, user: &str, at: Timestamp) -> Activity {
        Activity { kind, name, overview: None, user: user.to_owned(), at }
    }

    /// The same line with the address it came from, which may be unknown.
    pub(super) fn from(self, address: Option<&str>) -> Activity {
        let overview = Some(format!("IP address: {}", address.unwrap_or("")));
        Activity { overview, ..self }
    }
}

/// The id that means nobody.
pub(super) const NOBODY: &str = "00000000000000000000000000000000";

/// Sign-ins that run beside a password change.
#[derive(Clone, Debug, Default)]
pub(super) struct Beside {
    /// How many run beside the next change.
    pub(super) asked: usize,
    /// Those still on their way: the account's id, and which of them.
    pub(super) late: Vec<(String, usize)>,
}

/// Everything.
pub(super) struct State {
    pub(super) release: Release,
    pub(super) options: Options,
    pub(super) url: String,
    pub(super) server_id: String,
    pub(super) wizard_done: bool,
    pub(super) users: Vec<User>,
    pub(super) tokens: Vec<Token>,
    pub(super) sessions: Vec<Session>,
    pub(super) keys: Vec<Key>,
    pub(super) libraries: Vec<Library>,
    pub(super) pairings: Vec<Pairing>,
    pub(super) activities: Vec<Activity>,
    pub(super) schedules: u64,
    /// Home screens by user, client and name.
    pub(super) screens: BTreeMap<(String, String, String), Value>,
    pub(super) configuration: Map<String, Value>,
    pub(super) branding: Map<String, Value>,
    pub(super) reset_files: ResetFiles,
    pub(super) beside: Beside,
    /// The number the next request will get, as of the one being handled.
    pub(super) next_arrival: u64,
}

impl State {
    /// A fresh server at `url`, wizard not done.
    pub(super) fn new(release: Release, options: Options, url: String) -> State {
        let mut branding = Map::new();
        branding.insert("SplashscreenEnabled".into(), false.into());
        State {
            release,
            url,
            server_id: fresh_id(),
            wizard_done: false,
            users: Vec::new(),
            tokens: Vec::new(),
            sessions: Vec::new(),
            keys: Vec::new(),
            libraries: Vec::new(),
            pairings: Vec::new(),
            activities: Vec::new(),
            schedules: 0,
            screens: BTreeMap::new(),
            configuration: fresh_settings(release),
            branding,
            reset_files: ResetFiles::new(options.data_dir.clone()),
            beside: Beside::default(),
            next_arrival: 0,
            options,
        }
    }

    /// An account by id.
    pub(super) fn user(&self, id: &str) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    /// An account by id, to change it.
    pub(super) fn user_mut(&mut self, id: &str) -> Option<&mut User> {
        self.users.iter_mut().find(|user| user.id == id)
    }

    /// An account by name, without case.
    pub(super) fn user_named(&self, name: &str) -> Option<&User> {
        let wanted = name.to_uppercase();
        self.users.iter().find(|user| user.name.to_uppercase() == wanted)
    }

    /// Makes an account; the name has been checked.
    pub(super) fn add_user(&mut self, name: &str, at: Timestamp) -> String {
        let mut policy = fresh_policy(self.release);
        for (field, value) in &self.options.extra_policy_fields {
            policy.insert(field.clone(), value.clone());
        }
        let user = User {
            id: fresh_id(),
            name: name.to_owned(),
            password: None,
            policy,
            configuration: fresh_configuration(self.release),
            last_login: None,
            last_activity: None,
            image: None,
            created: at,
        };
        let id = user.id.clone();
        self.users.push(user);
        let line = format!("User {name} has been created");
        self.activities.push(Activity::new("UserCreated", line, &id, at));
        id
    }

    /// Makes the wizard's administrator, or gives it when there is one.
    pub(super) fn first_user(&mut self, at: Timestamp) -> String {
        if let Some(user) = self.users.first() {
            return user.id.clone();
        }
        let id = self.add_user("root", at);
        let release = self.release;
        if let Some(user) = self.user_mut(&id) {
            user.policy.extend(first_policy(release));
        }
        id
    }

    /// Ends every token of a user but `kept`, with the sessions of those devices.
    pub(super) fn revoke(&mut self, user: &str, kept: Option<&str>, at: Timestamp) {
        let ends = |token: &Token| token.user == user && Some(token.secret.as_str()) != kept;
        self.end_tokens(ends, at);
    }

    /// Ends the tokens `ends` names, and the sessions of their devices.
    pub(super) fn end_tokens(&mut self, ends: impl Fn(&Token) -> bool, at: Timestamp) -> usize {
        let (gone, kept): (Vec<Token>, Vec<Token>) = self.tokens.drain(..).partition(|t| ends(t));
        self.tokens = kept;
        for token in &gone {
            let device = &token.client.device_id;
            let (ended, left): (Vec<Session>, Vec<Session>) =
                self.sessions.drain(..).partition(|s| s.client.device_id == *device);
            self.sessions = left;
            for session in ended {
                let who = self.user(&session.user).map_or("", |user| user.name.as_str());
                let line = format!("{who} has disconnected from {}", session.client.device);
                let line = Activity::new("SessionEnded", line, &session.user, at);
                self.activities.push(line.from(session.remote.as_deref()));
            }
        }
        gone.len()
    }

    /// An account as a server shows it (`UserManager.GetUserDto`).
    pub(super) fn user_dto(&self, user: &User) -> Value {
        let has_password = self.release >= Release::V12 || user.has_password();
        let mut dto = Map::new();
        dto.insert("Name".into(), user.name.as_str().into());
        dto.insert("ServerId".into(), self.server_id.as_str().into());
        dto.insert("Id".into(), user.id.as_str().into());
        if let Some(image) = &user.image {
            dto.insert("PrimaryImageTag".into(), image.tag.as_str().into());
        }
        dto.insert("HasPassword".into(), has_password.into());
        dto.insert("HasConfiguredPassword".into(), has_password.into());
        dto.insert("HasConfiguredEasyPassword".into(), false.into());
        dto.insert("EnableAutoLogin".into(), false.into());
        if let Some(at) = user.last_login {
            dto.insert("LastLoginDate".into(), date(at).into());
        }
        if let Some(at) = user.last_activity {
            dto.insert("LastActivityDate".into(), date(at).into());
        }
        dto.insert("Configuration".into(), without_nulls(&user.configuration).into());
        dto.insert("Policy".into(), without_nulls(&user.policy).into());
        Value::Object(dto)
    }

    /// A session as a server shows it (`SessionInfoDto`).
    pub(super) fn session_dto(&self, session: &Session) -> Value {
        let user = self.user(&session.user);
        let client = &session.client;
        let mut dto = Map::new();
        dto.insert(
            "PlayState".into(),
            json!({ "CanSeek": false, "IsPaused": false, "IsMuted": false,
                    "RepeatMode": "RepeatNone", "PlaybackOrder": "Default" }),
        );
        dto.insert("AdditionalUsers".into(), json!([]));
        dto.insert("Capabilities".into(), self.capabilities());
        if let Some(remote) = &session.remote {
            dto.insert("RemoteEndPoint".into(), remote.as_str().into());
        }
        dto.insert("PlayableMediaTypes".into(), json!([]));
        dto.insert("Id".into(), session.id.as_str().into());
        dto.insert("UserId".into(), session.user.as_str().into());
        dto.insert("UserName".into(), user.map_or("", |user| user.name.as_str()).into());
        dto.insert("Client".into(), client.name.as_str().into());
        dto.insert("LastActivityDate".into(), date(session.last_activity).into());
        dto.insert("LastPlaybackCheckIn".into(), "0001-01-01T00:00:00.0000000Z".into());
        dto.insert("DeviceName".into(), client.device.as_str().into());
        dto.insert("DeviceId".into(), client.device_id.as_str().into());
        dto.insert("ApplicationVersion".into(), client.version.as_str().into());
        dto.insert("IsActive".into(), true.into());
        dto.insert("SupportsMediaControl".into(), false.into());
        dto.insert("SupportsRemoteControl".into(), false.into());
        dto.insert("NowPlayingQueue".into(), json!([]));
        if self.release < Release::V12 {
            dto.insert("NowPlayingQueueFullItems".into(), json!([]));
        }
        dto.insert("HasCustomDeviceName".into(), false.into());
        dto.insert("ServerId".into(), self.server_id.as_str().into());
        if let Some(image) = user.and_then(|user| user.image.as_ref()) {
            dto.insert("UserPrimaryImageTag".into(), image.tag.as_str().into());
        }
        dto.insert("SupportedCommands".into(), json!([]));
        Value::Object(dto)
    }

    /// What every device can do.
    pub(super) fn capabilities(&self) -> Value {
        let mut capabilities = json!({
            "PlayableMediaTypes": [], "SupportedCommands": [],
            "SupportsMediaControl": false, "SupportsPersistentIdentifier": true,
        });
        if let (Release::V10_9, Some(map)) = (self.release, capabilities.as_object_mut()) {
            map.insert("SupportsContentUploading".into(), false.into());
            map.insert("SupportsSync".into(), false.into());
        }
        capabilities
    }
}

/// Whether an account's schedules let it in at `now`; the stand-in's local time is UTC.
pub(super) fn inside_schedule(user: &User, now: Timestamp) -> bool {
    let schedules = user.policy.get("AccessSchedules").and_then(Value::as_array);
    let Some(schedules) = schedules.filter(|list| !list.is_empty()) else { return true };
    let now = now.to_zoned(TimeZone::UTC);
    let hour = f64::from(now.hour()) + f64::from(now.minute()) / 60.0;
    let day = now.strftime("%A").to_string();
    let weekend = matches!(day.as_str(), "Saturday" | "Sunday");
    schedules.iter().any(|schedule| {
        let number = |name: &str| schedule.get(name).and_then(Value::as_f64).unwrap_or(0.0);
        let today = match schedule.get("DayOfWeek").and_then(Value::as_str).unwrap_or("") {
            "Everyday" => true,
            "Weekday" => !weekend,
            "Weekend" => weekend,
            named => named == day,
        };
        today && hour >= number("StartHour") && hour <= number("EndHour")
    })
}
