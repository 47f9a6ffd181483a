//! One thread, no timer and no I/O; the runtime has `enable_time`, as Treadle's has in these scenarios.

use std::cell::Cell;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::yield_now;

pub fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

async fn odd(i: u64) -> u64 {
    2 * i + 1
}

pub fn spawn_many() -> impl FnMut() {
    const TASKS: u64 = 10_000;
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async {
            let mut handles = Vec::with_capacity(TASKS as usize);
            for i in 0..TASKS {
                handles.push(tokio::spawn(odd(i)));
            }
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, TASKS * TASKS);
    }
}

pub fn spawn_join() -> impl FnMut() {
    const TASKS: u64 = 1_000;
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async {
            let mut sum = 0;
            for i in 0..TASKS {
                sum += tokio::spawn(odd(i)).await.unwrap();
            }
            sum
        });
        assert_eq!(sum, TASKS * TASKS);
    }
}

pub fn yield_many() -> impl FnMut() {
    const TASKS: u64 = 200;
    const YIELDS: u64 = 1_000;
    async fn task() -> u64 {
        let mut yields = 0;
        while yields < YIELDS {
            yield_now().await;
            yields += 1;
        }
        yields
    }
    let runtime = runtime();
    move || {
        let sum = runtime.block_on(async {
            let handles: Vec<_> = (0..TASKS).map(|_| tokio::spawn(task())).collect();
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.unwrap();
            }
            sum
        });
        assert_eq!(sum, TASKS * YIELDS);
    }
}

thread_local!(static LEFT: Cell<u64> = const { Cell::new(0) });

pub fn ping_pong() -> impl FnMut() {
    const PINGS: u64 = 1_000;
    async fn pong(first: oneshot::Receiver<u64>, second: oneshot::Sender<u64>) {
        let _ = second.send(1 + first.await.unwrap());
    }
    async fn ping(done: std::rc::Rc<Cell<Option<oneshot::Sender<u64>>>>) {
        let (first, first_end) = oneshot::channel();
        let (second, second_end) = oneshot::channel();
        tokio::spawn(pong(first_end, second));
        let _ = first.send(1);
        let answer = second_end.await.unwrap();
        let left = LEFT.get() - (answer - 1);
        LEFT.set(left);
        if left == 0 {
            let _ = done.take().unwrap().send(PINGS);
        }
    }
    /// Everything stays on this thread: the runtime is of the current thread and this is not moved elsewhere.
    struct Here<F>(F);
    unsafe impl<F> Send for Here<F> {}
    impl<F: std::future::Future> std::future::Future for Here<F> {
        type Output = F::Output;
        fn poll(
            self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<F::Output> {
            // SAFETY: the field is pinned with the whole.
            unsafe { self.map_unchecked_mut(|here| &mut here.0) }.poll(cx)
        }
    }
    let runtime = runtime();
    move || {
        let answer = runtime.block_on(async {
            LEFT.set(PINGS);
            let (done, finished) = oneshot::channel();
            let done = std::rc::Rc::new(Cell::new(Some(done)));
            for _ in 0..PINGS {
                tokio::spawn(Here(ping(done.clone())));
            }
            finished.await.unwrap()
        });
        assert_eq!(answer, PINGS);
    }
}

pub fn chained_spawn() -> impl FnMut() {
    const DEPTH: u64 = 1_000;
    fn link(done: oneshot::Sender<u64>, depth: u64) {
        if depth == DEPTH {
            let _ = done.send(depth);
        } else {
            tokio::spawn(async move { link(done, depth + 1) });
        }
    }
    let runtime = runtime();
    move || {
        let answer = runtime.block_on(async {
            let (done, finished) = oneshot::channel();
            tokio::spawn(async move { link(done, 1) });
            finished.await.unwrap()
        });
        assert_eq!(answer, DEPTH);
    }
}

pub fn block_on_ready() -> impl FnMut() {
    let runtime = runtime();
    move || {
        let mut sum = 0u64;
        for _ in 0..1_000 {
            sum += runtime.block_on(async { std::hint::black_box(1) });
        }
        assert_eq!(sum, 1_000);
    }
}
