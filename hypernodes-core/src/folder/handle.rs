//! The open run folder.

use std::fs::{self, File};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::coverage::Coverage;
use super::differences::differences;
use super::files;
use super::log::{FILE_HEADER, PieceLog};
use super::manifest::{find_manifest, write_manifest};
use super::scan::Scan;
use super::state::write_state;
use super::{FolderError, Manifest, Piece, PieceInfo, RunState};

pub(super) const MANIFEST_FILE: &str = "manifest.json";
pub(super) const STATE_FILE: &str = "state.json";
pub(super) const LOCK_FILE: &str = "lock";
const PIECES_FILE: &str = "pieces.log";

/// The end of the name of a file that is about to replace another.
pub(super) const TEMPORARY: &str = ".tmp";

/// The storage of a run, open: finished pieces of items, how far the run is, and what it depends on.
///
/// One handle at a time: it holds a lock that the system takes back when the process dies, however that is. Whatever
/// was appended survives the death of the process; after [`sync`](Self::sync) a power failure too.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// # let path = std::env::temp_dir().join(format!("hypernodes-doc-folder-{}", std::process::id()));
/// use hypernodes::{Manifest, Piece, RunFolder, RunId};
/// let manifest = Manifest { items: Some(10), ..Manifest::new(RunId(7), "p") };
/// let folder = RunFolder::create(&path, &manifest)?;
/// folder.append(&Piece { start: 0, rows: 4, failed: vec![2], ..Piece::default() })?;
/// drop(folder); // as if the process had died
///
/// let folder = RunFolder::resume(&path, &manifest)?;
/// assert_eq!(folder.read(&folder.pieces()[0])?.failed, [2]);
/// assert_eq!(folder.missing(10), [2..3, 4..10]);
/// # std::fs::remove_dir_all(&path).unwrap();
/// # Ok::<(), hypernodes::FolderError>(())
/// ```
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    manifest: Manifest,
    pieces: Vec<PieceInfo>,
    coverage: Coverage,
    log: PieceLog,
    /// Two heartbeats at once would write the same temporary file.
    state: Mutex<()>,
    /// Last, so that the lock is given back when all else is closed.
    _lock: File,
}

impl RunFolder {
    /// The name of the file with the events of the run, one JSON object a line. Written by a listener, not here.
    pub const EVENTS_FILE: &str = "events.jsonl";
    /// The name of the file with the report of the run. Written by a listener, not here.
    pub const REPORT_FILE: &str = "report.json";

    /// Begins a new run in a folder that is empty or not there yet.
    ///
    /// # Errors
    /// [`HoldsRun`](FolderError::HoldsRun), [`NotARun`](FolderError::NotARun) (something else is in it),
    /// [`NotAFolder`](FolderError::NotAFolder), [`InUse`](FolderError::InUse), or [`Io`](FolderError::Io).
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// # let path = std::env::temp_dir().join(format!("hypernodes-doc-create-{}", std::process::id()));
    /// use hypernodes::{FolderError, Manifest, RunFolder, RunId};
    /// let manifest = Manifest::new(RunId(7), "p");
    /// drop(RunFolder::create(&path, &manifest)?);
    /// assert!(matches!(RunFolder::create(&path, &manifest), Err(FolderError::HoldsRun { .. })));
    /// # std::fs::remove_dir_all(&path).unwrap();
    /// # Ok::<(), FolderError>(())
    /// ```
    pub fn create(path: &Path, manifest: &Manifest) -> Result<Self, FolderError> {
        let lock = open_folder(path)?;
        if find_manifest(path)?.is_some() {
            return Err(FolderError::HoldsRun {
                path: path.to_path_buf(),
            });
        }
        Self::begin(path, manifest, lock)
    }

    /// Goes on with the run in a folder, or begins it if there is none yet.
    ///
    /// The run keeps its identity: [`manifest`](Self::manifest) is the one that it was created with.
    ///
    /// # Errors
    /// [`Changed`](FolderError::Changed) with every difference if the run depends on something else than this manifest
    /// says; [`InUse`](FolderError::InUse); [`Damaged`](FolderError::Damaged) or [`Format`](FolderError::Format) for
    /// what cannot be understood; [`Io`](FolderError::Io); and those of [`create`](Self::create). Damaged pieces are no
    /// error: they are not among [`pieces`](Self::pieces).
    ///
    /// # Example
    /// ```
    /// # use hypernodes_core as hypernodes;
    /// # let path = std::env::temp_dir().join(format!("hypernodes-doc-resume-{}", std::process::id()));
    /// use hypernodes::{Manifest, RunFolder, RunId};
    /// let manifest = |items| Manifest { items: Some(items), ..Manifest::new(RunId(7), "p") };
    /// drop(RunFolder::resume(&path, &manifest(1000))?);
    /// let error = RunFolder::resume(&path, &manifest(1200)).unwrap_err();
    /// assert!(error.to_string().contains("the number of items has changed: 1000 -> 1200"));
    /// # std::fs::remove_dir_all(&path).unwrap();
    /// # Ok::<(), hypernodes::FolderError>(())
    /// ```
    pub fn resume(path: &Path, manifest: &Manifest) -> Result<Self, FolderError> {
        let lock = open_folder(path)?;
        let Some(stored) = find_manifest(path)? else {
            return Self::begin(path, manifest, lock);
        };
        let differences = differences(&stored, manifest);
        if !differences.is_empty() {
            return Err(FolderError::Changed {
                path: path.to_path_buf(),
                differences,
            });
        }
        let (log, found) = PieceLog::open(&path.join(PIECES_FILE), stored.run)?;
        Ok(Self::new(path, stored, log, found, lock))
    }

    /// The manifest is written last: a folder holds a run once it is there.
    fn begin(path: &Path, manifest: &Manifest, lock: File) -> Result<Self, FolderError> {
        let pieces = path.join(PIECES_FILE);
        if fs::metadata(&pieces).is_ok_and(|data| data.len() > FILE_HEADER) {
            return Err(FolderError::damaged(
                path,
                format!(
                    "it holds `{PIECES_FILE}`, but no `{MANIFEST_FILE}`; choose another folder"
                ),
            ));
        }
        let log = PieceLog::create(&pieces, manifest.run)?;
        write_manifest(path, manifest)?;
        let manifest = manifest.clone();
        Ok(Self::new(path, manifest, log, Scan::default(), lock))
    }

    fn new(path: &Path, manifest: Manifest, log: PieceLog, found: Scan, lock: File) -> Self {
        Self {
            path: path.to_path_buf(),
            manifest,
            pieces: found.pieces,
            coverage: found.coverage,
            log,
            state: Mutex::new(()),
            _lock: lock,
        }
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run was created with.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The finished pieces that were found when the run was resumed, by start; what is appended later is not here.
    ///
    /// No item is finished in two of them. The rows of a piece that failed may be finished in another, so pieces can
    /// lie inside each other.
    #[must_use]
    pub fn pieces(&self) -> &[PieceInfo] {
        &self.pieces
    }

    /// How many items are finished in [`pieces`](Self::pieces).
    #[must_use]
    pub fn restored(&self) -> u64 {
        self.coverage.items()
    }

    /// The items below `items` that no piece has finished: what a resumed run computes. Ascending.
    #[must_use]
    pub fn missing(&self, items: u64) -> Vec<Range<u64>> {
        self.coverage.missing(items)
    }

    /// Reads one of the [`pieces`](Self::pieces), and checks it once more.
    ///
    /// # Errors
    /// [`Damaged`](FolderError::Damaged) if it is not what was written: compute its items again.
    /// [`Io`](FolderError::Io) if it cannot be read.
    pub fn read(&self, piece: &PieceInfo) -> Result<Piece, FolderError> {
        let found = self.log.read(piece)?;
        let outputs = self.manifest.outputs.len();
        if found.columns.len() != outputs {
            return Err(FolderError::damaged(
                &self.path.join(PIECES_FILE),
                format!(
                    "a piece has {} columns for {outputs} outputs",
                    found.columns.len()
                ),
            ));
        }
        Ok(found)
    }

    /// Appends a finished piece; gives the number of bytes written. Threads may append at the same time.
    ///
    /// When it returns, the piece survives the death of the process. When it fails, nothing of the piece is left.
    ///
    /// # Errors
    /// [`InvalidPiece`](FolderError::InvalidPiece) if the piece contradicts itself or the manifest,
    /// [`Io`](FolderError::Io) if it cannot be written: the disk is full.
    pub fn append(&self, piece: &Piece) -> Result<u64, FolderError> {
        let refuse = |reason: String| Err(FolderError::InvalidPiece { reason });
        let (columns, outputs) = (piece.columns.len(), self.manifest.outputs.len());
        if columns != outputs {
            return refuse(format!("it has {columns} columns for {outputs} outputs"));
        }
        let end = piece.start.saturating_add(piece.rows);
        if let Some(items) = self.manifest.items
            && end > items
        {
            return refuse(format!(
                "it ends at item {end}, but the run has {items} items"
            ));
        }
        self.log.append(piece)
    }

    /// Waits until everything appended so far would survive a power failure.
    ///
    /// # Errors
    /// [`Io`](FolderError::Io).
    pub fn sync(&self) -> Result<(), FolderError> {
        self.log.sync()
    }

    /// Tells how far the run is. The last state, any but [running](super::RunPhase::Running), is also made durable.
    ///
    /// # Errors
    /// [`Io`](FolderError::Io); the state before stays.
    pub fn write_state(&self, state: &RunState) -> Result<(), FolderError> {
        let _one = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        write_state(&self.path, state)
    }
}

/// Makes the folder if it is not there, sees that it may hold a run, and takes its lock.
fn open_folder(path: &Path) -> Result<File, FolderError> {
    let cannot_be = || FolderError::NotAFolder {
        path: path.to_path_buf(),
    };
    if path.exists() && !path.is_dir() {
        return Err(cannot_be());
    }
    fs::create_dir_all(path).map_err(FolderError::io("create", path))?;
    // Before the lock, so that nothing is written into a folder of something else.
    if !path.join(MANIFEST_FILE).exists()
        && let Some(entry) = foreign_entry(path)?
    {
        return Err(FolderError::NotARun {
            path: path.to_path_buf(),
            entry,
        });
    }
    files::lock(path, LOCK_FILE)
}

fn foreign_entry(path: &Path) -> Result<Option<String>, FolderError> {
    const OWN: [&str; 6] = [
        MANIFEST_FILE,
        STATE_FILE,
        LOCK_FILE,
        PIECES_FILE,
        RunFolder::EVENTS_FILE,
        RunFolder::REPORT_FILE,
    ];
    for entry in fs::read_dir(path).map_err(FolderError::io("read", path))? {
        let entry = entry.map_err(FolderError::io("read", path))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !OWN.contains(&name.trim_end_matches(TEMPORARY)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// The run folders here: the folder itself if it is one, else those directly in it, by name.
///
/// What cannot be read is passed over.
///
/// # Example
/// ```
/// # use hypernodes_core as hypernodes;
/// # let root = std::env::temp_dir().join(format!("hypernodes-doc-find-{}", std::process::id()));
/// use hypernodes::{Manifest, RunFolder, RunId, find_runs};
/// for name in ["b", "a"] {
///     RunFolder::create(&root.join(name), &Manifest::new(RunId(7), "p"))?;
/// }
/// assert_eq!(find_runs(&root), [root.join("a"), root.join("b")]);
/// # std::fs::remove_dir_all(&root).unwrap();
/// # Ok::<(), hypernodes::FolderError>(())
/// ```
#[must_use]
pub fn find_runs(root: &Path) -> Vec<PathBuf> {
    let is_run = |path: &PathBuf| path.join(MANIFEST_FILE).is_file();
    if is_run(&root.to_path_buf()) {
        return vec![root.to_path_buf()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let mut runs: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_run).collect();
    runs.sort();
    runs
}
