//! Runs this program under valgrind and reads what it counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use bench::Result;

/// Instructions of each path, by its name.
///
/// # Errors
/// When there is no valgrind, the program fails under it, or a path was not counted.
pub(crate) fn count(
    library: &Path,
    folder: &Path,
    names: &[&'static str],
) -> Result<BTreeMap<String, u64>> {
    let out = folder.join("callgrind.out");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--collect-atstart=no", "--toggle-collect=*measured_*"])
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(std::env::current_exe()?)
        .arg("--walk")
        .arg(library)
        .output()
        .map_err(|error| format!("valgrind: {error}; install it, as 'apt-get install valgrind'"))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stderr);
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("guard:")).collect();
        let told = if lines.is_empty() { text.trim().to_owned() } else { lines.join("\n") };
        return Err(format!("the paths failed under valgrind: {told}").into());
    }
    let text = std::fs::read_to_string(out)?;
    let counted = inclusive(&text);
    let of = |name: &&str| {
        let function = format!("measured_{name}");
        let total = counted.iter().find(|(known, _)| known.ends_with(&function))?.1;
        Some(((*name).to_owned(), *total))
    };
    names
        .iter()
        .map(|name| {
            of(name).ok_or_else(|| {
                format!("'{name}' was not counted: its function has no symbol").into()
            })
        })
        .collect()
}

/// Instructions in each function and all it calls, as its callers were charged for them.
///
/// Source: the format of Callgrind's output. A name stands once, `(12) name`, and is its number
/// from then on; the line behind `calls=` has the cost of the calls.
fn inclusive(text: &str) -> BTreeMap<&str, u64> {
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let mut costs: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut callee, mut is_cost) = (None, false);
    for line in text.lines() {
        if let Some(function) = line.strip_prefix("fn=").or(line.strip_prefix("cfn=")) {
            let (number, name) = function.split_once(' ').unwrap_or((function, ""));
            if !name.is_empty() {
                names.insert(number, name);
            }
            if line.starts_with('c') {
                callee = Some(number);
            }
        } else if line.starts_with("calls=") {
            is_cost = true;
        } else if std::mem::take(&mut is_cost)
            && let (Some(number), Some(cost)) = (callee, line.split(' ').nth(1))
        {
            *costs.entry(number).or_default() += cost.trim().parse::<u64>().unwrap_or(0);
        }
    }
    let named = costs.into_iter().filter_map(|(number, cost)| Some((*names.get(number)?, cost)));
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_summed_by_the_name_of_the_function() {
        let text = "fn=(1) main\n3 9\ncfn=(2) guard::measured_ecl\ncalls=1 156\n89 700\n\nfn=(2)\n1 2\nfn=(3) other\ncfn=(2)\ncalls=2 156\n+4 12\ncfn=(1)\ncalls=1 3\n5 1\n";
        let costs = inclusive(text);
        assert_eq!(costs["guard::measured_ecl"], 712);
        assert_eq!(costs["main"], 1);
    }
}
