//! Child processes: started in the root of the workspace, shown before they run.

use std::path::Path;
use std::process::{Command, Stdio};

/// Prints a line.
#[expect(clippy::print_stdout, reason = "a command line tool talks on stdout")]
pub(crate) fn say(text: &str) {
    println!("{text}");
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs `cargo` with these arguments, separated by spaces.
pub(crate) fn run_cargo(root: &Path, line: &str) -> Result<(), String> {
    run(root, &cargo(), line, &[])
}

/// Runs a program with arguments that are separated by spaces, and shows the line so that it can be run by hand.
pub(crate) fn run(
    root: &Path,
    program: &str,
    line: &str,
    env: &[(&str, &str)],
) -> Result<(), String> {
    let name = Path::new(program)
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or(program);
    let settings: String = env
        .iter()
        .map(|(key, value)| format!("{key}={value:?} "))
        .collect();
    let shown = format!("{settings}{name} {line}");
    say(&format!("$ {shown}"));
    let mut command = Command::new(program);
    command
        .args(line.split_whitespace())
        .envs(env.iter().copied())
        .current_dir(root);
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{shown}` ended with {status}")),
        Err(error) => Err(format!("`{shown}` could not be started: {error}")),
    }
}

/// What a program prints, or `None` when it is not there or fails.
pub(crate) fn output(root: &Path, program: &str, line: &str) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(line.split_whitespace())
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let output = command
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()
}
