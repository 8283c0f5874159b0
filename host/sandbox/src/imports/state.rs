//! `state`: small things that the instance remembers, kept apart by instance and by plugin.

use crate::contract::host::state::{Host, Problem};
use crate::journal::LogLevel;
use crate::lent::Lent;
use crate::state::{KEY_BYTES, StateProblem, VALUE_BYTES};
use tokio::task::spawn_blocking;
use tokio::time::{Duration, Instant};

impl Host for Lent {
    async fn get(&mut self, key: String) -> Option<Vec<u8>> {
        if key.len() > KEY_BYTES {
            return None;
        }
        let (store, instance) = (self.state.clone(), self.granted.instance.to_string());
        let key = self.own(&key);
        self.cpu.pause();
        let began = Instant::now();
        let found = spawn_blocking(move || store.get(&instance, &key)).await.unwrap_or_default();
        // Reading counts as the guest's time: else a loop of it would cost nothing.
        self.cpu.charge(began.elapsed());
        self.cpu.resume();
        found
    }

    async fn put(
        &mut self,
        key: String,
        value: Vec<u8>,
        ttl_seconds: Option<u32>,
    ) -> Result<(), Problem> {
        if key.len() > KEY_BYTES || value.len() > VALUE_BYTES {
            return Err(Problem::TooLarge);
        }
        if !self.spent.change() {
            return Err(Problem::Full);
        }
        let key = self.own(&key);
        let (store, instance) = (self.state.clone(), self.granted.instance.to_string());
        let ttl = ttl_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        self.cpu.pause();
        let put = spawn_blocking(move || store.put(&instance, &key, value, ttl)).await;
        self.cpu.resume();
        match put {
            Ok(Ok(())) => Ok(()),
            Ok(Err(StateProblem::TooLarge)) => Err(Problem::TooLarge),
            Ok(Err(StateProblem::Full)) | Err(_) => Err(Problem::Full),
        }
    }

    async fn delete(&mut self, key: String) {
        if key.len() > KEY_BYTES {
            return;
        }
        if !self.spent.change() {
            let words = "too many changes of state in one call; one was left out";
            return self.log(LogLevel::Warn, words, &[]);
        }
        let key = self.own(&key);
        let (store, instance) = (self.state.clone(), self.granted.instance.to_string());
        self.cpu.pause();
        let gone = spawn_blocking(move || store.delete(&instance, &key)).await;
        self.cpu.resume();
        if let Err(cause) = gone {
            tracing::warn!(%cause, "a plugin's state was not deleted");
        }
    }
}

impl Lent {
    /// The key as it is kept. An id of a plugin has no slash in it.
    fn own(&self, key: &str) -> String {
        format!("{}/{key}", self.granted.manifest.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lent;

    #[tokio::test]
    async fn state_belongs_to_its_instance_and_has_limits() {
        let mut lent = lent();
        assert_eq!(lent.put("k".into(), vec![1], None).await, Ok(()));
        assert_eq!(lent.get("k".into()).await, Some(vec![1]));
        assert_eq!(lent.state.get("other", "k"), None);
        assert_eq!(lent.put("k".repeat(129), vec![], None).await, Err(Problem::TooLarge));
        assert_eq!(lent.put("k".into(), vec![0; 65 << 10], None).await, Err(Problem::TooLarge));
        lent.delete("k".into()).await;
        assert_eq!(lent.get("k".into()).await, None);
    }

    #[tokio::test]
    async fn what_another_plugin_remembered_under_the_same_instance_is_not_seen() {
        let mut lent = lent();
        lent.state.put("media", "other/k", vec![1], None).expect("room");
        lent.state.put("media", "k", vec![2], None).expect("room");
        for key in ["k", "other/k", "../other/k"] {
            assert_eq!(lent.get(key.into()).await, None, "{key}");
        }
        lent.put("k".into(), vec![3], None).await.expect("room");
        assert_eq!(lent.state.get("media", "k"), Some(vec![2]));
        assert_eq!(lent.state.get("media", "media/k"), Some(vec![3]));
    }

    #[tokio::test]
    async fn a_call_writes_only_so_often() {
        let mut lent = lent();
        for _ in 0..64 {
            assert_eq!(lent.put("k".into(), vec![1], None).await, Ok(()));
        }
        assert_eq!(lent.put("k".into(), vec![2], None).await, Err(Problem::Full));
        lent.delete("k".into()).await;
        assert_eq!(lent.get("k".into()).await, Some(vec![1]));
        assert!(lent.journal.lines().iter().any(|line| line.message.starts_with("too many")));
    }
}
