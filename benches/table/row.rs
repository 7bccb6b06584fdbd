//! Rows of the tables.

use hypernodes_benches::sample::Sampled;
use hypernodes_benches::{Bar, Group, Implementation};

/// One implementation, measured.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) title: String,
    pub(crate) name: String,
    pub(crate) best: String,
    pub(crate) median: String,
    pub(crate) unit: String,
}

/// One bar, and whether it is reached.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) title: String,
    pub(crate) name: String,
    pub(crate) bar: String,
    pub(crate) best: String,
    pub(crate) median: String,
    /// `None`: it could not be measured.
    pub(crate) passes: Option<bool>,
}

pub(crate) fn measured(group: &Group, sampled: &[Sampled]) -> Vec<Measured> {
    let row = |(one, sampled): (&Implementation, &Sampled)| Measured {
        title: group.title.to_owned(),
        name: one.name.to_owned(),
        best: figure(group.unit.figure(sampled.best())),
        median: figure(group.unit.figure(sampled.median())),
        unit: group.unit.to_string(),
    };
    group.implementations.iter().zip(sampled).map(row).collect()
}

pub(crate) fn verdicts(group: &Group, sampled: &[Sampled]) -> Vec<Verdict> {
    let time_of = |name: &str| {
        let at = group
            .implementations
            .iter()
            .position(|one| one.name == name);
        at.map(|at| sampled[at].clone()).unwrap_or_default()
    };
    let all = group
        .implementations
        .iter()
        .zip(sampled)
        .flat_map(|(one, sampled)| one.bars.iter().map(move |bar| (one, bar, sampled)));
    all.map(|(one, bar, own)| {
        let unit = group.unit;
        let with_unit = |seconds: f64| format!("{} {unit}", figure(unit.figure(seconds)));
        let (bar, best, median, passes) = match *bar {
            Bar::AtMost(most) => (
                format!("<= {most} {unit}"),
                with_unit(own.best()),
                with_unit(own.median()),
                unit.figure(own.best()) <= most,
            ),
            Bar::AtLeast(least) => (
                format!(">= {least} {unit}"),
                with_unit(own.best()),
                with_unit(own.median()),
                unit.figure(own.best()) >= least,
            ),
            Bar::Within { of, factor } => {
                let other = time_of(of);
                let (best, median) = (own.best() / other.best(), own.median() / other.median());
                let text =
                    |ratio: f64, seconds: f64| format!("{ratio:.2} x ({})", with_unit(seconds));
                (
                    format!("<= {factor} x {of}"),
                    text(best, own.best()),
                    text(median, own.median()),
                    best <= factor,
                )
            }
            Bar::SpeedUp { over, factor } => {
                let other = time_of(over);
                let (best, median) = (other.best() / own.best(), other.median() / own.median());
                (
                    format!(">= {factor} x as fast as {over}"),
                    format!("{best:.2} x"),
                    format!("{median:.2} x"),
                    best >= factor,
                )
            }
        };
        Verdict {
            title: group.title.to_owned(),
            name: one.name.to_owned(),
            bar,
            best,
            median,
            passes: Some(passes),
        }
    })
    .collect()
}

/// Three digits, or all of a large number.
pub(crate) fn figure(value: f64) -> String {
    match value {
        _ if value >= 100.0 => with_commas(value),
        _ if value >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn with_commas(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use hypernodes_benches::Unit;

    use super::*;

    #[test]
    fn figures_have_three_digits_or_all() {
        let texts = [0.254, 9.996, 12.34, 1_234_567.8].map(figure);
        assert_eq!(texts, ["0.25", "10.00", "12.3", "1,234,568"]);
        assert_eq!(
            Unit::PerSecond("symbols", 200.0).figure(0.04).to_string(),
            "5000"
        );
    }
}
