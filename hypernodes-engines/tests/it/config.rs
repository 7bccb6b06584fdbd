//! Settings: written, read, checked.

use hypernodes::{EngineError, Workload};
use hypernodes_engines::{EngineConfig, SequentialConfig, Threaded, ThreadedConfig};

#[test]
fn settings_survive_a_file() {
    let all = [
        EngineConfig::Sequential(SequentialConfig {}),
        EngineConfig::Threaded(ThreadedConfig::default()),
        EngineConfig::Threaded(ThreadedConfig {
            workers: 3,
            workload: Workload::Io,
            npartitions: Some(16),
        }),
    ];
    for config in all {
        let text = serde_json::to_string(&config).unwrap();
        assert_eq!(
            serde_json::from_str::<EngineConfig>(&text).unwrap(),
            config,
            "{text}"
        );
        assert_eq!(config.build().unwrap().name(), config.name());
    }
    let built = Threaded::new()
        .workers(3)
        .workload(Workload::Io)
        .npartitions(16);
    let text = serde_json::to_string(built.config()).unwrap();
    assert_eq!(text, r#"{"workers":3,"workload":"io","npartitions":16}"#);
}

#[test]
fn wrong_settings_are_refused() {
    for text in [
        r#"{"name": "thread"}"#,
        r#"{"name": "threaded", "worker": 3}"#,
        r#"{"name": "threaded", "workload": "gpu"}"#,
        r#"{"name": "sequential", "workers": 3}"#,
    ] {
        assert!(
            serde_json::from_str::<EngineConfig>(text).is_err(),
            "{text}"
        );
    }
    let config = EngineConfig::Threaded(ThreadedConfig {
        workers: 5000,
        ..ThreadedConfig::default()
    });
    let error = config.build().unwrap_err();
    assert!(matches!(error, EngineError::Config { .. }));
    insta::assert_snapshot!(error, @"engine `threaded`: `workers` is 5000; give 1 to 1024, or 0 for the CPUs that there are");
}

#[test]
fn engines_that_are_not_there_say_so() {
    insta::assert_snapshot!(
        EngineConfig::named("gpu").unwrap_err(),
        @"engine `gpu` is not available: kernels on a graphics card: not in this version; use `threaded`"
    );
    for engine in EngineConfig::available() {
        assert_eq!(
            EngineConfig::named(engine.name).is_ok(),
            engine.available,
            "{}",
            engine.name
        );
    }
}
