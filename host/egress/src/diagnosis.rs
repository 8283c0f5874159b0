//! Reads errors of the libraries below: which failure it is, and in which words.

use crate::failure::{FailureKind, NetFailure};
use crate::names::LookupFailure;
use crate::policy::CONNECT;
use crate::trust::Untrusted;
use std::error::Error;
use std::io;

/// Reads what an error of the client library means. `maybe_sent` holds where it was no failure to connect.
pub(crate) fn classify(error: &reqwest::Error, host: &str, maybe_sent: bool) -> NetFailure {
    if let Some(failure) = causes(error).find_map(|cause| known_cause(cause, host)) {
        return failure;
    }
    let io = causes(error).find_map(|cause| cause.downcast_ref::<io::Error>());
    if error.is_connect() {
        return match io {
            _ if error.is_timeout() => {
                NetFailure::unsent(FailureKind::Unreachable, timed_out_words(host))
            }
            Some(cause) => connect_failure(cause, host),
            None => NetFailure::unsent(
                FailureKind::Unreachable,
                format!("{host} could not be connected to"),
            ),
        };
    }
    if error.is_timeout() {
        return NetFailure::sent(
            FailureKind::TimedOut,
            maybe_sent,
            format!("{host} did not answer in time"),
        );
    }
    let parse = causes(error)
        .filter_map(|cause| cause.downcast_ref::<hyper::Error>())
        .any(|cause| cause.is_parse() || cause.is_parse_status() || cause.is_parse_too_large());
    if parse {
        let detail = format!("{host} answered something that is not HTTP");
        return NetFailure::sent(FailureKind::Protocol, maybe_sent, detail);
    }
    let detail = format!("{host} closed the connection in the middle");
    NetFailure::sent(FailureKind::Closed, maybe_sent, detail)
}

/// Reads what a failed connection or handshake means.
pub(crate) fn connect_failure(error: &io::Error, host: &str) -> NetFailure {
    if let Some(failure) = causes(error).find_map(|cause| known_cause(cause, host)) {
        return failure;
    }
    let words = match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            format!("{host} refused the connection: nothing listens on that port")
        }
        io::ErrorKind::TimedOut => timed_out_words(host),
        io::ErrorKind::NetworkUnreachable => format!("there is no network to {host}"),
        io::ErrorKind::HostUnreachable => format!("there is no way to {host}"),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::BrokenPipe => {
            format!("{host} closed the connection before it stood")
        }
        other => format!("{host} could not be connected to ({other})"),
    };
    NetFailure::unsent(FailureKind::Unreachable, words)
}

/// Reads what a failed handshake means where the connection stood already.
pub(crate) fn handshake_failure(error: &io::Error, host: &str) -> NetFailure {
    let mut tls = causes(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    if tls.any(|cause| matches!(cause, rustls::Error::InvalidMessage(_))) {
        let detail = format!("{host} answered something that is not TLS");
        return NetFailure::unsent(FailureKind::Protocol, detail);
    }
    let failure = connect_failure(error, host);
    if failure.kind == FailureKind::Unreachable {
        let detail = format!("{host} closed the connection while TLS began");
        return NetFailure::unsent(FailureKind::Closed, detail);
    }
    failure
}

/// Reads what a failure on a standing connection means.
pub(crate) fn stream_failure(error: &io::Error, host: &str, maybe_sent: bool) -> NetFailure {
    let mut tls = causes(error).filter_map(|cause| cause.downcast_ref::<rustls::Error>());
    if let Some(cause) = tls.next() {
        return NetFailure { maybe_sent, ..tls_failure(cause, host) };
    }
    let detail = format!("{host} closed the connection");
    NetFailure::sent(FailureKind::Closed, maybe_sent, detail)
}

pub(crate) fn timed_out_words(host: &str) -> String {
    format!("{host} did not answer within {} seconds", CONNECT.as_secs())
}

/// Causes that say everything by themselves.
fn known_cause(cause: &(dyn Error + 'static), host: &str) -> Option<NetFailure> {
    if let Some(lookup) = cause.downcast_ref::<LookupFailure>() {
        let kind = match lookup {
            LookupFailure::NotAllowed { .. } => FailureKind::NotAllowed,
            LookupFailure::Unknown { .. } | LookupFailure::Resolver { .. } => {
                FailureKind::NameLookup
            }
        };
        return Some(NetFailure::unsent(kind, lookup.to_string()));
    }
    let tls = cause.downcast_ref::<rustls::Error>()?;
    Some(tls_failure(tls, host))
}

fn tls_failure(error: &rustls::Error, host: &str) -> NetFailure {
    if let rustls::Error::InvalidCertificate(why) = error {
        let words = match why {
            rustls::CertificateError::Other(rustls::OtherError(inner)) => {
                inner.downcast_ref::<Untrusted>().map_or_else(
                    || format!("the certificate of {host} is not taken"),
                    Untrusted::words,
                )
            }
            _ => format!("the certificate of {host} is not taken"),
        };
        return NetFailure::unsent(FailureKind::Certificate, words);
    }
    let words = match error {
        rustls::Error::InvalidMessage(_) => {
            format!("{host} does not speak TLS on that port; is it http instead of https?")
        }
        rustls::Error::AlertReceived(alert) => {
            format!("{host} ended the TLS handshake ({alert:?})")
        }
        rustls::Error::PeerIncompatible(_) => {
            format!("{host} speaks only TLS versions or ciphers that are too old")
        }
        _ => format!("the TLS handshake with {host} failed"),
    };
    NetFailure::unsent(FailureKind::Protocol, words)
}

/// The error and what is behind it, looking into I/O errors, whose `source` skips their content.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| {
        let cause: &'a (dyn Error + 'static) = *cause;
        if let Some(io) = cause.downcast_ref::<io::Error>()
            && let Some(inner) = io.get_ref()
        {
            let inner: &(dyn Error + 'static) = inner;
            return Some(inner);
        }
        cause.source()
    })
}
