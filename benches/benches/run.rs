//! A run of trivial tests, beside the bare spawning and joining of as many tasks.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use smoke_core::{Limits, Registry, Runner, Selection, Test};
use tokio::runtime::{Builder, Runtime};

const TESTS: usize = 1000;

fn runtime(threads: usize) -> Runtime {
    let built = Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build();
    built.expect("the runtime is needed to measure anything")
}

fn run(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run of 1000 trivial tests");
    group.throughput(Throughput::Elements(TESTS as u64));
    let (keeper, stage) = (runtime(1), runtime(4));

    // What the runner does at its barest: one thread keeps time for tasks that live on others.
    group.bench_function("bare spawn and join", |bencher| {
        bencher.iter(|| {
            let stage = stage.handle().clone();
            let joining = keeper.spawn(async move {
                for _ in 0..TESTS {
                    let ended =
                        tokio::time::timeout(Duration::from_secs(10), stage.spawn(async {}));
                    assert!(ended.await.is_ok_and(|joined| joined.is_ok()));
                }
            });
            keeper.block_on(joining)
        });
    });

    let tests = (0..TESTS).fold(Registry::new(), |registry, at| {
        registry.test(Test::new(format!("shop::test_{at}"), async || {}))
    });
    let limits = Limits::default().starts_per_minute(usize::MAX);
    let runner = Runner::new(tests.limits(limits));
    group.bench_function("smoke tests", |bencher| {
        bencher.iter(|| {
            let report = keeper.block_on(runner.run(Selection::fast()));
            assert!(report.verdict().is_pass());
        });
    });
    group.finish();
}

criterion_group!(benches, run);
criterion_main!(benches);
