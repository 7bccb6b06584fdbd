use hypernodes::node;

type Parsed = Result<f64, std::num::ParseFloatError>;

#[node]
fn parse(text: &str) -> Parsed {
    text.parse()
}

fn main() {}
