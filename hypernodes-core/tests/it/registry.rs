//! Nodes that register themselves, wherever they are written.

use hypernodes::prelude::*;
use hypernodes::remote::{self, WorkerPlan, registered_nodes};
use hypernodes::{NodeRef, Registered};

#[node(crate = hypernodes_core)]
fn private(x: u64) -> u64 {
    x + 1
}

mod elsewhere {
    use hypernodes::prelude::*;

    pipeline! {
        fn twice(x: u64) -> (private: u64) { super::private }
    }

    pub(super) fn node() -> hypernodes::NodeRef {
        twice::node()
    }
}

fn entries(end: &str) -> Vec<&'static Registered> {
    let end = format!("::{end}");
    registered_nodes()
        .filter(|entry| entry.path.ends_with(&end))
        .collect()
}

/// A pipeline of the node, after it went to another process and came back.
fn image(node: NodeRef) -> Vec<u8> {
    let p = Pipeline::new("p", vec![node]).unwrap();
    let image = p.plan().image("test").unwrap();
    let blobs: Vec<Vec<u8>> = Vec::new();
    let there = WorkerPlan::decode(&image.parcel.head, &blobs).unwrap();
    assert!(there.plan().step_names().eq(p.plan().step_names()));
    image.parcel.head.clone()
}

fn run(node: NodeRef, output: &str) -> u64 {
    let p = Pipeline::new("p", vec![node]).unwrap();
    let out = p.run(inputs! { x: 10_u64 }).unwrap();
    *out.get::<u64>(output).unwrap()
}

#[test]
fn nodes_are_found_wherever_they_are_written() {
    #[node(version = 3)]
    fn inside(x: u64) -> u64 {
        x * 3
    }
    for (node, name, output, version, y) in [
        (inside::node(), "inside", "inside", 3, 30),
        (private::node(), "private", "private", 0, 11),
        (elsewhere::node(), "twice", "private", 0, 11),
    ] {
        let entry = entries(name)[0];
        assert!(entry.path.starts_with(module_path!()), "{}", entry.path);
        assert_eq!(entry.version, version);
        assert!(!node.signature().options.is_closure);
        assert_eq!(run((entry.make)(), output), y);
        assert_eq!(image(node), image((entry.make)()));
    }
    assert_eq!(private(1), 2);
}

#[test]
fn nodes_that_look_the_same_are_not_confused() {
    macro_rules! scaled {
        ($by:expr) => {{
            const BY: u64 = $by;
            #[node]
            fn scale(x: u64) -> u64 {
                x * BY
            }
            scale::node()
        }};
    }
    let here = [scaled!(2), scaled!(3)];
    let [one, other] = entries("scale")[..] else {
        panic!("two entries")
    };
    assert_eq!(
        (one.path, one.tokens, one.version),
        (other.path, other.tokens, other.version)
    );
    let mut there: Vec<(u64, Vec<u8>)> = [one, other]
        .map(|entry| (run((entry.make)(), "scale"), image((entry.make)())))
        .into();
    there.sort();
    let here = here.map(|node| (run(node.clone(), "scale"), image(node)));
    assert_eq!(there, here);
    assert_ne!(here[0].1, here[1].1);
}

#[test]
fn what_only_looks_like_a_registered_node_stays_here() {
    struct Other(hypernodes::Signature);
    impl hypernodes::Node for Other {
        fn signature(&self) -> &hypernodes::Signature {
            &self.0
        }
        fn call(&self, _: &mut hypernodes::Call<'_>) {}
    }
    let signature = private::node().signature().clone();
    for (node, told) in [
        (
            NodeRef::new(Other(signature.clone())),
            "is not in the registry",
        ),
        (
            NodeRef::new(hypernodes::FnNode::new(signature, |_| {})),
            "is not in the registry",
        ),
        (
            node_fn!("private", |x: u64| -> u64 { x + 1 }),
            "is a closure",
        ),
    ] {
        let p = Pipeline::new("p", vec![node]).unwrap();
        let error = p.plan().image("test").unwrap_err().to_string();
        assert!(error.contains(&format!("node `private` {told}")), "{error}");
    }
}

#[test]
fn the_list_is_the_same_each_time() {
    let paths = || {
        registered_nodes()
            .map(|entry| entry.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(paths(), paths());
    assert_eq!(remote::fingerprint(), remote::fingerprint());
}
