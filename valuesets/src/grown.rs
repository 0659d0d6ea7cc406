//! Codes that a grammar makes as concepts: an edition of those that are to be shown.

use std::hash::BuildHasher;
use std::sync::Arc;

use codesystems::model::{DisplayRank, NewDesignation};
use codesystems::{Canonical, Edition, EditionBuilder, EditionMeta};
use rustc_hash::FxBuildHasher;

use crate::Result;
use crate::catalogue::CodeSystem;
use crate::model::{EnumeratedConcept, ValueSet};
use crate::scope::Scope;

/// Kind of names that are no displays.
const SYNONYM: (&str, &str) = ("http://snomed.info/sct", "900000000000013009");

/// The codes that stand for all codes of a system.
#[derive(Debug)]
pub(crate) struct Listing {
    /// The codes.
    pub(crate) system: Arc<CodeSystem>,
    /// The value set they are from.
    pub(crate) value_set: Arc<ValueSet>,
}

/// The codes of `system` in the value set that stands for it, if that is there.
///
/// # Errors
/// When the edition cannot be made.
pub(crate) fn listing(system: &Arc<CodeSystem>, scope: &Scope<'_>) -> Result<Option<Listing>> {
    let Some(value_set) = base(system, scope) else { return Ok(None) };
    let codes: Vec<(&str, &str)> = listed_in(&value_set, system)
        .map(|concept| (concept.code.as_str(), concept.display.as_str()))
        .collect();
    if codes.is_empty() {
        return Ok(None);
    }
    let hash = FxBuildHasher.hash_one(&codes);
    if let Some((known, listing)) = system.listing.get()
        && *known == hash
    {
        return Ok(Some(Listing { system: Arc::clone(listing), value_set }));
    }
    let grown = Arc::new(grow(system, &codes)?);
    // Another value set of the name may have been first: then this one is made each time.
    let _ = system.listing.set((hash, Arc::clone(&grown)));
    Ok(Some(Listing { system: grown, value_set }))
}

/// `system` with the one code `code` that its grammar makes, in its usual spelling; `None` where the
/// grammar does not make it.
///
/// # Errors
/// When the edition cannot be made.
pub fn with_code(
    system: &Arc<CodeSystem>,
    code: &str,
    scope: &Scope<'_>,
) -> Result<Option<CodeSystem>> {
    let made = system.grammar().and_then(|grammar| grammar.check(code).ok());
    let Some(made) = made else { return Ok(None) };
    let value_set = base(system, scope);
    let name = value_set.as_ref().and_then(|value_set| {
        let known = listed_in(value_set, system).find(|concept| concept.code == made.code)?;
        Some(known.display.as_str())
    });
    Ok(Some(grow(system, &[(&made.code, name.unwrap_or_default())])?))
}

fn base(system: &CodeSystem, scope: &Scope<'_>) -> Option<Arc<ValueSet>> {
    let url = system.grammar()?.base_value_set()?;
    scope.value_set(&Canonical::new(url, None)).ok()
}

fn listed_in<'v>(
    value_set: &'v ValueSet,
    system: &CodeSystem,
) -> impl Iterator<Item = &'v EnumeratedConcept> {
    let url = system.edition().meta().url.clone();
    let includes = value_set.compose.iter().flat_map(|compose| &compose.include);
    includes
        .filter(move |include| include.system.as_deref() == Some(&url))
        .flat_map(|include| &include.concepts)
}

/// An edition of the codes among `codes` that `system` lists or its grammar makes, in that order,
/// each with a further name (empty for none).
///
/// # Errors
/// When the edition cannot be made.
pub(crate) fn grow(system: &CodeSystem, codes: &[(&str, &str)]) -> Result<CodeSystem> {
    let edition = system.edition();
    let of = edition.meta();
    let meta = EditionMeta {
        // The builder makes these anew.
        properties: Vec::new(),
        designation_uses: Vec::new(),
        languages: Vec::new(),
        statuses: Vec::new(),
        kinds: Vec::new(),
        dialects: Vec::new(),
        membership_sets: Vec::new(),
        component_versions: Vec::new(),
        ..of.clone()
    };
    let mut builder = EditionBuilder::new(meta);
    builder.keep_order = true;
    let synonym = builder.designation_use(SYNONYM.0, SYNONYM.1, "");
    let display_use = builder.display_use();
    for (code, name) in codes {
        let names = if let Some(found) = edition.find_exact(code) {
            copy(edition, found, &mut builder)
        } else {
            let made = system.grammar().and_then(|grammar| grammar.check(code).ok());
            let Some(made) = made else { continue };
            let concept = builder.concept(code);
            for (number, name) in made.names.iter().enumerate() {
                let is_first = made.names.iter().position(|other| other.language == name.language);
                let is_display = is_first == Some(number);
                let rank = if is_display { DisplayRank::Preferred } else { DisplayRank::FullName };
                let name = NewDesignation::new(name.language, display_use, &name.text, rank);
                builder.designation(concept, &name);
            }
            made.names.into_iter().map(|name| name.text).collect()
        };
        if !name.is_empty() && !names.iter().any(|known: &String| known == name) {
            let concept = builder.concept(code);
            let name = NewDesignation::new("en", synonym, name, DisplayRank::Synonym);
            builder.designation(concept, &name);
        }
    }
    let grown = Edition::from_bytes(builder.finish()?.into())?;
    Ok(CodeSystem::grown(grown, system))
}

/// Takes a concept over as it is; returns its names.
fn copy(
    edition: &Edition,
    from: codesystems::ConceptIx,
    builder: &mut EditionBuilder,
) -> Vec<String> {
    let to = builder.concept(edition.code(from));
    builder.set_inactive(to, edition.is_inactive(from));
    builder.set_kind(to, edition.kind(from));
    let mut names = Vec::new();
    for designation in edition.designations(from).filter(|name| name.is_active()) {
        let use_id = match designation.designation_use() {
            Some(it) => builder.designation_use(&it.system, &it.code, &it.display),
            None => builder.designation_use("", "", ""),
        };
        let (language, value) = (designation.language(), designation.value());
        let copied = NewDesignation::new(language, use_id, value, designation.rank());
        builder.designation(to, &copied);
        names.push(value.to_owned());
    }
    for value in edition.properties(from) {
        let definition = edition.meta().properties.iter().find(|it| it.code == value.code());
        if let Some(definition) = definition {
            let text = definition.description.as_deref().unwrap_or_default();
            let id = builder.property_id(&definition.code, definition.kind, text);
            builder.property(to, id, value.value(), value.group());
        }
    }
    names
}
