//! Every command of the README is run, with the demonstration's files under the names it uses.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{Server, begriff, get, releases, words};

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
                let output = begriff(folder.path())
                    .args(words.get(1..).expect("arguments"))
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
