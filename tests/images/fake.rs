//! A registry that does what a test wants, on loopback.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `GET /v2/app/manifests/1`.
    pub(crate) line: String,
    /// The server's own name.
    pub(crate) host: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: String,
}

/// What to answer.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: b"canary-of-a-body".to_vec() }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A server that runs until the test ends.
pub(crate) struct Fake {
    pub(crate) host: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Fake {
    pub(crate) fn start(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (asked.clone(), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (mut stream, noted, answer) = (stream.unwrap(), noted.clone(), answer.clone());
                std::thread::spawn(move || {
                    let mut reader = BufReader::new(stream.try_clone().unwrap());
                    let mut lines = Vec::new();
                    loop {
                        let mut line = String::new();
                        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
                            break;
                        }
                        lines.push(line.trim().to_owned());
                    }
                    let Some(first) = lines.first() else { return };
                    let field = |name: &str| {
                        let found = lines.iter().filter_map(|line| line.split_once(": "));
                        found
                            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                            .map(|(_, value)| value.to_owned())
                            .next()
                    };
                    let length = field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
                    let mut body = vec![0; length];
                    std::io::Read::read_exact(&mut reader, &mut body).unwrap();
                    let request = Asked {
                        line: first.trim_end_matches(" HTTP/1.1").to_owned(),
                        host: field("host").unwrap_or_default(),
                        authorization: field("authorization"),
                        body: String::from_utf8(body).unwrap(),
                    };
                    let told = answer(&request);
                    noted.lock().unwrap().push(request);
                    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", told.status);
                    if !told.headers.iter().any(|(name, _)| name == "Content-Length") {
                        head.push_str(&format!("Content-Length: {}\r\n", told.body.len()));
                    }
                    told.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
                    // A client that has seen enough hangs up.
                    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(b"\r\n"));
                    let _ = stream.write_all(&told.body);
                });
            }
        });
        Self { host, asked }
    }

    /// What was asked so far, and forget it.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}
