//! What turns a row of the table into an indicator and its node.

use std::sync::LazyLock;

use ta_lib::{Core, RetCode};

use crate::indicators::IndicatorError;

/// The library, with its defaults: no unstable period, its own candle settings.
pub(super) static CORE: LazyLock<Core> = LazyLock::new(Core::new);

/// What the library says when it refuses what has passed our checks.
#[cold]
pub(super) fn refused(indicator: &'static str, code: RetCode) -> IndicatorError {
    IndicatorError::Library {
        indicator: indicator.into(),
        reason: format!("{code:?}"),
    }
}

/// A number that the library gives.
pub(super) trait Number: Copy + Default {
    fn value(self) -> f64;
    /// Where the library writes a column of them, for a column of `f64`.
    fn column<E>(to: &mut [f64], write: impl FnOnce(&mut [Self]) -> Result<(), E>)
    -> Result<(), E>;
}

impl Number for f64 {
    fn value(self) -> f64 {
        self
    }

    fn column<E>(
        to: &mut [f64],
        write: impl FnOnce(&mut [Self]) -> Result<(), E>,
    ) -> Result<(), E> {
        write(to)
    }
}

impl Number for i32 {
    fn value(self) -> f64 {
        f64::from(self)
    }

    fn column<E>(
        to: &mut [f64],
        write: impl FnOnce(&mut [Self]) -> Result<(), E>,
    ) -> Result<(), E> {
        // Into the back half of the column itself, and from there one by one to the front: no number is written over
        // before it is read, and no second column is made.
        let bars = to.len();
        write(&mut bytemuck::cast_slice_mut(to)[bars..])?;
        let mut block = [0; 512];
        for start in (0..bars).step_by(block.len()) {
            let end = bars.min(start + block.len());
            let block = &mut block[..end - start];
            block.copy_from_slice(&bytemuck::cast_slice(to)[bars + start..bars + end]);
            for (to, from) in to[start..end].iter_mut().zip(block) {
                *to = f64::from(*from);
            }
        }
        Ok(())
    }
}

/// The numbers that a stream gives for a bar.
pub(super) trait Numbers<const O: usize> {
    fn values(self) -> [f64; O];
}

impl<A: Number> Numbers<1> for A {
    fn values(self) -> [f64; 1] {
        [self.value()]
    }
}

impl<A: Number, B: Number> Numbers<2> for (A, B) {
    fn values(self) -> [f64; 2] {
        [self.0.value(), self.1.value()]
    }
}

impl<A: Number, B: Number, C: Number> Numbers<3> for (A, B, C) {
    fn values(self) -> [f64; 3] {
        [self.0.value(), self.1.value(), self.2.value()]
    }
}

impl<A: Number, B: Number, C: Number, D: Number> Numbers<4> for (A, B, C, D) {
    fn values(self) -> [f64; 4] {
        [
            self.0.value(),
            self.1.value(),
            self.2.value(),
            self.3.value(),
        ]
    }
}

/// A table of functions: for each row the indicator's type, its node, and its entry in the catalog.
macro_rules! functions {
    ($(
        $NAME:literal, $about:literal, $formula:literal,
        $Type:ident, $call:ident, $open:ident, $lookback:ident, $Stream:ident;
        in $($input:ident $Input:ident),+;
        set $($parameter:ident $short:literal: $Value:ident = $default:expr, $min:literal, $max:literal),*;
        out $node:tt $($output:ident: $Number:ident = $label:literal),+;
        last $($last:expr),+;
    )+) => {
        use hypernodes_core::node;

        use super::adapter::{CORE, Number as _, Numbers as _, refused};
        use crate::indicators::catalog::{AnyIndicator, Entry, Erased, Input};
        use crate::indicators::parameter::ParameterValue;
        use crate::indicators::{Indicator, IndicatorError, Parameter};

        $(
            #[doc = concat!($about, ", with its parameters.")]
            ///
            /// # Formula
            #[doc = concat!("`", $formula, "`")]
            ///
            /// # Reference
            #[doc = concat!("TA-Lib, function ", $NAME, " (`ta_lib::Core::", stringify!($call), "`).")]
            #[derive(Debug, Clone, Copy, PartialEq)]
            pub struct $Type {
                $($parameter: $Value,)*
                warmup_bars: usize,
            }

            impl $Type {
                /// Its parameters, in order.
                pub const PARAMETERS: &'static [Parameter] =
                    &[$(functions!(@parameter $short $Value $default, $min, $max)),*];

                /// The indicator with these parameters.
                ///
                /// # Errors
                /// [`IndicatorError::Parameter`] for a value out of range.
                pub fn new($($parameter: $Value),*) -> Result<Self, IndicatorError> {
                    $(functions!(@parameter $short $Value $default, $min, $max).check($NAME, $parameter)?;)*
                    let warmup_bars = CORE.$lookback($($parameter.native()),*);
                    let warmup_bars = warmup_bars.map_err(|code| refused($NAME, code))?;
                    Ok(Self { $($parameter,)* warmup_bars })
                }

                fn of_numbers(numbers: &[f64]) -> Result<Box<dyn AnyIndicator>, IndicatorError> {
                    let &[$($parameter),*] = numbers else {
                        return Err(refused($NAME, ta_lib::RetCode::BadParam));
                    };
                    $(let $parameter = functions!(@parameter $short $Value $default, $min, $max)
                        .value::<$Value>($NAME, $parameter)?;)*
                    Ok(Box::new(Erased(Self::new($($parameter),*)?)))
                }
            }

            impl Indicator<{ functions!(@count $($input)+) }, { functions!(@count $($output)+) }> for $Type {
                type Stream = ta_lib::$Stream;

                const NAME: &'static str = $NAME;

                fn warmup_bars(&self) -> usize {
                    self.warmup_bars
                }

                fn fill_good(
                    &self,
                    [$($input),+]: [&[f64]; functions!(@count $($input)+)],
                    [$($output),+]: [&mut [f64]; functions!(@count $($output)+)],
                ) -> Result<(), IndicatorError> {
                    let last = functions!(@first $($input)+).len() - 1;
                    functions!(@columns [$($output: $Number),+] {
                        let filled = CORE.$call(0, last, $($input,)+ $(self.$parameter.native(),)* $($output),+);
                        filled.map(|_| ()).map_err(|code| refused($NAME, code))
                    })
                }

                fn open(
                    &self,
                    [$($input),+]: [&[f64]; functions!(@count $($input)+)],
                ) -> Result<(Self::Stream, [f64; functions!(@count $($output)+)]), IndicatorError> {
                    let opened = CORE.$open($($input,)+ $(self.$parameter.native(),)*);
                    let (stream, values) = opened.map_err(|code| refused($NAME, code))?;
                    Ok((stream, values.values()))
                }

                fn step(
                    stream: &mut Self::Stream,
                    [$($input),+]: [f64; functions!(@count $($input)+)],
                ) -> [f64; functions!(@count $($output)+)] {
                    // It refuses values that are not finite only, and none comes here.
                    stream.update($($input),+).map_or([f64::NAN; _], |values| values.values())
                }

                fn peek(
                    stream: &Self::Stream,
                    [$($input),+]: [f64; functions!(@count $($input)+)],
                ) -> [f64; functions!(@count $($output)+)] {
                    stream.peek($($input),+).map_or([f64::NAN; _], |values| values.values())
                }
            }

            functions! { @node $node [$($output)+]
                $NAME, $about, $formula, $Type, $call, [$($input)+], [$($parameter $Value $default,)*], [$($last),+]
            }
        )+

        /// The rows of this group.
        pub(super) const ENTRIES: &[Entry] = &[$(Entry {
            name: $NAME,
            about: $about,
            formula: $formula,
            inputs: &[$(Input::$Input),+],
            parameters: $Type::PARAMETERS,
            outputs: &[$($label),+],
            node: $call::node,
            make: $Type::of_numbers,
        }),+];

        /// The last values of each over the sample.
        #[cfg(test)]
        pub(super) const LAST: &[(&str, &[f64])] = &[$(($NAME, &[$($last),+])),+];
    };
    (@node $node:tt [$a:ident] $($rest:tt)+) => {
        functions! { @function $node [Vec<f64>] [$a] $($rest)+ }
    };
    (@node $node:tt [$a:ident $b:ident] $($rest:tt)+) => {
        functions! { @function $node [(Vec<f64>, Vec<f64>)] [$a $b] $($rest)+ }
    };
    (@node $node:tt [$a:ident $b:ident $c:ident] $($rest:tt)+) => {
        functions! { @function $node [(Vec<f64>, Vec<f64>, Vec<f64>)] [$a $b $c] $($rest)+ }
    };
    (@node $node:tt [$a:ident $b:ident $c:ident $d:ident] $($rest:tt)+) => {
        functions! { @function $node [(Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>)] [$a $b $c $d] $($rest)+ }
    };
    (@function ($($node:tt)+) [$($Columns:tt)+] [$($output:ident)+]
        $NAME:literal, $about:literal, $formula:literal, $Type:ident, $call:ident, [$($input:ident)+],
        [$($parameter:ident $Value:ident $default:expr,)*], [$($last:expr),+]
    ) => {
        #[doc = concat!($about, ".")]
        ///
        /// # Shapes and units
        /// Columns of n bars in, columns of n bars out; NaN during the warm-up, whose length
        #[doc = concat!("[`", stringify!($Type), "`] tells.")]
        ///
        /// The node's parameters are called by the function's name and theirs, so that several indicators fit into one
        /// pipeline.
        ///
        /// # Formula
        #[doc = concat!("`", $formula, "`")]
        ///
        /// # Missing values
        /// A bar with a NaN or infinite input is NaN and left out of what follows; see
        /// [`Indicator`].
        ///
        /// # Errors
        /// [`IndicatorError::Parameter`] for a value out of range, [`IndicatorError::Length`] for columns of different
        /// lengths.
        ///
        /// # Example
        /// Over the [sample](crate::indicators::sample), with the default parameters, the last values are
        #[doc = concat!("`", stringify!($($last),+), "`.")]
        ///
        /// # Reference
        #[doc = concat!("TA-Lib, function ", $NAME, ": <https://ta-lib.org/functions/", stringify!($call), ">.")]
        #[node(coarse, $($node)+)]
        pub fn $call(
            $($input: &[f64],)+
            $(#[default($default)] $parameter: $Value,)*
        ) -> Result<$($Columns)+, IndicatorError> {
            let [$($output),+] = $Type::new($($parameter),*)?.columns([$($input),+])?;
            Ok(functions!(@tuple $($output)+))
        }
    };
    (@parameter $label:literal $Value:ident $default:expr, $min:literal, $max:literal) => {
        Parameter {
            name: $label,
            kind: <$Value as ParameterValue>::KIND,
            default: functions!(@number $Value $default),
            min: $min,
            max: $max,
        }
    };
    (@count $a:ident) => { 1 };
    (@count $a:ident $b:ident) => { 2 };
    (@count $a:ident $b:ident $c:ident) => { 3 };
    (@count $a:ident $b:ident $c:ident $d:ident) => { 4 };
    (@first $a:ident $($rest:ident)*) => { $a };
    (@tuple $a:ident) => { $a };
    (@tuple $($a:ident)+) => { ($($a),+) };
    (@number usize $default:expr) => { $default as f64 };
    (@number f64 $default:expr) => { $default };
    (@number Average $default:expr) => { $default.number() as f64 };
    (@columns [] $call:block) => { $call };
    (@columns [$output:ident: $Number:ident $(, $($rest:tt)*)?] $call:block) => {
        <$Number>::column($output, |$output| functions!(@columns [$($($rest)*)?] $call))
    };
}

pub(super) use functions;
