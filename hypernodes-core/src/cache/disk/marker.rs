//! The file that says: this folder is a cache of ours, and may be tidied up.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use super::CacheError;

/// A name that backup programs know: they leave the folder out.
pub(super) const NAME: &str = "CACHEDIR.TAG";

const LAYOUT_VERSION: u32 = 1;

const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55\n";
const OURS: &str = "hypernodes-cache ";

/// What the file holds. Made at compile time, so that its length is part of the bound.
pub(super) const CONTENT: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
    hypernodes-cache 1\n\
    # Results that can be computed again. Made by hypernodes, which removes what it needs no more.\n";

/// Makes the folder a cache, if it is empty, and checks that it is one.
///
/// Many processes may do so at once: all write the same bytes, and nothing else before them.
pub(super) fn claim(folder: &Path) -> Result<(), CacheError> {
    match fs::create_dir_all(folder) {
        Ok(()) => {}
        Err(error) => {
            return Err(match error.kind() {
                ErrorKind::AlreadyExists | ErrorKind::NotADirectory => CacheError::NotAFolder {
                    path: folder.to_owned(),
                },
                _ => CacheError::of(folder, error),
            });
        }
    }
    let marker = folder.join(NAME);
    let failed = |error| CacheError::of(&marker, error);
    let text = read(&marker).map_err(failed)?;
    if is_begun(&text) {
        if is_alone(folder).map_err(|error| CacheError::of(folder, error))? {
            return write(&marker).map_err(failed);
        }
        // Another process may have made the cache between the two looks.
        return check(folder, &read(&marker).map_err(failed)?);
    }
    check(folder, &text)
}

/// An absent marker is an empty one.
fn read(marker: &Path) -> io::Result<Vec<u8>> {
    match fs::read(marker) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        text => text,
    }
}

/// Whether the marker is still to be written, or another process is at it or was killed at it.
fn is_begun(text: &[u8]) -> bool {
    text.len() < CONTENT.len() && CONTENT.as_bytes().starts_with(text)
}

fn is_alone(folder: &Path) -> io::Result<bool> {
    for item in fs::read_dir(folder)? {
        if item?.file_name() != NAME {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Without truncating: a reader never sees less than it saw before.
fn write(marker: &Path) -> io::Result<()> {
    let mut file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(marker)?;
    file.write_all(CONTENT.as_bytes())
}

fn check(folder: &Path, text: &[u8]) -> Result<(), CacheError> {
    if text == CONTENT.as_bytes() {
        return Ok(());
    }
    let path = folder.to_owned();
    let version = str::from_utf8(text)
        .ok()
        .and_then(|text| text.strip_prefix(SIGNATURE)?.strip_prefix(OURS))
        .and_then(|rest| rest.lines().next());
    match version {
        Some(found) if found.parse() != Ok(LAYOUT_VERSION) => Err(CacheError::OtherVersion {
            path,
            expected: LAYOUT_VERSION,
            found: found.to_owned(),
        }),
        // The remark below may have been edited.
        Some(_) => Ok(()),
        None => Err(CacheError::NotACache { path }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_is_what_is_looked_for() {
        let begin = format!("{SIGNATURE}{OURS}{LAYOUT_VERSION}\n");
        assert!(CONTENT.starts_with(&begin));
        assert!(is_begun(b"") && is_begun(&CONTENT.as_bytes()[..10]));
        assert!(!is_begun(CONTENT.as_bytes()));
    }
}
