//! The files Jellyfin writes when somebody forgot a password, and the PINs in them.
//!
//! Read leniently: up to 10.10 a shorter second request leaves bytes of the first behind, which stops
//! Jellyfin's own PIN page for everybody while this goes on working. Nothing is written or removed
//! here. Source: Jellyfin 10.8 to 12.0-rc5, `DefaultPasswordResetProvider.cs`, and files they wrote.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::http::Request as Call;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::reset::{Reading, Remark, Request, Specimen};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::server::{self, ENDPOINT};
use crate::time;

/// Jellyfin gives a PIN half an hour; more than this ahead means that a clock or a zone is off.
const LONGEST_SECONDS: u64 = 45 * 60;

const BLOCKS: &str = "Jellyfin's own PIN page fails for everybody until this file is deleted";

/// The names all lines use: the account's id, or from 10.11.2 on a hash of the name.
#[must_use]
pub fn patterns() -> Vec<String> {
    vec!["passwordreset*.json".to_owned()]
}

/// What a file says. The first JSON value counts, whatever follows it.
#[must_use]
pub fn read(file_name: &str, content: &[u8], now: u64) -> Reading {
    if !file_name.starts_with("passwordreset") || !file_name.ends_with(".json") {
        return ignored(
            "jellyfin.reset-name",
            "Jellyfin's reset files have other names".to_owned(),
        );
    }
    let content = content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content);
    // Room that was made and not filled yet reads as zeros.
    if content.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace()) {
        return Reading::Incomplete;
    }
    let mut values = serde_json::Deserializer::from_slice(content).into_iter::<Value>();
    let value = match values.next() {
        Some(Ok(value)) => value,
        Some(Err(cause)) if cause.is_eof() => return Reading::Incomplete,
        None => return Reading::Incomplete,
        Some(Err(_)) => {
            return ignored(
                "jellyfin.reset-unreadable",
                format!("{file_name} is no JSON: {BLOCKS}"),
            );
        }
    };
    let rest = content.get(values.byte_offset()..).unwrap_or_default();
    let damaged = rest.iter().any(|byte| !byte.is_ascii_whitespace());
    match request(&value) {
        Ok(request) => {
            Reading::Found(Request { remark: remark(file_name, damaged, &request, now), ..request })
        }
        Err(what) => ignored(
            "jellyfin.reset-incomplete",
            format!("{file_name} has no {what}; it is no reset file"),
        ),
    }
}

fn ignored(code: &str, detail: String) -> Reading {
    Reading::Ignored(Remark { code: code.to_owned(), detail })
}

fn request(value: &Value) -> Result<Request, &'static str> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
    let login_name = text("UserName").ok_or("user name")?;
    let pin = text("Pin").ok_or("PIN")?;
    let written = text("ExpirationDate").ok_or("expiry date")?;
    let expires = time::seconds(written).ok_or("expiry date that can be read")?;
    Ok(Request {
        login_name: login_name.to_owned(),
        pin: pin.to_owned(),
        expires,
        key: key(login_name, pin, written),
        remark: None,
    })
}

/// Two files of one request have one key; the parts are kept apart by a byte that none of them has.
fn key(login_name: &str, pin: &str, expires: &str) -> String {
    let mut hash = Sha256::new();
    for part in [login_name, pin, expires] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn remark(file_name: &str, damaged: bool, request: &Request, now: u64) -> Option<Remark> {
    if damaged {
        let detail = format!("{file_name} has bytes of an older request at its end: {BLOCKS}");
        return Some(Remark { code: "jellyfin.reset-damaged".to_owned(), detail });
    }
    let ahead = request.expires.saturating_sub(now);
    if ahead <= LONGEST_SECONDS {
        return None;
    }
    let detail = format!(
        "the PIN of {file_name} is good for another {} minutes by this clock, and Jellyfin gives 30: \
         a clock or a time zone is off",
        ahead / 60
    );
    Some(Remark { code: "jellyfin.reset-clock".to_owned(), detail })
}

/// A file as 10.11.2 and newer write it, whose PIN was over when it was made: Jellyfin deletes such
/// files when somebody redeems a PIN, and lets nobody in with them.
#[must_use]
pub fn specimen(lent: &impl Lent, login_name: &str) -> Specimen {
    let hex = |bytes: Vec<u8>| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let file_name = format!("passwordreset{}.json", hex(lent.random(16)));
    let pin: Vec<String> = lent.random(4).iter().map(|byte| format!("{byte:02X}")).collect();
    let content = json!({
        "Pin": pin.join("-"),
        "UserName": login_name,
        "PinFile": file_name,
        "ExpirationDate": time::text(lent.now().seconds.saturating_sub(1)),
    });
    Specimen { file_name, content: content.to_string().into_bytes() }
}

/// Uses a PIN: Jellyfin makes it the password, as it was typed. The names that were reset.
///
/// # Errors
/// `wrong-credential` for a PIN that is wrong or over; `outcome-unknown` for a 500, which is what a
/// damaged file beside it causes, before or after the right one was used.
pub fn redeem(lent: &impl Lent, pin: &str) -> Result<Vec<String>, Fault> {
    let request = Call::post(ENDPOINT, "/Users/ForgotPassword/Pin").json(&json!({ "Pin": pin }));
    let response = request.send(lent)?;
    match response.status() {
        200 => {}
        404 => return Err(wrong_pin()),
        500 => {
            let detail = "Jellyfin answered 500: a damaged reset file in its data folder stops every PIN; \
                delete files named passwordreset*.json there";
            return Err(
                Fault::new(Kind::OutcomeUnknown, "jellyfin.reset-blocked", detail).status(500)
            );
        }
        _ => return Err(server::unclear(server::refusal(&response))),
    }
    let answer = server::value(&response)?;
    let names = answer.get("UsersReset").and_then(Value::as_array);
    let names = names.map(Vec::as_slice).unwrap_or_default();
    let names: Vec<String> = names.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    match answer.get("Success").and_then(Value::as_bool) {
        Some(true) => Ok(names),
        Some(false) => Err(wrong_pin()),
        None => Err(Fault::new(
            Kind::BadReply,
            "jellyfin.pin-answer",
            "Jellyfin's answer to the PIN does not say whether it was right",
        )),
    }
}

fn wrong_pin() -> Fault {
    Fault::new(Kind::WrongCredential, "jellyfin.wrong-pin", "the PIN is wrong or over").about("pin")
}

/// Asks Jellyfin to write a file. From 10.11.2 on it says yes to every name and every caller, so that
/// only the file itself tells.
///
/// # Errors
/// `forbidden` where Jellyfin says that it does not: up to 10.11.1 for a name it does not know and for
/// a caller outside its network.
pub fn start(lent: &impl Lent, login_name: &str) -> Result<(), Fault> {
    let body = json!({ "EnteredUsername": login_name });
    let request = Call::post(ENDPOINT, "/Users/ForgotPassword").json(&body);
    let answer = server::read(lent, request).map_err(server::unclear)?;
    match answer.get("Action").and_then(Value::as_str) {
        Some("PinCode") => Ok(()),
        Some(_) => Err(Fault::new(
            Kind::Forbidden,
            "jellyfin.reset-refused",
            "Jellyfin makes no PIN: it does not know the name, or does not count this caller as inside \
             its network",
        )),
        None => Err(Fault::new(
            Kind::BadReply,
            "jellyfin.reset-answer",
            "Jellyfin's answer does not say whether it made a PIN",
        )),
    }
}
