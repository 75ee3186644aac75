//! Quantities as they are written in scenario files: texts with units, and whole numbers where a unit goes without
//! saying.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::link::{Distribution, DropScripts, Loss, QueueLimit, Reorder, Windows};
use crate::units::{BitRate, Bytes, Percent, Span};

/// A quantity that is written as a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Value<T>(pub(in crate::scenario) T);

/// What a quantity looks like, for people and for editors.
pub(in crate::scenario) trait Quantity: FromStr<Err: fmt::Display> {
    /// What it is, for example `a time`.
    const WHAT: &'static str;
    /// One of them.
    const EXAMPLE: &'static str;
    /// What a number without a unit is, if it may be written.
    const BARE: Option<&'static str> = None;
}

macro_rules! quantities {
    ($($type:ty: $what:literal, $example:literal $(, $bare:literal)?;)*) => {
        $(impl Quantity for $type {
            const WHAT: &'static str = $what;
            const EXAMPLE: &'static str = $example;
            $(const BARE: Option<&'static str> = Some($bare);)?
        })*
    };
}

quantities! {
    Span: "a time", "150ms";
    Bytes: "a size", "100kB", "B";
    BitRate: "a rate", "10mbit";
    Percent: "a chance", "1%";
    Loss: "a loss", "1%";
    QueueLimit: "a queue limit", "100p", "p";
    Distribution: "a distribution", "normal";
    Reorder: "a reordering", "25% gap 5";
    Windows: "a window of time", "2s..2.5s";
    DropScripts: "drop scripts", "s2c:data:5-7,c2s:syn:1";
}

impl<'de, T: Quantity> Deserialize<'de> for Value<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader(PhantomData))
    }
}

struct Reader<T>(PhantomData<T>);

impl<T: Quantity> Visitor<'_> for Reader<T> {
    type Value = Value<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, for example \"{}\"", T::WHAT, T::EXAMPLE)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let told = |error: T::Err| {
            let error = error.to_string();
            if error.contains("write") {
                E::custom(error)
            } else {
                E::custom(format!("{error}; write for example \"{}\"", T::EXAMPLE))
            }
        };
        text.parse().map(Value).map_err(told)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        match T::BARE {
            _ if number == 0 => self.visit_str("0"),
            Some(unit) => self.visit_str(&format!("{number}{unit}")),
            None => Err(E::custom(format!(
                "{number} is {} without a unit; write for example \"{}\"",
                T::WHAT,
                T::EXAMPLE
            ))),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_i128(number.into())
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Self::Value, E> {
        Err(E::custom(format!(
            "{number} is too large; write for example \"{}\"",
            T::EXAMPLE
        )))
    }
}

/// A whole number in a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Whole<const LEAST: u64, const MOST: u64>(
    pub(in crate::scenario) u64,
);

/// A whole number of any size.
pub(in crate::scenario) type Natural = Whole<0, { u64::MAX }>;

impl<'de, const LEAST: u64, const MOST: u64> Deserialize<'de> for Whole<LEAST, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Counter::<LEAST, MOST>)
    }
}

struct Counter<const LEAST: u64, const MOST: u64>;

impl<const LEAST: u64, const MOST: u64> Counter<LEAST, MOST> {
    fn within<E: Error>(number: Option<u64>, text: &str) -> Result<Whole<LEAST, MOST>, E> {
        let number = number.filter(|number| (LEAST..=MOST).contains(number));
        number.map(Whole).ok_or_else(|| {
            E::custom(format!(
                "a whole number from {LEAST} to {MOST} is needed, not {text}"
            ))
        })
    }
}

impl<const LEAST: u64, const MOST: u64> Visitor<'_> for Counter<LEAST, MOST> {
    type Value = Whole<LEAST, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {LEAST} to {MOST}")
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Self::within(u64::try_from(number).ok(), &number.to_string())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Self::within(Some(number), &number.to_string())
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Self::Value, E> {
        Self::within(None, &number.to_string())
    }

    fn visit_u128<E: Error>(self, number: u128) -> Result<Self::Value, E> {
        Self::within(None, &number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Self::within(None, &number.to_string())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Self::within(None, &format!("\"{text}\""))
    }
}

impl<const LEAST: u64, const MOST: u64> JsonSchema for Whole<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("a whole number from {LEAST} to {MOST}").into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

impl<T: Quantity> JsonSchema for Value<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::WHAT.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        // A number needs no unit where it is zero, or where only one unit makes sense.
        json_schema!({ "type": ["string", "integer"], "examples": [T::EXAMPLE] })
    }
}

/// The value of a knob: a text, a number or a switch, as it would be written on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::scenario) struct Word(pub(in crate::scenario) String);

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Words;
        impl Visitor<'_> for Words {
            type Value = Word;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value as after --set KEY=")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Word, E> {
                Ok(Word(text.to_owned()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Word, E> {
                Ok(Word(number.to_string()))
            }

            fn visit_bool<E: Error>(self, is_on: bool) -> Result<Word, E> {
                Ok(Word(if is_on { "on" } else { "off" }.to_owned()))
            }
        }
        deserializer.deserialize_any(Words)
    }
}

impl JsonSchema for Word {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": ["string", "integer", "boolean"] })
    }
}
