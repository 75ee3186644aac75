//! Scenarios as files: a world of one's own, or a case with every knob, its value, and what it does.

use super::parts::{effects, put_expectation, put_fault};
use super::text::{Text, quoted, zero};
use crate::app::browser::{Moment, Version};
use crate::app::tls;
use crate::case::Plan;
use crate::link::LinkConfig;
use crate::scenario::model::{Object, Path, Scenario, Server};
use crate::units::Bytes;

/// A plan of a case of the catalog as a scenario file that runs the same: every knob with its value, and what it does.
/// With `variants` it is the file of all of them.
pub fn of_plan(plan: &Plan, all_variants: bool) -> String {
    let mut text = Text::default();
    let case = plan.case();
    text.comment(&format!("{}: {}", case.name(), case.question()));
    for variant in case.variants() {
        if all_variants || variant.name == plan.variant() {
            text.comment(&format!("{}: {}", variant.name, variant.about));
        }
    }
    if all_variants {
        text.put("case", case.name());
    } else {
        text.put("case", format!("{}/{}", case.name(), plan.variant()));
    }
    text.bare("seed", plan.seed());
    text.table("[set]");
    let lines = plan.knobs().map(|(knob, value)| {
        let setting = format!("{} = {}", knob.key, quoted(value));
        (setting, knob.help())
    });
    let lines: Vec<_> = lines.collect();
    let width = lines
        .iter()
        .map(|(setting, _)| setting.len())
        .max()
        .unwrap_or(0);
    for (setting, about) in lines {
        text.line(&format!("{setting:width$}  # {about}"));
    }
    text.line("");
    text.comment("[[expect]]                 # what must hold, or the exit status is 1");
    text.comment("page_under = \"300ms\"");
    text.0
}

impl Scenario {
    /// The scenario as a file that is read as the same again.
    pub fn to_toml(&self) -> String {
        let mut text = Text::default();
        self.head(&mut text);
        for host in &self.hosts {
            text.table(&format!("[hosts.{}]", quoted(&host.name)));
            if let Some(rate) = host.down.rate {
                text.put("down", rate);
            }
            if let Some(rate) = host.up.rate {
                text.put("up", rate);
            }
            for (key, trace) in [
                ("down_trace", &host.down.trace),
                ("up_trace", &host.up.trace),
            ] {
                if let Some(trace) = trace {
                    text.put(key, trace.name());
                }
            }
            if let Some(limit) = host.down.limit {
                text.put("limit", limit);
            }
        }
        for path in &self.paths {
            self.path(&mut text, path);
        }
        self.names(&mut text);
        for server in &self.servers {
            self.server(&mut text, server);
        }
        self.page(&mut text);
        for fault in &self.faults {
            put_fault(&mut text, fault);
        }
        for expectation in &self.expectations {
            put_expectation(&mut text, expectation);
        }
        for way in &self.variants {
            text.table("[[variant]]");
            text.put("name", &way.name);
            text.put("about", &way.about);
            let set = way.set.iter();
            let set: Vec<_> = set
                .map(|(key, value)| format!("{key} = {}", quoted(value)))
                .collect();
            if !set.is_empty() {
                text.bare("set", format!("{{ {} }}", set.join(", ")));
            }
        }
        text.0
    }

    fn head(&self, text: &mut Text) {
        if let (Some(recorded), Some(replayed)) = (self.recorded, self.replayed) {
            text.comment(&format!(
                "Recorded: {recorded}. Replayed on the same conditions: {replayed}."
            ));
        }
        if !self.assumptions.is_empty() {
            text.comment("What is assumed:");
            for assumption in &self.assumptions {
                text.comment(&format!("- {assumption}"));
            }
        }
        text.put("name", &self.name);
        text.put("question", &self.question);
        if let Some(seed) = self.seed {
            text.bare("seed", seed);
        }
        if let Some(recorded) = self.recorded {
            text.put("recorded", recorded);
        }
    }

    fn path(&self, text: &mut Text, path: &Path) {
        text.table("[[link]]");
        let [from, to] = path.ends.map(|end| &self.hosts[end].name);
        text.put("from", from);
        text.put("to", to);
        let trip = path.there.delay + path.back.delay;
        let mut even = path.clone();
        even.set_trip(trip);
        let is_even = even == *path;
        if is_even {
            text.time("rtt", trip);
        } else {
            text.time("delay", path.there.delay);
        }
        for (key, value) in effects(&path.there, &LinkConfig::default()) {
            text.bare(key, value);
        }
        let mut back = effects(&path.back, &path.there);
        if !is_even {
            back.insert(0, ("delay", quoted(&path.back.delay.to_string())));
        }
        if !back.is_empty() {
            let back = back.iter().map(|(key, value)| format!("{key} = {value}"));
            let back: Vec<_> = back.collect();
            text.bare("back", format!("{{ {} }}", back.join(", ")));
        }
    }

    fn names(&self, text: &mut Text) {
        let Some(resolver) = self.resolver else {
            return;
        };
        text.table("[names]");
        text.put("resolver_rtt", zero(resolver));
        text.table("[names.lookup]");
        for name in self.servers.iter().flat_map(|server| &server.names) {
            if let Some(wait) = name.lookup {
                text.put(&quoted(&name.name), zero(wait));
            }
        }
    }

    fn server(&self, text: &mut Text, server: &Server) {
        text.table("[[serve]]");
        text.put("host", &self.hosts[server.host].name);
        let mut names = server.names.iter().map(|name| &name.name);
        if let Some(name) = names.next() {
            text.put("name", name);
        }
        let aliases: Vec<_> = names.map(|name| quoted(name)).collect();
        if !aliases.is_empty() {
            text.bare("aliases", format!("[{}]", aliases.join(", ")));
        }
        text.put("protocol", word(server.version));
        match server.tls {
            Some(tls::Version::Tls12) => text.put("tls", "1.2"),
            Some(tls::Version::Tls13) if server.version != Version::Http3 => text.put("tls", "1.3"),
            _ => {}
        }
        if server.port != standard(server) {
            text.bare("port", server.port);
        }
        text.time("setup", server.setup);
        if server.warm {
            text.bare("warm", true);
        }
    }

    fn page(&self, text: &mut Text) {
        let page = &self.page;
        text.table("[page]");
        text.put("client", &self.hosts[page.client].name);
        text.bare("connections", page.connections);
        text.bare("keep_alive", page.keep_alive);
        text.time("settle", page.settle);
        for object in &page.objects {
            self.object(text, object);
        }
    }

    fn object(&self, text: &mut Text, object: &Object) {
        text.table("[[page.object]]");
        text.put("url", self.own_url(object));
        text.put("bytes", Bytes(object.bytes));
        if object.request > 0 {
            text.put("request", Bytes(object.request as u64));
        }
        text.time("think", object.think);
        let after = object.after.iter().map(|trigger| {
            let of = quoted(&self.own_url(&self.page.objects[trigger.of]));
            let at = match trigger.at {
                Moment::End => None,
                Moment::Start => Some("start".to_owned()),
                Moment::Bytes(bytes) => Some(Bytes(bytes).to_string()),
            };
            if at.is_none() && trigger.wait.is_zero() {
                return of;
            }
            let at = at
                .map(|at| format!(", at = {}", quoted(&at)))
                .unwrap_or_default();
            let wait = if trigger.wait.is_zero() {
                String::new()
            } else {
                format!(", wait = {}", quoted(&trigger.wait.to_string()))
            };
            format!("{{ of = {of}{at}{wait} }}")
        });
        let after: Vec<_> = after.collect();
        match after.as_slice() {
            [] => {}
            [one] => text.bare("after", format!("[{one}]")),
            several => text.bare("after", format!("[\n  {},\n]", several.join(",\n  "))),
        }
        text.time("wait", object.wait);
        text.time("hold", object.hold);
        match object.priority {
            0 => text.put("priority", "low"),
            1 => {}
            _ => text.put("priority", "high"),
        }
        if let Some(turn) = object.turn {
            text.bare("turn", turn);
        }
        if object.blocking {
            text.bare("blocking", true);
        }
        if object.background {
            text.bare("background", true);
        }
    }

    /// The URL of an object by its own name, with a port where that says something.
    fn own_url(&self, object: &Object) -> String {
        let server = &self.servers[object.server];
        let scheme = if server.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!(
            "{scheme}://{}{}",
            server.names[object.name].name, object.path
        )
    }
}

fn standard(server: &Server) -> u16 {
    if server.tls.is_some() { 443 } else { 80 }
}

const fn word(version: Version) -> &'static str {
    match version {
        Version::Http1 => "http/1.1",
        Version::Http2 => "h2",
        Version::Http3 => "h3",
    }
}
