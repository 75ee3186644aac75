//! A figure as bytes: SVG through plotters' SVG backend, PNG through its bitmap backend.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};

use super::draw::{Medium, Pen};
use super::figure::{Figure, Point};
use super::font;
use super::restyle::restyled;
use super::theme::Theme;

/// Pixels of a PNG per pixel of the layout, so that small text is sharp on a projector.
const PNG_SCALE: i32 = 2;

impl Figure {
    /// The picture as an SVG document: the same bytes on every platform.
    ///
    /// # Panics
    /// Never: a string takes whatever is written to it.
    pub fn svg(&self, theme: Theme) -> String {
        font::register();
        let mut drawn = String::new();
        let mut backend = SVGBackend::with_string(&mut drawn, pixels(self.size, 1));
        Pen::new(&mut backend, Medium::Svg, 1)
            .draw(self)
            .expect("a string takes every shape");
        backend.present().expect("a string takes every shape");
        drop(backend);
        restyled(&drawn, self, theme)
    }

    /// The picture as a PNG file in light colours, with twice as many pixels each way.
    ///
    /// # Panics
    /// Never: memory takes whatever is written to it.
    pub fn png(&self) -> Vec<u8> {
        font::register();
        let (width, height) = pixels(self.size, PNG_SCALE);
        let mut pixels = vec![0; width as usize * height as usize * 3];
        let mut backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
        Pen::new(&mut backend, Medium::Bitmap, PNG_SCALE)
            .draw(self)
            .expect("a buffer takes every shape");
        backend.present().expect("a buffer takes every shape");
        drop(backend);
        encoded(&pixels, width, height).expect("memory takes every byte")
    }
}

/// Size in pixels, magnified.
fn pixels((width, height): Point, scale: i32) -> (u32, u32) {
    (
        (width * scale).unsigned_abs(),
        (height * scale).unsigned_abs(),
    )
}

fn encoded(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Best);
    encoder.write_header()?.write_image_data(pixels)?;
    Ok(file)
}
