//! What a real API server cannot be made to show at will: one that is busy, falls silent or hangs up, and a proxy on the way.
#![cfg(feature = "cluster")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)] // A test listens, waits and may fail.

use kubectl_harden::cli::Connection;
use kubectl_harden::cluster::{Discovery, Error, Patch, Reference, Resource, Runtime, Server, Write};
use serde_json::json;
use std::io::{BufRead, BufReader, Read, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// What the server does with one request after the other; the last answer holds for all that follow.
#[derive(Clone)]
enum Answer {
    Say(&'static str),
    Json(serde_json::Value),
    HangUp,
    Silence,
}

const FINE: Answer = Answer::Say("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
const BUSY: Answer = Answer::Say("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
const DOWN: Answer = Answer::Say("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");

/// A server on a port of its own; it gives the head of each request.
fn serve(answers: Vec<Answer>) -> (u16, Arc<Mutex<Vec<String>>>) {
    let count = Mutex::new(0..);
    serve_by(move |_| {
        let index = count.lock().unwrap().next().unwrap();
        answers[index.min(answers.len() - 1)].clone()
    })
}

/// The same where each request has the answer that its head asks for.
fn serve_by(answer: impl Fn(&str) -> Answer + Send + Sync + 'static) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (heads, answer) = (Arc::clone(&seen), Arc::new(answer));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (heads, answer) = (Arc::clone(&heads), Arc::clone(&answer));
            std::thread::spawn(move || talk(stream.unwrap(), &heads, &*answer));
        }
    });
    (port, seen)
}

fn talk(stream: TcpStream, heads: &Mutex<Vec<String>>, answer: &dyn Fn(&str) -> Answer) {
    let mut reader = BufReader::new(stream);
    while let Some(head) = head(&mut reader) {
        heads.lock().unwrap().push(head.clone());
        let stream = reader.get_mut();
        if head.starts_with("CONNECT ") {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            continue;
        }
        match answer(&head) {
            Answer::Say(text) => stream.write_all(text.as_bytes()).unwrap(),
            Answer::Json(value) => {
                let text = value.to_string();
                write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{text}", text.len()).unwrap();
            }
            Answer::HangUp => break,
            Answer::Silence => std::thread::sleep(Duration::from_secs(30)),
        }
    }
}

/// The head of the next request, its body read away; `None` at the end.
fn head(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    let length = head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    reader.read_exact(&mut vec![0; length.unwrap_or(0)]).ok()?;
    Some(head)
}

fn flags(port: u16) -> Connection {
    // A file that is there, so that the kubeconfig of whoever runs the test has no say.
    Connection {
        kubeconfig: Some("/dev/null".into()),
        server: Some(format!("http://127.0.0.1:{port}")),
        ..Connection::default()
    }
}

/// A server, and what is told of requests that are sent again.
fn connect(runtime: &Runtime, flags: &Connection) -> (Server, Arc<Mutex<Vec<String>>>) {
    let _inside = runtime.enter();
    let mut server = Server::connect(flags).unwrap();
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    server.tell_retries(move |text| listener.lock().unwrap().push(text.to_owned()));
    (server, told)
}

fn pod() -> Reference {
    let resource = Arc::new(Resource::builtin("", "v1", "Pod", "pods", true));
    Reference { resource, namespace: Some("shop".to_owned()), name: "web".to_owned() }
}

#[test]
fn what_a_busy_server_did_not_do_is_asked_again_and_said() {
    let runtime = Runtime::new().unwrap();
    let (port, seen) = serve(vec![BUSY, DOWN, FINE, BUSY, FINE, DOWN]);
    let (server, told) = connect(&runtime, &flags(port));
    runtime.wait(server.get(&pod())).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 3);
    assert!(told.lock().unwrap()[0].contains("(TooManyRequests)") && told.lock().unwrap()[0].contains("try 2 of 6"));
    let patch = Patch::Merge(json!({}));
    runtime.wait(server.patch(&pod(), &patch, Write::default())).unwrap();
    assert_eq!(seen.lock().unwrap().len(), 5, "a write that a busy server refused was not done");
    let error = runtime.wait(server.patch(&pod(), &patch, Write::default())).unwrap_err();
    assert_eq!((error.code(), seen.lock().unwrap().len()), (503, 6), "one that may have been done is not sent again");
    let agent = format!("user-agent: kubectl-harden/{} (", env!("CARGO_PKG_VERSION"));
    assert!(seen.lock().unwrap().iter().all(|head| head.to_lowercase().contains(&agent)));
}

#[test]
fn tries_are_bounded() {
    let runtime = Runtime::new().unwrap();
    let (port, seen) = serve(vec![BUSY]);
    let (server, _) = connect(&runtime, &flags(port));
    assert_eq!(runtime.wait(server.get(&pod())).unwrap_err().code(), 429);
    assert_eq!(seen.lock().unwrap().len(), 6);
}

#[test]
fn a_read_survives_a_lost_connection_and_a_write_says_that_it_was_lost() {
    let runtime = Runtime::new().unwrap();
    let (port, seen) = serve(vec![FINE, Answer::HangUp, FINE, Answer::HangUp]);
    let (server, told) = connect(&runtime, &flags(port));
    runtime.wait(server.get(&pod())).unwrap();
    runtime.wait(server.get(&pod())).unwrap();
    assert_eq!((seen.lock().unwrap().len(), told.lock().unwrap().len()), (3, 1));
    let lost = runtime.wait(server.patch(&pod(), &Patch::Merge(json!({})), Write::default())).unwrap_err();
    assert!(matches!(&lost, Error::Unreachable { .. }), "{lost}");
    assert_eq!(seen.lock().unwrap().len(), 4);
}

#[test]
fn a_silent_server_is_not_waited_for_longer_than_asked() {
    let runtime = Runtime::new().unwrap();
    let (port, _) = serve(vec![Answer::Silence]);
    let (server, _) =
        connect(&runtime, &Connection { request_timeout: Some(Duration::from_millis(200)), ..flags(port) });
    let began = Instant::now();
    let error = runtime.wait(server.get(&pod())).unwrap_err().to_string();
    assert_eq!(error, "Unable to connect to the server: no answer within 200ms (--request-timeout)");
    assert!(began.elapsed() < Duration::from_secs(10));
}

#[test]
fn nobody_listening_is_said_at_once() {
    let runtime = Runtime::new().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (server, told) = connect(&runtime, &flags(port));
    assert_eq!(
        runtime.wait(server.get(&pod())).unwrap_err().to_string(),
        format!("The connection to the server 127.0.0.1:{port} was refused - did you specify the right host or port?")
    );
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn a_proxy_leads_to_a_server_behind_it() {
    let runtime = Runtime::new().unwrap();
    let (port, seen) = serve(vec![FINE]);
    let proxy = |port: u16| Connection {
        server: Some("http://cluster.invalid:6443".to_owned()),
        proxy_url: Some(format!("http://127.0.0.1:{port}")),
        ..flags(port)
    };
    let (server, _) = connect(&runtime, &proxy(port));
    runtime.wait(server.get(&pod())).unwrap();
    let heads = seen.lock().unwrap();
    assert!(heads[0].starts_with("CONNECT cluster.invalid:6443 ") && heads[1].starts_with("GET /api/v1/"), "{heads:?}");
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (server, _) = connect(&runtime, &proxy(nobody));
    let error = runtime.wait(server.get(&pod())).unwrap_err().to_string();
    assert_eq!(error, format!("Unable to connect to the server: the proxy 127.0.0.1:{nobody} refused the connection"));
}

#[test]
fn warnings_are_kept_for_whoever_asks() {
    let runtime = Runtime::new().unwrap();
    let (port, _) = serve(vec![Answer::Say(
        "HTTP/1.1 200 OK\r\nWarning: 299 - \"would violate \\\"restricted\\\"\"\r\nContent-Length: 2\r\n\r\n{}",
    )]);
    let (server, _) = connect(&runtime, &flags(port));
    runtime.wait(server.get(&pod())).unwrap();
    assert_eq!(server.take_warnings(), ["would violate \"restricted\""]);
    assert!(server.take_warnings().is_empty());
}

#[test]
fn an_old_server_is_asked_group_by_group_and_a_group_that_is_down_costs_a_note() {
    let runtime = Runtime::new().unwrap();
    let (port, _) = serve_by(|head| match head.split(' ').nth(1).unwrap() {
        "/api" => Answer::Json(json!({"kind": "APIVersions", "versions": ["v1"]})),
        "/apis" => Answer::Json(json!({"kind": "APIGroupList", "groups": [
            {"name": "apps", "versions": [{"version": "v1beta1"}, {"version": "v1"}], "preferredVersion": {"version": "v1"}},
            {"name": "down.example.com", "versions": [{"version": "v1"}], "preferredVersion": {"version": "v1"}},
        ]})),
        "/api/v1" => Answer::Json(json!({"resources": [
            {"name": "pods", "kind": "Pod", "namespaced": true, "verbs": ["get"], "shortNames": ["po"]},
            {"name": "pods/log", "kind": "Pod", "namespaced": true, "verbs": ["get"]},
        ]})),
        "/apis/apps/v1" | "/apis/apps/v1beta1" => Answer::Json(json!({"resources": [
            {"name": "deployments", "kind": "Deployment", "namespaced": true, "verbs": ["get"], "categories": ["all"]},
        ]})),
        _ => Answer::Say("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n"),
    });
    let (server, _) = connect(&runtime, &flags(port));
    let discovery = runtime.wait(Discovery::of(&server)).unwrap();
    let names: Vec<String> =
        discovery.resources().iter().map(|one| format!("{}/{}", one.api_version(), one.plural)).collect();
    assert_eq!(names, ["v1/pods", "apps/v1/deployments", "apps/v1beta1/deployments"]);
    assert_eq!(discovery.notes().len(), 1);
    assert_eq!(discovery.find("deployment").unwrap().version, "v1");
}
