//! Rows at hand: what an expansion shows of a concept in one place, for editions of which much is shown.
//!
//! Code and display of a concept, and what its flags say, lie in nine tables, and concepts that a search
//! found lie far from each other in each of them. The rows take 24 bytes a concept; making them takes
//! about what they save for a quarter as many rows shown, and so they are made after these.

use std::ops::Range;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::sections::{Section, Table};
use super::super::write::{FLAG_INACTIVE, FLAG_NOT_SELECTABLE};
use super::Edition;
use super::told::touch;
use crate::ConceptIx;

/// The rows are made when one in so many of them has been shown.
const MADE_AFTER: u32 = 4;
/// Stands for a text that a row has no room for: it is asked of the tables.
const LONG: u16 = u16::MAX;
/// Stands for no display.
const NONE: u16 = u16::MAX - 1;
/// The concept has a status that does not follow from the other flags.
const FLAG_STATUS: u8 = 128;
/// JSON writes neither text otherwise than it is.
const FLAG_VERBATIM: u8 = 64;

/// The rows, once they are made.
#[derive(Debug, Default)]
pub(super) struct RowsAtHand {
    shown: AtomicU64,
    rows: OnceLock<ShownRows>,
}

/// What is shown of each concept of an edition where no language is asked for.
#[derive(Debug)]
pub struct ShownRows {
    rows: Box<[Row]>,
}

#[derive(Debug, Clone, Copy)]
struct Row {
    text: u32,
    text_length: u16,
    code_length: u8,
    flags: u8,
    /// The code if it fits, so that one line of memory less is read; where it lies if not.
    code: [u8; CODE],
}

/// Bytes that a row has for a code.
const CODE: usize = 16;

/// What is shown of a concept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownRow<'e> {
    /// The code, in UTF-8.
    pub code: &'e [u8],
    /// The default display, in UTF-8.
    pub display: Option<&'e [u8]>,
    /// Whether the concept is no longer to be used.
    pub is_inactive: bool,
    /// Whether the concept only groups others.
    pub is_not_selectable: bool,
    /// Whether [`Edition::status`] tells more than that: neither nothing nor `inactive` of an inactive
    /// concept, nor `active` of another.
    pub has_status: bool,
    /// Whether code and display are without quotes, backslashes and control characters.
    pub is_verbatim: bool,
}

impl ShownRow<'_> {
    /// Whether an answer may have a status other than active to tell.
    #[must_use]
    pub const fn may_have_status(&self) -> bool {
        self.is_inactive || self.has_status
    }
}

impl ShownRows {
    /// `None` where offsets need more than 32 bits.
    fn of(edition: &Edition) -> Option<Self> {
        let fits = |section| u32::try_from(edition.bytes(section).len()).is_ok();
        if !fits(Section::CodeBytes) || !fits(Section::Texts) {
            return None;
        }
        let rows = (0..edition.concept_count()).map(|concept| Row::of(edition, ConceptIx(concept)));
        Some(Self { rows: rows.collect() })
    }

    /// What is shown of a concept; `None` where a row has no room for it.
    #[must_use]
    pub fn get<'e>(&'e self, edition: &'e Edition, concept: ConceptIx) -> Option<ShownRow<'e>> {
        let row = self.rows.get(concept.row()).filter(|row| row.text_length != LONG)?;
        Some(ShownRow {
            code: row.code(edition),
            display: (row.text_length != NONE).then(|| row.text(edition)),
            is_inactive: row.flags & FLAG_INACTIVE != 0,
            is_not_selectable: row.flags & FLAG_NOT_SELECTABLE != 0,
            has_status: row.flags & FLAG_STATUS != 0,
            is_verbatim: row.flags & FLAG_VERBATIM != 0,
        })
    }

    /// Code and default display of each of the concepts, the code again where there is no display.
    pub(super) fn named<'e>(
        &'e self,
        edition: &'e Edition,
        concepts: &[ConceptIx],
    ) -> impl Iterator<Item = (&'e [u8], &'e [u8])> {
        concepts.iter().map(|&concept| match self.get(edition, concept) {
            Some(row) => (row.code, row.display.unwrap_or(row.code)),
            None => {
                let code = edition.code_bytes(concept);
                let display = edition.default_designation(concept);
                (code, display.map_or(code, |display| display.value_bytes()))
            }
        })
    }

    /// Whether an answer may have a status other than active to tell of a concept; `None` where it has no
    /// row.
    #[must_use]
    #[inline]
    pub fn may_have_status(&self, concept: ConceptIx) -> Option<bool> {
        let row = self.rows.get(concept.row())?;
        Some(row.flags & (FLAG_INACTIVE | FLAG_STATUS) != 0)
    }

    /// Reads rows and the ends of their texts, so that the processor fetches all of them at once.
    pub(super) fn touch(&self, edition: &Edition, concepts: &[ConceptIx]) {
        // First all rows, then all texts: they lie far from each other.
        let rows = concepts.iter().filter_map(|concept| self.rows.get(concept.row()));
        let texts: Vec<&[u8]> = rows.map(|row| row.text(edition)).collect();
        touch(texts);
    }
}

impl Row {
    fn of(edition: &Edition, concept: ConceptIx) -> Self {
        let code = edition.table(Table::CodeOffsets).range(concept.row());
        let display = edition.default_designation(concept);
        let text = display
            .map(|display| edition.table(Table::TextOffsets).range(display.number() as usize));
        let length = |text: &Range<usize>| u16::try_from(text.len()).ok().filter(|&len| len < NONE);
        let text_length = text.as_ref().map_or(NONE, |text| length(text).unwrap_or(LONG));
        let code_length = u8::try_from(code.len()).ok();
        let status = edition.status(concept);
        let flags = edition.flags(concept) & (FLAG_INACTIVE | FLAG_NOT_SELECTABLE);
        let follows = match flags & FLAG_INACTIVE {
            0 => status.eq_ignore_ascii_case("active"),
            _ => status == "inactive",
        };
        let has_status = !status.is_empty() && !follows;
        let is_verbatim = |section, range: &Range<usize>| {
            let text = edition.bytes(section).get(range.clone()).unwrap_or_default();
            !text.iter().any(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\'))
        };
        let are_verbatim = is_verbatim(Section::CodeBytes, &code)
            && text.as_ref().is_none_or(|text| is_verbatim(Section::Texts, text));
        let code_at = (code.start as u32).to_le_bytes();
        let code_bytes = edition.code_bytes(concept);
        let stored = if code_bytes.len() <= CODE { code_bytes } else { &code_at };
        let mut code = [0; CODE];
        code.iter_mut().zip(stored).for_each(|(to, from)| *to = *from);
        Self {
            text: text.map_or(0, |text| text.start as u32),
            text_length: if code_length.is_some() { text_length } else { LONG },
            code_length: code_length.unwrap_or_default(),
            code,
            flags: flags
                | if has_status { FLAG_STATUS } else { 0 }
                | if are_verbatim { FLAG_VERBATIM } else { 0 },
        }
    }

    fn code<'e>(&'e self, edition: &'e Edition) -> &'e [u8] {
        let length = usize::from(self.code_length);
        self.code.get(..length).unwrap_or_else(|| {
            let start = self.code.first_chunk().map_or(0, |at| u32::from_le_bytes(*at)) as usize;
            edition.bytes(Section::CodeBytes).get(start..start + length).unwrap_or_default()
        })
    }

    fn text<'e>(&self, edition: &'e Edition) -> &'e [u8] {
        let length = if self.text_length >= NONE { 0 } else { usize::from(self.text_length) };
        let start = self.text as usize;
        edition.bytes(Section::Texts).get(start..start + length).unwrap_or_default()
    }
}

impl Edition {
    /// The rows at hand, of which about `count` are shown now; none until enough have been shown.
    #[must_use]
    pub fn shown_rows(&self, count: u64) -> Option<&ShownRows> {
        let at_hand = &self.rows_at_hand;
        if let Some(rows) = at_hand.rows.get() {
            return Some(rows);
        }
        let before = at_hand.shown.fetch_add(count, Ordering::Relaxed);
        let enough = u64::from(self.count / MADE_AFTER);
        if before < enough
            && before.saturating_add(count) >= enough
            && let Some(rows) = ShownRows::of(self)
        {
            let _ = at_hand.rows.set(rows);
        }
        None
    }

    /// Those that are at hand already.
    pub(super) fn rows_if_made(&self) -> Option<&ShownRows> {
        self.rows_at_hand.rows.get()
    }
}

#[cfg(test)]
mod tests {
    use crate::{ConceptIx, Edition, EditionBuilder, EditionMeta, LanguagePreference};

    fn edition(texts: &[&str]) -> Edition {
        let meta = EditionMeta::new("http://rows.example".to_owned(), "1".to_owned());
        let mut builder = EditionBuilder::new(meta);
        for (number, text) in texts.iter().enumerate() {
            let concept = builder.concept(&format!("c{number}"));
            if !text.is_empty() {
                builder.display(concept, "de", text);
            }
            if number % 3 == 1 {
                builder.set_inactive(concept, true);
            }
            let statuses = ["active", "inactive", "retired", "Active", ""];
            builder.set_status(concept, statuses[number % statuses.len()]);
        }
        let rather_long = builder.concept("seventeen letters");
        builder.display(rather_long, "de", "länger");
        let long = builder.concept(&"long".repeat(100));
        builder.display(long, "de", "kurz");
        Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
    }

    #[test]
    fn rows_say_what_the_tables_say() {
        let long = "lang".repeat(20_000);
        let edition = edition(&["Haus", "", "Straße \"7\"", &long, "Hof", "Dach", "Tür", "Tor"]);
        assert!(edition.shown_rows(0).is_none());
        assert!(edition.shown_rows(u64::MAX).is_none(), "it is made with this");
        let rows = edition.shown_rows(1).unwrap();
        let concepts: Vec<ConceptIx> = edition.all().iter().collect();
        edition.touch_shown(&concepts);
        let mut left = 0;
        for &concept in &concepts {
            let Some(row) = rows.get(&edition, concept) else {
                left += 1;
                continue;
            };
            assert_eq!(row.code, edition.code_bytes(concept));
            let display = edition.default_designation(concept);
            assert_eq!(row.display, display.map(|display| display.value_bytes()));
            assert_eq!(row.is_inactive, edition.is_inactive(concept));
            assert_eq!(row.is_not_selectable, edition.is_not_selectable(concept));
            let follows = if row.is_inactive { "inactive" } else { "active" };
            let status = edition.status(concept).to_ascii_lowercase();
            assert_eq!(row.has_status, !status.is_empty() && status != follows);
            assert_eq!(rows.may_have_status(concept), Some(row.may_have_status()));
            let has_quote = row.display.is_some_and(|display| display.contains(&b'"'));
            assert_eq!(row.is_verbatim, !has_quote);
        }
        assert_eq!(left, 2, "a long display and a long code");
        let scores = edition.language_scores(&LanguagePreference::default());
        let named = edition.named_for(&concepts, &scores);
        let displays = edition.displays_for(&concepts, &scores);
        for ((&concept, named), display) in concepts.iter().zip(named).zip(displays) {
            let expected = edition.display_bytes_for(concept, &scores);
            assert_eq!(named, (edition.code_bytes(concept), expected));
            assert_eq!(display, expected);
        }
        assert!(rows.get(&edition, ConceptIx(u32::MAX)).is_none());
    }
}
