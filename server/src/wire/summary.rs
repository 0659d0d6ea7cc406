//! Parts of a resource: `_summary` and `_elements`.
//!
//! Source: FHIR R4 and R5, "Search", sections "Summary" and "Elements". Resources are filtered on their first
//! level, by copying members as raw text; a resource that was cut is tagged `SUBSETTED`, so that no client
//! stores it as if it were whole.

use std::borrow::Cow;

use super::json::{JsonWriter, Members};
use super::{CodingRef, Parameters, WireError};

/// How much of each resource an answer holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum View {
    /// All of it.
    #[default]
    Whole,
    /// The elements marked as summary in the resource's definition (`_summary=true`).
    Summary,
    /// Narrative, id, meta and mandatory elements (`_summary=text`).
    Text,
    /// All but the narrative (`_summary=data`).
    Data,
    /// Nothing: a search answers its count alone (`_summary=count`).
    Count,
    /// These elements and the mandatory ones (`_elements=…`).
    Elements(Vec<String>),
}

/// Elements of the first level that every resource in a summary keeps.
const COMMON_SUMMARY: &[&str] = &[
    "url",
    "identifier",
    "version",
    "versionAlgorithm[x]",
    "name",
    "title",
    "status",
    "experimental",
    "date",
    "publisher",
    "contact",
    "useContext",
    "jurisdiction",
    "effectivePeriod",
];

/// What the definitions of the terminology resources add to [`COMMON_SUMMARY`]. R4 and R5 are joined: an
/// element that one version does not have does not occur in its resources.
const SUMMARY_ELEMENTS: &[(&str, &[&str])] = &[
    (
        "CodeSystem",
        &[
            "caseSensitive",
            "valueSet",
            "hierarchyMeaning",
            "compositional",
            "versionNeeded",
            "content",
            "supplements",
            "count",
            "filter",
            "property",
        ],
    ),
    ("ValueSet", &["immutable"]),
    ("ConceptMap", &["source[x]", "target[x]", "sourceScope[x]", "targetScope[x]"]),
    ("NamingSystem", &["kind", "uniqueId"]),
    ("OperationOutcome", &["issue"]),
    ("Parameters", &["parameter"]),
    (
        "CapabilityStatement",
        &[
            "kind",
            "instantiates",
            "software",
            "implementation",
            "fhirVersion",
            "format",
            "patchFormat",
            "implementationGuide",
            "rest",
            "messaging",
            "document",
        ],
    ),
    ("TerminologyCapabilities", &["kind", "software", "implementation"]),
];

/// Mandatory elements of the first level, beside `status`, which all of these resources require.
const MANDATORY_ELEMENTS: &[(&str, &[&str])] = &[
    ("CodeSystem", &["content"]),
    ("NamingSystem", &["name", "kind", "date", "uniqueId"]),
    ("OperationOutcome", &["issue"]),
    ("CapabilityStatement", &["kind", "date", "fhirVersion", "format"]),
    ("TerminologyCapabilities", &["kind", "date"]),
];

/// Elements whose name ends with their type, so that a client names only the beginning.
const CHOICES: &[&str] = &["source", "target", "sourceScope", "targetScope", "versionAlgorithm"];

const SUBSETTED: CodingRef<'_> =
    CodingRef::new("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")
        .with_display(Some("subsetted"));

impl View {
    /// The view that the parameters `_summary` and `_elements` ask for.
    ///
    /// # Errors
    /// [`WireError::Value`] for an unknown `_summary`, and where both are given: FHIR does not say what that
    /// means.
    pub fn from_parameters(parameters: &Parameters) -> Result<Self, WireError> {
        let summary = match parameters.string("_summary")? {
            None | Some("false") => Self::Whole,
            Some("true") => Self::Summary,
            Some("text") => Self::Text,
            Some("data") => Self::Data,
            Some("count") => Self::Count,
            Some(other) => {
                let expected = "'true', 'false', 'text', 'data' or 'count'";
                return Err(WireError::value("_summary", other, expected));
            }
        };
        let lists = parameters.strings("_elements")?;
        let names = lists.iter().flat_map(|list| list.split(',')).map(str::trim);
        let elements: Vec<String> =
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect();
        match (elements.is_empty(), summary) {
            (true, summary) => Ok(summary),
            (false, Self::Whole) => Ok(Self::Elements(elements)),
            (false, _) => {
                Err(WireError::value("_elements", &elements.join(","), "no '_summary' beside it"))
            }
        }
    }

    /// The part of a resource that this view shows, as JSON. [`View::Count`] shows the mandatory elements, since
    /// a count is the search's business, not the resource's.
    ///
    /// Cost: one pass over the text and one copy of what is kept; nothing for [`View::Whole`].
    ///
    /// # Errors
    /// [`WireError::Json`] where `json` is not a well-formed object.
    pub fn apply<'a>(&self, json: &'a str) -> Result<Cow<'a, str>, WireError> {
        if *self == Self::Whole {
            return Ok(Cow::Borrowed(json));
        }
        let members = Members::of(json)?;
        let kind = members.get("resourceType").unwrap_or_default().trim_matches('"');
        let mut writer = JsonWriter::with_capacity(json.len().min(4096));
        writer.begin_object();
        let mut tagged = false;
        for (name, value) in &members.0 {
            let is_head = matches!(name.as_ref(), "resourceType" | "id");
            if !is_head && !tagged {
                write_meta(&mut writer, members.get("meta"))?;
                tagged = true;
            }
            if is_head || (name != "meta" && self.keeps(kind, name)) {
                writer.field_raw(name, value.get());
            }
        }
        if !tagged {
            write_meta(&mut writer, None)?;
        }
        writer.end_object();
        // The writer was given text alone.
        Ok(Cow::Owned(String::from_utf8(writer.into_bytes()).unwrap_or_default()))
    }

    /// Whether an element of the first level is shown. `_status` goes with `status`.
    fn keeps(&self, kind: &str, member: &str) -> bool {
        let name = member.strip_prefix('_').unwrap_or(member);
        let is_mandatory = matches!(name, "status" | "implicitRules" | "modifierExtension")
            || listed(MANDATORY_ELEMENTS, kind, name);
        is_mandatory
            || match self {
                Self::Whole => true,
                Self::Data => name != "text",
                Self::Text => name == "text",
                Self::Count => false,
                Self::Summary => {
                    COMMON_SUMMARY.iter().any(|each| names(each, name))
                        || listed(SUMMARY_ELEMENTS, kind, name)
                }
                Self::Elements(elements) => elements.iter().any(|each| asks_for(each, kind, name)),
            }
    }
}

fn listed(table: &[(&str, &[&str])], kind: &str, name: &str) -> bool {
    let elements = table.iter().find(|(each, _)| *each == kind).map(|(_, elements)| *elements);
    elements.unwrap_or_default().iter().any(|each| names(each, name))
}

/// Whether a definition's element name (`url`, `source[x]`) is the name of this member (`url`, `sourceUri`).
fn names(element: &str, member: &str) -> bool {
    match element.strip_suffix("[x]") {
        None => element == member,
        Some(stem) => {
            let kind = member.strip_prefix(stem);
            kind.is_some_and(|kind| kind.starts_with(|first: char| first.is_ascii_uppercase()))
        }
    }
}

/// Whether a name in `_elements` asks for this member. Paths below the first level ask for its whole element,
/// and a name may begin with the resource type.
fn asks_for(asked: &str, kind: &str, member: &str) -> bool {
    let path = asked.strip_prefix(kind).and_then(|rest| rest.strip_prefix('.')).unwrap_or(asked);
    let element = path.split('.').next().unwrap_or(path);
    names(element, member)
        || (CHOICES.contains(&element) && names(&format!("{element}[x]"), member))
}

/// Writes `meta` as it was, with the tag SUBSETTED added.
fn write_meta(writer: &mut JsonWriter, meta: Option<&str>) -> Result<(), WireError> {
    writer.key("meta");
    writer.begin_object();
    let members = meta.map(Members::of).transpose()?;
    let others = members.iter().flat_map(|members| &members.0).filter(|(name, _)| name != "tag");
    for (name, value) in others {
        writer.field_raw(name, value.get());
    }
    let tags = members.as_ref().and_then(|members| members.get("tag")).unwrap_or_default();
    writer.key("tag");
    writer.begin_array();
    let tags = tags.trim_start_matches('[').trim_end_matches(']').trim();
    if !tags.is_empty() {
        writer.raw(tags);
    }
    if !tags.contains("\"SUBSETTED\"") {
        writer.coding(SUBSETTED);
    }
    writer.end_array();
    writer.end_object();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE_SYSTEM: &str = r#"{"resourceType":"CodeSystem","id":"x","meta":{"versionId":"3","tag":[{"code":"own"}]},
        "text":{"status":"generated","div":"<div/>"},"url":"http://example.org/cs","name":"X","_status":{"id":"s"},
        "status":"draft","description":"d","content":"complete","count":2,"property":[{"code":"p"}],
        "concept":[{"code":"a"},{"code":"b"}]}"#;

    fn members_shown(view: &View, json: &str) -> Vec<String> {
        let shown = view.apply(json).unwrap();
        let members = Members::of(&shown).unwrap();
        members.0.iter().map(|(name, _)| name.to_string()).collect()
    }

    fn view(query: &str) -> Result<View, WireError> {
        View::from_parameters(&Parameters::from_query(query).unwrap())
    }

    #[test]
    fn a_summary_has_the_marked_elements_and_is_tagged() {
        let shown = View::Summary.apply(CODE_SYSTEM).unwrap();
        let value: serde_json::Value = serde_json::from_str(&shown).unwrap();
        insta::assert_json_snapshot!(value);
    }

    #[test]
    fn a_whole_resource_is_the_same_text() {
        assert!(
            matches!(View::Whole.apply(CODE_SYSTEM), Ok(Cow::Borrowed(text)) if text == CODE_SYSTEM)
        );
    }

    #[test]
    fn text_and_data_are_the_narrative_and_everything_else() {
        let mandatory = ["_status", "status", "content"];
        let text = [&["resourceType", "id", "meta", "text"][..], &mandatory].concat();
        assert_eq!(members_shown(&View::Text, CODE_SYSTEM), text);
        let data = members_shown(&View::Data, CODE_SYSTEM);
        assert!(
            data.iter().any(|name| name == "concept") && !data.iter().any(|name| name == "text")
        );
    }

    #[test]
    fn elements_are_shown_with_the_mandatory_ones() {
        let asked = view("_elements=url,concept.code&_elements=CodeSystem.name").unwrap();
        assert_eq!(
            members_shown(&asked, CODE_SYSTEM),
            [
                "resourceType",
                "id",
                "meta",
                "url",
                "name",
                "_status",
                "status",
                "content",
                "concept"
            ]
        );
    }

    #[test]
    fn choice_elements_are_asked_for_by_their_beginning() {
        let map = r#"{"resourceType":"ConceptMap","status":"active","sourceUri":"a","targetCanonical":"b","group":[]}"#;
        let asked = view("_elements=source,target[x]").unwrap();
        let expected = ["resourceType", "meta", "status", "sourceUri", "targetCanonical"];
        assert_eq!(members_shown(&asked, map), expected);
        assert_eq!(members_shown(&View::Summary, map), expected);
    }

    #[test]
    fn a_resource_with_its_type_alone_is_tagged_too() {
        assert_eq!(
            members_shown(&View::Summary, r#"{"resourceType":"ValueSet"}"#),
            ["resourceType", "meta"]
        );
    }

    #[test]
    fn a_tag_that_is_there_is_not_repeated() {
        let once = View::Summary.apply(CODE_SYSTEM).unwrap().into_owned();
        assert_eq!(View::Summary.apply(&once).unwrap(), once);
    }

    #[test]
    fn wrong_views_are_refused() {
        assert!(view("_summary=yes").unwrap_err().to_string().contains("'count'"));
        assert!(view("_summary=true&_elements=url").is_err());
        assert_eq!(
            view("_summary=false&_elements=url"),
            Ok(View::Elements(vec!["url".to_owned()]))
        );
        assert_eq!(view("_summary=count"), Ok(View::Count));
        assert!(View::Summary.apply("[").is_err());
    }
}
