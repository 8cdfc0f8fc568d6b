//! What layers come to.

use crate::build::{Image, Packing};
use crate::tar::{By, ROOT_DIR, ROOT_FILE, ROOT_PROGRAM, Tar};
use kubectl_harden::image::read::{Options, inspect};
use kubectl_harden::image::{Contents, Files, Sight};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

/// Read an image by way of a layout.
pub(crate) fn read(image: &Image) -> Result<Arc<Contents>, String> {
    let folder = TempDir::new().unwrap();
    image.oci(folder.path(), Some("example.org/app:1"));
    let source = format!("oci:{}", folder.path().display());
    let options = Options { sources: vec![source.parse().unwrap()], ..Options::default() };
    let inspected = inspect(&BTreeSet::from(["example.org/app:1"]), &options).map_err(|error| error.to_string())?;
    match inspected.contents.into_iter().next() {
        Some((_, contents)) => Ok(contents),
        None => Err(inspected.warnings.join("\n")),
    }
}

fn files(config: Value, layers: impl IntoIterator<Item = Tar>) -> Files {
    read(&Image::new(config, layers)).unwrap().files.clone().unwrap()
}

fn plain(layers: impl IntoIterator<Item = Tar>) -> Files {
    files(json!({}), layers)
}

#[test]
fn however_a_layer_is_packed_it_says_the_same() {
    let layer = || Tar::new().dir("data", By(7, 8, 0o750)).file("data/x", By(7, 8, 0o640), "x");
    let mut all = [Packing::Plain, Packing::Gzip, Packing::Zstd]
        .map(|packing| read(&Image::new(json!({}), [layer()]).packed(packing)).unwrap().files.clone());
    all.reverse();
    let files = all[0].as_ref().unwrap();
    assert_eq!((files.dirs["/data"].uid, files.dirs["/data"].gid, files.dirs["/data"].mode), (7, 8, 0o750));
    assert!(all.iter().all(|one| one == &all[0]));
}

#[test]
fn paths_are_the_same_however_they_are_written_and_modes_have_no_type() {
    let files = plain([Tar::new()
        .dir("./", By(0, 0, 0o40755))
        .dir("./a/", By(1, 1, 0o40700))
        .dir("/b", By(2, 2, 0o41777))
        .file("c//d/./e", ROOT_FILE, "x")]);
    let told: Vec<_> = files.dirs.iter().map(|(path, dir)| format!("{path} {} {:o}", dir.uid, dir.mode)).collect();
    assert_eq!(told, ["/ 0 755", "/a 1 700", "/b 2 1777", "/c 0 755", "/c/d 0 755"]);
}

#[test]
fn upper_layers_lie_over_lower_ones() {
    let base = Tar::new()
        .dir("gone", ROOT_DIR)
        .file("gone/x", ROOT_FILE, "x")
        .dir("kept", ROOT_DIR)
        .file("kept/a", ROOT_FILE, "aa")
        .file("kept/b", ROOT_FILE, "bbb")
        .dir("opaque", ROOT_DIR)
        .dir("opaque/old", ROOT_DIR)
        .file("opaque/x", ROOT_FILE, "x")
        .file("becomes-dir", ROOT_FILE, "x")
        .dir("becomes-file/below", ROOT_DIR);
    let upper = Tar::new()
        .file(".wh.gone", ROOT_FILE, "")
        .dir("kept", By(9, 9, 0o700))
        .file("kept/.wh.b", ROOT_FILE, "")
        .file("opaque/new", By(3, 3, 0o600), "new")
        .file("opaque/.wh..wh..opq", ROOT_FILE, "")
        .file("opaque/late", ROOT_FILE, "late")
        .dir("becomes-dir", ROOT_DIR)
        .file("becomes-file", ROOT_FILE, "x")
        .file(".wh.never-there", ROOT_FILE, "")
        .file(".wh..wh.plnk", ROOT_FILE, "");
    let files = plain([base, upper]);
    let paths: Vec<_> = files.dirs.keys().map(String::as_str).collect();
    assert_eq!(paths, ["/", "/becomes-dir", "/kept", "/opaque"]);
    let kept = &files.dirs["/kept"];
    assert_eq!((kept.uid, kept.mode, kept.layer, kept.files, kept.bytes, kept.upper), (9, 0o700, 1, 1, 2, false));
    let opaque = &files.dirs["/opaque"];
    assert_eq!((opaque.layer, opaque.files, opaque.bytes, opaque.upper), (0, 2, 7, true));
    assert_eq!(opaque.owned.iter().map(|owned| (owned.uid, owned.mode)).collect::<Vec<_>>(), [(0, 0o644), (3, 0o600)]);
    assert_eq!(files.dirs["/"].files, 1);
}

#[test]
fn a_whiteout_takes_nothing_of_its_own_layer() {
    let base = Tar::new().file("d/x", ROOT_FILE, "x");
    let upper = Tar::new().file("d/new", ROOT_FILE, "1234").file(".wh.d", ROOT_FILE, "");
    let files = plain([base, upper]);
    assert_eq!((files.dirs["/d"].files, files.dirs["/d"].bytes), (1, 4));
}

#[test]
fn hard_links_are_the_file_they_link_to() {
    let base = Tar::new().dir("bin", ROOT_DIR).capable("bin/one", 1 << 10, true).hard_link("bin/two", "./bin/one");
    let upper =
        Tar::new().hard_link("bin/three", "/bin/one").file(".wh.bin/one", ROOT_FILE, "").hard_link("bin/none", "x");
    let files = plain([base, upper]);
    for path in ["/bin/one", "/bin/two", "/bin/three"] {
        let program = &files.programs[path];
        assert_eq!((program.caps.join(" "), program.effective), ("NET_BIND_SERVICE".to_owned(), true), "{path}");
    }
    assert_eq!((files.dirs["/bin"].files, files.dirs["/bin"].bytes), (4, 9));
}

#[test]
fn layers_follow_the_links_of_those_below() {
    let base = Tar::new()
        .dir("usr/bin", ROOT_DIR)
        .link("bin", "usr/bin")
        .dir("run", ROOT_DIR)
        .link("var/run", "/run")
        .link("var/out", "../../../../etc");
    let upper = Tar::new().file("bin/sh", ROOT_PROGRAM, "ELF").dir("var/run/app", By(5, 5, 0o755)).file(
        "var/out/passwd",
        ROOT_FILE,
        "app:x:5:5::/:\n",
    );
    let files = plain([base, upper]);
    assert!(files.programs.contains_key("/usr/bin/sh") && !files.programs.contains_key("/bin/sh"));
    assert_eq!(files.dirs["/run/app"].uid, 5);
    assert_eq!(files.dirs["/etc"].files, 1);
    let links: Vec<_> = files.links.iter().map(|(path, target)| format!("{path} {target}")).collect();
    assert_eq!(links, ["/bin usr/bin", "/var/out ../../../../etc", "/var/run /run"]);
}

#[test]
fn who_is_who() {
    let base = Tar::new().file("etc/passwd", ROOT_FILE, "root:x:0:0::/root:/bin/sh\n").file(
        "etc/group",
        ROOT_FILE,
        "root:x:0:\n",
    );
    let upper = Tar::new()
        .file("etc/passwd", ROOT_FILE, "root:x:0:0::/root:/bin/sh\napp:x:101:102:App:/srv/app:/bin/false\n")
        .file("etc/group", ROOT_FILE, "root:x:0:\napp:x:102:www,x\n");
    let files = plain([base, upper]);
    assert_eq!(files.users.len(), 2);
    let app = &files.users[1];
    assert_eq!((app.name.as_str(), app.uid, app.gid, app.home.as_str()), ("app", 101, 102, "/srv/app"));
    assert_eq!((files.groups[1].gid, files.groups[1].members.join(" ")), (102, "www x".to_owned()));
}

#[test]
fn links_to_the_streams_are_told() {
    let files = plain([Tar::new()
        .link("var/log/nginx/access.log", "/dev/stdout")
        .link("var/log/x/y", "/proc/self/fd/2")
        .file("var/log/z", ROOT_FILE, "")]);
    let told = |path: &str| files.dirs[path].stdio;
    assert_eq!([told("/var/log/nginx"), told("/var/log/x"), told("/var/log")], [true, true, false]);
}

#[test]
fn what_the_config_starts_is_found_with_its_scripts() {
    let config = json!({
        "Entrypoint": ["tini", "--", "entrypoint.sh"], "Cmd": ["server", "-c", "/etc/server.conf"],
        "Env": ["PATH=/opt/app/bin:/usr/local/bin"], "WorkingDir": "/srv",
    });
    let base = Tar::new().file("usr/bin/ldd", ROOT_PROGRAM, "#!/bin/sh\necho base\n");
    let upper = Tar::new()
        .file("usr/bin/tini", ROOT_PROGRAM, "ELF")
        .file("opt/app/libexec/server", By(0, 0, 0o700), "ELF")
        .link("opt/app/bin/server", "../libexec/server")
        .link("usr/local/bin/entrypoint.sh", "/opt/app/start.sh")
        .file("opt/app/start.sh", ROOT_PROGRAM, "#!/bin/sh\n. /opt/app/lib/common.sh\nexec prepare-app \"$@\"\n")
        .file("opt/app/lib/common.sh", ROOT_FILE, "mkdir -p /data\n")
        .file("usr/local/bin/prepare-app", ROOT_PROGRAM, "#!/bin/bash\nset -e\n")
        .file("usr/local/bin/other", ROOT_PROGRAM, "#!/bin/bash\nset -e\n")
        .file("usr/bin/added-tool", ROOT_PROGRAM, "#!/bin/sh\n")
        .file("docker-entrypoint.d/10-x.sh", ROOT_PROGRAM, "#!/bin/sh\nsed -i s/a/b/ /etc/x\n")
        .file("docker-entrypoint.d/large.sh", ROOT_PROGRAM, "#".repeat(70_000));
    let files = files(config, [base, upper]);
    let scripts: Vec<_> = files.scripts.keys().map(String::as_str).collect();
    assert_eq!(
        scripts,
        ["/docker-entrypoint.d/10-x.sh", "/opt/app/lib/common.sh", "/opt/app/start.sh", "/usr/local/bin/prepare-app"]
    );
    assert!(files.scripts["/opt/app/lib/common.sh"].contains("mkdir"));
    assert_eq!(files.programs["/opt/app/bin/server"].link.as_deref(), Some("../libexec/server"));
    for path in ["/opt/app/libexec/server", "/usr/local/bin/entrypoint.sh", "/opt/app/start.sh", "/usr/bin/ldd"] {
        assert!(files.programs.contains_key(path), "{path}");
    }
}

#[test]
fn users_in_configuration_files_above_the_base() {
    let base = Tar::new().file("etc/old.conf", ROOT_FILE, "user base;\n");
    let upper = Tar::new()
        .file("etc/nginx/nginx.conf", ROOT_FILE, "# user x;\nuser  nginx;\n")
        .file("etc/gone.conf", ROOT_FILE, "user gone;\n")
        .file("etc/big.conf", ROOT_FILE, format!("user big;\n{}", "#".repeat(70_000)));
    let top = Tar::new().file("etc/.wh.gone.conf", ROOT_FILE, "");
    let files = plain([base, upper, top]);
    let named: Vec<_> = files.named_users.iter().map(|named| format!("{} {}", named.path, named.name)).collect();
    assert_eq!(named, ["/etc/nginx/nginx.conf nginx"]);
    let only = plain([Tar::new().file("etc/old.conf", ROOT_FILE, "user base;\n")]);
    assert_eq!(only.named_users.len(), 1, "a single layer is the image's own");
}

#[test]
fn what_is_a_finding_of_its_own() {
    const KEY: &str = "-----BEGIN PRIVATE KEY-----\ncanary-of-a-key\n";
    let base = Tar::new()
        .file("bin/su", By(0, 0, 0o4755), "ELF")
        .file("bin/wall", By(0, 5, 0o2755), "ELF")
        .dir("tmp", By(0, 0, 0o1777))
        .fifo("tmp/pipe")
        .file("srv/open", By(0, 0, 0o666), "x")
        .link("srv/link", "open")
        .file("root/.ssh/id_rsa", By(0, 0, 0o600), KEY)
        .file("root/.npmrc", By(0, 0, 0o600), "//x/:_authToken=canary-of-a-token\n");
    let upper = Tar::new().file("root/.ssh/.wh.id_rsa", ROOT_FILE, "").file("bin/.wh.su", ROOT_FILE, "");
    let contents = read(&Image::new(json!({}), [base, upper])).unwrap();
    let told: Vec<_> =
        contents.files.as_ref().unwrap().sightings.iter().map(|seen| (seen.sight, seen.path.as_str())).collect();
    assert_eq!(
        told,
        [
            (Sight::Setgid, "/bin/wall"),
            (Sight::WorldWritable, "/srv/open"),
            // Deleted above, and still in its layer.
            (Sight::PrivateKey, "/root/.ssh/id_rsa"),
            (Sight::Credentials, "/root/.npmrc"),
        ]
    );
    assert!(!format!("{contents:?}").contains("canary"));
}
