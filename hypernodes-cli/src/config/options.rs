//! Keys of a file to options of the commands.

use std::collections::BTreeMap;
use std::path::Path;

use clap::builder::Resettable;
use clap::{Arg, ArgAction, ArgMatches, Command};

use super::seeds::Leftover;
use super::tree::{Entry, Value};
use super::{ConfigError, Refused};

/// The options of all commands with the settings of a file as their defaults.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) command: Command,
    /// Keys that come to nothing.
    pub(crate) leftovers: Vec<Leftover>,
}

/// One option's default.
struct Setting {
    /// The commands below the root, none for a common option.
    path: Vec<String>,
    id: String,
    text: String,
}

/// Options that a file cannot set.
const NOT_IN_FILES: [&str; 3] = ["config", "help", "version"];

pub(super) fn apply(
    path: &Path,
    known: Command,
    entries: &[Entry],
    leftovers: Vec<Leftover>,
) -> Result<Applied, Refused> {
    if let Some(unknown) = leftovers.iter().find(|leftover| leftover.is_unknown) {
        let problem = format!("unknown key `{}`{}", unknown.name, unknown.why);
        return Err(ConfigError::new(path, unknown.line, problem).into());
    }
    let file = File {
        path,
        known: &known,
        sections: sections(&known),
    };
    let settings = file.settings(entries)?;
    let command = settings.iter().fold(known, |command, setting| {
        with_default(command, &setting.path, setting)
    });
    Ok(Applied { command, leftovers })
}

fn with_default(command: Command, path: &[String], setting: &Setting) -> Command {
    match path {
        // All are visited, for `mut_arg` would move the one to the end.
        [] => command.mut_args(|arg| match arg.get_id() == setting.id.as_str() {
            true => arg.default_value(setting.text.clone()).required(false),
            false => arg,
        }),
        [first, rest @ ..] => {
            command.mut_subcommands(|command| match command.get_name() == first {
                true => with_default(command, rest, setting),
                false => command,
            })
        }
    }
}

/// The sections that a file may have, each with the commands whose options it sets.
///
/// A command below another is `[cache-prune]`. What `plan` and `graph` take of another command is
/// set by the section of that command.
fn sections(known: &Command) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut sections = BTreeMap::new();
    collect(known, &[], &mut sections);
    sections.retain(|_, paths: &mut Vec<Vec<String>>| {
        paths.iter().any(|path| {
            let command = below(known, path);
            command.is_some_and(|c| c.get_arguments().any(is_setting))
        })
    });
    sections
}

fn collect(of: &Command, path: &[String], sections: &mut BTreeMap<String, Vec<Vec<String>>>) {
    for command in of.get_subcommands() {
        let name = command.get_name().to_owned();
        let path = [path, &[name]].concat();
        let is_shown = matches!(path[0].as_str(), "plan" | "graph") && path.len() == 2;
        let section = match is_shown && sections.contains_key(&path[1]) {
            true => path[1].clone(),
            false => path.join("-"),
        };
        sections.entry(section).or_default().push(path.clone());
        collect(command, &path, sections);
    }
}

fn below<'a>(command: &'a Command, path: &[String]) -> Option<&'a Command> {
    path.iter().try_fold(command, |command, name| {
        command.get_subcommands().find(|c| c.get_name() == name)
    })
}

fn is_setting(arg: &Arg) -> bool {
    arg.get_long()
        .is_some_and(|long| !NOT_IN_FILES.contains(&long))
}

/// A key with dashes, as options have them.
pub(super) fn kebab(key: &str) -> String {
    key.replace('_', "-")
}

struct File<'a> {
    path: &'a Path,
    known: &'a Command,
    sections: BTreeMap<String, Vec<Vec<String>>>,
}

impl File<'_> {
    fn error(&self, entry: &Entry, problem: impl Into<String>) -> Refused {
        ConfigError::new(self.path, entry.line, problem).into()
    }

    fn settings(&self, entries: &[Entry]) -> Result<Vec<Setting>, Refused> {
        let (mut settings, mut before) = (Vec::new(), BTreeMap::new());
        for entry in entries {
            let key = kebab(&entry.key);
            let option = option(self.known, &key);
            let section = self.sections.get(&key);
            match (&entry.value, option, section) {
                (Value::Table(inner), None, Some(paths)) => {
                    for entry in inner {
                        self.in_section(&key, paths, entry, &mut settings, &mut before)?;
                    }
                }
                (Value::Nothing, None, Some(_)) => {}
                (value, None, Some(_)) => {
                    let (name, kind) = (entry.name(), value.kind());
                    let problem = format!(
                        "`{name}` expects a section with options of `{name}`, found {kind}"
                    );
                    return Err(self.error(entry, problem));
                }
                (_, Some(arg), _) => {
                    self.once(entry, key, &mut before)?;
                    let text = self.checked(arg, entry)?;
                    settings.extend(text.map(|text| setting(&[], arg, text)));
                }
                (_, None, None) => return Err(self.unknown(entry, &key)),
            }
        }
        Ok(settings)
    }

    fn in_section(
        &self,
        section: &str,
        paths: &[Vec<String>],
        entry: &Entry,
        settings: &mut Vec<Setting>,
        before: &mut BTreeMap<String, (String, Option<u64>)>,
    ) -> Result<(), Refused> {
        let key = kebab(&entry.key);
        let found: Vec<_> = paths
            .iter()
            .filter_map(|path| Some((path, option(below(self.known, path)?, &key)?)))
            .collect();
        let Some((_, arg)) = found.first() else {
            return Err(self.unknown_in(section, paths, entry, &key));
        };
        self.once(entry, format!("{section}.{key}"), before)?;
        if let Some(text) = self.checked(arg, entry)? {
            let each = found
                .iter()
                .map(|(path, arg)| setting(path, arg, text.clone()));
            settings.extend(each);
        }
        Ok(())
    }

    /// Refuses a second value for a key, under whatever name.
    fn once(
        &self,
        entry: &Entry,
        key: String,
        before: &mut BTreeMap<String, (String, Option<u64>)>,
    ) -> Result<(), Refused> {
        let name = entry.name().to_owned();
        let Some((first, line)) = before.insert(key.clone(), (name.clone(), entry.line)) else {
            return Ok(());
        };
        let place = line
            .map(|line| format!(" of line {line}"))
            .unwrap_or_default();
        let problem = match first == name {
            true => format!("`{name}`{place} is given again; keep one"),
            false => format!("`{name}` and `{first}`{place} both set `{key}`; keep one"),
        };
        Err(self.error(entry, problem))
    }

    /// The value as it would be typed, if the option takes it; `None` where there is none.
    fn checked(&self, arg: &Arg, entry: &Entry) -> Result<Option<String>, Refused> {
        let value = &entry.value;
        if value.is_empty() {
            return Ok(None);
        }
        let wrong = |expected: &str| {
            let (name, kind) = (entry.name(), value.kind());
            let typed = value.typed().map(|typed| format!(" (`{typed}`)"));
            let typed = typed.unwrap_or_default();
            let below = format!("{}-", kebab(&entry.key));
            let mut sections = self.sections.keys().map(String::as_str);
            // `[cache]` is no section, for `cache` is an option; `[cache-prune]` is one.
            let section = sections.find(|section| section.starts_with(&below));
            let tip = match (value, section) {
                (Value::Table(_), Some(section)) => {
                    format!("; the section of the command is `[{section}]`")
                }
                _ => String::new(),
            };
            self.error(
                entry,
                format!("`{name}` expects {expected}, found {kind}{typed}{tip}"),
            )
        };
        let text = match (kind(arg), value) {
            (Kind::Flag, Value::Flag(_)) => return Ok(value.typed()),
            (Kind::Flag, _) => return Err(wrong("true or false")),
            (Kind::Number, Value::Number(_) | Value::Text(_))
            | (Kind::Text | Kind::List, Value::Text(_) | Value::Number(_))
            | (Kind::List, Value::List(_)) => value.typed(),
            (Kind::Number, _) => return Err(wrong("a number")),
            (Kind::Text, _) => return Err(wrong("a text")),
            (Kind::List, _) => return Err(wrong("a text or a list")),
        };
        let text = text.ok_or_else(|| wrong("a text or a list of texts"))?;
        // The option alone reads it: a default that is wrong is no default.
        let long = arg.get_long().unwrap_or_default();
        let alone = arg
            .clone()
            .global(false)
            .required(false)
            .env(Resettable::Reset);
        let typed = Command::new("hypernodes")
            .disable_help_flag(true)
            .arg(alone);
        let words = ["hypernodes".to_owned(), format!("--{long}={text}")];
        match typed.try_get_matches_from(words) {
            Ok(_) => Ok(Some(text)),
            Err(error) => {
                let (name, file) = (entry.name(), self.path.display());
                let line = entry.line.map(|line| format!(", line {line}"));
                let line = line.unwrap_or_default();
                let place = format!("`{name}` of config file `{file}`{line}");
                Err(Refused::Value { error, place })
            }
        }
    }

    fn unknown(&self, entry: &Entry, key: &str) -> Refused {
        let of_section = self.sections.iter().find(|(_, paths)| {
            let mut commands = paths.iter().filter_map(|path| below(self.known, path));
            commands.any(|command| option(command, key).is_some())
        });
        let tip = match of_section {
            Some((section, _)) => {
                format!("; it is an option of `{section}`: write it below `[{section}]`")
            }
            None => {
                let options = self.known.get_arguments().filter_map(Arg::get_long);
                let sections = self.sections.keys().map(String::as_str);
                meant(
                    key,
                    options
                        .filter(|o| !NOT_IN_FILES.contains(o))
                        .chain(sections),
                )
            }
        };
        self.error(entry, format!("unknown key `{}`{tip}", entry.name()))
    }

    fn unknown_in(
        &self,
        section: &str,
        paths: &[Vec<String>],
        entry: &Entry,
        key: &str,
    ) -> Refused {
        let tip = match option(self.known, key) {
            Some(_) => "; it is for all commands: write it above the sections".to_owned(),
            None => {
                let command = paths.first().and_then(|path| below(self.known, path));
                let options = command.into_iter().flat_map(Command::get_arguments);
                meant(key, options.filter_map(Arg::get_long))
            }
        };
        self.error(
            entry,
            format!("unknown key `{}` in `[{section}]`{tip}", entry.name()),
        )
    }
}

fn setting(path: &[String], arg: &Arg, text: String) -> Setting {
    let (path, id) = (path.to_vec(), arg.get_id().to_string());
    Setting { path, id, text }
}

fn option<'a>(command: &'a Command, key: &str) -> Option<&'a Arg> {
    let mut options = command.get_arguments().filter(|arg| is_setting(arg));
    options.find(|arg| arg.get_long() == Some(key))
}

/// `; did you mean ...?`, if a name is near.
pub(super) fn meant<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> String {
    let near = names.map(|other| (strsim::jaro_winkler(name, other), other));
    let near = near.filter(|&(nearness, _)| nearness > 0.8);
    let best = near.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, other)| format!("; did you mean `{other}`?"))
        .unwrap_or_default()
}

/// What an option takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Flag,
    Number,
    Text,
    List,
}

fn kind(arg: &Arg) -> Kind {
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return Kind::Flag;
    }
    let name = arg.get_value_names().and_then(|names| names.first());
    match name.map_or("", |name| name.as_str()) {
        "N" | "K" | "X" | "W" | "SECONDS" => Kind::Number,
        name if name.starts_with("LIST") => Kind::List,
        _ => Kind::Text,
    }
}

/// The kind of the option that a key of a file sets, if it sets one.
pub(super) fn kind_of(known: &Command, section: Option<&str>, key: &str) -> Option<Kind> {
    let command = match section {
        None => known,
        Some(section) => below(known, sections(known).get(&kebab(section))?.first()?)?,
    };
    option(command, &kebab(key)).map(kind)
}

/// All settings as they are: those of all commands as parsed, those of each as they would be.
///
/// As a file of settings it gives the same again.
pub(crate) fn effective(known: &Command, parsed: &ArgMatches) -> Value {
    let common = known.get_arguments().filter(|arg| is_setting(arg));
    let mut all: Vec<Entry> = common
        .map(|arg| {
            let mut raw = parsed.get_raw(arg.get_id().as_str()).into_iter().flatten();
            let text = match kind(arg) {
                Kind::Flag => Some(parsed.get_flag(arg.get_id().as_str()).to_string()),
                _ => raw.next().map(|text| text.to_string_lossy().into_owned()),
            };
            shown(arg, text)
        })
        .collect();
    for (section, paths) in sections(known) {
        let command = paths.first().and_then(|path| below(known, path));
        let options = command.into_iter().flat_map(Command::get_arguments);
        let options = options.filter(|arg| is_setting(arg)).map(|arg| {
            let default = arg.get_default_values().first();
            shown(arg, default.map(|text| text.to_string_lossy().into_owned()))
        });
        all.push(Entry::new(section, None, Value::Table(options.collect())));
    }
    Value::Table(all)
}

fn shown(arg: &Arg, text: Option<String>) -> Entry {
    let value = match text {
        None if kind(arg) == Kind::Flag => Value::Flag(false),
        None => Value::Nothing,
        Some(text) => of_kind(kind(arg), &text),
    };
    Entry::new(arg.get_long().unwrap_or_default(), None, value)
}

/// A typed text as a value of its kind.
pub(super) fn of_kind(kind: Kind, text: &str) -> Value {
    let text = text.trim();
    let is_number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    match kind {
        Kind::Flag => Value::Flag(text == "true"),
        Kind::Number if is_number() => Value::Number(text.to_owned()),
        _ => Value::Text(text.to_owned()),
    }
}
