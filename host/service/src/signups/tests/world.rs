//! A house whose backends are ours to break.

use crate::backends::Health;
use crate::clock::{Clock, time_from};
use crate::house::{Parts, Service};
use crate::invites;
use crate::kill_points::KillPoints;
use crate::random::Random;
use crate::reach::Reach;
use crate::rig;
use crate::state_store::PluginState;
use domain::accounts::{Attempt, BackendAccount, Condition, LibraryAccess, NewAccount};
use domain::backends::{Backend, SetBy};
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, PluginId};
use domain::invites::Invite;
use domain::invites::drafts::InviteText;
use domain::names::name_key;
use domain::profiles::{Document, Profile};
use domain::role::Admin;
use domain::schedule::Task;
use domain::signups::steps::Next;
use domain::users::User;
use jiff::Timestamp;
use sandbox::Sandbox;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use store::Store;

/// What happens to one call that changes something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Good,
    DoneUnclear,
    NotDoneUnclear,
    Down,
    Refused,
}

/// All backends.
#[derive(Clone, Default)]
pub(super) struct World(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    accounts: BTreeMap<String, (BackendId, String)>,
    /// Who somebody who signed in there is to a backend that invites.
    shares: BTreeMap<(BackendId, String), Condition>,
    made: u64,
    profiled: Vec<String>,
    fates: VecDeque<Fate>,
    down: bool,
    refusing: BTreeSet<String>,
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "test", "as planned")
}

impl World {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(super) fn accounts(&self) -> Vec<String> {
        self.inside().accounts.keys().cloned().collect()
    }

    /// Accounts that were ever made by us.
    pub(super) fn made(&self) -> u64 {
        self.inside().made
    }

    pub(super) fn profiled(&self) -> Vec<String> {
        self.inside().profiled.clone()
    }

    /// Somebody's account that was there before.
    pub(super) fn stranger(&self, backend: &str, name: &str) {
        let backend = BackendId::parse(backend).unwrap();
        self.inside().accounts.insert(format!("stranger-{name}"), (backend, name.to_owned()));
    }

    /// Who a backend that invites has, and whether they have accepted; none: it has them no more.
    pub(super) fn share(&self, backend: &str, id: &str, condition: Option<Condition>) {
        let key = (BackendId::parse(backend).unwrap(), id.to_owned());
        match condition {
            Some(condition) => self.inside().shares.insert(key, condition),
            None => self.inside().shares.remove(&key),
        };
    }

    pub(super) fn shares_with(&self, backend: &str, id: &str) -> bool {
        let key = (BackendId::parse(backend).unwrap(), id.to_owned());
        self.inside().shares.contains_key(&key)
    }

    pub(super) fn next(&self, fates: &[Fate]) {
        self.inside().fates.extend(fates);
    }

    pub(super) fn down(&self, down: bool) {
        self.inside().down = down;
    }

    pub(super) fn refuses(&self, backend: &str) {
        self.inside().refusing.insert(backend.to_owned());
    }

    /// One call that changes something.
    fn call<T>(
        &self,
        backend: &BackendId,
        effect: impl FnOnce(&mut Inside) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut inside = self.inside();
        if inside.down {
            return Err(fault(FaultKind::Unavailable));
        }
        if inside.refusing.contains(backend.as_str()) {
            return Err(fault(FaultKind::Unsupported));
        }
        match inside.fates.pop_front().unwrap_or(Fate::Good) {
            Fate::Good => effect(&mut inside),
            Fate::DoneUnclear => {
                effect(&mut inside)?;
                Err(fault(FaultKind::OutcomeUnknown))
            }
            Fate::NotDoneUnclear => Err(fault(FaultKind::OutcomeUnknown)),
            Fate::Down => Err(fault(FaultKind::Unavailable)),
            Fate::Refused => Err(fault(FaultKind::Unsupported)),
        }
    }
}

fn account(id: &str, name: &str) -> BackendAccount {
    BackendAccount {
        id: id.to_owned(),
        login_name: name.to_owned(),
        display_name: None,
        email: None,
        condition: Condition::Active,
        admin: false,
        privileged: false,
        foreign: None,
        libraries: LibraryAccess::All,
        last_seen: None,
        created: None,
        attributes: Vec::new(),
    }
}

impl Inside {
    /// As a backend that invites: who is there already is, who signed in accepts at once.
    fn shared(&mut self, backend: &BackendId, subject: &str, signed_in: bool) -> BackendAccount {
        let key = (backend.clone(), subject.to_owned());
        let fresh = if signed_in { Condition::Active } else { Condition::Invited };
        let condition = *self.shares.entry(key).or_insert(fresh);
        BackendAccount { condition, ..account(subject, subject) }
    }

    fn named(&self, backend: &BackendId, name: &str) -> Option<BackendAccount> {
        let same = |(there, called): &(BackendId, String)| {
            there == backend && name_key(called) == name_key(name)
        };
        let (id, (_, called)) = self.accounts.iter().find(|(_, account)| same(account))?;
        Some(account(id, called))
    }
}

impl Reach for World {
    async fn find(&self, backend: &BackendId, name: &str) -> Result<Option<BackendAccount>, Fault> {
        let inside = self.inside();
        if inside.down {
            Err(fault(FaultKind::Unavailable))
        } else {
            Ok(inside.named(backend, name))
        }
    }

    async fn account(&self, backend: &BackendId, id: &str) -> Result<BackendAccount, Fault> {
        let inside = self.inside();
        if inside.down {
            return Err(fault(FaultKind::Unavailable));
        }
        inside.shares.get(&(backend.clone(), id.to_owned())).map_or_else(
            || Err(fault(FaultKind::NotFound)),
            |condition| Ok(BackendAccount { condition: *condition, ..account(id, id) }),
        )
    }

    async fn create(
        &self,
        backend: &BackendId,
        new: &NewAccount,
        attempt: Attempt,
    ) -> Result<BackendAccount, Fault> {
        tokio::task::yield_now().await;
        self.call(backend, |inside| {
            if let Some(subject) = &new.subject {
                return Ok(inside.shared(backend, subject, new.grant.is_some()));
            }
            match inside.named(backend, &new.login_name) {
                Some(there)
                    if attempt == Attempt::AfterDoubt && !there.id.starts_with("stranger") =>
                {
                    return Ok(there);
                }
                Some(_) => return Err(fault(FaultKind::Conflict)),
                None => {}
            }
            inside.made += 1;
            let id = format!("{backend}-{}", inside.made);
            inside.accounts.insert(id.clone(), (backend.clone(), new.login_name.clone()));
            Ok(account(&id, &new.login_name))
        })
    }

    async fn apply_profile(
        &self,
        backend: &BackendId,
        id: &str,
        document: &str,
    ) -> Result<(), Fault> {
        self.call(backend, |inside| {
            let is_shared = inside.shares.contains_key(&(backend.clone(), id.to_owned()));
            let is_there = is_shared || inside.accounts.contains_key(id);
            assert!(is_there, "a profile for an account that is not there");
            assert_eq!(document, "{}");
            inside.profiled.push(backend.to_string());
            Ok(())
        })
    }

    async fn delete(&self, backend: &BackendId, id: &str) -> Result<(), Fault> {
        self.call(backend, |inside| {
            inside.accounts.remove(id);
            inside.shares.remove(&(backend.clone(), id.to_owned()));
            Ok(())
        })
    }

    fn knows(&self, _backend: &BackendId) -> bool {
        true
    }
}

/// A service with such backends.
pub(super) struct House {
    pub(super) service: Service,
    pub(super) world: World,
    pub(super) clock: Clock,
    pub(super) admin: Admin,
    backends: Vec<BackendId>,
}

impl House {
    pub(super) async fn new(backends: &[&str]) -> Self {
        Self::over(Store::in_memory().unwrap(), backends, KillPoints::none()).await
    }

    pub(super) async fn over(store: Store, backends: &[&str], kill_points: KillPoints) -> Self {
        let backends: Vec<_> = backends.iter().map(|id| BackendId::parse(id).unwrap()).collect();
        let start = "2030-01-01T00:00:00Z".parse().unwrap();
        let (clock, world) = (Clock::manual(start), World::default());
        let service = opened(store, &clock, &backends, kill_points).await;
        Self { service, world, clock, admin: Admin::at_the_console(), backends }
    }

    /// The same after the process has died.
    pub(super) async fn restarted(self, store: Store) -> Self {
        let service = opened(store, &self.clock, &self.backends, KillPoints::none()).await;
        Self { service, ..self }
    }

    pub(super) async fn profile(&self, name: &str, backends: &[&str]) {
        let captured_at = self.clock.now();
        let document = Document { text: "{}".into(), captured_from: None, captured_at };
        let ids = backends.iter().map(|id| BackendId::parse(id).unwrap());
        let documents = ids.map(|id| (id, document.clone())).collect();
        let (name, created_at) = (name.to_owned(), captured_at);
        let profile = Profile { name, documents, created_at, changed_at: created_at };
        self.service.write(move |tx| Ok(tx.profiles().put(&profile)?)).await.unwrap();
    }

    pub(super) async fn invite(&self, text: InviteText) -> Invite {
        invites::create(&self.service, &self.admin, text.parse().unwrap()).await.unwrap()
    }

    pub(super) async fn user(&self, name: &str) -> Option<User> {
        let name = name.to_owned();
        self.service.read(move |tx| Ok(tx.users().by_name(&name)?)).await.unwrap()
    }

    pub(super) async fn due(&self, task: &Task) -> Option<Timestamp> {
        let task = task.clone();
        self.service.read(move |tx| Ok(tx.schedule().get(&task)?)).await.unwrap()
    }

    /// Returns when no sign-up is under way and nobody works at one.
    pub(super) async fn all_settled(&self) {
        let mut changes = super::changes(&self.service);
        loop {
            let open = self.service.read(|tx| Ok(tx.signups().open()?)).await.unwrap();
            if open.is_empty() {
                return;
            }
            changes.changed().await.unwrap();
        }
    }

    /// Moves the clock to whatever is waited for until the future is done; while a worker has something
    /// to do, time stands still.
    pub(super) async fn drive<T>(&self, future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        loop {
            tokio::select! {
                biased;
                done = &mut future => return done,
                at = self.when_all_wait() => self.clock.advance(time_from(self.clock.now(), at)),
            }
        }
    }

    async fn when_all_wait(&self) -> Timestamp {
        loop {
            let at = self.clock.next_waiter().await;
            let now = self.clock.now();
            let open = self.service.read(|tx| Ok(tx.signups().open()?)).await.unwrap();
            let waits = open.iter().all(|signup| matches!(signup.next(now), Next::Wait(_)));
            if waits && !open.is_empty() {
                return at;
            }
            tokio::task::yield_now().await;
        }
    }
}

async fn opened(
    store: Store,
    clock: &Clock,
    backends: &[BackendId],
    kill_points: KillPoints,
) -> Service {
    let hand = clock.clone();
    let sandbox = Sandbox::open(sandbox::Options {
        cache_dir: None,
        cache_key: store.derive("components").unwrap(),
        plugins_dir: None,
        bundled: Vec::new(),
        egress: egress::Egress::new(egress::Options::default()).unwrap(),
        state: Arc::new(PluginState::new(store.clone(), clock.clone())),
        now: Arc::new(move || hand.now()),
        consent: BTreeMap::new(),
    })
    .unwrap();
    let (random, mut settings, clock) = (Random::system(), rig::settled(), clock.clone());
    settings.settings.server.public_url = Some("https://home.example.org".parse().unwrap());
    let created_at = clock.now();
    let parts = Parts { store, sandbox, clock, random, settings, kill_points };
    let service = Service::open(parts).await.unwrap();
    for id in backends {
        let backend = Backend {
            id: id.clone(),
            label: id.to_string(),
            plugin: PluginId::parse("test").unwrap(),
            public_url: None,
            settings: BTreeMap::new(),
            set_by: SetBy::Page,
            server_id: None,
            created_at,
        };
        service.inside().board.put(backend, Vec::new());
        service.inside().board.change(id, |entry| entry.health = Health::unknown());
    }
    service
}
