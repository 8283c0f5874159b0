//! PINs of a home's persons: counted here before a provider counts them.
//!
//! Guarantees: a PIN that is needed and missing is never asked about; the fifth wrong one ends the flow;
//! who guesses on through new flows is slowed by whom they guess at and by their network. Does not: know
//! a PIN any longer than the call takes.

use super::asking::Heard;
use super::consume;
use crate::caller::Caller;
use crate::error::{Result, ServiceError};
use crate::house::Service;
use crate::throttles;
use domain::fault::FaultKind;
use domain::flows::Flow;
use domain::identity::HomeUser;
use domain::secret::Secret;

/// Wrong PINs that end a flow.
const WRONG: u32 = 5;
/// Longer than any PIN.
const LONGEST: usize = 32;

/// A guess that was counted as wrong.
pub(super) struct Counted {
    at_them: String,
    from: String,
    wrong: u32,
}

/// The PIN to ask about; none for a person who has none.
///
/// # Errors
/// `Invalid` at `pin`.
pub(super) fn readable(chosen: &HomeUser, pin: Option<&Secret>) -> Result<Option<Secret>> {
    if !chosen.needs_pin {
        return Ok(None);
    }
    let typed = pin.map(|pin| pin.expose().trim()).filter(|pin| !pin.is_empty());
    match typed {
        None => Err(ServiceError::field("pin", "required")),
        Some(long) if long.len() > LONGEST => Err(ServiceError::field("pin", "wrong-pin")),
        Some(pin) => Ok(Some(Secret::from(pin))),
    }
}

/// Counts a guess as wrong before it is passed on, or refuses it.
///
/// # Errors
/// `Throttled`; `Gone`.
pub(super) async fn counted(
    service: &Service,
    flow: &Flow,
    chosen: &HomeUser,
    pin: Option<&Secret>,
    caller: &Caller,
) -> Result<Option<Counted>> {
    if pin.is_none() {
        return Ok(None);
    }
    let at_them = format!("pin/{}/{}", flow.provider, chosen.id);
    let from = format!("pin-from/{}", caller.network());
    let (browser, now) = (flow.browser.clone(), service.now());
    let counting = service.write_aside(move |tx| {
        let mut flow = tx.flows().get(&browser)?.ok_or(ServiceError::Gone)?;
        if flow.wrong >= WRONG {
            return Err(ServiceError::Gone);
        }
        throttles::count(tx, &[at_them.clone(), from.clone()], now)?;
        flow.wrong = flow.wrong.saturating_add(1);
        tx.flows().put(&flow)?;
        Ok(Counted { at_them, from, wrong: flow.wrong })
    });
    counting.await.map(Some)
}

/// What became of a guess that was counted.
///
/// # Errors
/// `Forbidden` `wrong-pin`; `Gone` after the fifth; else what was heard.
pub(super) async fn judged(
    service: &Service,
    flow: &Flow,
    counted: Option<Counted>,
    heard: Result<Heard>,
) -> Result<Heard> {
    let Some(counted) = counted else { return heard };
    let is_wrong = |error: &ServiceError| matches!(error, ServiceError::Backend(fault) if fault.kind == FaultKind::WrongCredential);
    let (mine, now) = (flow.clone(), service.now());
    match heard {
        Ok(heard) => {
            let forgiving = service.write_aside(move |tx| {
                throttles::forgive(tx, &[counted.at_them], &[counted.from], now)
            });
            forgiving.await?;
            Ok(heard)
        }
        Err(error) if is_wrong(&error) => {
            if counted.wrong >= WRONG {
                service.write_aside(move |tx| consume(tx, &mine)).await?;
                return Err(ServiceError::Gone);
            }
            Err(ServiceError::Forbidden { code: "wrong-pin" })
        }
        // Nobody has looked at it.
        Err(error) => {
            let taking_back = service.write_aside(move |tx| {
                throttles::take_back(tx, &[counted.at_them, counted.from], now)?;
                let Some(mut flow) = tx.flows().get(&mine.browser)? else { return Ok(()) };
                flow.wrong = flow.wrong.saturating_sub(1);
                Ok(tx.flows().put(&flow)?)
            });
            taking_back.await?;
            Err(error)
        }
    }
}
