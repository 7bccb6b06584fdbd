//! A step whose node is cached: what is found is not computed again, what is computed is kept.

use std::sync::Arc;
use std::time::Duration;

use super::{Computed, Failed, Interrupted, NodeCall, Slots, load};
use crate::cache::{CacheStore, Key};
use crate::event::EventKind;
use crate::node::ColumnList;
use crate::run::keys::{call_key, keys_of, output_key};
use crate::run::slot::{ABSENT, CachedSlot, Slot, codec_of};
use crate::value::{Accumulator, Arg, Column, index};

impl NodeCall<'_> {
    /// Computes the rows that are not in the cache, and puts them there.
    pub(super) fn cached(
        &self,
        slots: Slots,
        store: &dyn CacheStore,
        spent: Option<&mut Vec<Duration>>,
        cached: &mut u64,
    ) -> Result<Computed, Interrupted> {
        let (step, rows, scope) = (self.guarded.step(), self.guarded.rows, self.guarded.scope);
        let signature = step.node.signature();
        let keys = slots.iter().zip(&signature.inputs);
        let keys = keys.map(|(slot, input)| keys_of(slot, rows, input, &scope.keys));
        let keys: Vec<Vec<Key>> = match keys.collect() {
            Ok(keys) => keys,
            Err(error) => {
                tracing::warn!("node `{}` is not cached: {error}", self.node);
                return self.uncached(slots, spent);
            }
        };
        let identity = step.identity();
        let calls: Vec<Key> = (0..rows)
            .map(|row| call_key(identity, keys.iter().map(|arg| &arg[row])))
            .collect();
        let wanted: Vec<usize> = (0..signature.outputs.len())
            .filter(|&output| step.outs[output].is_some())
            .collect();
        let found = Found::look(self, &calls, &wanted, store);
        let missing: Vec<u32> = (0..rows)
            .filter(|&row| !found.is_hit[row])
            .map(index)
            .collect();
        *cached = (rows - missing.len()) as u64;
        self.tell_cache(*cached, missing.len() as u64);

        let mut failures = Vec::new();
        let mut fresh = Vec::new();
        if !missing.is_empty() {
            let mut slots = slots;
            if missing.len() < rows {
                slots.iter_mut().for_each(|slot| slot.select(&missing));
            }
            let args = load(slots, Some(store))?;
            let row_of = |row: usize| missing[row] as usize;
            let called = self.called(args, missing.len(), &row_of, spent)?;
            let mut failed = called.failures.iter().map(|failed| failed.row).peekable();
            let end = if self.context.fail_fast() {
                called
                    .failures
                    .first()
                    .map_or(missing.len(), |failed| failed.row)
            } else {
                missing.len()
            };
            let done = (0..end).filter(|row| failed.next_if_eq(row).is_none());
            fresh = done.map(|row| missing[row]).collect();
            failures = called.failures;
            failures
                .iter_mut()
                .for_each(|failed| failed.row = row_of(failed.row));
            self.keep(&called.columns, &fresh, &calls, &wanted, store);
            return Ok(self.joined(found, called.columns, &fresh, &calls, &wanted, failures));
        }
        let empty = signature.outputs.iter().map(|output| output.port.empty());
        Ok(self.joined(
            found,
            empty.collect(),
            &fresh,
            &calls,
            &wanted,
            std::mem::take(&mut failures),
        ))
    }

    fn tell_cache(&self, hits: u64, misses: u64) {
        let scope = self.guarded.scope;
        let span = self.context.span();
        let told = [
            (
                hits,
                EventKind::CacheHit {
                    node: Arc::clone(self.node),
                    rows: hits,
                },
            ),
            (
                misses,
                EventKind::CacheMiss {
                    node: Arc::clone(self.node),
                    rows: misses,
                },
            ),
        ];
        for (_, kind) in told.into_iter().filter(|(rows, _)| *rows > 0) {
            scope.tell(span, None, kind);
        }
    }

    /// Puts fresh values into the cache.
    fn keep(
        &self,
        columns: &ColumnList,
        fresh: &[u32],
        calls: &[Key],
        wanted: &[usize],
        store: &dyn CacheStore,
    ) {
        let signature = self.guarded.step().node.signature();
        for &output in wanted {
            let codec = codec_of(&signature.outputs[output]);
            let arg = Arg::dense(columns[output].clone());
            for (place, &row) in fresh.iter().enumerate() {
                let mut bytes = Vec::new();
                match codec.encode_row(&arg, place, &mut bytes) {
                    Ok(()) => {
                        store.put(&output_key(&calls[row as usize], output), self.node, &bytes);
                    }
                    Err(error) => tracing::warn!("node `{}` is not cached: {error}", self.node),
                }
            }
        }
    }

    /// Fresh and found rows together.
    fn joined(
        &self,
        mut found: Found,
        columns: ColumnList,
        fresh: &[u32],
        calls: &[Key],
        wanted: &[usize],
        failures: Vec<Failed>,
    ) -> Computed {
        let rows = self.guarded.rows;
        let signature = self.guarded.step().node.signature();
        let end = match failures.first() {
            Some(failed) if self.context.fail_fast() => failed.row,
            _ => rows,
        };
        let mut place_of = vec![None; rows];
        for (place, &row) in (0..).zip(fresh) {
            place_of[row as usize] = Some(place);
        }
        let is_hit = std::mem::take(&mut found.is_hit);
        let survives = |row: &usize| is_hit[*row] || place_of[*row].is_some();
        let left: Vec<usize> = (0..end).filter(&survives).collect();
        let columns = columns.into_iter().enumerate();
        let outs = columns.map(|(output, column)| {
            if !wanted.contains(&output) {
                return Slot::Values(Arg::dense(signature.outputs[output].port.empty()));
            }
            let codec = codec_of(&signature.outputs[output]);
            let keys = left
                .iter()
                .map(|&row| output_key(&calls[row], output))
                .collect();
            let loaded = found.loaded.get_mut(output).and_then(Option::take);
            let (column, places) = match loaded {
                None => (
                    column,
                    left.iter()
                        .map(|&row| place_of[row].unwrap_or(ABSENT))
                        .collect(),
                ),
                Some(loaded) => {
                    // Every value is here: what was found, and what is fresh.
                    let hits = (0..rows).filter(|&row| is_hit[row]).map(index).collect();
                    let pieces = vec![(loaded, hits), (column, fresh.to_vec())];
                    let whole = signature.outputs[output].port.merge(pieces);
                    let places = (0..rows).filter(&survives).map(index).zip(0..);
                    let places: Vec<(u32, u32)> = places.collect();
                    let at = |row: &usize| {
                        places
                            .binary_search_by_key(&index(*row), |(row, _)| *row)
                            .map_or(ABSENT, |i| places[i].1)
                    };
                    (whole, left.iter().map(at).collect())
                }
            };
            Slot::Cached(Box::new(CachedSlot::new(keys, column, places, codec)))
        });
        Computed {
            outs: outs.collect(),
            failures,
        }
    }
}

/// What the cache has of the rows of a call.
struct Found {
    is_hit: Vec<bool>,
    /// Per output the values of the hits, where they are loaded at once.
    loaded: Vec<Option<Column>>,
}

impl Found {
    fn look(call: &NodeCall<'_>, calls: &[Key], wanted: &[usize], store: &dyn CacheStore) -> Self {
        let outputs = &call.guarded.step().node.signature().outputs;
        if !call.guarded.is_eager {
            let is_hit = |call: &Key| {
                !wanted.is_empty()
                    && wanted
                        .iter()
                        .all(|&output| store.contains(&output_key(call, output)))
            };
            return Self {
                is_hit: calls.iter().map(is_hit).collect(),
                loaded: Vec::new(),
            };
        }
        let mut columns: Vec<Option<Box<dyn Accumulator>>> = outputs
            .iter()
            .enumerate()
            .map(|(i, output)| wanted.contains(&i).then(|| output.port.accumulator(0)))
            .collect();
        let mut is_hit = vec![false; calls.len()];
        for (row, call) in calls.iter().enumerate() {
            let values = wanted.iter().map(|&output| {
                let key = output_key(call, output);
                let bytes = store.get(&key)?;
                let column = codec_of(&outputs[output]).decode(&bytes, 1);
                column.inspect_err(|_| store.remove(&key)).ok()
            });
            let values: Option<Vec<Column>> = values.collect();
            if let Some(values) = values.filter(|values| !values.is_empty()) {
                is_hit[row] = true;
                for (&output, value) in wanted.iter().zip(values) {
                    if let Some(all) = &mut columns[output] {
                        all.append(value);
                    }
                }
            }
        }
        let loaded = columns
            .into_iter()
            .map(|column| column.map(Accumulator::finish));
        Self {
            is_hit,
            loaded: loaded.collect(),
        }
    }
}
