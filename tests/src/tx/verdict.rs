//! One case from the request to its differences.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::{Case, Difference, Files, Rules, Sent, Target, Version, r4, scrub, sort};
use crate::Response;

/// What came of a case.
#[derive(Debug)]
pub struct Verdict {
    /// What was sent.
    pub sent: Sent,
    /// The expected answer, with its markers.
    pub expected: Value,
    /// The status of the answer.
    pub status: u16,
    /// The answer as it was compared.
    pub actual: Value,
    /// Why it fails; nothing if it passes.
    pub differences: Vec<Difference>,
    /// Whether the official comparison lets it pass.
    pub passes_officially: bool,
}

/// Sends a case and judges the answer. `modes` are those that change what is expected.
pub fn run(
    case: &Case,
    files: &Files,
    version: Version,
    modes: &BTreeSet<String>,
    target: &Target,
) -> Verdict {
    let sent = Sent::of(case, files, version);
    let response = target.ask(&sent, version);
    let judge = Judge::of(case, files, version, modes);
    let (actual, mut differences) = judge.judge(response.status, response.json.clone());
    if response.json.is_null() {
        differences.insert(0, not_json(&response));
    }
    let passes_officially = judge.passes_officially(response.status, response.json.clone());
    Verdict {
        sent,
        expected: judge.expected,
        status: response.status,
        actual,
        differences,
        passes_officially,
    }
}

fn not_json(response: &Response) -> Difference {
    let text: String = response.text().chars().take(200).collect();
    Difference::at("answer", format!("is not JSON ({}): {text:?}", response.header("content-type")))
}

/// What a case expects of an answer.
#[derive(Debug)]
pub struct Judge<'a> {
    case: &'a Case,
    files: &'a Files,
    version: Version,
    modes: BTreeSet<String>,
    /// The expected answer, with its markers.
    pub expected: Value,
}

impl<'a> Judge<'a> {
    /// The judge of a case; its own mode counts as on.
    pub fn of(
        case: &'a Case,
        files: &'a Files,
        version: Version,
        modes: &BTreeSet<String>,
    ) -> Self {
        let mut modes = modes.clone();
        modes.insert(case.mode.clone());
        let expected = files.json(case.response(&modes));
        Self { case, files, version, modes, expected }
    }

    /// The rules of the comparison.
    pub fn rules(&self) -> Rules<'_> {
        Rules {
            modes: &self.modes,
            version: self.version,
            externals: self.files.externals(self.case.response(&self.modes)),
            is_partial: ["metadata", "term-caps"].contains(&self.case.operation.as_str()),
            is_official: false,
        }
    }

    /// The answer as it is compared, and where it is not as expected.
    pub fn judge(&self, status: u16, answer: Value) -> (Value, Vec<Difference>) {
        self.judge_by(&self.rules(), status, answer)
    }

    /// Whether the official comparison lets the answer pass.
    pub fn passes_officially(&self, status: u16, answer: Value) -> bool {
        let rules = Rules { is_official: true, ..self.rules() };
        self.judge_by(&rules, status, answer).1.is_empty()
    }

    fn judge_by(
        &self,
        rules: &Rules<'_>,
        status: u16,
        mut answer: Value,
    ) -> (Value, Vec<Difference>) {
        let mut differences = Vec::new();
        if !is_of_class(status, &self.case.status_class) {
            let what = format!("expected {}, got {status}", self.case.status_class);
            differences.push(Difference::at("status", what));
        }
        if let Err(what) = r4::answer_from(self.version, &mut answer) {
            differences.push(Difference::at("answer", what));
        }
        scrub::scrub(&mut answer, self.files.managed());
        sort::sort(&mut answer);
        differences.extend(rules.differences(&self.expected, &answer));
        (answer, differences)
    }

    /// An answer in the terms of R5 as a server of this version would give it.
    pub fn on_the_wire(&self, mut answer: Value) -> Value {
        r4::answer_to(self.version, &mut answer);
        answer
    }

    /// A status that the case accepts.
    pub fn status(&self) -> u16 {
        let class = self.case.status_class.chars().next().and_then(|digit| digit.to_digit(10));
        if class == Some(2) { 200 } else { 422 }
    }
}

/// Whether `422` is of the class `4xx`.
fn is_of_class(status: u16, class: &str) -> bool {
    let status = status.to_string();
    status.len() == class.len()
        && status.chars().zip(class.chars()).all(|(digit, wanted)| wanted == 'x' || digit == wanted)
}

impl Verdict {
    /// Whether the case passes.
    pub fn passes(&self) -> bool {
        self.differences.is_empty()
    }

    /// The first differences, one a line.
    pub fn summary(&self, lines: usize) -> String {
        let mut text = String::new();
        for difference in self.differences.iter().take(lines) {
            writeln!(text, "  {difference}").unwrap();
        }
        if self.differences.len() > lines {
            writeln!(text, "  … {} more", self.differences.len() - lines).unwrap();
        }
        text
    }

    /// Everything an engineer needs to work on it.
    pub fn shown(&self, case: &Case) -> String {
        let mut text = format!("\n=== {} ===\n{}\n", case.id(), case.description);
        writeln!(text, "\n--- request: {} {}", self.sent.method, self.sent.path).unwrap();
        for (name, value) in &self.sent.headers {
            writeln!(text, "{name}: {value}").unwrap();
        }
        if let Some(body) = &self.sent.body {
            writeln!(text, "\n{}", pretty(&without_setup(body))).unwrap();
            writeln!(text, "--- sent along: {}", case.setup.join(", ")).unwrap();
        }
        writeln!(text, "\n--- expected: {} {}", case.status_class, pretty(&self.expected)).unwrap();
        writeln!(text, "\n--- actual: {} {}", self.status, pretty(&self.actual)).unwrap();
        writeln!(text, "\n--- differences\n{}", self.summary(20)).unwrap();
        text
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap()
}

/// The request without the resources of the suite, which are files to look at.
fn without_setup(body: &Value) -> Value {
    let mut body = body.clone();
    if let Some(parameters) = body["parameter"].as_array_mut() {
        for parameter in
            parameters.iter_mut().filter(|parameter| parameter["name"] == "tx-resource")
        {
            let resource = &parameter["resource"];
            let text = |name: &str| resource[name].as_str().unwrap_or_default().to_owned();
            let named = format!("{} {}|{}", text("resourceType"), text("url"), text("version"));
            parameter["resource"] = named.into();
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::is_of_class;

    #[test]
    fn status_classes() {
        for (status, class, expected) in [
            (200, "2xx", true),
            (201, "2xx", true),
            (404, "4xx", true),
            (422, "422", true),
            (404, "422", false),
            (500, "4xx", false),
            (200, "4xx", false),
        ] {
            assert_eq!(is_of_class(status, class), expected, "{status} {class}");
        }
    }
}
