//! Settings of an older system as a TOML file of ours.

use std::fmt::Write;
use std::path::Path;

use clap::Command;

use super::options::{kebab, kind_of, of_kind};
use super::seeds::Leftover;
use super::tree::{Entry, Value};

/// What a file of an older system comes to.
#[derive(Debug)]
pub(crate) struct Imported {
    /// Keys of ours.
    pub(crate) ours: Vec<Entry>,
    pub(crate) leftovers: Vec<Leftover>,
}

impl Imported {
    /// Moves keys that are no options to those that are left out, without their values: these may
    /// be secrets.
    pub(crate) fn sorted(known: &Command, entries: Vec<Entry>, leftovers: Vec<Leftover>) -> Self {
        let (mut ours, mut leftovers) = (Vec::new(), leftovers);
        for mut entry in entries {
            if let Some(key) = entry.key.strip_prefix("HYPERNODES_") {
                let key = key.to_ascii_lowercase();
                entry.written.get_or_insert_with(|| entry.key.clone());
                entry.key = kebab(&key);
            }
            match is_known(known, &entry) {
                true => ours.push(entry),
                false => leftovers.push(Leftover {
                    name: entry.name().to_owned(),
                    line: entry.line,
                    why: "no setting of hypernodes".to_owned(),
                    is_unknown: false,
                }),
            }
        }
        for leftover in leftovers.iter_mut().filter(|leftover| leftover.is_unknown) {
            leftover.why = "no setting of hypernodes".to_owned();
            leftover.is_unknown = false;
        }
        leftovers.sort_by_key(|leftover| leftover.line);
        Self { ours, leftovers }
    }
}

fn is_known(known: &Command, entry: &Entry) -> bool {
    match &entry.value {
        Value::Table(inner) => inner
            .iter()
            .all(|each| kind_of(known, Some(&entry.key), &each.key).is_some()),
        _ => kind_of(known, None, &entry.key).is_some(),
    }
}

/// The settings as TOML: each with the name that it had, then what has no counterpart and why.
pub(crate) fn to_toml(
    known: &Command,
    source: &Path,
    imported: &Imported,
    remark: impl Fn(&str, &str) -> Option<String>,
) -> String {
    let mut text = format!(
        "# Settings of {} for `--config`.\n",
        quoted(&source.to_string_lossy())
    );
    let is_table = |entry: &&Entry| matches!(entry.value, Value::Table(_));
    let line = |text: &mut String, section: Option<&str>, entry: &Entry| {
        let key = kebab(&entry.key);
        let Some(typed) = entry.value.typed().filter(|_| !entry.value.is_empty()) else {
            return;
        };
        let kind = kind_of(known, section, &key);
        let value = kind.map_or(Value::Text(typed.clone()), |kind| of_kind(kind, &typed));
        let value = match value {
            Value::Text(text) => quoted(&text),
            value => value.typed().unwrap_or_default(),
        };
        let mut comment: Vec<String> = entry.written.clone().into_iter().collect();
        comment.extend(remark(&key, &typed));
        let comment = comment.join("; ");
        let comment = match comment.as_str() {
            "" => String::new(),
            comment => format!("  # {}", plain(comment)),
        };
        // A `String` takes any text.
        let _ = writeln!(text, "{key} = {value}{comment}");
    };
    for entry in imported.ours.iter().filter(|entry| !is_table(entry)) {
        line(&mut text, None, entry);
    }
    let mut sections: Vec<String> = Vec::new();
    for entry in imported.ours.iter().filter(is_table) {
        let section = kebab(&entry.key);
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    for section in sections {
        let _ = writeln!(text, "\n[{section}]");
        for entry in &imported.ours {
            if let Value::Table(inner) = &entry.value
                && kebab(&entry.key) == section
            {
                inner
                    .iter()
                    .for_each(|each| line(&mut text, Some(&section), each));
            }
        }
    }
    if !imported.leftovers.is_empty() {
        text += "\n# Left out:\n";
    }
    for Leftover {
        name, line, why, ..
    } in &imported.leftovers
    {
        let line = line
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default();
        let _ = writeln!(text, "# {}{line}: {why}", plain(name));
    }
    text
}

/// Text of a file in a comment: one line, no control characters.
fn plain(text: &str) -> String {
    crate::error::escaped(text).into_owned()
}

/// A text in TOML.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
