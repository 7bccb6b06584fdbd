//! The words of an expression.

use std::ops::Range;

use winnow::LocatingSlice;
use winnow::ascii::{digit0, digit1, multispace0};
use winnow::combinator::{alt, opt, preceded, repeat};
use winnow::error::EmptyError;
use winnow::prelude::*;
use winnow::token::{any, one_of, take_while};

use super::Operator;

/// What a word is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind<'a> {
    /// As it is written; it may be too large.
    Number(&'a str),
    Name(&'a str),
    Operator(Operator),
    Minus,
    Not,
    Open,
    Close,
    OpenIndex,
    CloseIndex,
    Comma,
    /// No word of the language.
    Stranger,
    End,
}

/// A word and where it stands, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    pub(super) at: Range<usize>,
}

type Input<'a> = LocatingSlice<&'a str>;

/// Every word of `text`, and the end. What is no word comes as a [`Kind::Stranger`].
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut input = LocatingSlice::new(text);
    let one = preceded(multispace0::<_, EmptyError>, kind.with_span());
    let one = one.map(|(kind, at)| Token { kind, at });
    let mut all: Vec<Token<'_>> = repeat(0.., one).parse_next(&mut input).unwrap_or_default();
    let end = text.trim_end().len();
    let kind = Kind::End;
    all.push(Token { kind, at: end..end });
    all
}

fn kind<'a>(input: &mut Input<'a>) -> Result<Kind<'a>, EmptyError> {
    alt((number.map(Kind::Number), name.map(known), sign, stranger)).parse_next(input)
}

/// `1`, `0.5`, `.5`, `1e-7`.
fn number<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    let fraction = |dot: &mut Input<'a>| ('.', digit1).take().parse_next(dot);
    let exponent = (one_of(['e', 'E']), opt(one_of(['+', '-'])), digit1);
    let whole = alt(((digit1, opt(fraction)).take(), (digit0, fraction).take()));
    (whole, opt(exponent)).take().parse_next(input)
}

/// `close`, `SMA_200`, `BBANDS_20_2.0_2.0_0.upper`.
fn name<'a>(input: &mut Input<'a>) -> Result<&'a str, EmptyError> {
    let first = one_of(|c: char| c == '_' || c.is_alphabetic());
    let part = || take_while(1.., |c: char| c == '_' || c.is_alphanumeric());
    let parts = repeat::<_, _, (), _, _>(0.., ('.', part()));
    (first, opt(part()), parts).take().parse_next(input)
}

/// Names that are operators.
fn known(name: &str) -> Kind<'_> {
    let is = |word: &str| name.eq_ignore_ascii_case(word);
    match () {
        () if is("and") => Kind::Operator(Operator::And),
        () if is("or") => Kind::Operator(Operator::Or),
        () if is("not") => Kind::Not,
        () => Kind::Name(name),
    }
}

fn sign<'a>(input: &mut Input<'a>) -> Result<Kind<'a>, EmptyError> {
    let two = alt((
        "&&".value(Kind::Operator(Operator::And)),
        "||".value(Kind::Operator(Operator::Or)),
        "<=".value(Kind::Operator(Operator::AtMost)),
        ">=".value(Kind::Operator(Operator::AtLeast)),
        "==".value(Kind::Operator(Operator::Equal)),
        "!=".value(Kind::Operator(Operator::Unequal)),
    ));
    let arithmetic = alt((
        '+'.value(Kind::Operator(Operator::Add)),
        '-'.value(Kind::Minus),
        '*'.value(Kind::Operator(Operator::Multiply)),
        '/'.value(Kind::Operator(Operator::Divide)),
        '%'.value(Kind::Operator(Operator::Remainder)),
    ));
    let other = alt((
        '<'.value(Kind::Operator(Operator::Below)),
        '>'.value(Kind::Operator(Operator::Above)),
        '!'.value(Kind::Not),
        '('.value(Kind::Open),
        ')'.value(Kind::Close),
        '['.value(Kind::OpenIndex),
        ']'.value(Kind::CloseIndex),
        ','.value(Kind::Comma),
    ));
    alt((two, arithmetic, other)).parse_next(input)
}

fn stranger<'a>(input: &mut Input<'a>) -> Result<Kind<'a>, EmptyError> {
    any.value(Kind::Stranger).parse_next(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_taken_whole() {
        let kinds: Vec<_> = tokens("BBANDS_20_2.0_2.0_0.upper<=-1.5e-3 AND\t.5 #")
            .into_iter()
            .map(|token| token.kind)
            .collect();
        assert_eq!(
            kinds,
            [
                Kind::Name("BBANDS_20_2.0_2.0_0.upper"),
                Kind::Operator(Operator::AtMost),
                Kind::Minus,
                Kind::Number("1.5e-3"),
                Kind::Operator(Operator::And),
                Kind::Number(".5"),
                Kind::Stranger,
                Kind::End,
            ]
        );
        assert_eq!(tokens("  ab  ")[0].at, 2..4);
        assert_eq!(tokens("  ab  ")[1].at, 4..4);
    }
}
