//! What each feature's rows promise.

use super::{at, random_bytes, read, signup, store, user, write};
use crate::schedule::Of;
use crate::secrets::SecretOf;
use crate::{Owner, StoreError, Unique};
use domain::ids::{BackendId, ForeignCode, InviteCode, MessageId, SessionId, UserId};
use domain::invites::{AskEmail, Invite};
use domain::links::{Link, LinkPurpose};
use domain::schedule::Task;
use domain::secret::Secret;
use domain::sessions::{RefreshFamily, Session, SessionKind};
use domain::signups::{SignupState, Step, StepState};
use domain::users::{Account, AccountState};

fn backend(id: &str) -> BackendId {
    BackendId::parse(id).expect("an id")
}

fn account(id: &str) -> Account {
    Account {
        backend: backend("films"),
        id: id.to_owned(),
        login_name: "anna".to_owned(),
        state: AccountState::Active,
        checked_at: at(0),
    }
}

#[test]
fn a_name_has_one_owner_be_it_user_or_sign_up() {
    let store = store();
    write(&store, |tx| tx.users().put(&user(1, "Anna"))).expect("first");
    let second = write(&store, |tx| tx.users().put(&user(2, "ＡＮＮＡ"))).expect_err("taken");
    let StoreError::Taken { what: Unique::Name, owner } = second else { panic!("{second:?}") };
    assert_eq!(owner, Some(Owner::User(user(1, "Anna").id)));
    assert!(write(&store, |tx| tx.signups().put(&signup(3, "anna"))).is_err());

    write(&store, |tx| tx.signups().put(&signup(4, "Ben"))).expect("free");
    assert!(write(&store, |tx| tx.users().put(&user(4, "ben"))).is_err());
    write(&store, |tx| {
        let mut settled = signup(4, "Ben");
        settled.state = SignupState::Complete;
        tx.signups().put(&settled)?;
        tx.users().put(&user(4, "Ben"))
    })
    .expect("handed over");
    assert!(read(&store, |tx| tx.signups().open()).is_empty());
    write(&store, |tx| tx.users().put(&user(1, "Clara"))).expect("renamed");
    write(&store, |tx| tx.users().put(&user(5, "anna"))).expect("free again");
}

#[test]
fn an_account_has_one_owner() {
    let store = store();
    let mut anna = user(1, "anna");
    anna.accounts = vec![account("a\0b")];
    let mut ben = user(2, "ben");
    ben.accounts = vec![account("a\0b")];
    write(&store, |tx| tx.users().put(&anna)).expect("first");
    let taken = write(&store, |tx| tx.users().put(&ben)).expect_err("taken");
    assert!(matches!(taken, StoreError::Taken { what: Unique::Account { .. }, .. }));
    let mut clara = signup(3, "clara");
    let state = StepState::Created { account: "a\0b".to_owned(), login_name: "x".to_owned() };
    clara.steps = vec![Step { state, ..Step::planned(backend("films"), false) }];
    assert!(write(&store, |tx| tx.signups().put(&clara)).is_err());
    let found = read(&store, |tx| tx.users().by_account(&backend("films"), "a\0b"));
    assert_eq!(found.map(|user| user.id), Some(anna.id.clone()));
    write(&store, |tx| tx.users().delete(&anna.id)).expect("deleted");
    write(&store, |tx| tx.users().put(&ben)).expect("free again");
}

#[test]
fn a_sealed_value_moved_to_another_row_is_refused() {
    let store = store();
    let (films, music) = (backend("films"), backend("music"));
    write(&store, |tx| {
        tx.secrets().put(SecretOf::Backend(&films), "api_key", &Secret::from("one"))?;
        tx.secrets().put(SecretOf::Backend(&music), "api_key", &Secret::from("two"))?;
        let table = crate::tx::table("secrets");
        let row = |of| crate::keys::joined(&[of, "api_key"]);
        let one = tx.fetch(table, &row("backend/films"))?.expect("there");
        tx.insert(table, &row("backend/music"), &one)
    })
    .expect("written");
    let moved = store.read_blocking(|tx| tx.secrets().get(SecretOf::Backend(&music), "api_key"));
    assert!(matches!(moved, Err(StoreError::Damaged { .. })));
    let there = read(&store, |tx| tx.secrets().all(SecretOf::Backend(&films)));
    assert_eq!(there.get("api_key"), Some(&Secret::from("one")));
    write(&store, |tx| tx.secrets().delete_all(SecretOf::Backend(&films))).expect("deleted");
    assert!(read(&store, |tx| tx.secrets().names(SecretOf::Backend(&films))).is_empty());
}

fn session(seed: u64, kind: SessionKind) -> Session {
    Session {
        id: SessionId::from_random(random_bytes(seed)),
        user: UserId::from_random(random_bytes(1)),
        provider: domain::ids::ProviderId::parse("local").expect("an id"),
        kind,
        created_at: at(0),
        proved_at: at(0),
        last_seen: at(0),
        expires_at: at(60),
        ends_at: at(600),
        remembered: false,
        seen_from: String::new(),
        strength: domain::sessions::Strength::Single,
        upstream: None,
    }
}

#[test]
fn a_family_is_found_by_any_of_its_tokens() {
    let store = store();
    let refresh = RefreshFamily {
        current: "c".into(),
        previous: Some(("b".into(), at(0))),
        spent: vec!["a".into()],
    };
    let mut program = session(1, SessionKind::Program { refresh });
    let browser = session(2, SessionKind::Browser { cookie: "c".into() });
    write(&store, |tx| {
        tx.sessions().put(&program)?;
        tx.sessions().put(&browser)
    })
    .expect("a cookie is no refresh token");
    for hash in ["a", "b", "c"] {
        let found = read(&store, |tx| tx.sessions().by_refresh(hash));
        assert_eq!(found.map(|there| there.id), Some(program.id.clone()), "{hash}");
    }
    assert!(read(&store, |tx| tx.sessions().by_cookie("a")).is_none());

    let refresh = RefreshFamily { current: "d".into(), previous: None, spent: vec!["c".into()] };
    program.kind = SessionKind::Program { refresh };
    write(&store, |tx| tx.sessions().put(&program)).expect("rotated");
    assert!(read(&store, |tx| tx.sessions().by_refresh("a")).is_none());
    assert!(read(&store, |tx| tx.sessions().by_refresh("d")).is_some());

    assert!(read(&store, |tx| tx.sessions().ended(at(59), 9)).is_empty());
    assert_eq!(read(&store, |tx| tx.sessions().ended(at(61), 9)).len(), 2);
    let kept = browser.id.clone();
    let ended = write(&store, |tx| tx.sessions().delete_of_user(&browser.user, Some(&kept)));
    assert_eq!(ended.expect("ended"), 1);
    assert!(read(&store, |tx| tx.sessions().by_refresh("d")).is_none());
    assert!(read(&store, |tx| tx.sessions().by_cookie("c")).is_some());
}

#[test]
fn a_link_is_taken_once() {
    let store = store();
    let link = Link {
        address: None,
        cause: None,
        many: false,
        used_at: None,
        by: None,
        token: "hash".into(),
        purpose: LinkPurpose::SignIn,
        user: UserId::from_random(random_bytes(1)),
        created_at: at(0),
        expires_at: at(60),
    };
    write(&store, |tx| tx.links().put(&link)).expect("written");
    assert!(write(&store, |tx| tx.links().take("hash")).expect("reads").is_some());
    assert!(write(&store, |tx| tx.links().take("hash")).expect("reads").is_none());
    write(&store, |tx| tx.links().put(&link)).expect("written");
    assert_eq!(write(&store, |tx| tx.links().sweep(at(61), 9)).expect("swept"), 1);
}

#[test]
fn a_task_is_due_once_at_its_last_time() {
    let store = store();
    let changes = store.schedule_changes();
    let (task, other) = (Task::ExpireUser(UserId::from_random(random_bytes(1))), Task::Sweep);
    write(&store, |tx| {
        tx.schedule().put(&task, at(10))?;
        tx.schedule().put(&other, at(20))?;
        tx.schedule().put(&task, at(30))
    })
    .expect("written");
    assert!(changes.has_changed().expect("open"));
    assert!(read(&store, |tx| tx.schedule().due(at(19), 9)).is_empty());
    assert_eq!(read(&store, |tx| tx.schedule().next()).expect("one").task, other);
    let due = read(&store, |tx| tx.schedule().due(at(30), 9));
    assert_eq!(due.iter().map(|due| &due.task).collect::<Vec<_>>(), [&other, &task]);

    let message = Task::Deliver(MessageId::from_random(random_bytes(2)));
    write(&store, |tx| tx.schedule().put(&message, at(15))).expect("written");
    let of = |of| read(&store, |tx| tx.schedule().due_of(at(30), of, 9));
    assert_eq!(of(Of::Others), due);
    assert_eq!(of(Of::Messages).iter().map(|due| &due.task).collect::<Vec<_>>(), [&message]);
    write(&store, |tx| tx.schedule().delete(&message)).expect("taken off");

    write(&store, |tx| tx.schedule().put(&other, at(90))).expect("moved while it ran");
    let [first, second] = due.as_slice() else { panic!("two") };
    assert!(!write(&store, |tx| tx.schedule().finish(first)).expect("runs"));
    assert!(write(&store, |tx| tx.schedule().finish(second)).expect("runs"));
    assert_eq!(read(&store, |tx| tx.schedule().next()).expect("one").at, at(90));
}

#[test]
fn throttles_and_settings_and_facts_are_kept_by_name() {
    let store = store();
    write(&store, |tx| {
        tx.throttles().put("account/anna", &3_u32, at(60))?;
        tx.settings().put("texts.help", &"Hello".into())?;
        tx.meta().put("setup", &true)
    })
    .expect("written");
    read(&store, |tx| {
        assert_eq!(tx.throttles().get("account/anna")?, Some(3_u32));
        assert_eq!(tx.throttles().get::<String>("account/anna")?, None);
        assert_eq!(tx.settings().all()?.len(), 1);
        assert_eq!(tx.meta().get("setup")?, Some(true));
        assert_eq!(tx.meta().get::<bool>("other")?, None);
        Ok(())
    });
    assert_eq!(write(&store, |tx| tx.throttles().sweep(at(60), 9)).expect("swept"), 0);
    assert_eq!(write(&store, |tx| tx.throttles().sweep(at(61), 9)).expect("swept"), 1);
    assert!(write(&store, |tx| tx.settings().delete("texts.help")).expect("deleted"));
    assert!(!write(&store, |tx| tx.settings().delete("texts.help")).expect("deleted"));
}

#[test]
fn plugin_state_is_over_on_time_and_apart_by_instance() {
    let store = store();
    write(&store, |tx| {
        tx.plugin_state().put(("films", "a"), b"1", Some(at(10)))?;
        tx.plugin_state().put(("films", "a"), b"2", Some(at(20)))?;
        tx.plugin_state().put(("films", "b"), b"3", None)?;
        tx.plugin_state().put(("film", "sa"), b"4", None)
    })
    .expect("written");
    let get = |key: &'static str, now| read(&store, |tx| tx.plugin_state().get("films", key, now));
    assert_eq!(get("a", at(19)), Some(b"2".to_vec()));
    assert_eq!(get("a", at(20)), None);
    assert_eq!(get("b", at(9_999)), Some(b"3".to_vec()));
    assert_eq!(read(&store, |tx| tx.plugin_state().usage("films")).keys, 2);
    assert_eq!(write(&store, |tx| tx.plugin_state().sweep(at(15), 9)).expect("swept"), 0);
    assert_eq!(write(&store, |tx| tx.plugin_state().sweep(at(21), 9)).expect("swept"), 1);
    write(&store, |tx| tx.plugin_state().delete_all("films")).expect("deleted");
    assert_eq!(get("b", at(0)), None);
    assert_eq!(read(&store, |tx| tx.plugin_state().usage("film")).keys, 1);
}

#[test]
fn an_invite_is_found_by_what_it_uses() {
    let store = store();
    let invite = Invite {
        code: InviteCode::from_random(random_bytes(7)),
        label: "Cousins".into(),
        created_by: "admin".into(),
        created_at: at(0),
        expires_at: None,
        uses: Some(1),
        used: 0,
        backends: vec![backend("films")],
        profile: Some("Family".into()),
        account_lifetime: None,
        ask_email: AskEmail::None,
        email: None,
        revoked_at: None,
        alias: None,
        mailed: Vec::new(),
        inviter: None,
        require_approval: false,
    };
    write(&store, |tx| tx.invites().put(&invite)).expect("written");
    assert_eq!(read(&store, |tx| tx.invites().with_profile("FAMILY")).len(), 1);
    assert_eq!(read(&store, |tx| tx.invites().with_backend(&backend("films"))).len(), 1);
    assert!(read(&store, |tx| tx.invites().with_profile("Fam")).is_empty());
    let changed = Invite { profile: None, ..invite };
    write(&store, |tx| tx.invites().put(&changed)).expect("written");
    assert!(read(&store, |tx| tx.invites().with_profile("family")).is_empty());
}

#[test]
fn an_invite_is_found_by_the_code_it_had_elsewhere() {
    let store = store();
    let alias = |text: &str| ForeignCode::parse(text).expect("a code");
    let invite = |byte, elsewhere: &str| Invite {
        code: InviteCode::from_random(random_bytes(byte)),
        label: String::new(),
        created_by: String::new(),
        created_at: at(0),
        expires_at: None,
        uses: Some(1),
        used: 0,
        backends: Vec::new(),
        profile: None,
        account_lifetime: None,
        ask_email: AskEmail::None,
        email: None,
        revoked_at: None,
        alias: Some(alias(elsewhere)),
        mailed: Vec::new(),
        inviter: None,
        require_approval: false,
    };
    let first = invite(1, "hkVJ-l0_eXq2pGZyS3nRtA");
    write(&store, |tx| tx.invites().put(&first)).expect("written");
    let found = read(&store, |tx| tx.invites().by_alias(&alias("hkVJ-l0_eXq2pGZyS3nRtA")));
    assert_eq!(found.as_ref(), Some(&first));
    assert!(read(&store, |tx| tx.invites().by_alias(&alias("HKVJ-l0_eXq2pGZyS3nRtA"))).is_none());
    let twice = invite(2, "hkVJ-l0_eXq2pGZyS3nRtA");
    write(&store, |tx| tx.invites().put(&twice)).expect_err("one code leads to one invite");
    write(&store, |tx| tx.invites().delete(&first.code)).expect("deleted");
    write(&store, |tx| tx.invites().put(&twice)).expect("written");
}
