//! `cache list|verify|prune`: looking after the folder of `--cache`.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use hypernodes::{DiskCache, EntryInfo, format_size};
use serde_json::{Value, json};

use super::table::{self, moment, unix_ms};
use super::{format, print};
use crate::cli::{CacheOf, Common, Format, PruneArgs};
use crate::error::{CommandError, Exit, say};

pub(crate) fn run(common: &Common, of: CacheOf) -> Result<Exit, CommandError> {
    let Some(dir) = common.policies.cache.as_deref() else {
        let problem = "which cache? add `--cache DIR`, or set HYPERNODES_CACHE";
        return Err(CommandError::Usage(problem.to_owned()));
    };
    let choices = [Format::Table, Format::Json, Format::Csv];
    let format = format(common, "cache", &choices)?;
    match of {
        CacheOf::List => list(common, &opened(dir)?, format),
        CacheOf::Verify => verify(common, &opened(dir)?, format),
        CacheOf::Prune(limits) => match limits {
            PruneArgs {
                max_size: None,
                older_than: None,
            } => {
                let problem =
                    "what is to go? add `--max-size SIZE`, `--older-than DURATION` or both";
                Err(CommandError::Usage(problem.to_owned()))
            }
            limits => prune(common, &opened(dir)?, limits, format),
        },
    }
}

/// The cache in a folder, if there is one: looking for it makes none.
fn opened(dir: &Path) -> Result<DiskCache, CommandError> {
    let is_empty = |dir: &Path| std::fs::read_dir(dir).is_ok_and(|mut all| all.next().is_none());
    if !dir.exists() || is_empty(dir) {
        let problem = format!(
            "there is no cache in `{}`; a run with `--cache` makes one",
            dir.display()
        );
        return Err(CommandError::Usage(problem));
    }
    Ok(DiskCache::open(dir)?)
}

fn list(common: &Common, cache: &DiskCache, format: Format) -> Result<Exit, CommandError> {
    let entries = cache.list()?;
    let bytes: u64 = entries.iter().map(|entry| entry.bytes).sum();
    let mut nodes: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for entry in &entries {
        let (count, bytes) = nodes.entry(named(entry)).or_default();
        *count += 1;
        *bytes += entry.bytes;
    }
    print(common, |out| match format {
        Format::Json => {
            let nodes = nodes.iter().map(|(node, (results, bytes))| {
                json!({"node": node, "results": results, "bytes": bytes})
            });
            let all = json!({
                "cache": cache.path().display().to_string(),
                "results": entries.len(),
                "bytes": bytes,
                "nodes": nodes.collect::<Vec<_>>(),
                "entries": entries.iter().map(as_json).collect::<Vec<_>>(),
            });
            write_json(out, &all)
        }
        Format::Csv => {
            let header = ["key", "node", "bytes", "used", "damage"];
            let rows: Vec<_> = entries.iter().map(as_row).collect();
            Ok(table::write(out, format, header, &rows)?)
        }
        _ => {
            let rows: Vec<_> = nodes
                .iter()
                .map(|(node, (results, bytes))| {
                    [(*node).to_owned(), results.to_string(), format_size(*bytes)]
                })
                .collect();
            table::write(out, format, ["node", "results", "size"], &rows)?;
            let (count, size) = (entries.len(), format_size(bytes));
            Ok(writeln!(out, "\n{count} results, {size}")?)
        }
    })
}

fn verify(common: &Common, cache: &DiskCache, format: Format) -> Result<Exit, CommandError> {
    let report = cache.verify()?;
    print(common, |out| match format {
        Format::Json => {
            let all = json!({
                "cache": cache.path().display().to_string(),
                "checked": report.checked,
                "damaged": report.damaged.iter().map(as_json).collect::<Vec<_>>(),
                "removed": report.removed,
            });
            write_json(out, &all)
        }
        Format::Csv => {
            let header = ["key", "node", "bytes", "used", "damage"];
            let rows: Vec<_> = report.damaged.iter().map(as_row).collect();
            Ok(table::write(out, format, header, &rows)?)
        }
        _ => {
            for entry in &report.damaged {
                writeln!(out, "{} {}", entry.key, damage(entry))?;
            }
            let (checked, damaged) = (report.checked, report.damaged.len());
            let removed = report.removed;
            Ok(writeln!(
                out,
                "{checked} results checked, {damaged} damaged, {removed} of them removed"
            )?)
        }
    })?;
    if report.damaged.is_empty() {
        return Ok(Exit::Done);
    }
    if u64::try_from(report.damaged.len()).unwrap_or(u64::MAX) > report.removed {
        say("note: a result that cannot be read is left: look at the rights of its file");
    }
    Ok(Exit::SomeFailed)
}

fn prune(
    common: &Common,
    cache: &DiskCache,
    limits: PruneArgs,
    format: Format,
) -> Result<Exit, CommandError> {
    let report = cache.prune(limits.max_size, limits.older_than)?;
    let (removed, left) = (report.removed, report.left_entries);
    print(common, |out| match format {
        Format::Json => {
            let all = json!({
                "cache": cache.path().display().to_string(),
                "removed": removed,
                "freed_bytes": report.freed_bytes,
                "left": left,
                "left_bytes": report.left_bytes,
            });
            write_json(out, &all)
        }
        Format::Csv => {
            let header = ["removed", "freed_bytes", "left", "left_bytes"];
            let row = [removed, report.freed_bytes, left, report.left_bytes];
            Ok(table::write(
                out,
                format,
                header,
                &[row.map(|n| n.to_string())],
            )?)
        }
        _ => {
            let (freed, kept) = (
                format_size(report.freed_bytes),
                format_size(report.left_bytes),
            );
            Ok(writeln!(
                out,
                "{removed} results removed ({freed}), {left} left ({kept})"
            )?)
        }
    })
}

/// The node of an entry; a damaged one does not tell.
fn named(entry: &EntryInfo) -> &str {
    match (&entry.damage, entry.label.as_str()) {
        (Some(_), _) => "(damaged)",
        (None, "") => table::UNKNOWN,
        (None, label) => label,
    }
}

fn damage(entry: &EntryInfo) -> String {
    entry
        .damage
        .as_ref()
        .map_or_else(String::new, ToString::to_string)
}

fn as_row(entry: &EntryInfo) -> [String; 5] {
    [
        entry.key.to_string(),
        entry.label.clone(),
        entry.bytes.to_string(),
        moment(unix_ms(entry.modified)),
        damage(entry),
    ]
}

fn as_json(entry: &EntryInfo) -> Value {
    json!({
        "key": entry.key.to_string(),
        "node": entry.label,
        "bytes": entry.bytes,
        "used_unix_ms": unix_ms(entry.modified),
        "damage": entry.damage.as_ref().map(ToString::to_string),
    })
}

fn write_json(out: &mut impl Write, value: &Value) -> Result<(), CommandError> {
    serde_json::to_writer(&mut *out, value).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}
