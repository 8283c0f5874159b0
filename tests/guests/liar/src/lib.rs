//! Exports `accounts` with a record that has one field too many.

use latchkey_sdk::fault::Fault;
use latchkey_sdk::lent::Lent;
use latchkey_sdk::lifecycle::{Lifecycle, ProbeResult};

mod bindings {
    wit_bindgen::generate!({
        inline: r"
            package liar:liar;
            world liar { export latchkey:accounts/backend@0.1.0; }
        ",
        path: ["../../../wit/common", "wit"],
        with: {
            "latchkey:common/fault@0.1.0": latchkey_sdk::bindings::shared::latchkey::common::fault,
            "latchkey:common/paging@0.1.0": latchkey_sdk::bindings::shared::latchkey::common::paging,
            "latchkey:common/attribute@0.1.0": latchkey_sdk::bindings::shared::latchkey::common::attribute,
        },
    });
}
use bindings::exports::latchkey::accounts::backend::*;

struct Liar;

latchkey_sdk::export!(Liar, "manifest.toml");
#[cfg(target_family = "wasm")]
bindings::export!(Liar with_types_in bindings);

impl Lifecycle for Liar {
    fn probe(_lent: &impl Lent) -> ProbeResult {
        ProbeResult { stages: Vec::new(), outcome: no("be probed") }
    }
}

fn no<T>(what: &str) -> Result<T, Fault> {
    Err(Fault::unsupported(what))
}

#[rustfmt::skip]
impl Guest for Liar {
    fn offer() -> Result<Offering, Fault> { no("offer") }
    fn list_accounts(_: PageRequest) -> Result<AccountPage, Fault> { no("list") }
    fn get(_: String) -> Result<Account, Fault> { no("get") }
    fn find(_: String) -> Result<Option<Account>, Fault> { no("find") }
    fn create(_: NewAccount, _: Attempt) -> Result<Account, Fault> { no("create") }
    fn enable(_: String) -> Result<Account, Fault> { no("enable") }
    fn disable(_: String) -> Result<Account, Fault> { no("disable") }
    fn delete(_: String) -> Result<(), Fault> { no("delete") }
    fn rename(_: String, _: String) -> Result<Account, Fault> { no("rename") }
    fn set_password(_: String, _: String) -> Result<(), Fault> { no("set passwords") }
    fn change_password(_: String, _: String, _: String) -> Result<(), Fault> { no("change passwords") }
    fn set_libraries(_: String, _: Access) -> Result<Account, Fault> { no("set libraries") }
    fn list_libraries() -> Result<Vec<Library>, Fault> { no("list libraries") }
    fn capture_profile(_: String) -> Result<String, Fault> { no("capture") }
    fn apply_profile(_: String, _: String) -> Result<Account, Fault> { no("apply") }
    fn describe_profile(_: String) -> Result<Vec<Attribute>, Fault> { no("describe") }
}
