//! Values that are larger than any buffer on their way, in both directions.
//!
//! Each call has a program of its own, so that its peak of memory can be told. With 1 GiB:
//! ```text
//! cargo test -p hypernodes-engines --features process,threaded,conformance --test process -- --ignored --nocapture large
//! ```

use std::time::Instant;

use hypernodes::prelude::*;
use hypernodes_engines::process::isolated;

use crate::stage::{PATIENCE, memory, play, program, say};

/// How long the pattern is that fills bytes: no power of two, so that a piece at a wrong place is noticed.
const PATTERN: usize = 65_521;

fn pattern() -> Vec<u8> {
    let bytes = (0..PATTERN).map(|i| u8::try_from(i * 31 % 251).unwrap());
    bytes.collect()
}

fn filled(bytes: usize) -> Vec<u8> {
    let pattern = pattern();
    let mut all = Vec::with_capacity(bytes);
    while all.len() < bytes {
        let more = PATTERN.min(bytes - all.len());
        all.extend_from_slice(&pattern[..more]);
    }
    all
}

fn is_filled(all: &[u8], bytes: usize) -> bool {
    let pattern = pattern();
    all.len() == bytes
        && all
            .chunks(PATTERN)
            .all(|piece| *piece == pattern[..piece.len()])
}

fn ramp(numbers: usize) -> Vec<f64> {
    let mut all = vec![1.5; numbers];
    for at in (0..numbers).step_by(1000) {
        all[at] = at as f64;
    }
    all[numbers - 1] = -1.0;
    all
}

fn is_ramp(all: &[f64], numbers: usize) -> bool {
    let step = |(at, part): (usize, &[f64])| part[0] == (at * 1000) as f64 || part[0] == -1.0;
    all.len() == numbers && all[numbers - 1] == -1.0 && all.chunks(1000).enumerate().all(step)
}

#[node]
pub(crate) fn bytes(count: u64) -> Vec<u8> {
    filled(usize::try_from(count).unwrap())
}

#[node]
pub(crate) fn numbers(count: u64) -> Vec<f64> {
    ramp(usize::try_from(count).unwrap())
}

#[node(output = "fine")]
pub(crate) fn look_at_bytes(all: &[u8], count: u64) -> bool {
    is_filled(all, usize::try_from(count).unwrap())
}

#[node(output = "fine")]
pub(crate) fn look_at_numbers(all: &[f64], count: u64) -> bool {
    is_ramp(all, usize::try_from(count).unwrap())
}

/// The role: one call with so many bytes.
pub(crate) fn weigh(given: &[u64]) {
    let &[what, size] = given else {
        panic!("give what, and how many bytes");
    };
    let bytes_ = usize::try_from(size).unwrap();
    let before = memory("VmHWM:");
    let begun = Instant::now();
    let is_fine = match what {
        0 => {
            let out = isolated(bytes::node())
                .run(inputs! { count: size })
                .unwrap();
            is_filled(out.get::<Vec<u8>>("bytes").unwrap(), bytes_)
        }
        1 => {
            let out = isolated(numbers::node())
                .run(inputs! { count: size / 8 })
                .unwrap();
            is_ramp(out.get::<Vec<f64>>("numbers").unwrap(), bytes_ / 8)
        }
        2 => {
            let inputs = inputs! { all: filled(bytes_), count: size };
            let out = isolated(look_at_bytes::node()).run(inputs).unwrap();
            *out.get::<bool>("fine").unwrap()
        }
        _ => {
            let inputs = inputs! { all: ramp(bytes_ / 8), count: size / 8 };
            let out = isolated(look_at_numbers::node()).run(inputs).unwrap();
            *out.get::<bool>("fine").unwrap()
        }
    };
    let seconds = begun.elapsed().as_secs_f64();
    let peak = memory("VmHWM:").saturating_sub(before) * 1024;
    assert!(is_fine);
    assert!(
        peak < 3 * size + (64 << 20),
        "the peak is {peak} for {size}"
    );
    let times = peak as f64 / size as f64;
    say(format_args!(
        "{what}: {size} bytes in {seconds:.2} s, peak {times:.2} times"
    ));
}

fn arrives(what: u64, size: u64) {
    let said = play(program("weigh", &[what, size]), PATIENCE * 5);
    println!("{}", said.join("\n"));
    assert_eq!(said.len(), 1, "{said:?}");
}

const SOME: u64 = (192 << 20) + 8;
const GIB: u64 = 1 << 30;

#[test]
fn many_bytes_come_back() {
    arrives(0, SOME);
}

#[test]
fn many_numbers_come_back() {
    arrives(1, SOME);
}

#[test]
fn many_bytes_go_in() {
    arrives(2, SOME);
}

#[test]
fn many_numbers_go_in() {
    arrives(3, SOME);
}

#[test]
#[ignore = "takes gigabytes of memory"]
fn a_gibibyte_comes_back_and_goes_in() {
    for what in 0..4 {
        arrives(what, GIB);
    }
}
