//! A house with people who have forgotten their passwords, and backends with a will of their own.

use crate::clock::Clock;
use crate::outbox;
use crate::resets::places::Places;
use crate::rig::{self, Rig};
use crate::{Result, ServiceError};
use core::time::Duration;
use domain::accounts::{Abilities, BackendAccount, Condition, LibraryAccess, Offer};
use domain::activity::ActivityKind;
use domain::backends::{Backend, SetBy};
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, MessageId, PluginId};
use domain::names::EmailAddress;
use domain::outbox::{Message, MessageKind};
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::users::{Account, AccountState, Email, User, UserState};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use store::secrets::SecretOf;
use tokio::sync::Notify;

/// All backends. An account has its backend's name and its owner's.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Inside>>, Arc<Notify>);

#[derive(Default)]
struct Inside {
    passwords: BTreeMap<String, String>,
    sets: Vec<String>,
    down: BTreeSet<String>,
    privileged: BTreeSet<String>,
    foreign: BTreeSet<String>,
    unclear: BTreeSet<String>,
    picky: BTreeSet<String>,
    held: bool,
    arrived: usize,
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "test", "as planned")
}

impl World {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(super) fn password(&self, id: &str) -> Option<String> {
        self.inside().passwords.get(id).cloned()
    }

    pub(super) fn sets(&self) -> Vec<String> {
        self.inside().sets.clone()
    }

    pub(super) fn down(&self, backend: &str, down: bool) {
        let mut inside = self.inside();
        if down {
            inside.down.insert(backend.to_owned());
        } else {
            inside.down.remove(backend);
        }
    }

    pub(super) fn privileged(&self, id: &str) {
        self.inside().privileged.insert(id.to_owned());
    }

    pub(super) fn foreign(&self, id: &str) {
        self.inside().foreign.insert(id.to_owned());
    }

    pub(super) fn unclear(&self, id: &str) {
        self.inside().unclear.insert(id.to_owned());
    }

    pub(super) fn picky(&self, id: &str) {
        self.inside().picky.insert(id.to_owned());
    }

    /// Whoever sets a password waits until it is let go.
    pub(super) fn hold(&self) {
        self.inside().held = true;
    }

    pub(super) fn let_go(&self) {
        self.inside().held = false;
        self.1.notify_waiters();
    }

    pub(super) fn arrived(&self) -> usize {
        self.inside().arrived
    }
}

impl Places for World {
    async fn account(&self, backend: &BackendId, id: &str) -> Result<BackendAccount, Fault> {
        let inside = self.inside();
        if inside.down.contains(backend.as_str()) {
            return Err(fault(FaultKind::Unavailable));
        }
        Ok(BackendAccount {
            id: id.to_owned(),
            login_name: id.to_owned(),
            display_name: None,
            email: None,
            condition: Condition::Active,
            admin: false,
            privileged: inside.privileged.contains(id),
            foreign: inside.foreign.contains(id).then(|| "it comes from a directory".to_owned()),
            libraries: LibraryAccess::All,
            last_seen: None,
            created: None,
            attributes: Vec::new(),
        })
    }

    async fn set(&self, backend: &BackendId, id: &str, password: &Secret) -> Result<(), Fault> {
        loop {
            let freed = self.1.notified();
            let held = {
                let mut inside = self.inside();
                inside.arrived += 1;
                inside.held
            };
            if !held {
                break;
            }
            freed.await;
        }
        let mut inside = self.inside();
        if inside.down.contains(backend.as_str()) {
            return Err(fault(FaultKind::Unavailable));
        }
        if inside.picky.contains(id) {
            return Err(fault(FaultKind::InvalidInput));
        }
        inside.sets.push(id.to_owned());
        inside.passwords.insert(id.to_owned(), password.expose().clone());
        if inside.unclear.contains(id) { Err(fault(FaultKind::OutcomeUnknown)) } else { Ok(()) }
    }
}

pub(super) struct House {
    pub(super) rig: Rig,
    pub(super) world: World,
    pub(super) admin: Admin,
    pub(super) root: User,
}

/// Who is to be made.
pub(super) struct Person<'a> {
    pub(super) name: &'a str,
    pub(super) address: Option<&'a str>,
    pub(super) confirmed: bool,
    pub(super) backends: &'a [&'a str],
}

/// With a confirmed address at example.org.
pub(super) fn person<'a>(name: &'a str, address: &'a str, backends: &'a [&'a str]) -> Person<'a> {
    Person { name, address: Some(address), confirmed: true, backends }
}

impl House {
    pub(super) async fn new(backends: &[&str]) -> Self {
        let mut settings = rig::settled();
        settings.settings.server.public_url = Some("https://home.example.org/in/".parse().unwrap());
        let start = "2030-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
        let rig = Rig::of(settings, clock).await.unwrap();
        let (admin, root) = rig.set_up().await;
        for id in backends {
            let id = BackendId::parse(id).unwrap();
            let backend = Backend {
                id: id.clone(),
                label: id.to_string().to_uppercase(),
                plugin: PluginId::parse("test").unwrap(),
                public_url: None,
                settings: BTreeMap::new(),
                set_by: SetBy::Page,
                server_id: None,
                created_at: start,
            };
            let board = &rig.service.inside().board;
            board.put(backend, Vec::new());
            let abilities = Abilities { set_password: true, ..Abilities::default() };
            let offer = Offer { abilities, names: None, password: None };
            board.change(&id, |entry| entry.offer = Some(offer));
        }
        Self { rig, world: World::default(), admin, root }
    }

    pub(super) async fn person(&self, person: Person<'_>) -> User {
        let made = self.rig.user(&self.admin, person.name, Role::User).await;
        let accounts = person.backends.iter().map(|backend| Account {
            backend: BackendId::parse(backend).unwrap(),
            id: format!("{backend}-{}", person.name),
            login_name: format!("{} there", person.name),
            state: AccountState::Active,
            checked_at: made.created_at,
        });
        let email = person.address.map(|address| Email {
            address: EmailAddress::parse(address).unwrap(),
            confirmed: person.confirmed,
        });
        let user = User { email, accounts: accounts.collect(), ..made };
        let (kept, local) = (user.clone(), user.accounts.is_empty());
        self.rig
            .service
            .write(move |tx| {
                if !local {
                    tx.secrets().delete_all(SecretOf::User(&kept.id))?;
                }
                Ok(tx.users().put(&kept)?)
            })
            .await
            .unwrap();
        user
    }

    pub(super) async fn state(&self, user: &User, state: UserState) {
        let user = User { state, ..user.clone() };
        self.rig.service.write(move |tx| Ok(tx.users().put(&user)?)).await.unwrap();
    }

    /// Asks from an address of its own, and returns when what follows is done.
    pub(super) async fn forgot(&self, login: &str) {
        self.forgot_from(login, "192.0.2.77").await;
    }

    pub(super) async fn forgot_from(&self, login: &str, address: &str) {
        let (service, caller) = (&self.rig.service, rig::caller(address));
        super::asking::forgot_by(service, &self.world, login, &caller).await.unwrap();
        self.quiet().await;
    }

    pub(super) async fn quiet(&self) {
        let workers = self.rig.service.inside().desk.workers();
        workers.close();
        workers.wait().await;
        workers.reopen();
    }

    pub(super) async fn reset(
        &self,
        token: &str,
        new: &str,
    ) -> Result<Vec<crate::passwords::PasswordResult>> {
        let (caller, new) = (rig::caller("192.0.2.78"), Secret::from(new));
        super::setting::reset_by(&self.rig.service, &self.world, (token, &new), &caller).await
    }

    /// What is owed of that kind, the oldest first.
    pub(super) async fn owed(&self, kind: MessageKind) -> Vec<Message> {
        let query = outbox::Query { limit: Some(100), ..outbox::Query::default() };
        let page = outbox::list(&self.rig.service, &self.admin, &query).await.unwrap();
        let mut items = page.items;
        items.reverse();
        items.retain(|message| message.kind == kind);
        items
    }

    pub(super) async fn secret(&self, id: &MessageId, name: &'static str) -> Option<String> {
        let id = id.clone();
        let kept =
            self.rig.service.read(move |tx| Ok(tx.secrets().get(SecretOf::Message(&id), name)?));
        kept.await.unwrap().map(|secret| secret.expose().clone())
    }

    /// The token in the last mail of that kind.
    pub(super) async fn token(&self, kind: MessageKind) -> String {
        let open = |message: &Message| message.state.is_open();
        let last = self.owed(kind).await.into_iter().rfind(open).expect("a message");
        let url = self.secret(&last.id, outbox::LINK).await.expect("a link");
        assert!(url.starts_with("https://home.example.org/in/"), "{url}");
        url.rsplit('/').next().unwrap().to_owned()
    }

    pub(super) async fn lines(&self, kind: ActivityKind) -> Vec<BTreeMap<String, String>> {
        let query = crate::activity::Query { kinds: vec![kind], ..Default::default() };
        let page = crate::activity::list(&self.rig.service, &self.admin, &query).await.unwrap();
        page.items.into_iter().map(|line| line.facts).collect()
    }

    pub(super) fn is_gone<T: core::fmt::Debug>(answer: &Result<T>) {
        assert!(matches!(answer, Err(ServiceError::Gone)), "{answer:?}");
    }
}
