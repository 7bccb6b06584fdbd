//! Processes that are killed while they fill a run folder.

use super::stage::*;
use super::*;

/// Tells a child its folder.
const CHILD: &str = "HYPERNODES_RESUME_CHILD";
const ITEMS: u64 = 2000;

/// A process that is killed at any moment, again and again, ends with the bytes of one that is not, and computes no
/// item that was recorded. By hand with more kills:
/// `HYPERNODES_KILLS=50 cargo test -p hypernodes-core --test it resume::killed -- --nocapture`
#[test]
fn killed_processes_lose_nothing_that_was_recorded() {
    if let Ok(folder) = std::env::var(CHILD) {
        child(Path::new(&folder));
        return;
    }
    let kills = std::env::var("HYPERNODES_KILLS").map_or(8, |text| text.parse().unwrap());
    let undisturbed = Folder::new();
    start(&undisturbed.0).wait().unwrap();
    let expected = fs::read(undisturbed.0.join("result")).unwrap();
    assert_eq!(computed(&undisturbed.0).values().max(), Some(&1));

    let mut random = Random(0xdead);
    let (mut killed, mut again, mut runs, mut before_end) = (0, 0, 0, 0);
    while killed < kills {
        let folder = Folder::new();
        loop {
            let recorded = finished(&folder.0.join("run"));
            let before = computed(&folder.0);
            let mut child = start(&folder.0);
            let is_killed = killed < kills && before_end < 12;
            if is_killed {
                std::thread::sleep(Duration::from_micros(random.below(1_200_000) as u64));
                child.kill().unwrap();
                killed += 1;
                before_end += 1;
            }
            let status = child.wait().unwrap();
            let after = computed(&folder.0);
            for item in recorded {
                assert_eq!(
                    after.get(&item),
                    before.get(&item),
                    "item {item} was recorded, and computed again"
                );
            }
            if fs::exists(folder.0.join("result")).unwrap() {
                break;
            }
            assert!(is_killed, "{status}");
        }
        assert!(
            fs::read(folder.0.join("result")).unwrap() == expected,
            "other bytes"
        );
        let times = computed(&folder.0);
        assert_eq!(times.len() as u64, ITEMS);
        again += times.values().sum::<u64>() - ITEMS;
        (runs, before_end) = (runs + 1, 0);
    }
    println!(
        "{killed} kills in {runs} runs of {ITEMS} items: {again} items were computed more than once"
    );
}

fn start(folder: &Path) -> std::process::Child {
    fs::create_dir_all(folder).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "resume::killed::killed_processes_lose_nothing_that_was_recorded",
        ])
        .env(CHILD, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// How often each item was computed, from a file beside the run.
fn computed(folder: &Path) -> BTreeMap<u64, u64> {
    let text = fs::read_to_string(folder.join("computed")).unwrap_or_default();
    let mut times = BTreeMap::new();
    // A last line may be torn.
    for line in text
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
    {
        *times.entry(line.parse().unwrap()).or_insert(0) += 1;
    }
    times
}

/// Runs a map of 2,000 items of a millisecond on two threads.
fn child(folder: &Path) {
    let side = fs::File::options()
        .append(true)
        .create(true)
        .open(folder.join("computed"))
        .unwrap();
    let node = node_fn!("y", move |x: u64| -> String {
        (&side).write_all(format!("{x}\n").as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(1));
        (x * 7 % 1000).to_string().repeat(3)
    });
    let p = Pipeline::new("p", vec![node])
        .unwrap()
        .with_engine(Cut::new(400, 2));
    let p = p.with_run_dir(RunDir::new(folder.join("run")).resume(true));
    let runs = p.map(inputs! { x: 0..ITEMS }, "x").unwrap();
    let bytes = runs.slice::<String>("y").unwrap().join("\n");
    fs::write(folder.join("half"), bytes).unwrap();
    fs::rename(folder.join("half"), folder.join("result")).unwrap();
    let status: RunStatus = hypernodes::read_status(&folder.join("run")).unwrap();
    assert!(format!("{status:?}").contains("Done"), "{status:?}");
}
