//! The lock of a folder, and how many bytes it holds.
//!
//! Whoever adds or removes files has the lock and keeps the number right, so that a put need not look at the folder. The
//! number never tells less than there is: it grows before a file does, and shrinks after. A process that is killed in
//! between leaves it too high until the next scan.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The length of the file.
pub(super) const BYTES: u64 = 24;

/// The longest nap between two attempts to get the lock.
const LONGEST_NAP: Duration = Duration::from_millis(2);

/// The number in a file that is locked as long as this lives.
#[derive(Debug)]
pub(super) struct Ledger {
    file: File,
    record: Option<Record>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Record {
    bytes: u64,
    /// When the folder was last looked through, in seconds since 1970.
    scanned_at: u64,
}

impl Ledger {
    /// Waits for the lock; `WouldBlock` when that takes too long.
    pub(super) fn lock(path: &Path, patience: Duration) -> io::Result<Self> {
        // Opened anew each time: the folder may have been removed and made again.
        let mut file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        wait(&file, patience)?;
        let mut content = Vec::new();
        (&mut file).take(BYTES + 1).read_to_end(&mut content)?;
        Ok(Self {
            file,
            record: Record::decode(&content),
        })
    }

    /// The bytes of all files, or a little more; `None` if that is unknown.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.record.map(|record| record.bytes)
    }

    /// When the folder was last looked through.
    pub(super) fn scanned_at(&self) -> Option<SystemTime> {
        UNIX_EPOCH.checked_add(Duration::from_secs(self.record?.scanned_at))
    }

    /// After a scan.
    pub(super) fn found(&mut self, bytes: u64, now: SystemTime) -> io::Result<()> {
        let scanned_at = now
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        self.write(Record { bytes, scanned_at })
    }

    /// Before a file is made.
    pub(super) fn add(&mut self, bytes: u64) -> io::Result<()> {
        self.change(|held| held.saturating_add(bytes))
    }

    /// After a file is removed.
    pub(super) fn subtract(&mut self, bytes: u64) -> io::Result<()> {
        self.change(|held| held.saturating_sub(bytes))
    }

    /// What is unknown stays so.
    fn change(&mut self, change: impl FnOnce(u64) -> u64) -> io::Result<()> {
        let Some(record) = self.record else {
            return Ok(());
        };
        self.write(Record {
            bytes: change(record.bytes),
            ..record
        })
    }

    fn write(&mut self, record: Record) -> io::Result<()> {
        self.record = Some(record);
        self.file.seek(SeekFrom::Start(0))?;
        self.file.write_all(&record.encode())
    }
}

impl Record {
    fn encode(self) -> [u8; 24] {
        let mut content = [0; 24];
        content[..8].copy_from_slice(&self.bytes.to_le_bytes());
        content[8..16].copy_from_slice(&self.scanned_at.to_le_bytes());
        let check = check(&content[..16]);
        content[16..].copy_from_slice(&check);
        content
    }

    fn decode(content: &[u8]) -> Option<Self> {
        let (numbers, []) = content.as_chunks::<8>() else {
            return None;
        };
        let [bytes, scanned_at, found] = numbers else {
            return None;
        };
        (check(&content[..16]) == *found).then(|| Self {
            bytes: u64::from_le_bytes(*bytes),
            scanned_at: u64::from_le_bytes(*scanned_at),
        })
    }
}

fn check(numbers: &[u8]) -> [u8; 8] {
    let hash = blake3::hash(numbers);
    let (check, _) = hash
        .as_bytes()
        .split_first_chunk()
        .expect("a hash has 32 bytes");
    *check
}

/// A process that is stopped while it has the lock must not stop the others, so nobody waits without end.
fn wait(file: &File, patience: Duration) -> io::Result<()> {
    let start = crate::clock::now();
    let mut nap = Duration::from_micros(20);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if start.elapsed() >= patience => {
                return Err(ErrorKind::WouldBlock.into());
            }
            Err(TryLockError::WouldBlock) => {
                std::thread::sleep(nap);
                nap = LONGEST_NAP.min(nap * 2);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::disk::tests::Folder;

    #[test]
    fn numbers_are_kept_and_damage_is_seen() {
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.path).unwrap();
        let path = folder.path.join("lock");
        let lock = || Ledger::lock(&path, Duration::ZERO).unwrap();
        assert_eq!(lock().bytes(), None);
        lock().found(100, UNIX_EPOCH).unwrap();
        lock().add(20).unwrap();
        lock().subtract(5).unwrap();
        assert_eq!(lock().bytes(), Some(115));
        let good = std::fs::read(&path).unwrap();
        assert_eq!(good.len() as u64, BYTES);
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 1;
            std::fs::write(&path, &bad).unwrap();
            assert_eq!(lock().bytes(), None);
            std::fs::write(&path, &good[..at]).unwrap();
            assert_eq!(lock().bytes(), None);
        }
        lock().add(20).unwrap();
        assert_eq!(lock().bytes(), None, "nothing can be added to the unknown");
    }

    #[test]
    fn patience_ends() {
        let folder = Folder::new();
        std::fs::create_dir_all(&folder.path).unwrap();
        let path = folder.path.join("lock");
        let first = Ledger::lock(&path, Duration::ZERO).unwrap();
        let second = Ledger::lock(&path, Duration::from_millis(1));
        assert_eq!(second.unwrap_err().kind(), ErrorKind::WouldBlock);
        drop(first);
        Ledger::lock(&path, Duration::ZERO).unwrap();
    }
}
