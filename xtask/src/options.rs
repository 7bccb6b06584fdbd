//! The command line of `cargo xtask`.

use crate::step::Step;

pub(crate) const HELP: &str = "\
cargo xtask check [OPTIONS]    run what CI runs, cheapest first

  --only STEP     run this step only (repeatable); the way to run an opt-in step
  --skip STEP     leave this step out (repeatable)
  --keep-going    run the other steps after a failure
  --list          name the steps
";

/// What `check` was asked to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) only: Vec<String>,
    pub(crate) skip: Vec<String>,
    pub(crate) keep_going: bool,
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Request {
    Check(Options),
    List,
    Help,
}

impl Options {
    /// Reads the arguments after the program's name.
    pub(crate) fn parse(
        args: impl IntoIterator<Item = String>,
        steps: &[Step],
    ) -> Result<Request, String> {
        let mut args = args.into_iter();
        match args.next().as_deref() {
            Some("check") => {}
            None | Some("help" | "--help" | "-h") => return Ok(Request::Help),
            Some(other) => {
                return Err(format!("unknown command `{other}`; the command is `check`"));
            }
        }
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            let (flag, value) = match arg.split_once('=') {
                Some((flag, value)) => (flag, Some(value.to_owned())),
                None => (arg.as_str(), None),
            };
            let mut step = || match value.clone().or_else(|| args.next()) {
                Some(name) if steps.iter().any(|step| step.name == name) => Ok(name),
                Some(name) => Err(format!("there is no step `{name}`; `--list` names them")),
                None => Err(format!(
                    "`{flag}` needs the name of a step; `--list` names them"
                )),
            };
            match flag {
                "--only" => options.only.push(step()?),
                "--skip" => options.skip.push(step()?),
                "--keep-going" => options.keep_going = true,
                "--list" => return Ok(Request::List),
                "--help" | "-h" => return Ok(Request::Help),
                other => return Err(format!("unknown option `{other}`")),
            }
        }
        Ok(Request::Check(options))
    }

    /// Whether a step is to run.
    pub(crate) fn wants(&self, step: &Step) -> bool {
        let is_asked_for = if self.only.is_empty() {
            !step.opt_in
        } else {
            self.only.iter().any(|name| name == step.name)
        };
        is_asked_for && !self.skip.iter().any(|name| name == step.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::ALL;

    fn parse(line: &str) -> Result<Request, String> {
        Options::parse(line.split_whitespace().map(str::to_owned), ALL)
    }

    fn chosen(line: &str) -> Vec<&'static str> {
        let Ok(Request::Check(options)) = parse(line) else {
            panic!("{line}")
        };
        ALL.iter()
            .filter(|step| options.wants(step))
            .map(|step| step.name)
            .collect()
    }

    #[test]
    fn opt_in_steps_run_only_by_name() {
        assert!(!chosen("check").contains(&"miri"));
        assert_eq!(chosen("check --only miri"), ["miri"]);
    }

    #[test]
    fn only_and_skip_can_be_repeated() {
        assert_eq!(chosen("check --only fmt --only=text"), ["fmt", "text"]);
        assert_eq!(chosen("check --only fmt --only text --skip fmt"), ["text"]);
        assert!(
            !chosen("check --skip test --skip=docs")
                .iter()
                .any(|name| ["test", "docs"].contains(name))
        );
    }

    #[test]
    fn a_misspelt_step_is_refused() {
        assert_eq!(
            parse("check --only clipy").unwrap_err(),
            "there is no step `clipy`; `--list` names them"
        );
        assert_eq!(
            parse("check --skip").unwrap_err(),
            "`--skip` needs the name of a step; `--list` names them"
        );
        assert_eq!(
            parse("chek").unwrap_err(),
            "unknown command `chek`; the command is `check`"
        );
    }
}
