//! Sign-ups where a backend asks people to come instead of making accounts for them.

use super::*;
use crate::invitations;
use domain::accounts::{Abilities, Condition, Offer};
use domain::backends::SetBy;
use domain::flows::{Flow, FlowPurpose, FlowStage, Proved};
use domain::identity::{IdentityKey, Ways};
use domain::ids::{BackendId, ProviderId};
use domain::providers::{AccessRule, Claims, Provider, ProviderKind};
use domain::users::{AccountState, User};

const THEM: &str = "77";

/// A house whose club invites people.
async fn clubhouse() -> House {
    let house = House::new(&["club"]).await;
    house.profile("family", &["club"]).await;
    let backend = BackendId::parse("club").unwrap();
    house.service.inside().board.change(&backend, |entry| {
        let abilities = Abilities { invite: true, ..Abilities::default() };
        entry.offer = Some(Offer { abilities, names: None, password: None });
        entry.ways = Some(Ways { redirect: true, ..Ways::default() });
    });
    let provider = Provider {
        id: ProviderId::parse("club").unwrap(),
        label: String::new(),
        kind: ProviderKind::Backend { backend },
        access: AccessRule::Known,
        admin: None,
        set_by: SetBy::Page,
        order: 0,
        created_at: house.clock.now(),
    };
    house.service.write(move |tx| Ok(tx.providers().put(&provider)?)).await.unwrap();
    house
}

fn key() -> IdentityKey {
    IdentityKey {
        provider: ProviderId::parse("club").unwrap(),
        issuer: "club".into(),
        subject: THEM.into(),
    }
}

/// A browser that has come back from the club as somebody.
async fn came_back(house: &House, invite: &Invite, grant: Option<&str>) -> Secret {
    let browser = house.service.random().token(Purpose::Flow);
    let who = Proved {
        key: key(),
        display_name: "Anna".into(),
        login_name: Some("anna77".into()),
        email: None,
        email_verified: false,
        avatar_url: None,
        claims: Claims::new(),
    };
    let now = house.clock.now();
    let flow = Flow {
        browser: fingerprint(browser.expose()),
        provider: who.key.provider.clone(),
        purpose: FlowPurpose::SignUp { invite: invite.code.clone() },
        stage: FlowStage::Proved(Box::new(who)),
        created_at: now,
        expires_at: later(now, Duration::from_secs(600)),
        ask_after: now,
        wrong: 0,
    };
    let grant = grant.map(Secret::from);
    let kept = house.service.write(move |tx| {
        tx.flows().put(&flow)?;
        match &grant {
            Some(grant) => Ok(tx.secrets().put(SecretOf::Flow(&flow.browser), "grant", grant)?),
            None => Ok(()),
        }
    });
    kept.await.unwrap();
    browser
}

fn without_password(browser: &Secret) -> Application {
    Application { password: "".into(), flow: Some(browser.clone()), ..form("Anna") }
}

async fn anna(house: &House) -> User {
    house.user("anna").await.unwrap()
}

#[tokio::test]
async fn who_signed_in_there_first_is_in_at_once_and_comes_in_by_it() {
    let house = clubhouse().await;
    let invite = house.invite(InviteText::default()).await;
    let browser = came_back(&house, &invite, Some("a token")).await;
    let accepted = accept(&house, &invite, without_password(&browser)).await.unwrap();
    assert_eq!(accepted.progress.state, SignupState::Complete);
    let account = anna(&house).await.accounts.remove(0);
    assert_eq!((account.id.as_str(), account.state), (THEM, AccountState::Active));
    nothing_waits(&house, &accepted.progress.id);
    let read = |tx: &store::ReadTx| {
        let grant = tx.secrets().get(SecretOf::Identity(&key()), "grant")?;
        Ok::<_, store::StoreError>((tx.identities().get(&key())?, grant))
    };
    let (linked, grant) = house.service.store().read_blocking(read).unwrap();
    assert_eq!(linked.unwrap().user, anna(&house).await.id);
    assert_eq!(grant.unwrap().expose(), "a token");
    // The flow is used.
    let again = Application { username: "Ben".into(), ..without_password(&browser) };
    let refused = accept(&house, &invite, again).await;
    assert!(matches!(refused, Err(ServiceError::Invalid { .. })), "{refused:?}");
}

#[tokio::test]
async fn who_is_somebody_here_signs_in_instead() {
    let house = clubhouse().await;
    let invite = house.invite(InviteText::default()).await;
    let (one, two) =
        (came_back(&house, &invite, None).await, came_back(&house, &invite, None).await);
    accept(&house, &invite, without_password(&one)).await.unwrap();
    let again = Application { username: "Ben".into(), ..without_password(&two) };
    let refused = accept(&house, &invite, again).await;
    assert!(matches!(refused, Err(ServiceError::Taken { field: "identity" })), "{refused:?}");
}

#[tokio::test]
async fn who_is_invited_becomes_a_member_once_they_accept_and_silence_changes_nothing() {
    let house = clubhouse().await;
    let invite = house.invite(InviteText::default()).await;
    let browser = came_back(&house, &invite, None).await;
    let accepted = accept(&house, &invite, without_password(&browser)).await.unwrap();
    assert_eq!(accepted.progress.steps[0].stage, Stage::Invited);
    let user = anna(&house).await;
    assert_eq!(user.accounts[0].state, AccountState::Invited);
    let task = Task::CheckInvitations(user.id.clone());
    assert!(house.due(&task).await.is_some());
    for (down, condition, expected) in [
        (true, Some(Condition::Active), AccountState::Invited),
        (false, Some(Condition::Invited), AccountState::Invited),
        (false, Some(Condition::Active), AccountState::Active),
    ] {
        house.world.share("club", THEM, condition);
        house.world.down(down);
        invitations::check_by(&house.service, &house.world, &user.id).await.unwrap();
        assert_eq!(anna(&house).await.accounts[0].state, expected);
    }
}

#[tokio::test]
async fn an_invitation_that_was_withdrawn_is_gone() {
    let house = clubhouse().await;
    let invite = house.invite(InviteText::default()).await;
    let browser = came_back(&house, &invite, None).await;
    accept(&house, &invite, without_password(&browser)).await.unwrap();
    house.world.share("club", THEM, None);
    let id = anna(&house).await.id;
    invitations::check_by(&house.service, &house.world, &id).await.unwrap();
    assert_eq!(anna(&house).await.accounts[0].state, AccountState::Gone);
}

#[tokio::test]
async fn undoing_takes_away_what_we_made_and_leaves_what_was_there() {
    for was_there in [true, false] {
        let house = clubhouse().await;
        let text = InviteText { profile: "family".into(), ..InviteText::default() };
        let invite = house.invite(text).await;
        if was_there {
            house.world.share("club", THEM, Some(Condition::Active));
        }
        let browser = came_back(&house, &invite, Some("a token")).await;
        house.world.next(&[Fate::Good, Fate::Refused]);
        let undone = accept(&house, &invite, without_password(&browser)).await;
        assert!(undone.is_err(), "{undone:?}");
        assert_eq!(house.world.shares_with("club", THEM), was_there);
        assert!(house.user("anna").await.is_none());
    }
}
