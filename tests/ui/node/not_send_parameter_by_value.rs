use hypernodes::node;

struct Raw(*mut f64);

#[node]
fn is_null(raw: Raw) -> bool {
    raw.0.is_null()
}

fn main() {}
