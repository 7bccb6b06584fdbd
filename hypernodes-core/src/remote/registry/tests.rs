use super::*;

/// Stands for the list of the linker in the tests of this crate: an entry gets its place when it is asked for.
pub(in crate::remote) mod list {
    use std::sync::Mutex;

    use super::Registered;

    static ENTRIES: Mutex<Vec<&'static Registered>> = Mutex::new(Vec::new());

    pub(in crate::remote) fn place_of(entry: &'static Registered) -> Option<u32> {
        let mut entries = ENTRIES.lock().expect("no test panics here");
        let known = entries.iter().position(|known| std::ptr::eq(*known, entry));
        let place = known.unwrap_or_else(|| {
            entries.push(entry);
            entries.len() - 1
        });
        u32::try_from(place).ok()
    }

    pub(in crate::remote) fn at_place(place: u32) -> Option<&'static Registered> {
        let entries = ENTRIES.lock().expect("no test panics here");
        entries.get(usize::try_from(place).ok()?).copied()
    }
}

#[test]
fn the_fingerprint_depends_on_everything_and_on_the_order() {
    fn none() -> NodeRef {
        unreachable!("nothing is made here")
    }
    let of = |nodes: &[(&'static str, u64, u32)]| {
        let nodes: Vec<Registered> = nodes
            .iter()
            .map(|&(path, tokens, version)| Registered::new(path, tokens, version, none))
            .collect();
        fingerprint_of(nodes.iter())
    };
    let base = of(&[("a", 1, 0), ("b", 2, 0)]);
    assert_eq!(base, of(&[("a", 1, 0), ("b", 2, 0)]));
    for other in [
        &[("b", 2, 0), ("a", 1, 0)][..],
        &[("a", 1, 0)],
        &[("a", 1, 0), ("c", 2, 0)],
        &[("a", 1, 0), ("b", 3, 0)],
        &[("a", 1, 0), ("b", 2, 1)],
        &[("a", 1, 0), ("", 2, 0), ("b", 2, 0)],
    ] {
        assert_ne!(base, of(other));
    }
}
