//! Warm-up, samples, and the lines that are printed.

use std::time::{Duration, Instant};

pub struct Settings {
    pub warmup_ms: f64,
    pub min_ms: f64,
    pub samples: f64,
}

/// The CPU time of all threads of this process.
pub fn cpu() -> Duration {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer is that of a value of the right type, and every bit pattern of it is valid.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let of = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    of(usage.ru_utime) + of(usage.ru_stime)
}

/// Prints wall and CPU nanoseconds of one of `ops` operations; a sample repeats `iterate` until it is long enough to time.
pub fn throughput(settings: &Settings, ops: u64, mut iterate: impl FnMut()) {
    let began = cpu();
    let mut last;
    loop {
        let start = Instant::now();
        iterate();
        last = start.elapsed();
        if (cpu() - began).as_secs_f64() * 1e3 >= settings.warmup_ms {
            break;
        }
    }
    let mut repeat = ((settings.min_ms / 1e3 / last.as_secs_f64()).ceil() as u64).max(1);
    let mut taken = 0.0;
    while taken < settings.samples {
        let used = cpu();
        let start = Instant::now();
        for _ in 0..repeat {
            iterate();
        }
        let wall = start.elapsed();
        let used = cpu() - used;
        if wall.as_secs_f64() * 1e3 < settings.min_ms {
            repeat = repeat * 6 / 5 + 1;
            continue;
        }
        taken += 1.0;
        let all = (ops * repeat) as f64;
        println!(
            "{{\"wall\":{},\"cpu\":{}}}",
            wall.as_nanos() as f64 / all,
            used.as_nanos() as f64 / all
        );
    }
}

/// Prints what a scenario measures by itself, one line of metrics each time.
pub fn report(settings: &Settings, mut iterate: impl FnMut() -> String) {
    let began = cpu();
    let start = Instant::now();
    while (cpu() - began).as_secs_f64() * 1e3 < settings.warmup_ms && start.elapsed().as_secs() < 2
    {
        iterate();
    }
    for _ in 0..settings.samples as u32 {
        println!("{}", iterate());
    }
}
