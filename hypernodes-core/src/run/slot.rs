//! What a slot of the plan holds while a chunk runs: values, or keys of values that lie in the cache.

use std::sync::Arc;

use crate::cache::{CacheStore, Key};
use crate::node::OutputPort;
use crate::value::{Arg, Codec, Column, Rows, index};

/// What a slot holds.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    Values(Arg),
    /// An output of a cached node: what was found is loaded only when somebody wants the values.
    Cached(Box<CachedSlot>),
}

/// The output of a cached node: a key for each row, and the values of those that had to be computed.
#[derive(Clone, Debug)]
pub(super) struct CachedSlot {
    keys: Arc<[Key]>,
    computed: Column,
    /// Per row its place in `computed`; [`ABSENT`] lies in the cache.
    places: Arc<[u32]>,
    codec: Codec,
}

/// A value that is in the cache.
pub(super) const ABSENT: u32 = u32::MAX;

/// A value that was found in the cache, and is not there or cannot be read any more.
#[derive(Debug)]
pub(super) struct Lost;

impl Slot {
    /// The same rows without those that are not named.
    pub(super) fn select(&mut self, kept: &[u32]) {
        match self {
            Self::Values(arg) => arg.rows = arg.rows.select(kept),
            Self::Cached(slot) => **slot = slot.select(kept),
        }
    }

    /// The values, loaded where they are not there yet.
    pub(super) fn into_arg(self, store: Option<&dyn CacheStore>) -> Result<Arg, Lost> {
        match self {
            Self::Values(arg) => Ok(arg),
            Self::Cached(slot) => slot.load(store),
        }
    }

    /// The key of each row, if the slot has them.
    pub(super) fn keys(&self) -> Option<&Arc<[Key]>> {
        match self {
            Self::Values(_) => None,
            Self::Cached(slot) => Some(&slot.keys),
        }
    }
}

impl CachedSlot {
    pub(super) fn new(keys: Vec<Key>, computed: Column, places: Vec<u32>, codec: Codec) -> Self {
        Self {
            keys: keys.into(),
            computed,
            places: places.into(),
            codec,
        }
    }

    /// Loads what lies in the cache, and keeps the keys.
    pub(super) fn load_found(&mut self, store: Option<&dyn CacheStore>) -> Result<(), Lost> {
        if self.has_absent() {
            *self = self.loaded(store)?;
        }
        Ok(())
    }

    pub(super) fn select(&self, kept: &[u32]) -> Self {
        let at = |row: &u32| *row as usize;
        Self {
            keys: kept.iter().map(|row| self.keys[at(row)]).collect(),
            computed: self.computed.clone(),
            places: kept.iter().map(|row| self.places[at(row)]).collect(),
            codec: self.codec,
        }
    }

    /// Whether some values were found in the cache and are not loaded.
    fn has_absent(&self) -> bool {
        self.places.contains(&ABSENT)
    }

    /// All values. What cannot be loaded is taken out of the store: the next time it is a miss.
    fn load(self, store: Option<&dyn CacheStore>) -> Result<Arg, Lost> {
        let (count, is_absent) = (self.places.len(), self.has_absent());
        let is_whole =
            self.computed.len() == count && self.places.iter().copied().eq(0..index(count));
        if is_whole {
            return Ok(Arg::dense(self.computed));
        }
        let own = self.places.iter().copied().filter(|&place| place != ABSENT);
        let arg = Arg {
            rows: Rows::Select(own.collect()),
            column: self.computed,
        };
        if !is_absent {
            return Ok(arg);
        }
        let port = self.codec.port();
        let rows_of = |is_absent: bool| {
            let rows = (0..).zip(self.places.iter());
            rows.filter(move |(_, place)| (**place == ABSENT) == is_absent)
                .map(|(row, _)| row)
        };
        let mut pieces = Vec::new();
        let own: Vec<u32> = rows_of(false).collect();
        if !own.is_empty() {
            // Somebody else may hold the computed column too; then its values are copied through their codec.
            let column = match arg.column.is_shared() {
                false => port.settle(arg, own.len()),
                true => copied(&arg, own.len(), self.codec)?,
            };
            pieces.push((column, own));
        }
        for row in rows_of(true) {
            let key = &self.keys[row as usize];
            let bytes = store.and_then(|store| store.get(key)).ok_or(Lost)?;
            let column = self.codec.decode(&bytes, 1).map_err(|_| {
                store.inspect(|store| store.remove(key));
                Lost
            })?;
            pieces.push((column, vec![row]));
        }
        Ok(Arg::dense(port.merge(pieces)))
    }

    /// The same with every value loaded.
    fn loaded(&self, store: Option<&dyn CacheStore>) -> Result<Self, Lost> {
        let rows = self.places.len();
        let arg = self.clone().load(store)?;
        Ok(Self {
            computed: self.codec.port().settle(arg, rows),
            places: (0..index(rows)).collect(),
            keys: Arc::clone(&self.keys),
            codec: self.codec,
        })
    }
}

fn copied(arg: &Arg, rows: usize, codec: Codec) -> Result<Column, Lost> {
    let mut bytes = Vec::new();
    codec.encode(arg, rows, &mut bytes).map_err(|_| Lost)?;
    codec.decode(&bytes, rows).map_err(|_| Lost)
}

/// The codec of an output of a cached node; the graph was checked for it.
pub(super) fn codec_of(output: &OutputPort) -> Codec {
    output
        .facts
        .codec
        .expect("outputs of cached nodes have a codec, checked at build")
}
