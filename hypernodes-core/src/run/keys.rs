//! Keys of nodes and of values.

use std::sync::{Arc, Mutex, PoisonError};

use super::slot::Slot;
use crate::cache::Key;
use crate::node::{InputPort, Signature};
use crate::value::{Arg, Codec, CodecError, Rows, WeakColumn, key_of};

/// The identity of a node: where it is defined, what it says, its version and its types. Names of inputs and outputs
/// do not count: a renamed node computes the same.
pub(crate) fn node_identity(signature: &Signature) -> Key {
    let options = &signature.options;
    let mut parts: Vec<Vec<u8>> = vec![
        options.path.into(),
        options.tokens.to_le_bytes().into(),
        options.version.to_le_bytes().into(),
    ];
    let inputs = signature.inputs.iter().map(|input| input.port);
    let outputs = signature.outputs.iter().map(|output| output.port);
    parts.extend(inputs.map(|port| port.full_name().as_bytes().to_vec()));
    parts.push(b"->".to_vec());
    parts.extend(outputs.map(|port| port.full_name().as_bytes().to_vec()));
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    key_of("hypernodes node", &parts)
}

/// The key of one call of a node.
pub(super) fn call_key<'k>(node: &'k Key, args: impl Iterator<Item = &'k Key>) -> Key {
    let parts: Vec<&[u8]> = std::iter::once(node)
        .chain(args)
        .map(|key| key.as_bytes().as_slice())
        .collect();
    key_of("hypernodes call", &parts)
}

/// The key of one output of a call.
pub(super) fn output_key(call: &Key, output: usize) -> Key {
    let output = u64::try_from(output).unwrap_or(u64::MAX).to_le_bytes();
    key_of("hypernodes output", &[call.as_bytes(), &output])
}

/// The keys of the rows of an argument: handed down by the cached node that gave it, or hashed.
pub(super) fn keys_of(
    slot: &Slot,
    rows: usize,
    input: &InputPort,
    memo: &KeyMemo,
) -> Result<Vec<Key>, CodecError> {
    if let Some(keys) = slot.keys() {
        return Ok(keys.to_vec());
    }
    let Slot::Values(arg) = slot else {
        return Ok(Vec::new());
    };
    let codec = input
        .facts
        .codec
        .expect("inputs of cached nodes have a codec, checked at build");
    memo.keys(arg, rows, codec)
}

/// Keys of values that are the same in every chunk, so that a large one is hashed once in a run.
///
/// It holds none of them: a value that is lent to a nested map may be taken away, or given as an output, later on.
#[derive(Debug, Default)]
pub(crate) struct KeyMemo(Mutex<Vec<(WeakColumn, usize, Key)>>);

/// A memo that many chunks share.
pub(crate) type SharedKeys = Arc<KeyMemo>;

/// Most values that are remembered.
const MOST: usize = 64;

impl KeyMemo {
    fn keys(&self, arg: &Arg, rows: usize, codec: Codec) -> Result<Vec<Key>, CodecError> {
        let Rows::One(at) = arg.rows else {
            return codec.keys(arg, rows);
        };
        // What nobody else holds does not come again.
        if !arg.column.is_shared() {
            return codec.keys(arg, rows);
        }
        let known = self
            .lock()
            .iter()
            .find_map(|(column, row, key)| (*row == at && column.is(&arg.column)).then_some(*key));
        if let Some(key) = known {
            return Ok(vec![key; rows]);
        }
        let keys = codec.keys(arg, rows)?;
        let mut memo = self.lock();
        if let Some(key) = keys.first() {
            if memo.len() == MOST {
                memo.retain(|(column, ..)| !column.is_gone());
            }
            if memo.len() < MOST {
                memo.push((arg.column.weak(), at, *key));
            }
        }
        Ok(keys)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<(WeakColumn, usize, Key)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
