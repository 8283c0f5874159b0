//! A program's session against a plain model: whatever is done in whatever order, across restarts.
//!
//! The model keeps every token ever given out and what the rules say of it; the real thing is the service
//! over a store in a file that is closed and opened again.

use super::*;
use crate::clock::Clock;
use crate::rig::{OTHER_PASSWORD, Rig, caller, name, settled};
use crate::rotation::{self, Former};
use crate::users::{self, UserDraft};
use crate::{console, tokens};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use std::path::Path;
use store::{SealingKey, Store};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// So many spent tokens a family remembers beside the one before the good one.
const REMEMBERED: usize = 64;

/// What is done. Families are counted from the first; an index is taken from those there are.
#[derive(Debug, Clone)]
enum Act {
    /// Another program signs in.
    Login,
    /// The owner uses the newest refresh token.
    Refresh(prop::sample::Index),
    /// The answer was lost: the one before is used again.
    Again(prop::sample::Index),
    /// Any token ever given out.
    Replay(prop::sample::Index, prop::sample::Index),
    /// Any access token ever given out.
    Access(prop::sample::Index, prop::sample::Index),
    RevokeOne(prop::sample::Index),
    RevokeAll,
    Password,
    Disable,
    Enable,
    Rotate,
    Restart,
    Wait(i64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let any_one = any::<prop::sample::Index>;
    let wait = prop_oneof![
        4 => 0..12_i64,
        2 => 12..2 * MINUTE,
        2 => 50 * MINUTE..70 * MINUTE,
        1 => HOUR..8 * DAY,
    ];
    let act = prop_oneof![
        4 => Just(Act::Login),
        12 => any_one().prop_map(Act::Refresh),
        4 => any_one().prop_map(Act::Again),
        3 => (any_one(), any_one()).prop_map(|(family, token)| Act::Replay(family, token)),
        6 => (any_one(), any_one()).prop_map(|(family, token)| Act::Access(family, token)),
        2 => any_one().prop_map(Act::RevokeOne),
        1 => Just(Act::RevokeAll),
        1 => Just(Act::Password),
        1 => Just(Act::Disable),
        2 => Just(Act::Enable),
        1 => Just(Act::Rotate),
        2 => Just(Act::Restart),
        8 => wait.prop_map(Act::Wait),
    ];
    prop::collection::vec(act, 1..60)
}

/// A refresh token, and when it was spent.
struct Given {
    token: String,
    spent: Option<Timestamp>,
}

/// An access token, and when it ends.
struct Shown {
    token: String,
    ends: Timestamp,
}

/// What the model knows of one program.
struct Family {
    id: SessionId,
    /// The row is there, be it over or not.
    kept: bool,
    given: Vec<Given>,
    shown: Vec<Shown>,
    last_seen: Timestamp,
    expires: Timestamp,
    ends: Timestamp,
}

/// What the model says of a refresh token.
#[derive(Debug, PartialEq, Eq)]
enum Worth {
    Next,
    Same,
    Nothing,
    Theft,
}

fn plus(at: Timestamp, seconds: i64) -> Timestamp {
    at + jiff::SignedDuration::from_secs(seconds)
}

impl Family {
    fn is_good(&self, now: Timestamp) -> bool {
        self.kept && now < self.expires && now < self.ends
    }

    fn used(&mut self, now: Timestamp) {
        if now >= plus(self.last_seen, MINUTE) {
            self.last_seen = now;
            self.expires = self.expires.max(plus(now, 7 * DAY).min(self.ends));
        }
    }

    fn worth(&self, token: usize, now: Timestamp) -> Worth {
        let newest = self.given.len() - 1;
        match self.given[token].spent {
            _ if !self.is_good(now) => Worth::Nothing,
            None => Worth::Next,
            Some(at) if token + 1 == newest && now < plus(at, 10) => Worth::Same,
            Some(_) if newest - token <= REMEMBERED + 1 => Worth::Theft,
            Some(_) => Worth::Nothing,
        }
    }
}

struct World<'a> {
    folder: &'a Path,
    clock: Clock,
    rig: Rig,
    user: UserId,
    enabled: bool,
    families: Vec<Family>,
}

async fn open(folder: &Path, clock: &Clock) -> Rig {
    let store = Store::open(folder, SealingKey::from_bytes([7; 32])).unwrap();
    Rig::over(store, settled(), clock.clone()).await.unwrap()
}

impl<'a> World<'a> {
    async fn new(folder: &'a Path) -> Self {
        let clock = Clock::manual("2030-01-01T00:00:00Z".parse().unwrap());
        let rig = open(folder, &clock).await;
        let draft = UserDraft {
            username: name("anna"),
            password: None,
            email: None,
            role: Role::User,
            label: String::new(),
            expires_at: None,
        };
        let user = users::create(&rig.service, &Admin::at_the_console(), draft).await.unwrap();
        Self { folder, clock, rig, user: user.id, enabled: true, families: Vec::new() }
    }

    fn pick(&self, index: &prop::sample::Index) -> Option<usize> {
        (!self.families.is_empty()).then(|| index.index(self.families.len()))
    }

    #[expect(clippy::too_many_lines, reason = "one arm for each act")]
    async fn act(self, act: &Act) -> Self {
        let (console, now) = (Admin::at_the_console(), self.clock.now());
        let mut world = self;
        let service = world.rig.service.clone();
        match act {
            Act::Login => world.login(now).await,
            Act::Refresh(family) => {
                if let Some(family) = world.pick(family) {
                    let newest = world.families[family].given.len() - 1;
                    world.refresh(family, newest, now).await;
                }
            }
            Act::Again(family) => {
                if let Some(family) = world.pick(family) {
                    let before = world.families[family].given.len().saturating_sub(2);
                    world.refresh(family, before, now).await;
                }
            }
            Act::Replay(family, token) => {
                if let Some(family) = world.pick(family) {
                    let token = token.index(world.families[family].given.len());
                    world.refresh(family, token, now).await;
                }
            }
            Act::Access(family, token) => {
                if let Some(family) = world.pick(family) {
                    let token = token.index(world.families[family].shown.len());
                    world.access(family, token, now).await;
                }
            }
            Act::RevokeOne(family) => {
                if let Some(family) = world.pick(family) {
                    let family = &mut world.families[family];
                    let ended = end_of(&service, &console, &world.user, &family.id).await;
                    assert_eq!(ended.is_ok(), family.kept, "{ended:?}");
                    family.kept = false;
                }
            }
            Act::RevokeAll => {
                let ended = users::sign_out(&service, &console, &world.user).await.unwrap();
                assert_eq!(ended, world.end_all());
            }
            Act::Password => {
                let new = Some(OTHER_PASSWORD.into());
                console::reset_password(&service, "anna", new).await.unwrap();
                world.end_all();
            }
            Act::Disable => {
                users::disable(&service, &console, &world.user).await.unwrap();
                world.enabled = false;
                world.end_all();
            }
            Act::Enable => {
                users::enable(&service, &console, &world.user).await.unwrap();
                world.enabled = true;
            }
            Act::Rotate => {
                rotation::rotate(&service, &console, Former::Verify).await.unwrap();
            }
            Act::Restart => {
                let World { folder, clock, rig, user, enabled, families } = world;
                drop((service, rig));
                let rig = open(folder, &clock).await;
                world = World { folder, clock, rig, user, enabled, families };
            }
            Act::Wait(seconds) => {
                world.clock.advance(core::time::Duration::from_secs(seconds.unsigned_abs()));
            }
        }
        world
    }

    /// How many rows there were.
    fn end_all(&mut self) -> usize {
        let kept = self.families.iter().filter(|family| family.kept).count();
        for family in &mut self.families {
            family.kept = false;
        }
        kept
    }

    async fn login(&mut self, now: Timestamp) {
        let local = ProviderId::parse("local").unwrap();
        let proof = Proof::single(self.user.clone(), local, self.rig.epoch().await);
        let begun = begin(&self.rig.service, proof, Keep::Program, &caller("192.0.2.1")).await;
        if !self.enabled {
            assert!(matches!(begun, Err(ServiceError::Forbidden { code: "disabled" })));
            return;
        }
        let begun = begun.unwrap();
        let Held::Program(tokens) = begun.held else { panic!("a program") };
        let ends = plus(now, 90 * DAY);
        self.families.push(Family {
            id: begun.session.id,
            kept: true,
            given: vec![Given { token: tokens.refresh.expose().clone(), spent: None }],
            shown: vec![Shown { token: tokens.access.expose().clone(), ends: plus(now, HOUR) }],
            last_seen: now,
            expires: plus(now, 7 * DAY),
            ends,
        });
    }

    async fn refresh(&mut self, family: usize, token: usize, now: Timestamp) {
        let family = &mut self.families[family];
        let worth = family.worth(token, now);
        let shown = family.given[token].token.clone();
        let answer = refresh(&self.rig.service, &shown, &caller("192.0.2.1")).await;
        match (worth, answer) {
            (Worth::Next, Ok((current, tokens))) => {
                assert_eq!(current.session.id, family.id);
                family.given[token].spent = Some(now);
                let fresh = tokens.refresh.expose().clone();
                assert!(family.given.iter().all(|given| given.token != fresh), "never twice");
                family.given.push(Given { token: fresh, spent: None });
                family.shown.push(shown_by(&tokens, now, family.ends));
                family.used(now);
            }
            (Worth::Same, Ok((_, tokens))) => {
                let newest = family.given.last().unwrap();
                assert_eq!(newest.token, *tokens.refresh.expose(), "the same successor");
                family.shown.push(shown_by(&tokens, now, family.ends));
                family.used(now);
            }
            (Worth::Nothing, Err(ServiceError::Unauthorized)) => {}
            (Worth::Theft, Err(ServiceError::Unauthorized)) => family.kept = false,
            (worth, answer) => panic!("{worth:?}, but {:?}", answer.map(|(current, _)| current)),
        }
    }

    async fn access(&mut self, family: usize, token: usize, now: Timestamp) {
        let family = &mut self.families[family];
        let shown = &family.shown[token];
        let good = family.is_good(now) && now < shown.ends;
        let found = tokens::check(&self.rig.service, &shown.token).await.unwrap();
        assert_eq!(found.map(|current| current.session.id), good.then(|| family.id.clone()));
        if good {
            family.used(now);
        }
    }

    /// What can be seen from outside is what the model says.
    async fn compare(&self) {
        let now = self.clock.now();
        let listed = list(&self.rig.service, &self.user).await.unwrap();
        let mut listed: Vec<_> = listed.into_iter().map(|one| (one.id, one.expires_at)).collect();
        let good = self.families.iter().filter(|family| family.is_good(now));
        let mut good: Vec<_> = good.map(|family| (family.id.clone(), family.expires)).collect();
        listed.sort();
        good.sort();
        assert_eq!(listed, good);
    }
}

fn shown_by(tokens: &Tokens, now: Timestamp, ends: Timestamp) -> Shown {
    Shown { token: tokens.access.expose().clone(), ends: plus(now, HOUR).min(ends) }
}

#[test]
fn a_family_behaves_as_its_model_in_any_order() {
    let config = Config { cases: 64, failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = TestRunner::new(config).run(&acts(), |acts| {
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let mut world = World::new(folder.path()).await;
            for act in &acts {
                world = world.act(act).await;
            }
            world.compare().await;
        });
        Ok(())
    });
    done.unwrap();
}
