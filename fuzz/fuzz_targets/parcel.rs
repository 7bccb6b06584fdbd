//! Layouts: what lies where in shared memory.
#![no_main]

use hypernodes_engines::process::fuzzing::{Memory, open};
use hypernodes_fuzz::bytes::Input;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut input = Input(bytes);
    let slots = usize::from(input.byte() % 5);
    let arena = vec![7; usize::from(input.byte()) * 4096];
    let file = vec![9; usize::from(input.byte()) * 1024];
    let layout = input.piece();
    let memory = Memory {
        arena: &arena,
        slots,
        file: (!file.is_empty()).then_some(&file),
    };
    if let Some(pieces) = open(layout, memory) {
        let bytes: usize = pieces.iter().map(Vec::len).sum();
        let most = arena.len().max(file.len() + 64).max(layout.len());
        assert!(bytes <= most, "{bytes} bytes out of {most}");
    }
});
