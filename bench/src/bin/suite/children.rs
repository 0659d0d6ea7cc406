//! The processes that are measured.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bench::Result;

use crate::client::Base;

/// How long a process may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server started for the measurement; it ends with this value.
#[derive(Debug)]
pub(crate) struct Started {
    child: Child,
    pub(crate) base: Base,
    /// From the start of the process until it listened.
    pub(crate) listening_after: Duration,
}

/// A program beside this one.
pub(crate) fn beside(name: &str) -> Result<PathBuf> {
    let path = std::env::current_exe()?.with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!(
        "there is no '{}'; build it with 'cargo build --release -p server -p bench'",
        path.display()
    )
    .into())
}

/// Starts the server on a free port.
pub(crate) fn server(program: &Path, library: &Path) -> Result<Started> {
    let mut command = Command::new(program);
    command.arg("--library").arg(library).args(["serve", "--listen", "127.0.0.1:0"]);
    // A line a request would be measured along.
    command.env("BEGRIFF_LOG", std::env::var("BEGRIFF_LOG").unwrap_or_else(|_| "warn".into()));
    start(command)
}

/// Starts the bare handler on a free port.
pub(crate) fn bare(program: &Path) -> Result<Started> {
    start(Command::new(program))
}

fn start(mut command: Command) -> Result<Started> {
    let name = command.get_program().to_string_lossy().into_owned();
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    let Some(stdout) = child.stdout.take() else {
        return Err(format!("{name}: its output cannot be read").into());
    };
    let mut lines = BufReader::new(stdout).lines();
    let address = lines.by_ref().map_while(std::io::Result::ok).find_map(|line| {
        let at = line.find("http://")?;
        let url = line.get(at..)?;
        url.split([' ', ',']).next().map(str::to_owned)
    });
    let Some(url) = address else {
        let status = child.wait()?;
        return Err(format!("{name} ended before it listened: {status}").into());
    };
    let listening_after = started.elapsed();
    // A full pipe would stop the server.
    std::thread::spawn(move || lines.map_while(std::io::Result::ok).for_each(drop));
    Ok(Started { child, base: Base::parse(&url)?, listening_after })
}

impl Started {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Asked to end it closes its store; killed it would have to repair it at the next start.
        let pid = self.child.id().to_string();
        let asked = Command::new("kill").args(["-TERM", &pid]).status();
        let until = Instant::now() + PATIENCE;
        if asked.is_ok_and(|status| status.success()) {
            while Instant::now() < until {
                if !matches!(self.child.try_wait(), Ok(None)) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(10));
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
