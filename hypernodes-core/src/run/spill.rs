//! Finished columns on disk, while a map has no memory to spare.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, RunError};
use crate::value::{Accumulator, Arg, Codec, Column};

/// The beginnings of the columns of a map, in a file that goes with the last handle.
#[derive(Debug)]
pub(crate) struct Spill {
    file: Mutex<File>,
    path: PathBuf,
    codecs: Vec<Codec>,
    /// Per output the pieces in order: where each lies, its length, its rows.
    pieces: Vec<Vec<(u64, usize, usize)>>,
    end: u64,
}

impl Spill {
    pub(crate) fn new(codecs: Vec<Codec>) -> Result<Self, Error> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!(
            "hypernodes-spill-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).open(&path);
        let file = file.map_err(|error| failed(&path, &error))?;
        // On most systems the name can go at once: the file goes with the handle, even if the process is killed.
        let _ = fs::remove_file(&path);
        Ok(Self {
            file: Mutex::new(file),
            path,
            pieces: vec![Vec::new(); codecs.len()],
            codecs,
            end: 0,
        })
    }

    /// Writes columns behind those that are there, and gives the bytes written; or gives the columns back.
    pub(crate) fn keep(&mut self, columns: Vec<Column>) -> Result<u64, Vec<Column>> {
        let before = self.end;
        let mut places = Vec::new();
        for (codec, column) in self.codecs.iter().zip(&columns) {
            let mut bytes = Vec::new();
            let rows = column.len();
            let encoded = codec.encode(&Arg::dense(column.clone()), rows, &mut bytes);
            let encoded = encoded.map_err(io::Error::other);
            let file = self.file.get_mut().unwrap_or_else(PoisonError::into_inner);
            let written = encoded
                .and_then(|()| file.seek(SeekFrom::Start(self.end)))
                .and_then(|_| file.write_all(&bytes));
            if let Err(error) = written {
                tracing::warn!("{}", failed(&self.path, &error));
                self.end = before;
                return Err(columns);
            }
            places.push((self.end, bytes.len(), rows));
            self.end += bytes.len() as u64;
        }
        for (pieces, place) in self.pieces.iter_mut().zip(places) {
            pieces.push(place);
        }
        Ok(self.end - before)
    }

    /// Reads the column of an output back, with room for `more` values behind it.
    pub(crate) fn load(&self, output: usize, more: usize) -> Result<Box<dyn Accumulator>, Error> {
        let codec = self.codecs[output];
        let pieces = &self.pieces[output];
        let rows: usize = pieces.iter().map(|(_, _, rows)| rows).sum();
        let mut all = codec.port().accumulator(rows + more);
        for &(at, length, rows) in pieces {
            let mut bytes = vec![0; length];
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            let read = file
                .seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut bytes));
            drop(file);
            read.map_err(|error| failed(&self.path, &error))?;
            let column = codec.decode(&bytes, rows);
            all.append(column.map_err(|error| failed(&self.path, &io::Error::other(error)))?);
        }
        Ok(all)
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

#[cold]
fn failed(path: &std::path::Path, error: &io::Error) -> Error {
    RunError::Spill {
        path: path.to_owned(),
        reason: error.to_string(),
    }
    .into()
}
