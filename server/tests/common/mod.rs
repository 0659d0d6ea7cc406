//! What the tests of the binary share. All of it is used by each of them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The binary, run in `folder` with the library `folder/library` and no other setting of the
/// environment.
pub(crate) fn begriff(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_begriff"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BEGRIFF_")) {
        command.env_remove(name);
    }
    command.current_dir(folder).env("BEGRIFF_LIBRARY", folder.join("library"));
    command
}

/// Splits a command as a shell does: blanks, single and double quotes.
pub(crate) fn words(command: &str) -> Vec<String> {
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
pub(crate) fn releases(folder: &Path) {
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
#[derive(Debug)]
pub(crate) struct Server(Child);

impl Server {
    /// Starts it in `folder`; returns it with its address.
    pub(crate) fn start(folder: &Path, arguments: &[String]) -> (Self, String) {
        let mut child = begriff(folder)
            .args(arguments)
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

/// The answer to a GET, with its head.
pub(crate) fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")
        .expect("request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answer");
    answer
}
