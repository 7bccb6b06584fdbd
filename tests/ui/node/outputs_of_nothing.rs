use hypernodes::node;

#[node(outputs = ("q", "r"))]
fn div(a: i64, b: i64) {
    let _ = a / b;
}

fn main() {}
