//! What a server does with its ledger for one request, statement by statement.

/// How a server keeps a charge from being made twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Design {
    /// Not at all.
    NoKey,
    /// It looks for the key, and stores it beside the charge. Nothing forbids that a key is stored twice.
    CheckThenInsert,
    /// Keys are unique. The key is stored once the charge is committed.
    KeyAfter,
    /// Keys are unique. The key is stored and committed before the charge is made.
    KeyBefore,
    /// Keys are unique. Key and charge are committed together.
    OneTransaction,
}

/// How the statements for one request are kept apart from those for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isolation {
    /// Each statement is a transaction of its own, unless the design joins two.
    Autocommit,
    /// One transaction that takes the lock for reading with the first read, and that for writing with the first
    /// write (`BEGIN DEFERRED`).
    Deferred,
    /// One transaction that takes the lock for writing at once (`BEGIN IMMEDIATE`).
    Immediate,
}

/// A step of a [`Design`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Opens a transaction; whether it takes the lock for writing at once.
    Begin {
        /// `BEGIN IMMEDIATE` rather than `BEGIN DEFERRED`.
        immediate: bool,
    },
    /// Looks for the key.
    Check,
    /// Asks whoever holds the money, which takes time.
    Think,
    /// Enters the charge.
    Charge,
    /// Stores the key with the answer.
    Store,
    /// Ends the transaction.
    Commit,
}

impl Design {
    /// All of them, the weakest first.
    pub const ALL: [Self; 5] = [
        Self::NoKey,
        Self::CheckThenInsert,
        Self::KeyAfter,
        Self::KeyBefore,
        Self::OneTransaction,
    ];

    /// Its name among a knob's values.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoKey => "no-key",
            Self::CheckThenInsert => "check-then-insert",
            Self::KeyAfter => "key-after",
            Self::KeyBefore => "key-before",
            Self::OneTransaction => "one-transaction",
        }
    }

    /// The design of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|design| design.name() == name)
    }

    /// Whether the ledger refuses a key that it has.
    pub const fn has_unique_keys(self) -> bool {
        !matches!(self, Self::NoKey | Self::CheckThenInsert)
    }

    /// Whether it looks at the keys of requests at all.
    pub const fn has_keys(self) -> bool {
        !matches!(self, Self::NoKey)
    }

    /// Its steps, in groups that are committed together.
    const fn groups(self) -> &'static [&'static [Step]] {
        use Step::{Charge, Check, Store, Think};
        match self {
            Self::NoKey => &[&[Think, Charge]],
            Self::CheckThenInsert | Self::OneTransaction => &[&[Check, Think, Charge, Store]],
            Self::KeyAfter => &[&[Check, Think, Charge], &[Store]],
            Self::KeyBefore => &[&[Check, Store], &[Think, Charge]],
        }
    }

    /// What a server does for one request under `isolation`.
    pub fn program(self, isolation: Isolation) -> Vec<Step> {
        let immediate = match isolation {
            Isolation::Autocommit if self == Self::OneTransaction => {
                // The check stands alone; what is written is written together all the same.
                let begin = Step::Begin { immediate: false };
                return [
                    &[Step::Check, Step::Think, begin][..],
                    &[Step::Charge, Step::Store, Step::Commit],
                ]
                .concat();
            }
            Isolation::Autocommit => return self.groups().concat(),
            Isolation::Deferred => false,
            Isolation::Immediate => true,
        };
        let framed = |group: &&[Step]| {
            let mut steps = vec![Step::Begin { immediate }];
            steps.extend_from_slice(group);
            steps.push(Step::Commit);
            steps
        };
        self.groups().iter().flat_map(framed).collect()
    }
}

impl Isolation {
    /// All of them, the weakest first.
    pub const ALL: [Self; 3] = [Self::Autocommit, Self::Deferred, Self::Immediate];

    /// Its name among a knob's values.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Autocommit => "autocommit",
            Self::Deferred => "deferred",
            Self::Immediate => "immediate",
        }
    }

    /// The isolation of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|isolation| isolation.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Step::{Begin, Charge, Check, Commit, Store, Think};

    #[test]
    fn key_and_charge_are_never_committed_apart_in_one_transaction() {
        for isolation in Isolation::ALL {
            let program = Design::OneTransaction.program(isolation);
            let at = |step| program.iter().position(|other| *other == step).unwrap();
            let begin = program.iter().position(|step| matches!(step, Begin { .. }));
            assert!(begin.unwrap() < at(Charge), "{isolation:?}");
            assert_eq!(at(Charge) + 1, at(Store), "{isolation:?}");
            assert_eq!(at(Store) + 1, at(Commit), "{isolation:?}");
        }
    }

    #[test]
    fn statements_by_themselves_have_no_transaction() {
        let program = Design::KeyAfter.program(Isolation::Autocommit);
        assert_eq!(program, [Check, Think, Charge, Store]);
    }

    #[test]
    fn a_key_outside_the_transaction_has_one_of_its_own() {
        let begin = Begin { immediate: true };
        assert_eq!(
            Design::KeyBefore.program(Isolation::Immediate),
            [begin, Check, Store, Commit, begin, Think, Charge, Commit]
        );
    }

    #[test]
    fn names_lead_back() {
        for design in Design::ALL {
            assert_eq!(Design::named(design.name()), Some(design));
        }
        for isolation in Isolation::ALL {
            assert_eq!(Isolation::named(isolation.name()), Some(isolation));
        }
    }
}
