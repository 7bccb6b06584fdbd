//! The run folder from outside. Damage and sudden death have files of their own.

mod damage;
mod kill;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::handle::{LOCK_FILE, MANIFEST_FILE, STATE_FILE};
use super::log::PieceLog;
use super::*;
use crate::event::RunId;

/// A path of one's own, gone at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("hypernodes-folder-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn manifest() -> Manifest {
    let output = |name: &str| StoredOutput {
        name: name.to_owned(),
        type_name: "u64".to_owned(),
    };
    Manifest {
        outputs: vec![output("x"), output("y")],
        engine: "sequential".to_owned(),
        created_unix_ms: 5,
        ..Manifest::new(RunId(7), "p")
    }
}

/// A piece whose bytes follow from its start.
fn piece(start: u64, rows: u64) -> Piece {
    let column = |salt: u64| {
        (0..rows)
            .flat_map(|row| (start + row + salt).to_le_bytes())
            .collect()
    };
    Piece {
        start,
        rows,
        failed: Vec::new(),
        columns: vec![column(0), column(1 << 40)],
        input_keys: (start..start + rows).collect(),
    }
}

fn state(phase: RunPhase) -> RunState {
    RunState {
        state: phase,
        pipeline: "p".to_owned(),
        engine: "sequential".to_owned(),
        items: Some(10),
        done: 4,
        failed: 1,
        restored: 0,
        started_unix_ms: 5,
        updated_unix_ms: 6,
        process: std::process::id(),
        error: None,
    }
}

fn read_all(folder: &RunFolder) -> Vec<Piece> {
    folder
        .pieces()
        .iter()
        .map(|info| folder.read(info).unwrap())
        .collect()
}

#[test]
fn what_was_appended_is_found_again_by_start() {
    let scratch = Scratch::new();
    let pieces = [piece(20, 5), piece(0, 10), piece(10, 10)];
    let folder = RunFolder::create(&scratch.0, &manifest()).unwrap();
    let mut bytes = 0;
    for piece in &pieces {
        bytes += folder.append(piece).unwrap();
    }
    folder.sync().unwrap();
    assert_eq!(folder.pieces(), []);
    drop(folder);
    assert_eq!(
        fs::metadata(scratch.0.join("pieces.log")).unwrap().len(),
        28 + bytes
    );

    // The run keeps its identity, whoever goes on with it.
    let again = Manifest {
        run: RunId(8),
        ..manifest()
    };
    let folder = RunFolder::resume(&scratch.0, &again).unwrap();
    assert_eq!(folder.manifest(), &manifest());
    assert_eq!(
        read_all(&folder),
        [pieces[1].clone(), pieces[2].clone(), pieces[0].clone()]
    );
    assert_eq!(folder.restored(), 25);
    assert_eq!(folder.missing(30), std::slice::from_ref(&(25..30)));
    assert_eq!(read_manifest(&scratch.0).unwrap(), manifest());
}

#[test]
fn of_pieces_with_the_same_items_the_first_written_wins() {
    let scratch = Scratch::new();
    let folder = RunFolder::create(&scratch.0, &manifest()).unwrap();
    let first = Piece {
        failed: vec![3, 4],
        ..piece(10, 10)
    };
    let inside = piece(13, 2);
    for piece in [
        &first,
        &piece(5, 6),
        &piece(19, 1),
        &piece(13, 3),
        &inside,
        &piece(14, 1),
        &piece(20, 1),
    ] {
        folder.append(piece).unwrap();
    }
    drop(folder);
    let folder = RunFolder::resume(&scratch.0, &manifest()).unwrap();
    assert_eq!(read_all(&folder), [first, inside, piece(20, 1)]);
    assert_eq!(folder.missing(22), [0..10, 21..22]);
}

#[test]
fn a_folder_is_used_once_at_a_time() {
    let scratch = Scratch::new();
    let folder = RunFolder::create(&scratch.0, &manifest()).unwrap();
    let error = RunFolder::resume(&scratch.0, &manifest()).unwrap_err();
    assert!(error.is_in_use());
    assert_eq!(
        error.to_string(),
        format!(
            "folder `{}` is in use by another run of this process; wait for it, or choose another folder",
            scratch.0.display()
        )
    );
    drop(folder);
    RunFolder::resume(&scratch.0, &manifest()).unwrap();
}

#[test]
fn a_changed_run_is_refused_with_every_difference() {
    let scratch = Scratch::new();
    let part = |kind, name: &str, hash: &str, text: &str| Part {
        name: name.to_owned(),
        kind,
        hash: hash.to_owned(),
        text: text.to_owned(),
    };
    let stored = Manifest {
        parts: vec![
            part(PartKind::Node, "clean", "aa", ""),
            part(PartKind::Input, "docs", "bb", "1000 items"),
        ],
        ..manifest()
    };
    let wanted = Manifest {
        parts: vec![
            part(PartKind::Node, "clean", "ab", ""),
            part(PartKind::Input, "docs", "bc", "1200 items"),
            part(PartKind::Output, "z", "cc", ""),
        ],
        ..manifest()
    };
    let folder = RunFolder::create(&scratch.0, &stored).unwrap();
    folder.append(&piece(0, 1)).unwrap();
    drop(folder);
    let before = fs::read(scratch.0.join("pieces.log")).unwrap();
    let error = RunFolder::resume(&scratch.0, &wanted).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the run in folder `{}` cannot go on, because it would mix results:
  - node `clean` has changed
  - input `docs` has changed: 1000 -> 1200 items
  - output `z` is new
undo the changes, or choose another folder",
            scratch.0.display()
        )
    );
    assert_eq!(fs::read(scratch.0.join("pieces.log")).unwrap(), before);
    RunFolder::resume(&scratch.0, &stored).unwrap();
}

#[test]
fn only_an_empty_folder_becomes_a_run_folder() {
    let scratch = Scratch::new();
    fs::create_dir_all(&scratch.0).unwrap();
    fs::write(scratch.0.join("thesis.txt"), "dear").unwrap();
    for error in [
        RunFolder::create(&scratch.0, &manifest()).unwrap_err(),
        RunFolder::resume(&scratch.0, &manifest()).unwrap_err(),
    ] {
        assert!(matches!(error, FolderError::NotARun { entry, .. } if entry == "thesis.txt"));
    }
    assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
    let file = scratch.0.join("thesis.txt");
    let error = RunFolder::create(&file, &manifest()).unwrap_err();
    assert!(matches!(error, FolderError::NotAFolder { .. }));
    // A path below a file is told by the system.
    let error = RunFolder::create(&file.join("run"), &manifest()).unwrap_err();
    assert!(matches!(error, FolderError::Io { .. }), "{error}");
}

#[test]
fn a_creation_that_was_ended_midway_is_begun_again() {
    let scratch = Scratch::new();
    drop(RunFolder::create(&scratch.0, &manifest()).unwrap());
    fs::rename(
        scratch.0.join(MANIFEST_FILE),
        scratch.0.join("manifest.json.tmp"),
    )
    .unwrap();
    assert!(matches!(
        read_status(&scratch.0),
        Err(FolderError::NoRun { .. })
    ));
    let folder = RunFolder::create(&scratch.0, &manifest()).unwrap();
    folder.append(&piece(0, 3)).unwrap();
    drop(folder);
    // Without its manifest nobody knows what the pieces are of, but they are not thrown away.
    fs::remove_file(scratch.0.join(MANIFEST_FILE)).unwrap();
    let error = RunFolder::create(&scratch.0, &manifest()).unwrap_err();
    assert!(error.is_damaged(), "{error}");
}

#[test]
fn a_status_is_read_at_any_time() {
    let scratch = Scratch::new();
    let folder = RunFolder::create(&scratch.0, &manifest()).unwrap();
    let status = read_status(&scratch.0).unwrap();
    assert_eq!(
        (status.run, status.state.state),
        (RunId(7), RunPhase::Running)
    );
    assert_eq!(
        (status.state.pipeline.as_str(), status.state.started_unix_ms),
        ("p", 5)
    );

    folder.write_state(&state(RunPhase::Running)).unwrap();
    assert_eq!(
        read_status(&scratch.0).unwrap().state,
        state(RunPhase::Running)
    );
    drop(folder);
    assert_eq!(
        read_status(&scratch.0).unwrap().state,
        state(RunPhase::Interrupted)
    );
    fs::remove_file(scratch.0.join(LOCK_FILE)).unwrap();
    assert_eq!(
        read_status(&scratch.0).unwrap().state,
        state(RunPhase::Interrupted)
    );

    let folder = RunFolder::resume(&scratch.0, &manifest()).unwrap();
    for phase in [RunPhase::Failed, RunPhase::Cancelled, RunPhase::Done] {
        folder.write_state(&state(phase)).unwrap();
        assert_eq!(read_status(&scratch.0).unwrap().state, state(phase));
    }
    drop(folder);
    assert_eq!(
        read_status(&scratch.0).unwrap().state,
        state(RunPhase::Done)
    );
    fs::write(scratch.0.join(STATE_FILE), "").unwrap();
    assert_eq!(read_status(&scratch.0).unwrap().state.done, 0);
    fs::write(scratch.0.join(MANIFEST_FILE), "{").unwrap();
    assert!(read_status(&scratch.0).unwrap_err().is_damaged());
}

#[test]
fn another_format_is_named() {
    let scratch = Scratch::new();
    drop(RunFolder::create(&scratch.0, &manifest()).unwrap());
    let path = scratch.0.join(MANIFEST_FILE);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"format\": 1"));
    fs::write(&path, r#"{ "format": 9, "what": "ever" }"#).unwrap();
    let error = RunFolder::resume(&scratch.0, &manifest()).unwrap_err();
    assert!(matches!(
        error,
        FolderError::Format {
            found: 9,
            known: 1,
            ..
        }
    ));
}

#[test]
fn pieces_that_contradict_themselves_are_refused() {
    let scratch = Scratch::new();
    let manifest = Manifest {
        items: Some(10),
        ..manifest()
    };
    let folder = RunFolder::create(&scratch.0, &manifest).unwrap();
    let good = piece(0, 4);
    for (wrong, reason) in [
        (
            Piece {
                rows: 0,
                ..good.clone()
            },
            "it has no rows",
        ),
        (
            Piece {
                failed: vec![1, 1],
                ..good.clone()
            },
            "its failed rows do not ascend",
        ),
        (
            Piece {
                failed: vec![4],
                ..good.clone()
            },
            "row 4 failed, but it has 4 rows",
        ),
        (
            Piece {
                input_keys: vec![1],
                ..good.clone()
            },
            "it has 4 rows, but 1 input keys",
        ),
        (
            Piece {
                columns: Vec::new(),
                ..good.clone()
            },
            "it has 0 columns for 2 outputs",
        ),
        (piece(8, 3), "it ends at item 11, but the run has 10 items"),
        (
            Piece {
                start: u64::MAX,
                ..good.clone()
            },
            "it ends at item 18446744073709551615, but the run has 10 items",
        ),
    ] {
        let error = folder.append(&wrong).unwrap_err().to_string();
        assert_eq!(error, format!("a piece that cannot be stored: {reason}"));
    }
    folder
        .append(&Piece {
            input_keys: Vec::new(),
            failed: vec![0, 1, 2, 3],
            ..good
        })
        .unwrap();
    drop(folder);
    let folder = RunFolder::resume(&scratch.0, &manifest).unwrap();
    assert_eq!((folder.pieces().len(), folder.restored()), (1, 0));
}

/// Whether the part that was written can be cut off at once, or only before the next piece.
#[test]
fn a_failed_append_leaves_nothing() {
    let scratch = Scratch::new();
    fs::create_dir_all(&scratch.0).unwrap();
    let path = scratch.0.join("pieces.log");
    let log = PieceLog::create(&path, RunId(7)).unwrap();
    log.append(&piece(0, 2)).unwrap();
    let before = fs::metadata(&path).unwrap().len();
    let error = log
        .append_with(&piece(2, 2), |mut file: &File, frame: &[u8]| {
            file.write_all(&frame[..frame.len() / 2])?;
            Err(io::ErrorKind::StorageFull.into())
        })
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "cannot write `{}`: the disk is full; free some space and resume the run",
            path.display()
        )
    );
    assert_eq!(fs::metadata(&path).unwrap().len(), before);
    log.append(&piece(2, 3)).unwrap();
    drop(log);
    let (_, found) = PieceLog::open(&path, RunId(7)).unwrap();
    assert_eq!((found.pieces.len(), found.coverage.items()), (2, 5));
}

#[test]
fn runs_are_found_in_a_folder_of_runs() {
    let scratch = Scratch::new();
    assert_eq!(find_runs(&scratch.0), Vec::<PathBuf>::new());
    let paths = ["a", "b"].map(|name| scratch.0.join(name));
    for path in &paths {
        RunFolder::create(path, &manifest()).unwrap();
    }
    fs::create_dir(scratch.0.join("c")).unwrap();
    fs::write(scratch.0.join("d"), "").unwrap();
    assert_eq!(find_runs(&scratch.0), paths);
    assert_eq!(find_runs(&paths[1]), [paths[1].clone()]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_not_be_written_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    fs::create_dir_all(&scratch.0).unwrap();
    let set = |mode| fs::set_permissions(&scratch.0, fs::Permissions::from_mode(mode)).unwrap();
    set(0o500);
    let probe = File::create(scratch.0.join("lock"));
    let found = RunFolder::create(&scratch.0, &manifest());
    set(0o700);
    if probe.is_ok() {
        // Nothing is forbidden to the superuser.
        return;
    }
    let error = found.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
    assert!(
        error.contains(&Path::new(&scratch.0).display().to_string()),
        "{error}"
    );
}
