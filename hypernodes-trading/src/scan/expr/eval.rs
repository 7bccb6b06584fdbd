//! From steps to values: at every bar, or at the newest bars only.
//!
//! Both are one definition: a step computes the bars that are asked for, and asks its parts for
//! the bars that these need.

use std::borrow::Cow;

use super::tree::{Function, Window};
use super::{ColumnName, EvalError, Expr, Operator, Place, Step, Steps, column};
use crate::atc::AtcConfig;
use crate::bars::Bars;
use crate::indicators::Request;

/// Several expressions together: what they have in common is computed once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Program {
    steps: Steps,
    roots: Vec<Place>,
}

/// The newest values of every step of a program.
#[derive(Debug)]
pub(crate) struct Evaluated<'a> {
    program: &'a Program,
    bars: usize,
    values: Vec<Cow<'a, [f64]>>,
}

impl Program {
    /// Takes in an expression; its number is that of those before it.
    pub(crate) fn add(&mut self, expr: &Expr) {
        let mut places = Vec::with_capacity(expr.steps.all().len());
        for step in expr.steps.all() {
            places.push(self.steps.add(step.moved(&places)));
        }
        self.roots.push(places[expr.place]);
    }

    /// The places of the columns that are named, in the order of their first mention.
    pub(crate) fn columns(&self) -> impl Iterator<Item = Place> {
        let all = self.steps.all().iter().enumerate();
        all.filter(|(_, step)| matches!(step, Step::Column(_)))
            .map(|(place, _)| place)
    }

    /// Every step, in the order in which they are computed.
    pub(super) fn steps(&self) -> &[Step] {
        self.steps.all()
    }

    /// The place of an expression, by its number.
    pub(super) fn root_place(&self, number: usize) -> Option<Place> {
        self.roots.get(number).copied()
    }

    /// The text of a step.
    pub(crate) fn text(&self, place: Place) -> String {
        self.steps.text(place)
    }

    /// How many of the newest values of each step the newest `newest` of all roots need.
    pub(super) fn tails(&self, bars: usize, newest: usize) -> Vec<usize> {
        let steps = self.steps.all();
        let mut tails = vec![0; steps.len()];
        for &root in &self.roots {
            tails[root] = newest.min(bars);
        }
        for (place, step) in steps.iter().enumerate() {
            if let Step::Column(_) = step {
                // A column that is named is shown.
                tails[place] = tails[place].max(newest.min(bars));
            }
        }
        for (place, step) in steps.iter().enumerate().rev() {
            let own = tails[place];
            if own > 0 {
                step.for_parts(|part, back| {
                    tails[part] = tails[part].max(own.saturating_add(back).min(bars));
                });
            }
        }
        tails
    }

    /// How many bars each step needs to have a value.
    fn least_bars(&self) -> Vec<usize> {
        let mut least = Vec::with_capacity(self.steps.all().len());
        for step in self.steps.all() {
            let mut own = match step {
                Step::Column(name) => name.least_bars(),
                _ => 1,
            };
            step.for_parts(|part, back| own = own.max(least[part] + back));
            least.push(own);
        }
        least
    }

    /// The indicators that are named, in order, each of several outputs computed once.
    fn indicators(&self, bars: &Bars) -> Result<std::vec::IntoIter<Vec<f64>>, EvalError> {
        let all = self.steps.all().iter();
        let requests: Vec<Request> = all
            .filter_map(|step| match step {
                Step::Column(ColumnName::Indicator(indicator)) => Some(indicator.0.clone()),
                _ => None,
            })
            .collect();
        Ok(Request::compute_each(&requests, bars)?.into_iter())
    }

    /// The newest values.
    pub(crate) fn evaluate<'a>(
        &'a self,
        bars: &'a Bars,
        atc: &AtcConfig,
        newest: usize,
    ) -> Result<Evaluated<'a>, EvalError> {
        let tails = self.tails(bars.len(), newest);
        let mut indicators = self.indicators(bars)?;
        let mut values: Vec<Cow<'a, [f64]>> = Vec::with_capacity(tails.len());
        for (step, &tail) in self.steps.all().iter().zip(&tails) {
            let own = match step {
                Step::Column(ColumnName::Indicator(_)) => {
                    let column = indicators.next().unwrap_or_default();
                    newest_of(Cow::Owned(column), tail)
                }
                Step::Column(name) if tail > 0 => newest_of(column(name, bars, atc)?, tail),
                _ => Cow::Owned(computed(step, tail, &values)),
            };
            values.push(own);
        }
        let (program, bars) = (self, bars.len());
        Ok(Evaluated {
            program,
            bars,
            values,
        })
    }
}

/// The last `tail` values, without a copy.
fn newest_of(values: Cow<'_, [f64]>, tail: usize) -> Cow<'_, [f64]> {
    match values {
        Cow::Borrowed(all) => Cow::Borrowed(&all[all.len().saturating_sub(tail)..]),
        Cow::Owned(mut all) => {
            all.drain(..all.len().saturating_sub(tail));
            Cow::Owned(all)
        }
    }
}

/// The newest `tail` values of a step that is no column.
pub(super) fn computed(step: &Step, tail: usize, values: &[Cow<'_, [f64]>]) -> Vec<f64> {
    let bars = 0..tail;
    // The value of a part, counted from the oldest bar asked for; before the first bar there is none.
    let at = |part: &Place, bar: usize, back: usize| {
        let part = &values[*part];
        let at = (part.len() + bar).checked_sub(tail + back);
        at.and_then(|at| part.get(at)).copied().unwrap_or(f64::NAN)
    };
    match step {
        Step::Number(number) => vec![*number; tail],
        // It is not asked for.
        Step::Column(_) => Vec::new(),
        Step::Negate(of) => bars.map(|bar| -at(of, bar, 0)).collect(),
        Step::Not(of) => bars.map(|bar| 1.0 - at(of, bar, 0)).collect(),
        Step::Binary(operator, a, b) => bars
            .map(|bar| joined(*operator, at(a, bar, 0), at(b, bar, 0)))
            .collect(),
        Step::Back(of, back) => bars.map(|bar| at(of, bar, *back)).collect(),
        Step::Window(Window::Change, of, back) => bars
            .map(|bar| finite(at(of, bar, 0) - at(of, bar, *back)))
            .collect(),
        Step::Window(Window::Highest, of, window) => extremes(&values[*of], tail, *window, 1.0),
        Step::Window(Window::Lowest, of, window) => extremes(&values[*of], tail, *window, -1.0),
        Step::Call(function, of) => bars
            .map(|bar| match (function, of.as_slice()) {
                (Function::CrossesAbove, [a, b]) => crossed(
                    [at(a, bar, 1), at(a, bar, 0)],
                    [at(b, bar, 1), at(b, bar, 0)],
                ),
                (Function::CrossesBelow, [a, b]) => crossed(
                    [at(b, bar, 1), at(b, bar, 0)],
                    [at(a, bar, 1), at(a, bar, 0)],
                ),
                (Function::Max, of) => farthest(of.iter().map(|of| at(of, bar, 0)), 1.0),
                (Function::Min, of) => farthest(of.iter().map(|of| at(of, bar, 0)), -1.0),
                (_, of) => of.first().map_or(f64::NAN, |of| at(of, bar, 0).abs()),
            })
            .collect(),
    }
}

/// What is not finite is undefined.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

#[expect(clippy::float_cmp, reason = "it is what the user asks for")]
fn is_equal(a: f64, b: f64) -> bool {
    a == b
}

fn truth(is_true: bool) -> f64 {
    f64::from(u8::from(is_true))
}

fn joined(operator: Operator, a: f64, b: f64) -> f64 {
    let is_undefined = a.is_nan() || b.is_nan();
    match operator {
        // What one side decides needs no other.
        Operator::And if a.abs() <= 0.0 || b.abs() <= 0.0 => 0.0,
        Operator::Or if a > 0.0 || b > 0.0 => 1.0,
        _ if is_undefined => f64::NAN,
        Operator::And => 1.0,
        Operator::Or => 0.0,
        Operator::Below => truth(a < b),
        Operator::AtMost => truth(a <= b),
        Operator::Above => truth(a > b),
        Operator::AtLeast => truth(a >= b),
        Operator::Equal => truth(is_equal(a, b)),
        Operator::Unequal => truth(!is_equal(a, b)),
        Operator::Add => finite(a + b),
        Operator::Subtract => finite(a - b),
        Operator::Multiply => finite(a * b),
        Operator::Divide => finite(a / b),
        Operator::Remainder => finite(a % b),
    }
}

/// Whether `a` is above `b` now and was not at the bar before.
fn crossed(a: [f64; 2], b: [f64; 2]) -> f64 {
    match a.iter().chain(&b).any(|value| value.is_nan()) {
        true => f64::NAN,
        false => truth(a[0] <= b[0] && a[1] > b[1]),
    }
}

/// Whether `a` is farther out than `b`: the same answer whatever came first.
fn is_beyond(a: f64, b: f64, sign: f64) -> bool {
    let order = a.total_cmp(&b);
    if sign > 0.0 {
        order.is_gt()
    } else {
        order.is_lt()
    }
}

fn farthest(values: impl Iterator<Item = f64>, sign: f64) -> f64 {
    let mut found = None;
    for value in values {
        if value.is_nan() {
            return f64::NAN;
        }
        if found.is_none_or(|found| is_beyond(value, found, sign)) {
            found = Some(value);
        }
    }
    found.unwrap_or(f64::NAN)
}

/// The highest (sign 1) or lowest (sign -1) of each `window` values; undefined where one of them is.
fn extremes(values: &[f64], tail: usize, window: usize, sign: f64) -> Vec<f64> {
    let mut out = vec![f64::NAN; tail];
    // Places of values that can still win, the farthest first.
    let mut best = std::collections::VecDeque::new();
    let mut defined_since = 0;
    for (at, &value) in values.iter().enumerate() {
        if value.is_nan() {
            best.clear();
            defined_since = at + 1;
        } else {
            while best
                .back()
                .is_some_and(|&old| !is_beyond(values[old], value, sign))
            {
                best.pop_back();
            }
            best.push_back(at);
        }
        if best.front().is_some_and(|&old| old + window <= at) {
            best.pop_front();
        }
        let place = (at + tail).checked_sub(values.len());
        let slot = place.and_then(|place| out.get_mut(place));
        if let (Some(slot), Some(&best)) = (slot, best.front())
            && at + 1 >= defined_since + window
        {
            *slot = values[best];
        }
    }
    out
}

impl Evaluated<'_> {
    /// The newest values of an expression, by its number.
    pub(crate) fn root(&self, number: usize) -> &[f64] {
        self.program
            .roots
            .get(number)
            .map_or(&[], |&place| &*self.values[place])
    }

    /// The last value of a step; NaN where there is none.
    pub(crate) fn last(&self, place: Place) -> f64 {
        let values = self.values.get(place);
        values
            .and_then(|all| all.last())
            .copied()
            .unwrap_or(f64::NAN)
    }

    /// The last value of an expression, by its number.
    pub(crate) fn last_of(&self, number: usize) -> f64 {
        self.root(number).last().copied().unwrap_or(f64::NAN)
    }

    /// Why the last value of an expression is undefined: the innermost part that is.
    pub(crate) fn why_undefined(&self, number: usize) -> String {
        let Some(&root) = self.program.roots.get(number) else {
            return String::new();
        };
        let steps = self.program.steps.all();
        let mut place = root;
        loop {
            let mut inner = None;
            steps[place].for_parts(|part, _| {
                if inner.is_none() && self.last(part).is_nan() {
                    inner = Some(part);
                }
            });
            match inner {
                Some(part) => place = part,
                None => break,
            }
        }
        let (name, bars) = (self.program.text(place), self.bars);
        match self.program.least_bars()[place] {
            least if least > bars => {
                format!("undefined at the last bar: `{name}` needs {least} bars, there are {bars}")
            }
            _ => format!("undefined at the last bar: `{name}`"),
        }
    }
}
