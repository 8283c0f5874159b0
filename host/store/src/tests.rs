//! The store as a whole: opening, failing, and what each feature promises.

mod failing;
mod features;
mod lists;
mod opening;

use crate::{SealingKey, Store, StoreError};
use domain::ids::{InviteCode, SignupId, UserId};
use domain::names::Username;
use domain::role::Role;
use domain::signups::{Signup, SignupState};
use domain::users::{User, UserState};
use jiff::Timestamp;

fn store() -> Store {
    Store::in_memory().expect("memory does not fail")
}

fn key() -> SealingKey {
    SealingKey::from_bytes([1; 32])
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn random_bytes(seed: u64) -> [u8; 16] {
    u128::from(seed).to_be_bytes()
}

fn user(seed: u64, name: &str) -> User {
    User {
        id: UserId::from_random(random_bytes(seed)),
        username: Username::parse(name).expect("a name"),
        email: None,
        role: Role::User,
        state: UserState::Active,
        expires_at: None,
        label: String::new(),
        accounts: Vec::new(),
        setup_admin: false,
        invite_hint: None,
        profile: None,
        created_at: at(0),
        last_seen: None,
        invite_right: None,
    }
}

fn signup(seed: u64, name: &str) -> Signup {
    Signup {
        id: SignupId::from_random(random_bytes(seed)),
        invite: InviteCode::from_random(random_bytes(1)),
        user: UserId::from_random(random_bytes(seed)),
        username: Username::parse(name).expect("a name"),
        email: None,
        steps: Vec::new(),
        state: SignupState::Provisioning,
        browser: format!("hash-{seed}"),
        profile: None,
        account_lifetime: None,
        undone: None,
        reserved_at: at(0),
        settled_at: None,
        proved: Vec::new(),
        approved_at: None,
        link_due: false,
        passwordless: false,
    }
}

/// Runs a closure that fails only as the store does.
fn write<T>(
    store: &Store,
    decide: impl FnOnce(&crate::WriteTx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    store.write_blocking(decide)
}

fn read<T>(store: &Store, look: impl FnOnce(&crate::ReadTx) -> Result<T, StoreError>) -> T {
    store.read_blocking(look).expect("reads")
}
