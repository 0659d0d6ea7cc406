//! The elements of a ClaML document as they are read, one at a time.

use super::text::Reference;

/// One child of the root element.
#[derive(Debug)]
pub(super) enum Element {
    /// `Meta` of the whole classification.
    Meta(String, String),
    /// `Identifier`.
    Identifier {
        /// Who gave it.
        authority: String,
        /// The identifier.
        uid: String,
    },
    /// `Title`.
    Title {
        /// Short name, as in `ICD-10-GM`.
        name: String,
        /// Version, as in `2025`.
        version: String,
        /// Release date.
        date: String,
        /// Full title.
        text: String,
    },
    /// `Modifier`: only whether it has rubrics of its own is of interest.
    Modifier {
        /// How many rubrics it has.
        rubrics: u64,
    },
    /// `ModifierClass`; [`Node::modifier`] names its modifier.
    ModifierClass(Node),
    /// `Class`.
    Class(Node),
}

/// A `Class` or `ModifierClass`.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Line of its start tag.
    pub(super) line: u64,
    /// Its code; of a modifier class what is appended to the class's code.
    pub(super) code: String,
    /// Class kind: chapter, block, category.
    pub(super) kind: String,
    /// Usage: dagger, aster, optional; empty for none.
    pub(super) usage: String,
    /// Modifier of a modifier class.
    pub(super) modifier: String,
    /// `Meta` name and value, in order.
    pub(super) metas: Vec<(String, String)>,
    /// Codes and lines of `SuperClass`.
    pub(super) super_classes: Vec<(String, u64)>,
    /// Codes of `SubClass`.
    pub(super) sub_classes: Vec<String>,
    /// `ModifiedBy`, in order.
    pub(super) modified_by: Vec<ModifiedBy>,
    /// Codes of `ExcludeModifier`.
    pub(super) excluded_modifiers: Vec<String>,
    /// Rubrics, in order.
    pub(super) rubrics: Vec<Rubric>,
}

/// `ModifiedBy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ModifiedBy {
    /// Code of the modifier.
    pub(super) code: String,
    /// Its line.
    pub(super) line: u64,
    /// The only values that apply, `None` for all.
    pub(super) valid: Option<Vec<String>>,
}

/// One label of a `Rubric`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rubric {
    /// Rubric kind.
    pub(super) kind: String,
    /// Language of the label, empty when not said.
    pub(super) language: String,
    /// Its text.
    pub(super) text: String,
    /// Codes it refers to.
    pub(super) references: Vec<Reference>,
}

/// The title of a class in one language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Title {
    /// Language, empty when not said.
    pub(super) language: String,
    /// `preferred`.
    pub(super) short: String,
    /// `preferredLong`, empty where there is none.
    pub(super) long: String,
}

impl Title {
    /// The title to show.
    pub(super) fn display(&self) -> &str {
        if self.long.is_empty() { &self.short } else { &self.long }
    }
}

impl Node {
    /// The titles of the class, one a language.
    pub(super) fn titles(&self) -> Vec<Title> {
        let mut titles: Vec<Title> = Vec::new();
        for rubric in &self.rubrics {
            let long = match rubric.kind.as_str() {
                "preferred" => false,
                "preferredLong" => true,
                _ => continue,
            };
            let known = titles.iter().position(|title| title.language == rubric.language);
            let at = known.unwrap_or_else(|| {
                titles.push(Title { language: rubric.language.clone(), ..Title::default() });
                titles.len() - 1
            });
            let Some(title) = titles.get_mut(at) else { continue };
            let slot = if long { &mut title.long } else { &mut title.short };
            if slot.is_empty() {
                *slot = super::text::one_line(&rubric.text);
            }
        }
        titles
    }
}
