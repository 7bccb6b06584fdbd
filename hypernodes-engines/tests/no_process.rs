//! What systems get that worker processes cannot be had on: `cargo xtask check --only no-process` builds it anywhere.
#![cfg(any(hypernodes_no_process, not(target_os = "linux")))]
#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

hypernodes_engines::enable_process_tests!();

use hypernodes_engines::{EngineConfig, Process, ProcessConfig};

const TEXT: &str = "engine `process` is not available: it needs Linux (sealed shared memory, descriptors over sockets); \
                    use `threaded` here";

#[test]
fn the_engine_says_that_it_is_not_available() {
    hypernodes_engines::process::init();
    assert_eq!(Process::new().unwrap_err().to_string(), TEXT);
    let config = ProcessConfig {
        workers: 4,
        ..ProcessConfig::default()
    };
    assert_eq!(Process::from_config(config).unwrap_err().to_string(), TEXT);
    let named = EngineConfig::named("process").unwrap();
    assert_eq!(named.build().unwrap_err().to_string(), TEXT);
}

#[test]
fn the_list_of_engines_says_so_too() {
    let engines = EngineConfig::available();
    let process = engines.iter().find(|engine| engine.name == "process");
    let process = process.unwrap();
    assert!(!process.available);
    assert_eq!(
        process.description,
        "worker processes need Linux; use `threaded` here"
    );
}
