//! What the columns of a table mean, by their headers in English and German.

/// A column of a code system. Texts carry their language, empty when the header names none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Code,
    Display(String),
    Definition(String),
    Synonyms(String),
    Parent,
    Status,
    Inactive,
    NotSelectable,
    Property(String),
}

/// A column of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum MapColumn {
    Source,
    SourceDisplay,
    SourceSystem,
    Target,
    TargetDisplay,
    TargetSystem,
    Relationship,
    Comment,
    Property(String),
}

impl Column {
    /// The meaning of the column with this header.
    pub(super) fn of(header: &str) -> Self {
        let (name, language) = split_language(header);
        let name = folded(name);
        if let Some(text) = Self::text(&name) {
            return text(language.to_owned());
        }
        match folded(header).as_str() {
            "code" | "kode" | "schlüssel" | "schluessel" => Self::Code,
            "parent" | "eltern" | "oberbegriff" | "übergeordnet" | "uebergeordnet" => Self::Parent,
            "status" => Self::Status,
            "inactive" | "inaktiv" => Self::Inactive,
            "notselectable" | "not selectable" | "abstract" | "abstrakt" | "nicht wählbar" => {
                Self::NotSelectable
            }
            _ => Self::Property(header.to_owned()),
        }
    }

    fn text(name: &str) -> Option<fn(String) -> Self> {
        Some(match name {
            "display" | "anzeige" | "bezeichnung" | "text" | "titel" | "title" => Self::Display,
            "definition" | "description" | "beschreibung" => Self::Definition,
            "synonym" | "synonyms" | "synonyme" => Self::Synonyms,
            _ => return None,
        })
    }
}

impl MapColumn {
    /// The meaning of the column with this header.
    pub(super) fn of(header: &str) -> Self {
        match folded(header).as_str() {
            "source" | "source code" | "sourcecode" | "quelle" | "quellcode" => Self::Source,
            "source display" | "quelltext" | "quellbezeichnung" | "quellanzeige" => {
                Self::SourceDisplay
            }
            "source system" | "quellsystem" => Self::SourceSystem,
            "target" | "target code" | "targetcode" | "ziel" | "zielcode" => Self::Target,
            "target display" | "zieltext" | "zielbezeichnung" | "zielanzeige" => {
                Self::TargetDisplay
            }
            "target system" | "zielsystem" => Self::TargetSystem,
            "relationship" | "equivalence" | "beziehung" | "äquivalenz" => Self::Relationship,
            "comment" | "kommentar" | "bemerkung" => Self::Comment,
            _ => Self::Property(header.to_owned()),
        }
    }
}

/// The meanings of all columns, in order; a column without header has none.
pub(super) fn roles<C>(headers: &[String], of: fn(&str) -> C) -> Vec<(usize, C)> {
    let named = headers.iter().enumerate().filter(|(_, header)| !header.is_empty());
    named.map(|(column, header)| (column, of(header))).collect()
}

/// Whether a table with these headers is a map.
pub(super) fn is_map(headers: &[String]) -> bool {
    let has = |wanted| headers.iter().any(|header| MapColumn::of(header) == wanted);
    has(MapColumn::Source) && has(MapColumn::Target)
}

/// Whether a table with these headers is a code system.
pub(super) fn is_code_system(headers: &[String]) -> bool {
    let columns: Vec<_> = headers.iter().map(|header| Column::of(header)).collect();
    columns.contains(&Column::Code)
        && columns.iter().any(|column| matches!(column, Column::Display(_)))
}

/// Lower case, with `_`, `-` and repeated blanks as one blank.
fn folded(header: &str) -> String {
    let words = header.split(['_', '-', ' ', '\u{a0}']).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Splits `display:en`, `display_en`, `display (en)`, `display@en`; the tag is empty when the end
/// of the header is none.
fn split_language(header: &str) -> (&str, &str) {
    let inner = header.trim_end_matches(')');
    let Some((name, tag)) = inner.rsplit_once([':', '_', '(', '@']) else { return (header, "") };
    let tag = tag.trim();
    let mut subtags = tag.split('-');
    let language = subtags.next().unwrap_or_default();
    let is_language =
        (2..=3).contains(&language.len()) && language.bytes().all(|b| b.is_ascii_alphabetic());
    let rest_fits = subtags.all(|subtag| {
        (2..=8).contains(&subtag.len()) && subtag.bytes().all(|b| b.is_ascii_alphanumeric())
    });
    if is_language && rest_fits { (name.trim(), tag) } else { (header, "") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_in_both_languages() {
        let text = String::new;
        for (header, expected) in [
            ("Code", Column::Code),
            ("SCHLÜSSEL", Column::Code),
            ("Titel", Column::Display(text())),
            ("display:en", Column::Display("en".into())),
            ("Bezeichnung_de-AT", Column::Display("de-AT".into())),
            ("Synonyme (fr)", Column::Synonyms("fr".into())),
            ("Beschreibung", Column::Definition(text())),
            ("Übergeordnet", Column::Parent),
            ("not_selectable", Column::NotSelectable),
            ("Text_Nummer", Column::Property("Text_Nummer".into())),
            ("gültig_ab", Column::Property("gültig_ab".into())),
        ] {
            assert_eq!(Column::of(header), expected, "{header}");
        }
        for (header, expected) in [
            ("Quellcode", MapColumn::Source),
            ("source_display", MapColumn::SourceDisplay),
            ("Ziel", MapColumn::Target),
            ("target system", MapColumn::TargetSystem),
            ("Äquivalenz", MapColumn::Relationship),
            ("Bearbeiter", MapColumn::Property("Bearbeiter".into())),
        ] {
            assert_eq!(MapColumn::of(header), expected, "{header}");
        }
    }
}
