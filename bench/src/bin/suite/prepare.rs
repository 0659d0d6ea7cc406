//! Generates releases and loads them into a library.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use bench::Result;
use bench::generate::{LOINC, Shape, System, local_map_url, local_system_url};
use serde::{Deserialize, Serialize};

/// What loading the releases of one system took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Loaded {
    pub(crate) system: String,
    pub(crate) source_bytes: u64,
    pub(crate) seconds: f64,
    /// Growth of the library.
    pub(crate) library_bytes: u64,
}

/// Makes `out/library` of generated releases in `out/releases`, unless they are there already in
/// the same shape. What loading took, when it was done.
///
/// # Errors
/// When a release cannot be written, or the server's program cannot load it.
pub(crate) fn library(out: &Path, shape: &Shape, server: &Path) -> Result<Vec<Loaded>> {
    let (releases, library) = (out.join("releases"), out.join("library"));
    let done = out.join("loaded.json");
    // A library of another format version is not served.
    let wanted = format!("{shape:?}, format {}", codesystems::index::format::FORMAT_VERSION);
    if let Ok(text) = std::fs::read_to_string(&done)
        && let Ok((known, loads)) = serde_json::from_str::<(String, Vec<Loaded>)>(&text)
        && known == wanted
    {
        println!("using {}", library.display());
        return Ok(loads);
    }
    for folder in [&releases, &library] {
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
    }
    let mut loads = Vec::new();
    for system in System::ALL {
        let start = Instant::now();
        let written = system
            .generate(shape, &releases)
            .map_err(|error| format!("{}: {error}", system.name()))?;
        println!("{}: generated in {:.1} s", system.name(), start.elapsed().as_secs_f64());
        let before = bytes_of(&library)?;
        let start = Instant::now();
        load(server, &library, system, &releases.join(system.name()))?;
        let loaded = Loaded {
            system: system.name().into(),
            source_bytes: written.bytes,
            seconds: start.elapsed().as_secs_f64(),
            library_bytes: bytes_of(&library)?.saturating_sub(before),
        };
        println!("{}: loaded in {:.1} s", system.name(), loaded.seconds);
        loads.push(loaded);
    }
    std::fs::write(done, serde_json::to_vec(&(wanted, &loads))?)?;
    Ok(loads)
}

fn load(server: &Path, library: &Path, system: System, folder: &Path) -> Result<()> {
    let mut command = Command::new(server);
    command.arg("--library").arg(library).arg("load").arg(folder);
    if system == System::Local {
        // A table does not say what it maps.
        command.args(["--url", &local_map_url(), "--source", &local_system_url()]);
        command.args(["--target", LOINC]);
    }
    let output = command.output().map_err(|error| format!("{}: {error}", server.display()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} was not loaded: {}", system.name(), text.trim()).into())
}

fn bytes_of(folder: &Path) -> std::io::Result<u64> {
    let mut sum = 0;
    if !folder.exists() {
        return Ok(0);
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        sum += if meta.is_dir() { bytes_of(&entry.path())? } else { meta.len() };
    }
    Ok(sum)
}
