use hypernodes::node;

struct Scale(f64);

impl Scale {
    #[node]
    fn apply(&self, x: f64) -> f64 {
        x * self.0
    }
}

fn main() {}
