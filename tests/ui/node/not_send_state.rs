use hypernodes::node;

use std::rc::Rc;

#[node(init = Rc::default)]
fn width(#[state] seen: &Rc<str>, text: &str) -> usize {
    seen.len() + text.len()
}

fn main() {}
