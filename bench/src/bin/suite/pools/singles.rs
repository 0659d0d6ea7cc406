//! Requests too large to be sent again and again.

use bench::generate::ICD_10_GM;
use bench::rf2_generator::random::Random;
use serde_json::{Value, json};

use super::{Call, Edition, Expect, Pools, code, draw, encoded};

/// Look-ups of the large batch.
const BATCH: usize = 10_000;
/// Concepts of the closure table.
const CLOSURE: usize = 5_000;
/// Codes of the larger of the two expansions that users ask for without pages.
const MANY: u64 = 120_000;

/// A large request, with one that must come before it each time.
#[derive(Debug)]
pub(crate) struct Single {
    pub(crate) name: String,
    pub(crate) before: Option<Call>,
    pub(crate) call: Call,
}

impl Pools<'_> {
    /// The large requests; `share` makes batch and closure smaller.
    pub(crate) fn singles(&self, share: f64) -> Vec<Single> {
        let sized = |full: usize| ((full as f64 * share) as usize).max(10);
        let mut singles = Vec::new();
        if let Some(system) = self.system(ICD_10_GM) {
            let edition = system.edition();
            let total = u64::from(edition.concept_count());
            singles.push(self.whole(edition, &draw::whole_value_set(edition), total));
        }
        let edition = self.edition();
        let (value_set, total) =
            (draw::whole_value_set(edition), u64::from(edition.concept_count()));
        if total > MANY {
            singles.push(self.many(edition, &value_set, total));
        }
        singles.push(self.whole(edition, &value_set, total));
        let size = sized(BATCH);
        if let Some(call) = self.batch(size, &mut Random::new(1, "large batch")) {
            singles.push(Single { name: format!("batch of {size} $lookup"), before: None, call });
        }
        singles.extend(self.closure(sized(CLOSURE)));
        singles
    }

    fn whole(&self, edition: &Edition, value_set: &str, total: u64) -> Single {
        let url = &edition.meta().url;
        let expect = Expect::ok().string(url.as_str());
        let expect = match self.is_peer {
            true => expect.rows(1, u64::MAX),
            false => expect.member("total", total.to_string()).rows(total, total),
        };
        let target = format!("/ValueSet/$expand?url={}", encoded(value_set));
        let name = format!("$expand of {total} codes of {url}");
        Single { name, before: None, call: Call::get(target, expect) }
    }

    /// The first 120,000 codes, in one answer.
    fn many(&self, edition: &Edition, value_set: &str, total: u64) -> Single {
        let url = &edition.meta().url;
        let target = format!("/ValueSet/$expand?url={}&count={MANY}", encoded(value_set));
        let name = format!("$expand of {MANY} codes of {url}");
        Single { name, before: None, call: Call::get(target, self.page(total, 0, MANY)) }
    }

    /// A closure table that is begun anew and then filled at once.
    fn closure(&self, size: usize) -> Option<Single> {
        let edition = self.edition();
        let mut random = Random::new(1, "closure");
        let mut codes: Vec<String> =
            (0..size * 2).filter_map(|_| code(edition, &mut random)).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.truncate(size);
        let url = &edition.meta().url;
        let parameters = |more: Vec<Value>| {
            let mut list = vec![json!({"name": "name", "valueString": "suite"})];
            list.extend(more);
            json!({"resourceType": "Parameters", "parameter": list}).to_string()
        };
        let concepts = codes
            .iter()
            .map(|code| json!({"name": "concept", "valueCoding": {"system": url, "code": code}}));
        let expect = Expect::ok().string("ConceptMap");
        let before = Call::post("/$closure", parameters(Vec::new()), expect.clone());
        let filled = parameters(concepts.collect());
        let call = Call::post("/$closure", filled, expect.string("group"));
        let name = format!("$closure of {} concepts of {url}", codes.len());
        (!codes.is_empty()).then_some(Single { name, before: Some(before), call })
    }
}
