//! The nodes of this program, listed by the linker: how another process of it makes the same ones.
//!
//! Every `#[node]` and every `pipeline!` of every crate that is linked adds an entry, without a list by hand and without
//! code before `main`. Two processes of one binary have the same entries in the same order, so a node is known by its
//! place: also one of two that look the same, as a `macro_rules!` may write them.

use std::sync::OnceLock;

use crate::node::NodeRef;

/// A node that every process of this program can make; `#[node]` writes it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Registered {
    /// Where the function is defined: module path and name.
    pub path: &'static str,
    /// A hash of the function's tokens.
    pub tokens: u64,
    /// `version = 2`.
    pub version: u32,
    /// Makes the node.
    pub make: fn() -> NodeRef,
}

impl Registered {
    #[doc(hidden)]
    #[must_use]
    pub const fn new(path: &'static str, tokens: u64, version: u32, make: fn() -> NodeRef) -> Self {
        Self {
            path,
            tokens,
            version,
            make,
        }
    }
}

/// The list, on the platforms whose linkers keep one.
#[cfg(all(
    not(test),
    any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "windows",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "illumos",
    )
))]
mod list {
    use super::Registered;

    /// The entries of all crates.
    #[linkme::distributed_slice]
    pub static NODES: [Registered];

    /// Adds the entry of one node.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:ident, $path:expr, $tokens:expr, $version:expr, $make:expr) => {
            #[$crate::__private::linkme::distributed_slice($crate::__private::NODES)]
            #[linkme(crate = $crate::__private::linkme)]
            static $entry: $crate::Registered =
                $crate::Registered::new($path, $tokens, $version, $make);
        };
    }
}

/// Elsewhere the list is empty, and no node can leave the process. (In the tests of this very crate too: what others may
/// write is unsafe code here. See `tests::list`.)
#[cfg(any(
    test,
    not(any(
        target_os = "linux",
        target_os = "android",
        target_os = "macos",
        target_os = "ios",
        target_os = "windows",
        target_os = "freebsd",
        target_os = "openbsd",
        target_os = "illumos",
    ))
))]
mod list {
    use super::Registered;

    /// No entry.
    pub static NODES: [Registered; 0] = [];

    /// An entry that is in no list.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($entry:ident, $path:expr, $tokens:expr, $version:expr, $make:expr) => {
            static $entry: $crate::Registered =
                $crate::Registered::new($path, $tokens, $version, $make);
        };
    }
}

pub use list::NODES;

/// The nodes that every process of this program can make.
///
/// # Example
/// ```standalone_crate
/// # extern crate hypernodes_core as hypernodes;
/// use hypernodes::{node, remote};
/// #[node]
/// fn halve(x: f64) -> f64 { x / 2.0 }
///
/// let mut paths = remote::registered_nodes().map(|node| node.path);
/// assert!(paths.any(|path| path.ends_with("::halve")));
/// ```
pub fn registered_nodes() -> impl Iterator<Item = &'static Registered> {
    NODES.iter()
}

/// What all registered nodes are, in their order, and which version of this crate they run on: two processes with equal
/// fingerprints mean the same nodes by the same places.
///
/// # Example
/// ```
/// use hypernodes_core::remote;
/// assert_eq!(remote::fingerprint(), remote::fingerprint());
/// ```
#[must_use]
pub fn fingerprint() -> [u8; 32] {
    static FOUND: OnceLock<[u8; 32]> = OnceLock::new();
    *FOUND.get_or_init(|| fingerprint_of(registered_nodes()))
}

fn fingerprint_of<'a>(nodes: impl Iterator<Item = &'a Registered>) -> [u8; 32] {
    let mut hash = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        hash.update(&length.to_le_bytes()).update(bytes);
    };
    part(env!("CARGO_PKG_VERSION").as_bytes());
    for node in nodes {
        part(node.path.as_bytes());
        part(&node.tokens.to_le_bytes());
        part(&node.version.to_le_bytes());
    }
    hash.finalize().into()
}

#[cfg(not(test))]
mod places {
    use std::collections::BTreeMap;

    use super::{NODES, OnceLock, Registered};

    /// The place of an entry. `None` for one that is in no list.
    pub(in crate::remote) fn place_of(entry: &'static Registered) -> Option<u32> {
        static PLACES: OnceLock<BTreeMap<usize, u32>> = OnceLock::new();
        let address = |entry: &'static Registered| std::ptr::from_ref(entry).addr();
        let places = PLACES.get_or_init(|| NODES.iter().map(address).zip(0..).collect());
        places.get(&address(entry)).copied()
    }

    /// The entry at a place.
    pub(in crate::remote) fn at_place(place: u32) -> Option<&'static Registered> {
        NODES.get(usize::try_from(place).ok()?)
    }
}

#[cfg(not(test))]
pub(super) use places::{at_place, place_of};
#[cfg(test)]
pub(super) use tests::list::{at_place, place_of};

#[cfg(test)]
mod tests;
