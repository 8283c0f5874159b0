//! Password hashes: argon2id, at most two at a time, a short queue, then a refusal.
//!
//! Guarantees: never weaker than 19 MiB and two passes; a caller who goes away does not free a place
//! that is still at work; an unknown user costs what a wrong password costs. Does not: know users.

use crate::error::{Result, ServiceError};
use crate::random::Random;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use core::fmt;
use core::time::Duration;
use domain::secret::Secret;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;
use tokio::sync::Semaphore;

/// Hashes computed at one time.
const AT_ONCE: usize = 2;
/// Callers that may wait for a place.
const QUEUE: usize = 32;
/// What a refused caller is told to wait.
const RETRY: Duration = Duration::from_secs(2);
/// What one hash should take on this machine.
const TARGET: Duration = Duration::from_millis(150);
/// Memory is raised up to here first, then passes.
const MOST_MEMORY_KIB: u32 = 64 * 1024;
const MOST_PASSES: u32 = 8;

/// How much work a hash is. One lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Strength {
    /// Memory.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
}

impl Strength {
    /// Never less (OWASP ASVS 5.0, appendix C).
    pub const FLOOR: Self = Self { memory_kib: 19_456, passes: 2 };

    /// No less than the floor, no more than we ever ask for.
    #[must_use]
    pub fn bounded(self) -> Self {
        Self {
            memory_kib: self.memory_kib.clamp(Self::FLOOR.memory_kib, MOST_MEMORY_KIB),
            passes: self.passes.clamp(Self::FLOOR.passes, MOST_PASSES),
        }
    }

    fn argon2(self) -> Result<Argon2<'static>> {
        let params = Params::new(self.memory_kib, self.passes, 1, None)
            .map_err(|cause| ServiceError::internal(cause.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// Another password.
    Wrong,
    /// The password.
    Right,
    /// The password, and its hash is weaker than today's: hash it anew.
    RightButWeak,
}

/// Computes and compares hashes. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<Inside>);

struct Inside {
    strength: RwLock<Strength>,
    admitted: Arc<Semaphore>,
    running: Arc<Semaphore>,
    random: Random,
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hasher").field(&self.strength()).finish()
    }
}

impl Hasher {
    /// One that makes hashes of that strength, the floor at least.
    #[must_use]
    pub fn new(strength: Strength, random: Random) -> Self {
        Self(Arc::new(Inside {
            strength: RwLock::new(strength.bounded()),
            admitted: Arc::new(Semaphore::new(AT_ONCE + QUEUE)),
            running: Arc::new(Semaphore::new(AT_ONCE)),
            random,
        }))
    }

    /// What new hashes cost.
    #[must_use]
    pub fn strength(&self) -> Strength {
        *self.0.strength.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, new hashes cost that, the floor at least.
    pub fn set_strength(&self, strength: Strength) {
        *self.0.strength.write().unwrap_or_else(PoisonError::into_inner) = strength.bounded();
    }

    /// The PHC string of a password.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where the queue is full.
    pub async fn hash(&self, password: &Secret) -> Result<String> {
        let (password, strength, salt) =
            (password.clone(), self.strength(), self.0.random.bytes::<16>());
        self.work(move || hash(strength, &password, &salt)).await
    }

    /// Compares a password with a PHC string.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where the queue is full; `Internal` for text that is no hash of ours.
    pub async fn verify(&self, password: &Secret, phc: &str) -> Result<Match> {
        let (password, strength, phc) = (password.clone(), self.strength(), phc.to_owned());
        self.work(move || verify(strength, &password, &phc)).await
    }

    /// Does the work of a comparison and compares with nothing: for a user there is not.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where the queue is full.
    pub async fn verify_nothing(&self, password: &Secret) -> Result<()> {
        self.hash(password).await.map(drop)
    }

    /// Measures what this machine can do in 150 ms and asks for that from now on.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where people are waiting: ask again later.
    pub async fn tune(&self) -> Result<Strength> {
        let measured = self.work(measure).await?;
        self.set_strength(measured);
        Ok(self.strength())
    }

    async fn work<T, F>(&self, job: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let busy = || ServiceError::Busy { retry_after: RETRY };
        let admitted = self.0.admitted.clone().try_acquire_owned().map_err(|_full| busy())?;
        let running = self.0.running.clone().acquire_owned().await.map_err(|_closed| busy())?;
        let done = tokio::task::spawn_blocking(move || {
            let result = job();
            drop((running, admitted));
            result
        });
        done.await.map_err(ServiceError::internal)?
    }
}

fn hash(strength: Strength, password: &Secret, salt: &[u8]) -> Result<String> {
    let argon2 = strength.argon2()?;
    let hash: PasswordHash = argon2
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .map_err(|cause| ServiceError::internal(cause.to_string()))?;
    Ok(hash.to_string())
}

fn verify(strength: Strength, password: &Secret, phc: &str) -> Result<Match> {
    use argon2::password_hash::Error;
    let broken =
        |cause: String| ServiceError::internal(format!("a kept password hash is broken: {cause}"));
    let hash = PasswordHash::new(phc).map_err(|cause| broken(cause.to_string()))?;
    match Argon2::default().verify_password(password.expose().as_bytes(), &hash) {
        Ok(()) => {}
        Err(Error::PasswordInvalid) => return Ok(Match::Wrong),
        Err(cause) => return Err(broken(cause.to_string())),
    }
    let params = Params::try_from(&hash).map_err(|cause| broken(cause.to_string()))?;
    let weak = params.m_cost() < strength.memory_kib || params.t_cost() < strength.passes;
    Ok(if weak { Match::RightButWeak } else { Match::Right })
}

/// Memory first, then passes. What the first run of each size pays for fresh memory is not counted.
fn measure() -> Result<Strength> {
    let floor = Strength::FLOOR;
    let took = time_of(floor)?;
    let memory_kib = scaled(floor.memory_kib, took).min(MOST_MEMORY_KIB);
    let wider = Strength { memory_kib, ..floor }.bounded();
    if memory_kib < MOST_MEMORY_KIB {
        return Ok(wider);
    }
    let passes = scaled(wider.passes, time_of(wider)?);
    Ok(Strength { passes, ..wider }.bounded())
}

fn time_of(strength: Strength) -> Result<Duration> {
    let password = Secret::from("what this machine can do");
    let mut best = Duration::MAX;
    for _run in 0..2 {
        let start = Instant::now();
        hash(strength, &password, &[7; 16])?;
        best = best.min(start.elapsed());
    }
    Ok(best)
}

/// `amount` raised or lowered so that what took `took` takes [`TARGET`].
fn scaled(amount: u32, took: Duration) -> u32 {
    let scaled = u128::from(amount) * TARGET.as_micros() / took.as_micros().max(1);
    u32::try_from(scaled).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        Hasher::new(Strength { memory_kib: 0, passes: 0 }, Random::system())
    }

    #[tokio::test]
    async fn a_hash_is_never_weaker_than_the_floor() {
        let phc = hasher().hash(&"pass".into()).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    }

    #[tokio::test]
    async fn right_and_wrong_are_told_apart_and_a_weak_hash_is_noticed() {
        let hasher = hasher();
        let phc = hasher.hash(&"correct".into()).await.unwrap();
        assert_eq!(hasher.verify(&"correct".into(), &phc).await.unwrap(), Match::Right);
        assert_eq!(hasher.verify(&"incorrect".into(), &phc).await.unwrap(), Match::Wrong);
        hasher.set_strength(Strength { memory_kib: 20_000, passes: 2 });
        assert_eq!(hasher.verify(&"correct".into(), &phc).await.unwrap(), Match::RightButWeak);
        assert!(hasher.verify(&"correct".into(), "not a hash").await.is_err());
    }

    #[tokio::test]
    async fn the_queue_is_bounded() {
        let hasher = hasher();
        let (block, blocked) = std::sync::mpsc::channel::<()>();
        let blocked = Arc::new(std::sync::Mutex::new(blocked));
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE + QUEUE {
            let (hasher, blocked) = (hasher.clone(), blocked.clone());
            waiting.spawn(async move {
                hasher
                    .work(move || Ok(blocked.lock().map(|channel| channel.recv().is_err()).ok()))
                    .await
            });
        }
        while hasher.0.admitted.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let refused = hasher.hash(&"one too many".into()).await;
        assert!(matches!(refused, Err(ServiceError::Busy { .. })));
        drop(block);
        while let Some(done) = waiting.join_next().await {
            done.unwrap().unwrap();
        }
    }
}
