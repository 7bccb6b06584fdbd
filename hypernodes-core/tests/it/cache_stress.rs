//! Many processes on one disk cache, some of them killed and some entries spoilt: values stay right, and the bound holds.
//!
//! Three seconds; by hand longer, with its figures:
//! `HYPERNODES_STRESS_SECONDS=60 cargo test -p hypernodes-core --test it cache_stress -- --nocapture`

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use hypernodes::{CacheStore, DiskCache, Key};

const PROCESSES: u64 = 8;
const KEYS: u64 = 500;
const MAX_VALUE: u64 = 16 << 10;
/// About a quarter of what all values take.
const MAX_BYTES: u64 = 1 << 20;
/// How often a process is killed, on average.
const KILL_EVERY: u64 = 1000;

/// Tells a child its folder and its seed.
const CHILD: &str = "HYPERNODES_STRESS_CHILD";

#[test]
fn processes_share_a_disk_cache() {
    if let Ok(task) = std::env::var(CHILD) {
        println!("{}", child(&task));
        return;
    }
    let seconds = std::env::var("HYPERNODES_STRESS_SECONDS").ok();
    let seconds = seconds.map_or(3, |text| text.parse().unwrap());
    let folder = Folder::new();
    let mut random = Random(0x5eed);
    let mut next_seed = 0;
    let mut start = || {
        next_seed += 1;
        spawn(&folder.0, next_seed)
    };
    let mut children: Vec<_> = (0..PROCESSES).map(|_| start()).collect();
    let [mut samples, mut largest, mut kills, mut spoilt] = [0_u64; 4];

    let begin = now();
    let end = Duration::from_secs(seconds);
    let mut kill_at = Duration::from_millis(random.below(end.as_secs() * 500));
    while begin.elapsed() < end || kills == 0 {
        if let Some(bytes) = size_under_lock(&folder.0) {
            assert!(bytes <= MAX_BYTES, "{bytes} bytes in the folder");
            largest = largest.max(bytes);
            samples += 1;
        }
        spoilt += u64::from(spoil(&folder.0, random.below(KEYS), random.next()));
        if begin.elapsed() >= kill_at {
            let mut victim =
                children.swap_remove(usize::try_from(random.below(PROCESSES)).unwrap());
            victim.kill().unwrap();
            let status = victim.wait().unwrap();
            assert!(
                status.code().is_none_or(|code| code != 0),
                "was killed: {status}"
            );
            children.push(start());
            kills += 1;
            kill_at = begin.elapsed() + Duration::from_millis(random.below(2 * KILL_EVERY));
        }
        std::thread::sleep(Duration::from_millis(random.below(20)));
    }

    let mut total = Report::default();
    for mut child in children {
        drop(child.stdin.take());
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{text}");
        total.add(&text);
    }
    let cache = DiskCache::open(&folder.0).unwrap().max_bytes(MAX_BYTES);
    let verified = cache.verify().unwrap();
    assert!(verified.checked > 0 && total.hits > 0 && total.puts > 0 && samples > 0);
    assert!(
        u64::try_from(verified.damaged.len()).unwrap() <= spoilt,
        "{:?}",
        verified.damaged
    );
    let left = fs::read_dir(folder.0.join("tmp")).unwrap().count();
    assert!(
        u64::try_from(left).unwrap() <= kills,
        "only who is killed leaves something"
    );
    println!(
        "{seconds} s, {PROCESSES} processes, {kills} killed, {spoilt} entries spoilt: {total:?}; {samples} samples of the \
         size, the largest {largest} of {MAX_BYTES} bytes; in the end {} entries, {} of them damaged, {left} temporary files",
        verified.checked,
        verified.damaged.len(),
    );
}

/// What the children that were not killed did.
#[derive(Debug, Default)]
struct Report {
    puts: u64,
    hits: u64,
    misses: u64,
    evicted: u64,
    prunes: u64,
}

impl Report {
    fn add(&mut self, output: &str) {
        let numbers = output
            .lines()
            .find_map(|line| line.split_once("STRESS "))
            .unwrap_or_else(|| panic!("no report in {output}"))
            .1;
        let mut numbers = numbers
            .split(' ')
            .map(|number| number.parse::<u64>().unwrap());
        for field in [
            &mut self.puts,
            &mut self.hits,
            &mut self.misses,
            &mut self.evicted,
            &mut self.prunes,
        ] {
            *field += numbers.next().unwrap();
        }
    }
}

fn spawn(folder: &Path, seed: u64) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "cache_stress::processes_share_a_disk_cache",
            "--nocapture",
        ])
        .env(CHILD, format!("{seed}:{}", folder.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Puts, gets and prunes until the parent closes the input, or is gone. Gives its report.
fn child(task: &str) -> String {
    let (seed, folder) = task.split_once(':').unwrap();
    let mut random = Random(seed.parse().unwrap());
    let is_over = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_over);
    std::thread::Builder::new()
        .spawn(move || {
            std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
            flag.store(true, Ordering::Relaxed);
        })
        .unwrap();

    let open = || DiskCache::open(folder).unwrap().max_bytes(MAX_BYTES);
    let mut cache = open();
    let mut done = [0; 5];
    while !is_over.load(Ordering::Relaxed) {
        let number = random.below(KEYS);
        let key = key(number);
        match random.below(1000) {
            0..400 => cache.put(&key, "stress", &value(number)),
            400..970 => {
                if let Some(found) = cache.get(&key) {
                    assert!(*found == *value(number), "a wrong value of {number}");
                }
            }
            970..980 => cache.remove(&key),
            980..990 => drop(cache.list().unwrap()),
            990..992 => {
                let limit = MAX_BYTES / 2 + random.below(MAX_BYTES / 2);
                assert!(cache.prune(Some(limit), None).unwrap().left_bytes <= limit);
                done[4] += 1;
            }
            992..996 => drop(cache.verify().unwrap()),
            _ => {
                count(&cache, &mut done);
                cache = open();
            }
        }
    }
    count(&cache, &mut done);
    let [puts, hits, misses, evicted, prunes] = done;
    format!("\nSTRESS {puts} {hits} {misses} {evicted} {prunes}")
}

fn count(cache: &DiskCache, done: &mut [u64; 5]) {
    let stats = cache.stats().unwrap();
    done[0] += stats.puts;
    done[1] += stats.hits;
    done[2] += stats.misses;
    done[3] += stats.evicted;
}

/// The value is a function of the key.
fn value(number: u64) -> Vec<u8> {
    let mut random = Random(number + 1);
    let len = random.below(MAX_VALUE);
    (0..len).map(|_| random.next().to_le_bytes()[3]).collect()
}

fn key(number: u64) -> Key {
    let mut random = Random(number + 1_000_000);
    let mut bytes = [0; 32];
    for eight in bytes.chunks_mut(8) {
        eight.copy_from_slice(&random.next().to_le_bytes());
    }
    Key::from_bytes(bytes)
}

/// The bytes of all files at one moment: who has the lock sees the folder grow by nobody.
fn size_under_lock(folder: &Path) -> Option<u64> {
    fn walk(folder: &Path) -> u64 {
        let items = fs::read_dir(folder).into_iter().flatten();
        items
            .filter_map(|item| {
                let item = item.ok()?;
                let about = item.metadata().ok()?;
                Some(if about.is_dir() {
                    walk(&item.path())
                } else {
                    about.len()
                })
            })
            .sum()
    }
    let lock = File::open(folder.join("lock")).ok()?;
    lock.lock().unwrap();
    Some(walk(folder))
}

/// Flips a bit of an entry where it lies, as a bad disk does. Whether there was one.
fn spoil(folder: &Path, number: u64, noise: u64) -> bool {
    if !noise.is_multiple_of(2) {
        return false;
    }
    let name = key(number).to_string();
    let path = folder.join(&name[..2]).join(&name[2..]);
    let flip = || {
        let mut file = File::options().read(true).write(true).open(path)?;
        let len = file.metadata()?.len();
        let at = (noise >> 8) % len;
        let mut byte = [0];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut byte)?;
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&[byte[0] ^ 1 << (noise >> 4 & 7)])
    };
    flip().is_ok()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the length of the test is given in seconds"
)]
fn now() -> Instant {
    Instant::now()
}

/// xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        (self.next() >> 16) % limit.max(1)
    }
}

/// Removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let name = format!("hypernodes-stress-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
