//! A corpus that looks like a large terminology: the same for the same number of concepts.

use codesystems::ConceptIx;
use codesystems::model::DisplayRank;
use codesystems::search::IndexedText;

/// A designation with its text.
#[derive(Debug, Clone)]
pub(crate) struct Designation {
    pub(crate) concept: u32,
    pub(crate) text: String,
    pub(crate) language: &'static str,
    pub(crate) rank: DisplayRank,
}

impl Designation {
    pub(crate) fn indexed(&self) -> IndexedText<'_> {
        IndexedText {
            concept: ConceptIx(self.concept),
            text: &self.text,
            language: self.language,
            rank: self.rank,
            searchable: true,
        }
    }
}

/// SplitMix64.
#[derive(Debug, Clone)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'p, T>(&mut self, from: &'p [T]) -> &'p T {
        let at = self.below(from.len());
        &from[at]
    }

    /// One of the words in `from`.
    fn word(&mut self, from: &'static str) -> &'static str {
        let count = from.split_whitespace().count();
        from.split_whitespace().nth(self.below(count)).unwrap_or_default()
    }
}

const COMMON: &str = "\
    of structure disorder left right product procedure finding entire and with due to disease \
    in tablet oral injury acute chronic mg neoplasm malignant benign primary artery vein nerve \
    bone joint infection syndrome fracture closed open upper lower lateral medial blood serum \
    measurement observation history family caused by region skin muscle tissue heart lung \
    liver kidney brain eye ear hand foot knee hip spine head neck chest abdomen pelvis \
    congenital type stage grade carcinoma tumor diabetes mellitus hypertension pain fever \
    allergy asthma pneumonia excision biopsy repair imaging therapy injection solution capsule \
    dose release only containing substance 1 2 3 4 5 10 20 50 100 500 virus antibody antigen \
    level";
const ROOTS: &str = "\
    cardi neur nephr hepat gastr enter oste arthr my derm ophthalm ot rhin laryng bronch pneum \
    hem lymph angi phleb cyst pyel ureter prostat orchi oophor hyster mast thyr aden pancreat \
    splen chol col proct encephal mening myel psych spondyl chondr tend burs kerat retin \
    blephar gloss stomat odont gingiv sial pharyng trache pleur diaphragm periton append rect \
    vagin cervic salping electr micr macr hyper hypo poly mono pseud fibr lip glyc";
const LINKS: &str = "\
    o io a ero ato ino eo";
const ENDINGS: &str = "\
    itis osis oma pathy ectomy ostomy otomy plasty scopy gram graphy algia emia uria genic \
    lysis megaly malacia plegia ptosis rrhea sclerosis stenosis trophy ic al ous ine ase in \
    ate ide";
const DRUG: &str = "\
    ba be ca ce da di do fa fe flu ga gli ka la le lo ma me mi mo na ne ni no pa pe pra pro ra \
    re ri ro sa se si so sta ta te ti to va ve vi xa za zo";
const DRUG_END: &str = "\
    pril sartan olol statin mab nib cillin mycin azole vir pam done triptan gliptin floxacin \
    parin xaban lukast prazole dipine";
const GERMAN: &str = "\
    Niere Herz Leber Lunge Magen Darm Haut Knochen Gelenk Muskel Nerv Gefäß Blut Hirn Auge Ohr \
    Nase Hals Brust Bauch Becken Schulter Hüfte Knie Fuß Hand Finger Zehe Schilddrüse Drüse \
    Blase Galle Milz Wirbel Rücken Kopf Gesicht Kiefer Zahn Zunge Rachen Kehlkopf Luftröhre \
    Zwerchfell Schwangerschaft Geburt Kreislauf Stoffwechsel Zucker Fett Eiweiß Vitamin Hormon \
    Virus Bakterien Pilz Tumor Krebs";
const GERMAN_HEADS: &str = "\
    Versagen Entzündung Erkrankung Störung Verletzung Bruch Schmerz Blutung Funktion \
    Unterfunktion Überfunktion Vergrößerung Verengung Erweiterung Lähmung Schwäche Krankheit \
    Infektion Geschwulst Operation Untersuchung Spiegelung Entfernung Ersatz Transplantation \
    Stein Riss Schwellung Durchblutung Verkalkung Fehlbildung Prellung Verstauchung Vergiftung \
    Mangel Überempfindlichkeit Reizung Thrombose Embolie Infarkt Stillstand";
const GERMAN_COMMON: &str = "\
    der die des und mit ohne bei durch nicht näher bezeichnet sonstige akute chronische \
    primäre sekundäre linke rechte obere untere angeborene bösartige gutartige offene \
    geschlossene Typ Stadium Grad im";

/// Words by falling frequency, and how likely the first so many of them are.
#[derive(Debug)]
struct Zipf {
    words: Vec<String>,
    sums: Vec<f64>,
}

impl Zipf {
    fn new(words: Vec<String>) -> Self {
        let mut sum = 0.0;
        let weights = (0..words.len()).map(|rank| {
            sum += 1.0 / (rank as f64 + 3.0);
            sum
        });
        Self { sums: weights.collect(), words }
    }

    fn word(&self, random: &mut Random) -> &str {
        let last = self.sums.last().copied().unwrap_or(1.0);
        let at = random.next() as f64 / u64::MAX as f64 * last;
        let row = self.sums.partition_point(|sum| *sum < at);
        &self.words[row.min(self.words.len() - 1)]
    }
}

fn english(random: &mut Random, count: usize) -> Zipf {
    let mut words: Vec<String> = COMMON.split_whitespace().map(str::to_owned).collect();
    while words.len() < count {
        let mut word = String::new();
        match random.below(10) {
            0..5 => {
                for _ in 0..1 + random.below(2) {
                    word += random.word(ROOTS);
                    word += random.word(LINKS);
                }
                word += random.word(ENDINGS);
            }
            5..9 => {
                (0..1 + random.below(3)).for_each(|_| word += random.word(DRUG));
                word += random.word(DRUG_END);
            }
            _ => word = format!("{}{}", random.word(DRUG), random.below(10_000)),
        }
        words.push(word);
    }
    Zipf::new(words)
}

fn german(random: &mut Random, count: usize) -> Zipf {
    let first = [GERMAN_COMMON, GERMAN, GERMAN_HEADS].into_iter().flat_map(str::split_whitespace);
    let mut words: Vec<String> = first.map(str::to_owned).collect();
    while words.len() < count {
        let mut word = random.word(GERMAN).to_owned();
        for _ in 0..random.below(3) {
            word += ["", "n", "s"][random.below(3)];
            word += &random.word(GERMAN).to_lowercase();
        }
        word += ["", "n", "s"][random.below(3)];
        word += &random.word(GERMAN_HEADS).to_lowercase();
        words.push(word);
    }
    Zipf::new(words)
}

/// The designations of `concepts` concepts, about three each: full name, preferred term, synonyms,
/// and for half of them a German term. Neighbours share words, as siblings do.
pub(crate) fn corpus(concepts: u32) -> Vec<Designation> {
    let mut random = Random(42);
    let (english, german) = (english(&mut random, 200_000), german(&mut random, 60_000));
    let mut topics = vec![String::new(); 3];
    let mut all = Vec::with_capacity(concepts as usize * 3);
    for concept in 0..concepts {
        if concept % 40 == 0 {
            topics.iter_mut().for_each(|topic| *topic = english.word(&mut random).to_owned());
        }
        let mut words: Vec<&str> = vec![random.pick(&topics).as_str()];
        (0..2 + random.below(4)).for_each(|_| words.push(english.word(&mut random)));
        words.rotate_left(random.below(2));
        let term = sentence(&words);
        let full = format!("{term} ({})", random.word("disorder procedure finding"));
        let mut add =
            |text, language, rank| all.push(Designation { concept, text, language, rank });
        add(full, "en", DisplayRank::FullName);
        add(term, "en", DisplayRank::Preferred);
        if random.chance(58) {
            words.reverse();
            words.truncate(5);
            add(sentence(&words), "en", DisplayRank::Synonym);
        }
        if random.chance(50) {
            let count = 3 + random.below(3);
            let words: Vec<&str> = (0..count).map(|_| german.word(&mut random)).collect();
            add(sentence(&words), "de", DisplayRank::Preferred);
        }
    }
    all
}

fn sentence(words: &[&str]) -> String {
    let mut text = words.join(" ");
    if let Some(first) = text.get(..1) {
        let first = first.to_uppercase();
        text.replace_range(..1, &first);
    }
    text
}
