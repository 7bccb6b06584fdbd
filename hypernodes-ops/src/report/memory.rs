//! Memory over time.

use hypernodes_core::MemoryLevel;

use super::format::{bytes, counted, share, time};
use super::put;
use crate::RunRecord;

pub(crate) fn put(out: &mut String, record: &RunRecord) {
    put!(
        out,
        "<section aria-labelledby=\"memory-title\"><h2 id=\"memory-title\">Memory over time</h2>\n\
        <div data-part=\"memory\">"
    );
    let memory = &record.memory;
    if memory.samples.is_empty() {
        put!(out, "<p class=\"none\">Memory was not measured.</p>");
    } else {
        put_curve(out, record);
    }
    if let Some(latest) = memory.latest {
        put!(
            out,
            "<p class=\"note\">{} of the memory level; since {} it is <b>{}</b> ({} of {}).</p>",
            counted(memory.changes_count, "change", "changes"),
            time(latest.at_ns),
            level(latest.level),
            bytes(latest.used),
            bytes(latest.limit)
        );
    }
    put!(out, "</div>\n</section>\n");
}

fn put_curve(out: &mut String, record: &RunRecord) {
    let memory = &record.memory;
    let end = record.duration_ns.max(1);
    let most = memory.peak_bytes.max(1);
    put!(
        out,
        "<figure><svg class=\"memory\" role=\"img\" aria-label=\"Memory over time, at most {}\" width=\"100%\" \
        height=\"120\" viewBox=\"0 0 1000 120\" preserveAspectRatio=\"none\">",
        bytes(memory.peak_bytes)
    );
    let points = memory.samples.iter().map(|sample| {
        let x = share(sample.at_ns, end) * 1000.0;
        (x, 118.0 - share(sample.bytes, most) * 110.0)
    });
    let mut line = String::new();
    let (mut first, mut last) = (None, 0.0);
    for (x, y) in points {
        put!(
            line,
            "{}{x:.1} {y:.1}",
            if first.is_none() { "M" } else { "L" }
        );
        first.get_or_insert(x);
        last = x;
    }
    let first = first.unwrap_or(0.0);
    put!(
        out,
        "<path class=\"area\" d=\"{line}L{last:.1} 120L{first:.1} 120Z\"/><path class=\"curve\" d=\"{line}\"/></svg>\
        <figcaption><span>0 s</span><span>at most {}</span><span>{}</span></figcaption></figure>",
        bytes(memory.peak_bytes),
        time(record.duration_ns)
    );
}

fn level(level: MemoryLevel) -> &'static str {
    match level {
        MemoryLevel::Normal => "normal",
        MemoryLevel::Target => "above the target",
        MemoryLevel::Spill => "so high that columns go to disk",
        MemoryLevel::Pause => "so high that no chunk is begun",
        MemoryLevel::Terminate => "so high that the run ends",
    }
}
