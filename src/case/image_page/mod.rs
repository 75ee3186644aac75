//! `image-page`: eighty images from far away, and which component makes them late.
//!
//! `shape` takes the variants apart: where the images are, over which protocol they are fetched. The browser is
//! explicit: connections per origin, the order in which objects are asked for, the time between the discovery of one
//! and the next. `world` builds it, `schedule` has the closed forms, `verdict` says which component is the
//! constraint and what is said of the page.

mod knobs;
mod names;
mod relief;
mod schedule;
mod shape;
mod verdict;
mod world;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::knob::{Kind, Knob, path_knobs};
use super::page::{self, Fate};
use super::secure::certificates_knob;
use super::{Case, CaseError, Judgement, Main, Plan, Relief, Stage, Variant, expect};
use crate::app::http2;
use crate::measure::{Check, Traffic};
use crate::record::Recording;
use crate::units::Span;
use schedule::Page;
use shape::{Shape, VARIANTS};

/// Times that differ by less are the same: the transport counts microseconds.
const TOLERANCE: Span = Span::from_micros(1);

/// The image page case.
#[derive(Debug)]
pub struct ImagePage;

impl Case for ImagePage {
    fn name(&self) -> &'static str {
        "image-page"
    }

    fn question(&self) -> &'static str {
        "What makes a page of many images late: distance, the protocol, or the line?"
    }

    fn variants(&self) -> Vec<Variant<'_>> {
        VARIANTS.to_vec()
    }

    fn knobs(&self) -> Vec<Knob> {
        let mut knobs = path_knobs("150ms");
        let objects = Kind::Count(1..=http2::STREAMS as u64);
        let orders = Kind::Choice(&["listed", "small-first", "large-first"]);
        knobs.extend([
            Knob::new("edge_rtt", "5ms", Kind::Time, "round trip to the edge"),
            Knob::new(
                "backhaul_rtt",
                "145ms",
                Kind::Time,
                "round trip between edge and origin",
            ),
            Knob::new("objects", "80", objects, "images of the page"),
            Knob::new("bytes", "10kB", Kind::Size, "size of each image"),
            Knob::new(
                "sizes",
                "none",
                Kind::Sizes,
                "sizes of the images, one by one, instead of `objects` and `bytes`",
            ),
            Knob::new(
                "hero_bytes",
                "2MB",
                Kind::Size,
                "size of the first image in the variant hero",
            ),
            Knob::new(
                "connections",
                "6",
                Kind::Count(1..=64),
                "connections that the browser opens to one origin by HTTP/1.1",
            ),
            Knob::new(
                "order",
                "listed",
                orders,
                "which images the browser asks for first",
            ),
            Knob::new(
                "discovery",
                "0",
                Kind::Time,
                "time between the discovery of one image and the next",
            ),
            Knob::new(
                "think",
                "0",
                Kind::Time,
                "how long the server thinks about each image",
            ),
            certificates_knob(),
        ]);
        knobs.extend(knobs::knobs());
        knobs
    }

    fn check(&self, plan: &Plan) -> Result<(), CaseError> {
        let sizes = plan.sizes("sizes").map_or(0, |sizes| sizes.len());
        let shape = Shape::named(plan.variant());
        let at_once = shape.is_multiplexed() || shape.place == shape::Place::EdgeMiss;
        if at_once && sizes > http2::STREAMS {
            return Err(CaseError::Contradiction {
                case: self.name().to_owned(),
                first: format!("sizes of {sizes} images"),
                second: format!("{} streams", http2::STREAMS),
                reason: "one HTTP/2 connection takes no more requests at once; give fewer sizes"
                    .to_owned(),
            });
        }
        knobs::check(plan)
    }

    fn build(&self, plan: &Plan, stage: &mut Stage<'_>) -> Main {
        world::build(plan, stage)
    }

    fn reliefs(&self, plan: &Plan) -> Vec<Relief> {
        relief::of(plan)
    }

    fn judge(&self, plan: &Plan, recording: &Recording) -> Judgement {
        let (shape, page) = (Shape::of(plan), Page::of(plan));
        let fates = page::fates(recording);
        let mut judgement = Judgement {
            total: page::total(recording, &fates),
            rtt: plan.span("jitter").is_zero().then(|| page.rtt(shape)),
            checks: checks(shape, &page, recording, &fates),
            objects: page::objects(recording, &fates, &[]),
            extra: figures(shape, recording, &fates),
            ..Judgement::default()
        };
        verdict::put(shape, &page, recording, &mut judgement);
        // A closed form knows neither chance, nor a line that changes, nor what overlaps with a later discovery.
        let overlapping = shape.is_multiplexed() && !plan.is_default("discovery");
        if !plan.is_steady() || overlapping || knobs::is_tuned(plan) {
            return judgement;
        }
        if page.is_exact(shape) {
            judgement
                .checks
                .push(on_time(shape, &page, recording, &fates));
        }
        judgement.cause = Some(verdict::cause(plan, shape, &page));
        judgement.formula(page.text(shape), page.total(shape))
    }
}

/// Body lengths in the order in which the browser asks for them.
fn sizes(plan: &Plan) -> Vec<u64> {
    listed(plan).into_iter().map(|(_, bytes)| bytes).collect()
}

/// The ordinals of the objects and their sizes, in the order in which the browser asks for them.
fn listed(plan: &Plan) -> Vec<(u64, u64)> {
    let mut sizes = plan.sizes("sizes").unwrap_or_else(|| {
        let objects = usize::try_from(plan.count("objects")).expect("the knob's range is small");
        vec![plan.bytes("bytes"); objects]
    });
    if Shape::of(plan).hero {
        sizes[0] = plan.bytes("hero_bytes");
    }
    let mut listed: Vec<_> = (1..).zip(sizes).collect();
    match plan.text("order") {
        "small-first" => listed.sort_by_key(|(_, bytes)| *bytes),
        "large-first" => listed.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes)),
        _ => {}
    }
    listed
}

fn checks(shape: Shape, page: &Page, recording: &Recording, fates: &[Fate]) -> Vec<Check> {
    let whole = std::iter::zip(&page.sizes, fates).filter(|(size, fate)| **size == fate.bytes);
    let opened =
        Traffic::of(recording).connections - u64::from(shape.place == shape::Place::EdgeMiss);
    let mut checks = vec![
        expect("images answered whole", page.sizes.len(), whole.count()),
        expect(
            "connections of the browser",
            page.connections(shape),
            opened,
        ),
    ];
    if shape.hero {
        let (hero, thumbnails) = hero(recording, fates);
        let slipped = hero.zip(thumbnails).is_some_and(|(hero, last)| last < hero);
        checks.push(expect(
            "the thumbnails slip between the chunks of the large image",
            true,
            slipped,
        ));
    }
    checks
}

/// When the large image and the last of the others were there.
fn hero(recording: &Recording, fates: &[Fate]) -> (Option<Span>, Option<Span>) {
    let Some((hero, thumbnails)) = fates.split_first() else {
        return (None, None);
    };
    let ends = thumbnails.iter().map(|fate| fate.end(recording));
    (hero.end(recording), ends.max().flatten())
}

/// Whether every object ends when the closed form says.
fn on_time(shape: Shape, page: &Page, recording: &Recording, fates: &[Fate]) -> Check {
    let ends = page.ends(shape);
    let seen = fates.iter().map(|fate| fate.end(recording));
    let on_time = std::iter::zip(&ends, seen)
        .filter(|(predicted, seen)| seen.is_some_and(|seen| seen.abs_diff(**predicted) < TOLERANCE))
        .count();
    expect(
        "images that end when the closed form says",
        ends.len(),
        on_time,
    )
}

fn figures(shape: Shape, recording: &Recording, fates: &[Fate]) -> BTreeMap<String, Value> {
    let first = fates.iter().filter_map(|fate| fate.end(recording)).min();
    let ms = |span: Option<Span>| json!(span.map(Span::as_millis_f64));
    let mut figures = BTreeMap::from([("first_image_ms".to_owned(), ms(first))]);
    if shape.hero {
        let (hero, thumbnails) = hero(recording, fates);
        figures.insert("hero_ms".to_owned(), ms(hero));
        figures.insert("last_thumbnail_ms".to_owned(), ms(thumbnails));
    }
    figures
}
