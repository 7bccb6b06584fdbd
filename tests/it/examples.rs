//! Every example runs, and holds what it asserts.

#[path = "../../examples/bar_source.rs"]
mod bar_source;
#[path = "../../examples/compose_trading.rs"]
mod compose_trading;
#[path = "../../examples/engines_compared.rs"]
mod engines_compared;
#[path = "../../examples/follow_signals.rs"]
mod follow_signals;
#[path = "../../examples/hello.rs"]
mod hello;
#[path = "../../examples/isolation.rs"]
mod isolation;
#[path = "../../examples/map_and_product.rs"]
mod map_and_product;
#[path = "../../examples/nested.rs"]
mod nested;
#[path = "../../examples/night_run.rs"]
mod night_run;
#[path = "../../examples/own_engine.rs"]
mod own_engine;
#[path = "../../examples/replay_failure.rs"]
mod replay_failure;
#[path = "../../examples/scan.rs"]
mod scan;
#[path = "../../examples/static_pipeline.rs"]
mod static_pipeline;

macro_rules! run {
    ($($name:ident)+) => {$(
        #[test]
        fn $name() {
            if let Err(error) = self::$name::main() {
                panic!("{error}");
            }
        }
    )+};
}

run! {
    bar_source compose_trading engines_compared follow_signals hello isolation map_and_product nested night_run own_engine
    replay_failure scan static_pipeline
}
