//! The one view of a compiled concept map.

use std::ops::Range;
use std::path::Path;

use bytes::Bytes;
use codesystems::index::{Column, Container, ContainerKind};
use codesystems::model::Provenance;
use codesystems::{Canonical, Error, PropertyKind, PropertyValue, Result};

use super::sections::{PartRole, Section, Table, name_of};
use super::{ConceptMapMeta, MapGroup, Relationship};

const TABLES: usize = Table::ALL.len();

/// One concept map, read from its mapped bytes.
///
/// Opening costs nothing that grows with the number of mappings, apart from the checksums. Every
/// answer borrows from the map.
#[derive(Debug)]
pub struct ConceptMap {
    tables: [Column; TABLES],
    strings: Bytes,
    meta: ConceptMapMeta,
    provenance: Provenance,
    groups: Vec<MapGroup>,
    hash: [u8; 32],
    byte_count: usize,
    sources: fst::Map<Bytes>,
    targets: fst::Map<Bytes>,
}

impl ConceptMap {
    /// Maps a file into memory and compares all checksums.
    ///
    /// # Errors
    /// When the file cannot be mapped, is not a compiled concept map, is of an unknown format,
    /// truncated or damaged.
    pub fn open(path: &Path) -> Result<Self> {
        Self::verified(&Container::open(path)?)
    }

    /// A map in memory; all checksums are compared.
    ///
    /// # Errors
    /// When the bytes are not a compiled concept map, of an unknown format, truncated or damaged.
    pub fn from_bytes(bytes: Bytes) -> Result<Self> {
        Self::verified(&Container::from_bytes(bytes)?)
    }

    fn verified(container: &Container) -> Result<Self> {
        container.verify(name_of)?;
        Self::new(container)
    }

    /// The map in `container`, whose checksums the caller has compared: this takes the time of
    /// reading the metadata, however large the map is.
    ///
    /// # Errors
    /// When it holds something else, or when sections do not fit together.
    pub fn new(container: &Container) -> Result<Self> {
        if container.kind() != ContainerKind::ConceptMap {
            let problem = "does not announce a concept map";
            return Err(Error::Section { section: "header", problem });
        }
        let get = |section: Section| container.section(section.number());
        let mut provenance: Provenance = serde_json::from_slice(&get(Section::Provenance))?;
        provenance.built_at = String::from_utf8_lossy(&get(Section::BuiltAt)).into_owned();
        let map = Self {
            meta: serde_json::from_slice(&get(Section::Meta))?,
            provenance,
            groups: serde_json::from_slice(&get(Section::Groups))?,
            hash: *container.content_hash(),
            byte_count: container.byte_count(),
            sources: fst::Map::new(get(Section::SourceFst))?,
            targets: fst::Map::new(get(Section::TargetFst))?,
            tables: Column::all(
                container,
                Table::ALL.iter().map(|table| (table.number(), table.name())),
            )?,
            strings: get(Section::Strings),
        };
        map.check()?;
        Ok(map)
    }

    /// Tables that are asked by row must have one entry for each.
    fn check(&self) -> Result<()> {
        let rows = self.row_count() as usize;
        let parts = self.table(Table::PartRoles).len();
        let expected = [
            (Table::GroupStarts, self.groups.len() + 1, false),
            (Table::Sources, rows, false),
            (Table::Targets, rows, false),
            (Table::SourceDisplays, rows, true),
            (Table::TargetDisplays, rows, true),
            (Table::Comments, rows, true),
            (Table::PartLists, rows, true),
            (Table::PartKinds, parts, true),
            (Table::PartNames, parts, true),
            (Table::PartValues, parts, true),
        ];
        let wrong = expected.into_iter().find(|&(table, expected, optional)| {
            let found = self.table(table).len();
            found != expected && !(optional && found == 0)
        });
        let problem = "has the wrong size";
        match wrong {
            Some((table, ..)) => Err(Error::Section { section: table.name(), problem }),
            None => Ok(()),
        }
    }

    fn table(&self, table: Table) -> &Column {
        static NONE: Column = Column::empty();
        self.tables.get(table as usize).unwrap_or(&NONE)
    }

    fn number(&self, table: Table, row: u32) -> Option<u32> {
        self.table(table).get(row as usize)
    }

    fn string(&self, number: u32) -> &str {
        let range = self.table(Table::StringOffsets).range(number as usize);
        std::str::from_utf8(self.strings.get(range).unwrap_or_default()).unwrap_or_default()
    }

    /// What the map says of itself.
    #[must_use]
    pub fn meta(&self) -> &ConceptMapMeta {
        &self.meta
    }

    /// URL and version of the map.
    #[must_use]
    pub fn canonical(&self) -> Canonical {
        Canonical::new(self.meta.url.clone(), Some(&self.meta.version))
    }

    /// Where the map comes from.
    #[must_use]
    pub fn provenance(&self) -> &Provenance {
        &self.provenance
    }

    /// The content hash: equal for equal content, whenever it was built.
    #[must_use]
    pub fn content_hash(&self) -> &[u8; 32] {
        &self.hash
    }

    /// Size of the compiled map in bytes.
    #[must_use]
    pub fn byte_count(&self) -> usize {
        self.byte_count
    }

    /// How many mappings there are, those without a target included.
    #[must_use]
    pub fn row_count(&self) -> u32 {
        self.table(Table::Relationships).len() as u32
    }

    /// The groups, in the order in which they were added: all that selection of maps needs.
    #[must_use]
    pub fn definitions(&self) -> &[MapGroup] {
        &self.groups
    }

    /// The groups with their content.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = GroupRef<'_>> + '_ {
        let number = |number: usize| GroupRef { map: self, number };
        (0..self.groups.len()).map(number)
    }

    /// The group with `number`.
    #[must_use]
    pub fn group(&self, number: usize) -> Option<GroupRef<'_>> {
        (number < self.groups.len()).then_some(GroupRef { map: self, number })
    }

    fn group_of(&self, row: u32) -> usize {
        let starts = self.table(Table::GroupStarts);
        starts.partition_point(|start| start <= row).saturating_sub(1)
    }

    fn row(&self, row: u32) -> Mapping<'_> {
        Mapping { map: self, row, group: self.group_of(row) }
    }

    /// The mapping with number `row`.
    #[must_use]
    pub fn mapping(&self, row: u32) -> Option<Mapping<'_>> {
        (row < self.row_count()).then(|| self.row(row))
    }

    /// The rows a code index names.
    fn indexed<'a>(
        &'a self,
        index: &fst::Map<Bytes>,
        [offsets, rows]: [Table; 2],
        code: &str,
    ) -> impl Iterator<Item = u32> + use<'a> {
        let value = index.get(code);
        let single = value.filter(|value| value & 1 == 0).map(|value| (value >> 1) as u32);
        let rows = self.table(rows);
        let shared = value.filter(|value| value & 1 == 1).map_or(0..0, |value| {
            let row = usize::try_from(value >> 1).unwrap_or(usize::MAX - 1);
            self.table(offsets).range_within(row, rows.len())
        });
        single.into_iter().chain(shared.map(|row| rows.at(row)))
    }

    /// The mappings of a source code, by group, then in the order in which they were added;
    /// `system` leaves out the groups of other source systems. Cost: one walk through the
    /// dictionary, no allocation.
    pub fn mappings<'a>(
        &'a self,
        system: Option<&'a str>,
        code: &str,
    ) -> impl Iterator<Item = Mapping<'a>> + use<'a> {
        let shared = [Table::SharedSourceOffsets, Table::SharedSourceRows];
        self.indexed(&self.sources, shared, code)
            .map(|first| self.row(first))
            .filter(move |first| system.is_none_or(|system| first.definition().source == system))
            .flat_map(Mapping::and_following)
    }

    /// The mappings that have a code as their target, by row; `system` leaves out the groups of
    /// other target systems. Cost: as [`ConceptMap::mappings`].
    pub fn reverse<'a>(
        &'a self,
        system: Option<&'a str>,
        code: &str,
    ) -> impl Iterator<Item = Mapping<'a>> + use<'a> {
        let shared = [Table::SharedTargetOffsets, Table::SharedTargetRows];
        self.indexed(&self.targets, shared, code)
            .map(|row| self.row(row))
            .filter(move |row| system.is_none_or(|system| row.definition().target == system))
    }
}

/// One group of a compiled map, with its content.
#[derive(Debug, Clone, Copy)]
pub struct GroupRef<'m> {
    map: &'m ConceptMap,
    number: usize,
}

impl<'m> GroupRef<'m> {
    /// Its number, from 0.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// Its systems, versions and default.
    #[must_use]
    pub fn definition(self) -> &'m MapGroup {
        static NONE: MapGroup = MapGroup {
            source: String::new(),
            source_version: String::new(),
            target: String::new(),
            target_version: String::new(),
            unmapped: None,
        };
        self.map.groups.get(self.number).unwrap_or(&NONE)
    }

    fn rows(self) -> Range<u32> {
        let rows = self.map.table(Table::GroupStarts).range(self.number);
        let last = self.map.row_count();
        (rows.start as u32).min(last)..(rows.end as u32).min(last)
    }

    /// All mappings of the group, by source code in byte order.
    pub fn mappings(self) -> impl ExactSizeIterator<Item = Mapping<'m>> + 'm {
        let Self { map, number: group } = self;
        self.rows().map(move |row| Mapping { map, row, group })
    }

    /// The source codes of the group, in byte order, each with its mappings
    /// (`ConceptMap.group.element`).
    pub fn elements(self) -> impl Iterator<Item = Element<'m>> + 'm {
        let Range { mut start, end } = self.rows();
        std::iter::from_fn(move || {
            let first = (start < end).then_some(start)?;
            let code = self.map.number(Table::Sources, first);
            let same = |row: &u32| self.map.number(Table::Sources, *row) == code;
            start = (first + 1..end).find(|row| !same(row)).unwrap_or(end);
            Some(Element { group: self, rows: first..start })
        })
    }
}

/// A source code with its mappings (`ConceptMap.group.element`).
#[derive(Debug, Clone)]
pub struct Element<'m> {
    group: GroupRef<'m>,
    rows: Range<u32>,
}

impl<'m> Element<'m> {
    /// The mappings of the code, in the order in which they were added.
    pub fn mappings(&self) -> impl ExactSizeIterator<Item = Mapping<'m>> + use<'m> {
        let GroupRef { map, number: group } = self.group;
        self.rows.clone().map(move |row| Mapping { map, row, group })
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &'m str {
        self.mappings().next().map_or("", Mapping::source)
    }

    /// Its display, empty for none.
    #[must_use]
    pub fn display(&self) -> &'m str {
        let displays = self.mappings().map(Mapping::source_display);
        displays.into_iter().find(|display| !display.is_empty()).unwrap_or_default()
    }

    /// Whether the map says that the code has no target at all (R5 `noMap`).
    #[must_use]
    pub fn is_no_map(&self) -> bool {
        self.mappings().all(|mapping| mapping.target().is_none())
    }
}

/// One mapping of a compiled map: a source code with one target (`…element.target`).
#[derive(Debug, Clone, Copy)]
pub struct Mapping<'m> {
    map: &'m ConceptMap,
    row: u32,
    group: usize,
}

impl<'m> Mapping<'m> {
    /// Its number in the map, from 0.
    #[must_use]
    pub fn row(self) -> u32 {
        self.row
    }

    /// The group it belongs to.
    #[must_use]
    pub fn group(self) -> GroupRef<'m> {
        GroupRef { map: self.map, number: self.group }
    }

    /// Systems and versions of its group.
    #[must_use]
    pub fn definition(self) -> &'m MapGroup {
        self.group().definition()
    }

    fn text(self, table: Table) -> &'m str {
        self.map.number(table, self.row).map_or("", |number| self.map.string(number))
    }

    /// Source code.
    #[must_use]
    pub fn source(self) -> &'m str {
        self.text(Table::Sources)
    }

    /// Display of the source code, empty for none.
    #[must_use]
    pub fn source_display(self) -> &'m str {
        self.text(Table::SourceDisplays)
    }

    /// Target code; `None` says that there is explicitly no target.
    #[must_use]
    pub fn target(self) -> Option<&'m str> {
        let number = self.map.number(Table::Targets, self.row)?.checked_sub(1)?;
        Some(self.map.string(number))
    }

    /// Display of the target code, empty for none.
    #[must_use]
    pub fn target_display(self) -> &'m str {
        self.text(Table::TargetDisplays)
    }

    /// How source relates to target.
    #[must_use]
    pub fn relationship(self) -> Relationship {
        let number = self.map.number(Table::Relationships, self.row).unwrap_or_default();
        Relationship::from_byte(number as u8)
    }

    /// Comment for people, empty for none.
    #[must_use]
    pub fn comment(self) -> &'m str {
        self.text(Table::Comments)
    }

    fn parts(self, role: PartRole) -> impl Iterator<Item = Part<'m>> + 'm {
        let map = self.map;
        let list = map.number(Table::PartLists, self.row).unwrap_or_default();
        let (roles, kinds) = (map.table(Table::PartRoles), map.table(Table::PartKinds));
        // Bounded by the table, whatever damaged offsets say.
        let parts = map.table(Table::PartOffsets).range_within(list as usize, roles.len());
        parts.filter(move |&part| roles.at(part) == role as u32).map(move |part| {
            let kind = kinds.get(part).and_then(|kind| PropertyKind::from_byte(kind as u8));
            let text = |table| map.string(map.number(table, part as u32).unwrap_or_default());
            let value = text(Table::PartValues);
            Part {
                name: text(Table::PartNames),
                value: PropertyValue::from_stored(kind.unwrap_or(PropertyKind::String), value),
            }
        })
    }

    /// Properties of the mapping, by the codes in [`ConceptMapMeta::properties`].
    pub fn properties(self) -> impl Iterator<Item = Part<'m>> + 'm {
        self.parts(PartRole::Property)
    }

    /// The value of the property `name`.
    #[must_use]
    pub fn property(self, name: &str) -> Option<PropertyValue<'m>> {
        self.properties().find(|property| property.name == name).map(|property| property.value)
    }

    /// Other elements the mapping needs.
    pub fn depends_on(self) -> impl Iterator<Item = Part<'m>> + 'm {
        self.parts(PartRole::DependsOn)
    }

    /// Other elements the mapping yields.
    pub fn products(self) -> impl Iterator<Item = Part<'m>> + 'm {
        self.parts(PartRole::Product)
    }

    /// This mapping and those of the same source code after it in its group.
    fn and_following(self) -> impl Iterator<Item = Mapping<'m>> + 'm {
        let code = self.map.number(Table::Sources, self.row);
        let end = self.group().rows().end;
        (self.row..end)
            .take_while(move |&row| self.map.number(Table::Sources, row) == code)
            .map(move |row| Mapping { row, ..self })
    }
}

/// A property, a condition or a product of a mapping: name and value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part<'m> {
    /// Name of the property, or of the attribute or element (often a URI).
    pub name: &'m str,
    /// Value.
    pub value: PropertyValue<'m>,
}
