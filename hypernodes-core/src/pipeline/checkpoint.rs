//! A map and its run folder: what the results depend on, so that only the same run goes on.

use std::sync::Arc;

use super::map::MapOver;
use super::policies::RunDir;
use crate::cache::Key;
use crate::clock;
use crate::config::ErrorPolicy;
use crate::error::{CannotKeep, Error, RunError};
use crate::event::RunId;
use crate::folder::{Manifest, Part, PartKind, RunFolder, StoredOutput};
use crate::plan::{Fill, Plan, PlanInput};
use crate::run::Checkpoint;
use crate::value::{Arg, Codec, Column, PortFacts, PortType, key_of};

/// The fingerprints of the values that a map is given.
#[derive(Default)]
pub(super) struct Inputs {
    parts: Vec<Part>,
    problem: Option<RunError>,
    /// The input whose items come while the map runs.
    coming: Option<String>,
}

impl Inputs {
    /// For a map over an iterator: the items of this axis are not known yet.
    pub(super) fn coming(axis: &str) -> Self {
        Self {
            coming: Some(axis.to_owned()),
            ..Self::default()
        }
    }

    /// Looks at a value that the map is given.
    pub(super) fn see(&mut self, input: &PlanInput, is_axis: bool, column: &Column) {
        let name = input.name.to_string();
        let what = || format!("input `{name}`");
        if self.coming.as_deref() == Some(&*name) {
            if let Err(problem) = codec(what, input.port, input.facts) {
                self.problem.get_or_insert(problem);
            }
            return;
        }
        let text = match is_axis {
            true => format!("{} items", column.len()),
            false => String::new(),
        };
        match fingerprint(what, input.port, input.facts, column) {
            Err(problem) => drop(self.problem.get_or_insert(problem)),
            Ok(hash) => self.parts.push(Part {
                name,
                kind: PartKind::Input,
                hash: hash.to_string(),
                text,
            }),
        }
    }
}

/// What the values of a column are known by.
fn fingerprint(
    what: impl Fn() -> String,
    port: PortType,
    facts: PortFacts,
    column: &Column,
) -> Result<Key, RunError> {
    let codec = codec(&what, port, facts)?;
    let keys = codec.keys(&Arg::dense(column.clone()), column.len());
    let keys = keys.map_err(|error| cannot_keep(what(), error.to_string()))?;
    let parts: Vec<&[u8]> = keys.iter().map(|key| key.as_bytes().as_slice()).collect();
    Ok(key_of("hypernodes column", &parts))
}

fn codec(what: impl Fn() -> String, port: PortType, facts: PortFacts) -> Result<Codec, RunError> {
    facts.codec.ok_or_else(|| {
        cannot_keep(
            what(),
            format!("`{port}` has no codec; derive serde's `Serialize` and `Deserialize` for it"),
        )
    })
}

fn cannot_keep(what: String, reason: String) -> RunError {
    RunError::CannotKeep(Box::new(CannotKeep { what, reason }))
}

/// A map that is about to run.
pub(super) struct Mapped<'a> {
    pub(super) plan: &'a Plan,
    pub(super) over: &'a MapOver,
    pub(super) items: Option<usize>,
    pub(super) engine: &'a str,
    pub(super) policy: ErrorPolicy,
    pub(super) id: RunId,
}

impl Mapped<'_> {
    /// Opens the run folder of a map.
    pub(super) fn open(&self, folder: &RunDir, inputs: Inputs) -> Result<Arc<Checkpoint>, Error> {
        let Self {
            plan,
            over,
            items,
            engine,
            policy,
            id,
        } = *self;
        if let Some(problem) = inputs.problem {
            return Err(problem.into());
        }
        let outputs = plan.outputs.iter();
        let codecs = outputs.map(|output| {
            codec(
                || format!("output `{}`", output.name),
                output.port,
                output.facts,
            )
        });
        let codecs = codecs.collect::<Result<Vec<Codec>, _>>()?;
        let mut parts = inputs.parts;
        of_plan(plan, "", &mut parts)?;
        parts.push(setting("map", &over.to_string()));
        parts.push(setting("error policy", &format!("{policy:?}")));
        let manifest = Manifest {
            created_unix_ms: clock::unix_ms(),
            engine: engine.to_owned(),
            policy,
            items: items.map(|items| items as u64),
            outputs: plan
                .outputs
                .iter()
                .map(|output| StoredOutput {
                    name: output.name.to_string(),
                    type_name: output.port.full_name().to_owned(),
                })
                .collect(),
            parts,
            ..Manifest::new(id, plan.name())
        };
        let opened = match folder.resume {
            true => RunFolder::resume(&folder.path, &manifest),
            false => RunFolder::create(&folder.path, &manifest),
        };
        let opened = opened.map_err(RunError::from)?;
        Ok(Checkpoint::new(opened, codecs, folder.every))
    }
}

fn setting(name: &str, value: &str) -> Part {
    Part {
        name: name.to_owned(),
        kind: PartKind::Setting,
        hash: key_of("hypernodes setting", &[value.as_bytes()]).to_string(),
        text: value.to_owned(),
    }
}

/// The nodes of a plan and how they are wired, and the values that are bound in nested ones.
fn of_plan(plan: &Plan, around: &str, parts: &mut Vec<Part>) -> Result<(), Error> {
    let mut names = vec![String::new(); plan.slots];
    for input in &plan.inputs {
        names[input.slot] = format!("input {}", input.name);
        let (false, Fill::Bound(column)) = (around.is_empty(), &input.fill) else {
            continue;
        };
        let what = || format!("bound input `{around}{}`", input.name);
        let hash = fingerprint(what, input.port, input.facts, column)?;
        parts.push(Part {
            name: format!("{around}{}", input.name),
            kind: PartKind::Input,
            hash: hash.to_string(),
            text: String::new(),
        });
    }
    for step in &plan.steps {
        for (output, slot) in step.outs.iter().enumerate() {
            if let Some(slot) = *slot {
                names[slot] = format!("{} {output}", step.name);
            }
        }
    }
    for step in &plan.steps {
        let nested = step.node.nested();
        let over = nested
            .and_then(|nested| nested.map_over)
            .map(ToString::to_string);
        let mut own: Vec<&[u8]> = vec![step.identity().as_bytes()];
        own.extend(over.as_deref().map(str::as_bytes));
        own.extend(step.args.iter().map(|arg| names[arg.slot].as_bytes()));
        let name = format!("{around}{}", step.name);
        parts.push(Part {
            hash: key_of("hypernodes step", &own).to_string(),
            kind: PartKind::Node,
            text: match step.node.signature().options.version {
                0 => String::new(),
                version => format!("version {version}"),
            },
            name: name.clone(),
        });
        if let Some(nested) = nested {
            of_plan(nested.pipeline.plan(), &format!("{name}/"), parts)?;
        }
    }
    Ok(())
}
