//! Modifiers: the codes that a classification means without listing them.
//!
//! - The code of a modifier class is appended to the code of a class: `.0` for the fourth, `0` for
//!   the fifth character. Several modifiers are applied one after the other, the next to what the
//!   one before has made.
//! - `ModifiedBy` counts for the class itself when it is a leaf (BfArM) and is inherited by the
//!   leaves below it (ISO, WHO), unless an `ExcludeModifier` on the way stops it. A value that
//!   begins with a dot is never appended to a code that has one: such a modifier on an inner class
//!   adds children to that class instead.
//! - `all="false"` restricts a modifier to the values listed as `ValidModifierClass`.
//! - `Meta excludeOnPrecedingModifier="M v"` on a value forbids it after value `v` of modifier `M`;
//!   both are compared, not the end of the code.
//! - A modifier can hold two levels (OPS: `.0`, `.00`, `.01`): a value whose code begins with that
//!   of another applied value is put below it.
//! - The title is the title above it, a colon, and the title of the value; the usage (dagger,
//!   aster, optional) is that of the value, else that of the class.
//!
//! Source: ClaML 2.0.0, elements `Modifier`, `ModifierClass`, `ModifiedBy`, `ExcludeModifier`;
//! the conventions of BfArM, checked against the lists of codes that BfArM publishes beside.

use codesystems::model::ConceptId;
use rustc_hash::{FxHashMap, FxHashSet};

use super::concepts::{Concepts, Value};
use super::hierarchy::Hierarchy;
use super::model::{ModifiedBy, Title};
use crate::Report;
use crate::bfarm::vocabulary::{self, DERIVATION, USAGE};

/// A code on its way through the modifiers.
#[derive(Debug, Clone)]
struct Made {
    concept: ConceptId,
    code: String,
    titles: Vec<Title>,
    usage: String,
    /// The (modifier, value) pairs it was made by, in order.
    chain: Vec<(String, String)>,
}

impl Concepts {
    /// Applies all modifiers, then says of every category whether it is terminal.
    pub(super) fn expand(&mut self, hierarchy: &Hierarchy, report: &mut Report) {
        let mut modifiers = std::mem::take(&mut self.modifiers);
        for values in modifiers.values_mut() {
            // A code comes before those that it is the beginning of.
            values.sort_by(|a, b| a.node.code.cmp(&b.node.code));
        }
        let applied = self.applied(hierarchy, &modifiers);
        let mut inner: FxHashSet<ConceptId> = FxHashSet::default();
        let mut made_codes = 0;
        for (place, applied) in applied.iter().enumerate() {
            let Some(class) = self.classes.get(place).filter(|class| class.kind == "category")
            else {
                continue;
            };
            let listed = class.concept;
            if hierarchy.children.get(place).is_some_and(|children| !children.is_empty()) {
                inner.insert(listed);
            }
            vocabulary::code_property(&mut self.builder, listed, DERIVATION, "X");
            made_codes += self.expand_class(place, applied, &modifiers, &mut inner, report);
        }
        report.count("codes made by modifiers", made_codes);
        self.terminal(&inner);
    }

    fn terminal(&mut self, inner: &FxHashSet<ConceptId>) {
        let listed = self.classes.iter().filter(|class| class.kind == "category");
        let listed: Vec<ConceptId> = listed.map(|class| class.concept).collect();
        let made = (self.classes.len()..self.builder.concept_count()).map(|number| number as u32);
        for concept in listed.into_iter().chain(made.map(ConceptId)) {
            vocabulary::terminal(&mut self.builder, concept, !inner.contains(&concept));
        }
    }

    /// The modifiers to apply to each class, in order: those inherited from above first.
    fn applied(
        &self,
        hierarchy: &Hierarchy,
        modifiers: &FxHashMap<String, Vec<Value>>,
    ) -> Vec<Vec<ModifiedBy>> {
        let mut handed_down: Vec<Vec<ModifiedBy>> = vec![Vec::new(); self.classes.len()];
        let mut applied = vec![Vec::new(); self.classes.len()];
        for &place in &hierarchy.order {
            let Some(class) = self.classes.get(place) else { continue };
            let mut all: Vec<ModifiedBy> = Vec::new();
            let above = hierarchy.parents.get(place).into_iter().flatten();
            let inherited = above.filter_map(|parent| handed_down.get(*parent)).flatten();
            for modifier in inherited.chain(&class.modified_by) {
                all.retain(|known| known.code != modifier.code);
                all.push(modifier.clone());
            }
            all.retain(|modifier| !class.excluded_modifiers.contains(&modifier.code));
            let children = hierarchy.children.get(place).map_or(&[][..], Vec::as_slice);
            let code = self.builder.code(class.concept);
            let fits = |code: &str, modifier: &ModifiedBy| {
                let dotted = modifiers.get(&modifier.code).is_some_and(|values| {
                    values.iter().any(|value| value.node.code.starts_with('.'))
                });
                !(dotted && code.contains('.'))
            };
            let (down, here): (Vec<_>, Vec<_>) = all.into_iter().partition(|modifier| {
                let codes = children.iter().filter_map(|child| self.classes.get(*child));
                let mut codes = codes.map(|child| self.builder.code(child.concept));
                // Children of a category that cannot take the modifier: it adds to them.
                codes.any(|child| class.kind != "category" || fits(child, modifier))
            });
            // On an inner class only its own modifiers count; inherited ones are for leaves.
            let here = here.into_iter().filter(|modifier| {
                fits(code, modifier)
                    && (children.is_empty() || class.modified_by.contains(modifier))
            });
            applied.get_mut(place).into_iter().for_each(|slot| *slot = here.clone().collect());
            handed_down.get_mut(place).into_iter().for_each(|slot| slot.clone_from(&down));
        }
        applied
    }

    /// Makes the codes of one class; how many there are.
    fn expand_class(
        &mut self,
        place: usize,
        applied: &[ModifiedBy],
        modifiers: &FxHashMap<String, Vec<Value>>,
        inner: &mut FxHashSet<ConceptId>,
        report: &mut Report,
    ) -> u64 {
        let Some(class) = self.classes.get(place).filter(|_| !applied.is_empty()) else { return 0 };
        let before = self.builder.concept_count();
        let mut leaves = vec![Made {
            concept: class.concept,
            code: self.builder.code(class.concept).to_owned(),
            titles: class.titles.clone(),
            usage: class.usage.clone(),
            chain: Vec::new(),
        }];
        for modifier in applied {
            let values = self.values(modifier, modifiers, report);
            let mut next = Vec::new();
            for leaf in leaves {
                self.append(leaf, &modifier.code, &values, inner, &mut next, report);
            }
            leaves = next;
        }
        (self.builder.concept_count() - before) as u64
    }

    /// The values of a modifier that are valid for a class.
    fn values<'a>(
        &self,
        modifier: &ModifiedBy,
        modifiers: &'a FxHashMap<String, Vec<Value>>,
        report: &mut Report,
    ) -> Vec<&'a Value> {
        let Some(values) = modifiers.get(&modifier.code) else {
            let problem = format!("ModifiedBy '{}' has no <ModifierClass>", modifier.code);
            report.warn(&self.path, modifier.line, problem);
            return Vec::new();
        };
        let Some(valid) = &modifier.valid else { return values.iter().collect() };
        for code in valid {
            if !values.iter().any(|value| value.node.code == *code) {
                let problem = format!("modifier '{}' has no value '{code}'", modifier.code);
                report.warn(&self.path, modifier.line, problem);
            }
        }
        values.iter().filter(|value| valid.contains(&value.node.code)).collect()
    }

    /// Appends the values to one code; what has nothing below it goes to `leaves`.
    fn append(
        &mut self,
        base: Made,
        modifier: &str,
        values: &[&Value],
        inner: &mut FxHashSet<ConceptId>,
        leaves: &mut Vec<Made>,
        report: &mut Report,
    ) {
        // What was made so far, with the value that made it; the base stands first.
        let mut made: Vec<(String, Made)> = vec![(String::new(), base)];
        let mut has_children = vec![false];
        for value in values {
            let suffix = &value.node.code;
            let above = made
                .iter()
                .enumerate()
                .rev()
                .find(|(_, (known, _))| suffix.starts_with(known.as_str()));
            let Some((at, (_, parent))) = above else { continue };
            let forbidden = value.not_after.iter().any(|pair| parent.chain.contains(pair));
            let Some((_, base)) = made.first().filter(|_| !forbidden) else { continue };
            let code = format!("{}{}", base.code, self.code(suffix));
            if self.builder.find(&code).is_some() {
                report.count("codes both listed and made by a modifier", 1);
                continue;
            }
            let mut chain = base.chain.clone();
            chain.push((modifier.to_owned(), suffix.clone()));
            let child = self.make(parent, code, value, chain);
            inner.insert(parent.concept);
            made.push((suffix.clone(), child));
            has_children.push(false);
            has_children.get_mut(at).into_iter().for_each(|slot| *slot = true);
        }
        let ends = made.into_iter().zip(has_children).filter(|(_, inner)| !inner);
        leaves.extend(ends.map(|((_, made), _)| made));
    }

    fn make(
        &mut self,
        parent: &Made,
        code: String,
        value: &Value,
        chain: Vec<(String, String)>,
    ) -> Made {
        let concept = self.builder.concept(&code);
        vocabulary::kind(&mut self.builder, concept, "category");
        self.builder.parent(concept, parent.concept);
        let usage = if value.node.usage.is_empty() { &parent.usage } else { &value.node.usage };
        vocabulary::code_property(&mut self.builder, concept, USAGE, usage);
        vocabulary::code_property(&mut self.builder, concept, DERIVATION, "S");
        let titles = appended_titles(&parent.titles, &value.titles);
        self.titles(concept, &titles);
        self.details(concept, &value.node);
        Made { concept, code, titles, usage: usage.clone(), chain }
    }
}

/// The titles of an expanded code, one a language of the code above.
fn appended_titles(above: &[Title], value: &[Title]) -> Vec<Title> {
    let own = |language: &str| {
        let known = value.iter().find(|title| title.language == language);
        known.or(value.first()).map_or("", Title::display)
    };
    let titles = above.iter().map(|title| {
        let own = own(&title.language);
        let parts = [title.display(), own].into_iter().filter(|part| !part.is_empty());
        let short = parts.collect::<Vec<_>>().join(": ");
        Title { language: title.language.clone(), short, long: String::new() }
    });
    titles.collect()
}
