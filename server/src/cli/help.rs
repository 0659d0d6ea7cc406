//! What `--help` teaches beyond the options. The examples work on the demonstration's files.

pub(super) const BEGRIFF: &str = "\
Begin with:
  begriff demo                                     miniature releases, a server and a web page
  begriff load icd10gm2026syst_claml.zip           your own releases, as their publishers ship them
  begriff search diab typ 2                        what is there
  begriff serve                                    FHIR R4 at http://127.0.0.1:8080/fhir

Exit codes:
  0  done
  1  an error, told on standard error
  2  the answer is no: 'validate' finds the code not valid, 'subsumes' does not find A above B,
     'translate' finds no translation

Settings come from --config FILE, then BEGRIFF_… variables, then options; later ones win.
BEGRIFF_LOG=info shows more of what happens.";

pub(super) const DEMO: &str = "\
Nothing is kept: the library is a temporary folder, gone when the server stops.

Example:
  begriff demo --listen 127.0.0.1:8888";

pub(super) const LOAD: &str = "\
Releases are recognised by their content. Each takes effect as a whole or not at all; a running
server sees it without a restart. The report says what was read and what was odd, with file and
line. Loading a version again replaces it.

Examples:
  begriff load icd10gm2026syst_claml.zip Loinc_2.82 SnomedCT_Release
  begriff load --dry-run .
  begriff load --url http://klinik.example/CodeSystem/labor --version 2026 hauskatalog_labor.csv
  begriff load --format json Loinc_2.82

As JSON: {\"library\", \"releases\": [{\"name\", \"format\", \"files\": [{\"kind\", \"url\", \"version\", \"bytes\",
\"hash\"}], \"counts\", \"warnings\": [{\"path\", \"line\", \"message\"}], \"warningCount\", \"seconds\"}],
\"errors\": [{\"name\", \"message\"}], \"leftAside\": [path]}.

Exit codes: 0 everything was loaded; 1 a release could not be loaded or a path holds none (the
others are loaded).";

pub(super) const SERVE: &str = "\
Examples:
  begriff serve --listen 127.0.0.1:8080
  begriff serve --tls-certificate server.pem --tls-key server.key --tls-client-ca clients.pem

The base is http://ADDRESS/fhir, with a certificate https://ADDRESS/fhir. The password of a PKCS#12
file comes from BEGRIFF_TLS_PASSWORD. What is loaded or removed meanwhile is seen without a restart.";

pub(super) const LIST: &str = "\
Examples:
  begriff list
  begriff list --format csv > library.csv

As JSON: {\"library\", \"releases\": [{\"name\", \"format\", \"loadedAt\", \"files\": [{\"kind\", \"url\",
\"version\", \"bytes\", \"hash\", \"default\"}]}]}.";

pub(super) const CHECK: &str = "\
Exit codes: 0 all files are sound; 1 a file is damaged, it is named.";

pub(super) const REMOVE: &str = "\
Examples:
  begriff remove icd-10-gm-2026
  begriff remove 'http://fhir.de/CodeSystem/bfarm/ops|2026'";

pub(super) const DEFAULT: &str = "\
Examples:
  begriff default http://fhir.de/CodeSystem/bfarm/icd-10-gm 2026
  begriff default http://fhir.de/CodeSystem/bfarm/icd-10-gm        the newest again";

pub(super) const LOOKUP: &str = "\
Examples:
  begriff lookup http://fhir.de/CodeSystem/bfarm/icd-10-gm E11.90
  begriff lookup 'http://loinc.org|2.82' 4548-4 --language de --format json
  begriff lookup http://fhir.de/CodeSystem/bfarm/icd-10-gm 'e1190 G' --normalize

Columns: element, name, value. JSON is the FHIR Parameters of CodeSystem/$lookup.
Exit codes: 0 found; 1 an error, also an unknown code.";

pub(super) const VALIDATE: &str = "\
Examples:
  begriff validate http://loinc.org 4548-4
  begriff validate http://fhir.de/CodeSystem/bfarm/icd-10-gm E11.90 \\
      --value-set http://fhir.de/ValueSet/bfarm/icd-10-gm --format json

Columns: result, system, version, code, display, message. JSON is the FHIR Parameters of
$validate-code.
Exit codes: 0 valid; 2 not valid; 1 an error, also an unknown code system.";

pub(super) const SUBSUMES: &str = "\
Examples:
  begriff subsumes http://snomed.info/sct 73211009 44054006
  begriff subsumes http://fhir.de/CodeSystem/bfarm/icd-10-gm E10-E14 E11.90 --format csv

Columns: outcome (equivalent, subsumes, subsumed-by, not-subsumed), system, codeA, codeB. JSON is
the FHIR Parameters of CodeSystem/$subsumes.
Exit codes: 0 A is B or above it; 2 it is not; 1 an error, also an unknown code.";

pub(super) const TRANSLATE: &str = "\
Examples:
  begriff translate http://fhir.de/CodeSystem/bfarm/alpha-id-se I990002
  begriff translate http://fhir.de/CodeSystem/bfarm/alpha-id-se I990002 \\
      --target http://fhir.de/CodeSystem/bfarm/icd-10-gm --format csv

Columns: equivalence, system, version, code, display, map. JSON is the FHIR Parameters of
ConceptMap/$translate.
Exit codes: 0 translated; 2 no translation; 1 an error.";

pub(super) const EXPAND: &str = "\
Examples:
  begriff expand http://fhir.de/ValueSet/bfarm/icd-10-gm --filter 'diab typ 2' --count 5
  begriff expand 'http://snomed.info/sct?fhir_vs=isa/73211009' --format csv > diabetes.csv

Columns: system, version (where it holds several), code, display, inactive, abstract. JSON is the
FHIR ValueSet of ValueSet/$expand. Any size is printed while it is made.";

pub(super) const SEARCH: &str = "\
Examples:
  begriff search diab typ 2
  begriff search \"hämoglobin blut\" --system http://loinc.org --count 5 --language de
  begriff search E11 --format json

The best hits come first. Columns: system, code, display; JSON is a list of objects with these
members.";
