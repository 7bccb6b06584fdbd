//! What was found as one HTML page: no network, no script; a chart and a table for each kind of work.

use std::fmt::Write as _;

use hypernodes::compare::{Measured, seconds_in_words, whole_number};

use super::{Bench, Found};

const STYLE: &str = include_str!("page.css");

/// The drawing's size, and the room around the curves.
const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 120.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 34.0;

/// The colours that there are.
const COLOURS: usize = 6;

/// Appends formatted text to a `String`.
macro_rules! put {
    ($out:expr, $($text:tt)+) => {
        write!($out, $($text)+).expect("a String takes every text")
    };
}

pub(super) fn html(bench: &Bench) -> String {
    let mut out = String::with_capacity(64 * 1024);
    put!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
        <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
        img-src data:; base-uri 'none'; form-action 'none'\">\n\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
        <meta name=\"color-scheme\" content=\"light dark\">\n<title>Engines side by side</title>\n\
        <link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body><main>\n\
        <h1>Engines side by side</h1>\n<p class=\"how\">It {}. The engines run in turn, and the median counts; \
        what each gives is equal to what <b>sequential</b> gives. A circle is the best number of partitions set by \
        hand. Lower is faster.</p>\n",
        bench.circumstances()
    );
    for found in &bench.cases {
        put_case(&mut out, found);
    }
    put_unavailable(&mut out, bench);
    out.push_str("</main></body>\n</html>\n");
    out
}

fn put_case(out: &mut String, found: &Found) {
    let report = &found.report;
    let choice = escaped(&report.choice.reason);
    put!(
        out,
        "<section>\n<h2>{}</h2>\n<p class=\"take\">{choice}</p>\n",
        escaped(&report.pipeline)
    );
    put_chart(out, found);
    put_table(out, found);
    for size in &report.sizes {
        let items = whole_number(size.items);
        if let Some(choice) = &size.choice {
            let reason = escaped(&choice.reason);
            put!(out, "<p class=\"note\">{items}: take {reason}</p>\n");
        }
        if let Some(skipped) = &size.skipped {
            let skipped = escaped(skipped);
            put!(out, "<p class=\"note\">{items}: skipped, {skipped}</p>\n");
        }
    }
    out.push_str("</section>\n");
}

/// Engines of a case, in order.
fn engines(found: &Found) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for one in found.report.sizes.iter().flat_map(|size| &size.engines) {
        if !names.contains(&one.engine.as_str()) {
            names.push(&one.engine);
        }
    }
    names
}

/// A logarithmic axis: from a power of ten to another, on a line of the drawing.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(0.0, f64::max).log10().ceil();
        Self {
            low,
            high: high.max(low + 1.0),
            from,
            to,
        }
    }

    fn at(&self, value: f64) -> f64 {
        let part = (value.log10() - self.low) / (self.high - self.low);
        self.from + part * (self.to - self.from)
    }

    /// The powers of ten on it.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        let (low, high) = (self.low, self.high);
        (0..40_u32)
            .map(move |step| low + f64::from(step))
            .take_while(move |&power| power <= high)
            .map(|power| 10_f64.powf(power))
    }
}

fn put_chart(out: &mut String, found: &Found) {
    let sizes = &found.report.sizes;
    let measured = sizes.iter().filter(|size| !size.engines.is_empty());
    if measured.clone().next().is_none() {
        return;
    }
    let x = Axis::new(
        measured.clone().map(|size| size.items as f64),
        LEFT,
        WIDTH - RIGHT,
    );
    let times = measured.flat_map(|size| &size.engines).flat_map(each_time);
    let y = Axis::new(times, HEIGHT - BOTTOM, TOP);
    put!(
        out,
        "<div class=\"scroll\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" \
        aria-label=\"Time per item over the number of items\">\n"
    );
    for tick in y.ticks() {
        let at = y.at(tick);
        put!(
            out,
            "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\"/>\
            <text class=\"y\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.0,
            seconds_in_words(tick)
        );
    }
    for tick in x.ticks() {
        put!(
            out,
            "<text class=\"x\" x=\"{:.1}\" y=\"{:.1}\">{tick:.0}</text>\n",
            x.at(tick),
            HEIGHT - 10.0
        );
    }
    for (number, engine) in engines(found).into_iter().enumerate() {
        put_curve(out, found, engine, number % COLOURS, &x, &y);
    }
    out.push_str("</svg></div>\n");
}

/// Its time per item, and that with partitions set by hand.
fn each_time(one: &Measured) -> impl Iterator<Item = f64> + Clone {
    std::iter::once(one.seconds_per_item).chain(by_hand(one))
}

fn by_hand(one: &Measured) -> Option<f64> {
    let set = one.hand_set.as_ref()?;
    Some(set.seconds / one.seconds * one.seconds_per_item)
}

fn put_curve(out: &mut String, found: &Found, engine: &str, colour: usize, x: &Axis, y: &Axis) {
    let (mut points, mut marks, mut end) = (String::new(), String::new(), (LEFT, TOP));
    for size in &found.report.sizes {
        let Some(one) = size.engines.iter().find(|one| one.engine == engine) else {
            continue;
        };
        let at_x = x.at(size.items as f64);
        end = (at_x, y.at(one.seconds_per_item));
        put!(points, "{at_x:.1},{:.1} ", end.1);
        let time = seconds_in_words(one.seconds_per_item);
        put!(
            marks,
            "<circle class=\"e{colour}\" cx=\"{at_x:.1}\" cy=\"{:.1}\" r=\"3.5\"><title>{}: {time} per item with {} items</title></circle>\n",
            end.1,
            escaped(engine),
            whole_number(size.items)
        );
        if let (Some(each), Some(set)) = (by_hand(one), &one.hand_set) {
            put!(
                marks,
                "<circle class=\"e{colour} hand\" cx=\"{at_x:.1}\" cy=\"{:.1}\" r=\"5.5\" fill-opacity=\"0\"><title>{}, {} partitions by hand: {} per item</title></circle>\n",
                y.at(each),
                escaped(engine),
                set.npartitions,
                seconds_in_words(each)
            );
        }
    }
    put!(
        out,
        "<polyline class=\"e{colour}\" points=\"{}\"/>\n{marks}<text class=\"name e{colour}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>\n",
        points.trim_end(),
        end.0 + 10.0,
        end.1 + 4.0,
        escaped(engine)
    );
}

fn put_table(out: &mut String, found: &Found) {
    out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
    let columns = [
        ("Items", true),
        ("Engine", false),
        ("Per item", true),
        ("Items/s", true),
        ("Speed-up", true),
        ("Partitions", true),
        ("Chunks", true),
        ("Best by hand", true),
    ];
    for (name, is_number) in columns {
        let class = if is_number { " class=\"n\"" } else { "" };
        put!(out, "<th scope=\"col\"{class}>{name}</th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for size in &found.report.sizes {
        for one in &size.engines {
            let choice = size.choice.as_ref();
            let is_taken = choice.is_some_and(|choice| choice.engine == one.engine);
            let class = if is_taken { " class=\"taken\"" } else { "" };
            let chunks = one.chunks.map(|chunks| chunks.to_string());
            let hand = one.hand_set.as_ref().zip(by_hand(one));
            let hand =
                hand.map(|(set, each)| format!("{}: {}", set.npartitions, seconds_in_words(each)));
            put!(
                out,
                "<tr{class}><td class=\"n\">{}</td><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{:.0}</td>\
                <td class=\"n\">{:.2}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>\n",
                whole_number(size.items),
                escaped(&one.engine),
                seconds_in_words(one.seconds_per_item),
                one.items_per_second,
                one.speed_up,
                one.partitions,
                chunks.as_deref().unwrap_or("–"),
                hand.as_deref().unwrap_or("–")
            );
        }
    }
    out.push_str("</tbody></table></div>\n");
}

fn put_unavailable(out: &mut String, bench: &Bench) {
    let Some(first) = bench.cases.first() else {
        return;
    };
    for one in &first.report.unavailable {
        let (engine, reason) = (escaped(&one.engine), escaped(&one.reason));
        put!(
            out,
            "<p class=\"note\"><b>{engine}</b> takes no part: {reason}</p>\n"
        );
    }
}

/// A text for HTML.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_goes_from_one_power_of_ten_to_another() {
        let axis = Axis::new([20.0, 5_000.0].into_iter(), 0.0, 300.0);
        assert_eq!(
            axis.ticks().map(f64::round).sum::<f64>().to_string(),
            "11110"
        );
        let at = |value: f64| axis.at(value).round().to_string();
        assert_eq!([10.0, 100.0, 10_000.0].map(at), ["0", "100", "300"]);
        let one = Axis::new(std::iter::once(10.0), 0.0, 1.0);
        assert_eq!(one.at(10.0).to_string(), "0");
    }

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(
            escaped("<b>\"&'\u{1b}"),
            "&lt;b&gt;&quot;&amp;&#39;\u{fffd}"
        );
    }
}
