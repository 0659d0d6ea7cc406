//! From XML to the elements of a classification, one at a time.

use super::model::{Element, ModifiedBy, Node, Rubric};
use super::text::LabelText;
use super::xml::{Document, Tag, Token};
use crate::archive::File;
use crate::{Error, Result};

/// Reads the children of the root element in their order.
pub(super) struct Parser {
    document: Document,
    /// Usage kinds and their marks: `aster` and `*`.
    marks: Vec<(String, String)>,
}

impl Parser {
    /// Opens a document and checks its root.
    ///
    /// # Errors
    /// When the root element is not `ClaML`.
    pub(super) fn open(file: &File) -> Result<Self> {
        let mut document = Document::open(file)?;
        loop {
            match document.next()? {
                Token::Start(tag) if tag.name == "ClaML" => break,
                Token::Start(tag) => {
                    let problem = format!("root element <{}>, expected <ClaML>", tag.name);
                    return Err(document.error(problem));
                }
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Text(_) | Token::End | Token::Eof => {
                    return Err(document.error("expected the root element <ClaML>"));
                }
            }
        }
        Ok(Self { document, marks: Vec::new() })
    }

    /// Bytes read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.document.bytes()
    }

    /// The next child of the root, `None` after the last. Elements that say nothing of concepts
    /// are passed over.
    ///
    /// # Errors
    /// When the document is damaged.
    pub(super) fn next_element(&mut self) -> Result<Option<Element>> {
        loop {
            let tag = match self.document.next()? {
                Token::Start(tag) => tag,
                Token::Text(_) => continue,
                Token::End | Token::Eof => return self.tail(),
            };
            match tag.name.as_str() {
                "Meta" => {
                    self.document.skip()?;
                    let (name, value) = (tag.text("name").into(), tag.text("value").into());
                    return Ok(Some(Element::Meta(name, value)));
                }
                "Identifier" => {
                    self.document.skip()?;
                    let (authority, uid) = (tag.text("authority").into(), tag.text("uid").into());
                    return Ok(Some(Element::Identifier { authority, uid }));
                }
                "Title" => return self.title(&tag).map(Some),
                "UsageKinds" => self.usage_kinds()?,
                "Modifier" => {
                    let node = self.node(&tag)?;
                    let rubrics = node.rubrics.len() as u64;
                    return Ok(Some(Element::Modifier { rubrics }));
                }
                "ModifierClass" => return self.node(&tag).map(Element::ModifierClass).map(Some),
                "Class" => return self.node(&tag).map(Element::Class).map(Some),
                _ => self.document.skip()?,
            }
        }
    }

    /// Only white space may follow the root element.
    fn tail(&mut self) -> Result<Option<Element>> {
        loop {
            match self.document.next()? {
                Token::Eof => return Ok(None),
                Token::Text(text) if text.trim().is_empty() => {}
                _ => return Err(self.document.error("expected nothing behind </ClaML>")),
            }
        }
    }

    fn title(&mut self, tag: &Tag) -> Result<Element> {
        let mut label = LabelText::default();
        while let Some(token) = self.inside()? {
            match token {
                Inside::Start(_) => self.document.skip()?,
                Inside::Text(text) => label.push(&text),
            }
        }
        Ok(Element::Title {
            name: tag.text("name").into(),
            version: tag.text("version").into(),
            date: tag.text("date").into(),
            text: label.finish().0,
        })
    }

    fn usage_kinds(&mut self) -> Result<()> {
        while let Some(token) = self.inside()? {
            let Inside::Start(tag) = token else { continue };
            self.marks.push((tag.text("name").into(), tag.text("mark").into()));
            self.document.skip()?;
        }
        Ok(())
    }

    /// The mark of a usage kind, empty when it is unknown.
    fn mark(&self, usage: &str) -> String {
        let known = self.marks.iter().find(|(name, _)| name == usage);
        known.map(|(_, mark)| mark.clone()).unwrap_or_default()
    }

    fn node(&mut self, tag: &Tag) -> Result<Node> {
        let mut node = Node {
            line: tag.line,
            code: self.required(tag, "code")?,
            kind: tag.text("kind").into(),
            usage: tag.text("usage").into(),
            modifier: tag.text("modifier").into(),
            ..Node::default()
        };
        if tag.name == "ModifierClass" {
            self.required(tag, "modifier")?;
        }
        while let Some(token) = self.inside()? {
            let Inside::Start(child) = token else { continue };
            self.child(&mut node, &child)?;
        }
        Ok(node)
    }

    fn child(&mut self, node: &mut Node, tag: &Tag) -> Result<()> {
        match tag.name.as_str() {
            "Meta" => node.metas.push((tag.text("name").into(), tag.text("value").into())),
            "SuperClass" => node.super_classes.push((self.required(tag, "code")?, tag.line)),
            "SubClass" => node.sub_classes.push(self.required(tag, "code")?),
            "ExcludeModifier" => node.excluded_modifiers.push(self.required(tag, "code")?),
            "ModifiedBy" => {
                let modified_by = self.modified_by(tag)?;
                node.modified_by.push(modified_by);
                return Ok(());
            }
            "Rubric" => return self.rubric(node, tag),
            _ => {}
        }
        self.document.skip()
    }

    /// `all` is true unless said otherwise; a list of valid values without `all` restricts too.
    fn modified_by(&mut self, tag: &Tag) -> Result<ModifiedBy> {
        let mut values = Vec::new();
        while let Some(token) = self.inside()? {
            let Inside::Start(child) = token else { continue };
            if child.name == "ValidModifierClass" {
                values.push(self.required(&child, "code")?);
            }
            self.document.skip()?;
        }
        let restricted = match tag.attribute("all") {
            Some(all) => all.trim() == "false",
            None => !values.is_empty(),
        };
        let code = self.required(tag, "code")?;
        Ok(ModifiedBy { code, line: tag.line, valid: restricted.then_some(values) })
    }

    fn rubric(&mut self, node: &mut Node, tag: &Tag) -> Result<()> {
        while let Some(token) = self.inside()? {
            let Inside::Start(child) = token else { continue };
            if child.name != "Label" {
                self.document.skip()?;
                continue;
            }
            let (text, references) = self.label()?;
            node.rubrics.push(Rubric {
                kind: tag.text("kind").into(),
                language: child.text("xml:lang").into(),
                text,
                references,
            });
        }
        Ok(())
    }

    fn label(&mut self) -> Result<(String, Vec<super::text::Reference>)> {
        let outside = self.document.depth().saturating_sub(1);
        let mut label = LabelText::default();
        loop {
            match self.document.next()? {
                Token::Start(tag) => {
                    let mark = self.mark(tag.text("usage"));
                    label.start(&tag, &mark);
                }
                Token::Text(text) => label.push(&text),
                Token::End if self.document.depth() > outside => label.end(),
                Token::End | Token::Eof => return Ok(label.finish()),
            }
        }
    }

    /// The next start tag or text inside of the current element, `None` at its end.
    fn inside(&mut self) -> Result<Option<Inside>> {
        Ok(match self.document.next()? {
            Token::Start(tag) => Some(Inside::Start(tag)),
            Token::Text(text) => Some(Inside::Text(text)),
            Token::End | Token::Eof => None,
        })
    }

    fn required(&self, tag: &Tag, attribute: &str) -> Result<String> {
        match tag.attribute(attribute).map(str::trim).filter(|value| !value.is_empty()) {
            Some(value) => Ok(value.to_owned()),
            None => Err(self.missing(tag, attribute)),
        }
    }

    fn missing(&self, tag: &Tag, attribute: &str) -> Error {
        self.document.error(format!("<{}> without attribute '{attribute}'", tag.name))
    }
}

enum Inside {
    Start(Tag),
    Text(String),
}
