//! A case that somebody holds: one of the catalog, or one that was made while the program ran.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::Case;

/// A case to run. Clones are the same case.
#[derive(Clone)]
pub enum CaseRef {
    /// One that lives as long as the program.
    Built(&'static dyn Case),
    /// One that lives as long as somebody holds it.
    Made(Arc<dyn Case>),
}

impl Deref for CaseRef {
    type Target = dyn Case;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Built(case) => *case,
            Self::Made(case) => &**case,
        }
    }
}

impl From<&'static dyn Case> for CaseRef {
    fn from(case: &'static dyn Case) -> Self {
        Self::Built(case)
    }
}

impl<C: Case + 'static> From<Arc<C>> for CaseRef {
    fn from(case: Arc<C>) -> Self {
        Self::Made(case)
    }
}

impl fmt::Debug for CaseRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CaseRef").field(&self.name()).finish()
    }
}
