//! Memory that a parent and its worker share: anonymous files, sealed against shrinking, gone with their last
//! descriptor whatever happens to the processes.
//!
//! One side writes an [`Arena`], the other has a read-only [`View`] of it and only ever copies out of it: a reference
//! into memory that somebody else may write would be undefined behaviour. This is the only file of the engine with unsafe
//! code.
#![expect(unsafe_code, reason = "memory is mapped here, and nowhere else")]

use std::fs::File;
use std::io;
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;

use rustix::fs::{
    MemfdFlags, SealFlags, fcntl_add_seals, fcntl_get_seals, fstat, ftruncate, memfd_create,
};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

/// A mapping, unmapped when it is dropped.
#[derive(Debug)]
struct Mapping {
    base: NonNull<u8>,
    len: usize,
}

// SAFETY: a mapping is plain memory that belongs to no thread; whoever writes it says who may at that place.
unsafe impl Send for Mapping {}
// SAFETY: as above; it is only read and written through raw copies and atomics.
unsafe impl Sync for Mapping {}

impl Mapping {
    fn new(file: impl AsFd, len: usize, prot: ProtFlags) -> io::Result<Self> {
        if len == 0 {
            return Ok(Self {
                base: NonNull::dangling(),
                len,
            });
        }
        // SAFETY: a fresh mapping at an address that the system chooses; nothing else is mapped there.
        let base = unsafe { mmap(std::ptr::null_mut(), len, prot, MapFlags::SHARED, file, 0) }?;
        let base = NonNull::new(base.cast::<u8>())
            .ok_or_else(|| io::Error::other("mapped at address 0"))?;
        Ok(Self { base, len })
    }

    fn has(&self, offset: usize, len: usize) -> bool {
        offset.checked_add(len).is_some_and(|end| end <= self.len)
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        if self.len > 0 {
            // SAFETY: it was mapped with this length and is not used after this.
            let _ = unsafe { munmap(self.base.as_ptr().cast(), self.len) };
        }
    }
}

fn anonymous(name: &str) -> io::Result<OwnedFd> {
    Ok(memfd_create(
        name,
        MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING,
    )?)
}

fn length(file: impl AsFd) -> io::Result<usize> {
    usize::try_from(fstat(file)?.st_size).map_err(io::Error::other)
}

/// What no longer may happen to an arena: it never shrinks, so that reading it cannot fault.
const FIXED: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);

/// Shared memory that this side writes.
#[derive(Debug)]
pub(super) struct Arena(Mapping);

impl Arena {
    /// A new one. Pages are taken from the system when they are first written. The other side can map it read-only.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn create(len: usize) -> io::Result<(Self, OwnedFd)> {
        let file = anonymous("hypernodes-arena")?;
        ftruncate(&file, len as u64)?;
        let mapping = Mapping::new(&file, len, ProtFlags::READ | ProtFlags::WRITE)?;
        fcntl_add_seals(&file, FIXED)?;
        // Old kernels (before 5.1) cannot refuse later writers; ours only maps to read.
        let _ = fcntl_add_seals(&file, SealFlags::FUTURE_WRITE);
        fcntl_add_seals(&file, SealFlags::SEAL)?;
        Ok((Self(mapping), file))
    }

    /// Writes bytes at a place. `false`, and nothing is written, where they do not fit.
    #[must_use]
    pub(super) fn write(&self, offset: usize, bytes: &[u8]) -> bool {
        if !self.0.has(offset, bytes.len()) {
            return false;
        }
        // SAFETY: the place is inside the mapping (checked above).
        let to = unsafe { self.0.base.as_ptr().add(offset) };
        // SAFETY: source and target do not overlap, as no reference into the mapping is ever made; that no two threads
        // write the same slot at a time is what slots are for, and would at worst mix bytes that a checksum or decoder
        // looks at again.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        true
    }
}

/// Shared memory that the other side writes, to be copied out of.
#[derive(Debug)]
pub(super) struct View(Mapping);

impl View {
    /// Maps what the other side has sent.
    ///
    /// # Errors
    /// When it may still shrink, or cannot be mapped.
    pub(super) fn open(file: &OwnedFd) -> io::Result<Self> {
        if !fcntl_get_seals(file)?.contains(SealFlags::SHRINK) {
            return Err(io::Error::other("shared memory that is not sealed"));
        }
        Ok(Self(Mapping::new(file, length(file)?, ProtFlags::READ)?))
    }

    /// How many bytes it has.
    #[must_use]
    pub(super) fn len(&self) -> usize {
        self.0.len
    }

    /// Copies bytes out. `false`, and nothing is copied, where there are not so many.
    #[must_use]
    pub(super) fn read(&self, offset: usize, out: &mut [u8]) -> bool {
        if !self.0.has(offset, out.len()) {
            return false;
        }
        // SAFETY: the place is inside the mapping (checked above), which never shrinks (it is sealed).
        let from = unsafe { self.0.base.as_ptr().add(offset) };
        // SAFETY: `out` is ours alone. The other side may write meanwhile: then bytes are mixed, which whoever decodes
        // them must bear anyway; no reference to the shared bytes is made.
        unsafe { std::ptr::copy_nonoverlapping(from, out.as_mut_ptr(), out.len()) };
        true
    }
}

/// An anonymous file with these pieces, each at a multiple of [`ALIGN`], that nobody can change any more.
///
/// # Errors
/// When the system has no memory for it.
pub(super) fn sealed(pieces: &[&[u8]]) -> io::Result<OwnedFd> {
    let mut file = File::from(anonymous("hypernodes-values")?);
    for piece in pieces {
        file.write_all(piece)?;
        let over = piece.len() % ALIGN;
        if over > 0 {
            file.write_all(&[0; ALIGN][over..])?;
        }
    }
    fcntl_add_seals(&file, FIXED | SealFlags::WRITE | SealFlags::SEAL)?;
    Ok(file.into())
}

/// Where pieces begin in shared memory: at multiples of a cache line.
pub(super) const ALIGN: usize = 64;

/// A page of words that both sides may write.
#[derive(Debug)]
pub(super) struct Words(Mapping);

impl Words {
    /// New ones, all 0.
    ///
    /// # Errors
    /// When the system has none.
    pub(super) fn create(words: usize) -> io::Result<(Self, OwnedFd)> {
        let file = anonymous("hypernodes-progress")?;
        ftruncate(&file, (words * size_of::<AtomicU64>()) as u64)?;
        fcntl_add_seals(&file, FIXED | SealFlags::SEAL)?;
        Ok((Self::open(&file)?, file))
    }

    /// Those that the other side has sent.
    ///
    /// # Errors
    /// When they may still shrink, or cannot be mapped.
    pub(super) fn open(file: &OwnedFd) -> io::Result<Self> {
        if !fcntl_get_seals(file)?.contains(SealFlags::SHRINK) {
            return Err(io::Error::other("shared memory that is not sealed"));
        }
        let mapping = Mapping::new(file, length(file)?, ProtFlags::READ | ProtFlags::WRITE)?;
        Ok(Self(mapping))
    }

    /// The words.
    #[must_use]
    pub(super) fn get(&self) -> &[AtomicU64] {
        let words = self.0.len / size_of::<AtomicU64>();
        // SAFETY: a mapping begins at a page, so it is aligned; it has so many bytes and lives as long as the reference;
        // every bit pattern is a valid `AtomicU64`, and all of this engine touches it through atomics only.
        unsafe { std::slice::from_raw_parts(self.0.base.as_ptr().cast(), words) }
    }

    /// The words for as long as the process lives.
    #[must_use]
    pub(super) fn leak(self) -> &'static [AtomicU64] {
        Box::leak(Box::new(self)).get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (arena, file) = Arena::create(8192).unwrap();
        let view = View::open(&file).unwrap();
        assert!(arena.write(8000, b"abc"));
        let mut out = [0; 3];
        assert!(view.read(8000, &mut out));
        assert_eq!(&out, b"abc");
        assert_eq!(view.len(), 8192);
    }

    #[test]
    fn nothing_outside_is_touched() {
        let (arena, file) = Arena::create(4096).unwrap();
        let view = View::open(&file).unwrap();
        assert!(!arena.write(4095, b"ab") && !arena.write(usize::MAX, b"a"));
        assert!(!view.read(4095, &mut [0; 2]) && !view.read(usize::MAX, &mut [0]));
        assert!(arena.write(4096, b"") && view.read(4096, &mut []));
    }

    #[test]
    fn the_other_side_cannot_write_or_shrink_an_arena() {
        let (_arena, file) = Arena::create(4096).unwrap();
        assert!(ftruncate(&file, 0).is_err() && ftruncate(&file, 8192).is_err());
        assert!(Mapping::new(&file, 4096, ProtFlags::READ | ProtFlags::WRITE).is_err());
        assert!(File::from(file).write_all(b"x").is_err());
    }

    #[test]
    fn sealed_values_cannot_be_changed() {
        let file = sealed(&[b"abc", &[7; 64], b"d"]).unwrap();
        let view = View::open(&file).unwrap();
        let mut out = [0; 1];
        assert!(view.read(128, &mut out) && out == *b"d");
        assert!(fcntl_get_seals(&file).unwrap().contains(SealFlags::WRITE));
        assert!(File::from(file).write_all(b"x").is_err());
    }

    #[test]
    fn memory_that_may_shrink_is_not_mapped() {
        let file = anonymous("test").unwrap();
        ftruncate(&file, 4096).unwrap();
        assert!(View::open(&file).is_err() && Words::open(&file).is_err());
    }

    #[test]
    fn words_are_shared_both_ways() {
        let (ours, file) = Words::create(4).unwrap();
        let theirs = Words::open(&file).unwrap();
        theirs.get()[3].store(7, Ordering::Relaxed);
        assert_eq!(ours.get()[3].load(Ordering::Relaxed), 7);
        assert_eq!(ours.get().len(), 4);
    }
}
