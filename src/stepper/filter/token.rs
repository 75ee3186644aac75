//! An expression in words: names, values, operators.

use super::error::FilterError;

/// A word of an expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A name, a number or an address: what it is depends on where it stands.
    Word(String),
    /// In quotes.
    Quoted(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Signs, the longer ones first where one begins another.
const SIGNS: [&str; 11] = ["==", "!=", "<=", ">=", "&&", "||", "<", ">", "!", "(", ")"];
/// Words that mean a sign.
const WORDS: [(&str, &str); 9] = [
    ("eq", "=="),
    ("ne", "!="),
    ("lt", "<"),
    ("gt", ">"),
    ("le", "<="),
    ("ge", ">="),
    ("and", "&&"),
    ("or", "||"),
    ("not", "!"),
];

/// The words of `text`, each with the byte at which it begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, FilterError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if letter.is_whitespace() {
            at += letter.len_utf8();
            continue;
        }
        let (token, length) = next(text, at, letter)?;
        found.push((at, token));
        at += length;
    }
    Ok(found)
}

fn next(text: &str, at: usize, letter: char) -> Result<(Token, usize), FilterError> {
    let rest = &text[at..];
    if letter == '"' {
        return quoted(text, at);
    }
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
        return Ok((Token::Sign(sign), sign.len()));
    }
    let belongs = |c: char| c.is_alphanumeric() || "._:/-+#%".contains(c);
    let end = rest.find(|c| !belongs(c)).unwrap_or(rest.len());
    let word = &rest[..end];
    if word.is_empty() {
        let hint = match letter {
            '=' => "`=` is not an operator: write `==`".to_owned(),
            '&' | '|' => format!("`{letter}` is not an operator: write `{letter}{letter}`"),
            '\'' => "texts stand in double quotes".to_owned(),
            _ => format!("`{letter}` means nothing here"),
        };
        return Err(FilterError::at(text, at, hint));
    }
    let sign = WORDS.iter().find(|(name, _)| *name == word);
    let token = match (sign, word) {
        (Some((_, sign)), _) => Token::Sign(sign),
        (None, "contains") => Token::Sign("contains"),
        (None, word) => Token::Word(word.to_owned()),
    };
    Ok((token, end))
}

fn quoted(text: &str, at: usize) -> Result<(Token, usize), FilterError> {
    let mut value = String::new();
    let mut letters = text[at + 1..].char_indices();
    while let Some((place, letter)) = letters.next() {
        match letter {
            '"' => return Ok((Token::Quoted(value), place + 2)),
            '\\' => value.extend(letters.next().map(|(_, letter)| letter)),
            letter => value.push(letter),
        }
    }
    Err(FilterError::at(text, at, "the closing quote is missing"))
}
