//! Single runs.

use std::sync::Arc;
use std::time::Duration;

use hypernodes_core::{Inputs, NodeRef, inputs, node_fn, nodes};

use crate::conformance::{ShowOne, Subject, one, outputs};

/// A value that cannot be cloned.
#[derive(Debug, PartialEq)]
struct Unique(u64);

/// One node.
pub fn one_node(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![node_fn!("y", |x: f64| x.sqrt())]);
        outputs(p.run(inputs! { x: 2.0 }), &[("y", one::<f64>)])
    });
}

/// Each node needs the one before it.
pub fn chain(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64| x / 3.0),
            node_fn!("b", |a: f64| a.exp()),
            node_fn!("c", |b: f64| format!("{b:?}")),
            node_fn!("d", |c: &str| c.len()),
        ]);
        outputs(
            p.run(inputs! { x: 2.0 }),
            &[("a", one::<f64>), ("c", one::<String>), ("d", one::<usize>)],
        )
    });
}

/// Two branches that meet again.
pub fn diamond(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64| x / 3.0),
            node_fn!("b", |a: f64| a.sin()),
            node_fn!("c", |a: f64| a.cos()),
            node_fn!("d", |b: f64, c: f64| b - c),
        ]);
        outputs(
            p.run(inputs! { x: 2.0 }),
            &[("d", one::<f64>), ("b", one::<f64>)],
        )
    });
}

fn many(n: usize) -> Vec<NodeRef> {
    (0..n)
        .map(|i| node_fn!(format!("out{i}"), move |x: f64| x * (i as f64 + 0.1)))
        .collect()
}

/// Many nodes that need the same input.
pub fn fan_out(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(many(50));
        let found = p.run(inputs! { x: 0.7 }).expect("nothing fails");
        (0..50)
            .map(|i| one::<f64>(&found, &format!("out{i}")) + "\n")
            .collect()
    });
}

/// One node that needs many, through pairs of them.
pub fn fan_in(subject: &Subject) {
    subject.agree(|on| {
        let mut nodes = many(32);
        for width in [16, 8, 4, 2, 1] {
            for i in 0..width {
                let level = |width: usize| {
                    if width == 32 {
                        "out".to_owned()
                    } else {
                        format!("sum{width}_")
                    }
                };
                let add = node_fn!(format!("{}{i}", level(width)), |a: f64, b: f64| a + b);
                let from = |j: usize| format!("{}{j}", level(2 * width));
                nodes.push(
                    add.rename_input("a", from(2 * i))
                        .rename_input("b", from(2 * i + 1)),
                );
            }
        }
        outputs(
            on.pipeline(nodes).run(inputs! { x: 0.3 }),
            &[("sum1_0", one::<f64>)],
        )
    });
}

/// A node with two outputs, read by different nodes.
pub fn several_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("div", outputs = ("q", "r"), |a: i64, b: i64| (a / b, a % b)),
            node_fn!("twice", |q: i64| q * 2),
            node_fn!("negative", |r: i64| -r),
        ]);
        let all = [
            ("q", one::<i64> as ShowOne),
            ("r", one::<i64>),
            ("twice", one::<i64>),
            ("negative", one::<i64>),
        ];
        outputs(p.run(inputs! { a: 17_i64, b: 5_i64 }), &all)
    });
}

/// Values that are taken by value, with and without a clone.
pub fn values_are_moved_or_cloned(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("text", |x: u64| x.to_string()),
            node_fn!("longer", |text: String| text + "!"),
            node_fn!("shorter", |text: String| text
                .chars()
                .take(1)
                .collect::<String>()),
            node_fn!("unique", |x: u64| Unique(x)),
            node_fn!("opened", |unique: Unique| unique.0 + 1),
            // Reads what `opened` takes, so it goes before, however long it is.
            node_fn!("seen", |unique: &Unique| {
                std::thread::sleep(Duration::from_millis(2));
                unique.0
            }),
        ]);
        let p = p
            .select(["longer", "shorter", "opened", "seen"])
            .expect("these are outputs");
        let all = [
            ("longer", one::<String> as ShowOne),
            ("shorter", one::<String>),
            ("opened", one::<u64>),
            ("seen", one::<u64>),
        ];
        outputs(p.run(inputs! { x: 12_u64 }), &all)
    });
}

/// Defaults, bound inputs, and inputs of the run before them.
pub fn defaults_and_bound_inputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64, #[default(2.0)] k: f64| x * k),
            node_fn!("b", |a: f64, #[default(2.0)] k: f64, shift: f64| a
                + k
                + shift),
        ]);
        let p = p.bind("shift", 0.1).expect("it is an input");
        let show = |inputs: Inputs| outputs(p.run(inputs), &[("b", one::<f64>)]);
        show(inputs! { x: 1.5 })
            + &show(inputs! { x: 1.5, k: 3.0 })
            + &show(inputs! { x: 1.5, shift: 0.2 })
    });
}

/// Only what is asked for is computed.
pub fn selected_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64| x + 1.0),
            node_fn!("b", |a: f64| a * 2.0),
            node_fn!("dear", |x: f64| -> f64 { panic!("nobody asked for {x}") }),
        ]);
        let p = p.select(["b"]).expect("it is an output");
        outputs(
            p.run(inputs! { x: 1.5 }),
            &[("b", one::<f64>), ("a", one::<f64>)],
        )
    });
}

/// Panics when it is dropped, with this number.
struct Bomb(u64);

impl Drop for Bomb {
    fn drop(&mut self) {
        assert!(self.0 != 3, "bomb {}", self.0);
    }
}

/// A value that nobody reads and that cannot be dropped: the node that made it is told.
pub fn an_unwanted_value_that_panics(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("two", outputs = ("a", "bomb"), |n: u64| {
                std::thread::sleep(Duration::from_millis(1));
                (n, Bomb(n))
            }),
            node_fn!("slow", |n: u64| {
                std::thread::sleep(Duration::from_millis(2));
                n
            }),
            node_fn!("sum", |slow: u64, a: u64| slow + a),
        ]);
        let p = p.select(["sum"]).expect("it is an output");
        let run = |n: u64| outputs(p.run(inputs! { n }), &[("sum", one::<u64>)]);
        run(2) + &run(3)
    });
}

/// A value that the caller brings instead of a node.
pub fn supplied_outputs(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: f64| -> f64 { panic!("not computed: {x}") }),
            node_fn!("b", |a: f64| a * 2.0),
            node_fn!("c", |a: f64, b: f64| a - b),
        ]);
        outputs(
            p.run(Inputs::new().supply("a", 0.3)),
            &[("c", one::<f64>), ("a", one::<f64>)],
        )
    });
}

/// A graph of ten thousand nodes, in which a hundred could run at any time.
pub fn ten_thousand_nodes(subject: &Subject) {
    let nodes: Vec<NodeRef> = (0..10_000_usize)
        .map(|i| {
            let node = node_fn!(format!("n{i}"), move |x: u64| x
                .wrapping_mul(31)
                .wrapping_add(i as u64));
            if i < 100 {
                node
            } else {
                node.rename_input("x", format!("n{}", i - 100))
            }
        })
        .collect();
    let last: Vec<String> = (9_900..10_000).map(|i| format!("n{i}")).collect();
    subject.agree(|on| {
        let p = on
            .pipeline(nodes.clone())
            .select(last.clone())
            .expect("these are outputs");
        let found = p.run(inputs! { x: 1_u64 }).expect("nothing fails");
        last.iter()
            .map(|name| one::<u64>(&found, name) + "\n")
            .collect()
    });
}

/// Several steps fail: the error is that of the lowest, whoever fails first.
pub fn the_lowest_failing_step_is_told(subject: &Subject) {
    for failing in 0..4_usize {
        subject.agree(|on| {
            let node = |i: usize| {
                node_fn!(format!("n{i}"), move |x: u64| -> Result<u64, String> {
                    // The higher a step, the sooner it is done.
                    std::thread::sleep(Duration::from_micros(400 - 100 * i as u64));
                    if i >= failing {
                        Err(format!("node {i} of {x}"))
                    } else {
                        Ok(x + i as u64)
                    }
                })
            };
            let p = on.pipeline((0..4).map(node).collect());
            outputs(p.run(inputs! { x: 1_u64 }), &[("n0", one::<u64>)])
        });
    }
}

/// A panic is told as an error.
pub fn a_panic_is_an_error(subject: &Subject) {
    subject.agree(|on| {
        let p = on.pipeline(nodes![
            node_fn!("a", |x: u64| x),
            node_fn!("b", |a: u64| -> u64 { panic!("on purpose: {a}") }),
            node_fn!("c", |a: u64| a),
        ]);
        outputs(p.run(inputs! { x: 1_u64 }), &[("c", one::<u64>)])
    });
}

/// What needs a failed step does not run.
pub fn nothing_after_a_failure_is_told(subject: &Subject) {
    let ran = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    subject.agree(|on| {
        let count = Arc::clone(&ran);
        let p = on.pipeline(nodes![
            node_fn!("a", |x: u64| -> Result<u64, String> {
                Err(format!("no {x}"))
            }),
            node_fn!("b", |a: u64| a),
            node_fn!("c", move |b: u64| {
                count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                b
            }),
        ]);
        outputs(p.run(inputs! { x: 1_u64 }), &[("c", one::<u64>)])
    });
    assert_eq!(
        ran.load(std::sync::atomic::Ordering::Relaxed),
        0,
        "a step ran without its argument"
    );
}
