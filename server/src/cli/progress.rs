//! How far a load has come: a bar in a terminal, plain lines elsewhere, on standard error.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use codesystems::EditionBuilder;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use loaders::{Progress, Release, Resource, Sink};
use valuesets::conceptmap::ConceptMapBuilder;

use super::library::megabytes;
use super::load::short;
use super::output::tell;

/// Smaller code systems are built before anyone can read that they are.
const WORTH_TELLING: usize = 1_000;

/// Shows how far one step has come, and is gone when the step is done.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// Hidden where there is no terminal.
    bar: ProgressBar,
    is_terminal: bool,
}

impl Shown {
    /// A step of unknown length.
    pub(super) fn step(what: &str) -> Self {
        let shown = Self::new(ProgressBar::no_length(), "{spinner} {msg}");
        if shown.is_terminal {
            shown.bar.set_message(what.to_owned());
        }
        shown
    }

    /// The reading of a release.
    pub(super) fn reading(release: &Release) -> Self {
        let bytes = release.bytes();
        let known =
            "{spinner} {msg:50!} {wide_bar} {decimal_bytes:>10}/{decimal_total_bytes} {elapsed}";
        let shown = if bytes > 0 {
            Self::new(ProgressBar::new(bytes), known)
        } else {
            Self::new(ProgressBar::no_length(), "{spinner} {msg:50!} {decimal_bytes} {elapsed}")
        };
        if !shown.is_terminal {
            let size = if bytes > 0 { format!(", {}", megabytes(bytes)) } else { String::new() };
            let (key, format, files) = (short(release), release.format.name(), release.files.len());
            let plural = if files == 1 { "file" } else { "files" };
            tell(&format!("reading {key} ({format}, {files} {plural}{size}) ..."));
        }
        shown
    }

    fn new(bar: ProgressBar, template: &str) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        if is_terminal {
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
        } else {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self { bar, is_terminal }
    }

    /// What is read of `release` moves the bar from now on.
    pub(super) fn watch(&self, release: &mut Release) {
        let progress: Arc<dyn Progress> = Arc::new(self.clone());
        release.watch(&progress);
    }

    fn building(&self, canonical: &str, version: &str, number: usize, of: &str) {
        if self.is_terminal {
            self.bar.set_message(format!("indexing {number} {of} of {canonical}"));
        } else if number >= WORTH_TELLING {
            tell(&format!("indexing {canonical}|{version}, {number} {of} ..."));
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Shown {
    fn opens(&self, path: &str) {
        let name = path.rsplit(['/', '\\', '!']).next().unwrap_or(path);
        self.bar.set_message(format!("reading {name}"));
    }

    fn reads(&self, bytes: u64) {
        self.bar.inc(bytes);
    }
}

/// Tells what is built of what was read.
pub(super) struct Told<'a, S> {
    pub(super) sink: &'a mut S,
    pub(super) shown: &'a Shown,
}

impl<S: Sink> Sink for Told<'_, S> {
    fn edition(&mut self, edition: EditionBuilder) -> loaders::Result<()> {
        let (meta, concepts) = (&edition.meta, edition.concept_count());
        self.shown.building(&meta.url, &meta.version, concepts, "concepts");
        self.sink.edition(edition)
    }

    fn concept_map(&mut self, map: ConceptMapBuilder) -> loaders::Result<()> {
        self.sink.concept_map(map)
    }

    fn resource(&mut self, resource: Resource<'_>) -> loaders::Result<()> {
        self.sink.resource(resource)
    }
}
