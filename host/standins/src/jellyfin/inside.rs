//! Looking at a double from inside, and putting things into it without asking over the network.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::double::Jellyfin;
use super::hash::fresh_id;
use super::password;
use super::policy::{first_policy, flag, is_policy_field, without_nulls};
use super::preferences::fresh;
use super::reset_files::ResetFiles;
use super::state::{Key, Library, User};
use std::io;
use std::path::PathBuf;

/// An account, looked at from inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// 32 hex digits.
    pub id: String,
    /// The name as written.
    pub name: String,
    /// Whether its password is not empty.
    pub has_password: bool,
    /// Whether it has a picture.
    pub has_image: bool,
    /// The policy as the API shows it.
    pub policy: Map<String, Value>,
    /// The configuration as the API shows it.
    pub configuration: Map<String, Value>,
    /// When it was made.
    pub created: Timestamp,
}

impl Account {
    fn of(user: &User) -> Account {
        Account {
            id: user.id.clone(),
            name: user.name.clone(),
            has_password: user.has_password(),
            has_image: user.image.is_some(),
            policy: without_nulls(&user.policy),
            configuration: without_nulls(&user.configuration),
            created: user.created,
        }
    }

    /// Whether the policy lets it in.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        !flag(&self.policy, "IsDisabled")
    }

    /// Whether it administers.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        flag(&self.policy, "IsAdministrator")
    }
}

/// A live token, looked at from inside; the token itself stays in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveToken {
    /// The account's name.
    pub user: String,
    /// The client's name.
    pub client: String,
    /// The device's name.
    pub device: String,
    /// The device's id.
    pub device_id: String,
}

/// A reset file as this line writes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResetFile {
    /// Its name, without a folder.
    pub name: String,
    /// All of it.
    pub content: Vec<u8>,
    /// The PIN in it.
    pub pin: String,
}

/// Forgotten passwords, from inside.
impl Jellyfin {
    /// Writes reset files into this folder from now on, and says so in them. The folder must be there.
    pub fn set_data_dir(&self, folder: impl Into<PathBuf>) {
        let folder = folder.into();
        self.server.with_state(|state| {
            state.options.program_data_path = folder.display().to_string();
            state.options.data_dir = Some(folder.clone());
            state.reset_files = ResetFiles::new(Some(folder));
        });
    }

    /// The file that a forgotten password would make; nothing is written. Put into the folder by whatever
    /// road, its PIN works. None where there is no account of that name.
    #[must_use]
    pub fn reset_file(&self, name: &str) -> Option<ResetFile> {
        let now = self.server.now();
        self.server.with_state(|state| {
            state.user_named(name)?;
            let (name, reset) = password::compose(state, name, now);
            Some(ResetFile { name, content: reset.text().into_bytes(), pin: reset.pin })
        })
    }

    /// Somebody at home forgot a password: the file is written as this line writes it. None where there is
    /// no account of that name.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn forgot_password(&self, name: &str) -> io::Result<Option<ResetFile>> {
        let now = self.server.now();
        self.server.with_state(|state| {
            if state.user_named(name).is_none() {
                return Ok(None);
            }
            let (name, reset) = password::compose(state, name, now);
            password::write(state, &name, &reset)?;
            let content = reset.text().into_bytes();
            Ok(Some(ResetFile { name, content, pin: reset.pin }))
        })
    }
}

/// The login page, from inside.
impl Jellyfin {
    /// What the admin wrote for the login page, as the API tells it.
    #[must_use]
    pub fn branding(&self) -> Map<String, Value> {
        self.server.with_state(|state| state.branding.clone())
    }

    /// Writes it anew, as a whole.
    pub fn set_branding(&self, branding: &Map<String, Value>) {
        self.server.with_state(|state| state.branding = branding.clone());
    }
}

/// Old passwords that are still on their way in.
impl Jellyfin {
    /// Lets so many sign-ins run beside the next password change, and in after it. 12 lets none of them in.
    pub fn sign_ins_beside_the_next_change(&self, count: usize) {
        self.server.with_state(|state| state.beside.asked = count);
    }
}

/// Looking at it from inside.
impl Jellyfin {
    /// Every account in the order made.
    #[must_use]
    pub fn users(&self) -> Vec<Account> {
        self.server.with_state(|state| state.users.iter().map(Account::of).collect())
    }

    /// An account by name, without case.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<Account> {
        self.server.with_state(|state| state.user_named(name).map(Account::of))
    }

    /// Whether a password opens an account, without signing in.
    #[must_use]
    pub fn accepts(&self, name: &str, password: &str) -> bool {
        self.server.with_state(|state| {
            let user = state.user_named(name);
            user.is_some_and(|user| user.accepts(password) && !user.is("IsDisabled"))
        })
    }

    /// Every live token in the order made.
    #[must_use]
    pub fn sessions(&self) -> Vec<LiveToken> {
        self.server.with_state(|state| {
            let tokens = state.tokens.iter();
            let live = tokens.map(|token| LiveToken {
                user: state.user(&token.user).map_or_else(String::new, |user| user.name.clone()),
                client: token.client.name.clone(),
                device: token.client.device.clone(),
                device_id: token.client.device_id.clone(),
            });
            live.collect()
        })
    }

    /// The names of the API keys in the order made.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.server.with_state(|state| state.keys.iter().map(|key| key.app.clone()).collect())
    }

    /// An account's home screen as jellyfin-web keeps it.
    #[must_use]
    pub fn home_screen(&self, name: &str) -> Option<Value> {
        self.server.with_state(|state| {
            let user = state.user_named(name)?.id.clone();
            let key = (user, "emby".to_owned(), "usersettings".to_owned());
            let kept = state.screens.get(&key).cloned();
            Some(kept.unwrap_or_else(|| fresh(&key.2, &key.1)))
        })
    }
}

/// Seeding it from inside.
impl Jellyfin {
    /// Does the wizard: the administrator with this name and password; gives its id.
    pub fn finish_wizard(&self, name: &str, password: &str) -> String {
        let now = self.server.now();
        self.server.with_state(|state| {
            let id = state.first_user(now);
            let release = state.release;
            if let Some(user) = state.user_mut(&id) {
                name.clone_into(&mut user.name);
                user.password = Some(password.to_owned());
                user.policy.extend(first_policy(release));
            }
            state.wizard_done = true;
            id
        })
    }

    /// Makes an account with a password and `policy` laid over a fresh one; gives its id. A field
    /// no supported line has becomes one this server knows, as a later version's would be: it comes
    /// back from then on, for every account that has it.
    pub fn add_user(&self, name: &str, password: &str, policy: &Map<String, Value>) -> String {
        let now = self.server.now();
        self.server.with_state(|state| {
            let id = state.add_user(name, now);
            for field in policy.keys().filter(|field| !is_policy_field(field)) {
                state.options.extra_policy_fields.entry(field.clone()).or_insert(Value::Null);
            }
            if let Some(user) = state.user_mut(&id) {
                user.password = Some(password.to_owned());
                user.policy.extend(policy.clone());
            }
            id
        })
    }

    /// Lays `policy` over an account's; gives whether there is one of that name.
    pub fn change_policy(&self, name: &str, policy: &Map<String, Value>) -> bool {
        self.server.with_state(|state| {
            let id = state.user_named(name).map(|user| user.id.clone());
            let user = id.and_then(|id| state.user_mut(&id));
            user.map(|user| user.policy.extend(policy.clone())).is_some()
        })
    }

    /// Replaces an account's configuration fields; gives whether there is one of that name.
    pub fn configure_user(&self, name: &str, configuration: &Map<String, Value>) -> bool {
        self.server.with_state(|state| {
            let id = state.user_named(name).map(|user| user.id.clone());
            let user = id.and_then(|id| state.user_mut(&id));
            user.map(|user| user.configuration.extend(configuration.clone())).is_some()
        })
    }

    /// Sets an account's home screen values; gives whether there is an account of that name.
    pub fn set_home_screen(&self, name: &str, custom: &Map<String, Value>) -> bool {
        self.server.with_state(|state| {
            let Some(id) = state.user_named(name).map(|user| user.id.clone()) else { return false };
            let mut screen = fresh("usersettings", "emby");
            if let Some(known) = screen.get_mut("CustomPrefs").and_then(Value::as_object_mut) {
                known.extend(custom.clone());
            }
            state.screens.insert((id, "emby".to_owned(), "usersettings".to_owned()), screen);
            true
        })
    }

    /// Makes a library that has been scanned; gives the id policies name it by.
    pub fn add_library(&self, name: &str, kind: Option<&str>) -> String {
        let library = Library {
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            locations: vec![format!("/media/{}", name.to_lowercase())],
            scanned: true,
            created: self.server.now(),
        };
        let id = library.id();
        self.server.with_state(|state| state.libraries.push(library));
        id
    }

    /// Makes an API key and gives it.
    pub fn add_key(&self, app: &str) -> String {
        let created = self.server.now();
        let key = Key { secret: fresh_id(), app: app.to_owned(), created };
        let secret = key.secret.clone();
        self.server.with_state(|state| state.keys.push(key));
        secret
    }
}
