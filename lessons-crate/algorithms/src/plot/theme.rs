//! Colors for light and dark pages, and the SVG envelope that switches between them.
//!
//! The drawing uses the light colors as plain attributes, so it is right wherever style sheets are
//! ignored; the embedded style replaces each of them, found by its value, when the page is dark.

use std::fmt::Write;

use plotters::style::RGBColor;

use crate::hash::hash_str;
use crate::table::escape;

/// A color in light and in dark.
struct Pair(&'static str, u32, u32);

/// Text contrasts with the background at 7:1 or more, series at 4.5:1 or more.
const PAIRS: [Pair; 11] = [
    Pair("paper", 0xFF_FF_FF, 0x16_18_1D),
    Pair("ink", 0x1F_23_28, 0xE6_E8_EB),
    Pair("soft", 0x4B_53_5D, 0xB4_BB_C4),
    Pair("axis", 0x8C_95_9F, 0x6E_76_81),
    Pair("grid", 0xE3_E6_EA, 0x2C_31_38),
    Pair("s0", 0x0B_61_A4, 0x6C_B6_FF),
    Pair("s1", 0xB8_52_0A, 0xFF_9F_52),
    Pair("s2", 0x1A_7F_5A, 0x4F_D1_A0),
    Pair("s3", 0x82_50_DF, 0xC6_A2_FF),
    Pair("s4", 0xBF_39_89, 0xFF_8F_C7),
    Pair("s5", 0x7A_5C_00, 0xE0_B9_3C),
];
/// Where the colors of series begin in [`PAIRS`].
const FIRST_SERIES: usize = 5;

pub(super) const PAPER: RGBColor = rgb(PAIRS[0].1);
pub(super) const INK: RGBColor = rgb(PAIRS[1].1);
pub(super) const SOFT: RGBColor = rgb(PAIRS[2].1);
pub(super) const AXIS: RGBColor = rgb(PAIRS[3].1);
pub(super) const GRID: RGBColor = rgb(PAIRS[4].1);

/// Line width of measured series, and of theory; the latter is how the envelope finds what to dash.
pub(super) const MEASURED_WIDTH: u32 = 2;
pub(super) const THEORY_WIDTH: u32 = 3;

/// The color of a series by its place in the plot.
pub(super) fn series_color(index: usize) -> RGBColor {
    rgb(PAIRS[FIRST_SERIES + index % (PAIRS.len() - FIRST_SERIES)].1)
}

const fn rgb(hex: u32) -> RGBColor {
    RGBColor((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

/// Puts the drawing into an accessible SVG whose ids occur only once on any page.
pub(super) fn envelope(drawing: &str, height: u32, title: &str, alt: &str) -> String {
    let body = drawing.split_once('>').map_or("", |(_, body)| body);
    let body = body
        .replace(&format!("stroke-width=\"{THEORY_WIDTH}\""), "stroke-width=\"2\" stroke-dasharray=\"7 5\"");
    let id = format!("plot-{:016x}", hash_str(&body, hash_str(title, hash_str(alt, 0))));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"{id}\" width=\"720\" height=\"{height}\" \
         viewBox=\"0 0 720 {height}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>\n",
        escape(title),
        escape(alt),
    );
    svg += &style(&id);
    // plotters ends with a line break or not, depending on its last element.
    svg += body.trim();
    svg += "\n";
    svg
}

/// Colors by the reader's preference, unless the class `light` or `dark` on the drawing or on the page's
/// root says otherwise.
fn style(id: &str) -> String {
    let (mut rules, mut light, mut dark) = (String::new(), String::new(), String::new());
    for Pair(name, in_light, in_dark) in &PAIRS {
        let _ = write!(light, "--{name}:#{in_light:06X};");
        let _ = write!(dark, "--{name}:#{in_dark:06X};");
        for property in ["fill", "stroke"] {
            let _ = writeln!(rules, "#{id} [{property}=\"#{in_light:06X}\"]{{{property}:var(--{name})}}");
        }
    }
    format!(
        "<style>\n#{id}{{max-width:100%;height:auto;{light}}}\n\
         @media (prefers-color-scheme:dark){{#{id}{{{dark}}}}}\n\
         :root.light #{id},#{id}.light{{{light}}}\n:root.dark #{id},#{id}.dark{{{dark}}}\n{rules}</style>\n"
    )
}
