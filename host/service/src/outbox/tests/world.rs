//! A house whose mail methods are ours to break.

use super::*;
use crate::clock::Clock;
use crate::outbox::carrier::Carrier;
use crate::rig::{Rig, settled};
use crate::users::UserDraft;
use core::time::Duration;
use domain::backends::SetBy;
use domain::fault::Fault;
use domain::ids::{MailId, PluginId};
use domain::mail::{MailMethod, Mailbox};
use domain::messages::{Fate, Outgoing, Receipt};
use domain::role::Role;
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use store::Store;

pub(super) const TOKEN: &str = "q8Zk2mT0vYh4sXb7";
pub(super) const LINK: &str = "https://home.example/reset/q8Zk2mT0vYh4sXb7";
pub(super) const PIN: &str = "85-DD-A5-DC";

/// What a method says to one message.
#[derive(Debug, Clone)]
pub(super) enum Say {
    Defer(&'static str),
    DeferOwned(String),
    Refuse(&'static str),
    Fault(FaultKind, &'static str, Option<u64>),
    FaultOwned(FaultKind, String),
}

/// All methods: they take what comes, unless they were told to say something else.
#[derive(Clone, Default)]
pub(super) struct Methods(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    say: BTreeMap<String, VecDeque<Say>>,
    asked: Vec<(String, Outgoing)>,
}

impl Carrier for Methods {
    async fn send(&self, method: &MailId, message: &Outgoing) -> Result<Vec<Receipt>, Fault> {
        let mut inside = self.0.lock().unwrap();
        inside.asked.push((method.to_string(), message.clone()));
        let say = inside.say.get_mut(method.as_str()).and_then(VecDeque::pop_front);
        let receipt = |fate, detail: &str| {
            let recipient = message.recipients[0].email.clone();
            Ok(vec![Receipt { recipient, fate, remote_id: None, detail: detail.to_owned() }])
        };
        match say {
            None => receipt(Fate::Accepted, "250 ok"),
            Some(Say::Defer(words)) => receipt(Fate::Deferred, words),
            Some(Say::DeferOwned(words)) => receipt(Fate::Deferred, &words),
            Some(Say::Refuse(words)) => receipt(Fate::Refused, words),
            Some(Say::Fault(kind, words, retry_after)) => Err(Fault {
                retry_after: retry_after.map(Duration::from_secs),
                ..Fault::new(kind, "test.planned", words)
            }),
            Some(Say::FaultOwned(kind, words)) => Err(Fault::new(kind, "test.planned", words)),
        }
    }
}

/// A service with such methods, and Anna, who has a confirmed address.
pub(super) struct World {
    pub(super) rig: Rig,
    pub(super) admin: Admin,
    methods: Methods,
    names: Vec<String>,
    anna: UserId,
    store: Store,
}

impl World {
    pub(super) async fn new(methods: &[&str]) -> Self {
        Self::killed_at(KillPoints::none(), methods).await
    }

    pub(super) async fn killed_at(kill_points: KillPoints, names: &[&str]) -> Self {
        let start = "2030-01-01T00:00:00Z".parse().unwrap();
        let clock = Clock::manual_that_passes(start, Duration::from_secs(5));
        let store = Store::in_memory().unwrap();
        let rig = Rig::killed_at(kill_points, store.clone(), (settled(), clock)).await.unwrap();
        let (admin, _root) = rig.set_up().await;
        let draft = UserDraft {
            username: crate::rig::name("anna"),
            password: None,
            email: Some(EmailAddress::parse("anna@example.org").unwrap()),
            role: Role::User,
            label: String::new(),
            expires_at: None,
        };
        let anna = users::create(&rig.service, &admin, draft).await.unwrap().id;
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let world = Self { rig, admin, methods: Methods::default(), names, anna, store };
        world.put_all();
        world
    }

    fn put_all(&self) {
        for (rank, name) in self.names.iter().enumerate() {
            self.put(name, rank);
        }
    }

    /// The same after the process has died.
    pub(super) async fn restarted(self) -> Self {
        let clock = self.rig.clock.clone();
        let rig = Rig::over(self.store.clone(), settled(), clock).await.unwrap();
        let world = Self { rig, ..self };
        world.put_all();
        world
    }

    pub(super) fn put(&self, name: &str, rank: usize) {
        let method = MailMethod {
            id: MailId::parse(name).unwrap(),
            plugin: PluginId::parse("test").unwrap(),
            from: Mailbox::parse(&format!("Home <home@{name}.example>")).unwrap(),
            reply_to: None,
            settings: BTreeMap::new(),
            set_by: SetBy::File,
            created_at: self.rig.clock.now(),
        };
        self.rig.service.inside().posts.put(method, BTreeMap::new(), rank, None);
    }

    pub(super) fn says(&self, method: &str, say: Say) {
        let mut inside = self.methods.0.lock().unwrap();
        inside.say.entry(method.to_owned()).or_default().push_back(say);
    }

    pub(super) fn carrier(&self) -> Methods {
        self.methods.clone()
    }

    /// The methods that were asked, in order.
    pub(super) fn asked(&self) -> Vec<String> {
        let inside = self.methods.0.lock().unwrap();
        inside.asked.iter().map(|(method, _)| method.clone()).collect()
    }

    pub(super) fn sent(&self) -> Vec<Outgoing> {
        let inside = self.methods.0.lock().unwrap();
        inside.asked.iter().map(|(_, message)| message.clone()).collect()
    }

    pub(super) fn message_ids(&self) -> Vec<String> {
        self.sent().into_iter().map(|message| message.id).collect()
    }

    /// To Anna; a reset with its link and its PIN.
    pub(super) async fn owe(&self, kind: MessageKind) -> MessageId {
        let owed = Owed::to_user(kind, &self.anna);
        let is_reset = kind == MessageKind::Reset;
        self.owe_to(if is_reset { owed.link(LINK.into()).pin(PIN.into()) } else { owed }).await
    }

    pub(super) async fn owe_to(&self, owed: Owed) -> MessageId {
        let here = self.rig.service.clone();
        self.rig.service.write(move |tx| owe(tx, &here, owed)).await.unwrap()
    }

    pub(super) async fn user_with(&self, name: &str, email: Option<bool>) -> UserId {
        let user = self.rig.user(&self.admin, name, Role::User).await;
        let (id, address) = (user.id.clone(), format!("{name}@example.org"));
        let change = move |tx: &store::WriteTx| {
            let mut user = tx.users().get(&id)?.unwrap();
            user.email = email.map(|confirmed| domain::users::Email {
                address: EmailAddress::parse(&address).unwrap(),
                confirmed,
            });
            Ok(tx.users().put(&user)?)
        };
        self.rig.service.write(change).await.unwrap();
        user.id
    }

    /// Deletes a message as it is deleted with its user.
    pub(super) async fn forget(&self, id: &MessageId) {
        let id = id.clone();
        let deleting = move |tx: &store::WriteTx| {
            tx.secrets().delete_all(SecretOf::Message(&id))?;
            tx.schedule().delete(&Task::Deliver(id.clone()))?;
            Ok(tx.outbox().delete(&id)?)
        };
        assert!(self.rig.service.write(deleting).await.unwrap().is_some());
    }

    pub(super) async fn deliver(&self, id: &MessageId) -> Message {
        deliver_by(&self.rig.service, &self.methods, id).await.unwrap();
        self.message(id).await
    }

    /// The word for which it was dropped.
    pub(super) async fn dropped(&self, id: &MessageId) -> String {
        match self.deliver(id).await.state {
            MessageState::Dropped { because, .. } => because,
            other => panic!("{other:?}"),
        }
    }

    pub(super) async fn message(&self, id: &MessageId) -> Message {
        get(&self.rig.service, &self.admin, id).await.unwrap()
    }

    pub(super) async fn due(&self, id: &MessageId) -> Option<Timestamp> {
        let task = Task::Deliver(id.clone());
        self.rig.service.read(move |tx| Ok(tx.schedule().get(&task)?)).await.unwrap()
    }

    /// How many are sealed beside it.
    pub(super) async fn secrets(&self, id: &MessageId) -> usize {
        let id = id.clone();
        let names = move |tx: &ReadTx| Ok(tx.secrets().names(SecretOf::Message(&id))?.len());
        self.rig.service.read(names).await.unwrap()
    }

    pub(super) async fn lines(&self, kind: ActivityKind) -> Vec<Activity> {
        let query = activity::Query { kinds: vec![kind], ..activity::Query::default() };
        activity::list(&self.rig.service, &self.admin, &query).await.unwrap().items
    }
}
