//! A house with one watched folder, a reader of our own, and what came of it.

use crate::clock::Clock;
use crate::kill_points::KillPoints;
use crate::reset_watch::reader::Reader;
use crate::reset_watch::{self, FileRemark, How, WatchState, crew};
use crate::rig::{self, Rig};
use crate::{Service, activity};
use core::time::Duration;
use domain::accounts::{BackendAccount, Condition, LibraryAccess};
use domain::activity::{Activity, ActivityKind};
use domain::backends::SetBy;
use domain::fault::{Fault, FaultKind};
use domain::ids::{BackendId, UserId};
use domain::names::EmailAddress;
use domain::outbox::Message;
use domain::resets::{
    FilePattern, Reading, Remark, ResetMail, ResetRequest, Sighting, Specimen, Watch,
};
use domain::role::{Admin, Role};
use domain::secret::Secret;
use domain::users::{Account, AccountState, Email, User, UserState};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use store::{PageRequest, Store};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Before the requests of the recordings were over.
pub(super) const START: &str = "2026-11-21T21:00:00Z";
/// A test that waits longer waits in vain.
const IN_VAIN: Duration = Duration::from_secs(20);

/// Reads files as lenient plugins do.
#[derive(Clone, Default)]
pub(super) struct Plugin(Arc<Mutex<Inside>>);

#[derive(Default)]
pub(super) struct Inside {
    /// What every call is answered.
    pub(super) fault: Option<Fault>,
    /// What looking up an account is answered.
    pub(super) account_fault: Option<Fault>,
    /// Ids of accounts that cannot be looked up.
    pub(super) unanswered: BTreeSet<String>,
    /// Ids of accounts that are never reset by mail.
    pub(super) privileged: BTreeSet<String>,
    /// Names that accounts have by now, by id.
    pub(super) renamed: BTreeMap<String, String>,
    /// Files that break it.
    pub(super) breaking: BTreeSet<String>,
    /// How often a file was read.
    pub(super) reads: usize,
}

pub(super) fn fault(kind: FaultKind) -> Option<Fault> {
    Some(Fault::new(kind, "test.planned", "as planned"))
}

impl Plugin {
    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    fn answer(&self) -> Result<(), Fault> {
        self.inside().fault.clone().map_or(Ok(()), Err)
    }
}

impl Reader for Plugin {
    async fn patterns(&self, _backend: &BackendId) -> Result<Vec<FilePattern>, Fault> {
        self.answer()?;
        Ok(vec![FilePattern::parse("passwordreset*.json").unwrap()])
    }

    async fn read(
        &self,
        _backend: &BackendId,
        file_name: &str,
        content: &[u8],
    ) -> Result<Reading, Fault> {
        self.answer()?;
        self.inside().reads += 1;
        if self.inside().breaking.contains(file_name) {
            return Err(fault(FaultKind::Internal).unwrap());
        }
        let mut values = serde_json::Deserializer::from_slice(content).into_iter::<Value>();
        let value = match values.next() {
            None => return Ok(Reading::Incomplete),
            Some(Err(error)) if error.is_eof() => return Ok(Reading::Incomplete),
            Some(Err(_)) => return Ok(Reading::Ignored(remark("media.reset-unreadable"))),
            Some(Ok(value)) => value,
        };
        let text = |key: &str| value[key].as_str().unwrap().to_owned();
        let rest = &content[values.byte_offset()..];
        Ok(Reading::Found(ResetRequest {
            login_name: text("UserName"),
            pin: Secret::new(text("Pin")),
            expires: text("ExpirationDate").parse().unwrap(),
            key: Secret::new([text("UserName"), text("Pin"), text("ExpirationDate")].join("/")),
            remark: (!rest.is_empty()).then(|| remark("media.reset-damaged")),
        }))
    }

    async fn account(
        &self,
        _backend: &BackendId,
        id: &str,
    ) -> Result<Option<BackendAccount>, Fault> {
        self.answer()?;
        let inside = self.inside();
        if let Some(fault) = &inside.account_fault {
            return Err(fault.clone());
        }
        if inside.unanswered.contains(id) {
            return Err(fault(FaultKind::BadReply).unwrap());
        }
        let name = inside.renamed.get(id).cloned();
        let name = name.unwrap_or_else(|| id.strip_prefix("id-of-").unwrap().to_owned());
        Ok(Some(account(id, name, inside.privileged.contains(id))))
    }

    async fn find(
        &self,
        backend: &BackendId,
        login_name: &str,
    ) -> Result<Option<BackendAccount>, Fault> {
        let renamed = self.inside().renamed.clone();
        let by_new_name = renamed.iter().find(|(_, name)| *name == login_name);
        let id = by_new_name.map_or(format!("id-of-{login_name}"), |(id, _)| id.clone());
        if by_new_name.is_none() && renamed.contains_key(&id) {
            return Ok(None);
        }
        self.account(backend, &id).await
    }

    async fn specimen(&self, _backend: &BackendId, login_name: &str) -> Result<Specimen, Fault> {
        self.answer()?;
        let content = file(login_name, "00-00-00-00", "2026-11-21T20:59:59Z");
        let file_name = "passwordreset00000000.json".to_owned();
        Ok(Specimen { file_name, content: Secret::new(content.into_bytes()) })
    }
}

fn account(id: &str, login_name: String, privileged: bool) -> BackendAccount {
    BackendAccount {
        id: id.to_owned(),
        login_name,
        display_name: None,
        email: None,
        condition: Condition::Active,
        admin: false,
        privileged,
        foreign: None,
        libraries: LibraryAccess::All,
        last_seen: None,
        created: None,
        attributes: Vec::new(),
    }
}

fn remark(code: &str) -> Remark {
    Remark { code: code.to_owned(), detail: "as planned".to_owned() }
}

/// A file as backends write them.
pub(super) fn file(login_name: &str, pin: &str, expires: &str) -> String {
    json!({ "Pin": pin, "UserName": login_name, "ExpirationDate": expires }).to_string()
}

pub(super) fn media() -> BackendId {
    BackendId::parse("media").unwrap()
}

/// The house.
pub(super) struct House {
    pub(super) service: Service,
    pub(super) clock: Clock,
    pub(super) plugin: Plugin,
    pub(super) admin: Admin,
    pub(super) folder: PathBuf,
    _above: Arc<TempDir>,
    running: Option<(CancellationToken, JoinHandle<()>)>,
}

impl House {
    /// With people called alice, wanda and o'brien ü, and a watch that has begun.
    pub(super) async fn new() -> Self {
        let house = Self::asleep().await;
        house.watch(0).await;
        let house = house.awake().await;
        // Others may hold all notices that this system gives (fs.inotify.max_user_instances).
        let how = |house: &Self| match house.state() {
            Some(WatchState::Watching { how, .. }) => Some(how),
            _ => None,
        };
        house.until_poked(|| async { how(&house) == Some(How::Inotify) }).await;
        house
    }

    /// The same, polling.
    pub(super) async fn polling(seconds: u32) -> Self {
        let house = Self::asleep().await;
        house.watch(seconds).await;
        house.awake().await
    }

    /// Without a watch, and nobody watching.
    pub(super) async fn asleep() -> Self {
        let above = Arc::new(tempfile::tempdir().unwrap());
        let folder = above.path().join("data");
        std::fs::create_dir(&folder).unwrap();
        let clock = Clock::manual(START.parse().unwrap());
        let store = Store::in_memory().unwrap();
        let rig = Rig::over(store, rig::settled(), clock).await.unwrap();
        let house = Self {
            service: rig.service,
            clock: rig.clock,
            plugin: Plugin::default(),
            admin: Admin::at_the_console(),
            folder,
            _above: above,
            running: None,
        };
        for name in ["alice", "wanda", "o'brien ü"] {
            house.person(name, |_user| ()).await;
        }
        house
    }

    /// The same house after the process has ended, or died.
    pub(super) async fn restarted(mut self, kill_points: KillPoints) -> Self {
        self.stop().await;
        let store = self.service.store().clone();
        let rig = Rig::killed_at(kill_points, store, (rig::settled(), self.clock.clone())).await;
        self.service = rig.unwrap().service;
        self
    }

    pub(super) async fn awake(mut self) -> Self {
        self.begin();
        self.until(|house| matches!(house.state(), Some(WatchState::Watching { .. }))).await;
        self
    }

    pub(super) fn begin(&mut self) {
        let stop = CancellationToken::new();
        let task = crew::run(self.service.clone(), self.plugin.clone(), stop.clone());
        self.running = Some((stop, tokio::spawn(task)));
    }

    pub(super) async fn stop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            stop.cancel();
            self.service.kill_points().bury();
            task.await.unwrap();
        }
    }

    pub(super) async fn watch(&self, poll_seconds: u32) {
        let (backend, directory) = (media(), self.folder.clone());
        let mail = ResetMail::Both;
        let watch = Watch { backend, directory, poll_seconds, mail, set_by: SetBy::Page };
        self.service.write_aside(move |tx| Ok(tx.resets().put_watch(&watch)?)).await.unwrap();
        self.service.inside().lookout.poke();
    }

    pub(super) async fn person(&self, name: &str, change: impl FnOnce(&mut User)) {
        let mut user = person(name, self.clock.now());
        change(&mut user);
        self.service.write(move |tx| Ok(tx.users().put(&user)?)).await.unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(super) fn state(&self) -> Option<WatchState> {
        self.service.inside().lookout.seen(&media()).map(|seen| seen.state)
    }

    pub(super) fn remarks(&self) -> BTreeMap<String, FileRemark> {
        self.service.inside().lookout.seen(&media()).unwrap().remarks
    }

    pub(super) fn code(&self, file: &str) -> Option<String> {
        self.remarks().remove(file).map(|remark| remark.code)
    }

    /// Returns when everything was looked at once more, begun after this call.
    pub(super) async fn looked(&self) {
        let looks = || self.service.inside().lookout.seen(&media()).map_or(0, |seen| seen.looks);
        // One may be under way already.
        let enough = looks() + 2;
        while looks() < enough {
            let before = looks();
            self.service.inside().lookout.poke();
            self.until(|_house| looks() > before).await;
        }
    }

    pub(super) async fn mails(&self) -> Vec<Message> {
        let page = |tx: &store::ReadTx| {
            Ok(tx.outbox().page(&PageRequest::first(500), None, |_message| true)?.items)
        };
        self.service.read(page).await.unwrap()
    }

    pub(super) async fn sightings(&self) -> Vec<Sighting> {
        self.service.read(|tx| Ok(tx.resets().latest(500)?)).await.unwrap()
    }

    pub(super) async fn lines(&self, kind: ActivityKind) -> Vec<Activity> {
        let query = activity::Query { kinds: vec![kind], limit: Some(500), ..Default::default() };
        activity::list(&self.service, &self.admin, &query).await.unwrap().items
    }

    /// Waits for a fact in memory.
    pub(super) async fn until(&self, is_so: impl Fn(&Self) -> bool) {
        let mut news = self.service.inside().lookout.news();
        let wait = async {
            while !is_so(self) {
                news.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(IN_VAIN, wait).await;
        assert!(waited.is_ok(), "waited in vain: {:?} {:?}", self.state(), self.remarks());
    }

    /// Waits until so many mails are owed.
    pub(super) async fn until_mails(&self, count: usize) {
        self.until_async(|| async { self.mails().await.len() >= count }).await;
        assert_eq!(self.mails().await.len(), count);
    }

    /// Waits until so many requests were noted.
    pub(super) async fn until_sightings(&self, count: usize) {
        self.until_async(|| async { self.sightings().await.len() >= count }).await;
        assert_eq!(self.sightings().await.len(), count);
    }

    pub(super) async fn until_async<F: Future<Output = bool>>(&self, is_so: impl Fn() -> F) {
        let mut news = self.service.inside().lookout.news();
        let wait = async {
            loop {
                news.mark_unchanged();
                if is_so().await {
                    return;
                }
                news.changed().await.unwrap();
            }
        };
        let waited = tokio::time::timeout(IN_VAIN, wait).await;
        assert!(waited.is_ok(), "waited in vain: {:?} {:?}", self.state(), self.remarks());
    }

    /// Has the folder looked at until it is so.
    pub(super) async fn until_poked<F: Future<Output = bool>>(&self, is_so: impl Fn() -> F) {
        let poked = || {
            self.service.inside().lookout.poke();
            is_so()
        };
        self.until_async(poked).await;
    }

    /// Moves the clock to the next look.
    pub(super) async fn next_look(&self) {
        let at = self.clock.next_waiter().await;
        self.clock.advance(crate::clock::time_from(self.clock.now(), at));
    }

    pub(super) async fn view(&self) -> reset_watch::WatchView {
        reset_watch::get(&self.service, &media()).await.unwrap()
    }
}

fn person(name: &str, now: Timestamp) -> User {
    let ours = name.replace(['\'', ' '], "-").replace('ü', "u");
    let mut id = [0; 16];
    for (place, byte) in id.iter_mut().zip(name.bytes()) {
        *place = byte;
    }
    let address = EmailAddress::parse(&format!("{ours}@example.org")).unwrap();
    User {
        id: UserId::from_random(id),
        username: rig::name(&ours),
        email: Some(Email { address, confirmed: true }),
        role: Role::User,
        state: UserState::Active,
        expires_at: None,
        label: String::new(),
        accounts: vec![Account {
            backend: media(),
            id: format!("id-of-{name}"),
            login_name: name.to_owned(),
            state: AccountState::Active,
            checked_at: now,
        }],
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: now,
        last_seen: None,
        invite_right: None,
    }
}

/// Files that real servers wrote: name and content, in a stable order.
pub(super) fn recorded() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/recordings/jellyfin");
    let mut found = Vec::new();
    for line in ["10.9", "10.10", "10.11", "12.0"] {
        for folder in std::fs::read_dir(root.join(line).join("reset-files")).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                found.push((name, std::fs::read_to_string(path).unwrap()));
            }
        }
    }
    found.sort();
    found
}
