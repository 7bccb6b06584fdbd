use hypernodes::node;

#[node]
fn sort(values: &mut [f64]) -> usize {
    values.sort_by(f64::total_cmp);
    values.len()
}

fn main() {}
