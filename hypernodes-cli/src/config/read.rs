//! Files of settings into keys and values, by the extension of the file.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use serde_saphyr::options::DuplicateKeyPolicy;
use toml::de::{DeTable, DeValue};

use super::ConfigError;
use super::tree::{Entry, Value};
use crate::error::reason;

/// No file of settings is larger; one that is, is something else.
const MAX_BYTES: u64 = 1 << 20;

/// What a file of settings says.
pub(crate) fn read(path: &Path) -> Result<Vec<Entry>, ConfigError> {
    let (name, extension) = names(path);
    match is_env(&name, &extension) {
        true => {
            let problem = "the extension says what it is: `.toml`, `.yaml` (or `.yml`) or `.json`; \
                           `hypernodes config import` makes a `.toml` of an environment file";
            Err(ConfigError::new(path, None, problem))
        }
        false => read_any(path),
    }
}

fn names(path: &Path) -> (Cow<'_, str>, Cow<'_, str>) {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    (name, path.extension().unwrap_or_default().to_string_lossy())
}

/// As [`read`], and environment files: `.env`, `.env.local`, `old.env`.
pub(crate) fn read_any(path: &Path) -> Result<Vec<Entry>, ConfigError> {
    let wrong = |problem: String| ConfigError::new(path, None, problem);
    let (name, extension) = names(path);
    let parse = match extension.to_ascii_lowercase().as_str() {
        "toml" => of_toml,
        "yaml" | "yml" => of_yaml,
        "json" => of_json,
        _ if is_env(&name, &extension) => of_env,
        _ => {
            let problem = "the extension says what it is: `.toml`, `.yaml` (or `.yml`) or `.json`";
            return Err(wrong(problem.to_owned()));
        }
    };
    let unread = |e: std::io::Error| wrong(format!("cannot read it: {}", reason(&e)));
    let found = fs::metadata(path).map_err(unread)?;
    if !found.is_file() {
        return Err(wrong("it is no file".to_owned()));
    }
    if found.len() > MAX_BYTES {
        return Err(wrong("it is larger than 1 MiB".to_owned()));
    }
    let bytes = fs::read(path).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|e| {
        let before = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        wrong(format!("line {line} is not UTF-8 text"))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let value = parse(text).map_err(|Syntax(line, problem)| {
        let problem = format!("{}; correct the line", problem.trim());
        ConfigError::new(path, line, problem)
    })?;
    let table = value.into_table();
    table.map_err(|other| {
        wrong(format!(
            "expected `key = value` lines, found {}",
            other.kind()
        ))
    })
}

fn is_env(name: &str, extension: &str) -> bool {
    name == ".env" || name.starts_with(".env.") || extension.eq_ignore_ascii_case("env")
}

/// What a parser complains of, and on which line.
struct Syntax(Option<u64>, String);

fn of_toml(text: &str) -> Result<Value, Syntax> {
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| {
        let line = error.span().map(|span| lines.at(span.start));
        Syntax(line, error.message().replace('\n', "; "))
    })?;
    Ok(of_toml_table(table.get_ref(), &lines))
}

fn of_toml_table(table: &DeTable<'_>, lines: &Lines) -> Value {
    let mut entries: Vec<_> = table
        .iter()
        .map(|(key, value)| {
            let line = lines.at(key.span().start);
            let value = of_toml_value(value.get_ref(), lines);
            Entry::new(key.get_ref().as_ref(), Some(line), value)
        })
        .collect();
    // The parser gives them by name; problems are told from the first line on.
    entries.sort_by_key(|entry| entry.line);
    Value::Table(entries)
}

fn of_toml_value(value: &DeValue<'_>, lines: &Lines) -> Value {
    match value {
        DeValue::String(text) => Value::Text(text.clone().into_owned()),
        DeValue::Integer(number) => {
            let digits = i64::from_str_radix(number.as_str(), number.radix());
            Value::Number(digits.map_or_else(|_| number.as_str().to_owned(), |n| n.to_string()))
        }
        DeValue::Float(number) => Value::Number(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(time) => Value::Text(time.to_string()),
        DeValue::Array(values) => {
            let values = values.iter().map(|v| of_toml_value(v.get_ref(), lines));
            Value::List(values.collect())
        }
        DeValue::Table(table) => of_toml_table(table, lines),
    }
}

/// Where the lines of a text end.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(text.match_indices('\n').map(|(at, _)| at).collect())
    }

    /// The line of a byte, from 1.
    fn at(&self, byte: usize) -> u64 {
        let before = self.0.partition_point(|&end| end < byte);
        u64::try_from(before).unwrap_or(u64::MAX).saturating_add(1)
    }
}

fn of_yaml(text: &str) -> Result<Value, Syntax> {
    // Repeated keys are told later, in our own words.
    let options = serde_saphyr::options! { duplicate_keys: DuplicateKeyPolicy::LastWins };
    serde_saphyr::from_str_with_options(text, options).map_err(|error| {
        let place = error.location();
        let mut problem = error.without_snippet().to_string();
        if let Some(place) = place {
            let told = format!(" at line {}, column {}", place.line(), place.column());
            problem = problem.replace(&told, "");
        }
        if problem.starts_with("multiple YAML documents") {
            // The parser's advice is for programmers.
            problem = "more than one document".to_owned();
        }
        Syntax(place.map(|place| place.line()), problem)
    })
}

fn of_json(text: &str) -> Result<Value, Syntax> {
    serde_json::from_str(text).map_err(|error| {
        let told = format!(" at line {} column {}", error.line(), error.column());
        let problem = error.to_string().replace(&told, "");
        Syntax(u64::try_from(error.line()).ok(), problem)
    })
}

/// `KEY=VALUE` lines, as a shell or `docker --env-file` takes them.
fn of_env(text: &str) -> Result<Value, Syntax> {
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let Some((key, value)) = line.split_once('=') else {
            // The line may hold a secret: it is not repeated.
            let problem = "expected `KEY=VALUE`".to_owned();
            return Err(Syntax(Some(number), problem));
        };
        let value = Value::Text(unquoted(value.trim()));
        entries.push(Entry::new(key.trim(), Some(number), value));
    }
    Ok(Value::Table(entries))
}

/// A value without its quotes, or without the comment after it.
fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|v| v.split_once(quote)) {
            return inner.to_owned();
        }
    }
    let bare = match value.starts_with('#') {
        true => "",
        false => value.split(" #").next().unwrap_or_default(),
    };
    bare.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn entry(key: &str, line: u64, value: Value) -> Entry {
        Entry::new(key, Some(line), value)
    }

    #[test]
    fn toml_and_yaml_say_the_same_with_their_lines() {
        let number = |digits: &str| Value::Number(digits.to_owned());
        let expected = |second, third, inner| {
            let inner = Value::Table(vec![entry("limit", inner, number("90"))]);
            Value::Table(vec![
                entry("workers", 1, number("4")),
                entry("resume", second, Value::Flag(true)),
                entry("scan", third, inner),
            ])
        };
        let toml = of_toml("workers = 0x4\nresume = true\n\n[scan]\nlimit = 9_0\n");
        assert!(toml.is_ok_and(|found| found == expected(2, 4, 5)));
        let yaml = of_yaml("workers: 4\nresume: true\nscan:\n  limit: 90\n");
        assert!(yaml.is_ok_and(|found| found == expected(2, 3, 4)));
    }

    #[test]
    fn an_environment_file_may_have_quotes_and_comments() {
        let found = of_env(
            "# old\nA=1\nexport B=\"x # y\" # z\n\nC=60s   # timeout\nD=\nE= # none\nF='q'\n",
        );
        let expected = [
            entry("A", 2, text("1")),
            entry("B", 3, text("x # y")),
            entry("C", 5, text("60s")),
            entry("D", 6, text("")),
            entry("E", 7, text("")),
            entry("F", 8, text("q")),
        ];
        assert!(found.is_ok_and(|found| found == Value::Table(expected.into())));
        assert!(of_env("A=1\nsecret\n").is_err_and(|Syntax(line, _)| line == Some(2)));
    }

    #[test]
    fn an_alias_bomb_and_deep_brackets_are_refused() {
        let mut bomb = "a0: &a0 [x, x]\n".to_owned();
        for n in 0..40 {
            bomb += &format!("a{}: &a{} [*a{n}, *a{n}]\n", n + 1, n + 1);
        }
        assert!(of_yaml(&bomb).is_err());
        let deep = "[".repeat(100_000);
        assert!(of_yaml(&format!("a: {deep}")).is_err());
        assert!(of_json(&format!("{{\"a\": {deep}")).is_err());
        assert!(of_toml(&format!("a = {deep}")).is_err());
    }
}
