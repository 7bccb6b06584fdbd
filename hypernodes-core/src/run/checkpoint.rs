//! What of a map is finished, in its run folder: written as chunks end, read back when the run is resumed.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::scope::{ROOT, RunScope};
use crate::cache::Key;
use crate::clock;
use crate::error::{CannotKeep, Error, RunError};
use crate::event::EventKind;
use crate::folder::{FolderError, Piece, PieceInfo, RunFolder, RunPhase, RunState};
use crate::value::{Arg, Codec, Column, Drain, index};

/// How often the folder says how far the run is, and is made safe against a power failure.
const HEARTBEAT: Duration = Duration::from_secs(1);

/// The run folder of a map while it runs.
pub(crate) struct Checkpoint {
    folder: RunFolder,
    codecs: Vec<Codec>,
    /// How many finished items are written together.
    every: usize,
    started: u64,
    found: Mutex<Found>,
    pending: Mutex<Pending>,
}

/// Items that are finished already.
pub(crate) struct Restored {
    pub(crate) start: usize,
    pub(crate) rows: usize,
    pub(crate) columns: Vec<Column>,
    /// The key of each item, where the folder has them.
    pub(crate) keys: Vec<u64>,
}

/// What comes next in a map whose items are not known.
pub(crate) enum Next {
    /// Items that are finished already.
    Finished(Restored),
    /// Items that are not, at most so many.
    Gap(usize),
}

/// Finished pieces that were not asked for yet.
struct Found {
    /// Ranges of finished items, ascending, with the piece that they are in.
    ranges: VecDeque<(Range<usize>, usize)>,
    /// Pieces that were begun.
    open: BTreeMap<usize, Open>,
    /// Pieces that could not be read: their items are computed again.
    bad: Vec<usize>,
}

struct Open {
    start: usize,
    columns: Vec<Box<dyn Drain>>,
    keys: Vec<u64>,
}

struct Pending {
    pieces: Vec<Piece>,
    items: usize,
    done: u64,
    failed: u64,
    restored: u64,
    beat: Option<Instant>,
}

impl Checkpoint {
    pub(crate) fn new(folder: RunFolder, codecs: Vec<Codec>, every: usize) -> Arc<Self> {
        let of_piece = |(piece, info): (usize, &PieceInfo)| {
            let ranges = info.finished().into_iter();
            ranges.map(move |range| (to_usize(range.start)..to_usize(range.end), piece))
        };
        let pieces = folder.pieces().iter().enumerate();
        let mut ranges: Vec<(Range<usize>, usize)> = pieces.flat_map(of_piece).collect();
        ranges.sort_by_key(|(range, _)| range.start);
        let restored = folder.restored();
        let this = Arc::new(Self {
            folder,
            codecs,
            every,
            started: clock::unix_ms(),
            found: Mutex::new(Found {
                ranges: ranges.into(),
                open: BTreeMap::new(),
                bad: Vec::new(),
            }),
            pending: Mutex::new(Pending {
                pieces: Vec::new(),
                items: 0,
                done: restored,
                failed: 0,
                restored,
                beat: None,
            }),
        });
        this.beat(&mut this.pending());
        this
    }

    /// How many items were finished by earlier runs.
    pub(crate) fn count_restored(&self) -> u64 {
        self.folder.restored()
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that is finished already.
    pub(crate) fn take_all(&self) -> Result<Vec<Restored>, Error> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all = Vec::new();
        while let Some((range, piece)) = found.ranges.pop_front() {
            all.extend(self.take(&mut found, range, piece)?);
        }
        Ok(all)
    }

    /// What comes at this item: items are asked for in order.
    pub(crate) fn next_at(&self, item: usize) -> Result<Next, Error> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let Some((range, _)) = found.ranges.front() else {
                return Ok(Next::Gap(usize::MAX));
            };
            if range.start > item {
                return Ok(Next::Gap(range.start - item));
            }
            if let Some((range, piece)) = found.ranges.pop_front()
                && let Some(restored) = self.take(&mut found, range, piece)?
            {
                return Ok(Next::Finished(restored));
            }
        }
    }

    /// Reads some finished items of a piece; those of one piece are asked for in order. `None`: they cannot be read.
    fn take(
        &self,
        found: &mut Found,
        range: Range<usize>,
        piece: usize,
    ) -> Result<Option<Restored>, Error> {
        if found.bad.contains(&piece) {
            return Ok(None);
        }
        let open = match found.open.entry(piece) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(place) => match self.open(piece)? {
                Some(open) => place.insert(open),
                None => {
                    found.bad.push(piece);
                    return Ok(None);
                }
            },
        };
        let rows = range.len();
        let columns = open.columns.iter_mut().map(|column| column.take(rows));
        let columns = columns.collect();
        let keys = match open.keys.is_empty() {
            true => Vec::new(),
            false => open.keys[range.start - open.start..range.end - open.start].to_vec(),
        };
        let is_last = !found.ranges.iter().any(|(_, other)| *other == piece);
        if is_last {
            found.open.remove(&piece);
        }
        Ok(Some(Restored {
            start: range.start,
            rows,
            columns,
            keys,
        }))
    }

    fn open(&self, piece: usize) -> Result<Option<Open>, Error> {
        let info = &self.folder.pieces()[piece];
        let read = match self.folder.read(info) {
            Ok(read) => read,
            Err(error) if error.is_damaged() => {
                tracing::warn!("items {} and on are computed again: {error}", info.start);
                return Ok(None);
            }
            Err(error) => return Err(RunError::from(error).into()),
        };
        let rows = to_usize(read.rows) - read.failed.len();
        let columns = self.codecs.iter().zip(&read.columns).map(|(codec, bytes)| {
            let column = codec.decode(bytes, rows)?;
            Ok::<_, crate::value::CodecError>(codec.port().drain(column))
        });
        match columns.collect() {
            Ok(columns) => Ok(Some(Open {
                start: to_usize(read.start),
                columns,
                keys: read.input_keys,
            })),
            Err(error) => {
                tracing::warn!("items {} and on are computed again: {error}", info.start);
                Ok(None)
            }
        }
    }

    /// Writes finished items, or keeps them until there are enough.
    pub(crate) fn record(
        &self,
        start: usize,
        rows: usize,
        columns: &[Column],
        failed: &[usize],
        keys: &[u64],
        scope: Option<&Arc<RunScope>>,
    ) -> Result<(), Error> {
        if rows == 0 {
            return Ok(());
        }
        let failed: Vec<u32> = failed
            .iter()
            .filter(|row| **row < rows)
            .map(|&row| index(row))
            .collect();
        let encoded = self.codecs.iter().zip(columns).map(|(codec, column)| {
            let mut bytes = Vec::new();
            let encoded = codec.encode(&Arg::dense(column.clone()), column.len(), &mut bytes);
            encoded.map(|()| bytes).map_err(|error| {
                Error::from(RunError::CannotKeep(Box::new(CannotKeep {
                    what: "an output".to_owned(),
                    reason: error.to_string(),
                })))
            })
        });
        let piece = Piece {
            start: start as u64,
            rows: rows as u64,
            columns: encoded.collect::<Result<_, _>>()?,
            input_keys: keys[..rows.min(keys.len())].to_vec(),
            failed,
        };
        let mut pending = self.pending();
        pending.items += rows;
        pending.pieces.push(piece);
        if pending.items >= self.every {
            self.write(&mut pending, scope)?;
        }
        Ok(())
    }

    /// Writes what is not written yet.
    pub(crate) fn flush(&self, scope: Option<&Arc<RunScope>>) -> Result<(), Error> {
        self.write(&mut self.pending(), scope)
    }

    fn write(&self, pending: &mut Pending, scope: Option<&Arc<RunScope>>) -> Result<(), Error> {
        let mut bytes = 0;
        for piece in std::mem::take(&mut pending.pieces) {
            bytes += self.folder.append(&piece).map_err(RunError::from)?;
            let failed = piece.failed.len() as u64;
            pending.done += piece.rows - failed;
            pending.failed += failed;
        }
        let items = std::mem::take(&mut pending.items) as u64;
        if let Some(scope) = scope
            && items > 0
        {
            scope.tell(ROOT, None, EventKind::Checkpointed { items, bytes });
        }
        if pending.beat.is_none_or(|beat| beat.elapsed() >= HEARTBEAT) {
            self.beat(pending);
        }
        Ok(())
    }

    /// Says how far the run is.
    fn beat(&self, pending: &mut Pending) {
        pending.beat = Some(clock::now());
        self.tell(pending, RunPhase::Running, None);
    }

    fn tell(&self, pending: &Pending, phase: RunPhase, error: Option<String>) {
        let manifest = self.folder.manifest();
        let state = RunState {
            state: phase,
            pipeline: manifest.pipeline.clone(),
            engine: manifest.engine.clone(),
            items: manifest.items,
            done: pending.done,
            failed: pending.failed,
            restored: pending.restored,
            started_unix_ms: self.started,
            updated_unix_ms: clock::unix_ms(),
            process: std::process::id(),
            error,
        };
        // The results are safe without it.
        if let Err(error) = self.folder.write_state(&state) {
            tracing::warn!("{error}");
        }
    }

    /// Writes what is left, and how the run ended.
    pub(crate) fn close(
        &self,
        phase: RunPhase,
        error: Option<String>,
        scope: Option<&Arc<RunScope>>,
    ) {
        let mut pending = self.pending();
        let written = self.write(&mut pending, scope);
        let synced = self.folder.sync();
        if let Err(error) = written.and(synced.map_err(|error| RunError::from(error).into())) {
            tracing::warn!("{error}");
        }
        self.tell(&pending, phase, error);
    }

    /// The error for a resumed run that differs from the one in the folder.
    pub(crate) fn changed(&self, difference: String) -> Error {
        RunError::from(FolderError::Changed {
            path: self.folder.path().to_owned(),
            differences: vec![difference],
        })
        .into()
    }
}

/// As much of a key as is kept for each item.
pub(crate) fn short(key: &Key) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *key.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
