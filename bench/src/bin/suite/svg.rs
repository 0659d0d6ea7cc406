//! Plots as SVG: bars that stand beside each other, and lines over sizes, both logarithmic.

use std::fmt::Write;

const WIDTH: f64 = 900.0;
const LEFT: f64 = 150.0;
const RIGHT: f64 = 120.0;
const COLOURS: [&str; 12] = [
    "#1b6ca8", "#b0b7bf", "#d1495b", "#2e933c", "#edae49", "#7b4b94", "#00798c", "#8c564b",
    "#e377c2", "#444444", "#bcbd22", "#17becf",
];

/// A range of powers of ten.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    /// The powers of ten around all values above 0.
    fn around(values: impl Iterator<Item = f64>) -> Self {
        let (mut low, mut high) = (f64::MAX, f64::MIN);
        for value in values.filter(|value| *value > 0.0) {
            low = low.min(value.log10().floor());
            high = high.max(value.log10().ceil());
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        Self { low, high: if high > low { high } else { low + 1.0 } }
    }

    /// Where a value is, from 0 to 1.
    fn place(&self, value: f64) -> f64 {
        ((value.max(f64::MIN_POSITIVE).log10() - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn ticks(&self) -> impl Iterator<Item = f64> {
        let low = self.low;
        (0..=(self.high - low).round() as i32).map(move |step| 10f64.powi(low as i32 + step))
    }
}

fn start(height: f64, title: &str) -> String {
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    text(&mut out, (WIDTH / 2.0, 18.0), "middle", title);
    out
}

fn text(out: &mut String, (x, y): (f64, f64), anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

fn line(out: &mut String, from: (f64, f64), to: (f64, f64), colour: &str) {
    let _ = writeln!(
        out,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>",
        from.0, from.1, to.0, to.1
    );
}

fn number(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 1.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}

/// Bars from left to right, logarithmic: a row for each name, a bar in it for each of `series`.
pub(crate) fn bars(title: &str, series: &[&str], rows: &[(String, Vec<Option<f64>>)]) -> String {
    let bar = 11.0;
    let row_height = bar * series.len() as f64 + 9.0;
    let height = 60.0 + row_height * rows.len() as f64 + 20.0;
    let mut out = start(height, title);
    let axis = Axis::around(rows.iter().flat_map(|(_, values)| values.iter().flatten().copied()));
    let x = |value: f64| LEFT + axis.place(value) * (WIDTH - LEFT - RIGHT);
    for (number, name) in series.iter().enumerate() {
        let at = LEFT + number as f64 * 220.0;
        let colour = COLOURS[number % COLOURS.len()];
        let _ = writeln!(
            out,
            "<rect x=\"{at:.1}\" y=\"28\" width=\"10\" height=\"10\" fill=\"{colour}\"/>"
        );
        text(&mut out, (at + 15.0, 37.0), "start", name);
    }
    for tick in axis.ticks() {
        line(&mut out, (x(tick), 50.0), (x(tick), height - 20.0), "#dddddd");
        text(&mut out, (x(tick), height - 6.0), "middle", &number(tick));
    }
    for (row, (name, values)) in rows.iter().enumerate() {
        let top = 56.0 + row as f64 * row_height;
        text(&mut out, (LEFT - 8.0, top + row_height / 2.0), "end", name);
        for (place, value) in values.iter().enumerate() {
            let Some(value) = value else { continue };
            let (y, width) = (top + place as f64 * bar, (x(*value) - LEFT).max(1.0));
            let colour = COLOURS[place % COLOURS.len()];
            let _ = writeln!(
                out,
                "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                bar - 1.0
            );
            text(&mut out, (LEFT + width + 4.0, y + 9.5), "start", &number(*value));
        }
    }
    out.push_str("</svg>\n");
    out
}

/// Lines over sizes, both axes logarithmic; each line is named at its end.
pub(crate) fn lines(
    title: &str,
    (across, up): (&str, &str),
    series: &[(String, Vec<(f64, f64)>)],
) -> String {
    let height = 560.0;
    let mut out = start(height, title);
    let points = || series.iter().flat_map(|(_, points)| points);
    let (horizontal, vertical) =
        (Axis::around(points().map(|point| point.0)), Axis::around(points().map(|point| point.1)));
    let x = |value: f64| 80.0 + horizontal.place(value) * (WIDTH - 80.0 - RIGHT);
    let y = |value: f64| height - 50.0 - vertical.place(value) * (height - 100.0);
    for tick in horizontal.ticks() {
        line(&mut out, (x(tick), 40.0), (x(tick), height - 50.0), "#dddddd");
        text(&mut out, (x(tick), height - 34.0), "middle", &number(tick));
    }
    for tick in vertical.ticks() {
        line(&mut out, (80.0, y(tick)), (WIDTH - RIGHT, y(tick)), "#dddddd");
        text(&mut out, (74.0, y(tick) + 4.0), "end", &number(tick));
    }
    text(&mut out, ((WIDTH - RIGHT) / 2.0, height - 12.0), "middle", across);
    text(&mut out, (10.0, 34.0), "start", up);
    let mut names: Vec<(f64, f64, &str, &str)> = Vec::new();
    for ((name, points), colour) in series.iter().zip(COLOURS.iter().cycle()) {
        let path: Vec<String> =
            points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        names
            .extend(points.last().map(|(a, b)| (y(*b) + 4.0, x(*a) + 6.0, name.as_str(), *colour)));
    }
    // From top to bottom, each below the one before.
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = 0.0;
    for (at, across, name, colour) in names {
        lowest = at.max(lowest + 12.0);
        let _ = writeln!(
            out,
            "<text x=\"{across:.1}\" y=\"{lowest:.1}\" fill=\"{colour}\">{name}</text>"
        );
    }
    out.push_str("</svg>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_place_between_powers_of_ten() {
        let axis = Axis::around([3.0, 250.0].into_iter());
        assert_eq!(axis.ticks().collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1_000.0]);
        assert!(axis.place(1.0) == 0.0 && axis.place(1_000.0) == 1.0 && axis.place(5e9) == 1.0);
        assert_eq!(Axis::around([].into_iter()).ticks().count(), 2);
    }

    #[test]
    fn bars_are_drawn_where_there_is_a_value() {
        let rows = [("A & B".to_owned(), vec![Some(10.0), None])];
        let plot = bars("title", &["one", "two"], &rows);
        // The ground, two keys, one bar.
        assert_eq!(plot.matches("<rect").count(), 4);
        assert!(plot.contains("A &amp; B") && plot.ends_with("</svg>\n"));
    }
}
