//! The tables as Markdown, and their place in the README.

use std::fmt::Write as _;
use std::path::Path;

use hypernodes_benches::sample::Sampled;
use hypernodes_benches::{BoxError, Group};

use crate::machine::Machine;
use crate::row::{self, Measured, Verdict};

const BEGIN: &str = "<!-- measured: begin -->";
const END: &str = "<!-- measured: end -->";

/// Everything that was measured.
#[derive(Debug, Default)]
pub(crate) struct Report {
    measured: Vec<Measured>,
    verdicts: Vec<Verdict>,
}

impl Report {
    pub(crate) fn add(&mut self, group: &Group, sampled: &[Sampled], verdicts: Vec<Verdict>) {
        self.measured.extend(row::measured(group, sampled));
        self.verdicts.extend(verdicts);
    }

    pub(crate) fn add_measured(&mut self, measured: Measured) {
        self.measured.push(measured);
    }

    pub(crate) fn add_verdict(&mut self, verdict: Verdict) {
        self.verdicts.push(verdict);
    }

    pub(crate) fn markdown(&self, machine: &Machine) -> String {
        let missed = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.passes == Some(false))
            .count();
        let open = self
            .verdicts
            .iter()
            .filter(|verdict| verdict.passes.is_none())
            .count();
        let mut text = format!("Measured on: {machine}.\n\n");
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{} bars: {missed} missed, {open} not measured.\n",
            self.verdicts.len()
        );
        text += "| work | how | bar | best | median | |\n|---|---|---|---|---|---|\n";
        for Verdict {
            title,
            name,
            bar,
            best,
            median,
            passes,
        } in &self.verdicts
        {
            let verdict = match passes {
                Some(true) => "pass",
                Some(false) => "**MISS**",
                None => "not measured",
            };
            let _ = writeln!(
                text,
                "| {title} | {name} | {bar} | {best} | {median} | {verdict} |"
            );
        }
        text += "\nSide by side, each row measured in turn with the others of its work:\n\n";
        text += "| work | how | best | median | unit |\n|---|---|---|---|---|\n";
        let mut last = "";
        for Measured {
            title,
            name,
            best,
            median,
            unit,
        } in &self.measured
        {
            let shown = if title == last { "" } else { title };
            last = title;
            let _ = writeln!(text, "| {shown} | {name} | {best} | {median} | {unit} |");
        }
        text
    }
}

/// Replaces what stands between the two marks.
pub(crate) fn write_into_readme(text: &str) -> Result<(), BoxError> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(&path)?;
    let (before, rest) = readme
        .split_once(BEGIN)
        .ok_or("the README has no mark where the tables begin")?;
    let (_, after) = rest
        .split_once(END)
        .ok_or("the README has no mark where the tables end")?;
    std::fs::write(path, format!("{before}{BEGIN}\n{text}{END}{after}"))?;
    Ok(())
}
