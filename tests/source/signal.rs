//! Ctrl-C in the middle of writing: no half file, no litter, and a set that belongs together is not parted.

use crate::fixture::{Folder, again, inside, read};
use kubectl_harden::source::{Replacement, interrupt, replace};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const FILES: usize = 200;

/// The text of a generation: long enough that half of it would be seen.
fn generation(number: usize) -> String {
    format!("{number}\n").repeat(3_000)
}

/// Write one generation after the other, until somebody stops it.
fn write_for_ever(folder: &Path, all_or_nothing: bool) {
    interrupt::install().unwrap();
    for number in 1.. {
        let gathered = read(&[folder.to_owned()], false);
        let text = generation(number % 10);
        let list: Vec<_> = gathered.manifests.iter().map(|manifest| Replacement { manifest, text: &text }).collect();
        assert_eq!(replace(&list, all_or_nothing).unwrap().written.len(), FILES);
        if number == 1 {
            fs::write(folder.join("begun"), "").unwrap();
        }
    }
}

/// The generations found after a signal that comes `moment` after the first file of a generation was written.
fn stop(test: &str, signal: &str, moment: Duration) -> Vec<usize> {
    let names: Vec<String> = (0..FILES).map(|index| format!("{index:03}.yaml")).collect();
    let folder = Folder::new();
    names.iter().for_each(|name| drop(folder.write(name, generation(0))));
    let mut child = again(&["env"], test, folder.path()).stdout(Stdio::null()).spawn().unwrap();
    let mut wait = |done: &dyn Fn() -> bool| {
        while !done() {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::sleep(Duration::from_micros(100));
        }
    };
    wait(&|| folder.join("begun").exists());
    let first = fs::metadata(folder.join("000.yaml")).unwrap().ino();
    wait(&|| fs::metadata(folder.join("000.yaml")).unwrap().ino() != first);
    std::thread::sleep(moment);
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(folder.litter().is_empty(), "{:?}", folder.litter());
    let found = names.iter().map(|name| {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        let number = text.lines().next().unwrap().parse().unwrap();
        assert!(text == generation(number), "{name} is half a file");
        number
    });
    found.collect()
}

#[test]
fn a_signal_leaves_whole_files_and_no_litter() {
    const NAME: &str = "signal::a_signal_leaves_whole_files_and_no_litter";
    if let Some(folder) = inside() {
        write_for_ever(&folder, false);
    }
    for (index, signal) in ["-INT", "-TERM", "-HUP", "-INT", "-TERM", "-INT"].iter().enumerate() {
        stop(NAME, signal, Duration::from_millis(index as u64));
    }
}

#[test]
fn a_signal_does_not_part_a_set() {
    const NAME: &str = "signal::a_signal_does_not_part_a_set";
    if let Some(folder) = inside() {
        write_for_ever(&folder, true);
    }
    for index in 0..6 {
        let found = stop(NAME, "-INT", Duration::from_millis(index));
        assert!(found.iter().all(|number| *number == found[0]), "{found:?}");
    }
}
