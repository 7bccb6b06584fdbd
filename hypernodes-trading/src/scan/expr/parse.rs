//! From words to steps: precedence, sorts, and what is wrong with a text.

use std::ops::Range;

use super::token::{Kind, Token, tokens};
use super::tree::{COMPARED, NEGATED, SIGNED};
use super::{Callable, ColumnName, ExprError, Operator, Place, Problem, Sort, Step, Steps};

/// The longest text that is read, in bytes.
pub(super) const MAX_BYTES: usize = 4_096;
/// The deepest nesting that is read.
pub(super) const MAX_DEPTH: usize = 100;
/// The most bars that an expression looks back.
const MAX_BARS: usize = 1_000_000;

/// The steps of a text, and the sort of the last one.
pub(super) fn parse(text: &str) -> Result<(Steps, Place, Sort), ExprError> {
    let error = |problem, at| ExprError {
        problem,
        text: text.to_owned(),
        at,
    };
    if text.len() > MAX_BYTES {
        let (most, found) = (MAX_BYTES, text.len());
        let start = text.floor_char_boundary(most);
        let mut end = start + 1;
        end = text.floor_char_boundary(end.min(found)).max(start);
        return Err(error(Problem::TooLong { most, found }, start..end));
    }
    let mut parser = Parser {
        tokens: tokens(text),
        text,
        next: 0,
        steps: Steps::default(),
    };
    if parser.tokens.len() == 1 {
        return Err(error(Problem::Empty, 0..0));
    }
    let whole = parser.expression(0, 0).and_then(|value| {
        parser.expect_end()?;
        Ok(value)
    });
    match whole {
        Ok(value) => Ok((parser.steps, value.place, value.sort)),
        Err((problem, at)) => Err(error(problem, at)),
    }
}

/// A value that was read, and where.
struct Value {
    place: Place,
    sort: Sort,
    at: Range<usize>,
}

type Read<T> = Result<T, (Problem, Range<usize>)>;

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    text: &'a str,
    next: usize,
    steps: Steps,
}

impl<'a> Parser<'a> {
    /// The next word; the end stays the next word.
    fn peek(&self) -> Token<'a> {
        let last = self.tokens.len() - 1;
        self.tokens[self.next.min(last)].clone()
    }

    fn take(&mut self) -> Token<'a> {
        let token = self.peek();
        self.next += 1;
        token
    }

    fn unexpected<T>(&self, token: &Token<'_>, expected: &str) -> Read<T> {
        let found = match token.kind {
            Kind::End => "the end".to_owned(),
            _ => format!("`{}`", &self.text[token.at.clone()]),
        };
        let expected = expected.to_owned();
        Err((Problem::Syntax { expected, found }, token.at.clone()))
    }

    fn expect(&mut self, kind: Kind<'_>, expected: &str) -> Read<Range<usize>> {
        let token = self.take();
        match token.kind == kind {
            true => Ok(token.at),
            false => self.unexpected(&token, expected),
        }
    }

    fn expect_end(&self) -> Read<()> {
        let token = self.peek();
        let expected = match token.kind {
            Kind::End => return Ok(()),
            Kind::Stranger if self.text[token.at.clone()] == *"=" => "an operator such as `==`",
            _ => "an operator such as `<`, `+` or `and`",
        };
        self.unexpected(&token, expected)
    }

    /// An expression of operators that bind at least as tightly as `least`.
    fn expression(&mut self, least: u8, depth: usize) -> Read<Value> {
        if depth > MAX_DEPTH {
            return Err((Problem::TooDeep { most: MAX_DEPTH }, self.peek().at));
        }
        let mut left = self.operand(depth)?;
        loop {
            let token = self.peek();
            let operator = match token.kind {
                Kind::Operator(operator) => operator,
                Kind::Minus => Operator::Subtract,
                _ => return Ok(left),
            };
            let own = operator.tightness();
            if own < least {
                return Ok(left);
            }
            self.next += 1;
            let right = self.expression(own + 1, depth + 1)?;
            left = self.joined(operator, left, &right)?;
            if own == COMPARED {
                self.refuse_chain(&right)?;
            }
        }
    }

    /// `a < b < c` compares nothing that anybody means.
    fn refuse_chain(&self, middle: &Value) -> Read<()> {
        let token = self.peek();
        match token.kind {
            Kind::Operator(next) if next.tightness() == COMPARED => {
                let middle = self.steps.text(middle.place);
                let expected =
                    format!("`and` between two comparisons, as in `.. and {middle} < ..`");
                self.unexpected(&token, &expected)
            }
            _ => Ok(()),
        }
    }

    fn joined(&mut self, operator: Operator, left: Value, right: &Value) -> Read<Value> {
        for side in [&left, right] {
            let what = format!("`{}`", operator.sign());
            needs(side, operator.operands(), &what)?;
        }
        let step = Step::Binary(operator, left.place, right.place);
        Ok(Value {
            place: self.steps.add(step),
            sort: operator.result(),
            at: left.at.start..right.at.end,
        })
    }

    /// A value with the signs before it and the bars behind it.
    fn operand(&mut self, depth: usize) -> Read<Value> {
        let token = self.take();
        let value = match token.kind {
            Kind::Minus | Kind::Operator(Operator::Add) => {
                let of = self.expression(SIGNED, depth + 1)?;
                needs(&of, Sort::Number, "a sign")?;
                let at = token.at.start..of.at.end;
                let place = match token.kind {
                    Kind::Minus => self.steps.add(Step::Negate(of.place)),
                    _ => of.place,
                };
                return Ok(Value { place, at, ..of });
            }
            Kind::Not => {
                let of = self.expression(NEGATED, depth + 1)?;
                needs(&of, Sort::Condition, "`not`")?;
                let at = token.at.start..of.at.end;
                let place = self.steps.add(Step::Not(of.place));
                return Ok(Value { place, at, ..of });
            }
            Kind::Open => {
                let inner = self.expression(0, depth + 1)?;
                let end = self.expect(Kind::Close, "an operator or `)`")?;
                let at = token.at.start..end.end;
                Value { at, ..inner }
            }
            Kind::Number(text) => self.number(text, token.at)?,
            Kind::Name(name) if self.peek().kind == Kind::Open => {
                self.call(name, token.at, depth)?
            }
            Kind::Name(name) => self.column(name, token.at)?,
            _ => {
                return self.unexpected(&token, "a number, a column, an indicator or `(`");
            }
        };
        self.back(value)
    }

    fn number(&mut self, text: &str, at: Range<usize>) -> Read<Value> {
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Value {
                place: self.steps.add(Step::Number(number)),
                sort: Sort::Number,
                at,
            }),
            _ => {
                let text = text.to_owned();
                Err((Problem::Number { text }, at))
            }
        }
    }

    fn column(&mut self, name: &str, at: Range<usize>) -> Read<Value> {
        if let Some(function) = Callable::named(name) {
            // Some indicators have the name of a function.
            if ColumnName::named(name).is_err() {
                let expected = format!("`(`, as in `{}`", function.usage());
                return self.unexpected(&self.peek(), &expected);
            }
        }
        match ColumnName::named(name) {
            Ok(column) => Ok(Value {
                place: self.steps.add(Step::Column(column)),
                sort: Sort::Number,
                at,
            }),
            Err(unknown) => {
                let problem = Problem::UnknownName {
                    candidates: candidates(name, unknown.suggestion),
                    name: name.to_owned(),
                    reason: unknown.reason,
                };
                Err((problem, at))
            }
        }
    }

    fn call(&mut self, name: &str, at: Range<usize>, depth: usize) -> Read<Value> {
        let Some(callable) = Callable::named(name) else {
            let reason = match ColumnName::named(name) {
                Ok(_) => Some("it is a column, and takes no arguments".to_owned()),
                Err(_) => None,
            };
            let problem = Problem::UnknownName {
                candidates: functions_like(name),
                name: name.to_owned(),
                reason,
            };
            return Err((problem, at));
        };
        self.next += 1;
        let mut values = Vec::new();
        let mut end = self.peek().at;
        if self.peek().kind == Kind::Close {
            self.next += 1;
        } else {
            loop {
                let value = self.expression(0, depth + 1)?;
                needs(&value, Sort::Number, &format!("`{}`", callable.name()))?;
                values.push(value);
                let token = self.take();
                end = token.at.clone();
                match token.kind {
                    Kind::Comma => {}
                    Kind::Close => break,
                    _ => return self.unexpected(&token, "an operator, `,` or `)`"),
                }
            }
        }
        let at = at.start..end.end;
        let step = self.called(callable, &values, &at)?;
        Ok(Value {
            place: self.steps.add(step),
            sort: callable.result(),
            at,
        })
    }

    fn called(&self, callable: Callable, values: &[Value], at: &Range<usize>) -> Read<Step> {
        use super::tree::Function::{Abs, Max, Min};
        let count = values.len();
        let is_right = match callable {
            Callable::Plain(Abs) => count == 1,
            Callable::Plain(Min | Max) => count >= 2,
            Callable::Plain(_) | Callable::OverBars(_) => count == 2,
        };
        if !is_right {
            let (usage, found) = (callable.usage(), count);
            return Err((Problem::Arguments { usage, found }, at.clone()));
        }
        match callable {
            Callable::Plain(function) => {
                let places = values.iter().map(|value| value.place).collect();
                Ok(Step::Call(function, places))
            }
            Callable::OverBars(window) => {
                let bars = match self.steps.all()[values[1].place] {
                    Step::Number(number) => whole(number, 1),
                    _ => None,
                };
                match bars {
                    Some(bars) => Ok(Step::Window(window, values[0].place, bars)),
                    None => self.wrong_bars(1, values[1].at.clone()),
                }
            }
        }
    }

    /// `[n]` behind a value, any number of times.
    fn back(&mut self, mut value: Value) -> Read<Value> {
        while self.peek().kind == Kind::OpenIndex {
            self.next += 1;
            let token = self.take();
            let bars = match token.kind {
                Kind::Number(text) => text.parse().ok().and_then(|number| whole(number, 0)),
                _ => None,
            };
            let Some(bars) = bars else {
                return self.wrong_bars(0, token.at);
            };
            let end = self.expect(Kind::CloseIndex, "`]`")?;
            value = Value {
                place: self.steps.add(Step::Back(value.place, bars)),
                at: value.at.start..end.end,
                ..value
            };
        }
        Ok(value)
    }

    fn wrong_bars<T>(&self, least: usize, at: Range<usize>) -> Read<T> {
        let found = match &self.text[at.clone()] {
            "" => "the end".to_owned(),
            text => format!("`{text}`"),
        };
        let most = MAX_BARS;
        Err((Problem::Bars { least, most, found }, at))
    }
}

/// A number of bars.
fn whole(number: f64, least: usize) -> Option<usize> {
    let is_whole = number.fract().abs() <= 0.0 && (0.0..=1e6).contains(&number);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and in range"
    )]
    let bars = is_whole.then_some(number as usize);
    bars.filter(|bars| (least..=MAX_BARS).contains(bars))
}

fn needs(value: &Value, expected: Sort, what: &str) -> Read<()> {
    if value.sort == expected {
        return Ok(());
    }
    let name = |sort| match sort {
        Sort::Number => "a number",
        Sort::Condition => "a condition",
    };
    let problem = Problem::Sort {
        what: what.to_owned(),
        expected: name(expected),
        found: name(value.sort),
    };
    Err((problem, value.at.clone()))
}

/// Names of columns, functions and indicators that are like `name`, the likest first.
fn candidates(name: &str, indicator: Option<String>) -> Vec<String> {
    // `SMA200` is `SMA_200` and nothing else.
    let letters = name.trim_end_matches(|c: char| !c.is_alphabetic());
    let is_it = |known: &&String| {
        let head = known.get(..letters.len());
        letters != name && head.is_some_and(|head| head.eq_ignore_ascii_case(letters))
    };
    if let Some(known) = indicator.as_ref().filter(is_it) {
        return vec![known.clone()];
    }
    let functions = Callable::ALL.iter().map(|one| one.name());
    let mut found = likest(name, ColumnName::plain().chain(functions));
    if found.is_empty() {
        found.extend(indicator);
    }
    found
}

fn functions_like(name: &str) -> Vec<String> {
    likest(name, Callable::ALL.iter().map(|one| one.name()))
}

fn likest(name: &str, names: impl Iterator<Item = &'static str>) -> Vec<String> {
    let lower = name.to_lowercase();
    let distance = |one: &str| strsim::damerau_levenshtein(&lower, one);
    let all = names.map(|one| (distance(one), one));
    let is_near = |&(far, one): &(usize, &str)| far <= 2 && far < one.len().min(lower.len());
    let mut near: Vec<(usize, &str)> = all.filter(is_near).collect();
    near.sort();
    near.truncate(2);
    near.into_iter().map(|(_, one)| one.to_owned()).collect()
}
