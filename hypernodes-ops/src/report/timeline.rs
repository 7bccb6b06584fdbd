//! The chunks of each worker over time.

use std::collections::BTreeMap;

use super::format::{count, counted, float, share, time};
use super::put;
use crate::RunRecord;

/// How high all lines together should be at most.
const HEIGHT: f64 = 420.0;

pub(crate) fn put(out: &mut String, record: &RunRecord) {
    put!(
        out,
        "<section aria-labelledby=\"timeline-title\"><h2 id=\"timeline-title\">Workers over time</h2>\n\
        <div data-part=\"timeline\">"
    );
    let entries = record.timeline.entries();
    if entries.is_empty() {
        put!(out, "<p class=\"none\">No chunk has ended.</p>");
    } else {
        put_lines(out, record);
    }
    put!(
        out,
        "</div>\n<p id=\"chunk\" class=\"legend\" aria-live=\"polite\">Bars are chunks, thin bars those of nested maps; \
        red ones had failures.</p>\n</section>\n"
    );
}

fn put_lines(out: &mut String, record: &RunRecord) {
    let entries = record.timeline.entries();
    let lines: BTreeMap<u32, usize> = record
        .timeline
        .workers()
        .enumerate()
        .map(|(at, worker)| (worker, at))
        .collect();
    let line = (HEIGHT / float(lines.len() as u64)).clamp(3.0, 26.0);
    let height = line * float(lines.len() as u64);
    let chunks: u64 = entries.iter().map(|entry| entry.chunks).sum();
    if chunks > entries.len() as u64 {
        put!(
            out,
            "<p class=\"note\">{} chunks; neighbours are drawn as one.</p>",
            count(chunks)
        );
    }
    put!(
        out,
        "<div class=\"lines\"><svg class=\"workers\" aria-hidden=\"true\" width=\"64\" height=\"{:.0}\">",
        height + 22.0
    );
    if line >= 12.0 {
        for (&worker, &at) in &lines {
            let y = float(at as u64) * line + line / 2.0 + 4.0;
            put!(out, "<text x=\"54\" y=\"{y:.1}\">{}</text>", name(worker));
        }
    }
    put!(
        out,
        "</svg><svg class=\"chunks\" id=\"chunks\" role=\"group\" aria-label=\"Chunks of {}; \
        the arrow keys go from one to the next\" width=\"100%\" height=\"{:.0}\">",
        counted(lines.len() as u64, "worker", "workers"),
        height + 22.0
    );
    let end = record.duration_ns.max(1);
    for at in ticks(end) {
        let x = share(at, end) * 100.0;
        put!(
            out,
            "<line x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"0\" y2=\"{height:.0}\"/>\
            <text x=\"{x:.3}%\" y=\"{:.0}\">{}</text>",
            height + 16.0,
            if at == 0 { "0".to_owned() } else { time(at) }
        );
    }
    // Inner chunks stand in front of the outer ones around them.
    for is_inner in [false, true] {
        for (at, entry) in entries.iter().enumerate() {
            if entry.is_inner != is_inner {
                continue;
            }
            let y = float(lines.get(&entry.worker).copied().unwrap_or(0) as u64) * line;
            let (from, size) = if is_inner { (0.58, 0.28) } else { (0.1, 0.8) };
            let class = match (is_inner, entry.failed > 0) {
                (false, false) => "c",
                (false, true) => "c f",
                (true, false) => "i",
                (true, true) => "i f",
            };
            put!(
                out,
                "<rect class=\"{class}\" data-i=\"{at}\" x=\"{:.3}%\" width=\"{:.3}%\" y=\"{:.1}\" height=\"{:.1}\"/>",
                share(entry.start_ns, end) * 100.0,
                (share(entry.took_ns, end) * 100.0).max(0.05),
                y + from * line,
                size * line
            );
        }
    }
    put!(out, "</svg></div>");
}

fn name(worker: u32) -> String {
    match worker {
        0 => "caller".to_owned(),
        u32::MAX => "others".to_owned(),
        worker => format!("w{worker}"),
    }
}

/// Round times from 0 on, at most six of them, none close to the end.
fn ticks(end: u64) -> Vec<u64> {
    let rough = (end / 6).max(1);
    let mut power = 1_u64;
    while power <= rough / 10 {
        power *= 10;
    }
    let step = [1, 2, 5, 10]
        .into_iter()
        .map(|n| power.saturating_mul(n))
        .find(|&step| step >= rough)
        .unwrap_or(rough);
    let mut at = 0_u64;
    let mut ticks = Vec::new();
    while at <= end - end / 20 {
        ticks.push(at);
        at = at.saturating_add(step);
        if at == u64::MAX {
            break;
        }
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::ticks;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks(1), [0, 1]);
        assert_eq!(ticks(100), [0, 20, 40, 60, 80]);
        assert_eq!(ticks(1_234_567), [0, 500_000, 1_000_000]);
        assert!((1..=8).contains(&ticks(u64::MAX).len()));
    }
}
