//! Documents for real browsers: HTML that names the objects of a page.

use bytes::Bytes;

/// What ends the filling; before it come as many dots as are missing.
const FILLING: (&str, &str) = ("<!--", "-->");

/// A document that shows the objects at these URLs as images, in this order. A browser asks for each at once, and its
/// `load` event waits for all of them, whether or not they are pictures. It is filled up to `bytes`; nothing if it does
/// not fit.
pub fn document(urls: &[String], bytes: Option<u64>) -> Option<Bytes> {
    let mut text = "<!doctype html><title>wirelab</title><link rel=icon href=data:,>\n".to_owned();
    for url in urls {
        text.extend(["<img src=\"", url, "\">\n"]);
    }
    let Some(bytes) = bytes.and_then(|bytes| usize::try_from(bytes).ok()) else {
        return Some(text.into());
    };
    let (open, close) = FILLING;
    match bytes.checked_sub(text.len())? {
        0 => {}
        missing if missing < open.len() + close.len() => text.push_str(&" ".repeat(missing)),
        missing => {
            let dots = missing - open.len() - close.len();
            text.extend([open, &".".repeat(dots), close]);
        }
    }
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_as_long_as_it_is_asked_to_be_or_not_there() {
        let urls = ["/object/1".to_owned(), "https://a.test/b".to_owned()];
        let natural = document(&urls, None).expect("there is no limit").len() as u64;
        for extra in [0, 1, 6, 7, 8, 1_000] {
            let filled = document(&urls, Some(natural + extra)).expect("it fits");
            assert_eq!(filled.len() as u64, natural + extra);
        }
        assert_eq!(document(&urls, Some(natural - 1)), None);
    }
}
