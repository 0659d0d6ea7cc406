//! Texts of Orphadata as plain text: escaped markup and doubly escaped references removed.

/// `text` without the HTML that Orphanet's editors leave in definitions (`<i>…</i>`, `&nbsp;`),
/// with runs of blanks made one. A `<` that begins no known tag stays ("<1 / 1 000 000").
pub(super) fn plain(text: &str) -> String {
    let text = text.trim();
    if !text.contains(['<', '&', '\n', '\t', '\u{a0}']) && !text.contains("  ") {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        rest = match tag(from) {
            Some((replacement, after)) => {
                out.push_str(replacement);
                after
            }
            None => match reference(from) {
                Some((character, after)) => {
                    out.push(character);
                    after
                }
                None => {
                    let mut characters = from.chars();
                    out.extend(characters.next());
                    characters.as_str()
                }
            },
        };
    }
    out.push_str(rest);
    single_blanks(&out)
}

fn single_blanks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Tags known to occur, and what takes their place.
const TAGS: [(&str, &str); 16] = [
    ("i", ""),
    ("b", ""),
    ("u", ""),
    ("em", ""),
    ("strong", ""),
    ("sup", ""),
    ("sub", ""),
    ("span", ""),
    ("font", ""),
    ("a", ""),
    ("br", " "),
    ("p", " "),
    ("div", " "),
    ("ul", " "),
    ("ol", " "),
    ("li", " "),
];

/// If `text` begins with a tag: what takes its place, and what follows it.
fn tag(text: &str) -> Option<(&'static str, &str)> {
    let inner = text.strip_prefix('<')?;
    let (inner, after) = inner.split_once('>')?;
    let name = inner.trim_start_matches('/');
    let name = name.split([' ', '/']).next().unwrap_or_default();
    let known = TAGS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some((known.1, after))
}

/// If `text` begins with a character reference: the character, and what follows it.
fn reference(text: &str) -> Option<(char, &str)> {
    let (name, after) = text.strip_prefix('&')?.split_once(';')?;
    Some((character(name)?, after))
}

/// The character of a reference without `&` and `;`: predefined in XML, numeric, or one of the
/// HTML names met in medical texts.
pub(super) fn character(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hexadecimal = number.strip_prefix(['x', 'X']);
        let number = match hexadecimal {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => number.parse(),
        };
        return number.ok().and_then(char::from_u32).filter(|character| *character != '\0');
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, character)| *character)
}

const NAMES: [(&str, char); 42] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("auml", 'ä'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("eacute", 'é'),
    ("egrave", 'è'),
    ("ecirc", 'ê'),
    ("agrave", 'à'),
    ("ccedil", 'ç'),
    ("iuml", 'ï'),
    ("ocirc", 'ô'),
    ("oslash", 'ø'),
    ("alpha", 'α'),
    ("beta", 'β'),
    ("gamma", 'γ'),
    ("delta", 'δ'),
    ("epsilon", 'ε'),
    ("zeta", 'ζ'),
    ("kappa", 'κ'),
    ("lambda", 'λ'),
    ("mu", 'μ'),
    ("micro", 'µ'),
    ("deg", '°'),
    ("plusmn", '±'),
    ("ge", '≥'),
    ("le", '≤'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("hellip", '…'),
];

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn markup_goes_and_text_stays() {
        for (text, expected) in [
            ("plain", "plain"),
            ("mutation of <i>FBN1</i> (15q21)", "mutation of FBN1 (15q21)"),
            ("a<br/>b", "a b"),
            ("<p class=\"x\">a</p>", "a"),
            ("<1 / 1 000 000", "<1 / 1 000 000"),
            ("p < 0.05 and q > 3", "p < 0.05 and q > 3"),
            ("a&nbsp;b &#946;-globin &#x3b2; &le; &unknown; & c", "a b β-globin β ≤ &unknown; & c"),
            ("  two\n   lines ", "two lines"),
            ("<", "<"),
            ("&", "&"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
        }
    }
}
