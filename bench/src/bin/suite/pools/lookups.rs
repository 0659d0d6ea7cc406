//! Reading resources, looking codes up, validating them.

use std::collections::HashSet;

use bench::generate::icd_years_value_set;
use codesystems::ConceptIx;
use serde_json::json;
use server::library::ResourceType;

use super::{
    Arc, BASE_SYSTEMS, Call, CodeSystem, Drawn, Expect, ICD_10_GM, Pools, Random, Test, code, draw,
    encoded, query,
};

/// Descendants of the roots of VC03.
const ROOTS: [u32; 10] = [100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 100, 20];

impl Pools<'_> {
    /// Value sets and code systems by url, by url and version, and lists without a url, in the
    /// proportions of the published pool. Of lists there are six, again and again; a wide pool
    /// asks for other numbers of results with each url, so that these requests are different.
    pub(super) fn searches(&self, size: usize, is_wide: bool) -> Vec<Call> {
        let mut random = Random::new(1, "FS01");
        let of = |kind: ResourceType| {
            let all = self.snapshot.resources.all().iter();
            let named = all.filter(|entry| entry.resource_type == kind && !entry.url.is_empty());
            named.collect::<Vec<_>>()
        };
        let (sets, systems) = (of(ResourceType::ValueSet), of(ResourceType::CodeSystem));
        let mut seen = HashSet::new();
        let mut draw = || {
            let bundle = Expect::ok().string("Bundle").string("entry");
            let (kind, entries, form) = match random.below(1_800) {
                0..800 => ("ValueSet", &sets, 0),
                800..1_300 => ("CodeSystem", &systems, 1),
                1_300..1_400 => ("CodeSystem", &systems, 2),
                1_400..1_600 => ("ValueSet", &sets, 3),
                _ => ("CodeSystem", &systems, 3),
            };
            if form == 3 {
                let count = random.pick(&[20, 50, 100])?;
                return Some(Call::get(format!("/{kind}?_count={count}&_summary=true"), bundle));
            }
            let entry = random.pick(entries)?;
            let mut target = format!("/{kind}?url={}", encoded(&entry.url));
            if form == 1 {
                target.push_str(&format!("&version={}", encoded(&entry.version)));
            }
            match form {
                _ if is_wide => target.push_str(&format!("&_count={}", 1 + random.below(1_000))),
                0 => target.push_str("&_count=10"),
                _ => {}
            }
            let is_new = !is_wide || seen.insert(target.clone());
            is_new.then(|| Call::get(target, bundle.string(entry.url.as_str())))
        };
        (0..size * 2).filter_map(|_| draw()).take(size).collect()
    }

    /// A code that is there.
    pub(super) fn known(&self, system: &Arc<CodeSystem>, random: &mut Random) -> Drawn {
        let edition = system.edition();
        let code = code(edition, random)?;
        Some(self.lookup(&[("system", &edition.meta().url), ("code", &code)], &code))
    }

    pub(super) fn lookup(&self, pairs: &[(&str, &str)], code: &str) -> Call {
        let expect = Expect::ok().string("display");
        // Not every server echoes the code.
        let expect = if self.is_peer { expect } else { expect.string(code) };
        Call::get(format!("/CodeSystem/$lookup?{}", query(pairs)), expect)
    }

    /// Codes of small systems that came as resources: of fifteen, or of all for a wide pool.
    pub(super) fn small_lookups(&self, test: Test, size: usize, is_wide: bool) -> Vec<Call> {
        let systems: Vec<&Arc<CodeSystem>> = (self.snapshot.catalogue.code_systems().into_iter())
            .filter(|system| (1..=200).contains(&system.edition().concept_count()))
            .filter(|system| system.edition().meta().url.starts_with(BASE_SYSTEMS))
            .collect();
        let few = systems.len().min(15);
        let systems = if is_wide { &systems[..] } else { &systems[..few] };
        self.draw(test, size, |random| {
            let edition = random.pick(systems)?.edition();
            let (meta, code) = (edition.meta(), code(edition, random)?);
            let mut pairs = vec![("system", meta.url.as_str()), ("code", code.as_str())];
            // Only a wide pool asks without a version, too.
            if !is_wide || random.chance(50.0) {
                pairs.push(("version", &meta.version));
            }
            Some(self.lookup(&pairs, &code))
        })
    }

    pub(super) fn unknown(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let code = format!("9999{}", code(edition, random)?);
        if edition.find(&code).is_some() {
            return None;
        }
        let pairs = query(&[("system", &edition.meta().url), ("code", &code)]);
        let status = if self.is_peer { 0 } else { 404 };
        let expect = Expect { status, ..Expect::default() }.string("OperationOutcome");
        Some(Call::get(format!("/CodeSystem/$lookup?{pairs}"), expect))
    }

    pub(super) fn validation(&self, with_display: bool, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let concept = draw::concept(edition, random)?;
        let (code, url) = (edition.code(concept), draw::whole_value_set(edition));
        let mut pairs =
            vec![("url", url.as_str()), ("system", &edition.meta().url), ("code", code)];
        if with_display {
            pairs.push(("display", edition.display(concept)));
        }
        Some(self.verdict(&pairs, code, true))
    }

    fn verdict(&self, pairs: &[(&str, &str)], code: &str, is_in: bool) -> Call {
        let expect = Expect::ok().member("valueBoolean", is_in.to_string());
        let expect = if self.is_peer { expect } else { expect.string(code) };
        Call::get(format!("/ValueSet/$validate-code?{}", query(pairs)), expect)
    }

    /// Ten concepts with ever fewer descendants.
    pub(super) fn roots(&self) -> Vec<ConceptIx> {
        let mut roots: Vec<ConceptIx> =
            ROOTS.iter().filter_map(|&wanted| Some(self.near(wanted)?.1)).collect();
        roots.dedup();
        roots
    }

    /// Half of the codes are below the root.
    pub(super) fn below_root(&self, roots: &[ConceptIx], random: &mut Random) -> Drawn {
        let edition = self.edition();
        let root = *random.pick(roots)?;
        let (count, is_in) = (edition.descendant_count(root), random.chance(50.0));
        let concept = match is_in {
            true => {
                let offset = random.below(count as usize) as u64;
                edition.descendants(root).iter_from(offset).next()?
            }
            false => draw::concept(edition, random)?,
        };
        let is_in = concept == root || edition.is_ancestor(root, concept);
        let url = format!("{}?fhir_vs=isa/{}", edition.meta().url, edition.code(root));
        let code = edition.code(concept);
        let pairs = [("url", url.as_str()), ("system", &edition.meta().url), ("code", code)];
        Some(self.verdict(&pairs, code, is_in))
    }

    /// A code of any year of ICD-10-GM, with or without the year, in the value set of all years;
    /// every fourth code is in none.
    pub(super) fn all_years(&self, random: &mut Random) -> Drawn {
        let url = icd_years_value_set();
        self.snapshot.catalogue.value_sets(&url).first()?;
        let years = self.snapshot.catalogue.versions(ICD_10_GM)?.all();
        let edition = random.pick(years)?.edition();
        let known = code(edition, random)?;
        let is_in = random.chance(75.0);
        let code = if is_in { known } else { format!("{known}~0") };
        let mut coding = json!({"system": ICD_10_GM, "code": code});
        if random.chance(70.0) {
            coding["version"] = json!(edition.meta().version);
        }
        let concept = json!({"coding": [coding]});
        let body = json!({"resourceType": "Parameters", "parameter": [
            {"name": "url", "valueUri": url},
            {"name": "codeableConcept", "valueCodeableConcept": concept},
        ]});
        let expect = Expect::ok().member("valueBoolean", is_in.to_string()).string(code);
        Some(Call::post("/ValueSet/$validate-code", body.to_string(), expect))
    }
}
