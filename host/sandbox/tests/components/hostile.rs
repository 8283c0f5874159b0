//! Components that loop, grow, trap, lie, flood and answer giants: each costs only its own call.

use crate::rig::{Hand, backend, bare, config, guest, id, sandbox};
use domain::fault::FaultKind;
use domain::plugins::PluginHealth;
use sandbox::{LogLevel, Sandbox};
use std::time::Duration;

/// How one of them fails its probe, and that its other calls go on.
async fn probe_fails(name: &str) -> (domain::fault::Fault, Sandbox) {
    let sandbox = sandbox(&[(name, guest(name))], &Hand::default());
    let plugin = name.replace('_', "-");
    let instance = bare(&sandbox, &plugin);
    let fault = instance.probe().await.outcome.unwrap_err();
    assert_eq!(instance.check_settings().await, [], "the next call is a new instance");
    (fault, sandbox)
}

#[tokio::test]
async fn a_loop_ends_at_its_cpu_budget_while_others_run() {
    let sandbox =
        sandbox(&[("spinner", guest("spinner")), ("trapper", guest("trapper"))], &Hand::default());
    let spinner = bare(&sandbox, "spinner");
    let other = bare(&sandbox, "trapper");
    let spinning = tokio::spawn(async move { spinner.probe().await });
    tokio::task::yield_now().await;
    // On one thread: the loop yields, or this would wait until it ends.
    assert_eq!(other.check_settings().await, []);
    assert!(!spinning.is_finished(), "it spins on");
    let fault = spinning.await.unwrap().outcome.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.cpu"));
    assert_eq!(fault.detail, "the plugin spinner broke off: it used more than 500 ms of CPU time");
}

#[tokio::test]
async fn growth_ends_at_the_memory_limit() {
    let (fault, _sandbox) = probe_fails("grower").await;
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.memory"));
}

#[tokio::test]
async fn a_panic_is_told_and_is_one_calls_end() {
    let (fault, sandbox) = probe_fails("trapper").await;
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.trap"));
    let lines = sandbox.log(&id("trapper"));
    let told = lines.iter().find(|line| line.message.contains("trapped on purpose")).unwrap();
    assert_eq!(told.level, LogLevel::Error);
    assert!(told.fields.contains(&("backend".to_owned(), "trapper".to_owned())));
    assert!(lines.iter().any(|line| line.message.starts_with("the plugin trapper broke off")));
    let status = &sandbox.plugins()[0];
    assert_eq!((status.traps, status.calls), (1, 2));
}

#[tokio::test]
async fn a_stack_that_runs_out_is_the_guests_own() {
    let (fault, _sandbox) = probe_fails("recurser").await;
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.trap"));
}

#[tokio::test]
async fn a_giant_answer_is_not_copied() {
    let (fault, _sandbox) = probe_fails("giant").await;
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.trap"));
    // The engine's own words for more than the cap; it counts before it copies.
    assert!(fault.detail.contains("too much data"), "{}", fault.detail);
}

#[tokio::test]
async fn handles_end_at_their_limit() {
    let (fault, _sandbox) = probe_fails("handles").await;
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Internal, "sandbox.trap"));
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_and_the_answer_comes() {
    let sandbox = sandbox(&[("flooder", guest("flooder"))], &Hand::default());
    let report = bare(&sandbox, "flooder").probe().await.outcome.unwrap();
    assert_eq!(report.product, "Flooder");
    let lines = sandbox.log(&id("flooder"));
    assert!(lines.len() <= 501);
    let told = lines.iter().filter(|line| line.message.contains("lines were dropped")).count();
    assert!(told >= 1, "the flood is told");
    assert!(lines.iter().all(|line| line.message.len() <= (4 << 10) + 3));
    assert!(lines.iter().all(|line| !line.message.contains(['\n', '\r', '\u{1b}'])));
    let forged = lines.iter().find(|line| line.message.contains("forged")).unwrap();
    assert_eq!(forged.message, "one\\r\\nERROR forged line\\u{1b}[31m");
    assert_eq!(forged.fields[1], ("field\\n".to_owned(), "a\\nb".to_owned()));
}

#[test]
fn what_lies_or_asks_for_what_is_not_lent_is_refused_in_words() {
    for (name, words) in [
        ("liar", "a trial of it failed"),
        ("stranger", "it imports stranger:things/shell@0.1.0, which is not lent to anybody"),
        ("wasi", "it imports wasi:config/runtime"),
        ("no_manifest", "it has no manifest"),
    ] {
        let refusal = Sandbox::inspect(&guest(name)).unwrap_err();
        assert!(refusal.why.contains(words), "{name}: {}", refusal.why);
    }
    for (bytes, words) in [
        (b"".to_vec(), "not a WebAssembly component"),
        (b"<html>".to_vec(), "not a WebAssembly component"),
        (guest("spinner")[..5_000].to_vec(), "damaged"),
        (vec![0; 33 << 20], "larger than 32 MiB"),
    ] {
        let refusal = Sandbox::inspect(&bytes).unwrap_err();
        assert!(refusal.why.contains(words), "{}", refusal.why);
    }
}

#[test]
fn a_broken_component_stops_nothing_else() {
    let hand = Hand::default();
    let sandbox = sandbox(
        &[
            ("bad.wasm", b"nonsense".to_vec()),
            ("liar.wasm", guest("liar")),
            ("spinner", guest("spinner")),
        ],
        &hand,
    );
    let found: Vec<(String, bool)> =
        sandbox.plugins().into_iter().map(|one| (one.id, one.refused.is_some())).collect();
    let expected = [("spinner", false), ("bad.wasm", true), ("liar.wasm", true)];
    assert_eq!(found, expected.map(|(id, refused)| (id.to_owned(), refused)));
}

#[tokio::test]
async fn five_traps_make_a_plugin_ill_until_it_has_rested() {
    let hand = Hand::default();
    let sandbox = sandbox(&[("trapper", guest("trapper"))], &hand);
    let instance = bare(&sandbox, "trapper");
    for _ in 0..5 {
        assert_eq!(instance.probe().await.outcome.unwrap_err().code, "sandbox.trap");
    }
    let fault = instance.probe().await.outcome.unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Unavailable, "sandbox.ill"));
    assert_eq!(fault.retry_after, Some(Duration::from_secs(30)));
    assert!(matches!(sandbox.plugins()[0].health, PluginHealth::Ill { .. }));

    hand.advance(30);
    assert_eq!(instance.check_settings().await, [], "one call is let through, and heals");
    assert_eq!(sandbox.plugins()[0].health, PluginHealth::Well);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_broken_calls_leave_no_memory_behind() {
    let resident_kib = || {
        let status = std::fs::read_to_string("/proc/self/statm").unwrap();
        status.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4
    };
    let hand = Hand::default();
    let sandbox = sandbox(&[("grower", guest("grower")), ("trapper", guest("trapper"))], &hand);
    let (grower, trapper) = (bare(&sandbox, "grower"), bare(&sandbox, "trapper"));
    let broken = async |rounds: usize| {
        for round in 0..rounds {
            // Longer than any illness lasts.
            hand.advance(1_000);
            assert_eq!(trapper.probe().await.outcome.unwrap_err().code, "sandbox.trap");
            if round % 20 == 0 {
                assert_eq!(grower.probe().await.outcome.unwrap_err().code, "sandbox.memory");
            }
        }
    };
    broken(40).await;
    let before = resident_kib();
    broken(1_000).await;
    let more = resident_kib().saturating_sub(before);
    // Other tests of this process run beside it; one leaked memory alone would be 48 MiB a call.
    assert!(more < 256 << 10, "{more} KiB more");
}

#[tokio::test]
async fn an_instance_of_nothing_is_told() {
    let sandbox = sandbox(&[], &Hand::default());
    let fault = sandbox.configure(config("media", &[], &[])).unwrap_err();
    assert_eq!((fault.kind, fault.code.as_str()), (FaultKind::Misconfigured, "sandbox.no-plugin"));
    assert!(sandbox.instance(backend("media")).is_none());
}

#[tokio::test]
async fn nothing_that_a_call_left_in_memory_is_found_by_the_next() {
    let sandbox = sandbox(&[("residue", guest("residue"))], &Hand::default());
    let instance = bare(&sandbox, "residue");
    for _round in 0..4 {
        // Side by side and one after the other: places change hands both ways.
        let calls = (0..8).map(|_| instance.probe());
        for probe in futures_util::future::join_all(calls).await {
            assert_eq!(probe.outcome.unwrap().version, "0 0 0");
        }
    }
}
