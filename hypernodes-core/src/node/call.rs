//! One call of a node for all rows of a chunk: its arguments, and where its results and failures go.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::probe::TupleAt;
use crate::error::{BoxError, Cause};
use crate::run::{RunContext, Track};
use crate::value::{Arg, Column, PortValue};

/// Most nodes have few ports: a call of one row must not cost an allocation for them.
pub(crate) type ArgList = SmallVec<[Option<Arg>; 2]>;
pub(crate) type ColumnList = SmallVec<[Column; 1]>;

/// The arguments of a call, in the order of the parameters.
#[derive(Debug)]
pub struct Args(ArgList);

impl Args {
    /// Takes an argument out, to move its values.
    ///
    /// # Panics
    /// When it was taken before.
    #[must_use]
    pub fn take(&mut self, index: usize) -> Arg {
        self.0[index]
            .take()
            .expect("generated code takes each argument once")
    }

    /// Looks at an argument, if it was not taken.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Arg> {
        self.0.get(index)?.as_ref()
    }

    /// Looks at an argument.
    ///
    /// # Panics
    /// When it was taken before.
    #[inline]
    #[must_use]
    pub fn at(&self, index: usize) -> &Arg {
        self.0[index]
            .as_ref()
            .expect("generated code takes each argument once")
    }
}

/// A row that failed, and why.
#[derive(Debug)]
pub struct RowFailure {
    /// The row inside the chunk as the call saw it.
    pub row: usize,
    /// Why it failed.
    pub cause: Cause,
}

/// What few calls have: those that failed, or whose time is limited.
#[derive(Debug, Default)]
struct Rare {
    /// The arguments of a call that failed, to be shown.
    kept: Option<Args>,
    /// How long each row may take, where it is computed asynchronously.
    limits: Option<RowLimits>,
}

/// How long the rows of a call may take that are computed side by side.
#[derive(Debug)]
#[cfg_attr(
    not(feature = "async"),
    expect(
        dead_code,
        reason = "only rows that are computed side by side read them"
    )
)]
pub(crate) struct RowLimits {
    /// Per row how long it may take from when its turn comes, and the limit that is told.
    pub(crate) of_row: Vec<Option<(Duration, Duration)>>,
    /// When all must have ended, and the limit that is told.
    pub(crate) until: Option<(Instant, Duration)>,
    /// Per row how long it took.
    pub(crate) took: Vec<Duration>,
}

/// One call of a node for all rows of a chunk.
#[derive(Debug)]
pub struct Call<'a> {
    rows: usize,
    args: ArgList,
    columns: ColumnList,
    failures: Vec<RowFailure>,
    /// What few calls have.
    rare: Option<Box<Rare>>,
    context: &'a RunContext,
}

impl<'a> Call<'a> {
    #[inline]
    pub(crate) fn new(rows: usize, args: ArgList, context: &'a RunContext) -> Self {
        Self {
            rows,
            args,
            columns: ColumnList::new(),
            failures: Vec::new(),
            rare: None,
            context,
        }
    }

    /// How many rows there are to compute.
    #[inline]
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The arguments, to be taken once.
    #[must_use]
    pub fn take_args(&mut self) -> Args {
        Args(std::mem::take(&mut self.args))
    }

    /// Hands the arguments back after the rows were computed, so that those of a failing row can be shown. What was taken
    /// out of them is gone.
    #[inline]
    pub fn keep_args(&mut self, args: Args) {
        if !self.failures.is_empty() {
            self.keep_args_of_failure(args);
        }
    }

    #[cold]
    fn keep_args_of_failure(&mut self, args: Args) {
        self.rare.get_or_insert_default().kept = Some(args);
    }

    /// Whether a row failed.
    #[inline]
    pub(crate) fn has_failed(&self) -> bool {
        !self.failures.is_empty()
    }

    /// The arguments, if a row failed and they were handed back.
    #[cold]
    pub(crate) fn take_kept(&mut self) -> Option<Args> {
        self.rare.as_mut()?.kept.take()
    }

    /// Limits the time of rows that are computed asynchronously. They end then; others are looked at afterwards.
    pub(crate) fn set_limits(&mut self, limits: RowLimits) {
        self.rare.get_or_insert_default().limits = Some(limits);
    }

    pub(crate) fn take_limits(&mut self) -> Option<RowLimits> {
        self.rare.as_mut()?.limits.take()
    }

    /// What the run that this call belongs to shares.
    #[must_use]
    pub fn context(&self) -> &'a RunContext {
        self.context
    }

    /// Adds the column of the next output: the values of the rows that did not fail, in order.
    pub fn push(&mut self, column: Column) {
        self.columns.push(column);
    }

    /// Notes that a row failed. Rows are told in ascending order.
    pub fn fail(&mut self, row: usize, cause: Cause) {
        self.failures.push(RowFailure { row, cause });
    }

    /// Whether the rows after a failing one need not be computed.
    #[must_use]
    pub fn stops_at_first_failure(&self) -> bool {
        self.context.fail_fast()
    }

    /// Fails every row for the same reason (a state that cannot be built, say): the first one carries the cause.
    pub fn fail_all(&mut self, outputs: &[crate::PortType], cause: impl Into<BoxError>) {
        self.columns = outputs.iter().map(|port| port.empty()).collect();
        let cause = cause.into();
        let text = cause.to_string();
        let rest = 1..if self.stops_at_first_failure() {
            1
        } else {
            self.rows
        };
        self.fail(0, Cause::Error(cause));
        for row in rest {
            self.fail(row, Cause::Error(text.clone().into()));
        }
    }

    /// How many outputs were given.
    #[inline]
    pub(crate) fn given(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn replace_column(&mut self, output: usize, column: Column) {
        self.columns[output] = column;
    }

    /// Fails every row because the node panicked outside of its rows.
    #[cold]
    pub(crate) fn panic_all(&mut self, outputs: &[crate::PortType], payload: Box<dyn Any + Send>) {
        self.columns = outputs.iter().map(|port| port.empty()).collect();
        self.failures.clear();
        let first = Cause::from_panic(payload);
        let Cause::Panic(text) = &first else { return };
        let rows = 1..if self.stops_at_first_failure() {
            1
        } else {
            self.rows
        };
        let rest: Vec<Cause> = rows.map(|_| Cause::Panic(text.clone())).collect();
        std::iter::once(first)
            .chain(rest)
            .enumerate()
            .for_each(|(row, cause)| self.fail(row, cause));
    }

    #[inline]
    pub(crate) fn finish(self) -> (ColumnList, Vec<RowFailure>) {
        (self.columns, self.failures)
    }

    /// Computes one infallible output: a dense loop, which keeps its vectorisation.
    ///
    /// A panic is caught; the row is where the output ended. (`Vec::extend` over a range keeps the length exact when
    /// it unwinds: observed behaviour of std, held by a test.)
    #[inline]
    pub fn emit<T: PortValue>(&mut self, mut row: impl FnMut(usize) -> T) {
        let rows = self.rows;
        if rows == 1 {
            return self.emit_one(&mut || Some(row(0)));
        }
        let mut out = Vec::with_capacity(rows);
        if self.is_tracked() {
            self.each(|i| Ok::<T, BoxError>(row(i)), |value| out.push(value));
            return self.columns.push(Column::from_vec(out));
        }
        let mut from = 0;
        while from < rows {
            let before = out.len();
            let result = catch_unwind(AssertUnwindSafe(|| out.extend((from..rows).map(&mut row))));
            let Err(payload) = result else { break };
            from += out.len() - before + 1;
            if self.note_panic(from - 1, payload) {
                break;
            }
        }
        self.columns.push(Column::from_vec(out));
    }

    /// Computes the one row of a single run: a value alone needs no vector.
    fn emit_one<T: PortValue>(&mut self, row: &mut dyn FnMut() -> Option<T>) {
        let column = match catch_unwind(AssertUnwindSafe(row)) {
            Ok(value) => value.map(Column::one),
            Err(payload) => {
                self.note_panic(0, payload);
                None
            }
        };
        self.columns
            .push(column.unwrap_or_else(|| Column::from_vec(Vec::<T>::new())));
    }

    /// Computes one infallible output with an iterator that starts at a row.
    #[inline]
    pub(super) fn emit_dense<T: PortValue, I: Iterator<Item = T>>(
        &mut self,
        mut from: impl FnMut(usize) -> I,
    ) {
        let rows = self.rows;
        if rows == 1 {
            return self.emit_one(&mut || from(0).next());
        }
        let mut out = Vec::with_capacity(rows);
        if self.is_tracked() {
            self.each_dense(
                |next| from(next).map(Ok::<T, BoxError>),
                |value| out.push(value),
            );
            return self.columns.push(Column::from_vec(out));
        }
        let mut next = 0;
        while next < rows {
            let before = out.len();
            let Err(payload) = catch_unwind(AssertUnwindSafe(|| out.extend(from(next)))) else {
                break;
            };
            next += out.len() - before + 1;
            if self.note_panic(next - 1, payload) {
                break;
            }
        }
        self.columns.push(Column::from_vec(out));
    }

    /// Computes one fallible output with an iterator that starts at a row.
    #[inline]
    pub(super) fn emit_dense_fallible<
        T: PortValue,
        E: Into<BoxError>,
        I: Iterator<Item = Result<T, E>>,
    >(
        &mut self,
        from: impl FnMut(usize) -> I,
    ) {
        let mut out = Vec::with_capacity(self.rows);
        self.each_dense(from, |value| out.push(value));
        self.columns.push(Column::from_vec(out));
    }

    #[inline]
    pub(super) fn emit_dense_tuple<T: OutputTuple, I: Iterator<Item = T>>(
        &mut self,
        mut from: impl FnMut(usize) -> I,
    ) {
        let mut out = T::vectors(self.rows);
        self.each_dense(
            |next| from(next).map(Ok::<T, BoxError>),
            |value| value.push(&mut out),
        );
        T::columns(out, &mut self.columns);
    }

    #[inline]
    pub(super) fn emit_dense_tuple_fallible<
        T: OutputTuple,
        E: Into<BoxError>,
        I: Iterator<Item = Result<T, E>>,
    >(
        &mut self,
        from: impl FnMut(usize) -> I,
    ) {
        let mut out = T::vectors(self.rows);
        self.each_dense(from, |value| value.push(&mut out));
        T::columns(out, &mut self.columns);
    }

    /// Computes one fallible output.
    #[inline]
    pub fn emit_fallible<T: PortValue, E: Into<BoxError>>(
        &mut self,
        mut row: impl FnMut(usize) -> Result<T, E>,
    ) {
        let mut out = Vec::with_capacity(self.rows);
        self.each(&mut row, |value| out.push(value));
        self.columns.push(Column::from_vec(out));
    }

    /// Computes several outputs, returned as a tuple.
    #[inline]
    pub fn emit_tuple<T: OutputTuple>(&mut self, mut row: impl FnMut(usize) -> T) {
        let mut out = T::vectors(self.rows);
        self.each(|i| Ok::<T, BoxError>(row(i)), |value| value.push(&mut out));
        T::columns(out, &mut self.columns);
    }

    /// Computes several outputs, returned as a `Result` of a tuple.
    #[inline]
    pub fn emit_tuple_fallible<T: OutputTuple, E: Into<BoxError>>(
        &mut self,
        mut row: impl FnMut(usize) -> Result<T, E>,
    ) {
        let mut out = T::vectors(self.rows);
        self.each(&mut row, |value| value.push(&mut out));
        T::columns(out, &mut self.columns);
    }

    #[inline]
    fn each<T, E: Into<BoxError>>(
        &mut self,
        row: impl FnMut(usize) -> Result<T, E>,
        keep: impl FnMut(T),
    ) {
        match self.context.track().cloned() {
            None => self.each_told(row, keep, |_| {}),
            Some(track) => {
                self.each_told(row, keep, |at| track.row(at));
                self.no_row(&track);
            }
        }
    }

    /// Computes each row after it was told which one it is.
    #[inline]
    fn each_told<T, E: Into<BoxError>>(
        &mut self,
        mut row: impl FnMut(usize) -> Result<T, E>,
        mut keep: impl FnMut(T),
        tell: impl Fn(usize),
    ) {
        let rows = self.rows;
        let mut next = 0;
        while next < rows {
            let result = catch_unwind(AssertUnwindSafe(|| {
                while next < rows {
                    let at = next;
                    next += 1;
                    tell(at);
                    keep(row(at)?);
                }
                Ok::<(), E>(())
            }));
            let stop = match result {
                Ok(Ok(())) => true,
                Ok(Err(error)) => self.note_error(next - 1, error.into()),
                Err(payload) => self.note_panic(next - 1, payload),
            };
            if stop {
                break;
            }
        }
    }

    #[inline]
    fn each_dense<T, E: Into<BoxError>, I: Iterator<Item = Result<T, E>>>(
        &mut self,
        from: impl FnMut(usize) -> I,
        keep: impl FnMut(T),
    ) {
        match self.context.track().cloned() {
            None => self.each_dense_told(from, keep, |_| {}),
            Some(track) => {
                // It is asked for one row more than there are.
                let rows = self.rows;
                let tell = |at| {
                    if at < rows {
                        track.row(at);
                    }
                };
                self.each_dense_told(from, keep, tell);
                self.no_row(&track);
            }
        }
    }

    /// Computes each row after it was told which one it is.
    #[inline]
    fn each_dense_told<T, E: Into<BoxError>, I: Iterator<Item = Result<T, E>>>(
        &mut self,
        mut from: impl FnMut(usize) -> I,
        mut keep: impl FnMut(T),
        tell: impl Fn(usize),
    ) {
        let rows = self.rows;
        let mut next = 0;
        while next < rows {
            let result = catch_unwind(AssertUnwindSafe(|| {
                // One more row is under way than was kept.
                let mut values = from(next);
                loop {
                    tell(next);
                    next += 1;
                    let Some(value) = values.next() else {
                        return Ok::<(), E>(());
                    };
                    keep(value?);
                }
            }));
            let stop = match result {
                Ok(Ok(())) => true,
                Ok(Err(error)) => self.note_error(next - 1, error.into()),
                Err(payload) => self.note_panic(next - 1, payload),
            };
            if stop {
                break;
            }
        }
    }

    /// Whether another process looks which row is computed.
    #[inline]
    fn is_tracked(&self) -> bool {
        self.context.track().is_some()
    }

    /// What the call dies of from here on may be of any row.
    fn no_row(&self, track: &Track) {
        if self.rows > 1 {
            track.no_row();
        }
    }

    #[cold]
    fn note_error(&mut self, row: usize, error: BoxError) -> bool {
        self.fail(row, Cause::Error(error));
        self.stops_at_first_failure()
    }

    #[cold]
    fn note_panic(&mut self, row: usize, payload: Box<dyn Any + Send>) -> bool {
        self.fail(row, Cause::from_panic(payload));
        self.stops_at_first_failure()
    }
}

/// The tuples that a node with several outputs may return: 1 to 12 values.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of 2 to 12 values",
    label = "several outputs are the values of a tuple",
    note = "each value must be `Send + Sync + 'static`"
)]
pub trait OutputTuple: Send + Sized {
    /// One vector per value.
    type Vectors;
    /// One name per value.
    type Names: IntoIterator<Item = &'static str>;
    /// Empty vectors with room for `rows` values.
    fn vectors(rows: usize) -> Self::Vectors;
    /// Adds a row.
    fn push(self, vectors: &mut Self::Vectors);
    /// Gives the vectors away as columns.
    fn columns(vectors: Self::Vectors, columns: &mut impl Extend<Column>);
    /// The port types, in order.
    fn ports() -> Vec<crate::PortType>;
}

macro_rules! output_tuples {
    ($($N:literal ($($T:ident $v:ident $I:literal),+))+) => {$(
        output_tuples!(@items [$($I $T),+] ($($T,)+));
        impl<$($T: PortValue),+> OutputTuple for ($($T,)+) {
            type Vectors = ($(Vec<$T>,)+);
            type Names = [&'static str; $N];
            fn vectors(rows: usize) -> Self::Vectors {
                ($(Vec::<$T>::with_capacity(rows),)+)
            }
            #[inline]
            fn push(self, vectors: &mut Self::Vectors) {
                #[expect(non_snake_case, reason = "one binding per type parameter")]
                let ($($T,)+) = self;
                let ($($v,)+) = vectors;
                $($v.push($T);)+
            }
            fn columns(vectors: Self::Vectors, columns: &mut impl Extend<Column>) {
                let ($($v,)+) = vectors;
                columns.extend([$(Column::from_vec($v)),+]);
            }
            fn ports() -> Vec<crate::PortType> {
                vec![$(crate::PortType::of::<$T>()),+]
            }
        }
    )+};
    (@items [$($I:literal $Item:ident),+] $tuple:tt) => {
        $(output_tuples!(@item $I $Item $tuple);)+
    };
    (@item $I:literal $Item:ident ($($T:ident,)+)) => {
        impl<$($T),+> TupleAt<$I> for ($($T,)+) {
            type Item = $Item;
        }
    };
}

output_tuples! {
    1 (A a 0)
    2 (A a 0, B b 1)
    3 (A a 0, B b 1, C c 2)
    4 (A a 0, B b 1, C c 2, D d 3)
    5 (A a 0, B b 1, C c 2, D d 3, E e 4)
    6 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5)
    7 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6)
    8 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7)
    9 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8)
    10 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9)
    11 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10)
    12 (A a 0, B b 1, C c 2, D d 3, E e 4, F f 5, G g 6, H h 7, I i 8, J j 9, K k 10, L l 11)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::RunContext;

    #[test]
    fn the_arguments_of_a_call_are_kept_when_a_row_failed_only() {
        let context = RunContext::new(
            std::sync::Arc::new(crate::Sequential::default()),
            crate::ErrorPolicy::default(),
            None,
        );
        let mut args = ArgList::new();
        args.push(Some(Arg::dense(Column::from_vec(vec![1_u8, 2]))));
        let mut call = Call::new(2, args, &context);
        let args = call.take_args();
        call.keep_args(args);
        assert!(call.take_kept().is_none());
        let mut args = ArgList::new();
        args.extend([
            Some(Arg::dense(Column::from_vec(vec![1_u8, 2]))),
            Some(Arg::dense(Column::from_vec(vec![3_u8, 4]))),
        ]);
        let mut call = Call::new(2, args, &context);
        let mut args = call.take_args();
        let _ = args.take(1);
        call.fail(1, Cause::Error("broken".into()));
        call.keep_args(args);
        let kept = call.take_kept().expect("a row failed");
        assert!(kept.get(0).is_some() && kept.get(1).is_none() && kept.get(2).is_none());
    }
}
