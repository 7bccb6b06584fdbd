//! The picture of the graph.

use super::escape::Esc;
use super::format::{percent, short_count as short, time};
use super::layout::{Edge, HEIGHT, Layout, Place, TITLE};
use super::put;
use super::select::{Shown, ShownNode};
use crate::RunRecord;

/// How many characters of a name fit into a box.
const NAME: usize = 22;

pub(crate) fn put(out: &mut String, record: &RunRecord, shown: &Shown<'_>) {
    put!(
        out,
        "<section aria-labelledby=\"graph-title\"><h2 id=\"graph-title\">Graph</h2>\n"
    );
    put!(
        out,
        "<div class=\"columns\"><div class=\"scroll\" data-part=\"graph\">"
    );
    if record.nodes.is_empty() {
        put!(out, "<p class=\"none\">No node is known.</p>");
    } else {
        let note = shown.note();
        if !note.is_empty() {
            put!(out, "<p class=\"note\">{note}</p>");
        }
        put_picture(out, shown);
    }
    put!(
        out,
        "</div>\n<aside id=\"detail\" aria-live=\"polite\" hidden></aside></div>\n"
    );
    put!(
        out,
        "<p class=\"legend\">Share of the time of all nodes: \
        <span class=\"key h0\">under 5 %</span><span class=\"key h1\">5 to 15 %</span>\
        <span class=\"key h2\">15 to 30 %</span><span class=\"key h3\">30 to 50 %</span>\
        <span class=\"key h4\">over 50 %</span></p>\n</section>\n"
    );
}

fn put_picture(out: &mut String, shown: &Shown<'_>) {
    let layout = Layout::new(shown);
    let (width, height) = (layout.width + 2.0, layout.height + 2.0);
    put!(
        out,
        "<svg class=\"graph\" role=\"group\" aria-label=\"The nodes and what they read\" \
        width=\"{width:.0}\" height=\"{height:.0}\" viewBox=\"-1 -1 {width:.0} {height:.0}\">\n"
    );
    for (at, node) in shown.nodes.iter().enumerate() {
        if node.is_group {
            put_group(out, shown, node, layout.boxes[at]);
        }
    }
    for edge in &layout.edges {
        put_edge(out, shown, &layout, edge);
    }
    for (at, node) in shown.nodes.iter().enumerate() {
        if !node.is_group {
            put_node(out, shown, node, layout.boxes[at]);
        }
    }
    put!(out, "</svg>");
}

fn put_group(out: &mut String, shown: &Shown<'_>, node: &ShownNode<'_>, place: Place) {
    let Place {
        x,
        y,
        width,
        height,
        ..
    } = place;
    let name = Esc(node.name);
    put!(
        out,
        "<g class=\"group\" data-node=\"{name}\"><title>{name}</title>\
        <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"10\"/>"
    );
    let base = y + TITLE - 10.0;
    put!(
        out,
        "<text class=\"name\" x=\"{:.1}\" y=\"{base:.1}\">{}</text>",
        x + 14.0,
        Esc(&cut(node.short_name(shown)))
    );
    put!(
        out,
        "<text class=\"far\" x=\"{:.1}\" y=\"{base:.1}\">{}</text></g>\n",
        x + width - 14.0,
        time(node.record.time_ns())
    );
}

fn put_node(out: &mut String, shown: &Shown<'_>, node: &ShownNode<'_>, place: Place) {
    let Place { x, y, width, .. } = place;
    let (name, record) = (Esc(node.name), node.record);
    let heat = heat(node.share(shown));
    let idle = if record.calls == 0 && record.inner_ns == 0 {
        " idle"
    } else {
        ""
    };
    put!(
        out,
        "<g class=\"node h{heat}{idle}\" data-node=\"{name}\"><title>{name}</title>\
        <rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{HEIGHT:.1}\" rx=\"7\"/>"
    );
    let left = x + 12.0;
    put!(
        out,
        "<text class=\"name\" x=\"{left:.1}\" y=\"{:.1}\">{}</text>",
        y + 20.0,
        Esc(&cut(node.short_name(shown)))
    );
    if idle.is_empty() {
        put!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\">{} · {}</text>",
            y + 37.0,
            time(record.time_ns()),
            percent(record.time_ns(), shown.total_ns)
        );
        put!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\">{} {}",
            y + 53.0,
            short(record.rows),
            if record.rows == 1 { "row" } else { "rows" }
        );
        if record.cached > 0 {
            put!(out, " · {} cached", short(record.cached));
        }
        put!(out, "</text>");
    } else {
        put!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\">no call yet</text>",
            y + 37.0
        );
    }
    if record.failed > 0 {
        put!(
            out,
            "<text class=\"bad\" x=\"{:.1}\" y=\"{:.1}\">{} failed</text>",
            x + width - 12.0,
            y + 37.0,
            short(record.failed)
        );
    }
    put!(out, "</g>\n");
}

fn put_edge(out: &mut String, shown: &Shown<'_>, layout: &Layout, edge: &Edge) {
    let (a, b) = (layout.boxes[edge.from], layout.boxes[edge.to]);
    // It leaves its level straight, so that it does not cut a larger box beside it.
    let [start, level_end, last] = if layout.flows_down {
        let x = a.x + a.width / 2.0;
        let to = (b.x + b.width / 2.0, b.y);
        [(x, a.y + a.height), (x, a.end), to]
    } else {
        let y = a.y + a.height / 2.0;
        let to = (b.x, b.y + b.height / 2.0);
        [(a.x + a.width, y), (a.end, y), to]
    };
    put!(
        out,
        "<path class=\"edge\" data-from=\"{}\" data-to=\"{}\" d=\"M{:.1} {:.1}",
        Esc(shown.nodes[edge.from].name),
        Esc(shown.nodes[edge.to].name),
        start.0,
        start.1
    );
    let straight = [[start, level_end]];
    let straight = straight.iter().chain(&edge.passes).copied();
    let mut at = start;
    for [from, to] in straight.chain([[last, last]]) {
        if at != from {
            put_bend(out, layout.flows_down, at, from);
        }
        if to != from {
            put!(out, "L{:.1} {:.1}", to.0, to.1);
        }
        at = to;
    }
    put!(out, "\"/>\n");
}

/// A curve that begins and ends along the flow.
fn put_bend(out: &mut String, flows_down: bool, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
    if flows_down {
        let middle = f64::midpoint(y1, y2);
        put!(
            out,
            "C{x1:.1} {middle:.1} {x2:.1} {middle:.1} {x2:.1} {y2:.1}"
        );
    } else {
        let middle = f64::midpoint(x1, x2);
        put!(
            out,
            "C{middle:.1} {y1:.1} {middle:.1} {y2:.1} {x2:.1} {y2:.1}"
        );
    }
}

/// The colour of a share, from 0 to 4.
pub(crate) fn heat(share: f64) -> u8 {
    match share {
        s if s < 0.05 => 0,
        s if s < 0.15 => 1,
        s if s < 0.30 => 2,
        s if s < 0.50 => 3,
        _ => 4,
    }
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(NAME - 1).collect();
    short.push('…');
    short
}
