//! How codes of a system are written where nobody checks: one entry a system.

use super::{Mark, Refusal};
use crate::EditionMeta;

/// How the codes of a system are written.
pub(super) struct Convention {
    /// Canonicals of the code system.
    urls: &'static [&'static str],
    /// What it is called before a code, longest first.
    names: &'static [&'static str],
    /// Its versions are years, which may stand behind its name.
    is_yearly: bool,
    /// Further spellings of a text, best first.
    pub(super) spellings: fn(&str) -> Vec<String>,
    /// The mark that a character after a code is.
    pub(super) mark: fn(char) -> Option<Mark>,
    /// Marks are told from codes by what stands between them, because codes end with letters too.
    pub(super) marks_stand_apart: bool,
    /// A dash may stand for further digits.
    pub(super) has_placeholders: bool,
    /// A term may follow the code: `73211009 |Diabetes mellitus|`.
    pub(super) has_terms: bool,
    /// Why a text that means no code must not be taken for one.
    pub(super) refuse: fn(&str) -> Option<Refusal>,
}

/// Nothing but blanks and case.
const PLAIN: Convention = Convention {
    urls: &[],
    names: &[],
    is_yearly: false,
    spellings: upper_case,
    mark: |_| None,
    marks_stand_apart: false,
    has_placeholders: false,
    has_terms: false,
    refuse: |_| None,
};

static CONVENTIONS: [Convention; 7] = [
    Convention {
        urls: &[
            "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
            "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
            "http://hl7.org/fhir/sid/icd-10-gm",
            "http://hl7.org/fhir/sid/icd-10",
        ],
        names: &["ICD-10-GM", "ICD-10-WHO", "ICD10GM", "ICD-10", "ICD10", "ICD"],
        is_yearly: true,
        spellings: icd,
        mark: |character| {
            usage(character).or_else(|| side(character)).or_else(|| certainty(character))
        },
        has_placeholders: true,
        ..PLAIN
    },
    Convention {
        urls: &["http://fhir.de/CodeSystem/bfarm/ops", "http://fhir.de/CodeSystem/dimdi/ops"],
        names: &["OPS-301", "OPS"],
        is_yearly: true,
        spellings: ops,
        mark: side,
        marks_stand_apart: true,
        has_placeholders: true,
        ..PLAIN
    },
    Convention {
        urls: &[
            "http://fhir.de/CodeSystem/bfarm/atc",
            "http://fhir.de/CodeSystem/dimdi/atc",
            "http://www.whocc.no/atc",
        ],
        names: &["ATC"],
        is_yearly: true,
        ..PLAIN
    },
    Convention {
        urls: &[
            "http://fhir.de/CodeSystem/bfarm/alpha-id",
            "http://fhir.de/CodeSystem/bfarm/alpha-id-se",
            "http://fhir.de/CodeSystem/dimdi/alpha-id",
            "http://fhir.de/CodeSystem/alpha-id",
        ],
        names: &["ALPHA-ID-SE", "ALPHA-ID", "ALPHAID"],
        is_yearly: true,
        spellings: alpha_id,
        ..PLAIN
    },
    Convention {
        urls: &["http://www.orpha.net", "https://www.orpha.net"],
        names: &["ORPHACODE", "ORPHANET", "ORPHA"],
        spellings: |text| vec![format!("ORPHA:{}", compact(text))],
        ..PLAIN
    },
    Convention {
        urls: &["http://loinc.org"],
        names: &["LOINC", "LN"],
        refuse: check_digit,
        ..PLAIN
    },
    Convention {
        urls: &["http://snomed.info/sct"],
        names: &["SNOMED CT", "SNOMED-CT", "SNOMED", "SCTID", "SCT"],
        has_terms: true,
        refuse: component,
        ..PLAIN
    },
];

impl Convention {
    /// How the codes of an edition are written, where that is known.
    pub(super) fn of(meta: &EditionMeta) -> Option<&'static Self> {
        let knows = |convention: &&Self| {
            let aliases = meta.aliases.iter().map(String::as_str);
            aliases.chain([meta.url.as_str()]).any(|url| convention.urls.contains(&url))
        };
        CONVENTIONS.iter().find(knows)
    }

    /// The name of the code system before a code, and the code: `OPS 5-470`, `OPS-2026: 5-470`.
    pub(super) fn without_name<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let between = |character: char| character.is_whitespace() || ":#|/-_".contains(character);
        let (name, rest) = self.names.iter().find_map(|name| {
            let start = text.get(..name.len())?;
            start.eq_ignore_ascii_case(name).then_some((start, text.get(name.len()..)?))
        })?;
        let rest = rest.trim_start_matches(between);
        // The year of the release, where something follows it.
        let code = rest
            .split_at_checked(4)
            .filter(|(year, code)| {
                self.is_yearly
                    && year.bytes().all(|byte| byte.is_ascii_digit())
                    && code.starts_with(between)
            })
            .map(|(_, code)| code.trim_start_matches(between))
            .filter(|code| !code.is_empty());
        let code = code.unwrap_or(rest);
        (!code.is_empty()).then_some((name, code))
    }
}

/// Without blanks, with one kind of dash.
fn compact(text: &str) -> String {
    let dash = |character| match character {
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        other => other,
    };
    text.chars().filter(|character| !character.is_whitespace()).map(dash).collect()
}

fn upper_case(text: &str) -> Vec<String> {
    let text = compact(text);
    vec![text.to_ascii_uppercase(), text]
}

/// `E11.90`, `A00-A09`. Source: ICD-10-GM, structure of codes.
fn icd(text: &str) -> Vec<String> {
    let text = compact(text).to_ascii_uppercase();
    let mut spellings = vec![text.replace('…', "-").replace("..", "-").replace("-.", "-")];
    let bare: String = text.chars().filter(|character| *character != '.').collect();
    let dotted = bare.split_at_checked(3).filter(|(_, rest)| !rest.is_empty());
    if !bare.contains('-') {
        spellings.extend(dotted.map(|(category, rest)| format!("{category}.{rest}")));
        spellings.push(bare);
    }
    spellings
}

/// `5-470.11`, `1-20...1-33`. Source: OPS, structure of codes.
fn ops(text: &str) -> Vec<String> {
    let text = compact(text).to_ascii_lowercase();
    let mut spellings = vec![text.clone()];
    let block = text.replace('…', "..");
    if let Some((first, last)) = block.split_once("..") {
        spellings.push(format!("{}...{}", ops_code(first), ops_code(last.trim_start_matches('.'))));
    } else if let [a, b, c, d] = text.split('-').collect::<Vec<_>>().as_slice() {
        spellings.push(format!("{a}-{b}...{c}-{d}"));
    } else if !text.ends_with('-') {
        spellings.push(ops_code(&text));
    }
    spellings
}

fn ops_code(text: &str) -> String {
    let bare: String = text.chars().filter(|character| !matches!(character, '.' | '-')).collect();
    let Some((chapter, rest)) = bare.split_at_checked(1) else { return bare };
    match rest.split_at_checked(3) {
        Some((category, further)) if !further.is_empty() => {
            format!("{chapter}-{category}.{further}")
        }
        _ if rest.is_empty() => bare,
        _ => format!("{chapter}-{rest}"),
    }
}

/// A number behind an `I`, which some releases leave out.
fn alpha_id(text: &str) -> Vec<String> {
    let text = compact(text).to_ascii_uppercase();
    let number = text.strip_prefix('I').unwrap_or(&text);
    vec![format!("I{number}"), number.to_owned()]
}

fn usage(character: char) -> Option<Mark> {
    match character {
        '+' | '†' => Some(Mark::Usage('†')),
        '*' | '!' => Some(Mark::Usage(character)),
        _ => None,
    }
}

fn side(character: char) -> Option<Mark> {
    let letter = character.to_ascii_uppercase();
    matches!(letter, 'L' | 'R' | 'B' | 'U').then_some(Mark::Side(letter))
}

fn certainty(character: char) -> Option<Mark> {
    let letter = character.to_ascii_uppercase();
    matches!(letter, 'A' | 'G' | 'V' | 'Z').then_some(Mark::Certainty(letter))
}

/// The check digit that a LOINC code lacks.
///
/// Source: LOINC Users' Guide, appendix on the calculation of check digits (modulus 10).
fn check_digit(text: &str) -> Option<Refusal> {
    let text = compact(text).to_ascii_uppercase();
    let text = ["LOINC", "LN"].iter().find_map(|name| text.strip_prefix(name)).unwrap_or(&text);
    let text = text.trim_start_matches(':');
    let (number, given) = match text.split_once('-') {
        Some((number, given)) => (number, Some(given)),
        None => (text, None),
    };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(number) || number.len() > 7 || given.is_some_and(|given| given.len() > 1) {
        return None;
    }
    let given = given.filter(|given| !given.is_empty());
    if given.is_some_and(|given| !is_number(given)) {
        return None;
    }
    let digit = luhn(number).to_string();
    if given == Some(digit.as_str()) {
        return None;
    }
    Some(Refusal::CheckDigit { right: format!("{number}-{digit}"), is_missing: given.is_none() })
}

fn luhn(number: &str) -> u8 {
    let digits = number.bytes().rev().map(|byte| byte.wrapping_sub(b'0'));
    let sum: u8 = digits
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, doubled @ 10..) => doubled - 9,
            (0, doubled) => doubled,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

/// What an identifier of SNOMED CT identifies, where that is no concept.
///
/// Source: SNOMED CT Release File Specification, SCTID, partition identifiers.
fn component(text: &str) -> Option<Refusal> {
    let text = text.trim();
    if !(6..=18).contains(&text.len()) || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match text.get(text.len() - 3..text.len() - 1)? {
        "01" | "11" => Some(Refusal::NotAConcept { is_description: true }),
        "02" | "12" => Some(Refusal::NotAConcept { is_description: false }),
        _ => None,
    }
}
