//! plotters' SVG made smaller and themed: fixed colours become classes of a style sheet.
//!
//! plotters writes one element per line with every attribute spelled out. Here each is read back and written
//! with what it needs: its ink's class, whole coordinates, and nothing that is the default.

use std::fmt::Write;

use super::draw::svg_ascent;
use super::figure::Figure;
use super::font;
use super::theme::{Ink, Theme, hex};

/// The document that plotters drew, with the title, description and style sheet of `figure`.
pub(super) fn restyled(drawn: &str, figure: &Figure, theme: Theme) -> String {
    let mut document = opening(figure, theme);
    let mut lines = drawn.lines();
    while let Some(line) = lines.next() {
        let element = Element::of(line);
        match element.tag {
            "text" => {
                let content = lines.next().expect("plotters writes text on the next line");
                element.write_text(content, figure, &mut document);
            }
            "line" => element.write("line", &["x1", "y1", "x2", "y2"], &mut document),
            "rect" => element.write("rect", &["x", "y", "width", "height"], &mut document),
            "circle" => element.write("circle", &["cx", "cy", "r"], &mut document),
            "polygon" => element.write("polygon", &["points"], &mut document),
            _ => {}
        }
    }
    document.push_str("</svg>\n");
    document
}

fn opening(figure: &Figure, theme: Theme) -> String {
    let (width, height) = figure.size;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{}\" font-size=\"{}\">\n\
         <title>{}</title>\n<desc>{}</desc>\n<style>{}</style>\n",
        font::FAMILY,
        font::BODY,
        escaped(&figure.title),
        escaped(&figure.description),
        theme.style_sheet(&figure.inks()),
    )
}

/// One start tag of plotters' SVG.
struct Element<'a> {
    tag: &'a str,
    attributes: &'a str,
}

impl<'a> Element<'a> {
    fn of(line: &'a str) -> Self {
        let inside = line
            .trim_start_matches('<')
            .trim_end_matches('>')
            .trim_end_matches('/');
        let (tag, attributes) = inside.split_once(' ').unwrap_or((inside, ""));
        Self { tag, attributes }
    }

    /// The value of an attribute; plotters escapes quotes inside values.
    fn get(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.attributes;
        loop {
            let (key, after) = rest.split_once("=\"")?;
            let (value, after) = after.split_once('"')?;
            if key.trim_start() == name {
                return Some(value);
            }
            rest = after;
        }
    }

    fn number(&self, name: &str) -> i32 {
        self.get(name)
            .and_then(|value| value.parse().ok())
            .expect("plotters writes whole coordinates")
    }

    fn class(&self) -> &'static str {
        let colour = [self.get("stroke"), self.get("fill")]
            .into_iter()
            .flatten()
            .find(|c| c.starts_with('#'));
        let ink = Ink::all().find(|ink| colour == Some(&hex(ink.light())));
        ink.expect("figures are drawn with inks").class()
    }

    fn write(&self, tag: &str, geometry: &[&str], out: &mut String) {
        write!(out, "<{tag} class=\"{}\"", self.class()).expect(INFALLIBLE);
        if let Some(width) = self
            .get("stroke-width")
            .filter(|width| *width != "1" && tag == "line")
        {
            write!(out, " stroke-width=\"{width}\"").expect(INFALLIBLE);
        }
        for name in geometry {
            let value = self.get(name).unwrap_or_default().trim_end();
            write!(out, " {name}=\"{value}\"").expect(INFALLIBLE);
        }
        out.push_str("/>\n");
    }

    fn write_text(&self, content: &str, figure: &Figure, out: &mut String) {
        let size = self.font_size();
        write!(out, "<text class=\"{}\"", self.class()).expect(INFALLIBLE);
        if size != font::BODY {
            write!(out, " font-size=\"{size}\"").expect(INFALLIBLE);
        }
        if let Some(anchor) = self.get("text-anchor").filter(|anchor| *anchor != "start") {
            write!(out, " text-anchor=\"{anchor}\"").expect(INFALLIBLE);
        }
        let (x, y) = (self.number("x"), self.number("y") + svg_ascent(size));
        write!(out, " x=\"{x}\" y=\"{y}\">").expect(INFALLIBLE);
        if let Some(whole) = figure.whole.get(&(x, y)) {
            write!(out, "<title>{}</title>", escaped(whole)).expect(INFALLIBLE);
        }
        writeln!(out, "{content}</text>").expect(INFALLIBLE);
    }

    #[expect(clippy::cast_possible_truncation, reason = "sizes are a few pixels")]
    fn font_size(&self) -> i32 {
        let size: Option<f64> = self.get("font-size").and_then(|size| size.parse().ok());
        size.expect("plotters writes a font size").round() as i32
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

const INFALLIBLE: &str = "writing to a string cannot fail";
