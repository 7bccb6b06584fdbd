//! Settings from a file: `--config`, and what `config` makes of files.

use crate::support::{Folder, Ran, market};

/// The same settings in each form.
const FORMS: [(&str, &str); 4] = [
    (
        "a.toml",
        "workers = 3\nformat = \"csv\"\n[scan]\nlimit = 90\ntop = 1\n",
    ),
    (
        "a.yaml",
        "workers: 3\nformat: csv\nscan:\n  limit: 90\n  top: 1\n",
    ),
    (
        "a.yml",
        "{workers: \"3\", format: csv, scan: {limit: 90, top: 1}}",
    ),
    (
        "a.json",
        "{\"workers\": 3, \"format\": \"csv\", \"scan\": {\"limit\": 90, \"top\": 1}}",
    ),
];

fn with_env(folder: &Folder, args: &[&str], env: &[(&str, &str)]) -> Ran {
    let mut command = folder.command(args);
    command.envs(env.iter().copied());
    Ran::of(&mut command)
}

#[test]
fn an_option_counts_more_than_the_environment_that_more_than_the_file_that_more_than_the_default() {
    let folder = Folder::new();
    let npartitions = ["plan", "npartitions", "--items", "10000"];
    let number = |workers: &str| {
        let args = [&npartitions[..], &["--workers", workers]].concat();
        folder.run(&args).ok()
    };
    let numbers = ["3", "5", "7"].map(number);
    assert!(numbers[0] != numbers[1] && numbers[1] != numbers[2] && numbers[0] != numbers[2]);
    for (name, text) in FORMS {
        folder.write(name, text);
        let args = [&npartitions[..], &["--config", name]].concat();
        assert_eq!(folder.run(&args).ok(), numbers[0], "{name}");
        let env = [("HYPERNODES_WORKERS", "5")];
        assert_eq!(with_env(&folder, &args, &env).ok(), numbers[1], "{name}");
        let args = [&args[..], &["--workers", "7"]].concat();
        assert_eq!(with_env(&folder, &args, &env).ok(), numbers[2], "{name}");
        let env = [("HYPERNODES_CONFIG", name)];
        assert_eq!(
            with_env(&folder, &npartitions, &env).ok(),
            numbers[0],
            "{name}"
        );
        let env = [("HYPERNODES_CONFIG", name), ("HYPERNODES_WORKERS", "")];
        assert_eq!(
            with_env(&folder, &npartitions, &env).ok(),
            numbers[0],
            "{name}"
        );
    }
}

#[test]
fn a_section_sets_the_options_of_its_command() {
    let folder = market(&["A", "B", "C"]);
    let scan = [
        "scan",
        "data",
        "--limit",
        "90",
        "--min-signal",
        "0",
        "--format",
        "csv",
    ];
    let all = folder.run(&scan).ok();
    let top = folder.run(&[&scan[..], &["--top", "1"]].concat()).ok();
    assert_ne!(all, top);
    for (name, text) in FORMS {
        folder.write(name, text);
        let args = ["scan", "data", "--min-signal", "0", "--config", name];
        assert_eq!(folder.run(&args).ok(), top, "{name}");
        let args = [&args[..], &["--top", "9"]].concat();
        assert_eq!(folder.run(&args).ok(), all, "{name}");
        let plan = folder.run(&["plan", "scan", "--config", name]).ok();
        assert!(plan.starts_with("market_scan"), "{plan}");
    }
    folder.write("dashes.toml", "[scan]\nmin-signal = 0\nlimit = 90\n");
    folder.write("bars.yaml", "scan:\n  min_signal: 0\n  limit: 90\n");
    for name in ["dashes.toml", "bars.yaml"] {
        let args = ["scan", "data", "--format", "csv", "--config", name];
        assert_eq!(folder.run(&args).ok(), all, "{name}");
    }
    folder.write("bad.toml", "[scan]\nlimit = -5\n");
    let refused = folder
        .run(&["plan", "scan", "--config", "bad.toml"])
        .refused();
    assert!(
        refused.contains("`limit` of config file `bad.toml`, line 2"),
        "{refused}"
    );
}

#[test]
fn lists_switches_and_empty_values() {
    let folder = market(&["A", "B", "C"]);
    let scan = [
        "scan",
        "data",
        "--limit",
        "90",
        "--min-signal",
        "0",
        "--format",
        "csv",
    ];
    let two = folder
        .run(&[&scan[..], &["--symbols", "A,C"]].concat())
        .ok();
    folder.write("list.toml", "[scan]\nsymbols = [\"A\", \"C\"]\n");
    folder.write("text.yaml", "scan: {symbols: 'A,C'}\noutput:\nlog: ''\n");
    for name in ["list.toml", "text.yaml"] {
        let args = [&scan[..], &["--config", name]].concat();
        assert_eq!(folder.run(&args).ok(), two, "{name}");
    }
    folder.write("gpu.toml", "engine = \"gpu\"\nfallback = true\n");
    let args = [&scan[..], &["--config", "gpu.toml"]].concat();
    let ran = folder.run(&args);
    assert!(
        ran.code == Some(0) && ran.stderr.contains("`threaded` runs"),
        "{ran:?}"
    );
    let ran = with_env(&folder, &args, &[("HYPERNODES_FALLBACK", "0")]);
    assert!(ran.refused().contains("engine `gpu` is not available"));
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_its_place() {
    let folder = Folder::new();
    let mut told = String::new();
    for (name, text) in [
        ("unknown.toml", "# mine\nwrokers = 4\n"),
        ("unknown.yaml", "wrokers: 4\n"),
        ("unknown.json", "{\"wrokers\": 4}"),
        ("far.toml", "zzz = 4\n"),
        ("config.toml", "config = \"other.toml\"\n"),
        ("below.toml", "limit = 90\n"),
        ("above.toml", "[scan]\nworkers = 4\n"),
        ("section.toml", "[skan]\nlimit = 4\n"),
        ("in_section.yaml", "scan:\n  limt: 4\n"),
        ("no_section.toml", "scan = 4\n"),
        ("twice.toml", "workers = 1\nworkers = 2\n"),
        ("twice.yaml", "workers: 1\nworkers: 2\n"),
        ("twice.json", "{\"workers\": 1, \"workers\": 2}"),
        ("both.toml", "on-error = \"fail\"\non_error = \"collect\"\n"),
        ("seed_and_ours.yaml", "workers: 1\nDASK_N_WORKERS: 2\n"),
        ("boolean.toml", "workers = true\n"),
        ("boolean.yaml", "resume: soon\n"),
        ("number.json", "{\"fallback\": 1}"),
        ("list.toml", "engine = [\"gpu\"]\n"),
        ("table.toml", "[workers]\nn = 4\n"),
        ("cache.toml", "[cache]\nmax-size = 4\n"),
        ("value.toml", "workers = \"many\"\n"),
        ("negative.toml", "workers = -1\n"),
        ("choice.yaml", "on-error: ignore\n"),
        ("choice.json", "{\"engine\": \"abacus\"}"),
        ("size.toml", "max-memory = \"2 apples\"\n"),
        ("seconds.toml", "timeout = 0\n"),
        ("needs.toml", "resume = true\n"),
        ("syntax.toml", "workers = 1\nlog = = 2\n"),
        ("syntax.yaml", "workers: 1\nlog: [a\n"),
        ("syntax.json", "{\"workers\": 1,\n}"),
        ("two.yaml", "workers: 1\n---\nworkers: 2\n"),
        ("list.yaml", "- workers\n"),
        ("text.json", "\"workers\""),
        ("seed.yaml", "parallel:\n  mod: thread\n"),
        ("seed_value.yaml", "DASK_CONNECT_TIMEOUT: soon\n"),
        ("seed_size.yaml", "worker_node:\n  memory_gb: much\n"),
        ("seed_number.yaml", "DASK_N_WORKERS: many\n"),
        ("settings.ini", "workers = 4\n"),
        ("settings", "workers = 4\n"),
        (".env", "DASK_N_WORKERS=4\n"),
    ] {
        folder.write(name, text);
        let refused = folder.run(&["engines", "--config", name]).refused();
        told += &format!("$ {name}: {text:?}\n{refused}");
    }
    folder.write("folder.toml/x", "");
    folder.write("binary.toml", [b'a', b'\n', 0xff, 0xfe]);
    folder.write("large.yaml", vec![b'#'; (1 << 20) + 1]);
    for name in ["folder.toml", "binary.toml", "large.yaml", "missing.toml"] {
        let refused = folder.run(&["engines", "--config", name]).refused();
        told += &format!("$ {name}\n{refused}");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn help_is_the_same_with_a_file_even_a_wrong_one() {
    let folder = Folder::new();
    folder.write("good.toml", "workers = 4\n[scan]\nlimit = 90\n");
    folder.write("bad.toml", "wrokers = 4\n");
    for args in [&["scan", "--help"][..], &["--version"], &["help", "scan"]] {
        let plain = folder.run(args).ok();
        for name in ["good.toml", "bad.toml", "missing.toml"] {
            let args = [&["--config", name], args].concat();
            assert_eq!(folder.run(&args).ok(), plain, "{args:?}");
        }
    }
}

#[test]
fn check_prints_all_settings_and_they_are_a_file_again() {
    let folder = Folder::new();
    for (name, text) in FORMS {
        folder.write(name, text);
        let env = [
            ("HYPERNODES_ON_ERROR", "collect"),
            ("HYPERNODES_LOG", "info"),
        ];
        let args = ["config", "check", name, "--log", "error", "--fallback"];
        let printed = with_env(&folder, &args, &env).ok();
        for line in [
            "\"workers\": 3,",
            "\"format\": \"csv\",",
            "\"on-error\": \"collect\",",
            "\"log\": \"error\",",
            "\"fallback\": true,",
            "\"workload\": \"mixed\",",
            "\"run-dir\": null,",
            "  \"scan\": {",
            "\"limit\": 90,",
            "\"top\": 1,",
        ] {
            assert!(printed.contains(line), "{line}: {printed}");
        }
        folder.write("again.json", &printed);
        assert_eq!(folder.run(&["config", "check", "again.json"]).ok(), printed);
    }
    folder.write("bad.toml", "wrokers = 4\n");
    let refused = folder.run(&["config", "check", "bad.toml"]).refused();
    assert!(refused.contains("did you mean `workers`?"), "{refused}");
}

const DASK: &str = "\
# Dask Parallel Processing Configuration
DASK_N_WORKERS=4                    # Number of worker processes
DASK_THREADS_PER_WORKER=2
DASK_MEMORY_LIMIT=2GB
DASK_CHUNK_SIZE=100
DASK_ENABLE_DISTRIBUTED=false
DASK_SCHEDULER_ADDRESS=             # Remote scheduler address
DASK_MEMORY_TARGET_FRACTION=0.6
DASK_CONNECT_TIMEOUT=60s
DASK_TCP_TIMEOUT=60s
SECRET_KEY=hunter2
";

const CLUSTER: &str = "\
cluster_name: alphapulse-cluster
cluster_type: aws  # local, aws, gcp, azure
availability_zones:
  - us-east-1a
head_node:
  cpu_cores: 8
worker_node:
  cpu_cores: 16
  memory_gb: 64
  spot_instance: true
autoscaling:
  target_cpu_utilization: 70.0
storage:
  shared_storage_type: s3
  cache_size_gb: 100
monitoring:
  enable_logging: true
  prometheus_endpoint: http://prometheus:9090
";

const PARALLEL: &str = "\
parallel:
  enabled: true
  mode: process
  max_workers: 0
  resources:
    max_memory_percent: 80
    max_cpu_percent: 90
database:
  password: hunter2
";

#[test]
fn settings_of_older_systems_are_imported() {
    let folder = Folder::new();
    let mut printed = String::new();
    for (name, text) in [
        (".env", DASK),
        ("cluster.yaml", CLUSTER),
        ("parallel.yaml", PARALLEL),
    ] {
        folder.write(name, text);
        let toml = folder.run(&["config", "import", name]).ok();
        assert!(!toml.contains("hunter2"), "{toml}");
        folder.write("imported.toml", &toml);
        folder.run(&["config", "check", "imported.toml"]).ok();
        printed += &toml;
        printed += "\n";
    }
    insta::assert_snapshot!(printed);
    folder.write("bad.env", "DASK_N_WORKERS=many\n");
    let refused = folder.run(&["config", "import", "bad.env"]).refused();
    assert!(
        refused.contains("`DASK_N_WORKERS` of config file `bad.env`, line 1"),
        "{refused}"
    );
}

#[test]
fn keys_of_older_systems_are_taken_as_they_are() {
    let folder = Folder::new();
    let check = |name: &str, text: &str| {
        folder.write(name, text);
        folder.run(&["config", "check", name])
    };
    let off = "parallel:\n  enabled: false\n  mode: process\n  max_workers: 6\n";
    let printed = check("off.yaml", off).ok();
    assert!(printed.contains("\"engine\": \"sequential\","), "{printed}");
    assert!(printed.contains("\"workers\": 6,"), "{printed}");

    let ran = check("cluster.yaml", CLUSTER);
    assert!(
        ran.stderr
            .starts_with("note: config file `cluster.yaml`: no counterpart for `cluster_name`, ")
    );
    assert_eq!(ran.stderr.lines().count(), 1);
    for line in [
        "\"threads-per-worker\": 16,",
        "\"worker-memory\": \"64GB\",",
        "\"max-size\": \"100GB\",",
        "\"log\": \"info\",",
    ] {
        assert!(ran.stdout.contains(line), "{line}: {}", ran.stdout);
    }
    let text = "{\"DASK_ENABLE_DISTRIBUTED\": true, \"DASK_SCHEDULER_ADDRESS\": \"tcp://h:8786\"}";
    let printed = check("dask.json", text).ok();
    assert!(printed.contains("\"engine\": \"dask\","), "{printed}");
    assert!(
        printed.contains("\"scheduler\": \"tcp://h:8786\","),
        "{printed}"
    );
    let code = "n_workers: 4\nmemory_limit: 8GB\ndashboard_address: ':8787'\nframework: ray\n";
    let printed = check("code.yaml", code).ok();
    assert!(printed.contains("\"dashboard\": \"8787\","), "{printed}");
}
