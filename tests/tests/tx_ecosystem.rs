//! HL7's terminology ecosystem suite against this server: one test a case, named
//! `mode/version/suite/test`. How to work with it: `tests/README.md`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};
use tests::shared;
use tests::tx::accepted::{Accepted, Floor};
use tests::tx::manifest::EVERY_SERVER;
use tests::tx::report::{End, Report, Row};
use tests::tx::{Case, Files, Target, Version, library, verdict};

/// Modes that are on unless `BEGRIFF_TX_MODES` says otherwise. The others need content that is not
/// at hand.
const MODES: &str = "general,snomed,omop,tx.fhir.org";

/// Modes of suites; any other that is on only changes what is expected (`flat`).
const SUITE_MODES: [&str; 6] = [EVERY_SERVER, "general", "snomed", "omop", "icd-11", "tx.fhir.org"];

/// What the environment asks for.
struct Wishes {
    /// The case of this name, or else the cases whose name holds this text; all where empty.
    only: String,
    /// Whether `only` is the whole name of a case.
    is_one: bool,
    /// Everything about cases that fail.
    show: bool,
    /// Modes that are on.
    modes: BTreeSet<String>,
    /// Another server.
    base: Option<String>,
    /// Takes what passes off the list.
    record: bool,
    /// A file for the differences of all cases that fail, a line each.
    differences: Option<PathBuf>,
}

impl Wishes {
    fn read() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let modes = text("BEGRIFF_TX_MODES").unwrap_or_else(|| MODES.to_owned());
        let modes = modes.split(',').map(str::to_owned).chain([EVERY_SERVER.to_owned()]).collect();
        Self {
            only: text("BEGRIFF_TX_ONLY").unwrap_or_default(),
            is_one: false,
            show: text("BEGRIFF_TX_SHOW").is_some(),
            modes,
            base: text("BEGRIFF_TX_BASE"),
            record: text("BEGRIFF_TX_RECORD").is_some(),
            differences: text("BEGRIFF_TX_DIFFERENCES").map(PathBuf::from),
        }
    }

    /// Whether the trial of this name, `mode/version/suite/test`, is asked for.
    fn wants(&self, name: &str) -> bool {
        if self.is_one {
            name.strip_suffix(&self.only).is_some_and(|before| before.ends_with('/'))
        } else {
            name.contains(&self.only)
        }
    }

    /// Modes that change what is expected of every case.
    fn special(&self) -> BTreeSet<String> {
        let is_special = |mode: &&String| !SUITE_MODES.contains(&mode.as_str());
        self.modes.iter().filter(is_special).cloned().collect()
    }

    /// Whether nothing was left out that the recorded floor counts.
    fn is_complete(&self, arguments: &Arguments) -> bool {
        let defaults: BTreeSet<&str> = MODES.split(',').chain([EVERY_SERVER]).collect();
        arguments.filter.is_none()
            && arguments.skip.is_empty()
            && !arguments.list
            && self.only.is_empty()
            && self.base.is_none()
            && self.modes.iter().map(String::as_str).eq(defaults)
    }
}

/// What all cases of a run share.
struct Run {
    files: Files,
    wishes: Wishes,
    accepted: Accepted,
    floor: Floor,
    report: Mutex<Report>,
    lines: Mutex<Vec<String>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(root) = shared::ecosystem("tests") else { return ExitCode::SUCCESS };
    let files = Files::open(&root);
    let cases = files.cases();
    let names: BTreeSet<String> = cases.iter().map(Case::id).collect();
    let mut wishes = Wishes::read();
    wishes.is_one = names.contains(&wishes.only);
    let accepted = if wishes.base.is_some() { Accepted::default() } else { Accepted::read() };
    let run = Arc::new(Run {
        files,
        wishes,
        accepted,
        floor: Floor::read(),
        report: Mutex::default(),
        lines: Mutex::default(),
    });
    let strangers = run.accepted.strangers(&names);
    assert!(strangers.is_empty(), "accepted failures that are no cases: {strangers:?}");

    let mut trials = Vec::new();
    for (version, target) in targets(&run.wishes, arguments.list) {
        trials.extend(cases.iter().map(|case| trial(&run, case, version, target.as_ref())));
    }
    trials.retain(|trial| run.wishes.wants(trial.name()));
    let conclusion = libtest_mimic::run(&arguments, trials);
    let is_firm = !arguments.list && finish(&run, &arguments);
    if arguments.list || is_firm { conclusion.exit_code() } else { ExitCode::FAILURE }
}

/// The servers by version. Without one the cases are listed and not run.
fn targets(wishes: &Wishes, is_list: bool) -> Vec<(Version, Option<Arc<Target>>)> {
    if is_list {
        return vec![(Version::R4, None)];
    }
    if let Some(base) = &wishes.base {
        let target = Target::at(base);
        let spoken = target.speaks(Version::R4).unwrap_or_default();
        let version = if spoken.starts_with('5') { Version::R5 } else { Version::R4 };
        return vec![(version, Some(Arc::new(target)))];
    }
    let ours = |version| Arc::new(Target::Ours(Box::new(library::server(version))));
    let r4 = ours(Version::R4);
    let mut targets = vec![(Version::R4, Some(Arc::clone(&r4)))];
    match r4.speaks(Version::R5) {
        Some(number) if number.starts_with('5') => {
            targets.push((Version::R5, Some(ours(Version::R5))));
        }
        _ => println!("R5 is not served: there is no {}/metadata", Version::R5.base()),
    }
    targets
}

fn trial(run: &Arc<Run>, case: &Case, version: Version, target: Option<&Arc<Target>>) -> Trial {
    let name = format!("{}/{version}/{}", case.mode, case.id());
    let why = if !run.wishes.modes.contains(&case.mode) {
        Some(format!("mode {} is off", case.mode))
    } else if !case.is_for(version) {
        Some(format!("not for {version}"))
    } else {
        None
    };
    let is_ignored = why.is_some();
    if is_ignored && run.wishes.wants(&name) {
        note(run, case, version, End::Skipped, false);
    }
    let (run, case, target) = (Arc::clone(run), case.clone(), target.cloned());
    let test = move || match &target {
        Some(target) => ask(&run, &case, version, target),
        None => Ok(()),
    };
    Trial::test(name, test).with_kind(why.unwrap_or_default()).with_ignored_flag(is_ignored)
}

fn note(run: &Run, case: &Case, version: Version, end: End, passes_officially: bool) {
    let wants_content =
        end == End::Failed && run.accepted.is_for_want_of_content(version, &case.id());
    run.report.lock().unwrap().add(Row {
        version,
        mode: case.mode.clone(),
        suite: case.suite.clone(),
        case: case.id(),
        end,
        wants_content,
        passes_officially,
    });
}

fn ask(run: &Run, case: &Case, version: Version, target: &Target) -> Result<(), Failed> {
    let modes = run.wishes.special();
    let verdict =
        catch_unwind(AssertUnwindSafe(|| verdict::run(case, &run.files, version, &modes, target)));
    let officially = verdict.as_ref().is_ok_and(|verdict| verdict.passes_officially);
    let (passes, summary) = match &verdict {
        Ok(verdict) => {
            if run.wishes.show && !verdict.passes() {
                println!("{}", verdict.shown(case));
            }
            let lines = verdict.differences.iter().map(|difference| {
                format!(
                    "{version}\t{}\t{}\t{}\t{}",
                    case.mode,
                    case.id(),
                    difference.path,
                    difference.what
                )
            });
            run.lines.lock().unwrap().extend(lines);
            (verdict.passes(), verdict.summary(10))
        }
        Err(_) => (false, "  the server or the runner panicked".to_owned()),
    };
    note(run, case, version, if passes { End::Passed } else { End::Failed }, officially);
    let id = case.id();
    let is_new = run.wishes.record && !run.floor.knows(version, &case.mode);
    match run.accepted.reason(version, &id) {
        Some(_) if passes && !run.wishes.record => Err(format!(
            "{version} {id} passes: take it off tests/tx/accepted-failures.txt (BEGRIFF_TX_RECORD=1)"
        )
        .into()),
        Some(_) if run.accepted.is_slip(version, &id) && !officially => Err(format!(
            "{version} {id} fails by the official comparison too, so it is no slip of the pen\n{summary}"
        )
        .into()),
        None if !passes && !is_new => {
            Err(format!("{summary}  to see all: BEGRIFF_TX_SHOW=1 BEGRIFF_TX_ONLY={id}").into())
        }
        _ => Ok(()),
    }
}

/// The table, the floor and what is recorded; whether the floor holds.
fn finish(run: &Run, arguments: &Arguments) -> bool {
    let report = run.report.lock().unwrap();
    println!("\n{}", report.table());
    if let Some(path) = &run.wishes.differences {
        let mut lines = run.lines.lock().unwrap();
        lines.sort();
        std::fs::write(path, lines.join("\n") + "\n").unwrap();
    }
    if !run.wishes.is_complete(arguments) {
        return true;
    }
    let broken = run.floor.broken(|version, mode| report.passed(version, mode));
    for (version, mode, floor, passed) in &broken {
        println!("{mode} {version}: {passed} pass, which is below the recorded floor of {floor}");
    }
    let holds = broken.is_empty();
    if run.wishes.record && holds {
        record(run, &report);
    }
    holds
}

/// Takes what passes off the list and raises the floor. Versions and modes that were never recorded
/// are.
fn record(run: &Run, report: &Report) {
    let mut accepted = run.accepted.clone();
    let mut floor = run.floor.clone();
    for row in report.rows() {
        match row.end {
            End::Passed => accepted.remove(row.version, &row.case),
            End::Failed if !run.floor.knows(row.version, &row.mode) => {
                accepted.add(row.version, &row.case, "not done yet");
            }
            End::Failed | End::Skipped => {}
        }
        if let Some(passed) = report.passed(row.version, &row.mode) {
            floor.raise(row.version, &row.mode, passed);
        }
    }
    accepted.write();
    floor.write();
}
