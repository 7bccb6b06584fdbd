//! What a step is, how it ends, and running a list of them.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::options::Options;
use crate::tool::say;

/// One named check.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Runs only when it is named with `--only`.
    pub(crate) opt_in: bool,
    pub(crate) run: fn(&Path) -> End,
}

/// How a step ends when it does not fail; the error is what was wrong.
pub(crate) type End = Result<Done, String>;

/// How a step ends when it does not fail.
#[derive(Debug)]
pub(crate) enum Done {
    Passed,
    /// It cannot be checked here, and why.
    Skipped(String),
}

/// The names of the steps, and what each checks.
pub(crate) fn list(steps: &[Step]) -> String {
    let line = |step: &Step| {
        let opt_in = if step.opt_in {
            " (only when named)"
        } else {
            ""
        };
        format!("{:<10}{}{opt_in}\n", step.name, step.about)
    };
    steps.iter().map(line).collect()
}

/// Runs the wanted steps and says how it went. `true` when none failed.
pub(crate) fn run_all(steps: &[Step], options: &Options, root: &Path) -> bool {
    let wanted: Vec<&Step> = steps.iter().filter(|step| options.wants(step)).collect();
    let began = now();
    let mut ended = Vec::<(&Step, End, Duration)>::with_capacity(wanted.len());
    for step in &wanted {
        say(&format!("\n==> {}: {}", step.name, step.about));
        let began = now();
        let end = (step.run)(root);
        match &end {
            Ok(Done::Passed) => {}
            Ok(Done::Skipped(why)) => say(&format!("skipped: {why}")),
            Err(problem) => say(&format!("failed: {problem}")),
        }
        let has_failed = end.is_err();
        ended.push((step, end, began.elapsed()));
        if has_failed && !options.keep_going {
            break;
        }
    }
    say(&summary(&ended, wanted.len(), began.elapsed()));
    ended.iter().all(|(_, end, _)| end.is_ok())
}

fn summary(ended: &[(&Step, End, Duration)], wanted: usize, took: Duration) -> String {
    let mut text = String::from("\nsummary\n");
    for (step, end, took) in ended {
        let (mark, note) = match end {
            Ok(Done::Passed) => ("ok", ""),
            Ok(Done::Skipped(why)) => ("skipped", why.as_str()),
            // The rest of a long problem stands above.
            Err(problem) => ("FAILED", problem.lines().next().unwrap_or_default()),
        };
        let line = format!("  {:<10}{mark:<9}{:>9}  {note}", step.name, seconds(*took));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if ended.len() < wanted {
        text.push_str(&format!(
            "  {} more not run; see `--keep-going`\n",
            wanted - ended.len()
        ));
    }
    let failed = ended.iter().filter(|(_, end, _)| end.is_err()).count();
    let all = match failed {
        0 => "all passed".to_owned(),
        n => format!("{n} failed"),
    };
    text.push_str(&format!("  {all} in {}", seconds(took)));
    text
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..60 => format!("{:.1}s", time.as_secs_f64()),
        whole => format!("{}m {:02}s", whole / 60, whole % 60),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "steps are timed for people; nothing depends on it"
)]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSES: Step = Step {
        name: "good",
        about: "passes",
        opt_in: false,
        run: |_| Ok(Done::Passed),
    };
    const FAILS: Step = Step {
        name: "bad",
        about: "fails",
        opt_in: false,
        run: |_| Err("no\ndetails".to_owned()),
    };

    #[test]
    fn the_summary_names_each_step_once() {
        let ended = [
            (&PASSES, Ok(Done::Passed), Duration::from_millis(1500)),
            (
                &PASSES,
                Ok(Done::Skipped("no tool".to_owned())),
                Duration::ZERO,
            ),
            (
                &FAILS,
                Err("no\ndetails".to_owned()),
                Duration::from_secs(75),
            ),
        ];
        let expected = "\nsummary\n  good      ok            1.5s\n  good      skipped       0.0s  no tool\n  \
                        bad       FAILED      1m 15s  no\n  1 more not run; see `--keep-going`\n  1 failed in 1m 17s";
        assert_eq!(summary(&ended, 4, Duration::from_secs(77)), expected);
    }

    #[test]
    fn the_first_failure_ends_the_check_unless_told_otherwise() {
        let never = Step {
            run: |_| panic!("ran after a failure"),
            ..PASSES
        };
        assert!(!run_all(
            &[FAILS, never],
            &Options::default(),
            Path::new(".")
        ));
        let options = Options {
            keep_going: true,
            ..Options::default()
        };
        assert!(!run_all(&[FAILS, PASSES], &options, Path::new(".")));
        assert!(run_all(&[PASSES], &options, Path::new(".")));
    }
}
