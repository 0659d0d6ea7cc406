//! What is read, and what is said of what cannot be read.

use super::super::ast::{Constraint, Refinement};
use super::super::{Syntax, format, parse};

fn brief(text: &str) -> String {
    format(&parse(text).unwrap_or_else(|error| panic!("{text}: {error}")), Syntax::Brief)
}

#[test]
fn every_feature_is_read_in_both_syntaxes() {
    for (text, expected) in [
        ("404684003|Clinical finding|", "404684003 |Clinical finding|"),
        (" <<  404684003 /* all */ ", "<< 404684003"),
        ("descendantOrSelfOf 404684003", "<< 404684003"),
        ("CHILDOF 404684003", "<! 404684003"),
        ("<<!404684003", "<<! 404684003"),
        (">>!404684003", ">>! 404684003"),
        ("!!> (< 404684003)", "!!> (< 404684003)"),
        ("bottomOf (< 404684003)", "!!< (< 404684003)"),
        ("^700043003", "^ 700043003"),
        ("^[targetComponentId,mapTarget] 700043003", "^ [targetComponentId, mapTarget] 700043003"),
        ("^ [*] 700043003", "^ [*] 700043003"),
        ("memberOf ANY", "^ *"),
        ("<^700043003", "< ^ 700043003"),
        ("<111111111,<222222222", "< 111111111 AND < 222222222"),
        ("<111111111 OR<222222222 or 333333333", "< 111111111 OR < 222222222 OR 333333333"),
        ("*MINUS<222222222", "* MINUS < 222222222"),
        ("< 111111111 . 222222222.333333333", "< 111111111 . 222222222 . 333333333"),
        ("< 111111111:222222222=<333333333", "< 111111111 : 222222222 = < 333333333"),
        (
            "< 111111111:[0..1]{[1 to many] reverseOf 222222222!=333333333}",
            "< 111111111 : [0..1] { [1..*] R 222222222 != 333333333 }",
        ),
        (
            "*:(111111111=*,222222222=*)OR{333333333=*}",
            "* : (111111111 = *, 222222222 = *) OR { 333333333 = * }",
        ),
        (
            "*:111111111=* OR 222222222=*,{333333333=*}",
            "* : (111111111 = * OR 222222222 = *), { 333333333 = * }",
        ),
        (
            "*:{111111111=*} OR 222222222=*,333333333=*",
            "* : { 111111111 = * } OR (222222222 = *, 333333333 = *)",
        ),
        (
            "*:111111111=*,{222222222=*},333333333=* OR 444444444=*",
            "* : 111111111 = *, { 222222222 = * }, (333333333 = * OR 444444444 = *)",
        ),
        ("*:(< 111111111 OR 222222222)=*", "* : (< 111111111 OR 222222222) = *"),
        ("*: ((111111111 = *))", "* : 111111111 = *"),
        ("*:111111111>=#-2.50,111111111<#+3", "* : 111111111 >= #-2.50, 111111111 < #3"),
        ("*:111111111=\"PANADOL\"", "* : 111111111 = \"PANADOL\""),
        ("*:111111111 not = TRUE", "* : 111111111 != true"),
        ("* {{ term = \"heart att\" }}", "* {{ D term = \"heart att\" }}"),
        (
            "* {{d term != (match:\"a\" wild : \"b*\" exact:\"c\"), active=true}}",
            "* {{ D term != (\"a\" wild:\"b*\" exact:\"c\"), active = 1 }}",
        ),
        (
            "* {{ language = (en DE), type = (syn fsn), typeId = 900000000000013009 }}",
            "* {{ D language = (en de), type = (syn fsn), typeId = 900000000000013009 }}",
        ),
        (
            "* {{ dialect = en-GB (prefer) }} {{ D dialect = (en-gb (accept) en-us) (preferred) }}",
            "* {{ D dialect = en-gb (prefer) }} {{ D dialect = (en-gb (accept) en-us) (prefer) }}",
        ),
        (
            "* {{ dialectId = (900000000000508004 (accept) 900000000000509007) }}",
            "* {{ D dialectId = (900000000000508004 (accept) 900000000000509007) }}",
        ),
        (
            "* {{ dialectId = << 900000000000508004 (900000000000548007) }}",
            "* {{ D dialectId = << 900000000000508004 (900000000000548007) }}",
        ),
        (
            "* {{ D moduleId = (111111111 222222222), effectiveTime >= (\"20200131\" \"20210131\") }}",
            "* {{ D moduleId = (111111111 222222222), effectiveTime >= (\"20200131\" \"20210131\") }}",
        ),
        ("* {{ D id = (111111111 222222222) }}", "* {{ D id = (111111111 222222222) }}"),
        (
            "*{{C definitionStatus=(primitive defined),definitionStatusId=*,active!=0}}",
            "* {{ C definitionStatus = (primitive defined), definitionStatusId = *, active != 0 }}",
        ),
        (
            "^700043003{{M mapTarget=\"J45\",mapGroup=#2,moduleId=*,x=<111111111,y<\"20200101\"}}",
            "^ 700043003 {{ M mapTarget = \"J45\", mapGroup = #2, moduleId = *, x = < 111111111, \
             y < \"20200101\" }}",
        ),
        ("<111111111{{+HISTORY}}", "< 111111111 {{ +HISTORY }}"),
        ("<111111111{{ + history_min}}", "< 111111111 {{ +HISTORY-MIN }}"),
        ("<111111111{{+HISTORY(<222222222)}}", "< 111111111 {{ +HISTORY (< 222222222) }}"),
        ("LOINC#54486-6 |x|", "LOINC#54486-6 |x|"),
        ("\"LOINC#54486-6\"", "LOINC#54486-6"),
        ("<< \"X-1#a b\"", "<< \"X-1#a b\""),
    ] {
        let written = brief(text);
        assert_eq!(written, expected, "{text}");
        let long = format(&parse(text).unwrap(), Syntax::Long);
        assert_eq!(parse(&long), parse(text), "{long}");
    }
}

#[test]
fn errors_name_the_place_and_what_is_expected() {
    for (text, expected) in [
        ("", "line 1, column 1: expected a concept (its identifier"),
        (
            "<<",
            "line 1, column 3: expected a concept (its identifier of 6 to 18 digits), '*', \
                '^' with a reference set, or a bracket '(', found the end",
        ),
        ("<< abc", "line 1, column 4: expected a concept"),
        ("<< 12345", "line 1, column 4: expected an identifier of 6 to 18 digits, found '12345'"),
        ("<< 123456 <<", "line 1, column 11: expected AND, OR, MINUS, ':', '.', '{{' or the end"),
        ("<< 111111111\nAND\n  ä", "line 3, column 3: expected a concept"),
        (
            "111111111 OR 222222222 AND 333333333",
            "line 1, column 24: AND and OR stand side by side; put brackets around one of them",
        ),
        ("111111111 MINUS 222222222 MINUS 333333333", "line 1, column 27: MINUS takes one"),
        ("*:111111111=*,111111111=* OR 1=*", "line 1, column 27: AND and OR stand side by side"),
        ("*:111111111=*,{111111111=*} OR 111111111=*", "line 1, column 29: AND and OR stand"),
        ("*:{111111111=*,111111111=* OR 111111111=*}", "line 1, column 28: AND and OR stand"),
        ("(111111111", "line 1, column 11: expected AND, OR, MINUS, ':' or the closing bracket"),
        ("111111111 |x", "line 1, column 13: expected the closing '|' of the term, found the end"),
        ("111111111 /* x", "line 1, column 15: expected the end of the comment"),
        ("*:111111111", "line 1, column 12: expected '=' or '!=' and the value"),
        (
            "*:111111111<222222222",
            "line 1, column 12: expected '=' or '!=' and the value of the \
                                   attribute; '<' compares numbers written with '#', as in #5",
        ),
        ("*:[2..1]111111111=*", "line 1, column 3: the greatest number of a cardinality is below"),
        ("*:{{111111111=*}}", "line 1, column 4: a group '{ … }' cannot stand inside of another"),
        ("*{{C term=\"x\"}}", "line 1, column 6: expected a concept filter: definitionStatus"),
        ("*{{M mapGroup=#1}}", "line 1, column 2: a member filter '{{ M … }}' needs '^'"),
        ("*{{effectiveTime=\"20201301\"}}", "line 1, column 18: expected a date"),
        ("*{{term=\"\"}}", "line 1, column 11: expected a text with at least one character"),
        ("*:R 111111111=#5", "line 1, column 14: an attribute with the reverse flag R"),
        ("*{{+HISTORY}}{{C active=1}}", "line 1, column 14: a history supplement is the last"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}\n  {error}\n  {expected}");
    }
}

#[test]
fn depth_and_length_are_bounded_before_anything_is_read() {
    let nested = |depth| format!("{}111111111{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(100)).is_ok());
    let error = parse(&nested(101)).unwrap_err().to_string();
    assert_eq!(error, "brackets are nested deeper than 100");
    let error = parse(&nested(400_000)).unwrap_err().to_string();
    assert_eq!(error, "brackets are nested deeper than 100");
    assert!(parse(&" ".repeat(2 << 20)).unwrap_err().to_string().starts_with("longer than"));
    // The way through brackets is known beforehand: no attempt is ever repeated.
    let deep = format!("*:{}111111111=*{}", "(".repeat(99), ")=*".repeat(99));
    assert!(parse(&deep).is_err());
}

#[test]
fn brackets_in_a_refinement_hold_attributes_or_a_name() {
    let refinement = |text: &str| match parse(text).unwrap() {
        Constraint::Refined(_, refinement) => refinement,
        other => panic!("{other:?}"),
    };
    let or = refinement("*:(111111111=* OR 222222222=*),333333333=*");
    let Refinement::And(operands) = or else { panic!("{or:?}") };
    assert!(matches!(operands.as_slice(), [Refinement::Or(_), Refinement::Attribute(_)]));
    let name = refinement("*:(111111111 OR 222222222) {{ C active = 1 }} != *");
    assert!(matches!(name, Refinement::Attribute(_)));
}
