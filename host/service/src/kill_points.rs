//! Named places at which a test can let the process die.
//!
//! Guarantees: outside tests a point costs a look at a constant and does nothing. An armed point
//! never lets its caller go on, as death would not; once the rest has stopped, what stands there is
//! unwound and lets go of what it held, so that the next start finds the data free. Does not: undo
//! anything.

use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// Where to die.
#[derive(Debug, Clone, Default)]
pub struct KillPoints(Option<Arc<Armed>>);

#[derive(Debug)]
struct Armed {
    name: String,
    reached: mpsc::UnboundedSender<()>,
    buried: watch::Sender<bool>,
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
        let (name, buried) = (name.to_owned(), watch::Sender::new(false));
        (Self(Some(Arc::new(Armed { name, reached, buried }))), Reached(receiver))
    }

    /// Passes a point. Where it is armed, tells the test and never returns: it unwinds when the rest has
    /// stopped.
    pub async fn pass(&self, name: &str) {
        if let Some(armed) = self.0.as_deref().filter(|armed| armed.name == name) {
            let _test_is_gone = armed.reached.send(()).is_err();
            let _ended = armed.buried.subscribe().wait_for(|buried| *buried).await.is_err();
            std::panic::resume_unwind(Box::new("killed by a test"));
        }
    }

    /// Unwinds what stands at the armed point, and whatever comes there from now on.
    pub(crate) fn bury(&self) {
        if let Some(armed) = &self.0 {
            armed.buried.send_replace(true);
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
