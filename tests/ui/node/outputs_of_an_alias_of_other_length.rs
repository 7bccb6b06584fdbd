use hypernodes::node;

type Parts = (i64, i64, i64);

#[node(outputs = ("q", "r"))]
fn div(a: i64, b: i64) -> Parts {
    (a / b, a % b, 0)
}

fn main() {}
