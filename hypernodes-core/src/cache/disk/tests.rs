//! The disk cache as its users see it, and what must not be seen.

use std::fs;

use proptest::prelude::*;
use std::sync::atomic::AtomicU64;

use super::*;

/// A folder that is removed in the end, and does not exist in the beginning.
pub(super) struct Folder {
    pub(super) path: PathBuf,
}

impl Folder {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "hypernodes-disk-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        drop(fs::remove_dir_all(&path));
        Self { path }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.path));
    }
}

impl Folder {
    fn open(&self) -> DiskCache {
        DiskCache::open(&self.path).unwrap()
    }

    /// A cache with room for so many entries of `put`.
    fn open_for(&self, entries: u64) -> DiskCache {
        self.open().max_bytes(FIXED_BYTES + entries * ENTRY)
    }

    /// The lengths of all files, found without the code under test.
    fn bytes(&self) -> u64 {
        fn walk(path: &Path) -> u64 {
            let items = fs::read_dir(path).unwrap();
            items
                .map(|item| {
                    let about = item.as_ref().unwrap().metadata().unwrap();
                    if about.is_dir() {
                        walk(&item.unwrap().path())
                    } else {
                        about.len()
                    }
                })
                .sum()
        }
        walk(&self.path)
    }

    fn counted(&self) -> Option<u64> {
        Ledger::lock(&self.path.join("lock"), Duration::ZERO)
            .unwrap()
            .bytes()
    }
}

fn key(number: u8) -> Key {
    Key::from_bytes(std::array::from_fn(|at| {
        number
            .wrapping_mul(7)
            .wrapping_add(u8::try_from(at).unwrap())
    }))
}

/// The length of an entry of `put`.
const ENTRY: u64 = 120 + 4 + 100;

fn put(cache: &DiskCache, number: u8) {
    cache.put(&key(number), "node", &[number; 100]);
}

/// Makes an entry as old as if it was last used so many seconds ago.
fn age(cache: &DiskCache, number: u8, seconds: u64) {
    let file = File::options()
        .write(true)
        .open(cache.layout.entry(&key(number)))
        .unwrap();
    let then = SystemTime::now() - Duration::from_secs(seconds);
    file.set_times(FileTimes::new().set_modified(then)).unwrap();
}

fn held(cache: &DiskCache) -> Vec<u8> {
    (0..100)
        .filter(|number| cache.contains(&key(*number)))
        .collect()
}

#[test]
fn values_are_kept_for_later_and_for_others() {
    let folder = Folder::new();
    let [first, second] = [folder.open(), folder.open()];
    assert_eq!(first.get(&key(1)), None);
    assert!(!first.contains(&key(1)));
    put(&first, 1);
    assert_eq!(second.get(&key(1)).as_deref(), Some(&[1; 100][..]));
    second.remove(&key(1));
    assert!(!first.contains(&key(1)));
    put(&second, 2);
    drop((first, second));
    assert_eq!(folder.open().get(&key(2)).as_deref(), Some(&[2; 100][..]));
}

#[test]
fn an_empty_value_is_a_value_and_a_later_one_takes_its_place() {
    let folder = Folder::new();
    let cache = folder.open();
    cache.put(&key(1), "", &[]);
    assert_eq!(cache.get(&key(1)).as_deref(), Some(&[][..]));
    cache.put(&key(1), "longer", b"value");
    assert_eq!(cache.get(&key(1)).as_deref(), Some(&b"value"[..]));
    let stats = cache.stats().unwrap();
    assert_eq!(
        (stats.entries, stats.puts, stats.hits, stats.misses),
        (1, 2, 2, 0)
    );
}

#[test]
fn damage_of_any_byte_is_a_miss_and_removes_the_entry() {
    let folder = Folder::new();
    let cache = folder.open();
    put(&cache, 1);
    let path = cache.layout.entry(&key(1));
    let good = fs::read(&path).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..good.len()).map(|at| good[..at].to_vec()).collect();
    damaged.extend((0..good.len()).map(|at| {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        bad
    }));
    damaged.push([&good[..], &[0]].concat());
    for bad in damaged {
        fs::write(&path, &bad).unwrap();
        assert!(cache.contains(&key(1)), "only the name is looked at");
        assert_eq!(cache.get(&key(1)), None);
        assert!(!cache.contains(&key(1)));
    }
    assert!(folder.counted().unwrap() >= folder.bytes());
    fs::write(&path, &good).unwrap();
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn an_entry_of_another_version_is_a_miss() {
    let folder = Folder::new();
    let cache = folder.open();
    put(&cache, 1);
    let path = cache.layout.entry(&key(1));
    let mut other = fs::read(&path).unwrap();
    other[8] = 2;
    fs::write(&path, other).unwrap();
    assert_eq!(
        cache.list().unwrap()[0].damage,
        Some(Damage::Version { found: 2 })
    );
    assert_eq!(cache.get(&key(1)), None);
    put(&cache, 1);
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn an_entry_that_bears_the_name_of_another_is_no_value_of_that() {
    let folder = Folder::new();
    let cache = folder.open();
    put(&cache, 1);
    put(&cache, 2);
    fs::copy(cache.layout.entry(&key(1)), cache.layout.entry(&key(2))).unwrap();
    assert_eq!(cache.get(&key(2)), None);
    assert!(cache.get(&key(1)).is_some());
}

#[test]
fn the_entry_used_longest_ago_goes_first() {
    let folder = Folder::new();
    let cache = folder.open_for(4);
    for number in 1..=4 {
        put(&cache, number);
        age(&cache, number, 100 - u64::from(number));
    }
    assert_eq!(folder.bytes(), cache.max_bytes, "filled to the last byte");
    assert!(cache.get(&key(1)).is_some());
    put(&cache, 5);
    assert_eq!(held(&cache), [1, 3, 4, 5]);
    assert_eq!(cache.stats().unwrap().evicted, 1);
}

#[test]
fn the_order_of_puts_and_gets_is_seen_without_help() {
    let folder = Folder::new();
    let cache = folder.open_for(20);
    for number in 0..20 {
        put(&cache, number);
    }
    for number in (0..10).rev() {
        assert!(cache.get(&key(number)).is_some());
    }
    cache.prune(Some(FIXED_BYTES + 5 * ENTRY), None).unwrap();
    assert_eq!(held(&cache), [0, 1, 2, 3, 4]);
}

#[test]
fn a_value_larger_than_the_bound_is_not_kept_and_costs_nobody_his_place() {
    let folder = Folder::new();
    let cache = folder.open_for(2);
    put(&cache, 1);
    cache.put(&key(2), "node", &[0; 1000]);
    cache.put(&key(3), "node", &[3; 100 + 224]);
    assert_eq!(held(&cache), [3], "exactly the bound is not too large");
    put(&cache, 1);
    cache.put(&key(1), "node", &[0; 1000]);
    assert_eq!(
        held(&cache),
        Vec::<u8>::new(),
        "the older value is not told"
    );
    let nothing = folder.open().max_bytes(0);
    nothing.put(&key(1), "", &[]);
    assert_eq!(held(&nothing), Vec::<u8>::new());
}

#[test]
fn the_size_of_the_folder_is_known_without_looking() {
    let folder = Folder::new();
    let cache = folder.open();
    for number in 0..100 {
        put(&cache, number);
    }
    put(&cache, 7);
    cache.remove(&key(8));
    cache.remove(&key(8));
    cache.put(&key(9), "node", &[]);
    assert!(folder.counted().unwrap() >= folder.bytes());
    // What replaced a longer value is counted like that one until the next scan.
    assert_eq!(folder.counted().unwrap(), folder.bytes() + 100);
    cache.prune(None, None).unwrap();
    assert_eq!(folder.counted().unwrap(), folder.bytes());
    assert_eq!(folder.bytes(), FIXED_BYTES + 98 * ENTRY + 124);
}

#[test]
fn puts_do_not_look_at_the_folder_until_it_is_full() {
    let folder = Folder::new();
    let scans = |entries: u64, puts: u64| {
        let cache = folder.open_for(entries);
        cache.clear().unwrap();
        let before = cache.layout.scans();
        for number in 0..puts {
            let key = Key::from_bytes(*blake3::hash(&number.to_le_bytes()).as_bytes());
            cache.put(&key, "node", &[0; 100]);
        }
        cache.layout.scans() - before
    };
    assert_eq!(scans(300, 300), 0);
    assert_eq!(scans(100, 300), 19, "about one for each tenth of the bound");
}

#[test]
fn what_others_did_to_the_folder_by_hand_is_seen_by_the_next_scan() {
    let folder = Folder::new();
    let cache = folder.open_for(10);
    for number in 0..10 {
        put(&cache, number);
    }
    for number in 0..5 {
        fs::remove_file(cache.layout.entry(&key(number))).unwrap();
    }
    put(&cache, 10);
    assert_eq!(held(&cache), [5, 6, 7, 8, 9, 10], "nothing had to go");
    fs::write(folder.path.join("lock"), "noise").unwrap();
    put(&cache, 11);
    assert_eq!(folder.counted().unwrap(), folder.bytes());
    fs::remove_dir_all(&folder.path).unwrap();
    put(&cache, 12);
    assert_eq!(cache.get(&key(12)), None);
    folder.open();
    put(&cache, 12);
    assert_eq!(held(&cache), [12]);
    assert_eq!(folder.counted().unwrap(), folder.bytes());
}

#[test]
fn the_bound_counts_what_others_are_writing() {
    let folder = Folder::new();
    let cache = folder.open_for(3);
    let first = cache.reserve(ENTRY).unwrap().unwrap();
    let second = cache.reserve(2 * ENTRY).unwrap().unwrap();
    assert_eq!(folder.bytes(), cache.max_bytes);
    put(&cache, 1);
    assert_eq!(
        held(&cache),
        Vec::<u8>::new(),
        "no room, and nobody to evict"
    );
    cache.give_up(&second.0, 2 * ENTRY);
    put(&cache, 1);
    assert_eq!(held(&cache), [1]);
    cache.give_up(&first.0, ENTRY);
    assert_eq!(folder.counted().unwrap(), folder.bytes());
}

#[test]
fn what_a_killed_process_left_is_removed_when_it_is_old() {
    let folder = Folder::new();
    let cache = folder.open();
    let leave = |minutes: u64| {
        let (path, file) = cache.reserve(10).unwrap().unwrap();
        let then = SystemTime::now() - Duration::from_secs(minutes * 60);
        file.set_times(FileTimes::new().set_modified(then)).unwrap();
        path
    };
    let [young, old] = [leave(1), leave(11)];
    let _ = folder.open();
    assert!(young.exists() && !old.exists(), "open");
    let old = leave(11);
    cache.prune(None, None).unwrap();
    assert!(young.exists() && !old.exists(), "prune");
    assert_eq!(folder.counted().unwrap(), folder.bytes());
}

#[test]
fn an_old_count_is_not_believed_when_a_cache_is_opened() {
    let folder = Folder::new();
    put(&folder.open(), 1);
    let count = |age: u64| {
        let mut ledger = Ledger::lock(&folder.path.join("lock"), Duration::ZERO).unwrap();
        ledger
            .found(7, SystemTime::now() - Duration::from_secs(age * 60))
            .unwrap();
        drop(ledger);
        let _ = folder.open();
        folder.counted().unwrap()
    };
    assert_eq!(count(1), 7);
    assert_eq!(count(11), folder.bytes());
}

#[test]
fn listing_and_verifying_tell_what_is_damaged() {
    let folder = Folder::new();
    let cache = folder.open();
    for number in 0..5 {
        put(&cache, number);
    }
    let spoil = |number: u8, at: usize| {
        let path = cache.layout.entry(&key(number));
        let mut bytes = fs::read(&path).unwrap();
        bytes[at] ^= 1;
        fs::write(&path, bytes).unwrap();
    };
    spoil(1, 121);
    spoil(2, 200);
    fs::write(cache.layout.entry(&key(3)), "short").unwrap();
    fs::write(folder.path.join("notes.txt"), "not ours").unwrap();
    let told = |entries: &[EntryInfo]| -> Vec<_> {
        let by_number = |number| entries.iter().find(|entry| entry.key == key(number));
        (0..5)
            .map(|number| by_number(number).and_then(|entry| entry.damage.clone()))
            .collect()
    };
    let header = Some(Damage::Header);
    let length = Some(Damage::Length { found: 5 });
    let listed = cache.list().unwrap();
    assert!(listed.is_sorted_by_key(|entry| entry.key));
    assert_eq!(
        told(&listed),
        [None, header.clone(), None, length.clone(), None]
    );
    assert!(
        listed
            .iter()
            .all(|entry| entry.label.is_empty() == entry.damage.is_some())
    );

    let report = cache.verify().unwrap();
    assert_eq!((report.checked, report.removed), (5, 3));
    assert_eq!(
        told(&report.damaged),
        [None, header, Some(Damage::Value), length, None]
    );
    assert_eq!(held(&cache), [0, 4]);
    assert_eq!(cache.clear().unwrap().removed, 2);
    assert!(
        folder.path.join("notes.txt").exists(),
        "only what is ours is removed"
    );
}

#[test]
fn pruning_by_age_keeps_what_is_younger() {
    let folder = Folder::new();
    let cache = folder.open();
    for number in 0..6 {
        put(&cache, number);
        age(&cache, number, 100 * u64::from(number));
    }
    let report = cache.prune(None, Some(Duration::from_secs(350))).unwrap();
    assert_eq!(held(&cache), [0, 1, 2, 3]);
    assert_eq!((report.removed, report.freed_bytes), (2, 2 * ENTRY));
    assert_eq!((report.left_entries, report.left_bytes), (4, 4 * ENTRY));
}

#[test]
fn a_folder_of_something_else_is_refused() {
    let folder = Folder::new();
    fs::create_dir_all(&folder.path).unwrap();
    let tag = folder.path.join("CACHEDIR.TAG");
    for (name, content) in [
        ("a.txt", "dear"),
        (
            "CACHEDIR.TAG",
            "Signature: 8a477f597d28d172789f06886806bc55\n# cargo\n",
        ),
    ] {
        let file = folder.path.join(name);
        fs::write(&file, content).unwrap();
        let error = DiskCache::open(&folder.path).unwrap_err();
        assert!(matches!(error, CacheError::NotACache { .. }), "{error}");
        fs::remove_file(file).unwrap();
        assert_eq!(
            fs::read_dir(&folder.path).unwrap().count(),
            0,
            "nothing was made"
        );
    }
    // A process was killed when it wrote the marker.
    fs::write(&tag, "Signature: 8a47").unwrap();
    put(&folder.open(), 1);
    fs::write(&tag, marker::CONTENT.replace("cache 1\n", "cache 2\n")).unwrap();
    let error = DiskCache::open(&folder.path).unwrap_err();
    assert!(
        matches!(&error, CacheError::OtherVersion { found, .. } if found == "2"),
        "{error}"
    );
    // Too little to say so, with files beside it.
    fs::write(&tag, "Signature: 8a47").unwrap();
    assert!(matches!(
        DiskCache::open(&folder.path),
        Err(CacheError::NotACache { .. })
    ));
}

#[test]
fn a_file_is_no_folder_and_refusals_of_the_system_are_told() {
    let folder = Folder::new();
    fs::write(&folder.path, "a file").unwrap();
    for path in [folder.path.clone(), folder.path.join("inside")] {
        let error = DiskCache::open(path).unwrap_err();
        assert!(matches!(error, CacheError::NotAFolder { .. }), "{error}");
    }
    fs::remove_file(&folder.path).unwrap();
    assert!(matches!(DiskCache::open(""), Err(CacheError::Io { .. })));
    let told = |kind: ErrorKind| CacheError::of(Path::new("x"), kind.into());
    assert!(matches!(
        told(ErrorKind::PermissionDenied),
        CacheError::NoPermission { .. }
    ));
    assert!(matches!(
        told(ErrorKind::WouldBlock),
        CacheError::Busy { .. }
    ));
}

#[test]
fn trouble_is_told_once_and_fails_nothing() {
    let folder = Folder::new();
    let cache = folder.open();
    put(&cache, 1);
    // A file where the folder for new entries should be: nothing can be written.
    fs::remove_dir(cache.layout.temporary()).unwrap();
    fs::write(cache.layout.temporary(), "").unwrap();
    let warnings = Warnings::default();
    tracing::subscriber::with_default(warnings.clone(), || {
        put(&cache, 2);
        put(&cache, 3);
        // A folder where an entry should be: it cannot be read.
        fs::create_dir_all(cache.layout.entry(&key(4))).unwrap();
        assert_eq!(cache.get(&key(4)), None);
    });
    assert_eq!(warnings.0.load(Ordering::Relaxed), 1);
    assert_eq!(held(&cache), [1]);
    assert!(cache.get(&key(1)).is_some());
    let stats = cache.stats().unwrap();
    assert_eq!((stats.puts, stats.hits, stats.misses), (1, 1, 1));
    assert!(
        folder.open().get(&key(1)).is_some(),
        "it can still be opened"
    );
}

#[test]
fn nobody_waits_again_for_a_lock_that_is_never_given_back() {
    let folder = Folder::new();
    let cache = folder.open();
    assert_eq!(cache.patience(), PATIENCE);
    cache.is_stuck.store(true, Ordering::Relaxed);
    assert_eq!(cache.patience(), Duration::ZERO);
    let stopped = Ledger::lock(&folder.path.join("lock"), Duration::ZERO).unwrap();
    put(&cache, 1);
    assert!(matches!(cache.clear(), Err(CacheError::Busy { .. })));
    assert_eq!(held(&cache), Vec::<u8>::new());
    drop(stopped);
    put(&cache, 1);
    assert_eq!(held(&cache), [1]);
    assert_eq!(cache.patience(), PATIENCE);
}

#[test]
fn threads_share_a_handle() {
    let folder = Folder::new();
    let cache = folder.open_for(20);
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let cache = &cache;
            scope.spawn(move || {
                for step in 0..100_u8 {
                    let number = step.wrapping_mul(thread * 2 + 1) % 40;
                    put(cache, number);
                    if let Some(value) = cache.get(&key(number)) {
                        assert_eq!(*value, [number; 100]);
                    }
                }
            });
        }
    });
    assert!(folder.bytes() <= cache.max_bytes);
    assert_eq!(folder.counted().unwrap(), folder.bytes());
    assert_eq!(fs::read_dir(cache.layout.temporary()).unwrap().count(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn random_deeds_keep_bound_count_and_values(deeds in prop::collection::vec((0..6_u8, 0..12_u8), 0..60)) {
        let folder = Folder::new();
        let caches = [folder.open_for(5), folder.open_for(8)];
        for (at, (deed, number)) in deeds.into_iter().enumerate() {
            let cache = &caches[at % 2];
            match deed {
                0..3 => {
                    put(cache, number);
                    prop_assert!(cache.contains(&key(number)));
                    prop_assert!(folder.bytes() <= cache.max_bytes);
                }
                3 => {
                    let is_there = cache.contains(&key(number));
                    let value = cache.get(&key(number));
                    prop_assert_eq!(value, is_there.then(|| Arc::from([number; 100])));
                }
                4 => cache.remove(&key(number)),
                _ => {
                    let report = cache.prune(Some(u64::from(number) * 200), None).unwrap();
                    prop_assert!(report.left_bytes <= u64::from(number) * 200);
                    prop_assert_eq!(report.left_entries, held(cache).len() as u64);
                }
            }
            prop_assert_eq!(folder.counted().unwrap(), folder.bytes());
        }
    }
}

/// Counts warnings.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU64>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, about: &tracing::Metadata<'_>) -> bool {
        *about.level() == tracing::Level::WARN
    }

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::Id {
        tracing::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::Id, _: &tracing::Id) {}
    fn enter(&self, _: &tracing::Id) {}
    fn exit(&self, _: &tracing::Id) {}
}
