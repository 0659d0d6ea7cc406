//! What a file holds, by its columns.

use super::names::FileName;

/// What the rows of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Concepts.
    Concept,
    /// Descriptions and text definitions.
    Description,
    /// Relationships between concepts, in the inferred form.
    Relationship,
    /// Relationships to numbers, texts and truth values.
    ConcreteValue,
    /// Identifiers of other schemes for components.
    Identifier,
    /// Members of a language reference set.
    Language,
    /// Members of any other reference set.
    Refset,
    /// Relationships in the stated form, which the OWL reference sets have replaced.
    Stated,
}

/// The columns that the files of all components begin with.
const COMMON: [&str; 4] = ["id", "effectiveTime", "active", "moduleId"];

impl Kind {
    /// The kind of a file with these columns.
    pub(super) fn of(name: &FileName, header: &[String]) -> Option<Self> {
        let has = |column: &&str| header.iter().any(|found| found.eq_ignore_ascii_case(column));
        let all = |columns: &[&str]| columns.iter().all(has);
        if all(&["alternateIdentifier", "identifierSchemeId", "referencedComponentId"]) {
            return Some(Self::Identifier);
        }
        let starts = |columns: &[&str]| {
            header.len() >= columns.len()
                && columns
                    .iter()
                    .zip(header)
                    .all(|(column, found)| found.eq_ignore_ascii_case(column))
        };
        if !starts(&COMMON) {
            return None;
        }
        if starts(&[
            "id",
            "effectiveTime",
            "active",
            "moduleId",
            "refsetId",
            "referencedComponentId",
        ]) {
            let language = header.len() == 7 && has(&"acceptabilityId");
            return Some(if language { Self::Language } else { Self::Refset });
        }
        let relationship = all(&["sourceId", "relationshipGroup", "typeId"]);
        let stated = name.content.eq_ignore_ascii_case("StatedRelationship");
        match () {
            () if relationship && stated => Some(Self::Stated),
            () if relationship && has(&"destinationId") => Some(Self::Relationship),
            () if relationship && has(&"value") => Some(Self::ConcreteValue),
            () if all(&["conceptId", "languageCode", "typeId", "term"]) => Some(Self::Description),
            () if has(&"definitionStatusId") => Some(Self::Concept),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rows::columns;
    use super::*;

    fn kind(name: &str, header: &str) -> Option<Kind> {
        Kind::of(&FileName::parse(name).unwrap(), &columns(header.as_bytes()))
    }

    #[test]
    fn files_are_known_by_their_columns() {
        const RELATIONSHIP: &str =
            "sourceId\tdestinationId\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId";
        const VALUE: &str =
            "sourceId\tvalue\trelationshipGroup\ttypeId\tcharacteristicTypeId\tmodifierId";
        const DESCRIPTION: &str = "conceptId\tlanguageCode\ttypeId\tterm\tcaseSignificanceId";
        const REFSET: &str = "refsetId\treferencedComponentId";
        for (content, rest, expected) in [
            ("sct2_Concept_", "definitionStatusId".to_owned(), Some(Kind::Concept)),
            ("sct2_Description_", DESCRIPTION.to_owned(), Some(Kind::Description)),
            ("sct2_Relationship_", RELATIONSHIP.to_owned(), Some(Kind::Relationship)),
            ("sct2_StatedRelationship_", RELATIONSHIP.to_owned(), Some(Kind::Stated)),
            ("sct2_RelationshipConcreteValues_", VALUE.to_owned(), Some(Kind::ConcreteValue)),
            ("der2_Refset_Simple", REFSET.to_owned(), Some(Kind::Refset)),
            ("der2_cRefset_Language", format!("{REFSET}\tacceptabilityId"), Some(Kind::Language)),
            ("der2_sRefset_Novel", format!("{REFSET}\twhatever"), Some(Kind::Refset)),
            ("sct2_Novel_", "colour".to_owned(), None),
        ] {
            let name = format!("{content}Snapshot_INT_20240101.txt");
            let header = format!("id\teffectiveTime\tactive\tmoduleId\t{rest}");
            assert_eq!(kind(&name, &header), expected, "{name}");
        }
        let identifier = "alternateIdentifier\teffectiveTime\tactive\tmoduleId\tidentifierSchemeId\treferencedComponentId";
        let name = "sct2_Identifier_Snapshot_INT_20240101.txt";
        assert_eq!(kind(name, identifier), Some(Kind::Identifier));
    }
}
