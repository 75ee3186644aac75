//! Rust source as text, without what is not compiled into the library.

/// The text without comments, literals and items under `#[cfg(test)]`.
pub(crate) fn without_tests(text: &str) -> String {
    const ATTRIBUTE: &str = "#[cfg(test)]";
    let mut text = without_literals(text);
    while let Some(at) = text.find(ATTRIBUTE) {
        let end = at + ATTRIBUTE.len() + item_length(&text[at + ATTRIBUTE.len()..]);
        text.replace_range(at..end, "");
    }
    text
}

/// Length of the item at the beginning of a text: to its semicolon or to the end of its braces.
fn item_length(text: &str) -> usize {
    let mut depth = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            ';' if depth == 0 => return at + 1,
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The text with comments left out and literals made empty.
fn without_literals(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some(letter) = rest.chars().next() {
        let skipped = skipped(rest);
        if skipped == 0 {
            kept.push(letter);
            rest = &rest[letter.len_utf8()..];
        } else {
            rest = &rest[skipped..];
        }
    }
    kept
}

/// Length of the comment or literal with which a text begins, zero if it begins with something else.
fn skipped(text: &str) -> usize {
    let until = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at);
    if text.starts_with("//") {
        return until("\n", 2);
    }
    if text.starts_with("/*") {
        return (until("*/", 2) + 2).min(text.len());
    }
    if text.starts_with("r\"") || text.starts_with("r#") {
        let hashes = text[1..]
            .chars()
            .take_while(|letter| *letter == '#')
            .count();
        if text[1 + hashes..].starts_with('"') {
            let end = format!("\"{}", "#".repeat(hashes));
            return (until(&end, 2 + hashes) + end.len()).min(text.len());
        }
    }
    if let Some(string) = text.strip_prefix('"') {
        return 1 + quoted(string, '"');
    }
    match text.strip_prefix('\'') {
        Some(letter) if is_letter(letter) => 1 + quoted(letter, '\''),
        _ => 0,
    }
}

/// Whether what follows an apostrophe is a letter in quotes, not a lifetime.
fn is_letter(text: &str) -> bool {
    text.starts_with('\\') || text.chars().nth(1) == Some('\'')
}

/// Length up to and with the closing quote.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            letter if letter == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn comments_literals_and_tests_are_left_out() {
    let text = "use a; // crate::b\nlet x = \"crate::c {\"; let y = '{'; fn f<'a>() {}\n\
                #[cfg(test)]\nmod tests { use crate::d; }\nuse e;";
    assert_eq!(
        without_tests(text),
        "use a; \nlet x = ; let y = ; fn f<'a>() {}\n\nuse e;"
    );
}
