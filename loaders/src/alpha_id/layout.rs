//! Which columns a file has.
//!
//! All files are separated by `|`, without header and quoting; the text stands last:
//!
//! | columns | years | between id and text |
//! |---|---|---|
//! | 6 | to 2014 | primary, asterisk, additional |
//! | 7 | SE 2015 to 2019 | primary, asterisk, additional, ORPHAcode |
//! | 7 | Alpha-ID 2020, 2021 | primary, asterisk, additional, second primary |
//! | 8 | SE from 2020 | primary, asterisk, additional, second primary, ORPHAcode |
//!
//! The two layouts of seven columns are told apart by what the column before the text holds:
//! ORPHAcodes are numbers, ICD-10-GM codes begin with a letter.

use crate::Result;
use crate::encoding::Lines;

/// The columns of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// How many columns every row has.
    pub(super) columns: usize,
    /// Place of the second primary code, from 0.
    pub(super) second_primary: Option<usize>,
    /// Place of the ORPHAcode, from 0.
    pub(super) orpha: Option<usize>,
}

impl Layout {
    const SIX: Self = Self { columns: 6, second_primary: None, orpha: None };
    const SEVEN_ORPHA: Self = Self { columns: 7, second_primary: None, orpha: Some(5) };
    const SEVEN_PRIMARY: Self = Self { columns: 7, second_primary: Some(5), orpha: None };
    const EIGHT: Self = Self { columns: 8, second_primary: Some(5), orpha: Some(6) };

    /// Whether this is Alpha-ID-SE, the edition with ORPHAcodes.
    pub(super) fn is_se(self) -> bool {
        self.orpha.is_some()
    }

    /// The layout of a file, read as far as is needed to tell; `None` when it is none of these.
    /// Seven columns of which the one in question is always empty go by the file's name.
    ///
    /// # Errors
    /// When the file cannot be read or decoded.
    pub(super) fn of(lines: &mut Lines, name: &str) -> Result<Option<Self>> {
        while let Some(line) = lines.next_line()? {
            let columns: Vec<&str> = line.text.split('|').collect();
            match columns.as_slice() {
                [text] if text.trim().is_empty() => {}
                [_, _, _, _, _, _] => return Ok(Some(Self::SIX)),
                [_, _, _, _, _, _, _, _] => return Ok(Some(Self::EIGHT)),
                [_, _, _, _, _, code, _] => match code.trim().bytes().next() {
                    None => {}
                    Some(first) if first.is_ascii_digit() => return Ok(Some(Self::SEVEN_ORPHA)),
                    Some(_) => return Ok(Some(Self::SEVEN_PRIMARY)),
                },
                _ => return Ok(None),
            }
        }
        let is_se = name.to_ascii_lowercase().contains("alphaidse");
        Ok(Some(if is_se { Self::SEVEN_ORPHA } else { Self::SEVEN_PRIMARY }))
    }
}
