//! A link's configuration read from netem's words, as [`LinkConfig`] prints them.

use std::str::FromStr;

use super::{Late, LinkConfig, ParseConfigError};

/// The words that begin a group; what follows up to the next one belongs to it.
const WORDS: [&str; 15] = [
    "delay",
    "distribution",
    "in-order",
    "reorder",
    "rate",
    "trace",
    "limit",
    "loss",
    "duplicate",
    "corrupt",
    "mtu",
    "down",
    "hold",
    "drop",
    "late",
];

/// `delay 50ms 5ms rate 10mbit limit 100p loss 1%`, each word once but `down` and `hold`; `ideal` alone does nothing.
impl FromStr for LinkConfig {
    type Err = ParseConfigError;

    fn from_str(text: &str) -> Result<Self, ParseConfigError> {
        let mut config = Self::default();
        let mut known: Vec<&str> = Vec::new();
        for group in groups(text)? {
            let (word, values) = group.split_first().unwrap_or((&"", &[]));
            if known.contains(word) && !matches!(*word, "down" | "hold") {
                return Err(ParseConfigError::Twice((*word).to_owned()));
            }
            known.push(word);
            config.put(word, values)?;
        }
        if config.jitter.is_zero() && known.contains(&"distribution") {
            return Err(ParseConfigError::Value {
                word: "distribution".to_owned(),
                value: config.distribution.to_string(),
                reason: "there is no jitter to spread: write for example `delay 50ms 5ms distribution normal`".to_owned(),
            });
        }
        Ok(config)
    }
}

/// Each word with what belongs to it.
fn groups(text: &str) -> Result<Vec<Vec<&str>>, ParseConfigError> {
    let mut groups: Vec<Vec<&str>> = Vec::new();
    if text.trim() == "ideal" {
        return Ok(groups);
    }
    for token in text.split_whitespace() {
        match groups.last_mut() {
            _ if WORDS.contains(&token) => groups.push(vec![token]),
            Some(group) => group.push(token),
            None => return Err(ParseConfigError::Word(token.to_owned())),
        }
    }
    if groups.is_empty() {
        return Err(ParseConfigError::Word(text.to_owned()));
    }
    Ok(groups)
}

impl LinkConfig {
    fn put(&mut self, word: &str, values: &[&str]) -> Result<(), ParseConfigError> {
        let all = values.join(" ");
        match (word, values) {
            ("delay", [delay]) => self.delay = value(word, delay)?,
            ("delay", [delay, jitter]) => {
                (self.delay, self.jitter) = (value(word, delay)?, value(word, jitter)?);
            }
            ("distribution", _) => self.distribution = all.parse()?,
            ("in-order", []) => self.in_order = true,
            ("reorder", _) => self.reorder = Some(all.parse()?),
            ("rate", _) => self.rate = Some(value(word, &all)?),
            ("trace", _) => return Err(ParseConfigError::Trace(all)),
            ("limit", _) => self.limit = Some(all.parse()?),
            ("loss", _) => self.loss = Some(all.parse()?),
            ("duplicate", _) => self.duplicate = value(word, &all)?,
            ("corrupt", _) => self.corrupt = value(word, &all)?,
            ("mtu", _) => self.mtu = Some(value(word, &all)?),
            ("down", _) => self.outages.push(all.parse()?),
            ("hold", _) => self.holds.push(all.parse()?),
            ("drop", _) => self.drops = value(word, &all)?,
            ("late", [frames, "by", by]) => {
                self.late = Some(Late {
                    frames: value(word, frames)?,
                    by: value(word, by)?,
                });
            }
            _ => {
                return Err(ParseConfigError::Value {
                    word: word.to_owned(),
                    value: all,
                    reason: "that many values do not belong to it".to_owned(),
                });
            }
        }
        Ok(())
    }
}

fn value<T: FromStr>(word: &str, text: &str) -> Result<T, ParseConfigError>
where
    T::Err: ToString,
{
    text.parse()
        .map_err(|error: T::Err| ParseConfigError::Value {
            word: word.to_owned(),
            value: text.to_owned(),
            reason: error.to_string(),
        })
}
