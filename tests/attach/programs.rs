//! Programs that people use, as the client of a page.

use std::fmt::Write;

use wirelab::case::{Plan, Run};
use wirelab::scenario;

use super::{Claim, Scratch, agree, attach, has, page_time, turn};

/// The time of a page in ms as the lab has it alone.
fn alone(case: &str, variant: &str, settings: &[&str]) -> f64 {
    let settings = settings
        .iter()
        .map(|one| one.split_once('=').expect("it has a value"));
    let plan = Plan::new(case, variant, 1, settings).expect("it is a plan");
    let finished = Run::start(&plan).finish().expect("the world ends");
    finished.result.total_ms
}

/// Holds a program's time of a page against the lab's own.
fn hold(variant: &str, settings: &[&str], command: &[&str]) {
    let alone = alone("image-page", variant, settings);
    let case = format!("image-page/{variant}");
    let mut arguments = vec![case.as_str()];
    arguments.extend(settings.iter().flat_map(|one| ["--set", one]));
    arguments.push("--");
    arguments.extend(command);
    agree(variant, || {
        let attached = attach(variant, &arguments);
        let together = page_time(&attached.recording).as_millis_f64();
        println!("{variant}: {together:.1} ms, and {alone:.1} ms alone");
        let claim = Claim::time("page", together, alone, (0.05, 5.0));
        (attached.worst(), vec![claim])
    });
}

#[test]
fn curl_loads_the_image_page() {
    let Some(_turn) = turn() else { return };
    if !has("curl", "curl") {
        return;
    }
    let curl = [
        "curl",
        "--silent",
        "--show-error",
        "--fail",
        "--output",
        "/dev/null",
    ];
    let serial = [&curl[..], &["http://images.test/object/[1-24]"]].concat();
    hold(
        "origin-h1-serial",
        &["objects=24", "drop=s2c:data:20"],
        &serial,
    );
    let secure = [&curl[..], &["--http2", "https://images.test/object/1"]].concat();
    // A line that is the limit: without one it is the receive window, which Linux lets grow by how much is read at a
    // time, one round trip earlier or later.
    let one = ["objects=1", "bytes=500kB", "rate=10mbit"];
    hold("origin-h2-tls", &one, &secure);
    let lossy = [&one[..], &["drop=s2c:data:60"]].concat();
    hold("origin-h2-tls", &lossy, &secure);
}

#[test]
fn nghttp_loads_the_image_page_over_one_connection() {
    let Some(_turn) = turn() else { return };
    if !has("nghttp", "nghttp2-client") {
        return;
    }
    let urls: Vec<_> = (1..=80)
        .map(|ordinal| format!("http://images.test/object/{ordinal}"))
        .collect();
    let mut command = vec![
        "nghttp",
        "--null-out",
        "--window-bits=21",
        "--connection-window-bits=21",
    ];
    command.extend(urls.iter().map(String::as_str));
    hold("origin-h2", &["rate=10mbit"], &command);
    hold("origin-h2", &["rate=10mbit", "drop=s2c:data:60"], &command);
}

/// A gallery as a scenario: a document, and images that it names.
fn gallery(protocol: &str, scheme: &str, drop: &str) -> String {
    let mut text = format!(
        r#"
        [hosts.client]
        [hosts.shop]
        [[link]]
        from = "client"
        to = "shop"
        rtt = "300ms"
        {drop}
        [[serve]]
        host = "shop"
        name = "gallery.test"
        protocol = "{protocol}"
        [[page.object]]
        url = "{scheme}://gallery.test/"
        bytes = "4kB"
        "#
    );
    for ordinal in 1..=24 {
        write!(
            text,
            r#"
            [[page.object]]
            url = "{scheme}://gallery.test/{ordinal}.jpg"
            bytes = "10kB"
            after = [{{ of = "/", at = "100%" }}]
            "#
        )
        .expect("a string takes every text");
    }
    text
}

#[test]
fn a_browser_loads_a_gallery() {
    let Some(_turn) = turn() else { return };
    if !has("chromium", "chromium") {
        return;
    }
    for (name, protocol, scheme) in [("h1", "http/1.1", "http"), ("h2", "h2", "https")] {
        let out = Scratch::new(&format!("gallery-{name}"));
        let text = gallery(protocol, scheme, "");
        let file = out.0.join("gallery.toml");
        std::fs::write(&file, &text).expect("it can be written");
        let loaded = scenario::read(&text, "gallery").expect("it is a scenario");
        let plan = Plan::of(loaded.case, &loaded.variants[0], 1, []).expect("it is a plan");
        let alone = Run::start(&plan)
            .finish()
            .expect("the world ends")
            .result
            .total_ms;
        let profile = format!("--user-data-dir={}", out.0.join("profile").display());
        let url = format!("{scheme}://gallery.test/");
        let file = file.to_string_lossy();
        let arguments = [
            &file,
            "--",
            "chromium",
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--ignore-certificate-errors",
            &profile,
            "--dump-dom",
            &url,
        ];
        agree(name, || {
            let attached = attach(&format!("chromium-{name}"), &arguments);
            let together = page_time(&attached.recording).as_millis_f64();
            println!("{name}: {together:.1} ms, and {alone:.1} ms alone");
            let claim = Claim::time("page", together, alone, (0.05, 5.0));
            (attached.worst(), vec![claim])
        });
    }
}
