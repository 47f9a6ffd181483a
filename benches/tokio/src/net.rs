//! Sockets and pipes, on one thread.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncReadExt, AsyncWriteExt, Interest};
use tokio::net::TcpListener;
use tokio::runtime::Builder;

/// The echo server of the load.
pub fn echo() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        println!("{}", listener.local_addr().unwrap().port());
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.set_nodelay(true);
            tokio::spawn(async move {
                let mut buffer = vec![0u8; 65536];
                while let Ok(n) = stream.read(&mut buffer).await {
                    if n == 0 || stream.write_all(&buffer[..n]).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
}

fn pipe() -> (OwnedFd, OwnedFd) {
    let mut fds = [0; 2];
    // SAFETY: two places for two descriptors, which nobody else owns.
    unsafe {
        assert_eq!(
            libc::pipe2(fds.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC),
            0
        );
        (OwnedFd::from_raw_fd(fds[0]), OwnedFd::from_raw_fd(fds[1]))
    }
}

fn write(fd: &OwnedFd) {
    // SAFETY: one byte that lives as long as the call.
    assert_eq!(
        unsafe { libc::write(fd.as_raw_fd(), [1u8].as_ptr().cast(), 1) },
        1
    );
}

async fn read(source: &AsyncFd<OwnedFd>) -> u64 {
    let mut buffer = [0u8; 64];
    source
        .async_io(Interest::READABLE, |fd| {
            // SAFETY: the buffer is as long as is said and lives as long as the call.
            let n = unsafe { libc::read(fd.as_raw_fd(), buffer.as_mut_ptr().cast(), buffer.len()) };
            if n < 0 {
                Err(std::io::Error::last_os_error())
            } else {
                Ok(n as u64)
            }
        })
        .await
        .unwrap()
}

/// Two tasks that pass one byte to and fro through two pipes.
pub fn async_fd() -> impl FnMut() {
    const ROUNDS: u64 = 2_000;
    let runtime = Builder::new_current_thread().enable_io().build().unwrap();
    let (there_out, there_in) = pipe();
    let (back_out, back_in) = pipe();
    let (there_out, back_out) = {
        let _guard = runtime.enter();
        (
            AsyncFd::new(there_out).unwrap(),
            AsyncFd::new(back_out).unwrap(),
        )
    };
    let pong = std::sync::Arc::new((there_out, back_in));
    move || {
        let pong = pong.clone();
        let got = runtime.block_on(async {
            let other = tokio::spawn(async move {
                for _ in 0..ROUNDS {
                    read(&pong.0).await;
                    write(&pong.1);
                }
            });
            let mut got = 0;
            for _ in 0..ROUNDS {
                write(&there_in);
                got += read(&back_out).await;
            }
            other.await.unwrap();
            got
        });
        assert_eq!(got, ROUNDS);
    }
}
