//! The demo: everything is there, and then nothing is.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use latchkey::demo::{Wanted, start};

#[tokio::test]
async fn a_demo_is_set_up_and_leaves_nothing_behind() {
    let wanted = Wanted { listen: "127.0.0.1:0".parse().unwrap(), tls: false };
    let demo = start(wanted, bundle::components(), Vec::new()).await.unwrap();
    let told = demo.told().clone();
    assert!(told.invite.starts_with(&format!("{}/invite/", told.url)), "{told:?}");
    assert!(demo.welcome().contains(&told.password));
    assert!(demo.standin().user("Family model").is_some());
    assert!(demo.standin().forgot_password(&told.member).unwrap().is_some());
    let mail = demo.catcher().wait_for(1).await.remove(0);
    assert!(mail.text().unwrap().contains(&format!("{}/reset/", told.url)), "{:?}", mail.text());
    assert!(told.plex.invite.starts_with(&format!("{}/invite/", told.url)), "{told:?}");
    assert!(demo.welcome().contains("Mia (PIN 3003)"), "{}", demo.welcome());
    assert!(demo.plex().violations().is_empty(), "{:?}", demo.plex().violations());
    let folder = told.data_folder.clone();
    assert!(std::path::Path::new(&folder).exists());
    demo.stop().await;
    assert!(!std::path::Path::new(&folder).exists());
}

#[tokio::test]
async fn a_demo_is_for_this_machine_only() {
    let wanted = Wanted { listen: "0.0.0.0:0".parse().unwrap(), tls: false };
    let refused = start(wanted, bundle::components(), Vec::new()).await.err().unwrap();
    assert_eq!(refused.status(), 2);
}
