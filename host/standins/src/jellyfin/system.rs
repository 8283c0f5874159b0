//! The server itself: health, who it is, the wizard, its settings, branding, activity.
//!
//! Source: `SystemController.cs`, `StartupController.cs`, `ConfigurationController.cs`,
//! `BrandingController.cs`, `ActivityLogController.cs`, recordings.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::authorization::Caller;
use super::options::{Mode, Release};
use super::settings::fresh_settings;
use super::state::{NOBODY, State};
use super::wire::{Answer, Call, Outcome, date, field, text_of};

/// `GET /health`
pub(super) fn health(_: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::text("Healthy").with("cache-control", "no-store, no-cache"))
}

/// `GET /`
pub(super) fn root(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let place = match state.options.mode {
        Mode::Demo => "web/",
        // What a server without its web client does.
        Mode::Strict => "api-docs/swagger",
    };
    Ok(Answer::empty(302).with("location", place))
}

/// What `/System/Info/Public` says.
pub(super) fn public_info(state: &State) -> Map<String, Value> {
    let info = json!({
        "LocalAddress": state.url, "ServerName": state.options.server_name,
        "Version": state.release.version(), "ProductName": "Jellyfin Server",
        "OperatingSystem": "", "Id": state.server_id,
        "StartupWizardCompleted": state.wizard_done,
    });
    info.as_object().cloned().unwrap_or_default()
}

/// `GET /System/Info/Public`
pub(super) fn info_public(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::json(public_info(state).into()))
}

/// `GET /System/Info`
pub(super) fn info(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let data = &state.options.program_data_path;
    let port: u16 = state.url.rsplit(':').next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let full = json!({
        "OperatingSystemDisplayName": "", "HasPendingRestart": false, "IsShuttingDown": false,
        "SupportsLibraryMonitor": true, "WebSocketPortNumber": port, "CompletedInstallations": [],
        "CanSelfRestart": true, "CanLaunchWebBrowser": false, "ProgramDataPath": data,
        "WebPath": "/jellyfin/jellyfin-web", "ItemsByNamePath": format!("{data}/metadata"),
        "CachePath": format!("{data}/cache"), "LogPath": format!("{data}/log"),
        "InternalMetadataPath": format!("{data}/metadata"),
        "TranscodingTempPath": format!("{data}/cache/transcodes"),
        "CastReceiverApplications": [
            { "Id": "F007D354", "Name": "Stable" }, { "Id": "6F511C87", "Name": "Unstable" },
        ],
        "HasUpdateAvailable": false, "EncoderLocation": "System", "SystemArchitecture": "X64",
    });
    let mut full = full.as_object().cloned().unwrap_or_default();
    full.extend(public_info(state));
    if state.release < Release::V10_11 {
        full.shift_remove("ProductName");
        full.shift_remove("StartupWizardCompleted");
    }
    Ok(Answer::json(full.into()))
}

/// `GET /System/Info/Storage`, from 10.11 on.
pub(super) fn storage(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let data = &state.options.program_data_path;
    let known = |path: String| {
        // 12 names the mount, 10.11 the folder itself.
        let device = if state.release < Release::V12 { path.as_str() } else { "/" };
        json!({ "Path": path, "FreeSpace": 80_000_000_000_i64, "UsedSpace": 190_000_000_000_i64,
                "StorageType": "Fixed", "DeviceId": device })
    };
    let absent = |path: String| json!({ "Path": path, "FreeSpace": -1, "UsedSpace": -1 });
    let libraries: Vec<Value> = state
        .libraries
        .iter()
        .map(|library| json!({ "Id": library.id(), "Name": library.name, "Folders": [] }))
        .collect();
    Ok(Answer::json(json!({
        "ProgramDataFolder": known(data.clone()),
        "WebFolder": absent("/jellyfin/jellyfin-web".into()),
        "ImageCacheFolder": absent(format!("{data}/cache/images")),
        "CacheFolder": known(format!("{data}/cache")),
        "LogFolder": known(format!("{data}/log")),
        "InternalMetadataFolder": known(format!("{data}/metadata")),
        "TranscodingTempFolder": known(format!("{data}/cache/transcodes")),
        "Libraries": libraries,
    })))
}

/// `GET /Startup/Configuration`
pub(super) fn wizard(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let mut dto = json!({
        "ServerName": "", "UICulture": "en-US", "MetadataCountryCode": "US",
        "PreferredMetadataLanguage": "en",
    });
    if let (true, Some(map)) = (state.release < Release::V10_11, dto.as_object_mut()) {
        map.shift_remove("ServerName");
    }
    Ok(Answer::json(dto))
}

/// `POST /Startup/Configuration` and `/Startup/RemoteAccess`: taken and not kept.
pub(super) fn set_wizard(_: &mut State, call: &Call, _: &Caller) -> Outcome {
    call.object("startupConfiguration")?;
    Ok(Answer::empty(204))
}

/// `GET /Startup/User`: makes the first user and gives its name.
pub(super) fn first_user(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let id = state.first_user(call.now);
    let name = state.user(&id).map_or("", |user| user.name.as_str());
    Ok(Answer::json(json!({ "Name": name })))
}

/// `POST /Startup/User`
pub(super) fn set_first_user(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("startupUserDto")?;
    let password = text_of(&body, "Password").unwrap_or("");
    if password.is_empty() {
        return Err(Answer::said(400, "Password must not be empty"));
    }
    let id = state.first_user(call.now);
    if let Some(user) = state.user_mut(&id) {
        if let Some(name) = text_of(&body, "Name") {
            name.clone_into(&mut user.name);
        }
        user.password = Some(password.to_owned());
    }
    Ok(Answer::empty(204))
}

/// `POST /Startup/Complete`
pub(super) fn complete(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    state.wizard_done = true;
    Ok(Answer::empty(204))
}

/// `GET /System/Configuration`
pub(super) fn configuration(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::json(state.configuration.clone().into()))
}

/// `POST /System/Configuration`: replaces everything; what is missing gets its default.
pub(super) fn set_configuration(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("configuration")?;
    let mut full = fresh_settings(state.release);
    for (name, value) in &mut full {
        if let Some(given) = field(&body, name) {
            *value = given.clone();
        }
    }
    state.configuration = full;
    Ok(Answer::empty(204))
}

/// `GET /Branding/Configuration`
pub(super) fn branding(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    Ok(Answer::json(state.branding.clone().into()))
}

/// `POST /System/Configuration/branding`: replaces the whole object.
pub(super) fn set_branding(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let body = call.object("configuration")?;
    let mut kept = Map::new();
    for name in ["LoginDisclaimer", "CustomCss"] {
        if let Some(text) = text_of(&body, name) {
            kept.insert(name.into(), text.into());
        }
    }
    let splash = field(&body, "SplashscreenEnabled").and_then(Value::as_bool);
    kept.insert("SplashscreenEnabled".into(), splash.unwrap_or(false).into());
    state.branding = kept;
    Ok(Answer::empty(204))
}

/// `GET /System/ActivityLog/Entries?startIndex=&limit=&minDate=&hasUserId=`
pub(super) fn activity(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok());
    let since: Option<Timestamp> = call.query("minDate").and_then(|text| text.parse().ok());
    let has_user = call.query("hasUserId").map(|flag| flag.eq_ignore_ascii_case("true"));
    let all: Vec<Value> = state
        .activities
        .iter()
        .enumerate()
        .rev()
        .filter(|(_, line)| since.is_none_or(|since| line.at >= since))
        .filter(|(_, line)| has_user.is_none_or(|wanted| wanted == (line.user != NOBODY)))
        .map(|(at, line)| {
            let severity =
                if line.kind == "AuthenticationFailed" { "Error" } else { "Information" };
            let mut entry = Map::new();
            entry.insert("Id".into(), (at + 1).into());
            entry.insert("Name".into(), line.name.as_str().into());
            if let Some(overview) = &line.overview {
                entry.insert("ShortOverview".into(), overview.as_str().into());
            }
            entry.insert("Type".into(), line.kind.into());
            entry.insert("Date".into(), date(line.at).into());
            entry.insert("UserId".into(), line.user.as_str().into());
            entry.insert("Severity".into(), severity.into());
            Value::Object(entry)
        })
        .collect();
    let start = number("startIndex").unwrap_or(0);
    let total = all.len();
    let items: Vec<Value> =
        all.into_iter().skip(start).take(number("limit").unwrap_or(usize::MAX)).collect();
    Ok(Answer::json(json!({ "Items": items, "TotalRecordCount": total, "StartIndex": start })))
}
