//! The text of a label as one readable string.
//!
//! ClaML marks structure inside of labels (`Para`, `List`, `Table`, `Fragment`, `Reference`,
//! `Term`) without any white space between the elements; simply joining their text glues words.
//!
//! - Fragments of a list are joined with a space: "Störung:" + "paranoid" = "Störung: paranoid".
//! - Paragraphs, list items, table rows stand on lines of their own; items begin with "- ", cells
//!   are separated by " | ".
//! - A `Reference` "in brackets" shows as " (A00.-)", with the mark of its usage (+, *, !).
//!
//! Source: ClaML 2.0.0 (EN 14463:2007), element `Label`; the conventions of the BfArM files.

use super::xml::Tag;

/// A code that a label refers to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Reference {
    /// The code: the attribute `code` where the shown text is not the code, else the text.
    pub(super) code: String,
}

/// Collects the text of one label.
#[derive(Debug, Default)]
pub(super) struct LabelText {
    text: String,
    gap: Gap,
    open: Vec<Open>,
    references: Vec<Reference>,
    ended: Ended,
    cells_in_row: usize,
}

/// What to write before the next character.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Cell,
    Line,
    Item,
}

/// What ended immediately before the next character.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Ended {
    #[default]
    Nothing,
    Term,
    Reference,
}

#[derive(Debug)]
enum Open {
    Other,
    Block,
    Term { inline: bool },
    Reference { code: Option<String>, mark: String, bracket: bool, start: usize, shown: usize },
}

impl LabelText {
    /// An element inside of the label begins; `mark` is the mark of its usage, empty for none.
    pub(super) fn start(&mut self, tag: &Tag, mark: &str) {
        let open = match tag.name.as_str() {
            "Fragment" => {
                self.widen(Gap::Space);
                Open::Other
            }
            "Para" | "List" | "Table" | "Caption" | "THead" | "TBody" | "TFoot" => {
                self.widen(Gap::Line);
                Open::Block
            }
            "ListItem" => {
                self.widen(Gap::Item);
                Open::Block
            }
            "Row" => {
                self.widen(Gap::Line);
                self.cells_in_row = 0;
                Open::Block
            }
            "Cell" => {
                self.cells_in_row += 1;
                self.widen(if self.cells_in_row > 1 { Gap::Cell } else { Gap::None });
                Open::Other
            }
            "Term" => {
                let inline = matches!(tag.text("class"), "subscript" | "superscript");
                // Two terms side by side are two words, unless one is a raised or lowered digit.
                if self.ended == Ended::Term && !inline {
                    self.widen(Gap::Space);
                }
                Open::Term { inline }
            }
            "Reference" => self.start_reference(tag, mark),
            _ => Open::Other,
        };
        self.open.push(open);
    }

    fn start_reference(&mut self, tag: &Tag, mark: &str) -> Open {
        let bracket = tag.text("class").contains("bracket");
        let start = self.text.len();
        let needs_space = |last: char| last.is_alphanumeric() || ",;:)".contains(last);
        if bracket || self.text.ends_with(needs_space) {
            self.widen(Gap::Space);
        }
        if bracket {
            self.write('(');
        }
        let (code, mark) = (tag.attribute("code").map(str::to_owned), mark.to_owned());
        Open::Reference { code, mark, bracket, start, shown: self.text.len() }
    }

    /// The element begun last ends.
    pub(super) fn end(&mut self) {
        match self.open.pop() {
            Some(Open::Block) => self.widen(Gap::Line),
            Some(Open::Term { inline: false }) => self.ended = Ended::Term,
            Some(Open::Reference { code, mark, bracket, start, shown }) => {
                let text = self.text.get(shown..).unwrap_or_default().trim();
                if text.is_empty() && code.is_none() {
                    self.text.truncate(start);
                    return;
                }
                let text = text.to_owned();
                if !mark.is_empty() && !text.ends_with(&mark) {
                    self.text.push_str(&mark);
                }
                if bracket {
                    self.text.push(')');
                }
                self.references.push(Reference { code: code.unwrap_or(text) });
                self.ended = Ended::Reference;
            }
            _ => {}
        }
    }

    /// Adds text; runs of white space count as one space.
    pub(super) fn push(&mut self, text: &str) {
        for character in text.chars() {
            if character.is_whitespace() && character != '\u{a0}' {
                self.widen(Gap::Space);
                continue;
            }
            if self.ended == Ended::Reference && character.is_alphanumeric() {
                self.widen(Gap::Space);
            }
            self.write(character);
        }
    }

    fn widen(&mut self, gap: Gap) {
        self.gap = self.gap.max(gap);
    }

    fn write(&mut self, character: char) {
        let gap = std::mem::take(&mut self.gap);
        self.ended = Ended::Nothing;
        let at_start = self.text.is_empty() || self.text.ends_with('\n');
        match gap {
            Gap::None => {}
            Gap::Space if at_start || self.text.ends_with('(') || self.text.ends_with(' ') => {}
            Gap::Space => self.text.push(' '),
            Gap::Cell => self.text.push_str(" | "),
            Gap::Line | Gap::Item => {
                if !at_start {
                    self.text.push('\n');
                }
                if gap == Gap::Item {
                    self.text.push_str("- ");
                }
            }
        }
        self.text.push(character);
    }

    /// The whole text and the codes it refers to.
    pub(super) fn finish(self) -> (String, Vec<Reference>) {
        (self.text, self.references)
    }
}

/// A text that has to stand on one line.
pub(super) fn one_line(text: &str) -> String {
    if !text.contains('\n') {
        return text.to_owned();
    }
    text.split('\n').map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bfarm::test_files::Written;
    use crate::claml::model::Element;
    use crate::claml::parse::Parser;

    fn label(inner: &str) -> (String, Vec<String>) {
        let document = format!(
            "<ClaML version='2.0.0'><UsageKinds><UsageKind mark='+' name='dagger'/>\
             <UsageKind mark='*' name='aster'/></UsageKinds><Class code='A' kind='category'>\
             <Rubric kind='text'><Label xml:lang='de'>{inner}</Label></Rubric></Class></ClaML>"
        );
        let written = Written::new(&[("a.xml", document.as_bytes())]);
        let mut parser = Parser::open(&written.file("a.xml")).unwrap();
        let Some(Element::Class(mut node)) = parser.next_element().unwrap() else { panic!() };
        let rubric = node.rubrics.remove(0);
        (rubric.text, rubric.references.into_iter().map(|reference| reference.code).collect())
    }

    #[test]
    fn words_of_a_label_are_not_glued() {
        for (inner, expected) in [
            ("Einfacher\n   Text", "Einfacher Text"),
            (
                "<Fragment type='list'>Störung:</Fragment><Fragment type='list'>paranoid</Fragment>",
                "Störung: paranoid",
            ),
            ("<Fragment class='synlist'/><Fragment>Tumor</Fragment>", "Tumor"),
            ("<Para>Eins.</Para><Para>Zwei.</Para>", "Eins.\nZwei."),
            (
                "<Para>Dazu:</Para><List><ListItem><Para>a</Para></ListItem>\
                 <ListItem>b</ListItem></List><Para>Ende</Para>",
                "Dazu:\n- a\n- b\nEnde",
            ),
            (
                "<Table><TBody><Row><Cell>a</Cell><Cell>b</Cell></Row>\
                 <Row><Cell>c</Cell><Cell>d</Cell></Row></TBody></Table>",
                "a | b\nc | d",
            ),
            ("<Term class='bold'>Hinweis</Term><Term>Text</Term>", "Hinweis Text"),
            ("H<Term class='subscript'>2</Term>O", "H2O"),
            ("Sch&#228;del &amp; Hirn <![CDATA[< 5]]>", "Schädel & Hirn < 5"),
        ] {
            assert_eq!(label(inner).0, expected, "{inner}");
        }
    }

    #[test]
    fn references_show_in_brackets_with_their_marks_and_yield_their_codes() {
        for (inner, text, codes) in [
            ("Pest<Reference class='in brackets'>A20.0</Reference>", "Pest (A20.0)", vec!["A20.0"]),
            (
                "Pest<Reference class='in brackets' code='A20'>A20.-</Reference>, akut",
                "Pest (A20.-), akut",
                vec!["A20"],
            ),
            (
                "x<Reference class='in brackets' usage='dagger'>A1</Reference> \
                 <Reference class='in brackets' usage='aster'>B2</Reference>",
                "x (A1+) (B2*)",
                vec!["A1", "B2"],
            ),
            ("Nummer<Reference>U80</Reference>benutzen", "Nummer U80 benutzen", vec!["U80"]),
            ("leer<Reference class='in brackets'/>", "leer", vec![]),
        ] {
            assert_eq!(label(inner), (text.into(), codes.iter().map(|&c| c.into()).collect()));
        }
    }
}
