use hypernodes::node;

#[node(outputs = ("q", "r", "s"))]
fn div(a: i64, b: i64) -> Result<(i64, i64), String> {
    Ok((a / b, a % b))
}

fn main() {}
