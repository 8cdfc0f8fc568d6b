//! Things that are not manifests, and things that would block or flood whoever opens them.

use crate::fixture::{Folder, read, refusal};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
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
    let check = |bytes: &[u8], place: Option<(usize, usize)>, word: &str| {
        let gathered = read(&[folder.write("a.yaml", bytes)], false);
        assert!(refusal(&gathered).contains(word), "{}", refusal(&gathered));
        let position = gathered.refused[0].position.map(|position| (position.line, position.column));
        assert_eq!(position, place, "{word}");
    };
    check(b"\xFF\xFEa\0:\0", None, "UTF-16");
    check(b"\xFE\xFF\0a", None, "UTF-16");
    check(b"a: 1\nb: M\xFCller\n", Some((2, 5)), "0xFC");
    check(b"a: 1\n\0", Some((2, 1)), "NUL");
}

#[test]
fn a_text_that_is_no_yaml_is_refused_with_its_place_and_a_template_skipped() {
    let folder = Folder::with(&["good.yaml"]);
    folder.write("broken.yaml", "a: 1\nb: [1, 2\nc: 3\n");
    folder.write("chart.yaml", "kind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n");
    let gathered = read(&[folder.path().to_owned()], false);
    assert_eq!(folder.names(&gathered), ["good.yaml"]);
    assert_eq!(folder.relative(&gathered.refused[0].origin), "broken.yaml");
    assert!(gathered.refused.len() == 1 && gathered.refused[0].position.is_some(), "{:?}", gathered.refused);
    assert_eq!(folder.relative(&gathered.skipped[0].origin), "chart.yaml");
    assert!(gathered.skipped.len() == 1 && gathered.skipped[0].why.contains("Helm"), "{:?}", gathered.skipped);
}

/// Two megabytes of what comes first to hand, deep nesting and a bomb of aliases: each an answer in bounded time.
#[test]
fn monsters_are_answered() {
    let folder = Folder::new();
    let noise: String =
        (0..2 << 20).map(|index: u32| char::from(33 + (index.wrapping_mul(2_654_435_761) >> 25) as u8 % 90)).collect();
    folder.write("noise.yaml", noise);
    folder.write("nested.yaml", "[".repeat(100_000));
    folder.write("deep.yaml", format!("a: {}{}", "{b: ".repeat(100_000), "}".repeat(100_000)));
    let bomb: String = (1..40).map(|level| format!("a{level}: &a{level} [*a{0}, *a{0}]\n", level - 1)).collect();
    folder.write("bomb.yaml", format!("a0: &a0 x\n{bomb}"));
    folder.write("aliases.yaml", format!("a: &a x\nb: [{}]\n", "*a, ".repeat(10_000)));
    let gathered = read_in_time(vec![folder.path().to_owned()]);
    let refused: Vec<_> = gathered.refused.iter().map(|refused| folder.relative(&refused.origin)).collect();
    assert_eq!(refused, ["deep.yaml", "nested.yaml", "noise.yaml"], "{:?}", gathered.refused);
    assert_eq!(folder.names(&gathered), ["aliases.yaml", "bomb.yaml"]);
    for document in gathered.manifests.iter().flat_map(|manifest| manifest.stream.documents()) {
        // Whether the bomb has a value is the reader's to say; that it says so soon is what counts.
        drop(document.value());
    }
}

/// How many files a walk should find.
fn files(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let seen = entries.filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    seen.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

#[test]
fn a_corpus_of_real_manifests_is_read_whole() {
    let corpus = PathBuf::from("../shared/corpus/files");
    if !corpus.is_dir() {
        return println!("skipped: no {}", corpus.display());
    }
    let expected = files(&corpus);
    let gathered = read(&[corpus], true);
    assert_eq!(gathered.manifests.len() + gathered.skipped.len() + gathered.refused.len(), expected);
    println!("{} read, {} skipped", gathered.manifests.len(), gathered.skipped.len());
    for refused in &gathered.refused {
        println!("{}: {:?} {}", refused.origin, refused.position, refused.message);
    }
    assert!(gathered.refused.iter().all(|refused| refused.position.is_some()), "refused for no reason in the text");
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
