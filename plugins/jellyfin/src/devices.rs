//! Ending sessions through their devices: the row of a device *is* its token.

use latchkey_sdk::fault::{Fault, Kind};
use latchkey_sdk::lent::Lent;
use serde_json::Value;

use crate::server::{self, As, delete, get};
use crate::users::plain_id;

/// Ends every device that a user was last on. A device id that several people share ends for all of
/// them: the server knows no narrower way.
///
/// # Errors
/// Whatever keeps one of them from ending.
pub fn end_all(lent: &impl Lent, id: &str) -> Result<(), Fault> {
    for device in of_user(lent, id)? {
        let ended =
            server::write(lent, delete("/Devices", &As::Key).query("id", device).harmless());
        match ended {
            // Gone meanwhile: 404 up to 10.11, 400 on 12.
            Err(fault) if matches!(fault.upstream_status, Some(400 | 404)) => {}
            ended => ended?,
        }
    }
    Ok(())
}

/// `userId=` would filter by "may use", not by owner, so the list is filtered here.
fn of_user(lent: &impl Lent, id: &str) -> Result<Vec<String>, Fault> {
    let list = server::read(lent, get("/Devices", &As::Key))?;
    let Some(items) = list.get("Items").and_then(Value::as_array) else {
        return Err(Fault::new(Kind::BadReply, "jellyfin.devices", "the device list is no list"));
    };
    let text = |item: &Value, key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
    let owned = |item: &&Value| {
        text(item, "LastUserId").as_deref().and_then(plain_id).as_deref() == Some(id)
    };
    Ok(items.iter().filter(owned).filter_map(|item| text(item, "Id")).collect())
}
