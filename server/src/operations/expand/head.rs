//! What an expansion says before its concepts: identity, parameters, what it was made of.

use codesystems::Canonical;
use codesystems::fhir::code_system::CONCEPT_PROPERTIES;
use valuesets::plan::{Part, Publication, Used};

use super::annotations::PROPERTIES;
use super::concept::{Concept, Writing, may_have};
use super::wishes::OwnedValue;
use super::{Pending, STREAM_FROM};
use crate::library::now;
use crate::wire::ValueRef;
use crate::wire::json::{JsonWriter, write_expansion_declarations};

/// Properties that mean the same in every code system that does not declare them otherwise.
const STANDARD: [&str; 8] = [
    "status",
    "inactive",
    "parent",
    "child",
    "notSelectable",
    "deprecated",
    "definition",
    "comment",
];
const UNCLOSED: &str = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed";
const UNCLOSED_REASON: &str = "http://hl7.org/fhir/StructureDefinition/valueset-unclosed-reason";

impl Pending {
    pub(super) fn head(&self, json: &mut JsonWriter, writings: &[Writing<'_>]) {
        let declared = self.declared_properties(writings);
        let borrowed: Vec<(&str, &str)> =
            declared.iter().map(|(code, uri)| (*code, uri.as_str())).collect();
        let compiled = self.expansion.compiled();
        let fragments = compiled.used.iter().filter(|used| is_fragment(used));
        let mut reasons: Vec<String> = fragments
            .map(|used| {
                format!("This extension is based on a fragment of the code system {}", used.url)
            })
            .collect();
        reasons.extend(compiled.parts.iter().filter_map(endless));
        let whole = compiled.parts.iter().filter(|part| part.expressions.is_whole());
        reasons.extend(whole.map(|part| {
            let url = &part.url;
            format!("The code System '{url}' has a grammar and so has infinite members")
        }));
        let is_open = compiled.parts.iter().any(|part| part.expressions.is_open());
        let mut extensions: Vec<(&str, ValueRef<'_>)> = Vec::new();
        if is_open || !reasons.is_empty() {
            extensions.push((UNCLOSED, ValueRef::Boolean(true)));
        }
        extensions.extend(reasons.iter().map(|text| (UNCLOSED_REASON, ValueRef::string(text))));
        write_expansion_declarations(json, self.version, &extensions, &borrowed);
        json.field_str("identifier", &self.identifier());
        json.field_str("timestamp", &now());
        // Nobody knows how many codes a whole grammar makes.
        let is_whole = |part: &Part| part.conditions.is_empty() && endless(part).is_some();
        if !compiled.parts.iter().any(is_whole) {
            json.field_integer("total", i64::try_from(self.expansion.total()).unwrap_or(i64::MAX));
        }
        let offset = self.echo.iter().find_map(|(name, value)| match value {
            OwnedValue::Integer(number) if *name == "offset" => Some(*number),
            _ => None,
        });
        if let Some(offset) = offset {
            json.field_integer("offset", offset);
        }
        let used = self.used();
        if self.echo.is_empty() && used.is_empty() {
            return;
        }
        json.key("parameter");
        json.begin_array();
        for (name, value) in &self.echo {
            let value = match value {
                OwnedValue::Boolean(flag) => ValueRef::Boolean(*flag),
                OwnedValue::Integer(number) => ValueRef::Integer(*number),
                OwnedValue::Text(kind, text) => ValueRef::Text(*kind, text),
            };
            parameter(json, name, value);
        }
        for (name, text) in &used {
            parameter(json, name, ValueRef::uri(text));
        }
        json.end_array();
    }

    /// The same answer has the same identifier.
    fn identifier(&self) -> String {
        let mut asked: Vec<u8> = Vec::with_capacity(256);
        let mut tell = |text: &[u8]| {
            asked.extend_from_slice(&text.len().to_le_bytes());
            asked.extend_from_slice(text);
        };
        tell(self.value_set.url.as_bytes());
        tell(self.value_set.version.as_bytes());
        for (name, value) in &self.echo {
            tell(name.as_bytes());
            match value {
                OwnedValue::Boolean(flag) => tell(&[u8::from(*flag)]),
                OwnedValue::Integer(number) => tell(&number.to_le_bytes()),
                OwnedValue::Text(_, text) => tell(text.as_bytes()),
            }
        }
        self.properties.iter().for_each(|name| tell(name.as_bytes()));
        let mut hasher = blake3::Hasher::new();
        hasher.update(&asked);
        for part in &self.expansion.compiled().parts {
            hasher.update(part.system.edition().content_hash());
            hasher.update(&part.set.len().to_le_bytes());
        }
        let hex = hasher.finalize().to_hex();
        let at = |range| hex.get(range).unwrap_or_default();
        format!(
            "urn:uuid:{}-{}-4{}-8{}-{}",
            at(0..8),
            at(8..12),
            at(12..15),
            at(15..18),
            at(18..30)
        )
    }

    /// The parameters that tell what was used, each once.
    fn used(&self) -> Vec<(&'static str, String)> {
        let compiled = self.expansion.compiled();
        let mut used: Vec<(&'static str, String)> = Vec::new();
        let mut tell = |name: &'static str, text: &str| {
            let known = |(known, value): &(&str, String)| *known == name && value == text;
            if !used.iter().any(known) {
                used.push((name, text.to_owned()));
            }
        };
        for used in compiled.used.iter().filter(|used| !used.system.is_stand_in()) {
            let meta = used.system.edition().meta();
            let text = Canonical::new(&*used.url, Some(&meta.version)).to_string();
            tell("used-codesystem", &text);
            if self.is_for_readers {
                // The older name of the same statement.
                tell("version", &text);
            }
            if is_fragment(used) {
                tell("used-fragment", &text);
            }
            let (status, standards) = (&meta.status, &meta.standards_status);
            let publication =
                Publication::of(status, standards, meta.experimental, &self.value_set);
            if let Some(publication) = publication {
                tell(warning(publication), &text);
            }
        }
        for supplement in &compiled.supplements {
            let meta = supplement.edition().meta();
            let canonical = Canonical::new(meta.url.as_str(), Some(&meta.version));
            tell("used-supplement", &canonical.to_string());
        }
        for canonical in &compiled.value_sets {
            tell("used-valueset", &canonical.to_string());
        }
        let value_set = &*self.value_set;
        if let Some(publication) = Publication::of_value_set(value_set, value_set) {
            let name = Canonical::new(value_set.url.as_str(), Some(&value_set.version));
            tell(warning(publication), &name.to_string());
        }
        for (canonical, publication) in &compiled.publications {
            tell(warning(*publication), &canonical.to_string());
        }
        for canonical in &compiled.missing_systems {
            tell("warning-unknown-codesystem", &canonical.to_string());
        }
        used
    }

    /// The properties that the entries shown have, with what they mean. Of large expansions those
    /// that they may have.
    fn declared_properties(&self, writings: &[Writing<'_>]) -> Vec<(&str, String)> {
        let derived = std::iter::once("status").chain(PROPERTIES.iter().map(|(code, _)| *code));
        let is_told_of = |concept: &Concept<'_, '_>, code: &str| {
            let mut has = false;
            self.each_told(concept, code, &mut |_| has = true);
            has
        };
        let mut open: Vec<&str> = self.properties.iter().map(String::as_str).collect();
        open.extend(derived.filter(|code| !self.is_asked(code)));
        let listed = self.expansion.compiled().parts.iter().any(|part| !part.listed.is_empty());
        open.retain(|code| listed || writings.iter().any(|writing| may_have(writing, code)));
        let mut found: Vec<&str> = Vec::new();
        if self.expansion.shown() >= STREAM_FROM {
            found = open;
        } else {
            for entry in self.expansion.entries() {
                if open.is_empty() {
                    break;
                }
                let Some(writing) = writings.get(entry.part) else { continue };
                let concept = Concept::of(writing, self.expansion.part(entry), entry.concept);
                found.extend(open.extract_if(.., |code| is_told_of(&concept, code)));
            }
        }
        let uri = |code: &str| self.property_uri(code, writings);
        found.into_iter().map(|code| (code, uri(code))).collect()
    }

    /// What a property means: as the code system or a supplement declares it, else by its standard
    /// name. The status that is told unasked is always the standard one.
    fn property_uri(&self, code: &str, writings: &[Writing<'_>]) -> String {
        let derived = PROPERTIES.iter().find(|(known, _)| *known == code);
        let name = derived.map_or(code, |(_, name)| name);
        let standard = format!("{CONCEPT_PROPERTIES}{name}");
        if !self.is_asked(code) {
            return standard;
        }
        let editions = writings.iter().flat_map(|writing| {
            std::iter::once(writing.edition)
                .chain(writing.supplements.iter().map(|telling| telling.edition))
        });
        let mut own = editions.filter_map(|edition| {
            let meta = edition.meta();
            let definition = meta.properties.iter().find(|property| property.code == code)?;
            let is_standard = derived.is_some() || STANDARD.contains(&code);
            let uri = definition.uri.clone();
            uri.or_else(|| (!is_standard).then(|| format!("{}#{code}", meta.url)))
        });
        own.next().unwrap_or(standard)
    }
}

fn is_fragment(used: &Used) -> bool {
    let system = &used.system;
    let is_made = system.is_stand_in() || system.grammar().is_some();
    !is_made && system.edition().meta().content == "fragment"
}

/// Why a list of the codes that a grammar makes is never complete.
fn endless(part: &Part) -> Option<String> {
    part.system.grammar().filter(|grammar| part.whole_grammar && grammar.is_endless())?;
    let url = &part.url;
    let basis = part.basis.as_ref().unwrap_or(url);
    Some(format!(
        "The code System '{url}' has a grammar and so has infinite members. This extension is \
         based on {basis}"
    ))
}

/// The parameter that mentions a publication.
fn warning(publication: Publication) -> &'static str {
    match publication {
        Publication::Draft => "warning-draft",
        Publication::Deprecated => "warning-deprecated",
        Publication::Withdrawn => "warning-withdrawn",
        Publication::Retired => "warning-retired",
        Publication::Experimental => "warning-experimental",
    }
}

fn parameter(json: &mut JsonWriter, name: &str, value: ValueRef<'_>) {
    json.begin_object();
    json.field_str("name", name);
    json.value_x(value);
    json.end_object();
}
