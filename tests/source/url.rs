//! URLs, against a server on this machine.

use crate::fixture::{POD, refusal, request};
use kubectl_harden::source::{Gathered, Limits, Progress, Request, gather};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::{Duration, Instant};

/// Answers the nth connection with `answer(n)`. Gives its address and the count of connections.
fn server(answer: impl Fn(usize, TcpStream) + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/app.yaml", listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut head = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while head.read_line(&mut line).is_ok_and(|length| length > 2) {
                line.clear();
            }
            answer(counted.fetch_add(1, SeqCst), stream);
        }
    });
    (url, count)
}

fn send(mut stream: TcpStream, head: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    // A client that has seen enough hangs up.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn fetch(url: &str, limits: Limits) -> Gathered {
    let progress = Progress::hidden();
    gather(&Request { limits, ..request([url], &progress) }).unwrap()
}

fn quick() -> Limits {
    Limits { url_pause: Duration::from_millis(10), ..Limits::default() }
}

#[test]
fn a_url_is_fetched() {
    let (url, _) = server(|_, stream| send(stream, "200 OK", POD.as_bytes()));
    let gathered = fetch(&url, quick());
    assert_eq!(gathered.manifests[0].stream.text(), POD);
    assert_eq!(gathered.manifests[0].origin.to_string(), url);
}

#[test]
fn a_failing_server_is_asked_three_times() {
    let (url, count) = server(|index, stream| match index {
        0 | 1 => send(stream, "503 Service Unavailable", b""),
        _ => send(stream, "200 OK", POD.as_bytes()),
    });
    assert_eq!(fetch(&url, quick()).manifests.len(), 1);
    assert_eq!(count.load(SeqCst), 3);

    let (url, count) = server(|_, stream| send(stream, "500 Internal Server Error", b""));
    let message = refusal(&fetch(&url, quick())).to_owned();
    assert_eq!(message, "the server answered 500 Internal Server Error (after 3 attempts)");
    assert_eq!(count.load(SeqCst), 3);

    // The connection breaks.
    let (url, count) = server(|index, stream| match index {
        0 => drop(stream),
        _ => send(stream, "200 OK", POD.as_bytes()),
    });
    assert_eq!(fetch(&url, quick()).manifests.len(), 1);
    assert_eq!(count.load(SeqCst), 2);
}

#[test]
fn what_is_not_there_is_asked_for_once() {
    let (url, count) = server(|_, stream| send(stream, "404 Not Found", b""));
    assert_eq!(refusal(&fetch(&url, quick())), "the server answered 404 Not Found");
    assert_eq!(count.load(SeqCst), 1);
}

#[test]
fn a_redirect_is_followed() {
    let (target, _) = server(|_, stream| send(stream, "200 OK", POD.as_bytes()));
    let (url, _) = server(move |_, stream| send(stream, &format!("302 Found\r\nLocation: {target}"), b""));
    assert_eq!(fetch(&url, quick()).manifests.len(), 1);
}

#[test]
fn an_answer_without_end_is_cut_off() {
    let (url, _) = server(|_, mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        while stream.write_all(&[b'#'; 4096]).is_ok() {}
    });
    let limits = Limits { url: 1 << 20, ..quick() };
    assert_eq!(refusal(&fetch(&url, limits)), "more than the 1.0 MiB that are read at once; split it");
}

#[test]
fn a_small_answer_that_unpacks_to_much_is_cut_off() {
    // 2 MiB of zeros, gzipped by this machine's own gzip.
    let mut gzip = match std::process::Command::new("gzip")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
    {
        Ok(gzip) => gzip,
        Err(_) => return println!("skipped: no gzip"),
    };
    gzip.stdin.take().unwrap().write_all(&vec![b'#'; 2 << 20]).unwrap();
    let mut packed = Vec::new();
    gzip.stdout.take().unwrap().read_to_end(&mut packed).unwrap();
    gzip.wait().unwrap();
    assert!(packed.len() < 64 << 10);
    let (url, _) = server(move |_, stream| send(stream, "200 OK\r\nContent-Encoding: gzip", &packed));
    let limits = Limits { url: 1 << 20, ..quick() };
    assert_eq!(refusal(&fetch(&url, limits)), "more than the 1.0 MiB that are read at once; split it");
}

#[test]
fn a_server_that_says_nothing_costs_the_time_limit_once() {
    let (url, _) = server(|_, stream| {
        std::thread::sleep(Duration::from_secs(30));
        drop(stream);
    });
    let begun = Instant::now();
    let limits = Limits { url_time: Duration::from_millis(500), ..quick() };
    let message = refusal(&fetch(&url, limits)).to_owned();
    assert!(message.contains("took too long"), "{message}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn nobody_at_home_is_an_error_that_names_the_url_without_its_password() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gathered = fetch(&format!("http://me:secret@{closed}/a.yaml"), quick());
    assert!(refusal(&gathered).contains("refused") && refusal(&gathered).contains("after 3 attempts"));
    assert_eq!(gathered.refused[0].origin.to_string(), format!("http://{closed}/a.yaml"));
    assert!(!gathered.refused[0].message.contains("secret"));
}
