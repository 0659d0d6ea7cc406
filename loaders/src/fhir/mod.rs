//! FHIR packages, resources and Bundles.
//!
//! A package (`.tgz`), a folder or archive of resources, a single resource or a Bundle, in JSON or
//! XML, of R4, R4B or R5. CodeSystem, ValueSet, ConceptMap and NamingSystem are kept as they came;
//! CodeSystems with concepts become editions as well, ConceptMaps maps.

mod files;
mod prepare;
mod recognise;
mod version;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use rayon::prelude::*;

use crate::archive::File;
use crate::{Error, Options, Release, Report, Resource, Result, Sink};

pub use recognise::recognise;

use prepare::{Content, Prepared};

/// Files that are read at once: the resources of a package are many and small.
const BATCH: usize = 64;

/// Reads a release.
///
/// A resource that cannot be read is left out with a warning, so that one bad file does not keep
/// out a package of hundreds. Of several resources with the same type, url and version, the first
/// in the order of the file names is kept.
///
/// # Errors
/// When a file cannot be opened, when no resource of the release can be read, or when the sink
/// cannot store what it is given.
pub fn load(
    release: &Release,
    options: &Options,
    sink: &mut dyn Sink,
    report: &mut Report,
) -> Result<()> {
    warn_of_options(release, options, report);
    let fhir_version = version::of_package(release, report)?;
    let mut loader = Loader { release, sink, report, seen: HashMap::new(), first_problem: None };
    let files: Vec<&File> =
        release.files.iter().filter(|file| file.name != recognise::PACKAGE).collect();
    for batch in files.chunks(BATCH) {
        let prepared: Vec<Result<Vec<Prepared>>> = batch
            .par_iter()
            .map(|file| prepare::file(file, options, fhir_version.as_deref()))
            .collect();
        for of_file in prepared {
            for resource in of_file? {
                loader.take(resource)?;
            }
        }
    }
    loader.finish()
}

/// What names a resource names it in its own text; an override would make the two disagree.
fn warn_of_options(release: &Release, options: &Options, report: &mut Report) {
    for (name, value) in
        [("url", &options.url), ("version", &options.version), ("title", &options.title)]
    {
        if value.is_some() {
            report.warn(release.path(), 0, format!("option {name} is not used for FHIR resources"));
        }
    }
}

struct Loader<'a> {
    release: &'a Release,
    sink: &'a mut dyn Sink,
    report: &'a mut Report,
    /// Type, url and version of what was handed over, with the file it was in and its hash.
    seen: HashMap<(String, String, String), (String, u64)>,
    first_problem: Option<Error>,
}

impl Loader<'_> {
    fn take(&mut self, resource: Prepared) -> Result<()> {
        self.report.bytes += resource.bytes;
        for warning in &resource.warnings {
            self.report.warn(&resource.path, 0, warning.as_str());
        }
        match resource.content {
            Content::Refused(problem) => self.refuse(&resource.path, problem),
            Content::Other => self.report.count("resources of other types", 1),
            _ if self.is_repeated(&resource) => self.report.count("resources repeated", 1),
            _ => self.store(resource)?,
        }
        Ok(())
    }

    fn refuse(&mut self, path: &str, problem: String) {
        self.report.count("resources refused", 1);
        self.report.warn(path, 0, format!("left out: {problem}"));
        self.first_problem.get_or_insert_with(|| Error::file(path, problem));
    }

    fn is_repeated(&mut self, resource: &Prepared) -> bool {
        if resource.url.is_empty() {
            return false;
        }
        let key = (resource.resource_type.clone(), resource.url.clone(), resource.version.clone());
        let hash = hash_of(&resource.json);
        let Some((first, same)) = self.seen.get(&key) else {
            self.seen.insert(key, (resource.path.clone(), hash));
            return false;
        };
        // Some packages hold their files twice, under two names.
        if *same != hash {
            let message = format!(
                "{} {}|{} is in {first} already, with other content, left out",
                resource.resource_type, resource.url, resource.version
            );
            self.report.warn(&resource.path, 0, message);
        }
        true
    }

    fn store(&mut self, resource: Prepared) -> Result<()> {
        self.report.count(&resource.resource_type, 1);
        self.sink.resource(Resource {
            resource_type: &resource.resource_type,
            json: &resource.json,
            fhir_version: &resource.fhir_version,
        })?;
        match resource.content {
            Content::Edition(mut builder) => {
                builder.provenance.sources.clone_from(&self.release.sources);
                let counts = (builder.concept_count(), builder.designation_count());
                match self.sink.edition(*builder) {
                    // One code system with a cycle does not keep out the others.
                    Err(Error::Edition { source, .. }) => {
                        self.refuse(&resource.path, source.to_string());
                    }
                    other => {
                        other?;
                        self.report.count("editions", 1);
                        self.report.count("concepts", counts.0 as u64);
                        self.report.count("designations", counts.1 as u64);
                    }
                }
            }
            Content::Map(mut builder) => {
                builder.provenance.sources.clone_from(&self.release.sources);
                self.report.count("mappings", builder.len() as u64);
                self.sink.concept_map(*builder)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self.first_problem {
            Some(problem) if self.seen.is_empty() && self.report.counts.len() == 1 => Err(problem),
            _ => Ok(()),
        }
    }
}

fn hash_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests;
