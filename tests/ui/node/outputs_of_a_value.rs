use hypernodes::node;

#[node(outputs = ("q", "r"))]
fn div(a: i64, b: i64) -> i64 {
    a / b
}

fn main() {}
