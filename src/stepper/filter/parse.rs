//! From words to an expression: `!` binds tightest, then comparisons, `&&` and `||`.

use std::net::Ipv4Addr;

use super::error::FilterError;
use super::field::{Field, Type};
use super::token::{Token, tokens};
use super::{Comparison, Node, Value};
use crate::units::Span;

/// How deep brackets and negations may be nested.
const DEEPEST: usize = 64;

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(usize, Token)>,
    next: usize,
    depth: usize,
}

/// The expression that `text` means.
pub(super) fn expression(text: &str) -> Result<Node, FilterError> {
    let mut parser = Parser {
        text,
        tokens: tokens(text)?,
        next: 0,
        depth: 0,
    };
    if parser.tokens.is_empty() {
        return Err(parser.wrong("write an expression, for example `tcp.flags.syn`"));
    }
    let node = parser.binary(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(Token::Sign(")")) => Err(parser.wrong("there is no bracket that this one closes")),
        Some(_) => Err(parser.wrong("`&&` or `||` is missing here")),
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    /// The next word, if it is this sign.
    fn take(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.next += usize::from(is);
        is
    }

    /// Something is wrong with the next word.
    fn wrong(&self, reason: impl Into<String>) -> FilterError {
        let at = self.tokens.get(self.next).map(|(at, _)| *at);
        FilterError::at(self.text, at.unwrap_or(self.text.len()), reason)
    }

    /// Parts joined by operators that bind at least as tightly as `least`: 0 `||`, 1 `&&`.
    fn binary(&mut self, least: u8) -> Result<Node, FilterError> {
        let mut left = self.unary()?;
        loop {
            let (sign, binds) = match self.peek() {
                Some(Token::Sign("||")) => ("||", 0),
                Some(Token::Sign("&&")) => ("&&", 1),
                _ => return Ok(left),
            };
            if binds < least {
                return Ok(left);
            }
            self.next += 1;
            let right = self.binary(binds + 1)?;
            let (left_box, right) = (Box::new(left), Box::new(right));
            left = if sign == "||" {
                Node::Or(left_box, right)
            } else {
                Node::And(left_box, right)
            };
        }
    }

    fn unary(&mut self) -> Result<Node, FilterError> {
        if self.depth >= DEEPEST {
            return Err(self.wrong("this is nested too deeply"));
        }
        self.depth += 1;
        let node = if self.take("!") {
            Node::Not(Box::new(self.unary()?))
        } else if self.take("(") {
            let inner = self.binary(0)?;
            if !self.take(")") {
                return Err(self.wrong("a closing bracket is missing"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn comparison(&mut self) -> Result<Node, FilterError> {
        let field = self.field()?;
        let comparison = match self.peek() {
            Some(Token::Sign("==")) => Comparison::Equal,
            Some(Token::Sign("!=")) => Comparison::Unequal,
            Some(Token::Sign("<")) => Comparison::Less,
            Some(Token::Sign("<=")) => Comparison::LessOrEqual,
            Some(Token::Sign(">")) => Comparison::Greater,
            Some(Token::Sign(">=")) => Comparison::GreaterOrEqual,
            Some(Token::Sign("contains")) => Comparison::Contains,
            _ => return Ok(Node::Has(field)),
        };
        let orders = !matches!(
            comparison,
            Comparison::Equal | Comparison::Unequal | Comparison::Contains
        );
        let name = field.name();
        match (field.kind(), comparison) {
            (Type::Protocol, Comparison::Contains) => {}
            (Type::Protocol, _) => {
                return Err(self.wrong(format!("`{name}` is a protocol: it is there or not")));
            }
            (Type::Text | Type::Address | Type::Flag, _) if orders => {
                return Err(self.wrong(format!("`{name}` has no order: use `==` or `!=`")));
            }
            (kind, Comparison::Contains) if kind != Type::Text => {
                return Err(self.wrong(format!("`{name}` is no text: use `==`")));
            }
            _ => {}
        }
        self.next += 1;
        let value = self.value(field, comparison)?;
        self.next += 1;
        Ok(Node::Compare(field, comparison, value))
    }

    fn field(&mut self) -> Result<Field, FilterError> {
        let field = match self.peek() {
            Some(Token::Word(name)) => Field::named(name).map_err(|reason| self.wrong(reason))?,
            Some(_) => return Err(self.wrong("the name of a field belongs here")),
            None => return Err(self.wrong("the expression ends too early")),
        };
        self.next += 1;
        Ok(field)
    }

    fn value(&self, field: Field, comparison: Comparison) -> Result<Value, FilterError> {
        let (text, quoted) = match self.peek() {
            Some(Token::Word(text)) => (text, false),
            Some(Token::Quoted(text)) => (text, true),
            Some(Token::Sign(_)) => return Err(self.wrong("a value belongs here")),
            None => return Err(self.wrong("the value is missing")),
        };
        let name = field.name();
        let value = match field.kind() {
            Type::Protocol => Some(Value::Text(text.clone())),
            Type::Text => {
                if comparison != Comparison::Contains {
                    field.check(text).map_err(|reason| self.wrong(reason))?;
                }
                Some(Value::Text(text.clone()))
            }
            _ if quoted => None,
            Type::Number => number(text).map(Value::Number),
            Type::Flag => match text.as_str() {
                "1" | "true" | "True" => Some(Value::Flag(true)),
                "0" | "false" | "False" => Some(Value::Flag(false)),
                _ => None,
            },
            Type::Address => address(text),
        };
        value.ok_or_else(|| {
            let wanted = match field.kind() {
                Type::Number => "a number, or a time as `150ms`",
                Type::Flag => "`1` or `0`",
                Type::Address => "an address as `198.18.0.2` or `198.18.0.0/15`",
                Type::Text | Type::Protocol => "a text in quotes",
            };
            self.wrong(format!("`{name}` is compared with {wanted}"))
        })
    }
}

/// A number; `0x` begins a hexadecimal one; a time is in seconds.
fn number(text: &str) -> Option<f64> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok().map(f64::from);
    }
    let text = text.strip_prefix('#').unwrap_or(text);
    let plain = text.parse().ok().filter(|number: &f64| number.is_finite());
    plain.or_else(|| text.parse::<Span>().ok().map(Span::as_secs_f64))
}

fn address(text: &str) -> Option<Value> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let address: Ipv4Addr = address.parse().ok()?;
    let bits = bits.parse().ok().filter(|bits| *bits <= 32)?;
    Some(Value::Address(address, bits))
}
