//! Names that older systems use for what hypernodes has under its own, or has not.
//!
//! `docs/configuration.md` has the same table for people.

use std::path::Path;

use super::ConfigError;
use super::tree::{Entry, Value};
use crate::cli::{parse_duration, parse_size};

/// What becomes of a key.
enum To {
    /// This key of ours, with its value read so.
    Key(&'static str, As),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// How a value is read.
#[derive(Clone, Copy)]
enum As {
    Same,
    /// `60s`, as seconds.
    Seconds,
    /// A size for a worker; `auto` and parts of the machine's memory are none.
    Memory,
    /// A number of GB.
    Gigabytes,
    /// One text for true, another for false; an empty one sets nothing.
    Switch(&'static str, &'static str),
    /// The name of an engine, as others call it.
    Engine,
    /// `:8787`, as an address of this machine.
    Address,
}

/// A key that comes to nothing.
#[derive(Debug)]
pub(crate) struct Leftover {
    pub(crate) name: String,
    pub(crate) line: Option<u64>,
    pub(crate) why: String,
    /// Whether the key is nobody's.
    pub(crate) is_unknown: bool,
}

const MEMORY_FRACTION: &str =
    "memory is limited in bytes, not in parts: give `worker-memory` or `max-memory` a size";
const MACHINES: &str = "hypernodes starts no machines: start them, then give `scheduler`";
const SCALING: &str =
    "workers are given by number: `workers`; a cluster scales itself behind `scheduler`";
const MONITORING: &str = "no counterpart yet: `dashboard` shows a run";

/// The keys, in the order of the systems that have them.
const SEEDS: &[(&str, To)] = &[
    ("DASK_N_WORKERS", To::Key("workers", As::Same)),
    (
        "DASK_THREADS_PER_WORKER",
        To::Key("threads-per-worker", As::Same),
    ),
    ("DASK_MEMORY_LIMIT", To::Key("worker-memory", As::Memory)),
    ("DASK_CHUNK_SIZE", To::Key("partition-size", As::Same)),
    (
        "DASK_ENABLE_DISTRIBUTED",
        To::Key("engine", As::Switch("dask", "threaded")),
    ),
    ("DASK_SCHEDULER_ADDRESS", To::Key("scheduler", As::Same)),
    ("DASK_MEMORY_TARGET_FRACTION", To::Nothing(MEMORY_FRACTION)),
    ("DASK_MEMORY_SPILL_FRACTION", To::Nothing(MEMORY_FRACTION)),
    ("DASK_MEMORY_PAUSE_FRACTION", To::Nothing(MEMORY_FRACTION)),
    (
        "DASK_MEMORY_TERMINATE_FRACTION",
        To::Nothing(MEMORY_FRACTION),
    ),
    (
        "DASK_CONNECT_TIMEOUT",
        To::Key("connect-timeout", As::Seconds),
    ),
    (
        "DASK_TCP_TIMEOUT",
        To::Nothing("no counterpart: `connect-timeout` bounds connecting, `timeout` each item"),
    ),
    (
        "cluster_name",
        To::Nothing("a cluster is known by its `scheduler`"),
    ),
    ("cluster_type", To::Nothing(MACHINES)),
    ("region", To::Nothing(MACHINES)),
    ("availability_zones", To::Nothing(MACHINES)),
    ("head_node.cpu_cores", To::Nothing(MACHINES)),
    ("head_node.memory_gb", To::Nothing(MACHINES)),
    ("head_node.disk_size_gb", To::Nothing(MACHINES)),
    ("head_node.instance_type", To::Nothing(MACHINES)),
    ("head_node.spot_instance", To::Nothing(MACHINES)),
    (
        "worker_node.cpu_cores",
        To::Key("threads-per-worker", As::Same),
    ),
    (
        "worker_node.memory_gb",
        To::Key("worker-memory", As::Gigabytes),
    ),
    ("worker_node.disk_size_gb", To::Nothing(MACHINES)),
    ("worker_node.instance_type", To::Nothing(MACHINES)),
    ("worker_node.spot_instance", To::Nothing(MACHINES)),
    ("autoscaling.enabled", To::Nothing(SCALING)),
    ("autoscaling.min_nodes", To::Nothing(SCALING)),
    ("autoscaling.max_nodes", To::Nothing(SCALING)),
    ("autoscaling.target_cpu_utilization", To::Nothing(SCALING)),
    ("autoscaling.scaling_policy", To::Nothing(SCALING)),
    (
        "storage.shared_storage_type",
        To::Nothing("`cache` and `run-dir` are folders: mount the storage"),
    ),
    (
        "storage.s3_bucket",
        To::Nothing("`cache` and `run-dir` are folders: mount the bucket"),
    ),
    (
        "storage.cache_size_gb",
        To::Key("cache-prune.max-size", As::Gigabytes),
    ),
    (
        "storage.enable_data_compression",
        To::Nothing("no counterpart: the cache decides itself"),
    ),
    ("monitoring.enable_metrics", To::Nothing(MONITORING)),
    (
        "monitoring.enable_logging",
        To::Key("log", As::Switch("info", "off")),
    ),
    ("monitoring.prometheus_endpoint", To::Nothing(MONITORING)),
    ("monitoring.grafana_endpoint", To::Nothing(MONITORING)),
    ("head_node_cpu", To::Nothing(MACHINES)),
    ("head_node_memory", To::Nothing(MACHINES)),
    ("min_workers", To::Nothing(SCALING)),
    ("max_workers", To::Key("workers", As::Same)),
    ("enable_autoscaling", To::Nothing(SCALING)),
    ("n_workers", To::Key("workers", As::Same)),
    ("memory_limit", To::Key("worker-memory", As::Memory)),
    ("dashboard_address", To::Key("dashboard", As::Address)),
    ("framework", To::Key("engine", As::Engine)),
    ("execution_mode", To::Key("engine", As::Engine)),
    (
        "parallelization_strategy",
        To::Nothing("the command decides: `scan` maps over symbols"),
    ),
    (
        "chunk_size",
        To::Nothing("no counterpart yet; for items per partition give `partition-size`"),
    ),
    (
        "enable_progress_bar",
        To::Key("progress", As::Switch("auto", "never")),
    ),
    (
        "fault_tolerance",
        To::Key("on-error", As::Switch("collect", "fail")),
    ),
    (
        "cache_results",
        To::Nothing("give `cache` a folder to keep results"),
    ),
    (
        "retry_failed",
        To::Nothing("give `retries` the number of further attempts"),
    ),
    (
        "parallel.enabled",
        To::Key("engine", As::Switch("", "sequential")),
    ),
    ("parallel.mode", To::Key("engine", As::Engine)),
    ("parallel.max_workers", To::Key("workers", As::Same)),
    (
        "parallel.resources.max_memory_percent",
        To::Nothing("give `max-memory` a size"),
    ),
    (
        "parallel.resources.max_cpu_percent",
        To::Nothing("give `workers` a number: 0 takes the CPUs that this process may use"),
    ),
];

/// Keys of older systems as ours, others as they are; and what has no counterpart.
pub(crate) fn translated(
    path: &Path,
    entries: Vec<Entry>,
) -> Result<(Vec<Entry>, Vec<Leftover>), ConfigError> {
    let (mut ours, mut leftovers) = (Vec::new(), Vec::new());
    for entry in entries {
        let mut found = Vec::new();
        flatten(entry, &mut found);
        for (name, entry) in found {
            let Some(to) = counterpart(&name) else {
                match is_section(&name) {
                    true => leftovers.push(unknown(&name, entry.line)),
                    false => ours.push(entry),
                }
                continue;
            };
            let (line, is_empty) = (entry.line, entry.value.is_empty());
            let made = match to {
                _ if is_empty => continue,
                To::Nothing(why) => Err((*why).to_owned()),
                To::Key(key, read) => match as_ours(*read, &entry.value) {
                    Ok(Made::Set(value)) => Ok((*key, value)),
                    Ok(Made::Unset) => continue,
                    Ok(Made::Nothing(why)) => Err(why),
                    Err(problem) => {
                        let problem = format!("`{name}` {problem}");
                        return Err(ConfigError::new(path, line, problem));
                    }
                },
            };
            match made {
                Ok((key, value)) => ours.push(named(key, name, line, value)),
                Err(why) => leftovers.push(Leftover {
                    name,
                    line,
                    why,
                    is_unknown: false,
                }),
            }
        }
    }
    // What is not parallel at all has no mode.
    let is = |entry: &Entry, name: &str| entry.written.as_deref() == Some(name);
    if ours.iter().any(|entry| is(entry, "parallel.enabled")) {
        ours.retain(|entry| !is(entry, "parallel.mode"));
    }
    Ok((ours, leftovers))
}

fn counterpart(name: &str) -> Option<&'static To> {
    let found = SEEDS
        .iter()
        .find(|(seed, _)| match seed.starts_with("DASK_") {
            true => seed.eq_ignore_ascii_case(name),
            false => *seed == name,
        });
    found.map(|(_, to)| to)
}

/// Whether a dotted name begins as some known one does.
fn is_section(name: &str) -> bool {
    let Some((section, _)) = name.split_once('.') else {
        return false;
    };
    SEEDS.iter().any(|(seed, _)| begins(seed, section))
}

fn begins(seed: &str, section: &str) -> bool {
    seed.strip_prefix(section)
        .is_some_and(|rest| rest.starts_with('.'))
}

/// An entry by its dotted name; a section that is known here by the names in it.
fn flatten(entry: Entry, found: &mut Vec<(String, Entry)>) {
    let name = entry.name().to_owned();
    let is_ours = !SEEDS.iter().any(|(seed, _)| begins(seed, &name));
    match entry.value {
        Value::Table(inner) if !is_ours => {
            for mut entry in inner {
                entry.written = Some(format!("{name}.{}", entry.key));
                flatten(entry, found);
            }
        }
        value => found.push((name, Entry { value, ..entry })),
    }
}

fn unknown(name: &str, line: Option<u64>) -> Leftover {
    let names = SEEDS.iter().map(|(seed, _)| *seed);
    Leftover {
        name: name.to_owned(),
        line,
        why: super::options::meant(name, names),
        is_unknown: true,
    }
}

/// Our key, perhaps of a section, as the file's name for it.
fn named(key: &str, name: String, line: Option<u64>, value: Value) -> Entry {
    let entry = |key: &str, value| Entry {
        written: Some(name.clone()),
        ..Entry::new(key, line, value)
    };
    match key.split_once('.') {
        None => entry(key, value),
        Some((section, key)) => entry(section, Value::Table(vec![entry(key, value)])),
    }
}

enum Made {
    Set(Value),
    Unset,
    Nothing(String),
}

/// A value in our form, or what was expected.
fn as_ours(read: As, value: &Value) -> Result<Made, String> {
    let found = |expected: &str| {
        let typed = value.typed().map(|typed| format!(" (`{typed}`)"));
        let (kind, typed) = (value.kind(), typed.unwrap_or_default());
        format!("expects {expected}, found {kind}{typed}")
    };
    let text = match value {
        Value::Number(text) | Value::Text(text) => text.trim(),
        Value::Flag(true) => "true",
        Value::Flag(false) => "false",
        _ => "",
    };
    let set = |text: &str| Ok(Made::Set(Value::Text(text.to_owned())));
    match read {
        As::Same => Ok(Made::Set(value.clone())),
        As::Seconds => match parse_duration(text) {
            Ok(time) => Ok(Made::Set(Value::Number(time.as_secs_f64().to_string()))),
            Err(_) => Err(found("a time such as `60s`")),
        },
        As::Memory => match (parse_size(text), text.parse::<f64>()) {
            (Ok(_), Err(_)) => set(text),
            (_, Ok(bytes)) if bytes > 1.0 => set(text),
            (_, Ok(part)) if part.is_finite() => Ok(Made::Nothing(MEMORY_FRACTION.to_owned())),
            _ if text.eq_ignore_ascii_case("auto") => Ok(Made::Nothing(MEMORY_FRACTION.to_owned())),
            _ => Err(found("a size such as `2GB`")),
        },
        As::Gigabytes => match parse_size(&format!("{text}GB")) {
            Ok(_) => set(&format!("{text}GB")),
            Err(_) => Err(found("a number of GB")),
        },
        As::Switch(yes, no) => {
            let chosen = match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => yes,
                "false" | "0" | "no" | "off" => no,
                _ => return Err(found("true or false")),
            };
            match chosen {
                "" => Ok(Made::Unset),
                chosen => set(chosen),
            }
        }
        As::Engine => match text.to_ascii_lowercase().replace('-', "_").as_str() {
            "sequential" => set("sequential"),
            "thread" | "threads" | "multi_thread" => set("threaded"),
            "process" | "hybrid" | "multi_process" => set("process"),
            "dask" | "distributed_dask" => set("dask"),
            "ray" | "distributed_ray" => set("ray"),
            "auto" => set("auto"),
            _ => Err(found("`thread`, `process`, `hybrid`, `dask` or `ray`")),
        },
        As::Address => set(text.strip_prefix(':').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of the table that `docs/configuration.md` has of these keys.
    fn documented() -> String {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
        std::fs::read_to_string(path).expect("the documentation is beside the code")
    }

    #[test]
    fn every_key_is_documented_with_what_becomes_of_it() {
        let documented = documented();
        for (seed, to) in SEEDS {
            let row = documented
                .lines()
                .find(|l| l.starts_with(&format!("| `{seed}` |")));
            let row = row.unwrap_or_else(|| panic!("`{seed}` is not in docs/configuration.md"));
            match to {
                To::Key(key, _) => assert!(row.contains(&format!("`{key}`")), "{row}"),
                To::Nothing(_) => assert!(row.contains("| - |"), "{row}"),
            }
        }
    }

    #[test]
    fn values_are_read_in_their_old_forms() {
        let made = |read, value: Value| match as_ours(read, &value) {
            Ok(Made::Set(value)) => value.typed().expect("a plain value"),
            Ok(Made::Unset) => "unset".to_owned(),
            Ok(Made::Nothing(_)) => "nothing".to_owned(),
            Err(problem) => problem,
        };
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(made(As::Seconds, text("60s")), "60");
        assert_eq!(made(As::Seconds, text("1500ms")), "1.5");
        assert_eq!(made(As::Memory, text("2GB")), "2GB");
        assert_eq!(made(As::Memory, text("auto")), "nothing");
        assert_eq!(made(As::Memory, Value::Number("0.5".into())), "nothing");
        assert_eq!(made(As::Gigabytes, Value::Number("64".into())), "64GB");
        assert_eq!(made(As::Switch("dask", ""), text("true")), "dask");
        assert_eq!(made(As::Switch("dask", ""), Value::Flag(false)), "unset");
        assert_eq!(made(As::Engine, text("Distributed-Ray")), "ray");
        assert_eq!(made(As::Address, text(":8787")), "8787");
        let told = made(As::Seconds, text("soon"));
        assert_eq!(told, "expects a time such as `60s`, found a text (`soon`)");
    }
}
