//! Sign-ins beside a password change: checked with the old password before it, let in after it.
//!
//! Up to 10.11 a real server ends the sessions there are and forgets those still on their way: of ten
//! sign-ins beside one change, up to ten were let in. They come only where a test asked for them: the
//! first half with the change, the others after the next look at the devices.

use jiff::Timestamp;

use super::authorization::Caller;
use super::options::Release;
use super::sign_in::{self, Start, start_session};
use super::state::{Client, State};
use super::wire::{Call, Outcome};

/// The password of `user` was changed and its sessions ended.
pub(super) fn changed(state: &mut State, user: &str, now: Timestamp) {
    let asked = std::mem::take(&mut state.beside.asked);
    if state.release >= Release::V12 {
        return;
    }
    let soon = asked.div_ceil(2);
    state.beside.late.extend((soon..asked).map(|at| (user.to_owned(), at)));
    for at in 0..soon {
        let_in(state, user, at, now);
    }
}

/// `GET /Devices`: who is still on the way comes in after it.
pub(super) fn devices(state: &mut State, call: &Call, caller: &Caller) -> Outcome {
    let seen = sign_in::devices(state, call, caller);
    for (user, at) in std::mem::take(&mut state.beside.late) {
        let_in(state, &user, at, call.now);
    }
    seen
}

fn let_in(state: &mut State, user: &str, at: usize, now: Timestamp) {
    let client = Client {
        name: "Beside".to_owned(),
        device: "Beside".to_owned(),
        device_id: format!("beside-{at}"),
        version: "1".to_owned(),
    };
    let arrival = state.next_arrival;
    let start = Start { user: user.to_owned(), client, remote: None, now, arrival };
    start_session(state, start, None);
}
