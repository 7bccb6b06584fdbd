//! Workers that are processes, here or elsewhere.

use std::time::Duration;

use clap::Args;

use super::at_least_one;
use super::size::{parse_seconds, parse_size};

#[derive(Debug, Clone, Args)]
pub(crate) struct ClusterArgs {
    /// Threads of each worker, where workers are processes [default: 1]
    #[arg(long, global = true, value_parser = at_least_one, value_name = "N")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_THREADS_PER_WORKER", hide_env_values = true)]
    pub(crate) threads_per_worker: Option<usize>,
    /// Memory that each worker may allocate, where workers are processes
    #[arg(long, global = true, value_parser = parse_size, value_name = "SIZE")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_WORKER_MEMORY", hide_env_values = true)]
    pub(crate) worker_memory: Option<u64>,
    /// Where the scheduler of Dask or Ray listens, such as `tcp://10.0.0.5:8786`
    #[arg(long, global = true, value_parser = scheduler, value_name = "ADDRESS")]
    #[arg(env = "HYPERNODES_SCHEDULER", hide_env_values = true)]
    pub(crate) scheduler: Option<String>,
    /// Time to reach the scheduler [default: 60]
    #[arg(long, global = true, value_parser = parse_seconds, value_name = "SECONDS")]
    #[arg(allow_negative_numbers = true)]
    #[arg(env = "HYPERNODES_CONNECT_TIMEOUT", hide_env_values = true)]
    pub(crate) connect_timeout: Option<Duration>,
}

impl ClusterArgs {
    /// The options that were given, in the order of the help.
    pub(crate) fn given(&self) -> Vec<&'static str> {
        let given = [
            ("--threads-per-worker", self.threads_per_worker.is_some()),
            ("--worker-memory", self.worker_memory.is_some()),
            ("--scheduler", self.scheduler.is_some()),
            ("--connect-timeout", self.connect_timeout.is_some()),
        ];
        let given = given.into_iter().filter(|(_, is_given)| *is_given);
        given.map(|(option, _)| option).collect()
    }
}

/// `HOST:PORT`, with a scheme or without.
fn scheduler(text: &str) -> Result<String, String> {
    let refused = || "expected an address such as `tcp://10.0.0.5:8786` or `host:8786`".to_owned();
    let text = text.trim();
    let place = match text.split_once("://") {
        None => text,
        Some(("tcp" | "tls" | "ray", place)) => place,
        Some((scheme, _)) => {
            return Err(format!(
                "`{scheme}` is no scheme of a scheduler; choose `tcp`, `tls` or `ray`"
            ));
        }
    };
    let (host, port) = place.rsplit_once(':').ok_or_else(refused)?;
    let is_host = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
    let is_port = port.parse::<u16>().is_ok_and(|port| port > 0);
    match !host.is_empty() && host.chars().all(is_host) && is_port {
        true => Ok(text.to_owned()),
        false => Err(refused()),
    }
}

#[cfg(test)]
mod tests {
    use super::scheduler;

    #[test]
    fn a_scheduler_is_a_host_and_a_port() {
        for good in [
            "tcp://10.0.0.5:8786",
            "host-1:8786",
            "ray://h:10001",
            "tls://[::1]:1",
        ] {
            assert_eq!(scheduler(good).as_deref(), Ok(good));
        }
        for wrong in [
            "",
            "host",
            "host:0",
            "host:65536",
            ":8786",
            "http://h:1",
            "a b:1",
            "h:1/x",
        ] {
            assert!(scheduler(wrong).is_err(), "{wrong}");
        }
    }
}
