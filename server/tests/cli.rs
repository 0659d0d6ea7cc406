//! The command line, run on the demonstration's files.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Output, Stdio};

use common::{Server, begriff, get, releases, words};
use tempfile::TempDir;

const ICD: &str = "http://fhir.de/CodeSystem/bfarm/icd-10-gm";
const ALPHA_ID: &str = "http://fhir.de/CodeSystem/bfarm/alpha-id-se";
const SNOMED: &str = "http://snomed.info/sct";
const LOINC: &str = "http://loinc.org";
const WHOLE_ICD: &str = "http://fhir.de/ValueSet/bfarm/icd-10-gm";

fn run(folder: &Path, arguments: &[&str]) -> Output {
    begriff(folder).args(arguments).output().expect("the binary runs")
}

fn told(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    (text(&output.stdout), text(&output.stderr))
}

/// Runs a command that must end with `code`; returns standard output and standard error.
fn ends_with(code: i32, folder: &Path, arguments: &[&str]) -> (String, String) {
    let output = run(folder, arguments);
    let (out, errors) = told(&output);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{errors}");
    assert!(!errors.contains("panicked"), "{arguments:?}: {errors}");
    (out, errors)
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// Header and rows; the reader refuses rows of another length than the header's.
fn csv(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect());
    (header, rows.collect())
}

/// A folder with the demonstration's files, and a library in which they are loaded.
fn loaded() -> TempDir {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let all = [
        "load",
        "icd10gm2026syst_claml.zip",
        "ops2026syst_claml.zip",
        "icd10gm2026_alphaidse_edvtxt.zip",
        "Loinc_2.82",
        "SnomedCT_Release",
        "orphadata",
        "de.medizininformatikinitiative.kerndatensatz.diagnose.tgz",
    ];
    let (out, errors) = ends_with(0, folder.path(), &all);
    assert!(out.contains("icd-10-gm-2026 (claml)") && out.contains("308 concepts"), "{out}");
    assert!(out.contains(&format!("in the library {}", folder.path().display())), "{out}");
    assert!(errors.contains("reading ") && errors.contains("(loinc, "), "{errors}");
    folder
}

#[test]
fn every_question_is_answered_as_table_csv_and_json() {
    let folder = loaded();
    let questions: [(&[&str], &[&str], &str, &str); 7] = [
        (&["lookup", ICD, "E11.90"], &["element", "name", "value"], "E11.90", "/resourceType"),
        (
            &["validate", LOINC, "4548-4"],
            &["result", "system", "version", "code", "display", "message"],
            "Hemoglobin A1c",
            "/resourceType",
        ),
        (&["search", "diab", "typ", "2"], &["system", "code", "display"], "E11", "/0/code"),
        (
            &["expand", WHOLE_ICD],
            &["system", "version", "code", "display", "inactive", "abstract"],
            "E11.90",
            "/expansion/contains/0/code",
        ),
        (
            &["subsumes", SNOMED, "73211009", "44054006"],
            &["outcome", "system", "codeA", "codeB"],
            "subsumes",
            "/resourceType",
        ),
        (
            &["translate", ALPHA_ID, "I990002"],
            &["equivalence", "system", "version", "code", "display", "map"],
            "E10.01",
            "/resourceType",
        ),
        (
            &["list"],
            &["release", "kind", "url", "version", "default", "bytes", "format", "loaded"],
            "alpha-id-se-icd-10-gm",
            "/releases/0/files/0/hash",
        ),
    ];
    for (arguments, header, content, member) in questions {
        let with = |format| [arguments, &["--format", format]].concat();
        let (table, _) = ends_with(0, folder.path(), arguments);
        assert!(table.starts_with(header[0]) && table.contains(content), "{table}");
        assert!(!table.contains('\u{1b}'), "no colours outside of a terminal: {table}");
        let (text, errors) = ends_with(0, folder.path(), &with("csv"));
        assert_eq!(errors, "", "nothing but data");
        let (names, rows) = csv(&text);
        assert_eq!(names, header);
        assert!(rows.iter().flatten().any(|cell| cell.contains(content)), "{text}");
        let (text, _) = ends_with(0, folder.path(), &with("json"));
        assert!(text.contains(content) && json(&text).pointer(member).is_some(), "{text}");
    }
}

#[test]
fn cells_with_commas_and_quotes_are_quoted() {
    let folder = loaded();
    let (text, _) = ends_with(0, folder.path(), &["expand", WHOLE_ICD, "--format", "csv"]);
    let (_, rows) = csv(&text);
    let row = rows.iter().find(|row| row.contains(&"E11".to_owned())).expect("E11");
    assert!(row.contains(&"Diabetes mellitus, Typ 2".to_owned()), "{row:?}");
    let total = json(&ends_with(0, folder.path(), &["expand", WHOLE_ICD, "--format", "json"]).0);
    assert_eq!(total["expansion"]["total"], rows.len());
}

#[test]
fn exit_codes_tell_yes_no_and_errors_apart() {
    let folder = loaded();
    let unknown = "http://nowhere.example";
    let cases: [(i32, &[&str]); 16] = [
        (0, &["validate", ICD, "E11.90"]),
        (0, &["validate", ICD, "E11.90", "--value-set", WHOLE_ICD]),
        (2, &["validate", ICD, "E99.99"]),
        (2, &["validate", ICD, "E11.90", "--display", "Masern"]),
        (1, &["validate", unknown, "1"]),
        (0, &["subsumes", ICD, "E11", "E11.90"]),
        (0, &["subsumes", ICD, "E11", "E11"]),
        (2, &["subsumes", ICD, "E11.90", "E11"]),
        (2, &["subsumes", ICD, "E11", "E10"]),
        (1, &["subsumes", ICD, "E11", "E99.99"]),
        (2, &["translate", ALPHA_ID, "I0"]),
        (1, &["translate", unknown, "I0"]),
        (1, &["lookup", ICD, "E99.99"]),
        (1, &["lookup", ICD]),
        (1, &["nonsense"]),
        (0, &["--help"]),
    ];
    for (code, arguments) in cases {
        ends_with(code, folder.path(), arguments);
    }
}

#[test]
fn search_ranks_over_everything_or_over_the_systems_named() {
    let folder = loaded();
    let search = |arguments: &[&str]| {
        let arguments = [&["search"], arguments, &["--format", "csv"]].concat();
        csv(&ends_with(0, folder.path(), &arguments).0).1
    };
    let everywhere = search(&["diab typ 2"]);
    assert_eq!(everywhere.len(), 20, "{everywhere:?}");
    let from = |system: &str| everywhere.iter().any(|row| row[0] == system);
    assert!(from(ICD) && from(SNOMED) && from(ALPHA_ID), "{everywhere:?}");
    let two = search(&["diab typ 2", "--system", ICD, "--system", SNOMED, "--count", "3"]);
    assert_eq!(two.len(), 3);
    assert!(two.iter().all(|row| row[0] == ICD || row[0] == SNOMED), "{two:?}");
    let german = search(&["hämoglobin blut", "--system", LOINC, "--language", "de"]);
    assert_eq!(german[0], [LOINC, "718-7", "Hämoglobin [Masse/Volumen] in Blut"]);
    let version = search(&["E11.90", "--system", &format!("{ICD}|2026")]);
    assert_eq!(version[0][1], "E11.90");
    assert!(search(&["xyzzyxyzzy"]).is_empty());
}

#[test]
fn errors_name_what_there_is_instead() {
    let folder = loaded();
    let unknown = "http://nowhere.example";
    let cases: [(&[&str], &[&str]); 14] = [
        (&["lookup", unknown, "1"], &[unknown, ICD, SNOMED]),
        (&["lookup", &format!("{ICD}|1999"), "E11"], &["1999", "2026"]),
        (&["lookup", ICD, "E99.99"], &["E99.99", ICD, "2026"]),
        (&["subsumes", unknown, "1", "2"], &[unknown, ICD]),
        (&["validate", unknown, "1"], &[unknown, ICD]),
        (&["search", "x", "--system", unknown], &[unknown, ICD]),
        (&["expand", unknown], &[unknown]),
        (&["expand", ICD], &["code system", WHOLE_ICD]),
        (&["default", unknown, "1"], &[unknown, ICD, LOINC]),
        (&["default", unknown], &[unknown, ICD]),
        (&["default", ICD, "1999"], &[ICD, "1999", "2026"]),
        (&["remove", "nothing"], &["nothing", "icd-10-gm-2026", "ops-2026"]),
        (&["list", "--format", "xml"], &["xml", "table", "json", "csv"]),
        (&["load", "--as", "word", "orphadata"], &["word", "claml", "rf2"]),
    ];
    for (arguments, names) in cases {
        let (_, errors) = ends_with(1, folder.path(), arguments);
        assert!(names.iter().all(|name| errors.contains(name)), "{arguments:?}: {errors}");
    }
    let (_, errors) = ends_with(1, folder.path(), &["list", "--library", "elsewhere"]);
    assert!(errors.contains("elsewhere") && errors.contains("begriff load"), "{errors}");
    assert!(!folder.path().join("elsewhere").exists(), "looking makes no library");
}

/// Whether the library is there and holds a file besides its lock.
fn holds_files(library: &Path) -> bool {
    let Ok(entries) = fs::read_dir(library) else { return false };
    entries
        .map(|entry| entry.expect("entry").path())
        .any(|path| if path.is_dir() { holds_files(&path) } else { !path.ends_with(".lock") })
}

#[test]
fn bad_input_leaves_the_library_as_it_was() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let claml = fs::read(folder.path().join("icd10gm2026syst_claml.zip")).expect("the release");
    let write = |name: &str, bytes: &[u8]| {
        fs::write(folder.path().join(name), bytes).expect("file");
    };
    write("half.xml", claml.get(..claml.len() / 2).expect("half"));
    write("half.zip", b"PK\x03\x04 and no more");
    write("notes.txt", b"Nothing of interest.");
    fs::create_dir(folder.path().join("empty")).expect("folder");
    let cases: [(&str, &[&str]); 5] = [
        ("half.xml", &["half.xml, line "]),
        ("half.zip", &["half.zip", "zip"]),
        ("notes.txt", &["notes.txt", "expected one of", "claml"]),
        ("empty", &["empty", "no files"]),
        ("absent", &["absent"]),
    ];
    for (path, names) in cases {
        let (out, errors) = ends_with(1, folder.path(), &["load", path]);
        assert_eq!(out, "", "{path}");
        assert!(names.iter().all(|name| errors.contains(name)), "{path}: {errors}");
        assert!(!holds_files(&folder.path().join("library")), "{path} left something");
    }
    // What is good is loaded all the same, and the exit code tells that something was not.
    let mixed = ["load", "--format", "json", "half.xml", "ops2026syst_claml.zip", "notes.txt"];
    let (out, errors) = ends_with(1, folder.path(), &mixed);
    let report = json(&out);
    assert_eq!(report["releases"][0]["name"], "ops-2026", "{out}");
    assert!(report["errors"][0]["message"].to_string().contains("line "), "{out}");
    assert_eq!(report["leftAside"][0], "notes.txt", "{out}");
    assert!(errors.contains("half.xml") && errors.contains("notes.txt"), "{errors}");
    ends_with(0, folder.path(), &["check"]);
}

#[test]
fn what_a_killed_load_left_is_gone_after_the_next_one() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let library = folder.path().join("library");
    for name in [".staging-killed", ".staging-alive"] {
        fs::create_dir_all(library.join(name)).expect("folder");
        fs::write(library.join(name).join("0.edition"), "half").expect("file");
        fs::write(library.join(name).join("alive"), "").expect("file");
    }
    let alive = fs::File::open(library.join(".staging-alive/alive")).expect("file");
    alive.lock().expect("lock");
    ends_with(0, folder.path(), &["load", "ops2026syst_claml.zip"]);
    assert!(!library.join(".staging-killed").exists());
    assert!(library.join(".staging-alive").exists(), "another load is on its way there");
}

#[test]
fn files_that_are_not_known_are_named_up_to_ten() {
    let folder = tempfile::tempdir().expect("folder");
    for number in 10..22 {
        fs::write(folder.path().join(format!("note{number}.txt")), "nothing").expect("file");
    }
    let (_, errors) = ends_with(1, folder.path(), &["load", "."]);
    assert!(errors.contains("note10.txt") && errors.contains("note19.txt"), "{errors}");
    assert!(!errors.contains("note20.txt") && errors.contains("and 2 more"), "{errors}");
}

#[test]
fn a_dry_run_loads_nothing() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let (table, _) = ends_with(0, folder.path(), &["load", "--dry-run", "."]);
    assert!(table.contains("would load") && table.contains("(rf2)"), "{table}");
    let dry = ["load", "--dry-run", "Loinc_2.82", "--format"];
    let (text, _) = ends_with(0, folder.path(), &[&dry[..], &["json"]].concat());
    assert_eq!(json(&text)["releases"][0]["format"], "loinc");
    let (text, _) = ends_with(0, folder.path(), &[&dry[..], &["csv"]].concat());
    assert_eq!(csv(&text).0, ["release", "format", "file"]);
    assert!(!folder.path().join("library").exists(), "a dry run makes no library");
}

#[test]
fn a_load_is_reported_as_csv_too() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let load = ["load", "icd10gm2026_alphaidse_edvtxt.zip", "--format", "csv"];
    let (header, rows) = csv(&ends_with(0, folder.path(), &load).0);
    assert_eq!(header, ["release", "kind", "url", "version", "bytes", "format"]);
    assert_eq!(rows.len(), 3, "an edition and two maps: {rows:?}");
}

#[test]
fn a_default_is_set_shown_and_forgotten_and_a_release_removed() {
    let folder = loaded();
    let default = |release: &serde_json::Value| release["files"][0]["default"] == true;
    let list = || json(&ends_with(0, folder.path(), &["list", "--format", "json"]).0);
    ends_with(0, folder.path(), &["default", ICD, "2026"]);
    assert!(default(&list()["releases"][0]));
    ends_with(0, folder.path(), &["default", ICD]);
    assert!(!default(&list()["releases"][0]));
    ends_with(0, folder.path(), &["default", ICD, "2026"]);
    let (out, _) = ends_with(0, folder.path(), &["remove", &format!("{ICD}|2026")]);
    assert!(out.contains("icd-10-gm-2026"), "{out}");
    ends_with(1, folder.path(), &["lookup", ICD, "E11"]);
    // The default of what is gone can still be forgotten, once.
    ends_with(0, folder.path(), &["default", ICD]);
    ends_with(1, folder.path(), &["default", ICD]);
    ends_with(0, folder.path(), &["remove", "ops-2026"]);
    ends_with(0, folder.path(), &["check"]);
}

#[test]
fn check_names_the_file_that_is_damaged() {
    let folder = loaded();
    let editions = folder.path().join("library/editions");
    let entries = fs::read_dir(editions).expect("editions").map(|entry| entry.expect("entry"));
    let path = entries
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().contains("icd-10-gm"))
        .expect("the edition");
    let mut bytes = fs::read(&path).expect("bytes");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).expect("write");
    let (_, errors) = ends_with(1, folder.path(), &["check"]);
    assert!(errors.contains("icd-10-gm") && errors.contains("checksum"), "{errors}");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = loaded();
    for arguments in [
        &["expand", WHOLE_ICD][..],
        &["expand", WHOLE_ICD, "--format", "csv"],
        &["expand", WHOLE_ICD, "--format", "json"],
        &["list"],
        &["lookup", ICD, "E11", "--format", "json"],
    ] {
        let mut child = begriff(folder.path())
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let (_, errors) = told(&output);
        assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {errors}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_library_lies_in_the_data_folder_unless_one_is_named() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let run = |set: &[(&str, &str)], arguments: &[&str]| {
        let data = folder.path().join("data");
        let mut command = begriff(folder.path());
        command.env_remove("BEGRIFF_LIBRARY").env("XDG_DATA_HOME", data);
        let output =
            command.envs(set.iter().copied()).args(arguments).output().expect("the binary runs");
        assert!(output.status.success(), "{:?}", told(&output));
    };
    let load = ["load", "ops2026syst_claml.zip"];
    run(&[], &load);
    assert!(folder.path().join("data/begriff/releases/ops-2026.json").is_file());
    fs::write(folder.path().join("begriff.toml"), "library = 'filed'").expect("file");
    run(&[("BEGRIFF_CONFIG", "begriff.toml")], &load);
    assert!(folder.path().join("filed/releases").is_dir());
    let both = [("BEGRIFF_CONFIG", "begriff.toml"), ("BEGRIFF_LIBRARY", "environment")];
    run(&both, &load);
    assert!(folder.path().join("environment/releases").is_dir());
    run(&both, &[&load[..], &["--library", "named"]].concat());
    assert!(folder.path().join("named/releases").is_dir());
}

/// The examples in a help text: continued lines joined, redirections and remarks cut off.
fn examples(help: &str) -> Vec<String> {
    let joined = help.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| line.strip_prefix("  begriff "));
    let command = |line: &str| {
        let line = line.split(" > ").next().unwrap_or(line);
        let remark = line.find("     ").filter(|at| !line[..*at].ends_with(' '));
        match remark {
            Some(at) if !line[at..].trim_start().starts_with("--") => line[..at].to_owned(),
            _ => line.to_owned(),
        }
    };
    lines.map(command).collect()
}

#[test]
fn every_example_of_the_help_works() {
    let commands = [
        "load",
        "list",
        "lookup",
        "validate",
        "search",
        "expand",
        "subsumes",
        "translate",
        "check",
        "default",
        "remove",
    ];
    let folder = loaded();
    let (overview, _) = ends_with(0, folder.path(), &["--help"]);
    let mut run = 0;
    for command in commands {
        assert!(overview.contains(&format!("\n  {command} ")), "{command}: {overview}");
        let (help, _) = ends_with(0, folder.path(), &[command, "--help"]);
        for example in examples(&help) {
            let words = words(&example);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (out, _) = ends_with(0, folder.path(), &words);
            assert!(!out.is_empty(), "{example}");
            run += 1;
        }
    }
    assert!(run >= 20, "only {run} examples were found");
}

#[test]
fn what_the_demonstration_tells_to_try_works() {
    let folder = tempfile::tempdir().expect("folder");
    let arguments = ["demo", "--listen", "127.0.0.1:0"].map(str::to_owned);
    let (_server, address) = Server::start(folder.path(), &arguments);
    let mut tried = 0;
    for line in server::demo::WHAT_TO_TRY.lines() {
        let Some(path) = line.split("'{base}").nth(1).and_then(|rest| rest.split('\'').next())
        else {
            continue;
        };
        let answer = get(&address, path);
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
        assert!(!answer.contains("\"name\":\"result\",\"valueBoolean\":false"), "{path}: {answer}");
        tried += 1;
    }
    assert!(tried >= 5, "only {tried} lines were found");
    assert!(!folder.path().join("library").exists(), "the demonstration keeps nothing");
}

#[test]
fn codes_are_read_as_people_write_them_where_that_is_asked_for() {
    let folder = loaded();
    let path = folder.path();
    for (command, rest) in [
        ("lookup", &["e1190 G"][..]),
        ("validate", &["e1190 G"]),
        ("subsumes", &["e10 - e14", "E1190+"]),
    ] {
        let strict = [&[command, ICD], rest].concat();
        assert_ne!(run(path, &strict).status.code(), Some(0), "{command}");
        let (out, _) = ends_with(0, path, &[&strict[..], &["--normalize"]].concat());
        assert!(command == "subsumes" || out.contains("E11.90"), "{out}");
    }
    ends_with(2, path, &["translate", ALPHA_ID, "990002"]);
    let (out, _) = ends_with(0, path, &["translate", ALPHA_ID, "990002", "--normalize"]);
    assert!(out.contains("E10.01"), "{out}");
}

#[test]
fn a_certificate_that_is_not_there_is_named_before_anything_is_served() {
    let folder = tempfile::tempdir().expect("folder");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--tls-certificate", "absent.pem"];
    let (_, errors) = ends_with(1, folder.path(), &arguments);
    assert!(errors.contains("tls.certificate") && errors.contains("absent.pem"), "{errors}");
}
