//! Code systems whose codes are made by a grammar and cannot be listed.

/// A grammar that decides which codes exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grammar {
    /// UCUM unit expressions, case-sensitive. Source: The Unified Code for Units of Measure, 2.2.
    Ucum,
}

impl Grammar {
    /// The grammar of the code system `url`, if its codes are made by one.
    #[must_use]
    pub fn of_system(url: &str) -> Option<Self> {
        (url == "http://unitsofmeasure.org").then_some(Self::Ucum)
    }

    /// Whether `code` is well-formed and all its parts exist.
    ///
    /// # Errors
    /// Why it is not, in words.
    pub fn check(self, code: &str) -> Result<(), String> {
        match self {
            Self::Ucum => check_ucum(code),
        }
    }
}

/// UCUM has no blanks outside of braces and no exponents written with `^`; the parser accepts some.
fn check_ucum(code: &str) -> Result<(), String> {
    if code.is_empty() {
        return Err("a unit must not be empty".into());
    }
    if let Some(bad) = code.chars().find(|character| !('!'..='~').contains(character)) {
        return Err(format!("the character '{bad}' does not occur in UCUM"));
    }
    if outside_brackets(code).any(|character| character == '^') {
        return Err("powers are written without '^', as in 10*9 or m2".into());
    }
    octofhir_ucum::validate(code).map_err(|error| error.to_string())
}

/// The characters of a unit that are not in annotations or bracketed symbols.
fn outside_brackets(code: &str) -> impl Iterator<Item = char> + '_ {
    let mut depth = 0i32;
    code.chars().filter(move |character| match character {
        '{' | '[' => {
            depth += 1;
            false
        }
        '}' | ']' => {
            depth -= 1;
            false
        }
        _ => depth == 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ucum_accepts_units_and_refuses_lookalikes() {
        for good in
            ["mg/dL", "10*9/L", "mL/min/{1.73_m2}", "Cel", "[degF]", "1", "%", "mm[Hg]", "{score}"]
        {
            assert_eq!(Grammar::Ucum.check(good), Ok(()), "{good}");
        }
        for bad in ["", "foo", "mmHg", "10^9/L", "µg", "mg / dL", "mg//dL", "°C"] {
            assert!(Grammar::Ucum.check(bad).is_err(), "{bad}");
        }
    }
}
