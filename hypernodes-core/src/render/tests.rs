//! What the pictures show and that they are well-formed, whatever the names are.

use proptest::prelude::*;

use super::{GraphDescription, InputDescription, MapDescription, NodeDescription, PortDescription};

/// `inner=outer: Type`, or `name: Type`.
fn port(text: &str) -> PortDescription {
    let (names, type_name) = text.split_once(": ").expect("a type");
    match names.split_once('=') {
        Some((inner, outer)) => PortDescription::new(inner, type_name).renamed(outer),
        None => PortDescription::new(names, type_name),
    }
}

fn node(name: &str, inputs: &[&str], outputs: &[&str]) -> NodeDescription {
    NodeDescription {
        inputs: inputs.iter().map(|text| port(text)).collect(),
        outputs: outputs.iter().map(|text| port(text)).collect(),
        ..NodeDescription::new(name)
    }
}

fn clean() -> GraphDescription {
    GraphDescription {
        inputs: vec![
            InputDescription::new("text", "alloc::string::String"),
            InputDescription::new("min_len", "usize").bound_to(Some("4".to_owned())),
        ],
        nodes: vec![
            node("split", &["text: String"], &["words: Vec<String>"]),
            node(
                "count",
                &["words: Vec<String>", "min_len: usize"],
                &["count: usize", "longest: Option<String>"],
            ),
        ],
        outputs: vec!["count".to_owned(), "longest".to_owned()],
        ..GraphDescription::new("clean")
    }
}

/// A nested, mapped and renamed pipeline, an option, a default, two outputs of one node.
fn corpus() -> GraphDescription {
    let clean_all = NodeDescription {
        nested: Some(Box::new(clean())),
        map_over: Some(MapDescription {
            mode: "zip".to_owned(),
            names: vec!["docs".to_owned()],
        }),
        doc: Some("Cleans each document.".to_owned()),
        ..node(
            "clean_all",
            &["text=docs: Vec<String>"],
            &["count=counts: Vec<usize>", "longest: Vec<Option<String>>"],
        )
    };
    let report = NodeDescription {
        options: vec![("workload".to_owned(), "io".to_owned())],
        ..node(
            "report",
            &[
                "numbers=counts: Vec<usize>",
                "longest: Vec<Option<String>>",
                "title: String",
            ],
            &["report: String"],
        )
    };
    GraphDescription {
        doc: Some("Reports on a corpus.\n\nAt length.".to_owned()),
        inputs: vec![
            InputDescription::new("docs", "Vec<String>"),
            InputDescription::new("title", "String").with_default("\"a & b\""),
        ],
        nodes: vec![clean_all, report],
        outputs: vec!["report".to_owned()],
        ..GraphDescription::new("corpus")
    }
}

#[test]
fn text_lists_calls_and_opens_nested_pipelines() {
    insta::assert_snapshot!(corpus().to_text(1), @r#"
    corpus: Reports on a corpus.
      inputs
        docs: Vec<String>
        title: String = "a & b"
      nodes
        clean_all(text ← docs) -> count → counts: Vec<usize>, longest: Vec<Option<String>>  [map over zip(docs)]
          Cleans each document.
          │ inputs
          │   text: String
          │   min_len: usize = 4 (bound)
          │ nodes
          │   split(text) -> words: Vec<String>
          │   count(words, min_len) -> count: usize, longest: Option<String>
          │ outputs
          │   count, longest
        report(numbers ← counts, longest, title) -> report: String  [workload = io]
      outputs
        report
    "#);
    insta::assert_snapshot!(corpus().to_text(0), @r#"
    corpus: Reports on a corpus.
      inputs
        docs: Vec<String>
        title: String = "a & b"
      nodes
        clean_all(text ← docs) -> count → counts: Vec<usize>, longest: Vec<Option<String>>  [map over zip(docs)]
          Cleans each document.
          pipeline of 2 nodes
        report(numbers ← counts, longest, title) -> report: String  [workload = io]
      outputs
        report
    "#);
}

#[test]
fn mermaid_draws_nested_pipelines_as_subgraphs() {
    insta::assert_snapshot!(corpus().to_mermaid(usize::MAX), @r#"
    flowchart TD
        i0(["docs: Vec#60;String#62;"]):::input
        i1(["title: String = #34;a #38; b#34;"]):::input
        n5["report<br/>workload = io<br/>→ report: String"]:::result
        subgraph s1 ["clean_all<br/>map over zip(docs)"]
            i2(["min_len: usize = 4"]):::bound
            n3["split<br/>→ words: Vec#60;String#62;"]:::node
            n4["count<br/>→ count: usize<br/>→ longest: Option#60;String#62;"]:::result
        end
        i0 -->|"docs → text"| n3
        n3 --> n4
        i2 -.-> n4
        n4 -->|"count → counts → numbers"| n5
        n4 -->|"longest"| n5
        i1 --> n5
        classDef input fill:#eef4fb,stroke:#5b7fa6,color:#1d2b3a
        classDef bound fill:#f4f4f2,stroke:#9a9a94,color:#55554f,stroke-dasharray:4 3
        classDef node fill:#ffffff,stroke:#6b7280,color:#1f2328
        classDef result fill:#ffffff,stroke:#2f8f5b,color:#1f2328,stroke-width:2px
    "#);
    insta::assert_snapshot!(corpus().to_mermaid(0), @r#"
    flowchart TD
        i0(["docs: Vec#60;String#62;"]):::input
        i1(["title: String = #34;a #38; b#34;"]):::input
        n2[["clean_all<br/>map over zip(docs)<br/>→ count → counts: Vec#60;usize#62;<br/>→ longest: Vec#60;Option#60;String#62;#62;"]]:::node
        n3["report<br/>workload = io<br/>→ report: String"]:::result
        i0 -->|"docs → text"| n2
        n2 -->|"count → counts → numbers"| n3
        n2 -->|"longest"| n3
        i1 --> n3
        classDef input fill:#eef4fb,stroke:#5b7fa6,color:#1d2b3a
        classDef bound fill:#f4f4f2,stroke:#9a9a94,color:#55554f,stroke-dasharray:4 3
        classDef node fill:#ffffff,stroke:#6b7280,color:#1f2328
        classDef result fill:#ffffff,stroke:#2f8f5b,color:#1f2328,stroke-width:2px
    "#);
}

#[test]
fn dot_draws_nested_pipelines_as_clusters() {
    insta::assert_snapshot!(corpus().to_dot(usize::MAX), @r##"
    digraph "corpus" {
        graph [label="corpus", labelloc=t, tooltip="Reports on a corpus."];
        graph [rankdir=TB, fontname="Helvetica", fontsize=12, nodesep=0.35, ranksep=0.5];
        node [shape=box, style="rounded,filled", fillcolor=white, color="#6b7280", fontname="Helvetica", fontsize=11];
        edge [color="#6b7280", fontname="Helvetica", fontsize=9, arrowsize=0.7];
        n0 [label="docs: Vec<String>", shape=ellipse, style=filled, fillcolor="#eef4fb", color="#5b7fa6"];
        n1 [label="title: String = \"a &amp; b\"", shape=ellipse, style=filled, fillcolor="#eef4fb", color="#5b7fa6"];
        n5 [label="report\nworkload = io\n→ report: String", color="#2f8f5b", penwidth=2];
        subgraph cluster_1 {
            graph [label="clean_all\nmap over zip(docs)", style=rounded, color="#9aa4b2", tooltip="Cleans each document."];
            n2 [label="min_len: usize = 4", shape=ellipse, style="dashed,filled", fillcolor="#f4f4f2", color="#9a9a94", fontcolor="#55554f"];
            n3 [label="split\n→ words: Vec<String>"];
            n4 [label="count\n→ count: usize\n→ longest: Option<String>", color="#2f8f5b", penwidth=2];
        }
        n0 -> n3 [label=" docs → text "];
        n3 -> n4;
        n2 -> n4 [style=dashed];
        n4 -> n5 [label=" count → counts → numbers "];
        n4 -> n5 [label=" longest "];
        n1 -> n5;
    }
    "##);
    insta::assert_snapshot!(corpus().to_dot(0), @r##"
    digraph "corpus" {
        graph [label="corpus", labelloc=t, tooltip="Reports on a corpus."];
        graph [rankdir=TB, fontname="Helvetica", fontsize=12, nodesep=0.35, ranksep=0.5];
        node [shape=box, style="rounded,filled", fillcolor=white, color="#6b7280", fontname="Helvetica", fontsize=11];
        edge [color="#6b7280", fontname="Helvetica", fontsize=9, arrowsize=0.7];
        n0 [label="docs: Vec<String>", shape=ellipse, style=filled, fillcolor="#eef4fb", color="#5b7fa6"];
        n1 [label="title: String = \"a &amp; b\"", shape=ellipse, style=filled, fillcolor="#eef4fb", color="#5b7fa6"];
        n2 [label="clean_all\nmap over zip(docs)\n→ count → counts: Vec<usize>\n→ longest: Vec<Option<String>>", peripheries=2, tooltip="Cleans each document."];
        n3 [label="report\nworkload = io\n→ report: String", color="#2f8f5b", penwidth=2];
        n0 -> n2 [label=" docs → text "];
        n2 -> n3 [label=" count → counts → numbers "];
        n2 -> n3 [label=" longest "];
        n1 -> n3;
    }
    "##);
}

#[test]
fn svg_draws_nested_pipelines_as_frames() {
    let svg = corpus().to_svg(usize::MAX);
    assert_well_formed(&svg);
    insta::assert_snapshot!("corpus_svg", without_style(&svg));
}

fn without_style(svg: &str) -> String {
    let (head, rest) = svg.split_once("<style>").expect("a style");
    let (_, tail) = rest.split_once("</style>\n").expect("its end");
    format!("{head}{tail}")
}

#[test]
fn special_characters_are_escaped_in_every_format() {
    let mut graph = GraphDescription::new("a \"q\" <b> & |c|\nnew");
    graph
        .inputs
        .push(InputDescription::new("x\\\"y\"", "Vec<u8>"));
    graph.nodes.push(node(
        "style:#fff; end",
        &["x\\\"y\": Vec<u8>"],
        &["_z_: &str"],
    ));
    graph
        .nodes
        .push(node("1. `first`", &["_z_: &str"], &["]]>-->: f64"]));
    insta::assert_snapshot!(graph.to_mermaid(0), @r#"
    flowchart TD
        i0(["x#92;#34;y#34;: Vec#60;u8#62;"]):::input
        n1["style#58;#35;fff#59; end<br/>→ #95;z#95;#58; #38;str"]:::node
        n2["1#46; #96;first#96;<br/>→ #93;#93;#62;--#62;: f64"]:::node
        i0 --> n1
        n1 --> n2
        classDef input fill:#eef4fb,stroke:#5b7fa6,color:#1d2b3a
        classDef bound fill:#f4f4f2,stroke:#9a9a94,color:#55554f,stroke-dasharray:4 3
        classDef node fill:#ffffff,stroke:#6b7280,color:#1f2328
        classDef result fill:#ffffff,stroke:#2f8f5b,color:#1f2328,stroke-width:2px
    "#);
    insta::assert_snapshot!(graph.to_dot(0), @r##"
    digraph "a \"q\" <b> &amp; |c|␊new" {
        graph [label="a \"q\" <b> &amp; |c|␊new", labelloc=t];
        graph [rankdir=TB, fontname="Helvetica", fontsize=12, nodesep=0.35, ranksep=0.5];
        node [shape=box, style="rounded,filled", fillcolor=white, color="#6b7280", fontname="Helvetica", fontsize=11];
        edge [color="#6b7280", fontname="Helvetica", fontsize=9, arrowsize=0.7];
        n0 [label="x\\\"y\": Vec<u8>", shape=ellipse, style=filled, fillcolor="#eef4fb", color="#5b7fa6"];
        n1 [label="style:#fff; end\n→ _z_: &amp;str"];
        n2 [label="1. `first`\n→ ]]>-->: f64"];
        n0 -> n1;
        n1 -> n2;
    }
    "##);
    let svg = graph.to_svg(0);
    assert_well_formed(&svg);
    assert!(svg.contains("<title>a &quot;q&quot; &lt;b&gt; &amp; |c|␊new</title>"));
}

#[test]
fn values_that_come_from_nowhere_and_cycles_are_drawn_too() {
    let mut graph = GraphDescription::new("broken");
    graph
        .nodes
        .push(node("a", &["y: T", "nowhere: T"], &["x: T"]));
    graph.nodes.push(node("b", &["x: T"], &["y: T"]));
    graph.nodes.push(node("own", &["z: T"], &["z: T"]));
    assert!(graph.to_mermaid(0).contains("i3([\"nowhere\"]):::input"));
    assert!(graph.to_dot(0).contains("n1 -> n0;"));
    let svg = graph.to_svg(0);
    assert_well_formed(&svg);
    assert!(svg.contains(">nowhere</text>"));
}

#[test]
fn empty_graph_has_a_picture_in_every_format() {
    let graph = GraphDescription::new("");
    assert_eq!(graph.to_text(0), "\n");
    assert!(graph.to_mermaid(0).starts_with("flowchart TD\n"));
    assert_well_formed(&graph.to_svg(0));
}

#[test]
fn boxes_of_a_picture_do_not_overlap() {
    let mut graph = GraphDescription::new("grid");
    graph.inputs.push(InputDescription::new("v0", "f64"));
    for i in 0..60 {
        let (a, b) = (format!("v{}: f64", i / 2), format!("v{}: f64", i / 3));
        graph.nodes.push(node(
            &"n".repeat(1 + i % 17),
            &[&a, &b],
            &[&format!("v{}: f64", i + 1)],
        ));
    }
    let boxes = boxes(&graph.to_svg(0));
    assert_eq!(boxes.len(), 60);
    for (i, a) in boxes.iter().enumerate() {
        for b in &boxes[..i] {
            let apart =
                a.0 + a.2 <= b.0 || b.0 + b.2 <= a.0 || a.1 + a.3 <= b.1 || b.1 + b.3 <= a.1;
            assert!(apart, "{a:?} {b:?}");
        }
    }
}

/// x, y, width and height of each node of a flat picture.
fn boxes(svg: &str) -> Vec<(f64, f64, f64, f64)> {
    let after = |text: &str, key: &str| -> f64 {
        let rest = &text[text.find(key).expect("the attribute") + key.len()..];
        let end = rest.find(['"', ' ', ')']).expect("its end");
        rest[..end].parse().expect("a number")
    };
    let nodes = svg.lines().filter(|line| line.contains("class=\"hn-box\""));
    nodes
        .map(|line| {
            let place = line.split_once("translate(").expect("a place").1;
            let (x, y) = place.split_once(' ').expect("two numbers");
            let y = y.split_once(')').expect("the end").0;
            let rect = line.split_once("class=\"hn-box\"").expect("a box").1;
            let (width, height) = (after(rect, "width=\""), after(rect, "height=\""));
            (x.parse().expect("x"), y.parse().expect("y"), width, height)
        })
        .collect()
}

#[test]
fn ten_thousand_nodes_have_a_picture() {
    let mut graph = GraphDescription::new("many");
    graph.inputs.push(InputDescription::new("v0", "f64"));
    for i in 0..10_000 {
        graph.nodes.push(node(
            "n",
            &[&format!("v{i}: f64"), "v0: f64"],
            &[&format!("v{}: f64", i + 1)],
        ));
    }
    assert_eq!(graph.to_svg(0).matches("class=\"hn-box\"").count(), 10_000);
    graph.nodes.truncate(1_400);
    assert_eq!(graph.to_svg(0).matches("class=\"hn-box\"").count(), 1_400);
}

#[test]
fn very_deep_nesting_stays_closed_below_its_limit() {
    let mut graph = GraphDescription::new("innermost");
    for _ in 0..200 {
        let nested = NodeDescription {
            nested: Some(Box::new(graph)),
            ..NodeDescription::new("level")
        };
        graph = GraphDescription {
            nodes: vec![nested],
            ..GraphDescription::new("outer")
        };
    }
    assert_eq!(
        graph
            .to_svg(usize::MAX)
            .matches("class=\"hn-frame\"")
            .count(),
        super::DEEPEST
    );
    assert_eq!(
        graph.to_dot(usize::MAX).matches("subgraph").count(),
        super::DEEPEST
    );
}

/// Checks what XML asks for: tags nest, attributes are quoted and escaped, text is escaped, only allowed characters.
fn assert_well_formed(xml: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = xml.trim_end();
    let mut roots = 0;
    let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert!(xml.chars().all(allowed), "a character that XML forbids");
    while !rest.is_empty() {
        if let Some(tag) = rest.strip_prefix('<') {
            let mut quote = false;
            let end = tag.find(|c| {
                quote ^= c == '"';
                c == '>' && !quote
            });
            let (tag, after) = tag.split_at(end.expect("the end of a tag"));
            rest = &after[1..];
            if let Some(name) = tag.strip_prefix('/') {
                assert_eq!(open.pop(), Some(name), "tags nest");
                continue;
            }
            let (tag, closed) = tag
                .strip_suffix('/')
                .map_or((tag, false), |tag| (tag, true));
            let (name, mut attributes) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(
                name.chars().all(|c| c.is_ascii_alphabetic()),
                "tag name {name}"
            );
            roots += usize::from(open.is_empty());
            if !closed {
                open.push(name);
            }
            while !attributes.is_empty() {
                let (key, value) = attributes.split_once("=\"").expect("a quoted attribute");
                assert!(
                    key.chars().all(|c| c.is_ascii_alphabetic() || c == '-'),
                    "attribute {key}"
                );
                let (value, more) = value.split_once('"').expect("the end of an attribute");
                assert_escaped(value);
                assert!(!value.contains('<'));
                attributes = more.strip_prefix(' ').unwrap_or(more);
            }
        } else {
            let (text, more) = rest.split_at(rest.find('<').expect("text ends at a tag"));
            assert!(
                !open.is_empty() || text.trim().is_empty(),
                "text outside the root"
            );
            assert_escaped(text);
            rest = more;
        }
    }
    assert!(open.is_empty() && roots == 1);
}

fn assert_escaped(text: &str) {
    assert!(!text.contains("]]>"));
    for (at, _) in text.match_indices('&') {
        let entities = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
        assert!(
            entities.iter().any(|entity| text[at..].starts_with(entity)),
            "{}",
            &text[at..]
        );
    }
}

/// Any graph: few names, so that values meet, among them names with every kind of character.
fn any_graph() -> impl Strategy<Value = GraphDescription> {
    let name = || {
        prop_oneof![
            prop::sample::select(vec!["a", "b", "c", "d <\"&'>"]).prop_map(str::to_owned),
            any::<String>()
        ]
    };
    let ports = move || prop::collection::vec((name(), name(), name()), 0..4);
    let ports = move || {
        ports().prop_map(|ports| {
            ports
                .into_iter()
                .map(|(name, value, type_name)| PortDescription {
                    name,
                    value,
                    type_name,
                })
                .collect::<Vec<_>>()
        })
    };
    let inputs = move || {
        prop::collection::vec(
            (name(), name(), prop::option::of(name()), any::<bool>()),
            0..3,
        )
    };
    let inputs = move || {
        inputs().prop_map(|inputs| {
            let input = |(name, type_name, default, bound)| InputDescription {
                name,
                type_name,
                default,
                bound,
            };
            inputs.into_iter().map(input).collect::<Vec<_>>()
        })
    };
    let node = move || {
        (
            name(),
            prop::option::of(name()),
            ports(),
            ports(),
            prop::collection::vec((name(), name()), 0..2),
        )
    };
    let node = move || {
        node().prop_map(|(name, doc, inputs, outputs, options)| NodeDescription {
            name,
            doc,
            inputs,
            outputs,
            options,
            ..NodeDescription::default()
        })
    };
    let graph = move |nodes: BoxedStrategy<Vec<NodeDescription>>| {
        let parts = (
            name(),
            prop::option::of(name()),
            inputs(),
            nodes,
            prop::collection::vec(name(), 0..3),
        );
        parts.prop_map(|(name, doc, inputs, nodes, outputs)| GraphDescription {
            name,
            doc,
            inputs,
            nodes,
            outputs,
        })
    };
    let flat = graph(prop::collection::vec(node(), 0..5).boxed());
    flat.prop_recursive(3, 24, 3, move |inner| {
        let nested = (
            node(),
            inner,
            prop::option::of((name(), prop::collection::vec(name(), 0..2))),
        )
            .prop_map(|(node, inner, map)| NodeDescription {
                nested: Some(Box::new(inner)),
                map_over: map.map(|(mode, names)| MapDescription { mode, names }),
                ..node
            });
        graph(prop::collection::vec(prop_oneof![node(), nested], 0..4).boxed())
    })
}

proptest! {
    #[test]
    fn svg_is_well_formed_for_any_graph(graph in any_graph(), depth in 0_usize..4) {
        assert_well_formed(&graph.to_svg(depth));
    }

    #[test]
    fn mermaid_and_dot_keep_names_inside_their_quotes(graph in any_graph(), depth in 0_usize..4) {
        for line in graph.to_mermaid(depth).lines().map(str::trim) {
            let outside: String = line.split('"').step_by(2).collect();
            prop_assert!(line.matches('"').count() % 2 == 0);
            prop_assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " ()[]|:->.#,".contains(c)), "{}", line);
        }
        let dot = graph.to_dot(depth).replace("\\\\", "").replace("\\\"", "");
        for line in dot.lines() {
            let outside: String = line.split('"').step_by(2).collect();
            prop_assert!(line.matches('"').count() % 2 == 0);
            prop_assert!(outside.chars().all(|c| c.is_ascii_alphanumeric() || " {}[]=,;_->.".contains(c)), "{}", line);
        }
    }

    #[test]
    fn text_has_no_stray_lines(graph in any_graph(), depth in 0_usize..4) {
        let text = graph.to_text(depth);
        prop_assert!(text.chars().all(|c| c == '\n' || !c.is_control()));
    }
}
