//! Writing the page.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::html;
use crate::RunRecord;

/// Writes the page of a run: readers see the old file or the whole new one.
///
/// # Errors
/// When the file cannot be written; no part of it is left behind.
///
/// # Example
/// ```
/// use hypernodes_core::RunId;
/// use hypernodes_ops::{RunRecord, report};
/// let path = std::env::temp_dir().join(format!("hypernodes-{}.html", std::process::id()));
/// report::write_html(&path, &RunRecord::new(RunId(1)))?;
/// assert!(std::fs::read_to_string(&path)?.ends_with("</html>\n"));
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn write_html(path: impl AsRef<Path>, record: &RunRecord) -> io::Result<()> {
    let path = path.as_ref();
    let beside = beside(path)?;
    let written = write(&beside, html(record).as_bytes()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        // It may not exist; the first error says more.
        let _ = fs::remove_file(&beside);
    }
    written
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name in the same folder that nobody else uses.
fn beside(path: &Path) -> io::Result<PathBuf> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Some(name) = path.file_name() else {
        let problem = format!("`{}` names no file", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    };
    let mut hidden = OsString::from(".");
    hidden.push(name);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    hidden.push(format!(".{}-{count}.tmp", std::process::id()));
    Ok(path.with_file_name(hidden))
}
