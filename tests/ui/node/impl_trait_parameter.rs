use hypernodes::node;

#[node]
fn show(x: impl ToString) -> String {
    x.to_string()
}

fn main() {}
