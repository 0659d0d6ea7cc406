//! The concept model (MRCM) of the invented release: what its attributes are used for.
//!
//! Rows say of each attribute what the generator does with it: the domains of its sources, the range
//! of its targets, that it stands in groups at most once.

use std::collections::BTreeMap;
use std::io;

use super::attributes::types;
use super::files::Package;
use super::metadata::{
    ALL_CONTENT, CORE, MANDATORY, MODEL, MRCM_ATTRIBUTE_DOMAIN, MRCM_ATTRIBUTE_RANGE, MRCM_DOMAIN,
    MRCM_MODULE_SCOPE,
};
use super::random::Random;
use super::refsets::MEMBER;
use super::world::{CATEGORIES, Category};

/// Concrete attributes of products: type, whether in groups, range.
const VALUES: [(u64, bool, &str); 2] =
    [(1_142_135_004, true, "dec(>#0..)"), (1_142_139_005, false, "int(>#0..)")];
/// |Pharmaceutical / biologic product|
const PRODUCT: u64 = 373_873_005;

/// An attribute with the tops of its sources and targets.
#[derive(Debug, Default)]
struct Uses {
    domains: Vec<u64>,
    targets: Vec<u64>,
}

impl Package {
    /// Writes the reference sets of the concept model.
    pub(super) fn mrcm(&mut self, random: &mut Random) -> io::Result<()> {
        let mut uses: BTreeMap<u64, Uses> = BTreeMap::new();
        for (category, top, ..) in CATEGORIES {
            for (attribute, target) in types(category) {
                let used = uses.entry(*attribute).or_default();
                used.domains.push(top);
                used.targets.push(top_of(*target));
            }
        }
        for used in uses.values_mut() {
            used.targets.sort_unstable();
            used.targets.dedup();
        }
        self.attribute_domains(&uses, random)?;
        self.attribute_ranges(&uses, random)?;
        self.domains(random)?;
        self.module_scope(random)
    }

    fn attribute_domains(
        &mut self,
        uses: &BTreeMap<u64, Uses>,
        random: &mut Random,
    ) -> io::Result<()> {
        let header = format!(
            "{MEMBER}\tdomainId\tgrouped\tattributeCardinality\tattributeInGroupCardinality\truleStrengthId\tcontentTypeId"
        );
        let name = "der2_cissccRefset_MRCMAttributeDomainSnapshot";
        let mut table = self.begin("Refset/Metadata", name, &header)?;
        let objects = uses.iter().flat_map(|(attribute, used)| {
            used.domains.iter().map(|domain| (*attribute, *domain, true))
        });
        let values = VALUES.iter().map(|(attribute, grouped, _)| (*attribute, PRODUCT, *grouped));
        for (attribute, domain, grouped) in objects.chain(values) {
            let (member, date) = (random.uuid(), self.date);
            let (all, in_group) = if grouped { ("0..*", "0..1") } else { ("0..1", "0..0") };
            let flag = u8::from(grouped);
            table.row(format_args!(
                "{member}\t{date}\t1\t{MODEL}\t{MRCM_ATTRIBUTE_DOMAIN}\t{attribute}\t{domain}\t{flag}\t{all}\t{in_group}\t{MANDATORY}\t{ALL_CONTENT}"
            ))?;
        }
        self.end(table)
    }

    fn attribute_ranges(
        &mut self,
        uses: &BTreeMap<u64, Uses>,
        random: &mut Random,
    ) -> io::Result<()> {
        let header =
            format!("{MEMBER}\trangeConstraint\tattributeRule\truleStrengthId\tcontentTypeId");
        let name = "der2_ssccRefset_MRCMAttributeRangeSnapshot";
        let mut table = self.begin("Refset/Metadata", name, &header)?;
        let objects = uses.iter().map(|(attribute, used)| {
            let ranges: Vec<String> = used.targets.iter().map(|top| format!("<< {top}")).collect();
            let range = ranges.join(" OR ");
            (*attribute, format!("= ({range})"), range)
        });
        let values = VALUES
            .iter()
            .map(|(attribute, _, range)| (*attribute, "> #0".to_owned(), (*range).to_owned()));
        for (attribute, comparison, range) in objects.chain(values) {
            let (member, date) = (random.uuid(), self.date);
            table.row(format_args!(
                "{member}\t{date}\t1\t{MODEL}\t{MRCM_ATTRIBUTE_RANGE}\t{attribute}\t{range}\t*: {attribute} {comparison}\t{MANDATORY}\t{ALL_CONTENT}"
            ))?;
        }
        self.end(table)
    }

    fn domains(&mut self, random: &mut Random) -> io::Result<()> {
        let header = format!(
            "{MEMBER}\tdomainConstraint\tparentDomain\tproximalPrimitiveConstraint\tproximalPrimitiveRefinement\tdomainTemplateForPrecoordination\tdomainTemplateForPostcoordination\tguideURL"
        );
        let name = "der2_sssssssRefset_MRCMDomainSnapshot";
        let mut table = self.begin("Refset/Metadata", name, &header)?;
        for (_, top, ..) in CATEGORIES.iter().filter(|(category, ..)| !types(*category).is_empty())
        {
            let (member, date) = (random.uuid(), self.date);
            table.row(format_args!(
                "{member}\t{date}\t1\t{MODEL}\t{MRCM_DOMAIN}\t{top}\t<< {top}\t\t<< {top}\t\t\t\t"
            ))?;
        }
        self.end(table)
    }

    fn module_scope(&mut self, random: &mut Random) -> io::Result<()> {
        let header = format!("{MEMBER}\tmrcmRuleRefsetId");
        let name = "der2_cRefset_MRCMModuleScopeSnapshot";
        let mut table = self.begin("Refset/Metadata", name, &header)?;
        for set in [MRCM_DOMAIN, MRCM_ATTRIBUTE_DOMAIN, MRCM_ATTRIBUTE_RANGE] {
            let (member, date) = (random.uuid(), self.date);
            table.row(format_args!(
                "{member}\t{date}\t1\t{MODEL}\t{MRCM_MODULE_SCOPE}\t{CORE}\t{set}"
            ))?;
        }
        self.end(table)
    }
}

fn top_of(category: Category) -> u64 {
    CATEGORIES.iter().find(|(known, ..)| *known == category).map_or(0, |(_, top, ..)| *top)
}
