use hypernodes::node;

#[node(init = Vec::new)]
fn remember(#[state] #[default(Vec::new())] seen: &mut Vec<f64>, x: f64) -> usize {
    seen.push(x);
    seen.len()
}

fn main() {}
