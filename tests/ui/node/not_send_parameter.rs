use hypernodes::node;

use std::rc::Rc;

#[node]
fn width(text: &Rc<str>) -> usize {
    text.len()
}

fn main() {}
