//! Runs this program under valgrind and reads what it counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bench::Result;

/// Instructions of each path, by its name. Each function is walked twice; the second counts.
///
/// # Errors
/// When there is no valgrind, the program fails under it, or a path was not counted.
pub(crate) fn count(
    library: &Path,
    folder: &Path,
    names: &[&'static str],
) -> Result<BTreeMap<String, u64>> {
    let out = folder.join("callgrind");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .args(["--toggle-collect=*measured_*", "--dump-after=*measured_*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .arg("--walk")
        .arg(library)
        // The order in which hash maps of threads are walked must not depend on the machine.
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .map_err(|error| format!("valgrind: {error}; install it, as 'apt-get install valgrind'"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("guard:")).collect();
        let told = if lines.is_empty() { text.trim().to_owned() } else { lines.join("\n") };
        return Err(format!("the paths failed under valgrind: {told}").into());
    }
    let mut counted = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().map_or("".into(), |name| name.to_string_lossy());
        if name.starts_with("callgrind.")
            && let Some((trigger, part, total)) = read(&std::fs::read_to_string(&path)?)
        {
            // A longer name may end in a shorter one's.
            let known = names.iter().filter(|name| trigger.contains(&format!("measured_{name}")));
            if let Some(name) = known.max_by_key(|name| name.len()) {
                let slot = counted.entry((*name).to_owned()).or_insert((0, 0));
                // Later parts are later walks.
                *slot = (*slot).max((part, total));
            }
        }
    }
    for name in names {
        if !counted.contains_key(*name) {
            return Err(format!("'{name}' was not counted: its function has no symbol").into());
        }
    }
    Ok(counted.into_iter().map(|(name, (_, total))| (name, total)).collect())
}

/// What dumped a part, its number and the instructions in it.
fn read(text: &str) -> Option<(&str, u64, u64)> {
    let line = |start: &str| text.lines().find_map(|line| line.strip_prefix(start));
    let trigger = line("desc: Trigger: ")?;
    let part = line("part: ")?.trim().parse().ok()?;
    let total = line("totals: ").or(line("summary: "))?.trim().parse().ok()?;
    Some((trigger, part, total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_says_what_dumped_it_and_how_much_it_holds() {
        let text = "version: 1\npart: 3\n\ndesc: Trigger: --dump-after=guard::paths::measured_ecl\nfn=x\n1 2\ntotals: 712\n";
        let expected = ("--dump-after=guard::paths::measured_ecl", 3, 712);
        assert_eq!(read(text), Some(expected));
        assert_eq!(read("part: 1\ntotals: 2\n"), None);
    }
}
