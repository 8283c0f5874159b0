//! What all network imports share: how a failure is told to a guest.

use crate::contract::host::net::{Failure, FailureKind};
use crate::lent::Lent;
use egress::NetFailure;

impl Lent {
    /// The failure without known secrets.
    pub(super) fn told(&self, failure: &NetFailure) -> Failure {
        let kind = match failure.kind {
            egress::FailureKind::NotAllowed => FailureKind::NotAllowed,
            egress::FailureKind::NameLookup => FailureKind::NameLookup,
            egress::FailureKind::Unreachable => FailureKind::Unreachable,
            egress::FailureKind::Certificate => FailureKind::Certificate,
            egress::FailureKind::TimedOut => FailureKind::TimedOut,
            egress::FailureKind::TooLarge => FailureKind::TooLarge,
            egress::FailureKind::Protocol => FailureKind::Protocol,
            egress::FailureKind::Closed => FailureKind::Closed,
        };
        let detail = self.redactor.clean(&failure.detail);
        Failure { kind, maybe_sent: failure.maybe_sent, detail }
    }
}

/// Outside of what was granted; nothing left the process.
pub(super) fn refused(why: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::NotAllowed, maybe_sent: false, detail: why.into() }
}
