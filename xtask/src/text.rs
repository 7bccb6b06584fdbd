//! The rules that no other tool knows, file by file. Spelling, formatting and lints do not belong here.

use std::path::Path;

use crate::manifest::Manifest;
use crate::{arrows, tool};

/// More lines than this in a Rust file, and it has more than one job.
const MOST_LINES: usize = 800;

/// Places that exist on one machine only, written in two halves so that this file passes.
const MACHINE_PATHS: &[(&str, &str)] = &[
    ("/", "home/"),
    ("/", "root/"),
    ("/", "work/"),
    ("/", "Users/"),
    ("C:", "\\Users\\"),
    ("/private", "/var/"),
];

/// What is left for later, in two halves.
const UNFINISHED: &[(&str, &str)] = &[("to", "do!"), ("unimpl", "emented!"), ("FIX", "ME")];

/// Every problem of every file that git tracks or would track.
pub(crate) fn problems(root: &Path) -> Result<Vec<String>, String> {
    let list = tool::output(
        root,
        "git",
        "ls-files -z --cached --others --exclude-standard --deduplicate",
    )
    .ok_or("`git ls-files` failed: the checks need a checkout")?;
    let mut problems = Vec::new();
    for name in list.split('\0').filter(|name| !name.is_empty()) {
        // What fuzzing begins with is no text, even where it looks like one.
        if name.starts_with("fuzz/corpus/") {
            continue;
        }
        // Deleted, but not committed yet; or no text at all.
        let Ok(bytes) = std::fs::read(root.join(name)) else {
            continue;
        };
        let Ok(text) = String::from_utf8(bytes) else {
            continue;
        };
        problems.extend(file_problems(name, &text, root));
    }
    problems.extend(crate_problems(root)?);
    Ok(problems)
}

/// What is wrong with one file, as `name:line: problem`.
fn file_problems(name: &str, text: &str, root: &Path) -> Vec<String> {
    let extension = Path::new(name)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    let is_rust = extension == "rs";
    let is_specimen = name.contains("tests/ui/");
    // Written by a program or quoted word by word, with an idea of white space of its own.
    let is_verbatim = matches!(
        extension,
        "csv" | "lock" | "snap" | "stderr" | "stdout" | "svg"
    ) || name.contains("/snapshots/")
        || name.starts_with("LICENSE-");
    let mut problems = Vec::new();
    let mut tell = |line: usize, problem: &str| problems.push(format!("{name}:{line}: {problem}"));

    let lines = text.lines().count();
    if is_rust && lines > MOST_LINES && !name.contains("/snapshots/") {
        tell(
            lines,
            &format!("{lines} lines, more than {MOST_LINES}: split it"),
        );
    }
    if !text.is_empty() && !text.ends_with('\n') && !is_verbatim {
        tell(lines, "no line end at the end of the file");
    }
    let root = root.to_str().filter(|root| root.len() > 1);
    for (number, line) in text.split('\n').enumerate() {
        let mut tell = |problem: &str| tell(number + 1, problem);
        for (start, rest) in MACHINE_PATHS {
            if has_path(line, &format!("{start}{rest}")) {
                tell(&format!("a path of one machine: `{start}{rest}`"));
            }
        }
        if root.is_some_and(|root| has_path(line, root)) {
            tell("the path of this checkout");
        }
        if line.ends_with('\r') && extension != "csv" {
            tell("CRLF line end");
        }
        if !is_verbatim {
            if line.trim_end_matches('\r').ends_with([' ', '\t']) {
                tell("white space at the end of the line");
            }
            if line.contains('\t') {
                tell("a tab");
            }
            if ["<<<<<<< ", ">>>>>>> "]
                .iter()
                .any(|marker| line.starts_with(marker))
            {
                tell("a merge conflict");
            }
        }
        if is_rust && !is_specimen {
            for (start, rest) in UNFINISHED {
                let word = format!("{start}{rest}");
                if line.contains(&word) {
                    tell(&format!("`{word}`: finish it, or open an issue"));
                }
            }
        }
    }
    problems
}

/// Whether a path begins somewhere in a line: not in the middle of a longer path, address or word.
fn has_path(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|before| !before.is_alphanumeric() && !"/\\._-~}$*>".contains(before))
    })
}

/// What is wrong with the manifests.
fn crate_problems(root: &Path) -> Result<Vec<String>, String> {
    let workspace = Manifest::read(&root.join("Cargo.toml"))?;
    let mut problems = Vec::new();
    for folder in std::iter::once("").chain(workspace.members()) {
        let path = Path::new(folder).join("Cargo.toml");
        let manifest = Manifest::read(&root.join(&path))?;
        if !manifest.has_workspace_lints() {
            problems.push(format!(
                "{}: `[lints] workspace = true` is missing",
                path.display()
            ));
        }
        problems.extend(
            arrows::problems(&manifest)
                .into_iter()
                .map(|p| format!("{}: {p}", path.display())),
        );
    }
    Ok(problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, text: &str) -> Vec<String> {
        file_problems(name, text, Path::new("/somewhere/house"))
    }

    #[test]
    fn white_space_is_told_by_line() {
        let found = check("a.rs", "fine\nspace \n\ttab\nreturn\r\nno end");
        let expected = [
            "a.rs:5: no line end at the end of the file",
            "a.rs:2: white space at the end of the line",
            "a.rs:3: a tab",
            "a.rs:4: CRLF line end",
        ];
        assert_eq!(found, expected);
        assert_eq!(check("tests/ui/a.stderr", "space \n\ttab"), [""; 0]);
    }

    #[test]
    fn paths_of_a_machine_are_told_even_in_generated_files() {
        let home = format!("at {}me{}", "/ho", "/someone/x.rs\n");
        assert_eq!(
            check("a.stderr", &home),
            [format!("a.stderr:1: a path of one machine: `{}me/`", "/ho")]
        );
        assert_eq!(
            check("a.md", "see /somewhere/house/src\n"),
            ["a.md:1: the path of this checkout"]
        );
        for fine in [
            "https://example.org/home/",
            "`src/home/x.rs`",
            "cpu/work/io",
            "$HOME/work/",
        ] {
            assert_eq!(check("a.md", &format!("{fine}\n")), [""; 0]);
        }
    }

    #[test]
    fn long_and_unfinished_files_are_told() {
        let long = "x\n".repeat(801);
        assert_eq!(
            check("a.rs", &long),
            ["a.rs:801: 801 lines, more than 800: split it"]
        );
        assert_eq!(check("a.csv", &long), [""; 0]);
        let unfinished = format!("{}!()\n", "todo");
        assert_eq!(check("src/a.rs", &unfinished).len(), 1);
        assert_eq!(check("tests/ui/node/a.rs", &unfinished), [""; 0]);
    }
}
