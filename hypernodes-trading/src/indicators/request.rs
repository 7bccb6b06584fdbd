//! A column of an indicator, asked for by name.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::IndicatorError;
use super::catalog::{AnyIndicator, AnyState, Entry, Input, all, find};
use super::own::seconds;
use crate::bars::Bars;
use crate::data::{CsvColumns, Needs};
use crate::resample::Bar;

/// Names that are common beside those of the catalog.
const ALIASES: [(&str, &str); 1] = [("VWAP_CUM", "VWAP")];

/// One output column of an indicator, asked for by name: the indicator, its parameters behind it, its output behind a point.
///
/// `SMA_20`, `MACD_12_26_9.signal`, `BBANDS_20_2.0_2.0_0.upper`, `TRANGE`. Case does not matter; parameters that are left out
/// at the end are the defaults; an indicator with one output is asked for without a point. Through serde it is its name.
///
/// # Example
/// ```
/// use hypernodes_trading::indicators::{Request, sample};
/// let request: Request = "MACD_12_26_9.signal".parse()?;
/// assert_eq!(request.warmup_bars(), 33);
/// let values = request.compute(&sample())?;
/// assert!(values[32].is_nan() && values[33].is_finite());
/// assert_eq!("macd.signal".parse::<Request>()?.compute(&sample())?[100], values[100]);
/// let unknown = "SMO_20".parse::<Request>().unwrap_err().to_string();
/// assert_eq!(unknown, "no indicator `SMO_20`; did you mean `SMA_20`?; `indicators --list` names all");
/// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Request {
    name: Arc<str>,
    entry: &'static Entry,
    parameters: Arc<[f64]>,
    indicator: Arc<dyn AnyIndicator>,
    output: usize,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.name)
    }
}

impl PartialEq for Request {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Request {}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl From<Request> for String {
    fn from(request: Request) -> Self {
        request.name.as_ref().to_owned()
    }
}

impl TryFrom<String> for Request {
    type Error = IndicatorError;

    fn try_from(text: String) -> Result<Self, IndicatorError> {
        text.parse()
    }
}

impl FromStr for Request {
    type Err = IndicatorError;

    fn from_str(text: &str) -> Result<Self, IndicatorError> {
        let name = text.trim();
        let (entry, rest) = entry_of(name)?;
        // A parameter may have a point itself, so the output is what begins with a letter.
        let (rest, output) = match rest.rsplit_once('.') {
            Some((before, last)) if !last.starts_with(|c: char| c.is_ascii_digit()) => {
                (before, Some(last))
            }
            _ => (rest, None),
        };
        let mut parameters = Vec::new();
        if !rest.is_empty() {
            for text in rest[1..].split('_') {
                let number = text.parse::<f64>().ok().filter(|number| number.is_finite());
                parameters.push(number.ok_or_else(|| IndicatorError::NotANumber {
                    name: name.to_owned(),
                    text: text.to_owned(),
                })?);
            }
        }
        let indicator: Arc<dyn AnyIndicator> = entry.with(&parameters)?.into();
        let found = output.unwrap_or_default();
        let is_it = |label: &&str| label.eq_ignore_ascii_case(found);
        let at = entry.outputs.iter().position(is_it).ok_or_else(|| {
            let base = name
                .strip_suffix(found)
                .unwrap_or(name)
                .trim_end_matches('.');
            let choice = |label: &&str| match *label {
                "" => format!("`{base}`"),
                label => format!("`{base}.{label}`"),
            };
            let choices: Vec<String> = entry.outputs.iter().map(choice).collect();
            IndicatorError::Output {
                name: base.to_owned(),
                found: found.to_owned(),
                choices: choices.join(", "),
            }
        })?;
        Ok(Self {
            name: name.into(),
            entry,
            parameters: parameters.into(),
            indicator,
            output: at,
        })
    }
}

/// The indicator that a name begins with, and what follows: names may be beginnings of others, so the longest that fits.
fn entry_of(name: &str) -> Result<(&'static Entry, &str), IndicatorError> {
    let ends = name.match_indices(['_', '.']).map(|(at, _)| at);
    let mut ends: Vec<usize> = ends.chain([name.len()]).collect();
    while let Some(end) = ends.pop() {
        let (head, rest) = name.split_at(end);
        let alias = ALIASES
            .iter()
            .find(|(alias, _)| alias.eq_ignore_ascii_case(head));
        if let Some(entry) = find(alias.map_or(head, |(_, of)| of)) {
            return Ok((entry, rest));
        }
    }
    let wanted = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let head = wanted.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_' || c == '.');
    // Of equally many slips, those behind the first letters are likelier.
    let likeness = |entry: &&Entry| {
        let to = |text: &str| strsim::normalized_damerau_levenshtein(entry.name, text);
        (
            to(&wanted).max(to(head)),
            strsim::jaro_winkler(entry.name, head),
        )
    };
    let best = all().iter().rev().max_by(|a, b| {
        let (a, b) = (likeness(a), likeness(b));
        a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    Err(IndicatorError::Unknown {
        name: name.to_owned(),
        suggestion: best
            .filter(|entry| likeness(entry).0 > 0.5)
            .map(|entry| with_parameters(entry.name, name)),
    })
}

/// The name `like` with the parameters of `name`, if that is one: `SMA_20` for `SMAA_20` and for `SMA20`.
fn with_parameters(like: &str, name: &str) -> String {
    let digits = name.find(|c: char| c.is_ascii_digit());
    let whole = digits.map(|at| format!("{like}_{}", &name[at..]));
    let known = whole.filter(|whole| whole.parse::<Request>().is_ok());
    known.unwrap_or_else(|| like.to_owned())
}

impl Request {
    /// Its name, as it was asked for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The columns of bars that it reads.
    #[must_use]
    pub fn inputs(&self) -> &'static [Input] {
        self.entry.inputs
    }

    /// Which of open, high or low, and volume it reads.
    pub(crate) fn needs(&self) -> Needs {
        let reads = |input| self.inputs().contains(&input);
        Needs {
            open: reads(Input::Open),
            high_low: reads(Input::High) || reads(Input::Low),
            volume: reads(Input::Volume),
        }
    }

    /// The columns that must have a value in every row for all of these.
    ///
    /// # Example
    /// ```
    /// use hypernodes_trading::{data::CsvColumns, indicators::Request};
    /// let requests = ["SMA_20".parse::<Request>()?, "OBV".parse()?];
    /// let needed = CsvColumns::Needing { open: false, high_low: false, volume: true };
    /// assert_eq!(Request::needed_columns(&requests), needed);
    /// # Ok::<(), hypernodes_trading::indicators::IndicatorError>(())
    /// ```
    #[must_use]
    pub fn needed_columns(requests: &[Self]) -> CsvColumns {
        let all = requests.iter().map(Self::needs);
        all.fold(Needs::default(), Needs::and).into()
    }

    /// How many bars come before its first value.
    #[must_use]
    pub fn warmup_bars(&self) -> usize {
        self.indicator.warmup_bars()
    }

    /// Whether another request is of the same indicator with the same parameters, so that both are computed at once.
    #[must_use]
    pub fn is_of_same_indicator(&self, other: &Self) -> bool {
        let bits = |request: &Self| -> Vec<u64> {
            request.parameters.iter().map(|p| p.to_bits()).collect()
        };
        self.entry.name == other.entry.name && bits(self) == bits(other)
    }

    /// The values, a bar each.
    ///
    /// # Errors
    /// [`IndicatorError::MissingColumn`] when the bars have not all that it reads.
    pub fn compute(&self, bars: &Bars) -> Result<Vec<f64>, IndicatorError> {
        let mut outputs = self.compute_all(bars)?;
        Ok(outputs.swap_remove(self.output))
    }

    /// The values of several requests; each indicator is computed once, whatever number of its outputs is asked for.
    ///
    /// # Errors
    /// As [`Request::compute`], for the first that fails.
    pub fn compute_each(requests: &[Self], bars: &Bars) -> Result<Vec<Vec<f64>>, IndicatorError> {
        let mut done: Vec<Vec<f64>> = vec![Vec::new(); requests.len()];
        for (at, request) in requests.iter().enumerate() {
            let is_first = !requests[..at]
                .iter()
                .any(|before| before.is_of_same_indicator(request));
            if !is_first {
                continue;
            }
            let mut outputs = request.compute_all(bars)?;
            for (at, other) in requests.iter().enumerate().skip(at) {
                if !other.is_of_same_indicator(request) {
                    continue;
                }
                let is_same = |later: &Self| {
                    later.output == other.output && later.is_of_same_indicator(request)
                };
                let output = &mut outputs[other.output];
                done[at] = match requests[at + 1..].iter().any(is_same) {
                    true => output.clone(),
                    false => std::mem::take(output),
                };
            }
        }
        Ok(done)
    }

    fn compute_all(&self, bars: &Bars) -> Result<Vec<Vec<f64>>, IndicatorError> {
        let columns = self
            .entry
            .inputs
            .iter()
            .map(|&input| self.column(bars, input));
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        let inputs: Vec<&[f64]> = columns.iter().map(AsRef::as_ref).collect();
        let outputs = self.entry.outputs.iter();
        let mut outputs: Vec<Vec<f64>> = outputs.map(|_| vec![0.0; bars.len()]).collect();
        let mut slices: Vec<&mut [f64]> = outputs.iter_mut().map(Vec::as_mut_slice).collect();
        // Bars are finite.
        self.indicator.fill_finite(&inputs, &mut slices)?;
        Ok(outputs)
    }

    fn column<'a>(&self, bars: &'a Bars, input: Input) -> Result<Cow<'a, [f64]>, IndicatorError> {
        let found = match input {
            Input::Time => return Ok(bars.time().iter().map(|&time| seconds(time)).collect()),
            Input::Close => Some(bars.close()),
            Input::Open => bars.open(),
            Input::High => bars.high(),
            Input::Low => bars.low(),
            Input::Volume => bars.volume(),
            Input::Periods => None,
        };
        found
            .map(Cow::Borrowed)
            .ok_or_else(|| IndicatorError::MissingColumn {
                indicator: self.entry.name.into(),
                column: input.name().into(),
                symbol: bars.symbol().to_owned(),
            })
    }

    /// Its streaming state, before the first bar.
    #[must_use]
    pub fn state(&self) -> RequestState {
        RequestState {
            state: self.indicator.state(),
            inputs: self.entry.inputs,
            values: vec![f64::NAN; self.entry.outputs.len()],
            output: self.output,
        }
    }
}

/// What a bar has in a column; NaN where it has nothing.
fn cell(bar: &Bar, input: Input) -> f64 {
    let found = match input {
        Input::Time => return seconds(bar.time),
        Input::Open => bar.open,
        Input::High => bar.high,
        Input::Low => bar.low,
        Input::Close => return bar.close,
        Input::Volume => bar.volume,
        Input::Periods => None,
    };
    found.unwrap_or(f64::NAN)
}

/// The stream of a [`Request`]; it gives the bits of [`Request::compute`]. A clone is a snapshot.
#[derive(Debug)]
pub struct RequestState {
    state: Box<dyn AnyState>,
    inputs: &'static [Input],
    values: Vec<f64>,
    output: usize,
}

impl Clone for RequestState {
    fn clone(&self) -> Self {
        Self {
            state: self.state.snapshot(),
            inputs: self.inputs,
            values: self.values.clone(),
            output: self.output,
        }
    }
}

/// No indicator reads more columns.
const MOST_INPUTS: usize = 6;

impl RequestState {
    fn cells(&self, bar: &Bar) -> ([f64; MOST_INPUTS], usize) {
        let mut cells = [f64::NAN; MOST_INPUTS];
        for (cell, &input) in cells.iter_mut().zip(self.inputs) {
            *cell = self::cell(bar, input);
        }
        (cells, self.inputs.len())
    }

    /// Takes the next bar; gives its value.
    pub fn update(&mut self, bar: &Bar) -> f64 {
        let (cells, count) = self.cells(bar);
        self.state.update(&cells[..count], &mut self.values);
        self.values[self.output]
    }

    /// The value that the next bar would have.
    #[must_use]
    pub fn peek(&self, bar: &Bar) -> f64 {
        let (cells, count) = self.cells(bar);
        let mut values = [f64::NAN; 4];
        let outputs = self.values.len().min(values.len());
        self.state.peek(&cells[..count], &mut values[..outputs]);
        values[self.output]
    }
}
