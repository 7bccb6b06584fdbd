//! The disk cache as its users see it, and what must not be seen.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

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
        drop(std::fs::remove_dir_all(&path));
        Self { path }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}
