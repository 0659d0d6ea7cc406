//! Meaning and concept model of expressions on small invented editions.

use proptest::prelude::*;

use super::*;
use crate::{EditionBuilder, EditionMeta, PropertyKind};

const SITE: &str = "363698007";
const MORPHOLOGY: &str = "116676008";
const LATERALITY: &str = "272741003";
const DOSE: &str = "1142135004";

/// Identifier, parents, whether sufficiently defined, attributes by group.
type Row =
    (&'static str, &'static [&'static str], bool, &'static [(&'static str, &'static str, u16)]);

const CONCEPTS: [Row; 19] = [
    ("138875005", &[], false, &[]),
    ("410662002", &["138875005"], false, &[]),
    (SITE, &["410662002"], false, &[]),
    (MORPHOLOGY, &["410662002"], false, &[]),
    (LATERALITY, &["410662002"], false, &[]),
    (DOSE, &["410662002"], false, &[]),
    ("404684003", &["138875005"], false, &[]),
    ("64572001", &["404684003"], false, &[]),
    ("123037004", &["138875005"], false, &[]),
    ("10200004", &["123037004"], false, &[]),
    ("20200004", &["10200004"], false, &[]),
    ("49755003", &["138875005"], false, &[]),
    ("23583003", &["49755003"], false, &[]),
    ("182353008", &["138875005"], false, &[]),
    ("24028007", &["182353008"], false, &[]),
    ("71388002", &["138875005"], false, &[]),
    // Disorder of liver, inflammation of it, and of its lobe.
    ("235856003", &["64572001"], true, &[(SITE, "10200004", 1)]),
    ("128241005", &["235856003"], true, &[(SITE, "10200004", 1), (MORPHOLOGY, "23583003", 1)]),
    ("900000000000455006", &["138875005"], false, &[]),
];

fn builder() -> EditionBuilder {
    let mut builder = EditionBuilder::new(EditionMeta::new("http://snomed.info/sct", ""));
    let defined = builder.property_id("sufficientlyDefined", PropertyKind::Boolean, "");
    for (id, parents, is_defined, attributes) in CONCEPTS {
        let concept = builder.concept(id);
        builder.property(concept, defined, PropertyValue::Boolean(is_defined), 0);
        for parent in parents {
            let parent = builder.concept(parent);
            builder.parent(concept, parent);
        }
        for (name, value, group) in attributes {
            let name = builder.property_id(name, PropertyKind::Code, "");
            builder.property(concept, name, PropertyValue::Code(value), *group);
        }
    }
    builder
}

fn edition(builder: EditionBuilder) -> Edition {
    Edition::from_bytes(builder.finish().unwrap().into()).unwrap()
}

fn read(edition: &Edition, text: &str) -> Expression {
    let expression = parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    check(&expression, edition).unwrap_or_else(|error| panic!("{text}: {error}"));
    expression
}

#[test]
fn subsumption_follows_focus_groups_and_definitions() {
    let edition = edition(builder());
    let forms = Forms::new(&edition);
    let lobe = "64572001:363698007=20200004";
    for (general, special, there, back) in [
        ("64572001", lobe, true, false),
        ("64572001:363698007=10200004", lobe, true, false),
        // A sufficiently defined concept is its definition.
        ("235856003", "64572001:363698007=10200004", true, true),
        ("235856003", lobe, true, false),
        ("128241005", "64572001:{363698007=20200004,116676008=23583003}", true, false),
        ("64572001:{363698007=10200004,116676008=23583003}", "128241005", true, true),
        ("235856003:116676008=23583003", "128241005", true, false),
        // The attributes must stand in one group.
        ("128241005", "64572001:{363698007=10200004},{116676008=23583003}", false, true),
        // Values may be expressions.
        (
            "64572001:363698007=10200004",
            "64572001:363698007=(10200004:272741003=24028007)",
            true,
            false,
        ),
        ("235856003", "64572001:363698007=(10200004:272741003=24028007)", true, false),
        (
            "64572001:363698007=(10200004:272741003=182353008)",
            "64572001:363698007=(20200004:272741003=24028007)",
            true,
            false,
        ),
        ("64572001+23583003", "64572001", false, true),
        ("64572001:1142135004=#5", "404684003:1142135004=#5.0", false, true),
        ("404684003:1142135004=#5", "64572001:1142135004=#6", false, false),
        // What is only called a subtype has no instances by its definition.
        ("<<<64572001:363698007=10200004", lobe, false, false),
        ("404684003", "<<<64572001:363698007=10200004", true, false),
    ] {
        let [one, other] = [general, special].map(|text| forms.expression(&read(&edition, text)));
        let found = (forms.subsumes(&one, &other), forms.subsumes(&other, &one));
        assert_eq!(found, (there, back), "{general} and {special}");
    }
}

#[test]
fn axioms_say_what_suffices_before_relationships_do() {
    let mut builder = builder();
    let set = builder.membership_set("733073007", "", &["owlExpression"]);
    let concept = builder.concept("235856003");
    // The morphology is of a concept that the edition lacks, as in an extract.
    let axiom = "EquivalentClasses(:235856003 ObjectIntersectionOf(:64572001 \
                 ObjectSomeValuesFrom(:609096000 ObjectIntersectionOf(\
                 ObjectSomeValuesFrom(:363698007 :10200004) \
                 ObjectSomeValuesFrom(:116676008 :999999990)))))";
    builder.member(set, concept, &[axiom]);
    let concept = builder.concept("128241005");
    let axiom = "EquivalentClasses(:128241005 ObjectIntersectionOf(:64572001 \
                 ObjectSomeValuesFrom(:609096000 ObjectSomeValuesFrom(:363698007 :10200004))))";
    builder.member(set, concept, &[axiom]);
    let edition = edition(builder);
    let forms = Forms::new(&edition);
    let form = forms.expression(&read(&edition, "64572001:{363698007=20200004}"));
    let parents: Vec<_> = forms.parents(&form).into_iter().map(|one| edition.code(one)).collect();
    assert_eq!(parents, ["128241005"]);
}

#[test]
fn normal_forms_are_the_same_whatever_way_something_is_said() {
    let edition = edition(builder());
    let forms = Forms::new(&edition);
    for (text, expected) in [
        ("235856003:{363698007=20200004}", "===64572001:{363698007=20200004}"),
        (
            "128241005:{116676008=23583003,363698007=20200004}",
            "===64572001:{116676008=23583003,363698007=20200004}",
        ),
        ("404684003+235856003", "===64572001:{363698007=10200004}"),
        ("<<<64572001:1142135004=#5", "<<<64572001:1142135004=#5"),
        (
            "64572001:363698007=(20200004+10200004:272741003=24028007)",
            "===64572001:363698007=(20200004:272741003=24028007)",
        ),
    ] {
        let form = forms.expression(&read(&edition, text));
        assert_eq!(terse(&forms.normal(&form)), expected, "{text}");
    }
    let form = forms.expression(&read(&edition, "64572001:363698007=20200004"));
    let parents: Vec<_> = forms.parents(&form).into_iter().map(|one| edition.code(one)).collect();
    assert_eq!(parents, ["235856003"]);
}

/// The edition with a concept model; `is_whole` adds the sets that an extract lacks.
fn modelled(is_whole: bool) -> Edition {
    let mut builder = builder();
    let fields = [
        "domainId",
        "grouped",
        "attributeCardinality",
        "attributeInGroupCardinality",
        "ruleStrengthId",
        "contentTypeId",
    ];
    let domains = builder.membership_set("723561005", "", &fields);
    let (mandatory, optional, all) = ("723597001", "723598006", "723596005");
    for (attribute, row) in [
        (SITE, ["404684003", "1", "0..*", "0..1", mandatory, all]),
        // For what is precoordinated alone.
        (SITE, ["71388002", "1", "0..*", "0..1", mandatory, "723594008"]),
        (MORPHOLOGY, ["404684003", "1", "0..2", "0..1", mandatory, all]),
        (LATERALITY, ["723264001", "0", "0..1", "0..0", optional, all]),
    ] {
        let concept = builder.concept(attribute);
        builder.member(domains, concept, &row);
    }
    let fields = ["rangeConstraint", "attributeRule", "ruleStrengthId", "contentTypeId"];
    let ranges = builder.membership_set("723562003", "", &fields);
    for (attribute, range) in [
        (SITE, "<< 123037004 |Body structure|"),
        (MORPHOLOGY, "<< 49755003 OR << 999999990"),
        (LATERALITY, "<< 182353008"),
        (DOSE, "dec(>#0..)"),
    ] {
        let concept = builder.concept(attribute);
        builder.member(ranges, concept, &[range, "", mandatory, all]);
    }
    let lateralizable = builder.membership_set("723264001", "", &[]);
    let liver = builder.concept("10200004");
    builder.member(lateralizable, liver, &[]);
    if is_whole {
        let constraints = builder.membership_set("723560006", "", &["domainConstraint"]);
        let finding = builder.concept("404684003");
        builder.member(constraints, finding, &["<< 404684003 |Clinical finding|"]);
        let scope = builder.membership_set("723563008", "", &["mrcmRuleRefsetId"]);
        builder.member(scope, finding, &["723561005"]);
    }
    edition(builder)
}

#[test]
fn the_concept_model_is_applied_as_far_as_the_edition_has_it() {
    let edition = modelled(true);
    let model = ConceptModel::new(&edition);
    assert_eq!(model.extent(), Extent::Whole);
    let rule = |text: &str| text.to_owned();
    for (text, expected) in [
        ("64572001:363698007=10200004", vec![]),
        ("64572001:{363698007=10200004,116676008=23583003}", vec![]),
        ("71388002:363698007=10200004", vec![(true, Rule::Domain(vec![rule("404684003")]))]),
        (
            "64572001:363698007=23583003",
            vec![(true, Rule::Range(rule("<< 123037004 |Body structure|")))],
        ),
        ("64572001:363698007=#3", vec![(true, Rule::Range(rule("<< 123037004 |Body structure|")))]),
        ("64572001:{363698007=10200004,363698007=20200004}", vec![(true, Rule::AtMostInGroup(1))]),
        (
            "64572001:{116676008=23583003},{116676008=23583003},{116676008=23583003}",
            vec![(true, Rule::AtMost(2))],
        ),
        ("10200004:272741003=24028007", vec![]),
        ("10200004:{272741003=24028007}", vec![(false, Rule::NotGrouped)]),
        ("20200004:272741003=24028007", vec![(false, Rule::Domain(vec![rule("723264001")]))]),
        // A range that names an unknown concept tells nothing.
        ("64572001:116676008=10200004", vec![]),
        (
            "64572001:1142135004=#0",
            vec![(true, Rule::Unknown), (true, Rule::Range(rule("dec(>#0..)")))],
        ),
        // Inside of values the same holds, and their structure counts for the range.
        ("64572001:363698007=(10200004:272741003=24028007)", vec![]),
        (
            "64572001:363698007=(20200004:272741003=23583003)",
            vec![
                (false, Rule::Domain(vec![rule("723264001")])),
                (true, Rule::Range(rule("<< 182353008"))),
            ],
        ),
    ] {
        let found = model.violations(&read(&edition, text));
        let found: Vec<_> = found.into_iter().map(|one| (one.is_mandatory, one.rule)).collect();
        assert_eq!(found, expected, "{text}");
    }
    let broken = model.violations(&read(&edition, "71388002:363698007=10200004"));
    let expected = "Concept model: attribute 363698007 is for concepts of the domain 404684003";
    assert_eq!(broken[0].to_string(), expected);
}

#[test]
fn an_extract_applies_the_rules_it_has() {
    let (part, nothing) = (modelled(false), edition(builder()));
    let model = ConceptModel::new(&part);
    assert_eq!(model.extent(), Extent::Part);
    assert_eq!(model.violations(&read(&part, "71388002:363698007=10200004")).len(), 1);
    // That there is no rule for an attribute says nothing there.
    assert!(model.violations(&read(&part, "64572001:1142135004=#1")).is_empty());
    let model = ConceptModel::new(&nothing);
    assert_eq!(model.extent(), Extent::Nothing);
    assert!(model.violations(&read(&nothing, "71388002:363698007=23583003")).is_empty());
}

/// A random expression of the invented concepts.
fn expression() -> impl Strategy<Value = Expression> {
    let id = |from: &'static [&'static str]| prop::sample::select(from).prop_map(str::to_owned);
    let focus = ["404684003", "64572001", "235856003", "128241005", "10200004", "20200004"];
    let focus: &'static [&'static str] = Vec::from(focus).leak();
    let names: &'static [&'static str] = &[SITE, MORPHOLOGY, LATERALITY];
    let values: &'static [&'static str] = &["10200004", "20200004", "23583003", "49755003"];
    let leaf = prop_oneof![
        id(values).prop_map(Value::Concept),
        (1..3u8).prop_map(|number| Value::Number(number.to_string())),
    ];
    let of = move |value: BoxedStrategy<Value>| {
        let attribute = (id(names), value).prop_map(|(name, value)| Attribute { name, value });
        let attributes = prop::collection::vec(attribute, 1..3);
        let groups = prop::collection::vec(attributes.clone(), 0..3);
        let focus = prop::collection::vec(id(focus), 1..3);
        (focus, prop::option::of(attributes), groups).prop_map(|(focus, attributes, groups)| {
            let attributes = attributes.unwrap_or_default();
            Expression { status: String::new(), focus, attributes, groups }
        })
    };
    let inner = of(leaf.clone().boxed());
    let nested = inner.prop_map(|inner| Value::Expression(Box::new(inner)));
    of(prop_oneof![3 => leaf, 1 => nested].boxed())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn subsumption_is_an_order_and_normal_forms_keep_the_meaning(
        one in expression(), other in expression(), third in expression()
    ) {
        let edition = edition(builder());
        let forms = Forms::new(&edition);
        let [a, b, c] = [&one, &other, &third].map(|one| forms.expression(one));
        prop_assert!(forms.subsumes(&a, &a), "{}", terse(&one));
        if forms.subsumes(&a, &b) && forms.subsumes(&b, &c) {
            prop_assert!(forms.subsumes(&a, &c));
        }
        let normal = forms.normal(&a);
        let again = forms.expression(&normal);
        prop_assert!(forms.subsumes(&a, &again), "{} {}", terse(&one), terse(&normal));
        prop_assert!(forms.subsumes(&again, &a), "{} {}", terse(&one), terse(&normal));
        // Saying more makes it narrower.
        let mut more = one.clone();
        more.groups.extend(other.groups.clone());
        more.attributes.extend(other.attributes.clone());
        prop_assert!(forms.subsumes(&a, &forms.expression(&more)), "{}", terse(&more));
        for concept in a.subsumers().iter() {
            prop_assert!(forms.subsumes(&forms.concept(concept), &a));
        }
    }
}
