//! Which engine to take, and why: from the measured times alone.
//!
//! For one size: the fastest, or of those that noise does not tell from it the one that was added first. Over all sizes:
//! spans of the same engine.

use super::display::{items_in_words, seconds_in_words, times, whole_number};
use super::report::{Choice, Crossover, Measured, SizeChoice, SizeReport, Span};

/// The engine to take for one size; `None` where nothing was measured.
pub(super) fn for_size(engines: &[Measured]) -> Option<SizeChoice> {
    let fastest = engines
        .iter()
        .min_by(|a, b| a.seconds.total_cmp(&b.seconds))?;
    let is_as_fast = |other: &&Measured| !fastest.is_faster_than(other);
    let mut as_fast = engines.iter().filter(is_as_fast);
    let taken = as_fast.next().unwrap_or(fastest);
    let as_fast: Vec<&Measured> = as_fast.collect();
    Some(SizeChoice {
        engine: taken.engine.clone(),
        as_fast: as_fast.iter().map(|other| other.engine.clone()).collect(),
        reason: reason(engines, taken, &as_fast),
    })
}

fn reason(engines: &[Measured], taken: &Measured, as_fast: &[&Measured]) -> String {
    let told = |one: &Measured| {
        let time = seconds_in_words(one.seconds_per_item);
        format!("`{}` ({time} per item)", one.engine)
    };
    if !as_fast.is_empty() {
        let others: Vec<String> = as_fast.iter().map(|other| told(other)).collect();
        return format!(
            "{}: no difference beyond noise to {}, and it is the simpler one",
            told(taken),
            others.join(", ")
        );
    }
    let slower = engines.iter().filter(|other| other.engine != taken.engine);
    let next = slower.min_by(|a, b| a.seconds.total_cmp(&b.seconds));
    match next {
        None => format!("{}: no other engine took part", told(taken)),
        Some(next) => format!(
            "{}: {} as fast as {}",
            told(taken),
            times(next.seconds / taken.seconds),
            told(next)
        ),
    }
}

/// The engine to take over all sizes that were measured.
pub(super) fn overall(sizes: &[SizeReport]) -> Choice {
    let spans = spans(sizes);
    let crossovers: Vec<Crossover> = spans
        .windows(2)
        .map(|pair| Crossover {
            after: pair[0].to,
            from: pair[1].from,
            old: pair[0].engine.clone(),
            new: pair[1].engine.clone(),
        })
        .collect();
    let engine = match spans.as_slice() {
        [only] => Some(only.engine.clone()),
        _ => None,
    };
    let reason = match spans.as_slice() {
        [] => "nothing was measured, so nothing can be said".to_owned(),
        [only] => one_engine(sizes, only),
        several => several_engines(several),
    };
    Choice {
        engine,
        spans,
        crossovers,
        reason,
    }
}

fn spans(sizes: &[SizeReport]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for size in sizes {
        let Some(choice) = &size.choice else { continue };
        let taken = size.engines.iter().find(|one| one.engine == choice.engine);
        let speed_up = taken.map_or(f64::NAN, |one| one.speed_up);
        match spans.last_mut() {
            Some(span) if span.engine == choice.engine => {
                span.to = size.items;
                let [least, most] = span.speed_up;
                span.speed_up = [least.min(speed_up), most.max(speed_up)];
            }
            _ => spans.push(Span {
                engine: choice.engine.clone(),
                from: size.items,
                to: size.items,
                speed_up: [speed_up; 2],
            }),
        }
    }
    spans
}

fn one_engine(sizes: &[SizeReport], span: &Span) -> String {
    let Span { engine, .. } = span;
    let measured = sizes.iter().filter(|size| size.choice.is_some());
    let first = measured.clone().find_map(|size| size.engines.first());
    let is_first = first.is_some_and(|first| first.engine == *engine);
    let has_others = measured.clone().any(|size| size.engines.len() > 1);
    let place = match span.from == span.to {
        true => format!("with {}", items_in_words(span.from)),
        false => format!(
            "from {} to {}",
            whole_number(span.from),
            items_in_words(span.to)
        ),
    };
    let reason = match (is_first, has_others, first) {
        (_, false, _) | (_, _, None) => format!("no other engine was measured, {place}"),
        (true, true, _) => format!("no other engine is faster beyond noise, {place}"),
        (false, true, Some(first)) => {
            let as_fast = range_of_times(span.speed_up);
            format!("{as_fast} as fast as `{}`, {place}", first.engine)
        }
    };
    format!("take `{engine}`: {reason}")
}

fn several_engines(spans: &[Span]) -> String {
    let last = spans.len() - 1;
    let told = spans.iter().enumerate().map(|(at, span)| {
        let Span {
            engine, from, to, ..
        } = span;
        let place = match at {
            0 => format!("up to {}", items_in_words(*to)),
            at if at == last => format!("from {} on", items_in_words(*from)),
            _ if from == to => format!("with {}", items_in_words(*from)),
            _ => format!("from {} to {}", whole_number(*from), items_in_words(*to)),
        };
        format!("`{engine}` {place} (speed-up {})", range(span.speed_up))
    });
    let told: Vec<String> = told.collect();
    let changes = spans.windows(2).map(|pair| {
        let (after, from) = (whole_number(pair[0].to), whole_number(pair[1].from));
        format!("between {after} and {from}")
    });
    let changes: Vec<String> = changes.collect();
    format!(
        "take {}; what to take changes {} items",
        told.join(", "),
        changes.join(" and ")
    )
}

fn range_of_times(range: [f64; 2]) -> String {
    let [least, most] = range.map(times);
    if least == most {
        return most;
    }
    let number = |text: &str| text.trim_end_matches(" times").to_owned();
    format!("{} to {most}", number(&least))
}

fn range(range: [f64; 2]) -> String {
    let [least, most] = range.map(|times| format!("{times:.2}"));
    match least == most {
        true => most,
        false => format!("{least} to {most}"),
    }
}
