//! Random graphs: renamed, nested, mapped, bound, selected, supplied.

use proptest::prelude::*;

use super::*;
use crate::node::Passing;
use crate::{Inputs, NodeRef};

/// Numbers that look random (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % end
    }

    fn one_in(&mut self, end: usize) -> bool {
        self.below(end) == 0
    }

    fn pick<'a>(&mut self, names: &'a [String]) -> Option<&'a String> {
        (!names.is_empty()).then(|| &names[self.below(names.len())])
    }
}

/// The names of the values so far, by their types.
struct Scope {
    numbers: Vec<String>,
    lists: Vec<String>,
    tokens: Vec<String>,
    /// Those that nobody has taken.
    left: Vec<String>,
    next: usize,
}

impl Scope {
    fn new() -> Self {
        let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        Self {
            numbers: owned(&["x0", "x1", "x2"]),
            lists: owned(&["l0"]),
            tokens: owned(&["t0"]),
            left: owned(&["t0"]),
            next: 0,
        }
    }

    /// Gives fresh names to the outputs of a node.
    fn give(&mut self, mut node: NodeRef) -> NodeRef {
        for output in &mut node.signature.outputs {
            let name = format!("v{}", self.next);
            self.next += 1;
            output.name = name.clone().into();
            if output.port == PortType::of::<u64>() {
                self.numbers.push(name);
            } else if output.port == PortType::of::<Vec<u64>>() {
                self.lists.push(name);
            } else if output.port == PortType::of::<Token>() {
                self.tokens.push(name.clone());
                self.left.push(name);
            }
        }
        node
    }

    /// Wires the inputs of a node to values of this scope. `None` where there is none of a type.
    fn wire(&mut self, dice: &mut Dice, mut node: NodeRef) -> Option<NodeRef> {
        for input in &mut node.signature.inputs {
            let name = if input.port == PortType::of::<u64>() {
                dice.pick(&self.numbers)?.clone()
            } else if input.port == PortType::of::<Vec<u64>>() {
                dice.pick(&self.lists)?.clone()
            } else if input.port == PortType::of::<Token>() && input.passing == Passing::Move {
                let name = dice.pick(&self.left)?.clone();
                self.left.retain(|left| *left != name);
                name
            } else if input.port == PortType::of::<Token>() {
                dice.pick(&self.tokens)?.clone()
            } else {
                return None;
            };
            input.name = name.into();
        }
        let name = format!("n{}", dice.below(6));
        Some(self.give(node).named(name))
    }
}

/// A pipeline of a few nodes. `None` where they do not fit together.
fn pipeline(dice: &mut Dice, depth: usize) -> Option<Pipeline> {
    let mut scope = Scope::new();
    let mut nodes = Vec::new();
    for _ in 0..=dice.below(7) {
        let node = match dice.below(12) {
            0 => inc::node(),
            1 | 2 => add::node(),
            3 => split::node(),
            4 => range::node(),
            5 => total::node(),
            6 => token::node(),
            7 => weigh::node(),
            8 => spend::node(),
            _ if depth < 4 => nested_node(dice, depth)?,
            _ => inc::node(),
        };
        nodes.extend(scope.wire(dice, node));
    }
    let mut p = Pipeline::new(format!("p{depth}"), nodes).ok()?;
    let number = |input: &&PlanInput| input.port == PortType::of::<u64>();
    let numbers = p.shared_plan().inputs.iter().filter(number);
    let numbers: Vec<String> = numbers.map(|input| input.name.to_string()).collect();
    for name in numbers {
        if dice.one_in(4) {
            p = p.bind(&name, 100 + u64::try_from(depth).ok()?).ok()?;
        }
    }
    if dice.one_in(2) {
        let outputs: Vec<String> = p.outputs().map(str::to_owned).collect();
        let chosen: Vec<String> = outputs.into_iter().filter(|_| !dice.one_in(3)).collect();
        p = p.select(chosen).ok()?;
    }
    Some(p)
}

fn nested_node(dice: &mut Dice, depth: usize) -> Option<NodeRef> {
    let inner = pipeline(dice, depth + 1)?;
    let node = crate::IntoNode::into_node(inner.as_node());
    let inputs = &node.signature.inputs;
    let takes_away = inputs.iter().any(|input| input.passing == Passing::Move);
    let number = inputs
        .iter()
        .filter(|input| input.port == PortType::of::<u64>());
    let numbers: Vec<String> = number.map(|input| input.name.to_string()).collect();
    if numbers.is_empty() || takes_away || dice.one_in(2) {
        return Some(node);
    }
    let axes: Vec<String> = match dice.one_in(2) {
        true => vec![dice.pick(&numbers)?.clone()],
        false => numbers,
    };
    // Zipped lists that differ in length fail a run.
    let over = match axes.len() {
        1 => crate::MapOver::zip(axes),
        _ => crate::MapOver::product(axes),
    };
    Some(crate::IntoNode::into_node(inner.as_node().map_over(over)))
}

/// Checks one random pipeline, and gives what was in it.
fn check_one(seed: u64) -> Vec<String> {
    let dice = &mut Dice(seed | 1);
    let Some(p) = pipeline(dice, 0) else {
        return Vec::new();
    };
    let mut found = check(p.shared_plan());
    let mut inputs = Inputs::new();
    let origin = p.plan().origin.as_ref().expect("made of a graph");
    let names: Vec<String> = origin.graph.outputs().map(str::to_owned).collect();
    for name in names {
        if dice.one_in(3) {
            inputs = inputs.supply(name, 1_u64);
        }
    }
    let plan = p.plan_for(&inputs, None);
    if plan.inputs.len() != plan.read_inputs().count() {
        found.push("handed through".to_owned());
    }
    if !Arc::ptr_eq(&plan, p.shared_plan()) {
        found.push("supplied".to_owned());
        found.extend(check(&plan));
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_plans_come_out_equal(seed in any::<u64>()) {
        check_one(seed);
    }
}

/// The random plans have in them what they are made for.
#[test]
fn random_plans_are_of_all_kinds() {
    let all: Vec<String> = (0..400_u64)
        .flat_map(|seed| check_one(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect();
    for kind in [
        "handed through",
        "supplied",
        "plan p4",
        "Some((MapOver { mode: Zip",
        "Some((MapOver { mode: Product",
        "Some(\"104\")",
        " Move None",
        "None]",
        "[v",
    ] {
        let count = all.iter().filter(|line| line.contains(kind)).count();
        assert!(count >= 5, "{kind}: {count} of {}", all.len());
    }
}
