//! A house of backends that fail in every way, and a program that dies at every moment.

use super::*;
use crate::ids::{BackendId, InviteCode, SignupId, UserId};
use crate::names::Username;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn backend(index: usize) -> BackendId {
    BackendId::parse(&format!("b{index}")).expect("an id")
}

fn signup(steps: Vec<Step>) -> Signup {
    Signup {
        id: SignupId::from_random([1; 16]),
        invite: InviteCode::from_random([1; 16]),
        user: UserId::from_random([1; 16]),
        username: Username::parse("anna").expect("a name"),
        email: None,
        steps,
        state: SignupState::Provisioning,
        browser: String::new(),
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

fn plain(steps: usize) -> Signup {
    signup((0..steps).map(|index| Step::planned(backend(index), false)).collect())
}

fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, "test", "as planned")
}

fn created(signup: Signup, index: usize) -> Signup {
    signup.begun(index).created(index, format!("id{index}"), "anna".to_owned())
}

#[test]
fn all_good_is_complete() {
    let signup = created(created(plain(2), 0), 1);
    assert_eq!(signup.next(at(1)), Next::Settle(Settlement::Complete));
}

#[test]
fn a_name_that_is_taken_before_anything_was_made_ends_it_at_once() {
    let signup = plain(2).begun(0).failed(0, fault(FaultKind::Conflict), at(1));
    let why = Why::Taken { backend: backend(0) };
    assert_eq!(signup.next(at(1)), Next::Settle(Settlement::Undone(why.clone())));
    let settled = signup.settled(&Settlement::Undone(why), at(1));
    assert_eq!(settled.steps[1].state, StepState::Undone);
}

#[test]
fn what_worked_is_kept() {
    let signup = created(plain(2), 0).begun(1).failed(1, fault(FaultKind::Conflict), at(1));
    assert_eq!(signup.next(at(1)), Next::Settle(Settlement::Partial));
    let signup = plain(2).begun(0).failed(0, fault(FaultKind::Unsupported), at(1));
    assert_eq!(signup.next(at(1)), Next::Create { step: 1, attempt: Attempt::First });
    assert_eq!(created(signup, 1).next(at(1)), Next::Settle(Settlement::Partial));
}

#[test]
fn what_waits_does_not_hold_up_the_rest_and_waits_longer_each_time() {
    let mut signup = plain(2).begun(0).failed(0, fault(FaultKind::Unavailable), at(0));
    assert_eq!(signup.next(at(0)), Next::Create { step: 1, attempt: Attempt::First });
    signup = created(signup, 1);
    let mut waits = Vec::new();
    let mut clock = 0;
    for _ in 0..11 {
        let Next::Wait(until) = signup.next(at(clock)) else { panic!("waits") };
        waits.push(until.as_second() - at(clock).as_second());
        clock = until.as_second() - at(0).as_second();
        signup = signup.begun(0).failed(0, fault(FaultKind::Unavailable), at(clock));
    }
    assert_eq!(waits, [2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600]);
}

#[test]
fn a_backend_that_asks_for_time_gets_it() {
    let slow = Fault {
        retry_after: Some(core::time::Duration::from_secs(90)),
        ..fault(FaultKind::RateLimited)
    };
    let signup = plain(1).begun(0).failed(0, slow, at(0));
    assert_eq!(signup.next(at(0)), Next::Wait(at(90)));
}

#[test]
fn an_unclear_answer_or_a_crash_is_looked_at_before_it_is_repeated() {
    let look = Next::Create { step: 0, attempt: Attempt::AfterDoubt };
    assert_eq!(plain(1).begun(0).next(at(0)), look, "the program died after it had asked");
    let unclear = plain(1).begun(0).failed(0, fault(FaultKind::OutcomeUnknown), at(0));
    assert_eq!(unclear.next(at(2)), look);
    let down = unclear.begun(0).failed(0, fault(FaultKind::Unavailable), at(2));
    assert_eq!(down.next(at(600)), look, "the doubt of before stays");
}

#[test]
fn an_account_without_its_profile_is_taken_away() {
    let with_profile = signup(vec![Step::planned(backend(0), true)]);
    let made = created(with_profile, 0);
    let account = "id0".to_owned();
    assert_eq!(made.next(at(0)), Next::ApplyProfile { step: 0, account: account.clone() });
    let down = made.clone().begun(0).failed(0, fault(FaultKind::OutcomeUnknown), at(0));
    assert_eq!(down.next(at(2)), Next::ApplyProfile { step: 0, account: account.clone() });
    let refused = made.begun(0).failed(0, fault(FaultKind::InvalidInput), at(0));
    assert_eq!(refused.next(at(0)), Next::Undo { step: 0, account });
    let gone = refused.begun(0).taken_away(0);
    assert_eq!(gone.next(at(0)), Next::Settle(Settlement::Undone(Why::Failed)));
}

#[test]
fn after_a_day_nothing_new_is_begun() {
    let day = 24 * 3_600;
    let down = plain(1).begun(0).failed(0, fault(FaultKind::Unavailable), at(day - 1));
    assert_eq!(down.next(at(day - 1)), Next::Wait(at(day)));
    assert_eq!(down.next(at(day + 1)), Next::Settle(Settlement::Undone(Why::Failed)));
    let unclear = plain(1).begun(0).failed(0, fault(FaultKind::OutcomeUnknown), at(day - 1));
    assert_eq!(unclear.next(at(day + 1)), Next::Look { step: 0 });
    let unknown = unclear.clone().looked(0, Some(fault(FaultKind::OutcomeUnknown)));
    assert_eq!(unknown.next(at(day + 1)), Next::Settle(Settlement::Undone(Why::Failed)));
    let nothing = unclear.looked(0, None);
    assert_eq!(nothing.steps[0].state, StepState::Undone);
}

/// What happens to one call.
#[derive(Debug, Clone, Copy)]
enum Fate {
    /// Carried out and answered.
    Good,
    /// Carried out; the answer is lost.
    DoneUnclear,
    /// Not carried out; nobody can tell.
    NotDoneUnclear,
    /// Not carried out, and it is known.
    Down,
    /// Refused for good.
    Refused(FaultKind),
    /// The program dies before the call.
    DiesBefore,
    /// The program dies after the call, before its outcome is written.
    DiesAfter,
}

fn fates() -> impl Strategy<Value = Vec<Fate>> {
    let refusal = prop_oneof![
        Just(FaultKind::Conflict),
        Just(FaultKind::InvalidInput),
        Just(FaultKind::Unsupported),
        Just(FaultKind::Forbidden),
    ];
    let fate = prop_oneof![
        4 => Just(Fate::Good),
        1 => Just(Fate::DoneUnclear),
        1 => Just(Fate::NotDoneUnclear),
        2 => Just(Fate::Down),
        1 => refusal.prop_map(Fate::Refused),
        1 => Just(Fate::DiesBefore),
        1 => Just(Fate::DiesAfter),
    ];
    prop::collection::vec(fate, 0..60)
}

/// The backends, the one record on the disk, and the clock.
struct House {
    accounts: Vec<Option<String>>,
    /// How often an account was made there.
    made: Vec<u32>,
    record: Signup,
    clock: i64,
    fates: std::vec::IntoIter<Fate>,
}

impl House {
    /// One call. The effect happens or not; `None` where the program died and has to read the record.
    fn call<T>(&mut self, effect: impl FnOnce(&mut Self) -> T) -> Option<Result<T, Fault>> {
        match self.fates.next().unwrap_or(Fate::Good) {
            Fate::Good => Some(Ok(effect(self))),
            Fate::DoneUnclear => {
                effect(self);
                Some(Err(fault(FaultKind::OutcomeUnknown)))
            }
            Fate::NotDoneUnclear => Some(Err(fault(FaultKind::OutcomeUnknown))),
            Fate::Down => Some(Err(fault(FaultKind::Unavailable))),
            Fate::Refused(kind) => Some(Err(fault(kind))),
            Fate::DiesBefore => None,
            Fate::DiesAfter => {
                effect(self);
                None
            }
        }
    }

    /// One thing, as the program does it; whether it is over.
    fn go_on(&mut self) -> bool {
        match self.record.next(at(self.clock)) {
            Next::Wait(until) => {
                let next = until.as_second() - at(0).as_second();
                assert!(next > self.clock, "time goes on");
                self.clock = next;
            }
            Next::Settle(settlement) => {
                self.record = self.record.clone().settled(&settlement, at(self.clock));
                return true;
            }
            Next::Create { step, attempt } => self.create(step, attempt),
            Next::Look { step } => {
                if let Some(outcome) = self.call(|house| house.accounts[step].is_some()) {
                    let record = self.record.clone();
                    self.record = match outcome {
                        Ok(there) => record.looked(
                            step,
                            there.then(|| Fault::new(FaultKind::OutcomeUnknown, "look", "?")),
                        ),
                        Err(fault) => record.begun(step).failed(step, fault, at(self.clock)),
                    };
                }
            }
            Next::ApplyProfile { step, account } => {
                self.record = self.record.clone().begun(step);
                assert_eq!(self.accounts[step].as_ref(), Some(&account));
                if let Some(outcome) = self.call(|_house| ()) {
                    let record = self.record.clone();
                    self.record = match outcome {
                        Ok(()) => record.profiled(step),
                        Err(fault) => record.failed(step, fault, at(self.clock)),
                    };
                }
            }
            Next::Undo { step, account } => {
                self.record = self.record.clone().begun(step);
                assert!(self.accounts[step].as_ref().is_none_or(|there| *there == account));
                if let Some(outcome) = self.call(|house| house.accounts[step] = None) {
                    let record = self.record.clone();
                    self.record = match outcome {
                        Ok(()) => record.taken_away(step),
                        Err(fault) => record.failed(step, fault, at(self.clock)),
                    };
                }
            }
        }
        false
    }

    fn create(&mut self, step: usize, attempt: Attempt) {
        self.record = self.record.clone().begun(step);
        if attempt == Attempt::First {
            assert!(self.accounts[step].is_none(), "a first attempt where something may be there");
        }
        let ours = self.accounts[step].is_some();
        while ours
            && matches!(self.fates.as_slice().first(), Some(Fate::Refused(kind)) if *kind != FaultKind::Forbidden)
        {
            // The contract: what an earlier attempt left is finished, not refused.
            self.fates.next();
        }
        let outcome = self.call(|house| {
            if house.accounts[step].is_none() {
                house.made[step] += 1;
                house.accounts[step] = Some(format!("id{step}-{}", house.made[step]));
            }
            house.accounts[step].clone().expect("there")
        });
        let Some(outcome) = outcome else { return };
        let record = self.record.clone();
        self.record = match outcome {
            Ok(account) => record.created(step, account, "anna".to_owned()),
            Err(fault) => record.failed(step, fault, at(self.clock)),
        };
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// Whatever the backends do and whenever the program dies: it ends, the person has what the record
    /// says, nothing is made twice, and what nobody could clear up is told.
    #[test]
    fn every_sign_up_settles_and_every_account_is_known(
        profiles in prop::collection::vec(any::<bool>(), 1..4),
        fates in fates(),
    ) {
        let steps = profiles.iter().enumerate();
        let steps: Vec<Step> = steps.map(|(index, profile)| Step::planned(backend(index), *profile)).collect();
        let count = steps.len();
        let mut house = House {
            accounts: vec![None; count],
            made: vec![0; count],
            record: signup(steps),
            clock: 0,
            fates: fates.into_iter(),
        };
        let mut moves = 0;
        while !house.go_on() {
            moves += 1;
            prop_assert!(moves < 1_000, "it never ends: {:?}", house.record);
        }
        let record = &house.record;
        prop_assert!(record.steps.iter().all(|step| !step.is_open()), "{record:?}");
        for (index, step) in record.steps.iter().enumerate() {
            prop_assert!(house.made[index] <= 1, "made twice: {record:?}");
            match (&step.state, &house.accounts[index]) {
                (StepState::Done { account, .. }, Some(there)) => prop_assert_eq!(account, there),
                (StepState::Done { .. }, None) => prop_assert!(false, "a promise without an account"),
                // The day was over: the admin is told to look.
                (StepState::Refused, Some(_)) => {
                    prop_assert_eq!(step.last_fault.as_ref().map(|fault| fault.code.as_str()), Some("look"));
                    prop_assert!(house.clock >= 86_400);
                }
                (_, Some(_)) => prop_assert!(false, "an account nobody knows: {record:?}"),
                (_, None) => {}
            }
        }
        let done = record.steps.iter().filter(|step| matches!(step.state, StepState::Done { .. })).count();
        let expected = match done {
            0 => SignupState::Undone,
            some if some == count => SignupState::Complete,
            _ => SignupState::Partial,
        };
        prop_assert_eq!(record.state, expected);
        prop_assert_eq!(record.undone.is_some(), expected == SignupState::Undone);
    }
}
