//! Nodes of the tests: some are poisonous.

use std::io::Write;
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use hypernodes::node;

#[node(output = "square")]
pub(crate) fn square(x: u64) -> u64 {
    x * x
}

#[node(output = "sum")]
pub(crate) fn add(square: u64, k: u64) -> u64 {
    square + k
}

#[node(output = "pid")]
pub(crate) fn pid(x: u64) -> u32 {
    let _ = x;
    std::process::id()
}

/// What kills a worker, by item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) enum Poison {
    Segfault,
    Abort,
    Overflow,
    Exit,
    Memory,
    Hang,
    Garbage,
    HalfFrame,
    Close,
    Kill,
}

#[node(output = "y")]
pub(crate) fn bitter(x: u64, poisons: &[(u64, Poison)]) -> u64 {
    if let Some((_, poison)) = poisons.iter().find(|(item, _)| *item == x) {
        swallow(*poison);
    }
    x.wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// Does what the poison says; some only seem to.
pub(crate) fn swallow(poison: Poison) {
    match poison {
        Poison::Segfault => segfault(),
        Poison::Abort => std::process::abort(),
        Poison::Overflow => drop(std::hint::black_box(deep(1))),
        Poison::Exit => std::process::exit(3),
        Poison::Memory => {
            let mut all = Vec::new();
            loop {
                all.push(std::hint::black_box(Vec::<u8>::with_capacity(64 << 20)));
            }
        }
        Poison::Hang => loop {
            std::thread::sleep(Duration::from_secs(1));
        },
        Poison::Garbage => to_sockets(b"this is no frame at all"),
        Poison::HalfFrame => {
            let frame = hypernodes_engines::process::wire::frame(
                hypernodes_engines::process::wire::Kind::ToParent,
                &vec![0_u8; 1000],
                0,
            );
            to_sockets(&frame.unwrap()[..500]);
        }
        Poison::Close => {
            for socket in sockets() {
                drop(owned(socket));
            }
        }
        Poison::Kill => {
            let _ = rustix::process::kill_process(
                rustix::process::getpid(),
                rustix::process::Signal::KILL,
            );
            std::thread::sleep(Duration::from_secs(10));
        }
    }
}

fn deep(x: u64) -> u64 {
    let array = std::hint::black_box([x; 512]);
    if x == 0 { 0 } else { deep(x + 1) + array[7] }
}

#[expect(unsafe_code, reason = "the fault is the point")]
fn segfault() {
    // SAFETY: none: the process dies of it, as it is meant to.
    unsafe { std::ptr::without_provenance_mut::<u8>(8).write_volatile(1) };
}

fn sockets() -> Vec<i32> {
    let folder = std::fs::read_dir("/proc/self/fd").unwrap();
    let sockets = folder.filter_map(|entry| {
        let entry = entry.ok()?;
        let target = std::fs::read_link(entry.path()).ok()?;
        let number = entry.file_name().into_string().ok()?.parse().ok()?;
        target.to_str()?.starts_with("socket:").then_some(number)
    });
    sockets.collect()
}

fn to_sockets(bytes: &[u8]) {
    for socket in sockets().into_iter().take(1) {
        let mut file = std::mem::ManuallyDrop::new(std::fs::File::from(owned(socket)));
        let _ = file.write_all(bytes);
    }
}

#[expect(
    unsafe_code,
    reason = "a node that meddles with descriptors that are not its own"
)]
fn owned(descriptor: i32) -> OwnedFd {
    // SAFETY: the descriptor is open; that it has another owner too is the fault that is tried.
    unsafe { OwnedFd::from_raw_fd(descriptor) }
}
