//! All groups under criterion: `cargo bench -p hypernodes-benches -- map/`.

use std::time::Duration;

use criterion::{Criterion, Throughput};
use hypernodes_benches::{BoxError, Group, areas};

fn main() -> Result<(), BoxError> {
    // In a worker this does not return: the arguments are never looked at there.
    hypernodes_engines::process::init();
    let mut criterion = Criterion::default().configure_from_args();
    for (id, make) in areas::all() {
        bench(&mut criterion, id, make()?)?;
    }
    criterion.final_summary();
    Ok(())
}

fn bench(criterion: &mut Criterion, id: &str, mut group: Group) -> Result<(), BoxError> {
    group.check()?;
    let mut benches = criterion.benchmark_group(id);
    benches.throughput(Throughput::Elements(group.elements));
    benches
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    if group.is_slow {
        benches.sample_size(10);
    }
    for implementation in &mut group.implementations {
        benches.bench_function(implementation.name, |bencher| {
            bencher.iter_custom(|times| implementation.time(times));
        });
    }
    benches.finish();
    Ok(())
}
