//! Codes of ISO 3166-1 that are not listed because users assign them, code system
//! `urn:iso:std:iso:3166`.
//!
//! Source: ISO 3166-1:2020, section 8.1.3. The user-assigned alpha-2 codes are listed.

use crate::grammar::Made;

/// What user-assigned codes are called.
pub(crate) const USER_ASSIGNED: &str = "User-assigned";

/// The user-assigned code in capitals, or why it is none.
pub(crate) fn check(code: &str) -> Result<Made, String> {
    let upper = code.to_ascii_uppercase();
    let is_in = |low: &str, high: &str| (low..=high).contains(&upper.as_str());
    let is_letters = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_digits = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let is_assigned = is_letters
        && (is_in("AAA", "AAZ")
            || is_in("QMA", "QZZ")
            || is_in("XAA", "XZZ")
            || is_in("ZZA", "ZZZ"))
        || is_digits && is_in("900", "999");
    if is_assigned { Ok(Made::new(&upper).named("en", USER_ASSIGNED)) } else { Err(String::new()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_assigned_codes_are_ranges() {
        for good in ["AAA", "AAZ", "QMA", "QZZ", "XAA", "XZZ", "xkx", "ZZA", "ZZZ", "900", "999"] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in ["", "AA", "ABA", "QLZ", "DEU", "ZYZ", "899", "1000", "90", "X1Y", "ÄÄÄ", "9٠0"]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
