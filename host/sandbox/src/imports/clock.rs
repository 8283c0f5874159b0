//! `clock`: the program's own clock, and what is left of the call.

use crate::contract::host::clock::{Host, Instant};
use crate::lent::Lent;
use tokio::time::Duration;

impl Host for Lent {
    fn now(&mut self) -> Instant {
        let now = (self.now)();
        Instant {
            seconds: u64::try_from(now.as_second()).unwrap_or_default(),
            nanoseconds: u32::try_from(now.subsec_nanosecond()).unwrap_or_default(),
        }
    }

    fn monotonic_ms(&mut self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn remaining_ms(&mut self) -> u32 {
        u32::try_from(self.remaining().as_millis()).unwrap_or(u32::MAX)
    }

    async fn sleep(&mut self, ms: u32) {
        // Not shorter: sleeping for nothing in a loop would keep a core busy outside the CPU budget.
        let wish = Duration::from_millis(ms.max(1).into());
        self.cpu.pause();
        tokio::time::sleep(wish.min(self.remaining())).await;
        self.cpu.resume();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::lent;

    #[tokio::test(start_paused = true)]
    async fn the_clock_is_the_programs_and_sleep_ends_with_the_call() {
        let mut lent = lent();
        assert_eq!(lent.now().seconds, 1_000_000);
        assert_eq!((lent.monotonic_ms(), lent.remaining_ms()), (0, 5_000));
        lent.sleep(1_500).await;
        assert_eq!((lent.monotonic_ms(), lent.remaining_ms()), (1_500, 3_500));
        lent.sleep(u32::MAX).await;
        assert_eq!(lent.remaining_ms(), 0);
    }
}
