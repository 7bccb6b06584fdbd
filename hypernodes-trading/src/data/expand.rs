//! Files, folders and globs to a list of files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use glob::MatchOptions;

use super::input::{check_regular, is_data_name};
use super::{DataError, Files};

/// What makes a name a glob.
const WILD: [char; 3] = ['*', '?', '['];

/// The files that `data` names: each is a file, a folder (its `*.csv`, `*.csv.gz`, `*.csv.zst`,
/// `*.parquet`, `*.pq`, `*.arrow` and `*.feather`, not those of its subfolders) or a glob. Folders and globs leave hidden files out, as a shell does; a link to
/// nothing or a pipe among their files is told when it is read.
///
/// The order is that of `data`, sorted by name within a folder or glob; a file named twice comes
/// once, at its first place.
///
/// # Errors
/// [`DataError::Missing`], [`DataError::BrokenLink`], [`DataError::NotRegular`],
/// [`DataError::EmptyFolder`], [`DataError::NoMatch`],
/// [`DataError::Pattern`] or [`DataError::Read`] for the first name that gives no file.
///
/// # Example
/// ```no_run
/// let files = hypernodes_trading::data::expand(["prices/*.csv", "more"])?;
/// # Ok::<(), hypernodes_trading::data::DataError>(())
/// ```
pub fn expand<S: AsRef<str>>(data: impl IntoIterator<Item = S>) -> Result<Files, DataError> {
    let lists = data.into_iter().map(|name| expand_one(name.as_ref()));
    let mut lists = lists.collect::<Result<Vec<_>, _>>()?;
    // Nothing is named twice within one list.
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_default().into());
    }
    let all: Vec<PathBuf> = lists.into_iter().flatten().collect();
    let mut seen = BTreeSet::new();
    Ok(all
        .iter()
        .filter(|file| seen.insert(file.as_path()))
        .collect())
}

fn expand_one(name: &str) -> Result<Vec<PathBuf>, DataError> {
    let path = Path::new(name);
    if path.is_dir() {
        let mut files = data_files(path)?;
        files.sort();
        return match files.is_empty() {
            true => Err(DataError::EmptyFolder {
                path: name.to_owned(),
            }),
            false => Ok(files),
        };
    }
    match check_regular(path, name) {
        Ok(()) => return Ok(vec![path.to_owned()]),
        Err(DataError::Missing { .. } | DataError::Read { .. }) if name.contains(WILD) => {}
        Err(error) => return Err(error),
    }
    // With the option `glob` finds no hidden file, not even for a pattern that names the dot.
    let asks_for_hidden = |part: &str| part.starts_with('.') && part.contains(WILD);
    let as_shells_do = MatchOptions {
        require_literal_leading_dot: !name.split(MAIN_SEPARATOR).any(asks_for_hidden),
        ..MatchOptions::new()
    };
    let paths = glob::glob_with(name, as_shells_do).map_err(|e| DataError::Pattern {
        pattern: name.to_owned(),
        problem: e.msg,
    })?;
    let mut files = Vec::new();
    for entry in paths {
        let file = entry.map_err(|e| DataError::Read {
            path: e.path().display().to_string(),
            source: e.into(),
        })?;
        // What cannot be read is told when it is.
        if !file.is_dir() {
            files.push(file);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(DataError::NoMatch {
            pattern: name.to_owned(),
        });
    }
    Ok(files)
}

fn data_files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let failed = |source| DataError::Read {
        path: folder.display().to_string(),
        source,
    };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        let is_data = is_data_name(&entry.file_name().to_string_lossy());
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        if is_data && !is_hidden && !path.is_dir() {
            files.push(path);
        }
    }
    Ok(files)
}
