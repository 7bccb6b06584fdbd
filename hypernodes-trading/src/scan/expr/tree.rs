//! Expressions as lists of steps: each step names earlier ones, and no two are the same.
//!
//! There is no recursion over a tree, so that no expression is too deep for a thread's stack.

use std::fmt;

use super::ColumnName;

/// What stands between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Below,
    AtMost,
    Above,
    AtLeast,
    Equal,
    Unequal,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
            Self::Equal => "==",
            Self::Unequal => "!=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
        }
    }

    /// How tightly it binds; `not` stands between `and` and comparisons.
    pub(crate) fn tightness(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Below
            | Self::AtMost
            | Self::Above
            | Self::AtLeast
            | Self::Equal
            | Self::Unequal => COMPARED,
            Self::Add | Self::Subtract => 5,
            Self::Multiply | Self::Divide | Self::Remainder => 6,
        }
    }

    /// What it joins.
    pub(crate) fn operands(self) -> Sort {
        match self {
            Self::Or | Self::And => Sort::Condition,
            _ => Sort::Number,
        }
    }

    /// What it gives.
    pub(crate) fn result(self) -> Sort {
        match self.tightness() {
            5.. => Sort::Number,
            _ => Sort::Condition,
        }
    }
}

pub(crate) const NEGATED: u8 = 3;
pub(crate) const COMPARED: u8 = 4;
pub(crate) const SIGNED: u8 = 7;
const WHOLE: u8 = 8;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Number,
    Condition,
}

impl fmt::Display for Sort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Number => "a number",
            Self::Condition => "a condition",
        })
    }
}

/// Functions of values at one bar or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    Abs,
    Min,
    Max,
    CrossesAbove,
    CrossesBelow,
}

/// Functions of the newest bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Highest,
    Lowest,
    Change,
}

/// What is called by a name and parentheses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Callable {
    Plain(Function),
    OverBars(Window),
}

impl Callable {
    pub(crate) const ALL: [Self; 8] = [
        Self::Plain(Function::Abs),
        Self::Plain(Function::Min),
        Self::Plain(Function::Max),
        Self::Plain(Function::CrossesAbove),
        Self::Plain(Function::CrossesBelow),
        Self::OverBars(Window::Highest),
        Self::OverBars(Window::Lowest),
        Self::OverBars(Window::Change),
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Plain(Function::Abs) => "abs",
            Self::Plain(Function::Min) => "min",
            Self::Plain(Function::Max) => "max",
            Self::Plain(Function::CrossesAbove) => "crosses_above",
            Self::Plain(Function::CrossesBelow) => "crosses_below",
            Self::OverBars(Window::Highest) => "highest",
            Self::OverBars(Window::Lowest) => "lowest",
            Self::OverBars(Window::Change) => "change",
        }
    }

    /// How it is written.
    pub(crate) fn usage(self) -> &'static str {
        match self {
            Self::Plain(Function::Abs) => "abs(x)",
            Self::Plain(Function::Min) => "min(a, b)",
            Self::Plain(Function::Max) => "max(a, b)",
            Self::Plain(Function::CrossesAbove) => "crosses_above(a, b)",
            Self::Plain(Function::CrossesBelow) => "crosses_below(a, b)",
            Self::OverBars(Window::Highest) => "highest(x, bars)",
            Self::OverBars(Window::Lowest) => "lowest(x, bars)",
            Self::OverBars(Window::Change) => "change(x, bars)",
        }
    }

    pub(crate) fn result(self) -> Sort {
        match self {
            Self::Plain(Function::CrossesAbove | Function::CrossesBelow) => Sort::Condition,
            _ => Sort::Number,
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.name().eq_ignore_ascii_case(name))
    }
}

/// The place of a step in its list.
pub(crate) type Place = usize;

/// One value for each bar, made of earlier steps. A condition is 1 or 0; NaN is undefined.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Number(f64),
    Column(ColumnName),
    Negate(Place),
    Not(Place),
    Binary(Operator, Place, Place),
    Call(Function, Vec<Place>),
    /// A function of the newest bars, and how many.
    Window(Window, Place, usize),
    /// A value some bars before.
    Back(Place, usize),
}

impl Step {
    /// The same step in another list, which has its parts at `places`.
    pub(crate) fn moved(&self, places: &[Place]) -> Self {
        match self {
            Self::Number(_) | Self::Column(_) => self.clone(),
            Self::Negate(of) => Self::Negate(places[*of]),
            Self::Not(of) => Self::Not(places[*of]),
            Self::Binary(operator, a, b) => Self::Binary(*operator, places[*a], places[*b]),
            Self::Call(function, of) => {
                Self::Call(*function, of.iter().map(|&of| places[of]).collect())
            }
            Self::Window(window, of, bars) => Self::Window(*window, places[*of], *bars),
            Self::Back(of, bars) => Self::Back(places[*of], *bars),
        }
    }

    /// Calls `each` with every step that it is made of, and how many bars further back it is read.
    pub(crate) fn for_parts(&self, mut each: impl FnMut(Place, usize)) {
        match self {
            Self::Number(_) | Self::Column(_) => {}
            Self::Negate(of) | Self::Not(of) => each(*of, 0),
            Self::Binary(_, a, b) => {
                each(*a, 0);
                each(*b, 0);
            }
            Self::Call(function, of) => {
                let back = match function {
                    Function::CrossesAbove | Function::CrossesBelow => 1,
                    Function::Abs | Function::Min | Function::Max => 0,
                };
                of.iter().for_each(|&of| each(of, back));
            }
            Self::Window(Window::Change, of, bars) | Self::Back(of, bars) => each(*of, *bars),
            Self::Window(_, of, bars) => each(*of, bars.saturating_sub(1)),
        }
    }
}

/// Steps, each once.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Steps(Vec<Step>);

impl Steps {
    /// The place of a step, which is taken in if it is new.
    pub(crate) fn add(&mut self, step: Step) -> Place {
        let known = self.0.iter().position(|one| *one == step);
        known.unwrap_or_else(|| {
            self.0.push(step);
            self.0.len() - 1
        })
    }

    pub(crate) fn all(&self) -> &[Step] {
        &self.0
    }

    /// Writes the expression that ends in `place`, with no parenthesis that is not needed.
    pub(crate) fn write(&self, place: Place, to: &mut impl fmt::Write) -> fmt::Result {
        /// What is still to be written, the next one last.
        enum Piece {
            Text(&'static str),
            Bars(&'static str, usize, &'static str),
            Step(Place, u8),
        }
        let mut pieces = vec![Piece::Step(place, 0)];
        while let Some(piece) = pieces.pop() {
            let (place, least) = match piece {
                Piece::Text(text) => {
                    to.write_str(text)?;
                    continue;
                }
                Piece::Bars(before, bars, after) => {
                    write!(to, "{before}{bars}{after}")?;
                    continue;
                }
                Piece::Step(place, least) => (place, least),
            };
            let Some(step) = self.0.get(place) else {
                continue;
            };
            let own = match step {
                Step::Binary(operator, ..) => operator.tightness(),
                Step::Not(_) => NEGATED,
                Step::Negate(_) => SIGNED,
                _ => WHOLE,
            };
            let from = pieces.len();
            if own < least {
                pieces.push(Piece::Text("("));
            }
            match step {
                Step::Number(number) => {
                    let text = format!("{number:?}");
                    to.write_str(text.strip_suffix(".0").unwrap_or(&text))?;
                    continue;
                }
                Step::Column(name) => {
                    write!(to, "{name}")?;
                    continue;
                }
                Step::Negate(of) => {
                    pieces.extend([Piece::Text("-"), Piece::Step(*of, SIGNED)]);
                }
                Step::Not(of) => {
                    pieces.extend([Piece::Text("not "), Piece::Step(*of, NEGATED)]);
                }
                Step::Binary(operator, a, b) => {
                    // Operators join from the left; comparisons do not join.
                    let left = own + u8::from(own == COMPARED);
                    pieces.push(Piece::Step(*a, left));
                    pieces.extend([Piece::Text(" "), Piece::Text(operator.sign())]);
                    pieces.extend([Piece::Text(" "), Piece::Step(*b, own + 1)]);
                }
                Step::Call(function, of) => {
                    let name = Callable::Plain(*function).name();
                    pieces.extend([Piece::Text(name), Piece::Text("(")]);
                    for (at, of) in of.iter().enumerate() {
                        pieces.push(Piece::Text(if at == 0 { "" } else { ", " }));
                        pieces.push(Piece::Step(*of, 0));
                    }
                    pieces.push(Piece::Text(")"));
                }
                Step::Window(window, of, bars) => {
                    let name = Callable::OverBars(*window).name();
                    pieces.extend([Piece::Text(name), Piece::Text("("), Piece::Step(*of, 0)]);
                    pieces.push(Piece::Bars(", ", *bars, ")"));
                }
                Step::Back(of, bars) => {
                    pieces.extend([Piece::Step(*of, WHOLE), Piece::Bars("[", *bars, "]")]);
                }
            }
            if own < least {
                pieces.push(Piece::Text(")"));
            }
            pieces[from..].reverse();
        }
        Ok(())
    }

    /// The expression that ends in `place`, as text.
    pub(crate) fn text(&self, place: Place) -> String {
        let mut text = String::new();
        // A string takes every text.
        let _ = self.write(place, &mut text);
        text
    }
}
