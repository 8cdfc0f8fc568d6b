//! Things that are not manifests, and things that would block or flood whoever opens them.

use crate::fixture::{Folder, read, refusal};
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

/// Read in another thread, so that a block is a failure and not a test that never ends.
fn read_in_time(names: Vec<PathBuf>) -> kubectl_harden::source::Gathered {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(read(&names, false)));
    receiver.recv_timeout(Duration::from_secs(20)).expect("reading blocked")
}

#[cfg(unix)]
#[test]
fn pipes_sockets_and_devices_are_refused_unopened() {
    let folder = Folder::with(&["a.yaml"]);
    let made = std::process::Command::new("mkfifo").arg(folder.join("pipe.yaml")).status().unwrap();
    assert!(made.success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("socket.yaml")).unwrap();
    let gathered = read_in_time(vec![folder.path().to_owned(), "/dev/zero".into()]);
    assert_eq!(folder.names(&gathered), ["a.yaml"], "the others are read");
    let refused: Vec<String> = gathered
        .refused
        .iter()
        .map(|refused| format!("{}: {}", folder.relative(&refused.origin), refused.message))
        .collect();
    assert_eq!(
        refused,
        [
            "pipe.yaml: a named pipe, not a file; to read from a pipe, use - and give it as standard input",
            "socket.yaml: a socket, not a file",
            "/dev/zero: a device, not a file; to read from one, use - and give it as standard input",
        ]
    );
}

#[test]
fn a_huge_file_is_refused_by_its_size() {
    let folder = Folder::new();
    let path = folder.join("huge.yaml");
    File::create(&path).unwrap().set_len(200 << 20).unwrap();
    assert_eq!(
        refusal(&read_in_time(vec![path.clone()])),
        "200.0 MiB is more than the 64.0 MiB that are read at once; split it"
    );
    // Just under the limit it is read, and found to be zeros.
    File::create(&path).unwrap().set_len(64 << 20).unwrap();
    assert!(refusal(&read_in_time(vec![path])).contains("NUL"));
}

#[test]
fn bytes_that_are_no_text_are_named_and_placed() {
    let folder = Folder::new();
    let cases: [(&str, &[u8], Option<(usize, usize)>, &str); 4] = [
        ("utf16.yaml", b"\xFF\xFEa\0:\0", None, "UTF-16"),
        ("latin1.yaml", b"a: 1\nb: M\xFCller\n", Some((2, 5)), "0xFC"),
        ("nul.yaml", b"a: 1\n\0", Some((2, 1)), "NUL"),
        ("big-endian.yaml", b"\xFE\xFF\0a", None, "UTF-16"),
    ];
    for (name, bytes, place, word) in cases {
        let gathered = read(&[folder.write(name, bytes)], false);
        assert!(refusal(&gathered).contains(word), "{name}: {}", refusal(&gathered));
        let position = gathered.refused[0].position.map(|position| (position.line, position.column));
        assert_eq!(position, place, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_or_folder_is_refused_and_the_others_read() {
    use crate::fixture::{as_nobody, inside, passed};
    use std::os::unix::fs::PermissionsExt;
    const NAME: &str = "hostile::an_unreadable_file_or_folder_is_refused_and_the_others_read";
    if let Some(folder) = inside() {
        let gathered = read(&[folder], true);
        let refused: Vec<_> =
            gathered.refused.iter().map(|refused| format!("{}: {}", refused.origin, refused.message)).collect();
        assert_eq!(gathered.manifests.len(), 1);
        assert!(
            refused[0].contains("closed: cannot be walked") && refused[0].contains("ermission denied"),
            "{refused:?}"
        );
        assert!(refused[1].ends_with("locked.yaml: cannot be read: permission denied"), "{refused:?}");
        return;
    }
    let folder = Folder::with(&["a.yaml", "locked.yaml", "closed/b.yaml"]);
    let mode = |path: PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    mode(folder.path().to_owned(), 0o755);
    mode(folder.join("locked.yaml"), 0o000);
    mode(folder.join("closed"), 0o000);
    let output = as_nobody(NAME, folder.path());
    mode(folder.join("closed"), 0o755);
    output.iter().for_each(passed);
}
