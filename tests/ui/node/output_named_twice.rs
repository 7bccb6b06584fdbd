use hypernodes::node;

#[node(outputs = ("q", "q"))]
fn div(a: i64, b: i64) -> (i64, i64) {
    (a / b, a % b)
}

fn main() {}
