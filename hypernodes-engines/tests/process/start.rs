//! Programs that are no workers of this one: each is a typed error before any item, and soon.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use hypernodes::prelude::*;
use hypernodes::{EngineError, Error};
use hypernodes_engines::process::WorkerCommand;
use hypernodes_engines::{Process, ProcessConfig};

use crate::nodes::square;

/// What a map with such workers fails with.
fn refusal(command: WorkerCommand) -> String {
    let engine = Process::with_command(ProcessConfig::default(), command);
    let p = Pipeline::new("squares", nodes![square]).unwrap();
    let p = p.with_engine(engine.unwrap().workers(2));
    let error = p.map(inputs! { x: vec![1_u64; 100] }, ["x"]).unwrap_err();
    assert!(
        matches!(&error, Error::Engine(EngineError::Unavailable { .. })),
        "{error:?}"
    );
    error.to_string()
}

fn command(exe: &str, args: &[&str]) -> WorkerCommand {
    let mut command = WorkerCommand::of_this_program().unwrap();
    command.exe = exe.into();
    command.name = exe.into();
    command.args = args.iter().map(Into::into).collect();
    command
}

#[test]
fn another_build_is_refused() {
    let copy = Copy::of_this_program();
    let mut command = WorkerCommand::of_this_program().unwrap();
    command.exe.clone_from(&copy.0);
    assert_eq!(
        refusal(command),
        "engine `process` is not available: a worker does not start: it is another program, or another build of it"
    );
}

/// A copy of this program, with a byte behind its end.
struct Copy(PathBuf);

impl Copy {
    fn of_this_program() -> Self {
        let name = format!("hypernodes-another-build-{}", std::process::id());
        let to = std::env::temp_dir().join(name);
        // Another process writes it: nothing can be started that somebody has open to write, and a child that another
        // test starts just now would have.
        let own = format!("/proc/{}/exe", std::process::id());
        let copied = Command::new("sh")
            .args(["-c", "cp \"$0\" \"$1\" && printf x >> \"$1\""])
            .args([own.as_ref(), to.as_os_str()])
            .status();
        assert!(copied.unwrap().success());
        Self(to)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn a_program_that_ends_is_no_worker() {
    let told = refusal(command("/bin/true", &[]));
    assert_eq!(
        told,
        "engine `process` is not available: a worker does not start: it ended before it answered; is \
         `hypernodes::init()` the first line of `main`?"
    );
}

#[test]
fn a_program_that_answers_nonsense_is_no_worker() {
    let told = refusal(command("/bin/sh", &["-c", "exec /bin/cat >&0"]));
    assert!(
        told.starts_with("engine `process` is not available: a worker does not start: "),
        "{told}"
    );
}

#[test]
fn a_program_that_never_answers_is_given_up() {
    let mut silent = command("/bin/sleep", &["3600"]);
    silent.patience = Duration::from_millis(300);
    assert_eq!(
        refusal(silent),
        "engine `process` is not available: a worker does not start: it did not answer within 300ms; is \
         `hypernodes::init()` the first line of `main`?"
    );
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let told = refusal(command("/no/such/program", &[]));
    assert!(
        told.starts_with(
            "engine `process` is not available: `/no/such/program` cannot be started: "
        ),
        "{told}"
    );
}

#[test]
fn programs_that_are_killed_as_they_start_are_given_up() {
    let told = refusal(command("/bin/sh", &["-c", "kill -KILL $$"]));
    assert!(told.contains("it ended before it answered"), "{told}");
}
