//! What has changed between the run in a folder and one that wants to go on with it, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::manifest::{Manifest, Part, PartKind};
use crate::error::list_names;

/// How much of a part's text is shown.
const MOST_CHARS: usize = 60;

/// Every difference that changes results, nodes first; empty if the run can go on.
///
/// Names of pipelines and engines, and when a run was created, do not matter.
pub(super) fn differences(stored: &Manifest, wanted: &Manifest) -> Vec<String> {
    let mut told = parts(stored, wanted);
    let is_input_told = told.keys().any(|(kind, ..)| *kind == PartKind::Input);
    let mut differences: Vec<String> = Vec::new();
    outputs(stored, wanted, &mut told, &mut differences);
    if let (Some(before), Some(now)) = (stored.items, wanted.items)
        && before != now
        && !is_input_told
    {
        differences.push(format!(
            "the number of items has changed: {before} -> {now}"
        ));
    }
    told.into_values().chain(differences).collect()
}

/// A part by kind and name; several of one name are told apart by their order.
type Id<'a> = (PartKind, &'a str, usize);

fn by_id(parts: &[Part]) -> BTreeMap<Id<'_>, &Part> {
    let mut found = BTreeMap::new();
    for part in parts {
        let mut id = (part.kind, part.name.as_str(), 0);
        while found.contains_key(&id) {
            id.2 += 1;
        }
        found.insert(id, part);
    }
    found
}

fn parts<'a>(stored: &'a Manifest, wanted: &'a Manifest) -> BTreeMap<Id<'a>, String> {
    let (before, now) = (by_id(&stored.parts), by_id(&wanted.parts));
    let mut told = BTreeMap::new();
    for (id, part) in &before {
        match now.get(id) {
            None => drop(told.insert(*id, format!("{} `{}` is gone", part.kind, part.name))),
            Some(other) if other.hash != part.hash => {
                let what = format!("{} `{}` has changed", part.kind, part.name);
                told.insert(*id, what + &from_to(&part.text, &other.text));
            }
            Some(_) => {}
        }
    }
    for (id, part) in now.iter().filter(|(id, _)| !before.contains_key(*id)) {
        told.insert(*id, format!("{} `{}` is new", part.kind, part.name));
    }
    told
}

/// The columns of a piece have no names, so outputs are compared even where no part speaks of them.
fn outputs<'a>(
    stored: &'a Manifest,
    wanted: &'a Manifest,
    told: &mut BTreeMap<Id<'a>, String>,
    differences: &mut Vec<String>,
) {
    let names = |manifest: &'a Manifest| -> Vec<&'a str> {
        manifest
            .outputs
            .iter()
            .map(|output| output.name.as_str())
            .collect()
    };
    let (before, now) = (names(stored), names(wanted));
    let sets: [BTreeSet<&str>; 2] = [
        before.iter().copied().collect(),
        now.iter().copied().collect(),
    ];
    let mut tell = |name: &'a str, what: String| {
        told.entry((PartKind::Output, name, 0)).or_insert(what);
    };
    for output in &stored.outputs {
        let name = output.name.as_str();
        match wanted.outputs.iter().find(|other| other.name == name) {
            None => tell(name, format!("output `{name}` is gone")),
            Some(other) if other.type_name != output.type_name => {
                let types = from_to(&output.type_name, &other.type_name);
                tell(name, format!("output `{name}` has another type{types}"));
            }
            Some(_) => {}
        }
    }
    for name in now.iter().filter(|name| !sets[0].contains(*name)) {
        tell(name, format!("output `{name}` is new"));
    }
    if sets[0] == sets[1] && before != now {
        differences.push(format!(
            "the outputs have another order: {} -> {}",
            list_names(&before),
            list_names(&now)
        ));
    }
}

/// `: 1000 -> 1200 items`, or nothing where the texts say nothing.
fn from_to(before: &str, now: &str) -> String {
    let (mut before, now) = (shortened(before), shortened(now));
    if before == now || before.is_empty() || now.is_empty() {
        return String::new();
    }
    // Words that both end with are said once.
    if let (Some((first, unit)), Some((_, other))) = (before.split_once(' '), now.split_once(' '))
        && unit == other
    {
        before = first.to_owned();
    }
    format!(": {before} -> {now}")
}

fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}..", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::RunId;
    use crate::folder::StoredOutput;

    fn part(kind: PartKind, name: &str, hash: &str, text: &str) -> Part {
        Part {
            name: name.to_owned(),
            kind,
            hash: hash.to_owned(),
            text: text.to_owned(),
        }
    }

    fn output(name: &str, type_name: &str) -> StoredOutput {
        StoredOutput {
            name: name.to_owned(),
            type_name: type_name.to_owned(),
        }
    }

    fn manifest(parts: Vec<Part>) -> Manifest {
        Manifest {
            parts,
            ..Manifest::new(RunId(1), "p")
        }
    }

    #[test]
    fn each_difference_is_told_once_in_words() {
        use PartKind::{Input, Node, Output, Setting};
        let mut stored = manifest(vec![
            part(Node, "same", "1", ""),
            part(Node, "clean", "a1", ""),
            part(Node, "old", "2", ""),
            part(Input, "docs", "b1", "1000 items"),
            part(Input, "min_len", "c1", "4"),
            part(Input, "long", "d1", "x\n y"),
            part(Setting, "seed", "e1", "seed 1"),
            part(Output, "y", "1", ""),
        ]);
        let mut wanted = manifest(vec![
            part(Setting, "seed", "e2", "seed 2"),
            part(Node, "clean", "a2", ""),
            part(Node, "same", "1", "told in other words"),
            part(Input, "docs", "b2", "1200 items"),
            part(Input, "min_len", "c2", "4"),
            part(Input, "long", "d2", &"z".repeat(100)),
            part(Output, "y", "1", ""),
            part(Output, "x", "1", ""),
        ]);
        (stored.items, wanted.items) = (Some(1000), Some(1200));
        stored.outputs = vec![output("y", "f64")];
        wanted.outputs = vec![output("y", "f32"), output("x", "f64")];
        let z = "z".repeat(60);
        assert_eq!(
            differences(&stored, &wanted),
            [
                "node `clean` has changed",
                "node `old` is gone",
                "input `docs` has changed: 1000 -> 1200 items",
                &format!("input `long` has changed: x y -> {z}.."),
                "input `min_len` has changed",
                "output `x` is new",
                "output `y` has another type: f64 -> f32",
                "setting `seed` has changed: seed 1 -> seed 2",
            ]
        );
    }

    #[test]
    fn what_no_part_speaks_of_is_compared_too() {
        let mut stored = manifest(Vec::new());
        let mut wanted = manifest(Vec::new());
        stored.outputs = vec![output("a", "f64"), output("b", "f64")];
        wanted.outputs = vec![output("b", "f64"), output("a", "f64")];
        (stored.items, wanted.items) = (Some(1), Some(2));
        assert_eq!(
            differences(&stored, &wanted),
            [
                "the outputs have another order: `a`, `b` -> `b`, `a`",
                "the number of items has changed: 1 -> 2"
            ]
        );
        wanted.outputs.truncate(1);
        wanted.items = None;
        assert_eq!(differences(&stored, &wanted), ["output `a` is gone"]);
    }

    #[test]
    fn the_order_of_parts_and_who_runs_them_do_not_matter() {
        let a = part(PartKind::Node, "a", "1", "");
        let (b, b_again) = (
            part(PartKind::Node, "b", "1", ""),
            part(PartKind::Node, "b", "2", ""),
        );
        let stored = manifest(vec![a.clone(), b.clone(), b_again.clone()]);
        let wanted = Manifest {
            run: RunId(2),
            pipeline: "renamed".to_owned(),
            engine: "threaded".to_owned(),
            ..manifest(vec![b, a, b_again])
        };
        assert_eq!(differences(&stored, &wanted), Vec::<String>::new());
        let wanted = manifest(wanted.parts[..2].to_vec());
        assert_eq!(differences(&stored, &wanted), ["node `b` is gone"]);
    }
}
