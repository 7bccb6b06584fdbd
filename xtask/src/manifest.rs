//! The few facts that are read from a `Cargo.toml`: tables, keys and lists, line by line. No general TOML reader.

use std::path::Path;

/// The tables of a `Cargo.toml`, in order.
#[derive(Debug)]
pub(crate) struct Manifest {
    tables: Vec<Table>,
}

#[derive(Debug)]
struct Table {
    name: String,
    entries: Vec<(String, String)>,
}

impl Manifest {
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self::parse(&text))
    }

    pub(crate) fn parse(text: &str) -> Self {
        let mut tables = vec![Table {
            name: String::new(),
            entries: Vec::new(),
        }];
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        while let Some(line) = lines.next() {
            if let Some(name) = line
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
            {
                tables.push(Table {
                    name: name.to_owned(),
                    entries: Vec::new(),
                });
                continue;
            }
            let Some((key, value)) = line.split_once('=') else {
                continue;
            };
            let mut value = value.trim().to_owned();
            while value.matches('[').count() > value.matches(']').count() {
                let Some(more) = lines.next() else { break };
                value.push_str(more);
            }
            if let Some(table) = tables.last_mut() {
                table.entries.push((key.trim().to_owned(), value));
            }
        }
        Self { tables }
    }

    fn entries<'a>(&'a self, table: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let tables = self.tables.iter().filter(move |found| found.name == table);
        tables
            .flat_map(|table| &table.entries)
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// The text of a value without its quotes.
    pub(crate) fn value(&self, table: &str, key: &str) -> Option<&str> {
        let found = self
            .tables
            .iter()
            .filter(|found| found.name == table)
            .flat_map(|table| &table.entries);
        found
            .into_iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.trim_matches('"'))
    }

    pub(crate) fn package(&self) -> Option<&str> {
        self.value("package", "name")
    }

    /// The folders of the workspace's members.
    pub(crate) fn members(&self) -> Vec<&str> {
        let list = self.value("workspace", "members").unwrap_or_default();
        list.split('"').skip(1).step_by(2).collect()
    }

    /// The features, without `default`.
    pub(crate) fn features(&self) -> Vec<&str> {
        self.entries("features")
            .map(|(name, _)| name)
            .filter(|name| *name != "default")
            .collect()
    }

    /// Whether the crate takes the workspace's lints.
    pub(crate) fn has_workspace_lints(&self) -> bool {
        self.value("lints", "workspace") == Some("true")
            || self.value("", "lints.workspace") == Some("true")
    }

    /// The packages that this one depends on, of whatever kind: normal, dev, build, for some targets.
    pub(crate) fn dependencies(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for table in self
            .tables
            .iter()
            .filter(|table| !table.name.starts_with("workspace"))
        {
            let Some((_, single)) = table.name.split_once("dependencies") else {
                continue;
            };
            if let Some(name) = single.strip_prefix('.') {
                let renamed = self.value(&table.name, "package");
                found.push(renamed.unwrap_or(name));
                continue;
            }
            for (key, value) in &table.entries {
                let renamed = value
                    .split_once("package")
                    .and_then(|(_, rest)| rest.split('"').nth(1));
                let name = key.split('.').next().unwrap_or(key);
                found.push(renamed.unwrap_or(name).trim_matches('"'));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[workspace]
members = [
    "core",
    "engines",
]
[workspace.dependencies]
hidden = "1"
[package]
name = "house"
[features]
default = ["a"]
# a comment
a = ["dep:x"]
b = []
[dependencies]
plain = "1"
dotted.workspace = true
renamed = { package = "real", version = "1" }
[target.'cfg(unix)'.dev-dependencies]
unixy = { workspace = true }
[build-dependencies.single]
version = "1"
[lints]
workspace = true
"#;

    #[test]
    fn the_facts_are_found() {
        let manifest = Manifest::parse(TEXT);
        assert_eq!(manifest.package(), Some("house"));
        assert_eq!(manifest.members(), ["core", "engines"]);
        assert_eq!(manifest.features(), ["a", "b"]);
        assert_eq!(
            manifest.dependencies(),
            ["plain", "dotted", "real", "unixy", "single"]
        );
        assert!(manifest.has_workspace_lints());
        assert!(!Manifest::parse("[package]\nname = \"x\"").has_workspace_lints());
    }
}
