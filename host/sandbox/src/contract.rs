//! The contract in `wit/` as Rust, generated while compiling: what is lent, and one module for each role.
//!
//! A module a role, so that roles are found by probing a component's exports one by one. Nothing here is
//! written by hand.
#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    elided_lifetimes_in_paths,
    unused_qualifications,
    clippy::all,
    clippy::needless_pass_by_value,
    clippy::semicolon_if_nothing_returned,
    clippy::too_many_lines,
    clippy::unwrap_used,
    clippy::redundant_closure_for_method_calls,
    clippy::uninlined_format_args,
    clippy::indexing_slicing,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

/// What is lent, what all roles share, and what every plugin answers about itself.
pub(crate) mod base {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-base;
            world base {
                import latchkey:host/log@0.1.0;
                import latchkey:host/clock@0.1.0;
                import latchkey:host/random@0.1.0;
                import latchkey:host/settings@0.1.0;
                import latchkey:host/state@0.1.0;
                import latchkey:host/http@0.1.0;
                import latchkey:host/tcp@0.1.0;
                import latchkey:common/fault@0.1.0;
                import latchkey:common/paging@0.1.0;
                import latchkey:common/attribute@0.1.0;
                export latchkey:plugin/lifecycle@0.1.0;
            }
        ",
        path: ["../../wit/common", "../../wit/host", "../../wit/plugin"],
        with: { "latchkey:host/tcp@0.1.0.connection": egress::Connection },
        imports: {
            "latchkey:host/http@0.1.0": async,
            "latchkey:host/tcp@0.1.0": async,
            "latchkey:host/state@0.1.0": async,
            "latchkey:host/clock@0.1.0.sleep": async,
        },
        exports: { default: async },
    });
}

pub(crate) mod accounts {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-accounts;
            world accounts { export latchkey:accounts/backend@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/accounts"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
            "latchkey:common/paging@0.1.0": crate::contract::base::latchkey::common::paging,
            "latchkey:common/attribute@0.1.0": crate::contract::base::latchkey::common::attribute,
        },
        exports: { default: async },
    });
}

pub(crate) mod identity {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-identity;
            world identity { export latchkey:identity/provider@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/identity"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
            "latchkey:common/attribute@0.1.0": crate::contract::base::latchkey::common::attribute,
        },
        exports: { default: async },
    });
}

pub(crate) mod reset {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-reset;
            world reset { export latchkey:reset/source@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/reset"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
        },
        exports: { default: async },
    });
}

pub(crate) mod notify {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-notify;
            world notify { export latchkey:notify/method@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/notify"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
        },
        exports: { default: async },
    });
}

pub(crate) mod login_page {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-login-page;
            world login-page { export latchkey:branding/login-page@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/branding"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
        },
        exports: { default: async },
    });
}

pub(crate) mod app_session {
    wasmtime::component::bindgen!({
        inline: r"
            package latchkey:sandbox-app-session;
            world app-session { export latchkey:app-session/issuer@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/app-session"],
        with: {
            "latchkey:common/fault@0.1.0": crate::contract::base::latchkey::common::fault,
        },
        exports: { default: async },
    });
}

pub(crate) use base::latchkey::{common, host};
