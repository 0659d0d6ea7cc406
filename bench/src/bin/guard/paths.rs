//! The hottest paths, each in a function of its own that the profiler is told to count.
//!
//! Everything random comes from seeds: the library, the questions, their order. Each path is
//! walked once before it is counted, so that caches are filled.

use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use axum::http::Method;
use bench::generate::SNOMED;
use bench::rf2_generator::random::Random;
use bench::{Result, ask, draw};
use codesystems::search::{Query, Selection};
use codesystems::systems::snomed::ecl;
use codesystems::{Edition, LanguagePreference};
use serde_json::{Value, json};
use server::app::App;
use server::config::Config;
use server::library::Snapshot;
use server::operations::answer;
use server::wire::{BodyFormat, LanguagePreferences, Parameters};
use valuesets::model::{Compose, Filter, FilterOp, Include, ValueSet};
use valuesets::scope::Scope;
use valuesets::{CodeSystem, plan};

/// Questions of each path.
pub(crate) const QUESTIONS: usize = 200;
/// Look-ups of a batch, and batches.
const BATCH: usize = 50;
/// How often a draw is repeated until it gives a question.
const TRIES: usize = 50;

/// A question to the server with what its answer must contain.
struct Question {
    method: Method,
    path: &'static str,
    parameters: Parameters,
    body: Vec<u8>,
    answer: String,
}

/// Everything that the paths need, made before anything is counted.
pub(crate) struct World {
    app: App,
    snapshot: Arc<Snapshot>,
    system: Arc<CodeSystem>,
    lookups: Vec<Question>,
    validations: Vec<Question>,
    pages: Vec<Question>,
    searches: Vec<Question>,
    subsumptions: Vec<Question>,
    translations: Vec<Question>,
    batches: Vec<Question>,
    bodies: Vec<Vec<u8>>,
    texts: Vec<String>,
    constraints: Vec<String>,
    value_sets: Vec<ValueSet>,
    codes: Vec<String>,
}

/// Walks a path; how many answers were right.
type Walk = fn(&World) -> usize;

/// A function of its own around a path, whose name tells the profiler what to count.
macro_rules! counted {
    ($($path:ident $counted:ident)*) => {
        $(
            #[inline(never)]
            fn $counted(world: &World) -> usize {
                black_box($path(world))
            }
        )*
        /// All paths: name, walk that is not counted, walk that is.
        pub(crate) const PATHS: [(&str, Walk, Walk); 12] =
            [$((stringify!($path), $path, $counted)),*];
    };
}

counted! {
    code_to_term measured_code_to_term
    lookup measured_lookup
    validate_code measured_validate_code
    subsumes measured_subsumes
    translate measured_translate
    expand_page measured_expand_page
    expand_text measured_expand_text
    text_search measured_text_search
    filter_compile measured_filter_compile
    ecl measured_ecl
    read_parameters measured_read_parameters
    batch measured_batch
}

/// Walks all paths three times; the third time is counted: some of what is made for a question is kept
/// from the second time on.
///
/// # Errors
/// When the library cannot be opened, or an answer is wrong.
pub(crate) fn walk(library: &Path) -> Result<()> {
    let world = World::new(library)?;
    let wrong = world.app.workers.install(|| {
        PATHS.iter().find_map(|(name, warm_up, counted)| {
            let warm = black_box(warm_up(&world)).min(black_box(warm_up(&world)));
            let right = warm.min(black_box(counted(&world)));
            (right != QUESTIONS).then_some((name, right))
        })
    });
    match wrong {
        Some((name, right)) => {
            Err(format!("{name}: {right} of {QUESTIONS} answers were right").into())
        }
        None => Ok(()),
    }
}

fn ask_all(world: &World, questions: &[Question]) -> usize {
    questions.iter().filter(|question| question.is_answered(&world.app)).count()
}

#[inline(never)]
fn code_to_term(world: &World) -> usize {
    let edition = world.system.edition();
    let scores = edition.language_scores(&LanguagePreference::default());
    let terms = world.codes.iter().filter_map(|code| edition.find(code));
    black_box(terms.filter(|&concept| !edition.display_for(concept, &scores).is_empty()).count())
}

#[inline(never)]
fn lookup(world: &World) -> usize {
    black_box(ask_all(world, &world.lookups))
}

#[inline(never)]
fn validate_code(world: &World) -> usize {
    black_box(ask_all(world, &world.validations))
}

#[inline(never)]
fn subsumes(world: &World) -> usize {
    black_box(ask_all(world, &world.subsumptions))
}

#[inline(never)]
fn translate(world: &World) -> usize {
    black_box(ask_all(world, &world.translations))
}

#[inline(never)]
fn expand_page(world: &World) -> usize {
    black_box(ask_all(world, &world.pages))
}

#[inline(never)]
fn expand_text(world: &World) -> usize {
    black_box(ask_all(world, &world.searches))
}

#[inline(never)]
fn text_search(world: &World) -> usize {
    let Some(index) = world.system.edition().text_index() else { return 0 };
    let selection = Selection { within: None, offset: 0, limit: 20 };
    let found = |text: &&String| !index.search(&Query::parse(text), &selection).hits.is_empty();
    black_box(world.texts.iter().filter(found).count())
}

#[inline(never)]
fn filter_compile(world: &World) -> usize {
    let scope = Scope::new(&world.snapshot.catalogue);
    let compiled = world.value_sets.iter().filter_map(|set| plan::compile(set, &scope).ok());
    black_box(compiled.filter(|compiled| !compiled.is_empty()).count())
}

#[inline(never)]
fn ecl(world: &World) -> usize {
    let edition = world.system.edition();
    let constraints = world.constraints.iter().filter_map(|text| ecl::parse(text).ok());
    let found = constraints.filter_map(|constraint| ecl::evaluate(&constraint, edition).ok());
    black_box(found.filter(|set| !set.is_empty()).count())
}

#[inline(never)]
fn read_parameters(world: &World) -> usize {
    let limits = world.app.config.limits.wire();
    let read =
        |body: &&Vec<u8>| Parameters::from_request(None, body, BodyFormat::Json, &limits).is_ok();
    black_box(world.bodies.iter().filter(read).count())
}

#[inline(never)]
fn batch(world: &World) -> usize {
    black_box(ask_all(world, &world.batches) * BATCH)
}

impl Question {
    fn get(path: &'static str, pairs: &[(&str, &str)], answer: String) -> Option<Self> {
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let parameters = Parameters::from_query(&pairs.join("&")).ok()?;
        Some(Self { method: Method::GET, path, parameters, body: Vec::new(), answer })
    }

    fn is_answered(&self, app: &App) -> bool {
        let languages = LanguagePreferences::default();
        let request = ask::request(
            app,
            &languages,
            &self.method,
            self.path,
            self.parameters.clone(),
            &self.body,
        );
        let Ok(answer) = answer(&request) else { return false };
        let (status, json) = answer.into_json();
        status.is_success() && memchr::memmem::find(&json, self.answer.as_bytes()).is_some()
    }
}

fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// `count` questions from as many draws as are needed.
fn drawn<T>(
    name: &str,
    count: usize,
    mut draw: impl FnMut(&mut Random) -> Option<T>,
) -> Result<Vec<T>> {
    let mut random = Random::new(1, name);
    let all: Vec<T> =
        (0..count).filter_map(|_| (0..TRIES).find_map(|_| draw(&mut random))).collect();
    match all.len() == count {
        true => Ok(all),
        false => Err(format!("{name}: {} of {count} questions could be made", all.len()).into()),
    }
}

impl World {
    fn new(library: &Path) -> Result<Self> {
        // One worker, on whose thread everything is walked: the profiler counts by thread.
        let config = Config { library: library.to_owned(), threads: 1, ..Config::default() };
        let app = App::without_store(config)?;
        let snapshot = app.snapshot();
        let systems = draw::systems(&snapshot, &[SNOMED.to_owned()], 1);
        let system = Arc::clone(systems.first().ok_or("no SNOMED CT in the library")?);
        let edition = system.edition();
        Ok(Self {
            lookups: drawn("lookup", QUESTIONS, |random| lookup_question(edition, random))?,
            validations: drawn("validate", QUESTIONS, |random| validation(edition, random))?,
            pages: drawn("page", QUESTIONS, |random| page(edition, random))?,
            searches: drawn("search", QUESTIONS, |random| search(edition, random))?,
            subsumptions: drawn("subsumes", QUESTIONS, |random| subsumption(edition, random))?,
            translations: drawn("translate", QUESTIONS, |random| translation(&snapshot, random))?,
            batches: drawn("batch", QUESTIONS / BATCH, |random| batch_question(edition, random))?,
            bodies: drawn("bodies", QUESTIONS, |random| body(edition, random))?,
            texts: drawn("texts", QUESTIONS, |random| text(edition, random))?,
            constraints: drawn("ecl", QUESTIONS, |random| constraint(edition, random))?,
            value_sets: drawn("compile", QUESTIONS, |random| value_set(edition, random))?,
            codes: drawn("codes", QUESTIONS, |random| code(edition, random))?,
            snapshot,
            system: Arc::clone(&system),
            app,
        })
    }
}

fn code(edition: &Edition, random: &mut Random) -> Option<String> {
    Some(edition.code(draw::concept(edition, random)?).to_owned())
}

fn text(edition: &Edition, random: &mut Random) -> Option<String> {
    let concept = draw::concept(edition, random)?;
    let shape = 1 + random.below(8);
    draw::typed(edition.display(concept), shape, random)
}

fn lookup_question(edition: &Edition, random: &mut Random) -> Option<Question> {
    let code = code(edition, random)?;
    Question::get("CodeSystem/$lookup", &[("system", SNOMED), ("code", &code)], quoted(&code))
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn validation(edition: &Edition, random: &mut Random) -> Option<Question> {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let url = format!("{SNOMED}?fhir_vs=isa/{}", edition.code(above));
    let pairs = [("url", url.as_str()), ("system", SNOMED), ("code", edition.code(below))];
    Question::get("ValueSet/$validate-code", &pairs, "\"valueBoolean\":true".into())
}

fn page(edition: &Edition, random: &mut Random) -> Option<Question> {
    let (above, _) = draw::ancestor_and_descendant(edition, random)?;
    let url = format!("{SNOMED}?fhir_vs=isa/{}", edition.code(above));
    let total = format!("\"total\":{},", edition.descendant_count(above) + 1);
    Question::get("ValueSet/$expand", &[("url", &url), ("count", "20")], total)
}

fn search(edition: &Edition, random: &mut Random) -> Option<Question> {
    let (url, text) = (format!("{SNOMED}?fhir_vs"), text(edition, random)?);
    let pairs = [("url", url.as_str()), ("filter", &text), ("count", "20")];
    Question::get("ValueSet/$expand", &pairs, "\"contains\"".into())
}

fn subsumption(edition: &Edition, random: &mut Random) -> Option<Question> {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let (above, below) = (edition.code(above), edition.code(below));
    let pairs = [("system", SNOMED), ("codeA", above), ("codeB", below)];
    Question::get("CodeSystem/$subsumes", &pairs, "\"subsumes\"".into())
}

fn translation(snapshot: &Snapshot, random: &mut Random) -> Option<Question> {
    let map = random.pick(snapshot.catalogue.concept_maps())?;
    let groups: Vec<_> = map.groups().collect();
    let group = random.pick(&groups)?;
    let mapping = group.mappings().nth(random.below(group.mappings().len()))?;
    let definition = group.definition();
    let pairs = [
        ("url", map.meta().url.as_str()),
        ("system", definition.source.as_str()),
        ("code", mapping.source()),
        ("targetsystem", definition.target.as_str()),
    ];
    Question::get("ConceptMap/$translate", &pairs, quoted(mapping.target()?))
}

fn batch_question(edition: &Edition, random: &mut Random) -> Option<Question> {
    let mut entries: Vec<Value> = Vec::with_capacity(BATCH);
    let mut last = String::new();
    for _ in 0..BATCH {
        last = code(edition, random)?;
        let url = format!("CodeSystem/$lookup?system={}&code={last}", escaped(SNOMED));
        entries.push(json!({"request": {"method": "GET", "url": url}}));
    }
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": entries});
    Some(Question {
        method: Method::POST,
        path: "",
        parameters: Parameters::default(),
        body: bundle.to_string().into_bytes(),
        answer: quoted(&last),
    })
}

/// A validation as validators send it, with a value set.
fn body(edition: &Edition, random: &mut Random) -> Option<Vec<u8>> {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let coding = json!({
        "system": SNOMED, "code": edition.code(below), "display": edition.display(below),
    });
    let filter = json!({"property": "concept", "op": "is-a", "value": edition.code(above)});
    let value_set = json!({
        "resourceType": "ValueSet", "url": "http://bench.example/sent", "status": "active",
        "compose": {"include": [{"system": SNOMED, "filter": [filter]}]},
    });
    let parameters = json!({"resourceType": "Parameters", "parameter": [
        {"name": "codeableConcept", "valueCodeableConcept": {"coding": [coding]}},
        {"name": "valueSet", "resource": value_set},
        {"name": "displayLanguage", "valueCode": "de"},
        {"name": "abstract", "valueBoolean": true},
    ]});
    Some(parameters.to_string().into_bytes())
}

fn constraint(edition: &Edition, random: &mut Random) -> Option<String> {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let (attribute, value) = draw::attribute(edition, below, random)?;
    Some(format!("<< {} : {attribute} = << {}", edition.code(above), edition.code(value)))
}

fn value_set(edition: &Edition, random: &mut Random) -> Option<ValueSet> {
    let (above, below) = draw::ancestor_and_descendant(edition, random)?;
    let (attribute, value) = draw::attribute(edition, below, random)?;
    let filter = |property: String, op, value: &str| Filter { property, op, value: value.into() };
    let filters = vec![
        filter("concept".into(), FilterOp::IsA, edition.code(above)),
        filter(attribute, FilterOp::Equal, edition.code(value)),
    ];
    let include = Include { system: Some(SNOMED.into()), filters, ..Include::default() };
    let compose = Compose { include: vec![include], ..Compose::default() };
    Some(ValueSet { status: "active".into(), compose: Some(compose), ..ValueSet::default() })
}
