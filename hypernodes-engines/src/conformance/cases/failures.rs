//! Items that fail: the same item, node and text on every engine, whatever the chunks.

use hypernodes_core::{
    Call, Column, FnNode, InputPort, IntoNode, NodeOptions, NodeRef, OutputPort, Passing,
    PortFacts, PortType, Signature, inputs, node_fn, nodes,
};

use super::is_bad;
use crate::conformance::{Subject, of, runs};

fn items(n: u64) -> Vec<u64> {
    (0..n).collect()
}

/// A node that fails on items that look random.
fn fails(name: &'static str, one_in: u64, salt: u64) -> NodeRef {
    node_fn!(name, move |x: u64| -> Result<u64, String> {
        if is_bad(x.wrapping_add(salt), one_in) {
            Err(format!("{name} does not like {x}"))
        } else {
            Ok(x + 1)
        }
    })
}

/// A few items fail in one node.
pub fn a_failing_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![fails("a", 100, 0), node_fn!("b", |a: u64| a * 2)]);
        runs(
            p.map(inputs! { x: items(1000) }, ["x"]),
            &[("b", of::<u64>), ("a", of::<u64>)],
        )
    });
}

/// The first and the last item fail.
pub fn the_first_and_the_last_item(subject: &Subject) {
    for bad in [0, 499] {
        subject.agree_on_maps(|on| {
            let node = node_fn!("a", move |x: u64| if x == bad {
                Err(format!("not {x}"))
            } else {
                Ok(x)
            });
            runs(
                on.pipeline(nodes![{ node }])
                    .map(inputs! { x: items(500) }, ["x"]),
                &[("a", of::<u64>)],
            )
        });
    }
}

/// Every item fails.
pub fn every_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: u64| -> Result<u64, String> {
                Err(format!("never {x}"))
            }),
            node_fn!("b", |a: u64| a),
        ]);
        runs(p.map(inputs! { x: items(100) }, ["x"]), &[("b", of::<u64>)])
    });
}

/// Some items panic.
pub fn panics(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: u64| {
                assert!(!is_bad(x, 40), "no {x}");
                x
            }),
            node_fn!("b", |a: u64| a * 2),
        ]);
        runs(p.map(inputs! { x: items(200) }, ["x"]), &[("b", of::<u64>)])
    });
}

/// Different items fail in different steps: failing fast tells the lowest item, not the lowest step.
pub fn items_in_different_steps(subject: &Subject) {
    for salt in 0..4 {
        subject.agree_on_maps(|on| {
            let p = on.pipeline(nodes![
                fails("a", 60, 3 + salt),
                fails("b", 30, 5 + salt).rename_input("x", "a"),
                fails("c", 20, 7 + salt).rename_input("x", "b"),
            ]);
            runs(
                p.map(inputs! { x: items(400) }, ["x"]),
                &[("c", of::<u64>), ("a", of::<u64>)],
            )
        });
    }
}

/// An item fails in two branches that do not wait for each other.
pub fn branches_of_an_item(subject: &Subject) {
    subject.agree_on_maps(|on| {
        let p = on.pipeline(nodes![
            fails("a", 25, 1),
            fails("b", 20, 2),
            fails("c", 15, 2),
            node_fn!("d", |a: u64, b: u64, c: u64| a + b + c),
        ]);
        runs(
            p.map(inputs! { x: items(300) }, ["x"]),
            &[("d", of::<u64>), ("b", of::<u64>)],
        )
    });
}

/// A node written by hand that panics outside of its rows, and one that forgets its output: told as failures, and
/// nothing hangs.
pub fn a_node_that_panics_as_a_whole(subject: &Subject) {
    let signature = || Signature {
        name: "y".into(),
        doc: "",
        inputs: vec![InputPort {
            name: "x".into(),
            port: PortType::of::<u64>(),
            facts: PortFacts::default(),
            passing: Passing::Ref,
            default: None,
        }],
        outputs: vec![OutputPort {
            name: "y".into(),
            port: PortType::of::<u64>(),
            facts: PortFacts::default(),
        }],
        options: NodeOptions::default(),
    };
    let panics = |call: &mut Call<'_>| {
        assert!(call.rows() == 0, "as a whole");
        call.push(Column::from_vec(Vec::<u64>::new()));
    };
    for node in [
        FnNode::new(signature(), panics),
        FnNode::new(signature(), |_| {}),
    ] {
        let p = subject.on().pipeline(vec![node.into_node()]);
        for _ in 0..3 {
            let error = p
                .map(inputs! { x: items(1) }, ["x"])
                .expect_err("the node fails");
            assert!(error.to_string().contains("node `y` panicked"), "{error}");
            assert!(
                p.map(inputs! { x: items(300) }, ["x"]).is_err(),
                "the node fails"
            );
            assert!(p.run(inputs! { x: 1_u64 }).is_err(), "the node fails");
        }
    }
}
