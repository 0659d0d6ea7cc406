//! OWL axioms of a release as expressions: what suffices to be a concept.
//!
//! Source: SNOMED CT OWL Guide; OWL 2 functional-style syntax, of which axioms of SNOMED CT use
//! intersections, existential restrictions and data values.

use super::{Attribute, Expression, Value};

/// |Role group|
const ROLE_GROUP: &str = "609096000";
/// How deep classes may be nested.
const MAX_DEPTH: usize = 32;

/// What an axiom of a reference set row says suffices to be its concept: the other class of
/// `EquivalentClasses(:concept …)`, the first of `SubClassOf(… :concept)`. `None` for an axiom that
/// says nothing of the kind, or not in a form that an expression has.
pub(super) fn sufficient(axiom: &str, concept: &str) -> Option<Expression> {
    let (name, arguments) = call(axiom.trim())?;
    let mut arguments = arguments.into_iter();
    let (first, second) = (arguments.next()?, arguments.next()?);
    if arguments.next().is_some() {
        return None;
    }
    let is_it = |class: &str| class.strip_prefix(':') == Some(concept);
    let class = match name {
        "EquivalentClasses" if is_it(first) => second,
        "EquivalentClasses" if is_it(second) => first,
        "SubClassOf" if is_it(second) => first,
        _ => return None,
    };
    expression(class, MAX_DEPTH)
}

fn expression(class: &str, depth: usize) -> Option<Expression> {
    let depth = depth.checked_sub(1)?;
    let parts = match call(class) {
        Some(("ObjectIntersectionOf", parts)) => parts,
        _ => vec![class],
    };
    let mut made = Expression { focus: Vec::new(), ..Expression::of_concept("") };
    for part in parts {
        if let Some(id) = part.strip_prefix(':') {
            made.focus.push(id.to_owned());
            continue;
        }
        let (name, arguments) = call(part)?;
        if let ("ObjectSomeValuesFrom", [role, inner]) = (name, arguments.as_slice())
            && role.strip_prefix(':') == Some(ROLE_GROUP)
        {
            let parts = match call(inner) {
                Some(("ObjectIntersectionOf", parts)) => parts,
                _ => vec![*inner],
            };
            let group = parts.into_iter().map(|part| attribute(part, depth));
            made.groups.push(group.collect::<Option<_>>()?);
        } else {
            made.attributes.push(attribute(part, depth)?);
        }
    }
    (!made.focus.is_empty()).then_some(made)
}

fn attribute(part: &str, depth: usize) -> Option<Attribute> {
    let (kind, arguments) = call(part)?;
    let [name, value] = arguments.as_slice() else { return None };
    let value = match kind {
        "ObjectSomeValuesFrom" => match value.strip_prefix(':') {
            Some(id) => Value::Concept(id.to_owned()),
            None => Value::Expression(Box::new(expression(value, depth)?)),
        },
        "DataHasValue" => literal(value)?,
        _ => return None,
    };
    Some(Attribute { name: name.strip_prefix(':')?.to_owned(), value })
}

/// `"1"^^xsd:integer`
fn literal(text: &str) -> Option<Value> {
    let (value, kind) = text.strip_prefix('"')?.rsplit_once('"')?;
    Some(match kind.rsplit(':').next()? {
        "integer" | "decimal" | "int" | "float" | "double" => Value::Number(value.to_owned()),
        "boolean" => Value::Boolean(value.parse().ok()?),
        _ => Value::Text(value.to_owned()),
    })
}

/// Name and arguments of `Name(a b(c) "d e")`.
fn call(text: &str) -> Option<(&str, Vec<&str>)> {
    let (name, rest) = text.split_once('(')?;
    let inner = rest.strip_suffix(')')?;
    let (mut depth, mut quoted, mut start) = (0usize, false, 0);
    let mut arguments = Vec::new();
    for (place, character) in inner.char_indices() {
        match character {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.checked_sub(1)?,
            ' ' if !quoted && depth == 0 => {
                arguments.push(inner.get(start..place)?);
                start = place + 1;
            }
            _ => {}
        }
    }
    arguments.push(inner.get(start..)?);
    arguments.retain(|argument| !argument.is_empty());
    (depth == 0 && !quoted && name.bytes().all(|byte| byte.is_ascii_alphabetic()))
        .then_some((name, arguments))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::terse;
    use super::*;

    proptest! {
        #[test]
        fn any_axiom_is_read_or_passed_over(
            text in "(EquivalentClasses|SubClassOf|ObjectSomeValuesFrom|[(): \"é]|:100001|Data){0,30}"
        ) {
            let _ = sufficient(&text, "100001");
        }
    }

    #[test]
    fn axioms_that_suffice_become_expressions() {
        for (axiom, expected) in [
            (
                "EquivalentClasses(:100001 ObjectIntersectionOf(:200002 ObjectSomeValuesFrom(:609096000 \
                 ObjectIntersectionOf(ObjectSomeValuesFrom(:300003 :400004) \
                 DataHasValue(:500005 \"2.5\"^^xsd:decimal)))))",
                Some("200002:{300003=400004,500005=#2.5}"),
            ),
            (
                "SubClassOf(ObjectIntersectionOf(:200002 ObjectSomeValuesFrom(:300003 \
                 ObjectIntersectionOf(:400004 ObjectSomeValuesFrom(:300003 :600006)))) :100001)",
                Some("200002:300003=(400004:300003=600006)"),
            ),
            ("EquivalentClasses(:100001 :200002)", Some("200002")),
            ("SubClassOf(:100001 :200002)", None),
            ("SubObjectPropertyOf(:100001 :200002)", None),
            ("EquivalentClasses(:100001 ObjectUnionOf(:200002 :300003))", None),
            ("EquivalentClasses(:100001 :200002", None),
            ("", None),
        ] {
            let found = sufficient(axiom, "100001");
            assert_eq!(found.as_ref().map(terse).as_deref(), expected, "{axiom}");
        }
    }
}
