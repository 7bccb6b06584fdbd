//! The arguments of a chunk as a parcel, and back.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::known::{Known, Remembered};
use super::wire::{narrow, wide};
use super::{Blob, Blobs, RemoteError};
use crate::error::{BoxError, Cause};
use crate::node::Passing;
use crate::plan::{Plan, PlanInput};
use crate::value::{Arg, Codec, CodecError, Column, Drain, Packed, Path, PortType, Rows, index};

/// The head of a chunk.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ChunkHead {
    /// The first item, whether it travels or not.
    pub(crate) start: u64,
    /// Runs of items: the first, and how many. More than one where some did not travel.
    pub(crate) items: Vec<(u64, u64)>,
    /// Per input that some step reads: the inputs of the worker's plan.
    args: Vec<WireArg>,
    /// Values that need not be remembered any more.
    forget: Vec<u64>,
    /// How long the item around a nested map may take, and the limit that is told.
    pub(crate) until: Option<(Duration, Duration)>,
}

/// The rows of one input.
#[derive(Debug, Serialize, Deserialize)]
enum WireArg {
    /// A value for each row.
    Each(Packed),
    /// The same value for so many rows, and so on.
    Runs(Vec<(u64, One)>),
    /// Some values, and which of them each row has.
    Chosen(Packed, Vec<u32>),
}

#[derive(Debug, Serialize, Deserialize)]
enum One {
    /// It came before.
    Known(u64),
    /// It comes now, and is remembered under the number.
    New(Option<u64>, Packed),
}

/// A row that cannot travel, and why.
pub(crate) struct Unsent {
    pub(crate) row: usize,
    pub(crate) cause: Cause,
    /// The input, by its place in the plan.
    pub(crate) input: usize,
}

/// Arguments of some rows.
pub(crate) type Piece = (usize, Vec<Arg>);

/// Which inputs of a plan some step reads. The others need not travel.
fn is_read(plan: &Plan, input: &PlanInput) -> bool {
    let mut args = plan.steps.iter().flat_map(|step| &step.args);
    args.any(|arg| arg.slot == input.slot)
}

/// Packs the arguments of a chunk. `None`: some rows cannot travel, which [`unsent`] finds.
pub(crate) fn pack(
    plan: &Plan,
    pieces: &[Piece],
    (start, items): (u64, Vec<(u64, u64)>),
    until: Option<(Duration, Duration)>,
    known: &mut Known,
    blobs: &mut Vec<Blob>,
) -> Option<ChunkHead> {
    let first = known.next();
    let inputs = plan.inputs.iter().enumerate();
    let inputs = inputs.filter(|(_, input)| is_read(plan, input));
    let args = inputs.map(|(at, input)| {
        let Some(codec) = input.facts.codec else {
            return Err(None);
        };
        let pieces: Vec<(&Arg, usize)> = pieces
            .iter()
            .map(|(rows, args)| (&args[at], *rows))
            .collect();
        // What a value does when it is written is somebody else's code.
        let packed = catch_unwind(AssertUnwindSafe(|| {
            pack_input(codec, input.passing, &pieces, known, blobs)
        }));
        packed.map_err(|_| None)?.map_err(Some)
    });
    match args.collect::<Result<Vec<WireArg>, Option<CodecError>>>() {
        Ok(args) => Some(ChunkHead {
            start,
            items,
            args,
            forget: known.forget(),
            until,
        }),
        Err(_) => {
            known.undo(first);
            blobs.clear();
            None
        }
    }
}

/// The rows that cannot travel, each with the first input that is to blame.
pub(crate) fn unsent(plan: &Plan, pieces: &[Piece]) -> Vec<Unsent> {
    let mut unsent = BTreeMap::new();
    for (at, input) in plan.inputs.iter().enumerate() {
        if !is_read(plan, input) {
            continue;
        }
        let mut first = 0;
        for (rows, args) in pieces {
            for (row, cause) in refused(input.facts.codec, input.port, &args[at], *rows) {
                let row = first + row;
                unsent.entry(row).or_insert(Unsent {
                    row,
                    cause: in_words(&format!("input `{}` cannot be sent", input.name), cause),
                    input: at,
                });
            }
            first += rows;
        }
    }
    unsent.into_values().collect()
}

/// Why a value could not be sent, with which value it was.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {error}")]
struct CannotSend {
    what: String,
    error: BoxError,
}

fn in_words(what: &str, error: BoxError) -> Cause {
    Cause::Error(Box::new(CannotSend {
        what: what.to_owned(),
        error,
    }))
}

/// As [`in_words`], of a value that comes back.
pub(crate) fn cannot_return(output: &str, error: BoxError) -> Cause {
    in_words(&format!("output `{output}` cannot be sent back"), error)
}

/// The rows of an argument that cannot be written, and why.
pub(crate) fn refused(
    codec: Option<Codec>,
    port: PortType,
    arg: &Arg,
    rows: usize,
) -> Vec<(usize, BoxError)> {
    let mut bytes = Vec::new();
    let mut refused = |row: usize| -> Option<(usize, BoxError)> {
        let Some(codec) = codec else {
            return Some((row, format!("`{port}` has no codec").into()));
        };
        bytes.clear();
        let written = catch_unwind(AssertUnwindSafe(|| codec.encode_row(arg, row, &mut bytes)));
        match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some((row, full(&error).into())),
            Err(payload) => Some((row, Cause::from_panic(payload).message().into())),
        }
    };
    (0..rows).filter_map(&mut refused).collect()
}

/// An error with all that it was caused by.
fn full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    text
}

/// How the rows of an input travel.
enum Shape {
    Each,
    /// How many rows, and the first of them: its piece and its row there.
    Runs(Vec<(usize, (usize, usize))>),
    /// The pieces of the values, and which of them each row has.
    Chosen(Vec<(usize, Vec<u32>)>, Vec<u32>),
}

/// So many rows have the same value at least, where values are sent once for several rows.
const WORTH_ROWS: usize = 8;

type At = (usize, (Path, u8));

fn shape(port: PortType, pieces: &[(&Arg, usize)]) -> Shape {
    let is_one = |(arg, _): &(&Arg, usize)| matches!(arg.rows, Rows::One(_));
    let is_dense =
        |(arg, _): &(&Arg, usize)| matches!(arg.rows, Rows::Range(_) | Rows::Within { .. });
    let is_small = !port.needs_drop() && port.bytes() <= 16;
    if pieces.iter().all(is_dense) || is_small && !pieces.iter().all(is_one) {
        return Shape::Each;
    }
    let at = |piece: usize, row: usize| -> At {
        let arg = pieces[piece].0;
        (arg.column.address(), arg.rows.path(row))
    };
    let mut runs: Vec<(usize, (usize, usize), At)> = Vec::new();
    let mut all = 0;
    for (piece, (_, rows)) in pieces.iter().enumerate() {
        let mut add = |rows: usize, row: usize| {
            let this = at(piece, row);
            match runs.last_mut() {
                Some((last, _, before)) if *before == this => *last += rows,
                _ => runs.push((rows, (piece, row), this)),
            }
        };
        all += rows;
        match is_one(&pieces[piece]) {
            true => add(*rows, 0),
            false => (0..*rows).for_each(|row| add(1, row)),
        }
    }
    if runs.len() == 1 || runs.len() * WORTH_ROWS <= all {
        return Shape::Runs(runs.into_iter().map(|(rows, at, _)| (rows, at)).collect());
    }
    let mut places = BTreeMap::new();
    let mut values: Vec<(usize, Vec<u32>)> = Vec::new();
    let mut chosen = Vec::with_capacity(all);
    for (rows, (piece, row), at) in runs {
        let next = index(places.len());
        let place = *places.entry(at).or_insert_with(|| {
            match values.last_mut() {
                Some((last, rows)) if *last == piece => rows.push(index(row)),
                _ => values.push((piece, vec![index(row)])),
            }
            next
        });
        chosen.extend(std::iter::repeat_n(place, rows));
    }
    match places.len() * 2 <= all {
        true => Shape::Chosen(values, chosen),
        false => Shape::Each,
    }
}

fn pack_input(
    codec: Codec,
    passing: Passing,
    pieces: &[(&Arg, usize)],
    known: &mut Known,
    blobs: &mut Vec<Blob>,
) -> Result<WireArg, CodecError> {
    // What cannot be cloned is moved into each row, and so never shared.
    let shape = match passing {
        Passing::Move => Shape::Each,
        _ => shape(codec.port(), pieces),
    };
    match shape {
        Shape::Each => codec.pack(pieces, blobs).map(WireArg::Each),
        Shape::Runs(runs) => {
            let one = |(rows, (piece, row)): (usize, (usize, usize))| {
                let (arg, _): (&Arg, usize) = pieces[piece];
                if let Some(id) = known.find(arg, row) {
                    return Ok((wide(rows), One::Known(id)));
                }
                let value = selected(arg, &[index(row)]);
                let before = blobs.len();
                let packed = codec.pack(&[(&value, 1)], blobs)?;
                let bytes = blobs[before..].iter().map(|blob| blob.as_bytes().len());
                let id = known.add(arg, row, bytes.sum());
                Ok((wide(rows), One::New(id, packed)))
            };
            let runs = runs.into_iter().map(one);
            runs.collect::<Result<_, _>>().map(WireArg::Runs)
        }
        Shape::Chosen(values, chosen) => {
            let values = values.into_iter();
            let values: Vec<(Arg, usize)> = values
                .map(|(piece, rows)| (selected(pieces[piece].0, &rows), rows.len()))
                .collect();
            let values: Vec<(&Arg, usize)> =
                values.iter().map(|(arg, rows)| (arg, *rows)).collect();
            let packed = codec.pack(&values, blobs)?;
            Ok(WireArg::Chosen(packed, chosen))
        }
    }
}

fn selected(arg: &Arg, rows: &[u32]) -> Arg {
    Arg {
        column: arg.column.clone(),
        rows: arg.rows.select(rows),
    }
}

/// A chunk in a worker: its rows, and arguments from which they are cut.
pub(crate) struct Unpacked {
    pub(crate) items: Vec<(usize, usize)>,
    pub(crate) rows: usize,
    args: Vec<Given>,
}

/// The rows of one input in a worker.
enum Given {
    Each(Column),
    Moved(Box<dyn Drain>),
    /// Where each run ends, and its value.
    Runs(Vec<(usize, Column)>),
    Chosen(Column, Vec<u32>),
}

const HEAD: &str = "chunk";

/// More rows than these are not taken for less bytes: rows that have no bytes of their own could be any number.
const MOST_FREE_ROWS: usize = 1 << 20;

impl ChunkHead {
    /// Reads the arguments, and remembers those that will come again.
    pub(super) fn unpack(
        self,
        plan: &Plan,
        blobs: &dyn Blobs,
        remembered: &Remembered,
    ) -> Result<Unpacked, RemoteError> {
        let damaged = |problem: &str| RemoteError::damaged(HEAD, problem);
        let bytes = (0..blobs.count()).map(|blob| blobs.len(blob));
        let bytes = bytes.fold(0_usize, usize::saturating_add);
        let mut rows = 0_usize;
        let mut items = Vec::with_capacity(self.items.len());
        let mut next = 0;
        for (first, count) in self.items {
            let (first, count) = (narrow(first), narrow(count));
            if first < next || count == 0 {
                return Err(damaged("its items are not in order"));
            }
            next = first
                .checked_add(count)
                .ok_or_else(|| damaged("it has too many items"))?;
            rows += count;
            items.push((first, count));
        }
        if rows > MOST_FREE_ROWS.saturating_add(bytes) || u32::try_from(rows).is_err() {
            return Err(damaged("it has too many items"));
        }
        if self.args.len() != plan.inputs.len() {
            return Err(damaged(
                "it has not as many arguments as the plan has inputs",
            ));
        }
        remembered.forget(&self.forget);
        let args = plan.inputs.iter().zip(self.args);
        let args = args.map(|(input, arg)| unpack_input(input, arg, rows, blobs, remembered));
        Ok(Unpacked {
            args: args.collect::<Result<_, _>>()?,
            items,
            rows,
        })
    }
}

fn unpack_input(
    input: &PlanInput,
    arg: WireArg,
    rows: usize,
    blobs: &dyn Blobs,
    remembered: &Remembered,
) -> Result<Given, RemoteError> {
    let damaged = |problem: &str| RemoteError::damaged(HEAD, problem);
    let codec = || {
        let codec = input.facts.codec;
        codec.ok_or_else(|| damaged("an input has no codec"))
    };
    let unpack = |packed: &Packed| {
        codec()?
            .unpack(packed, blobs)
            .map_err(|source| RemoteError::Values {
                what: format!("input `{}`", input.name),
                source,
            })
    };
    match arg {
        WireArg::Each(packed) => {
            let column = unpack(&packed)?;
            if column.len() != rows {
                return Err(damaged(
                    "an argument has not as many values as there are rows",
                ));
            }
            let is_moved = input.port.needs_drop() || input.passing == Passing::Move;
            Ok(match is_moved {
                true => Given::Moved(input.port.drain(column)),
                false => Given::Each(column),
            })
        }
        WireArg::Runs(runs) => {
            let mut end = 0_usize;
            let mut given = Vec::with_capacity(runs.len());
            for (count, one) in runs {
                let value = match one {
                    One::Known(id) => remembered.get(id)?,
                    One::New(id, packed) => {
                        let value = unpack(&packed)?;
                        id.inspect(|&id| remembered.keep(id, &value));
                        value
                    }
                };
                if value.len() != 1 || value.port() != input.port {
                    return Err(damaged("a value is not one of its input"));
                }
                end = end.saturating_add(narrow(count));
                given.push((end, value));
            }
            match end == rows {
                true => Ok(Given::Runs(given)),
                false => Err(damaged("an argument is not for as many rows as there are")),
            }
        }
        WireArg::Chosen(packed, chosen) => {
            let values = unpack(&packed)?;
            let is_there = |&at: &u32| (at as usize) < values.len();
            match chosen.len() == rows && chosen.iter().all(is_there) {
                true => Ok(Given::Chosen(values, chosen)),
                false => Err(damaged("an argument chooses values that are not there")),
            }
        }
    }
}

impl Given {
    /// How many rows from `from` on have the same view.
    fn left(&self, from: usize) -> Option<usize> {
        match self {
            Self::Runs(runs) => {
                let at = runs.partition_point(|(end, _)| *end <= from);
                runs.get(at).map(|(end, _)| end - from)
            }
            _ => None,
        }
    }

    fn cut(&mut self, from: usize, rows: usize) -> Arg {
        match self {
            Self::Each(column) => Arg {
                column: column.clone(),
                rows: Rows::Range(from),
            },
            Self::Moved(drain) => Arg::dense(drain.take(rows)),
            Self::Runs(runs) => {
                let at = runs.partition_point(|(end, _)| *end <= from);
                Arg::broadcast(runs[at].1.clone())
            }
            Self::Chosen(column, chosen) => Arg {
                column: column.clone(),
                rows: Rows::Select(chosen[from..from + rows].into()),
            },
        }
    }
}

impl Unpacked {
    /// Cuts the chunk into pieces of items without a gap, each of at most this many: its first item, its rows and its
    /// arguments.
    pub(crate) fn pieces(mut self, most: usize) -> Vec<(usize, usize, Vec<Arg>)> {
        let mut pieces = Vec::new();
        let mut from = 0;
        for (first, rows) in std::mem::take(&mut self.items) {
            let (mut item, end) = (first, first + rows);
            while item < end {
                let left = self.args.iter().filter_map(|arg| arg.left(from));
                let rows = left.fold(most.min(end - item), usize::min).max(1);
                let args = self.args.iter_mut().map(|arg| arg.cut(from, rows));
                pieces.push((item, rows, args.collect()));
                item += rows;
                from += rows;
            }
        }
        pieces
    }
}
