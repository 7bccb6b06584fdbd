//! The tables: nodes, failures, retries. They can be read without a script, which only sorts and filters.

use hypernodes_core::FailureKind;

use super::escape::Esc;
use super::format::{count, counted, percent, time};
use super::graph::heat;
use super::put;
use super::select::Shown;
use crate::RunRecord;

pub(crate) fn put_nodes(out: &mut String, record: &RunRecord, shown: &Shown<'_>) {
    put!(
        out,
        "<section aria-labelledby=\"nodes-title\"><h2 id=\"nodes-title\">Nodes</h2>\n\
        <p class=\"note\" data-part=\"nodes-note\">{}</p>\n\
        <div class=\"scroll\"><table id=\"nodes\" class=\"sortable\" aria-labelledby=\"nodes-title\">\n<thead><tr>",
        if record.nodes.is_empty() {
            "No node is known.".to_owned()
        } else {
            shown.note()
        }
    );
    for name in [
        "Node",
        "Time",
        "Share",
        "Calls",
        "Rows",
        "Mean call",
        "Longest",
        "Cached",
        "Failed",
        "Retried",
    ] {
        let class = if name == "Node" { "" } else { " class=\"n\"" };
        put!(out, "<th scope=\"col\"{class}>{name}</th>");
    }
    put!(out, "</tr></thead>\n<tbody data-part=\"nodes\">");
    let mut nodes: Vec<_> = shown.nodes.iter().collect();
    nodes.sort_by_key(|node| std::cmp::Reverse(node.record.time_ns()));
    for node in nodes {
        let (record, name) = (node.record, Esc(node.name));
        put!(
            out,
            "<tr data-node=\"{name}\"><th scope=\"row\"><code>{name}</code>{}</th>",
            if node.is_group || record.is_nested {
                " <small>nested</small>"
            } else {
                ""
            }
        );
        let took = record.time_ns();
        put_number(out, took, &time(took), "");
        if node.is_group {
            // Its time is that of the nodes inside.
            put_number(out, 0, "", "");
        } else {
            let heat = heat(node.share(shown));
            put_number(
                out,
                took,
                &percent(took, shown.total_ns),
                &format!(" h{heat}"),
            );
        }
        put_number(out, record.calls, &count(record.calls), "");
        put_number(out, record.rows, &count(record.rows), "");
        put_number(out, record.mean_ns(), &time(record.mean_ns()), "");
        put_number(out, record.max_ns, &time(record.max_ns), "");
        put_number(out, record.cached, &or_dash(record.cached), "");
        let bad = if record.failed > 0 { " bad" } else { "" };
        put_number(out, record.failed, &or_dash(record.failed), bad);
        put_number(out, record.retried, &or_dash(record.retried), "");
        put!(out, "</tr>\n");
    }
    put!(out, "</tbody></table></div>\n</section>\n");
}

pub(crate) fn put_failures(out: &mut String, record: &RunRecord) {
    let log = &record.failures;
    let note = match (log.count, log.first.len() as u64) {
        (0, _) => "No item failed.".to_owned(),
        (all, kept) if kept < all => format!(
            "{} failed; the first {} are shown.",
            counted(all, "item", "items"),
            count(kept)
        ),
        (all, _) => format!("{} failed.", counted(all, "item", "items")),
    };
    put!(
        out,
        "<section aria-labelledby=\"failures-title\"><h2 id=\"failures-title\">Failures</h2>\n\
        <p class=\"note\" data-part=\"failures-note\">{note}</p>\n\
        <p class=\"filter\" hidden><label for=\"filter\">Filter</label> \
        <input id=\"filter\" type=\"search\" placeholder=\"node, item, message or input\" autocomplete=\"off\"> \
        <output id=\"filtered\" for=\"filter\"></output></p>\n\
        <div class=\"scroll\"><table id=\"failures\" class=\"sortable\" aria-labelledby=\"failures-title\">\n\
        <thead><tr><th scope=\"col\">Item</th><th scope=\"col\">Node</th><th scope=\"col\">Kind</th>\
        <th scope=\"col\">Message</th><th scope=\"col\">Inputs</th></tr></thead>\n<tbody data-part=\"failures\">"
    );
    for failure in &log.first {
        let kind = match failure.kind {
            FailureKind::Error => "error",
            FailureKind::Panic => "panic",
            FailureKind::TimedOut => "timed out",
            FailureKind::Crashed => "crashed",
        };
        let first = failure.items.first().copied().unwrap_or(0);
        put!(
            out,
            "<tr><td data-v=\"{first}\">{}</td><td><code>{}</code></td><td>{kind}</td><td class=\"text\">{}</td><td>",
            failure.place(),
            Esc(&failure.node),
            Esc(&failure.message)
        );
        for (name, value) in &failure.inputs {
            put!(
                out,
                "<span class=\"input\"><code>{}</code> = {}</span>",
                Esc(name),
                Esc(value)
            );
        }
        put!(out, "</td></tr>\n");
    }
    put!(out, "</tbody></table></div>\n</section>\n");
}

pub(crate) fn put_retries(out: &mut String, record: &RunRecord) {
    let log = &record.retries;
    let note = match (log.count, log.first.len() as u64) {
        (0, _) => "Nothing was tried again.".to_owned(),
        (all, kept) if kept < all => format!(
            "{}; the first {} are shown.",
            counted(
                all,
                "attempt failed and was repeated",
                "attempts failed and were repeated"
            ),
            count(kept)
        ),
        (all, _) => format!(
            "{}.",
            counted(
                all,
                "attempt failed and was repeated",
                "attempts failed and were repeated"
            )
        ),
    };
    put!(
        out,
        "<section aria-labelledby=\"retries-title\"><h2 id=\"retries-title\">Retries</h2>\n\
        <p class=\"note\" data-part=\"retries-note\">{note}</p>\n\
        <div class=\"scroll\"><table id=\"retries\" class=\"sortable\" aria-labelledby=\"retries-title\">\n\
        <thead><tr><th scope=\"col\" class=\"n\">After</th><th scope=\"col\">Node</th><th scope=\"col\" class=\"n\">Item</th>\
        <th scope=\"col\" class=\"n\">Attempt</th><th scope=\"col\" class=\"n\">Pause</th><th scope=\"col\">Message</th></tr></thead>\n\
        <tbody data-part=\"retries\">"
    );
    for retry in &log.first {
        put!(out, "<tr>");
        put_number(out, retry.at_ns, &time(retry.at_ns), "");
        put!(out, "<td><code>{}</code></td>", Esc(&retry.node));
        put_number(out, retry.item, &count(retry.item), "");
        put_number(
            out,
            u64::from(retry.attempt),
            &retry.attempt.to_string(),
            "",
        );
        put_number(out, retry.pause_ns, &time(retry.pause_ns), "");
        put!(
            out,
            "<td class=\"text\">{}</td></tr>\n",
            Esc(&retry.message)
        );
    }
    put!(out, "</tbody></table></div>\n</section>\n");
}

fn put_number(out: &mut String, value: u64, text: &str, class: &str) {
    put!(out, "<td class=\"n{class}\" data-v=\"{value}\">{text}</td>");
}

fn or_dash(n: u64) -> String {
    if n == 0 { "–".to_owned() } else { count(n) }
}
