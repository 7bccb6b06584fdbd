//! The suite, for every engine and several numbers of workers.

use hypernodes::{Sequential, Workload};
use hypernodes_engines::{Threaded, engine_conformance};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

fn with_rayon(n: usize, call: &(dyn Fn(usize) + Sync)) {
    (0..n).into_par_iter().for_each(call);
}

engine_conformance!(mod sequential, Sequential::default());
engine_conformance!(mod one_worker, Threaded::new().workers(1), parallel = with_rayon);
engine_conformance!(mod two_workers, Threaded::new().workers(2), parallel = with_rayon);
engine_conformance!(mod three_workers, Threaded::new().workers(3).npartitions(5));
engine_conformance!(mod eight_workers, Threaded::new().workers(8), parallel = with_rayon);
engine_conformance!(mod waiting, Threaded::new().workers(2).workload(Workload::Io), parallel = with_rayon);
