//! Collects the mappings of a concept map until it is compiled.

use codesystems::PropertyValue;

use super::{ConceptMapMeta, MapGroup, Relationship, Unmapped};

/// The number of a group in a map being built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GroupId(pub u16);

/// A part of a mapping that depends on, or produces, another element
/// (`dependsOn`, `product`): (property or attribute name, value).
pub type Dependency<'a> = (&'a str, PropertyValue<'a>);

/// One source code with one target, on its way into a map.
#[derive(Debug, Clone, Copy)]
pub struct NewMapping<'a> {
    /// Source code.
    pub source: &'a str,
    /// Its display, empty for none.
    pub source_display: &'a str,
    /// Target code; `None` says that there is explicitly no target (R5 `noMap`, R4 `unmatched`).
    pub target: Option<&'a str>,
    /// Its display, empty for none.
    pub target_display: &'a str,
    /// How source relates to target.
    pub relationship: Relationship,
    /// Comment for people, empty for none.
    pub comment: &'a str,
    /// Properties of the mapping, by the codes in [`ConceptMapMeta::properties`].
    pub properties: &'a [(&'a str, PropertyValue<'a>)],
    /// Other elements this mapping needs.
    pub depends_on: &'a [Dependency<'a>],
    /// Other elements this mapping yields.
    pub products: &'a [Dependency<'a>],
}

impl<'a> NewMapping<'a> {
    /// A mapping from `source` to `target` with nothing else said.
    #[must_use]
    pub fn new(source: &'a str, target: &'a str, relationship: Relationship) -> Self {
        Self {
            source,
            source_display: "",
            target: Some(target),
            target_display: "",
            relationship,
            comment: "",
            properties: &[],
            depends_on: &[],
            products: &[],
        }
    }

    /// Says that `source` has no target.
    #[must_use]
    pub fn none(source: &'a str) -> Self {
        Self { target: None, ..Self::new(source, "", Relationship::Unmatched) }
    }
}

#[derive(Debug, Clone)]
pub(super) struct Row {
    pub(super) group: u16,
    pub(super) source: String,
    pub(super) source_display: String,
    pub(super) target: Option<String>,
    pub(super) target_display: String,
    pub(super) relationship: Relationship,
    pub(super) comment: String,
    pub(super) properties: Vec<OwnedDependency>,
    pub(super) depends_on: Vec<OwnedDependency>,
    pub(super) products: Vec<OwnedDependency>,
}

/// Name, type and stored text.
pub(super) type OwnedDependency = (String, codesystems::PropertyKind, String);

/// Builds one concept map from what a loader reads, in any order. The same calls give the same bytes.
#[derive(Debug, Default)]
pub struct ConceptMapBuilder {
    /// What the map says of itself.
    pub meta: ConceptMapMeta,
    /// Which files it comes from.
    pub provenance: codesystems::model::Provenance,
    pub(super) groups: Vec<MapGroup>,
    pub(super) rows: Vec<Row>,
}

impl ConceptMapBuilder {
    /// An empty map that `meta` describes.
    #[must_use]
    pub fn new(meta: ConceptMapMeta) -> Self {
        Self { meta, ..Self::default() }
    }

    /// The group of mappings from one system to another; versions may be empty. Repeated calls
    /// with the same arguments give the same group.
    pub fn group(
        &mut self,
        source: &str,
        source_version: &str,
        target: &str,
        target_version: &str,
    ) -> GroupId {
        let same = |group: &MapGroup| {
            group.source == source
                && group.source_version == source_version
                && group.target == target
                && group.target_version == target_version
        };
        let known = self.groups.iter().position(same);
        let number = known.unwrap_or_else(|| {
            self.groups.push(MapGroup {
                source: source.into(),
                source_version: source_version.into(),
                target: target.into(),
                target_version: target_version.into(),
                unmapped: None,
            });
            self.groups.len() - 1
        });
        GroupId(u16::try_from(number).unwrap_or(u16::MAX))
    }

    /// Says what to answer for codes without a mapping in `group`.
    pub fn unmapped(&mut self, group: GroupId, unmapped: Unmapped) {
        if let Some(group) = self.groups.get_mut(usize::from(group.0)) {
            group.unmapped = Some(unmapped);
        }
    }

    /// Adds a mapping. Several targets per source are normal; their order is kept.
    pub fn mapping(&mut self, group: GroupId, mapping: &NewMapping<'_>) {
        let owned = |list: &[(&str, PropertyValue<'_>)]| {
            list.iter()
                .map(|(name, value)| {
                    ((*name).to_owned(), value.kind(), value.stored().into_owned())
                })
                .collect()
        };
        self.rows.push(Row {
            group: group.0,
            source: mapping.source.into(),
            source_display: mapping.source_display.into(),
            target: mapping.target.map(str::to_owned),
            target_display: mapping.target_display.into(),
            relationship: mapping.relationship,
            comment: mapping.comment.into(),
            properties: owned(mapping.properties),
            depends_on: owned(mapping.depends_on),
            products: owned(mapping.products),
        });
    }

    /// How many mappings were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no mapping was added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}
