//! The contract in `wit/` as Rust, generated while compiling.
//!
//! One module for what all plugins share and import, and one for each role, so that a component
//! exports the roles it names and no other. Nothing here is written by hand.
#![allow(missing_docs, reason = "the generated modules have the contract's words only")]

/// Every import, and the types all roles share.
pub mod shared {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-shared;
            world shared {
                include latchkey:host/networked@0.1.0;
                import latchkey:common/fault@0.1.0;
                import latchkey:common/paging@0.1.0;
                import latchkey:common/attribute@0.1.0;
            }
        ",
        path: ["../../wit/common", "../../wit/host"],
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq],
    });
}

/// What every plugin answers about itself.
pub mod lifecycle {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-lifecycle;
            world lifecycle-role { export latchkey:plugin/lifecycle@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/plugin"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_lifecycle",
    });
}

/// Accounts on a backend.
pub mod accounts {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-accounts;
            world accounts-role { export latchkey:accounts/backend@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/accounts"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
            "latchkey:common/paging@0.1.0": crate::bindings::shared::latchkey::common::paging,
            "latchkey:common/attribute@0.1.0": crate::bindings::shared::latchkey::common::attribute,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_accounts",
    });
}

/// Who somebody is, by a backend's word.
pub mod identity {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-identity;
            world identity-role { export latchkey:identity/provider@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/identity"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
            "latchkey:common/attribute@0.1.0": crate::bindings::shared::latchkey::common::attribute,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_identity",
    });
}

/// Reset requests that a backend writes to files.
pub mod reset {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-reset;
            world reset-role { export latchkey:reset/source@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/reset"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_reset",
    });
}

/// A button on a backend's own sign-in page.
pub mod branding {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-branding;
            world branding-role { export latchkey:branding/login-page@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/branding"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_branding",
    });
}

/// A way for a message to reach somebody.
pub mod notify {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-notify;
            world notify-role { export latchkey:notify/method@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/notify"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_notify",
    });
}

/// Sessions that a backend gives its own apps.
pub mod app_session {
    wit_bindgen::generate!({
        inline: r"
            package latchkey:sdk-app-session;
            world app-session-role { export latchkey:app-session/issuer@0.1.0; }
        ",
        path: ["../../wit/common", "../../wit/app-session"],
        with: {
            "latchkey:common/fault@0.1.0": crate::bindings::shared::latchkey::common::fault,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
        export_macro_name: "export_app_session",
    });
}
