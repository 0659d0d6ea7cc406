//! Answer lists, their answers, and the terms they answer.

use codesystems::model::{ConceptId, PropertyId, SetId};
use codesystems::{PropertyKind, PropertyValue};
use rustc_hash::FxHashSet;

use super::Loader;
use crate::Result;
use crate::archive::File;
use crate::table::{Row, Table};

/// Columns of `AnswerList.csv`.
struct Columns {
    list: Option<usize>,
    list_name: Option<usize>,
    list_texts: Vec<(usize, PropertyId)>,
    answer: Option<usize>,
    text: Option<usize>,
    /// The fields of a member row.
    member: [Option<usize>; 4],
    external: [Option<usize>; 4],
    notice: Option<usize>,
}

/// Names of the fields that each answer of a list has.
const FIELDS: [&str; 4] = ["SequenceNumber", "DisplayText", "LocalAnswerCode", "Score"];

struct Properties {
    answer: PropertyId,
    answer_list: PropertyId,
    external: PropertyId,
}

/// An answer in a list, kept until all rows are read so that the sequence numbers decide the order.
struct Member {
    set: SetId,
    sequence: u32,
    list: ConceptId,
    answer: ConceptId,
    fields: [String; 4],
}

impl Columns {
    fn of(table: &Table, loader: &mut Loader<'_>) -> Result<Self> {
        let list_texts = [
            "AnswerListOID",
            "ExtDefinedYN",
            "ExtDefinedAnswerListCodeSystem",
            "ExtDefinedAnswerListLink",
        ];
        let list_texts = list_texts
            .into_iter()
            .filter_map(|name| {
                let property = loader.builder.property_id(name, PropertyKind::String, "");
                table.column(name).map(|column| (column, property))
            })
            .collect();
        Ok(Self {
            list: table.required("AnswerListId")?,
            list_name: table.column("AnswerListName"),
            list_texts,
            answer: table.required("AnswerStringId")?,
            text: table.required("DisplayText")?,
            member: FIELDS.map(|name| table.column(name)),
            external: ["ExtCodeSystem", "ExtCodeSystemVersion", "ExtCodeId", "ExtCodeDisplayName"]
                .map(|name| table.column(name)),
            notice: table.column("ExtCodeSystemCopyrightNotice"),
        })
    }
}

impl Loader<'_> {
    /// Lists and answers. An externally defined list has one row without an answer.
    pub(super) fn answers(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let columns = Columns::of(&table, self)?;
        let mut property = |name, kind, text| self.builder.property_id(name, kind, text);
        let properties = Properties {
            answer: property("Answer", PropertyKind::Code, "An answer of this list"),
            answer_list: property("AnswerList", PropertyKind::Code, "A list with this answer"),
            external: property("ExtCode", PropertyKind::Coding, "The answer in another system"),
        };
        let mut members = Vec::new();
        while let Some(row) = table.next()? {
            let list = self.answer_list(row, &columns);
            if row.get(columns.answer).is_empty() {
                continue;
            }
            let answer = self.answer(row, &columns, properties.external);
            let set = self.builder.membership_set(row.get(columns.list), "", &FIELDS);
            let fields = columns.member.map(|column| row.get(column).to_owned());
            let sequence = fields[0].parse().unwrap_or(u32::MAX);
            members.push(Member { set, sequence, list, answer, fields });
        }
        members.sort_by_key(|member| (member.set.0, member.sequence));
        self.report.count("answers in lists", members.len() as u64);
        for Member { set, list, answer, fields, .. } in members {
            self.builder.member(set, answer, &fields.each_ref().map(String::as_str));
            for (concept, property, value) in
                [(list, properties.answer, answer), (answer, properties.answer_list, list)]
            {
                let value = self.builder.code(value).to_owned();
                self.builder.property(concept, property, PropertyValue::Code(&value), 0);
            }
        }
        table.close(self.report);
        Ok(())
    }

    fn answer_list(&mut self, row: Row<'_>, columns: &Columns) -> ConceptId {
        let code = row.get(columns.list);
        if let Some(known) = self.builder.find(code) {
            return known;
        }
        let list = self.builder.concept(code);
        self.builder.set_kind(list, "answer-list");
        self.builder.display(list, "en", row.get(columns.list_name));
        for &(column, property) in &columns.list_texts {
            let text = row.get(Some(column));
            if !text.is_empty() {
                self.builder.property(list, property, PropertyValue::String(text), 0);
            }
        }
        self.report.count("answer lists", 1);
        list
    }

    fn answer(&mut self, row: Row<'_>, columns: &Columns, external: PropertyId) -> ConceptId {
        let code = row.get(columns.answer);
        if let Some(known) = self.builder.find(code) {
            return known;
        }
        let answer = self.builder.concept(code);
        self.builder.set_kind(answer, "answer");
        self.builder.display(answer, "en", row.get(columns.text));
        let [system, version, code, display] = columns.external.map(|column| row.get(column));
        if !code.is_empty() {
            let coding = PropertyValue::Coding { system, version, code, display };
            self.builder.property(answer, external, coding, 0);
        }
        let notice = row.get(columns.notice);
        if !notice.is_empty() && !self.builder.meta.notices.iter().any(|known| known == notice) {
            self.builder.meta.notices.push(notice.to_owned());
        }
        self.report.count("answers", 1);
        answer
    }

    /// Which list answers which term; a list may be linked several times, for several panels.
    pub(super) fn answer_links(&mut self, file: &File) -> Result<()> {
        let mut table = Table::open(file)?;
        let (code, list) = (table.required("LoincNumber")?, table.required("AnswerListId")?);
        let name = table.column("AnswerListName");
        let mut property = |name, text| self.builder.property_id(name, PropertyKind::Code, text);
        let answer_list = property("answer-list", "An answer list of this term");
        let answers_for = property("answers-for", "A term that this list answers");
        let mut seen = FxHashSet::default();
        while let Some(row) = table.next()? {
            let Some(term) = self.builder.find(row.get(code)) else {
                self.unknown(&file.path, row.line, row.get(code));
                continue;
            };
            let number = row.get(list);
            let known = self.builder.find(number);
            let list = self.builder.concept(number);
            if known.is_none() {
                self.builder.set_kind(list, "answer-list");
                self.builder.display(list, "en", row.get(name));
            }
            if seen.insert((term, list)) {
                self.builder.property(term, answer_list, PropertyValue::Code(number), 0);
                self.builder.property(list, answers_for, PropertyValue::Code(row.get(code)), 0);
                self.report.count("answer list links", 1);
            }
        }
        table.close(self.report);
        Ok(())
    }
}
