//! Every command of the README is run, with the demonstration's files under the names it uses.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const BINARY: &str = env!("CARGO_BIN_EXE_begriff");

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the workspace")
        .to_owned()
}

/// The commands in the README's `sh` blocks, in order.
fn commands() -> Vec<String> {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("README.md");
    let mut commands = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            command if inside => commands.push(command.to_owned()),
            _ => {}
        }
    }
    commands
}

/// Splits a command as a shell does: blanks, single and double quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for character in command.chars() {
        match (quote, character) {
            (Some(open), close) if open == close => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, ' ') => words.push(String::new()),
            _ => words.last_mut().expect("one word at least").push(character),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).expect("folder");
        for entry in fs::read_dir(from).expect("folder") {
            let entry = entry.expect("entry");
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).expect("copy");
    }
}

/// The demonstration's files under the names that the README uses.
fn releases(folder: &Path) {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    let only = |dir: &str| {
        let mut entries = fs::read_dir(demo.join(dir)).expect("demo folder");
        entries.next().expect("a file").expect("entry").path()
    };
    copy(&only("icd10gm"), &folder.join("icd10gm2026syst_claml.zip"));
    copy(&only("ops"), &folder.join("ops2026syst_claml.zip"));
    copy(&only("alpha-id"), &folder.join("icd10gm2026_alphaidse_edvtxt.zip"));
    copy(&demo.join("loinc/Loinc_2.82"), &folder.join("Loinc_2.82"));
    copy(&demo.join("snomed"), &folder.join("SnomedCT_Release"));
    copy(&demo.join("orphadata"), &folder.join("orphadata"));
    copy(&only("fhir"), &folder.join("de.medizininformatikinitiative.kerndatensatz.diagnose.tgz"));
    for name in ["hauskatalog_labor.csv", "labor_nach_loinc.csv"] {
        copy(&demo.join("local").join(name), &folder.join(name));
    }
}

/// A server that is stopped when the test is done with it.
struct Server(Child);

impl Server {
    fn start(folder: &Path, arguments: &[String]) -> (Self, String) {
        let mut child = Command::new(BINARY)
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        let mut line = String::new();
        let out = child.stdout.take().expect("standard output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.unwrap_or_else(|| panic!("no address in '{line}'")).to_owned();
        (Self(child), address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answer");
    answer
}

/// Another port than the README's, so that the test disturbs nobody.
fn on_free_port(words: &[String]) -> Vec<String> {
    let mut words: Vec<String> = words
        .iter()
        .filter(|word| !word.contains("127.0.0.1:8080") && *word != "--listen")
        .cloned()
        .collect();
    words.extend(["--listen".to_owned(), "127.0.0.1:0".to_owned()]);
    words
}

#[test]
fn every_command_of_the_readme_does_what_it_says() {
    let folder = tempfile::tempdir().expect("folder");
    releases(folder.path());
    let mut server: Option<(Server, String)> = None;
    let mut run = 0;
    for command in commands() {
        let words = words(&command);
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["cargo", "run", "--release", "--", "demo"] => {
                server = Some(Server::start(folder.path(), &on_free_port(&["demo".to_owned()])));
            }
            ["curl", url] => {
                let (_, address) = server.as_ref().expect("a server runs before curl");
                let path = url.strip_prefix("http://127.0.0.1:8080").expect("the README's address");
                let answer = get(address, path);
                assert!(answer.starts_with("HTTP/1.1 200"), "{command}: {answer}");
                assert!(answer.contains("Diabetes mellitus, Typ 2"), "{command}: {answer}");
            }
            // This very test is part of it.
            ["cargo", "test", "--workspace"] => {}
            ["begriff", "serve", ..] => {
                let (_served, address) =
                    Server::start(folder.path(), &on_free_port(words.get(1..).expect("arguments")));
                let answer = get(&address, "/fhir/metadata?mode=terminology");
                assert!(answer.contains("http://fhir.de/CodeSystem/bfarm/icd-10-gm"), "{answer}");
                assert!(get(&address, "/ready").contains("ready"));
            }
            ["begriff", ..] => {
                let output = Command::new(BINARY)
                    .args(words.get(1..).expect("arguments"))
                    .current_dir(folder.path())
                    .output()
                    .expect("the binary runs");
                let told = String::from_utf8_lossy(&output.stdout).into_owned();
                let errors = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{command}: {told}{errors}");
                assert!(!told.is_empty(), "{command} says what it did");
            }
            _ => panic!("the README has a command that this test does not know: {command}"),
        }
        run += 1;
    }
    assert!(run > 15, "only {run} commands were found in the README");
}

#[test]
fn the_configuration_of_the_readme_is_the_default() {
    let readme = fs::read_to_string(workspace().join("README.md")).expect("README.md");
    let block = readme
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next())
        .expect("a toml block");
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("begriff.toml");
    fs::write(&path, block).expect("file");
    let read =
        server::config::Config::read(Some(&path), std::iter::empty()).expect("valid configuration");
    assert_eq!(read, server::config::Config::default());
}
