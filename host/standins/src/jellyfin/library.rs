//! Libraries: the folders policies name.
//!
//! Source: `LibraryStructureController.cs`, `LibraryController.GetMediaFolders`, recordings. Up to
//! 10.10 a library added without a scan has neither id nor options.

use serde_json::{Map, Value};

use super::authorization::Caller;
use super::hash::md5_id;
use super::options::Release;
use super::settings::embedded;
use super::sign_in::page;
use super::state::{Library, State};
use super::wire::{Answer, Call, Outcome, date};

const OPTIONS: &str = include_str!("data/library-options.json");
const FOLDER: &str = include_str!("data/media-folder.json");

fn has_item(state: &State, library: &Library) -> bool {
    library.scanned || state.release >= Release::V10_11
}

/// `GET /Library/VirtualFolders`
pub(super) fn list(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let folders = state.libraries.iter().map(|library| {
        let mut dto = Map::new();
        dto.insert("Name".into(), library.name.as_str().into());
        dto.insert("Locations".into(), library.locations.clone().into());
        if let Some(kind) = &library.kind {
            dto.insert("CollectionType".into(), kind.as_str().into());
        }
        if has_item(state, library) {
            dto.insert("LibraryOptions".into(), embedded(OPTIONS).into());
            dto.insert("ItemId".into(), library.id().into());
            dto.insert("RefreshStatus".into(), "Idle".into());
        }
        Value::Object(dto)
    });
    Ok(Answer::json(folders.collect()))
}

/// `POST /Library/VirtualFolders?name=&collectionType=&paths=&refreshLibrary=`
pub(super) fn add(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let name = call.query("name").unwrap_or("").trim().to_owned();
    if name.is_empty() || state.libraries.iter().any(|library| library.name == name) {
        return Err(Answer::thrown(400));
    }
    let paths = call.query.iter().filter(|(key, _)| key.eq_ignore_ascii_case("paths"));
    let library = Library {
        name,
        kind: call.query("collectionType").map(str::to_owned),
        locations: paths.map(|(_, path)| path.clone()).collect(),
        scanned: call.query("refreshLibrary").is_some_and(|flag| flag.eq_ignore_ascii_case("true")),
        created: call.now,
    };
    state.libraries.push(library);
    Ok(Answer::empty(204))
}

/// `DELETE /Library/VirtualFolders?name=`
pub(super) fn remove(state: &mut State, call: &Call, _: &Caller) -> Outcome {
    let name = call.query("name").unwrap_or("");
    let before = state.libraries.len();
    state.libraries.retain(|library| library.name != name);
    if state.libraries.len() == before { Err(Answer::thrown(404)) } else { Ok(Answer::empty(204)) }
}

/// `POST /Library/Refresh`
pub(super) fn refresh(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    for library in &mut state.libraries {
        library.scanned = true;
    }
    Ok(Answer::empty(204))
}

/// `GET /Library/MediaFolders`: the libraries, and the playlists' folder.
pub(super) fn media_folders(state: &mut State, _: &Call, _: &Caller) -> Outcome {
    let data = state.options.program_data_path.clone();
    let mut items: Vec<Value> = state
        .libraries
        .iter()
        .filter(|library| has_item(state, library))
        .map(|library| {
            let mut item = folder(state, &library.name, &library.id());
            item.insert("DateCreated".into(), date(library.created).into());
            item.insert("Path".into(), format!("{data}/root/default/{}", library.name).into());
            item.insert("DisplayPreferencesId".into(), library.id().into());
            item.insert("CollectionType".into(), library.kind.clone().into());
            Value::Object(item)
        })
        .collect();
    items.push(playlists(state, &data));
    items.sort_by_key(|item| item.get("SortName").and_then(Value::as_str).map(str::to_owned));
    Ok(Answer::json(page(&items)))
}

fn folder(state: &State, name: &str, id: &str) -> Map<String, Value> {
    let mut item = embedded(FOLDER);
    item.insert("Name".into(), name.into());
    item.insert("ServerId".into(), state.server_id.as_str().into());
    item.insert("Id".into(), id.into());
    item.insert("Etag".into(), md5_id(id).into());
    item.insert("SortName".into(), name.to_lowercase().into());
    if state.release < Release::V12 {
        item.shift_remove("Chapters");
    }
    item
}

fn playlists(state: &State, data: &str) -> Value {
    let mut item = folder(state, "Playlists", "1071671e7bffa0532e930debee501d2e");
    let made = "0001-01-01T00:00:00.0000000Z";
    item.insert("DateCreated".into(), made.into());
    item.insert("Path".into(), format!("{data}/data/playlists").into());
    item.insert("ParentId".into(), "f27caa37e5142225cceded48f6553502".into());
    item.insert("Type".into(), "ManualPlaylistsFolder".into());
    item.insert("DisplayPreferencesId".into(), "acd905fc82f256d4facbd049e05d1b45".into());
    item.insert("CollectionType".into(), "playlists".into());
    Value::Object(item)
}
