//! The library on disk: versions side by side, changes while a server runs, damage, reproducibility.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use loaders::{Options, Sink};
use server::library::{Library, Staging};
use tempfile::TempDir;
use tests::releases::{ANIMALS, SYMPTOMS, animal_files, german_snomed};
use tests::socket::{Connection, listen};
use tests::{Response, Server, load_texts};

const URL: &str = "http://begriff.test/CodeSystem/symptoms";

fn empty() -> (TempDir, Library) {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::open(folder.path()).unwrap();
    (folder, library)
}

fn options(version: &str) -> Options {
    Options {
        url: Some(URL.into()),
        version: Some(version.into()),
        language: Some("de".into()),
        ..Options::default()
    }
}

/// Loads the table of symptoms as `version`, with a code that only this version has.
fn load(library: &Library, version: &str) {
    let table = format!("{SYMPTOMS}V{version};Nur in {version};Only in {version};;S0\n");
    load_texts(library, &[("symptoms.csv", &table)], &options(version));
}

fn lookup(server: &Server, version: &str, code: &str) -> Response {
    server.ask("CodeSystem/$lookup", &[("system", URL), ("version", version), ("code", code)])
}

/// The version that answers where none is named.
fn default_version(server: &Server) -> String {
    let answer = lookup(server, "", "S1").parameters();
    answer.value("version").as_str().unwrap().to_owned()
}

/// The one file of the library with this ending.
fn file(library: &Library, folder: &str) -> PathBuf {
    let mut files = fs::read_dir(library.root().join(folder)).unwrap();
    let path = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none(), "several files in {folder}");
    path
}

#[test]
fn versions_stand_side_by_side_and_the_newest_answers_unless_another_is_chosen() {
    let (folder, library) = empty();
    for version in ["2024", "2026", "2025"] {
        load(&library, version);
    }
    let server = Server::at(folder.path(), |_| ());
    assert_eq!(default_version(&server), "2026");
    for version in ["2024", "2025", "2026"] {
        let own = lookup(&server, version, &format!("V{version}")).parameters();
        assert_eq!(own.value("version"), version);
        assert_eq!(lookup(&server, version, "V1999").status, 404);
    }
    library.set_default(URL, Some("2024")).unwrap();
    server.app().reload().unwrap();
    assert_eq!(default_version(&server), "2024");
    let capabilities = server.get("metadata?mode=terminology").ok();
    let versions = capabilities.json["codeSystem"][0]["version"].as_array().unwrap();
    let chosen: Vec<_> = versions
        .iter()
        .filter(|version| version["isDefault"] == true)
        .map(|one| &one["code"])
        .collect();
    assert_eq!(chosen, ["2024"]);
    library.set_default(URL, None).unwrap();
    server.app().reload().unwrap();
    assert_eq!(default_version(&server), "2026");
    let refused = library.set_default(URL, Some("1999")).unwrap_err().to_string();
    assert!(refused.contains("1999") && refused.contains("2025"), "{refused}");
}

#[test]
fn a_version_that_is_removed_is_gone_and_the_others_stay() {
    let (folder, library) = empty();
    for version in ["2025", "2026"] {
        load(&library, version);
    }
    let server = Server::at(folder.path(), |_| ());
    library.remove(&format!("{URL}|2026")).unwrap();
    server.app().reload().unwrap();
    assert_eq!(default_version(&server), "2025");
    assert_eq!(lookup(&server, "2026", "S1").status, 404);
    assert_eq!(fs::read_dir(folder.path().join("editions")).unwrap().count(), 1);
    let refused = library.remove("nonsense").unwrap_err().to_string();
    assert!(refused.contains("nonsense") && refused.contains("2025"), "{refused}");
}

#[test]
fn the_same_version_loaded_again_takes_the_place_of_the_first() {
    let (folder, library) = empty();
    load(&library, "2026");
    load_texts(&library, &[("symptoms.csv", SYMPTOMS)], &options("2026"));
    assert_eq!(library.releases().unwrap().len(), 1);
    let server = Server::at(folder.path(), |_| ());
    assert_eq!(lookup(&server, "2026", "V2026").status, 404);
    assert_eq!(lookup(&server, "2026", "S1").status, 200);
}

#[test]
fn a_running_server_sees_what_is_loaded_and_removed() {
    let (folder, library) = empty();
    load(&library, "2025");
    let server = Server::at(folder.path(), |_| ());
    server::watch::watch(server.app());
    // The watch begins on a thread of its own.
    std::thread::sleep(Duration::from_millis(200));
    let wait_for = |version: &str| {
        let started = Instant::now();
        while default_version(&server) != version {
            assert!(started.elapsed() < Duration::from_secs(20), "{version} is not served");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    load(&library, "2026");
    wait_for("2026");
    library.set_default(URL, Some("2025")).unwrap();
    wait_for("2025");
    library.set_default(URL, None).unwrap();
    wait_for("2026");
    library.remove(&format!("{URL}|2026")).unwrap();
    wait_for("2025");
}

#[test]
fn no_request_fails_while_releases_come_and_go() {
    let (folder, library) = empty();
    load(&library, "2025");
    let server = Server::at(folder.path(), |_| ());
    let listening = listen(server.app());
    let is_done = AtomicBool::new(false);
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for path in [
            format!("/fhir/CodeSystem/$lookup?system={URL}&code=S1"),
            format!("/fhir/CodeSystem/$lookup?system={URL}&version=2025&code=V2025"),
            format!("/fhir/CodeSystem?url={URL}"),
            format!("/fhir/CodeSystem/$subsumes?system={URL}&codeA=S0&codeB=S1"),
        ] {
            let (is_done, answered) = (&is_done, &answered);
            scope.spawn(move || {
                let mut connection = Connection::open(listening.address);
                while !is_done.load(Ordering::Relaxed) {
                    connection.send(&format!("GET {path} HTTP/1.1\nHost: x"), b"");
                    let answer = connection.receive();
                    let text = String::from_utf8_lossy(&answer.body).into_owned();
                    assert_eq!(answer.status_line, "HTTP/1.1 200 OK", "{path}: {text}");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for round in 0..8 {
            let version = format!("2026.{round}");
            load(&library, &version);
            server.app().reload().unwrap();
            assert_eq!(default_version(&server), version);
            library.remove(&format!("{URL}|{version}")).unwrap();
            server.app().reload().unwrap();
            assert_eq!(default_version(&server), "2025");
        }
        is_done.store(true, Ordering::Relaxed);
    });
    assert!(answered.load(Ordering::Relaxed) > 20);
    listening.stop();
}

/// Every file below a folder with its content.
fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_none_or(|ending| ending != "redb") {
                found.insert(path.display().to_string(), fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// Passes on a few things, then fails: as a loader that is cut off.
struct CutOff {
    staging: Staging,
    left: usize,
}

impl CutOff {
    fn next(&mut self) -> loaders::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(loaders::Error::Store("cut off".into()))?;
        Ok(())
    }
}

impl Sink for CutOff {
    fn edition(&mut self, edition: codesystems::EditionBuilder) -> loaders::Result<()> {
        self.next()?;
        self.staging.edition(edition)
    }

    fn concept_map(
        &mut self,
        map: valuesets::conceptmap::ConceptMapBuilder,
    ) -> loaders::Result<()> {
        self.next()?;
        self.staging.concept_map(map)
    }

    fn resource(&mut self, resource: loaders::Resource<'_>) -> loaders::Result<()> {
        self.next()?;
        self.staging.resource(resource)
    }
}

#[test]
fn a_load_that_is_cut_off_at_any_point_leaves_the_library_as_it_was() {
    let (folder, library) = empty();
    load(&library, "2025");
    let before = content(folder.path());
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("../server/demo/orphadata");
    let (releases, _) = loaders::recognise(&[demo], &Options::default()).unwrap();
    let mut handed_over = 0;
    for left in 0..100 {
        let staging = Staging::new(&library, &releases[0]).unwrap();
        let mut sink = CutOff { staging, left };
        let result = loaders::load(&releases[0], &Options::default(), &mut sink);
        // Complete or not: what is not published has no effect.
        drop(sink);
        assert_eq!(content(folder.path()), before, "after {left}");
        if result.is_ok() {
            handed_over = left;
            break;
        }
    }
    assert!(handed_over > 1, "the release brings several things");
    let server = Server::at(folder.path(), |_| ());
    assert_eq!(default_version(&server), "2025");
}

#[test]
fn what_a_killed_loader_left_behind_does_no_harm() {
    let (folder, library) = empty();
    load(&library, "2025");
    // Killed while staging, and killed between moving files and writing the list.
    let staging = folder.path().join(".staging-killed");
    fs::create_dir(&staging).unwrap();
    fs::write(staging.join("0.edition"), b"half an edi").unwrap();
    fs::write(folder.path().join("editions/orphan-1-0123456789ab.edition"), b"half an edi")
        .unwrap();
    fs::write(folder.path().join("releases/.tmp123"), b"{\"na").unwrap();
    let server = Server::at(folder.path(), |_| ());
    assert_eq!(default_version(&server), "2025");
    assert!(server.app().snapshot().problems.is_empty());
    load(&library, "2026");
    library.remove(&format!("{URL}|2026")).unwrap();
    assert_eq!(fs::read_dir(folder.path().join("editions")).unwrap().count(), 1, "swept");
}

#[test]
fn a_release_that_cannot_be_read_leaves_the_library_as_it_was() {
    let (folder, library) = empty();
    load(&library, "2025");
    let before = content(folder.path());
    let files = tempfile::tempdir().unwrap();
    let release = german_snomed("11000274103", "20250515");
    for (path, text) in release {
        let path = files.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        // Disease is a kind of diabetes, which is a kind of disease.
        let text = if path.display().to_string().contains("sct2_Relationship") {
            text + "9020\t20250515\t1\t11000274103\t64572001\t73211009\t0\t116680003\t900000000000011006\t900000000000451002\r\n"
        } else {
            text
        };
        fs::write(path, text).unwrap();
    }
    let paths = [files.path().to_owned()];
    let (releases, _) = loaders::recognise(&paths, &Options::default()).unwrap();
    for release in &releases {
        let result = server::cli::load_release(&library, release, &Options::default());
        let problem = result.unwrap_err().to_string();
        assert!(problem.contains("cycle") && problem.contains("73211009"), "{problem}");
    }
    assert_eq!(content(folder.path()), before);
}

#[test]
fn damaged_files_are_refused_with_the_reason_and_the_rest_is_served() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(Damage, &[&str]); 6] = [
        (|bytes| bytes.truncate(bytes.len() / 2), &["truncated", "bytes"]),
        (|bytes| bytes.truncate(20), &["truncated"]),
        (|bytes| bytes.clear(), &["magic"]),
        (|bytes| bytes[8] = 99, &["format version 99", "load the release again"]),
        (|bytes| bytes[0] = b'P', &["magic"]),
        (
            |bytes| {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            },
            &["damaged", "checksum"],
        ),
    ];
    for (damage, words) in damages {
        for (kind, damaged) in [("editions", "edition"), ("bundles", "bundle")] {
            let (folder, library) = empty();
            load(&library, "2025");
            load_texts(&library, &animal_files(), &Options::default());
            let path = file(&library, kind);
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, bytes).unwrap();
            let server = Server::at(folder.path(), |_| ());
            let problems = server.app().snapshot().problems.join("\n");
            for word in words {
                assert!(problems.contains(word), "{damaged}: '{word}' is not in: {problems}");
            }
            let name = path.file_name().unwrap().to_str().unwrap();
            assert!(problems.contains(name), "{problems}");
            let (symptoms, animals) = (
                lookup(&server, "", "S1").status,
                server.get("CodeSystem/animals/$lookup?code=cat").status,
            );
            let expected = if kind == "editions" { (404, 200) } else { (200, 404) };
            assert_eq!((symptoms, animals), expected, "{damaged}: {problems}");
            let ready = axum::http::Request::builder().uri("/ready");
            let ready = server.send(ready.body(axum::body::Body::empty()).unwrap());
            assert_eq!(ready.status, 200);
            assert!(ready.text().contains(name), "{}", ready.text());
        }
    }
}

#[test]
fn a_file_that_is_mended_is_served_without_a_restart() {
    let (folder, library) = empty();
    load(&library, "2025");
    load_texts(&library, &animal_files(), &Options::default());
    let path = file(&library, "editions");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let server = Server::at(folder.path(), |_| ());
    assert_eq!(lookup(&server, "", "S1").status, 404);
    fs::write(&path, whole).unwrap();
    server.app().reload().unwrap();
    assert_eq!(default_version(&server), "2025");
    assert!(server.app().snapshot().problems.is_empty());
    // Nothing has changed: requests go on with the same snapshot and what it knows.
    let before = server.app().snapshot();
    server.app().reload().unwrap();
    assert!(std::sync::Arc::ptr_eq(&before, &server.app().snapshot()));
}

#[test]
fn a_flipped_bit_anywhere_is_noticed_or_harmless() {
    let (folder, library) = empty();
    load(&library, "2025");
    let path = file(&library, "editions");
    let whole = fs::read(&path).unwrap();
    let expected = lookup(&Server::at(folder.path(), |_| ()), "", "S1").parameters().json;
    let step = (whole.len() / 150).max(1);
    let mut noticed = 0;
    for at in (0..whole.len()).step_by(step) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << (at % 8);
        fs::write(&path, &bytes).unwrap();
        let server = Server::at(folder.path(), |_| ());
        if server.app().snapshot().problems.is_empty() {
            // Padding between sections, which nobody reads.
            assert_eq!(lookup(&server, "", "S1").parameters().json, expected, "byte {at}");
        } else {
            noticed += 1;
        }
    }
    assert!(noticed > 100, "{noticed} noticed");
}

#[test]
fn the_same_files_make_the_same_hashes_and_bytes() {
    let demo = || {
        let (folder, library) = empty();
        server::demo::load_into(&library).unwrap();
        load_texts(&library, &[("CodeSystem-animals.json", ANIMALS)], &Options::default());
        let mut files: Vec<(String, String, u64)> = library
            .releases()
            .unwrap()
            .into_iter()
            .flat_map(|release| release.files)
            .map(|file| (format!("{}|{}", file.url, file.version), file.hash, file.bytes))
            .collect();
        files.sort();
        let snapshot = Server::at(folder.path(), |_| ()).app().snapshot();
        (files, snapshot.hash.clone())
    };
    let first = demo();
    // Files tell when they were made, in seconds.
    std::thread::sleep(Duration::from_millis(1_100));
    let second = demo();
    assert!(first.0.len() > 10);
    assert_eq!(first, second);
}

#[test]
fn closures_outlive_a_restart() {
    let (folder, library) = empty();
    load(&library, "2025");
    let named = serde_json::json!({ "name": "name", "valueString": "kept" });
    let concept = |code: &str| serde_json::json!({ "name": "concept", "valueCoding": { "system": URL, "code": code } });
    let body = |list: Vec<serde_json::Value>| serde_json::json!({ "resourceType": "Parameters", "parameter": list });
    let server = Server::at(folder.path(), |_| ());
    server.post("$closure", &body(vec![named.clone()])).ok();
    server.post("$closure", &body(vec![named.clone(), concept("S0")])).ok();
    drop(server);
    let server = Server::at(folder.path(), |_| ());
    let answer = server.post("$closure", &body(vec![named, concept("S1")])).ok();
    assert_eq!(answer.json["version"], "2");
    assert_eq!(answer.json["group"][0]["element"][0]["target"][0]["code"], "S0");
}
