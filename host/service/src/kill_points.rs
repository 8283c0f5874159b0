//! Named places at which a test can let the process die.
//!
//! Guarantees: outside tests a point costs a look at a constant and does nothing. An armed point
//! never lets its caller go on, as death would not. Does not: undo anything.

use std::sync::Arc;
use tokio::sync::mpsc;

/// Where to die.
#[derive(Debug, Clone, Default)]
pub struct KillPoints(Option<Arc<Armed>>);

#[derive(Debug)]
struct Armed {
    name: String,
    reached: mpsc::UnboundedSender<()>,
}

/// Tells that the armed point was reached.
#[derive(Debug)]
pub struct Reached(mpsc::UnboundedReceiver<()>);

impl KillPoints {
    /// Nowhere: what the product runs with.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// At the point of that name, each time it is reached.
    #[must_use]
    pub fn at(name: &str) -> (Self, Reached) {
        let (reached, receiver) = mpsc::unbounded_channel();
        (Self(Some(Arc::new(Armed { name: name.to_owned(), reached }))), Reached(receiver))
    }

    /// Passes a point. Where it is armed, tells the test and never returns.
    pub async fn pass(&self, name: &str) {
        if let Some(armed) = self.0.as_deref().filter(|armed| armed.name == name) {
            let _test_is_gone = armed.reached.send(()).is_err();
            core::future::pending::<()>().await;
        }
    }
}

impl Reached {
    /// Returns when the point was reached.
    pub async fn wait(&mut self) {
        if self.0.recv().await.is_none() {
            core::future::pending::<()>().await;
        }
    }
}
