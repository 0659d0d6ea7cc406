//! Codes as people write them, where a request allows it: the parameter `normalize-codes`, or the
//! setting `normalize_codes`.

use codesystems::Edition;
use codesystems::normalize::{Change, normalize};
use valuesets::issues::Wording;

use super::Request;
use crate::failure::Failure;
use crate::wire::CodingRef;
use crate::wire::json::ParametersWriter;

/// Whether codes may be written otherwise than their code system writes them.
pub(super) fn is_wanted(request: &Request<'_>) -> Result<bool, Failure> {
    let asked = request.parameters.boolean("normalize-codes")?;
    Ok(asked.unwrap_or(request.app.config.normalize_codes))
}

/// A code of a request as it was read.
#[derive(Debug)]
pub(super) struct Reading<'a> {
    given: &'a str,
    code: Option<String>,
    changes: Vec<Change>,
    /// Why it was not read as another code, in words; empty where nothing speaks against it.
    pub(super) refusal: String,
    wording: Wording,
}

impl<'a> Reading<'a> {
    /// The code as it was given.
    pub(super) fn as_given(given: &'a str) -> Self {
        let wording = Wording::default();
        Self { given, code: None, changes: Vec::new(), refusal: String::new(), wording }
    }

    /// The code as `edition` writes it, where the request allows it to be written otherwise.
    pub(super) fn of(is_wanted: bool, edition: &Edition, given: &'a str, wording: Wording) -> Self {
        let mut reading = Self { wording, ..Self::as_given(given) };
        if is_wanted {
            match normalize(edition, given) {
                Ok(Some(found)) => {
                    reading.code = Some(found.code);
                    reading.changes = found.changes;
                }
                Ok(None) => {}
                Err(refusal) => reading.refusal = wording.refusal(&refusal),
            }
        }
        reading
    }

    /// The code to go on with.
    pub(super) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or(self.given)
    }

    /// Why there is no such code, to be put behind a sentence that says so.
    pub(super) fn refusal_in_brackets(&self) -> String {
        if self.refusal.is_empty() { String::new() } else { format!(" ({})", self.refusal) }
    }

    /// Says how the code was read, where it was given otherwise.
    pub(super) fn write(&self, out: &mut ParametersWriter<'_>) {
        write(out, self.given, self.code(), &self.changes, self.wording);
    }
}

/// The parameter `normalized-from`: the text as it was given, the code it was read as, what
/// differs, and the marks that are no part of the code.
pub(super) fn write(
    out: &mut ParametersWriter<'_>,
    given: &str,
    code: &str,
    changes: &[Change],
    wording: Wording,
) {
    if changes.is_empty() {
        return;
    }
    out.parts("normalized-from", |out| {
        out.string("text", given);
        out.code("code", code);
        for change in changes {
            out.string("change", &wording.change(change));
        }
        for change in changes {
            if let Change::Mark(mark) = change {
                let code = mark.code().to_string();
                out.coding("mark", CodingRef::new(mark.system(), &code));
            }
        }
    });
}
