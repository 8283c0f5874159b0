//! `state`: small things that the instance remembers, kept apart by instance.

use crate::contract::host::state::{Host, Problem};
use crate::lent::Lent;
use crate::state::{KEY_BYTES, StateProblem, VALUE_BYTES};
use tokio::task::spawn_blocking;
use tokio::time::Duration;

impl Host for Lent {
    async fn get(&mut self, key: String) -> Option<Vec<u8>> {
        if key.len() > KEY_BYTES {
            return None;
        }
        let (store, instance) = (self.state.clone(), self.granted.instance.clone());
        self.cpu.pause();
        let found = spawn_blocking(move || store.get(instance.as_str(), &key)).await;
        self.cpu.resume();
        found.unwrap_or_default()
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
        let (store, instance) = (self.state.clone(), self.granted.instance.clone());
        let ttl = ttl_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        self.cpu.pause();
        let put = spawn_blocking(move || store.put(instance.as_str(), &key, value, ttl)).await;
        self.cpu.resume();
        match put {
            Ok(Ok(())) => Ok(()),
            Ok(Err(StateProblem::TooLarge)) => Err(Problem::TooLarge),
            Ok(Err(StateProblem::Full)) | Err(_) => Err(Problem::Full),
        }
    }

    async fn delete(&mut self, key: String) {
        let (store, instance) = (self.state.clone(), self.granted.instance.clone());
        self.cpu.pause();
        let gone = spawn_blocking(move || store.delete(instance.as_str(), &key)).await;
        self.cpu.resume();
        if let Err(cause) = gone {
            tracing::warn!(%cause, "a plugin's state was not deleted");
        }
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
}
