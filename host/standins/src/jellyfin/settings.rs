//! The settings of a fresh server, and how embedded JSON is read.

use serde_json::{Map, Value};

use super::options::Release;

const CONFIGURATION: &str = include_str!("data/configuration.json");

/// The settings of a fresh server of a line.
pub(super) fn fresh_settings(release: Release) -> Map<String, Value> {
    let mut configuration = embedded(CONFIGURATION);
    match release {
        Release::V10_9 | Release::V10_10 => {
            for newer in ["EnableLegacyAuthorization", "CacheSize"] {
                configuration.shift_remove(newer);
            }
        }
        Release::V10_11 => {
            configuration.insert("EnableLegacyAuthorization".into(), true.into());
        }
        Release::V12 => {}
    }
    configuration
}

/// A JSON object that is part of this program; empty only if the file were no JSON.
pub(super) fn embedded(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}
