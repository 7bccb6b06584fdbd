//! Bytes that are no plan.

use proptest::prelude::*;

use super::*;
use crate::IntoNode;

fn image() -> (Vec<u8>, Vec<Vec<u8>>) {
    let inner = Pipeline::new("inner", vec![add::node(), spend::node(), total::node()])
        .and_then(|inner| inner.bind("b", 40_u64)?.bind("list", vec![1_u64, 2]))
        .expect("fits");
    let lists = Pipeline::new("lists", vec![inc::node()]).expect("fits");
    let lists = lists.as_node().rename_input("x", "list").map_over(["list"]);
    let nodes = vec![
        inner.as_node().into_node(),
        lists.into_node(),
        token::node(),
        range::node(),
    ];
    let p = Pipeline::new("p", nodes).expect("fits");
    let image = p.plan().image("test").expect("travels");
    (image.parcel.head.clone(), blobs(image))
}

fn decoded(head: &[u8], blobs: &[Vec<u8>]) -> Result<Arc<Plan>, String> {
    WorkerPlan::decode(head, &blobs.to_vec())
        .map(|worker| Arc::clone(worker.plan()))
        .map_err(|error| error.to_string())
}

fn change(change: impl FnOnce(&mut Image)) -> String {
    let (head, blobs) = image();
    let mut image: Image = postcard::from_bytes(&head).expect("just written");
    change(&mut image);
    let head = postcard::to_stdvec(&image).expect("writes");
    decoded(&head, &blobs).map_or_else(|error| error, |_| "nothing".to_owned())
}

#[test]
fn no_single_change_of_a_byte_does_harm() {
    let (head, blobs) = image();
    assert!(decoded(&head, &blobs).is_ok());
    for at in 0..head.len() {
        assert!(decoded(&head[..at], &blobs).is_err(), "cut at {at}");
        for bit in 0..8 {
            let mut head = head.clone();
            head[at] ^= 1 << bit;
            // A name may have become another that fits as well.
            let _ = decoded(&head, &blobs);
        }
    }
    for blob in 0..blobs.len() {
        let mut blobs = blobs.clone();
        blobs[blob].clear();
        assert!(decoded(&head, &blobs).is_err());
        blobs.truncate(blob);
        assert!(decoded(&head, &blobs).unwrap_err().contains("is missing"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn many_changes_do_no_harm(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let (mut head, blobs) = image();
        for (at, byte) in changes {
            let at = at.index(head.len());
            head[at] = byte;
        }
        let _ = decoded(&head, &blobs);
    }

    #[test]
    fn nor_does_anything_else(head in prop::collection::vec(any::<u8>(), 0..64)) {
        let _ = decoded(&head, &[]);
    }
}

/// What is bound in `inner`.
fn bound(image: &mut Image) -> &mut BoundImage {
    let mut all = image.pipelines.iter_mut().flat_map(|p| &mut p.bound);
    all.find(|bound| bound.input == "b").expect("it is bound")
}

#[test]
fn each_lie_is_told() {
    let root = |image: &mut Image| image.pipelines.len() - 1;
    let at = |image: &mut Image, name: &str| {
        let nodes = &image.pipelines[image.pipelines.len() - 1].nodes;
        nodes
            .iter()
            .position(|node| node.label == name)
            .expect("there")
    };
    for (said, told) in [
        (
            change(|image| image.pipelines.clear()),
            "there is no pipeline",
        ),
        (
            change(|image| {
                let (p, n) = (root(image), at(image, "token"));
                image.pipelines[p].nodes[n].kind = NodeKind::Registered {
                    place: u32::MAX,
                    tokens: 0,
                };
            }),
            "node `token` is no node of this program",
        ),
        (
            change(|image| {
                let (p, n) = (root(image), at(image, "token"));
                if let NodeKind::Registered { tokens, .. } = &mut image.pipelines[p].nodes[n].kind {
                    *tokens ^= 1;
                }
            }),
            "node `token` is no node of this program",
        ),
        (
            change(|image| {
                let (p, n) = (root(image), at(image, "token"));
                image.pipelines[p].nodes[n].inputs.clear();
            }),
            "node `token` has other inputs and outputs here",
        ),
        (
            change(|image| {
                let (p, n) = (root(image), at(image, "token"));
                image.pipelines[p].nodes[n].inputs[0] = "spent".to_owned();
            }),
            "cycle",
        ),
        (
            change(|image| {
                let p = root(image);
                image.pipelines[p].nodes.reverse();
            }),
            "stands before node",
        ),
        (
            // The second names the pipeline that the first has taken.
            change(|image| {
                let (p, n) = (root(image), at(image, "lists"));
                if let NodeKind::Nested { pipeline, .. } = &mut image.pipelines[p].nodes[n].kind {
                    *pipeline ^= 1;
                }
            }),
            "is no node of this program",
        ),
        (
            change(|image| {
                let (p, n) = (root(image), at(image, "lists"));
                if let NodeKind::Nested {
                    over: Some(over), ..
                } = &mut image.pipelines[p].nodes[n].kind
                {
                    over.axis_of[0] = Some(7);
                }
            }),
            "node `lists` is no node of this program",
        ),
        (
            change(|image| {
                let p = root(image);
                image.pipelines[p]
                    .nodes
                    .retain(|node| node.label != "lists");
                image.pipelines[p].outputs.retain(|name| name != "y");
            }),
            "a pipeline is nested nowhere",
        ),
        (
            change(|image| {
                let p = root(image);
                image.pipelines[p].outputs.push("nothing".to_owned());
            }),
            "`nothing`",
        ),
        (
            change(|image| {
                let p = root(image);
                image.pipelines[p].outputs.push("token".to_owned());
            }),
            "it is asked for as an output",
        ),
        (
            change(|image| {
                let p = root(image);
                image.pipelines[p].supplied.push("y".to_owned());
            }),
            "output `y` is supplied, and wanted",
        ),
        (
            change(|image| {
                for pipeline in &mut image.pipelines {
                    pipeline.bound.clear();
                }
            }),
            "has other inputs and outputs here",
        ),
        (
            change(|image| bound(image).input = "c".to_owned()),
            "there is no input `c` to bind",
        ),
        (
            change(|image| bound(image).blob = None),
            "the value of bound input `b` of node `inner` is missing",
        ),
        (
            change(|image| bound(image).blob = Some(9)),
            "blob 9 is missing",
        ),
    ] {
        assert!(said.contains(told), "{said:?} does not contain {told:?}");
    }
}

#[test]
fn nesting_has_an_end() {
    let leaf = |name: &str, kind, input: &str| NodeImage {
        label: name.to_owned(),
        kind,
        inputs: vec![input.to_owned()],
        outputs: vec!["y".to_owned()],
    };
    let entry = |image: &Image| match image.pipelines[0].nodes[0].kind {
        NodeKind::Registered { place, tokens } => NodeKind::Registered { place, tokens },
        NodeKind::Nested { .. } => unreachable!("`inc` is a function"),
    };
    let p = Pipeline::new("p", vec![inc::node()]).expect("fits");
    let head = &p.plan().image("test").expect("travels").parcel.head;
    let one: Image = postcard::from_bytes(head).expect("just written");
    for (deep, is_fine) in [
        (MOST_NESTED, true),
        (MOST_NESTED + 1, false),
        (5_000, false),
    ] {
        let pipelines = (0..deep).map(|at| {
            let kind = match at.checked_sub(1) {
                None => entry(&one),
                Some(inner) => NodeKind::Nested {
                    pipeline: u32::try_from(inner).expect("few"),
                    over: None,
                },
            };
            PipelineImage {
                name: format!("p{at}"),
                nodes: vec![leaf("n", kind, "x")],
                supplied: Vec::new(),
                bound: Vec::new(),
                outputs: vec!["y".to_owned()],
            }
        });
        let image = Image {
            pipelines: pipelines.collect(),
        };
        let head = postcard::to_stdvec(&image).expect("writes");
        assert_eq!(decoded(&head, &[]).is_ok(), is_fine, "{deep}");
    }
}

#[test]
fn a_claimed_length_costs_nothing() {
    // As many pipelines as a `u64` can say.
    assert!(
        decoded(
            &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            &[]
        )
        .is_err()
    );
}
