//! The head of the page: what ran, how it went, and the numbers that matter.

use hypernodes_core::{RunMode, RunOutcome};

use super::escape::Esc;
use super::format::{bytes, count, counted, float, moment, percent, time};
use super::put;
use crate::RunRecord;

pub(crate) fn put(out: &mut String, record: &RunRecord) {
    let (class, outcome) = outcome(record);
    put!(out, "<header data-part=\"header\">\n");
    put!(
        out,
        "<p class=\"title\"><span class=\"badge {class}\">{outcome}</span></p>\n<h1>{}</h1>\n",
        Esc(title(record))
    );
    put!(out, "<p class=\"how\">{}</p>\n", how(record));
    if !record.why.is_empty() {
        put!(
            out,
            "<p class=\"why\">{}: {}.</p>\n",
            counted(record.partitions, "partition", "partitions"),
            Esc(record.why.trim_end_matches('.'))
        );
    }
    if let Some(error) = &record.error {
        put!(
            out,
            "<p class=\"error\" role=\"alert\">{}</p>\n",
            Esc(error)
        );
    }
    if record.dropped_events > 0 {
        put!(
            out,
            "<p class=\"warning\">{} lost because the listener was slower than the run: the numbers below are too low.</p>\n",
            counted(record.dropped_events, "event was", "events were")
        );
    }
    for lost in &record.lost {
        put!(
            out,
            "<p class=\"warning\">A worker was lost after {}: {}</p>\n",
            time(lost.at_ns),
            Esc(&lost.cause)
        );
    }
    put_progress(out, record);
    put!(out, "<dl class=\"tiles\">\n");
    for (name, value, more) in tiles(record) {
        put!(
            out,
            "<div><dt>{name}</dt><dd>{value}<small>{more}</small></dd></div>\n"
        );
    }
    put!(out, "</dl>\n</header>\n");
}

/// The name of the run, for the title of the page.
pub(crate) fn title(record: &RunRecord) -> &str {
    if record.pipeline.is_empty() {
        "A pipeline without a name"
    } else {
        &record.pipeline
    }
}

/// The class and the words of how it ended.
pub(crate) fn outcome(record: &RunRecord) -> (&'static str, &'static str) {
    match record.outcome {
        None if record.was_cancelled => ("partial", "Being cancelled"),
        None => ("running", "Running"),
        Some(RunOutcome::Done) => ("done", "Done"),
        Some(RunOutcome::Partial) => ("partial", "Done, some items failed"),
        Some(RunOutcome::Failed) => ("failed", "Failed"),
        Some(RunOutcome::Cancelled) => ("partial", "Cancelled"),
    }
}

fn how(record: &RunRecord) -> String {
    let mode = match record.mode {
        None => "Beginning not heard",
        Some(RunMode::Single) => "A single run",
        Some(RunMode::Map) => "A map",
        Some(RunMode::Iterate) => "An iteration",
    };
    let mut how = mode.to_owned();
    if !record.engine.is_empty() {
        put!(
            how,
            " on <b>{}</b> with {}",
            Esc(&record.engine),
            counted(record.workers, "worker", "workers")
        );
    }
    if record.unix_ms > 0 {
        put!(how, ", begun {}", moment(record.unix_ms));
    }
    put!(how, ", run {}", record.run);
    if record.process > 0 {
        put!(how, " in process {}", record.process);
    }
    how
}

fn put_progress(out: &mut String, record: &RunRecord) {
    let Some(items) = record.items.filter(|&items| items > 0) else {
        return;
    };
    if record.is_running() {
        let ended = record.items_done.saturating_add(record.items_failed);
        put!(
            out,
            "<progress max=\"{items}\" value=\"{}\" aria-label=\"Items that ended\">{}</progress>\n",
            ended.min(items),
            percent(ended, items)
        );
    }
}

/// Name, value, and what stands small beside it.
fn tiles(record: &RunRecord) -> Vec<(&'static str, String, String)> {
    let of = record
        .items
        .map_or_else(String::new, |items| format!("of {}", count(items)));
    let mut tiles = vec![
        ("Items done", count(record.items_done), of),
        ("Failed", count(record.items_failed), String::new()),
        ("Time", time(record.duration_ns), String::new()),
    ];
    if record.duration_ns > 0 && record.items_done > 0 {
        let per_second = float(record.items_done) * 1e9 / float(record.duration_ns);
        tiles.push(("Items / s", rate(per_second), String::new()));
    }
    let looked_up = record.cache_hits.saturating_add(record.cache_misses);
    if looked_up > 0 {
        let share = percent(record.cache_hits, looked_up);
        let of = format!("of {}", count(looked_up));
        tiles.push(("Cache hits", share, of));
    }
    if record.retries.count > 0 {
        tiles.push(("Retries", count(record.retries.count), String::new()));
    }
    if record.items_restored > 0 {
        tiles.push(("Restored", count(record.items_restored), "items".to_owned()));
    }
    if record.items_checkpointed > 0 {
        let size = bytes(record.checkpoint_bytes);
        tiles.push(("Checkpointed", count(record.items_checkpointed), size));
    }
    if record.memory.peak_bytes > 0 {
        let peak = bytes(record.memory.peak_bytes);
        tiles.push(("Memory peak", peak, String::new()));
    }
    if record.spilled_bytes > 0 {
        tiles.push(("Spilled", bytes(record.spilled_bytes), String::new()));
    }
    tiles
}

/// A rate with three digits.
fn rate(per_second: f64) -> String {
    if per_second < 10.0 {
        format!("{per_second:.2}")
    } else if per_second < 100.0 {
        format!("{per_second:.1}")
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive, and a float that is too large becomes the largest integer"
        )]
        let whole = per_second.round() as u64;
        super::format::short_count(whole)
    }
}
