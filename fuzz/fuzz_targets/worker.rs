//! The worker's side of a run: its terms, chunks, and the answers of the parent's cache.
#![no_main]

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak, mpsc};
use std::thread;
use std::time::Duration;

use hypernodes_core::remote::WorkerRun;
use hypernodes_fuzz::bytes::Input;
use hypernodes_fuzz::pipelines::worker_plan;
use hypernodes_fuzz::remote::{Link, nested};
use libfuzzer_sys::fuzz_target;

/// Terms may ask for retries until the end of days: such a run is cancelled, and has to end then.
const PATIENCE: Duration = Duration::from_millis(200);

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let number = input.byte();
    let terms = input.piece();
    let link = Arc::new(Link {
        answers: Mutex::new(input.pieces()),
        ..Link::default()
    });
    let Ok(run) = worker_plan(number).begin(terms, nested(), link) else {
        return;
    };
    let run = Arc::new(run);
    watch(&run);
    for chunk in 0..4 {
        if input.0.is_empty() {
            break;
        }
        let (head, blobs) = input.parcel();
        let arrived = run.arrive(chunk, &head, &blobs);
        if chunk == 3 {
            run.abandon(chunk);
        }
        let parcel = run.compute(arrived, None);
        assert!(!parcel.head.is_empty(), "a worker always says something");
    }
});

/// Cancels the run when it takes too long.
fn watch(run: &Arc<WorkerRun>) {
    static WATCHER: OnceLock<Mutex<mpsc::Sender<Weak<WorkerRun>>>> = OnceLock::new();
    let watcher = WATCHER.get_or_init(|| {
        let (sender, runs) = mpsc::channel::<Weak<WorkerRun>>();
        thread::spawn(move || {
            while let Ok(mut run) = runs.recv() {
                // Only the newest run can be under way.
                while let Ok(newer) = runs.recv_timeout(PATIENCE) {
                    run = newer;
                }
                if let Some(run) = run.upgrade() {
                    run.cancel();
                }
            }
        });
        Mutex::new(sender)
    });
    let watcher = watcher.lock().unwrap_or_else(PoisonError::into_inner);
    let _ = watcher.send(Arc::downgrade(run));
}
