//! Chooses the maps that can answer, without looking at a single mapping.

use std::sync::Arc;

use codesystems::Canonical;
use codesystems::index::natural;
use rustc_hash::FxHashMap;

use super::translate::{Direction, versions_agree};
use super::{ConceptMap, MapGroup};

/// Every concept map of a library, by URL and by the systems of its groups.
///
/// Built once when the library changes; choosing costs what the groups of the maps chosen cost.
#[derive(Debug, Default)]
pub struct MapIndex {
    maps: Vec<Arc<ConceptMap>>,
    by_url: FxHashMap<String, Vec<usize>>,
    by_source: FxHashMap<String, Vec<usize>>,
    by_target: FxHashMap<String, Vec<usize>>,
}

/// What the maps chosen must be able to do.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// From source to target, or back.
    pub direction: Direction,
    /// System of the code given.
    pub system: &'a str,
    /// Its version, empty for any.
    pub version: &'a str,
    /// System of the codes sought, empty for any.
    pub into_system: &'a str,
}

impl MapIndex {
    /// An index of `maps`.
    #[must_use]
    pub fn new(mut maps: Vec<Arc<ConceptMap>>) -> Self {
        // By URL, the latest version first: the order of answers does not depend on that of loading.
        maps.sort_by(|a, b| {
            let (a, b) = (a.meta(), b.meta());
            a.url.cmp(&b.url).then_with(|| natural(&b.version, &a.version))
        });
        let mut index = Self::default();
        for (number, map) in maps.iter().enumerate() {
            index.by_url.entry(map.meta().url.clone()).or_default().push(number);
            for group in map.definitions() {
                add(&mut index.by_source, &group.source, number);
                add(&mut index.by_target, &group.target, number);
            }
        }
        index.maps = maps;
        index
    }

    /// All maps, by URL, the latest version of each first.
    #[must_use]
    pub fn maps(&self) -> &[Arc<ConceptMap>] {
        &self.maps
    }

    /// The map with this URL: in the version said, or else in its latest.
    #[must_use]
    pub fn named(&self, canonical: &Canonical) -> Option<&Arc<ConceptMap>> {
        let mut versions = self.numbered(self.by_url.get(&canonical.url));
        match &canonical.version {
            Some(version) => versions.find(|map| map.meta().version == *version),
            None => versions.next(),
        }
    }

    /// The maps with a group that fits, by URL; of several versions of one map the latest that
    /// fits.
    #[must_use]
    pub fn fitting(&self, wanted: &Wanted<'_>) -> Vec<&Arc<ConceptMap>> {
        let by_system = match wanted.direction {
            Direction::Forward => &self.by_source,
            Direction::Reverse => &self.by_target,
        };
        let mut fitting: Vec<&Arc<ConceptMap>> = self
            .numbered(by_system.get(wanted.system))
            .filter(|map| map.definitions().iter().any(|group| fits(group, wanted)))
            .collect();
        fitting.dedup_by(|later, first| later.meta().url == first.meta().url);
        fitting
    }

    fn numbered<'a>(
        &'a self,
        numbers: Option<&'a Vec<usize>>,
    ) -> impl Iterator<Item = &'a Arc<ConceptMap>> {
        numbers.into_iter().flatten().filter_map(|&number| self.maps.get(number))
    }
}

fn add(maps: &mut FxHashMap<String, Vec<usize>>, system: &str, number: usize) {
    let numbers = maps.entry(system.to_owned()).or_default();
    if numbers.last() != Some(&number) {
        numbers.push(number);
    }
}

fn fits(group: &MapGroup, wanted: &Wanted<'_>) -> bool {
    let (from, version, into) = match wanted.direction {
        Direction::Forward => (&group.source, &group.source_version, &group.target),
        Direction::Reverse => (&group.target, &group.target_version, &group.source),
    };
    from == wanted.system
        && versions_agree(version, wanted.version)
        && (wanted.into_system.is_empty() || into == wanted.into_system)
}

#[cfg(test)]
mod tests {
    use super::super::{ConceptMapBuilder, ConceptMapMeta, NewMapping, Relationship};
    use super::*;

    fn map(url: &str, version: &str, groups: &[[&str; 3]]) -> Arc<ConceptMap> {
        let meta = ConceptMapMeta {
            url: url.into(),
            version: version.into(),
            ..ConceptMapMeta::default()
        };
        let mut builder = ConceptMapBuilder::new(meta);
        for &[source, source_version, target] in groups {
            let group = builder.group(source, source_version, target, "");
            builder.mapping(group, &NewMapping::new("1", "2", Relationship::Equivalent));
        }
        Arc::new(super::super::tests::open(builder))
    }

    fn library() -> MapIndex {
        MapIndex::new(vec![
            map("http://m/yearly", "9", &[["a", "2024", "a"]]),
            map("http://m/yearly", "10", &[["a", "2025", "a"]]),
            map("http://m/b", "", &[["a", "", "b"], ["a", "", "c"], ["b", "", "c"]]),
        ])
    }

    #[test]
    fn a_url_without_version_means_the_latest() {
        let index = library();
        let version =
            |text: &str| index.named(&Canonical::parse(text)).map(|map| map.meta().version.clone());
        assert_eq!(version("http://m/yearly").as_deref(), Some("10"));
        assert_eq!(version("http://m/yearly|9").as_deref(), Some("9"));
        assert_eq!(version("http://m/yearly|8"), None);
        assert_eq!(version("http://m/none"), None);
    }

    #[test]
    fn maps_are_chosen_by_the_systems_of_their_groups() {
        let index = library();
        use Direction::{Forward, Reverse};
        for (direction, system, version, into_system, expected) in [
            (Forward, "a", "", "", vec!["http://m/b|", "http://m/yearly|10"]),
            (Forward, "a", "2024", "", vec!["http://m/b|", "http://m/yearly|9"]),
            (Forward, "a", "", "b", vec!["http://m/b|"]),
            (Forward, "b", "", "a", vec![]),
            (Reverse, "c", "", "", vec!["http://m/b|"]),
            (Reverse, "a", "", "a", vec!["http://m/yearly|10"]),
        ] {
            let wanted = Wanted { direction, system, version, into_system };
            let found: Vec<String> = index
                .fitting(&wanted)
                .iter()
                .map(|map| format!("{}|{}", map.meta().url, map.meta().version))
                .collect();
            assert_eq!(found, expected, "{wanted:?}");
        }
    }
}
