//! The way back into a file: what is kept, what is refused.

use crate::fixture::{Folder, POD, again, as_nobody, inside, passed, read};
use kubectl_harden::manifest::Stream;
use kubectl_harden::source::{Gathered, HardError, Manifest, Origin, Replaced, Replacement, replace};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::slice::from_ref;
use std::time::{Duration, SystemTime};

const NEW: &str = "hardened: true\n";

/// Give every manifest the new text.
fn write(gathered: &Gathered, all_or_nothing: bool) -> Result<Replaced, HardError> {
    let list: Vec<_> = gathered.manifests.iter().map(|manifest| Replacement { manifest, text: NEW }).collect();
    replace(&list, all_or_nothing)
}

/// Read one file, do something to it, write it: the reason why it was refused, the file as it was left by `meanwhile`.
fn refused(folder: &Folder, name: &str, meanwhile: impl FnOnce(&Path)) -> String {
    let path = folder.join(name);
    let gathered = read(from_ref(&path), false);
    meanwhile(&path);
    let before = fs::read(&path).ok();
    let outcome = write(&gathered, false).unwrap();
    assert_eq!(fs::read(&path).ok(), before, "touched although refused");
    assert!(outcome.written.is_empty() && folder.litter().is_empty());
    outcome.refused[0].message.clone()
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_file_gets_its_new_text_and_keeps_its_mode() {
    let folder = Folder::with(&["a.yaml", "b.yaml", "c.yaml"]);
    let modes = [("a.yaml", 0o600), ("b.yaml", 0o664), ("c.yaml", 0o2755)];
    modes.iter().for_each(|(name, bits)| mode(&folder.join(name), *bits));
    let outcome = write(&read(&[folder.path().to_owned()], false), true).unwrap();
    assert_eq!(outcome.written, [0, 1, 2]);
    for (name, bits) in modes {
        assert_eq!(text(folder.join(name)), NEW);
        assert_eq!(fs::metadata(folder.join(name)).unwrap().mode() & 0o7777, bits, "{name}");
    }
    assert_eq!(folder.litter().len(), 0);
}

#[test]
fn the_same_text_is_not_written() {
    let folder = Folder::with(&["a.yaml"]);
    let gathered = read(&[folder.join("a.yaml")], false);
    let before = fs::metadata(folder.join("a.yaml")).unwrap();
    let list = [Replacement { manifest: &gathered.manifests[0], text: POD }];
    assert!(replace(&list, false).unwrap().written.is_empty());
    assert_eq!(fs::metadata(folder.join("a.yaml")).unwrap().ino(), before.ino());
}

#[test]
fn a_symbolic_link_stays_and_its_target_is_written() {
    let folder = Folder::with(&["deep/real.yaml"]);
    symlink("deep/real.yaml", folder.join("one")).unwrap();
    symlink("one", folder.join("two.yaml")).unwrap();
    write(&read(&[folder.join("two.yaml")], false), false).unwrap();
    assert_eq!(fs::read_link(folder.join("two.yaml")).unwrap(), Path::new("one"));
    assert_eq!(fs::read_link(folder.join("one")).unwrap(), Path::new("deep/real.yaml"));
    assert!(fs::symlink_metadata(folder.join("deep/real.yaml")).unwrap().is_file());
    assert_eq!(text(folder.join("deep/real.yaml")), NEW);
}

#[test]
fn a_file_that_changed_since_it_was_read_is_refused() {
    let folder = Folder::with(&["a.yaml"]);
    let changed = "has changed since it was read; run again";
    let other = POD.replace("Pod", "Job");
    let reset = || drop(folder.write("a.yaml", POD));

    assert_eq!(refused(&folder, "a.yaml", |path| fs::write(path, "longer than before").unwrap()), changed);
    reset();
    // Same size, same time, same inode: only the bytes tell.
    let sly = |path: &Path| {
        let time = fs::metadata(path).unwrap().modified().unwrap();
        fs::write(path, &other).unwrap();
        File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
    };
    assert_eq!(refused(&folder, "a.yaml", sly), changed);
    reset();
    // Exchanged for a file with the same bytes.
    let exchange = |path: &Path| {
        fs::copy(path, path.with_extension("new")).unwrap();
        fs::rename(path.with_extension("new"), path).unwrap();
    };
    assert_eq!(refused(&folder, "a.yaml", exchange), changed);
    let touch =
        |path: &Path| File::options().write(true).open(path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(refused(&folder, "a.yaml", touch), changed);
    assert_eq!(refused(&folder, "a.yaml", |path| fs::remove_file(path).unwrap()), "cannot be found again: it is gone");
}

#[test]
fn a_read_only_file_and_one_with_several_names_are_refused() {
    let folder = Folder::with(&["a.yaml", "b.yaml"]);
    mode(&folder.join("a.yaml"), 0o444);
    assert_eq!(refused(&folder, "a.yaml", |_| {}), "is read-only; make it writable first");
    fs::hard_link(folder.join("b.yaml"), folder.join("copy")).unwrap();
    let message = refused(&folder, "b.yaml", |_| {});
    assert!(message.starts_with("has 2 hard links"), "{message}");
}

#[test]
fn what_is_no_file_is_refused() {
    let manifest = Manifest::detached(Origin::Stdin, Stream::read(POD.to_owned()).unwrap());
    let outcome = replace(&[Replacement { manifest: &manifest, text: NEW }], false).unwrap();
    assert!(outcome.refused[0].message.starts_with("not a file"), "{outcome:?}");
}

#[test]
fn one_refusal_leaves_the_others_or_nothing() {
    let folder = Folder::with(&["a.yaml", "b.yaml", "c.yaml"]);
    mode(&folder.join("b.yaml"), 0o444);
    let gathered = read(&[folder.path().to_owned()], false);

    let outcome = write(&gathered, true).unwrap();
    assert!(outcome.written.is_empty());
    assert_eq!(outcome.refused.len(), 1);
    assert!(["a.yaml", "b.yaml", "c.yaml"].iter().all(|name| text(folder.join(name)) == POD));
    assert!(folder.litter().is_empty());

    let outcome = write(&gathered, false).unwrap();
    assert_eq!(outcome.written, [0, 2]);
    assert_eq!(folder.relative(&outcome.refused[0].origin), "b.yaml");
    assert_eq!((text(folder.join("a.yaml")), text(folder.join("b.yaml"))), (NEW.into(), POD.into()));
}

#[test]
fn extended_attributes_are_kept() {
    use rustix::fs::{XattrFlags, getxattr, setxattr};
    let folder = Folder::with(&["a.yaml"]);
    let path = folder.join("a.yaml");
    if cfg!(not(target_os = "linux")) || setxattr(&path, "user.note", b"mine", XattrFlags::empty()).is_err() {
        return println!("skipped: no extended attributes here");
    }
    write(&read(from_ref(&path), false), false).unwrap();
    let mut value = [0; 16];
    let length = getxattr(&path, "user.note", &mut value).unwrap();
    assert_eq!((text(&path).as_str(), &value[..length]), (NEW, &b"mine"[..]));
}

#[test]
fn owner_and_group_are_kept() {
    let folder = Folder::with(&["a.yaml"]);
    let path = folder.join("a.yaml");
    mode(&path, 0o6750);
    if chown(&path, Some(1234), Some(4321)).is_err() {
        return println!("skipped: only root can give files away");
    }
    mode(&path, 0o6750);
    write(&read(from_ref(&path), false), false).unwrap();
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!((metadata.uid(), metadata.gid(), metadata.mode() & 0o7777), (1234, 4321, 0o6750));
    assert_eq!(text(&path), NEW);
}

#[test]
fn an_owner_that_cannot_be_kept_is_a_refusal() {
    const NAME: &str = "replace::an_owner_that_cannot_be_kept_is_a_refusal";
    if let Some(folder) = inside() {
        let outcome = write(&read(&[folder], false), false).unwrap();
        let messages: Vec<_> = outcome.refused.iter().map(|refused| refused.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "belongs to user 1234, and a new file would belong to you; run as its owner",
                "belongs to group 1234, and you are not in it, so a new file would not",
            ]
        );
        return;
    }
    let folder = Folder::with(&["a.yaml", "b.yaml"]);
    let given =
        chown(folder.join("a.yaml"), Some(1234), None).and(chown(folder.join("b.yaml"), Some(65534), Some(1234)));
    if given.is_err() {
        return println!("skipped: only root can give files away");
    }
    mode(folder.path(), 0o777);
    ["a.yaml", "b.yaml"].iter().for_each(|name| mode(&folder.join(name), 0o666));
    as_nobody(NAME, folder.path()).iter().for_each(passed);
    assert_eq!((text(folder.join("a.yaml")), text(folder.join("b.yaml"))), (POD.into(), POD.into()));
    assert!(folder.litter().is_empty());
}

#[test]
fn a_file_of_others_and_a_read_only_folder_are_refusals() {
    const NAME: &str = "replace::a_file_of_others_and_a_read_only_folder_are_refusals";
    if let Some(folder) = inside() {
        let outcome = write(&read(&[folder.join("a.yaml"), folder.join("shut/b.yaml")], false), false).unwrap();
        let messages: Vec<_> = outcome.refused.iter().map(|refused| refused.message.as_str()).collect();
        // The owner of both, when the test itself runs without rights, may write the first.
        assert_eq!(messages.last(), Some(&"no new file can be made beside it: permission denied"));
        assert!(fs::metadata(folder).unwrap().uid() != 0 || messages[0] == "cannot be written: permission denied");
        return;
    }
    let folder = Folder::with(&["a.yaml", "shut/b.yaml"]);
    mode(folder.path(), 0o755);
    mode(&folder.join("shut/b.yaml"), 0o666);
    mode(&folder.join("shut"), 0o555);
    let output = as_nobody(NAME, folder.path());
    mode(&folder.join("shut"), 0o755);
    output.iter().for_each(passed);
    assert_eq!(text(folder.join("shut/b.yaml")), POD);
}

/// A limit on the size of files stands for a full disk: the second text does not fit.
#[test]
fn a_full_disk_leaves_every_file_as_it_was() {
    const NAME: &str = "replace::a_full_disk_leaves_every_file_as_it_was";
    if let Some(folder) = inside() {
        let gathered = read(&[folder], false);
        let long = "x: 1\n".repeat(1 << 20);
        let texts = [NEW, &long];
        let list: Vec<_> =
            gathered.manifests.iter().zip(texts).map(|(manifest, text)| Replacement { manifest, text }).collect();
        let error = replace(&list, false).unwrap_err();
        assert!(error.origin.to_string().ends_with("b.yaml") && error.changed.is_empty(), "{error:?}");
        assert!(error.to_string().ends_with("every file is as it was"), "{error}");
        return;
    }
    let folder = Folder::with(&["a.yaml", "b.yaml"]);
    let script = "trap '' XFSZ; ulimit -f 100; exec \"$0\" \"$@\"";
    passed(&again(&["sh", "-c", script], NAME, folder.path()).output().unwrap());
    assert_eq!((text(folder.join("a.yaml")), text(folder.join("b.yaml"))), (POD.into(), POD.into()));
    assert!(folder.litter().is_empty());
}

#[test]
fn thousands_of_files_do_not_need_thousands_of_handles() {
    const NAME: &str = "replace::thousands_of_files_do_not_need_thousands_of_handles";
    if let Some(folder) = inside() {
        assert_eq!(write(&read(&[folder], false), true).unwrap().written.len(), 300);
        return;
    }
    let names: Vec<String> = (0..300).map(|index| format!("{index}.yaml")).collect();
    let folder = Folder::with(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let begun = std::time::Instant::now();
    passed(&again(&["sh", "-c", "ulimit -n 64; exec \"$0\" \"$@\""], NAME, folder.path()).output().unwrap());
    assert!(begun.elapsed() < Duration::from_secs(60));
    assert!(names.iter().all(|name| text(folder.join(name)) == NEW));
}
