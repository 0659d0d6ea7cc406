//! The requests of each test, drawn from a library.

use std::sync::Arc;

use bench::draw;
use bench::rf2_generator::random::Random;
use codesystems::Edition;
use serde_json::{Value, json};
use server::library::{ResourceType, Snapshot};
use valuesets::CodeSystem;
use valuesets::conceptmap::Relationship;

use crate::calls::{Call, Expect, Test, encoded};

/// Look-ups of one batch.
pub(crate) const BATCH: usize = 100;
/// How often a draw is repeated until it gives a request.
const TRIES: usize = 50;
/// Canonical of SNOMED CT.
const SNOMED: &str = "http://snomed.info/sct";

/// Draws requests from a library.
#[derive(Debug)]
pub(crate) struct Pools<'s> {
    pub(crate) snapshot: &'s Snapshot,
    /// The systems to ask about.
    pub(crate) systems: Vec<Arc<CodeSystem>>,
    /// Requests of a test.
    pub(crate) size: usize,
    /// The server asked is another one: it may count otherwise and blame otherwise.
    pub(crate) is_peer: bool,
}

type Drawn = Option<Call>;

impl Pools<'_> {
    /// All tests, those without a request included.
    pub(crate) fn tests(&self) -> Vec<Test> {
        vec![
            self.test("lookup", |edition, random| {
                Some(self.lookup(edition, &code(edition, random)?))
            }),
            self.test("lookup-unknown", |edition, random| {
                Some(self.unknown(edition, &code(edition, random)?))
            }),
            self.test("validate-code", |edition, random| self.validate_code(edition, random)),
            self.test("subsumes", subsumes),
            Test { name: "translate", calls: self.translations(), is_optional: false },
            self.test("expand-hierarchy", |edition, random| self.hierarchy(edition, random)),
            self.test("expand-filter", filter),
            self.test("expand-combined", |edition, random| self.combined(edition, random)),
            Test { is_optional: true, ..self.test("expand-ecl", ecl) },
            Test { name: "batch-100", calls: self.batches(), is_optional: false },
            Test { name: "search-url", calls: self.searches(), is_optional: false },
        ]
    }

    /// Systems take turns, so that each has its share whatever its size.
    fn test(&self, name: &'static str, draw: impl Fn(&Edition, &mut Random) -> Drawn) -> Test {
        let mut random = Random::new(1, name);
        let mut calls = Vec::new();
        let able: Vec<&Arc<CodeSystem>> = self
            .systems
            .iter()
            .filter(|system| (0..TRIES).any(|_| draw(system.edition(), &mut random).is_some()))
            .collect();
        for system in able.iter().cycle().take(self.size) {
            calls.extend((0..TRIES).find_map(|_| draw(system.edition(), &mut random)));
        }
        Test { name, calls, is_optional: false }
    }

    fn lookup(&self, edition: &Edition, code: &str) -> Call {
        let call = lookup_of(&edition.meta().url, code);
        // Not every server echoes the code.
        if self.is_peer { call } else { Call { expect: call.expect.string(code), ..call } }
    }

    fn validate_code(&self, edition: &Edition, random: &mut Random) -> Drawn {
        let code = code(edition, random)?;
        let query = format!(
            "/ValueSet/$validate-code?url={}&system={}&code={}",
            encoded(&draw::whole_value_set(edition)),
            encoded(&edition.meta().url),
            encoded(&code)
        );
        let expect = Expect::ok().member("valueBoolean", "true");
        Some(Call::get(query, if self.is_peer { expect } else { expect.string(code) }))
    }

    fn unknown(&self, edition: &Edition, code: &str) -> Call {
        let url = encoded(&edition.meta().url);
        let target =
            format!("/CodeSystem/$lookup?system={url}&code={}", encoded(&format!("{code}~0")));
        let status = if self.is_peer { 0 } else { 404 };
        let expect = Expect { status, ..Expect::default() }.string("OperationOutcome");
        Call::get(target, expect)
    }

    /// Another server may leave the total out, but not the concepts.
    fn page(&self, total: u64) -> Expect {
        let expect = Expect::ok().string("contains");
        if self.is_peer { expect } else { expect.member("total", total.to_string()) }
    }

    fn hierarchy(&self, edition: &Edition, random: &mut Random) -> Drawn {
        let (above, _) = draw::ancestor_and_descendant(edition, random)?;
        let (url, code) = (edition.meta().url.as_str(), edition.code(above));
        let expect = self.page(u64::from(edition.descendant_count(above)) + 1);
        if self.is_peer && url != SNOMED {
            // Only Begriff knows `?fhir_vs=isa/` for every code system.
            return Some(expand(&[filter_of("concept", "is-a", code)], url, "", expect));
        }
        let value_set = encoded(&format!("{url}?fhir_vs=isa/{code}"));
        Some(Call::get(format!("/ValueSet/$expand?url={value_set}&count=20"), expect))
    }

    fn combined(&self, edition: &Edition, random: &mut Random) -> Drawn {
        let (above, below) = draw::ancestor_and_descendant(edition, random)?;
        let (property, value) = draw::property(edition, below, random)?;
        let shape = 1 + random.below(8);
        let text = draw::typed(edition.display(below), shape, random)?;
        let filters =
            [filter_of("concept", "is-a", edition.code(above)), filter_of(&property, "=", &value)];
        let expect = Expect::ok().string("contains");
        Some(expand(&filters, &edition.meta().url, &text, expect))
    }

    /// Mappings that fire by themselves, from every map in turn.
    fn translations(&self) -> Vec<Call> {
        let mut random = Random::new(1, "translate");
        let groups: Vec<_> = self
            .snapshot
            .catalogue
            .concept_maps()
            .iter()
            .flat_map(|map| map.groups().map(move |group| (map, group)))
            .filter(|(_, group)| {
                let definition = group.definition();
                group.mappings().len() > 0
                    && !definition.source.is_empty()
                    && !definition.target.is_empty()
            })
            .collect();
        let mut calls = Vec::new();
        for (map, group) in groups.iter().cycle().take(self.size) {
            let definition = group.definition();
            let drawn = (0..TRIES).find_map(|_| {
                let mapping = group.mappings().nth(random.below(group.mappings().len()))?;
                let is_certain = mapping.depends_on().next().is_none()
                    && !matches!(
                        mapping.relationship(),
                        Relationship::Unmatched | Relationship::NotRelatedTo
                    );
                let target = mapping.target().filter(|_| is_certain)?;
                Some((mapping.source().to_owned(), target.to_owned()))
            });
            let Some((source, target)) = drawn else { continue };
            let query = format!(
                "/ConceptMap/$translate?url={}&system={}&code={}&targetsystem={}",
                encoded(&map.meta().url),
                encoded(&definition.source),
                encoded(&source),
                encoded(&definition.target)
            );
            let expect = Expect::ok().string(target).member("valueBoolean", "true");
            calls.push(Call::get(query, expect));
        }
        calls
    }

    fn batches(&self) -> Vec<Call> {
        let mut random = Random::new(1, "batch");
        let count = (self.size / BATCH).max(20);
        let calls = (0..count).filter_map(|_| batch(&self.systems, BATCH, &mut random));
        if !self.is_peer {
            return calls.collect();
        }
        let expect = Expect::ok().string("batch-response");
        calls.map(|call| Call { expect: expect.clone(), ..call }).collect()
    }

    /// Resources that are there, by canonical.
    fn searches(&self) -> Vec<Call> {
        let mut random = Random::new(1, "search");
        let entries: Vec<(ResourceType, &str)> = self
            .snapshot
            .resources
            .all()
            .iter()
            .filter(|entry| !entry.url.is_empty())
            .map(|entry| (entry.resource_type, entry.url.as_str()))
            .collect();
        let drawn = (0..self.size).filter_map(|_| random.pick(&entries));
        drawn
            .map(|(kind, url)| {
                let target = format!("/{}?url={}", kind.name(), encoded(url));
                Call::get(target, Expect::ok().string("entry").string(*url))
            })
            .collect()
    }
}

/// A batch of look-ups; the answers must come in the order of the entries.
pub(crate) fn batch(systems: &[Arc<CodeSystem>], size: usize, random: &mut Random) -> Drawn {
    let mut codes = Vec::with_capacity(size);
    for _ in 0..size {
        let edition = random.pick(systems)?.edition();
        codes.push((edition.meta().url.clone(), code(edition, random)?));
    }
    Some(batch_of(&codes))
}

/// A batch of look-ups of these systems and codes.
pub(crate) fn batch_of(codes: &[(String, String)]) -> Call {
    let mut expect = Expect::ok();
    let entries: Vec<Value> = codes
        .iter()
        .map(|(system, code)| {
            let query = format!("system={}&code={}", encoded(system), encoded(code));
            json!({"request": {"method": "GET", "url": format!("CodeSystem/$lookup?{query}")}})
        })
        .collect();
    for (_, code) in codes {
        expect = expect.string(code.as_str());
    }
    let body = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    Call::post("", body.to_string(), expect)
}

fn code(edition: &Edition, random: &mut Random) -> Option<String> {
    draw::concept(edition, random).map(|concept| edition.code(concept).to_owned())
}

/// A look-up of a code that is there.
pub(crate) fn lookup_of(system: &str, code: &str) -> Call {
    let query = format!("system={}&code={}", encoded(system), encoded(code));
    Call::get(format!("/CodeSystem/$lookup?{query}"), Expect::ok().string("display"))
}

/// Half of the pairs are ancestor and descendant, either way round; the others any two.
fn subsumes(edition: &Edition, random: &mut Random) -> Drawn {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let (a, b, outcome) = match random.below(4) {
        0 => (above, below, "subsumes"),
        1 => (below, above, "subsumed-by"),
        _ => {
            let (a, b) = (draw::concept(edition, random)?, draw::concept(edition, random)?);
            let outcome = match (a == b, edition.is_ancestor(a, b), edition.is_ancestor(b, a)) {
                (true, ..) => "equivalent",
                (_, true, _) => "subsumes",
                (.., true) => "subsumed-by",
                _ => "not-subsumed",
            };
            (a, b, outcome)
        }
    };
    let query = format!(
        "/CodeSystem/$subsumes?system={}&codeA={}&codeB={}",
        encoded(&edition.meta().url),
        encoded(edition.code(a)),
        encoded(edition.code(b))
    );
    Some(Call::get(query, Expect::ok().string(outcome)))
}

fn filter(edition: &Edition, random: &mut Random) -> Drawn {
    let concept = draw::concept(edition, random)?;
    let shape = 1 + random.below(8);
    let text = draw::typed(edition.display(concept), shape, random)?;
    Some(filter_page(&draw::whole_value_set(edition), &text))
}

/// The first 20 of a value set that a text finds.
pub(crate) fn filter_page(value_set: &str, text: &str) -> Call {
    let query = format!("url={}&filter={}&count=20", encoded(value_set), encoded(text));
    Call::get(format!("/ValueSet/$expand?{query}"), Expect::ok().string("contains"))
}

fn ecl(edition: &Edition, random: &mut Random) -> Drawn {
    if edition.meta().url != SNOMED {
        return None;
    }
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let (attribute, value) = draw::attribute(edition, below, random)?;
    let value = draw::ancestor(edition, value, random).unwrap_or(value);
    let (focus, value) = (edition.code(above), edition.code(value));
    let url = encoded(&format!("{SNOMED}?fhir_vs=ecl/<< {focus} : {attribute} = << {value}"));
    let target = format!("/ValueSet/$expand?url={url}&count=20");
    Some(Call::get(target, Expect::ok().string("contains")))
}

/// A filter of a compose.
pub(crate) fn filter_of(property: &str, op: &str, value: &str) -> Value {
    json!({"property": property, "op": op, "value": value})
}

/// The first 20 of a value set sent along: the concepts of `system` that all `filters` select and
/// `text` finds (empty for no text).
pub(crate) fn expand(filters: &[Value], system: &str, text: &str, expect: Expect) -> Call {
    let value_set = json!({
        "resourceType": "ValueSet",
        "status": "active",
        "compose": {"include": [{"system": system, "filter": filters}]},
    });
    let mut parameters = vec![
        json!({"name": "valueSet", "resource": value_set}),
        json!({"name": "count", "valueInteger": 20}),
    ];
    if !text.is_empty() {
        parameters.push(json!({"name": "filter", "valueString": text}));
    }
    let body = json!({"resourceType": "Parameters", "parameter": parameters});
    Call::post("/ValueSet/$expand", body.to_string(), expect)
}
