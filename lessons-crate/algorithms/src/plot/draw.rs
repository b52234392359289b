//! Draws a plot: title, legend, axes, then the data.

use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::axis::Axis;
use super::theme::{self, AXIS, GRID, INK, MEASURED_WIDTH, PAPER, SOFT, THEORY_WIDTH, series_color};
use super::{Kind, Plot, Series, short_number, thin};

const WIDTH: u32 = 720;
const HEIGHT: u32 = 400;
const MARGIN: i32 = 16;
/// Font sizes as plotters counts them: the SVG says about four fifths of it.
const TITLE_SIZE: i32 = 21;
const TEXT_SIZE: i32 = 17;
/// A line of more points has markers only here and there, to tell it from others without color.
const MARKERS_MAX: usize = 30;
const MARKERS_ON_LONG_LINES: usize = 8;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;
/// Writing SVG into a string cannot fail.
const INFALLIBLE: &str = "drawing into a string cannot fail";

pub(super) fn svg(plot: &Plot) -> String {
    let layout = Layout::of(plot);
    let mut drawing = String::new();
    {
        let area = SVGBackend::with_string(&mut drawing, (WIDTH, layout.height)).into_drawing_area();
        area.fill(&PAPER).expect(INFALLIBLE);
        text(&area, &plot.title, (MARGIN, 14), TITLE_SIZE, INK, HPos::Left);
        legend(&area, plot);
        chart(&area, plot, &layout);
        area.present().expect(INFALLIBLE);
    }
    theme::envelope(&drawing, layout.height, &plot.title, &plot.alt)
}

/// What follows from the data before anything is drawn.
struct Layout {
    x: Axis,
    y: Axis,
    height: u32,
    /// Bars that grow to the right, because their labels would not fit side by side.
    lying: bool,
}

impl Layout {
    fn of(plot: &Plot) -> Self {
        let points: Vec<(f64, f64)> = plot.series.iter().flat_map(|s| plot.visible_points(s)).collect();
        let values = || points.iter().map(|p| p.1);
        if plot.kind == Kind::Bar {
            return Self::of_bars(plot, values());
        }
        let xs = points.iter().map(|p| p.0);
        let x = if plot.x_log { Axis::log(xs, false) } else { Axis::linear(xs, false, false) };
        let y = if plot.y_log { Axis::log(values(), true) } else { Axis::linear(values(), false, true) };
        Self { x, y, height: HEIGHT, lying: false }
    }

    fn of_bars(plot: &Plot, values: impl Iterator<Item = f64>) -> Self {
        let names = labels(plot);
        let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let lying = names.len() * (widest + 2) > 76;
        // The labels of the values stand beyond the bars' ends.
        let values = if plot.y_log { Axis::log(values, true) } else { Axis::linear(values, true, true) };
        let values = values.headroom(if lying { 0.09 } else { 0.05 });
        let names = Axis::named(&names, lying);
        if lying {
            let rows = names.ticks_count() * plot.series.len().max(1);
            let height = 130 + 22 * rows as u32 + 12 * names.ticks_count() as u32;
            return Self { x: values, y: names, height, lying };
        }
        Self { x: names, y: values, height: HEIGHT, lying }
    }
}

fn labels(plot: &Plot) -> Vec<String> {
    let longest = plot.series.iter().max_by_key(|s| s.labels.len());
    longest.map(|s| s.labels.clone()).unwrap_or_default()
}

fn text(area: &Area<'_>, words: &str, at: (i32, i32), size: i32, color: RGBColor, anchor: HPos) {
    let style = ("sans-serif", size).into_font().color(&color).pos(Pos::new(anchor, VPos::Top));
    area.draw(&Text::new(words.to_owned(), at, style)).expect(INFALLIBLE);
}

/// About how wide a text is, in pixels: the SVG is drawn without knowing the reader's fonts.
fn width_of(words: &str) -> i32 {
    words.chars().count() as i32 * 15 / 2
}

/// Whether a legend says more than the title does.
fn has_legend(plot: &Plot) -> bool {
    plot.series.len() > 1 || plot.series.iter().any(|s| s.theory)
}

/// Where each entry of the legend goes: from left to right, in as many lines as it takes.
fn legend_places(plot: &Plot) -> Vec<(i32, i32)> {
    let (mut x, mut y) = (MARGIN, 46);
    let place = |series: &Series| {
        let width = 38 + width_of(&series.name) + 18;
        if x > MARGIN && x + width > WIDTH as i32 - MARGIN {
            (x, y) = (MARGIN, y + 22);
        }
        let at = (x, y);
        x += width;
        at
    };
    plot.series.iter().map(place).collect()
}

fn legend(area: &Area<'_>, plot: &Plot) {
    if !has_legend(plot) {
        return;
    }
    for (i, (series, (x, y))) in plot.series.iter().zip(legend_places(plot)).enumerate() {
        let color = series_color(i);
        if plot.kind == Kind::Bar {
            area.draw(&Rectangle::new([(x + 10, y - 6), (x + 28, y + 6)], color.filled())).expect(INFALLIBLE);
        } else {
            if plot.kind == Kind::Line || series.theory {
                path(area, vec![(x, y), (x + 30, y)], series, color);
            }
            if !series.theory {
                marker(area, i, (x + 15, y), color);
            }
        }
        text(area, &series.name, (x + 38, y - 6), TEXT_SIZE, INK, HPos::Left);
    }
}

fn path(area: &Area<'_>, pixels: Vec<(i32, i32)>, series: &Series, color: RGBColor) {
    let width = if series.theory { THEORY_WIDTH } else { MEASURED_WIDTH };
    area.draw(&PathElement::new(pixels, color.stroke_width(width))).expect(INFALLIBLE);
}

/// A sign that differs in shape as well as in color.
fn marker(area: &Area<'_>, index: usize, (x, y): (i32, i32), color: RGBColor) {
    let fill = color.filled();
    match index % 4 {
        0 => area.draw(&Circle::new((x, y), 4, fill)),
        1 => area.draw(&Rectangle::new([(x - 4, y - 4), (x + 4, y + 4)], fill)),
        2 => area.draw(&Polygon::new(vec![(x, y - 5), (x + 5, y + 4), (x - 5, y + 4)], fill)),
        _ => area.draw(&Polygon::new(vec![(x, y - 6), (x + 6, y), (x, y + 6), (x - 6, y)], fill)),
    }
    .expect(INFALLIBLE);
}

fn chart(area: &Area<'_>, plot: &Plot, layout: &Layout) {
    let top = if has_legend(plot) { legend_places(plot).last().map_or(46, |at| at.1) + 16 } else { 46 };
    let (x_title, y_title) = match layout.lying {
        true => (&plot.y_label, &plot.x_label),
        false => (&plot.x_label, &plot.y_label),
    };
    let label_width = width_of("0") * layout.y.label_width() as i32;
    let mut chart = ChartBuilder::on(area)
        .margin_top(top)
        .margin_left(if y_title.is_empty() { 8 } else { 12 })
        .margin_right(MARGIN + 10)
        .margin_bottom(10)
        .x_label_area_size(if x_title.is_empty() { 28 } else { 50 })
        .y_label_area_size(label_width + if y_title.is_empty() { 16 } else { 40 })
        .build_cartesian_2d(layout.x.clone(), layout.y.clone())
        .expect(INFALLIBLE);
    let label = ("sans-serif", TEXT_SIZE - 1).into_font().color(&SOFT);
    let mut mesh = chart.configure_mesh();
    mesh.bold_line_style(GRID)
        .light_line_style(TRANSPARENT)
        .axis_style(AXIS)
        .label_style(label)
        .axis_desc_style(("sans-serif", TEXT_SIZE).into_font().color(&INK))
        .x_desc(x_title.as_str())
        .y_desc(y_title.as_str());
    if plot.kind == Kind::Bar {
        // Lines between names would mean nothing.
        let _ = if layout.lying { mesh.disable_y_mesh() } else { mesh.disable_x_mesh() };
    }
    mesh.draw().expect(INFALLIBLE);
    for (i, series) in plot.series.iter().enumerate() {
        match plot.kind {
            Kind::Bar => bars(area, &chart, plot, layout, i),
            Kind::Line | Kind::Scatter => points(area, &chart, plot, i, series),
        }
    }
}

fn points(area: &Area<'_>, chart: &Chart<'_, '_>, plot: &Plot, index: usize, series: &Series) {
    let color = series_color(index);
    let pixels: Vec<(i32, i32)> =
        plot.visible_points(series).iter().map(|p| chart.backend_coord(p)).collect();
    if !series.theory {
        let marked = if plot.kind == Kind::Scatter || pixels.len() <= MARKERS_MAX {
            pixels.clone()
        } else {
            thin(&pixels, MARKERS_ON_LONG_LINES)
        };
        for pixel in marked {
            marker(area, index, pixel, color);
        }
    }
    if plot.kind == Kind::Line || series.theory {
        path(area, pixels, series, color);
    }
}

/// Draws the bars of one series, each with its value at its end.
fn bars(area: &Area<'_>, chart: &Chart<'_, '_>, plot: &Plot, layout: &Layout, index: usize) {
    let count = plot.series.len() as f64;
    let (gap, values) = if layout.lying { (0.14, &layout.x) } else { (0.18, &layout.y) };
    let thickness = (1.0 - 2.0 * gap) / count;
    for (place, value) in plot.visible_points(&plot.series[index]) {
        let from = place + gap + thickness * index as f64;
        let corner = |along: f64, value: f64| {
            chart.backend_coord(&if layout.lying { (value, along) } else { (along, value) })
        };
        let (start, end) = (corner(from, values.base()), corner(from + thickness * 0.94, value));
        area.draw(&Rectangle::new([start, end], series_color(index).filled())).expect(INFALLIBLE);
        let (at, anchor) = if layout.lying {
            ((start.0.max(end.0) + 5, (start.1 + end.1) / 2 - 6), HPos::Left)
        } else {
            (((start.0 + end.0) / 2, start.1.min(end.1) - 17), HPos::Center)
        };
        text(area, &short_number(value), at, TEXT_SIZE - 2, INK, anchor);
    }
}
