//! A list of files, and a list of names: of a market there are very many, so little is held of each.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use crate::blocks::Blocks;

/// Files in order; what is held of each is its name and 8 bytes, and of files that follow each other in one folder the
/// folder once.
///
/// [`expand`](super::expand) makes one, and so does any list of paths.
///
/// # Example
/// ```
/// use hypernodes_trading::data::Files;
/// use std::path::{Path, PathBuf};
/// let files: Files = ["prices/A.csv", "prices/B.csv"].map(PathBuf::from).into_iter().collect();
/// assert_eq!(files.get(1).as_deref(), Some(Path::new("prices/B.csv")));
/// assert_eq!(files.len(), 2);
/// ```
#[derive(Clone, Default)]
pub struct Files {
    /// The text of each path behind its folder's.
    names: Names,
    /// The first file of each run of files in one folder, and the text of their paths up to their names.
    folders: Vec<(usize, String)>,
    /// Paths that are no text; their names are empty.
    others: BTreeMap<usize, PathBuf>,
}

impl Files {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The path of the file at this place.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<PathBuf> {
        if let Some(path) = self.others.get(&at) {
            return Some(path.clone());
        }
        let name = self.names.get(at)?;
        let mut path = String::with_capacity(self.folder(at).len() + name.len());
        path.push_str(self.folder(at));
        path.push_str(name);
        Some(path.into())
    }

    /// The paths, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = PathBuf> {
        (0..self.len()).map(|at| self.get(at).unwrap_or_default())
    }

    /// The name of the file at this place, without its folder.
    pub(super) fn name(&self, at: usize) -> Cow<'_, str> {
        match self.others.get(&at) {
            Some(path) => path.file_name().map_or("".into(), OsStr::to_string_lossy),
            None => self.names.get(at).unwrap_or_default().into(),
        }
    }

    /// The text in front of the name.
    fn folder(&self, at: usize) -> &str {
        let behind = self.folders.partition_point(|(first, _)| *first <= at);
        let own = behind.checked_sub(1).and_then(|run| self.folders.get(run));
        own.map_or("", |(_, folder)| folder)
    }

    fn push(&mut self, path: &Path) {
        let at = self.len();
        let parts = path.to_str().map(|text| {
            let name = text.rfind(MAIN_SEPARATOR).map_or(0, |last| last + 1);
            text.split_at(name)
        });
        // A name that ends in `..` or in a separator is none: such a path is kept as it is.
        let is_name = |name: &str| path.file_name() == Some(OsStr::new(name));
        let Some((folder, name)) = parts.filter(|(_, name)| is_name(name)) else {
            self.others.insert(at, path.to_owned());
            self.names.push("");
            return;
        };
        if self.folders.last().is_none_or(|(_, last)| last != folder) {
            self.folders.push((at, folder.to_owned()));
        }
        self.names.push(name);
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<P: AsRef<Path>> FromIterator<P> for Files {
    fn from_iter<I: IntoIterator<Item = P>>(paths: I) -> Self {
        let mut files = Self::default();
        for path in paths {
            files.push(path.as_ref());
        }
        files
    }
}

impl From<Vec<PathBuf>> for Files {
    fn from(paths: Vec<PathBuf>) -> Self {
        paths.into_iter().collect()
    }
}

impl<const N: usize> From<[PathBuf; N]> for Files {
    fn from(paths: [PathBuf; N]) -> Self {
        paths.into_iter().collect()
    }
}

/// Texts in order, behind each other.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    text: String,
    /// Where each ends.
    ends: Blocks<usize>,
}

impl Names {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, at: usize) -> Option<&str> {
        let end = *self.ends.get(at)?;
        let before = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.text.get(before.copied().unwrap_or(0)..end)
    }

    pub(super) fn push(&mut self, name: &str) {
        self.text.push_str(name);
        self.ends.push(self.text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_come_back_as_they_were() {
        let mut paths: Vec<PathBuf> = [
            "a/b/c.csv",
            "a/b/d.csv",
            "a/d.csv",
            "d.csv",
            "./d.csv",
            "a//d.csv",
            "/d.csv",
            "a/b/",
            "a/..",
            "",
            "a/b/c.csv",
            "a/ü/é.csv",
        ]
        .map(PathBuf::from)
        .into();
        #[cfg(unix)]
        paths.insert(3, {
            use std::os::unix::ffi::OsStringExt;
            std::ffi::OsString::from_vec(b"a/\xff.csv".to_vec()).into()
        });
        let files: Files = paths.iter().collect();
        // Also how they are written: `a//d.csv` equals `a/d.csv` as a path.
        let text = |paths: &[PathBuf]| {
            paths
                .iter()
                .map(|p| p.as_os_str().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(text(&files.iter().collect::<Vec<_>>()), text(&paths));
        assert_eq!(files.get(paths.len()), None);
        for (at, path) in paths.iter().enumerate() {
            let name = path.file_name().unwrap_or_default();
            assert_eq!(files.name(at), name.to_string_lossy(), "{path:?}");
        }
        assert_eq!(format!("{files:?}"), format!("{paths:?}"));
    }
}
