//! Expansions: hierarchies, properties, text, and all of them at once.

use codesystems::systems::snomed::ecl;
use codesystems::{ConceptIx, ConceptSet, Edition};
use serde_json::{Value, json};
use valuesets::filters;
use valuesets::model::{Filter, FilterOp, Include, ValueSet};

use super::{
    Arc, Call, CodeSystem, Drawn, Expect, ICD_10_GM, LOINC, Pools, RXNORM, Random, SNOMED, Test,
    draw, encoded, expand, filter_of, include, query,
};

/// Systems that German texts are searched in.
const GERMAN: [&str; 4] = [
    ICD_10_GM,
    "http://fhir.de/CodeSystem/bfarm/ops",
    "http://fhir.de/CodeSystem/bfarm/alpha-id-se",
    "http://www.orpha.net",
];

/// A value set that lists its codes.
struct Listed<'v> {
    url: &'v str,
    codes: Vec<(Arc<CodeSystem>, ConceptSet)>,
}

impl Pools<'_> {
    /// The concepts of EX01: 60 with many descendants, 20 with some, 20 with few; a wide pool takes
    /// all there are.
    pub(super) fn tops(&self, is_wide: bool) -> Vec<[ConceptIx; 5]> {
        let band = |range: std::ops::Range<u32>, most: usize| {
            let all: Vec<ConceptIx> = (self.by_size.iter())
                .filter(|(count, _)| range.contains(count))
                .map(|(_, concept)| *concept)
                .collect();
            let step = if is_wide { 1 } else { (all.len() / most).max(1) };
            let most = if is_wide { usize::MAX } else { most };
            all.into_iter().step_by(step).take(most).collect::<Vec<_>>()
        };
        let (many, some, few) =
            (band(5_000..u32::MAX, 60), band(500..5_000, 20), band(20..500, 20));
        let longest = many.len().max(some.len()).max(few.len());
        let or = |list: &[ConceptIx], at: usize| {
            let fallback = [&few, &some, &many].into_iter().find_map(|list| list.first());
            list.get(at % list.len().max(1)).or(fallback).copied()
        };
        // Three of five draws are of the first band.
        (0..longest)
            .filter_map(|at| {
                let many = or(&many, at)?;
                Some([many, many, many, or(&some, at)?, or(&few, at)?])
            })
            .collect()
    }

    pub(super) fn hierarchy(
        &self,
        tops: &[[ConceptIx; 5]],
        is_wide: bool,
        random: &mut Random,
    ) -> Drawn {
        let edition = self.edition();
        let of_all_bands = random.pick(tops)?;
        let top = *random.pick(of_all_bands)?;
        let total = u64::from(edition.descendant_count(top)) + 1;
        let count = match is_wide {
            true if random.chance(80.0) => 100 + random.below(901) as u64,
            _ => *random.pick(&[1, 10, 50, 100, 100, 200, 200, 500, 500, 1_000])?,
        };
        let offset = *random.pick(&[0, 0, 100, 200, 300, 500])?;
        if offset >= total {
            return None;
        }
        let url = format!("{}?fhir_vs=isa/{}", edition.meta().url, edition.code(top));
        let pairs = [("url", url), ("count", count.to_string()), ("offset", offset.to_string())];
        let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
        let expect = self.page(total, offset, count);
        if self.is_peer {
            return Some(Call::get(format!("/ValueSet/$expand?{}", query(&pairs)), expect));
        }
        let mut set = edition.descendants(top);
        set.insert(top);
        let first = edition.code(set.iter_from(offset).next()?);
        let expect = expect.string("contains").string(first);
        Some(Call::get(format!("/ValueSet/$expand?{}", query(&pairs)), expect))
    }

    /// The concepts that all filters select.
    fn selected(&self, edition: &Edition, wanted: &[Value]) -> Option<ConceptSet> {
        let mut all: Option<ConceptSet> = None;
        for filter in wanted {
            let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
            let op = match text("op") {
                "is-a" => FilterOp::IsA,
                "descendent-of" => FilterOp::DescendentOf,
                "generalizes" => FilterOp::Generalizes,
                _ => FilterOp::Equal,
            };
            let (property, value) = (text("property").to_owned(), text("value").to_owned());
            let filter = Filter { property, op, value };
            let set = filters::select(edition, &edition.meta().url, &filter).ok()?;
            all = Some(all.map_or(set.clone(), |all| all.and(&set)));
        }
        all
    }

    /// An expansion by filters of the main system, with what it must be.
    fn filtered(&self, wanted: &[Value], text: &str, count: u64) -> Drawn {
        let edition = self.edition();
        let mut set = self.selected(edition, wanted)?;
        if !text.is_empty() {
            set = set.and(&*self.matching(&self.main, text)?);
        }
        if set.is_empty() {
            return None;
        }
        let expect = self.page(set.len(), 0, count);
        Some(expand(&[include(&edition.meta().url, wanted)], text, count, expect))
    }

    /// Descendants or ancestors of a concept, every fourth with a property beside.
    pub(super) fn relatives(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let mut wanted = match random.chance(71.0) {
            true => vec![filter_of("concept", "descendent-of", edition.code(above))],
            false => vec![filter_of("concept", "generalizes", edition.code(below))],
        };
        if random.chance(28.0) {
            let (property, value) = self.attribute(below, random)?;
            wanted.push(filter_of(&property, "=", &value));
        }
        self.filtered(&wanted, "", *random.pick(&[10, 20, 100, 1_000])?)
    }

    /// A property to filter by: an attribute of SNOMED CT, any property of other systems.
    fn attribute(&self, concept: ConceptIx, random: &mut Random) -> Option<(String, String)> {
        let edition = self.edition();
        if edition.meta().url != SNOMED {
            return draw::property(edition, concept, random);
        }
        let (attribute, value) = draw::attribute(edition, concept, random)?;
        Some((attribute, edition.code(value).to_owned()))
    }

    /// Text from a letter to two words, in the whole system.
    pub(super) fn text(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let concept = draw::concept(edition, random)?;
        let text = draw::typed(edition.display(concept), 1 + random.below(8), random)?;
        let total = self.matching(&self.main, &text)?.len();
        let count = *random.pick(&[20, 100])?;
        let url = draw::whole_value_set(edition);
        let pairs = [("url", url), ("filter", text), ("count", count.to_string())];
        let pairs = pairs.each_ref().map(|(name, value)| (*name, value.as_str()));
        Some(Call::get(format!("/ValueSet/$expand?{}", query(&pairs)), self.page(total, 0, count)))
    }

    /// The ten largest value sets that list codes, in pages, two thirds with a text.
    pub(super) fn large_value_sets(&self, test: Test, size: usize) -> Vec<Call> {
        let mut sets: Vec<(usize, &ValueSet)> = (self.snapshot.catalogue.all_value_sets())
            .filter_map(|set| {
                let includes = &set.compose.as_ref()?.include;
                Some((includes.iter().map(|it| it.concepts.len()).sum(), &**set))
            })
            .filter(|(count, _)| *count > 0)
            .collect();
        sets.sort_by_key(|(count, set)| (std::cmp::Reverse(*count), set.url.clone()));
        sets.truncate(10);
        let listed: Vec<Listed<'_>> =
            sets.into_iter().filter_map(|(_, set)| self.listed(set)).collect();
        self.draw(test, size, |random| {
            let set = random.pick(&listed)?;
            let count: u64 = *random.pick(&[10, 20, 100, 1_000])?;
            let mut target = format!("/ValueSet/$expand?url={}&count={count}", encoded(set.url));
            if !random.chance(66.0) {
                let total = set.codes.iter().map(|(_, codes)| codes.len()).sum();
                return Some(Call::get(target, self.page(total, 0, count)));
            }
            let (system, codes) = random.pick(&set.codes)?;
            let concept = codes.iter_from(random.below(codes.len() as usize) as u64).next()?;
            let text = draw::typed(system.edition().display(concept), 1 + random.below(8), random)?;
            target.push_str(&format!("&filter={}", encoded(&text)));
            let mut total = 0;
            for (system, codes) in &set.codes {
                total += codes.and_len(&*self.matching(system, &text)?);
            }
            // Alpha-ID gives synonyms to ICD-10-GM, which find more.
            let is_exact = set.codes.iter().all(|(it, _)| it.edition().meta().url != ICD_10_GM);
            let expect = match is_exact {
                true => self.page(total, 0, count),
                false => Expect::ok().rows(total.min(count), count),
            };
            Some(Call::get(target, expect))
        })
    }

    /// The codes that a value set lists, by system; `None` where a system is not loaded.
    fn listed<'v>(&self, set: &'v ValueSet) -> Option<Listed<'v>> {
        let of = |include: &Include| {
            let system = Arc::clone(self.system(include.system.as_deref()?)?);
            let concepts = include.concepts.iter();
            let codes = concepts.filter_map(|it| system.edition().find(&it.code)).collect();
            Some((system, codes))
        };
        let codes: Option<Vec<_>> = set.compose.as_ref()?.include.iter().map(of).collect();
        Some(Listed { url: &set.url, codes: codes? })
    }

    /// is-a with a property (370), a property (210), two properties (203), is-a (95), two includes
    /// (76).
    pub(super) fn intensional(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let is_a = filter_of("concept", "is-a", edition.code(above));
        let property = |random: &mut Random| {
            let (property, value) = self.attribute(below, random)?;
            Some(filter_of(&property, "=", &value))
        };
        let count = *random.pick(&[10, 20, 50, 100, 500, 1_000])?;
        match random.below(954) {
            0..370 => self.filtered(&[is_a, property(random)?], "", count),
            370..580 => self.filtered(&[property(random)?], "", count),
            580..783 => {
                let (one, other) = (property(random)?, property(random)?);
                if one == other { None } else { self.filtered(&[one, other], "", count) }
            }
            783..878 => self.filtered(&[is_a], "", count),
            _ => {
                let (other, _) = draw::ancestor_and_descendant(edition, random)?;
                let other = filter_of("concept", "is-a", edition.code(other));
                let first = self.selected(edition, std::slice::from_ref(&is_a))?;
                let second = self.selected(edition, std::slice::from_ref(&other))?;
                let url = &edition.meta().url;
                let expect = self.page(first.or(&second).len(), 0, count);
                Some(expand(&[include(url, &[is_a]), include(url, &[other])], "", count, expect))
            }
        }
    }

    /// RxNorm by term type, or by what a drug contains or is a trade name of.
    pub(super) fn drugs(&self, is_wide: bool, random: &mut Random) -> Drawn {
        let edition = self.system(RXNORM)?.edition();
        let name = *random.pick(&["TTY", "tradename_of", "has_ingredient", "has_ingredient"])?;
        let property = edition.property_id(name)?;
        let concept = draw::concept(edition, random)?;
        let values: Vec<String> =
            edition.values_of(concept, property).map(|v| v.value().text().into_owned()).collect();
        let value = random.pick(&values)?;
        let total = edition.with_value(property, value).len();
        let count = match is_wide {
            true => 1 + random.below(1_000) as u64,
            false => *random.pick(&[10, 20, 100])?,
        };
        let value = if name == "TTY" { value.clone() } else { format!("CUI:{value}") };
        let include = include(RXNORM, &[filter_of(name, "=", &value)]);
        Some(expand(&[include], "", count, self.page(total, 0, count)))
    }

    /// Text in SNOMED CT, LOINC and RxNorm, or in two of them.
    pub(super) fn systems_text(&self, random: &mut Random) -> Drawn {
        let mut urls = vec![SNOMED, LOINC, RXNORM];
        if random.chance(60.0) {
            urls.remove(random.below(3));
        }
        let systems: Vec<_> = urls.iter().filter_map(|url| self.system(url)).collect();
        if systems.len() < urls.len() {
            return None;
        }
        let edition = random.pick(&systems)?.edition();
        let concept = draw::concept(edition, random)?;
        let text = draw::typed(edition.display(concept), 2 + random.below(7), random)?;
        let mut total = 0;
        for system in &systems {
            total += self.matching(system, &text)?.len();
        }
        let count = *random.pick(&[10, 200, 400])?;
        let includes: Vec<Value> = urls.iter().map(|url| include(url, &[])).collect();
        Some(expand(&includes, &text, count, self.page(total, 0, count)))
    }

    /// is-a, a property and a text.
    pub(super) fn combined(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let (property, value) = self.attribute(below, random)?;
        let text = draw::typed(edition.display(below), 1 + random.below(8), random)?;
        let is_a = filter_of("concept", "is-a", edition.code(above));
        let wanted = [is_a, filter_of(&property, "=", &value)];
        self.filtered(&wanted, &text, *random.pick(&[10, 25, 50])?)
    }

    /// German text in all German systems at once. Of what must be found a lower bound is known: what
    /// the system has that the text was drawn from.
    pub(super) fn german(&self, random: &mut Random) -> Drawn {
        let systems: Vec<_> = GERMAN.iter().filter_map(|url| self.system(url)).collect();
        if systems.len() < GERMAN.len() {
            return None;
        }
        let system = random.pick(&systems)?;
        let edition = system.edition();
        let concept = draw::concept(edition, random)?;
        let text = draw::typed(edition.display(concept), 2 + random.below(7), random)?;
        let least = self.matching(system, &text)?.len();
        let includes: Vec<Value> = GERMAN.iter().map(|url| include(url, &[])).collect();
        let expect = Expect::ok().rows(least.min(20), 20);
        let call = expand(&includes, &text, 20, expect);
        let mut body: Value = serde_json::from_str(call.body.as_deref()?).ok()?;
        let list = body.get_mut("parameter")?.as_array_mut()?;
        list.push(json!({"name": "displayLanguage", "valueCode": "de"}));
        Some(Call { body: Some(body.to_string()), ..call })
    }

    /// The first 20 of an expression constraint with one attribute.
    pub(super) fn constraint(&self, random: &mut Random) -> Drawn {
        let edition = self.edition();
        if edition.meta().url != SNOMED {
            return None;
        }
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let (attribute, value) = draw::attribute(edition, below, random)?;
        let value = draw::ancestor(edition, value, random).unwrap_or(value);
        let (focus, value) = (edition.code(above), edition.code(value));
        let url = format!("{SNOMED}?fhir_vs=ecl/<< {focus} : {attribute} = << {value}");
        let target = format!("/ValueSet/$expand?url={}&count=20", encoded(&url));
        let parsed = ecl::parse(&format!("<< {focus} : {attribute} = << {value}")).ok()?;
        let total = ecl::evaluate(&parsed, edition).ok()?.len();
        Some(Call::get(target, self.page(total, 0, 20)))
    }
}
