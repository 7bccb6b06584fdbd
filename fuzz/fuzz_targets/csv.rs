//! Csv files, compressed ones too: any bytes, and nearly good rows.
#![no_main]

use hypernodes_fuzz::bytes::Input;
use hypernodes_fuzz::prices::{all_of, options};
use hypernodes_trading::data::read_csv_bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let options = options(input.byte());
    // What is not packed is never taken for it, and what is must not grow without bound.
    const NAMES: [&str; 3] = ["A.csv", "A.csv.gz", "A.csv.zst"];
    let name = NAMES[usize::from(input.byte()) % NAMES.len()];
    all_of(read_csv_bytes(name, input.0, &options));
});
