//! Adopting, with a list that is ours.

use super::*;
use crate::rig::{Rig, name};
use crate::{activity, users};
use domain::accounts::LibraryAccess;

fn films() -> BackendId {
    BackendId::parse("films").unwrap()
}

fn there(id: &str, login_name: &str) -> BackendAccount {
    BackendAccount {
        id: id.into(),
        login_name: login_name.into(),
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

fn wish(account: &str) -> Adoption {
    Adoption { account: account.into(), username: None, email: None, attach_to: None }
}

async fn adopted(rig: &Rig, list: &[BackendAccount], wishes: Vec<Adoption>) -> Vec<Outcome> {
    let by = Admin::at_the_console();
    let done = adopt_of(&rig.service, &by, &films(), (list.to_vec(), wishes)).await.unwrap();
    done.into_iter().map(|one| one.outcome).collect()
}

async fn user(rig: &Rig, called: &str) -> User {
    let key = name(called).key();
    rig.service.read(move |tx| Ok(tx.users().by_name(&key)?)).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_account_becomes_a_user_once() {
    let rig = Rig::new().await;
    let list = [
        there("1", "Anna"),
        BackendAccount { admin: true, ..there("2", "root") },
        BackendAccount { condition: Condition::Disabled, ..there("3", "Bob") },
    ];
    let email = EmailAddress::parse("anna@example.org").unwrap();
    let first = Adoption { email: Some(email), ..wish("1") };
    let done = adopted(&rig, &list, vec![first, wish("2"), wish("3"), wish("9")]).await;
    assert!(done[..3].iter().all(|one| matches!(one, Outcome::Created(_))), "{done:?}");
    assert_eq!(done[3], Outcome::NotThere);

    let anna = user(&rig, "anna").await;
    assert!(anna.email.as_ref().is_some_and(|email| email.confirmed), "{anna:?}");
    assert_eq!((anna.state, anna.accounts[0].id.as_str()), (UserState::Active, "1"));
    assert_eq!(user(&rig, "root").await.role, Role::User, "an administrator there is none here");
    let bob = user(&rig, "Bob").await;
    assert_eq!(bob.state, UserState::Disabled);
    assert_eq!(bob.accounts[0].state, AccountState::Disabled);

    let again = adopted(&rig, &list, vec![wish("1"), wish("1")]).await;
    assert!(again.iter().all(|one| *one == Outcome::AlreadyLinked(anna.id.clone())), "{again:?}");
    let by = Admin::at_the_console();
    assert_eq!(users::count(&rig.service, &by).await.unwrap(), 3);
    let query =
        activity::Query { kinds: vec![ActivityKind::UserAdopted], ..activity::Query::default() };
    let lines = activity::list(&rig.service, &by, &query).await.unwrap().items;
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| !format!("{line:?}").contains('@')), "{lines:?}");
}

#[tokio::test]
async fn an_equal_name_is_nobodys_without_the_admins_word() {
    let rig = Rig::new().await;
    let (admin, _) = rig.set_up().await;
    let anna = rig.user(&admin, "anna", Role::User).await;
    let list = [there("1", "ANNA"), there("2", "Anna the second")];
    assert_eq!(adopted(&rig, &list, vec![wish("1")]).await, [Outcome::NameTaken]);
    assert!(user(&rig, "anna").await.accounts.is_empty());

    let to_anna = |id: &str| Adoption { attach_to: Some(anna.id.clone()), ..wish(id) };
    let done = adopted(&rig, &list, vec![to_anna("1"), to_anna("2")]).await;
    assert_eq!(done, [Outcome::Attached(anna.id.clone()), Outcome::HasAnother]);
    assert_eq!(
        adopted(&rig, &list, vec![to_anna("1")]).await,
        [Outcome::AlreadyLinked(anna.id.clone())]
    );
    let nobody = UserId::from_random([9; 16]);
    let lost = Adoption { attach_to: Some(nobody), ..wish("2") };
    assert_eq!(adopted(&rig, &list, vec![lost]).await, [Outcome::NoSuchUser]);

    let id = anna.id.clone();
    rig.service
        .write(move |tx| {
            let mut user = tx.users().get(&id)?.unwrap();
            user.accounts[0].state = AccountState::Gone;
            Ok(tx.users().put(&user)?)
        })
        .await
        .unwrap();
    assert_eq!(adopted(&rig, &list, vec![to_anna("2")]).await, [Outcome::Attached(anna.id)]);
    assert_eq!(user(&rig, "anna").await.accounts[0].id, "2");
}

#[tokio::test]
async fn a_name_that_cannot_be_one_here_is_typed_anew() {
    let rig = Rig::new().await;
    let list = [there("1", "home/anna")];
    let done = adopted(&rig, &list, vec![wish("1")]).await;
    assert_eq!(done, [Outcome::NameUnusable(BadName::Character('/'))]);
    let account = list[0].clone();
    let found = rig.service.read(move |tx| candidate(tx, &films(), account)).await.unwrap();
    assert!(!found.is_ready());
    assert_eq!(found.username, Some(name("home_anna")));
    let named = Adoption { username: found.username, ..wish("1") };
    assert!(matches!(adopted(&rig, &list, vec![named]).await[..], [Outcome::Created(_)]));
    assert_eq!(user(&rig, "home_anna").await.accounts[0].login_name, "home/anna");
}

#[tokio::test]
async fn two_who_adopt_at_once_make_nobody_twice() {
    let rig = Rig::new().await;
    let list: Vec<_> = (0..20).map(|n| there(&n.to_string(), &format!("user {n}"))).collect();
    let wishes: Vec<_> = (0..20).map(|n| wish(&n.to_string())).collect();
    let (one, other) =
        tokio::join!(adopted(&rig, &list, wishes.clone()), adopted(&rig, &list, wishes));
    for (one, other) in one.iter().zip(&other) {
        let made = [one, other].into_iter().filter(|it| matches!(it, Outcome::Created(_))).count();
        assert_eq!(made, 1, "{one:?} {other:?}");
        assert_eq!(one.user(), other.user());
    }
    assert_eq!(users::count(&rig.service, &Admin::at_the_console()).await.unwrap(), 20);
}
