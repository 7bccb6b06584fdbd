//! What a run or a map gave, as text that is equal only if every bit is.

use std::fmt::Write as _;

use hypernodes_core::{Error, Outputs, PortValue, Runs};

/// A value as text that is equal for equal bits only.
pub trait Exact: PortValue {
    /// Adds the text.
    fn exact(&self, text: &mut String);
}

macro_rules! exact_by_debug {
    ($($T:ty)*) => {$(
        impl Exact for $T {
            fn exact(&self, text: &mut String) {
                let _ = write!(text, "{self:?}");
            }
        }
    )*};
}

exact_by_debug!(u8 u32 u64 usize i64 bool String);

impl Exact for f64 {
    fn exact(&self, text: &mut String) {
        let _ = write!(text, "{:016x}", self.to_bits());
    }
}

impl<T: Exact> Exact for Vec<T> {
    fn exact(&self, text: &mut String) {
        text.push('[');
        for value in self {
            value.exact(text);
            text.push(' ');
        }
        text.push(']');
    }
}

/// Shows one output of a map: per item its value or its failure.
pub type Show = fn(&Runs, &str) -> String;

/// Shows an output whose values are `T`s.
#[must_use]
pub fn of<T: Exact>(runs: &Runs, name: &str) -> String {
    let mut text = String::new();
    match runs.results::<T>(name) {
        Err(wrong) => text.push_str(&error(&wrong)),
        Ok(results) => {
            for result in results {
                match result {
                    Ok(value) => value.exact(&mut text),
                    Err(failure) => text.push_str(&format!("<{failure}>")),
                }
                text.push('\n');
            }
        }
    }
    text
}

/// What a map gave: the named outputs, or the error.
#[must_use]
pub fn runs(result: Result<Runs, Error>, outputs: &[(&str, Show)]) -> String {
    match result {
        Err(wrong) => error(&wrong),
        Ok(runs) => {
            let mut text = format!("{} items, {} failed\n", runs.len(), runs.failures().len());
            for (name, show) in outputs {
                text.push_str(&format!("{name}:\n{}", show(&runs, name)));
            }
            text
        }
    }
}

/// Shows one output of a single run.
pub type ShowOne = fn(&Outputs, &str) -> String;

/// Shows an output that is a `T`.
#[must_use]
pub fn one<T: Exact>(outputs: &Outputs, name: &str) -> String {
    match outputs.get::<T>(name) {
        Err(wrong) => error(&wrong),
        Ok(value) => {
            let mut text = String::new();
            value.exact(&mut text);
            text
        }
    }
}

/// What a single run gave: the named outputs, or the error.
#[must_use]
pub fn outputs(result: Result<Outputs, Error>, names: &[(&str, ShowOne)]) -> String {
    match result {
        Err(wrong) => error(&wrong),
        Ok(outputs) => names
            .iter()
            .map(|(name, show)| format!("{name}: {}\n", show(&outputs, name)))
            .collect(),
    }
}

/// Everything that an error says: its text, its sources, the node and the item.
#[must_use]
pub fn error(error: &Error) -> String {
    let mut text = format!("error: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(below) = source {
        let _ = write!(text, "\n  because: {below}");
        source = below.source();
    }
    if let Error::Run(run) = error {
        let _ = write!(text, "\n  node {:?}, item {:?}", run.node(), run.item());
    }
    text
}
