//! Nodes around what cannot leave a process.

use hypernodes_core::node;

use crate::conformance::note;

/// A value that cannot leave its process: it has no codec.
#[derive(Clone, Debug)]
pub(crate) struct Opaque(pub(crate) u64);

#[node(output = "m")]
pub(crate) fn noted(n: u64, notes: &str) -> u64 {
    note(notes, n);
    n
}

#[node(output = "opaque")]
pub(crate) fn makes(m: u64) -> Opaque {
    Opaque(m + 1)
}

#[node(output = "opened")]
pub(crate) fn opens(opaque: &Opaque) -> u64 {
    opaque.0 * 2
}

#[node(output = "added")]
pub(crate) fn adds(m: u64, opaque: &Opaque) -> u64 {
    m + opaque.0
}
