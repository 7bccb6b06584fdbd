use hypernodes::node;

#[node(workload = "cpus")]
fn double(x: f64) -> f64 {
    x * 2.0
}

fn main() {}
