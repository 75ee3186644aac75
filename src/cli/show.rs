//! `wirelab show`: cases, scenarios and recorded pages as scenario files.

use anyhow::{Result, bail};

use super::Outcome;
use super::args::ShowArgs;
use super::{files, selection, terminal};
use crate::scenario::{plan_to_toml, schema};

/// Prints what was asked for.
pub(super) fn show(args: &ShowArgs) -> Result<Outcome> {
    let text = match &args.case {
        None => schema(),
        Some(name) if files::is_file(name) => of_file(name, args)?,
        Some(name) => of_case(name, args)?,
    };
    terminal::print(&text)?;
    Ok(Outcome::Kept)
}

fn of_case(name: &str, args: &ShowArgs) -> Result<String> {
    let chosen = selection::opened(name)?;
    let plan = selection::first_of(&chosen, name, &args.settings)?;
    Ok(plan_to_toml(&plan, !name.contains('/')))
}

fn of_file(name: &str, args: &ShowArgs) -> Result<String> {
    let loaded = files::loaded(name)?;
    let variant = files::variant(name);
    let is_meant = |loaded: &&crate::scenario::Loaded| {
        variant.is_none_or(|variant| loaded.variants.iter().any(|known| known == variant))
    };
    if variant.is_none() && loaded.len() > 1 {
        // Pages of one archive, each a scenario of its own.
        return Err(selection::needs_variant(name, &files::open(name)?));
    }
    let Some(found) = loaded.iter().find(is_meant) else {
        let known = loaded.iter().flat_map(|loaded| loaded.variants.clone());
        let known: Vec<_> = known.collect();
        bail!(
            "`{name}`: there is no such page; there are: {}",
            known.join(", ")
        );
    };
    match &found.scenario {
        Some(scenario) if args.settings.knobs.is_empty() => Ok(scenario.to_toml()),
        Some(_) => bail!(
            "`{name}` has a world of its own: change its file, or give --set to `wirelab run`"
        ),
        None => {
            let chosen = files::open(name)?;
            let plan = selection::first_of(&chosen, name, &args.settings)?;
            Ok(plan_to_toml(&plan, chosen.len() > 1))
        }
    }
}
