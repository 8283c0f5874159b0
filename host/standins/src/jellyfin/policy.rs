//! `UserPolicy` and `UserConfiguration`: which fields there are and what becomes of omitted ones.
//!
//! Source: `MediaBrowser.Model/Users/UserPolicy.cs` and `Configuration/UserConfiguration.cs`, and
//! recordings of all four lines. Storing and rights are the users' business.

use serde_json::{Map, Value};

use super::options::Release;
use super::typed::{Field, Kind};

/// The sign-in provider every account starts with.
pub(super) const AUTHENTICATION_PROVIDER: &str =
    "Jellyfin.Server.Implementations.Users.DefaultAuthenticationProvider";
/// The reset provider every account starts with.
pub(super) const RESET_PROVIDER: &str =
    "Jellyfin.Server.Implementations.Users.DefaultPasswordResetProvider";

const UNRATED: &[&str] = &[
    "Movie",
    "Trailer",
    "Series",
    "Music",
    "Book",
    "LiveTvChannel",
    "LiveTvProgram",
    "ChannelContent",
    "Other",
];
const SYNC_PLAY: &[&str] = &["CreateAndJoinGroups", "JoinGroups", "None"];
const SUBTITLES: &[&str] = &["Default", "Always", "OnlyForced", "None", "Smart"];

/// The fields of a policy in the order a server writes them.
pub(super) const POLICY: &[Field] = &[
    Field::new("IsAdministrator", Kind::Flag(false)),
    Field::new("IsHidden", Kind::Flag(true)),
    Field::new("EnableCollectionManagement", Kind::Flag(false)),
    Field::new("EnableSubtitleManagement", Kind::Flag(false)),
    Field::new("EnableLyricManagement", Kind::Forgotten),
    Field::new("IsDisabled", Kind::Flag(false)),
    Field::new("MaxParentalRating", Kind::MaybeCount),
    Field { name: "MaxParentalSubRating", kind: Kind::MaybeCount, since: Release::V10_11 },
    Field::new("BlockedTags", Kind::Tags),
    Field::new("AllowedTags", Kind::Tags),
    Field::new("EnableUserPreferenceAccess", Kind::Flag(true)),
    Field::new("AccessSchedules", Kind::Schedules),
    Field::new("BlockUnratedItems", Kind::Words(UNRATED)),
    Field::new("EnableRemoteControlOfOtherUsers", Kind::Flag(false)),
    Field::new("EnableSharedDeviceControl", Kind::Flag(true)),
    Field::new("EnableRemoteAccess", Kind::Flag(true)),
    Field::new("EnableLiveTvManagement", Kind::Flag(true)),
    Field::new("EnableLiveTvAccess", Kind::Flag(true)),
    Field::new("EnableMediaPlayback", Kind::Flag(true)),
    Field::new("EnableAudioPlaybackTranscoding", Kind::Flag(true)),
    Field::new("EnableVideoPlaybackTranscoding", Kind::Flag(true)),
    Field::new("EnablePlaybackRemuxing", Kind::Flag(true)),
    Field::new("ForceRemoteSourceTranscoding", Kind::Flag(false)),
    Field::new("EnableContentDeletion", Kind::Flag(false)),
    Field::new("EnableContentDeletionFromFolders", Kind::Tags),
    Field::new("EnableContentDownloading", Kind::Flag(true)),
    Field::new("EnableSyncTranscoding", Kind::Flag(true)),
    Field::new("EnableMediaConversion", Kind::Flag(true)),
    Field::new("EnabledDevices", Kind::Tags),
    Field::new("EnableAllDevices", Kind::Flag(true)),
    Field::new("EnabledChannels", Kind::Guids),
    Field::new("EnableAllChannels", Kind::Flag(true)),
    Field::new("EnabledFolders", Kind::Guids),
    Field::new("EnableAllFolders", Kind::Flag(true)),
    Field::new("InvalidLoginAttemptCount", Kind::Count(0)),
    Field::new("LoginAttemptsBeforeLockout", Kind::Count(-1)),
    Field::new("MaxActiveSessions", Kind::Count(0)),
    Field::new("EnablePublicSharing", Kind::Flag(true)),
    Field::new("BlockedMediaFolders", Kind::Frozen),
    Field::new("BlockedChannels", Kind::Frozen),
    Field::new("RemoteClientBitrateLimit", Kind::Count(0)),
    Field::new("AuthenticationProviderId", Kind::Required),
    Field::new("PasswordResetProviderId", Kind::Required),
    Field::new("SyncPlayAccess", Kind::Word(SYNC_PLAY)),
];

/// The fields of a configuration in the order a server writes them.
pub(super) const CONFIGURATION: &[Field] = &[
    Field::new("AudioLanguagePreference", Kind::MaybeText),
    Field::new("PlayDefaultAudioTrack", Kind::Flag(true)),
    Field::new("SubtitleLanguagePreference", Kind::MaybeText),
    Field::new("DisplayMissingEpisodes", Kind::Flag(false)),
    Field::new("GroupedFolders", Kind::Guids),
    Field::new("SubtitleMode", Kind::Word(SUBTITLES)),
    Field::new("DisplayCollectionsView", Kind::Flag(false)),
    Field::new("EnableLocalPassword", Kind::Flag(false)),
    Field::new("OrderedViews", Kind::Guids),
    Field::new("LatestItemsExcludes", Kind::Guids),
    Field::new("MyMediaExcludes", Kind::Guids),
    Field::new("HidePlayedInLatest", Kind::Flag(true)),
    Field::new("RememberAudioSelections", Kind::Flag(true)),
    Field::new("RememberSubtitleSelections", Kind::Flag(true)),
    Field::new("EnableNextEpisodeAutoPlay", Kind::Flag(true)),
    Field::new("CastReceiverId", Kind::MaybeText),
];

/// The cast receivers a fresh server knows; another one is ignored.
pub(super) const CAST_RECEIVERS: &[&str] = &["F007D354", "6F511C87"];

/// The policy of an account nobody touched yet.
pub(super) fn fresh_policy(release: Release) -> Map<String, Value> {
    let mut policy = defaults(POLICY, release);
    // 10.11.7 took the right from new accounts.
    policy.insert("EnableLiveTvManagement".into(), (release < Release::V10_11).into());
    set_in_place(&mut policy, "AuthenticationProviderId", AUTHENTICATION_PROVIDER.into());
    set_in_place(&mut policy, "PasswordResetProviderId", RESET_PROVIDER.into());
    policy
}

/// The policy of the wizard's administrator.
pub(super) fn first_policy(release: Release) -> Map<String, Value> {
    let mut policy = fresh_policy(release);
    for right in ["IsAdministrator", "EnableRemoteControlOfOtherUsers", "EnableContentDeletion"] {
        policy.insert(right.into(), true.into());
    }
    policy
}

/// The configuration of an account nobody touched yet.
pub(super) fn fresh_configuration(release: Release) -> Map<String, Value> {
    let mut configuration = defaults(CONFIGURATION, release);
    set_in_place(&mut configuration, "SubtitleLanguagePreference", "".into());
    set_in_place(&mut configuration, "CastReceiverId", "F007D354".into());
    configuration
}

fn defaults(fields: &[Field], release: Release) -> Map<String, Value> {
    let mut map = Map::new();
    for field in fields.iter().filter(|field| field.since <= release) {
        let value = match field.kind {
            Kind::Flag(flag) => flag.into(),
            Kind::Forgotten => false.into(),
            Kind::Count(count) => count.into(),
            Kind::Word(words) => words.first().copied().into(),
            // Holds the place until it is filled or taken out.
            Kind::Required | Kind::MaybeText | Kind::MaybeCount => Value::Null,
            Kind::Tags | Kind::Words(_) | Kind::Guids | Kind::Frozen | Kind::Schedules => {
                Value::Array(Vec::new())
            }
        };
        map.insert(field.name.to_owned(), value);
    }
    map
}

fn set_in_place(map: &mut Map<String, Value>, name: &str, value: Value) {
    map.insert(name.to_owned(), value);
}

/// A map without its nulls: a server omits them.
pub(super) fn without_nulls(map: &Map<String, Value>) -> Map<String, Value> {
    map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// Whether a supported line has a policy field of this name.
pub(super) fn is_policy_field(name: &str) -> bool {
    POLICY.iter().any(|field| field.name == name)
}

/// A flag of a policy.
pub(super) fn flag(policy: &Map<String, Value>, name: &str) -> bool {
    policy.get(name).and_then(Value::as_bool).unwrap_or(false)
}

/// A number of a policy.
pub(super) fn count(policy: &Map<String, Value>, name: &str) -> i64 {
    policy.get(name).and_then(Value::as_i64).unwrap_or(0)
}
