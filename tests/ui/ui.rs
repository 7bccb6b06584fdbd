//! What the macros refuse, and what they say then: one mistake a file. What they accept is in `tests/macros` of the
//! package above.

#[test]
#[cfg_attr(miri, ignore = "starts the compiler")]
fn mistakes_are_told_at_the_token() {
    let cases = trybuild::TestCases::new();
    for folder in ["node", "node_fn", "nodes", "pipeline", "without_async"] {
        cases.compile_fail(format!("{folder}/*.rs"));
    }
}
