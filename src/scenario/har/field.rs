//! A field of an archive: its value, and the path by which errors name it.

use serde_json::Value;

use super::read::HarError;

/// A value and its path.
#[derive(Clone)]
pub(super) struct Field<'v> {
    pub(super) path: String,
    pub(super) value: Option<&'v Value>,
}

impl Field<'_> {
    pub(super) fn get(&self, name: &str) -> Self {
        let path = if self.path.is_empty() {
            name.to_owned()
        } else {
            format!("{}.{name}", self.path)
        };
        let value = self.value.and_then(|value| value.get(name));
        Self {
            path,
            value: value.filter(|value| !value.is_null()),
        }
    }

    pub(super) fn items(&self) -> Result<Vec<Self>, HarError> {
        match self.value {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items
                .iter()
                .enumerate()
                .map(|(position, value)| Self {
                    path: format!("{}[{position}]", self.path),
                    value: Some(value),
                })
                .collect()),
            Some(_) => Err(self.wrong("a list is needed here")),
        }
    }

    pub(super) fn text(&self) -> Result<Option<String>, HarError> {
        match self.value {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong("a text is needed here")),
        }
    }

    /// A text or a number, whatever else there is being none.
    pub(super) fn word(&self) -> Option<String> {
        match self.value? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// A number, which some exporters write as a text.
    pub(super) fn number(&self) -> Result<Option<f64>, HarError> {
        let number = match self.value {
            None => return Ok(None),
            Some(Value::Number(number)) => number.as_f64(),
            Some(Value::String(text)) if text.trim().is_empty() => return Ok(None),
            Some(Value::String(text)) => text.trim().parse().ok(),
            Some(_) => None,
        };
        let number = number.filter(|number| number.is_finite() && number.abs() < 1e12);
        number
            .map(Some)
            .ok_or_else(|| self.wrong("a number is needed here"))
    }

    /// A size in bytes; a negative one is not known.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number is between zero and 10^12"
    )]
    pub(super) fn size(&self) -> Result<Option<u64>, HarError> {
        let number = self.number()?.filter(|number| *number >= 0.0);
        Ok(number.map(|number| number as u64))
    }

    pub(super) fn is_on(&self) -> bool {
        match self.value {
            Some(Value::Bool(is_on)) => *is_on,
            Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number > 0.0),
            _ => false,
        }
    }

    pub(super) fn wrong(&self, message: &str) -> HarError {
        HarError::Field {
            path: self.path.clone(),
            message: message.to_owned(),
        }
    }
}
