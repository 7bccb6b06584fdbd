//! Parquet files: any bytes between the marks that begin and end one.
#![no_main]

use std::sync::Once;

use hypernodes_fuzz::bytes::Input;
use hypernodes_fuzz::prices::{all_of, options};
use hypernodes_trading::data::read_parquet_bytes;
use libfuzzer_sys::fuzz_target;

/// The library's reader panics on some damage, and that is caught and told: only what escapes is a finding.
static HOOK: Once = Once::new();

fuzz_target!(|bytes: &[u8]| {
    HOOK.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let mut input = Input(bytes);
    let options = options(input.byte());
    all_of(read_parquet_bytes("A.parquet", input.0, &options));
});
