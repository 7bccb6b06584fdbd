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
            Self::Cached(slot) => slot.load(store).map(Arg::dense),
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

    pub(super) fn select(&self, kept: &[u32]) -> Self {
        let at = |row: &u32| *row as usize;
        Self {
            keys: kept.iter().map(|row| self.keys[at(row)]).collect(),
            computed: self.computed.clone(),
            places: kept.iter().map(|row| self.places[at(row)]).collect(),
            codec: self.codec,
        }
    }

    /// All values as a column of their own. What cannot be loaded is taken out of the store: the next time it is a miss.
    fn load(self, store: Option<&dyn CacheStore>) -> Result<Column, Lost> {
        let port = self.codec.port();
        let is_whole = self.computed.len() == self.places.len()
            && self
                .places
                .iter()
                .zip(0..)
                .all(|(place, row)| *place == row);
        if is_whole {
            return Ok(self.computed);
        }
        let mut pieces = Vec::new();
        let own: Vec<(u32, u32)> = (0..)
            .zip(self.places.iter().copied())
            .filter(|(_, place)| *place != ABSENT)
            .collect();
        if !own.is_empty() {
            let rows: Vec<u32> = own.iter().map(|(_, place)| *place).collect();
            let arg = Arg {
                column: self.computed,
                rows: Rows::Select(rows.into()),
            };
            let count = own.len();
            // Somebody else may hold the computed column too; then its values are copied through their codec.
            let column = match arg.column.is_shared() {
                false => port.settle(arg, count),
                true => copied(&arg, count, self.codec)?,
            };
            pieces.push((column, own.iter().map(|(row, _)| *row).collect()));
        }
        for (row, key) in self.keys.iter().enumerate() {
            if self.places[row] == ABSENT {
                let bytes = store.and_then(|store| store.get(key)).ok_or(Lost)?;
                let column = self.codec.decode(&bytes, 1).map_err(|_| {
                    store.inspect(|store| store.remove(key));
                    Lost
                })?;
                pieces.push((column, vec![index(row)]));
            }
        }
        Ok(port.merge(pieces))
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
